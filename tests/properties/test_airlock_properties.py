"""The airlock's table against a plain model of what the airlock is for, over any sequence of events."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Conflict
from dalgubeol.rules.airlock import AIRLOCK_MOVES, Case, ReviewState, after
from dalgubeol.rules.reviewing import FileVerdict, FileVote, Vote, needed, outcome

FILES = 2
OPEN = ("draft", "held", "submitted", "partially-reviewed", "reviewed")


@dataclass
class Model:
    """What people would say the airlock does, without a table: words, counted."""

    explained: bool
    held: bool
    words: list[tuple[str, ...]] = field(default_factory=list)
    end: str | None = None
    leaving: bool = False

    @property
    def state(self) -> str:
        if self.end:
            return self.end
        if self.leaving:
            return "approved"
        if self.held:
            return "held"
        if not self.explained:
            return "draft"
        return ("submitted", "partially-reviewed", "reviewed")[min(len(self.words), 2)]

    def vote(self, words: tuple[str, ...]) -> None:
        self.words.append(words)
        if len(self.words) < 2:
            return
        of_files = list(zip(*self.words, strict=True))
        if len(self.words) == 2 and any((a == "approve") != (b == "approve") for a, b in of_files):
            return  # a third is asked
        ends = [_most(each) for each in of_files]
        if all(word == "approve" for word in ends):
            self.leaving = True
        else:
            self.end = "returned" if "mend" in ends else "rejected"


def _most(words: tuple[str, ...]) -> str:
    return next((word for word in ("approve", "reject") if words.count(word) > 1), "mend")


WORDS = st.tuples(*[st.sampled_from([word.value for word in FileVerdict])] * FILES)
EVENTS = st.one_of(
    st.tuples(st.just("vote"), WORDS),
    st.tuples(st.sampled_from(["submit", "return", "withdraw", "expire", "release", "break", "link", "lose"]), st.just(())),
)  # fmt: skip


def _vote(number: int, words: tuple[str, ...]) -> Vote:
    files = tuple(FileVote(FileVerdict(word)) for word in words)
    return Vote(f"r{number}", set(words) == {"approve"}, f"2026-03-0{number + 1}", "", "ab", "cd", files)


def by_table(state: ReviewState, votes: list[Vote], event: str, words: tuple[str, ...]) -> ReviewState:
    """One event as the verbs have the table decide it. Raises Conflict; `votes` are kept by it."""
    if event == "vote":
        cast = [*votes, _vote(len(votes), words)]
        state = after(state, "vote", Case.LAST if len(cast) >= 2 else Case.FIRST)
        votes[:] = cast
        return state if len(cast) < needed(cast) else after(state, "decide", outcome(cast))
    if event == "lose":
        state = after(state, "set aside", Case.ONE_LEFT if len(votes) > 1 else Case.NONE_LEFT)
        votes.pop()
        return state
    named = {
        "submit": ("submit", Case.EXPLAINED),
        "break": ("fail", Case.BROKEN),
        "link": ("fail", Case.LINKED),
    }
    state = after(state, *named.get(event, (event, Case.ANY)))
    if event in ("break", "link"):
        votes.clear()
    return state


def by_model(model: Model, event: str, words: tuple[str, ...]) -> bool:
    """The same as people would have it; False where it is not possible."""
    here = model.state
    possible = {
        "submit": here == "draft", "vote": here in ("submitted", "partially-reviewed", "reviewed"),
        "return": here == "held", "withdraw": here in OPEN, "expire": here in OPEN, "release": here == "approved",
        "break": here == "approved", "link": here == "approved", "lose": here in ("partially-reviewed", "reviewed"),
    }[event]  # fmt: skip
    if not possible:
        return False
    if event == "submit":
        model.explained = True
    elif event == "vote":
        model.vote(words)
    elif event == "lose":
        model.words.pop()
    elif event in ("break", "link"):
        model.leaving, model.held = False, event == "link"
        model.words.clear()
    else:
        model.end = {"return": "returned", "withdraw": "withdrawn", "expire": "expired", "release": "released"}[event]  # fmt: skip
    return True


@given(st.sampled_from(["draft", "held", "submitted"]), st.lists(EVENTS, max_size=14))
def test_the_table_does_what_people_would_say(start: str, events: list[tuple[str, tuple[str, ...]]]) -> None:
    state, votes = ReviewState(start), list[Vote]()
    model = Model(explained=start != "draft", held=start == "held")
    for event, words in events:
        if by_model(model, event, words):
            state = by_table(state, votes, event, words)
        else:
            with pytest.raises(Conflict):
                by_table(state, votes, event, words)
        assert state.value == model.state


@given(st.lists(EVENTS, max_size=14))
def test_nothing_is_released_that_two_people_have_not_approved(
    events: list[tuple[str, tuple[str, ...]]],
) -> None:
    state, votes = ReviewState.DRAFT, list[Vote]()
    for event, words in events:
        try:
            state = by_table(state, votes, event, words)
        except Conflict:
            continue
        if state in (ReviewState.APPROVED, ReviewState.RELEASED):
            for number in range(FILES):
                assert [v.files[number].verdict for v in votes].count(FileVerdict.APPROVE) >= 2


def test_what_waits_can_always_be_ended_and_what_has_ended_never_moves() -> None:
    for state in ReviewState:
        ways = {event for known, event, _ in AIRLOCK_MOVES if known is state}
        assert ({"withdraw", "expire"} <= ways) is state.waits
        if not state.waits and state is not ReviewState.APPROVED:
            assert ways == set()
