"""The rounds of local recoding (`local` says what they are for), on distinct tuples and all classes at once.

A round tries every attribute on every class that was split in the round before, and splits each class as it
is best for it. A class that could not be split is settled: what can be done to a class follows from the class
alone. So there are no more rounds than steps on the longest path of the tree, and a round costs about as much
as grouping the open tuples once per attribute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ...language import Message, say
from .grouping import group
from .hierarchy import Hierarchy, Label
from .search.measure import SCALE, capped_ratio, score_of
from .search.problem import Levels
from .splits import NONE, Splits
from .values import Codes

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Progress = Callable[[float, Message], None]

_ALMOST = 1 - 1e-9


class Holds(Protocol):
    """Whether classes satisfy a model. `tuples` are members (numbers of distinct tuples), `number` the class of
    each, `count` how many classes there are; the answer is a mask over the classes."""

    def __call__(self, tuples: Codes, number: Codes, count: int) -> Mask: ...


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Who is behind each distinct tuple. `rows` and `alone` count its rows and the persons that have no other
    tuple; `pair_tuple` and `pair_person` are the distinct (tuple, person) pairs of the others."""

    rows: Codes
    alone: Codes
    pair_tuple: Codes
    pair_person: Codes

    def persons(self, tuples: Codes, number: Codes, count: int) -> Codes:
        """Distinct persons per class."""
        alone = np.bincount(number, self.alone[tuples], count).astype(np.int64)
        if not len(self.pair_tuple):
            return alone
        class_of = np.full(len(self.rows), NONE, np.int64)
        class_of[tuples] = number
        of_pair = class_of[self.pair_tuple]
        inside = of_pair >= 0
        classes, people = of_pair[inside], self.pair_person[inside]
        if not len(classes):
            return alone
        distinct, _ = group([classes, people], [count, int(people.max()) + 1])
        return alone + np.bincount(classes[distinct], minlength=count)


def members_of(tuple_of_row: Codes, tuples: int, people: Codes | None) -> Members:
    """Who is behind each tuple; `people` has a number per row, None: each row is a person of its own."""
    rows = np.bincount(tuple_of_row, minlength=tuples)
    none = np.empty(0, np.int64)
    if people is None or not len(people):
        return Members(rows, rows, none, none)
    count = int(people.max()) + 1
    pairs, _ = group([tuple_of_row, people], [tuples, count])
    which, who = tuple_of_row[pairs], people[pairs]
    several = np.bincount(who, minlength=count)[who] > 1
    return Members(rows, np.bincount(which[~several], minlength=tuples), which[several], who[several])


def at_least(members: Members, k: int) -> Holds:
    """k-anonymity, in persons."""
    return lambda tuples, number, count: members.persons(tuples, number, count) >= k


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
        holds: Holds,
        partial: bool,
        on_progress: Progress | None,
    ) -> None:
        self.hierarchies, self.tuples, self.members = hierarchies, tuples, members
        self.holds, self.partial, self.on_progress = holds, partial, on_progress
        self.rows = int(members.rows.sum())
        self._codes = [np.stack([h.codes(level) for level in range(h.height + 1)]) for h in hierarchies]
        self._leaves = [np.stack([h.leaves(level) for level in range(h.height + 1)]) for h in hierarchies]
        self._weight = [1 / (self.rows * max(1, h.size - 1)) for h in hierarchies]

    def start(self, levels: Levels, suppressed: Mask) -> None:
        self._start = levels
        kept = np.flatnonzero(~suppressed)
        at = [self._codes[a][level][self.tuples[kept, a]] for a, level in enumerate(levels)]
        widths = [h.width(level) for h, level in zip(self.hierarchies, levels, strict=True)]
        first, number = group(at, widths) if len(kept) else (kept, kept)
        self._kept = np.column_stack([each[first] for each in at])
        outside = np.flatnonzero(suppressed)
        top = bool(len(outside)) and bool(self.holds(outside, np.zeros(len(outside), np.int64), 1)[0])
        self._top = top
        self.node = np.full(len(self.tuples), NONE, np.int64)
        self.node[kept] = number
        self.levels = np.tile(np.array(levels, np.int64), (len(self.tuples), 1))
        if top:
            self.node[outside] = len(first)
            self.levels[outside] = [h.height for h in self.hierarchies]
        self._nodes = len(first) + top
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
        goes = self._leaving(tuples, of_class, part, class_of_part, gain, holds, classes)
        size = _sums(part, rows, len(first))
        score, whole = _scored(class_of_part, goes, size, gain, classes)
        return _Split(members, part, label, goes, score, whole)

    def _leaving(
        self,
        tuples: Codes,
        of_class: Codes,
        part: Codes,
        class_of_part: Codes,
        gain: Floats,
        holds: Mask,
        classes: int,
    ) -> Mask:
        """Which parts leave their class: all or none with full splits, else as many as the rest allows."""
        if not self.partial:
            broken = np.bincount(class_of_part[~holds], minlength=classes) > 0
            return holds & ~broken[class_of_part]
        goes = holds.copy()
        short = self._short(tuples, of_class, part, goes, classes)
        candidates = np.flatnonzero(goes & short[class_of_part])
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
        present = np.bincount(rest, minlength=classes) > 0
        return present & ~self.holds(tuples[stays], rest, classes)

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
        self._branches.append(np.column_stack(branches)[first])
        self.levels[active[moved], a] -= 1
        self.node[active[moved]] = self._nodes + child
        self.node[active[staying]] = rest_of[number[staying]]
        self._nodes += len(first)

    @property
    def covered(self) -> Mask:
        """Per tuple, whether it is in a class; the others are suppressed."""
        return self.node >= 0

    def persons(self) -> Codes:
        """Per class, its persons."""
        kept = np.flatnonzero(self.covered)
        if not len(kept):
            return kept
        first, number = group([self.node[kept]], [self._nodes])
        return self.members.persons(kept, number, len(first))

    def rows_at_levels(self) -> tuple[tuple[int, ...], ...]:
        """For each attribute, how many rows in classes have each of its levels."""
        kept = self.covered
        counts = [
            np.bincount(self.levels[kept, a], self.members.rows[kept], h.height + 1)
            for a, h in enumerate(self.hierarchies)
        ]
        return tuple(tuple(count.astype(int).tolist()) for count in counts)

    def loss(self) -> float:
        """ARX's loss, geometric mean: exact integers until the last step."""
        loss = 1
        for a, h in enumerate(self.hierarchies):
            leaves = np.where(self.covered, self._leaves[a][self.levels[:, a], self.tuples[:, a]], h.size)
            loss *= SCALE + capped_ratio(int(self.members.rows @ leaves), self.rows, h.size)
        return score_of(loss, len(self.hierarchies))

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
    share = size[goes] / total[leaving]
    bits = _sums(leaving, -share * np.log2(share), classes)
    stays = 1 - gone / np.maximum(total, 1)
    bits -= stays * np.log2(np.where(gone < total, stays, 1))
    per_bit = np.divide(saved, bits, out=np.full(classes, np.inf), where=bits > 0)
    return np.where(gone > 0, per_bit, -1.0), gone == total


def _sums(number: Codes, weights: Codes | Floats, count: int) -> Floats:
    # Without any weights bincount would give integers.
    return np.bincount(number, weights, count).astype(np.float64)
