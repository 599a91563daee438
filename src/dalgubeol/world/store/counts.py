"""How many there are: what the start page says of a site, each as one question to the database."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sqlalchemy import Connection, and_, case, func, select

from ...nouns.dataset import DatasetState, Sensitivity
from ...nouns.permit import PermitState
from ...nouns.run import RunState
from ...rules.airlock import ReviewState
from .schema import datasets, permits, reviews, runs


def datasets_by_sensitivity(connection: Connection) -> dict[Sensitivity, int]:
    """Those that live; what waits in the airlock is not one yet."""
    query = (
        select(datasets.c.sensitivity, func.count())
        .where(datasets.c.state == DatasetState.KEPT.value)
        .group_by(datasets.c.sensitivity)
    )
    found = {Sensitivity(row[0]): int(row[1]) for row in connection.execute(query)}
    return {sensitivity: found.get(sensitivity, 0) for sensitivity in Sensitivity}


def permits_in_force(connection: Connection, now: str) -> int:
    in_force = (permits.c.state == PermitState.GRANTED.value) & (permits.c.valid_until > now)
    return int(connection.execute(select(func.count()).select_from(permits).where(in_force)).scalar_one())


def runs_done(connection: Connection) -> int:
    done = runs.c.state == RunState.DONE.value
    return int(connection.execute(select(func.count()).select_from(runs).where(done)).scalar_one())


def runs_done_between(connection: Connection, instants: Sequence[str]) -> list[int]:
    """How many Runs ended well from each instant to the next; one number less than there are instants."""
    pairs = list(pairwise(instants))
    sums = [
        func.sum(case((and_(runs.c.ended_at >= begin, runs.c.ended_at < end), 1), else_=0))
        for begin, end in pairs
    ]
    row = connection.execute(select(*sums).where(runs.c.state == RunState.DONE.value)).one()
    return [int(value or 0) for value in row]


def releases(connection: Connection) -> int:
    released = reviews.c.state == ReviewState.RELEASED.value
    return int(connection.execute(select(func.count()).select_from(reviews).where(released)).scalar_one())


def permit_ids(connection: Connection, state: PermitState, limit: int = 200) -> tuple[str, ...]:
    """The oldest first."""
    query = select(permits.c.id).where(permits.c.state == state.value).order_by(permits.c.id).limit(limit)
    return tuple(connection.execute(query).scalars())


def runs_under(connection: Connection, permit: str, limit: int = 200) -> tuple[str, ...]:
    """The newest first. `permits` is a JSON list of ids, which have no sign that LIKE would read."""
    named = runs.c.permits.like(f'%"{permit}"%')
    return tuple(
        connection.execute(select(runs.c.id).where(named).order_by(runs.c.id.desc()).limit(limit)).scalars()
    )
