"""Cells of a table as numbers and texts, however they were written.

A column holds **counts** if
- the caller declares it in `counts`; or
- it is not in `keys` (the columns that name the rows: month, code, age) and each of its values is a whole number
  of at least 0, be it an integer, a float or a text such as "1,234", "12명", "3 (1.5%)", "3/200" or "3*"; or is one
  that stands for a missing one (-1, -9, -99); or says that it is not shown ("<10", "*", "비공개"), beside one that is; or
- its name says count (n, count, freq, 수, 명, 건 ...), and one of its values, where it is text, or most of them, where it
  is numbers, are such numbers (a row of means stands below).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import Invalid

if TYPE_CHECKING:
    import pyarrow as pa

_COUNT_NAME = re.compile(
    r"(?:^|[_\s(])(?:n|cnt|count|counts|freq|frequency|num|number|total)(?:$|[_\s)])|(?:수|명|건|빈도|합계|총계)\)?$",
    re.IGNORECASE,
)
_NUMBER_TEXT = re.compile(r"\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?\s*(?:명|건|개|인)?\s*")
_COUNT_TEXT = re.compile(
    r"""\s*(\d{1,3}(?:[,'’\s]\d{3})+|\d+)(?:\.0+)?
    \s*(?:명|건|개|인|회|번|대|가구|세대|사람|명수|건수|persons?|people|cases?|times)?
    \s*(?:/\s*\d[\d,]{2,})?
    \s*(?:[(\[]\s*[<>≤≥]?\s*\d[\d.,\s%~–-]*[)\]])?
    \s*[*†‡§^]{0,3}\s*""",
    re.IGNORECASE | re.VERBOSE,
)
"""A count with what is written behind it: its unit, what it is a part of, its share or interval, a mark."""
_NOT_SHOWN = re.compile(
    r"\s*(?:[<≤]\s*=?\s*\d+|\d+\s*(?:명|건|개|인)?\s*(?:미만|이하)|[*#x×.…·–—-]+|\(?[cdsx]\)|n/?a|n\.?d\.?|nan|null|none|masked|hidden|suppressed|redacted|비공개|마스킹|가림|생략)\s*",
    re.IGNORECASE,
)
_MISSING = frozenset({-1, -8, -9, -88, -99, -999, -9999})


def count_columns(
    table: pa.Table, counts: Collection[str] = (), keys: Collection[str] = ()
) -> tuple[str, ...]:
    """Names of the columns that hold counts, in table order. Raises Invalid for a name the table lacks."""
    known(table, counts, keys)
    return tuple(n for n in table.column_names if n in counts or (n not in keys and looks_counted(table, n)))


def known(table: pa.Table, *names: Collection[str]) -> None:
    for name in (each for group in names for each in group):
        if name not in table.column_names:
            raise Invalid.field("column", expected="a column of the table", got=name)


def is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_numeric(table: pa.Table, name: str) -> bool:
    """Whether a column holds numbers, as such or as text."""
    import pyarrow as pa

    kind = table.schema.field(name).type
    if is_text(kind):
        values = [each for each in table.column(name).to_pylist() if each]
        return looks_counted(table, name) or (bool(values) and all(number(v) is not None for v in values))
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def names_count(name: str) -> bool:
    """Whether a column's name says that it counts."""
    return _COUNT_NAME.search(name) is not None


def looks_counted(table: pa.Table, name: str) -> bool:
    values = [each for each in table.column(name).to_pylist() if each is not None and each != ""]
    read = [count_in(each) for each in values]
    counted = [each for each in read if each is not None and each >= 0]
    missing = [each for each in read if each is not None and each < 0]
    others = [each for each, known in zip(values, read, strict=True) if known is None]
    if counted and set(missing) <= _MISSING and all(is_not_shown(each) for each in others):
        return True
    if not names_count(name):
        return False
    return bool(counted) if is_text(table.schema.field(name).type) else 2 * len(counted) > len(values)


def says_numbers(table: pa.Table, name: str) -> bool:
    """Whether a column of text holds numbers alone, with signs of a share or of thousands: it names no rows."""
    values = [each for each in table.column(name).to_pylist() if each not in (None, "")]
    return bool(values) and all(
        isinstance(each, str) and number(each.strip().removesuffix("%").replace(",", "")) is not None
        for each in values
    )


def is_not_shown(value: object) -> bool:
    """Whether a cell says that a number is not shown."""
    return isinstance(value, str) and _NOT_SHOWN.fullmatch(value) is not None


def count_in(value: object) -> int | None:
    """A cell as a count, with or without what is often written behind one."""
    found = whole(value)
    if found is not None or not isinstance(value, str):
        return found
    match = _COUNT_TEXT.fullmatch(value)
    return int(re.sub(r"\D", "", match[1])) if match else None


def numbers(table: pa.Table, name: str) -> list[float | None]:
    """The cells of a column of numbers, or of counts with what is written behind them."""
    values = table.column(name).to_pylist()
    read = [number(each) for each in values]
    return [count_in(each) if known is None else known for each, known in zip(values, read, strict=True)]


def number(value: object) -> float | None:
    """A cell as a number; a fraction stays one (a declared count may have been averaged)."""
    counted = whole(value)
    if counted is not None:
        return counted
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def whole(value: object) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        match = _NUMBER_TEXT.fullmatch(value)
        return int(match[1].replace(",", "")) if match else None
    try:
        read = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return None
    return read if read == value else None


def cell_text(value: object) -> str:
    counted = whole(value)
    return str(counted) if counted is not None else "" if value is None else str(value).strip()


def replaced(table: pa.Table, name: str, values: Sequence[Any]) -> pa.Table:
    import pyarrow as pa

    at, kind = table.column_names.index(name), table.schema.field(name).type
    if is_text(kind):
        values = [None if value is None else str(value) for value in values]
    return table.set_column(at, pa.field(name, kind), pa.array(values, type=kind))
