"""Tables as the checks read them, and what they give away beside what was released before from the same data."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ..language import say
from ..nouns.permit import Conditions
from .contract import Left

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.disclosure.finding import Finding
    from ..methods.disclosure.releases import Released


def read_csv(content: bytes) -> pa.Table | None:
    """None where this is no table with a header of different names and at least one row."""
    import pyarrow as pa
    import pyarrow.csv as pcsv

    try:
        content.decode(
            "utf-8"
        )  # names of columns are not looked at by the reader, and break whoever asks for them
        table = pcsv.read_csv(io.BytesIO(content), read_options=pcsv.ReadOptions(use_threads=False))
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    names = table.column_names
    other_separator = len(names) == 1 and any(sign in names[0] for sign in ";|\t")
    return None if table.num_rows == 0 or len(set(names)) < len(names) or other_separator else table


def counts_of(table: pa.Table, number: int, base: int = 1) -> tuple[Released, ...]:
    """A table's counts, which were rounded to multiples of `base`. `number` is the release's place in a list, from 1; of another file of the same submission the
    file's number, negative."""
    from ..methods.disclosure.releases import released

    return released(table, number=number, base=base)


def published(releases: Sequence[Sequence[Left]]) -> tuple[Released, ...]:
    """The counts of all tables of earlier releases."""
    tables = (
        (number, left.base, read_csv(left.content))
        for number, release in enumerate(releases, 1)
        for left in release
    )
    return tuple(
        each for number, base, table in tables if table is not None for each in counts_of(table, number, base)
    )


def linked_beside(
    table: pa.Table,
    beside: Sequence[Released],
    smallest_cell: int,
    base: int = 1,
    known: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """The rows of a table that give a small group together with earlier releases, with the other tables of the same
    submission, or among themselves, whatever the others' keys and counts are called. Its counts were rounded to
    multiples of `base`; `known`: the columns of the input, where they are at hand."""
    from ..methods.disclosure.aligned import aligned, plainly
    from ..methods.disclosure.differencing import linked

    others = tuple(map(plainly, beside))
    return tuple(
        _finding(row + 1, counts.column, numbers, smallest_cell)
        for counts in counts_of(table, 0, base)
        for row, numbers in linked(*aligned(counts, others, smallest_cell, known), smallest_cell).rows.items()
    )


def linked_files(
    files: Mapping[str, bytes],
    earlier: Sequence[Released],
    conditions: Conditions,
    bases: Mapping[str, int] | None = None,
) -> tuple[tuple[int, Finding], ...]:
    """The same of every table among these files beside earlier releases, each with its number in the order of their
    names. `bases`: tables (by name) whose counts were rounded."""
    from ..methods.disclosure import tables

    most, smallest_cell = conditions.disclosure.most_rows, conditions.smallest_cell

    found: list[tuple[int, Finding]] = []
    for number, (name, content) in enumerate(sorted(files.items()), 1):
        table = read_csv(content) if name.lower().endswith(".csv") else None
        if table is not None and not tables.too_many_rows(table, most):
            base = (bases or {}).get(name, 1)
            found += [(number, each) for each in linked_beside(table, earlier, smallest_cell, base)]
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
