"""Micro-aggregation of one column: groups of near values, of at least k persons each, become their mean.

Hansen and Mukherjee 2003 (IEEE TKDE 15): of all partitions of sorted values into groups of at least k, the one
of least squared error is a shortest path, found in time linear in the values. Here

- equal values stay together: a value has one mean wherever it stands, so what is learnt is a map from value to
  mean, and a table can be streamed through it;
- a group counts persons: five rows of one person hide nobody. A group that can be cut into two valid groups
  never has the smaller error, so an optimal group starting at value i ends before the end of the second
  smallest valid group from i on: the generalisation of "fewer than 2k rows".

With one row per person and no equal values this is their algorithm. Where persons have several rows the optimum
is the best one among groups that are contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numba import njit

from ....errors import Invalid
from ....language import say
from ..values import Codes
from . import numbers
from .numbers import Floats
from .rows import Rows


@dataclass(frozen=True, slots=True)
class Microaggregation:
    """Groups of at least `k` persons."""

    column: str
    k: int

    looks = True

    def fitted(self, values: pa.Array | None, people: Codes | None) -> Averaged:
        found, missing = numbers.read(values, self.column)
        owners = np.arange(len(found)) if people is None else people
        known, means = optimal_means(found[~missing], owners[~missing], self.k, self.column)
        return Averaged(self.column, known, means)


@dataclass(frozen=True, slots=True, eq=False)
class Averaged:
    """Ready: the mean for each value."""

    column: str
    values: Floats = field(repr=False)
    means: Floats = field(repr=False)

    def applied(self, values: pa.Array, rows: Rows) -> pa.Array:
        found, missing = numbers.read(values, self.column)
        at = np.minimum(np.searchsorted(self.values, found), len(self.values) - 1)
        if len(self.values) == 0 or (~missing & (self.values[at] != found)).any():
            if not missing.all():
                raise RuntimeError("a value that was not there when the step was fitted")
            return numbers.written(found, missing, values.type, whole=False)
        return numbers.written(self.means[at], missing, values.type, whole=False)


def optimal_means(found: Floats, owners: Codes, k: int, column: str = "column") -> tuple[Floats, Floats]:
    """(distinct values in order, the mean of each one's group). Raises `Invalid` with fewer than k persons."""
    persons = len(np.unique(owners))
    if len(found) == 0:
        return found, found
    if persons < k:
        raise too_few(column, k, persons)
    order = np.lexsort((owners, found))
    values, starts = np.unique(found[order], return_index=True)
    bounds = np.append(starts, len(found)).astype(np.int64)
    owner_numbers = np.unique(owners, return_inverse=True)[1].astype(np.int64)[order]
    ends = smallest_ends(bounds, owner_numbers, k)
    rows = found[order]
    return values, _means(rows, bounds, cheapest(rows - rows.mean(), bounds, ends))


@njit(cache=True)  # type: ignore[untyped-decorator]
def smallest_ends(bounds: Codes, owners: Codes, k: int) -> Codes:
    """For each distinct value the end of the smallest group of k persons that begins with it; one more than
    there are values where none is left. `bounds[i]` is where value i begins among the sorted rows."""
    count = len(bounds) - 1
    here = np.zeros(owners.max() + 1, np.int64)
    ends = np.full(count + 1, count + 1, np.int64)
    end, persons = 0, 0
    for start in range(count):
        while persons < k and end < count:
            for row in range(bounds[end], bounds[end + 1]):
                persons += here[owners[row]] == 0
                here[owners[row]] += 1
            end += 1
        if persons < k:
            break
        ends[start] = end
        for row in range(bounds[start], bounds[start + 1]):
            here[owners[row]] -= 1
            persons -= here[owners[row]] == 0
    return ends


@njit(cache=True)  # type: ignore[untyped-decorator]
def cheapest(rows: Floats, bounds: Codes, ends: Codes) -> Codes:
    """For each place between values where the group that ends there begins, of the partition of least squared
    error: a shortest path. `rows` are sorted; centre them first, for the sums of squares' sake."""
    count = len(bounds) - 1
    sums = np.append(np.zeros(1), np.cumsum(rows))
    squares = np.append(np.zeros(1), np.cumsum(rows**2))
    cost = np.full(count + 1, np.inf)
    cost[0] = 0.0
    before = np.zeros(count + 1, np.int64)
    for start in range(count):
        if ends[start] > count or cost[start] == np.inf:
            continue
        # From the end of the second smallest group on, this one could be cut in two.
        for end in range(ends[start], min(ends[ends[start]] - 1, count) + 1):
            a, b = bounds[start], bounds[end]
            total = sums[b] - sums[a]
            error = cost[start] + squares[b] - squares[a] - total * total / (b - a)
            if error < cost[end]:
                cost[end] = error
                before[end] = start
    return before


def _means(rows: Floats, bounds: Codes, before: Codes) -> Floats:
    made = np.empty(len(bounds) - 1)
    end = len(made)
    while end > 0:
        start = int(before[end])
        made[start:end] = rows[bounds[start] : bounds[end]].mean()
        end = start
    return made


def too_few(column: str, k: int, persons: int) -> Invalid:
    return Invalid(
        "invalid.microaggregate.k",
        say("No group of column {column} can have {k} persons: {persons} have a value.", column=column, k=k, persons=persons),
        say("Ask for a k of at most {persons} in this step.", persons=persons),
    )  # fmt: skip
