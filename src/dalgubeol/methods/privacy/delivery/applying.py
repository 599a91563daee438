"""The labels that a recipe gives to the rows of a delivery, as numbers.

A full-domain recipe gives a label to each value of a column; a local recoding gives one to each distinct tuple
of quasi-identifiers, for the level depends on all of them. Either way a column is its distinct labels and a
number per row (`stream.classes.LabelledColumn`): labels are never made row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..hierarchy import Hierarchy, unknown_values
from ..stream.classes import LabelledColumn, numbered
from ..stream.columns import Compact, EncodedColumn
from ..values import Codes, text_of
from .recipe import Recipe

Mask = npt.NDArray[np.bool_]

_LARGEST_KEY = 2**62
_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """`known`: the rows whose values are all in hierarchies; `out`: those of them that a published class fits."""

    columns: tuple[LabelledColumn, ...]
    known: Mask
    out: Mask


def texts_of(values: pa.Array) -> list[str | None]:
    """The text of each of `values`, by the one rule of `values.text_of`."""
    plain = values.cast(pa.string()) if pa.types.is_temporal(values.type) else values
    return [text_of(value) for value in plain.to_pylist()]


def present_texts(column: EncodedColumn) -> list[str | None]:
    """The texts that occur in the rows of `column`, each once; None last, if a row misses its value."""
    return list(dict.fromkeys([*texts_of(column.values), *([None] if column.has_missing else [])]))


def labelled_by(
    recipe: Recipe, hierarchies: Sequence[Hierarchy], columns: Sequence[EncodedColumn]
) -> Labelled:
    """Raises `Invalid` where the hierarchies are not the recipe's, and for values that they do not know, unless
    the recipe leaves those out."""
    hierarchies = [
        h.with_missing() if c.has_missing else h for h, c in zip(hierarchies, columns, strict=True)
    ]
    recipe.levels_of(hierarchies, np.empty((0, len(columns)), np.int64))  # checks that they belong together
    suppress = recipe.unknown == "suppress"
    of_code = [_hierarchy_codes(h, c, suppress) for h, c in zip(hierarchies, columns, strict=True)]
    known = np.ones(len(columns[0].codes), np.bool_)
    for column, code in zip(columns, of_code, strict=True):
        if code.min() < 0:
            known &= (code >= 0)[column.codes]
    makers = [
        _Labels(h, c, code, recipe.stays_exact(a))
        for a, (h, c, code) in enumerate(zip(hierarchies, columns, of_code, strict=True))
    ]
    if recipe.splits is None:
        made = [
            maker.column(maker.numbers(maker.of_code, level), column.codes)
            for maker, column, level in zip(makers, columns, recipe.levels, strict=True)
        ]
        return Labelled(tuple(made), known, known)
    first, tuple_of_row = _tuples(columns)
    covered = np.empty(len(first), np.bool_)
    numbers = [np.empty(len(first), np.uint32) for _ in makers]
    for begun in range(0, len(first), _AT_ONCE):
        rows = slice(begun, begun + _AT_ONCE)
        some = np.column_stack(
            [m.of_code[c.codes[first[rows]]] for m, c in zip(makers, columns, strict=True)]
        )
        levels, covered[rows] = recipe.levels_of(hierarchies, some)
        for a, maker in enumerate(makers):
            numbers[a][rows] = maker.numbers(some[:, a], levels[:, a])
    made = [
        maker.column(number.astype(np.int64), tuple_of_row)
        for maker, number in zip(makers, numbers, strict=True)
    ]
    return Labelled(tuple(made), known, known & covered[tuple_of_row])


def _hierarchy_codes(hierarchy: Hierarchy, column: EncodedColumn, suppress: bool) -> Codes:
    """Per code of `column` the hierarchy's code of its value; -1 for one that is unknown, or in no row."""
    number = {text: code for code, text in enumerate(hierarchy.labels[0])}
    texts = [None, *texts_of(column.values)]
    codes = np.array([number.get(text, -1) for text in texts], np.int64)
    if not suppress and (codes[0 if column.has_missing else 1 :] < 0).any():
        rows = column.codes
        lacking = rows[codes[rows] < 0]
        raise unknown_values(hierarchy.name, len(np.unique(lacking)), len(lacking), of_recipe=True)
    return codes


def _tuples(columns: Sequence[EncodedColumn]) -> tuple[Codes, npt.NDArray[np.uint32]]:
    """A row of each distinct tuple of values, and the tuple of each row."""
    key, span = columns[0].codes.astype(np.int64), len(columns[0].values) + 1
    for column in columns[1:]:
        width = len(column.values) + 1
        if span * width > _LARGEST_KEY:
            key, span = numbered(key, span)
        key *= width
        key += column.codes
        span *= width
    number, count = numbered(key, span)
    del key
    first = np.empty(count, np.int64)
    first[number] = np.arange(len(number))
    return first, number.astype(np.uint32)


class _Labels:
    """The labels of one hierarchy at all its levels, numbered; with `exact` the values in their own type."""

    def __init__(self, hierarchy: Hierarchy, column: EncodedColumn, of_code: Codes, exact: bool) -> None:
        self.name, self.of_code, self._size = hierarchy.name, np.maximum(of_code, 0), hierarchy.size
        if exact:
            # Values with the same text (0.0 and -0.0) must come out as one: the first.
            known = np.flatnonzero(of_code >= 0)[::-1]
            place = np.zeros(hierarchy.size, np.int64)
            place[of_code[known]] = known
            values = pa.concat_arrays([pa.nulls(1, column.values.type), column.values])
            self._known, self._number = values.take(pa.array(place)), np.arange(hierarchy.size)
        else:
            labels = pa.array([label for level in hierarchy.labels for label in level], pa.string())
            encoded = labels.dictionary_encode("encode")
            self._known, self._number = encoded.dictionary, encoded.indices.to_numpy().astype(np.int64)
        self._exact = exact

    def numbers(self, codes: Codes, levels: Codes | int) -> Codes:
        """The number of the label of each value of the hierarchy at its level."""
        return codes if self._exact else self._number[levels * self._size + codes]

    def column(self, numbers: Codes, codes: Compact) -> LabelledColumn:
        """`numbers[code]` is the label of a row with that code."""
        used = np.flatnonzero(np.bincount(numbers, minlength=len(self._known)))
        labels = self._known.take(pa.array(used))
        order = pc.sort_indices(labels).to_numpy()
        place = np.zeros(len(self._known), np.min_scalar_type(len(used)))
        place[used[order]] = np.arange(len(used))
        return LabelledColumn(self.name, labels.take(pa.array(order)), place[numbers], codes)
