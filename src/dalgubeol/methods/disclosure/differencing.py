"""What a table gives away beside everything released before it: differencing and linked tables.

Two checks, each over counts of the same measure:
- **remainders**: every count less the counts of one other table that lie within it, whatever their keys, bands
  or totals (a region's total less its districts; 20-30 less 20-29; all less those who are well; the same cell in
  two releases). A remainder of 1 to `threshold` - 1 persons is a group that was never meant to be shown; so is the
  amount by which the same or a wider cell changed between two releases. The table is also held against itself.
- **bounds**: all releases whose keys are among the table's keys, and totals of the others, as linear equations
  over the cross-classification of the keys; every cell of it that could hold fewer than `threshold` at most, by
  linear programming (`bounds`), and could hold more before this table. Exact for these releases, over two or any
  number of them at once (Frechet and shuttle bounds follow from the equations: Dobra and Fienberg, 2000).

Scope, stated in `Linked.scope`: releases with further keys enter the bounds by their totals only; two tables of
which neither's keys are among the other's (age by sex, age by town) are not compared with each other; a release that
contradicts the table (another population, a filter that no key names) enters remainders only, and is counted.
Small cells that a table shows openly are left to `cells`. A whole that is exactly the sum of its listed parts
says only that the list is complete. Bounds are left out where the cross-classification has more than MOST_CELLS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...language import say
from .cells import SMALLEST_CELL
from .finding import Finding
from .labels import Parents
from .linked_cells import cross_classification, tight_cells
from .releases import Released, scales
from .remainders import comparable, layers, small_remainders

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CELLS = 50_000
MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """How far the earlier releases were compared: by equations; by remainders only; not, because neither's keys
    are among the other's and no total links them; and how many of all contradict the table.
    """

    exact: int
    remainders_only: int
    apart: int
    contradicting: int


@dataclass(frozen=True, slots=True)
class Linked:
    """`rows` (from 0) of the table that may not leave beside the releases named (numbers; 0 is the table itself)."""

    rows: Mapping[int, frozenset[int]]
    scope: Scope


def linked(
    table: Released,
    earlier: Sequence[Released],
    threshold: int = SMALLEST_CELL,
    *,
    zeros_disclosive: bool = False,
    parents: Mapping[str, Parents] | None = None,
) -> Linked:
    """Rows of `table` that give a group of fewer than `threshold` together with `earlier` or among themselves.

    `parents` gives, for a key, the label above each label. `zeros_disclosive` also holds cells that could hold
    nobody at all; it is off by default because most cells of a wide cross-classification are empty by nature.
    """
    table = replace(table, number=0)
    same = _distinct([each for each in earlier if each.measure == table.measure])
    on = scales([table, *same], parents or {})
    own = layers(table, on)
    near = [each for each in same if comparable(table, each)]
    others = [layer for each in near for layer in layers(each, on)]
    rows: dict[int, set[int]] = {}
    contradicting: set[int] = set()
    for row, number, small in small_remainders(own, others, threshold):
        if small:
            rows.setdefault(row, set()).add(number)
        else:
            contradicting.add(number)
    agreeing = [each for each in same if each.number not in contradicting]
    system = cross_classification(table, agreeing, on, MOST_CELLS)
    inside: frozenset[int] = frozenset()
    if system is not None:
        tight = tight_cells(system, threshold, zeros_disclosive)
        inside = tight.used
        contradicting |= tight.contradicting
        for row, numbers in tight.rows:
            rows.setdefault(row, set()).update(numbers)
    whole = [each for each in same if each.number in inside and set(each.keys) <= set(table.keys)]
    by_remainders = {each.number for each in near} - {each.number for each in whole}
    scope = Scope(
        len(whole), len(by_remainders), len(same) - len(whole) - len(by_remainders), len(contradicting)
    )
    return Linked({row: frozenset(numbers) for row, numbers in sorted(rows.items())}, scope)


def linked_findings(
    table: Released, earlier: Sequence[Released], threshold: int = SMALLEST_CELL, **options: object
) -> tuple[Finding, ...]:
    """The same as findings: one for each row."""
    found = linked(table, earlier, threshold, **options)  # type: ignore[arg-type]
    return tuple(_finding(row + 1, table.column, numbers, threshold) for row, numbers in found.rows.items())


def unlinked(
    table: Released, earlier: Sequence[Released], threshold: int = SMALLEST_CELL, **options: object
) -> Released:
    """The table without the counts that its rows may not show beside `earlier`, checked again until none is left.

    A count that is gone can only widen what an outsider must leave open, so the search ends.
    """
    for _ in range(MOST_ROUNDS):
        rows = linked(table, earlier, threshold, **options).rows  # type: ignore[arg-type]
        if not rows:
            return table
        table = replace(table, counts=tuple(None if at in rows else count for at, count in enumerate(table.counts)))  # fmt: skip
    return replace(table, counts=(None,) * len(table.counts))


def linked_in(table: pa.Table, earlier: Sequence[pa.Table], threshold: int = SMALLEST_CELL) -> tuple[Finding, ...]:  # fmt: skip
    """All columns of counts of a table against those of earlier tables, their keys being their columns of text."""
    from .releases import released

    before = [each for number, one in enumerate(earlier, start=1) for each in released(one, number=number)]
    return tuple(f for each in released(table) for f in linked_findings(each, before, threshold))


def _distinct(earlier: Sequence[Released]) -> list[Released]:
    """Without copies: the same table released twice says nothing more."""
    first: dict[object, Released] = {}
    for each in earlier:
        first.setdefault((each.keys, each.labels, each.counts, each.base), each)
    return list(first.values())


def _finding(row: int, column: str, numbers: frozenset[int], threshold: int) -> Finding:
    named = ", ".join(str(each) for each in sorted(numbers - {0}))
    message = (
        say("Row {row}, column {column}: together with earlier release {releases} it gives a group of fewer than {threshold}.", row=row, column=column, releases=named, threshold=threshold)
        if named
        else say("Row {row}, column {column}: together with other rows it gives a group of fewer than {threshold}.", row=row, column=column, threshold=threshold)
    )  # fmt: skip
    return Finding("linked", row, column, message)
