"""One pass over a table: what a codebook of its dummy needs, in memory that does not grow with the rows.

Nothing of this leaves as it is: `dummy_book` says what may be told of it. Nested columns, binary ones and
durations are refused by name, before a row is read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import Invalid
from ....language import say
from .dummy_tracking import Distinct, Extremes, Few, Hashes, Values, hashes_of, mixed, without_nan
from .dummy_words import form_of

MOST_VALUES, MOST_CODES = 2_000, 32
"""Distinct values up to which a text, and a number, is looked at as one of categories."""
STRETCHES = 100
"""Parts of a series that count as its persons: what shows in few of them is one event."""
_SAMPLED = 300
_REPEATED, _FEW_REPEATED = 0.002, 5
_KEY_SHARE, _KEY_SHARE_GUESSED = 0.99, 0.9


class ColumnSurvey:
    """What is known of one column so far."""

    def __init__(self, field: pa.Field, least: int, named: bool) -> None:
        self.name, self.type, self.field = field.name, plain_type(field.type), field
        self.shape = shape_of(self.type)
        self.rows_missing = 0
        self.missing, self.present, self.fractions = Few(least), Few(least), Few(least)
        most = MOST_VALUES if self.shape == "text" else MOST_CODES
        has_values = named and self.shape in ("text", "number", "flag")
        self.values = Values(least, most) if has_values else None
        self.extremes = Extremes(least) if self.shape in ("number", "instant") else None
        self.forms = Values(least, MOST_VALUES) if self.shape == "text" else None
        counts = self.shape == "text" or pa.types.is_integer(self.type)
        self.distinct = Distinct() if counts else None
        self.gap_s: float | None = None

    def add(self, column: pa.Array, persons: Hashes) -> None:
        if pa.types.is_dictionary(column.type):
            column = column.cast(self.type)
        column = without_nan(column)
        if column.null_count:
            gone = column.is_null().to_numpy(zero_copy_only=False)
            self.rows_missing += int(gone.sum())
            self.missing.add(persons[gone])
            column, persons = column.drop_null(), persons[~gone]
        if not len(column) or self.shape in ("nothing", "clock"):
            self.present.add(persons)
            return
        self.present.add(persons)
        if self.values is not None:
            self.values.add(column, persons)
        if self.extremes is not None:
            self._add_numbers(column, persons)
        if self.forms is not None:
            self._add_forms(column, persons)
        if self.distinct is not None:
            self._add_key(column)

    def _add_numbers(self, column: pa.Array, persons: Hashes) -> None:
        assert self.extremes is not None
        if self.shape == "instant":
            self._add_instants(column, persons)
            return
        exact = pa.types.is_integer(self.type) and self.type != pa.uint64()
        numbers = column if exact else column.cast(pa.float64(), safe=False)
        values = numbers.to_numpy(zero_copy_only=False)
        self.extremes.add(values.astype(np.int64 if exact else np.float64), persons)
        if not exact and not self.fractions.enough:
            self.fractions.add(persons[values != np.floor(values)])

    def _add_instants(self, column: pa.Array, persons: Hashes) -> None:
        assert self.extremes is not None
        instants = column.cast(pa.timestamp("us"), safe=False) if pa.types.is_date(self.type) else pc.cast(column, pa.timestamp("us", getattr(self.type, "tz", None)), safe=False)  # fmt: skip
        values = instants.cast(pa.int64()).to_numpy(zero_copy_only=False)
        self.extremes.add(values, persons)
        if self.gap_s is None and len(values) > 1:
            self.gap_s = float(np.median(np.diff(values))) / 1e6

    def _add_forms(self, column: pa.Array, persons: Hashes) -> None:
        """Of evenly spaced rows: a person who is not looked at counts for nothing."""
        assert self.forms is not None
        some = np.unique(np.linspace(0, len(column) - 1, _SAMPLED).astype(np.int64))
        texts = column.take(pa.array(some)).to_pylist()
        self.forms.add(pa.array([form_of(text) for text in texts], pa.string()), persons[some])

    def _add_key(self, column: pa.Array) -> None:
        """As long as nearly every row of a batch has a value of its own."""
        assert self.distinct is not None
        hashes = hashes_of(column)
        repeated = len(hashes) - len(np.unique(hashes))
        if repeated > max(_FEW_REPEATED, _REPEATED * len(hashes)):
            self.distinct = None
        else:
            self.distinct.add(hashes)

    def is_key(self, rows: int) -> bool:
        """Whether nearly every row has a value of its own."""
        there = rows - self.rows_missing
        if self.distinct is None or not there:
            return False
        share = _KEY_SHARE if self.distinct.exact else _KEY_SHARE_GUESSED
        return self.distinct.count >= share * there


class Survey:
    """What is known of a table. `series` counts stretches of rows where a table counts persons.

    Raises Invalid for columns that no dummy can be made of, and a person column that is not there.
    """

    def __init__(
        self, schema: pa.Schema, *, least: int, person: str | None = None, hidden: Collection[str] = (),
        series_rows: int | None = None,
    ) -> None:  # fmt: skip
        for name in (person, *hidden):
            if name is not None and name not in schema.names:
                raise Invalid.field("column", expected=say("a column of the table"), got=name)
        for field in schema:
            if shape_of(plain_type(field.type)) is None:
                raise Invalid(
                    "dummy.type",
                    say("No dummy can be made of column {column}: it holds {type}.", column=field.name, type=str(field.type)),
                    say("Leave the column out, or make plain columns of it: numbers, texts, days, instants, yes or no."),
                )  # fmt: skip
        self.schema, self.least, self.person = schema, least, person
        self.hidden = frozenset(hidden) | ({person} if person else set())
        self.is_series = series_rows is not None
        self._stretch = max(1, -(-(series_rows or 0) // STRETCHES)) if self.is_series else 1
        self.columns = [ColumnSurvey(f, least, f.name not in self.hidden) for f in schema]
        self.rows = 0
        self.persons, self.distinct_persons = Few(3 * least), Distinct()

    def add(self, batch: pa.RecordBatch) -> None:
        persons = self._persons(batch)
        self.rows += batch.num_rows
        self.persons.add(persons)
        if self.person is not None:
            self.distinct_persons.add(persons)
        for column, values in zip(self.columns, batch.columns, strict=True):
            column.add(values, persons)

    def _persons(self, batch: pa.RecordBatch) -> Hashes:
        """Rows that do not say whose they are count as one person's."""
        if self.person is None:
            numbers = np.arange(self.rows, self.rows + batch.num_rows, dtype=np.uint64)
            return mixed(numbers // np.uint64(self._stretch))
        column = batch.column(self.schema.names.index(self.person))
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        return hashes_of(column)


def survey(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], *, least: int, person: str | None = None,
    hidden: Collection[str] = (), series_rows: int | None = None, tell: Callable[[int], None] = lambda rows: None,
) -> Survey:  # fmt: skip
    """Read it through once. `tell` is called with the rows read so far."""
    made = Survey(schema, least=least, person=person, hidden=hidden, series_rows=series_rows)
    for batch in batches:
        made.add(batch)
        tell(made.rows)
    return made


def plain_type(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def shape_of(type_: pa.DataType) -> str | None:
    """How values of that type are made up; None where they cannot be."""
    types = pa.types
    shapes = (
        ("flag", types.is_boolean(type_)),
        ("number", types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_)),
        ("instant", types.is_date(type_) or types.is_timestamp(type_)),
        ("clock", types.is_time(type_)),
        ("text", types.is_string(type_) or types.is_large_string(type_)),
        ("nothing", types.is_null(type_)),
    )
    return next((shape for shape, fits in shapes if fits), None)
