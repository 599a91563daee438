"""What is remembered of a column while its rows stream by: bounded, exact where a threshold is asked for.

A *person* here is a 64-bit hash: of the person column, of a row number where there is none, or of a stretch of a
series. Two persons share one by chance only (2^-57 for texts), and none leaves this package.

| what | remembers | so that |
|---|---|---|
| `Few` | up to `least` persons | "fewer than `least`" is exact |
| `Values` | up to `most` values, rows and a `Few` of each | a value is named only if `least` persons have it |
| `Extremes` | the `least` persons with the largest and with the smallest values | a bound is one that `least` persons reach |
| `Distinct` | the 4,096 smallest hashes | a count of distinct values, within 2 % or so (Bar-Yossef et al., 2002) |
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[Any]

_WEIGHTS: Hashes = np.random.default_rng(20_240_501).integers(0, 2**64, 4096, np.uint64) | np.uint64(1)
_SLICE = 256


def hashes_of(column: pa.Array) -> Hashes:
    """One hash a row; all missing values share one."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        made = _of_texts(column.fill_null(""))
    elif pa.types.is_decimal(column.type):  # as whole numbers 0.1 and 0.2 would be one person
        made = _of_texts(column.cast(pa.string()).fill_null(""))
    else:
        plain = column if pa.types.is_floating(column.type) else column.cast(_whole(column.type), safe=False)
        raw = plain.fill_null(0).to_numpy(zero_copy_only=False)
        made = mixed(raw.astype(np.float64 if raw.dtype.kind == "f" else np.int64).view(np.uint64))
    if column.null_count:
        made[column.is_null().to_numpy(zero_copy_only=False)] = np.uint64(1)
    return made


def mixed(numbers: Hashes) -> Hashes:
    """Spread over all 64 bits (splitmix64, Steele, Lea and Flood, 2014)."""
    with np.errstate(over="ignore"):
        z = numbers + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        made: Hashes = z ^ (z >> np.uint64(31))
    return made


class Few:
    """Up to `least` distinct persons."""

    __slots__ = ("least", "persons")

    def __init__(self, least: int) -> None:
        self.least, self.persons = least, set[int]()

    @property
    def enough(self) -> bool:
        return len(self.persons) >= self.least

    def add(self, persons: Hashes) -> None:
        at = 0
        while at < len(persons) and not self.enough:
            self.persons.update(persons[at : at + _SLICE].tolist())
            at += _SLICE


class Values:
    """The distinct values of a column, unless there are more than `most`: then it `overflowed` and knows none."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most, self.overflowed = least, most, False
        self._place: dict[object, int] = {}
        self._rows: Numbers = np.zeros(0, np.int64)
        self._persons: list[Few] = []

    def add(self, column: pa.Array, persons: Hashes) -> None:
        """`column` without missing values."""
        if self.overflowed or not len(column):
            return
        encoded = column.dictionary_encode()
        if len(encoded.dictionary) > self.most:
            self._overflow()
            return
        places = np.array([self._placed(value) for value in encoded.dictionary.to_pylist()])
        if len(self._place) > self.most:
            self._overflow()
            return
        codes = places[encoded.indices.to_numpy(zero_copy_only=False)]
        counted = np.bincount(codes, minlength=len(self._place))
        counted[: len(self._rows)] += self._rows
        self._rows = counted
        self._count_persons(codes, persons)

    def _placed(self, value: object) -> int:
        place = self._place.setdefault(value, len(self._place))
        if place == len(self._persons):
            self._persons.append(Few(self.least))
        return place

    def _count_persons(self, codes: Numbers, persons: Hashes) -> None:
        open_ = np.array([not few.enough for few in self._persons])[codes]
        if not open_.any():
            return
        codes, persons = codes[open_], persons[open_]
        order = np.argsort(codes, kind="stable")
        codes, persons = codes[order], persons[order]
        starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]]).tolist()
        for start, end in zip(starts, [*starts[1:], len(codes)], strict=True):
            self._persons[codes[start]].add(persons[start:end])

    def _overflow(self) -> None:
        self.overflowed = True
        self._place, self._persons = {}, []

    @property
    def common(self) -> list[Any]:
        """Values that at least `least` persons have."""
        return [value for value, place in self._place.items() if self._persons[place].enough]

    @property
    def common_rows(self) -> int:
        return sum(int(self._rows[place]) for place in self._place.values() if self._persons[place].enough)

    @property
    def many_have_others(self) -> bool:
        """Whether at least `least` persons together have a value that is not common."""
        rare = (few.persons for few in self._persons if not few.enough)
        return len(set[int]().union(*rare)) >= self.least


class Extremes:
    """The `least` persons with the largest values and those with the smallest."""

    def __init__(self, least: int) -> None:
        self.least = least
        self._high: tuple[Numbers, Hashes] | None = None
        self._low: tuple[Numbers, Hashes] | None = None

    def add(self, values: Numbers, persons: Hashes) -> None:
        if len(values):
            self._high = self._best(self._high, values, persons, largest=True)
            self._low = self._best(self._low, values, persons, largest=False)

    def _best(
        self, kept: tuple[Numbers, Hashes] | None, values: Numbers, persons: Hashes, *, largest: bool
    ) -> tuple[Numbers, Hashes]:
        if kept is not None:
            if len(kept[0]) >= self.least:
                better = values > kept[0][-1] if largest else values < kept[0][-1]
                values, persons = values[better], persons[better]
            if not len(values):
                return kept
            values, persons = np.concatenate([kept[0], values]), np.concatenate([kept[1], persons])
        order = np.argsort(values, kind="stable")
        order = order[::-1] if largest else order
        values, persons = values[order], persons[order]
        firsts = np.sort(np.unique(persons, return_index=True)[1])[: self.least]
        return values[firsts], persons[firsts]

    @property
    def trimmed(self) -> tuple[Any, Any] | None:
        """Bounds that at least `least` persons reach or pass; None where there are not so many."""
        if self._low is None or self._high is None or len(self._low[0]) < self.least:
            return None
        return self._low[0][-1].item(), self._high[0][-1].item()


class Distinct:
    """How many distinct hashes there were, by the smallest of them."""

    SIZE = 4096

    def __init__(self) -> None:
        self._kept: Hashes = np.zeros(0, np.uint64)

    def add(self, hashes: Hashes) -> None:
        if len(self._kept) == self.SIZE:
            hashes = hashes[hashes < self._kept[-1]]
        if len(hashes):
            self._kept = np.unique(np.concatenate([self._kept, hashes]))[: self.SIZE]

    @property
    def exact(self) -> bool:
        return len(self._kept) < self.SIZE

    @property
    def count(self) -> float:
        if self.exact:
            return float(len(self._kept))
        return (self.SIZE - 1) / (float(self._kept[-1]) / 2**64)


def _whole(type_: pa.DataType) -> pa.DataType:
    narrow = pa.types.is_date32(type_) or pa.types.is_time32(type_)
    return pa.int32() if narrow else pa.int64()


def _of_texts(column: pa.Array) -> Hashes:
    """A weighted sum of the bytes modulo 2^64, the weights drawn once (multilinear hashing, Carter and Wegman)."""
    binary = column.cast(pa.large_binary())
    offsets = np.frombuffer(binary.buffers()[1], np.int64)[binary.offset : binary.offset + len(binary) + 1]
    lengths = np.diff(offsets)
    made = np.zeros(len(binary), np.uint64)
    if offsets[-1] > offsets[0]:
        data = np.frombuffer(binary.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
        at = np.arange(len(data)) - np.repeat(offsets[:-1] - offsets[0], lengths)
        with np.errstate(over="ignore"):
            parts = (data.astype(np.uint64) + np.uint64(1)) * _WEIGHTS[at % len(_WEIGHTS)]
            filled = lengths > 0
            made[filled] = np.add.reduceat(parts, (offsets[:-1] - offsets[0])[filled])
    return mixed(made)


def without_nan(column: pa.Array) -> pa.Array:
    """Not a number is a missing value, and infinity no number either."""
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
