"""The shape of a file that wants to leave: its type, its length, what a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ...language import say
from .finding import Finding
from .reading import is_text

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 1000
ALLOWED_SUFFIXES = ("csv", "parquet", "txt", "json", "html", "png")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def too_many_rows(table: pa.Table, most: int = MOST_ROWS) -> tuple[Finding, ...]:
    """More rows than a person can check; usually records, not a summary."""
    message = say(
        "The table has {rows} rows; at most {most} may leave at once.", rows=table.num_rows, most=most
    )
    return () if table.num_rows <= most else (Finding("too_many_rows", None, None, message),)


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
        if is_text(table.schema.field(name).type)
        and any(str(value)[:1] in _FORMULA for value in table.column(name).to_pylist() if value)
    )


def file_type(name: str, allowed: Collection[str] = ALLOWED_SUFFIXES) -> tuple[Finding, ...]:
    """A file type that nobody can check (ACRO blocks svg, which carries its data, for one)."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    message = say("Files of this type may not leave; allowed are {allowed}.", allowed=", ".join(allowed))
    return () if suffix in allowed else (Finding("file_type", None, None, message),)
