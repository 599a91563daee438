"""Columns that a project does not declare among its items: told to whoever made or reviews a result that has them, at
its Run, at the review and in the papers. The names decide: an item in other words is for a person to recognise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from ...language import Message, say
from ...nouns.dataset import Dataset, Sensitivity
from ...nouns.project import Project
from ...world.store import projects
from ..house.house import House


def undeclared(about: Project, columns: Iterable[str]) -> tuple[str, ...]:
    """Those columns that are not among the items that the project declares, by name; none where it declares none."""
    declared = {item.strip().casefold() for item in about.items}
    return tuple(column for column in columns if declared and column.casefold() not in declared)


def not_declared(columns: Sequence[str]) -> Message:
    """What a panel and whoever made it are told of such columns."""
    return say("Columns that are not among the declared items of the project by name: {columns}.", columns=", ".join(columns))  # fmt: skip


def told_of(house: House, made: Iterable[Dataset]) -> dict[str, Message]:
    """What is said of each of these that came out of a project and has such columns, by its id."""
    with house.database.reading() as connection:
        found = {each.id: _strange(connection, each) for each in made}
    return {id_: not_declared(columns) for id_, columns in found.items() if columns}


def _strange(connection: Connection, made: Dataset) -> tuple[str, ...]:
    of = projects.of_run(connection, made.made_by) if made.made_by else None
    if of is None or made.sensitivity is not Sensitivity.PSEUDONYMISED:
        return ()  # a key or a recipe has no items of the table
    return undeclared(of[0], made.column_names)
