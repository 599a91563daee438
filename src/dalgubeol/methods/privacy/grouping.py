"""Rows numbered by their distinct combinations of codes, however many bits those take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .values import Codes

_LARGEST_KEY = 2**62
_HASHED_FROM = 200_000
"""Rows from which on hashing is worth what it takes to load its compiled code."""
_MOST_HASHED = 2**31 - 1


def group(columns: Sequence[Codes], widths: Sequence[int]) -> tuple[Codes, Codes]:
    """Number the distinct combinations of `columns` in their order: one member's index per group, and each row's group.

    Codes of a column are from 0 to under its width, of whatever whole type.
    """
    key, span = _keys(columns, widths)
    return _with_members(_ranks(key, span))


def group_anyhow(columns: Sequence[Codes], widths: Sequence[int]) -> tuple[Codes, Codes]:
    """The same, numbered in any order: many rows are hashed and not sorted, and the numbers are of four bytes."""
    key, span = _keys(columns, widths)
    if span <= 4 * len(key) or not _HASHED_FROM <= len(key) <= _MOST_HASHED:
        return _with_members(_ranks(key, span))
    from .grouping_compiled import number_keys

    slots = np.full(1 << (2 * len(key) - 1).bit_length(), -1, np.int32)
    number: Any = np.empty(len(key), np.int32)
    member: Any = np.empty(len(key), np.int32)
    found = number_keys(key, slots, number, member)
    return member[:found].copy(), number


def _keys(columns: Sequence[Codes], widths: Sequence[int]) -> tuple[Codes, int]:
    key, span = np.asarray(columns[0]).astype(np.int64, copy=len(columns) > 1), widths[0]
    for column, width in zip(columns[1:], widths[1:], strict=True):
        if span * width > _LARGEST_KEY:
            distinct, key = np.unique(key, return_inverse=True)
            span = len(distinct)
        key *= width
        key += column
        span *= width
    return key, span


def _with_members(number: Codes) -> tuple[Codes, Codes]:
    member = np.empty(int(number.max()) + 1 if len(number) else 0, np.int64)
    member[number] = np.arange(len(number))
    return member, number


def _ranks(key: Codes, span: int) -> Codes:
    if span <= 4 * len(key):
        seen = np.zeros(span, np.int64)
        seen[key] = 1
        return (np.cumsum(seen) - 1)[key]
    order = np.argsort(key)
    ordered = key[order]
    number = np.empty(len(key), np.int64)
    number[order] = np.concatenate([[0], np.cumsum(ordered[1:] != ordered[:-1])])
    return number
