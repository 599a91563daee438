"""Datasets, Permits, Runs, reviews and the outbox: values into rows and back, and what only rows can do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from dalgubeol.errors import Conflict, Missing
from dalgubeol.nouns.dataset import Column, Dataset, DatasetState, Form, Sensitivity
from dalgubeol.nouns.permit import Conditions, Decision, Grant, Permit, PermitState, Purpose, Verdict
from dalgubeol.nouns.record import Event, Record, Retention
from dalgubeol.nouns.run import Fault, Run, RunState
from dalgubeol.rules.airlock import ReviewState
from dalgubeol.rules.reviewing import FileVerdict, FileVote, Vote
from dalgubeol.world.store import datasets, outbox, permits, reviews, runs

NOON, LATER = "2026-03-01T12:00:00.000+00:00", "2026-03-01T12:00:15.000+00:00"


def dataset(number: int, **changes: object) -> Dataset:
    made = Dataset(
        f"ds-{number}", f"name-{number}", Form.TABLE, Sensitivity.PERSONAL, True, "person-1", "firm",
        (Column("a", "int64", "mm"), Column("b", "string")), 3, 17, f"{number:064x}", DatasetState.KEPT, NOON,
        about={"note": "가"},
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def permit(**changes: object) -> Permit:
    made = Permit(
        "permit-1", "person-1", "uni", frozenset({"analyse"}), ("ds-1",), frozenset({Grant.READ}),
        Purpose.STATISTICS, "to count things", Conditions(runs=2), NOON, LATER, PermitState.REQUESTED, NOON,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def run(number: int = 1, **changes: object) -> Run:
    made = Run(f"run-{number}", "analyse", {"table": "ds-1"}, ("permit-1",), {"k": 5}, 7, "person-1", RunState.QUEUED, NOON)  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_dataset_comes_back_as_it_was(connection: Connection) -> None:
    datasets.add(connection, dataset(1))
    child = dataset(2, sources=("ds-1",), made_by="run-1", rows=None)
    datasets.add(connection, child, b"sealed")
    assert datasets.find(connection, "ds-2") == datasets.find(connection, "name-2") == child
    assert datasets.plain_digest(connection, "ds-2") == b"sealed"
    assert datasets.listed(connection, after="ds-1") == (child,)


def test_a_name_is_used_once(connection: Connection) -> None:
    datasets.add(connection, dataset(1))
    with pytest.raises(Conflict):
        datasets.add(connection, dataset(2, name="name-1"))
    with pytest.raises(Missing):
        datasets.find(connection, "ds-2")


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_name_can_not_pass_for_another_datasets_id(connection: Connection, order: tuple[int, int]) -> None:
    made = {1: dataset(1), 2: dataset(2, name="ds-1")}
    for number in order:
        datasets.add(connection, made[number])
    assert datasets.find(connection, "ds-1").id == "ds-1"


def test_an_object_is_in_use_until_its_last_dataset_is_destroyed(connection: Connection) -> None:
    datasets.add(connection, dataset(1))
    datasets.add(connection, dataset(2, object_id=dataset(1).object_id))
    datasets.changed(connection, dataset(1), DatasetState.DESTROYED, NOON)
    assert datasets.object_is_used(connection, dataset(1).object_id)
    datasets.changed(connection, dataset(2), DatasetState.DESTROYED, NOON)
    assert not datasets.object_is_used(connection, dataset(1).object_id)
    assert datasets.destroyed_at(connection, ["ds-1", "ds-2"]) == (NOON, NOON)


def test_a_permit_and_its_decisions_come_back_as_they_were(connection: Connection) -> None:
    datasets.add(connection, dataset(1))
    permits.add(connection, permit())
    decision = Decision("person-2", "firm", Verdict.GRANT, NOON, "fine", "ab")
    permits.decide(connection, "permit-1", decision)
    permits.set_state(connection, "permit-1", PermitState.GRANTED)
    expected = permit(decisions=(decision,), state=PermitState.GRANTED)
    assert permits.find(connection, "permit-1") == expected
    assert permits.of_holder(connection, "person-1") == (expected,)


def test_an_allowance_is_never_overdrawn_nor_refunded_below_nothing(connection: Connection) -> None:
    datasets.add(connection, dataset(1))
    permits.add(connection, permit())
    permits.refund(connection, "permit-1")
    permits.reserve(connection, "permit-1", 2)
    permits.reserve(connection, "permit-1", 2)
    with pytest.raises(Conflict):
        permits.reserve(connection, "permit-1", 2)
    assert permits.find(connection, "permit-1").runs_used == 2


def test_a_lease_is_taken_once_and_only_its_attempt_may_settle(connection: Connection) -> None:
    runs.add(connection, run(), "salt")
    queued = runs.find(connection, "run-1")
    assert queued == run()
    assert runs.lease(connection, queued, "one", NOON, LATER)
    assert not runs.lease(connection, queued, "two", NOON, LATER)
    leased = runs.find(connection, "run-1")
    assert (leased.state, leased.attempt) == (RunState.RUNNING, 1)
    assert not runs.lease(connection, leased, "two", NOON, LATER), "the lease holds"
    after = "2026-03-01T13:00:00.000+00:00"
    assert runs.next_waiting(connection, NOON) is None
    assert runs.next_waiting(connection, after) == leased
    assert runs.lease(connection, leased, "two", after, after)
    assert not runs.settle(connection, leased, RunState.DONE, after)
    assert runs.heartbeat(connection, "run-1", 1, after, 0.5, "x") == (False, False)
    runs.ask_to_cancel(connection, "run-1")
    assert runs.heartbeat(connection, "run-1", 2, after, 0.5, "x") == (True, True)
    fault = Fault("script", "wrong", "mend it", 3)
    assert runs.settle(connection, runs.find(connection, "run-1"), RunState.FAILED, after, fault=fault)
    ended = runs.find(connection, "run-1")
    assert (ended.state, ended.fault, ended.ended_at) == (RunState.FAILED, fault, after)


def test_a_conductor_alone_lets_go_of_all_leases(connection: Connection) -> None:
    runs.add(connection, run(), "salt")
    runs.lease(connection, run(), "one", NOON, LATER)
    assert runs.let_go_all(connection) == 1
    found = runs.next_waiting(connection, NOON)
    assert found is not None
    assert found.state is RunState.RUNNING


def test_a_review_and_its_votes_come_back_as_they_were(connection: Connection) -> None:
    runs.add(connection, run(), "salt")
    said = {1: reviews.Context("to publish", "a chart", "by counting")}
    review = reviews.Review("run-1", "ds-1", ReviewState.SUBMITTED, NOON, "person-1", "uni", "a chart", ({"code": "x"},), "ab", None, contexts=said)  # fmt: skip
    reviews.open_(connection, review)
    vote = Vote("person-3", True, NOON, "", "ab", "cd", (FileVote(FileVerdict.MEND, "round it"),))
    reviews.vote(connection, "run-1", vote)
    reviews.set_state(connection, "run-1", ReviewState.APPROVED, LATER, "run-2")
    expected = replace(review, state=ReviewState.APPROVED, release_run="run-2", votes=(vote,), moved_at=LATER)
    assert reviews.find(connection, "run-1") == expected
    assert reviews.listed(connection, [ReviewState.APPROVED]) == (expected,)
    reviews.clear_votes(connection, "run-1", NOON, "person-4")
    assert reviews.find(connection, "run-1").votes == (vote,)
    reviews.clear_votes(connection, "run-1", NOON)
    assert reviews.find(connection, "run-1").votes == ()


def test_a_key_is_posted_once_and_forgotten_here_when_it_is_in_the_ledger(connection: Connection) -> None:
    sealed = Record(
        Event.RAN, "ran/run-1", NOON, "person-1", "run-1", {"secret": 1}, Retention.ACCESS
    ).sealed()
    outbox.post(connection, sealed)
    with pytest.raises(Conflict):
        outbox.post(connection, sealed)
    ((row, waiting),) = outbox.waiting(connection)
    assert waiting == sealed
    assert outbox.record_of(connection, "ran/run-1") is None
    outbox.integrated(connection, [(row, 41)])
    outbox.integrated(connection, [])
    assert outbox.waiting(connection) == ()
    assert outbox.record_of(connection, "ran/run-1") == 41
    outbox.index_subjects(connection, [("run-1", 41), ("run-1", 41)])
    assert outbox.records_about(connection, "run-1") == (41,)
