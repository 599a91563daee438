"""Which recipes remember a table, and which of them are destroyed with it.

A recipe counts what went out, in its own delivery and all before it: who, by pseudonym, is in which class and with which
sensitive value. That is pseudonymised information about persons, whatever becomes of the tables, and PIPA art. 21 wants
it destroyed without delay when it is needed no more. It is needed as long as a table that it remembers is there: the
next delivery is held against it. So it ends with the last of its tables, and stays beside an earlier or a later one. What
was made from a personal table stays when that one is destroyed, and its recipe with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from ...nouns.dataset import Dataset, DatasetState
from ...nouns.run import Run
from ...rules.granting import CARRYING_ON
from ...world.store import datasets, runs
from ..house.house import House

_TABLE, _RECIPE = "pseudonymised", "recipe"
REASON = "it remembered only what was destroyed"


@dataclass(frozen=True, slots=True)
class Remembering:
    """The recipes that remember a table and are still here."""

    ending: tuple[Dataset, ...] = ()
    """With the table nothing is left that they remember."""
    staying: tuple[Dataset, ...] = ()
    """They remember another table too that is still here."""


def remembering(connection: Connection, table: Dataset) -> Remembering:
    """Of anything but a table that a recipe came out with, nothing."""
    made = None if table.made_by is None else runs.find(connection, table.made_by)
    if made is None or made.outputs.get(_TABLE) != table.id:
        return Remembering()
    ending, staying = list[Dataset](), list[Dataset]()
    for run in _on_from(connection, made):
        recipe = datasets.find(connection, run.outputs[_RECIPE])
        if recipe.state is DatasetState.DESTROYED:
            continue
        tables = [datasets.find(connection, each.outputs[_TABLE]) for each in _back_from(connection, run)]
        others = [each for each in tables if each.id != table.id and each.state is not DatasetState.DESTROYED]
        (staying if others else ending).append(recipe)
    return Remembering(tuple(ending), tuple(staying))


def remembered(house: House, name: str) -> Remembering:
    """The same for whoever is about to destroy a Dataset, or has. Raises Missing."""
    with house.database.reading() as connection:
        return remembering(connection, datasets.find(connection, name))


def _on_from(connection: Connection, run: Run) -> Iterator[Run]:
    """It, and the Runs that went on from its recipe, from theirs, and so on."""
    waiting = [run]
    while waiting:
        each = waiting.pop()
        if _RECIPE in each.outputs:
            yield each
            after = runs.of_input(connection, each.outputs[_RECIPE])
            waiting += [one for one in after if one.kind == CARRYING_ON and one.outputs]


def _back_from(connection: Connection, run: Run) -> Iterator[Run]:
    """It, and the Runs that its recipe goes back to."""
    at: Run | None = run
    while at is not None:
        yield at
        recipe = at.inputs.get(_RECIPE)
        by = None if recipe is None else datasets.find(connection, recipe).made_by
        at = None if by is None else runs.find(connection, by)
