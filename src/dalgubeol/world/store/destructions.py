"""The register of destruction in the database. The caller owns the transaction.

An entry is made with what it tells of, and is confirmed later by another person, once. None is ever removed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from ...digest import canonical
from ...errors import Conflict, Missing
from ...language import say
from ...nouns.destruction import Destruction, Method, What
from .paging import Page, paged
from .schema import destructions


def enter(connection: Connection, entry: Destruction) -> None:
    connection.execute(
        destructions.insert(),
        {
            "id": entry.id, "what": entry.what.value, "subject": entry.subject, "project": entry.project,
            "accident": entry.accident, "method": entry.method.value, "reason": entry.reason,
            "destroyed_by": entry.destroyed_by, "destroyed_at": entry.destroyed_at,
            "backups": canonical(dict(entry.backups)).decode(), "confirmed_by": None, "confirmed_at": None,
        },
    )  # fmt: skip


def find(connection: Connection, entry: str) -> Destruction:
    """Raises Missing."""
    row = connection.execute(select(destructions).where(destructions.c.id == entry)).mappings().first()
    if row is None:
        raise Missing(
            "destruction.missing",
            say("The register of destruction has no entry '{entry}'.", entry=entry),
            say("`dalgu vault register` shows those that there are."),
        )
    return _entry(row)


def of_subject(connection: Connection, what: What, subject: str) -> Destruction | None:
    same = (destructions.c.what == what.value) & (destructions.c.subject == subject)
    row = connection.execute(select(destructions).where(same).limit(1)).mappings().first()
    return None if row is None else _entry(row)


def of_accident(connection: Connection, accident: str) -> tuple[Destruction, ...]:
    query = select(destructions).where(destructions.c.accident == accident).order_by(destructions.c.id)
    return tuple(_entry(row) for row in connection.execute(query).mappings())


def confirm(connection: Connection, entry: str, by: str, at: str, backups: Mapping[str, str]) -> None:
    """Raises Conflict where it is confirmed already."""
    one = (destructions.c.id == entry) & destructions.c.confirmed_by.is_(None)
    change = destructions.update().where(one)
    values = {"confirmed_by": by, "confirmed_at": at, "backups": canonical(dict(backups)).decode()}
    if not connection.execute(change.values(**values)).rowcount:
        raise Conflict(
            "destruction.confirmed",
            say("This entry is confirmed already."),
            say("Nothing is left to do."),
        )


def page(
    connection: Connection, project: str | None = None, after: str = "", limit: int = 100
) -> Page[Destruction]:
    """The newest first."""
    bound = {} if project is None else {"project": project}
    rows, following = paged(connection, _wanted(bool(bound)), (destructions.c.id,), bound, after, limit)
    return Page(tuple(_entry(row) for row in rows), following)


@cache
def _wanted(of_project: bool) -> Select[Any]:
    query = select(destructions)
    return query.where(destructions.c.project == bindparam("project")) if of_project else query


def _entry(row: Any) -> Destruction:
    return Destruction(
        id=row["id"], what=What(row["what"]), subject=row["subject"], project=row["project"],
        accident=row["accident"], method=Method(row["method"]), reason=row["reason"],
        destroyed_by=row["destroyed_by"], destroyed_at=row["destroyed_at"], backups=json.loads(row["backups"]),
        confirmed_by=row["confirmed_by"], confirmed_at=row["confirmed_at"],
    )  # fmt: skip
