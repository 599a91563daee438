"""Complementary (secondary) suppression, proposed and proven: which counts go besides the small ones.

A table with totals gives a hidden count back unless others are hidden with it. Each small count is protected from
1 person (0 where it is 0) up to the smallest cell: an outsider who knows all sums must find both possible. Since
a group of hidden cells can hold no fewer than one of its cells, no such group is known to be small either.

Choosing: one linear programme for each end of each small count finds the cheapest way in which the table could
have been different there (Kelly, Golden and Assad, "Cell suppression: disclosure protection for sensitive tabular
data", Networks 22, 1992; the Handbook on Statistical Disclosure Control, section 4.3.2, gives it beside hypercube
and modular); all that differ are hidden. Then every count that was hidden for the others is shown again where the
audit allows it. The result is safe and near the least, not the least. Proving: `unprotected` asks the outsider's
programmes (`bounds`) of the finished table, knowing nothing of how it was chosen. Works for any number of keys and
for hierarchies, which are sums like any other.

In a table of more than EXACT_COUNTS counts they are chosen sum by sum instead (`suppression_large`), and only what the
audit finds is mended by programmes; the same audit proves it.

With `base` the counts that stay are rounded to it too; an outsider knows less of them, so fewer must go.
Not done: an outsider who is himself a contributor, or who knows that hidden counts are below the smallest cell.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import Invalid
from . import suppression_large
from .bounds import Sums, unreachable
from .cells import SMALLEST_CELL
from .labels import Parents
from .reading import is_numeric, replaced
from .releases import Released
from .sums import equations, melted, small_rows, text_keys

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

EXACT_COUNTS = 2_000
MOST_MENDED = 100
"""Small counts of a large table that are mended by programmes; beyond it the sums that they stand in go."""
MOST_TRIED = 60
"""Hidden counts that are tried to be shown again: each costs an audit."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The table with hidden counts None; `primary` are rows (from 0) that were small, `secondary` hide them."""

    table: Released
    primary: frozenset[int]
    secondary: frozenset[int]


def suppressed(
    table: Released,
    threshold: int = SMALLEST_CELL,
    *,
    parents: Mapping[str, Parents] | None = None,
    zeros_disclosive: bool = True,
    unsafe: Collection[int] = (),
    base: int = 1,
    whole: bool = True,
) -> Suppressed:
    """A version of the table that may leave. `unsafe` are more rows to hide (dominated cells, for one). Without `whole`
    the numbers are amounts and may have fractions.

    Raises Invalid for counts that are missing or not whole.
    """
    if any(count is None or count < 0 or (whole and count != math.floor(count)) for count in table.counts):
        raise Invalid.field("counts", expected="whole numbers", got="a missing count or a fraction")
    counts = np.array(table.counts, dtype=float)
    sums = equations(table, parents)
    primary = small_rows(table, threshold, zeros_disclosive) | frozenset(unsafe)
    if len(counts) > EXACT_COUNTS:
        hidden = _chosen_by_sums(sums, counts, primary, threshold, base)
    else:
        hidden = set(primary)
        for row in sorted(primary, key=lambda each: counts[each]):
            hidden = _with_ways(sums, counts, row, hidden, threshold)
        hidden = _thinned(sums, counts, primary, hidden, threshold, 1)
        if base > 1:  # from what is enough without rounding: another choice could hide more than that
            hidden = _thinned(sums, counts, primary, hidden, threshold, base)
    shown = tuple(None if row in hidden else _rounded(count, base) for row, count in enumerate(counts))
    return Suppressed(replace(table, counts=shown, base=base), primary, frozenset(hidden) - primary)


def _with_ways(
    sums: Any, counts: NDArray[np.float64], row: int, hidden: set[int], threshold: int
) -> set[int]:
    hidden = set(hidden)
    for level in _levels(counts[row], threshold):
        hidden |= _ways(sums, counts, row, level - counts[row], hidden)
    return hidden


def _chosen_by_sums(
    sums: Any, counts: NDArray[np.float64], primary: frozenset[int], threshold: int, base: int
) -> set[int]:  # fmt: skip
    """Of a large table. Raises Invalid where even whole sums do not protect it."""
    rows = sorted(primary)
    hidden = suppression_large.chosen(
        sums, counts, rows, [_levels(counts[row], threshold) for row in rows], threshold
    )
    for _ in range(3):
        open_ = _unprotected(sums, counts, hidden, primary, threshold, base)
        if not open_:
            return hidden
        for row in open_[:MOST_MENDED]:
            hidden = _with_ways(sums, counts, row, hidden, threshold)
        if len(open_) > MOST_MENDED:
            of = sums.tocsc()[:, list(open_[MOST_MENDED:])].indices
            hidden |= {int(each) for each in sums[np.unique(of)].indices}
    if _unprotected(sums, counts, hidden, primary, threshold, base):
        raise Invalid.field("table", expected="a table whose small counts can be hidden", got="another")
    return hidden


def unprotected(
    truth: Released,
    hidden: Collection[int],
    protect: Collection[int],
    threshold: int = SMALLEST_CELL,
    *,
    parents: Mapping[str, Parents] | None = None,
    base: int = 1,
) -> tuple[int, ...]:
    """Rows of `protect` that an outsider can bound tighter than from 1 (or 0) to `threshold`, by linear programming."""
    counts = np.array(truth.counts, dtype=float)
    return _unprotected(equations(truth, parents), counts, hidden, protect, threshold, base)


def safe_crosstab(
    table: pa.Table, threshold: int = SMALLEST_CELL, *, keys: Sequence[str] | None = None, base: int = 1, zeros_disclosive: bool = True,
    unsafe: Collection[tuple[int, str]] = (),
) -> pa.Table:  # fmt: skip
    """A table of one or more columns of counts with its small counts and their complements null.

    Totals are known by their labels and columns' names. Other numbers of a row with a hidden count go too. `keys`
    are the columns of text where they are not named; `unsafe` are more counts to hide (row from 0, column).
    """
    named = tuple(keys) if keys is not None else text_keys(table)
    melt, places = melted(table, named)
    more = [at for at, place in enumerate(places) if place in unsafe]
    safe = suppressed(melt, threshold, zeros_disclosive=zeros_disclosive, unsafe=more, base=base)
    values: dict[str, list[float | None]] = {}
    for (_, name), count in zip(places, safe.table.counts, strict=True):
        values.setdefault(name, []).append(count)
    touched = {places[at][0] for at in safe.primary | safe.secondary}
    for name in table.column_names:
        if name in values:
            table = replaced(table, name, [None if each is None else int(each) for each in values[name]])
        elif name not in named and is_numeric(table, name):
            old = table.column(name).to_pylist()
            table = replaced(table, name, [None if row in touched else each for row, each in enumerate(old)])
    return table


def _levels(count: float, threshold: int) -> tuple[float, float]:
    """The ends that must be possible: one person at most (nobody, where there is nobody), and the smallest cell.

    A count that is hidden for another reason than its size is protected to half and to one and a half times itself.
    """
    if count >= threshold:
        return math.floor(count / 2), math.ceil(1.5 * count)
    return min(count, 1.0), float(threshold)


def _rounded(count: float, base: int) -> float:
    return float(count) if base <= 1 else float(base * math.floor(count / base + 0.5))


def _ways(sums: Any, counts: NDArray[np.float64], row: int, change: float, hidden: set[int]) -> set[int]:
    """Rows that change in the cheapest table that has the same sums and `change` more in `row`."""
    from scipy import sparse
    from scipy.optimize import linprog

    if change == 0:
        return set()
    cells = len(counts)
    cost = np.log2(counts + 2)
    cost[list(hidden)] = 1e-4
    most_down = counts.copy()
    low, high = np.zeros(2 * cells), np.concatenate([np.full(cells, np.inf), most_down])
    low[row] = high[row] = max(change, 0)
    low[cells + row] = high[cells + row] = max(-change, 0)
    best = linprog(
        np.concatenate([cost, cost]),
        A_eq=sparse.hstack([sums, -sums]).tocsr() if sums.shape[0] else None,
        b_eq=np.zeros(sums.shape[0]) if sums.shape[0] else None,
        bounds=np.column_stack([low, high]),
        method="highs",
    )
    moved = np.abs(best.x[:cells] - best.x[cells:]) > 1e-7
    return {int(each) for each in np.flatnonzero(moved)}


def _thinned(
    sums: Any,
    counts: NDArray[np.float64],
    primary: frozenset[int],
    hidden: set[int],
    threshold: int,
    base: int,
) -> set[int]:
    """Without the complements that are not needed, the largest first: later ones made some earlier ones so."""
    for row in sorted(hidden - primary, key=lambda each: -counts[each])[:MOST_TRIED]:
        if not _unprotected(sums, counts, hidden - {row}, primary, threshold, base):
            hidden = hidden - {row}
    return hidden


def _unprotected(
    sums: Any, counts: NDArray[np.float64], hidden: Collection[int], protect: Collection[int], threshold: int, base: int
) -> tuple[int, ...]:  # fmt: skip
    """Everything an outsider has: the sums, what is shown (rounded: within half a base), and counts of at least 0."""
    if not protect:
        return ()
    rows = sorted(protect)
    if base <= 1:
        unknown = sorted(hidden)
        at = {row: place for place, row in enumerate(unknown)}
        shown = counts.copy()
        shown[unknown] = 0
        known = -(sums @ shown)
        system = Sums.of(sums[:, unknown], known, known)
    else:
        at = {row: row for row in range(len(counts))}
        rounded = np.array([_rounded(each, base) for each in counts])
        least, most = np.maximum(rounded - base / 2, 0), rounded + base / 2
        least[list(hidden)], most[list(hidden)] = 0, np.inf
        system = Sums.of(sums, np.zeros(sums.shape[0]), np.zeros(sums.shape[0]), least, most)
    visible = [row for row in rows if row not in at]
    asked = [row for row in rows if row in at]
    back = {place: row for row, place in at.items()}
    levels = [_levels(counts[row], threshold) for row in asked]
    cells = [at[row] for row in asked]
    below = unreachable(system, cells, [low for low, _ in levels], up=False)
    above = unreachable(system, cells, [high for _, high in levels])
    return tuple(sorted({*visible, *(back[cell] for cell in (*below, *above))}))
