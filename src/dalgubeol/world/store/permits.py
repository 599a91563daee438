"""Permits and the decisions on them in the database. The caller owns the transaction."""

from __future__ import annotations

import json

from sqlalchemy import Connection, RowMapping, exists, select

from ...digest import canonical
from ...errors import Conflict, Missing
from ...language import say
from ...nouns.permit import Conditions, Decision, Grant, Permit, PermitState, Purpose, Verdict
from .schema import datasets, outbox, permit_datasets, permit_decisions, permits


def add(connection: Connection, permit: Permit) -> None:
    conditions = {name: getattr(permit.conditions, name) for name in Conditions.__slots__}
    row = {
        "id": permit.id, "holder": permit.holder, "organisation": permit.organisation,
        "kinds": canonical(sorted(permit.kinds)).decode(), "grants": canonical(sorted(permit.grants)).decode(),
        "purpose": permit.purpose.value, "reason": permit.reason, "evidence": permit.evidence,
        "conditions": canonical(conditions).decode(), "valid_from": permit.valid_from,
        "valid_until": permit.valid_until, "state": permit.state.value, "requested_at": permit.requested_at,
        "runs_used": permit.runs_used,
    }  # fmt: skip
    connection.execute(permits.insert(), row)
    named = [{"permit": permit.id, "dataset": dataset} for dataset in dict.fromkeys(permit.datasets)]
    connection.execute(permit_datasets.insert(), named)


def find(connection: Connection, permit: str) -> Permit:
    """Raises Missing."""
    row = connection.execute(select(permits).where(permits.c.id == permit)).mappings().first()
    if row is None:
        raise Missing(
            "permit.missing",
            say("There is no Permit '{permit}' here.", permit=permit),
            say("`dalgu permit list` shows those that concern you."),
        )
    return _permit(connection, row)


def of_holder(connection: Connection, holder: str) -> tuple[Permit, ...]:
    query = select(permits).where(permits.c.holder == holder).order_by(permits.c.id)
    return tuple(_permit(connection, row) for row in connection.execute(query).mappings())


def listed(connection: Connection, after: str = "", limit: int = 1000) -> tuple[Permit, ...]:
    query = select(permits).where(permits.c.id > after).order_by(permits.c.id).limit(limit)
    return tuple(_permit(connection, row) for row in connection.execute(query).mappings())


def ever_granted(
    connection: Connection, *, id_: str = "", before: str = "", limit: int = 1000
) -> tuple[tuple[Permit, tuple[tuple[str, str], ...]], ...]:
    """Permits that are or were granted, the newest first, each with its Datasets (id, name): as the history
    has it, for a request that was withdrawn has the same state as a granted Permit that was. `before` is the
    last id of the page before. Without their decisions, which say who decided."""
    granted = exists().where((outbox.c.key == "granted/" + permits.c.id) & outbox.c.record.is_not(None))
    query = select(permits).where(granted).order_by(permits.c.id.desc()).limit(limit)
    if before:
        query = query.where(permits.c.id < before)
    if id_:
        query = query.where(permits.c.id == id_)
    rows = connection.execute(query).mappings().all()
    named: dict[str, list[tuple[str, str]]] = {row["id"]: [] for row in rows}
    pairs = (
        select(permit_datasets.c.permit, datasets.c.id, datasets.c.name)
        .join(datasets, datasets.c.id == permit_datasets.c.dataset)
        .where(permit_datasets.c.permit.in_(list(named)))
        .order_by(datasets.c.name)
    )
    for permit, dataset, name in connection.execute(pairs):
        named[permit].append((dataset, name))
    return tuple(
        (_permit_of(row, tuple(sorted(d for d, _ in named[row["id"]])), ()), tuple(named[row["id"]]))
        for row in rows
    )


def decide(connection: Connection, permit: str, decision: Decision) -> None:
    row = {
        "permit": permit, "person": decision.person, "organisation": decision.organisation,
        "verdict": decision.verdict.value, "decided_at": decision.decided_at, "comment": decision.comment,
        "signature": decision.signature,
    }  # fmt: skip
    connection.execute(permit_decisions.insert(), row)


def set_state(connection: Connection, permit: str, state: PermitState) -> None:
    connection.execute(permits.update().where(permits.c.id == permit).values(state=state.value))


def reserve(connection: Connection, permit: str, allowed: int) -> None:
    """Take one Run off the allowance; compare and set, so that two at once cannot take the last one."""
    free = (permits.c.id == permit) & (permits.c.runs_used < allowed)
    if (
        connection.execute(permits.update().where(free).values(runs_used=permits.c.runs_used + 1)).rowcount
        != 1
    ):
        raise Conflict(
            "permit.allowance",
            say("Permit {permit} allows {allowed} Runs, and all are used.", permit=permit, allowed=allowed),
            say("Ask for a new Permit with a larger allowance."),
        )


def refund(connection: Connection, permit: str) -> None:
    """Give a reserved Run back: it was cancelled, or the platform broke it."""
    used = (permits.c.id == permit) & (permits.c.runs_used > 0)
    connection.execute(permits.update().where(used).values(runs_used=permits.c.runs_used - 1))


def _permit(connection: Connection, row: RowMapping) -> Permit:
    named = select(permit_datasets.c.dataset).where(permit_datasets.c.permit == row["id"])
    decisions = select(permit_decisions).where(permit_decisions.c.permit == row["id"])
    given = connection.execute(decisions.order_by("decided_at", "person")).mappings()
    datasets_named = tuple(sorted(connection.execute(named).scalars()))
    return _permit_of(row, datasets_named, tuple(_decision(d) for d in given))


def _permit_of(row: RowMapping, named: tuple[str, ...], decisions: tuple[Decision, ...]) -> Permit:
    return Permit(
        id=row["id"], holder=row["holder"], organisation=row["organisation"],
        kinds=frozenset(json.loads(row["kinds"])), datasets=named,
        grants=frozenset(Grant(g) for g in json.loads(row["grants"])), purpose=Purpose(row["purpose"]),
        reason=row["reason"], evidence=row["evidence"], conditions=Conditions(**json.loads(row["conditions"])),
        valid_from=row["valid_from"], valid_until=row["valid_until"], state=PermitState(row["state"]),
        requested_at=row["requested_at"], runs_used=row["runs_used"],
        decisions=decisions,
    )  # fmt: skip


def _decision(row: RowMapping) -> Decision:
    return Decision(
        row["person"], row["organisation"], Verdict(row["verdict"]), row["decided_at"], row["comment"],
        row["signature"],
    )  # fmt: skip
