"""What the sums and means of a table were made of, worked out again from the table they were made from.

A column is known where, for every row, it is the sum or the mean of one column of the input over the records that the
row's labels name (within what was rounded away); nobody has to be believed. Labels are the input's own values, or
intervals of its numbers, or a total. Whatever was made otherwise (of some of the records, from a formula) stays
unknown, and the caller says so. Then ACRO's rules for magnitudes can be asked: (n, k) dominance and p% (`dominance`),
the number of contributors, whether all have one value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .finding import CellKey
from .labels import interval, is_total
from .reading import cell_text, number
from .source_index import coded, combined

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]
    Numbers = NDArray[np.float64]

MOST_PAIRS = 20_000_000
"""Rows of the table times different labels of the input: beyond it nothing is worked out."""


@dataclass(frozen=True, slots=True)
class Contributed:
    """`amounts`: for each cell (row from 1, column) that is known, the amount of each contributor; `unknown`:
    the columns of which nothing is known; `counts`: those that count the records themselves."""

    amounts: Mapping[CellKey, Sequence[float]]
    unknown: tuple[str, ...]
    counts: tuple[str, ...] = ()


def contributed(
    table: pa.Table, source: pa.Table, keys: Sequence[str], values: Sequence[str], contributor: str | None = None
) -> Contributed:  # fmt: skip
    """What each of the columns `values` was made of. Records of one `contributor` (a column of the input) are one
    amount; without one each record is a contributor."""
    nothing = Contributed({}, tuple(values))
    if not values or any(key not in source.column_names for key in keys):
        return nothing
    groups = _groups(table, source, keys)
    if groups is None:
        return nothing
    inside, cell_of = groups
    cells = inside.shape[1]
    order = np.argsort(cell_of, kind="stable")
    starts = np.searchsorted(cell_of[order], np.arange(cells + 1))
    people = None if contributor is None else coded(source.column(contributor))[0]
    sizes = inside @ np.bincount(cell_of, minlength=cells)
    wanted = {name: [number(each) for each in table.column(name).to_pylist()] for name in values}
    counts = tuple(name for name in values if all_near(wanted[name], sizes))
    amounts: dict[CellKey, Sequence[float]] = {}
    found: set[str] = set(counts)
    for of in _measured(source, (*keys, *([contributor] if contributor else []))):
        column = _floats(source, of)
        known = ~np.isnan(column)
        totals = inside @ np.bincount(cell_of, np.where(known, column, 0.0), cells)
        filled = inside @ np.bincount(cell_of, known.astype(float), cells)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = totals / filled
        for name in values:
            if name in found or not (all_near(wanted[name], totals) or all_near(wanted[name], means)):
                continue
            found.add(name)
            for row, value in enumerate(wanted[name]):
                if value is not None:
                    of_row = np.flatnonzero(inside[row])
                    records = np.concatenate([order[starts[c] : starts[c + 1]] for c in of_row]) if len(of_row) else order[:0]  # fmt: skip
                    amounts[row + 1, name] = _of_contributors(records[known[records]], column, people)
    return Contributed(amounts, tuple(name for name in values if name not in found), counts)


def sizes(
    table: pa.Table, source: pa.Table, keys: Sequence[str], masks: Sequence[NDArray[np.bool_]] = ()
) -> list[Numbers] | None:
    """How many records each row's labels name, and of these how many are chosen by each mask. None where the input has
    no such keys, or there are too many pairs."""
    if any(key not in source.column_names for key in keys):
        return None
    groups = _groups(table, source, keys)
    if groups is None:
        return None
    inside, cell_of = groups
    cells = inside.shape[1]
    chosen = (cell_of, *(cell_of[mask] for mask in masks))
    exact: Any = np.float32 if source.num_rows < 1 << 24 else np.float64  # whole numbers are, up to that
    of_cells = np.stack([np.bincount(each, minlength=cells) for each in chosen], axis=1).astype(exact)
    return [column.astype(np.float64) for column in (inside.astype(exact) @ of_cells).T]


def counted(
    table: pa.Table, source: pa.Table, keys: Sequence[str], contributor: str | None = None
) -> list[int]:
    """How many contributors the records of each row have."""
    groups = _groups(table, source, keys)
    if groups is None or source.num_rows == 0:
        return [0] * table.num_rows
    inside, cell_of = groups
    people = np.arange(source.num_rows) if contributor is None else coded(source.column(contributor))[0]
    return [len(np.unique(people[row[cell_of]])) for row in inside]


def _groups(table: pa.Table, source: pa.Table, keys: Sequence[str]) -> tuple[NDArray[np.bool_], Ids] | None:
    """Which of the input's combinations of labels lie in each row; and each record's combination."""
    codes, labels = [], []
    for key in keys:
        code, named = coded(source.column(key))
        codes.append(code)
        labels.append(named)
    if keys:
        _, first, cell_of = np.unique(combined(codes), return_index=True, return_inverse=True)
        different = np.stack([code[first] for code in codes])
    else:
        different, cell_of = np.zeros((0, 1), dtype=np.int64), np.zeros(source.num_rows, dtype=np.int64)
    if table.num_rows * different.shape[1] > MOST_PAIRS:
        return None
    inside = np.ones((table.num_rows, different.shape[1]), dtype=bool)
    for at, key in enumerate(keys):
        texts = [cell_text(each) for each in table.column(key).to_pylist()]
        lies_in = {text: _lies_in(text, labels[at]) for text in set(texts)}
        for row, text in enumerate(texts):
            inside[row] &= lies_in[text][different[at]]
    return inside, cell_of.astype(np.int64)


def _lies_in(text: str, labels: Sequence[str]) -> NDArray[np.bool_]:
    if is_total(text):
        return np.ones(len(labels), dtype=bool)
    same = np.array([each == text for each in labels], dtype=bool)
    if same.any() or (span := interval(text)) is None:
        return same
    numbers = [number(each) for each in labels]
    return np.array([each is not None and span[0] <= each < span[1] for each in numbers], dtype=bool)


def _measured(source: pa.Table, without: Sequence[str]) -> list[str]:
    import pyarrow as pa

    def counts(kind: Any) -> bool:
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))

    return [field.name for field in source.schema if field.name not in without and counts(field.type)]


def _floats(source: pa.Table, name: str) -> Numbers:
    import pyarrow as pa

    column = source.column(name).cast(pa.float64(), safe=False)
    return np.asarray(column.to_numpy(), dtype=np.float64)


def all_near(said: Sequence[float | None], made: Any) -> bool:
    """Whether every number that is there is the one that was made, within half of its last digit."""
    there = [(float(value), float(made[row])) for row, value in enumerate(said) if value is not None]
    return bool(there) and all(abs(value - truth) <= _half_digit(value) + 1e-9 * abs(truth) for value, truth in there)  # fmt: skip


def _half_digit(value: float) -> float:
    text = repr(float(value))
    if "e" in text or text.endswith(".0"):
        return 0.5 if math.floor(value) == value else 0.0
    return 0.5001 * 10.0 ** -len(text.partition(".")[2])


def _of_contributors(records: Ids, column: Numbers, people: Ids | None) -> list[float]:
    if people is None:
        return [float(each) for each in column[records]]
    _, person = np.unique(people[records], return_inverse=True)
    return [float(each) for each in np.bincount(person, column[records])] if len(records) else []
