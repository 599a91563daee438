"""What was made from what, as far as somebody wants to look. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from .schema import dataset_sources

Edge = tuple[str, str]
"""(source, what was made from it), ids."""


def edges_up(connection: Connection, ids: Iterable[str], most: int) -> tuple[Edge, ...]:
    """What these were made from, one step."""
    return _edges(connection, dataset_sources.c.dataset.in_(list(ids)), most)


def edges_down(connection: Connection, ids: Iterable[str], most: int) -> tuple[Edge, ...]:
    """What was made from these, one step."""
    return _edges(connection, dataset_sources.c.source.in_(list(ids)), most)


def _edges(connection: Connection, wanted: object, most: int) -> tuple[Edge, ...]:
    query = select(dataset_sources.c.source, dataset_sources.c.dataset).where(wanted)  # type: ignore[arg-type]
    ordered = query.order_by(dataset_sources.c.dataset.desc(), dataset_sources.c.source).limit(most)
    return tuple((row[0], row[1]) for row in connection.execute(ordered))
