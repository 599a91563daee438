"""The cross-classification of a table's keys, and the cells of it that published counts leave too little room.

Cells that lie in exactly the same published counts cannot be told apart by anybody and are one unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .bounds import TOLERANCE, Sums, known_aside, narrowed, range_of, solvable, unreachable
from .labels import Scale
from .releases import Released

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_EXPLAINED = 60
"""Tight cells whose certificate is asked for; of the others the nearest row is named."""


class Said(NamedTuple):
    """A release's row says that a count lies between two numbers."""

    number: int
    row: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class System:
    """Published counts over unknowns. `origin[sum]` lists who publishes it; release 0 is the table."""

    sums: Sums
    origin: tuple[tuple[Said, ...], ...]
    listed: NDArray[np.bool_]  # unknowns with a cell that every key names


@dataclass(frozen=True, slots=True)
class Tight:
    """(row of the table, releases) of each tight cell; releases whose counts were used; those that contradict."""

    rows: tuple[tuple[int, frozenset[int]], ...]
    used: frozenset[int]
    contradicting: frozenset[int]


def cross_classification(
    table: Released, earlier: Sequence[Released], scales: Mapping[str, Scale], most: int
) -> System | None:
    """None where there is no key or more than `most` cells."""
    from scipy import sparse

    keys = table.keys
    shape = tuple(scales[key].size for key in keys)
    size = int(np.prod(shape, dtype=float)) if keys else 0
    if not 0 < size <= most:
        return None
    published: dict[tuple[frozenset[int], ...], list[Said]] = {}
    for each in (table, *earlier):
        slack = 0.0 if each.base <= 1 else each.base / 2
        for row, box in _boxes(each, keys, scales):
            count = each.counts[row]
            if count is not None:
                published.setdefault(box, []).append(
                    Said(each.number, row, max(0.0, count - slack), count + slack)
                )
    cells = [_cells(box, shape) for box in published]
    class_of, listed = _classes(cells, size, shape)
    row_at = np.repeat(np.arange(len(cells)), [len(each) for each in cells])
    column_at = class_of[np.concatenate(cells)] if cells else np.empty(0, dtype=np.int64)
    pairs = np.unique(row_at * (class_of.max() + 1) + column_at)
    unknowns = int(class_of.max()) + 1
    matrix = sparse.csr_matrix((np.ones(len(pairs)), (pairs // unknowns, pairs % unknowns)), shape=(len(cells), unknowns))  # fmt: skip
    origin = tuple(tuple(said) for said in published.values())
    return System(Sums.of(matrix, *_limits(origin)), origin, listed)


def _limits(origin: Sequence[Sequence[Said]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What all who publish a count say together."""
    low = np.array([max(each.low for each in said) for said in origin])
    high = np.array([min(each.high for each in said) for said in origin])
    return low, high


def _boxes(table: Released, keys: tuple[str, ...], scales: Mapping[str, Scale]) -> Iterator[tuple[int, tuple[frozenset[int], ...]]]:  # fmt: skip
    """Rows that say nothing of other keys, as one set of categories for each of `keys`."""
    sets = [{label: scales[key].of(label) for label in {each[at] for each in table.labels}} for at, key in enumerate(table.keys)]  # fmt: skip
    whole = [(at, scales[key].everything) for at, key in enumerate(table.keys) if key not in keys]
    if any(everything not in sets[at].values() for at, everything in whole):
        return
    place = {key: at for at, key in enumerate(table.keys)}
    columns = [(place.get(key), scales[key].everything) for key in keys]
    for row, labels in enumerate(table.labels):
        if all(sets[at][labels[at]] == everything for at, everything in whole):
            yield row, tuple(everything if at is None else sets[at][labels[at]] for at, everything in columns)


def _cells(box: tuple[frozenset[int], ...], shape: tuple[int, ...]) -> NDArray[np.int64]:
    found = np.zeros(1, dtype=np.int64)
    for part, size in zip(box, shape, strict=True):
        found = (found[:, None] * size + np.fromiter(part, dtype=np.int64)).ravel()
    return found


def _classes(cells: Sequence[NDArray[np.int64]], size: int, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:  # fmt: skip
    """The unknown that each cell belongs to, by a random 64-bit mark of the counts it lies in (fixed seed)."""
    marks = np.random.default_rng(5).integers(1, 2**63, len(cells), dtype=np.uint64)
    signature = np.zeros(size, dtype=np.uint64)
    for mark, each in zip(marks, cells, strict=True):
        signature[each] += mark
    _, class_of = np.unique(signature, return_inverse=True)
    named = np.ones(size, dtype=bool)
    for at in np.unravel_index(np.arange(size), shape):
        named &= at > 0
    listed = np.zeros(int(class_of.max()) + 1, dtype=bool)
    listed[class_of[named]] = True
    return class_of.astype(np.int64), listed


def tight_cells(system: System, threshold: int, zeros_disclosive: bool) -> Tight:
    """Unknowns that can hold fewer than `threshold` at most with the table, and could hold more without it."""
    numbers = frozenset(number for said in system.origin for number, *_ in said) - {0}
    contradicting: frozenset[int] = frozenset()
    if not _agree(system):
        contradicting = _contradicting(system)
        system = _without(system, contradicting)
        if not _agree(system):
            return Tight((), frozenset(), numbers)
    sums = system.sums
    shown = _shown_small(system, threshold)
    candidates = [cell for cell in range(sums.cells) if cell not in shown]
    nobody = _short_of(sums, candidates, 1.0)
    sums = _emptied(sums, nobody)
    somebody = sorted(set(candidates) - set(nobody))
    tight = _short_of(sums, somebody, float(threshold))
    if zeros_disclosive:
        tight = (*tight, *(cell for cell in nobody if system.listed[cell]))
    if not tight:
        return Tight((), numbers - contradicting, contradicting)
    before = _without(system, frozenset({0}))
    known = set(_short_of(before.sums, tight, float(threshold)))
    new = [cell for cell in tight if cell not in known]
    rows = tuple(_explained(system, cell, explain=at < MOST_EXPLAINED) for at, cell in enumerate(new))
    return Tight(tuple(each for group in rows for each in group), numbers - contradicting, contradicting)


def _short_of(sums: Sums, cells: Sequence[int], level: float) -> tuple[int, ...]:
    """Those of `cells` that cannot be `level`: by one sum at a time first, by programmes what that leaves open."""
    sums = narrowed(sums)
    short = [cell for cell in cells if sums.most[cell] < level - TOLERANCE]
    smaller, open_cells = known_aside(sums)
    at = {int(cell): place for place, cell in enumerate(open_cells)}
    asked = [cell for cell in cells if cell in at and sums.most[cell] >= level - TOLERANCE]
    found = unreachable(smaller, [at[cell] for cell in asked], [level] * len(asked)) if asked else ()
    return tuple(sorted({*short, *(int(open_cells[place]) for place in found)}))


def _emptied(sums: Sums, cells: Sequence[int]) -> Sums:
    """The same with these cells at 0: what holds less than one person holds nobody."""
    most = sums.most.copy()
    most[list(cells)] = 0
    return replace(sums, most=most)


def _agree(system: System) -> bool:
    return bool(np.all(system.sums.low <= system.sums.high)) and solvable(system.sums)


def _shown_small(system: System, threshold: int) -> set[int]:
    """Unknowns within a count that is shown and small: the other checks hold or let go that count."""
    small = np.flatnonzero(system.sums.high < threshold)
    return {int(cell) for cell in system.sums.matrix[small].indices}


def _contradicting(system: System) -> frozenset[int]:
    """Releases whose counts must change, so that one table has all sums, when as little as possible changes."""
    from scipy import sparse
    from scipy.optimize import linprog

    sums, count = system.sums, len(system.origin)
    low, high = np.minimum(sums.low, sums.high), np.maximum(sums.low, sums.high)
    over, under = sparse.identity(count), sparse.identity(count)
    matrix = sparse.vstack([
        sparse.hstack([sums.matrix, -over, 0 * under]), sparse.hstack([-sums.matrix, 0 * over, -under]),
    ]).tocsr()  # fmt: skip
    own = np.array([1e4 if any(each.number == 0 for each in said) else 1.0 for said in system.origin])
    aim = np.concatenate([np.zeros(sums.cells), own, own])
    best = linprog(aim, A_ub=matrix, b_ub=np.concatenate([high, -low]), method="highs")
    changed = best.x[sums.cells :].reshape(2, -1).sum(axis=0) > 1e-6 if best.status == 0 else np.ones(count, dtype=bool)  # fmt: skip
    wrong = {
        number for at in np.flatnonzero(changed | (sums.low > sums.high)) for number, *_ in system.origin[at]
    }
    return frozenset(wrong - {0})


def _without(system: System, numbers: frozenset[int]) -> System:
    """The same unknowns, without what these releases publish."""
    kept = [at for at, said in enumerate(system.origin) if any(each.number not in numbers for each in said)]
    origin = tuple(tuple(each for each in system.origin[at] if each.number not in numbers) for at in kept)
    sums = system.sums
    return System(Sums(sums.matrix[kept], *_limits(origin), sums.least, sums.most), origin, system.listed)


def _explained(system: System, cell: int, explain: bool) -> list[tuple[int, frozenset[int]]]:
    """Rows of the table that keep an unknown small, with the releases that do so beside them."""
    used: Sequence[int] = range_of(system.sums, cell).because if explain else ()
    if not any(number == 0 for at in used for number, *_ in system.origin[at]):
        used = _around(system.sums.matrix, cell)
    numbers = {min(number for number, *_ in system.origin[at]) for at in used}
    rows = {row for at in used for number, row, *_ in system.origin[at] if number == 0}
    return [(row, frozenset(numbers - {0})) for row in rows]


def _around(matrix: Any, cell: int) -> list[int]:
    """The published counts that the unknown lies in."""
    return [int(row) for row in matrix.tocsc()[:, [cell]].indices]
