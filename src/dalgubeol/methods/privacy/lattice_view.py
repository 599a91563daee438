"""The lattice of generalisations as a person looks at it: single nodes in full, the best, and what lies around.

A `View` stands on the same counts as the search, so what it says of a node is what the search would: whether the
models allow it within the suppression limit, and its loss. Risk is that of `preview`. A lattice of more nodes than
can be drawn is seen through a window: the node somebody stands on, the best one, a way between them, and what is one
step from either, or two where there is room.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from .hierarchy import Hierarchy
from .models import Model, least_persons, population_of, sensitive_of
from .preview import Look, Preview
from .search import Levels, Measure, Problem, search
from .search.evaluation import Evaluation
from .values import Codes

MOST_DRAWN = 48
"""Nodes in a picture: more cannot be told apart on a screen."""


@dataclass(frozen=True, slots=True)
class Node:
    """One generalisation. `allowed`: every class that is kept satisfies the models, and not too many rows go."""

    look: Look
    allowed: bool
    suppressed_share: float

    @property
    def levels(self) -> Levels:
        return self.look.levels


class View:
    """One counted table under some models. Not for two threads at once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.preview = Preview.of_problem(problem)
        self._evaluation = Evaluation(problem)
        self._k = max(least_persons(problem.models), 1)
        self._seen: dict[Levels, Node] = {}

    @property
    def hierarchies(self) -> tuple[Hierarchy, ...]:
        return self.problem.hierarchies

    def under(
        self,
        models: Sequence[Model],
        limit: float,
        measure: Measure,
        at_least: Mapping[str, int] | None = None,
        at_most: Mapping[str, int] | None = None,
    ) -> View:
        """The same table under other models that look at no other sensitive columns and populations; `limit` is a
        share, and levels are bounded by column."""
        least, most = at_least or {}, at_most or {}
        counts = self._populations()
        changed = replace(
            self.problem,
            models=tuple(models),
            allowed_rows=int(Fraction(str(limit)) * self.problem.all_rows),
            measure=measure,
            populations={m: counts[id(p)] for m in models if (p := population_of(m)) is not None},
            lowest=tuple(least.get(h.name, 0) for h in self.hierarchies),
            highest=tuple(most.get(h.name, h.height) for h in self.hierarchies),
        )
        return View(changed)

    def knows(self, models: Sequence[Model]) -> bool:
        """Whether the sensitive columns and the populations of these models were counted."""
        counted, populations = {s.name for s in self.problem.sensitive}, self._populations()
        asked = {column for m in models if (column := sensitive_of(m)) is not None}
        return asked <= counted and all(
            id(p) in populations for m in models if (p := population_of(m)) is not None
        )

    def _populations(self) -> dict[int, Codes]:
        """The persons per tuple of each population; a population is itself and no other."""
        held = self.problem.populations
        return {id(p): counts for m, counts in held.items() if (p := population_of(m)) is not None}

    def at(self, levels: Sequence[int]) -> Node:
        """One node. Raises `Invalid` for levels that are not there."""
        chosen = tuple(levels)
        if chosen not in self._seen:
            self.preview.check(chosen)
            found = self._evaluation.found(chosen)
            look = self.preview.at(chosen, self._k, found.suppressed)
            share = found.suppressed_rows / max(self.problem.all_rows, 1)
            allowed = found.suppressed_rows <= self.problem.allowed_rows and found.classes > 0
            self._seen[chosen] = Node(look, allowed, share)
        return self._seen[chosen]

    def raw(self) -> Node:
        """The table as it is: nothing is coarser, and nothing left out."""
        levels = (0,) * len(self.hierarchies)
        return Node(self.preview.at(levels, 1), True, 0.0)

    def lost(self, levels: Levels, tuples: Codes) -> list[bool]:
        """Which of these tuples, numbers of the problem's, are left out at `levels`."""
        suppressed = self._evaluation.found(tuple(levels)).suppressed
        return [bool(gone) for gone in suppressed[tuples]]

    def best(self, seconds: float, stop: Callable[[], bool] | None = None) -> Levels:
        """The levels of the best allowed node, or of the best found in `seconds` or until `stop`. Raises as
        `search.search` does."""

        def clock() -> float:
            return math.inf if stop is not None and stop() else time.monotonic()

        return search(self.problem, seconds=seconds, clock=clock).levels

    def around(self, here: Levels, best: Levels | None) -> tuple[Levels, ...]:
        """The nodes of the picture, by the sum of their levels: all that the bounds leave where they are few, else
        the window."""
        lowest, highest = self.problem.lowest, self.problem.highest
        if self.problem.nodes <= MOST_DRAWN:
            levels = (range(low, high + 1) for low, high in zip(lowest, highest, strict=True))
            chosen = {*itertools.product(*levels)}
        else:
            ends = (here,) if best is None else (here, best)
            chosen = {*ends}
            near = [node for end in ends for node in _steps(end, lowest, highest)]
            farther = (node for each in near for node in _steps(each, lowest, highest))
            for node in itertools.chain(_between(here, best or here), near, farther):
                if len(chosen) >= MOST_DRAWN:
                    break
                chosen.add(node)
        return tuple(sorted(chosen, key=lambda levels: (sum(levels), levels)))


def lines(nodes: Sequence[Levels]) -> tuple[tuple[int, int], ...]:
    """Which of the nodes are one step from each other, as pairs of places, the finer one first."""
    place = {levels: i for i, levels in enumerate(nodes)}
    found = []
    for i, levels in enumerate(nodes):
        for a in range(len(levels)):
            above = (*levels[:a], levels[a] + 1, *levels[a + 1 :])
            if above in place:
                found.append((i, place[above]))
    return tuple(found)


def _steps(levels: Levels, lowest: Levels, highest: Levels) -> Iterator[Levels]:
    for a, (low, high) in enumerate(zip(lowest, highest, strict=True)):
        for step in (-1, 1):
            if low <= levels[a] + step <= high:
                yield (*levels[:a], levels[a] + step, *levels[a + 1 :])


def _between(here: Levels, there: Levels) -> Iterator[Levels]:
    """From one to the other by single steps, column after column."""
    at = list(here)
    for a, goal in enumerate(there):
        while at[a] != goal:
            at[a] += 1 if goal > at[a] else -1
            yield tuple(at)
