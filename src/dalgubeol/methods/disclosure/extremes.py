"""Statistics that are one record's value: smallest, largest, median and other percentiles.

A minimum or a maximum is the value of one record, and so is a percentile of a group whose shorter tail has
fewer records than the smallest cell (Handbook on Statistical Disclosure Control, section 5.3, and the SACRO
guide's class "position": percentiles are safe when the counts on both sides of them are). A statistic is known
by the name of its column, or of its row as `describe()` writes it ("min", "25%", "최솟값", "p90"). How many
records there are is read from a count in the same row, or from the row "count" in the same column; where there
is none, the statistic is held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ...language import say
from .cells import SMALLEST_CELL
from .finding import Finding
from .reading import count_columns, number

if TYPE_CHECKING:
    import pyarrow as pa

_WORDS = re.compile(r"[^0-9A-Za-z가-힣.%]+")
_ENDS = {"min", "max", "minimum", "maximum", "lowest", "highest", "range", "smallest", "largest"}
_ENDS_KO = ("최솟값", "최소값", "최댓값", "최대값", "최소", "최대", "최저", "최고")
_MIDDLE = {"median", "med", "중앙값", "중위수", "중위값"}
_PERCENTILE = re.compile(r"(?:p|pct|percentile|quantile|perc|백분위수?)\.?(\d{1,3}(?:\.\d+)?)|(\d{1,2}(?:\.\d+)?)%|(\d{1,2}(?:\.\d+)?)(?:th|st|nd|rd)?백분위수?")  # fmt: skip
_QUARTILE = re.compile(r"[qd](\d)|(\d)(?:사분위수?)|제(\d)사분위수?")
_COUNT_ROW = {"count", "n", "빈도", "건수", "인원"}


def tail_share(name: str) -> float | None:
    """Share of the records in the shorter tail of the statistic so named: 0 for an end; None for other names."""
    words = [word for word in _WORDS.split(name.lower()) if word]
    joined = "".join(words)
    if _ENDS & set(words) or any(joined.endswith(each) or joined.startswith(each) for each in _ENDS_KO):
        return 0.0
    if _MIDDLE & set(words) or any(
        each in joined for each in _MIDDLE if len(each) > 2 and not each.isascii()
    ):
        return 0.5
    for word in (*words, *(a + b for a, b in pairwise(words))):
        share = _share(word)
        if share is not None:
            return min(share, 1 - share)
    return None


def _share(word: str) -> float | None:
    if match := _QUARTILE.fullmatch(word):
        parts = 10 if word[0] == "d" else 4
        at = int(next(each for each in match.groups() if each))
        return at / parts if at <= parts else None
    if match := _PERCENTILE.fullmatch(word):
        at_percent = float(next(each for each in match.groups() if each))
        at_share = at_percent if "quantile" in word and at_percent < 1 else at_percent / 100
        return at_share if at_share <= 1 else None
    return None


def single_values(table: pa.Table, threshold: int = SMALLEST_CELL) -> tuple[Finding, ...]:
    """Cells that hold one record's value, or a percentile whose shorter tail has fewer than `threshold` records."""
    columns = {name: share for name in table.column_names if (share := tail_share(name)) is not None}
    labels = [str(each) if each is not None else "" for each in table.column(0).to_pylist()]
    rows = {at: share for at, each in enumerate(labels) if (share := tail_share(each)) is not None}
    first = table.column_names[0]
    found = [*_in_columns(table, columns, threshold)]
    if rows and number(labels[min(rows)]) is None:
        counting = next((at for at, each in enumerate(labels) if each.strip().lower() in _COUNT_ROW), None)
        for name in table.column_names:
            values = [number(each) for each in table.column(name).to_pylist()]
            size = values[counting] if counting is not None else None
            if name != first and name not in columns:
                found += [(at + 1, name) for at, share in rows.items() if values[at] is not None and _held(share, size, threshold)]  # fmt: skip
    return tuple(_finding(row, name) for row, name in sorted(found))


def _in_columns(table: pa.Table, columns: dict[str, float], threshold: int) -> list[tuple[int, str]]:
    sizes = _sizes(table, [name for name in count_columns(table) if name not in columns])
    return [
        (row, name)
        for name, share in columns.items()
        for row, value in enumerate(table.column(name).to_pylist(), start=1)
        if number(value) is not None and _held(share, sizes(row - 1), threshold)
    ]


def _sizes(table: pa.Table, counted: Sequence[str]) -> Callable[[int], float | None]:
    """The group's size in a row: the smallest of its counts, so that a wrong guess holds rather than lets go."""
    values = [[number(each) for each in table.column(name).to_pylist()] for name in counted]

    def size(row: int) -> float | None:
        here = [each[row] for each in values]
        known = [each for each in here if each is not None]
        return min(known) if known else None

    return size


def _held(share: float, size: float | None, threshold: int) -> bool:
    return share == 0 or size is None or share * size < threshold


def _finding(row: int, name: str) -> Finding:
    message = say("Row {row}, column {column}: this is the value of a single record, or of too few.", row=row, column=name)  # fmt: skip
    return Finding("single_value", row, name, message)
