"""A version of a table of counts that may leave: suppressed by rows, or rounded. For tables with totals
whose structure is known `suppression` takes fewer cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from ...errors import Invalid
from .cells import SMALLEST_CELL, is_small
from .reading import count_columns, is_numeric, numbers, replaced

if TYPE_CHECKING:
    import pyarrow as pa

ROUNDING_BASE = 5


def safe_version(
    table: pa.Table,
    method: Literal["suppress", "round"] = "suppress",
    *,
    threshold: int = SMALLEST_CELL,
    base: int = ROUNDING_BASE,
    counts: Collection[str] = (),
    keys: Collection[str] = (),
    block: str | None = None,
    zeros_disclosive: bool = True,
    unsafe: Collection[int] = (),
) -> pa.Table:
    """The table with its small cells gone, same columns and rows; a gone cell is null.

    suppress: every row with a small count loses all its numbers (a mean of three people tells as much as their
    count), and so do the next smallest rows of the same `block` until at least two rows of it are gone and the
    counts gone in each column sum to at least `threshold`. Whatever totals stand beside or below, two unknown
    rows can then trade amounts, so no total gives a cell back. Totals within groups of rows need `block`, the
    column whose value says which rows sum to one total.

    round: small counts go, all others are rounded to the nearest `base` (halves up), so that sums and
    differences of counts are known only to within `base`; other numbers of a row with a small count go too.

    `unsafe` are more rows (from 0) whose numbers go.
    """
    if base < 1:
        raise Invalid.field("base", expected="at least 1", got=base)
    if method not in ("suppress", "round"):
        raise Invalid.field("method", expected="suppress or round", got=method)

    def small_one(value: float | None) -> bool:
        return is_small(value, threshold, zeros_disclosive)

    keys = {*keys, *([block] if block else [])}
    counted = count_columns(table, counts, keys)
    values_of = {name: numbers(table, name) for name in counted}
    small = {row for values in values_of.values() for row, value in enumerate(values) if small_one(value)}
    small |= set(unsafe)
    if method == "suppress":
        labels = table.column(block).to_pylist() if block else [None] * table.num_rows
        gone = _with_complements(values_of, labels, small, lambda total: not small_one(total))
        return _without(table, gone, keys)
    for name in counted:
        rounded = [
            None if value is None or small_one(value) else base * math.floor(value / base + 0.5)
            for value in values_of[name]
        ]
        table = replaced(table, name, rounded)
    return _without(table, small, {*keys, *counted})


def _with_complements(
    values_of: Mapping[str, Sequence[float | None]],
    labels: Sequence[object],
    small: set[int],
    enough: Callable[[float], bool],
) -> set[int]:
    """`small` and, block by block, the smallest other rows until what is gone cannot be worked out.

    `labels` names each row's block; `enough` says whether a sum of gone counts is large enough to be known.
    """
    gone = set(small)
    for label in {labels[row] for row in small}:
        rest = [row for row, each in enumerate(labels) if each == label and row not in small]
        rest.sort(key=lambda row: sum(values[row] or 0 for values in values_of.values()), reverse=True)
        here = {row for row in small if labels[row] == label}
        while rest and not (len(here) > 1 and all(map(enough, _sums(values_of, here)))):
            here.add(rest.pop())
        gone |= here
    return gone


def _sums(values_of: Mapping[str, Sequence[float | None]], rows: set[int]) -> list[float]:
    return [sum(values[row] or 0 for row in rows) for values in values_of.values()]


def _without(table: pa.Table, rows: set[int], keep: Collection[str]) -> pa.Table:
    """All numbers of `rows` null, in every column but `keep`."""
    if rows:
        for name in table.column_names:
            if name not in keep and is_numeric(table, name):
                values = table.column(name).to_pylist()
                table = replaced(table, name, [None if at in rows else v for at, v in enumerate(values)])
    return table
