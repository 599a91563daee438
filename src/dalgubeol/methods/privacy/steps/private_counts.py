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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....errors import Invalid, Unavailable
from ....language import say
from ..values import Codes, column_of, distinct_texts
from . import numbers
from .rows import Floats, Rows, Words, uniforms

MOST_CELLS = 100_000
HELD_ROWS = 4 << 20
"""Of so many rows at most it is known at one time whose they are: some 400 MB."""
_WAITING_ROWS = 1 << 20
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


def count(
    countings: Sequence[Counting],
    batches: Callable[[], Iterable[tuple[pa.Table, Rows]]],
    rows: int,
    *,
    of_persons: bool,
) -> None:
    """Reads a table of so many `rows` into all of `countings`. `batches` gives it from its first row, and whose rows they
    are: once, or where these are `of_persons` and more than `HELD_ROWS`, once for each share of the persons."""
    shares = max(1, -(-rows // HELD_ROWS)) if of_persons else 1
    for share in range(shares):
        for table, each in batches():
            for counting in countings:
                counting.add(table, each, share, shares)
        for counting in countings:
            counting.finish()


class Counting:
    """Counts a table that comes in batches, in their order. Of the rows of persons it keeps what may still count: so
    many of each person, in 28 bytes each, whatever the table has.

    Raises `Invalid` where columns or bounds do not fit, `Unavailable` where OpenDP is not installed."""

    def __init__(self, query: Query, key: bytes) -> None:
        self._dp = _opendp()
        if query.cells > MOST_CELLS:
            raise Invalid.field(f"counts.{query.name}", expected=say("at most {most} cells", most=MOST_CELLS), got=query.cells)  # fmt: skip
        self.query, self._key = query, key
        self._counts, self._sums = (np.zeros(query.cells, np.int64) for _ in range(2))
        self._in_cells = self._chosen = 0
        self._known: _Part | None = None
        self._waiting: list[_Part] = []

    def add(self, table: pa.Table, rows: Rows, share: int = 0, shares: int = 1) -> None:
        """Of persons only those of one of so many shares, by their number; `finish` comes between two shares."""
        place = np.arange(rows.first, rows.first + rows.count, dtype=np.uint64)
        if shares > 1:
            here = np.flatnonzero(rows.owners % np.uint64(shares) == share)
            rows, place = Rows(rows.first, len(here), rows.owners[here]), place[here]
            table = table.take(pa.array(here))
        cell = _cells(table, self.query)
        units = _units(table, self.query) if self.query.total else np.zeros(len(cell), np.int64)
        self._in_cells += int((cell >= 0).sum())
        if rows.persons is None:  # every row is a person of its own
            self._count(cell, units)
            return
        rank = uniforms(self._key, rows, place)[0]
        self._waiting.append(_Part(rows.owners, rank, cell.astype(np.int32), units))
        if sum(len(part.cell) for part in self._waiting) >= max(_WAITING_ROWS, len(self._known.cell) if self._known else 0):  # fmt: skip
            self._settle()

    def finish(self) -> None:
        """After the last batch (of a share): all that can be wrong is found before noise is drawn."""
        self._settle()
        if self._known is not None:
            self._count(self._known.cell, self._known.units)
            self._known = None

    def answer(self) -> Answer:
        """The noisy counts (and sums) of all that was added. With sums, epsilon and delta are halved between the two."""
        self.finish()
        query = self.query
        parts = 2 if query.total else 1
        epsilon, delta = query.epsilon / parts, query.delta / parts
        noisy, scale = released(self._dp, self._counts, query.rows_per_person, epsilon, delta)
        columns = _labels(query)
        columns["count"] = pa.array(noisy, pa.int64())
        scale_of_sums = None
        if query.total:
            noisy, scale_of_sums = released(self._dp, self._sums, query.rows_per_person * _most(query), epsilon, delta)  # fmt: skip
            columns[f"sum of {query.total}"] = pa.array([n * query.unit for n in noisy], pa.float64())
            scale_of_sums *= query.unit
        return Answer(query, pa.table(columns), scale, scale_of_sums, self._in_cells - self._chosen)

    def _count(self, cell: npt.NDArray[np.integer[Any]], units: Codes) -> None:
        chosen = cell >= 0
        self._chosen += int(chosen.sum())
        self._counts += np.bincount(cell[chosen], minlength=self.query.cells)
        if self.query.total:
            if _most(self.query) * self._chosen >= _LARGEST_SUM:
                raise Invalid.field(f"counts.{self.query.name}.highest", expected=say("bounds whose sum over all rows is a number of 62 bits; or make the unit larger"), got=say("more"))  # fmt: skip
            np.add.at(self._sums, cell[chosen], units[chosen])

    def _settle(self) -> None:
        """Of every person the rows of the smallest keyed numbers, as many as may count; the others are forgotten."""
        if not self._waiting:
            return
        parts = [*([self._known] if self._known else []), *self._waiting]
        owners, rank, cell, units = (np.concatenate([getattr(part, name) for part in parts]) for name in _Part._fields)  # fmt: skip
        self._waiting = []
        order = np.lexsort((rank, owners))
        stays = order[_rank_in_run(owners[order]) < self.query.rows_per_person]
        self._known = _Part(owners[stays], rank[stays], cell[stays], units[stays])


class _Part(NamedTuple):
    """Rows of persons: whose, the keyed number of each, its cell (-1: none) and its value in units."""

    owners: Words
    rank: Floats
    cell: npt.NDArray[np.int32]
    units: Codes


def _rank_in_run(owners: Words) -> Codes:
    """Of rows sorted by owner the place of each among those of its owner, from 0."""
    begins = np.flatnonzero(np.append(True, owners[1:] != owners[:-1])) if len(owners) else np.zeros(0, np.int64)  # fmt: skip
    ranks: Codes = np.arange(len(owners)) - np.repeat(begins, np.diff(np.append(begins, len(owners))))
    return ranks


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
    cell = np.zeros(table.num_rows, np.int64)
    for column, values in query.groups.items():
        texts, codes = distinct_texts(column_of(table, column), column)
        known = {value: number for number, value in enumerate(values)}
        number = np.array([-1 if text is None else known.get(text, -1) for text in texts], np.int64)[codes]
        cell = np.where((cell < 0) | (number < 0), -1, cell * len(values) + number)
    return cell


def _units(table: pa.Table, query: Query) -> Codes:
    """Per row its value, bounded, in whole units."""
    column = str(query.total)
    found, missing = numbers.read(column_of(table, column), column)
    units = np.clip(np.rint(found / query.unit), *_bounds(query)).astype(np.int64)
    units[missing] = 0
    return units


def _bounds(query: Query) -> tuple[int, int]:
    return round(query.lowest / query.unit), round(query.highest / query.unit)


def _most(query: Query) -> int:
    """The most that one row moves a sum, in units."""
    return max(*map(abs, _bounds(query)), 1)


def _labels(query: Query) -> dict[str, pa.Array]:
    cells: Sequence[tuple[str, ...]] = list(product(*query.groups.values()))
    return {c: pa.array([cell[i] for cell in cells], pa.string()) for i, c in enumerate(query.groups)}
