"""The steps of the search compiled by numba: the functions of `plain`, ten times as fast.

Importing this file costs about a second of CPU, and the very first use of an installation some ten more
while the machine code is made and kept on disk; `engine.Steps` decides when that pays. numba keeps the values
of module globals in what it stores, so tables come in as arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from numba import njit

from ..values import Codes
from .layout import Layout
from .plain import Bools, Counts, Floats, Grid, States

_MODES: dict[Any, int] = {np.multiply: 0, np.add: 1, np.maximum: 2}


@njit(cache=True, nogil=True)
def _plan(old, new, word, shift, mask, at, heights, clear, plan):  # type: ignore[no-untyped-def]
    """What happens to keys between two levels.

    Attributes that go to their top get code 0: `clear` is the bits to keep, per word. For the others, `plan` has
    a row each: word, shift, mask, and where its table begins.
    """
    clear[:] = -1
    changes = 0
    for a in range(len(new)):
        if old[a] != new[a]:
            if new[a] == heights[a]:
                clear[word[a]] &= ~(mask[a] << shift[a])
            else:
                plan[changes, 0] = word[a]
                plan[changes, 1] = shift[a]
                plan[changes, 2] = mask[a]
                plan[changes, 3] = at[a, new[a]]
                changes += 1
    return changes


# Positions are made unsigned before they index: numba then leaves out the test for negative ones, which would
# cost a third of the time.


@njit(cache=True, nogil=True)
def _number_word(keys, old, new, word, shift, mask, at, heights, lift, out, number, slots):  # type: ignore[no-untyped-def]
    """`_number` for keys of one word, which stay in a register."""
    slots[:] = -1
    clear, plan = np.empty(1, np.int64), np.empty((len(new), 4), np.int64)
    changes = _plan(old, new, word, shift, mask, at, heights, clear, plan)
    shifts, masks, begins = plan[:, 1].copy(), plan[:, 2].copy(), plan[:, 3].copy()
    kept, wrap, one, count = clear[0], np.uint64(len(slots) - 1), np.uint64(1), 0
    for i in range(len(keys)):
        key = keys[i] & kept
        for j in range(changes):
            code = (key >> shifts[j]) & masks[j]
            key += (lift[np.uint64(begins[j] + code)] - code) << shifts[j]
        h = (key ^ (key >> 32)) * -7046029254386353131
        slot = np.uint64(h ^ (h >> 32)) & wrap
        while True:
            found = slots[slot]
            if found < 0:
                slots[slot] = count
                out[count] = key
                number[i] = count
                count += 1
                break
            if out[np.uint64(found)] == key:
                number[i] = found
                break
            slot = (slot + one) & wrap
    return count


@njit(cache=True, nogil=True)
def _number(keys, old, new, word, shift, mask, at, heights, lift, out, number, slots):  # type: ignore[no-untyped-def]
    """Open addressing with linear probing; `out` has room for one key more than there are."""
    words = keys.shape[1]
    slots[:] = -1
    clear, plan = np.empty(words, np.int64), np.empty((len(new), 4), np.int64)
    changes = _plan(old, new, word, shift, mask, at, heights, clear, plan)
    where, shifts, masks, begins = (
        plan[:, 0].copy(),
        plan[:, 1].copy(),
        plan[:, 2].copy(),
        plan[:, 3].copy(),
    )
    wrap, one, count = np.uint64(len(slots) - 1), np.uint64(1), 0
    for i in range(len(keys)):
        for w in range(words):
            out[count, w] = keys[i, w] & clear[w]
        for j in range(changes):
            part = out[count, where[j]]
            code = (part >> shifts[j]) & masks[j]
            out[count, where[j]] = part + ((lift[np.uint64(begins[j] + code)] - code) << shifts[j])
        h = out[count, 0]
        h = (h ^ (h >> 32)) * -7046029254386353131
        for w in range(1, words):
            h = ((h ^ (h >> 29)) + out[count, w]) * -7046029254386353131
        slot = np.uint64(h ^ (h >> 32)) & wrap
        while True:
            found = slots[slot]
            if found < 0:
                slots[slot] = count
                number[i] = count
                count += 1
                break
            same = True
            for w in range(words):
                if out[found, w] != out[count, w]:
                    same = False
                    break
            if same:
                number[i] = found
                break
            slot = (slot + one) & wrap
    return count


@njit(cache=True, nogil=True)
def _sums(number, counts, made):  # type: ignore[no-untyped-def]
    for i in range(len(number)):
        for column in range(counts.shape[1]):
            made[number[i], column] += counts[i, column]


@njit(cache=True, nogil=True)
def _present(counts, begins, ends, made):  # type: ignore[no-untyped-def]
    for i in range(len(counts)):
        found = 0
        for column in range(begins, ends):
            found += counts[i, column] > 0
        made[i] = found


@njit(cache=True, nogil=True)
def _value_counts(tuples, rows, counts):  # type: ignore[no-untyped-def]
    for a in range(tuples.shape[1]):
        for i in range(len(rows)):
            counts[a, tuples[i, a]] += rows[i]


@njit(cache=True, nogil=True)
def _lost(keys, lost, rows, word, shift, mask, at, levels, leaf, totals):  # type: ignore[no-untyped-def]
    for i in range(len(keys)):
        if lost[i]:
            for a in range(len(word)):
                code = (keys[i, word[a]] >> shift[a]) & mask[a]
                totals[a] += rows[i] * leaf[at[a, levels[a]] + code]


@njit(cache=True, nogil=True)
def _composed(of_tuple, number, made):  # type: ignore[no-untyped-def]
    for i in range(len(of_tuple)):
        made[i] = number[of_tuple[i]]


@njit(cache=True, nogil=True)
def _lost_by_level(tuples, rows, lost, of_tuple, at, leaf, levels, totals):  # type: ignore[no-untyped-def]
    for i in range(len(of_tuple)):
        if lost[of_tuple[i]]:
            for a in range(len(levels)):
                for below in range(levels[a] + 1):
                    totals[a, below] += rows[i] * leaf[at[a, below] + tuples[i, a]]


@njit(cache=True, nogil=True)
def _closest(stored, sizes, count, levels):  # type: ignore[no-untyped-def]
    best, found = np.iinfo(np.int64).max, 0
    for i in range(count):
        if sizes[i] < best:
            below = True
            for a in range(len(levels)):
                if stored[i, a] > levels[a]:
                    below = False
                    break
            if below:
                best, found = sizes[i], i
    return found


@njit(cache=True, nogil=True)
def _mark(state, bound, axes, all_strides, first, last, expected, new):  # type: ignore[no-untyped-def]
    """Walk the box first..last; `expected` < 0 sets every state and closes it, else only that state."""
    d = len(axes)
    strides, lowest, highest = all_strides[axes], first[axes], last[axes]
    index = lowest.copy()
    at = 0
    for a in range(d):
        at += index[a] * strides[a]
    while True:
        step = strides[d - 1]
        here = at
        for _ in range(lowest[d - 1], highest[d - 1] + 1):
            if expected < 0:
                state[here] = new
                bound[here] = np.inf
            elif state[here] == expected:
                state[here] = new
            here += step
        a = d - 2
        while a >= 0:
            if index[a] < highest[a]:
                index[a] += 1
                at += strides[a]
                break
            at -= (index[a] - lowest[a]) * strides[a]
            index[a] = lowest[a]
            a -= 1
        if a < 0:
            return


@njit(cache=True, nogil=True)
def _raise(bound, axes, all_strides, last, all_factors, mode):  # type: ignore[no-untyped-def]
    d = len(axes)
    strides, node, factors = all_strides[axes], last[axes], all_factors[axes]
    index = np.zeros(d, np.int64)
    partial = np.empty(d)
    partial[0] = 1.0 if mode == 0 else 0.0
    at = a = 0
    while True:
        for q in range(a, d - 1):
            if mode == 0:
                partial[q + 1] = partial[q] * factors[q, index[q]]
            elif mode == 1:
                partial[q + 1] = partial[q] + factors[q, index[q]]
            else:
                partial[q + 1] = max(partial[q], factors[q, index[q]])
        here = at
        for i in range(node[d - 1] + 1):
            value = factors[d - 1, i]
            if mode == 0:
                value *= partial[d - 1]
            elif mode == 1:
                value += partial[d - 1]
            else:
                value = max(value, partial[d - 1])
            if value > bound[here]:
                bound[here] = value
            here += strides[d - 1]
        a = d - 2
        while a >= 0:
            if index[a] < node[a]:
                index[a] += 1
                at += strides[a]
                break
            at -= index[a] * strides[a]
            index[a] = 0
            a -= 1
        if a < 0:
            return


@njit(cache=True, nogil=True)
def _climb(state, bound, last, strides, chain):  # type: ignore[no-untyped-def]
    length = 1
    while True:
        here, best, up = chain[length - 1], np.inf, -1
        for a in range(len(last)):
            if here // strides[a] % (last[a] + 1) < last[a]:
                above = here + strides[a]
                if state[above] == 0 and (up < 0 or bound[above] < best):
                    best, up = bound[above], above
        if up < 0:
            return length
        chain[length] = up
        length += 1


_NONE = np.empty(0, np.int64)
_NO_TABLE = np.empty((0, 0), np.int64)


def numbered(layout: Layout, keys: Codes, old: Codes, new: Codes) -> tuple[Codes, Codes]:
    """As `plain.numbered`."""
    count, words = keys.shape
    number = np.empty(count, np.int64)
    slots = np.empty(1 << (count + count // 3).bit_length(), np.int32)
    fields = layout.word, layout.shift, layout.mask, layout.at, layout.heights, layout.lift
    if words == 1:
        flat = np.empty(count, np.int64)
        made = _number_word(keys[:, 0], old, new, *fields, flat, number, slots)
        return flat[:made].copy()[:, None], number
    out = np.empty((count + 1, words), np.int64)
    made = _number(keys, old, new, *fields, out, number, slots)
    return out[:made].copy(), number


def distinct(keys: Codes) -> tuple[Codes, Codes]:
    """As `plain.distinct`."""
    return numbered(_NOTHING, np.ascontiguousarray(keys), _NONE, _NONE)


class _Nothing:
    """A layout of no attributes: keys stay as they are."""

    word = shift = mask = heights = lift = _NONE
    at = _NO_TABLE


_NOTHING = cast("Layout", _Nothing)


def sums(number: Codes, counts: Counts, size: int) -> Counts:
    """As `plain.sums`."""
    made = np.zeros((size, counts.shape[1]), counts.dtype)
    _sums(number, counts, made)
    return made


def present(counts: npt.NDArray[Any], begins: int, ends: int) -> Codes:
    """As `plain.present`."""
    made = np.empty(len(counts), np.int64)
    _present(counts, begins, ends, made)
    return made


def value_counts(tuples: Codes, rows: Codes, sizes: Sequence[int]) -> list[Codes]:
    """As `plain.value_counts`."""
    counts = np.zeros((len(sizes), max(sizes)), np.int64)
    _value_counts(tuples, rows, counts)
    return [row[:size] for row, size in zip(counts, sizes, strict=True)]


def lost_leaves(layout: Layout, keys: Codes, lost: Bools, rows: Codes, levels: Codes) -> Codes:
    """As `plain.lost_leaves`."""
    totals = np.zeros(len(levels), np.int64)
    fields = layout.word, layout.shift, layout.mask, layout.at
    _lost(keys, lost, rows, *fields, levels, layout.leaf, totals)
    return totals


def composed(of_tuple: npt.NDArray[np.int32], number: Codes) -> npt.NDArray[np.int32]:
    """As `plain.composed`."""
    made = np.empty(len(of_tuple), np.int32)
    _composed(of_tuple, number, made)
    return made


def lost_by_level(
    layout: Layout, tuples: Codes, rows: Codes, lost: Bools, of_tuple: npt.NDArray[np.int32], levels: Codes
) -> Codes:
    """As `plain.lost_by_level`."""
    totals = np.zeros(layout.at.shape, np.int64)
    _lost_by_level(tuples, rows, lost, of_tuple, layout.at, layout.leaf, levels, totals)
    return totals


def closest_below(stored: Codes, sizes: Codes, count: int, levels: Codes) -> int:
    """As `plain.closest_below`."""
    return int(_closest(stored, sizes, count, levels))


def close_below(state: States, bound: Floats, grid: Grid, node: Codes) -> None:
    """As `plain.close_below`."""
    _mark(state, bound, grid.axes, grid.strides, grid.first, node, -1, 2)


def open_above(state: States, grid: Grid, node: Codes) -> None:
    """As `plain.open_above`."""
    _mark(state, _BOUNDLESS, grid.axes, grid.strides, node, grid.last, 0, 1)


_BOUNDLESS = np.empty(0)


def raise_below(bound: Floats, grid: Grid, node: Codes, factors: Floats, combine: np.ufunc) -> None:
    """As `plain.raise_below`."""
    _raise(bound, grid.axes, grid.strides, node, factors, _MODES[combine])


def climb(state: States, bound: Floats, grid: Grid, node: int) -> list[int]:
    """As `plain.climb`."""
    chain = np.empty(sum(grid.shape), np.int64)
    chain[0] = node
    length = _climb(state, bound, grid.last, grid.strides, chain)
    made: list[int] = chain[:length].tolist()
    return made
