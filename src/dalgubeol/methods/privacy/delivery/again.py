"""A recipe applied to the next delivery of a table, whole or streamed, with the guarantee over all deliveries.

Pass 1 reads the delivery once and keeps per row small numbers: of its quasi-identifiers, its person and its
sensitive values. Then `deliveries` says which rows may go out. Pass 2 reads it once more and gives out batches
with labels, the other rows left out, in the order they came (whoever publishes them changes it).

`decided` is what lies between the passes. `stream.delivered` uses it for a whole policy on a table that is read
in batches; `apply` for one table by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction

import numpy as np
import pyarrow as pa

from ....errors import Invalid
from ....language import Message, say
from ..hierarchy import Hierarchy
from ..stream.classes import LabelledColumn
from ..stream.columns import EncodedColumn, GrowingColumn
from ..values import column_of
from .applying import labelled_by, present_texts
from .deliveries import LeftOut, Records, verdict_of
from .given import MOST_DELIVERIES, Given
from .lives import Mask
from .question import People, Question
from .recipe import Recipe

Read = Callable[[], Iterable[pa.RecordBatch]]
"""Reads the delivery from its first row."""
Build = Callable[[str, pa.Array], Hierarchy]
"""The hierarchy of a column for its distinct values, given as texts (null: a row misses it)."""
Persons = Callable[[pa.RecordBatch], pa.Array]
"""Whose row each row of a batch is: the pseudonym that is published, where one is."""
Progress = Callable[[float, Message], None]


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What goes out of a delivery. `left_out` says how many rows stay back and why; the sum may not exceed the
    recipe's limit. `given` remembers all deliveries, this one included."""

    rows: int
    rows_out: int
    unknown_rows: int
    uncovered_rows: int
    left_out: LeftOut
    classes: int
    smallest_class: int
    smallest_class_together: int | None
    """Of the classes that have rows in this delivery; None where persons are not remembered."""
    given: Given = field(repr=False)
    kept: Mask = field(repr=False)
    labels: tuple[LabelledColumn, ...] = field(repr=False)
    """The quasi-identifiers as they go out, in the order of the recipe."""

    def batches(self, read: Read) -> Iterator[pa.RecordBatch]:
        """The rows that go out, with all columns of the input, a batch for each that is read."""
        begun = 0
        for batch in read():
            kept = self.kept[begun : begun + batch.num_rows]
            rows = begun + np.flatnonzero(kept)
            begun += batch.num_rows
            made = pa.Table.from_batches([batch]).filter(pa.array(kept))
            for label in self.labels:
                column_of(made, label.name)  # of that name there is one
                place = made.schema.get_field_index(label.name)
                made = made.set_column(place, label.name, label.labels.take(pa.array(label.numbers(rows))))
            yield from made.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], made.schema)]
        if begun != len(self.kept):
            raise RuntimeError("the second reading of the delivery has not as many rows as the first")


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """What was decided, and the delivery by it."""

    decided: Decided
    _read: Read = field(repr=False)

    def batches(self) -> Iterator[pa.RecordBatch]:
        return self.decided.batches(self._read)

    def table(self) -> pa.Table:
        return pa.Table.from_batches(list(self.batches()))


def apply(
    recipe: Recipe,
    delivery: pa.Table | Read,
    build: Build,
    given: Given,
    *,
    persons: Persons | None = None,
    suppression_limit: float | None = None,
    records: Records = "states",
    on_progress: Progress = lambda share, stage: None,
) -> Applied:
    """What of `delivery` goes out after `given`, made as `recipe` says.

    `persons` gives the published pseudonyms. Raises as `decided` does, and `Invalid` for rows without a person.
    """
    read: Read = (lambda: delivery.to_batches()) if isinstance(delivery, pa.Table) else delivery
    on_progress(0.0, say("reading"))
    columns, people = _read_once(read, recipe, persons)
    return Applied(
        decided(
            recipe, columns, build, given, people=people, suppression_limit=suppression_limit,
            records=records, on_progress=lambda share, stage: on_progress(0.4 + 0.6 * share, stage),
        ),
        read,
    )  # fmt: skip


def decided(
    recipe: Recipe,
    columns: Mapping[str, EncodedColumn],
    build: Build,
    given: Given,
    *,
    people: People | None = None,
    suppression_limit: float | None = None,
    records: Records = "states",
    on_progress: Progress = lambda share, stage: None,
) -> Decided:
    """Which rows go out after `given`, and with which labels. `columns` are the quasi-identifiers and the
    sensitive columns of all rows.

    `build` makes the hierarchies from the rules that the recipe was found with. Without `people` every row is
    a person of its own. Where `given` remembers persons, `people` have their published pseudonyms, and whoever
    is in several deliveries is known by hers; where it does not (pseudonyms were not published, or differ by
    row), persons are counted in this delivery alone. `records` says what a row is (`deliveries`). `suppression_limit` stands instead of the recipe's.
    Raises `Invalid` for values that a hierarchy does not know (unless the recipe suppresses them), where more
    rows would be left out than the recipe allows, where nothing would be left, and after `MOST_DELIVERIES`.
    """
    if given.has_persons and people is None:
        raise Invalid.field("person", expected=say("the column of persons, as in the first delivery"), got=say("none"))  # fmt: skip
    if given.deliveries >= MOST_DELIVERIES:
        raise Invalid(
            "invalid.recipe.deliveries",
            say("{count} deliveries were made by this recipe: no more can be held against each other.", count=given.deliveries),
            say("Search anew for this delivery under another project."),
        )  # fmt: skip
    on_progress(0.0, say("applying the recipe"))
    quasi = [columns[name] for name in recipe.names]
    hierarchies = [build(column.name, pa.array(present_texts(column), pa.string())) for column in quasi]
    made = labelled_by(recipe, hierarchies, quasi)
    on_progress(0.3, say("checking all deliveries together"))
    rows = np.flatnonzero(made.out).astype(np.uint32)
    question = Question(recipe, given, made.columns, columns, people, rows)
    pa.default_memory_pool().release_unused()
    verdict = verdict_of(question.asked(recipe.models, records))
    kept = np.zeros(len(made.out), np.bool_)
    kept[rows] = verdict.kept[question.pair_of_row]
    limit = recipe.suppression_limit if suppression_limit is None else suppression_limit
    _check(limit, kept, verdict.left_out, records)
    here, together, left_out = verdict.here, verdict.together, verdict.left_out
    remembered = question.remembered(verdict.kept)
    del question, verdict, rows
    pa.default_memory_pool().release_unused()
    return Decided(
        rows=len(kept),
        rows_out=int(kept.sum()),
        unknown_rows=int((~made.known).sum()),
        uncovered_rows=int((made.known & ~made.out).sum()),
        left_out=left_out,
        classes=int((here > 0).sum()),
        smallest_class=int(here[here > 0].min()),
        smallest_class_together=None if together is None else int(together[here > 0].min()),
        given=remembered,
        kept=kept,
        labels=made.columns,
    )


def _read_once(
    read: Read, recipe: Recipe, persons: Persons | None
) -> tuple[dict[str, EncodedColumn], People | None]:
    growing = {name: GrowingColumn(name) for name in (*recipe.names, *recipe.sensitive)}
    person = GrowingColumn("person")
    rows = 0
    for batch in read():
        table = pa.Table.from_batches([batch])
        rows += batch.num_rows
        for name, column in growing.items():
            for piece in column_of(table, name).chunks:
                column.add(piece)
        if persons is not None:
            person.add(_plain(persons(batch)))
    if not rows:
        raise Invalid.field("table", expected="at least one row", got="no rows")
    columns = {name: column.finish() for name, column in growing.items()}
    return columns, None if persons is None else _people(person.finish())


def _plain(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    joined = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return joined.cast(pa.string())


def _people(column: EncodedColumn) -> People:
    if column.has_missing:
        raise Invalid(
            "invalid.person",
            say("{count} rows have no person.", count=int((column.codes == 0).sum())),
            say("Remove these rows, or count every row as a person of its own."),
        )
    return People(column.values, (column.codes - 1).astype(np.uint32))


def _check(limit: float, kept: Mask, because: LeftOut, records: Records) -> None:
    rows, left = len(kept), int((~kept).sum())
    if left < rows and left <= int(Fraction(str(limit)) * rows):
        return
    linked = because.linked + because.of_those_who_left
    events = say("If every row is an event of its own (a claim, a visit), run it with records = events.")
    raise Invalid(
        "invalid.recipe.suppression",
        say(
            "By the recipe {left} of {rows} rows ({share}%) of this delivery would be left out; the limit is {limit}%. {linked} of them would show who is new, has changed or has left.",
            left=left,
            rows=rows,
            share=f"{100 * left / rows:.2f}",
            limit=f"{100 * limit:g}",
            linked=linked,
        ),
        say(
            "Search anew for this delivery under another project, wait for more rows, or raise the limit. {events}",
            events=events if linked and records == "states" else "",
        ),
    )


def left_out_papers(applied: Decided) -> dict[str, int]:
    """Why rows stayed back, for papers."""
    return {"unknown": applied.unknown_rows, "uncovered": applied.uncovered_rows, **asdict(applied.left_out)}
