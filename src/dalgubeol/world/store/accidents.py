"""Accidents, what they stopped, and the copies that had left, in the database. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from ...errors import Missing
from ...language import say
from ...nouns.accident import Accident, AccidentState, Answer, Copy
from .paging import in_parts
from .schema import accident_copies, accidents, stops


def add(connection: Connection, accident: Accident, report: bytes) -> None:
    row = {name: getattr(accident, name) for name in Accident.__slots__}
    connection.execute(accidents.insert(), {**row, "state": accident.state.value, "report": report})


def find(connection: Connection, accident: str) -> Accident:
    """Raises Missing."""
    row = connection.execute(select(accidents).where(accidents.c.id == accident)).mappings().first()
    if row is None:
        raise Missing("accident.missing", say("There is no accident '{accident}' here.", accident=accident), say("`dalgu accident list` shows those that there are."))  # fmt: skip
    return _accident(row)


def report(connection: Connection, accident: str) -> bytes:
    """The sealed report."""
    query = select(accidents.c.report).where(accidents.c.id == accident)
    return bytes(connection.execute(query).scalar_one())


def listed(connection: Connection, state: AccidentState | None = None) -> tuple[Accident, ...]:
    """The newest first."""
    query = select(accidents).order_by(accidents.c.id.desc())
    if state is not None:
        query = query.where(accidents.c.state == state.value)
    return tuple(_accident(row) for row in connection.execute(query).mappings())


def change(connection: Connection, accident: str, state: AccidentState, **more: str) -> None:
    one = accidents.update().where(accidents.c.id == accident)
    connection.execute(one.values(state=state.value, **more))


def stop(connection: Connection, datasets: Iterable[str], accident: str, at: str) -> None:
    """Nobody uses these until the accident is decided."""
    rows = [{"dataset": each, "accident": accident, "since": at} for each in datasets]
    connection.execute(stops.insert(), rows)


def go_on(connection: Connection, accident: str) -> None:
    connection.execute(stops.delete().where(stops.c.accident == accident))


def stopped(connection: Connection, datasets: Iterable[str]) -> dict[str, str]:
    """Those of `datasets` that are stopped, each with an accident that stopped it."""
    found = {}
    for part in in_parts(list(datasets)):
        for row in connection.execute(select(stops).where(stops.c.dataset.in_(part))).mappings():
            found[str(row["dataset"])] = str(row["accident"])
    return found


def stopped_by(connection: Connection, accident: str) -> tuple[str, ...]:
    query = select(stops.c.dataset).where(stops.c.accident == accident).order_by(stops.c.dataset)
    return tuple(str(row[0]) for row in connection.execute(query))


def add_copies(connection: Connection, copies: Iterable[Copy]) -> None:
    rows = [{name: getattr(each, name) for name in Copy.__slots__} for each in copies]
    if rows:
        connection.execute(accident_copies.insert(), rows)


def copies(connection: Connection, accident: str) -> tuple[Copy, ...]:
    query = select(accident_copies).where(accident_copies.c.accident == accident)
    return tuple(_copy(row) for row in connection.execute(query.order_by(accident_copies.c.id)).mappings())


def copy(connection: Connection, copy_id: str) -> Copy:
    """Raises Missing."""
    row = connection.execute(select(accident_copies).where(accident_copies.c.id == copy_id)).mappings().first()  # fmt: skip
    if row is None:
        raise Missing("copy.missing", say("There is no copy '{copy}' that was asked back.", copy=copy_id), say("`dalgu accident show` lists them."))  # fmt: skip
    return _copy(row)


def answer(connection: Connection, copy_id: str, said: Answer, at: str) -> None:
    one = accident_copies.update().where(accident_copies.c.id == copy_id)
    connection.execute(one.values(answer=said.value, answered_at=at))


def confirm_copy(connection: Connection, copy_id: str, by: str) -> None:
    connection.execute(
        accident_copies.update().where(accident_copies.c.id == copy_id).values(confirmed_by=by)
    )


def _accident(row: Any) -> Accident:
    values = {name: row[name] for name in Accident.__slots__}
    return Accident(**{**values, "state": AccidentState(row["state"])})


def _copy(row: Any) -> Copy:
    values = {name: row[name] for name in Copy.__slots__}
    return Copy(**{**values, "answer": None if row["answer"] is None else Answer(row["answer"])})
