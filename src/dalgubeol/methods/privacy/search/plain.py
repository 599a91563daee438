"""The steps of the search in numpy: at once ready, for small work and for what runs once.

`compiled` has the same functions with the same results; which of the two is used never changes an answer.
Lattices are flat arrays in C order; nodes are positions in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

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


def lifted(layout: Layout, keys: Codes, changed: Sequence[int], levels: Sequence[int]) -> Codes:
    """`keys` with the attributes `changed` taken up to `levels`."""
    made = keys.copy()
    for a in changed:
        begins, word, shift = int(layout.at[a, levels[a]]), int(layout.word[a]), int(layout.shift[a])
        codes = (keys[:, word] >> shift) & int(layout.mask[a])
        made[:, word] += (layout.lift[begins : begins + layout.sizes[a]][codes] - codes) << shift
    return made


def numbered(
    layout: Layout, keys: Codes, changed: Sequence[int], levels: Sequence[int]
) -> tuple[Codes, Codes]:
    """The distinct keys after `changed` attributes went up to `levels`, and the number of each old key among them.

    The order of the distinct keys is the implementation's own.
    """
    return distinct(lifted(layout, keys, changed, levels))


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


def lost_leaves(
    layout: Layout, keys: Codes, lost: Bools, rows: Codes, levels: Sequence[int]
) -> tuple[int, list[int]]:
    """The rows in `lost` classes, and per attribute the sum of leaves over these rows."""
    gone, weights = keys[lost], rows[lost]
    totals = []
    for a, level in enumerate(levels):
        begins = int(layout.at[a, level])
        leaf = layout.leaf[begins : begins + layout.sizes[a]]
        totals.append(int(weights @ leaf[layout.codes(gone, a)]))
    return int(weights.sum()), totals


def composed(of_tuple: npt.NDArray[np.int32], number: Codes) -> npt.NDArray[np.int32]:
    """Where each tuple is after its class got a new `number`."""
    return number.astype(np.int32)[of_tuple]


def lost_by_level(
    layout: Layout,
    tuples: Codes,
    rows: Codes,
    lost: Bools,
    of_tuple: npt.NDArray[np.int32],
    levels: Sequence[int],
) -> list[list[int]]:
    """Per attribute and level, from 0 to its own of `levels`: the sum of leaves over rows in `lost` classes.

    `tuples` are codes at level 0, so this tells what the suppressed rows would cost lower down.
    """
    gone = np.flatnonzero(lost[of_tuple])
    weights, totals = rows[gone], []
    for a, level in enumerate(levels):
        codes = tuples[gone, a]
        totals.append([int(weights @ layout.leaves[a][below][codes]) for below in range(level + 1)])
    return totals


def closest_below(stored: Codes, sizes: Codes, count: int, levels: Sequence[int]) -> int:
    """Which of the first `count` nodes of `stored` under `levels` has the smallest of `sizes`."""
    below = (stored[:count] <= np.asarray(levels)).all(axis=1)
    return int(np.argmin(np.where(below, sizes[:count], np.iinfo(np.int64).max)))


def close_below(state: States, bound: Floats, shape: Shape, node: Shape) -> None:
    """Nothing from the lowest node up to `node` is feasible."""
    box = tuple(slice(0, i + 1) for i in node)
    state.reshape(shape)[box] = INFEASIBLE
    bound.reshape(shape)[box] = np.inf


def open_above(state: States, shape: Shape, node: Shape) -> None:
    """All from `node` upward is feasible, as far as it is unknown."""
    above = state.reshape(shape)[tuple(slice(i, None) for i in node)]
    np.copyto(above, FEASIBLE, where=above == UNKNOWN)


def raise_below(
    bound: Floats, shape: Shape, node: Shape, factors: Sequence[Sequence[float]], combine: np.ufunc
) -> None:
    """Raise the bounds up to `node` to what `factors` (per attribute and level) combine to."""
    product = np.asarray(factors[0], np.float64)
    for more in factors[1:]:
        product = combine.outer(product, np.asarray(more, np.float64))
    box = bound.reshape(shape)[tuple(slice(0, i + 1) for i in node)]
    np.maximum(box, product, out=box)


def climb(state: States, bound: Floats, shape: Shape, node: int) -> list[int]:
    """A chain from `node` upward through unknown successors of the lowest bound, as far as it goes."""
    strides = [int(np.prod(shape[a + 1 :])) for a in range(len(shape))]
    chain = [node]
    while True:
        here, best, up = chain[-1], np.inf, -1
        for stride, width in zip(strides, shape, strict=True):
            if here // stride % width + 1 < width:
                above = here + stride
                if state[above] == UNKNOWN and (up < 0 or bound[above] < best):
                    best, up = bound[above], above
        if up < 0:
            return chain
        chain.append(up)
