"""What the site does by itself, and when it last did. The caller owns the transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ...digest import canonical
from ...language import Message, restored
from .schema import chores


@dataclass(frozen=True, slots=True)
class Done:
    """The last time that something was done."""

    name: str
    last_at: str
    outcome: Message
    ok: bool


def done(connection: Connection, name: str, at: str, outcome: Message, *, ok: bool) -> None:
    """Note that a chore was done, well or not; what was noted before is replaced."""
    row = {"last_at": at, "outcome": canonical(outcome.stored()).decode(), "ok": int(ok)}
    if connection.execute(chores.update().where(chores.c.name == name).values(row)).rowcount == 0:
        connection.execute(chores.insert(), {"name": name, **row})


def last(connection: Connection, name: str) -> Done | None:
    return next((each for each in listed(connection) if each.name == name), None)


def listed(connection: Connection) -> tuple[Done, ...]:
    rows = connection.execute(select(chores).order_by(chores.c.name)).mappings()
    return tuple(Done(r["name"], r["last_at"], restored(json.loads(r["outcome"])), bool(r["ok"])) for r in rows)  # fmt: skip
