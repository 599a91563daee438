"""The lattice of generalisations as a person looks at it: single nodes in full, the best, and what lies around.

A `View` stands on the same counts as the search, so what it says of a node is what the search would: whether the
models allow it within the suppression limit, and its loss. Risk is that of `preview`. A lattice of more nodes than
can be drawn is seen through a window: the node somebody stands on, the best one, a way between them, and what is one
step from either, or two where there is room.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import pyarrow as pa

from .hierarchy import Hierarchy
from .models import Model, least_persons, sensitive_of
from .preview import Look, Preview
from .search import Levels, Measure, Problem, search
from .search.evaluation import Evaluation
from .values import column_of

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

    def under(self, models: Sequence[Model], limit: float, measure: Measure) -> View:
        """The same table under other models that look at no other sensitive columns; `limit` is a share."""
        allowed = int(Fraction(str(limit)) * self.problem.all_rows)
        return View(replace(self.problem, models=tuple(models), allowed_rows=allowed, measure=measure))

    def knows(self, models: Sequence[Model]) -> bool:
        """Whether the sensitive columns of these models were counted."""
        counted = {s.name for s in self.problem.sensitive}
        return {column for m in models if (column := sensitive_of(m)) is not None} <= counted

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

    def lost(self, levels: Levels, table: pa.Table) -> list[bool]:
        """Which rows of `table`, rows of the one that was counted, are left out at `levels`."""
        suppressed = self._evaluation.found(tuple(levels)).suppressed
        known = {tuple(each): bool(gone) for each, gone in zip(self.problem.tuples.tolist(), suppressed, strict=True)}  # fmt: skip
        codes = [h.encode(column_of(table, h.name)).tolist() for h in self.hierarchies]
        return [known[each] for each in zip(*codes, strict=True)]

    def best(self, seconds: float) -> Levels:
        """The levels of the best allowed node, or of the best found in `seconds`. Raises as `search.search` does."""
        return search(self.problem, seconds=seconds).levels

    def around(self, here: Levels, best: Levels | None) -> tuple[Levels, ...]:
        """The nodes of the picture, by the sum of their levels: all where they are few, else the window."""
        heights = tuple(h.height for h in self.hierarchies)
        if _count(heights) <= MOST_DRAWN:
            chosen = set(itertools.product(*(range(height + 1) for height in heights)))
        else:
            ends = (here,) if best is None else (here, best)
            chosen = {*ends}
            near = [node for end in ends for node in _steps(end, heights)]
            farther = (node for each in near for node in _steps(each, heights))
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


def _count(heights: Levels) -> int:
    count = 1
    for height in heights:
        count *= height + 1
    return count


def _steps(levels: Levels, heights: Levels) -> Iterator[Levels]:
    for a, height in enumerate(heights):
        for step in (-1, 1):
            if 0 <= levels[a] + step <= height:
                yield (*levels[:a], levels[a] + step, *levels[a + 1 :])


def _between(here: Levels, there: Levels) -> Iterator[Levels]:
    """From one to the other by single steps, column after column."""
    at = list(here)
    for a, goal in enumerate(there):
        while at[a] != goal:
            at[a] += 1 if goal > at[a] else -1
            yield tuple(at)
