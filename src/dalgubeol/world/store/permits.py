"""Permits and the decisions on them in the database. The caller owns the transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, select, text

from ...digest import canonical
from ...errors import Conflict, Missing
from ...language import say
from ...nouns.permit import (
    Application,
    Decision,
    Grant,
    Permit,
    PermitState,
    Pledge,
    Purpose,
    Verdict,
    asked_for,
    stored_conditions,
)
from .driver import at_once, fetched
from .paging import Page, Row, belonging, ids_bound, paged
from .schema import (
    datasets,
    outbox,
    permit_datasets,
    permit_decisions,
    permit_people,
    permit_pledges,
    permits,
)

_FIND = select(permits).where(permits.c.id == bindparam("permit"))
_RESERVE = text("UPDATE permits SET runs_used = runs_used + 1 WHERE id = :permit AND runs_used < :allowed")
_AMONG = select(permit_people.c.permit).where(permit_people.c.person == bindparam("holder"))
_OF_HOLDER = (
    select(permits)
    .where((permits.c.holder == bindparam("holder")) | permits.c.id.in_(_AMONG))
    .order_by(permits.c.id)
)
_TAKE_EXPORT = text(
    "UPDATE permits SET exports_used = exports_used + 1, files_used = files_used + :files "
    "WHERE id = :permit AND exports_used < :exports AND files_used + :files <= :most"
)


def add(connection: Connection, permit: Permit) -> None:
    row = {
        "id": permit.id, "holder": permit.holder, "organisation": permit.organisation,
        "kinds": canonical(sorted(permit.kinds)).decode(), "grants": canonical(sorted(permit.grants)).decode(),
        "purpose": permit.purpose.value, "reason": permit.reason, "evidence": permit.evidence,
        "conditions": canonical(permit.conditions.plain()).decode(), "valid_from": permit.valid_from,
        "valid_until": permit.valid_until, "state": permit.state.value, "requested_at": permit.requested_at,
        "runs_used": permit.runs_used,
        "application": "{}" if permit.application is None else canonical(asked_for(permit.application)).decode(),
    }  # fmt: skip
    connection.execute(permits.insert(), row)
    for person in permit.application.people if permit.application else ():
        connection.execute(permit_people.insert(), {"permit": permit.id, "person": person})
    named = [{"permit": permit.id, "dataset": dataset} for dataset in dict.fromkeys(permit.datasets)]
    connection.execute(permit_datasets.insert(), named)


def find(connection: Connection, permit: str) -> Permit:
    """Raises Missing."""
    rows = fetched(connection, _FIND, {"permit": permit})
    if not rows:
        raise Missing(
            "permit.missing",
            say("There is no Permit '{permit}' here.", permit=permit),
            say("`dalgu permit list` shows those that concern you."),
        )
    return _permits(connection, rows)[0]


def of_holder(connection: Connection, holder: str) -> tuple[Permit, ...]:
    """Those under which this person may work: her own, and others' that name her."""
    return _permits(connection, fetched(connection, _OF_HOLDER, {"holder": holder}))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which Permits a list is to show; what is None does not matter."""

    state: PermitState | None = None
    holder: str | None = None
    dataset: str | None = None
    """Id of a Dataset that the Permit names."""


def page(connection: Connection, wanted: Wanted, after: str = "", limit: int = 100) -> Page[Permit]:
    """The newest first. Raises Invalid for a cursor that is not one."""
    values = {"state": wanted.state, "holder": wanted.holder, "dataset": wanted.dataset}
    bound = {name: str(value) for name, value in values.items() if value is not None}
    query = _wanted(tuple(bound))
    rows, following = paged(connection, query, (permits.c.id,), bound, after, limit)
    return Page(_permits(connection, rows), following)


@cache
def _wanted(named: tuple[str, ...]) -> Select[Any]:
    """Permits whose columns `named` have the values that are bound to them."""
    query = select(permits).where(
        *(permits.c[name] == bindparam(name) for name in named if name != "dataset")
    )
    if "dataset" in named:
        naming = select(permit_datasets.c.permit).where(permit_datasets.c.dataset == bindparam("dataset"))
        query = query.where(permits.c.id.in_(naming))
    return query


def naming(connection: Connection, dataset: str, state: PermitState) -> tuple[Permit, ...]:
    """Every Permit in a state that names a Dataset."""
    bound = {"state": state.value, "dataset": dataset}
    return _permits(connection, fetched(connection, _wanted(("state", "dataset")), bound))


def listed(connection: Connection, after: str = "", limit: int = 1000) -> tuple[Permit, ...]:
    query = select(permits).where(permits.c.id > after).order_by(permits.c.id).limit(limit)
    return _permits(connection, connection.execute(query).mappings().all())


@dataclass(frozen=True, slots=True)
class Registered:
    """A Permit as the public register has it, without its decisions, which say who decided."""

    permit: Permit
    named: tuple[tuple[str, str], ...]
    """Its Datasets (id, name; of a trade secret the id), in order of name."""
    granted: bool
    """Whether it ever was, as the history has it: a request that was withdrawn has the same state as a granted Permit
    that was."""


def registered(
    connection: Connection, *, id_: str = "", dataset: str = "", before: str = "", limit: int = 1000, granted: bool = False
) -> tuple[Registered, ...]:  # fmt: skip
    """Every Permit that was ever asked for, the newest first; with `granted` those that are or were granted. `before`
    is the last id of the page before."""
    told = exists().where((outbox.c.key == "granted/" + permits.c.id) & outbox.c.record.is_not(None))
    query = select(permits, told.label("ever_granted")).order_by(permits.c.id.desc()).limit(limit)
    if granted:
        query = query.where(told)
    if before:
        query = query.where(permits.c.id < before)
    if id_:
        query = query.where(permits.c.id == id_)
    if dataset:
        naming = select(permit_datasets.c.permit).where(permit_datasets.c.dataset == dataset)
        query = query.where(permits.c.id.in_(naming))
    rows = connection.execute(query).mappings().all()
    named: dict[str, list[tuple[str, str]]] = {row["id"]: [] for row in rows}
    pairs = (
        select(permit_datasets.c.permit, datasets.c.id, datasets.c.name, datasets.c.trade_secret)
        .join(datasets, datasets.c.id == permit_datasets.c.dataset)
        .where(permit_datasets.c.permit.in_(list(named)))
        .order_by(datasets.c.name)
    )
    for permit, dataset, name, secret in connection.execute(pairs):
        named[permit].append((dataset, dataset if secret else name))
    return tuple(
        Registered(
            _permit_of(row, tuple(sorted(d for d, _ in named[row["id"]])), ()), tuple(named[row["id"]]),
            bool(row["ever_granted"]),
        )
        for row in rows
    )  # fmt: skip


def purposes(connection: Connection, ids: Sequence[str]) -> dict[str, Purpose]:
    """Id to what each is for."""
    return {row["id"]: Purpose(row["purpose"]) for row in belonging(connection, _purpose_of, ids)}


@cache
def _purpose_of(size: int) -> Select[Any]:
    return select(permits.c.id, permits.c.purpose).where(permits.c.id.in_(ids_bound(size)))


def ending(connection: Connection, after: str, until: str) -> tuple[Permit, ...]:
    """Granted Permits whose time runs out between the two instants."""
    soon = (permits.c.state == PermitState.GRANTED.value) & (permits.c.valid_until > after) & (permits.c.valid_until <= until)  # fmt: skip
    rows = connection.execute(select(permits).where(soon).order_by(permits.c.id)).mappings().all()
    return _permits(connection, rows)


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
    if at_once(connection, _RESERVE, {"permit": permit, "allowed": allowed}) != 1:
        raise Conflict(
            "permit.allowance",
            say("Permit {permit} allows {allowed} Runs, and all are used.", permit=permit, allowed=allowed),
            say("Ask for a new Permit with a larger allowance."),
        )


def take_export(connection: Connection, permit: Permit, files: int) -> bool:
    """Take one release of so many files off the allowance; False where it does not reach. Compare and set."""
    most = permit.conditions
    bound = {"permit": permit.id, "files": files, "exports": most.exports, "most": most.files}
    return at_once(connection, _TAKE_EXPORT, bound) == 1


def give_export_back(connection: Connection, permit: str, files: int) -> None:
    """What was taken for a release that did not come to be."""
    used = (permits.c.id == permit) & (permits.c.exports_used > 0) & (permits.c.files_used >= files)
    less = {"exports_used": permits.c.exports_used - 1, "files_used": permits.c.files_used - files}
    connection.execute(permits.update().where(used).values(**less))


def pledge(connection: Connection, permit: str, signed: Pledge) -> None:
    row = {
        "permit": permit, "person": signed.person, "edition": signed.edition, "language": signed.language,
        "signed_at": signed.signed_at, "signature": signed.signature,
    }  # fmt: skip
    connection.execute(permit_pledges.insert(), row)


def to_clear(connection: Connection, at: str) -> tuple[Permit, ...]:
    """Permits of the zone that are over and not cleared, the oldest first. One that was never granted has nothing
    to clear, and the caller sees that."""
    over = (permits.c.state.in_((PermitState.WITHDRAWN.value, PermitState.REVOKED.value))) | (
        (permits.c.state == PermitState.GRANTED.value) & (permits.c.valid_until <= at)
    )
    open_ = over & permits.c.cleared_at.is_(None) & (permits.c.application != "{}")
    return _permits(connection, connection.execute(select(permits).where(open_).order_by(permits.c.id)).mappings().all())  # fmt: skip


def cleared(connection: Connection, permit: str, at: str) -> None:
    connection.execute(permits.update().where(permits.c.id == permit).values(cleared_at=at))


def following(connection: Connection, permit: Permit) -> tuple[Permit, ...]:
    """Granted Permits that were asked for to follow this one, by whom it names."""
    same = (permits.c.state == PermitState.GRANTED.value) & permits.c.holder.in_(sorted(permit.users))
    found = _permits(connection, connection.execute(select(permits).where(same)).mappings().all())
    return tuple(p for p in found if p.application is not None and p.application.renews == permit.id)


def refund(connection: Connection, permit: str) -> None:
    """Give a reserved Run back: it was cancelled, or the platform broke it."""
    used = (permits.c.id == permit) & (permits.c.runs_used > 0)
    connection.execute(permits.update().where(used).values(runs_used=permits.c.runs_used - 1))


def _permits(connection: Connection, rows: Sequence[Row]) -> tuple[Permit, ...]:
    """Rows with their Datasets and decisions, which are one query each for all."""
    named: dict[str, list[str]] = {row["id"]: [] for row in rows}
    decided: dict[str, list[Decision]] = {row["id"]: [] for row in rows}
    for each in belonging(connection, _naming, list(named)):
        named[each["permit"]].append(each["dataset"])
    for each in belonging(connection, _decisions_on, list(named)):
        decided[each["permit"]].append(_decision(each))
    pledged: dict[str, list[Pledge]] = {row["id"]: [] for row in rows if row["application"] != "{}"}
    for each in belonging(connection, _pledges_for, list(pledged)) if pledged else ():
        pledged[each["permit"]].append(_pledge(each))
    return tuple(
        _permit_of(row, tuple(named[id_]), tuple(decided[id_]), tuple(pledged.get(id_, ())))
        for row in rows
        if (id_ := row["id"])
    )


@cache
def _naming(size: int) -> Select[Any]:
    query = select(permit_datasets).where(permit_datasets.c.permit.in_(ids_bound(size)))
    return query.order_by(permit_datasets.c.permit, permit_datasets.c.dataset)


@cache
def _decisions_on(size: int) -> Select[Any]:
    query = select(permit_decisions).where(permit_decisions.c.permit.in_(ids_bound(size)))
    return query.order_by(permit_decisions.c.decided_at, permit_decisions.c.person)


@cache
def _pledges_for(size: int) -> Select[Any]:
    query = select(permit_pledges).where(permit_pledges.c.permit.in_(ids_bound(size)))
    return query.order_by(permit_pledges.c.signed_at, permit_pledges.c.person)


def _permit_of(
    row: Row, named: tuple[str, ...], decisions: tuple[Decision, ...], pledges: tuple[Pledge, ...] = ()
) -> Permit:
    return Permit(
        id=row["id"], holder=row["holder"], organisation=row["organisation"],
        kinds=frozenset(json.loads(row["kinds"])), datasets=named,
        grants=frozenset(Grant(g) for g in json.loads(row["grants"])), purpose=Purpose(row["purpose"]),
        reason=row["reason"], evidence=row["evidence"], conditions=stored_conditions(json.loads(row["conditions"])),
        valid_from=row["valid_from"], valid_until=row["valid_until"], state=PermitState(row["state"]),
        requested_at=row["requested_at"], runs_used=row["runs_used"],
        decisions=decisions, application=_application(json.loads(row["application"])), pledges=pledges,
        exports_used=row["exports_used"], files_used=row["files_used"], cleared_at=row["cleared_at"],
    )  # fmt: skip


def _application(stored: dict[str, Any]) -> Application | None:
    if not stored:
        return None
    items = {dataset: tuple(columns) for dataset, columns in stored["items"].items()}
    return Application(tuple(stored["people"]), items, stored["environment"], stored["pledge"], stored["renews"])  # fmt: skip


def _pledge(row: Row) -> Pledge:
    return Pledge(row["person"], row["edition"], row["language"], row["signed_at"], row["signature"])


def _decision(row: Row) -> Decision:
    return Decision(
        row["person"], row["organisation"], Verdict(row["verdict"]), row["decided_at"], row["comment"],
        row["signature"],
    )  # fmt: skip
