"""The Merkle tree of RFC 6962 section 2.1 and RFC 9162 section 2.1, as pure functions over SHA-256.

A leaf's hash is SHA-256(0x00 || leaf), an inner node's SHA-256(0x01 || left || right), the root of no leaves
SHA-256 of nothing. A *node* here is the root of a complete subtree: level 0 are the leaf hashes, and the node
at (level, position) covers the leaves [position << level, (position + 1) << level). Complete subtrees never
change, so they can be kept; whatever covers a ragged right edge is folded from them when it is asked for.

A proof is a list of hashes, each the root over a range of leaves. `inclusion_ranges` and `consistency_ranges`
say which ranges, `complete_subtrees` says from which nodes a range is folded, and `prove` folds. Nothing here
reads or writes; `root_of` is the plain reference that everything else must agree with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Place = tuple[int, int]
"""(level, position) of a complete subtree."""

Range = tuple[int, int]
"""Leaves [start, stop)."""


class Node(NamedTuple):
    """The hash of a complete subtree, and where it is."""

    level: int
    position: int
    hash: bytes


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root, by the recursive definition (RFC 9162 section 2.1.1): slow, plain, the reference."""
    if not leaf_hashes:
        return EMPTY_ROOT
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    split = _split(len(leaf_hashes))
    return node_hash(root_of(leaf_hashes[:split]), root_of(leaf_hashes[split:]))


@dataclass(frozen=True, slots=True)
class Frontier:
    """The compact range of a tree: its size, and the complete subtrees that make it up, largest first.

    It is all that appending needs, and holds one hash for each 1-bit of `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def extended(self, leaf_hashes: Iterable[bytes]) -> tuple[Frontier, list[Node]]:
        """The frontier after these leaves, and every node that they complete (level 0 included)."""
        size, peaks = self.size, list(self.peaks)
        completed: list[Node] = []
        for current in leaf_hashes:
            level, position = 0, size
            completed.append(Node(0, position, current))
            while position & 1:
                current = node_hash(peaks.pop(), current)
                level, position = level + 1, position >> 1
                completed.append(Node(level, position, current))
            peaks.append(current)
            size += 1
        return Frontier(size, tuple(peaks)), completed

    def root(self) -> bytes:
        return _fold(self.peaks) if self.peaks else EMPTY_ROOT


def complete_subtrees(start: int, stop: int) -> list[Place]:
    """The nodes that make up the leaves [start, stop), largest first.

    `start` must be a multiple of the largest power of two in `stop - start`, as it is in every proof.
    """
    places = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        places.append((level, start >> level))
        start += 1 << level
    return places


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """What an inclusion proof holds for leaf `index` of `size`, leaf first (RFC 9162 section 2.1.3.1)."""
    ranges = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """What a consistency proof from size `old` to `new` holds (RFC 9162 section 2.1.4.1)."""
    if old in (0, new):
        return []
    ranges = []
    start, stop = 0, new
    while old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # the verifier has the old root already when it is a whole left subtree
        ranges.append((start, stop))
    return ranges[::-1]


def places_of(ranges: Iterable[Range]) -> list[Place]:
    """Every node that `prove` needs for `ranges`."""
    return [place for start, stop in ranges for place in complete_subtrees(start, stop)]


def prove(ranges: Iterable[Range], nodes: Mapping[Place, bytes]) -> tuple[bytes, ...]:
    """The proof: the root over each range. Raises KeyError with the place of a node not in `nodes`."""
    return tuple(_fold([nodes[place] for place in complete_subtrees(*each)]) for each in ranges)


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that `proof` leads to from leaf hash `leaf`; None when it cannot be a proof for this place.

    RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size or any(len(step) != HASH_BYTES for step in proof):
        return None
    position, last, current = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return None
        if position & 1 or position == last:
            current = node_hash(step, current)
            position, last = _past_right_edge(position, last)
        else:
            current = node_hash(current, step)
        position, last = position >> 1, last >> 1
    return current if last == 0 else None


def verify_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that leaf hash `leaf` is number `index` in the tree of `size` with `root`."""
    return root_from_inclusion(leaf, index, size, proof) == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree (new, new_root) only appends to (old, old_root).

    RFC 9162 section 2.1.4.2. Every tree appends to the empty one, which takes an empty proof.
    """
    if not 0 <= old <= new or any(len(step) != HASH_BYTES for step in proof):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not proof and old_root == new_root
    return _roots_from_consistency(old, new, old_root, proof) == (old_root, new_root)


def _roots_from_consistency(
    old: int, new: int, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes] | None:
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    if not steps:
        return None
    old_current = new_current = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if position & 1 or position == last:
            old_current, new_current = node_hash(step, old_current), node_hash(step, new_current)
            position, last = _past_right_edge(position, last)
        else:
            new_current = node_hash(new_current, step)
        position, last = position >> 1, last >> 1
    return (old_current, new_current) if last == 0 else None


def _past_right_edge(position: int, last: int) -> tuple[int, int]:
    """Up to the level where `position` is a right child: the levels between have no sibling at the edge."""
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def _fold(peaks: Sequence[bytes]) -> bytes:
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))


def _split(count: int) -> int:
    """The largest power of two below `count` (> 1)."""
    return 1 << ((count - 1).bit_length() - 1)
