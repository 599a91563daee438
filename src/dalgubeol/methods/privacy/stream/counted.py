"""The search on codes of millions of rows: every node is counted from the rows, nothing is rolled up.

Where nearly every row is a tuple of its own, keeping tuples with their persons costs more than counting the
rows again: a few bytes are read per row, in one order, and the cells of a coarse node fit into a cache. The
memory is that of one node. For models of size only (`fits`); the others need what `search` keeps.

A node is settled as early as it can be, and every answer is exact:
- The rows of a class are no fewer than its persons. If classes of fewer than k *rows* have too many rows
  already, the node is infeasible; nobody's person is looked at.
- Where a node has more possible classes than can be counted one by one, they are first counted in fewer cells.
  Classes that share a cell look larger than they are, so what is too much then is too much; else the classes
  are sorted out.
- A class of k rows or more has k persons as soon as k different ones were met; nobody is counted after that.
- Of a population (k-map) every combination of values is a row with its persons: it is taken to the same classes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..hierarchy import Hierarchy
from ..models import KAnonymity, KMap, Model, Population, StrictRisk, least_persons, population_of
from ..search import Found, Levels, Problem
from ..search.evaluation import Evaluation
from ..search.from_table import persons_of
from ..search.layout import Layout
from ..search.measure import Losses
from ..search.steps import Steps
from ..values import Codes, coded_texts, column_of
from .classes import distinct_per_class, hierarchy_codes, numbered
from .survey import Survey

Bools = npt.NDArray[np.bool_]

MOST_CELLS = 1 << 25
_MIXED_CELLS = 1 << 25
_MOST_MET = 64
_LARGEST_KEY = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class RowsProblem(Problem):
    """A problem about rows that are counted elsewhere: it has no tuples."""

    counted: int = 0

    @property
    def all_rows(self) -> int:
        return self.counted


def fits(models: Sequence[Model], hierarchies: Sequence[Hierarchy]) -> bool:
    """Whether all `models` ask for nothing but a number of persons, of the table or of one population."""
    if not all(isinstance(model, KAnonymity | StrictRisk | KMap) for model in models):
        return False
    # The population's classes are found by the number of their labels among all that there could be.
    return crowd_of(models) is None or math.prod(h.size + 1 for h in hierarchies) <= _LARGEST_KEY


def crowd_of(models: Sequence[Model]) -> Population | None:
    """The one population that `models` count in, if they do."""
    found = {id(crowd): crowd for model in models if (crowd := population_of(model)) is not None}
    if len(found) > 1:
        raise ValueError("one population at a time")
    return next(iter(found.values()), None)


class _Crowd:
    """A population: how many persons have each combination of codes of the `hierarchies`, and how many a class needs."""

    def __init__(self, crowd: Population, models: Sequence[Model], hierarchies: Sequence[Hierarchy]) -> None:
        read = [coded_texts(column_of(crowd.table, h.name), h.name) for h in hierarchies]
        self.columns = [rows for _, rows in read]
        self.value_of = [h.known(texts) for (texts, _), h in zip(read, hierarchies, strict=True)]
        counts = persons_of(crowd)
        self.persons = np.ones(crowd.table.num_rows, np.int64) if counts is None else counts
        self.needs = max(model.k for model in models if isinstance(model, KMap))


class CountedRows(Evaluation):
    """`search.Evaluation` for a problem whose tuples are the rows of a survey.

    The hierarchies of `problem` know all values of the survey. Up to `most_cells` possible classes are counted
    one by one.
    """

    def __init__(self, problem: RowsProblem, surveyed: Survey, most_cells: int | None = None) -> None:
        self.problem = problem
        self.steps = Steps()
        self.layout = Layout(problem.hierarchies)
        self.evaluated = 0
        self.fewest = surveyed.rows
        self.best = None
        self._rows, self._persons = surveyed.rows, surveyed.persons
        self._k = least_persons(problem.models)
        self._most_cells = MOST_CELLS if most_cells is None else most_cells
        self._columns = [column.codes for column in surveyed.quasi]
        self._value_of: list[Codes] = []  # per attribute: a code of the survey to one of the hierarchy
        counts: list[Codes] = []
        for column, hierarchy in zip(surveyed.quasi, problem.hierarchies, strict=True):
            known = hierarchy_codes(column, hierarchy)
            self._value_of.append(known if column.has_missing else np.concatenate([known[:1], known]))
            rows = np.bincount(column.codes, minlength=len(self._value_of[-1]))
            counts.append(np.bincount(self._value_of[-1], rows, hierarchy.size).astype(np.int64))
        crowd = crowd_of(problem.models)
        self._crowd = None if crowd is None else _Crowd(crowd, problem.models, problem.hierarchies)
        self._labels = [[h.codes(level) for level in range(h.height + 1)] for h in problem.hierarchies]
        self.losses = Losses(problem.measure, problem.hierarchies, self.layout.leaves, counts)

    def look(self, levels: Codes) -> Codes | None:
        """As `Evaluation.look`."""
        self.evaluated += 1
        cells = self._cells(levels)
        if cells is None:
            return None
        ok = self._ok(*cells, levels)
        if ok is None:
            return None
        lost = np.flatnonzero(~ok[cells[0]])
        if len(lost) > self.problem.allowed_rows:
            return None
        penalties = self._penalties_of(lost, levels)
        self.compete(levels, np.take_along_axis(penalties, levels[:, None], axis=1))
        return penalties

    def found(self, levels: Levels, lower_bound: float | None = None, *, proven: bool = True) -> Found:
        """As `Evaluation.found`; `suppressed` is a mask over the rows. Counted without what `look` counts with."""
        key, span = self._keys(levels)
        number, count = numbered(key, span)
        rows = np.bincount(number, minlength=count)
        people = self._persons
        persons = rows if people is None else distinct_per_class(number, people.of_row, count, len(people))
        ok = persons >= self._k
        if self._crowd is not None:
            ok &= self._crowded(_distinct(key, number, count), span, levels)
        suppressed = ~ok[number]
        penalties = self._penalties_of(np.flatnonzero(suppressed), np.array(levels, np.int64))
        own = [int(row[level]) for row, level in zip(penalties, levels, strict=True)]
        score = self.losses.score(self.losses.loss(levels, own))
        return Found(
            levels=levels,
            score=score,
            suppressed=suppressed,
            suppressed_rows=int(suppressed.sum()),
            classes=int(ok.sum()),
            smallest_class=int(persons[ok].min()) if ok.any() else 0,
            nodes_evaluated=self.evaluated,
            lower_bound=score if lower_bound is None else lower_bound,
            proven=proven,
        )

    def _keys(self, levels: Sequence[int] | Codes) -> tuple[Codes, int]:
        """Per row the number of its labels among all that there could be, and how many that is."""
        return self._keyed(self._columns, self._value_of, self._rows, levels)

    def _keyed(
        self,
        columns: Sequence[npt.NDArray[np.integer[Any]]],
        value_of: Sequence[Codes],
        rows: int,
        levels: Sequence[int] | Codes,
    ) -> tuple[Codes, int]:
        from . import compiled

        key, span = np.zeros(rows, np.int64), 1
        for a in reversed(range(len(levels))):
            labels = self._labels[a][levels[a]]
            width = int(labels.max()) + 1
            if span * width > _LARGEST_KEY:
                key, span = numbered(key, span)
            compiled.add(columns[a], labels[value_of[a]] * span, key)
            span *= width
        return key, span

    def _crowded(self, classes: Codes | None, span: int, levels: Sequence[int] | Codes) -> Bools:
        """Which classes have enough persons in the population: of all that there could be, or of those `classes`,
        ascending."""
        from . import compiled

        crowd = self._crowd
        assert crowd is not None
        key, _ = self._keyed(crowd.columns, crowd.value_of, len(crowd.persons), levels)
        there, persons = crowd.persons, span
        if classes is not None:
            persons = len(classes)
            place = np.searchsorted(classes, key)
            known = place < persons
            known[known] = classes[place[known]] == key[known]
            key, there = place[known], there[known]
        counted = np.zeros(persons, np.int64)
        compiled.add_persons(key, there, counted)
        enough: Bools = counted >= crowd.needs
        return enough

    def _cells(self, levels: Codes) -> tuple[Codes, int, Codes | None] | None:
        """The same with classes numbered closely enough to be counted, and what they were numbered from, ascending, if
        they were. None: too many rows are lost anyway."""
        from . import compiled

        key, span = self._keys(levels)
        if span <= self._most_cells:
            return key, span, None
        most = min(self._k, 255)
        mixed = np.zeros(_MIXED_CELLS, np.uint8)
        compiled.count_mixed(key, _MIXED_CELLS - 1, most, mixed)
        if int(mixed[mixed < most].sum(dtype=np.int64)) > self.problem.allowed_rows:
            return None
        number, count = numbered(key, span)
        return number, count, None if self._crowd is None else _distinct(key, number, count)

    def _ok(self, key: Codes, span: int, distinct: Codes | None, levels: Codes) -> Bools | None:
        """Which cells have k persons. None: even in rows too many have not."""
        from . import compiled

        rows = np.zeros(span, np.int32)
        compiled.count(key, rows)
        ok: Bools = rows >= self._k
        if self._crowd is not None:
            ok &= self._crowded(distinct, span, levels)
        if int(rows[~ok].sum(dtype=np.int64)) > self.problem.allowed_rows:
            return None
        if self._persons is None:
            return ok
        number = np.where(ok, np.cumsum(ok, dtype=np.int32) - np.int32(1), np.int32(-1))
        del rows
        classes = int(ok.sum())
        people = self._persons.of_row
        if self._k <= _MOST_MET:
            seen, met = np.empty((classes, self._k), np.uint32), np.zeros(classes, np.uint8)
            compiled.meet(key, number, people, seen, met)
            ok[ok] = met >= self._k
            return ok
        of_row = number[key]
        these = of_row >= 0
        persons = distinct_per_class(
            of_row[these].astype(np.int64), people[these], classes, len(self._persons)
        )
        ok[ok] = persons >= self._k
        return ok

    def _penalties_of(self, lost: Codes, levels: Codes) -> Codes:
        """Per attribute and level up to the node's own, what the `lost` rows add to the loss."""
        leaves = np.zeros(self.layout.at.shape, np.int64)
        for a, level in enumerate(levels):
            raw = np.bincount(self._columns[a][lost], minlength=len(self._value_of[a]))
            of_value = np.bincount(self._value_of[a], raw, self.layout.sizes[a]).astype(np.int64)
            for low in range(level + 1):
                leaves[a, low] = of_value @ self.layout.leaves[a][low]
        return self.losses.penalties(len(lost), leaves)


def _distinct(key: Codes, number: Codes, count: int) -> Codes:
    """The key of each number."""
    found = np.empty(count, np.int64)
    found[number] = key
    return found
