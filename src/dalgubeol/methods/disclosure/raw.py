"""Records of the input in what wants to leave, and columns that say who somebody is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...language import say
from .finding import Finding
from .reading import cell_text

if TYPE_CHECKING:
    import pyarrow as pa


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


def _rows(table: pa.Table, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Each row's cells as text, so that 1, 1.0 and "1" are the same."""
    columns = [[cell_text(each) for each in table.column(name).to_pylist()] for name in names]
    return list(zip(*columns, strict=True))
