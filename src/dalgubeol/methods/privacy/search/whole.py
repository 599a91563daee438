"""The optimal node of a lattice that fits in memory: lowest bound first, climb, settle boxes.

Why it is right:
- Hierarchies are trees, so going up a level only joins classes. By closed models, suppressed rows never become
  more (see `models`): an infeasible node settles all below it, a feasible one all above.
- The loss without suppression is a lower bound for a node. A feasible node tightens it for all nodes below,
  which suppress at least the same rows (see `measure`).
- Every round takes the open node of the lowest bound. Where nothing is known of it, a climb from it to the
  border of feasibility settles a box of the lattice with few looks. It ends when the lowest bound exceeds the
  best loss; models that are not closed are then judged at each node that is looked at, and mark nothing.
"""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np

from . import plain
from .evaluation import Evaluation, Found, Watch
from .plain import Grid
from .problem import Problem


class WholeSearch:
    """One search over one lattice; `run()` gives the optimum, None where there is no allowed node."""

    def __init__(
        self, problem: Problem, only: ModuleType | None = None, evaluation: Evaluation | None = None
    ) -> None:
        self.problem = problem
        self.evaluation = evaluation or Evaluation(problem, only)
        self._losses = self.evaluation.losses
        lowest, highest = np.array(problem.lowest, np.int64), np.array(problem.highest, np.int64)
        self._lowest, self._grid = lowest, Grid.of(tuple((highest - lowest + 1).tolist()))
        at = np.minimum(lowest[:, None] + np.arange(max(self._grid.shape)), highest[:, None])
        self._at = at
        self._totals = np.take_along_axis(self._losses.totals, at, axis=1)
        self._bound = np.full(problem.nodes, -np.inf)
        self._state = np.zeros(problem.nodes, np.int8)
        nothing = self._losses.factors(self._totals, np.zeros((len(lowest), 1), np.int64))
        use = self.evaluation.steps.use
        use.raise_below(self._bound, self._grid, highest - lowest, nothing, self._losses.combine)

    def run(self, watch: Watch | None = None) -> Found | None:
        """Search until nothing open can be better, or `watch` says that time is up."""
        while True:
            node = int(np.argmin(self._bound))
            bound, best = float(self._bound[node]), self.evaluation.best
            if math.isinf(bound):
                break
            if watch is not None and watch.over(lambda: self.evaluation.progress(bound)):  # noqa: B023
                return self.evaluation.stopped(bound)
            if best is not None:
                worth = self._losses.bound_of(best.loss)
                if self._losses.exceeds(bound, worth):
                    break
                if not self._losses.multiplies and self._settled_by_tie(node, bound, worth):
                    continue
            if self._state[node] == plain.UNKNOWN:
                self._settle(self.evaluation.steps.use.climb(self._state, self._bound, self._grid, node))
            else:
                self._look(node)
        return self.evaluation.proven()

    def _settled_by_tie(self, node: int, bound: float, worth: float) -> bool:
        """Whether `node` cannot come before the best although its bound does not exceed it; it is closed then.

        Bounds are exact here. For ranks they are the first entry only, so the vector is compared.
        """
        best = self.evaluation.best
        if best is None or bound < worth:
            return False
        levels = tuple((self._grid.indices(node) + self._lowest).tolist())
        nothing = [0] * len(levels)
        least = self._losses.loss(levels, nothing) if isinstance(best.loss, tuple) else best.loss
        if not self.evaluation.beaten(least, levels):
            return False
        self._bound[node] = np.inf
        return True

    def _settle(self, chain: list[int]) -> None:
        """Binary search for the border of feasibility on `chain`; each look settles a box."""
        low, high = 0, len(chain)
        while low < high:
            middle = (low + high) // 2
            if self._look(chain[middle]):
                high = middle
            else:
                low = middle + 1

    def _look(self, node: int) -> bool:
        """Whether closed models allow `node`; marks what follows for the lattice."""
        indices = self._grid.indices(node)
        penalties = self.evaluation.look(indices + self._lowest)
        use = self.evaluation.steps.use
        if penalties is None:
            use.close_below(self._state, self._bound, self._grid, indices)
            return False
        if self._state[node] == plain.UNKNOWN:
            use.open_above(self._state, self._grid, indices)
        if penalties.any():
            if penalties.shape[1] > 1:
                penalties = np.take_along_axis(penalties, self._at, axis=1)
            factors = self._losses.factors(self._totals, penalties)
            use.raise_below(self._bound, self._grid, indices, factors, self._losses.combine)
        self._bound[node] = np.inf
        return True
