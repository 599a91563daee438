"""Panels: who sits, who speaks, and what is decided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.nouns.panel import Finding, Panel, PanelKind, PanelState, Seat, Silence
from dalgubeol.nouns.permit import Actor, Role
from dalgubeol.rules import panels

CONCERNED = panels.Concerned("clerk", frozenset({"keeper", "user"}))
FINDINGS = st.sampled_from([Finding.ADEQUATE, Finding.INADEQUATE])


def person(id_: str, organisation: str = "board", role: Role = Role.REVIEWER) -> Actor:
    return Actor(id_, organisation, frozenset({role}))


def panel(*seats: Seat, kind: PanelKind = PanelKind.ADEQUACY, state: PanelState = PanelState.OPEN) -> Panel:
    return Panel("panel-1", kind, "project-1", "ds-1", "ab", {}, "clerk", "2026-03-01", state, seats)


def said(id_: str, finding: Finding = Finding.ADEQUATE) -> Seat:
    return Seat(id_, "board", finding=finding, said_at="2026-03-02", signature="ab")


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (person("r1"), set()),
        (person("r1", "hospital"), set()),
        (person("clerk"), {"panel.own"}),
        (person("keeper"), {"panel.hands"}),
        (person("user", "lab", Role.ANALYST), {"panel.role", "panel.hands"}),
    ],
)
def test_who_may_not_sit_is_told_every_reason(candidate: Actor, expected: set[str]) -> None:
    assert {r.code for r in panels.reasons_not_to_seat(candidate, CONCERNED)} == expected


@pytest.mark.parametrize(
    ("kind", "count", "expected"),
    [
        (PanelKind.ADEQUACY, 2, {"panel.number"}), (PanelKind.ADEQUACY, 3, set()),
        (PanelKind.ADEQUACY, 7, set()), (PanelKind.ADEQUACY, 8, {"panel.number"}),
        (PanelKind.RISK, 1, set()), (PanelKind.RISK, 0, {"panel.number"}),
    ],
)  # fmt: skip
def test_a_panel_has_its_number_of_members(kind: PanelKind, count: int, expected: set[str]) -> None:
    members = [f"r{i}" for i in range(count)]
    assert {r.code for r in panels.reasons_of_number(kind, members)} == expected
    if members:
        assert "panel.twice" in {r.code for r in panels.reasons_of_number(kind, [*members, members[0]])}


def test_a_member_speaks_once_and_only_from_a_seat() -> None:
    open_ = panel(said("a"), Seat("b", "board"), Seat("c", "board", recused="a cousin of mine"))
    codes = {who: {r.code for r in panels.reasons_not_to_speak(person(who), open_)} for who in "abcd"}
    assert codes == {"a": {"panel.again"}, "b": set(), "c": {"panel.recused"}, "d": {"panel.seat"}}
    closed = replace(open_, state=PanelState.ADEQUATE)
    assert "panel.state" in {r.code for r in panels.reasons_not_to_speak(person("b"), closed)}


@pytest.mark.parametrize(
    ("seats", "who", "minutes", "expected"),
    [
        ([said("a"), said("b"), said("c")], "a", "Met on Monday.", set()),
        ([said("a"), said("b"), said("c")], "a", "  ok  ", {"panel.minutes"}),
        ([said("a"), said("b"), said("c")], "clerk", "Met on Monday.", {"panel.seat"}),
        ([said("a"), said("b"), Seat("c", "board")], "a", "Met on Monday.", {"panel.silent"}),
        ([said("a"), said("b"), Seat("c", "board", recused="x")], "a", "Met on Monday.", {"panel.quorum"}),
        ([said("a"), said("b"), said("d"), Seat("c", "board", recused="x")], "a", "Met on Monday.", set()),
        ([said("a"), said("b"), said("d"), Seat("c", "board", recused="x")], "c", "Met on Monday.", {"panel.seat"}),
    ],
)  # fmt: skip
def test_a_panel_is_closed_with_minutes_once_all_have_spoken(
    seats: list[Seat], who: str, minutes: str, expected: set[str]
) -> None:
    assert {r.code for r in panels.reasons_not_to_close(person(who), panel(*seats), minutes)} == expected


@given(st.lists(FINDINGS, min_size=1, max_size=7))
def test_more_than_half_decide_and_a_tie_does_not(findings: list[Finding]) -> None:
    seats = [said(f"r{i}", finding) for i, finding in enumerate(findings)]
    yes = findings.count(Finding.ADEQUATE)
    no = len(findings) - yes
    assert (panels.decided(seats) is Finding.ADEQUATE) is (yes > no)


def test_what_is_said_holds_for_exactly_this_matter() -> None:
    one = panel(Seat("a", "board"), Seat("b", "board"), Seat("c", "board"))
    others = [
        replace(one, object_id="cd"), replace(one, dataset="ds-2"), replace(one, answers={"left": ["x"]}),
        replace(one, id="panel-2"), replace(one, seats=one.seats[:2]), replace(one, kind=PanelKind.RISK),
    ]  # fmt: skip
    matters = {each.matter for each in (one, *others)}
    assert len(matters) == 7
    spoken = replace(one, seats=(said("a"), *one.seats[1:]), minutes="x", state=PanelState.ADEQUATE)
    assert spoken.matter == one.matter


FEW = st.sampled_from("abcdef")
SEATS = st.lists(FEW, min_size=1, max_size=6, unique=True).flatmap(
    lambda people: st.tuples(*(st.builds(said, st.just(p), FINDINGS) for p in people))
)


@given(SEATS, st.lists(SEATS, max_size=3))
def test_a_word_said_before_never_makes_it_easier(sitting: tuple[Seat, ...], before: list[tuple[Seat, ...]]) -> None:  # fmt: skip
    ever = panels.last_words([*(panel(*seats) for seats in before), panel(*sitting)])
    alone, counted = panels.decided(sitting), panels.decided(sitting, ever)
    words = {seat.person: seat.finding for seats in (*before, sitting) for seat in seats}  # the plain way
    yes = sum(word is Finding.ADEQUATE for word in words.values())
    assert (counted is Finding.ADEQUATE) is (alone is Finding.ADEQUATE and 2 * yes > len(words))


@given(SEATS, st.booleans(), FEW)
def test_what_is_hidden_says_only_that_somebody_spoke(seats: tuple[Seat, ...], waits: bool, who: str) -> None:
    more = (Seat("z", "board"),) if waits else ()
    shown = panels.seen_by(who, panel(*seats, *more))
    told = [s for s in shown.seats if s.finding]
    hidden = waits or len(seats) < 3  # somebody may have to be seated yet, who is to read nothing either
    assert told == ([s for s in seats if s.person == who] if hidden else list(seats))
    assert all(s.is_sealed for s in shown.seats if not s.finding and s.person != "z")
    ended = panels.seen_by(who, panel(*seats, *more, state=PanelState.WITHDRAWN))
    assert all(s.finding for s in ended.seats if s.person != "z")


@pytest.mark.parametrize(
    ("seats", "expected"),
    [
        ([Seat("a", "board"), Seat("b", "board"), Seat("c", "board")], set()),
        ([said("a"), Seat("b", "board"), Seat("c", "board")], {"panel.spoken"}),
        ([said("a", Finding.INADEQUATE), Seat("b", "board"), Seat("c", "board")], {"panel.spoken"}),
        ([said("a"), said("b"), Seat("c", "board", recused="x")], set()),
    ],
)  # fmt: skip
def test_a_review_in_which_somebody_has_spoken_is_closed_and_not_withdrawn(seats: list[Seat], expected: set[str]) -> None:  # fmt: skip
    assert {r.code for r in panels.reasons_not_to_withdraw(person("clerk"), panel(*seats))} == expected


DUE = "2026-03-10"
EARLY, LATER = "2026-03-01", "2026-03-12"


def silent(id_: str, at: str = EARLY, **more: object) -> Seat:
    return Seat(id_, "board", seated_at=at, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seats", "gone", "expected"),
    [
        ([said("a"), said("b"), said("c"), silent("d")], "", set()),
        ([said("a"), said("b"), said("c"), silent("d", LATER)], "", {"panel.silent"}),
        ([said("a"), said("b"), said("c"), silent("d", LATER)], "d", set()),
        ([said("a"), said("b"), silent("c")], "", {"panel.quorum"}),
        ([said("a"), said("b"), silent("c", LATER)], "c", {"panel.quorum"}),
        ([said("a"), silent("b"), silent("c"), silent("d")], "", {"panel.quorum"}),
        ([said("a"), said("b"), said("c"), silent("d"), silent("e", LATER)], "", {"panel.silent"}),
    ],
)  # fmt: skip
def test_nobody_who_never_answers_locks_a_panel_and_three_have_spoken(
    seats: list[Seat], gone: str, expected: set[str]
) -> None:
    stands = panels.as_it_stands(panel(*seats), gone, DUE)
    assert {r.code for r in panels.reasons_not_to_close(person("a"), stands, "Met on Monday.")} == expected


def test_who_is_passed_over_is_told_why_and_a_word_that_was_said_stands() -> None:
    seats = [said("a"), silent("b"), silent("c", LATER), silent("d", LATER), silent("e", recused="ill")]
    stands = panels.as_it_stands(panel(*seats), {"a", "c", "e"}, DUE)
    assert [s.silence for s in stands.seats] == [None, Silence.LATE, Silence.CLOSED, None, None]
    assert [s.person for s in stands.sitting] == ["a", "d"]
    ended = panel(*seats, state=PanelState.ADEQUATE)
    assert panels.as_it_stands(ended, {"b"}, DUE) == ended


def test_who_is_late_may_speak_until_somebody_else_has_the_place() -> None:
    open_ = panel(said("a"), said("b"), silent("c"))
    assert panels.reasons_not_to_speak(person("c"), open_) == ()
    filled = panel(
        said("a"), said("b"), silent("c", silence=Silence.LATE), silent("d", LATER, instead_of="c")
    )
    assert {r.code for r in panels.reasons_not_to_speak(person("c"), filled)} == {"panel.replaced"}
    assert panels.reasons_not_to_speak(person("d"), filled) == ()
    assert filled.matter == open_.matter  # so no word that was signed is another


@pytest.mark.parametrize(
    ("who", "leaving", "expected"),
    [
        ("clerk", "late", set()),
        ("clerk", "recused", set()),
        ("clerk", "spoken", {"panel.sits"}),
        ("clerk", "waiting", {"panel.sits"}),
        ("clerk", "filled", {"panel.filled"}),
        ("clerk", "nobody", {"panel.no-seat"}),
        ("spoken", "late", {"panel.opener"}),
    ],
)
def test_only_whoever_asked_fills_the_place_of_who_does_not_answer(who: str, leaving: str, expected: set[str]) -> None:  # fmt: skip
    open_ = panel(
        said("spoken"), silent("late"), silent("waiting", LATER), silent("recused", recused="ill"),
        silent("filled"), silent("new", LATER, instead_of="filled"),
    )  # fmt: skip
    stands = panels.as_it_stands(open_, (), DUE)
    assert {r.code for r in panels.reasons_not_to_substitute(person(who), stands, leaving, 9)} == expected


def test_nobody_is_seated_once_the_words_can_be_read() -> None:
    all_spoke = panel(said("a"), said("b"), said("c"), silent("d", recused="ill"))
    reasons = panels.reasons_not_to_substitute(person("clerk"), all_spoke, "d", 14)
    assert {r.code for r in reasons} == {"panel.opened"}


def test_whoever_may_ask_stands_in_for_a_closed_account() -> None:
    open_ = panel(said("a"), silent("b"), silent("c"))
    stands = panels.as_it_stands(open_, "clerk", DUE)
    for other, expected in ((False, {"panel.opener"}), (True, set())):
        assert {r.code for r in panels.reasons_not_to_withdraw(person("x"), stands, other)} == expected
        reasons = panels.reasons_not_to_substitute(person("x"), stands, "b", 14, other)
        assert {r.code for r in reasons} == expected
