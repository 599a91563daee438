"""The input, indexed once so that any value of a file finds the records that have it.

Cost: one sort of each column. A value finds its records by look-up (texts, written without spaces and signs) or by
bisection (numbers; a number with `k` decimals or trailing zeros also finds what rounds to it, where nothing is equal).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .reading import cell_text, number

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

PIECE = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_RUN = re.compile(r"\w+")
_LARGEST = 2**62


@dataclass(frozen=True, slots=True)
class Column:
    """One column: sorted numbers with their rows, or texts with theirs."""

    values: NDArray[np.float64]
    rows: Rows
    texts: Mapping[str, Rows]


@dataclass(frozen=True, slots=True)
class Index:
    """`size` records; `shared` is how many may have a value before it says nothing."""

    size: int
    columns: tuple[Column, ...]
    shared: float
    texts: Mapping[str, tuple[tuple[int, Rows], ...]] = field(default_factory=dict, repr=False)
    """The columns' texts that few enough records have, with (column, rows) of each."""

    @staticmethod
    def of(source: pa.Table, shared: float = 0.3) -> Index:
        columns = tuple(_column(source.column(name)) for name in source.column_names)
        most = shared * source.num_rows
        texts: dict[str, tuple[tuple[int, Rows], ...]] = {}
        for at, column in enumerate(columns):
            for text, rows in column.texts.items():
                if len(rows) <= most:
                    texts[text] = (*texts.get(text, ()), (at, rows))
        return Index(source.num_rows, columns, most, texts)

    def with_text(self, text: str) -> tuple[tuple[int, Rows], ...]:
        """(column, rows) that have this text, as `plain` writes it."""
        return self.texts.get(text, ())

    def with_number(self, text: str) -> tuple[tuple[int, Rows], ...]:
        """(column, rows) that have this number, or else those that round to it."""
        value, step = float(text), _step(text)
        found = []
        for at, column in enumerate(self.columns):
            if not len(column.values):
                continue
            low, high = np.searchsorted(column.values, value, "left"), np.searchsorted(column.values, value, "right")  # fmt: skip
            if low == high and step:
                low = np.searchsorted(column.values, value - step / 2, "left")
                high = np.searchsorted(column.values, value + step / 2, "right")
            if 0 < high - low <= self.shared:
                found.append((at, column.rows[low:high]))
        return tuple(found)


def plain(text: str) -> str:
    """A text without spaces, signs and case, so that "Hong Gil-dong" and "hong_gildong" are one."""
    return "".join(_RUN.findall(unicodedata.normalize("NFKC", text).casefold())).replace("_", "")


def coded(values: pa.ChunkedArray) -> tuple[Rows, list[str]]:
    """The number of each cell's label from 0, and the labels. Cells of one text (1, 1.0 and "1") have one label."""
    import pyarrow as pa

    column = values.combine_chunks()
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = column.dictionary_encode(null_encoding="encode")
    known: dict[str, int] = {}
    places = [known.setdefault(cell_text(each), len(known)) for each in encoded.dictionary.to_pylist()]
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return np.array(places, dtype=np.int64)[codes], list(known)


def combined(columns: Sequence[Rows]) -> Rows:
    """One number for each row, equal exactly where all of `columns` (numbers from 0) are, and in their order."""
    rows = columns[0]
    for column in columns[1:]:
        width = int(column.max(initial=0)) + 1
        if int(rows.max(initial=0)) >= _LARGEST // width:
            rows = np.unique(rows, return_inverse=True)[1].astype(np.int64)
        rows = rows * width + column
    return rows


def _step(text: str) -> float:
    """What a written number was rounded to, at most."""
    if "." in text:
        return float(10.0 ** -len(text.partition(".")[2]))
    zeros = len(text) - len(text.rstrip("0"))
    return float(10.0 ** min(zeros, len(text) - 1)) if zeros or len(text) > 1 else 1.0


def _column(values: pa.ChunkedArray) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_boolean(kind):
        return Column(np.empty(0), np.empty(0, dtype=np.int64), {})
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _numeric(np.abs(pc.cast(values, pa.float64(), safe=False).to_numpy()))
    coded = pc.dictionary_encode(values if pa.types.is_dictionary(kind) is False else pc.cast(values, kind.value_type)).combine_chunks()  # fmt: skip
    coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
    words = [str(each) for each in coded.dictionary.to_pylist()]
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    read = [number(each) for each in words]
    if words and all(each is not None for each in read) and all(len(each) < 7 for each in words):
        as_numbers = np.array([abs(each) for each in read if each is not None])
        return _numeric(np.where(codes >= 0, as_numbers[codes], np.nan))
    return Column(np.empty(0), np.empty(0, dtype=np.int64), _texts(words, codes))


def _numeric(values: NDArray[np.float64]) -> Column:
    rows = np.flatnonzero(np.isfinite(values))
    order = rows[np.argsort(values[rows], kind="stable")]
    return Column(values[order], order, {})


def _texts(words: list[str], codes: NDArray[np.int64]) -> Mapping[str, Rows]:
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(words) + 1))
    found: dict[str, Rows] = {}
    for code, word in enumerate(words):
        key, rows = plain(word), order[starts[code] : starts[code + 1]]
        if key:
            found[key] = np.union1d(found[key], rows) if key in found else rows
    return found
