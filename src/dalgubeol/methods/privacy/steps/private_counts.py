"""Differentially private counts and sums of groups, by OpenDP (extra `noise`).

What is promised, for every query of the policy: whether one person is in the table or not, the chance of any
answer changes by a factor of at most exp(epsilon), but for a chance of delta (Dwork and Roth 2014, definition
2.4). Over several queries epsilons and deltas add up (theorem 3.16).

- The groups are the clerk's, each named, never taken from the data: that a group is there would tell something.
- A person counts with at most `rows_per_person` rows. Which of hers is chosen by the project's key, not by what
  they hold. A value beyond the stated bounds counts as the bound.
- delta 0: Laplace noise, its scale (how many cells one person moves) / epsilon; else Gaussian noise, its scale
  found by OpenDP for zero-concentrated privacy turned into (epsilon, delta). Both are the discrete mechanisms on
  whole numbers; sums are taken in units of `unit`.
- The noise is OpenDP's and fresh in every Run: a Run made again spends the budget again, and its answers differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa

from ....errors import Invalid, Unavailable
from ....language import say
from ..values import Codes, column_of, distinct_texts
from . import numbers
from .rows import Rows, uniforms

MOST_CELLS = 100_000
_LARGEST_SUM = 1 << 62  # half of what a sum is kept in, so that noise has room too


@dataclass(frozen=True, slots=True)
class Query:
    """One table of counts, and of sums if `total` names a column with its bounds."""

    name: str
    groups: Mapping[str, tuple[str, ...]]
    """Column to the values that are counted, all combinations of them."""
    epsilon: float
    delta: float = 0.0
    rows_per_person: int = 1
    total: str | None = None
    lowest: float = 0.0
    highest: float = 0.0
    unit: float = 1.0

    @property
    def cells(self) -> int:
        return math.prod(len(values) for values in self.groups.values())


@dataclass(frozen=True, slots=True)
class Answer:
    """The cells of one query and what the noise is."""

    query: Query
    table: pa.Table
    scale_of_counts: float
    scale_of_sums: float | None
    left_out: int
    """Rows that did not count, for their person had more."""


def answer(
    table: pa.Table, query: Query, rows: Rows, key: bytes, telling: Callable[[], None] = lambda: None
) -> Answer:
    """The noisy counts (and sums). With sums, epsilon and delta are halved between the two. `telling` is called when all
    that can be wrong was found, before noise is drawn. Raises `Invalid` where columns or bounds do not fit,
    `Unavailable` where OpenDP is not installed."""
    dp = _opendp()
    cell, counted = _cells(table, query), _counted(rows, query.rows_per_person, key)
    chosen = (cell >= 0) & counted
    parts = 2 if query.total else 1
    epsilon, delta = query.epsilon / parts, query.delta / parts
    counts = np.bincount(cell[chosen], minlength=query.cells)
    sums, most = _sums(table, query, cell, chosen) if query.total else (counts, 0)
    telling()
    noisy, scale = released(dp, counts, query.rows_per_person, epsilon, delta)
    columns = _labels(query)
    columns["count"] = pa.array(noisy, pa.int64())
    scale_of_sums = None
    if query.total:
        noisy, scale_of_sums = released(dp, sums, query.rows_per_person * most, epsilon, delta)
        columns[f"sum of {query.total}"] = pa.array([n * query.unit for n in noisy], pa.float64())
        scale_of_sums *= query.unit
    left_out = int(((cell >= 0) & ~counted).sum())
    return Answer(query, pa.table(columns), scale, scale_of_sums, left_out)


def _sums(table: pa.Table, query: Query, cell: Codes, chosen: Codes) -> tuple[Codes, int]:
    """The exact sums in whole units, and the most that one row moves one of them."""
    units, most = _units(table, query)
    if most * int(chosen.sum()) >= _LARGEST_SUM:
        raise Invalid.field(f"counts.{query.name}.highest", expected=say("bounds whose sum over all rows is a number of 62 bits; or make the unit larger"), got=say("more"))  # fmt: skip
    sums = np.zeros(query.cells, np.int64)
    np.add.at(sums, cell[chosen], units[chosen])
    return sums, most


def released(dp: Any, exact: Codes, moved: int, epsilon: float, delta: float) -> tuple[list[int], float]:
    """(`exact` with noise, its scale). One person moves the cells by `moved` in all (L1), and so by at most as
    much in L2."""
    domain = dp.vector_domain(dp.atom_domain(T="i64"))

    def laplace(scale: float) -> Any:
        return dp.m.make_laplace(domain, dp.l1_distance(T="i64"), scale=scale)

    def gaussian(scale: float) -> Any:
        made = dp.m.make_gaussian(domain, dp.l2_distance(T=float), scale=scale)
        return dp.c.make_fix_delta(dp.c.make_zCDP_to_approxDP(made), delta)

    if delta == 0:
        scale = dp.binary_search_param(laplace, d_in=moved, d_out=epsilon)
        return list(laplace(scale)(exact.tolist())), float(scale)
    scale = dp.binary_search_param(gaussian, d_in=float(moved), d_out=(epsilon, delta))
    return list(gaussian(scale)(exact.tolist())), float(scale)


def _opendp() -> Any:
    try:
        import opendp.prelude as dp
    except ImportError:
        raise Unavailable(
            "unavailable.opendp",
            say("Private counts need OpenDP, which is not installed."),
            say("Install it: pip install 'dalgubeol[noise]'"),
        ) from None
    dp.enable_features("contrib")
    return dp


def _cells(table: pa.Table, query: Query) -> Codes:
    """Per row the number of its cell; -1 for a row in none of them."""
    if query.cells > MOST_CELLS:
        raise Invalid.field(f"counts.{query.name}", expected=say("at most {most} cells", most=MOST_CELLS), got=query.cells)  # fmt: skip
    cell = np.zeros(table.num_rows, np.int64)
    for column, values in query.groups.items():
        texts, codes = distinct_texts(column_of(table, column), column)
        known = {value: number for number, value in enumerate(values)}
        number = np.array([-1 if text is None else known.get(text, -1) for text in texts], np.int64)[codes]
        cell = np.where((cell < 0) | (number < 0), -1, cell * len(values) + number)
    return cell


def _counted(rows: Rows, most: int, key: bytes) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """At most `most` rows of each owner: those of the smallest keyed numbers."""
    place = np.arange(rows.first, rows.first + rows.count, dtype=np.uint64)
    order = np.lexsort((uniforms(key, rows, place)[0], rows.owners))
    owners = rows.owners[order]
    begins = np.flatnonzero(np.append(True, owners[1:] != owners[:-1])) if len(owners) else np.zeros(0, int)
    rank = np.arange(len(owners)) - np.repeat(begins, np.diff(np.append(begins, len(owners))))
    counted = np.zeros(rows.count, bool)
    counted[order] = rank < most
    return counted


def _units(table: pa.Table, query: Query) -> tuple[Codes, int]:
    """Per row its value, bounded, in whole units; and the most that one row moves a sum."""
    column = str(query.total)
    found, missing = numbers.read(column_of(table, column), column)
    low, high = round(query.lowest / query.unit), round(query.highest / query.unit)
    units = np.clip(np.rint(found / query.unit), low, high).astype(np.int64)
    units[missing] = 0
    return units, max(abs(low), abs(high), 1)


def _labels(query: Query) -> dict[str, pa.Array]:
    cells: Sequence[tuple[str, ...]] = list(product(*query.groups.values()))
    return {c: pa.array([cell[i] for cell in cells], pa.string()) for i, c in enumerate(query.groups)}
