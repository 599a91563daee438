"""Wrong passwords and codes, counted before they are looked at: two tries at once are two tries.

A row is named by a keyed hash, so that the table is no list of logins, and an unknown login counts like a known
one. Rows that nobody has touched for a day go.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from ...rules.access import FORGOTTEN_AFTER_S, LONGEST_WAIT_S, wait_after
from .schema import failures


def count_try(connection: Connection, login_hash: str, now: str) -> str | None:
    """Count a try that is about to be made. Returns None, or until when none may be made (it is not counted)."""
    connection.execute(failures.delete().where(failures.c.last_at < _after(now, -FORGOTTEN_AFTER_S)))
    mine = failures.c.login_hash == login_hash
    row = connection.execute(select(failures).where(mine).with_for_update()).mappings().first()
    if row is not None and _is_locked(row["locked_until"], now):
        return str(row["locked_until"])
    tries = 1 if row is None else row["count"] + 1
    wait = wait_after(tries)
    counted = {"count": tries, "last_at": now, "locked_until": _after(now, wait) if wait else None}
    if row is None:
        connection.execute(failures.insert(), {"login_hash": login_hash, **counted})
    else:
        connection.execute(failures.update().where(mine).values(**counted))
    return None


def take_back(connection: Connection, login_hash: str) -> None:
    """The try was no wrong one, and no success either: what is asked next had not been given yet."""
    mine = (failures.c.login_hash == login_hash) & (failures.c.count > 0)
    connection.execute(failures.update().where(mine).values(count=failures.c.count - 1, locked_until=None))


def forgive(connection: Connection, login_hash: str) -> None:
    """Success: the count begins anew."""
    connection.execute(failures.delete().where(failures.c.login_hash == login_hash))


def _is_locked(until: str | None, now: str) -> bool:
    """A lock that lies further off than any wait was set by a clock that has since gone back."""
    return until is not None and now < until <= _after(now, LONGEST_WAIT_S)


def _after(instant: str, seconds: float) -> str:
    moment = datetime.fromisoformat(instant) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds")
