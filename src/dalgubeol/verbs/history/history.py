"""The database compared with the signed history: what somebody with the folder changed behind its back shows.

Needs a ledger that has passed its self-check. Compared is what the Records hold: a payload that was erased in
time, and what no Record speaks of (names, papers, comments), cannot be.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from ...digest import opens
from ...errors import DalguError
from ...language import Message, say
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.panel import PanelState
from ...nouns.permit import PermitState
from ...nouns.record import Event
from ...nouns.run import Run, RunState
from ...rules.airlock import ReviewState
from ...world import identity
from ...world.ledger.log import Log
from ...world.store import datasets, panels, permits, reviews, runs
from ..airlock.letting_out import check_votes
from ..house.house import House
from ..house.standing import CHANGES, changes_of, standing
from ..house.transition import enrolled_as
from ..permits.grant import check_signatures
from ..projects.reviewed import check_findings, check_heard
from ..runs.outcome import TAKES_NO_RUN, inherited
from ..runs.recover import output_id, outputs_of

_Line = tuple[dict[str, Any], dict[str, Any] | None]
"""A leaf, and its payload where it was not erased."""
_UNPAID = (RunState.CANCELLED, RunState.BROKEN)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the database and the history disagree; `subject` is an id."""

    subject: str
    what: Message


@dataclass(slots=True)
class _Told:
    """What the Records say, by what they are about."""

    registered: dict[str, _Line] = field(default_factory=dict)
    ran: dict[str, _Line] = field(default_factory=dict)
    destroyed: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    """Permits that were revoked, and what was withdrawn: Permits, reviews."""
    granted: set[str] = field(default_factory=set)
    seated: set[str] = field(default_factory=set)
    """Panels that were asked for a review."""
    reviewed: dict[str, str | None] = field(default_factory=dict)
    """Panels that were closed, and what they decided."""
    changes: Counter[str] = field(default_factory=Counter)
    """Of people's roles, and ends of accounts."""
    organisations: dict[str, str | None] = field(default_factory=dict)
    """Of people, as they were found in their enrolments: each is proven once."""


def differences(house: House) -> Iterator[Difference]:
    """Everything that does not agree, in one snapshot."""
    with house.database.reading() as connection:
        told = _told(connection, house.log)
        every = {dataset.id: dataset for dataset in datasets.every(connection)}
        ran = {run.id: run for run in runs.listed(connection, limit=1_000_000_000)}
        yield from _people(house, connection, told)
        yield from _missing_rows(told, every, ran)
        for dataset in every.values():
            yield from _dataset(house, connection, told, dataset, every, ran)
        for run in ran.values():
            yield from _run(connection, told, run)
        yield from _permits(house, connection, told, ran)
        yield from _reviews(house, connection, told)
        yield from _panels(house, connection, told)


def _told(connection: Connection, log: Log) -> _Told:
    told = _Told()
    for entry in log.entries(connection, 0, log.size(connection)):
        leaf = json.loads(entry.leaf)
        event, subject = leaf["event"], leaf["subject"]
        if event in (Event.REGISTERED, Event.RAN):
            payload = json.loads(entry.payload) if entry.payload is not None else None
            (told.registered if event == Event.REGISTERED else told.ran)[subject] = (leaf, payload)
        elif event == Event.DESTROYED:
            told.destroyed.add(subject)
        elif event in CHANGES:
            told.changes[subject] += 1
        elif event in (Event.RELEASED, Event.BROUGHT_IN):
            told.released.add(subject)
        elif event == Event.GRANTED:
            told.granted.add(subject)
        elif event in (Event.REVOKED, Event.WITHDRAWN):
            told.ended.add(subject)
        elif event == Event.SEATED:
            told.seated.add(subject)
        elif event == Event.REVIEWED:
            told.reviewed[subject] = json.loads(entry.payload)["decision"] if entry.payload else None
    return told


def _people(house: House, connection: Connection, told: _Told) -> Iterator[Difference]:
    for person in identity.listed(connection):
        try:
            found = standing(connection, house.log, person.id)
        except DalguError as error:
            yield Difference(person.id, error.detail)
            continue
        shown = (person.public_key, person.organisation, tuple(sorted(r.value for r in person.roles)), person.ended_at is not None)  # fmt: skip
        if shown != (found.public_key, found.organisation, tuple(sorted(found.roles)), found.closed):
            yield Difference(person.id, say("key, organisation, roles or end are not what was recorded"))
        elif changes_of(connection, person.id)[0] != told.changes[person.id]:
            yield Difference(person.id, say("a row that leads to a change of roles or an end was removed"))


def _missing_rows(told: _Told, every: Mapping[str, Dataset], ran: Mapping[str, Run]) -> Iterator[Difference]:
    known = {*told.registered, *(id_ for leaf, _ in told.ran.values() for id_ in leaf["datasets"])}
    for dataset in sorted(known - every.keys()):
        yield Difference(dataset, say("the history knows this Dataset, the database does not"))
    for run in sorted(told.ran.keys() - ran.keys()):
        yield Difference(run, say("the history knows this Run, the database does not"))


def _dataset(
    house: House, connection: Connection, told: _Told, dataset: Dataset, every: Mapping[str, Dataset],
    ran: Mapping[str, Run],
) -> Iterator[Difference]:  # fmt: skip
    if (dataset.state is DatasetState.DESTROYED) is not (dataset.id in told.destroyed):
        yield Difference(dataset.id, say("whether it was destroyed is told otherwise by the history"))
    origin = told.registered.get(dataset.id) if dataset.made_by is None else told.ran.get(dataset.made_by)
    if origin is None or dataset.id not in origin[0]["datasets"]:
        yield Difference(dataset.id, say("no Record says where it came from"))
        return
    leaf, payload = origin
    if dataset.made_by is None:
        owner, told_as = leaf["actor"], payload and (payload["sensitivity"], payload["trade_secret"])
        objects = [payload["object"]] if payload else None
    else:
        run = ran.get(dataset.made_by)
        if run is None:
            return  # told by `_missing_rows`
        given = [every[id_] for id_ in run.inputs.values() if id_ in every]
        owner, told_as = _owner_of_made(leaf, given), _sensitivity_of_made(run, dataset, every)
        objects = list(payload["outputs"].values()) if payload and "outputs" in payload else None
    if dataset.owner != owner:
        yield Difference(dataset.id, say("its owner is not who the history says"))
    elif _organisation(house, connection, told, owner) not in (None, dataset.organisation):
        yield Difference(dataset.id, say("its organisation is not its owner's"))
    if told_as and told_as != (dataset.sensitivity.value, dataset.trade_secret):
        yield Difference(dataset.id, say("its sensitivity is not what the history says"))
    if objects is not None and dataset.object_id not in objects:
        yield Difference(dataset.id, say("its content is not what the history says"))


def _owner_of_made(leaf: Mapping[str, Any], given: list[Dataset]) -> str:
    """As `outcome` decides it: what is made of another's data under a Permit is theirs."""
    others = [dataset.owner for dataset in given if dataset.owner != leaf["actor"]]
    return others[0] if leaf["permits"] and others else str(leaf["actor"])


def _sensitivity_of_made(run: Run, dataset: Dataset, every: Mapping[str, Dataset]) -> tuple[str, bool] | None:
    """What its kind makes of its inputs; None where the kind is gone, or takes other parameters now."""
    try:
        output = next(o for o in outputs_of(run) if output_id(run.id, o.name) == dataset.id)
        sensitivity, secret = inherited(output, {slot: every[id_] for slot, id_ in run.inputs.items()})
    except (DalguError, ImportError, AttributeError, ValueError, KeyError, StopIteration):
        return None
    return sensitivity.value, secret


def _organisation(house: House, connection: Connection, told: _Told, person: str) -> str | None:
    if person not in told.organisations:
        try:
            told.organisations[person] = str(enrolled_as(connection, house.log, person)["organisation"])
        except DalguError:
            told.organisations[person] = None  # told by `_people`
    return told.organisations[person]


def _run(connection: Connection, told: _Told, run: Run) -> Iterator[Difference]:
    if run.id not in told.ran:
        if run.state.ended:
            yield Difference(run.id, say("it has ended and no Record says so"))
        return
    leaf, payload = told.ran[run.id]
    if leaf["actor"] != run.submitted_by or tuple(leaf["permits"]) != tuple(run.permits):
        yield Difference(run.id, say("who asked for it, or under which Permits, is told otherwise by the history"))  # fmt: skip
    if not set(run.inputs.values()) <= set(leaf["datasets"]):
        yield Difference(run.id, say("its inputs are not those that the history names"))
    if payload and "parameters" in payload:
        salt = bytes.fromhex(runs.parameters_salt(connection, run.id))
        if payload["kind"] != run.kind or not opens(payload["parameters"], dict(run.parameters), salt):
            yield Difference(run.id, say("its kind or parameters are not those that were recorded"))


def _permits(house: House, connection: Connection, told: _Told, ran: Mapping[str, Run]) -> Iterator[Difference]:  # fmt: skip
    used = Counter(p for run in ran.values() if run.kind not in TAKES_NO_RUN and run.state not in _UNPAID for p in run.permits)  # fmt: skip
    for permit in permits.listed(connection, limit=1_000_000_000):
        if permit.runs_used != used[permit.id]:
            yield Difference(permit.id, say("{used} Runs are counted as used, and {counted} were made under it", used=permit.runs_used, counted=used[permit.id]))  # fmt: skip
        if permit.state is PermitState.GRANTED:
            yield from _failing(permit.id, lambda p=permit: check_signatures(house, connection, p))  # type: ignore[misc]
            if permit.id not in told.granted:
                yield Difference(permit.id, say("it is in force, and no Record says that it was granted"))
        elif permit.id in told.granted - told.ended:
            yield Difference(permit.id, say("the history says that it is in force"))


def _reviews(house: House, connection: Connection, told: _Told) -> Iterator[Difference]:
    for found in reviews.listed(connection):
        if (found.state is ReviewState.RELEASED) is not (found.run in told.released):
            yield Difference(found.run, say("whether its files were released is told otherwise by the history"))  # fmt: skip
        if found.votes:
            yield from _failing(found.run, lambda f=found: check_votes(house, connection, f, f.votes))  # type: ignore[misc]


def _panels(house: House, connection: Connection, told: _Told) -> Iterator[Difference]:
    every = {panel.id: panel for panel in panels.listed(connection)}
    for panel in sorted(told.seated - every.keys()):
        yield Difference(panel, say("the history knows this review, the database does not"))
    for found in every.values():
        decided = found.state in (PanelState.ADEQUATE, PanelState.INADEQUATE)
        recorded = told.reviewed.get(found.id, found.state.value) or found.state.value  # erased in time
        if decided is not (found.id in told.reviewed) or (decided and recorded != found.state.value):
            yield Difference(found.id, say("what this review decided is told otherwise by the history"))
        if (found.state is PanelState.WITHDRAWN) is not (found.id in told.ended):
            yield Difference(
                found.id, say("whether this review was withdrawn is told otherwise by the history")
            )
        if decided and told.reviewed.get(found.id) is not None:  # not erased in time
            yield from _failing(found.id, lambda f=found: check_heard(house, connection, f))  # type: ignore[misc]
        spoken = tuple(seat for seat in found.sitting if seat.finding)
        yield from _failing(found.id, lambda f=found, s=spoken: check_findings(house, connection, f, s))  # type: ignore[misc]


def _failing(subject: str, check: Callable[[], None]) -> Iterator[Difference]:
    try:
        check()
    except DalguError as error:
        yield Difference(subject, error.detail)
