"""Who was in which class in which delivery, all deliveries together: what `deliveries` looks at.

A pair is a person and a class. Its `life` says in which of the earlier deliveries the person had rows of the class,
a bit for each. Pairs ascend by person, then class; where persons are not known, a pair is a class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..measure.members import Members
from ..models import KAnonymity, Model, StrictRisk, judge, least_persons
from ..search import Sensitive
from ..values import Codes
from .given import MOST_DELIVERIES, Cells, Numbers, Pairs

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Lives:
    """`now` marks the pairs of the new delivery, in its order. `run` numbers the persons; the pairs of p are from
    `begins[p]` to `begins[p + 1]`."""

    of_class: Numbers
    life: Numbers
    now: Mask
    run: Numbers
    begins: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.of_class)

    @property
    def before(self) -> Mask:
        """Pairs that went out before."""
        made: Mask = self.life > 0
        return made

    def any_of_person(self, of: Mask) -> Mask:
        """Of each person whether one of her pairs is in `of`."""
        made: Mask = np.logical_or.reduceat(of, self.begins[:-1]) if len(of) else of
        return made

    def presence(self) -> Numbers:
        """Of each person in which earlier deliveries she was."""
        return np.bitwise_or.reduceat(self.life, self.begins[:-1]) if len(self.life) else self.life


def lives_of(now: Pairs, before: Sequence[Pairs], classes: int) -> Lives:
    """`before` are the earlier deliveries, at most `MOST_DELIVERIES`."""
    from .. import merging

    if len(before) > MOST_DELIVERIES:
        raise ValueError("too many deliveries")
    dtype = np.min_scalar_type((1 << len(before)) - 1)
    key, is_now = keys_of(now, classes), np.ones(len(now), np.bool_)
    life = np.zeros(len(key), dtype)
    for number, pairs in enumerate(before):
        other = keys_of(pairs, classes)
        made = np.empty(len(key) + len(other), np.int64)
        left, right = np.empty(len(made), np.bool_), np.empty(len(made), np.bool_)
        count = merging.merge(key, other, made, left, right)
        left, right, key = left[:count], right[:count], made[:count].copy()
        del made, other
        grown = np.zeros(count, dtype)
        grown[left] = life
        grown[right] |= dtype.type(1 << number)
        here = np.zeros(count, np.bool_)
        here[left] = is_now
        life, is_now = grown, here
    of_class = (key % classes).astype(np.uint32)
    key //= classes
    new = np.diff(key, prepend=-1) != 0
    if now.person is None:  # nobody is known: every pair is by itself
        new[:] = True
    del key
    begins = np.concatenate([np.flatnonzero(new), [len(new)]]).astype(np.int64)
    run = np.cumsum(new, dtype=np.uint32) - np.uint32(1)
    return Lives(of_class, life, is_now, run, begins)


def keys_of(pairs: Pairs, classes: int) -> Codes:
    key = pairs.of_class.astype(np.int64)
    if pairs.person is not None:
        key += pairs.person * np.int64(classes)
    return key


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """What is behind pairs: persons (`weight`: rows, where every row is a person; else None, one each), rows, and
    the cells of sensitive columns, ascending by pair. `overall` has the rows of each value in the whole."""

    rows: Numbers
    weight: Numbers | None
    cells: Mapping[str, Cells]
    sizes: Mapping[str, int]
    overall: dict[str, Codes] = field(default_factory=dict)

    def ok(self, of: Mask, group: Numbers, count: int, models: tuple[Model, ...]) -> Mask:
        """Which of `count` groups of the pairs `of` satisfy `models`; those without members do."""
        if _of_size(models):
            return _enough(self.persons(of, group, count), models)
        which = np.flatnonzero(of)
        return self.ok_of(which, group[which], count, models)

    def ok_of(self, which: Codes, group: Codes | Numbers, count: int, models: tuple[Model, ...]) -> Mask:
        """The same of pairs by their places; a pair may be in several groups, once in each. A person is in a group
        once."""
        weight = None if self.weight is None else self.weight[which]
        persons = np.bincount(group, weight, count).astype(np.int64)
        if _of_size(models):
            return _enough(persons, models)
        alone = np.ones(len(which), np.int64) if weight is None else weight.astype(np.int64)
        none = np.empty(0, np.int64)
        sensitive = tuple(
            Sensitive(name, tuple(map(str, range(self.sizes[name]))), *_expanded(cells, which))
            for name, cells in self.cells.items()
        )
        members = Members(
            self.rows[which].astype(np.int64), alone, none, none, sensitive, overall=self.overall
        )
        seen = members.seen(np.arange(len(which)), group.astype(np.int64), count)
        made: Mask = judge(models, seen) | (persons == 0)
        return made

    def persons(self, of: Mask, group: Numbers, count: int) -> Codes:
        """Of each group how many persons are behind its pairs in `of`."""
        from .. import merging

        if self.weight is not None:
            return np.bincount(group[of], self.weight[of], count).astype(np.int64)
        made = np.zeros(count, np.int64)
        merging.count(group, of, made)
        return made


def _of_size(models: tuple[Model, ...]) -> bool:
    return all(isinstance(model, KAnonymity | StrictRisk) for model in models)


def _enough(persons: Codes, models: tuple[Model, ...]) -> Mask:
    made: Mask = (persons >= least_persons(models)) | (persons == 0)
    return made


def _expanded(cells: Cells, which: Codes) -> tuple[Codes, Codes, Codes]:
    """The cells of the pairs `which`, each as often as its pair is there: (place in `which`, value, rows)."""
    low = np.searchsorted(cells.pair, which, "left")
    times = np.searchsorted(cells.pair, which, "right") - low
    place = np.repeat(np.arange(len(which)), times)
    at = np.repeat(low - np.cumsum(times) + times, times) + np.arange(int(times.sum()))
    return place, cells.value[at].astype(np.int64), cells.rows[at].astype(np.int64)


def behind(
    lives: Lives, parts: Iterable[tuple[Pairs, Callable[[], Codes]]], sizes: Mapping[str, int]
) -> Behind:
    """What is behind the pairs in some deliveries; each comes with the places of its pairs among all."""
    rows = np.zeros(len(lives), np.uint32)
    by_rows = False
    gathered: dict[str, list[tuple[Codes, Numbers, Numbers]]] = {name: [] for name in sizes}
    for pairs, places in parts:
        at = places()
        rows[at] += pairs.rows
        by_rows |= pairs.person is None
        for name in sizes:
            cells = pairs.cells[name]
            gathered[name].append((at[cells.pair], cells.value, cells.rows))
    made, overall = {}, {}
    for name, size in sizes.items():
        pair, value, count = (np.concatenate(each) for each in zip(*gathered[name], strict=True))
        order = np.argsort(pair, kind="stable")
        made[name] = Cells(pair[order].astype(np.uint32), value[order], count[order])
        overall[name] = np.bincount(value, count, size).astype(np.int64)
    return Behind(rows, rows if by_rows else None, made, sizes, overall)
