"""Pass 1: what has to be known of all rows before the first can go out.

Per row the codes of its quasi-identifiers and of its person (`columns`); an evenly spaced sample of whole rows,
from which roles are proposed; and how many bytes the columns to keep have, by which pass 2 decides how much of
them it can hold. Memory grows with the rows by those codes (some 14 bytes for six quasi-identifiers and a
person) and with the distinct persons by their values.

A person is who gets a token of her own (`tokens.normalised`): "A1" and "A1 " are one person. Whoever counted
them as two would count too many persons, and think a class safe that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import Invalid
from ....language import say
from ..columns.identify import SAMPLE_ROWS
from ..tokens import normalised_values
from ..values import column_of
from .columns import EncodedColumn, GrowingColumn


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A column that says who: `texts[of_row[row]]` is the row's normalised text. No text twice; null is nobody."""

    column: str
    texts: pa.Array
    of_row: npt.NDArray[np.uint32]
    whole_numbers: bool
    """Whether the column came as numbers, which lose the zeros they begin with."""

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    rows: int
    schema: pa.Schema
    quasi: tuple[EncodedColumn, ...]
    others: Mapping[str, EncodedColumn]
    """Further columns that were to be encoded."""
    named: Mapping[str, Named]
    persons: Named | None
    """Whose row each is, if that was asked; one of `named`. No row is without."""
    sample: pa.Table
    kept_bytes: int
    """What the columns to keep take in memory, all rows of them."""


def survey(
    batches: Iterable[pa.RecordBatch],
    quasi: Sequence[str],
    *,
    encode: Sequence[str] = (),
    keep: Sequence[str] = (),
    person: str | None = None,
    named: Sequence[str] = (),
    on_rows: Callable[[int], None] = lambda rows: None,
) -> Survey:
    """Reads every batch once. `person` names the column that says whose row it is, `named` further columns that
    are to become tokens, `encode` further ones to encode. `on_rows` hears how many rows were read so far.

    Raises `Invalid` for a column that is not there, for an input without rows, and for rows without a person.
    """
    columns = [GrowingColumn(name) for name in (*quasi, *encode)]
    who = [GrowingColumn(name) for name in dict.fromkeys([*([person] if person is not None else []), *named])]
    sample = EvenSample()
    schema: pa.Schema | None = None
    rows = kept_bytes = 0
    for batch in batches:
        if schema is None:
            schema = batch.schema.remove_metadata()
        for column in (*columns, *who):
            column.add(_column(batch, column.name))
        sample.add(batch, rows)
        rows += batch.num_rows
        kept_bytes += sum(_column(batch, name).nbytes for name in keep)
        on_rows(rows)
    if schema is None or not rows:
        raise Invalid.field("table", expected="at least one row", got="no rows")
    encoded = [column.finish() for column in columns]
    coded, others = tuple(encoded[: len(quasi)]), {each.name: each for each in encoded[len(quasi) :]}
    found = {column.name: _named(column.finish()) for column in who}
    if person is not None:
        _check_nobody_missing(found[person])
    persons = None if person is None else found[person]
    return Survey(rows, schema, coded, others, found, persons, sample.finish(), kept_bytes)


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    place = batch.schema.get_field_index(name)
    if place < 0:
        column_of(pa.Table.from_batches([batch]), name)  # says what is wrong
    return batch.column(place)


def _named(column: EncodedColumn) -> Named:
    whole_numbers = bool(pa.types.is_integer(column.values.type))
    texts = normalised_values(column.values)
    merged = texts.dictionary_encode("encode")
    if len(merged.dictionary) == len(texts) and not column.has_missing:
        return Named(column.name, texts, (column.codes - np.uint32(1)).astype(np.uint32), whole_numbers)
    known = merged.dictionary
    if column.has_missing and not known.null_count:
        known = pa.concat_arrays([known, pa.nulls(1, pa.string())])
    nobody = pc.index_in(pa.scalar(None, pa.string()), known).as_py()
    number = np.concatenate([[nobody or 0], merged.indices.to_numpy()]).astype(np.uint32)
    return Named(column.name, known, number[column.codes], whole_numbers)


def _check_nobody_missing(persons: Named) -> None:
    if not persons.texts.null_count:
        return
    nobody = persons.texts.is_null().to_numpy(zero_copy_only=False)
    count = int(nobody[persons.of_row].sum())
    raise Invalid(
        "invalid.person",
        say("{count} rows have no person in column {column}.", count=count, column=persons.column),
        say("Remove these rows, or count every row as a person of its own."),
    )


class EvenSample:
    """Of a table that comes in batches: every s-th row, where s doubles whenever too many are held."""

    def __init__(self) -> None:
        self._step = 1
        self._held: list[pa.Table] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch, begun: int) -> None:
        first = -begun % self._step
        places = np.arange(first, batch.num_rows, self._step)
        if not len(places):
            return
        taken = batch if self._step == 1 else batch.take(pa.array(places))
        self._held.append(pa.Table.from_batches([taken]))
        self._rows += len(places)
        while self._rows > 2 * SAMPLE_ROWS:
            whole = self.finish()
            self._held = [whole.take(pa.array(np.arange(0, whole.num_rows, 2)))]
            self._rows, self._step = self._held[0].num_rows, 2 * self._step

    def finish(self) -> pa.Table:
        return pa.concat_tables(self._held).combine_chunks()
