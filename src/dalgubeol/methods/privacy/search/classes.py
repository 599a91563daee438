"""Classes at a node, rolled up from those of a node below, and as the models see them.

Rows, persons that have one tuple only, and population counts add up. Persons with several tuples do not: their
distinct (class, person) pairs are carried along. Sensitive attributes of few values are a table of counts per
class; of many values, (class, value, rows) triples.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ..models import AverageRisk, Bools, Model, judge
from ..values import Codes
from .layout import Layout
from .problem import Problem
from .steps import Steps

_WIDEST_TABLE = 64
_STORED_CELLS = 20_000_000
_FIRST_ROOM = 256

Narrow = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Bag:
    """Distinct (class, what) pairs with their rows; `span` is more than any `what`."""

    of_class: Codes
    what: Codes
    rows: Codes
    span: int


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Keys (classes, words) at `levels`; `counts` (classes, columns); `table` (classes, values) or None.

    `of_tuple` is the class of each tuple of the problem, where that is followed.
    """

    levels: Codes
    keys: Codes
    counts: Codes
    table: Narrow | None
    bags: tuple[Bag, ...]
    of_tuple: Narrow | None

    @property
    def cells(self) -> int:
        """What it takes to keep, in 8-byte cells."""
        cells = self.keys.size + self.counts.size
        if self.table is not None:
            cells += self.table.size // 2
        if self.of_tuple is not None:
            cells += len(self.of_tuple) // 2
        return cells + sum(3 * len(bag.what) for bag in self.bags) if self.bags else cells


class Rollup:
    """All classes of one problem: the lowest node's, and those of nodes looked at before, as room allows."""

    def __init__(self, problem: Problem, layout: Layout, steps: Steps, *, follow: bool = False) -> None:
        self.problem, self.layout, self.steps = problem, layout, steps
        self._populations = list(problem.populations)
        self._begins: dict[str, int] = {}
        self._bag_of: dict[str, int] = {}
        self._overall = {
            s.name: np.bincount(s.value, s.rows, minlength=len(s.values)).astype(np.int64)
            for s in problem.sensitive
        }
        base = self._tuples()
        if follow:
            base = replace(base, of_tuple=np.arange(len(base.keys), dtype=np.int32))
        self._stored = [base]
        self._levels = np.zeros((_FIRST_ROOM, len(problem.hierarchies)), np.int64)
        self._sizes = np.zeros(_FIRST_ROOM, np.int64)
        self._sizes[0] = len(base.keys)
        self._cells = 0

    def followed(self, levels: Codes) -> Classes:
        """The classes at `levels` with the class of each tuple."""
        base = self._stored[0]
        return self.rolled(replace(base, of_tuple=np.arange(len(base.keys), dtype=np.int32)), levels)

    def at(self, levels: Codes) -> Classes:
        """The classes at `levels`, from the smallest stored node below; they are stored too."""
        which = self.steps.use.closest_below(self._levels, self._sizes, len(self._stored), levels)
        below = self._stored[which]
        made = self.rolled(below, levels)
        if len(made.keys) < len(below.keys):
            self._store(made)
        return made

    def rolled(self, below: Classes, levels: Codes) -> Classes:
        """`below` taken up to `levels`."""
        use = self.steps.use
        keys, number = use.numbered(self.layout, below.keys, below.levels, levels)
        self.steps.spent(below.cells)
        counts = use.sums(number, below.counts, len(keys))
        table = None if below.table is None else use.sums(number, below.table, len(keys))
        bags = tuple(self._joined(bag, number) for bag in below.bags)
        followed = None if below.of_tuple is None else use.composed(below.of_tuple, number)
        return Classes(levels, keys, counts, table, bags, followed)

    def _joined(self, bag: Bag, number: Codes) -> Bag:
        pairs = number[bag.of_class] * bag.span + bag.what
        keys, joined = self.steps.use.distinct(pairs[:, None])
        rows = self.steps.use.sums(joined, bag.rows[:, None], len(keys))
        return Bag(keys[:, 0] // bag.span, keys[:, 0] % bag.span, rows[:, 0], bag.span)

    def _store(self, made: Classes) -> None:
        cells, count = made.cells, len(self._stored)
        if self._cells + cells > _STORED_CELLS:
            return
        if count == len(self._sizes):
            self._levels = np.concatenate([self._levels, np.zeros_like(self._levels)])
            self._sizes = np.concatenate([self._sizes, np.zeros_like(self._sizes)])
        self._levels[count], self._sizes[count] = made.levels, len(made.keys)
        self._stored.append(made)
        self._cells += cells

    def _tuples(self) -> Classes:
        problem = self.problem
        columns, bags = [problem.rows], []
        if problem.people is not None:
            person, of_tuple = problem.people.person, problem.people.of_tuple
            several = np.bincount(person)[person] > 1
            columns.append(np.bincount(of_tuple[~several], minlength=len(problem.rows)))
            what = np.unique(person[several], return_inverse=True)[1].astype(np.int64)
            bags.append(Bag(of_tuple[several], what, np.ones_like(what), int(what.max(initial=0)) + 1))
        columns.extend(problem.populations[model] for model in self._populations)
        counts = np.ascontiguousarray(np.column_stack(columns).astype(np.int64))
        width = sum(len(s.values) for s in problem.sensitive)
        table = None
        if problem.sensitive and width <= _WIDEST_TABLE:
            table = np.zeros((len(problem.rows), width), np.int32)
            begins = 0
            for s in problem.sensitive:
                table[s.of_tuple, begins + s.value] = s.rows
                self._begins[s.name] = begins
                begins += len(s.values)
        else:
            for s in problem.sensitive:
                self._bag_of[s.name] = len(bags)
                bags.append(Bag(s.of_tuple, s.value, s.rows, len(s.values)))
        keys = self.layout.pack(list(problem.tuples.T))
        levels = np.zeros(len(problem.hierarchies), np.int64)
        return Classes(levels, keys, counts, table, tuple(bags), None)

    def seen(self, classes: Classes) -> SeenClasses:
        """`classes` as models look at them."""
        return SeenClasses(self, classes)

    def distribution(self, classes: Classes, column: str) -> _Table | _Triples:
        """The sensitive attribute `column` in `classes`."""
        overall = self._overall[column]
        if classes.table is not None:
            return _Table(overall, self.steps, classes.table, self._begins[column])
        return _Triples(overall, classes.bags[self._bag_of[column]], len(classes.keys))

    def column_of(self, model: Model) -> int:
        """Where in `counts` the population of `model` is."""
        return self._populations.index(model) + (1 if self.problem.people is None else 2)


@dataclass(slots=True, eq=False)
class SeenClasses:
    """`models.Seen`, for the classes of one node."""

    rollup: Rollup
    classes: Classes
    _persons: Codes | None = field(default=None)

    @property
    def rows(self) -> Codes:
        return self.classes.counts[:, 0]

    @property
    def persons(self) -> Codes:
        if self.rollup.problem.people is None:
            return self.rows
        if self._persons is None:
            alone, bag = self.classes.counts[:, 1], self.classes.bags[0]
            self._persons = alone + np.bincount(bag.of_class, minlength=len(alone))
        return self._persons

    def population(self, model: Model) -> Codes:
        return self.classes.counts[:, self.rollup.column_of(model)]

    def distribution(self, column: str) -> _Table | _Triples:
        return self.rollup.distribution(self.classes, column)

    def order(self) -> Codes:
        """The rank of each class by its labels, the first quasi-identifier first."""
        layout, keys = self.rollup.layout, self.classes.keys
        by_labels = np.lexsort([layout.codes(keys, a) for a in reversed(range(len(layout.sizes)))])
        rank = np.empty(len(keys), np.int64)
        rank[by_labels] = np.arange(len(keys))
        return rank


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    overall: Codes
    steps: Steps
    table: Narrow
    begins: int

    def distinct(self) -> Codes:
        return self.steps.use.present(self.table, self.begins, self.begins + len(self.overall))

    def blocks(self, cells: int) -> list[Codes]:
        return [self.table[:, self.begins : self.begins + len(self.overall)].astype(np.int64)]


@dataclass(frozen=True, slots=True, eq=False)
class _Triples:
    overall: Codes
    bag: Bag
    classes: int

    def distinct(self) -> Codes:
        return np.bincount(self.bag.of_class, minlength=self.classes)

    def blocks(self, cells: int) -> list[Codes]:
        width = len(self.overall)
        height = max(cells // width, 1)
        order = np.argsort(self.bag.of_class, kind="stable")
        of_class, what, rows = self.bag.of_class[order], self.bag.what[order], self.bag.rows[order]
        made = []
        for begins in range(0, max(self.classes, 1), height):
            ends = min(begins + height, self.classes)
            low, high = np.searchsorted(of_class, [begins, ends])
            block = np.zeros((ends - begins, width), np.int64)
            block[of_class[low:high] - begins, what[low:high]] = rows[low:high]
            made.append(block)
        return made


def mask_of(models: tuple[Model, ...], seen: SeenClasses) -> Bools:
    """Which classes satisfy all of `models`."""
    for model in models:
        if isinstance(model, AverageRisk):
            return judge(models, seen, seen.order)
    return judge(models, seen)
