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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..anonymity import EquivalenceClasses
from ..mapping import SCHEMA
from ..tokens import Digests, token_ranks, token_texts
from .classes import LabelledColumn, Mask
from .survey import Named, Survey

HELD_BYTES = 512 << 20
BATCH_ROWS = 65_536

Read = Callable[[Sequence[str]], Iterable[pa.RecordBatch]]
"""Reads some columns of the input once more, from its first row."""


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """A column that goes out as tokens: a digest for each text of the survey's column.

    With `again`, every row has a token of its own: what `again` makes of "token/number of the row among those
    kept".
    """

    named: Named
    digests: Digests
    again: Callable[[pa.Array], pa.Array] | None = None

    def of_rows(self, rows: npt.NDArray[np.uint32], number: npt.NDArray[np.uint32]) -> pa.Array:
        """The tokens of `rows`; `number` counts the rows that are kept, of all rows."""
        texts = self.texts(self.named.of_row[rows])
        if self.again is None:
            return texts
        numbers = pa.array(number[rows]).cast(pa.string())
        return self.again(pc.binary_join_element_wise(texts, numbers, "/"))

    def texts(self, numbers: npt.NDArray[np.uint32]) -> pa.Array:
        """The tokens of the texts so numbered; null for nobody."""
        made = token_texts(self.digests[numbers])
        if not self.named.texts.null_count:
            return made
        return pc.if_else(self.named.texts.is_null().take(pa.array(numbers)), None, made)

    def mapping(self, kept: Mask) -> pa.Table:
        """Whose token is whose, of the rows that are `kept`."""
        here = np.zeros(len(self.named), np.bool_)
        here[self.named.of_row[kept]] = True
        here &= self.named.texts.is_valid().to_numpy(zero_copy_only=False)
        numbers = np.flatnonzero(here).astype(np.uint32)
        numbers = numbers[pc.sort_indices(self.named.texts.take(pa.array(numbers))).to_numpy()]
        column = pa.array([self.named.column], pa.string()).take(pa.array(np.zeros(len(numbers), np.int8)))
        return pa.table(
            [column, self.texts(numbers), self.named.texts.take(pa.array(numbers))], schema=SCHEMA
        )

    def ranks(self) -> npt.NDArray[np.uint32]:
        """The place of each text's token among all, ascending; nobody comes last."""
        ranks = token_ranks(self.digests)
        if self.named.texts.null_count:
            ranks[self.named.texts.is_null().to_numpy(zero_copy_only=False)] = len(ranks)
        return ranks


def published(
    surveyed: Survey,
    labels: Sequence[LabelledColumn],
    kept: Mask,
    keep: Sequence[str],
    read: Read,
    *,
    classes: EquivalenceClasses,
    tokens: Sequence[Tokens] = (),
    held_bytes: int = HELD_BYTES,
    batch_rows: int = BATCH_ROWS,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> Iterator[pa.RecordBatch]:
    """The rows that are `kept`: tokens, then labels, then the columns to keep. At least one batch, maybe empty.

    They are sorted by all columns, in this order; only tokens of single rows come last. `classes` are those of the rows kept, numbered in the order of their labels. `on_rows` hears how many rows
    went out so far.
    """
    order, starts = _order(kept, classes, [each for each in tokens if each.again is None])
    bucket = _Buckets(surveyed, labels, kept, keep, tokens)
    share = max(batch_rows, held_bytes * surveyed.rows // max(1, surveyed.kept_bytes))
    done = 0
    for begun, ended in _shares(_cuts(starts, len(order), batch_rows), share):
        held, place = _held(read, keep, order[begun[0] : ended[-1]], surveyed.rows)
        for first, last in zip(begun, ended, strict=True):
            made = bucket.sorted(order[first:last], held, place)
            for at in range(0, max(1, last - first), batch_rows):
                yield made.slice(at, batch_rows)
            done += last - first
            on_rows(done)


def _order(
    kept: Mask, classes: EquivalenceClasses, tokens: Sequence[Tokens]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The kept rows in the order of what leads, and where in it a new token (or class) begins."""
    places = np.flatnonzero(kept).astype(np.uint32)
    if tokens:
        lead = tokens[0].ranks()[tokens[0].named.of_row[places]]
    else:
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
    return np.concatenate([[0], np.unique(starts[found[found < len(starts)]]), [rows]])


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


class _Buckets:
    """Rows that share no token (or class) with any other bucket, as they go out: sorted by all their columns."""

    def __init__(
        self,
        surveyed: Survey,
        labels: Sequence[LabelledColumn],
        kept: Mask,
        keep: Sequence[str],
        tokens: Sequence[Tokens],
    ) -> None:
        self._labels, self._tokens = labels, tokens
        self._lasting = [each for each in tokens if each.again is None]
        self._ranks = [each.ranks() for each in self._lasting[1:]]
        self._number = np.empty(0, np.uint32)
        if len(self._lasting) < len(tokens):
            self._number = np.cumsum(kept, dtype=np.uint32) - np.uint32(1)
        self._schema = pa.schema(
            [
                *(pa.field(each.named.column, pa.string()) for each in tokens),
                *(pa.field(label.name, label.labels.type) for label in labels),
                *(surveyed.schema.field(name) for name in keep),
            ]
        )

    def sorted(
        self, rows: npt.NDArray[np.uint32], held: pa.Table | None, place: npt.NDArray[np.uint32]
    ) -> pa.RecordBatch:
        numbers = [label.numbers(rows) for label in self._labels]
        stay: list[pa.Array] = []
        if held is not None:
            stay = [column.combine_chunks() for column in held.take(pa.array(place[rows])).columns]
        single = [each.of_rows(rows, self._number) for each in self._tokens if each.again is not None]
        keys = [*map(pa.array, [*self._places(rows), *numbers]), *stay, *single]
        names = [str(number) for number in range(len(keys))]
        order = pc.sort_indices(pa.table(keys, names=names), [(name, "ascending") for name in names])
        at = order.to_numpy()
        tokens = [each.of_rows(rows[at], self._number) for each in self._tokens]
        made = [
            label.labels.take(pa.array(number[at]))
            for label, number in zip(self._labels, numbers, strict=True)
        ]
        return pa.record_batch(
            [*tokens, *made, *(column.take(order) for column in stay)], schema=self._schema
        )

    def _places(self, rows: npt.NDArray[np.uint32]) -> Iterator[npt.NDArray[np.uint32]]:
        """For each column of tokens numbers that sort as the tokens do; `rows` are sorted by the first."""
        for place, each in enumerate(self._lasting):
            people = each.named.of_row[rows]
            yield _runs(people) if place == 0 else self._ranks[place - 1][people]


def _runs(people: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """People who stand together, numbered in the order in which they stand."""
    return np.cumsum(np.diff(people, prepend=people[:1]) != 0, dtype=np.uint32)
