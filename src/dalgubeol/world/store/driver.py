"""Statements straight to the driver: for those that are made hundreds of times a second.

What SQLAlchemy does around a statement takes ten times as long as the statement. So a statement that is made all
the time is composed and compiled once. It must be the same object each time (keep it, or the cache that made it),
all its values bound by name, its columns of types that the driver gives as they are: text, numbers, bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.sql import ClauseElement


def at_once(
    connection: Connection, statement: ClauseElement, values: Mapping[str, object] | None = None
) -> int:
    """A statement without an answer; returns how many rows it touched. Raises SQLAlchemy's errors."""
    dialect = connection.dialect
    driver_text, order, own = _compiled(statement, dialect)
    given = {**own, **(values or {})}
    cursor = connection.connection.cursor()
    try:
        cursor.execute(driver_text, [given[name] for name in order] if order is not None else given)
        return int(cursor.rowcount)
    except dialect.loaded_dbapi.IntegrityError as error:
        raise IntegrityError(driver_text, None, error) from error
    except dialect.loaded_dbapi.Error as error:
        raise OperationalError(driver_text, None, error) from error
    finally:
        cursor.close()


def fetched(
    connection: Connection, statement: ClauseElement, values: Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    """All rows of an answer, by the names of their columns. Raises SQLAlchemy's errors."""
    dialect = connection.dialect
    driver_text, order, own = _compiled(statement, dialect)
    given = {**own, **(values or {})}
    cursor = connection.connection.cursor()
    try:
        cursor.execute(driver_text, [given[name] for name in order] if order is not None else given)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except dialect.loaded_dbapi.Error as error:
        raise OperationalError(driver_text, None, error) from error
    finally:
        cursor.close()


@cache
def _compiled(
    statement: ClauseElement, dialect: Dialect
) -> tuple[str, tuple[str, ...] | None, Mapping[str, object]]:
    """The driver's own text, the order of its parameters where they go by place, and the values that the
    statement itself has for some."""
    made: Any = statement.compile(dialect=dialect)
    own = {name: value for name, value in made.params.items() if value is not None}
    return str(made), tuple(made.positiontup or ()) if dialect.positional else None, own
