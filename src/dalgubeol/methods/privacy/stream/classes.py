"""Equivalence classes of surveyed rows, counted in persons, and what follows from the counts.

Classes are numbered from the labels that will be published, not from the codes that were searched, so that a
count here is a second opinion on what the search has found. All counts are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..anonymity import EquivalenceClasses
from ..hierarchy import Hierarchy
from ..measure.risk import Risk, risk_of_classes
from ..values import Codes
from .columns import MISSING, Compact, EncodedColumn
from .survey import Named

Mask = npt.NDArray[np.bool_]

_LARGEST_KEY = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class LabelledColumn:
    """A column as it goes out: `labels` ascending (missing last), the label of each code, the codes of the rows."""

    name: str
    labels: pa.Array
    label_of_code: Compact
    codes: Compact

    def numbers(self, rows: npt.NDArray[np.integer[Any]]) -> Compact:
        """The number of the label of each of `rows`."""
        made: Compact = self.label_of_code[self.codes[rows]]
        return made


def labelled(column: EncodedColumn, hierarchy: Hierarchy, level: int) -> LabelledColumn:
    """`column` at `level`. At level 0 it keeps its type, and values with the same text become one."""
    if column.has_missing:
        hierarchy = hierarchy.with_missing()
    code = hierarchy_codes(column, hierarchy)
    if level:
        labels = (
            pa.array(hierarchy.labels[level], pa.string()).take(pa.array(code)).dictionary_encode("encode")
        )
        distinct, number = labels.dictionary, labels.indices.to_numpy()
    else:
        _, member, number = np.unique(code, return_index=True, return_inverse=True)
        values = column.distinct if column.has_missing else column.values
        if column.has_missing:
            values = pa.concat_arrays([values.slice(len(values) - 1), column.values])
        distinct = values.take(pa.array(member))
    order = pc.sort_indices(distinct).to_numpy()
    place = np.empty(len(order), np.min_scalar_type(len(order)))
    place[order] = np.arange(len(order))
    of_code = place[number]
    if not column.has_missing:  # no row has code 0
        of_code = np.concatenate([of_code[:1], of_code])
    return LabelledColumn(column.name, distinct.take(pa.array(order)), of_code, column.codes)


def as_it_came(column: EncodedColumn) -> LabelledColumn:
    """`column` with its values for labels, in the order in which they came."""
    values = pa.concat_arrays([pa.nulls(1, column.values.type), column.values])
    return LabelledColumn(column.name, values, np.arange(len(values), dtype=np.uint32), column.codes)


def as_encoded(column: LabelledColumn) -> EncodedColumn:
    """`column` with its labels for values."""
    there = column.labels.is_valid().to_numpy(zero_copy_only=False)
    code = np.where(there, np.cumsum(there), MISSING).astype(np.min_scalar_type(len(there)))
    return EncodedColumn(column.name, column.labels.drop_null(), code[column.label_of_code[column.codes]])


def hierarchy_codes(column: EncodedColumn, hierarchy: Hierarchy) -> Codes:
    """Of each distinct value (the missing one first, if a row misses it) the code in `hierarchy`.

    Raises `Invalid` for values that the hierarchy does not know.
    """
    values = column.values
    if column.has_missing:
        values = pa.concat_arrays([pa.nulls(1, values.type), values])
    return hierarchy.encode(values)


def classes_of(
    columns: Sequence[LabelledColumn], persons: Named | None, kept: Mask | None = None
) -> EquivalenceClasses:
    """The classes of the rows (of those `kept`): rows equal in all labels. Classes are numbered in the order
    of their labels, the first column foremost."""
    key = np.zeros(len(columns[0].codes), np.int64)
    span = 1
    for column in columns:
        width = len(column.labels)
        if span * width > _LARGEST_KEY:
            key, span = numbered(key, span)
        key *= width
        key += column.label_of_code[column.codes]
        span *= width
    number, count = numbered(key if kept is None else key[kept], span)
    del key
    rows = np.bincount(number, minlength=count)
    if persons is None:
        return EquivalenceClasses(number, rows, rows)
    people = persons.of_row if kept is None else persons.of_row[kept]
    return EquivalenceClasses(number, rows, distinct_per_class(number, people, count, len(persons)))


def distinct_per_class(number: Codes, people: npt.NDArray[np.uint32], classes: int, persons: int) -> Codes:
    """How many different `people` each class has."""
    pairs = number * persons
    pairs += people
    pairs.sort()
    new = np.empty(len(pairs), np.bool_)
    new[:1] = True
    np.not_equal(pairs[1:], pairs[:-1], out=new[1:])
    pairs //= persons
    return np.bincount(pairs[new], minlength=classes)


def numbered(key: Codes, span: int) -> tuple[Codes, int]:
    """The place of each key among the distinct ones, ascending, and how many there are. `key` is under `span`."""
    if span <= 4 * len(key):
        seen = np.zeros(span, np.int32)
        seen[key] = 1
        np.cumsum(seen, out=seen)
        return seen[key].astype(np.int64) - 1, int(seen[-1])
    order = np.argsort(key)
    ordered = key[order]
    step = np.empty(len(key), np.int64)
    step[:1] = 0
    np.not_equal(ordered[1:], ordered[:-1], out=step[1:], casting="unsafe")
    del ordered
    np.cumsum(step, out=step)
    number = np.empty(len(key), np.int64)
    number[order] = step
    return number, int(step[-1]) + 1 if len(step) else 0


def risk_of(
    classes: EquivalenceClasses, persons: Named | None, kept: Mask | None = None, *, threshold: float
) -> Risk:
    """The risk of the rows (of those `kept`) that `classes` are of."""
    if persons is None:
        return risk_of_classes(classes.persons, threshold=threshold)
    people = persons.of_row if kept is None else persons.of_row[kept]
    highest = np.zeros(len(persons))
    np.maximum.at(highest, people, (1 / classes.persons)[classes.class_of_row])
    here = highest[highest > 0]
    return risk_of_classes(classes.persons, classes.rows, risk_of_person=here, threshold=threshold)


def persons_below_k(classes: EquivalenceClasses, people: npt.NDArray[np.uint32], persons: int, k: int) -> int:
    """How many persons have a combination of classes, over all their rows, that fewer than `k` share.

    Persons are told apart row by row: all who agree so far have one number, and the next class of each splits
    them. `people[row]` is under `persons`, `classes.class_of_row` speaks of the same rows.
    """
    count = max(1, len(classes.rows))
    rows = people.astype(np.int64)
    rows *= count
    rows += classes.class_of_row
    rows.sort()
    whose, of_class = np.divmod(rows, count)
    begins = np.flatnonzero(np.diff(whose, prepend=-1))
    length = np.diff(begins, append=len(rows))
    del whose, rows
    alike, agreeing, groups = np.arange(len(begins)), np.zeros(len(begins), np.int64), 1
    depth = below = 0
    while len(alike) >= k:
        agreeing, groups = numbered(agreeing * count + of_class[begins[alike] + depth], groups * count)
        depth += 1
        ends = length[alike] == depth
        shared = np.bincount(agreeing[ends], minlength=groups)
        below += int(shared[shared < k].sum())
        alike, agreeing = alike[~ends], agreeing[~ends]
    return below + len(alike)
