"""What went out of a table in all its deliveries so far, counted: what the next delivery is held against.

It holds nothing that the published tables do not hold, and is destroyed with them. Texts are held once each: the
labels of a class, a pseudonym, a sensitive value. A row per (person, class) of a delivery is three numbers of four
bytes, however long its labels and its pseudonym are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import Invalid
from ....language import say
from ..search.from_table import in_order
from ..stream.columns import EncodedColumn, GrowingColumn
from ..values import column_of
from .applying import texts_of
from .recipe import Recipe

Numbers = npt.NDArray[np.unsignedinteger]
Texts = Sequence[str | None]

MOST_DELIVERIES = 31
_LARGEST_KEY = 2**62
_AT_ONCE = 1 << 20
LABELS, PEOPLE, PAIRS, CELLS, VALUES = "labels", "people", "pairs", "cells ", "values "


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """`rows` of a value of one sensitive column behind a pair; ascending by pair, then value."""

    pair: Numbers
    value: Numbers
    rows: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The rows of one delivery, counted by (person, class), ascending; without persons by class alone."""

    person: Numbers | None
    of_class: Numbers
    rows: Numbers
    cells: Mapping[str, Cells]

    def __len__(self) -> int:
        return len(self.of_class)

    def only(self, kept: npt.NDArray[np.bool_]) -> Pairs:
        """Those `kept`."""
        place = np.cumsum(kept, dtype=np.uint32) - np.uint32(1)
        cells = {
            name: Cells(place[each.pair[here]], each.value[here], each.rows[here])
            for name, each in self.cells.items()
            for here in [kept[each.pair]]
        }
        person = None if self.person is None else self.person[kept]
        return Pairs(person, self.of_class[kept], self.rows[kept], cells)

    def renumbered(
        self, person: Numbers | None, of_class: Numbers | None, values: Mapping[str, Numbers] | None
    ) -> Pairs:
        """With other numbers for persons, classes and values, in the same order as the old ones; None: they stay."""
        cells = self.cells
        if values is not None:
            cells = {name: Cells(c.pair, values[name][c.value], c.rows) for name, c in cells.items()}
        return Pairs(
            self.person if self.person is None or person is None else person[self.person],
            self.of_class if of_class is None else of_class[self.of_class],
            self.rows,
            cells,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """All that went out. Classes are rows of `labels` (columns as the recipe names them), persons places in
    `people` (pseudonyms, ascending; None where they are not remembered), sensitive values places in `values`."""

    labels: pa.Table = field(repr=False)
    values: Mapping[str, Texts] = field(repr=False)
    people: pa.Array | None = field(repr=False)
    each: tuple[Pairs, ...] = field(repr=False)

    @property
    def has_persons(self) -> bool:
        return self.people is not None

    @property
    def deliveries(self) -> int:
        return len(self.each)

    def tables(self) -> dict[str, pa.Table]:
        """All of it as tables, by name: what `given_from` reads."""
        made = {LABELS: self.labels, PAIRS: _together([_pairs_table(pairs) for pairs in self.each])}
        if self.people is not None:
            made[PEOPLE] = pa.table({"person": self.people})
        for name, texts in self.values.items():
            made[VALUES + name] = pa.table({"value": pa.array(texts, pa.string())})
            made[CELLS + name] = _together([_cells_table(pairs.cells[name]) for pairs in self.each])
        return made


class GrowingGiven:
    """Takes what is published in batches, as it passes."""

    def __init__(self, recipe: Recipe, person: str | None = None) -> None:
        self._labels = [GrowingColumn(name) for name in recipe.names]
        self._sensitive = [GrowingColumn(name) for name in recipe.sensitive]
        self._person = None if person is None else GrowingColumn(person)

    def add(self, batch: pa.RecordBatch | pa.Table) -> None:
        table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
        who = [] if self._person is None else [self._person]
        for column in (*self._labels, *self._sensitive, *who):
            for piece in column_of(table, column.name).chunks:
                column.add(piece)

    def finish(self) -> Given:
        """What the published table gives out."""
        labels = [column.finish() for column in self._labels]
        (of_row,), known = numbered_classes([[(texts_with_none(c), c.codes) for c in labels]])
        codes, values = {}, {}
        for growing in self._sensitive:
            column = growing.finish()
            texts = texts_with_none(column)
            values[column.name] = in_order({*(t for t, n in zip(texts, _uses(column), strict=True) if n)})
            codes[column.name] = placed(texts, values[column.name])[column.codes]
        people = who = None
        if self._person is not None:
            encoded = self._person.finish()
            order = pc.sort_indices(encoded.values)
            people = encoded.values.take(order).cast(pa.string())
            who = ranks(order.to_numpy())[encoded.codes - np.uint32(1)]
            del encoded
        names = [column.name for column in labels]
        table = pa.table([pa.array(texts, pa.string()) for texts in known], names=names)
        pairs, _ = pairs_of(who, of_row, codes, {name: len(texts) for name, texts in values.items()})
        return Given(table, values, people, (pairs,))


def given_of(published: pa.Table, recipe: Recipe, person: str | None = None) -> Given:
    """What a published table gives out; `person` names its column of pseudonyms."""
    growing = GrowingGiven(recipe, person)
    growing.add(published)
    return growing.finish()


def given_from(tables: Mapping[str, pa.Table], recipe: Recipe) -> Given:
    """What `Given.tables` made. Raises `Invalid` where it does not belong to the recipe, or is damaged."""
    try:
        labels, pairs = tables[LABELS], tables[PAIRS]
        values = {name: tables[VALUES + name]["value"].to_pylist() for name in recipe.sensitive}
        people = None
        if PEOPLE in tables:
            joined = tables[PEOPLE]["person"].combine_chunks()
            people = joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined
        sizes = [labels.num_rows, *([] if people is None else [len(people)])]
        each = tuple(_each(tables, pairs, list(values), people is not None))
        sound = tuple(labels.column_names) == recipe.names and 0 < len(each) <= MOST_DELIVERIES
        for part in each:
            numbers = [part.of_class, *([] if part.person is None else [part.person])]
            sound &= all(int(n.max(initial=0)) < size for n, size in zip(numbers, sizes, strict=True))
            for name, cells in part.cells.items():
                sound &= int(cells.value.max(initial=0)) < max(1, len(values[name]))
                sound &= int(cells.pair.max(initial=0)) < max(1, len(part))
    except (KeyError, ValueError, pa.ArrowException):
        sound = False
    if not sound:
        raise Invalid(
            "invalid.recipe.given",
            say("What is remembered of the earlier deliveries does not belong to this recipe."),
            say("Take the recipe that came out of the last Run, unchanged."),
        )
    return Given(labels, values, people, each)


def numbered_classes(
    sources: Sequence[Sequence[tuple[Texts, Numbers]]],
) -> tuple[list[Numbers], list[list[str | None]]]:
    """Rows of several sources numbered alike by their labels, in the order of these, a missing label last.

    A source has a column per label: its texts, and which of them each row has. Gives the class of each row of each
    source, and for every column the label of each class.
    """
    keys = [np.zeros(len(source[0][1]), np.int64) for source in sources]
    span, orders = 1, []
    for columns in zip(*sources, strict=True):
        known = ordered({text for texts, _ in columns for text in texts})
        orders.append(known)
        if span * len(known) > _LARGEST_KEY:
            distinct = np.unique(np.concatenate([np.unique(key) for key in keys]))
            keys, span = [_places(distinct, key).astype(np.int64) for key in keys], len(distinct)
        for key, (texts, codes) in zip(keys, columns, strict=True):
            key *= len(known)
            key += placed(texts, known)[codes]
        span *= len(known)
    distinct = np.unique(np.concatenate([np.unique(key) for key in keys]))
    numbers = [_places(distinct, key) for key in keys]
    labels: list[list[str | None]] = [[None] * len(distinct) for _ in orders]
    for source, number in zip(sources, numbers, strict=True):
        member = np.full(len(distinct), -1, np.int64)
        member[number] = np.arange(len(number))
        classes = np.flatnonzero(member >= 0)
        for made, (texts, codes) in zip(labels, source, strict=True):
            for place, code in zip(classes.tolist(), codes[member[classes]].tolist(), strict=True):
                made[place] = texts[code]
    return numbers, labels


def pairs_of(
    person: Numbers | None, of_class: Numbers, codes: Mapping[str, Numbers], sizes: Mapping[str, int]
) -> tuple[Pairs, Numbers]:
    """Rows counted by (person, class), and the pair of each row. `codes` are those of the sensitive columns."""
    from .. import merging

    classes = int(of_class.max(initial=0)) + 1
    key = of_class.astype(np.int64)
    if person is not None:
        key += person * np.int64(classes)
    key.sort()
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    rows = np.diff(begins, append=len(key)).astype(np.uint32)
    key = key[begins]
    known, whose = (key % classes).astype(np.uint32), (key // classes).astype(np.uint32)
    del key, begins
    of_row = np.empty(len(of_class), np.uint32)
    merging.find(
        starts_of(whose), known, np.zeros(1, np.uint32).repeat(len(of_class)) if person is None else person,
        of_class, of_row,
    )  # fmt: skip
    cells = {name: _cells(of_row, codes[name], sizes[name]) for name in codes}
    return Pairs(None if person is None else whose, known, rows, cells), of_row


def starts_of(whose: Numbers) -> npt.NDArray[np.int64]:
    """Where the entries of each number begin in an ascending array, and where the last ends."""
    return np.concatenate([[0], np.cumsum(np.bincount(whose))]).astype(np.int64)


def texts_with_none(column: EncodedColumn) -> list[str | None]:
    """The text of each code of an encoded column."""
    return [None, *texts_of(column.values)]


def ordered(texts: set[str | None]) -> list[str | None]:
    return sorted(texts, key=lambda text: (text is None, text or ""))


def placed(texts: Texts, known: Texts) -> Numbers:
    """The place of each of `texts` among those `known`; 0 for one that is not."""
    place = {text: i for i, text in enumerate(known)}
    return np.array([place.get(text, 0) for text in texts], np.uint32)


def ranks(order: npt.NDArray[np.unsignedinteger]) -> Numbers:
    """The place of each entry, where `order` sorts them."""
    place = np.empty(len(order), np.uint32)
    place[order] = np.arange(len(order), dtype=np.uint32)
    return place


def _uses(column: EncodedColumn) -> npt.NDArray[np.int64]:
    return np.bincount(column.codes, minlength=len(column.values) + 1)


def _places(distinct: npt.NDArray[np.int64], key: npt.NDArray[np.int64]) -> Numbers:
    made = np.empty(len(key), np.uint32)
    for begun in range(0, len(key), _AT_ONCE):
        made[begun : begun + _AT_ONCE] = np.searchsorted(distinct, key[begun : begun + _AT_ONCE])
    return made


def _cells(pair: Numbers, value: Numbers, size: int) -> Cells:
    key = pair * np.int64(size)
    key += value
    key.sort()
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    rows = np.diff(begins, append=len(key)).astype(np.uint32)
    key = key[begins]
    return Cells((key // size).astype(np.uint32), (key % size).astype(np.uint32), rows)


def _pairs_table(pairs: Pairs) -> dict[str, Numbers]:
    who = {} if pairs.person is None else {"person": pairs.person}
    return {**who, "class": pairs.of_class, "rows": pairs.rows}


def _cells_table(cells: Cells) -> dict[str, Numbers]:
    return {"pair": cells.pair, "value": cells.value, "rows": cells.rows}


def _together(parts: Sequence[dict[str, Numbers]]) -> pa.Table:
    return pa.concat_tables(
        pa.table({"delivery": np.full(len(part["rows"]), number, np.uint8), **part})
        for number, part in enumerate(parts)
    )


def _each(
    tables: Mapping[str, pa.Table], pairs: pa.Table, names: Sequence[str], by_person: bool
) -> Sequence[Pairs]:
    made = []
    for number in range(int(_numbers(pairs, "delivery").max()) + 1):
        mine = pairs.filter(pc.equal(pairs["delivery"], number))
        cells = {}
        for name in names:
            table = tables[CELLS + name]
            own = table.filter(pc.equal(table["delivery"], number))
            cells[name] = Cells(*(_numbers(own, column) for column in ("pair", "value", "rows")))
        person = _numbers(mine, "person") if by_person else None
        made.append(Pairs(person, _numbers(mine, "class"), _numbers(mine, "rows"), cells))
    return made


def _numbers(table: pa.Table, name: str) -> Numbers:
    if not pa.types.is_unsigned_integer(table.schema.field(name).type) or table[name].null_count:
        raise ValueError(name)
    made: Numbers = table[name].to_numpy()
    return made
