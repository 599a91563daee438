"""Tables as the checks read them, and what they give away beside what was released before from the same data."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..language import say

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.disclosure.finding import Finding
    from ..methods.disclosure.releases import Released


def read_csv(content: bytes) -> pa.Table | None:
    """None where this is no table with a header of different names and at least one row."""
    import pyarrow as pa
    import pyarrow.csv as pcsv

    try:
        table = pcsv.read_csv(io.BytesIO(content), read_options=pcsv.ReadOptions(use_threads=False))
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    names = table.column_names
    other_separator = len(names) == 1 and any(sign in names[0] for sign in ";|\t")
    return None if table.num_rows == 0 or len(set(names)) < len(names) or other_separator else table


def counts_of(table: pa.Table, number: int) -> tuple[Released, ...]:
    """A table's counts. `number` is the release's place in a list, from 1; of another file of the same submission the
    file's number, negative."""
    from ..methods.disclosure.releases import released

    return released(table, number=number)


def published(releases: Sequence[Sequence[bytes]]) -> tuple[Released, ...]:
    """The counts of all tables (CSV) of earlier releases."""
    tables = (
        (number, read_csv(content)) for number, release in enumerate(releases, 1) for content in release
    )
    return tuple(each for number, table in tables if table is not None for each in counts_of(table, number))


def linked_beside(table: pa.Table, beside: Sequence[Released], smallest_cell: int) -> tuple[Finding, ...]:
    """The rows of a table that give a small group together with earlier releases, with the other tables of the same
    submission, or among themselves."""
    from ..methods.disclosure.differencing import linked

    return tuple(
        _finding(row + 1, counts.column, numbers, smallest_cell)
        for counts in counts_of(table, 0)
        for row, numbers in linked(counts, beside, smallest_cell).rows.items()
    )


def linked_files(
    files: Mapping[str, bytes], earlier: Sequence[Released], smallest_cell: int
) -> tuple[tuple[int, Finding], ...]:
    """The same of every table among these files beside earlier releases, each with its number in the order of their
    names."""
    from ..methods.disclosure import tables

    found: list[tuple[int, Finding]] = []
    for number, (name, content) in enumerate(sorted(files.items()), 1):
        table = read_csv(content) if name.lower().endswith(".csv") else None
        if table is not None and not tables.too_many_rows(table):
            found += [(number, each) for each in linked_beside(table, earlier, smallest_cell)]
    return tuple(found)


def _finding(row: int, column: str, numbers: frozenset[int], threshold: int) -> Finding:
    from ..methods.disclosure.finding import Finding

    releases = ", ".join(str(each) for each in sorted(numbers) if each > 0)
    files = ", ".join(str(-each) for each in sorted(numbers, reverse=True) if each < 0)
    place = {"row": row, "column": column, "threshold": threshold}
    if releases:
        message = say("Row {row}, column {column}: together with earlier release {releases} it gives a group of fewer than {threshold}.", releases=releases, **place)  # fmt: skip
    elif files:
        message = say("Row {row}, column {column}: together with file {files} it gives a group of fewer than {threshold}.", files=files, **place)  # fmt: skip
    else:
        message = say("Row {row}, column {column}: together with other rows it gives a group of fewer than {threshold}.", **place)  # fmt: skip
    return Finding("linked", row, column, message)
