"""What somebody identified by accident concerns: a table, what was made from it, and what remembers it.

A recipe comes out of the same Run as the table and is made from the same source, so nothing leads from the table to
it; but it holds who is in the table, by pseudonym and class, and the next deliveries are made by it.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ...nouns.dataset import Dataset
from ...world.store import datasets, projects, runs

_REMEMBERING = {"pseudonymise": "recipe", "pseudonymise-again": "recipe"}
"""Kinds, and which of their outputs remembers the others."""


def affected(connection: Connection, dataset: Dataset) -> list[Dataset]:
    """All of it, `dataset` included, whatever its state."""
    known: set[str] = set()
    waiting = {dataset.id}
    while waiting:
        found = set(projects.below(connection, sorted(waiting))) - known
        known |= found
        beside = (_recipe_beside(connection, datasets.find(connection, each)) for each in found)
        waiting = {each for each in beside if each is not None} - known
    return [datasets.find(connection, each) for each in sorted(known)]


def _recipe_beside(connection: Connection, dataset: Dataset) -> str | None:
    if dataset.made_by is None:
        return None
    run = runs.find(connection, dataset.made_by)
    return run.outputs.get(_REMEMBERING.get(run.kind, ""))
