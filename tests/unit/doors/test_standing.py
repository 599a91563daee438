"""What people read of a submission says where it stands, and which way it goes."""

from __future__ import annotations

import pytest

from dalgubeol.doors import standing
from dalgubeol.language import word
from dalgubeol.nouns.dataset import DatasetState
from dalgubeol.nouns.run import RunState
from dalgubeol.rules.airlock import Direction, ReviewState
from dalgubeol.world.store.reviews import Review


def submission(state: ReviewState, direction: Direction = Direction.OUT) -> Review:
    return Review("run-1", "ds-1", state, "2026-01-01T00:00:00Z", "p", "lab", "", (), "0" * 64, None, direction=direction)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "english", "korean"),
    [
        (ReviewState.DRAFT, "held in the airlock (draft)", "반출입 대기(작성 중)"),
        (ReviewState.SUBMITTED, "held in the airlock (submitted)", "반출입 대기(제출됨)"),
        (ReviewState.HELD, "held in the airlock (held)", "반출입 대기(점검 보류)"),
    ],
)
@pytest.mark.parametrize("of", [RunState.HELD, DatasetState.HELD])
def test_what_is_held_says_what_its_submission_waits_for(
    of: RunState | DatasetState, state: ReviewState, english: str, korean: str
) -> None:
    told = standing.beside(of, submission(state))
    assert (told.text("en"), told.text("ko")) == (english, korean)


@pytest.mark.parametrize("of", [RunState.HELD, DatasetState.HELD])
def test_to_whom_the_submission_is_not_to_know_of_nothing_is_said_of_a_review(
    of: RunState | DatasetState,
) -> None:
    told = standing.beside(of, None)
    assert (told.text("en"), told.text("ko")) == ("held", "반출입 대기")


def test_a_run_that_did_not_pass_says_why() -> None:
    told = standing.beside(RunState.DECLINED, submission(ReviewState.WITHDRAWN))
    assert (told.text("en"), told.text("ko")) == ("declined (withdrawn)", "반려됨(철회됨)")


def test_a_run_that_is_done_says_so_whatever_became_of_its_files() -> None:
    assert standing.beside(RunState.DONE, submission(ReviewState.RELEASED)).text("en") == "done"


@pytest.mark.parametrize("state", ReviewState)
def test_of_what_comes_in_no_word_says_that_it_leaves(state: ReviewState) -> None:
    found = submission(state, Direction.IN)
    for language, leaving in (("en", ("leave", "let out", "released", "has left")), ("ko", ("반출됨", "반출 불가", "내보내", "나갔"))):  # fmt: skip
        said = f"{word(standing.state_of(found), language)} {standing.standing(state, Direction.IN).text(language)}"
        if state is not ReviewState.APPROVED:  # what comes in is there at once when the votes agree
            assert [each for each in leaving if each in said] == [], said
        assert standing.standing(state, Direction.IN).text(language)


def test_of_what_leaves_each_state_is_told() -> None:
    assert len({standing.standing(state, Direction.OUT).text("en") for state in ReviewState}) == len(
        ReviewState
    )
