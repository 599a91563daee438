"""Risk against utility at any levels and any k, in milliseconds: what the clerk sees while moving a slider.

Made once for a table, or for distinct combinations with counts where the table is too long to hold; each look groups
the combinations anew and counts persons exactly. It searches nothing: whether these levels are the best is for
`anonymity.optimum` to prove.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...errors import Invalid
from .anonymity import EquivalenceClasses
from .grouping import group
from .hierarchy import Hierarchy
from .measure.assessment import persons_by_class_size
from .measure.risk import Risk, risk_of_classes
from .measure.utility import ClassUtility, class_utility, loss_of
from .search import Problem
from .values import Codes, column_of, distinct_texts


@dataclass(frozen=True, slots=True)
class Look:
    """What the table would be at `levels`, with classes of fewer than `k` persons left out whole.

    `risk` and `bands` (persons by class size, `assessment.BANDS`) are of what is kept; `loss` is ARX's over all
    columns, `column_loss` that of each.
    """

    levels: tuple[int, ...]
    k: int
    risk: Risk
    bands: tuple[int, ...]
    loss: float
    column_loss: tuple[float, ...]
    classes: ClassUtility
    suppressed_rows: int
    suppressed_persons: int
    """Persons none of whose rows is kept."""


class Preview:
    """One table, ready to be looked at. `hierarchies` are its quasi-identifiers."""

    def __init__(
        self,
        hierarchies: Sequence[Hierarchy],
        codes: Codes,
        rows: Codes,
        pairs: tuple[Codes, Codes] | None = None,
    ) -> None:
        """`codes` has a row per distinct combination and a column per hierarchy, `rows` how often it occurs;
        `pairs` are the distinct (combination, person) pairs, None where every row is a person of its own."""
        self.hierarchies = tuple(hierarchies)
        self.codes, self.rows, self.pairs = codes, rows, pairs
        self.total = int(rows.sum())
        self.persons = self.total if pairs is None else len(np.unique(pairs[1]))
        self._labels = [[h.codes(level) for level in range(h.height + 1)] for h in self.hierarchies]
        self._leaves = [[h.leaves(level) for level in range(h.height + 1)] for h in self.hierarchies]

    @classmethod
    def of_table(
        cls, table: pa.Table, hierarchies: Sequence[Hierarchy], person: str | None = None
    ) -> Preview:
        """Raises `Invalid` for values outside a hierarchy and for missing persons."""
        chosen = [h.with_missing() if _has_missing(table, h.name) else h for h in hierarchies]
        encoded = np.column_stack([h.encode(column_of(table, h.name)) for h in chosen])
        first, combination = group(list(encoded.T), [h.size for h in chosen])
        rows = np.bincount(combination, minlength=len(first))
        if person is None:
            return cls(chosen, encoded[first], rows)
        texts, people = distinct_texts(column_of(table, person), person)
        if (people == len(texts) - 1).any():
            raise Invalid.field("person", expected="a person in every row", got="rows without")
        pairs, _ = group([combination, people], [len(first), len(texts)])
        return cls(chosen, encoded[first], rows, (combination[pairs], people[pairs]))

    @classmethod
    def of_problem(cls, problem: Problem) -> Preview:
        """The same combinations in the same order as those of a search."""
        people = problem.people
        pairs = None if people is None else (people.of_tuple, people.person)
        return cls(problem.hierarchies, problem.tuples, problem.rows, pairs)

    def at(self, levels: Sequence[int], k: int, lost: npt.NDArray[np.bool_] | None = None) -> Look:
        """One look. `lost` masks combinations whose classes other models leave out too. Raises `Invalid` for levels
        that are not there or k under 1."""
        self.check(levels, k)
        number, count = self._classes(levels)
        rows = np.bincount(number, self.rows, minlength=count).astype(np.int64)
        persons = self._persons(number, rows)
        kept = persons >= k
        if lost is not None:
            kept[number[lost]] = False
        left_out = self.total - int(rows[kept].sum())
        losses = tuple(self._loss(a, level, kept[number]) for a, level in enumerate(levels))
        exposed = self._exposed(number, persons, kept)
        return Look(
            tuple(levels), k, risk_of_classes(persons[kept], rows[kept], threshold=1 / k, risk_of_person=exposed),
            persons_by_class_size(EquivalenceClasses(number, rows[kept], persons[kept])),
            loss_of(losses) or 0.0, losses, class_utility(rows[kept], left_out, k), left_out,
            self.persons - self._kept_persons(number, rows, kept),
        )  # fmt: skip

    def check(self, levels: Sequence[int], k: int = 1) -> None:
        """Raises `Invalid` for levels that are not there or k under 1."""
        if len(levels) != len(self.hierarchies) or k < 1:
            raise Invalid.field("levels", expected="one per column, and k of 1 or more", got="others")
        if not all(0 <= level <= h.height for level, h in zip(levels, self.hierarchies, strict=True)):
            raise Invalid.field("levels", expected="steps of the hierarchies", got="others")

    def curve(self, levels: Sequence[int], ks: Sequence[int]) -> tuple[Look, ...]:
        """Looks at the same levels for several k."""
        return tuple(self.at(levels, k) for k in ks)

    def _classes(self, levels: Sequence[int]) -> tuple[Codes, int]:
        labels = [self._labels[a][level] for a, level in enumerate(levels)]
        columns = [label[self.codes[:, a]] for a, label in enumerate(labels)]
        member, number = group(columns, [int(each.max()) + 1 for each in labels])
        return number, len(member)

    def _persons(self, number: Codes, rows: Codes) -> Codes:
        """Distinct persons per class."""
        if self.pairs is None:
            return rows
        of_pair, people = number[self.pairs[0]], self.pairs[1]
        distinct, _ = group([of_pair, people], [len(rows), int(people.max(initial=0)) + 1])
        return np.bincount(of_pair[distinct], minlength=len(rows))

    def _kept_persons(self, number: Codes, rows: Codes, kept: npt.NDArray[np.bool_]) -> int:
        """How many persons have a row in a class that is kept."""
        if self.pairs is None:
            return int(rows[kept].sum())
        return len(np.unique(self.pairs[1][kept[number[self.pairs[0]]]]))

    def _exposed(
        self, number: Codes, persons: Codes, kept: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64] | None:
        if self.pairs is None:
            return None
        of_pair = number[self.pairs[0]]
        there = kept[of_pair]
        highest = np.zeros(int(self.pairs[1].max(initial=0)) + 1)
        np.maximum.at(highest, self.pairs[1][there], 1 / persons[of_pair[there]])
        return highest[highest > 0]

    def _loss(self, a: int, level: int, kept: npt.NDArray[np.bool_]) -> float:
        size = self.hierarchies[a].size
        if size == 1 or not self.total:
            return 0.0
        leaves = self._leaves[a][level][self.codes[:, a]]
        hidden = int(self.rows @ np.where(kept, leaves, size))
        return (hidden - self.total) / (self.total * (size - 1))


def _has_missing(table: pa.Table, name: str) -> bool:
    texts, rows = distinct_texts(column_of(table, name), name)
    return bool((rows == len(texts) - 1).any())
