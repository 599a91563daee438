"""Which few attributes single persons out, and which attribute drives the risk. Counted in persons.

A person is *unique on* a set of columns if nobody else shares their combination. A set is minimal for a record if
she is unique on it and on none of its proper parts: a minimal sample unique (Elliot, Manning and Ford 2002, "A
computational algorithm for handling the special uniques problem", Int. J. Uncertainty, Fuzziness and
Knowledge-Based Systems 10, 493-509). The fewer columns it needs, the less somebody must know. A minimal set that
singles out *everybody* is a key of the table.

Sets are looked at by size, up to `most_columns`. Uniqueness never ends as columns are added, so:
- what contains a key is not looked at: everybody is unique there;
- where every record is already unique on some part, nothing is counted either: the answer is known.

The score of a record adds, for each of its minimal sets of s columns out of d, the (d - s)! / (d - m)! ways to add
columns up to m: small sets weigh more (SUDA). A column's share is the part of all scores that lies in sets with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, perm

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....errors import Invalid
from ..grouping import group_anyhow
from ..values import Codes, column_of, distinct_codes

Mask = npt.NDArray[np.bool_]

MOST_SETS = 1500
"""No more sets than these are looked at: the size goes down until they suffice."""


@dataclass(frozen=True, slots=True)
class AttributeSet:
    """What knowing these columns of somebody gives away. `mean_risk` is over persons."""

    columns: tuple[str, ...]
    unique_persons: int
    mean_risk: float


@dataclass(frozen=True, slots=True)
class Driver:
    """One column's part in the risk: the mean risk if only it were there, if only the others were, and its share
    of the score of all minimal sets."""

    column: str
    alone: float
    without: float
    share: float


@dataclass(frozen=True, slots=True)
class Singling:
    """`sets` in order of size, those above a key left out; `smallest_minimal[s]` counts the persons whose
    smallest minimal set has s columns; `keys` single out everybody."""

    persons: int
    most_columns: int
    mean_risk: float
    sets: tuple[AttributeSet, ...]
    keys: tuple[tuple[str, ...], ...]
    smallest_minimal: tuple[tuple[int, int], ...]
    drivers: tuple[Driver, ...]

    @property
    def riskiest(self) -> tuple[AttributeSet, ...]:
        """Of each size the set of the highest mean risk."""
        best: dict[int, AttributeSet] = {}
        for each in self.sets:
            size = len(each.columns)
            if size not in best or each.mean_risk > best[size].mean_risk:
                best[size] = each
        return tuple(best[size] for size in sorted(best))


def singling_out(
    table: pa.Table, columns: Sequence[str], *, person: str | None = None, most_columns: int = 3
) -> Singling:
    """Look at all sets of up to `most_columns` of `columns`. Raises `Invalid` without a column, or for a size
    under 1."""
    names = tuple(columns)
    if not names or len(set(names)) < len(names) or most_columns < 1:
        raise Invalid.field("columns", expected="one or more, each once", got=len(names))
    records = _Records.of(table, names, person)
    most = _affordable(len(names), most_columns)
    walk = _Walk(records, len(names), most)
    found = walk.sets()
    every = records.looked_at(records.grouped(range(len(names))))
    return Singling(
        records.persons,
        most,
        every.mean,
        tuple(
            AttributeSet(tuple(names[a] for a in chosen), seen.persons, seen.mean) for chosen, seen in found
        ),
        tuple(tuple(names[a] for a in key) for key in walk.keys),
        _smallest(walk, records),
        tuple(_driver(a, names, records, walk, every.mean) for a in range(len(names))),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    unique: Mask
    persons: int
    mean: float


@dataclass(frozen=True, slots=True, eq=False)
class _Records:
    """The distinct (combination, person) pairs: `codes` per column and combination, `combination` and `person` per
    pair."""

    codes: tuple[Codes, ...]
    combination: Codes
    person: Codes
    persons: int

    @classmethod
    def of(cls, table: pa.Table, columns: Sequence[str], person: str | None) -> _Records:
        columns_ = [_codes(table, name) for name in columns]
        first, combination = group_anyhow(columns_, [_width(each) for each in columns_])
        codes = tuple(column[first] for column in columns_)
        if person is None:
            return cls(codes, combination, np.arange(table.num_rows, dtype=np.int32), table.num_rows)
        del columns_
        people = group_anyhow([_codes(table, person)], [table.num_rows + 1])[1]
        persons = _width(people)
        pairs, _ = group_anyhow([combination, people], [max(1, len(first)), persons])
        return cls(codes, combination[pairs], people[pairs], persons if table.num_rows else 0)

    def grouped(self, columns: Sequence[int]) -> Codes:
        """The class of each combination on `columns`."""
        chosen = [self.codes[a] for a in columns]
        return group_anyhow(chosen, [_width(each) for each in chosen])[1]

    def looked_at(self, number: Codes) -> _Seen:
        """Which combinations are of one person only, and what the persons risk, in classes numbered so."""
        of_pair = number[self.combination]
        if self.persons == len(self.person):  # everybody has one record: persons add up
            sizes = np.bincount(of_pair)
        else:
            distinct, _ = group_anyhow([of_pair, self.person], [_width(number), max(1, self.persons)])
            sizes = np.bincount(of_pair[distinct])
        risk = np.zeros(self.persons)
        np.maximum.at(risk, self.person, 1 / sizes[of_pair])
        mean = float(risk.mean()) if self.persons else 0.0
        return _Seen(sizes[number] == 1, int((risk == 1).sum()), mean)

    def whose(self, combinations_: Mask) -> Mask:
        """Which persons have one of these combinations."""
        have = np.zeros(self.persons, np.bool_)
        have[self.person[combinations_[self.combination]]] = True
        return have


class _Walk:
    """All sets by size; remembers only the layer below."""

    def __init__(self, records: _Records, width: int, most: int) -> None:
        self.records, self.width, self.most = records, width, most
        self.keys: list[tuple[int, ...]] = []
        self.combinations = len(records.codes[0])
        self.first_size = np.zeros(self.combinations, np.int8)
        """Per combination the size of its smallest minimal set, 0 where there is none."""
        self.score = 0.0
        self.score_with = np.zeros(width)

    def sets(self) -> list[tuple[tuple[int, ...], _Seen]]:
        found: list[tuple[tuple[int, ...], _Seen]] = []
        below: dict[tuple[int, ...], Mask] = {(): np.zeros(self.combinations, np.bool_)}
        for size in range(1, self.most + 1):
            layer: dict[tuple[int, ...], Mask] = {}
            for chosen in combinations(range(self.width), size):
                parts = [chosen[:i] + chosen[i + 1 :] for i in range(size)]
                if not all(part in below for part in parts):
                    continue  # it contains a key
                known = np.logical_or.reduce([below[part] for part in parts])
                seen = self._looked_at(chosen, known)
                self._count_minimal(chosen, seen.unique & ~known)
                found.append((chosen, seen))
                if seen.persons == self.records.persons and seen.unique.all():
                    self.keys.append(chosen)
                else:
                    layer[chosen] = seen.unique
            below = layer
        return found

    def _looked_at(self, chosen: tuple[int, ...], known: Mask) -> _Seen:
        if len(known) and known.all():
            return _Seen(known, self.records.persons, 1.0)
        return self.records.looked_at(self.records.grouped(chosen))

    def _count_minimal(self, chosen: tuple[int, ...], minimal: Mask) -> None:
        self.first_size[minimal & (self.first_size == 0)] = len(chosen)
        added = float(minimal.sum()) * perm(self.width - len(chosen), self.most - len(chosen))
        self.score += added
        self.score_with[list(chosen)] += added


def _smallest(walk: _Walk, records: _Records) -> tuple[tuple[int, int], ...]:
    counted: Counter[int] = Counter()
    seen = np.zeros(records.persons, np.bool_)
    for size in range(1, walk.most + 1):
        people = records.whose(walk.first_size == size) & ~seen
        counted[size] = int(people.sum())
        seen |= people
    return tuple(sorted(counted.items()))


def _driver(a: int, names: Sequence[str], records: _Records, walk: _Walk, every: float) -> Driver:
    others = [b for b in range(len(names)) if b != a]
    alone = records.looked_at(records.grouped([a])).mean
    without = records.looked_at(records.grouped(others)).mean if others else 0.0
    share = float(walk.score_with[a]) / walk.score if walk.score else 0.0
    return Driver(names[a], alone, min(without, every), share)


def _affordable(width: int, wished: int) -> int:
    most = min(wished, width)
    while most > 1 and sum(comb(width, size) for size in range(1, most + 1)) > MOST_SETS:
        most -= 1
    return most


def _width(codes: Codes) -> int:
    return int(codes.max(initial=0)) + 1


def _codes(table: pa.Table, name: str) -> Codes:
    codes, missing = distinct_codes(column_of(table, name), name)
    return codes.astype(np.min_scalar_type(missing))
