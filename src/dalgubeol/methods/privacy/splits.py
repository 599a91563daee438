"""The tree by which local recoding finds the levels of a row, as a value of its own.

A row starts in the class that it has at the levels `start`, if that class was kept there, else in one class
at the top (if there is one; if not, the row is left out). A node may split one attribute by one level: a row
whose label has a branch follows it, its level one lower; any other row goes to `rest`, where nothing changed.
A node without a rest has branches for every label that was seen; a label that was not seen gets a class of
its own there, one level lower, which whoever applies the tree must count.

So the levels of a row follow from its values alone: equal values get equal labels, in this delivery and in
the next. The tree holds labels of classes that were published, which are aggregates of k persons or more,
and no label of a row that was left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import Invalid
from ...language import say
from .grouping import group
from .hierarchy import Hierarchy, Label
from .search import Levels
from .values import Codes

NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """Nodes 0..K-1 are the K kept classes, node K is the class at the top if `top`; the others follow.

    `labels[a][l]` are the labels of attribute a at level l that the tree knows, by which it numbers them.
    `kept` has shape (K, attributes): label numbers at the levels `start`. `attribute[node]` is what the node
    splits (-1: nothing), `level[node]` the level of its branches, `rest[node]` where other rows go (-1:
    nowhere). `branches` has shape (branches, 3): node, label number, child; sorted by the first two.
    """

    names: tuple[str, ...]
    heights: Levels
    labels: tuple[tuple[tuple[Label, ...], ...], ...]
    start: Levels
    kept: Codes
    top: bool
    attribute: Codes
    level: Codes
    rest: Codes
    branches: Codes

    @property
    def nodes(self) -> int:
        return len(self.attribute)

    def levels_of(
        self, hierarchies: Sequence[Hierarchy], tuples: Codes
    ) -> tuple[Codes, npt.NDArray[np.bool_]]:
        """For each of `tuples` (codes into `hierarchies`, a row per tuple): its levels, and whether it has any.

        Raises `Invalid` where the hierarchies are not those that the tree was made with: other columns, or
        another number of levels.
        """
        if (
            tuple(h.name for h in hierarchies) != self.names
            or tuple(h.height for h in hierarchies) != self.heights
        ):
            raise Invalid(
                "invalid.hierarchies",
                say("The hierarchies are not those that the splits were found with: other columns or levels."),
                say("Build the hierarchies from the same policy."),
            )  # fmt: skip
        numbers = [
            [_numbers(h, level, known[level]) for level in range(h.height + 1)]
            for h, known in zip(hierarchies, self.labels, strict=True)
        ]
        node = self._entered(numbers, tuples)
        covered = node >= 0
        levels = np.tile(np.array(self.start, np.int64), (len(tuples), 1))
        levels[covered & (node == len(self.kept))] = self.heights
        self._descend(numbers, tuples, node, levels)
        return levels, covered

    def _entered(self, numbers: Sequence[Sequence[Codes]], tuples: Codes) -> Codes:
        """The node where each tuple starts; -1 where it has none."""
        outside = len(self.kept) if self.top else NONE
        if not len(self.kept) or not len(tuples):
            return np.full(len(tuples), outside, np.int64)
        at = [numbers[a][level][tuples[:, a]] for a, level in enumerate(self.start)]
        columns = [np.concatenate([self.kept[:, a], at[a]]) + 1 for a in range(len(at))]
        members, number = group(columns, [len(self.labels[a][s]) + 1 for a, s in enumerate(self.start)])
        node_of = np.full(len(members), outside, np.int64)
        node_of[number[: len(self.kept)]] = np.arange(len(self.kept))
        return node_of[number[len(self.kept) :]]

    def _descend(self, numbers: Sequence[Sequence[Codes]], tuples: Codes, node: Codes, levels: Codes) -> None:
        width = 1 + max((len(each) for known in self.labels for each in known), default=0)
        keys = self.branches[:, 0] * width + self.branches[:, 1]
        active = np.flatnonzero(node >= 0)
        while len(active := active[self.attribute[node[active]] >= 0]):
            at = node[active]
            which, level = self.attribute[at], self.level[at]
            label = np.empty(len(active), np.int64)
            for a, depth in set(zip(which.tolist(), level.tolist(), strict=True)):
                here = (which == a) & (level == depth)
                label[here] = numbers[a][depth][tuples[active[here], a]]
            place = np.minimum(np.searchsorted(keys, at * width + label), len(keys) - 1)
            found = (label >= 0) & (keys[place] == at * width + label)
            finer = found | (self.rest[at] == NONE)
            levels[active[finer], which[finer]] = level[finer]
            node[active] = np.where(found, self.branches[place, 2], self.rest[at])
            active = active[node[active] >= 0]


def _numbers(hierarchy: Hierarchy, level: int, known: Sequence[Label]) -> Codes:
    """Per value, the tree's number of its label at `level`; -1 for a label that the tree does not know."""
    number = {label: i for i, label in enumerate(known)}
    return np.array([number.get(label, NONE) for label in hierarchy.labels[level]], np.int64)
