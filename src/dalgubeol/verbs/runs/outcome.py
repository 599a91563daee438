"""What a Run comes to: its Datasets, its Record, its fault. Written down by the conductor when it settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from ...digest import canonical, commitment
from ...errors import DalguError
from ...kinds import kind as kind_named
from ...kinds import names as kind_names
from ...kinds.contract import Output, Port
from ...language import Message, say
from ...nouns.dataset import Column, Dataset, DatasetState, Sensitivity, highest, is_protected
from ...nouns.permit import Conditions, PermitState, strictest_of
from ...nouns.record import Event, Record, Retention
from ...nouns.run import Fault, Run, RunState
from ...world import identity
from ...world.sandbox.installed import environment_installed
from ...world.store import datasets, permits, runs
from ..airlock import budget
from ..house.clock import now
from .recover import output_id, outputs_of

RELEASING = "release"
"""The kind that lets out what two reviewers approved."""
LINKED = "release.linked"
"""The fault of a release whose tables give a small group with what was released meanwhile."""
RESTORING = "restore"
"""The kind that undoes pseudonyms, where two people may."""
BRINGING = "bring-in"
"""The kind that scans what somebody wants to bring into the zone."""
MAKING_SAFE = "make-safe"
"""The kind that makes a safe version of files that are held."""
TAKES_NO_RUN = frozenset({RELEASING, BRINGING, MAKING_SAFE})
"""Kinds that take none of the Runs that a Permit allows."""
BY_VERBS = frozenset({RELEASING, RESTORING, BRINGING, MAKING_SAFE})
"""Kinds that nobody submits: a verb queues them, when people have agreed, have offered or have chosen something."""
MOST_DEATHS = 3
"""Deaths of the child under a living conductor, after which the Run is broken."""


def data_of(run: Run) -> tuple[str, ...]:
    """The Datasets that a Run's results are about; of a safe version not the held files that it was made of."""
    return tuple(id_ for slot, id_ in run.inputs.items() if (run.kind, slot) != (MAKING_SAFE, "held"))


def conditions(connection: Connection, run: Run) -> Conditions:
    """The strictest of all Permits; the defaults where ownership covers everything."""
    return strictest_of([permits.find(connection, permit).conditions for permit in run.permits])


def items_allowed(connection: Connection, run: Run) -> dict[str, list[str]]:
    """Dataset to the columns that the Run may see, where its Permits do not ask for all: what all of them ask for."""
    allowed: dict[str, list[str]] = {}
    for application in (permits.find(connection, id_).application for id_ in run.permits):
        for dataset, columns in application.items.items() if application else ():
            before = allowed.get(dataset)
            allowed[dataset] = [c for c in columns if before is None or c in before]
    return allowed


def inherited(output: Output, given: Mapping[str, Dataset]) -> tuple[Sensitivity, bool]:
    sensitivity = output.lowers or highest(dataset.sensitivity for dataset in given.values())
    return sensitivity, any(d.trade_secret for d in given.values()) and output.lowers is None


def made(
    connection: Connection, run: Run, output: Output, given: Mapping[str, Dataset], owner: identity.Person,
    written: Mapping[str, Any],
) -> Dataset:  # fmt: skip
    owner = _owner(connection, run, given, owner)
    sensitivity, secret = inherited(output, given)
    wished = run.parameters.get("name")
    name = f"{wished or run.id}-{output.name}" if not wished or output.name != _first(run) else str(wished)
    if wished and datasets.name_is_taken(connection, name):
        name = (
            f"{run.id}-{output.name}"  # taken since it was submitted: the work is not thrown away for a name
        )
    return Dataset(
        id=output_id(run.id, output.name), name=name, form=output.form, sensitivity=sensitivity,
        trade_secret=secret, owner=owner.id, organisation=owner.organisation,
        columns=tuple(Column(*c) for c in written["columns"]), rows=written["rows"],
        size_bytes=written["size_bytes"], object_id=written["object_id"],
        state=DatasetState.HELD if output.held else DatasetState.KEPT, created_at=now(), made_by=run.id,
        sources=tuple(dataset.id for dataset in given.values()), about=written["about"],
    )  # fmt: skip


def _owner(
    connection: Connection, run: Run, given: Mapping[str, Dataset], submitter: identity.Person
) -> identity.Person:
    """What is made of another's data under a Permit is theirs: a Permit lets one use data, not have it."""
    others = [dataset.owner for dataset in given.values() if dataset.owner != submitter.id]
    return identity.find(connection, others[0]) if run.permits and others else submitter


def _first(run: Run) -> str:
    return outputs_of(run)[0].name


def ran(
    connection: Connection, run: Run, state: RunState, made: Mapping[str, Dataset], fault: Fault | None,
    brought: Sequence[str] = (),
) -> Record:  # fmt: skip
    """`brought`: the digests of what had come into the zone, and was there for it."""
    given = [datasets.find(connection, id_) for id_ in run.inputs.values()]
    careful = any(is_protected(d.sensitivity, d.trade_secret) for d in given)
    salt = bytes.fromhex(runs.parameters_salt(connection, run.id))
    payload: dict[str, object] = {
        "kind": run.kind,
        "outcome": state.value,
        "seed": run.seed,
        "parameters": commitment(dict(run.parameters), salt),
        "outputs": {name: dataset.object_id for name, dataset in made.items()},
        "fault": fault.code if fault else None,
    }
    if spent := budget.spent_by(connection, run):
        payload["privacy"] = spent
    if run.kind in kind_names() and Port.SANDBOX in kind_named(run.kind).ports:  # it may be gone since
        payload["environment"] = environment_installed().digest
    if brought:
        payload["brought"] = list(brought)
    if run.kind == MAKING_SAFE:
        payload["made_of"] = {"run": datasets.find(connection, run.inputs["held"]).made_by, "manifest": run.parameters["manifest"]}  # fmt: skip
    involved = (*run.inputs.values(), *(dataset.id for dataset in made.values()))
    return Record(
        Event.RAN, f"ran/{run.id}", now(), run.submitted_by, run.id, payload,
        Retention.PROCESSING if careful else Retention.ACCESS, datasets=tuple(dict.fromkeys(involved)),
        permits=run.permits,
    )  # fmt: skip


def refund(connection: Connection, run: Run) -> None:
    """Give the allowance back. A release took none (the analysis it lets out had paid), nor did a scan."""
    for permit in run.permits if run.kind not in TAKES_NO_RUN else ():
        permits.refund(connection, permit)


def permits_ended(connection: Connection, run: Run) -> Fault | None:
    """A Permit that was revoked or given back, or whose time ran out: the Run does not begin, and does not go on."""
    for permit in (permits.find(connection, id_) for id_ in run.permits):
        if permit.state is not PermitState.GRANTED or now() >= permit.valid_until:
            return _fault_of(
                "permit.ended",
                say("Permit {permit}, under which this Run was asked for, is not in force any more.", permit=permit.id),
                say("Ask for a new Permit with `dalgu permit request`, then run it again."),
            )  # fmt: skip
    return None


def worker_died() -> Fault:
    return _fault_of(
        "worker.died",
        say("The child process of this Run died {times} times.", times=MOST_DEATHS),
        say("Look for memory or limits of the machine, then run it again."),
    )


def unsettled(error: Exception) -> Fault:
    if isinstance(error, DalguError):
        return _fault_of(error.code, error.detail, error.next_step)
    if isinstance(error, OSError):
        return _fault_of(
            "disk.failed",
            say("The disk did not take the outputs ({what}).", what=type(error).__name__),
            say("Check space and rights of the site's folder, then run it again."),
        )
    return _fault_of(
        "run.broken",
        say("The conductor could not settle this Run ({what}).", what=type(error).__name__),
        say("This is our fault, not yours: tell the operator the Run's id."),
    )


def _fault_of(code: str, message: Message, next_step: Message) -> Fault:
    return Fault(code, canonical(message.stored()).decode(), canonical(next_step.stored()).decode())
