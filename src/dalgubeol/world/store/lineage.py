"""What was made from what, as far as somebody wants to look. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ...nouns.dataset import DatasetState, Form, Sensitivity
from .schema import dataset_sources, datasets, runs

Edge = tuple[str, str]
"""(source, what was made from it), ids."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A Dataset as its relatives need to know it."""

    id: str
    name: str
    form: Form
    sensitivity: Sensitivity
    trade_secret: bool
    state: DatasetState
    kind: str
    """The kind of Run that made it; empty where it was brought in."""


def relatives(connection: Connection, ids: Iterable[str]) -> tuple[Relative, ...]:
    d = datasets.c
    query = (
        select(d.id, d.name, d.form, d.sensitivity, d.trade_secret, d.state, runs.c.kind)
        .select_from(datasets.outerjoin(runs, runs.c.id == d.made_by))
        .where(d.id.in_(list(ids)))
    )
    return tuple(
        Relative(id_, name, Form(form), Sensitivity(care), bool(secret), DatasetState(state), kind or "")
        for id_, name, form, care, secret, state, kind in connection.execute(query)
    )


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
