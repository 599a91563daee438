"""Which rows of a delivery may go out, when other deliveries of the same table went out before.

What is guaranteed. Somebody looks at everything that was given out and looks for a person. Whatever of the
following he knows, the rows that fit belong to classes that satisfy the models (k persons, and so on):

1. *alone*: the quasi-identifiers of one row of hers, and that it is in this delivery;
2. *together*: the quasi-identifiers of one row of hers, and not in which delivery; persons are counted once,
   by their pseudonym, however many deliveries they are in;
3. *linked*, where persons have pseudonyms that are the same in all deliveries: the quasi-identifiers of one
   row of hers in this delivery and of one in an earlier one, or that she was not in that earlier one (she is
   new); or of one row in an earlier one, and that she is not in this one (she has left).

So the difference between two deliveries shows nobody: neither who came, nor who went, nor who changed class.
Rows are left out until all of this holds. What went out before cannot be called back: a class of an earlier
delivery that was small then stays small; it is counted (`broken_before`).

What is not guaranteed:

- Knowledge of three or more rows of one person, or of two in one delivery (`anonymity.persons_below_k`).
- Without pseudonyms every row is a person of its own. Whether the same persons come again is not known then,
  and rows of one person can still be put together by columns that were kept as they are.
- Where pseudonyms are not published, or differ by row or delivery, nobody can link by them: 3 is not needed.
  Who is in several deliveries is not known here either; 2 then follows from 1 for sizes and diversity, as a
  class together has all the persons and values of its part, and is not checked for closeness.
- Somebody who knows that a row was left out (he knows she is in the table, and no row fits) learns that.
- Closeness is measured to all rows of a delivery that are known here: of earlier deliveries those that went
  out. An average risk is kept alone and together, not among linked rows.

Sources: Xiao and Tao 2007 (m-invariance: what republishing gives away); Byun et al. 2006 (incremental data).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .grouping import group
from .members import members_of
from .models import AverageRisk, Model, judge, least_persons
from .search import Sensitive
from .values import Codes

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Rows of deliveries, counted: equal class, person, sensitive values and delivery are one unit.

    Classes, persons and values are numbered alike in all the units of one question. `person` is None where
    every row is a person of its own. `sensitive` has the code of its value per unit, by column.
    """

    of_class: Codes
    person: Codes | None
    sensitive: Mapping[str, Codes]
    rows: Codes
    delivery: Codes


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows left out, by the first reason that left them out; `broken_before` counts earlier classes."""

    alone: int = 0
    together: int = 0
    linked: int = 0
    of_those_who_left: int = 0
    broken_before: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """`kept` is a mask over the units of the new delivery."""

    kept: Mask
    left_out: LeftOut
    rounds: int = field(compare=False)


def kept_of(
    now: Units,
    before: Units,
    models: tuple[Model, ...],
    values: Mapping[str, Sequence[str | None]],
) -> Verdict:
    """Which units of `now` may go out after `before`. `values` are those of each sensitive column, by code.

    Where both have persons, these have the same pseudonym in all deliveries. Where only `now` has, its persons
    are not known in `before`. The result is the same for the same units in the same order; where there is a
    choice of whom to leave out, persons of low numbers go first.
    """
    return _Question(now, before, models, values).answer()


class _Question:
    def __init__(
        self,
        now: Units,
        before: Units,
        models: tuple[Model, ...],
        values: Mapping[str, Sequence[str | None]],
    ) -> None:
        self.now, self.before, self.models, self.values = now, before, models, values
        none = np.empty(0, np.int64)
        self.linked = now.person is not None and before.person is not None
        self.comparable = (now.person is None) == (before.person is None)
        self._broken = 0
        self.person_now = none if now.person is None else now.person
        self.person_then = none if before.person is None else before.person
        self.people = 1 + max(int(self.person_now.max(initial=-1)), int(self.person_then.max(initial=-1)))
        self.of_groups = tuple(m for m in models if not isinstance(m, AverageRisk))
        self.k = least_persons(models)
        self.classes = 1 + max(int(now.of_class.max(initial=-1)), int(before.of_class.max(initial=-1)))
        self.kept = np.ones(len(now.rows), np.bool_)
        self._had: dict[int, tuple[Codes, Codes]] = {}
        self._sound: dict[int, Mask] = {}
        self._overall = {
            "now": self._counts(now, slice(None)),
            "all": {
                name: self._counts(now, slice(None))[name] + self._counts(before, slice(None))[name]
                for name in values
            },
        }

    def answer(self) -> Verdict:
        rows = {"alone": 0, "together": 0, "linked": 0, "of_those_who_left": 0}
        rounds, left = 0, -1
        while left != (left := int(self.kept.sum())):
            rounds += 1
            rows["alone"] += self._without(self._alone())
            if self.comparable:
                rows["together"] += self._without(self._together())
            if self.linked:
                for delivery in np.unique(self.before.delivery).tolist():
                    earlier = np.flatnonzero(self.before.delivery == delivery)
                    rows["linked"] += self._without(self._in_small_groups(earlier))
                    rows["of_those_who_left"] += self._without(self._company_of_those_who_left(earlier))
        return Verdict(self.kept, LeftOut(**rows, broken_before=self._broken), rounds)

    def _without(self, gone: Mask) -> int:
        gone = gone & self.kept
        self.kept &= ~gone
        return int(self.now.rows[gone].sum())

    def _alone(self) -> Mask:
        units = np.flatnonzero(self.kept)
        ok = self._ok(self.now, units, self.now.of_class[units], self.classes, "now", self.models)
        return ~ok[self.now.of_class]

    def _together(self) -> Mask:
        units = np.flatnonzero(self.kept)
        both = _joined(self.before, self.now, units)
        everything = np.arange(len(both.rows))
        ok = self._ok(both, everything, both.of_class, self.classes, "all", self.models)
        old = np.unique(self.before.of_class)
        self._broken = int((~ok[old]).sum())
        return ~ok[self.now.of_class]

    def _in_small_groups(self, earlier: Codes) -> Mask:
        """Units whose rows, put together with an earlier class (or with none), are too few or too alike."""
        units, then = self._put_together(earlier)
        _, number = group([then, self.now.of_class[units]], [self.classes + 1, self.classes])
        count = int(number.max(initial=-1)) + 1
        ok = self._ok(self.now, units, number, count, "now", self.of_groups)
        gone = np.zeros(len(self.kept), np.bool_)
        gone[units[~ok[number]]] = True
        return gone

    def _put_together(self, earlier: Codes) -> tuple[Codes, Codes]:
        """Each kept unit once for every class that its person had then; class `classes` means none."""
        person, of_class = self._classes_then(earlier)
        units = np.flatnonzero(self.kept)
        low = np.searchsorted(person, self.person_now[units], "left")
        had = np.searchsorted(person, self.person_now[units], "right") - low
        times = np.maximum(had, 1)
        begins = np.repeat(np.cumsum(times) - times, times)
        place = np.repeat(low, times) + np.arange(int(times.sum())) - begins
        none = np.repeat(had == 0, times)
        known = np.concatenate([of_class, [self.classes]])
        then = np.where(none, self.classes, known[np.minimum(place, len(of_class))])
        return np.repeat(units, times), then

    def _classes_then(self, earlier: Codes) -> tuple[Codes, Codes]:
        """The distinct (person, class) of an earlier delivery, by person. The same in every round."""
        delivery = int(self.before.delivery[earlier[0]])
        if delivery not in self._had:
            person, of_class = self.person_then[earlier], self.before.of_class[earlier]
            first, _ = group([person, of_class], [self.people, self.classes])
            self._had[delivery] = person[first], of_class[first]
        return self._had[delivery]

    def _company_of_those_who_left(self, earlier: Codes) -> Mask:
        """Units of persons who stay away too, so that those who left an earlier class are not few."""
        here = np.zeros(self.people, np.bool_)
        here[self.person_now[self.kept]] = True
        of_class = self.before.of_class[earlier]
        absent = earlier[~here[self.person_then[earlier]]]
        self._overall["then"] = self._counts(self.before, earlier)
        left = self._ok(
            self.before, absent, self.before.of_class[absent], self.classes, "then", self.of_groups
        )
        delivery = int(self.before.delivery[earlier[0]])
        if delivery not in self._sound:
            self._sound[delivery] = self._ok(
                self.before, earlier, of_class, self.classes, "then", self.of_groups
            )
        whole = self._sound[delivery]
        some = np.zeros(self.classes, np.bool_)
        some[self.before.of_class[absent]] = True
        few = np.flatnonzero(some & ~left & whole)
        gone = np.zeros(len(self.kept), np.bool_)
        if not len(few):
            return gone
        people = np.zeros(self.people, np.bool_)
        units, then = self._put_together(earlier)
        order = np.lexsort((self.person_now[units], self.now.of_class[units], then))
        units, then = units[order], then[order]
        absentees = self._persons_in(absent)
        for each in few.tolist():
            low, high = np.searchsorted(then, [each, each + 1])
            people[self._to_stay_away(units[low:high], int(absentees[each]))] = True
        gone[people[self.person_now]] = True
        return gone

    def _to_stay_away(self, units: Codes, absent: int) -> Codes:
        """Persons out of the largest class of `units` (of one earlier class, in order): as few as will do."""
        of_class = self.now.of_class[units]
        pairs = np.unique(np.column_stack([of_class, self.person_now[units]]), axis=0)
        classes, sizes = np.unique(pairs[:, 0], return_counts=True)
        members = pairs[pairs[:, 0] == classes[sizes.argmax()], 1]
        wanted = max(self.k - absent, 1)
        away: Codes = members if len(members) - wanted < self.k else members[:wanted]
        return away

    def _persons_in(self, earlier: Codes) -> Codes:
        of_class, person = self.before.of_class[earlier], self.person_then[earlier]
        first, _ = group([of_class, person], [self.classes, self.people])
        return np.bincount(of_class[first], minlength=self.classes)

    def _counts(self, units: Units, which: Codes | slice) -> dict[str, Codes]:
        return {
            name: np.bincount(units.sensitive[name][which], units.rows[which], len(known)).astype(np.int64)
            for name, known in self.values.items()
        }

    def _ok(
        self, of: Units, units: Codes, number: Codes, count: int, overall: str, models: tuple[Model, ...]
    ) -> Mask:
        """Which of `count` groups satisfy the models; those without members do."""
        every = np.arange(len(units))
        sensitive = [
            Sensitive(name, tuple(known), every, of.sensitive[name][units], of.rows[units])
            for name, known in self.values.items()
        ]
        pairs = None if of.person is None else (every, of.person[units])
        members = members_of(of.rows[units], pairs, sensitive, overall=self._overall[overall])
        seen = members.seen(every, number, count)
        if not models:
            return np.ones(count, np.bool_)
        ok: Mask = judge(models, seen) | (seen.rows == 0)
        return ok


def _joined(before: Units, now: Units, kept: Codes) -> Units:
    person = None
    if before.person is not None and now.person is not None:
        person = np.concatenate([before.person, now.person[kept]])
    return Units(
        np.concatenate([before.of_class, now.of_class[kept]]),
        person,
        {n: np.concatenate([codes, now.sensitive[n][kept]]) for n, codes in before.sensitive.items()},
        np.concatenate([before.rows, now.rows[kept]]),
        np.concatenate([before.delivery, now.delivery[kept]]),
    )
