"""Masked text alone (`masked_only`), read in batches: nothing is searched, and the table is never held.

It is read once for what its columns look like, and once for what the steps make of them. A document with its
numbering goes out in its own order. Other texts go out sorted by all that is published of them, so that their order
tells nothing.

Rows wait in memory, never on a disk, and at most `HELD_BYTES` of them: where there is more, the rows are cut into
shares by where they stand in what goes out, and each share but the first is read and masked once more. Where to cut
is seen in a sample, so shares are about as large; rows that are alike in all columns are one share, however many
they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import Invalid
from ....language import say
from ..columns.identify import ColumnProposal, propose_roles
from ..policy import plan as plans
from ..policy.masked_only import Numbering, check
from ..policy.plan import Plan, Prepared
from ..policy.policy import Policy
from ..steps.mask import Mask
from .stages import Read, Tell, looked_at
from .survey import EvenSample

HELD_BYTES = 256 << 20
BATCH_ROWS = 65_536
_CUT_ROWS = 2_000
"""Of so many rows it is seen where shares begin: of 16 shares the largest is then some 20 % too large."""

Places = npt.NDArray[np.unsignedinteger]


@dataclass(frozen=True, slots=True, eq=False)
class Masked:
    """What becomes of a table, and the batches that go out, which may be taken once."""

    plan: Plan
    proposals: tuple[ColumnProposal, ...]
    rows: int
    changed: Mapping[str, list[int]]
    """For every step of a column how many cells it changed."""
    numbers: tuple[str, ...]
    """Of the columns that go out those that say where a document's texts stood."""
    batches: Iterator[pa.RecordBatch] = field(repr=False)


def masked(
    policy: Policy,
    read: Read,
    key: Callable[[], bytes],
    *,
    rows: int | None = None,
    tell: Tell = lambda fraction, stage: None,
    held_bytes: int = HELD_BYTES,
) -> Masked:
    """`read`, `key`, `rows` and `tell` as `carried.carried_out` takes them.

    Raises `Invalid` for a table without rows, and where what is to go out unmasked is no numbering of a document;
    else as `plan.plan_of` does."""
    tell(0.05, say("reading"))
    seen = _seen(policy, read)
    check(policy, seen.numbering)
    tell(0.2, say("looking for identifiers"))
    proposals = plans.proposed(propose_roles(seen.sample), seen.numbering)
    made = plans.plan_of(policy, seen.schema.names, proposals)
    project_key = key()
    ready = plans.prepared(made, looked_at(made, seen.schema, read, project_key), project_key)
    numbers = tuple(column for column in seen.numbering if column in made.published)
    shares = _Shares(ready, seen, max(1, -(-seen.kept_bytes // held_bytes)), ordered=bool(numbers))
    changed: dict[str, list[int]] = {}
    held = shares.first(read, changed, tell)
    return Masked(made, proposals, seen.rows, changed, numbers, shares.going(held, read, tell))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    schema: pa.Schema
    sample: pa.Table
    rows: int
    kept_bytes: int
    """What the columns that go out take in memory, as they came."""
    numbering: tuple[str, ...]


def _seen(policy: Policy, read: Read) -> _Seen:
    sample, numbering, rows, kept_bytes = EvenSample(), None, 0, 0
    kept = [column for column in policy.columns if not policy.goes(column)]
    for batch in read(None):
        numbering = numbering or Numbering(batch.schema)
        numbering.add(batch)
        sample.add(batch, rows)
        rows += batch.num_rows
        kept_bytes += sum(batch.column(c).nbytes for c in kept if c in batch.schema.names)
    if numbering is None or not rows:
        raise Invalid.field("table", expected="at least one row", got="no rows")
    found = sample.finish()
    return _Seen(found.schema.remove_metadata(), found, rows, kept_bytes, numbering.columns)


class _Shares:
    """The rows as they go out, cut into `count` shares that go out one after the other."""

    def __init__(self, ready: Prepared, seen: _Seen, count: int, *, ordered: bool) -> None:
        self.ready, self.rows, self.count, self.ordered = ready, seen.rows, count, ordered
        self._by = [(column, "ascending") for column in plans.sorted_by(ready.plan)]
        # What a mask does follows from the text alone; other steps go by the number of the row.
        self._alone = all(isinstance(step, Mask) for steps in ready.steps.values() for step in steps)
        self._of_row: Places = np.zeros(seen.rows if count > 1 else 0, np.min_scalar_type(count))
        self._cuts = None if ordered or count == 1 else self._cut(seen.sample)

    def first(self, read: Read, changed: dict[str, list[int]], tell: Tell) -> list[pa.Table]:
        """Reads the table, counts what steps have `changed`, and keeps the first share."""
        held: list[pa.Table] = []
        begun = 0
        for batch in read(self.ready.plan.needed):
            made = self._after_steps(pa.Table.from_batches([batch]), begun, changed)
            if self.count > 1:
                share = self._share_of(made, begun)
                self._of_row[begun : begun + len(share)] = share
                made = made.filter(pa.array(share == 0))
            held.append(made)
            begun += batch.num_rows
            tell(0.3 + 0.4 * begun / self.rows, say("changing values"))
        self._check_rows(begun)
        return held

    def going(self, held: list[pa.Table], read: Read, tell: Tell) -> Iterator[pa.RecordBatch]:
        """The batches of all shares; at least one."""
        done = 0
        for number in range(self.count):
            if number:
                held = self._again(number, read)
            for batch in self._in_order(held):
                done += batch.num_rows
                yield batch
                tell(0.7 + 0.29 * done / self.rows, say("writing"))

    def _again(self, number: int, read: Read) -> list[pa.Table]:
        held: list[pa.Table] = []
        begun = 0
        for batch in read(self.ready.plan.needed):
            mine = pa.array(self._of_row[begun : begun + batch.num_rows] == number)
            table = pa.Table.from_batches([batch])
            if self._alone:
                held.append(self._after_steps(table.filter(mine), begun))
            else:
                held.append(self._after_steps(table, begun).filter(mine))
            begun += batch.num_rows
        self._check_rows(begun)
        return held

    def _check_rows(self, read: int) -> None:
        if read != self.rows:
            raise RuntimeError("the second reading of the input has not as many rows as the first")

    def _after_steps(
        self, table: pa.Table, begun: int, changed: dict[str, list[int]] | None = None
    ) -> pa.Table:
        plan = self.ready.plan
        made, counts = plans.applied(self.ready, table, begun)
        if changed is not None:
            plans.add_changed(changed, counts)
        return plans.with_fixed_levels(plan, made).select(list(plan.published))

    def _share_of(self, made: pa.Table, begun: int) -> Places:
        """The share of each row. Where shares are sorted, by how many of the cuts are not behind it."""
        if self._cuts is None:
            place = np.arange(begun, begun + made.num_rows)
            return (place * self.count // self.rows).astype(self._of_row.dtype)
        both = pa.concat_tables([self._cuts, made])
        order = pc.sort_indices(both, self._by).to_numpy()
        share = np.empty(len(order), self._of_row.dtype)
        share[order] = np.cumsum(order < len(self._cuts))
        return share[len(self._cuts) :]

    def _cut(self, sample: pa.Table) -> pa.Table:
        """The rows with which a share begins, all but the first."""
        some = np.linspace(0, sample.num_rows - 1, min(_CUT_ROWS, sample.num_rows)).astype(np.int64)
        made = self._after_steps(sample.take(pa.array(some)).select(list(self.ready.plan.needed)), 0)
        ordered = made.sort_by(self._by)
        return ordered.take(pa.array(np.arange(1, self.count) * len(some) // self.count))

    def _in_order(self, held: list[pa.Table]) -> Iterator[pa.RecordBatch]:
        """The rows that are `held`, which are let go."""
        share = pa.concat_tables(held)
        held.clear()
        if self.ordered:
            yield from share.to_batches(max_chunksize=BATCH_ROWS)
            return
        order = pc.sort_indices(share, self._by)
        columns: list[pa.Array] = []
        names = share.column_names
        while share.num_columns:  # one after the other, so that only one is held twice
            columns.append(share.column(0).combine_chunks())
            share = share.remove_column(0)
        whole = pa.record_batch(columns, names=names)
        for at in range(0, len(order), BATCH_ROWS):
            yield whole.take(order.slice(at, BATCH_ROWS))
