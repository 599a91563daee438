"""Resident registration numbers that a table holds in parts: they never become a linkage key either (PIPA art. 24-2).

A number is cut into the six digits of the birthday and the seven behind them, or elsewhere, and its parts lie in two
or three columns, in any order. The first part may be a date of birth in any spelling, or lie in a column that is no
key item: seven digits that with the birthdays of the table make resident numbers are their back halves. All parts
behind the first must be key items; a birthday alone may be one.

Seven digits that were drawn at random fit a birthday in about 40 % of rows: only that often is their first digit one
of the right century. Rows are looked at in a sample, and taken for resident numbers from 60 % on. The check digit
says nothing (since October 2020 the last six digits are drawn at random), so none is asked for: some numbers of
another kind are refused with them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import pyarrow as pa

from ..columns.korean import resident_number
from ..values import distinct_texts
from .normalise import day

_DIGITS, _BIRTHDAY = 13, 6
_ROWS, _LEAST_ROWS_SHARE = 2_000, 0.6
_MOST_PARTS = 3
_WRITTEN = re.compile(r"[\d\s./-]+")
_INSIDE = re.compile(r"(?<!\d)(\d{6}\s?-?\s?\d{7})(?!\d)")
_YEAR_FIRST = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class _Part:
    """What one cell adds to a number: its digits; of a whole date the year too."""

    digits: str
    year: str = ""


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    length: int
    """How many digits most of its cells have."""
    cells: tuple[_Part | None, ...]


def parts_of_resident_numbers(table: pa.Table, keys: Sequence[str]) -> tuple[str, ...] | None:
    """The columns that together hold resident numbers, their back part among the columns `keys`; None where none do."""
    sample = _sampled(table)
    found = {name: column for name in dict.fromkeys([*keys, *table.column_names]) if (column := _column(sample, name))}  # fmt: skip
    for chosen in _orders(found, frozenset(keys)):
        rows = [cells for cells in zip(*(c.cells for c in chosen), strict=True) if None not in cells]
        fitting = sum(_make_a_number([cell for cell in cells if cell is not None]) for cells in rows)
        if rows and fitting >= _LEAST_ROWS_SHARE * len(rows):
            return tuple(column.name for column in chosen)
    return None


def holds_resident_numbers_inside(texts: Sequence[str]) -> bool:
    """Whether texts hold resident numbers among other words: in one of a hundred."""
    found = sum(any(resident_number(m[1]) for m in _INSIDE.finditer(text)) for text in texts)
    return bool(texts) and found >= 0.01 * len(texts) and found > 0


def _orders(columns: Mapping[str, _Column], keys: frozenset[str]) -> Iterator[tuple[_Column, ...]]:
    """Columns whose digits are as many as a resident number has; all but the first are key items."""
    every = list(columns.values())
    for count in range(2, _MOST_PARTS + 1):
        for behind in permutations([c for c in every if c.name in keys], count - 1):
            left = _DIGITS - sum(c.length for c in behind)
            yield from ((first, *behind) for first in every if first.length == left and first not in behind)


def _make_a_number(parts: Sequence[_Part]) -> bool:
    digits = "".join(part.digits for part in parts)
    if len(digits) != _DIGITS or resident_number(digits) is None:
        return False
    year = parts[0].year
    centuries = {"19": "1256", "20": "3478", "18": "90"}
    return not year or digits[_BIRTHDAY] in centuries.get(year[:2], "")


def _sampled(table: pa.Table) -> pa.Table:
    step = 1 + table.num_rows // _ROWS
    return table.take(list(range(0, table.num_rows, step)))


def _column(sample: pa.Table, name: str) -> _Column | None:
    """None for a column whose cells are no digits, or of many lengths."""
    if sample.column_names.count(name) != 1:
        return None
    values = sample.column(name)
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type) or pa.types.is_boolean(values.type):
        return None
    texts, codes = distinct_texts(values, name)
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        texts = _with_leading_zeros(texts)
    parts = [None if text is None else _part(text) for text in texts]
    cells = tuple(parts[code] for code in codes.tolist())
    lengths = Counter(len(cell.digits) for cell in cells if cell is not None)
    length, count = lengths.most_common(1)[0] if lengths else (0, 0)
    present = sum(texts[code] is not None for code in codes.tolist())
    fits = 0 < length < _DIGITS and count >= _LEAST_ROWS_SHARE * present
    return _Column(name, length, cells) if fits else None


def _with_leading_zeros(texts: Sequence[str | None]) -> list[str | None]:
    """Births of 2000 to 2009 lost theirs when they were read as numbers."""
    longest = max((len(text) for text in texts if text), default=0)
    return [text.zfill(longest) if text and longest in (_BIRTHDAY, _DIGITS - _BIRTHDAY) else text for text in texts]  # fmt: skip


def _part(text: str) -> _Part | None:
    born = day(text) if _YEAR_FIRST.match(text) and len(text) >= len("20010307") else None
    if born is not None:
        return _Part(born[2:4] + born[5:7] + born[8:10], born[:4])
    if _WRITTEN.fullmatch(text) is None:
        return None
    digits = re.sub(r"\D", "", text)
    return _Part(digits) if digits else None
