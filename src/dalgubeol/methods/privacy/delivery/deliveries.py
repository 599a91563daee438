"""Which rows of a delivery may go out, when other deliveries of the same table went out before.

The attacker. He holds all deliveries, and sees which rows have the same pseudonym, over all of them. He looks for a
person whose quasi-identifiers he knows of *one record*, as he does where one table is published alone: k persons
per class is no promise against him who knows two (`anonymity.persons_below_k` counts those persons). Besides, he
knows the record's whole life: in which deliveries it is, and in which it is not. Where rows are `states` (a person
has a record, which may change: the register of the insured), he knows more: in which deliveries the person is at
all, and if her record has changed, from what to what. Where rows are `events` (a claim, a visit: it happens once and
does not change), the rows of other deliveries are other events, and to know those too is to know two records.

What is guaranteed. Whatever he knows of this, the rows that fit are none, or belong to classes of persons that satisfy
the models (k persons, and so on):

1. *alone*: persons with a row of class c in this delivery; with a limit on the average risk, that too;
2. *together*: persons with a row of class c in any delivery, each counted once;
3. *linked*: persons with a row of class c in exactly the same deliveries, this one included (it stayed, or is new);
   with states, among those who are in the same deliveries at all; and persons with a row of class d in the
   same deliveries and not in this one, in whose place there is a new row of class c;
4. *gone*: persons with a row of class d in exactly the same earlier deliveries, and not in this one; with states,
   among those who are in the same deliveries at all, this one included.

All that he may know is a union of such groups, and models are kept when groups that satisfy them are joined
(`models.joins`). So the difference between deliveries shows nobody: neither who came, nor who went, nor who changed.
tests/unit/methods/privacy/test_deliveries.py lets him try, person by person.

Rows are left out until all of this holds, as few as a simple rule finds. A group of 1 or 3 that is too small goes.
A group of 4 that is too small grows: others of the class stay away too; with states those are persons of few
other classes, for whoever goes must be gone from all her classes. What went out before cannot be called back: a
group that was too small then stays small. It is counted (`broken_before`, by class).

What is not guaranteed:

- Knowledge of two records of one person, in one delivery or over several.
- Without pseudonyms every row is a person of its own. Whether the same persons come again is not known then,
  and rows can still be put together by columns that were kept as they are.
- Where pseudonyms are not published, or differ by row or delivery, nobody can link by them: 3 and 4 are not needed.
  Who is in several deliveries is not known here either; 2 then follows from 1 for sizes and diversity, as a
  class together has all the persons and values of its part, and is not checked for closeness.
- Somebody who knows that a row was left out (he knows she is in the table, and no row fits) learns that.
- Closeness is measured to all rows of a delivery that are known here: of earlier deliveries those that went
  out. An average risk is kept alone and together, not among linked rows.

Sources: Terrovitis, Mamoulis and Kalnis 2008 (k^m-anonymity: how many of a person's items he knows); Fung, Wang, Fu
and Pei 2008 (correspondence attacks: he knows since when a record is there); Xiao and Tao 2007 (m-invariance: what
leaves gives others away); Byun et al. 2006 (incremental data). docs/decisions/0025 compares them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import numpy as np

from ..models import AverageRisk, Model, least_persons
from ..stream.classes import numbered
from ..values import Codes
from .given import Numbers, Pairs
from .lives import Behind, Lives, Mask, behind, lives_of

Records = Literal["states", "events"]


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
    """`kept` is a mask over the pairs of the new delivery. Persons per class: `here`, and in all deliveries
    `together` (None where persons are not known in both)."""

    kept: Mask
    left_out: LeftOut
    here: Codes
    together: Codes | None
    rounds: int = field(compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One question: `now` after `before`, numbered alike. `sizes` says how many values each sensitive column has.

    `known`: persons have the same pseudonyms in all deliveries. `comparable`: or every row is a person in all.
    """

    now: Pairs
    before: Sequence[Pairs]
    classes: int
    models: tuple[Model, ...]
    sizes: Mapping[str, int]
    known: bool
    comparable: bool
    records: Records = "states"


def verdict_of(asked: Asked) -> Verdict:
    """Which pairs of the new delivery may go out.

    The result follows from the numbers alone; where there is a choice of whom to leave out, persons of low numbers
    go first.
    """
    return _Question(asked).answer()


class _Question:
    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.of_groups = tuple(m for m in asked.models if not isinstance(m, AverageRisk))
        before = asked.before if asked.comparable else ()
        self.lives = lives = lives_of(asked.now, before, asked.classes)
        self.kept = lives.now.copy()
        new = (asked.now, lambda: np.flatnonzero(lives.now))
        old = [(pairs, partial(_places, lives, number)) for number, pairs in enumerate(before)]
        self.now = self.then = self.all = behind(lives, [new], asked.sizes)
        if old and (asked.sizes or asked.now.person is None):  # else nothing but persons is counted
            self.then = behind(lives, old, asked.sizes)
            self.all = behind(lives, [new, *old], asked.sizes)
        self._broken = 0

    def answer(self) -> Verdict:
        rows = {"alone": 0, "together": 0, "linked": 0, "of_those_who_left": 0}
        groups = _Groups(self) if self.asked.known and len(self.lives) else None
        rounds, left = 0, -1
        while left != (left := int(self.kept.sum())):
            rounds += 1
            rows["alone"] += self._without(self._small(self.now, self.kept, self.asked.models))
            if self.asked.comparable:
                rows["together"] += self._without(self._small_together())
            if groups is not None:
                rows["linked"] += self._without(groups.too_small())
                rows["of_those_who_left"] += self._without(groups.company())
                if self.asked.records == "states":
                    rows["linked"] += self._without(groups.changed())
        return Verdict(
            self.kept[self.lives.now],
            LeftOut(**rows, broken_before=self._broken),
            self._persons(self.now, self.kept),
            self._persons(self.all, self._out) if self.asked.comparable else None,
            rounds,
        )

    @property
    def _out(self) -> Mask:
        return self.kept | self.lives.before

    def _without(self, gone: Mask) -> int:
        gone &= self.kept
        self.kept &= ~gone
        return int(self.now.rows[gone].sum(dtype=np.int64))

    def _small(self, side: Behind, of: Mask, models: tuple[Model, ...]) -> Mask:
        """Pairs whose class has too few behind it."""
        return ~self._ok(side, of, models)[self.lives.of_class]

    def _small_together(self) -> Mask:
        ok = self._ok(self.all, self._out, self.asked.models)
        given = np.zeros(self.asked.classes, np.bool_)
        given[self.lives.of_class[self.lives.before]] = True
        self._broken = int((given & ~ok).sum())
        return ~ok[self.lives.of_class]

    def _ok(self, side: Behind, of: Mask, models: tuple[Model, ...]) -> Mask:
        return side.ok(of, self.lives.of_class, self.asked.classes, models)

    def _persons(self, side: Behind, of: Mask) -> Codes:
        return side.persons(of, self.lives.of_class, self.asked.classes)


def _places(lives: Lives, number: int) -> Codes:
    return np.flatnonzero(lives.life & lives.life.dtype.type(1 << number))


class _Groups:
    """Pairs of one class and one life; with states, of persons who were in the same deliveries. `of` numbers them."""

    def __init__(self, question: _Question) -> None:
        self._all, self._lives = question, question.lives
        self._states = question.asked.records == "states"
        lives, deliveries = self._lives, len(question.asked.before)
        history = lives.life.astype(np.int64)
        if self._states:
            history <<= deliveries
            history |= lives.presence()[lives.run]
        short, width = _short(history, 1 << (2 if self._states else 1) * deliveries)
        history[:] = lives.of_class
        history *= width
        history += short
        self.of, self.count = _short(history, question.asked.classes * width)
        self._whole = question.then.ok(lives.before, self.of, self.count, question.of_groups)

    def too_small(self) -> Mask:
        """Pairs of groups of this delivery that are too few or too alike."""
        ok = self._all.now.ok(self._all.kept, self.of, self.count, self._all.of_groups)
        return ~ok[self.of]

    def changed(self) -> Mask:
        """Pairs that too few have in the place of the same other one."""
        from .. import merging

        lives, kept = self._lives, self._all.kept
        gone = lives.before & ~kept
        count = merging.count_changes(lives.begins, gone, kept, lives.life)
        old, later = np.empty(count, np.uint32), np.empty(count, np.uint32)
        merging.changes(lives.begins, gone, kept, lives.life, old, later)
        key = self.of[old] * np.int64(self.count) + self.of[later]
        number, groups = numbered(key, self.count * self.count)
        ok = self._all.now.ok_of(later.astype(np.int64), number, groups, self._all.of_groups)
        made = np.zeros(len(lives), np.bool_)
        made[later[~ok[number]]] = True
        return made

    def company(self) -> Mask:
        """Pairs that go too, so that those who went are not few in their group."""
        lives, kept = self._lives, self._all.kept
        gone = lives.before & ~kept
        if not self._states:
            few, size = self._few(gone)
            return self._next(few, size, kept, 0)
        here = lives.any_of_person(kept)[lives.run]
        made = np.zeros(len(lives), np.bool_)
        # Of persons who are gone altogether: others of few classes go altogether.
        few, size = self._few(gone & ~here)
        away = self._next(few, size, kept, 1)
        away |= self._if_nobody_is_left(few, kept) & gone & here
        made |= lives.any_of_person(away)[lives.run]
        # Of persons who are still there: of others who will still be there only that class goes.
        few, size = self._few(gone & here)
        made |= self._next(few, size, kept, -1)
        away = self._if_nobody_is_left(few, kept) & gone & here
        made |= lives.any_of_person(away)[lives.run]
        return made

    def _few(self, gone: Mask) -> tuple[Mask, Codes]:
        """Groups of which too few are `gone`, though they were enough before; and how many are."""
        then = self._all.then
        ok = then.ok(gone, self.of, self.count, self._all.of_groups)
        return ~ok & self._whole, then.persons(gone, self.of, self.count)

    def _if_nobody_is_left(self, few: Mask, kept: Mask) -> Mask:
        some = np.zeros(self.count, np.bool_)
        some[self.of[kept]] = True
        return (few & ~some)[self.of]

    def _next(self, few: Mask, size: Codes, kept: Mask, cost: int) -> Mask:
        """Of each group that is too `few` as many pairs as are wanted; all, if too few would stay. `cost` of each
        other pair of the person: those of the least cost go first."""
        k = least_persons(self._all.asked.models)
        made = np.zeros(len(self.of), np.bool_)
        which = np.flatnonzero(kept & few[self.of])
        if not len(which):
            return made
        run, begins = self._lives.run[which], self._lives.begins
        which = which[np.lexsort((which, cost * (begins[run + 1] - begins[run]), self.of[which]))]
        of = self.of[which]
        stay = np.bincount(of, minlength=self.count)
        wanted = np.maximum(k - size, 1)
        wanted = np.where(stay - wanted < k, stay, wanted)
        begins = np.cumsum(stay) - stay
        made[which[np.arange(len(which)) - begins[of] < wanted[of]]] = True
        return made


def _short(key: Codes, span: int) -> tuple[Numbers, int]:
    """`numbered`, in four bytes each."""
    if span > 4 * len(key):
        number, count = numbered(key, span)
        return number.astype(np.uint32), count
    seen = np.zeros(span, np.uint32)
    seen[key] = 1
    np.cumsum(seen, out=seen)
    return (seen - np.uint32(1))[key], int(seen[-1])
