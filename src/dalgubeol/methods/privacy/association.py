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

from .labels import Matched
from .values import Codes

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
    earlier = [
        _Side(c.numbers[c.value_of_row] if c.numeric else None, c.value_of_row, _missing(c.values))
        for c in used
    ]
    later = [
        _Side(_means(c)[c.label_of_row] if c.numeric else None, c.label_of_row, _missing(c.labels))
        for c in used
    ]
    return Associations(tuple(c.name for c in used), _matrix(earlier), _matrix(later))


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """A column's rows as numbers (where it is numeric) and as categories."""

    numbers: Floats | None
    codes: Codes
    missing: int

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        there: npt.NDArray[np.bool_] = (
            self.codes != self.missing if self.numbers is None else ~np.isnan(self.numbers)
        )
        return there


def _missing(texts: tuple[str | None, ...]) -> int:
    return texts.index(None) if None in texts else -1


def _means(column: Matched) -> Floats:
    numbers = column.numbers
    finite = [numbers[c][~np.isnan(numbers[c])] if c is not None else np.empty(0) for c in column.covers]
    return np.array([float(each.mean()) if len(each) else np.nan for each in finite])


def _matrix(sides: Sequence[_Side]) -> Floats:
    matrix = np.eye(len(sides))
    for i, j in combinations(range(len(sides)), 2):
        both = sides[i].present & sides[j].present
        matrix[i, j] = matrix[j, i] = _association(sides[i], sides[j], both) if both.sum() > 1 else 0.0
    return matrix


def _association(a: _Side, b: _Side, rows: npt.NDArray[np.bool_]) -> float:
    if a.numbers is not None and b.numbers is not None:
        return _pearson(a.numbers[rows], b.numbers[rows])
    if a.numbers is None and b.numbers is None:
        return _cramer(a.codes[rows], b.codes[rows])
    numbers, codes = (a.numbers, b.codes) if a.numbers is not None else (b.numbers, a.codes)
    assert numbers is not None
    return _epsilon(numbers[rows], codes[rows])


def _pearson(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    # What rounding leaves of a constant column is no variation.
    return float(x @ y) / scale if scale > 1e-12 * len(x) else 0.0


def _cramer(a: Codes, b: Codes) -> float:
    a, b = (np.unique(each, return_inverse=True)[1] for each in (a, b))
    n, r, c = len(a), int(a.max()) + 1, int(b.max()) + 1
    cells, seen = np.unique(a * c + b, return_counts=True)
    rows, columns = np.bincount(a), np.bincount(b)
    # Empty cells add their expectation; in all they add n less what the seen cells expect: chi2 = sum(o^2 / e) - n.
    phi2 = float((seen**2 / (rows[cells // c] * columns[cells % c])).sum()) - 1
    phi2 = max(0.0, phi2 - (r - 1) * (c - 1) / (n - 1))
    fewer = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, phi2 / fewer))) if fewer > 0 else 0.0


def _epsilon(numbers: Floats, codes: Codes) -> float:
    group = np.unique(codes, return_inverse=True)[1]
    sizes = np.bincount(group)
    centred = numbers - numbers.mean()
    total = float(centred @ centred)
    between = float((np.bincount(group, centred) ** 2 / sizes).sum())
    free = len(numbers) - len(sizes)
    if free <= 0 or total <= 1e-12 * len(numbers):
        return 0.0
    explained = (between - (len(sizes) - 1) * (total - between) / free) / total
    return float(np.sqrt(max(0.0, explained)))
