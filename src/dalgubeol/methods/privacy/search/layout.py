"""How a tuple of codes is packed, and how it is taken up to higher levels.

A label is written as the smallest code of the values that have it, at every level. So the key of a class can
be taken from any level to any higher one by the same table, one look-up for each attribute that changes, and
the codes in it rank classes by their labels.

A key is one or more 64-bit words (63 bits used), each attribute whole in one word.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..hierarchy import Hierarchy
from ..values import Codes

_BITS = 63


class Fields:
    """Where each attribute, of so many values each, lies in a key: `word`, `shift` and `mask`."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = list(sizes)
        self.word, self.shift, self.mask = (np.zeros(len(self.sizes), np.int64) for _ in range(3))
        used = word = 0
        for a, size in enumerate(self.sizes):
            bits = max(size - 1, 1).bit_length()
            if used + bits > _BITS:
                used, word = 0, word + 1
            self.word[a], self.shift[a], self.mask[a] = word, used, (1 << bits) - 1
            used += bits
        self.words = word + 1

    def pack(self, columns: Sequence[Codes]) -> Codes:
        """Keys of shape (tuples, words) from a column of codes per attribute."""
        keys = np.zeros((self.words, len(columns[0])), np.int64)
        for column, word, shift in zip(columns, self.word.tolist(), self.shift.tolist(), strict=True):
            keys[word] |= column << shift
        return np.ascontiguousarray(keys.T)

    def pack_coded(self, columns: Sequence[tuple[Codes, Codes]]) -> Codes:
        """As `pack`, each column being the codes of its values and which of them each row has."""
        keys = np.zeros((self.words, len(columns[0][1])), np.int64)
        part = np.empty(keys.shape[1], np.int64)
        fields = zip(columns, self.word.tolist(), self.shift.tolist(), strict=True)
        for (codes, rows), word, shift in fields:
            np.take(codes << shift, rows, out=part, mode="clip")
            keys[word] |= part
        return np.ascontiguousarray(keys.T)

    def unpack(self, keys: Codes) -> Codes:
        """The tuples of `keys`: shape (tuples, attributes), each attribute's codes side by side in memory."""
        made = np.empty((len(self.sizes), len(keys)), np.int64)
        for a, codes in enumerate(made):
            np.right_shift(keys[:, self.word[a]], self.shift[a], out=codes)
            codes &= self.mask[a]
        return made.T

    def codes(self, keys: Codes, a: int) -> Codes:
        """The codes of attribute `a` in `keys`."""
        found: Codes = (keys[:, self.word[a]] >> self.shift[a]) & self.mask[a]
        return found


class Layout(Fields):
    """Fields, and `lift` and `leaf`: all tables of all attributes and levels end to end.

    Those of attribute a at level l begin at `at[a, l]`: `lift` takes a code to that of its label, `leaf` to the
    number of values under its label.
    """

    def __init__(self, hierarchies: Sequence[Hierarchy]) -> None:
        super().__init__([h.size for h in hierarchies])
        self.heights = np.array([h.height for h in hierarchies])
        codes = [[h.codes(level) for level in range(h.height + 1)] for h in hierarchies]
        self.leaves = [[np.bincount(level)[level] for level in levels] for levels in codes]
        self.lift = np.concatenate([_smallest(level) for levels in codes for level in levels])
        self.leaf = np.concatenate([table for levels in self.leaves for table in levels])
        self.at = np.zeros((len(hierarchies), int(self.heights.max()) + 1), np.int64)
        begins = 0
        for a, size in enumerate(self.sizes):
            for level in range(hierarchies[a].height + 1):
                self.at[a, level], begins = begins, begins + size


def _smallest(labels: Codes) -> Codes:
    """Per value the smallest value with the same label; labels are numbered in the order of their values."""
    first = np.empty(int(labels.max()) + 1, np.int64)
    first[labels[::-1]] = np.arange(len(labels) - 1, -1, -1)
    return first[labels]
