"""Rows numbered by their distinct combinations of codes, however many bits those take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .values import Codes

_LARGEST_KEY = 2**62


def group(columns: Sequence[Codes], widths: Sequence[int]) -> tuple[Codes, Codes]:
    """Number the distinct combinations of `columns`: one member's index per group, and each row's group.

    Codes of a column are from 0 to under its width.
    """
    key, span = columns[0], widths[0]
    for column, width in zip(columns[1:], widths[1:], strict=True):
        if span * width > _LARGEST_KEY:
            distinct, key = np.unique(key, return_inverse=True)
            span = len(distinct)
        key, span = key * width + column, span * width
    number = _ranks(key, span)
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
