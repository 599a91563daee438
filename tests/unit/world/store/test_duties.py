from __future__ import annotations

import pytest
from sqlalchemy import Connection

from dalgubeol.nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from dalgubeol.nouns.permit import Conditions, Decision, Permit, PermitState, Purpose, Verdict
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules.airlock import ReviewState
from dalgubeol.rules.duties import Duty, Origin, Part
from dalgubeol.rules.reviewing import Vote
from dalgubeol.world.store import datasets, duties, permits, reviews, runs

NOON = "2026-03-01T12:00:00.000+00:00"


def dataset(connection: Connection, name: str, sensitivity: Sensitivity, *sources: str) -> None:
    made = Dataset(
        id=name, name=name, form=Form.TABLE, sensitivity=sensitivity, trade_secret=False, owner="p", organisation="o",
        columns=(), rows=1, size_bytes=1, object_id="0", state=DatasetState.KEPT, created_at=NOON, sources=sources,
    )  # fmt: skip
    datasets.add(connection, made)


@pytest.fixture
def stocked(connection: Connection) -> Connection:
    dataset(connection, "claims", Sensitivity.PERSONAL)
    dataset(connection, "codes", Sensitivity.PUBLIC)
    dataset(connection, "claims-p", Sensitivity.PSEUDONYMISED, "claims", "codes")
    dataset(connection, "model", Sensitivity.PSEUDONYMISED, "claims-p")
    return connection


def run(connection: Connection, id_: str, kind: str, by: str, data: str, state: RunState = RunState.DONE) -> None:  # fmt: skip
    made = Run(
        id=id_, kind=kind, inputs={"data": data}, permits=(), parameters={}, seed=0, submitted_by=by, state=state,
        submitted_at=NOON,
    )  # fmt: skip
    runs.add(connection, made, "00")


def permit(connection: Connection, id_: str, holder: str, *names: str) -> None:
    made = Permit(
        id=id_, holder=holder, organisation="lab", kinds=frozenset({"analyse"}), datasets=names, grants=frozenset(),
        purpose=Purpose.STATISTICS, reason="why", conditions=Conditions(), valid_from=NOON, valid_until=NOON,
        state=PermitState.REQUESTED, requested_at=NOON,
    )  # fmt: skip
    permits.add(connection, made)


def test_a_dataset_is_known_with_all_that_it_descends_from(stocked: Connection) -> None:
    assert duties.origins(stocked, ["model"]) == {
        "model": Origin(Sensitivity.PSEUDONYMISED, ("claims-p",)),
        "claims-p": Origin(Sensitivity.PSEUDONYMISED, ("claims", "codes")),
        "claims": Origin(Sensitivity.PERSONAL),
        "codes": Origin(Sensitivity.PUBLIC),
    }
    assert set(duties.origins(stocked, ["claims-p", "codes"])) == {"claims-p", "claims", "codes"}
    assert duties.origins(stocked, []) == {}


def test_every_part_that_somebody_has_had_is_found_and_no_other_persons(stocked: Connection) -> None:
    run(stocked, "run-1", "pseudonymise", "kim", "claims")
    run(stocked, "run-2", "analyse", "lee", "claims-p", RunState.HELD)
    permit(stocked, "permit-1", "lee", "claims-p", "model")
    decision = Decision("park", "site", Verdict.GRANT, NOON, "", "00")
    permits.decide(stocked, "permit-1", decision)
    review = reviews.Review("run-2", "model", ReviewState.SUBMITTED, NOON, "lee", "lab", "", (), "ab", None)
    reviews.open_(stocked, review)
    reviews.vote(stocked, "run-2", Vote("choi", True, NOON, "", "ab", "00"))
    assert duties.parts_of(stocked, "kim") == (Part(Duty.PSEUDONYMISER, "run-1", ("claims",)),)
    assert duties.parts_of(stocked, "lee") == (Part(Duty.ANALYST, "permit-1", ("claims-p", "model")),)
    assert duties.parts_of(stocked, "park") == (Part(Duty.DECIDER, "permit-1", ("claims-p", "model")),)
    assert duties.parts_of(stocked, "choi") == (Part(Duty.REVIEWER, "run-2", ("claims-p",)),)
    assert duties.parts_of(stocked, "nobody") == ()


def test_whose_vote_was_set_aside_has_seen_the_files_and_stays_a_reviewer(stocked: Connection) -> None:
    run(stocked, "run-2", "analyse", "lee", "claims-p", RunState.HELD)
    reviews.open_(stocked, reviews.Review("run-2", "model", ReviewState.SUBMITTED, NOON, "lee", "lab", "", (), "ab", None))  # fmt: skip
    reviews.vote(stocked, "run-2", Vote("choi", True, NOON, "", "ab", "00"))
    reviews.vote(stocked, "run-2", Vote("ahn", True, NOON, "", "ab", "00"))
    reviews.clear_votes(stocked, "run-2", NOON, "choi")
    assert [vote.person for vote in reviews.find(stocked, "run-2").votes] == ["ahn"]
    reviews.clear_votes(stocked, "run-2", NOON)
    assert reviews.find(stocked, "run-2").votes == ()
    for person in ("choi", "ahn"):
        assert duties.parts_of(stocked, person) == (Part(Duty.REVIEWER, "run-2", ("claims-p",)),)
    reviews.vote(stocked, "run-2", Vote("choi", False, NOON, "too fine", "ab", "11"))  # asked anew
    assert [(vote.person, vote.approve) for vote in reviews.find(stocked, "run-2").votes] == [("choi", False)]


@pytest.mark.parametrize("state", list(RunState))
def test_a_run_that_made_nothing_makes_nobody_a_pseudonymiser(stocked: Connection, state: RunState) -> None:
    run(stocked, "run-1", "pseudonymise", "kim", "claims", state)
    made_nothing = state in (RunState.FAILED, RunState.BROKEN, RunState.CANCELLED)
    assert (duties.parts_of(stocked, "kim") == ()) is made_nothing
