"""Pass 2: the rows that stay, with labels for values and tokens for persons, in an order of their own.

The rows go out sorted by all that is published of them: by token first where there is one (and a token follows
from nothing but the key and the person), else by the labels. So the order says nothing that the rows do not
say, and the order they came in is gone. Rows are sorted a bucket at a time: a bucket is some tens of thousands
of rows, and never cuts rows of one token (or class) in two.

Rows wait in memory, never on a disk. Of the columns to keep at most `HELD_BYTES` are held; where there is
more, the input is read again for each such share of the output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..anonymity import EquivalenceClasses
from ..tokens import Digests, token_ranks, token_texts
from .classes import LabelledColumn, Mask
from .survey import Survey

HELD_BYTES = 512 << 20
BATCH_ROWS = 65_536

Read = Callable[[Sequence[str]], Iterable[pa.RecordBatch]]
"""Reads some columns of the input once more, from its first row."""


def published(
    surveyed: Survey,
    labels: Sequence[LabelledColumn],
    kept: Mask,
    keep: Sequence[str],
    read: Read,
    *,
    classes: EquivalenceClasses | None = None,
    tokens: Digests | None = None,
    held_bytes: int = HELD_BYTES,
    batch_rows: int = BATCH_ROWS,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> Iterator[pa.RecordBatch]:
    """The rows that are `kept`, at least one batch (it may be empty).

    `tokens` has a digest for each person of the survey; without one `classes` (of the rows kept, numbered in
    the order of their labels) leads the order. `on_rows` hears how many rows went out so far.
    """
    order, starts = _order(surveyed, kept, classes, tokens)
    schema = _schema(surveyed, labels, keep, tokens)
    if not len(order):
        yield pa.RecordBatch.from_pylist([], schema)
        return
    share = max(batch_rows, held_bytes * surveyed.rows // max(1, surveyed.kept_bytes))
    done = 0
    for begun, ended in _shares(_cuts(starts, len(order), batch_rows), share):
        held, place = _held(read, keep, order[begun[0] : ended[-1]], surveyed.rows)
        for first, last in zip(begun, ended, strict=True):
            rows = order[first:last]
            bucket = _bucket(surveyed, labels, rows, held, place, tokens, schema)
            for at in range(0, len(rows), batch_rows):
                yield bucket.slice(at, batch_rows)
            done += len(rows)
            on_rows(done)


def _order(
    surveyed: Survey, kept: Mask, classes: EquivalenceClasses | None, tokens: Digests | None
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The kept rows in the order of what leads, and where in it a new token (or class) begins."""
    places = np.flatnonzero(kept).astype(np.uint32)
    if tokens is not None:
        assert surveyed.persons is not None
        lead = token_ranks(tokens)[surveyed.persons.of_row[places]]
    else:
        assert classes is not None
        lead = classes.class_of_row.astype(np.uint32)
    # One sort of (lead, row) as one number costs less than an argsort, and keeps ties in one order.
    both = lead.astype(np.uint64) << np.uint64(32) | places
    both.sort()
    lead = (both >> np.uint64(32)).astype(np.uint32)
    return both.astype(np.uint32), np.flatnonzero(np.diff(lead, prepend=lead[:1] + 1)).astype(np.int64)


def _cuts(starts: npt.NDArray[np.int64], rows: int, batch_rows: int) -> npt.NDArray[np.int64]:
    """Where buckets begin and end."""
    wanted = np.arange(batch_rows, rows, batch_rows)
    found = np.searchsorted(starts, wanted)
    return np.unique(np.concatenate([[0], starts[found[found < len(starts)]], [rows]]))


def _shares(cuts: npt.NDArray[np.int64], rows: int) -> Iterator[tuple[list[int], list[int]]]:
    """Buckets in a row, as many as have `rows` rows together: (where each begins, where each ends)."""
    begun: list[int] = []
    ended: list[int] = []
    for first, last in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        if begun and last - begun[0] > rows:
            yield begun, ended
            begun, ended = [], []
        begun.append(first)
        ended.append(last)
    yield begun, ended


def _held(
    read: Read, keep: Sequence[str], rows: npt.NDArray[np.uint32], total: int
) -> tuple[pa.Table | None, npt.NDArray[np.uint32]]:
    """The columns to keep of `rows`, as they came, and for each row of the input its place among them."""
    if not keep:
        return None, np.empty(0, np.uint32)
    wanted = np.zeros(total, np.bool_)
    wanted[rows] = True
    pieces: list[pa.RecordBatch] = []
    begun = 0
    for batch in read(keep):
        mask = pa.array(wanted[begun : begun + batch.num_rows])
        pieces.append(batch.select(list(keep)).filter(mask))
        begun += batch.num_rows
    if begun != total:
        raise RuntimeError("the second reading of the input has not as many rows as the first")
    table = pa.Table.from_batches(pieces)
    pieces.clear()
    columns = []
    while table.num_columns:  # one after the other, so that only one is held twice
        columns.append(table.column(0).combine_chunks())
        table = table.remove_column(0)
    place = np.cumsum(wanted, dtype=np.uint32)
    place -= np.uint32(1)
    return pa.table(columns, names=list(keep)), place


def _bucket(
    surveyed: Survey,
    labels: Sequence[LabelledColumn],
    rows: npt.NDArray[np.uint32],
    held: pa.Table | None,
    place: npt.NDArray[np.uint32],
    tokens: Digests | None,
    schema: pa.Schema,
) -> pa.RecordBatch:
    """`rows`, which share no token (or class) with any other bucket, sorted by all their columns."""
    numbers = [
        label.label_of_code[column.codes[rows]] for label, column in zip(labels, surveyed.quasi, strict=True)
    ]
    keys: list[pa.Array] = [pa.array(number) for number in numbers]
    stay: list[pa.Array] = []
    if held is not None:
        stay = [column.combine_chunks() for column in held.take(pa.array(place[rows])).columns]
    texts: list[pa.Array] = []
    if tokens is not None:
        assert surveyed.persons is not None
        people = surveyed.persons.of_row[rows]
        first = np.flatnonzero(np.diff(people, prepend=people[:1] + 1))
        run = np.cumsum(np.isin(np.arange(len(rows)), first, assume_unique=True), dtype=np.uint32)
        keys.insert(0, pa.array(run))
        texts = [token_texts(tokens[people[first]])]
    names = [str(number) for number in range(len(keys) + len(stay))]
    table = pa.table([*keys, *stay], names=names)
    order = pc.sort_indices(table, [(name, "ascending") for name in names])
    if tokens is not None:
        texts = [texts[0].take(pc.subtract(keys[0].take(order), 1))]
    made = [label.labels.take(pa.array(number).take(order)) for label, number in zip(labels, numbers, strict=True)]
    return pa.record_batch([*texts, *made, *(column.take(order) for column in stay)], schema=schema)


def _schema(
    surveyed: Survey, labels: Sequence[LabelledColumn], keep: Sequence[str], tokens: Digests | None
) -> pa.Schema:
    fields = [pa.field(label.name, label.labels.type) for label in labels]
    if tokens is not None:
        assert surveyed.persons is not None
        fields.insert(0, pa.field(surveyed.persons.column, pa.string()))
    return pa.schema([*fields, *(surveyed.schema.field(name) for name in keep)])
