"""A new delivery and the earlier ones, numbered alike, as `deliveries` asks for them.

Classes are numbered in the order of their labels and persons in the order of their pseudonyms. Both follow from
what is published alone: neither the order of the rows nor how they were read decides who is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..models import Model
from ..search.from_table import in_order
from ..stream.classes import LabelledColumn
from ..stream.columns import EncodedColumn
from .applying import present_texts, texts_of
from .deliveries import Asked, Records
from .given import Given, Numbers, Pairs, numbered_classes, ordered, pairs_of, placed, ranks, texts_with_none
from .lives import Mask
from .recipe import Recipe


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
        rows: npt.NDArray[np.integer[Any]],
    ) -> None:
        (of_class, class_then), self._labels = numbered_classes(
            [
                [(texts_of(label.labels), label.numbers(rows)) for label in labels],
                [_coded(given.labels[name]) for name in recipe.names],
            ]
        )
        self._names = recipe.names
        self._classes = max(1, len(self._labels[0]))
        self._values: dict[str, Sequence[str | None]] = {}
        values_then, codes = {}, {}
        for name in recipe.sensitive:
            known = in_order({*given.values[name], *present_texts(sensitive[name])})
            values_then[name] = placed(given.values[name], known)
            codes[name] = placed(texts_with_none(sensitive[name]), known)[sensitive[name].codes[rows]]
            self._values[name] = known
        person = person_then = None
        self._people: tuple[pa.Array, Numbers, pa.Array, Numbers] | None = None
        if people is not None:
            person_then, of_text = _ranked(given.people, people)
            person = of_text[people.of_row[rows]]
            if person_then is not None:
                self._people = given.people, person_then, people.texts, of_text
        sizes = {name: len(texts) for name, texts in self._values.items()}
        self.now, self.pair_of_row = pairs_of(person, of_class, codes, sizes)
        self.before = [pairs.renumbered(person_then, class_then, values_then) for pairs in given.each]
        self._by_person = given.has_persons
        self._sizes = sizes

    def asked(self, models: tuple[Model, ...], records: Records) -> Asked:
        known = self._by_person and self.now.person is not None
        return Asked(
            self.now, self.before, self._classes, models, self._sizes, known,
            known or (self.now.person is None and not self._by_person), records,
        )  # fmt: skip

    def remembered(self, kept: Mask) -> Given:
        """All deliveries, with what of the new one goes out. Where persons are not remembered, nothing is counted by
        person."""
        out = self.now.only(kept)
        people = None
        each = [*self.before, out]
        if self._by_person and out.person is not None:
            each, people = self._of_those_who_are_out(each)
        elif out.person is not None:
            each[-1] = _by_class(out)
        labels = pa.table([pa.array(texts, pa.string()) for texts in self._labels], names=list(self._names))
        return Given(labels, self._values, people, tuple(each))

    def _of_those_who_are_out(self, each: Sequence[Pairs]) -> tuple[list[Pairs], pa.Array]:
        """Who never went out is not remembered."""
        assert self._people is not None
        people, then, texts, now = self._people
        here = np.zeros(1 + max(int(then.max(initial=0)), int(now.max(initial=0))), np.bool_)
        here[then] = True
        known = here.copy()
        here[each[-1].person] = True
        place = np.cumsum(here, dtype=np.uint32) - np.uint32(1)
        new = (here & ~known)[now]
        # The earlier ones, then the new ones, each where its place is.
        of_text = np.empty(int(here.sum()), np.uint32)
        of_text[place[then]] = np.arange(len(then), dtype=np.uint32)
        of_text[place[now[new]]] = np.arange(len(then), len(of_text), dtype=np.uint32)
        joined = pa.concat_arrays([people, texts.filter(pa.array(new))]).take(pa.array(of_text))
        return [pairs.renumbered(place, None, None) for pairs in each], joined


def _by_class(pairs: Pairs) -> Pairs:
    """`pairs` without persons."""
    of_class = np.repeat(pairs.of_class, pairs.rows)
    codes, sizes = {}, {}
    for name, cells in pairs.cells.items():
        codes[name] = np.repeat(cells.value, cells.rows)  # by pair, as the classes are
        sizes[name] = int(cells.value.max(initial=0)) + 1
    return pairs_of(None, of_class, codes, sizes)[0]


def _coded(column: pa.ChunkedArray) -> tuple[list[str | None], Numbers]:
    """The distinct texts of a column, a missing one last, and which of them each row has."""
    texts = column.to_pylist()
    known = ordered({*texts})
    return known, placed(texts, known)


def _ranked(then: pa.Array | None, now: People) -> tuple[Numbers | None, Numbers]:
    """The place of each of `then` (which is in order) among all pseudonyms in order, and of each text of `now`."""
    from .. import merging

    order = pc.sort_indices(now.texts)
    own = ranks(order.to_numpy())
    if then is None:
        return None, own
    texts = now.texts.take(order)
    rank_then, rank_now = np.empty(len(then), np.uint32), np.empty(len(texts), np.uint32)
    merging.merge_texts(*_buffers(then), *_buffers(texts), rank_then, rank_now)
    return rank_then, rank_now[own]


def _buffers(texts: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Offsets and bytes of an array of texts."""
    _, offsets, data = texts.buffers()
    starts = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return starts, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
