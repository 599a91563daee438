"""Reference tables: codes, prices, areas; not people. They come as CSV, which reviewers can read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ...language import say
from ..disclosure.finding import Finding

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 1_000_000
_FEW_ROWS = 20
_OF_THINGS = frozenset({"record-number", "business-registration-number", "corporate-registration-number", "postal-code", "address"})  # fmt: skip
"""A table of codes has a key, and firms and places have numbers and addresses: what is one of these names nobody."""


def opened(content: bytes) -> pa.Table | None:
    """None where this is no table with a header of different names and at least one row."""
    import pyarrow as pa
    import pyarrow.csv as pcsv

    try:
        table = pcsv.read_csv(io.BytesIO(content), read_options=pcsv.ReadOptions(use_threads=False))
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    return None if table.num_rows == 0 or len(set(table.column_names)) < table.num_columns else table


def people(table: pa.Table) -> tuple[Finding, ...]:
    """Columns by place, from 1, that say who somebody is (held) or could single somebody out (to be weighed)."""
    from ..privacy.columns.identify import propose_roles

    places = {name: place for place, name in enumerate(table.column_names, 1)}
    proposals = propose_roles(table)
    found = [
        Finding("identifier", None, p.column, say("Column {column} looks like one that says who somebody is.", column=places[p.column]))
        for p in proposals
        if (p.role == "direct identifier" and p.type not in _OF_THINGS) or set(p.holds) - _OF_THINGS
    ]  # fmt: skip
    if found:
        return tuple(found)
    weighed = [str(places[p.column]) for p in proposals if p.role in ("quasi-identifier", "sensitive", "direct identifier")]  # fmt: skip
    if weighed and table.num_rows >= _FEW_ROWS:
        return (Finding("about_people", None, None, say("If each row is a person, these columns together could single somebody out: {columns}.", columns=", ".join(weighed))),)  # fmt: skip
    return ()


def size(table: pa.Table) -> tuple[Finding, ...]:
    told = say("A table of {rows} rows and {columns} columns.", rows=f"{table.num_rows:,}", columns=table.num_columns)  # fmt: skip
    if table.num_rows > MOST_ROWS:
        return (Finding("too_many_rows", None, None, say("More than {most} rows: data of that size comes in as a Dataset, with a Permit of its own.", most=f"{MOST_ROWS:,}")),)  # fmt: skip
    return (Finding("size", None, None, told),)
