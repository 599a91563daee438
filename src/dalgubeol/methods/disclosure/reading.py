"""Cells of a table as numbers and texts, however they were written.

A column holds **counts** if
- the caller declares it in `counts`; or
- it is not in `keys` (the columns that name the rows: month, code, age) and each of its values is a whole number
  of at least 0, be it an integer, a float or a text such as "1,234" or "12명"; or
- it is text, its name says count (n, count, freq, 수, 명, 건 ...), and one of its values is such a number.
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
    read = [whole(each) for each in values]
    if values and all(each is not None and each >= 0 for each in read):
        return True
    return bool(
        is_text(table.schema.field(name).type)
        and _COUNT_NAME.search(name)
        and any(e is not None for e in read)
    )


def numbers(table: pa.Table, name: str) -> list[float | None]:
    return [number(each) for each in table.column(name).to_pylist()]


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
