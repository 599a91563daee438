"""Pairs of similar encodings, each person at most once.

Similarity is Dice's coefficient of the set bits. Small sets are compared whole (`dense`, the reference): the
counts of common bits are a matrix product. Larger ones are blocked first (`blocked`) by samples of bits
(Hamming LSH: Indyk and Motwani 1998; for CLKs Durham 2012): as many tables are drawn as a pair that is just
similar enough needs to meet in one of them with 99 %.

Pairs are then taken from the most similar down, each encoding once: greedy one-to-one assignment. Ties are
broken by place, so that the same input gives the same pairs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .clk import Bits

Places = npt.NDArray[np.int64]
DENSE_AT_MOST = 400_000_000
"""Pairs that are compared whole, one by one."""
MOST_TABLES = 400
_MEET = 0.99
_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Pairs at or over the threshold: places in either set, and their similarity."""

    left: Places
    right: Places
    dice: npt.NDArray[np.float32]


def similar(left: Bits, right: Bits, threshold: float, told: Callable[[float], None] = lambda share: None) -> Candidates:  # fmt: skip
    """All pairs (with the blocking of large sets: nearly all) with a Dice similarity of at least `threshold`."""
    if not len(left) or not len(right):
        return _merged([])
    if len(left) * len(right) <= DENSE_AT_MOST:
        return _merged(list(dense(left, right, threshold, told)))
    return blocked(left, right, threshold, told)


def one_to_one(found: Candidates) -> Candidates:
    """Greedy: the most similar pair whose two are both free, again and again."""
    order = np.lexsort((found.right, found.left, -found.dice))
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    kept = []
    for place in order.tolist():
        a, b = int(found.left[place]), int(found.right[place])
        if a not in taken_left and b not in taken_right:
            taken_left.add(a)
            taken_right.add(b)
            kept.append(place)
    chosen = np.array(kept, np.int64)
    return Candidates(found.left[chosen], found.right[chosen], found.dice[chosen])


def dense(
    left: Bits, right: Bits, threshold: float, told: Callable[[float], None] = lambda share: None
) -> Iterator[Candidates]:
    """Every pair compared; the reference."""
    other = np.unpackbits(right, axis=1).astype(np.float32)
    other_count = other.sum(axis=1)
    step = max(1, 20_000_000 // max(1, len(right)))
    for start in range(0, len(left), step):
        mine = np.unpackbits(left[start : start + step], axis=1).astype(np.float32)
        total = mine.sum(axis=1)[:, None] + other_count[None, :]
        dice = 2 * (mine @ other.T) / np.maximum(total, 1)
        a, b = np.nonzero(dice >= threshold)
        yield Candidates(a + start, b, dice[a, b])
        told(min(1.0, (start + step) / len(left)))


def blocked(
    left: Bits,
    right: Bits,
    threshold: float,
    told: Callable[[float], None] = lambda share: None,
    seed: int = 1,
) -> Candidates:
    """Pairs that meet in a table of sampled bits, then compared."""
    width, tables = _tables(left, right, threshold)
    chance = np.random.default_rng(seed)
    bits = left.shape[1] * 8
    words = [np.ascontiguousarray(_padded(each)).view(np.uint64) for each in (left, right)]
    counts = [np.bitwise_count(each).sum(axis=1).astype(np.int64) for each in words]
    seen = np.zeros(0, np.int64)
    parts: list[Candidates] = []
    for table in range(tables):
        places = chance.choice(bits, width, replace=False)
        pairs = np.setdiff1d(_meeting(left, right, places, len(right)), seen, assume_unique=True)
        for start in range(0, len(pairs), _AT_ONCE):
            a, b = np.divmod(pairs[start : start + _AT_ONCE], len(right))
            common = np.bitwise_count(words[0][a] & words[1][b]).sum(axis=1)
            dice = (2 * common / np.maximum(counts[0][a] + counts[1][b], 1)).astype(np.float32)
            near = dice >= threshold
            parts.append(Candidates(a[near], b[near], dice[near]))
            seen = np.union1d(seen, pairs[start : start + _AT_ONCE][near])  # what is kept is not kept twice
        told((table + 1) / tables)
    return _merged(parts)


def _tables(left: Bits, right: Bits, threshold: float) -> tuple[int, int]:
    """How many bits a table samples, and how many tables: so that random pairs meet about as often as there are
    persons, and pairs at the threshold with a chance of 99 %."""
    bits = left.shape[1] * 8
    filled = float(np.bitwise_count(left).mean() + np.bitwise_count(right).mean()) / 16
    width = max(8, math.ceil(math.log2(max(len(left), len(right)))))
    same = 1 - 2 * (1 - threshold) * filled  # share of equal bits of a pair at the threshold
    meet = max(same, 0.5) ** width
    return min(width, bits), min(MOST_TABLES, math.ceil(math.log(1 - _MEET) / math.log1p(-meet)))


def _meeting(left: Bits, right: Bits, places: Places, width: int) -> Places:
    """The pairs whose sampled bits are all equal, as left * width + right, sorted."""
    mine, other = (_sampled(each, places) for each in (left, right))
    order = np.argsort(other, kind="stable")
    low, high = np.searchsorted(other[order], mine, "left"), np.searchsorted(other[order], mine, "right")
    counts = high - low
    a = np.repeat(np.arange(len(left)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    b = order[np.repeat(low, counts) + within]
    return np.sort(a * width + b)


def _sampled(encodings: Bits, places: Places) -> Places:
    key = np.zeros(len(encodings), np.int64)
    for place in places.tolist():
        key = key << 1 | (encodings[:, place >> 3] >> (7 - (place & 7)) & 1)
    return key


def _padded(encodings: Bits) -> Bits:
    return np.pad(encodings, ((0, 0), (0, -encodings.shape[1] % 8)))


def _merged(parts: list[Candidates]) -> Candidates:
    if not parts:
        return Candidates(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    return Candidates(
        np.concatenate([p.left for p in parts]), np.concatenate([p.right for p in parts]),
        np.concatenate([p.dice for p in parts]).astype(np.float32),
    )  # fmt: skip
