"""Asking for a Run: parameters checked, permission decided with all reasons, allowance reserved, queued.

A refusal is a Record too. Handing a Run to the conductor is one durable transaction and a wink (`wake`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Connection

from ...digest import fresh_id, fresh_salt
from ...errors import Conflict, Invalid, Missing, Reason, Refused
from ...kinds import kind as kind_named
from ...kinds.contract import Kind, Port
from ...language import Message, say
from ...nouns.dataset import Dataset, Sensitivity
from ...nouns.permit import Actor, Permit, Role
from ...nouns.record import Event, Record, Retention
from ...nouns.run import Run, RunState
from ...rules.granting import ruling
from ...rules.lifecycle import RUN_MOVES, moved
from ...rules.panels import BEFORE_REVIEW
from ...traces import span
from ...world.store import datasets, permits, runs
from ...world.store import projects as stored_projects
from ...world.store.paging import Page
from ...world.store.runs import Wanted
from ..airlock import budget
from ..airlock.letting_out import release_failed
from ..airlock.offered import NOT_SCANNED, offered_gone
from ..house.clock import now
from ..house.house import House, wake
from ..house.stops import reasons_of_stops
from ..house.transition import record
from ..linkage.sides import reasons_of_data
from ..permits import pledges
from ..permits.duties import Past
from ..permits.grant import check_signatures
from ..projects import projects, reviewed
from ..projects.carried_on import reasons_not_to_begin, reasons_not_to_carry_on
from .outcome import BRINGING, MAKING_SAFE, RELEASING, RESTORING, refund
from .parameters import checked_parameters

_OF_PERMITS = ("permit.", "grant.", "purpose.")
"""Reasons that a Permit cures."""


def submit(
    house: House,
    actor: Actor,
    kind_name: str,
    inputs: Mapping[str, str],
    parameters: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Run:
    """Queue a Run of a kind; `inputs` maps its slots to names or ids of Datasets.

    Raises Missing (kind, Dataset), Invalid (parameters, slots, forms), Refused with every reason (recorded).
    """
    with span("submit", kind=kind_name):
        return _submitted(house, actor, kind_name, inputs, parameters or {}, seed)


def _submitted(
    house: House, actor: Actor, kind_name: str, inputs: Mapping[str, str], parameters: Mapping[str, Any], seed: int
) -> Run:  # fmt: skip
    kind = kind_named(kind_name)
    checked = checked_parameters(kind, parameters)
    if Port.SANDBOX in kind.ports:
        sandbox_backend()
    refused: list[tuple[Reason, ...]] = []

    def queue(connection: Connection) -> Run | None:
        given = _given(connection, kind, inputs)
        own = permits.of_holder(connection, actor.id)
        decided = ruling(actor, kind_name, kind.grants, tuple(given.values()), own, now())
        reasons = decided.reasons + _reasons_against(kind_name)
        under, lacking = projects.declared(
            house, connection, actor, kind, checked.get("project"), given.values()
        )
        reasons += lacking + reasons_not_to_use(house, connection, actor, kind, tuple(given.values()))
        reasons += reasons_not_to_carry_on(house, connection, kind_name, given)
        reasons += reasons_not_to_begin(house, connection, kind_name, given, under[0].id if under else None)
        loss = budget.loss_of(kind, checked)
        paying = [_permit(own, permit) for permit in decided.permits]
        if loss is not None:
            ids = [dataset.id for dataset in given.values()]
            reasons += budget.reasons_not_to_spend(house, connection, actor, loss, ids, paying)
        if reasons:
            refused.append(reasons)
            record(connection, refusal(actor, kind_name, given, reasons))
            return None
        if checked.get("name"):
            _refuse_twice(connection, actor, kind_name, given, checked)
        for wish in ("name", "release_as"):
            if checked.get(wish):
                datasets.refuse_taken_name(connection, str(checked[wish]))
        for permit in decided.permits:
            check_signatures(house, connection, _permit(own, permit))
            pledges.check(house, connection, _permit(own, permit), actor.id)
        run = Run(
            id=fresh_id("run"), kind=kind_name, inputs={slot: d.id for slot, d in given.items()},
            permits=decided.permits, parameters=checked, seed=seed, submitted_by=actor.id,
            state=RunState.QUEUED, submitted_at=now(),
        )  # fmt: skip
        for permit in decided.permits:
            permits.reserve(connection, permit, _permit(own, permit).conditions.runs)
        runs.add(connection, run, fresh_salt().hex())
        if loss is not None:
            budget.spend(house, connection, actor, run, loss, paying)
        if under is not None:
            stored_projects.under(connection, run.id, under[0].id, under[1])
        return run

    run = house.write(queue)
    if run is None:
        raise Refused(
            "run.refused",
            say("This Run is refused."),
            _cure_of(refused[0]),
            refused[0],
        )
    wake(house)
    return run


def reasons_not_to_use(
    house: House, connection: Connection, actor: Actor, kind: Kind, given: tuple[Dataset, ...]
) -> tuple[Reason, ...]:
    """Why this person may not use these Datasets by that kind now, whatever her Permits allow."""
    reasons = Past(connection, actor).reasons_not_to_run(kind.name, kind.grants, given)
    reasons += reasons_of_data(house, connection, actor.id, given)
    before = kind.name in BEFORE_REVIEW
    reasons += projects.reasons_against_use(connection, actor, given, to_make=before)
    reasons += projects.reasons_against_linking(connection, kind.name, given)
    if not before:
        reasons += reviewed.reasons_not_to_use(house, connection, given)
    return reasons + reasons_of_stops(connection, given)


@cache
def sandbox_backend() -> dict[str, str]:
    """The sandbox that passed its self-test on this machine. Raises Unavailable, saying what is missing, where
    none does: a stranger's script is then refused, never run bare."""
    from ...world.sandbox.selftest import choose_backend

    backend = choose_backend()
    return {"name": backend.name, "program": str(backend.program)}


def _given(connection: Connection, kind: Kind, inputs: Mapping[str, str]) -> dict[str, Dataset]:
    slots = {slot.name: slot for slot in kind.slots}
    required = {name for name, slot in slots.items() if not slot.optional}
    unknown, absent = sorted(inputs.keys() - slots.keys()), sorted(required - inputs.keys())
    if unknown or absent:
        needed = ", ".join(slots) or "none"
        raise Invalid.field(
            "inputs", expected=say("Datasets for: {slots}", slots=needed), got=", ".join(inputs) or "none"
        )
    given = {slot: datasets.find(connection, name) for slot, name in inputs.items()}
    for slot, dataset in given.items():
        if dataset.form not in slots[slot].forms:
            forms = tuple(sorted(slots[slot].forms))
            raise Invalid.field(
                slot,
                expected=say("one of: {forms}", forms=forms),
                got=say("{name} ({form})", name=dataset.name, form=dataset.form),
            )
    return given


def _refuse_twice(
    connection: Connection, actor: Actor, kind: str, given: Mapping[str, Dataset], checked: Mapping[str, Any]
) -> None:
    """Raises Conflict naming the Run that makes, or has just made, the same under the same name: whoever was cut off
    asks again without knowing that the first one was heard."""
    name, inputs = checked["name"], {slot: d.id for slot, d in given.items()}
    waiting = [*runs.all_in(connection, RunState.QUEUED), *runs.all_in(connection, RunState.RUNNING)]
    for run in waiting:
        if run.parameters.get("name") != name:
            continue
        if (run.submitted_by, run.kind, run.inputs, run.parameters) == (actor.id, kind, inputs, checked):
            raise Conflict("run.same", say("The same is under way already: Run {run}.", run=run.id), say("Follow it: `dalgu runs show {run}`; or stop it first: `dalgu runs cancel {run}`.", run=run.id))  # fmt: skip
        raise Conflict("run.name", say("Another Run that has not ended makes '{name}'.", name=name), say("Choose another with --name, or wait until it has ended."))  # fmt: skip
    if datasets.name_is_taken(connection, str(name)):
        made_by = datasets.find(connection, str(name)).made_by
        made = None if made_by is None else runs.find(connection, made_by)
        if made is not None and (made.submitted_by, made.kind, made.inputs, made.parameters) == (actor.id, kind, inputs, checked):  # fmt: skip
            raise Conflict("run.same", say("The same was made already: Run {run} gave {name}.", run=made.id, name=name), say("See it with `dalgu runs show {run}`; to make it once more, choose another name.", run=made.id))  # fmt: skip


def _cure_of(reasons: tuple[Reason, ...]) -> Message:
    """The step of a reason that has one of its own: a Permit does not cure it."""
    own = next((reason.cure for reason in reasons if reason.cure is not None), None)
    if own is None and not any(reason.code.startswith(_OF_PERMITS) for reason in reasons):
        return say("Mend what the reasons name, or ask another person.")
    return own or say("Ask for a Permit with `dalgu permit request`; two other people decide on it.")


def _reasons_against(kind: str) -> tuple[Reason, ...]:
    """A release is queued by the second approving vote (`review`), a restoring by the second of two people
    (`restoring`), a scan by who offers files (`bringing`), a safe version by whose files are held (`safe_versions`), and
    by nobody else."""
    if kind == RESTORING:
        return (Reason("restore.two", say("Pseudonyms are undone by two people who agree, or not at all: `dalgu restore`.")),)  # fmt: skip
    if kind == MAKING_SAFE:
        return (Reason("safe.way", say("A safe version is made of files that are held, by `dalgu airlock safe`.")),)  # fmt: skip
    if kind == BRINGING:
        return (
            Reason(
                "bring.way", say("Files come into the zone by `dalgu zone bring`, and not by themselves.")
            ),
        )
    return (Reason("release.votes", say("Only two reviewers' votes let something out of the airlock.")),) if kind == RELEASING else ()  # fmt: skip


def refusal(actor: Actor, kind: str, given: Mapping[str, Dataset], reasons: tuple[Reason, ...]) -> Record:
    payload = {"kind": kind, "reasons": [reason.code for reason in reasons]}
    return Record(
        Event.REFUSED, fresh_id("refused"), now(), actor.id, actor.id, payload, access_retention(given.values()),
        datasets=tuple(dataset.id for dataset in given.values()),
    )  # fmt: skip


def access_retention(datasets: Iterable[Dataset]) -> Retention:
    """Access to sensitive sets is kept two years, other access one."""
    careful = any(d.sensitivity in (Sensitivity.PERSONAL, Sensitivity.PSEUDONYMISED) for d in datasets)
    return Retention.ACCESS_SENSITIVE if careful else Retention.ACCESS


def _permit(own: tuple[Permit, ...], permit: str) -> Permit:
    return next(p for p in own if p.id == permit)


def listed(
    house: House, actor: Actor, *, state: RunState | None = None, before: str = "", limit: int = 1000
) -> tuple[Run, ...]:
    """Runs, the newest first. That somebody ran something is open to all who are signed in; with which
    parameters (a script is one) only to who submitted it and to operators."""
    with house.database.reading() as connection:
        found = runs.listed(connection, state=state, before=before, limit=limit)
    return tuple(_as_seen_by(actor, run) for run in found)


def page(
    house: House, actor: Actor, wanted: Wanted | None = None, after: str = "", limit: int = 100
) -> Page[Run]:
    """The same, a page at a time."""
    with house.database.reading() as connection:
        found = runs.page(connection, wanted or Wanted(), after, limit)
    return found.map(lambda run: _as_seen_by(actor, run))


def seen(actor: Actor, run: Run) -> Run:
    """A Run that was read elsewhere, as `show` shows it."""
    return _as_seen_by(actor, run)


def show(house: House, actor: Actor, run_id: str) -> Run:
    """One Run, as `listed` shows it. Raises Missing."""
    with house.database.reading() as connection:
        return _as_seen_by(actor, runs.find(connection, run_id))


def _as_seen_by(actor: Actor, run: Run) -> Run:
    if run.submitted_by == actor.id or Role.OPERATOR in actor.roles:
        return run
    return replace(run, parameters={})


def cancel(house: House, actor: Actor, run_id: str) -> Run:
    """Ask a Run to stop: its submitter or an operator may. Raises Missing for others, Conflict where it has ended."""

    def ask(connection: Connection) -> Run:
        run = runs.find(connection, run_id)
        if run.submitted_by != actor.id and Role.OPERATOR not in actor.roles:
            raise Missing("run.missing", say("There is no Run '{run}' here.", run=run_id), say("`dalgu runs` shows those that you may see."))  # fmt: skip
        stop_run(house, connection, run)
        return runs.find(connection, run_id)

    found = house.write(ask)
    wake(house)
    return found


def stop_run(house: House, connection: Connection, run: Run) -> None:
    """End a Run that is queued, ask one that runs to end. Raises Conflict where it has ended."""
    state = moved(RUN_MOVES, run.state, "cancel")
    if run.state is not RunState.QUEUED:
        runs.ask_to_cancel(connection, run.id)
        return
    runs.settle(connection, run, state, now())
    refund(connection, run)
    if run.attempt == 0:  # it never began
        budget.give_back(connection, run)
    if run.kind == RELEASING:
        release_failed(connection, run)
    if run.kind == BRINGING:
        offered_gone(house, connection, run, NOT_SCANNED)
    record(connection, _cancelled(run))


def _cancelled(run: Run) -> Record:
    payload = {"kind": run.kind, "outcome": RunState.CANCELLED.value}
    involved = tuple(dict.fromkeys(run.inputs.values()))
    return Record(
        Event.RAN,
        f"ran/{run.id}",
        now(),
        run.submitted_by,
        run.id,
        payload,
        Retention.ACCESS,
        involved,
        run.permits,
    )
