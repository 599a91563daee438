"""Who is behind classes, however they were formed.

`Members` says who and what is behind each of some units (distinct tuples, or rows); `Members.seen` looks at
any classes of any of these units as the privacy models do (`models.Seen`). The searches have their own, faster
way for classes that only grow together; this one takes classes as they come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..grouping import group
from ..models import Model
from ..search import Sensitive
from ..values import Codes

_LARGEST_KEY = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Units and who is behind them. `rows` counts the rows of each.

    `pair_unit` and `pair_person` are the distinct (unit, person) pairs of persons who are in several units,
    `alone` counts the persons of a unit who are in no other. `sensitive` holds the attributes that models name;
    `overall`, by attribute, the rows of each value in the whole table; `populations`, by model, the persons of
    the population behind each unit.
    """

    rows: Codes
    alone: Codes
    pair_unit: Codes
    pair_person: Codes
    sensitive: tuple[Sensitive, ...] = ()
    overall: Mapping[str, Codes] = field(default_factory=dict)
    populations: Mapping[Model, Codes] = field(default_factory=dict)

    def seen(self, units: Codes, number: Codes, count: int) -> SeenUnits:
        """`count` classes: `units` are their members, `number` is the class of each. No unit twice."""
        return SeenUnits(self, units, number, count)


def members_of(
    rows: Codes,
    pairs: tuple[Codes, Codes] | None,
    sensitive: Sequence[Sensitive] = (),
    populations: Mapping[Model, Codes] | None = None,
    overall: Mapping[str, Codes] | None = None,
) -> Members:
    """`pairs` are the distinct (unit, person) pairs; None where each row is a person of its own.

    `overall` is counted from the units where it is not given.
    """
    if overall is None:
        overall = {s.name: np.bincount(s.value, s.rows, len(s.values)).astype(np.int64) for s in sensitive}
    none = np.empty(0, np.int64)
    if pairs is None:
        return Members(rows, rows, none, none, tuple(sensitive), overall, populations or {})
    unit, person = pairs
    several = np.bincount(person)[person] > 1
    alone = np.bincount(unit[~several], minlength=len(rows))
    return Members(rows, alone, unit[several], person[several], tuple(sensitive), overall, populations or {})


@dataclass(slots=True, eq=False)
class SeenUnits:
    """`models.Seen`, for classes of some units."""

    members: Members
    units: Codes
    number: Codes
    count: int
    _class_of: Codes | None = field(default=None, repr=False)

    @property
    def rows(self) -> Codes:
        return self._sums(self.members.rows)

    @property
    def persons(self) -> Codes:
        alone = self._sums(self.members.alone)
        classes, people = self._inside(self.members.pair_unit, self.members.pair_person)
        if not len(classes):
            return alone
        width = int(people.max()) + 1
        if self.count * width > _LARGEST_KEY:
            distinct, _ = group([classes, people], [self.count, width])
            return alone + np.bincount(classes[distinct], minlength=self.count)
        pairs = classes * width
        pairs += people
        pairs.sort()  # many times faster than to find who is a member of which pair
        new = np.empty(len(pairs), np.bool_)
        new[:1] = True
        np.not_equal(pairs[1:], pairs[:-1], out=new[1:])
        return alone + np.bincount(pairs[new] // width, minlength=self.count)

    def population(self, model: Model) -> Codes:
        return self._sums(self.members.populations[model])

    def distribution(self, column: str) -> SeenValues:
        sensitive = next(s for s in self.members.sensitive if s.name == column)
        classes, cells = self._inside(sensitive.of_tuple, np.arange(len(sensitive.value)))
        return SeenValues(
            self.members.overall[column], classes, sensitive.value[cells], sensitive.rows[cells], self.count
        )

    def _sums(self, per_unit: Codes) -> Codes:
        # Floats hold these counts exactly: they stay far under 2**53.
        return np.bincount(self.number, per_unit[self.units], self.count).astype(np.int64)

    def _inside(self, unit: Codes, what: Codes) -> tuple[Codes, Codes]:
        """The classes of those of `unit` that are in one, and their `what`."""
        if not len(unit):
            return unit, what
        if self._class_of is None:
            self._class_of = np.full(len(self.members.rows), -1, np.int64)
            self._class_of[self.units] = self.number
        classes = self._class_of[unit]
        inside = classes >= 0
        return classes[inside], what[inside]


@dataclass(frozen=True, slots=True, eq=False)
class SeenValues:
    """`models.Distribution`: `rows` of value `value` in class `of_class`, a pair perhaps more than once."""

    overall: Codes
    of_class: Codes
    value: Codes
    rows: Codes
    count: int

    def distinct(self) -> Codes:
        width = len(self.overall)
        pairs = np.unique((self.of_class * width + self.value)[self.rows > 0])
        return np.bincount(pairs // width, minlength=self.count)

    def blocks(self, cells: int) -> list[Codes]:
        width = len(self.overall)
        height = max(cells // width, 1)
        order = np.argsort(self.of_class, kind="stable")
        of_class, value, rows = self.of_class[order], self.value[order], self.rows[order]
        made = []
        for begins in range(0, max(self.count, 1), height):
            ends = min(begins + height, self.count)
            low, high = np.searchsorted(of_class, [begins, ends])
            place = (of_class[low:high] - begins) * width + value[low:high]
            block = np.bincount(place, rows[low:high], (ends - begins) * width).astype(np.int64)
            made.append(block.reshape(ends - begins, width))
        return made
