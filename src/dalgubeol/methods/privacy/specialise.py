"""The rounds of local recoding (`local` says what they are for), on distinct tuples and all classes at once.

A round tries every attribute on every class that was split in the round before, and splits each class as it
is best for it. A class that could not be split is settled: what can be done to a class follows from the class
alone. So there are no more rounds than steps on the longest path of the tree, and a round costs about as much
as grouping the open tuples once per attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...language import Message, say
from .grouping import group
from .hierarchy import Hierarchy, Label
from .measure.members import Members
from .models import Model, judge
from .search import Levels
from .splits import NONE, Splits
from .values import Codes

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Progress = Callable[[float, Message], None]

_ALMOST = 1 - 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """One attribute of all classes, tried. `members` are places in the active tuples, `part` the part of each;
    `goes` says which parts leave; `score` has one number per class, below 0 where nothing leaves."""

    members: Codes
    part: Codes
    label: Codes
    goes: Mask
    score: Floats
    whole: Mask
    """Per class: everything leaves, there is no rest."""


class Specialisation:
    """`start`, then `run`. Each tuple is at one node of the tree that grows; a class is the tuples at one node."""

    def __init__(
        self,
        hierarchies: tuple[Hierarchy, ...],
        tuples: Codes,
        members: Members,
        models: tuple[Model, ...],
        *,
        weights: Sequence[float],
        partial: bool,
        on_progress: Progress | None,
    ) -> None:
        self.hierarchies, self.tuples, self.members = hierarchies, tuples, members
        self.models, self.partial, self.on_progress = models, partial, on_progress
        self.rows = int(members.rows.sum())
        self._codes = [np.stack([h.codes(level) for level in range(h.height + 1)]) for h in hierarchies]
        self._leaves = [np.stack([h.leaves(level) for level in range(h.height + 1)]) for h in hierarchies]
        self._weight = [
            w / (self.rows * max(1, h.size - 1)) for w, h in zip(weights, hierarchies, strict=True)
        ]

    def holds(self, tuples: Codes, number: Codes, count: int) -> Mask:
        """Which classes satisfy the models. One without rows does: it is nothing that anybody sees."""
        seen = self.members.seen(tuples, number, count)
        holds: Mask = judge(self.models, seen) | (seen.rows == 0)
        return holds

    def start(self, levels: Levels, suppressed: Mask) -> None:
        """Begin at the full-domain `levels`; the tuples of `suppressed` classes begin at the top, together."""
        at = [self._codes[a][level][self.tuples[:, a]] for a, level in enumerate(levels)]
        widths = [h.width(level) for h, level in zip(self.hierarchies, levels, strict=True)]
        first, number = group(at, widths)
        kept = np.zeros(len(first), np.bool_)
        kept[number[(self.members.rows > 0) & ~suppressed]] = True
        inside = kept[number]
        self._start = levels
        self._kept = np.column_stack([each[first[kept]] for each in at])
        outside = np.flatnonzero(~inside)
        self._top = bool(self.members.rows[outside].any()) and bool(
            self.holds(outside, np.zeros(len(outside), np.int64), 1)[0]
        )
        self.node = np.where(inside, (np.cumsum(kept) - 1)[number], NONE)
        self.levels = np.tile(np.array(levels, np.int64), (len(self.tuples), 1))
        if self._top:
            self.node[outside] = len(self._kept)
            self.levels[outside] = [h.height for h in self.hierarchies]
        self._nodes = len(self._kept) + self._top
        self._made: list[tuple[Codes, int, Codes, Codes]] = []
        self._branches: list[Codes] = []

    def run(self) -> None:
        active = np.flatnonzero(self.node >= 0)
        everything = max(1, len(active))
        while len(active):
            if self.on_progress is not None:
                self.on_progress(1 - len(active) / everything, say("making the classes finer"))
            active = self._round(active)

    def _round(self, active: Codes) -> Codes:
        """Splits every class once, as it is best for it; returns the tuples whose class was split."""
        first, number = group([self.node[active]], [self._nodes])
        nodes = self.node[active[first]]
        tried = [self._tried(a, active, number, len(first)) for a in range(len(self.hierarchies))]
        scores = np.stack([split.score for split in tried])
        # Scores this close are equal but for rounding; the first attribute has it then.
        best = scores.max(axis=0)
        choice = np.where(best >= 0, (scores >= best * _ALMOST).argmax(axis=0), NONE)
        for a, split in enumerate(tried):
            chosen = np.flatnonzero(choice == a)
            if len(chosen):
                self._apply(a, split, active, number, nodes, chosen)
        return active[choice[number] >= 0]

    def _tried(self, a: int, active: Codes, number: Codes, classes: int) -> _Split:
        members = np.flatnonzero(self.levels[active, a] > 0)
        tuples, of_class = active[members], number[members]
        values, level = self.tuples[tuples, a], self.levels[tuples, a]
        label = self._codes[a][level - 1, values]
        first, part = group([of_class, label], [classes, self.hierarchies[a].size])
        class_of_part = of_class[first]
        rows = self.members.rows[tuples]
        lower = rows * (self._leaves[a][level, values] - self._leaves[a][level - 1, values])
        gain = _sums(part, lower, len(first)) * self._weight[a]
        holds = self.holds(tuples, part, len(first))
        size = _sums(part, rows, len(first))
        goes = self._leaving(tuples, of_class, part, class_of_part, gain, size, holds, classes)
        score, whole = _scored(class_of_part, goes, size, gain, classes)
        return _Split(members, part, label, goes, score, whole)

    def _leaving(
        self,
        tuples: Codes,
        of_class: Codes,
        part: Codes,
        class_of_part: Codes,
        gain: Floats,
        size: Floats,
        holds: Mask,
        classes: int,
    ) -> Mask:
        """Which parts leave their class: all or none with full splits, else as many as the rest allows."""
        if not self.partial:
            broken = np.bincount(class_of_part[~holds], minlength=classes) > 0
            return holds & ~broken[class_of_part]
        goes = holds.copy()
        short = self._short(tuples, of_class, part, goes, classes)
        candidates = np.flatnonzero(goes & short[class_of_part] & (size > 0))
        if len(candidates):
            order = candidates[np.lexsort((gain[candidates], class_of_part[candidates]))]
            goes[order[np.diff(class_of_part[order], prepend=-1) > 0]] = False
            short = self._short(tuples, of_class, part, goes, classes)
        return goes & ~short[class_of_part]

    def _short(self, tuples: Codes, of_class: Codes, part: Codes, goes: Mask, classes: int) -> Mask:
        """The classes that have a rest which does not satisfy the model."""
        stays = ~goes[part]
        if not stays.any():
            return np.zeros(classes, np.bool_)
        rest = of_class[stays]
        return ~self.holds(tuples[stays], rest, classes)

    def _apply(
        self, a: int, split: _Split, active: Codes, number: Codes, nodes: Codes, chosen: Codes
    ) -> None:
        """Makes `split` in the classes `chosen` (their numbers in this round; `nodes` are all their nodes)."""
        rest_of = np.full(len(nodes), NONE, np.int64)
        keeping = chosen[~split.whole[chosen]]
        rest_of[keeping] = self._nodes + np.arange(len(keeping))
        self._nodes += len(keeping)
        level_of = np.zeros(len(nodes), np.int64)
        level_of[number[split.members]] = self.levels[active[split.members], a] - 1
        self._made.append((nodes[chosen], a, level_of[chosen], rest_of[chosen]))
        here = np.isin(number[split.members], chosen)
        members, part, label = split.members[here], split.part[here], split.label[here]
        leaving = split.goes[part]
        moved, staying = members[leaving], members[~leaving]
        first, child = group([part[leaving]], [len(split.goes)])
        branches = [nodes[number[moved]], label[leaving], self._nodes + child]
        lived_in = _sums(child, self.members.rows[active[moved]], len(first)) > 0
        self._branches.append(np.column_stack(branches)[first][lived_in])
        self.levels[active[moved], a] -= 1
        self.node[active[moved]] = self._nodes + child
        self.node[active[staying]] = rest_of[number[staying]]
        self._nodes += len(first)

    @property
    def covered(self) -> Mask:
        """Per tuple, whether it is in a class; the others are suppressed."""
        return self.node >= 0

    def persons(self) -> Codes:
        """Per class that has rows, its persons."""
        kept = np.flatnonzero(self.covered)
        if not len(kept):
            return kept
        first, number = group([self.node[kept]], [self._nodes])
        seen = self.members.seen(kept, number, len(first))
        return seen.persons[seen.rows > 0]

    def rows_at_levels(self) -> tuple[tuple[int, ...], ...]:
        """For each attribute, how many rows in classes have each of its levels."""
        kept = self.covered
        counts = [
            np.bincount(self.levels[kept, a], self.members.rows[kept], h.height + 1)
            for a, h in enumerate(self.hierarchies)
        ]
        return tuple(tuple(count.astype(int).tolist()) for count in counts)

    def leaves(self, tuples: Mask) -> list[int]:
        """Per attribute, the leaves under the labels of the rows of `tuples`, in all; a suppressed row has the
        labels of the start."""
        rows = np.where(tuples, self.members.rows, 0)
        return [
            int(rows @ leaves[self.levels[:, a], self.tuples[:, a]]) for a, leaves in enumerate(self._leaves)
        ]

    def splits(self) -> Splits:
        attribute = np.full(self._nodes, NONE, np.int64)
        level, rest = attribute.copy(), attribute.copy()
        for nodes, a, levels, rests in self._made:
            attribute[nodes], level[nodes], rest[nodes] = a, levels, rests
        branches = np.concatenate([np.empty((0, 3), np.int64), *self._branches])
        kept, known = self._kept.copy(), []
        for a, h in enumerate(self.hierarchies):
            of_level: list[tuple[Label, ...]] = []
            for at in range(h.height + 1):
                used = (attribute[branches[:, 0]] == a) & (level[branches[:, 0]] == at)
                entered = self._kept[:, a] if at == self._start[a] else self._kept[:0, a]
                numbers = np.unique(np.concatenate([branches[used, 1], entered]))
                branches[used, 1] = np.searchsorted(numbers, branches[used, 1])
                if at == self._start[a]:
                    kept[:, a] = np.searchsorted(numbers, entered)
                value_of = np.unique(self._codes[a][at], return_index=True)[1]
                of_level.append(tuple(h.labels[at][value] for value in value_of[numbers]))
            known.append(tuple(of_level))
        return Splits(
            names=tuple(h.name for h in self.hierarchies),
            heights=tuple(h.height for h in self.hierarchies),
            labels=tuple(known),
            start=self._start,
            kept=kept,
            top=self._top,
            attribute=attribute,
            level=level,
            rest=rest,
            branches=branches[np.lexsort((branches[:, 1], branches[:, 0]))],
        )


def _scored(
    class_of_part: Codes, goes: Mask, size: Floats, gain: Floats, classes: int
) -> tuple[Floats, Mask]:
    """Per class: loss saved per bit of anonymity spent (-1 where nothing leaves), and whether all leaves."""
    leaving = class_of_part[goes]
    total = _sums(class_of_part, size, classes)
    gone = _sums(leaving, size[goes], classes)
    saved = _sums(leaving, gain[goes], classes)
    share = size[goes] / np.maximum(total[leaving], 1)
    bits = _sums(leaving, -share * np.log2(np.where(share > 0, share, 1)), classes)
    stays = 1 - gone / np.maximum(total, 1)
    bits -= stays * np.log2(np.where(gone < total, stays, 1))
    per_bit = np.divide(saved, bits, out=np.full(classes, np.inf), where=bits > 0)
    return np.where(gone > 0, per_bit, -1.0), gone == total


def _sums(number: Codes, weights: Codes | Floats, count: int) -> Floats:
    # Without any weights bincount would give integers.
    return np.bincount(number, weights, count).astype(np.float64)
