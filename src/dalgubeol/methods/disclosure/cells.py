"""Cells of counts: the smallest, and groups in which everybody is alike.

Follows the defaults of ACRO (Green et al., "ACRO: automatic checking of research outputs"; the DARE UK SACRO
guide) and the Handbook on Statistical Disclosure Control (Hundepool et al., 2012): smallest cell 10, zeros
disclosive. In doubt a cell is held. Not done here: what several tables say together (`differencing`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ...language import say
from .finding import CellKey, Finding
from .labels import is_total
from .reading import count_columns, is_text, number, numbers

if TYPE_CHECKING:
    import pyarrow as pa

SMALLEST_CELL = 10

TOTAL_NAME = re.compile(r"(?:^|[_\s])(?:total|all|sum)(?:$|[_\s])|(?:^계$|합계|총계|전체)", re.IGNORECASE)
_SHARE_NAME = re.compile(r"(?:^|[_\s(])(?:pct|percent|percentage|share|proportion|rate|prop)(?:$|[_\s)])|%|(?:율|률|비율|비중|백분율)(?:\(%\))?$", re.IGNORECASE)  # fmt: skip
_SPREAD_NAME = re.compile(
    r"(?:^|[_\s])(?:sd|std|stddev|var|variance|iqr)(?:$|[_\s])|표준편차|분산", re.IGNORECASE
)


def cells_below(
    table: pa.Table,
    threshold: int = SMALLEST_CELL,
    *,
    counts: Collection[str] = (),
    keys: Collection[str] = (),
    zeros_disclosive: bool = True,
) -> tuple[Finding, ...]:
    """Cells of count columns below `threshold` (exclusive). Empty cells are not counts; zeros are, by default."""
    return tuple(
        Finding(
            "small_cell",
            row,
            name,
            say(
                "Row {row}, column {column}: fewer than {threshold}.",
                row=row,
                column=name,
                threshold=threshold,
            ),
        )
        for name in count_columns(table, counts, keys)
        for row, value in enumerate(numbers(table, name), start=1)
        if is_small(value, threshold, zeros_disclosive)
    )


def is_share_or_spread(name: str) -> bool:
    """Whether a column's name says that it is a share of something, or a measure of spread."""
    return (_SHARE_NAME.search(name) or _SPREAD_NAME.search(name)) is not None


def is_share(name: str) -> bool:
    """Whether a column's name says that it is a share of something."""
    return _SHARE_NAME.search(name) is not None


def is_small(value: float | None, threshold: int, zeros_disclosive: bool) -> bool:
    return value is not None and value < threshold and (value != 0 or zeros_disclosive)


def uniform_rows(
    table: pa.Table, *, counts: Collection[str] = (), keys: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Groups in which everybody has one value (attribute disclosure, Hundepool et al., section 2.3.2).

    Whoever knows that somebody belongs to the group knows the value. Three forms are read from a table:
    - a row of at least two counts of which one is not 0 and no total;
    - a share of exactly 0 or of all (100, or 1 in a column that never goes beyond 1), and a spread of 0. The total
      of parts that have less is no such share: it is what they come to together;
    - one column of counts beside at least two keys: a group of which one category alone is listed or not 0,
      where other groups have several. A key that follows from another (a district lies in one city) is no category,
      and neither is a total.
    """
    counted = count_columns(table, counts, keys)
    alike = (*_lone_counts(table, counted), *_full_shares(table, counted), *_lone_categories(table, counted))
    return tuple(
        Finding(
            "all_equal",
            row,
            name,
            say(
                "Row {row}, column {column}: everybody in the group has the same value.", row=row, column=name
            ),
        )
        for row, name in sorted(set(alike))
    )


def uniform_cells(contributions: Mapping[CellKey, Sequence[object]]) -> tuple[Finding, ...]:
    """Cells whose contributors all have one value: their mean, sum or share is everybody's value (ACRO)."""
    return tuple(
        Finding(
            "all_equal",
            row,
            column,
            say(
                "Row {row}, column {column}: everybody in the group has the same value.",
                row=row,
                column=column,
            ),
        )
        for (row, column), values in contributions.items()
        if values and len(set(values)) == 1
    )


def _lone_counts(table: pa.Table, counted: Sequence[str]) -> Iterator[CellKey]:
    """Rows in which one category has everybody, a total beside it or not."""
    categories = [name for name in counted if not TOTAL_NAME.search(name)]
    if len(categories) < 2:
        return
    for row, values in enumerate(zip(*(numbers(table, n) for n in categories), strict=True), start=1):
        filled = [at for at, value in enumerate(values) if value]
        if len(filled) == 1 and all(value is not None for value in values):
            yield row, categories[filled[0]]


def _full_shares(table: pa.Table, counted: Sequence[str]) -> Iterator[CellKey]:
    for name in table.column_names:
        if not (_SHARE_NAME.search(name) or _SPREAD_NAME.search(name)):
            continue
        values = [percent(each) for each in table.column(name).to_pylist()]
        known = [each for each in values if each is not None]
        whole_share = 1 if known and max(known) <= 1 else 100
        full = (0.0,) if _SPREAD_NAME.search(name) else (0.0, float(whole_share))
        sums = _totals_of_less(table, counted, values, whole_share) if len(full) > 1 else frozenset()
        yield from (
            (row, name) for row, value in enumerate(values, start=1) if value in full and row not in sums
        )


def _totals_of_less(
    table: pa.Table, counted: Sequence[str], values: Sequence[float | None], whole_share: float
) -> frozenset[int]:
    """Rows of a total which have all, though one of their parts has less: shares that were divided among the parts.
    Of a rate that everybody has each part is full, and is found itself. A label that is missing is no total here."""
    measured = [n for n in table.column_names if _SHARE_NAME.search(n) or _SPREAD_NAME.search(n)]
    named = [n for n in table.column_names if n not in (*counted, *measured) and is_text(table.schema.field(n).type)]  # fmt: skip
    keys = list(zip(*(table.column(n).to_pylist() for n in named), strict=True))
    found = set[int]()
    for at in range(len(named)):
        less = {
            (*cells[:at], *cells[at + 1 :])
            for cells, value in zip(keys, values, strict=True)
            if value is not None and value < whole_share and not _names_total(cells[at])
        }
        found |= {
            row
            for row, (cells, value) in enumerate(zip(keys, values, strict=True), start=1)
            if value == whole_share and _names_total(cells[at]) and (*cells[:at], *cells[at + 1 :]) in less
        }
    return frozenset(found)


def _names_total(label: object) -> bool:
    return isinstance(label, str) and label.strip() != "" and is_total(label)


def percent(value: object) -> float | None:
    """A cell as a share, with or without its sign."""
    return number(value.strip().removesuffix("%")) if isinstance(value, str) else number(value)


def _lone_categories(table: pa.Table, counted: Sequence[str]) -> Iterator[CellKey]:
    named = [n for n in table.column_names if n not in counted and is_text(table.schema.field(n).type)]
    if len(counted) != 1 or len(named) < 2:
        return
    (count,) = counted
    values = numbers(table, count)
    filled = [(row, cells) for row, cells in enumerate(zip(*(table.column(n).to_pylist() for n in named), strict=True)) if values[row]]  # fmt: skip
    for at in range(len(named)):
        groups: dict[tuple[object, ...], list[int]] = {}
        for row, cells in filled:
            if not _names_total(cells[at]):
                groups.setdefault((*cells[:at], *cells[at + 1 :]), []).append(row)
        if max(map(len, groups.values()), default=0) < 2 or _nested(filled, at):
            continue
        yield from ((rows[0] + 1, count) for rows in groups.values() if len(rows) == 1)


def _nested(filled: Sequence[tuple[int, tuple[object, ...]]], at: int) -> bool:
    """Whether another key follows from this one: its categories are the parts of the other's."""
    for other in range(len(filled[0][1]) if filled else 0):
        pairs = {(cells[at], cells[other]) for _, cells in filled}
        parts, wholes = {part for part, _ in pairs}, {whole for _, whole in pairs}
        if other != at and len(pairs) == len(parts) > len(wholes):
            return True
    return False
