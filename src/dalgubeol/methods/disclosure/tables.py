"""Statistical disclosure checks on a table that wants to leave, and a version of it that may.

Follows the defaults of ACRO (Green et al., "ACRO: automatic checking of research outputs"; the DARE UK SACRO
guide) and the Handbook on Statistical Disclosure Control (Hundepool et al., 2012): smallest cell 10, zeros
disclosive, (n, k) dominance (2, 0.90), p% 0.10, residual degrees of freedom 10, rounding base 5.

Rules: pure functions from a pyarrow Table to frozen findings; a finding names row (from 1, as a person counts)
and column and never a value; in doubt a cell is held. A column holds **counts** if
- the caller declares it in `counts`; or
- it is not in `keys` (the columns that name the rows: month, code, age) and each of its values is a whole number
  of at least 0, be it an integer, a float or a text such as "1,234" or "12명"; or
- it is text, its name says count (n, count, freq, 수, 명, 건 ...), and one of its values is such a number.
Not done here: linked tables (two releases that differ by one person), differencing across requests.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ...errors import Invalid
from ...language import Message, say

if TYPE_CHECKING:
    import pyarrow as pa

SMALLEST_CELL = 10
ROUNDING_BASE = 5
RESIDUAL_DEGREES_OF_FREEDOM = 10
DOMINANCE_N, DOMINANCE_SHARE = 2, 0.90
P_RATIO = 0.10
MOST_ROWS = 1000
ALLOWED_SUFFIXES = ("csv", "parquet", "txt", "json", "html", "png")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COUNT_NAME = re.compile(
    r"(?:^|[_\s(])(?:n|cnt|count|counts|freq|frequency|num|number|total)(?:$|[_\s)])|(?:수|명|건|빈도|합계|총계)\)?$",
    re.IGNORECASE,
)
_NUMBER_TEXT = re.compile(r"\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?\s*(?:명|건|개|인)?\s*")

CellKey = tuple[int, str]  # row from 1, column


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule holds against a table; `row` (from 1) and `column` are None when it is the whole."""

    rule: str
    row: int | None
    column: str | None
    message: Message

    def text(self, language: str = "en") -> str:
        return self.message.text(language)


def count_columns(
    table: pa.Table, counts: Collection[str] = (), keys: Collection[str] = ()
) -> tuple[str, ...]:
    """Names of the columns that hold counts, in table order. Raises Invalid for a name the table lacks."""
    _known(table, counts, keys)
    return tuple(n for n in table.column_names if n in counts or (n not in keys and _looks_counted(table, n)))


def cells_below(
    table: pa.Table,
    threshold: int = SMALLEST_CELL,
    *,
    counts: Collection[str] = (),
    keys: Collection[str] = (),
    zeros_disclosive: bool = True,
) -> tuple[Finding, ...]:
    """Cells of count columns below `threshold` (exclusive). Empty cells are not counts; zeros are, by default."""
    return tuple(
        Finding(
            "small_cell",
            row,
            name,
            say(
                "Row {row}, column {column}: fewer than {threshold}.",
                row=row,
                column=name,
                threshold=threshold,
            ),
        )
        for name in count_columns(table, counts, keys)
        for row, value in enumerate(_numbers(table, name), start=1)
        if _is_small(value, threshold, zeros_disclosive)
    )


def dominated_cells(
    contributions: Mapping[CellKey, Sequence[float]], n: int = DOMINANCE_N, share: float = DOMINANCE_SHARE
) -> tuple[Finding, ...]:
    """(n, k) rule: cells of which the `n` largest contributors make up more than `share` of the total.

    `contributions` gives, for each cell of sums, the amounts of its contributors; magnitudes are compared.
    """
    return tuple(
        Finding(
            "dominance",
            row,
            column,
            say("Row {row}, column {column}: {n} contributors make up too much of the sum.",
                row=row, column=column, n=n),
        )
        for (row, column), amounts in contributions.items()
        if (largest := _descending(amounts)) and math.fsum(largest[:n]) > share * math.fsum(largest)
    )  # fmt: skip


def estimable_cells(
    contributions: Mapping[CellKey, Sequence[float]], p: float = P_RATIO
) -> tuple[Finding, ...]:
    """p% rule: cells where the second contributor can estimate the first to within `p` of its amount.

    That is so when all others together amount to less than `p` times the largest.
    """
    return tuple(
        Finding(
            "p_percent",
            row,
            column,
            say("Row {row}, column {column}: one contributor could estimate another's amount.",
                row=row, column=column),
        )
        for (row, column), amounts in contributions.items()
        if (largest := _descending(amounts)) and math.fsum(largest[2:]) < p * largest[0]
    )  # fmt: skip


def too_few_degrees_of_freedom(
    residual: float, least: float = RESIDUAL_DEGREES_OF_FREEDOM
) -> tuple[Finding, ...]:
    """A fitted model with fewer residual degrees of freedom than `least` may give its data back."""
    message = say("The model leaves fewer than {least} residual degrees of freedom.", least=least)
    return () if residual >= least else (Finding("degrees_of_freedom", None, None, message),)


def too_many_rows(table: pa.Table, most: int = MOST_ROWS) -> tuple[Finding, ...]:
    """More rows than a person can check; usually records, not a summary."""
    message = say(
        "The table has {rows} rows; at most {most} may leave at once.", rows=table.num_rows, most=most
    )
    return () if table.num_rows <= most else (Finding("too_many_rows", None, None, message),)


def raw_rows(table: pa.Table, source: pa.Table, allowed: int = 0) -> tuple[Finding, ...]:
    """Rows of `table` that equal, in all columns shared with `source`, exactly one row of `source`.

    A row that only one record has is not there by chance in a summary; a combination that several records
    share is a group's name. Needs two shared columns. One finding for each such row, if more than `allowed`.
    """
    shared = [name for name in table.column_names if name in source.column_names]
    if len(shared) < 2:
        return ()
    times = Counter(_rows(source, shared))
    found = [row for row, cells in enumerate(_rows(table, shared), start=1) if times[cells] == 1]
    if len(found) <= allowed:
        return ()
    return tuple(
        Finding("raw_row", row, None, say("Row {row} is a single record of the input.", row=row))
        for row in found
    )


def identifier_columns(
    table: pa.Table, is_identifier: Callable[[str, pa.ChunkedArray], bool]
) -> tuple[Finding, ...]:
    """Columns that the caller's predicate on (name, values) takes for identifiers."""
    return tuple(
        Finding("identifier", None, name, say("Column {column} looks like an identifier.", column=name))
        for name in table.column_names
        if is_identifier(name, table.column(name))
    )


def formulas(table: pa.Table) -> tuple[Finding, ...]:
    """Text cells that a spreadsheet would run as a formula (OWASP, "CSV injection"); one finding a column."""
    return tuple(
        Finding(
            "formula",
            None,
            name,
            say("Column {column} has cells that a spreadsheet would run as a formula.", column=name),
        )
        for name in table.column_names
        if _is_text(table.schema.field(name).type)
        and any(str(value)[:1] in _FORMULA for value in table.column(name).to_pylist() if value)
    )


def file_type(name: str, allowed: Collection[str] = ALLOWED_SUFFIXES) -> tuple[Finding, ...]:
    """A file type that nobody can check (ACRO blocks svg, which carries its data, for one)."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    message = say("Files of this type may not leave; allowed are {allowed}.", allowed=", ".join(allowed))
    return () if suffix in allowed else (Finding("file_type", None, None, message),)


def safe_version(
    table: pa.Table,
    method: Literal["suppress", "round"] = "suppress",
    *,
    threshold: int = SMALLEST_CELL,
    base: int = ROUNDING_BASE,
    counts: Collection[str] = (),
    keys: Collection[str] = (),
    block: str | None = None,
    zeros_disclosive: bool = True,
) -> pa.Table:
    """The table with its small cells gone, same columns and rows; a gone cell is null.

    suppress: every row with a small count loses all its numbers (a mean of three people tells as much as their
    count), and so do the next smallest rows of the same `block` until at least two rows of it are gone and the
    counts gone in each column sum to at least `threshold`. Whatever totals stand beside or below, two unknown
    rows can then trade amounts, so no total gives a cell back. Totals within groups of rows need `block`, the
    column whose value says which rows sum to one total.

    round: small counts go, all others are rounded to the nearest `base` (halves up), so that sums and
    differences of counts are known only to within `base`; other numbers of a row with a small count go too.
    """
    if base < 1:
        raise Invalid.field("base", expected="at least 1", got=base)
    if method not in ("suppress", "round"):
        raise Invalid.field("method", expected="suppress or round", got=method)

    def is_small(value: float | None) -> bool:
        return _is_small(value, threshold, zeros_disclosive)

    keys = {*keys, *([block] if block else [])}
    counted = count_columns(table, counts, keys)
    numbers = {name: _numbers(table, name) for name in counted}
    small = {row for values in numbers.values() for row, value in enumerate(values) if is_small(value)}
    if method == "suppress":
        labels = table.column(block).to_pylist() if block else [None] * table.num_rows
        gone = _with_complements(numbers, labels, small, lambda total: not is_small(total))
        return _without(table, gone, keys)
    for name in counted:
        rounded = [
            None if value is None or is_small(value) else base * math.floor(value / base + 0.5)
            for value in numbers[name]
        ]
        table = _replaced(table, name, rounded)
    return _without(table, small, {*keys, *counted})


def _with_complements(
    numbers: Mapping[str, Sequence[float | None]],
    labels: Sequence[object],
    small: set[int],
    enough: Callable[[float], bool],
) -> set[int]:
    """`small` and, block by block, the smallest other rows until what is gone cannot be worked out.

    `labels` names each row's block; `enough` says whether a sum of gone counts is large enough to be known.
    """
    gone = set(small)
    for label in {labels[row] for row in small}:
        rest = [row for row, each in enumerate(labels) if each == label and row not in small]
        rest.sort(key=lambda row: sum(values[row] or 0 for values in numbers.values()), reverse=True)
        here = {row for row in small if labels[row] == label}
        while rest and not (len(here) > 1 and all(map(enough, _sums(numbers, here)))):
            here.add(rest.pop())
        gone |= here
    return gone


def _sums(numbers: Mapping[str, Sequence[float | None]], rows: set[int]) -> list[float]:
    return [sum(values[row] or 0 for row in rows) for values in numbers.values()]


def _without(table: pa.Table, rows: set[int], keep: Collection[str]) -> pa.Table:
    """All numbers of `rows` null, in every column but `keep`."""
    if rows:
        for name in table.column_names:
            if name not in keep and _is_numeric(table, name):
                values = table.column(name).to_pylist()
                table = _replaced(table, name, [None if at in rows else v for at, v in enumerate(values)])
    return table


def _replaced(table: pa.Table, name: str, values: Sequence[Any]) -> pa.Table:
    import pyarrow as pa

    at, kind = table.column_names.index(name), table.schema.field(name).type
    if _is_text(kind):
        values = [None if value is None else str(value) for value in values]
    return table.set_column(at, pa.field(name, kind), pa.array(values, type=kind))


def _is_small(value: float | None, threshold: int, zeros_disclosive: bool) -> bool:
    return value is not None and value < threshold and (value != 0 or zeros_disclosive)


def _known(table: pa.Table, *names: Collection[str]) -> None:
    for name in (each for group in names for each in group):
        if name not in table.column_names:
            raise Invalid.field("column", expected="a column of the table", got=name)


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_numeric(table: pa.Table, name: str) -> bool:
    """Whether a column holds numbers, as such or as text."""
    import pyarrow as pa

    kind = table.schema.field(name).type
    if _is_text(kind):
        values = [each for each in table.column(name).to_pylist() if each]
        return _looks_counted(table, name) or (bool(values) and all(_number(v) is not None for v in values))
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _looks_counted(table: pa.Table, name: str) -> bool:
    values = [each for each in table.column(name).to_pylist() if each is not None and each != ""]
    whole = [_whole(each) for each in values]
    if values and all(each is not None and each >= 0 for each in whole):
        return True
    return bool(
        _is_text(table.schema.field(name).type)
        and _COUNT_NAME.search(name)
        and any(e is not None for e in whole)
    )


def _numbers(table: pa.Table, name: str) -> list[float | None]:
    return [_number(each) for each in table.column(name).to_pylist()]


def _number(value: object) -> float | None:
    """A cell as a number; a fraction stays one (a declared count may have been averaged)."""
    whole = _whole(value)
    if whole is not None:
        return whole
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        match = _NUMBER_TEXT.fullmatch(value)
        return int(match[1].replace(",", "")) if match else None
    try:
        whole = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return None
    return whole if whole == value else None


def _descending(amounts: Sequence[float]) -> list[float]:
    """Magnitudes, largest first; empty when nothing but zeros contributes."""
    largest = sorted((abs(each) for each in amounts), reverse=True)
    if any(math.isnan(each) for each in largest):
        raise Invalid.field("contributions", expected="numbers", got="NaN")
    return largest if largest and largest[0] > 0 else []


def _rows(table: pa.Table, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Each row's cells as text, so that 1, 1.0 and "1" are the same."""
    columns = [[_cell_text(each) for each in table.column(name).to_pylist()] for name in names]
    return list(zip(*columns, strict=True))


def _cell_text(value: object) -> str:
    whole = _whole(value)
    return str(whole) if whole is not None else "" if value is None else str(value).strip()
