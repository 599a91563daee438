"""The optimal full-domain generalisation: exact loss, roll-up of classes, lowest bound first.

A node of the lattice is one level per quasi-identifier. Rows with equal labels at a node form a class; a
class of fewer than k *persons* is suppressed whole; a node is feasible if it suppresses at most the allowed
rows.

The loss is ARX's `LossMetric` at gsFactor 0.5 with the geometric mean, in exact integers. With n rows, D_a
values in hierarchy a, and S_a the sum over kept rows of the leaves under their label plus D_a per suppressed
row: v_a = floor((S_a - n) / (n (D_a - 1)), 10 decimals), 0 where D_a = 1; the score is
prod(1 + v_a)^(1/d) - 1. Nodes are ordered by prod(10^10 + v_a 10^10), an integer, so that ties are ties:
smaller loss, then smaller sum of levels, then lexicographic levels.

Why the search is right, persons included:

- Hierarchies are trees, so going up a level only joins classes. The persons of a joined class are the union
  of its parts' persons, hence no fewer than in any part: suppressed rows never become more, and feasibility
  is upward closed. Persons are *not additive*, so classes carry the (class, person) pairs of those who occur
  in several distinct tuples; all others are counted by addition.
- The loss without suppression is a lower bound for a node. A feasible node t tightens it for all nodes below:
  they suppress at least the rows that t suppresses, each of which costs D_a instead of at most leaf_a(t).
- Every round takes the open node of the lowest bound and climbs from it to the border of feasibility, so that
  one evaluation settles a box of the lattice. It ends when the lowest bound exceeds the best score found.

Left for later: gsFactor other than 0.5, l-diversity, lattices too large to hold (over 2e7 nodes).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .hierarchy import Hierarchy
from .values import Codes

Levels = tuple[int, ...]
Floats = npt.NDArray[np.float64]

SCALE = 10**10
MAX_NODES = 20_000_000
_SLACK = 1 + 1e-12
_LARGEST_KEY = 2**62
_UNKNOWN, _FEASIBLE, _INFEASIBLE = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Rows as codes into hierarchies, and what is asked of their classes.

    `codes` has shape (rows, quasi-identifiers); `person` has a number per row, or is None where each row is a
    person of its own. `lowest` and `highest` bound the levels, both included.
    """

    codes: Codes
    hierarchies: tuple[Hierarchy, ...]
    k: int
    allowed_rows: int
    person: Codes | None
    lowest: Levels
    highest: Levels

    @property
    def nodes(self) -> int:
        return math.prod(high - low + 1 for low, high in zip(self.lowest, self.highest, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Classes at one node. `tuples[c]` is a distinct tuple inside class c, from which its labels follow.

    `rows` and `alone` count its rows and the persons that have one tuple only; `pair_class` and `pair_person`
    are the distinct (class, person) pairs of the others.
    """

    tuples: Codes
    rows: Codes
    alone: Codes
    pair_class: Codes
    pair_person: Codes

    def persons(self) -> Codes:
        """Distinct persons per class."""
        if not len(self.pair_class):
            return self.alone
        return self.alone + np.bincount(self.pair_class, minlength=len(self.alone))


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A node with all that is to be said about it. `suppressed` is a mask over the rows."""

    levels: Levels
    score: float
    suppressed: npt.NDArray[np.bool_]
    classes: int
    smallest_class: int
    nodes_evaluated: int


@dataclass(frozen=True, slots=True, order=True)
class _Rank:
    loss: int
    level_sum: int
    levels: Levels


def group(columns: Sequence[Codes], widths: Sequence[int]) -> tuple[Codes, Codes]:
    """Number the distinct combinations of `columns`: one member's index per group, and each row's group."""
    key, span = columns[0], widths[0]
    for column, width in zip(columns[1:], widths[1:], strict=True):
        if span * width > _LARGEST_KEY:
            distinct, key = np.unique(key, return_inverse=True)
            span = len(distinct)
        key, span = key * width + column, span * width
    number = _ranks(key, span)
    member = np.empty(int(number.max()) + 1 if len(number) else 0, np.int64)
    member[number] = np.arange(len(number))
    return member, number


def _ranks(key: Codes, span: int) -> Codes:
    if span <= 4 * len(key):
        seen = np.zeros(span, np.int64)
        seen[key] = 1
        return (np.cumsum(seen) - 1)[key]
    order = np.argsort(key)
    ordered = key[order]
    number = np.empty(len(key), np.int64)
    number[order] = np.concatenate([[0], np.cumsum(ordered[1:] != ordered[:-1])])
    return number


def capped_ratio(total: int, rows: int, size: int) -> int:
    """v_a in units of 1e-10, floored: `total` is S_a, `size` is D_a."""
    return 0 if size == 1 else (total - rows) * SCALE // (rows * (size - 1))


def score_of(loss: int, attributes: int) -> float:
    """The published score of an exact loss, the product of (SCALE + v_a)."""
    return float((loss / SCALE**attributes) ** (1 / attributes) - 1)


class Search:
    """One search over one lattice; `run()` gives the optimum, `at(levels)` describes any node."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.hierarchies = problem.hierarchies
        self.rows = len(problem.codes)
        self.evaluated = 0
        self._codes_at = [[h.codes(level) for level in range(h.height + 1)] for h in self.hierarchies]
        self._leaves_at = [[h.leaves(level) for level in range(h.height + 1)] for h in self.hierarchies]
        self._widths = [[int(codes.max()) + 1 for codes in levels] for levels in self._codes_at]
        members, self._tuple_of_row = group(list(problem.codes.T), [h.size for h in self.hierarchies])
        self._tuples = problem.codes[members]
        self._stored: list[Classes] = [self._base()]
        self._stored_levels = np.zeros((1, len(self.hierarchies)), np.int64)
        self._totals = self._totals_without_suppression()
        self._best: _Rank | None = None

    def run(self) -> Found | None:
        """The optimum, or None where even the highest node allowed suppresses too much."""
        shape = [h - low + 1 for low, h in zip(self.problem.lowest, self.problem.highest, strict=True)]
        self._bound = self._outer([0] * len(shape), self.problem.highest)
        self._state = np.zeros(shape, np.int8)
        while True:
            flat = int(np.argmin(self._bound))
            node = tuple(int(i) for i in np.unravel_index(flat, shape))
            lowest = float(self._bound[node])
            if math.isinf(lowest) or (self._best and lowest > self._best.loss / SCALE ** len(shape) * _SLACK):
                break
            if self._state[node] == _FEASIBLE:
                self._evaluate(node)
            else:
                self._settle(self._climb(node))
        return self.at(self._best.levels) if self._best else None

    def at(self, levels: Levels) -> Found:
        """What the node `levels` does, row by row; `levels` are absolute."""
        base = self._stored[0]
        _, number = self._group(base.tuples, levels)
        classes = self._rolled_up(base, levels)
        persons = classes.persons()
        kept = persons >= self.problem.k
        loss = self._loss(levels, self._penalties(classes, ~kept, levels))
        return Found(
            levels,
            score_of(loss, len(levels)),
            ~kept[number][self._tuple_of_row],
            int(kept.sum()),
            int(persons[kept].min()) if kept.any() else 0,
            self.evaluated,
        )

    def _base(self) -> Classes:
        count = len(self._tuples)
        rows = np.bincount(self._tuple_of_row, minlength=count)
        none = np.empty(0, np.int64)
        if self.problem.person is None:
            return Classes(np.arange(count), rows, rows, none, none)
        people = int(self.problem.person.max()) + 1
        members, _ = group([self._tuple_of_row, self.problem.person], [count, people])
        classes, persons = self._tuple_of_row[members], self.problem.person[members]
        several = np.bincount(persons, minlength=people)[persons] > 1
        alone = np.bincount(classes[~several], minlength=count)
        return Classes(np.arange(count), rows, alone, classes[several], persons[several])

    def _group(self, tuples: Codes, levels: Levels) -> tuple[Codes, Codes]:
        columns = [self._codes_at[a][level][self._tuples[tuples, a]] for a, level in enumerate(levels)]
        return group(columns, [self._widths[a][level] for a, level in enumerate(levels)])

    def _rolled_up(self, below: Classes, levels: Levels) -> Classes:
        members, number = self._group(below.tuples, levels)
        count = len(members)
        rows = _sums(number, below.rows, count)
        alone = rows if below.alone is below.rows else _sums(number, below.alone, count)
        pair_class, pair_person = number[below.pair_class], below.pair_person
        if len(pair_class):
            kept, _ = group([pair_class, pair_person], [count, int(pair_person.max()) + 1])
            pair_class, pair_person = pair_class[kept], pair_person[kept]
        return Classes(below.tuples[members], rows, alone, pair_class, pair_person)

    def _totals_without_suppression(self) -> list[list[int]]:
        counts = [
            np.bincount(self.problem.codes[:, a], minlength=h.size) for a, h in enumerate(self.hierarchies)
        ]
        return [
            [int(counts[a] @ leaves) for leaves in self._leaves_at[a]] for a, _ in enumerate(self.hierarchies)
        ]

    def _penalties(self, classes: Classes, suppressed: npt.NDArray[np.bool_], levels: Levels) -> list[int]:
        """Per attribute, what suppression adds to S_a: the sum over suppressed rows of D_a - leaf."""
        rows, values = classes.rows[suppressed], self._tuples[classes.tuples[suppressed]]
        return [
            int(rows @ (h.size - self._leaves_at[a][levels[a]][values[:, a]]))
            for a, h in enumerate(self.hierarchies)
        ]

    def _loss(self, levels: Levels, penalties: Sequence[int]) -> int:
        return math.prod(
            SCALE + capped_ratio(self._totals[a][levels[a]] + penalties[a], self.rows, h.size)
            for a, h in enumerate(self.hierarchies)
        )

    def _outer(self, penalties: Sequence[int], highest: Levels) -> Floats:
        """The product of 1 + v_a for all nodes from the lowest up to `highest`, with given penalties."""
        product: Floats = np.ones(())
        for a, h in enumerate(self.hierarchies):
            totals = self._totals[a][self.problem.lowest[a] : highest[a] + 1]
            ratios = [capped_ratio(total + penalties[a], self.rows, h.size) / SCALE for total in totals]
            product = np.multiply.outer(product, 1 + np.array(ratios))
        return product

    def _climb(self, node: Levels) -> list[Levels]:
        """A chain from `node` through open successors of the lowest bound, as far as it goes."""
        chain = [node]
        while True:
            above = [
                (float(self._bound[up]), up)
                for up in (
                    (*chain[-1][:a], chain[-1][a] + 1, *chain[-1][a + 1 :])
                    for a, width in enumerate(self._state.shape)
                    if chain[-1][a] + 1 < width
                )
                if self._state[up] == _UNKNOWN
            ]
            if not above:
                return chain
            chain.append(min(above)[1])

    def _settle(self, chain: list[Levels]) -> None:
        """Binary search for the border of feasibility on `chain`; each probe settles a box."""
        low, high = 0, len(chain)
        while low < high:
            middle = (low + high) // 2
            if self._evaluate(chain[middle]):
                high = middle
            else:
                low = middle + 1

    def _evaluate(self, node: Levels) -> bool:
        """Whether `node` (relative levels) is feasible; marks what follows for the lattice."""
        self.evaluated += 1
        levels = tuple(i + low for i, low in zip(node, self.problem.lowest, strict=True))
        classes = self._rolled_up(self._predecessor(levels), levels)
        suppressed = classes.persons() < self.problem.k
        self._stored.append(classes)
        self._stored_levels = np.vstack([self._stored_levels, levels])
        below = tuple(slice(0, i + 1) for i in node)
        if int(classes.rows[suppressed].sum()) > self.problem.allowed_rows:
            self._state[below] = _INFEASIBLE
            self._bound[below] = np.inf
            return False
        above = self._state[tuple(slice(i, None) for i in node)]
        np.copyto(above, _FEASIBLE, where=above == _UNKNOWN)
        penalties = self._penalties(classes, suppressed, levels)
        rank = _Rank(self._loss(levels, penalties), sum(levels), levels)
        self._best = rank if self._best is None else min(self._best, rank)
        np.maximum(self._bound[below], self._outer(penalties, levels), out=self._bound[below])
        self._bound[node] = np.inf
        return True

    def _predecessor(self, levels: Levels) -> Classes:
        """The stored classes with the fewest members from which `levels` can be reached upward."""
        below = np.flatnonzero((self._stored_levels <= np.array(levels)).all(axis=1))
        return self._stored[min(below, key=lambda i: len(self._stored[i].tuples))]


def _sums(number: Codes, weights: Codes, count: int) -> Codes:
    # Floats hold these counts exactly: they stay far under 2**53.
    return np.bincount(number, weights, minlength=count).astype(np.int64)
