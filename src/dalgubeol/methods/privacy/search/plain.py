"""The steps of the search in numpy: at once ready, for small work and for what runs once.

`compiled` has the same functions with the same results; which of the two is used never changes an answer.
Lattices are flat arrays in C order; nodes are positions in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ..values import Codes
from .layout import Layout

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
States = npt.NDArray[np.int8]
Shape = tuple[int, ...]

Counts = TypeVar("Counts", Codes, npt.NDArray[np.int32])

UNKNOWN, FEASIBLE, INFEASIBLE = 0, 1, 2


class Grid(NamedTuple):
    """The nodes of a lattice, numbered in C order. `axes` are sorted by their lengths, the longest last.

    `first` and `last` are the indices of the lowest and the highest node.
    """

    shape: Shape
    strides: Codes
    axes: Codes
    first: Codes
    last: Codes

    @classmethod
    def of(cls, shape: Shape) -> Grid:
        """The grid of so many levels per attribute."""
        strides = np.cumprod([1, *shape[:0:-1]])[::-1].astype(np.int64)
        lengths = np.array(shape, np.int64)
        return cls(shape, strides, np.argsort(lengths, kind="stable"), np.zeros_like(lengths), lengths - 1)

    def indices(self, node: int) -> Codes:
        """Where `node` is, per attribute."""
        found: Codes = node // self.strides % self.shape
        return found


def numbered(layout: Layout, keys: Codes, old: Codes, new: Codes) -> tuple[Codes, Codes]:
    """The distinct keys after they went up from levels `old` to `new`, and the number of each among them.

    The order of the distinct keys is the implementation's own.
    """
    made = keys.copy()
    for a in np.flatnonzero(old != new).tolist():
        begins, word, shift = int(layout.at[a, new[a]]), int(layout.word[a]), int(layout.shift[a])
        codes = (keys[:, word] >> shift) & int(layout.mask[a])
        made[:, word] += (layout.lift[begins : begins + layout.sizes[a]][codes] - codes) << shift
    return distinct(made)


def distinct(keys: Codes) -> tuple[Codes, Codes]:
    """The distinct rows of `keys` (shape (n, words)) and, for each row, its number among them."""
    flat = keys[:, 0] if keys.shape[1] == 1 else _joined(keys)
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    begins = np.ones(len(flat), bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    number = np.empty(len(flat), np.int64)
    number[order] = np.cumsum(begins) - 1
    return keys[order[begins]], number


def _joined(keys: Codes) -> Codes:
    joined = np.unique(keys[:, 0], return_inverse=True)[1]
    for word in range(1, keys.shape[1]):
        codes, width = np.unique(keys[:, word], return_inverse=True)[1], len(keys)
        joined = np.unique(joined * width + codes, return_inverse=True)[1]
    made: Codes = joined.astype(np.int64)
    return made


def sums(number: Codes, counts: Counts, size: int) -> Counts:
    """The rows of `counts` (n, columns) added up by `number`: shape (size, columns)."""
    made = np.empty((size, counts.shape[1]), counts.dtype)
    for column in range(counts.shape[1]):
        # Floats hold these counts exactly: they stay far under 2**53.
        made[:, column] = np.bincount(number, counts[:, column], minlength=size)
    return made


def present(counts: npt.NDArray[Any], begins: int, ends: int) -> Codes:
    """Per row, how many of the columns begins..ends are above 0."""
    found: Codes = np.count_nonzero(counts[:, begins:ends], axis=1).astype(np.int64)
    return found


def value_counts(tuples: Codes, rows: Codes, sizes: Sequence[int]) -> list[Codes]:
    """Per attribute, the rows of each of its values."""
    weights = rows.astype(np.float64)
    columns = zip(tuples.T, sizes, strict=True)
    return [np.bincount(column, weights, minlength=size).astype(np.int64) for column, size in columns]


def lost_leaves(layout: Layout, keys: Codes, lost: Bools, rows: Codes, levels: Codes) -> Codes:
    """Per attribute, the sum of leaves over the rows of `lost` classes."""
    gone, weights = keys[lost], rows[lost]
    totals = np.zeros(len(levels), np.int64)
    for a, level in enumerate(levels):
        begins = layout.at[a, level]
        totals[a] = weights @ layout.leaf[begins : begins + layout.sizes[a]][layout.codes(gone, a)]
    return totals


def composed(of_tuple: npt.NDArray[np.int32], number: Codes) -> npt.NDArray[np.int32]:
    """Where each tuple is after its class got a new `number`."""
    return number.astype(np.int32)[of_tuple]


def lost_by_level(
    layout: Layout, tuples: Codes, rows: Codes, lost: Bools, of_tuple: npt.NDArray[np.int32], levels: Codes
) -> Codes:
    """Per attribute and level, up to its own of `levels`: the sum of leaves over rows in `lost` classes.

    `tuples` are codes at level 0, so this tells what the suppressed rows would cost lower down. Entries above
    an attribute's own level are 0.
    """
    gone = np.flatnonzero(lost[of_tuple])
    weights, totals = rows[gone], np.zeros(layout.at.shape, np.int64)
    for a, level in enumerate(levels):
        codes = tuples[gone, a]
        for below in range(level + 1):
            totals[a, below] = weights @ layout.leaves[a][below][codes]
    return totals


def closest_below(stored: Codes, sizes: Codes, count: int, levels: Codes) -> int:
    """Which of the first `count` nodes of `stored` under `levels` has the smallest of `sizes`."""
    below = (stored[:count] <= levels).all(axis=1)
    return int(np.argmin(np.where(below, sizes[:count], np.iinfo(np.int64).max)))


def close_below(state: States, bound: Floats, grid: Grid, node: Codes) -> None:
    """Nothing from the lowest node up to `node` is feasible."""
    box = tuple(slice(0, i + 1) for i in node)
    state.reshape(grid.shape)[box] = INFEASIBLE
    bound.reshape(grid.shape)[box] = np.inf


def open_above(state: States, grid: Grid, node: Codes) -> None:
    """All from `node` upward is feasible, as far as it is unknown."""
    above = state.reshape(grid.shape)[tuple(slice(i, None) for i in node)]
    np.copyto(above, FEASIBLE, where=above == UNKNOWN)


def raise_below(bound: Floats, grid: Grid, node: Codes, factors: Floats, combine: np.ufunc) -> None:
    """Raise the bounds up to `node` to what `factors` (per attribute and index) combine to."""
    rows = [row[: i + 1] for row, i in zip(factors, node, strict=True)]
    product = rows[0]
    for more in rows[1:]:
        product = combine.outer(product, more)
    box = bound.reshape(grid.shape)[tuple(slice(0, i + 1) for i in node)]
    np.maximum(box, product, out=box)


def climb(state: States, bound: Floats, grid: Grid, node: int) -> list[int]:
    """A chain from `node` upward through unknown successors of the lowest bound, as far as it goes."""
    strides, chain = grid.strides.tolist(), [node]
    while True:
        here, best, up = chain[-1], np.inf, -1
        for stride, width in zip(strides, grid.shape, strict=True):
            if here // stride % width + 1 < width:
                above = here + stride
                if state[above] == UNKNOWN and (up < 0 or bound[above] < best):
                    best, up = bound[above], above
        if up < 0:
            return chain
        chain.append(up)
