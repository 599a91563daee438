"""What an outsider can derive from published counts: unknown counts of at least 0 and the sums that are known.

Every published count is a sum of unknown cells that lies between two numbers (equal unless it was rounded). The
least and the most that a cell can be are linear programmes (Fischetti and Salazar, 2001; "intruder's problem" in
the Handbook on Statistical Disclosure Control, section 4.3); HiGHS solves them. Counts are whole numbers, the
programmes know fractions too, so the true range may be narrower by less than one step of a fractional vertex: for
tables of two dimensions the matrix is totally unimodular and the ranges are exact; for others they are wider at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import Invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOLERANCE = 1e-6
MOST_SINGLE = 400
"""Programmes for one cell each, before what is left counts as not reachable: in doubt it is held."""


@dataclass(frozen=True, slots=True)
class Sums:
    """`low <= matrix @ cells <= high` for cells of at least `least`; `matrix` is sparse, one row a published sum."""

    matrix: Any
    low: Floats
    high: Floats
    least: Floats
    most: Floats

    @staticmethod
    def of(matrix: Any, low: Floats, high: Floats, least: Floats | None = None, most: Floats | None = None) -> Sums:  # fmt: skip
        cells = matrix.shape[1]
        return Sums(
            matrix.tocsr(), low, high,
            np.zeros(cells) if least is None else least,
            np.full(cells, np.inf) if most is None else most,
        )  # fmt: skip

    @property
    def cells(self) -> int:
        return int(self.matrix.shape[1])


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the most that a cell can be, and the sums (row numbers) that keep it from being more."""

    least: float
    most: float
    because: tuple[int, ...]


def narrowed(sums: Sums, rounds: int = 12) -> Sums:
    """The same with the bounds of each cell that follow from one sum at a time (the shuttle algorithm of Buzzigoli
    and Giusti, 1998): a cell is at most a sum less the least of its other parts, and at least it less their most.
    """
    entries = sums.matrix.tocoo()
    if entries.nnz == 0 or entries.data.min() < 0:
        return sums
    row, cell = entries.row, entries.col
    least, most = sums.least.copy(), sums.most.copy()
    for _ in range(rounds):
        endless = np.isinf(most)
        lows = np.bincount(row, least[cell], len(sums.low))
        highs = np.bincount(row, np.where(endless, 0, most)[cell], len(sums.low))
        without_end = np.bincount(row, endless[cell], len(sums.low))
        new_most, new_least = most.copy(), least.copy()
        np.minimum.at(new_most, cell, sums.high[row] - lows[row] + least[cell])
        others_end = without_end[row] - endless[cell] == 0
        by_rest = sums.low[row] - highs[row] + np.where(endless, 0, most)[cell]
        np.maximum.at(new_least, cell, np.where(others_end, by_rest, -np.inf))
        new_most = np.maximum(new_most, new_least)
        still = np.allclose(new_most, most, atol=1e-9) and np.allclose(new_least, least, atol=1e-9)
        least, most = new_least, new_most
        if still:
            break
    return replace(sums, least=least, most=most)


def known_aside(sums: Sums) -> tuple[Sums, Any]:
    """The sums of the cells that are still open, and which (old numbers, an array); what is known is taken out of each sum."""
    open_cells = np.flatnonzero(sums.most - sums.least > TOLERANCE)
    fixed = np.where(sums.most - sums.least > TOLERANCE, 0, sums.least)
    rest = sums.matrix[:, open_cells]
    used = np.diff(rest.indptr) > 0
    taken = sums.matrix @ fixed
    low, high = (sums.low - taken)[used], (sums.high - taken)[used]
    return Sums(rest[used], low, high, sums.least[open_cells], sums.most[open_cells]), open_cells


def solvable(sums: Sums) -> bool:
    """Whether any table has these sums: rounded, filtered or mistyped counts may contradict each other."""
    return bool(_solve(sums, np.zeros(sums.cells)).status == 0)


def range_of(sums: Sums, cell: int) -> Range:
    """Raises Invalid where no table has these sums."""
    aim = np.zeros(sums.cells)
    aim[cell] = 1
    lowest, highest = _solve(sums, aim), _solve(sums, -aim)
    if lowest.status == 2 or highest.status == 2:
        raise Invalid.field(
            "sums", expected="counts of one population", got="counts that contradict each other"
        )
    most = -highest.fun if highest.status == 0 else np.inf
    return Range(float(lowest.fun), float(most), _because(sums, highest))


def unreachable(sums: Sums, cells: Sequence[int], levels: Sequence[float], up: bool = True) -> tuple[int, ...]:  # fmt: skip
    """Those of `cells` that can in no table be at least their level (`up`) or at most it, of Sums that are solvable.

    One programme asks for as many at once as it can and thereby clears most. Where all that are left together
    come less far than the lowest level, none reaches its own. Only what is left then is asked alone.
    """
    level = dict(zip(cells, levels, strict=True))
    left = [cell for cell in cells if not _free(sums, cell, level[cell], up)]
    while left:
        reached, together = _reached(sums, left, level, up)
        if not reached and together < min(_steps(sums, left, level, up)) - TOLERANCE:
            return tuple(sorted(left))
        if not reached:
            break
        left = [cell for cell in left if cell not in reached]
    found: list[int] = []
    while left and len(found) < MOST_SINGLE:
        cell = left.pop()
        aim = np.zeros(sums.cells)
        aim[cell] = -1 if up else 1
        best = _solve(sums, aim)
        if best.status == 0 and not _enough(best.x[cell], level[cell], up):
            found.append(cell)
        if best.status == 0:
            left = [each for each in left if not _enough(best.x[each], level[each], up)]
    return tuple(sorted((*found, *left)))


def _free(sums: Sums, cell: int, level: float, up: bool) -> bool:
    """Whether a level asks for nothing."""
    return bool(level <= sums.least[cell] if up else level >= sums.most[cell])


def _enough(value: float, level: float, up: bool) -> bool:
    return bool(value >= level - TOLERANCE if up else value <= level + TOLERANCE)


def _steps(sums: Sums, cells: Sequence[int], level: dict[int, float], up: bool) -> list[float]:
    """How far each level lies from the end that it is asked away from."""
    return [level[cell] - sums.least[cell] if up else sums.most[cell] - level[cell] for cell in cells]


def _reached(sums: Sums, cells: Sequence[int], level: dict[int, float], up: bool) -> tuple[set[int], float]:
    """Cells at their level in the table that misses all levels by the least, and how far all came together."""
    from scipy import sparse

    asked, sign = len(cells), 1.0 if up else -1.0
    levels = np.array([level[cell] for cell in cells])
    pick = sparse.csr_matrix((np.ones(asked), (range(asked), cells)), shape=(asked, sums.cells))
    missing = sparse.hstack([-sign * pick, -sparse.identity(asked)])
    aim = np.concatenate([np.zeros(sums.cells), np.ones(asked)])
    best = _solve(sums, aim, missing, -sign * levels)
    if best.status != 0:
        return set(), np.inf
    values = best.x[: sums.cells]
    together = float(sum(_steps(sums, cells, level, up)) - best.fun)
    return {cell for cell in cells if _enough(values[cell], level[cell], up)}, together


def _solve(sums: Sums, aim: Floats, more: Any = None, more_high: Floats | None = None) -> Any:
    """HiGHS on these sums; `more` are further rows over the cells and as many new variables as `aim` has."""
    from scipy import sparse
    from scipy.optimize import linprog

    equal = np.abs(sums.high - sums.low) <= 1e-12
    new = len(aim) - sums.cells
    matrix = sums.matrix if not new else sparse.hstack([sums.matrix, sparse.csr_matrix((sums.matrix.shape[0], new))]).tocsr()  # fmt: skip
    loose = matrix[~equal]
    parts, limits = [], []
    if loose.shape[0]:
        parts, limits = [loose, -loose], [sums.high[~equal], -sums.low[~equal]]
    if more is not None and more_high is not None:
        parts, limits = [*parts, more], [*limits, more_high]
    bounds = np.column_stack(
        [np.concatenate([sums.least, np.zeros(new)]), np.concatenate([sums.most, np.full(new, np.inf)])]
    )
    return linprog(
        aim,
        A_ub=sparse.vstack(parts).tocsr() if parts else None,
        b_ub=np.concatenate(limits) if limits else None,
        A_eq=matrix[equal] if equal.any() else None,
        b_eq=sums.high[equal] if equal.any() else None,
        bounds=bounds,
        method="highs",
    )


def _because(sums: Sums, best: Any) -> tuple[int, ...]:
    """Rows with a price: the certificate of the bound (duality)."""
    if best.status != 0:
        return ()
    equal = np.abs(sums.high - sums.low) <= 1e-12
    used: set[int] = set()
    if equal.any():
        used |= {int(row) for row in np.flatnonzero(equal)[np.abs(best.eqlin.marginals) > TOLERANCE]}
    loose = np.flatnonzero(~equal)
    if loose.size:
        prices = np.abs(best.ineqlin.marginals[: 2 * loose.size]).reshape(2, -1).sum(axis=0)
        used |= {int(row) for row in loose[prices > TOLERANCE]}
    return tuple(sorted(used))
