"""Lists a page at a time.

A cursor says after which row the next page begins, so rows that come or go meanwhile make none appear twice
and skip none that was there. To whoever holds it, it is only a text.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Connection, RowMapping, Select, Text, bindparam, tuple_

from ...errors import Invalid
from ...language import say
from .driver import fetched

_Item = TypeVar("_Item")
_Other = TypeVar("_Other")
LARGEST_PAGE = 1000

Row = RowMapping | Mapping[str, Any]
"""A row of a table by the names of its columns."""


@dataclass(frozen=True, slots=True)
class Page(Generic[_Item]):
    """One page of a list."""

    items: tuple[_Item, ...]
    next: str | None = None
    """The cursor of the page that follows; null at the end of the list."""

    def map(self, change: Callable[[_Item], _Other]) -> Page[_Other]:
        return Page(tuple(change(item) for item in self.items), self.next)


def every(page: Callable[[str], Page[_Item]]) -> tuple[_Item, ...]:
    """All items of a list that is read page by page, from a cursor each."""
    found, after = list[_Item](), ""
    while True:
        got = page(after)
        found.extend(got.items)
        if got.next is None:
            return tuple(found)
        after = got.next


def those(
    page: Callable[[str], Page[_Item]],
    wanted: Callable[[_Item], bool],
    id_of: Callable[[_Item], str],
    limit: int,
    after: str = "",
) -> Page[_Item]:
    """One page of the items that are wanted, of a list in the order of ids that is read page by page."""
    found = list[_Item]()
    while True:
        got = page(after)
        for item in filter(wanted, got.items):
            if len(found) == limit:  # one more that is wanted: that others follow tells nothing
                return Page(tuple(found), cursor(id_of(found[-1])))
            found.append(item)
        if got.next is None:
            return Page(tuple(found))
        after = got.next


def in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """No more at once than a database takes in one statement."""
    return (ids[start : start + LARGEST_PAGE] for start in range(0, len(ids), LARGEST_PAGE))


def cursor(*place: str | int) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place(cursor: str, *types: type) -> tuple[Any, ...]:
    """What `cursor` was made of. Raises Invalid where it was not made here, or for another list."""
    try:
        values = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
    except (ValueError, RecursionError):
        values = None
    fits = isinstance(values, list) and [type(value) for value in values] == list(types)
    if not fits or any(isinstance(v, int) and not -1 <= v < 1 << 62 for v in values):
        raise Invalid.field("cursor", expected=say("the cursor that the page before gave"), got=say("something else"))  # fmt: skip
    return tuple(values)


def paged(
    connection: Connection, query: Select[Any], order: tuple[ColumnElement[Any], ...], values: Mapping[str, object],
    after: str, limit: int, *, newest_first: bool = True,
) -> tuple[list[dict[str, Any]], str | None]:  # fmt: skip
    """The rows of one page in the order of text columns that together are unique, and the next cursor.

    `query` is one that is kept (a function that makes it is cached), its `values` bound by name.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    bound = {**values, "page_limit": limit + 1}
    if after:
        bound.update({f"after_{n}": part for n, part in enumerate(place(after, *[str] * len(order)))})
    rows = fetched(connection, _page_of(query, order, bool(after), newest_first), bound)
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], cursor(*(str(last[str(column.key)]) for column in order))


@cache
def _page_of(
    query: Select[Any], order: tuple[ColumnElement[Any], ...], after: bool, newest_first: bool
) -> Select[Any]:
    if after:
        key, seen = tuple_(*order), tuple_(*(bindparam(f"after_{n}") for n in range(len(order))))
        query = query.where(key < seen if newest_first else key > seen)
    ordered = query.order_by(*(column.desc() if newest_first else column for column in order))
    return ordered.limit(bindparam("page_limit"))


def belonging(
    connection: Connection, query: Callable[[int], Select[Any]], ids: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """What belongs to the rows of these ids: `query(n)` is kept, and takes n ids as id_0, id_1, ..."""
    for part in in_parts(ids):
        size = 1 << (len(part) - 1).bit_length()  # few sizes, so few statements are kept
        padded = [*part, *[part[-1]] * (size - len(part))]
        yield from fetched(connection, query(size), {f"id_{n}": id_ for n, id_ in enumerate(padded)})


def ids_bound(size: int) -> list[BindParameter[str]]:
    return [bindparam(f"id_{n}", type_=Text) for n in range(size)]
