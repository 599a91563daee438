"""A new delivery and the earlier ones, numbered alike, as `deliveries` asks for them.

Classes are numbered in the order of their labels and persons in the order of their pseudonyms. Both follow from
what is published alone: neither the order of the rows nor how they were read decides who is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .applying import present_texts, texts_of
from .deliveries import Mask, Units
from .given import DELIVERY, LABEL, PERSON, ROWS, SENSITIVE, Given, counted, whole
from .grouping import group
from .recipe import Recipe
from .search.from_table import in_order
from .stream.classes import LabelledColumn, numbered
from .stream.columns import EncodedColumn
from .values import Codes, flat

_LARGEST_KEY = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Whose each row is: `texts[of_row[row]]` is her pseudonym. No text twice, none missing."""

    texts: pa.Array
    of_row: npt.NDArray[np.uint32]


class Question:
    """`rows` are those of the delivery that could go out, as codes into `labels` and `sensitive`."""

    def __init__(
        self,
        recipe: Recipe,
        given: Given,
        labels: Sequence[LabelledColumn],
        sensitive: Mapping[str, EncodedColumn],
        people: People | None,
        rows: Codes,
    ) -> None:
        before = given.table
        self._given, self._labels = given, labels
        class_then, class_now, self._classes = _classes(before, labels, rows)
        self.values: dict[str, tuple[str | None, ...]] = {}
        sensitive_then, of_row = {}, {}
        for name in recipe.sensitive:
            column = sensitive[name]
            texts, then = _coded(before[SENSITIVE + name])
            self.values[name] = in_order({*texts, *present_texts(column)})
            place = {text: i for i, text in enumerate(self.values[name])}
            sensitive_then[name] = _placed(texts, place)[then]
            of_row[name] = _placed([None, *texts_of(column.values)], place)[column.codes[rows]]
        person_then = person_now = None
        self._people = pa.array([], pa.string())
        if people is not None:
            self._people, person_then, of_text = _ranked(
                before[PERSON] if given.has_persons else None, people
            )
            person_now = of_text[people.of_row[rows]]
        keys = [class_now, *of_row.values(), *([] if person_now is None else [person_now])]
        widths = [self._classes, *map(len, self.values.values()), len(self._people)]
        first, self.unit_of_row = group(keys, widths[: len(keys)])
        self._row_of_unit = rows[first]
        self.now = Units(
            class_now[first],
            None if person_now is None else person_now[first],
            {name: codes[first] for name, codes in of_row.items()},
            np.bincount(self.unit_of_row, minlength=len(first)),
            np.full(len(first), given.deliveries),
        )
        self.before = Units(
            class_then, person_then, sensitive_then, whole(before[ROWS]), whole(before[DELIVERY])
        )

    def remembered(self, kept: Mask) -> Given:
        """What of the new delivery goes out. Where persons are not remembered, nothing is counted by person."""
        units = np.flatnonzero(kept)
        rows = self.now.rows[kept]
        by_person = self._given.has_persons
        if not by_person and self.now.person is not None:
            keys = [self.now.of_class[kept], *(codes[kept] for codes in self.now.sensitive.values())]
            first, number = group(keys, [self._classes, *map(len, self.values.values())])
            units, rows = units[first], np.bincount(number, rows, len(first)).astype(np.int64)
        made = {}
        for label in self._labels:
            texts = pa.array(texts_of(label.labels), pa.string())
            made[LABEL + label.name] = texts.take(pa.array(label.numbers(self._row_of_unit[units])))
        for name, known in self.values.items():
            made[SENSITIVE + name] = pa.array(known, pa.string()).take(
                pa.array(self.now.sensitive[name][units])
            )
        if by_person and self.now.person is not None:
            made[PERSON] = self._people.take(pa.array(self.now.person[units]))
        return counted(made, rows)

    def persons_per_class(self, kept: Mask) -> tuple[Codes, Codes | None]:
        """(in this delivery, in all together)."""
        now, before = self.now, self.before
        if now.person is None:
            here = np.bincount(now.of_class[kept], now.rows[kept], self._classes).astype(np.int64)
            return here, here + np.bincount(before.of_class, before.rows, self._classes).astype(np.int64)
        here = self._distinct(now.of_class[kept], now.person[kept])
        if before.person is None:
            return here, None
        of_class = np.concatenate([before.of_class, now.of_class[kept]])
        return here, self._distinct(of_class, np.concatenate([before.person, now.person[kept]]))

    def _distinct(self, of_class: Codes, person: Codes) -> Codes:
        first, _ = group([of_class, person], [self._classes, len(self._people)])
        return np.bincount(of_class[first], minlength=self._classes)


def _classes(before: pa.Table, labels: Sequence[LabelledColumn], rows: Codes) -> tuple[Codes, Codes, int]:
    """(the class of each row of `before`, of each of `rows`, how many there are)."""
    size = before.num_rows
    key, span = np.zeros(size + len(rows), np.int64), 1
    for label in labels:
        then_texts, then = _coded(before[LABEL + label.name])
        now_texts = texts_of(label.labels)
        known = sorted({*then_texts, *now_texts}, key=lambda text: (text is None, text or ""))
        place = {text: i for i, text in enumerate(known)}
        if span * len(known) > _LARGEST_KEY:
            key, span = numbered(key, span)
        key *= len(known)
        key[:size] += _placed(then_texts, place)[then]
        key[size:] += _placed(now_texts, place)[label.numbers(rows)]
        span *= len(known)
    number, count = numbered(key, span)
    return number[:size], number[size:], max(1, count)


def _coded(column: pa.ChunkedArray) -> tuple[list[str | None], Codes]:
    """The distinct texts of a column of dictionaries, a missing one last, and which of them each row has."""
    encoded = _encoded(column)
    texts: list[str | None] = encoded.dictionary.to_pylist()
    rows = encoded.indices
    if rows.null_count:
        rows, texts = rows.fill_null(len(texts)), [*texts, None]
    return texts, rows.to_numpy(zero_copy_only=False).astype(np.int64)


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    if not pa.types.is_dictionary(column.type):
        return flat(column).dictionary_encode()
    joined = column.unify_dictionaries().combine_chunks()
    if isinstance(joined, pa.ChunkedArray):  # there were no chunks, or arrow kept them apart
        joined = pa.concat_arrays(joined.chunks) if joined.num_chunks else pa.array([], column.type)
    return joined


def _placed(texts: Sequence[str | None], place: Mapping[str | None, int]) -> Codes:
    return np.array([place.get(text, -1) for text in texts], np.int64)


def _ranked(then: pa.ChunkedArray | None, now: People) -> tuple[pa.Array, Codes | None, Codes]:
    """All pseudonyms in order, the place of each row of `then`, and of each text of `now`."""
    if then is None:
        order = pc.sort_indices(now.texts).to_numpy()
        return now.texts.take(pa.array(order)), None, _places(order)
    earlier = _encoded(then)
    both = pa.concat_arrays([earlier.dictionary, now.texts]).dictionary_encode()
    order = pc.sort_indices(both.dictionary).to_numpy()
    rank = _places(order)[both.indices.to_numpy()]
    own = len(earlier.dictionary)
    return both.dictionary.take(pa.array(order)), rank[:own][earlier.indices.to_numpy()], rank[own:]


def _places(order: npt.NDArray[np.unsignedinteger]) -> Codes:
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place
