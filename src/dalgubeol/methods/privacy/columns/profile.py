"""A column as the detectors of `identify` see it: a sample, read legibly, its distinct texts with their rows.

What only says that there is nothing (-, N/A, 미상, 해당없음) counts as missing: it would thin every share. Full-width
digits and odd dashes are plain ones, and the apostrophe with which spreadsheets keep a zero is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..text.context import plain
from ..tokens import normalised
from ..values import Codes, distinct_texts

_NOTHING = re.compile(
    r"[-–—.*?/~_ ]+|#?n/?a|null|none|nan|nil|unknown|미상|미기재|미입력|해당 ?(?:사항 ?)?없음|없음|모름|불명|공란|무기재|확인 ?불가",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A sampled column: its distinct texts with the rows that hold each, missing left out."""

    name: str
    kind: pa.DataType
    texts: tuple[str, ...]
    counts: Codes
    codes: Codes

    @property
    def present(self) -> int:
        return int(self.counts.sum())

    @property
    def distinct_share(self) -> float:
        return len(self.texts) / self.present if self.present else 0.0

    def share(self, holds: Callable[[str], bool]) -> float:
        """The share of the present rows whose text `holds`."""
        matching = sum(int(count) for text, count in zip(self.texts, self.counts, strict=True) if holds(text))
        return matching / self.present if self.present else 0.0

    @property
    def is_text(self) -> bool:
        return bool(pa.types.is_string(self.kind) or pa.types.is_large_string(self.kind))


def sampled(table: pa.Table, rows: int) -> Sequence[pa.ChunkedArray]:
    """The columns of at most `rows` evenly spaced rows."""
    if table.num_rows > rows:
        table = table.take(pa.array(np.linspace(0, table.num_rows - 1, rows).astype(np.int64)))
    columns: Sequence[pa.ChunkedArray] = table.columns
    return columns


def profiled(name: str, column: pa.ChunkedArray) -> Profile:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        none = np.empty(0, np.int64)
        return Profile(name, kind, (), none, none)
    raw, rows = distinct_texts(column, name)
    numbers: dict[str | None, int] = {None: -1}
    index = np.array([numbers.setdefault(_legible(text), len(numbers) - 1) for text in raw], np.int64)
    codes = index[rows]
    texts = tuple(text for text in numbers if text is not None)
    return Profile(name, kind, texts, np.bincount(codes[codes >= 0], minlength=len(texts)), codes)


def _legible(text: str | None) -> str | None:
    clean = normalised(text)
    if clean is None or _NOTHING.fullmatch(clean):
        return None
    return plain(clean).removeprefix("'") or None
