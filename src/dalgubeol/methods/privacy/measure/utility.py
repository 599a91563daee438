"""What a pseudonymised table is still good for, beside the original. Rows, not persons: an analysis counts rows.

Per column (labels read by `labels.matched`; where a label hides several values, its rows are spread evenly over them,
which is what an analyst can do who knows no better):

- **loss**: ARX's `LossMetric` at gsFactor 0.5: the share of the domain that a label hides, less its own value, mean
  over rows; 1 for a row left out. 0 = nothing lost, 1 = everything. Together: the geometric mean of 1 + loss, less 1.
- **entropy**: the share of the column's information (Shannon bits of the original distribution) that is lost:
  non-uniform entropy (de Waal and Willenborg 1999; Gionis and Tassa 2009, IEEE TKDE 21, 206-219).
- **tv**: total variation between the distributions before and after, 0..1: the largest difference in the share of any
  set of values.
- **ks**: Kolmogorov and Smirnov's distance, for numbers: the largest difference in the share at or below any value.

Of the classes: **discernibility** (Bayardo and Agrawal 2005, ICDE; as ARX): the sum of squared class sizes, and n for
each row left out; `relative` is its place between n (all rows distinct) and n^2 (all alike). **average class
size**: kept rows by classes; C_AVG divides it by k (LeFevre, DeWitt and Ramakrishnan 2006, ICDE; 1 is best).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....errors import Invalid
from ..hierarchy import Hierarchy
from ..values import Codes, column_of
from .labels import Matched, matched

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ColumnUtility:
    """One column. None where it cannot be said: labels that cannot be read, a column without order (`ks`)."""

    column: str
    loss: float | None
    entropy: float | None
    tv: float | None
    ks: float | None
    unreadable_labels: int


@dataclass(frozen=True, slots=True)
class ClassUtility:
    """What the class sizes say."""

    discernibility: int
    relative_discernibility: float
    average_class_size: float
    c_avg: float | None


@dataclass(frozen=True, slots=True)
class Utility:
    """`loss` is over the quasi-identifiers, None where one of them cannot be read."""

    rows_before: int
    rows_after: int
    loss: float | None
    columns: tuple[ColumnUtility, ...]

    @property
    def suppressed_share(self) -> float:
        """The share of the rows that was left out."""
        return 1 - self.rows_after / self.rows_before if self.rows_before else 0.0


def matched_columns(
    before: pa.Table,
    after: pa.Table,
    columns: Sequence[str],
    hierarchies: Mapping[str, Hierarchy] | None = None,
) -> tuple[Matched, ...]:
    """The columns on common ground. Raises `Invalid` for a column that one of the tables has not."""
    known = hierarchies or {}
    return tuple(matched(c, column_of(before, c), column_of(after, c), known.get(c)) for c in columns)


def utility(columns: Sequence[Matched], quasi_identifiers: Sequence[str]) -> Utility:
    """What is left of `columns`. Raises `Invalid` where there are more rows after than before."""
    rows_before = max((len(c.value_of_row) for c in columns), default=0)
    rows_after = max((len(c.label_of_row) for c in columns), default=0)
    if rows_after > rows_before:
        raise Invalid.field("after", expected="at most as many rows as before", got=rows_after)
    each = tuple(_column(c, rows_before, rows_after) for c in columns)
    losses = [c.loss for c in each if c.column in quasi_identifiers]
    return Utility(rows_before, rows_after, loss_of(losses), each)


def loss_of(losses: Sequence[float | None]) -> float | None:
    """ARX's geometric mean over columns; None where one of them is not known."""
    known = [each for each in losses if each is not None]
    if len(known) < len(losses):
        return None
    return math.prod(1 + each for each in known) ** (1 / len(known)) - 1 if known else 0.0


def class_utility(rows_of_classes: Codes, suppressed_rows: int, k: int | None = None) -> ClassUtility:
    """From the rows of each class that is kept, and the rows left out."""
    sizes = np.asarray(rows_of_classes, np.int64)
    n = int(sizes.sum()) + suppressed_rows
    discernibility = sum(int(size) ** 2 for size in sizes) + n * suppressed_rows
    mean = float(sizes.mean()) if len(sizes) else 0.0
    relative = (discernibility - n) / (n * n - n) if n > 1 else 0.0
    return ClassUtility(discernibility, relative, mean, None if k is None else mean / k)


def _column(column: Matched, rows_before: int, rows_after: int) -> ColumnUtility:
    if column.unreadable:
        return ColumnUtility(column.name, None, None, None, None, column.unreadable)
    p, q = _shares(column.before.astype(np.float64)), _shares(column.spread())
    ks = float(np.abs(np.cumsum(p - q)).max(initial=0)) if column.numeric and rows_after else None
    tv = float(np.abs(p - q).sum() / 2) if rows_after else None
    left_out = rows_before - rows_after
    return ColumnUtility(
        column.name, _loss(column, rows_before, left_out), _entropy(column, rows_before, left_out), tv, ks, 0
    )  # fmt: skip


def _loss(column: Matched, rows: int, left_out: int) -> float:
    if column.domain <= 1 or not rows:
        return 0.0
    hidden = sum(n * (len(c) - 1) for n, c in column.hiding)
    return (hidden + (column.domain - 1) * left_out) / (rows * (column.domain - 1))


def _entropy(column: Matched, rows: int, left_out: int) -> float:
    whole = _bits(column.before)
    if not rows or whole == 0:
        return 0.0
    within = sum(n * _bits(column.before[c]) for n, c in column.hiding)  # one value alone has no bits
    return float(within + left_out * whole) / (rows * whole)


def _bits(counts: Codes) -> float:
    shares = _shares(counts[counts > 0].astype(np.float64))
    return float(-(shares * np.log2(shares)).sum())


def _shares(counts: Floats) -> Floats:
    total = counts.sum()
    return counts / total if total else counts
