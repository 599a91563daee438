"""The best node of a lattice that does not fit in memory: branch and bound over boxes, at any time.

A box is all nodes between its lowest and its highest. One look at the highest settles much of it: by closed
models, if it is infeasible the whole box is; if not, the rows suppressed there are suppressed in the whole box,
and with the levels of the lowest they give a lower bound for it (see `measure`). The box of the lowest bound is
taken first: where the best so far allows, its upper levels are cut off; then it is parted below the one step
up that costs most, so that the lower part needs one look and the upper part none. Now and then a climb through
the box finds a better best.

The least bound of the open boxes is proven: no allowed node costs less. When it exceeds the best, or no box is
left, the best is the optimum. Bounds here are exact losses, so ties are settled as in `whole`.
"""

from __future__ import annotations

import heapq
from itertools import count
from types import ModuleType

import numpy as np

from ..values import Codes
from .evaluation import Evaluation, Found, Watch
from .measure import Loss
from .problem import Levels, Problem

_RARELY = 100  # splits between climbs where climbs find nothing better

_Box = tuple[Loss, int, Levels, Levels, Codes]


class BoxSearch:
    """One search; `run()` gives the best node found, None where there is none (or none in time)."""

    def __init__(
        self, problem: Problem, only: ModuleType | None = None, evaluation: Evaluation | None = None
    ) -> None:
        self.problem = problem
        self.evaluation = evaluation or Evaluation(problem, only, deep=True)
        self._losses = self.evaluation.losses
        self._open: list[_Box] = []
        self._number = count()
        self._until_climb = self._patience = 0

    def run(self, watch: Watch | None = None) -> Found | None:
        """Search until nothing open can be better, or `watch` says that time is up."""
        penalties = self._look(self.problem.highest)
        if penalties is not None:
            self._put(self.problem.lowest, self.problem.highest, penalties)
        while self._open:
            bound = self._losses.bound_of(self._open[0][0])
            if watch is not None and watch.over(lambda: self.evaluation.progress(bound)):  # noqa: B023
                return self.evaluation.stopped(bound)
            loss, _, lowest, highest, penalties = heapq.heappop(self._open)
            if self.evaluation.beaten(loss, lowest):
                continue
            if lowest != highest:
                self._branch(lowest, highest, penalties)
        return self.evaluation.proven()

    def _put(self, lowest: Levels, highest: Levels, penalties: Codes) -> None:
        loss = self._losses.loss(lowest, _of(penalties, lowest))
        if not self.evaluation.beaten(loss, lowest):
            heapq.heappush(self._open, (loss, next(self._number), lowest, highest, penalties))

    def _branch(self, lowest: Levels, highest: Levels, penalties: Codes) -> None:
        cut = self._cut_off(lowest, highest, penalties)
        if cut != highest:
            again = self._look(cut)
            if again is not None:
                self._put(lowest, cut, again)
            return
        if self._until_climb == 0:
            best = self.evaluation.best
            self._climb(lowest, highest, penalties)
            self._patience = 0 if self.evaluation.best != best else min(2 * self._patience + 1, _RARELY)
            self._until_climb = self._patience
        else:
            self._until_climb -= 1
        a, middle = self._parts(lowest, highest, penalties)
        self._put(_with(lowest, a, middle + 1), highest, penalties)
        below = _with(highest, a, middle)
        again = self._look(below)
        if again is not None:
            self._put(lowest, below, again)

    def _cut_off(self, lowest: Levels, highest: Levels, penalties: Codes) -> Levels:
        """`highest` without the levels that no node better than the best can have."""
        if self.evaluation.best is None:
            return highest
        least, cut = _of(penalties, lowest), list(highest)
        for a, low in enumerate(lowest):
            while cut[a] > low:
                raised = _with(lowest, a, cut[a])
                more = self._losses.loss(raised, _with(least, a, int(penalties[a, cut[a]])))
                if not self.evaluation.beaten(more, raised):
                    break
                cut[a] -= 1
        return tuple(cut)

    def _parts(self, lowest: Levels, highest: Levels, penalties: Codes) -> tuple[int, int]:
        """(attribute, the last level of the lower part): below the one step up that costs most."""
        best, chosen = -1.0, (0, 0)
        factors = self._losses.factors(self._losses.totals, penalties)
        if not self._losses.multiplies:
            factors = factors + 1
        for a, (low, high) in enumerate(zip(lowest, highest, strict=True)):
            if low < high:
                steps = factors[a, low + 1 : high + 1] / factors[a, low:high]
                steepest = int(np.argmax(steps))
                if steps[steepest] > best:
                    best, chosen = float(steps[steepest]), (a, low + steepest)
        return chosen

    def _climb(self, lowest: Levels, highest: Levels, penalties: Codes) -> None:
        """From `lowest` by the cheapest next level to `highest`; look where that way becomes feasible."""
        chain, levels = [lowest], lowest
        factors = self._losses.factors(self._losses.totals, penalties).tolist()
        while levels != highest:
            steps = [
                (factors[a][level + 1] - factors[a][level], a)
                for a, (level, high) in enumerate(zip(levels, highest, strict=True))
                if level < high
            ]
            a = min(steps)[1]
            levels = _with(levels, a, levels[a] + 1)
            chain.append(levels)
        low, high = 0, len(chain) - 1
        while low < high:
            middle = (low + high) // 2
            if self._look(chain[middle]) is None:
                low = middle + 1
            else:
                high = middle

    def _look(self, levels: Levels) -> Codes | None:
        made = self.evaluation.look(np.array(levels, np.int64))
        return np.broadcast_to(made, self._losses.totals.shape) if made is not None else None


def _of(penalties: Codes, levels: Levels) -> tuple[int, ...]:
    return tuple(int(row[level]) for row, level in zip(penalties, levels, strict=True))


def _with(levels: Levels, a: int, level: int) -> Levels:
    return (*levels[:a], level, *levels[a + 1 :])
