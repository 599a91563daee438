"""What has come into the zone: names and digests, in the database. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select

from ...rules.airlock import Direction, ReviewState
from .paging import belonging, ids_bound
from .reviews import Review, find
from .schema import brought_files, reviews


@dataclass(frozen=True, slots=True)
class Brought:
    """One file that came in. Its bytes are destroyed when its Permit ends; this line stays."""

    run: str
    """The Run that scanned it: it names the submission."""
    permit: str
    name: str
    digest: str
    """SHA-256, hex, of its bytes."""
    size_bytes: int
    brought_at: str


def keep(connection: Connection, found: Sequence[Brought]) -> None:
    for number, each in enumerate(found, 1):
        row = {
            "run": each.run,
            "number": number,
            "permit": each.permit,
            "name": each.name,
            "digest": each.digest,
        }
        connection.execute(brought_files.insert(), row | {"size_bytes": each.size_bytes, "brought_at": each.brought_at})  # fmt: skip


def of_permits(connection: Connection, permits: Sequence[str]) -> dict[str, tuple[Brought, ...]]:
    """Permit to everything that came in under it, the first first."""
    found: dict[str, list[Brought]] = {each: [] for each in permits}
    for row in belonging(connection, _under, list(found)):
        found[row["permit"]].append(
            Brought(
                row["run"], row["permit"], row["name"], row["digest"], row["size_bytes"], row["brought_at"]
            )
        )
    return {permit: tuple(each) for permit, each in found.items()}


def submissions(connection: Connection, permit: str) -> tuple[Review, ...]:
    """What came in under a Permit, submission by submission, the first first."""
    query = select(reviews.c.run).where(
        (reviews.c.permit == permit)
        & (reviews.c.direction == Direction.IN.value)
        & (reviews.c.state == ReviewState.RELEASED.value)
    )
    runs = connection.execute(query.order_by(reviews.c.moved_at, reviews.c.run)).scalars()
    return tuple(find(connection, run) for run in list(runs))


def waiting(connection: Connection, permit: str) -> int:
    """How many submissions are on their way in under a Permit."""
    states = [state.value for state in ReviewState if state.waits]
    query = select(reviews.c.run).where(
        (reviews.c.permit == permit)
        & (reviews.c.direction == Direction.IN.value)
        & reviews.c.state.in_(states)
    )
    return len(connection.execute(query).all())


@cache
def _under(size: int) -> Select[Any]:
    query = select(brought_files).where(brought_files.c.permit.in_(ids_bound(size)))
    return query.order_by(brought_files.c.brought_at, brought_files.c.run, brought_files.c.number)
