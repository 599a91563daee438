"""How columns hang together, before and after: a matrix of associations, and what became of it.

| the two columns | measure | range |
|---|---|---|
| both numbers | Pearson's correlation | -1..1 |
| both categories | Cramer's V, corrected for bias (Bergsma 2013, J. Korean Statistical Society 42, 323-328) | 0..1 |
| one of each | the root of Kelley's epsilon squared (1935): how much of the number the category explains, corrected for chance | 0..1 |

After, a label that hides several numbers counts as their mean, and any other label as a category of its own. A column
that is the same throughout goes together with nothing: 0. A row in which either is missing is left out of the pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from ..grouping import group_anyhow
from ..values import Codes
from .labels import Matched

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Associations:
    """Symmetric matrices over `columns`, with 1 on the diagonal."""

    columns: tuple[str, ...]
    before: Floats
    after: Floats

    @property
    def change(self) -> Floats:
        """How far each association has moved, 0..2."""
        return np.abs(self.after - self.before)

    @property
    def mean_change(self) -> float:
        """Over the pairs; 0 where there is none."""
        upper = self.change[np.triu_indices(len(self.columns), 1)]
        return float(upper.mean()) if len(upper) else 0.0


def associations(columns: Sequence[Matched]) -> Associations:
    """Both matrices. Columns with labels that cannot be read are left out."""
    used = [c for c in columns if not c.unreadable]
    earlier = [_Side(c.numbers if c.numeric else None, c.value_of_row, _missing(c.values)) for c in used]
    later = [_Side(_means(c) if c.numeric else None, c.label_of_row, _missing(c.labels)) for c in used]
    return Associations(tuple(c.name for c in used), _matrix(earlier), _matrix(later))


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """A column's rows as codes of categories, and for a numeric one the number of each category. Rows of numbers are
    made when a pair needs them: of all columns together they would be the largest thing in memory."""

    number_of: Floats | None
    codes: Codes
    missing: int

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        there: npt.NDArray[np.bool_] = (
            self.codes != self.missing if self.number_of is None else ~np.isnan(self.number_of)[self.codes]
        )
        return there

    def numbers(self, rows: npt.NDArray[np.bool_] | None) -> Floats:
        assert self.number_of is not None
        return self.number_of[self.categories(rows)]

    def categories(self, rows: npt.NDArray[np.bool_] | None) -> Codes:
        return self.codes if rows is None else self.codes[rows]


def _missing(texts: tuple[str | None, ...]) -> int:
    return texts.index(None) if None in texts else -1


def _means(column: Matched) -> Floats:
    """The number that each label stands for: its own, or the mean of those under it."""
    numbers, single = column.numbers, column.single
    made = np.where(single >= 0, numbers[single], np.nan)
    for label in np.flatnonzero(single < 0):
        cover = column.covers[label]
        known = np.empty(0) if cover is None else numbers[cover][~np.isnan(numbers[cover])]
        made[label] = known.mean() if len(known) else np.nan
    return made


def _matrix(sides: Sequence[_Side]) -> Floats:
    matrix = np.eye(len(sides))
    there = [side.present for side in sides]
    for i, j in combinations(range(len(sides)), 2):
        both = there[i] & there[j]
        if both.sum() > 1:
            matrix[i, j] = matrix[j, i] = _association(sides[i], sides[j], None if both.all() else both)
        else:
            matrix[i, j] = matrix[j, i] = 0.0
    return matrix


def _association(a: _Side, b: _Side, rows: npt.NDArray[np.bool_] | None) -> float:
    """`rows`: those in which both are there; None for all."""
    if a.number_of is not None and b.number_of is not None:
        return _pearson(a.numbers(rows), b.numbers(rows))
    if a.number_of is None and b.number_of is None:
        return _cramer(a.categories(rows), b.categories(rows))
    of_numbers, of_codes = (a, b) if a.number_of is not None else (b, a)
    return _epsilon(of_numbers.numbers(rows), of_codes.categories(rows))


def _pearson(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    # What rounding leaves of a constant column is no variation.
    return float(x @ y) / scale if scale > 1e-12 * len(x) else 0.0


def _cramer(a: Codes, b: Codes) -> float:
    rows, columns = np.bincount(a), np.bincount(b)
    n, r, c = len(a), int((rows > 0).sum()), int((columns > 0).sum())
    member, number = group_anyhow([a, b], [len(rows), len(columns)])
    seen = np.bincount(number)
    # Empty cells add their expectation; in all they add n less what the seen cells expect: chi2 = sum(o^2 / e) - n.
    phi2 = float((seen**2 / (rows[a[member]] * columns[b[member]])).sum()) - 1
    phi2 = max(0.0, phi2 - (r - 1) * (c - 1) / (n - 1))
    fewer = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, phi2 / fewer))) if fewer > 0 else 0.0


def _epsilon(numbers: Floats, codes: Codes) -> float:
    sizes = np.bincount(codes)
    some = sizes > 0
    centred = numbers - numbers.mean()
    total = float(centred @ centred)
    between = float((np.bincount(codes, centred)[some] ** 2 / sizes[some]).sum())
    sizes = sizes[some]
    free = len(numbers) - len(sizes)
    if free <= 0 or total <= 1e-12 * len(numbers):
        return 0.0
    explained = (between - (len(sizes) - 1) * (total - between) / free) / total
    return float(np.sqrt(max(0.0, explained)))
