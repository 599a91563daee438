"""The steps of the search compiled by numba: the functions of `plain`, ten times as fast.

Importing this file costs about a second of CPU, and the very first use of an installation some ten more
while the machine code is made and kept on disk; `engine.Steps` decides when that pays. numba keeps the values
of module globals in what it stores, so tables come in as arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ..values import Codes
from .layout import Layout
from .plain import Bools, Counts, Floats, Shape, States

_MODES: dict[Any, int] = {np.multiply: 0, np.add: 1, np.maximum: 2}


@njit(cache=True, nogil=True)
def _number(keys, changed, word, shift, mask, begins, lift, out, number, slots):  # type: ignore[no-untyped-def]
    """Open addressing with linear probing; `out` has room for one key more than there are."""
    words, wrap, count = keys.shape[1], len(slots) - 1, 0
    for i in range(len(keys)):
        for w in range(words):
            out[count, w] = keys[i, w]
        for j in range(len(changed)):
            a = changed[j]
            code = (out[count, word[a]] >> shift[a]) & mask[a]
            out[count, word[a]] += (lift[begins[j] + code] - code) << shift[a]
        h = out[count, 0]
        h = (h ^ (h >> 32)) * -7046029254386353131
        for w in range(1, words):
            h = ((h ^ (h >> 29)) + out[count, w]) * -7046029254386353131
        slot = (h ^ (h >> 31)) & wrap
        while True:
            at = slots[slot]
            if at < 0:
                slots[slot] = count
                number[i] = count
                count += 1
                break
            same = True
            for w in range(words):
                if out[at, w] != out[count, w]:
                    same = False
                    break
            if same:
                number[i] = at
                break
            slot = (slot + 1) & wrap
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
def _lost(keys, lost, rows, word, shift, mask, begins, leaf, totals):  # type: ignore[no-untyped-def]
    gone = 0
    for i in range(len(keys)):
        if lost[i]:
            gone += rows[i]
            for a in range(len(word)):
                totals[a] += rows[i] * leaf[begins[a] + ((keys[i, word[a]] >> shift[a]) & mask[a])]
    return gone


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
def _mark(state, bound, strides, lowest, highest, expected, new):  # type: ignore[no-untyped-def]
    """Walk the box lowest..highest; `expected` < 0 sets every state and closes it, else only that state."""
    d = len(strides)
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
def _raise(bound, strides, node, factors, mode):  # type: ignore[no-untyped-def]
    d = len(strides)
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
def _climb(state, bound, shape, strides, chain):  # type: ignore[no-untyped-def]
    length = 1
    while True:
        here, best, up = chain[length - 1], np.inf, -1
        for a in range(len(shape)):
            if here // strides[a] % shape[a] + 1 < shape[a]:
                above = here + strides[a]
                if state[above] == 0 and (up < 0 or bound[above] < best):
                    best, up = bound[above], above
        if up < 0:
            return length
        chain[length] = up
        length += 1


_NONE = np.empty(0, np.int64)


def numbered(
    layout: Layout, keys: Codes, changed: Sequence[int], levels: Sequence[int]
) -> tuple[Codes, Codes]:
    """As `plain.numbered`."""
    which = np.array(changed, np.int64)
    begins = np.array([layout.at[a, levels[a]] for a in changed], np.int64)
    return _numbered(keys, which, layout.word, layout.shift, layout.mask, begins, layout.lift)


def distinct(keys: Codes) -> tuple[Codes, Codes]:
    """As `plain.distinct`."""
    return _numbered(np.ascontiguousarray(keys), _NONE, _NONE, _NONE, _NONE, _NONE, _NONE)


def _numbered(
    keys: Codes, changed: Codes, word: Codes, shift: Codes, mask: Codes, begins: Codes, lift: Codes
) -> tuple[Codes, Codes]:
    out = np.empty((len(keys) + 1, keys.shape[1]), np.int64)
    number = np.empty(len(keys), np.int64)
    slots = np.full(1 << (2 * len(keys)).bit_length(), -1, np.int32)
    count = _number(keys, changed, word, shift, mask, begins, lift, out, number, slots)
    return out[:count].copy(), number


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


def lost_leaves(
    layout: Layout, keys: Codes, lost: Bools, rows: Codes, levels: Sequence[int]
) -> tuple[int, list[int]]:
    """As `plain.lost_leaves`."""
    totals = np.zeros(len(levels), np.int64)
    begins = layout.at[np.arange(len(levels)), np.array(levels)]
    gone = _lost(keys, lost, rows, layout.word, layout.shift, layout.mask, begins, layout.leaf, totals)
    return int(gone), totals.tolist()


def composed(of_tuple: npt.NDArray[np.int32], number: Codes) -> npt.NDArray[np.int32]:
    """As `plain.composed`."""
    made = np.empty(len(of_tuple), np.int32)
    _composed(of_tuple, number, made)
    return made


def lost_by_level(
    layout: Layout,
    tuples: Codes,
    rows: Codes,
    lost: Bools,
    of_tuple: npt.NDArray[np.int32],
    levels: Sequence[int],
) -> list[list[int]]:
    """As `plain.lost_by_level`."""
    totals = np.zeros((len(levels), max(levels) + 1), np.int64)
    highest = np.array(levels, np.int64)
    _lost_by_level(tuples, rows, lost, of_tuple, layout.at, layout.leaf, highest, totals)
    return [row[: level + 1] for row, level in zip(totals.tolist(), levels, strict=True)]


def closest_below(stored: Codes, sizes: Codes, count: int, levels: Sequence[int]) -> int:
    """As `plain.closest_below`."""
    return int(_closest(stored, sizes, count, np.array(levels, np.int64)))


def _longest_last(shape: Shape) -> tuple[Codes, Codes]:
    """(axes with the longest last, their strides): the inner loop should be long."""
    strides = np.cumprod([1, *shape[:0:-1]])[::-1]
    axes = np.argsort(np.array(shape), kind="stable")
    return axes, strides[axes].astype(np.int64)


def close_below(state: States, bound: Floats, shape: Shape, node: Shape) -> None:
    """As `plain.close_below`."""
    axes, strides = _longest_last(shape)
    highest = np.array(node, np.int64)[axes]
    _mark(state, bound, strides, np.zeros_like(highest), highest, -1, 2)


def open_above(state: States, shape: Shape, node: Shape) -> None:
    """As `plain.open_above`."""
    axes, strides = _longest_last(shape)
    highest = np.array(shape, np.int64)[axes] - 1
    _mark(state, _BOUNDLESS, strides, np.array(node, np.int64)[axes], highest, 0, 1)


_BOUNDLESS = np.empty(0)


def raise_below(
    bound: Floats, shape: Shape, node: Shape, factors: Sequence[Sequence[float]], combine: np.ufunc
) -> None:
    """As `plain.raise_below`."""
    axes, strides = _longest_last(shape)
    padded = np.zeros((len(node), max(node) + 1))
    for position, a in enumerate(axes.tolist()):
        padded[position, : len(factors[a])] = factors[a]
    _raise(bound, strides, np.array(node, np.int64)[axes], padded, _MODES[combine])


def climb(state: States, bound: Floats, shape: Shape, node: int) -> list[int]:
    """As `plain.climb`."""
    chain = np.empty(sum(shape), np.int64)
    chain[0] = node
    strides = np.cumprod([1, *shape[:0:-1]])[::-1]
    length = _climb(state, bound, np.array(shape, np.int64), strides.astype(np.int64), chain)
    return [int(position) for position in chain[:length]]
