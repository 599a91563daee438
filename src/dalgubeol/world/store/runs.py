"""Runs and their leases in the database. The caller owns the transaction.

A lease is taken by compare-and-set on the state, the attempt and the expiry. Every later word about the Run
(heartbeat, settling) names the attempt it belongs to; a conductor whose lease was taken over finds that its
attempt is no longer the current one, and can settle nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Update, bindparam, literal_column, null, select

from ...digest import canonical
from ...errors import Missing
from ...language import say
from ...nouns.run import Fault, Run, RunState
from .driver import at_once, fetched
from .paging import Page, Row, paged
from .schema import runs

_FIND = select(runs).where(runs.c.id == bindparam("run"))
_PUBLIC = select(
    runs.c.id,
    runs.c.kind,
    runs.c.inputs,
    runs.c.permits,
    runs.c.submitted_by,
    runs.c.submitted_at,
    runs.c.state,
)
_SALT = select(runs.c.parameters_salt).where(runs.c.id == bindparam("run"))
_ADD, _NOTHING = runs.insert(), dict.fromkeys(runs.c.keys())
_OURS = (
    (runs.c.id == bindparam("run")) & (runs.c.attempt == bindparam("at_attempt")) & (runs.c.state == bindparam("was"))
)  # fmt: skip
_BEAT = (
    runs.update()
    .where(_OURS)
    .values(lease_until=bindparam("until"), progress=bindparam("done"), stage=bindparam("with_stage"))
)
_QUEUED = select(runs).where(runs.c.state == RunState.QUEUED.value).order_by(runs.c.id).limit(1)
_ASKED = select(runs.c.cancel_asked).where(runs.c.id == bindparam("run"))
_SETTLE = (
    runs.update()
    .where(_OURS)
    .values(
        state=bindparam("becomes"), ended_at=bindparam("now"), outputs=bindparam("made"), fault=bindparam("why"),
        progress=literal_column("1.0"), stage=literal_column("''"), lease_holder=null(), lease_until=null(),
    )
)  # fmt: skip


def add(connection: Connection, run: Run, parameters_salt: str) -> None:
    row = {
        "id": run.id, "kind": run.kind, "inputs": canonical(dict(run.inputs)).decode(),
        "permits": canonical(list(run.permits)).decode(),
        "parameters": canonical(dict(run.parameters)).decode(), "parameters_salt": parameters_salt,
        "seed": run.seed, "submitted_by": run.submitted_by, "state": run.state.value,
        "submitted_at": run.submitted_at, "attempt": 0, "outputs": "{}", "progress": 0.0, "stage": "",
        "cancel_asked": 0,
    }  # fmt: skip
    at_once(connection, _ADD, {**_NOTHING, **row})


def find(connection: Connection, run: str) -> Run:
    """Raises Missing."""
    rows = fetched(connection, _FIND, {"run": run})
    if not rows:
        raise Missing(
            "run.missing",
            say("There is no Run '{run}' here.", run=run),
            say("`dalgu runs` shows those that you may see."),
        )
    return _run(rows[0])


def listed(
    connection: Connection,
    *,
    submitted_by: str | None = None,
    state: RunState | None = None,
    before: str = "",
    limit: int = 1000,
) -> tuple[Run, ...]:
    """The newest first; `before` is the last id of the page before."""
    query = select(runs).order_by(runs.c.id.desc()).limit(limit)
    if submitted_by is not None:
        query = query.where(runs.c.submitted_by == submitted_by)
    if state is not None:
        query = query.where(runs.c.state == state.value)
    if before:
        query = query.where(runs.c.id < before)
    return tuple(_run(row) for row in connection.execute(query).mappings())


def all_in(connection: Connection, state: RunState) -> tuple[Run, ...]:
    """Every Run in a state, the newest first."""
    query = select(runs).where(runs.c.state == state.value).order_by(runs.c.id.desc())
    return tuple(_run(row) for row in connection.execute(query).mappings())


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which Runs a list is to show; what is None does not matter."""

    state: RunState | None = None
    kind: str | None = None
    submitted_by: str | None = None


def page(connection: Connection, wanted: Wanted, after: str = "", limit: int = 100) -> Page[Run]:
    """The newest first. Raises Invalid for a cursor that is not one."""
    values = {"state": wanted.state, "kind": wanted.kind, "submitted_by": wanted.submitted_by}
    bound = {name: str(value) for name, value in values.items() if value is not None}
    query = _wanted(tuple(bound))
    rows, following = paged(connection, query, (runs.c.id,), bound, after, limit)
    return Page(tuple(_run(row) for row in rows), following)


@dataclass(frozen=True, slots=True)
class PublicRun:
    """Of a Run what the public register is made of: nothing that somebody typed."""

    id: str
    kind: str
    inputs: Mapping[str, str]
    permits: tuple[str, ...]
    submitted_by: str
    submitted_at: str
    state: RunState


def page_public(connection: Connection, after: str = "", limit: int = 100) -> Page[PublicRun]:
    """The newest first, without parameters: scripts stand in them, and anybody may ask for this list. Raises Invalid
    for a cursor that is not one."""
    rows, following = paged(connection, _PUBLIC, (runs.c.id,), {}, after, limit)
    return Page(tuple(_public(row) for row in rows), following)


def _public(row: Row) -> PublicRun:
    return PublicRun(
        row["id"], row["kind"], json.loads(row["inputs"]), tuple(json.loads(row["permits"])), row["submitted_by"],
        row["submitted_at"], RunState(row["state"]),
    )  # fmt: skip


@cache
def _wanted(named: tuple[str, ...]) -> Select[Any]:
    """Runs whose columns `named` have the values that are bound to them."""
    return select(runs).where(*(runs.c[name] == bindparam(name) for name in named))


def found(connection: Connection, ids: Sequence[str]) -> dict[str, Run]:
    """Those of `ids` that exist."""
    query = select(runs).where(runs.c.id.in_(list(ids)))
    return {row["id"]: _run(row) for row in connection.execute(query).mappings()}


def under(connection: Connection, permit: str) -> tuple[Run, ...]:
    """All that were asked for under a Permit. `permits` is a JSON list of ids, which have no sign that LIKE reads."""
    named = runs.c.permits.like(f'%"{permit}"%')
    rows = connection.execute(select(runs).where(named).order_by(runs.c.id)).mappings().all()
    return tuple(_run(row) for row in rows)


def of_input(connection: Connection, dataset: str) -> tuple[Run, ...]:
    """All that were asked for with a Dataset among their inputs. `inputs` is a JSON object of ids."""
    given = runs.c.inputs.like(f'%"{dataset}"%')
    rows = connection.execute(select(runs).where(given).order_by(runs.c.id)).mappings().all()
    return tuple(_run(row) for row in rows)


def exists(connection: Connection, run: str, state: RunState) -> bool:
    """Whether there is a Run of that id in that state."""
    query = select(runs.c.id).where((runs.c.id == run) & (runs.c.state == state.value))
    return connection.execute(query).first() is not None


def parameters_salt(connection: Connection, run: str) -> str:
    return str(fetched(connection, _SALT, {"run": run})[0]["parameters_salt"])


def next_waiting(connection: Connection, now: str, holder: str = "", held: Iterable[str] = ()) -> Run | None:
    """The oldest Run that is queued, or that nobody works on any more (see `_free`)."""
    mine = list(held)
    bound = {"now": now, "holder": holder, **{f"held_{n}": each for n, each in enumerate(mine)}}
    for query in (_given_up(len(mine)), _QUEUED):  # one index look-up each, instead of a scan for both
        rows = fetched(connection, query, bound)
        if rows:
            return _run(rows[0])
    return None


def _free(held: int) -> ColumnElement[bool]:
    """Whether a lease binds nobody. Of its own leases a holder knows which it works on (`held`), so no clock is
    asked: one that jumps ahead frees none of them, one that goes back keeps none that is let go."""
    kept: list[Any] = [bindparam(f"held_{n}") for n in range(held)]
    ours = (runs.c.lease_holder == bindparam("holder")).is_(True)
    free = (runs.c.lease_until < bindparam("now")) | ours
    return runs.c.id.not_in(kept) & free if kept else free


@cache
def _given_up(held: int) -> Select[Any]:
    running = runs.c.state == RunState.RUNNING.value
    return select(runs).where(running & _free(held)).order_by(runs.c.id).limit(1)


@cache
def _lease(held: int | None) -> Update:
    query = runs.update().where(_OURS)
    return (query if held is None else query.where(_free(held))).values(
        state=RunState.RUNNING.value, attempt=bindparam("next_attempt"), lease_holder=bindparam("taker"),
        lease_until=bindparam("until"), started_at=bindparam("begun"), progress=literal_column("0.0"),
        stage=literal_column("''"),
    )  # fmt: skip


def lease(
    connection: Connection, run: Run, holder: str, now: str, until: str, held: Iterable[str] = ()
) -> bool:
    """Take the Run for `holder` if it still is what `run` says. Begins the next attempt."""
    mine = list(held)
    bound = {
        "run": run.id, "at_attempt": run.attempt, "was": run.state.value, "next_attempt": run.attempt + 1,
        "taker": holder, "holder": holder, "until": until, "now": now, "begun": run.started_at or now,
        **{f"held_{n}": each for n, each in enumerate(mine)},
    }  # fmt: skip
    return at_once(connection, _lease(len(mine) if run.state is RunState.RUNNING else None), bound) == 1


def heartbeat(
    connection: Connection, run: str, attempt: int, until: str, progress: float, stage: str
) -> tuple[bool, bool]:
    """Keep the lease. Returns (it is still ours, somebody has asked to cancel)."""
    ours = {"run": run, "at_attempt": attempt, "was": RunState.RUNNING.value}
    kept = at_once(connection, _BEAT, {**ours, "until": until, "done": progress, "with_stage": stage})
    asked = fetched(connection, _ASKED, {"run": run})
    return kept == 1, bool(asked and asked[0]["cancel_asked"])


def settle(
    connection: Connection,
    run: Run,
    state: RunState,
    now: str,
    outputs: Mapping[str, str] | None = None,
    fault: Fault | None = None,
) -> bool:
    """Set the end of the attempt `run.attempt`; False where that attempt is no longer the current one."""
    values = {
        "run": run.id, "at_attempt": run.attempt, "was": run.state.value, "becomes": state.value, "now": now,
        "made": canonical(dict(outputs or run.outputs)).decode(),
        "why": canonical(asdict(fault)).decode() if fault else None,
    }  # fmt: skip
    return at_once(connection, _SETTLE, values) == 1


def ask_to_cancel(connection: Connection, run: str) -> None:
    connection.execute(runs.update().where(runs.c.id == run).values(cancel_asked=1))


def end_lease(connection: Connection, run: str, attempt: int) -> None:
    """Give a lease up before it expires, so that nobody waits for that."""
    ours = (runs.c.id == run) & (runs.c.attempt == attempt) & (runs.c.state == RunState.RUNNING.value)
    connection.execute(runs.update().where(ours).values(lease_until="", lease_holder=None))


def let_go_all(connection: Connection) -> int:
    """End all leases: whoever holds the one conductor's lock knows that no other conductor lives."""
    running = runs.c.state == RunState.RUNNING.value
    return connection.execute(runs.update().where(running).values(lease_until="", lease_holder=None)).rowcount


def _run(row: Row) -> Run:
    fault = json.loads(row["fault"]) if row["fault"] else None
    return Run(
        id=row["id"], kind=row["kind"], inputs=json.loads(row["inputs"]),
        permits=tuple(json.loads(row["permits"])) if row["permits"] != "[]" else (), parameters=json.loads(row["parameters"]),
        seed=row["seed"], submitted_by=row["submitted_by"], state=RunState(row["state"]),
        submitted_at=row["submitted_at"], attempt=row["attempt"], started_at=row["started_at"],
        ended_at=row["ended_at"], outputs=json.loads(row["outputs"]) if row["outputs"] != "{}" else {},
        fault=Fault(**fault) if fault else None, progress=row["progress"], stage=row["stage"],
    )  # fmt: skip
