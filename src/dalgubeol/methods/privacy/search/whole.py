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
from collections.abc import Callable
from types import ModuleType

import numpy as np

from . import plain
from .evaluation import Evaluation, Found, Watch
from .problem import Levels, Problem


class WholeSearch:
    """One search over one lattice; `run()` gives the optimum, None where there is no allowed node."""

    def __init__(
        self, problem: Problem, only: ModuleType | None = None, evaluation: Evaluation | None = None
    ) -> None:
        self.problem = problem
        self.evaluation = evaluation or Evaluation(problem, only)
        self._losses = self.evaluation.losses
        self._shape = tuple(h - low + 1 for low, h in zip(problem.lowest, problem.highest, strict=True))
        self._bound = np.full(problem.nodes, -np.inf)
        self._state = np.zeros(problem.nodes, np.int8)
        top = tuple(width - 1 for width in self._shape)
        nothing = [[0] * (level + 1) for level in problem.highest]
        self._raise(top, nothing, plain.raise_below)

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
                self._settle(self.evaluation.steps.use.climb(self._state, self._bound, self._shape, node))
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
        levels = self._levels(node)
        least = self._losses.loss(levels) if isinstance(best.loss, tuple) else best.loss
        if not self.evaluation.beaten(least, levels):
            return False
        self._bound[node] = np.inf
        return True

    def _levels(self, node: int) -> Levels:
        indices, levels = self._indices(node), self.problem.lowest
        return tuple(i + low for i, low in zip(indices, levels, strict=True))

    def _indices(self, node: int) -> tuple[int, ...]:
        indices = []
        for width in reversed(self._shape):
            node, index = divmod(node, width)
            indices.append(index)
        return tuple(reversed(indices))

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
        indices = self._indices(node)
        use = self.evaluation.steps.use
        penalties = self.evaluation.look(self._levels(node))
        if penalties is None:
            use.close_below(self._state, self._bound, self._shape, indices)
            return False
        if self._state[node] == plain.UNKNOWN:
            use.open_above(self._state, self._shape, indices)
        if any(any(of_attribute) for of_attribute in penalties):
            self._raise(indices, penalties, use.raise_below)
        self._bound[node] = np.inf
        return True

    def _raise(
        self, indices: tuple[int, ...], penalties: list[list[int]], raise_below: Callable[..., None]
    ) -> None:
        factors = [
            [self._losses.factor(a, low + i, penalties[a][low + i]) for i in range(index + 1)]
            for a, (low, index) in enumerate(zip(self.problem.lowest, indices, strict=True))
        ]
        raise_below(self._bound, self._shape, indices, factors, self._losses.combine)
