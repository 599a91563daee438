"""A column as codes into its distinct values, grown batch by batch.

A code once given stays: the distinct values are numbered from 1 in the order of their first row, whatever the
batches; 0 is the missing value (null and NaN). Merging is arrow's own: a dictionary per batch, and now and
then all dictionaries that wait are unified behind the one that is known. That happens when as many rows wait
as values are known, so its cost stays linear in the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..values import flat

Compact = npt.NDArray[np.unsignedinteger]
"""Codes of one, two or four bytes, as few as will do."""

MISSING = 0
_WAITING_ROWS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class EncodedColumn:
    """`codes[row]` is 0 where it is missing, else 1 + the place of its value in `values`."""

    name: str
    values: pa.Array
    codes: Compact

    @property
    def has_missing(self) -> bool:
        return bool((self.codes == MISSING).any())

    @property
    def distinct(self) -> pa.Array:
        """Each value once, and one null if any row misses it: enough to build a hierarchy from."""
        if not self.has_missing:
            return self.values
        return pa.concat_arrays([self.values, pa.nulls(1, self.values.type)])


class GrowingColumn:
    """Takes a column in pieces and gives it back encoded."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._known: pa.Array | None = None
        self._settled: list[Compact] = []
        self._waiting: list[pa.DictionaryArray] = []
        self._waiting_rows = 0

    def add(self, piece: pa.Array) -> None:
        """Raises `Invalid` for a column whose values have no text to compare."""
        encoded = flat(piece, self.name).dictionary_encode()
        self._waiting.append(encoded)
        self._waiting_rows += len(encoded)
        if self._waiting_rows >= max(_WAITING_ROWS, 0 if self._known is None else len(self._known)):
            self._settle()

    def finish(self) -> EncodedColumn:
        """All that was added; the column cannot grow further."""
        if self._waiting or self._known is None:
            self._settle()
        assert self._known is not None
        dtype = np.min_scalar_type(len(self._known))
        codes = np.empty(sum(map(len, self._settled)), dtype)
        begun = 0
        for piece in self._settled:
            codes[begun : begun + len(piece)] = piece
            begun += len(piece)
        self._settled.clear()
        return EncodedColumn(self.name, self._known, codes)

    def _settle(self) -> None:
        if self._known is not None:  # it comes first, so its values keep their places
            none = pa.array([], self._waiting[0].indices.type)
            self._waiting.insert(0, pa.DictionaryArray.from_arrays(none, self._known))
        if not self._waiting:
            self._known = pa.array([], pa.string())
            return
        unified = pa.chunked_array(self._waiting).unify_dictionaries()
        self._waiting, self._waiting_rows = [], 0
        self._known = unified.chunk(0).dictionary
        dtype = np.min_scalar_type(len(self._known))
        for chunk in unified.chunks:
            if len(chunk):
                codes = chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False)
                self._settled.append((codes + 1).astype(dtype))
