"""What two people agree to restore, in the database. The caller owns the transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ...errors import Conflict, Missing
from ...language import say
from .schema import restorations


@dataclass(frozen=True, slots=True)
class Restoration:
    """That pseudonyms are to be undone: asked for by one person, confirmed by another."""

    id: str
    dataset: str
    project: str
    reason: str
    asked_by: str
    asked_at: str
    confirmed_by: str | None = None
    confirmed_at: str | None = None
    run: str | None = None


def add(connection: Connection, asked: Restoration) -> None:
    row = {name: getattr(asked, name) for name in Restoration.__slots__}
    connection.execute(restorations.insert(), row)


def find(connection: Connection, restoration: str) -> Restoration:
    """Raises Missing."""
    row = connection.execute(select(restorations).where(restorations.c.id == restoration)).mappings().first()
    if row is None:
        raise Missing(
            "restoring.missing",
            say("Nothing by that name is to be restored: '{restoration}'.", restoration=restoration),
            say("`dalgu restore list` shows what was asked for."),
        )
    return _restoration(row)


def listed(connection: Connection) -> tuple[Restoration, ...]:
    """The newest first."""
    rows = connection.execute(select(restorations).order_by(restorations.c.id.desc())).mappings()
    return tuple(_restoration(row) for row in rows)


def confirm(connection: Connection, restoration: str, by: str, at: str, run: str) -> None:
    """Raises Conflict where it is confirmed already."""
    one = (restorations.c.id == restoration) & restorations.c.confirmed_by.is_(None)
    change = restorations.update().where(one).values(confirmed_by=by, confirmed_at=at, run=run)
    if not connection.execute(change).rowcount:
        raise Conflict("restoring.confirmed", say("This was confirmed already."), say("`dalgu runs` shows its Run."))  # fmt: skip


def _restoration(row: Any) -> Restoration:
    return Restoration(**{name: row[name] for name in Restoration.__slots__})
