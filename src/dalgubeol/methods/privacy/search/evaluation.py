"""What a node is worth: its classes judged, its loss, and the best node so far. Both searches stand on this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from ..models import Bools
from ..values import Codes
from .classes import Classes, Rollup, mask_of
from .layout import Layout
from .measure import Loss, Losses
from .problem import Levels, Problem
from .steps import Steps

_TELL_EVERY_S = 0.25
_CLEARLY = 1 + 1e-8  # floats are this much off at most, with room


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A node with all that is to be said about it. `suppressed` is a mask over the problem's tuples.

    `lower_bound` is a score that no allowed node is under; `proven` says that none beats this one.
    """

    levels: Levels
    score: float
    suppressed: Bools
    suppressed_rows: int
    classes: int
    smallest_class: int
    nodes_evaluated: int
    lower_bound: float
    proven: bool


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """The order of nodes: smaller loss, then smaller sum of levels, then lexicographic levels."""

    loss: Loss
    level_sum: int
    levels: Levels


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a search stands: the best so far (None: nothing yet) and what none can be under. Scores, not losses."""

    best_levels: Levels | None
    best_score: float | None
    lower_bound: float
    nodes_evaluated: int


class Watch:
    """When to stop, and who wants to know. `clock` counts seconds; without `seconds` there is no deadline.

    Time begins when a `Watch` is made.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        seconds: float | None = None,
        told: Callable[[Progress], None] | None = None,
    ) -> None:
        self._clock, self._told = clock, told
        self._ends = None if seconds is None else clock() + seconds
        self._next = clock() + _TELL_EVERY_S

    def over(self, progress: Callable[[], Progress]) -> bool:
        """Whether time is up; tells `progress` when some is due."""
        if self._ends is None and self._told is None:
            return False
        now = self._clock()
        if self._told is not None and now >= self._next:
            self._next = now + _TELL_EVERY_S
            self._told(progress())
        return self._ends is not None and now >= self._ends


class Evaluation:
    """The nodes of one problem. `best` is the best that satisfied everything."""

    def __init__(self, problem: Problem, only: ModuleType | None = None, *, deep: bool = False) -> None:
        self.problem = problem
        self.steps = Steps(only)
        self.layout = Layout(problem.hierarchies)
        self.rollup = Rollup(problem, self.layout, self.steps, follow=deep)
        counts = self.steps.use.value_counts(problem.tuples, problem.rows, self.layout.sizes)
        self.losses = Losses(problem.measure, problem.hierarchies, self.layout.leaves, counts)
        self.evaluated = 0
        self.fewest = problem.all_rows  # rows that any node suppressed, where a model is not closed
        self.best: Rank | None = None
        nothing_lost = problem.allowed_rows == 0 and all(model.joins for model in problem.models)
        self._closed = tuple(m for m in problem.models if m.closed or nothing_lost)
        self._others = len(self._closed) < len(problem.models)
        self._deep = deep
        self._no_penalties = np.zeros((len(problem.hierarchies), 1), np.int64)

    def look(self, levels: Codes) -> Codes | None:
        """Evaluate one node. None: neither it nor any below is feasible. Else its penalties by closed models.

        Those are what the rows suppressed here add at least to the loss of every node below, where they are
        suppressed too: shape (attributes, 1), or (attributes, levels) for each level there if `deep`.
        If the node satisfies all models within the limit, it competes for `best`.
        """
        self.evaluated += 1
        classes = self.rollup.at(levels)
        seen = self.rollup.seen(classes)
        lost = ~mask_of(self._closed, seen)
        gone = int(seen.rows @ lost)
        if gone > self.problem.allowed_rows:
            return None
        penalties = whole = self._no_penalties
        if gone:
            whole = penalties = self._penalties(classes, lost, gone)
            if self._deep:
                penalties = self._deep_penalties(classes, lost, gone)
        if self._others:
            lost = ~mask_of(self.problem.models, seen)
            gone = int(seen.rows @ lost)
            self.fewest = min(self.fewest, gone)
            whole = self._penalties(classes, lost, gone)
        if gone <= self.problem.allowed_rows:
            self.compete(levels, whole)
        return penalties

    def compete(self, levels: Codes, penalties: Codes) -> None:
        """A node that satisfies everything, with the penalties (attributes, 1) of its own suppressed rows."""
        if self.best is not None and self.losses.multiplies:
            factors = self.losses.factors(
                np.take_along_axis(self.losses.totals, levels[:, None], axis=1), penalties
            )
            if float(factors.prod()) > self.losses.bound_of(self.best.loss) * _CLEARLY:
                return
        exact = levels.tolist()
        rank = Rank(self.losses.loss(exact, penalties[:, 0].tolist()), sum(exact), tuple(exact))
        self.best = rank if self.best is None else min(self.best, rank)

    def _penalties(self, classes: Classes, lost: Bools, gone: int) -> Codes:
        rows, use = classes.counts[:, 0], self.steps.use
        leaves = use.lost_leaves(self.layout, classes.keys, lost, rows, classes.levels)
        return self.losses.penalties(gone, leaves[:, None])

    def _deep_penalties(self, classes: Classes, lost: Bools, gone: int) -> Codes:
        problem, followed = self.problem, classes.of_tuple
        if followed is None:
            raise ValueError("deep penalties need the class of each tuple")
        leaves = self.steps.use.lost_by_level(
            self.layout, problem.tuples, problem.rows, lost, followed, classes.levels
        )
        return self.losses.penalties(gone, leaves)

    def beaten(self, loss: Loss, lowest: Levels) -> bool:
        """Whether nodes from `lowest` upward that cost at least `loss` cannot come before the best."""
        return self.best is not None and Rank(loss, sum(lowest), lowest) > self.best

    def progress(self, bound: float) -> Progress:
        """Where the search stands, `bound` being the least of what is open (on the scale of bounds)."""
        best = self.best
        if best is not None:
            bound = min(bound, self.losses.bound_of(best.loss))
        return Progress(
            None if best is None else best.levels,
            None if best is None else self.losses.score(best.loss),
            self.losses.score_of_bound(bound),
            self.evaluated,
        )

    def proven(self) -> Found | None:
        """The best, when nothing open can be better; None if there is none."""
        return None if self.best is None else self.found(self.best.levels)

    def stopped(self, bound: float) -> Found | None:
        """The best when time is up, with the least `bound` of what is open; None if there is none yet."""
        if self.best is None:
            return None
        reached = self.progress(bound).lower_bound
        return self.found(self.best.levels, reached, proven=False)

    def found(self, levels: Levels, lower_bound: float | None = None, *, proven: bool = True) -> Found:
        """All about the node `levels`, feasible or not. Without a bound, its own score is the bound."""
        classes = self.rollup.followed(np.array(levels, np.int64))
        seen = self.rollup.seen(classes)
        ok = mask_of(self.problem.models, seen)
        rows, persons = seen.rows, seen.persons
        gone = int(rows @ ~ok)
        penalties = self._penalties(classes, ~ok, gone)[:, 0].tolist()
        score = self.losses.score(self.losses.loss(levels, penalties))
        kept = ok & (rows > 0)
        return Found(
            levels=levels,
            score=score,
            suppressed=~ok[classes.of_tuple],
            suppressed_rows=gone,
            classes=int(np.count_nonzero(kept)),
            smallest_class=int(persons[kept].min()) if kept.any() else 0,
            nodes_evaluated=self.evaluated,
            lower_bound=score if lower_bound is None else lower_bound,
            proven=proven,
        )
