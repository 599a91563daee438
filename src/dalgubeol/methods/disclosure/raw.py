"""Records of the input in what wants to leave, and columns that say who somebody is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...language import say
from .finding import Finding
from .source_index import coded, combined

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


def raw_rows(table: pa.Table, source: pa.Table, allowed: int = 0) -> tuple[Finding, ...]:
    """Rows of `table` that equal, in all columns shared with `source`, exactly one row of `source`.

    A row that only one record has is not there by chance in a summary; a combination that several records
    share is a group's name. Needs two shared columns. One finding for each such row, if more than `allowed`.
    """
    shared = [name for name in table.column_names if name in source.column_names]
    if len(shared) < 2:
        return ()
    found = [row for row, times in enumerate(_times(table, source, shared), start=1) if times == 1]
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


def _times(table: pa.Table, source: pa.Table, names: Sequence[str]) -> NDArray[np.int64]:
    """How many rows of `source` have each row's cells, as texts: 1, 1.0 and "1" are the same."""
    here, there = [], []
    for name in names:
        codes, labels = coded(source.column(name))
        known = {label: place for place, label in enumerate(labels)}
        own, own_labels = coded(table.column(name))
        place_of = [known.setdefault(label, len(known)) for label in own_labels]
        there.append(codes)
        here.append(np.array(place_of, dtype=np.int64)[own])
    rows = combined([np.concatenate(pair) for pair in zip(there, here, strict=True)])
    kinds, counts = np.unique(rows[: source.num_rows], return_counts=True)
    asked = rows[source.num_rows :]
    if not len(kinds):
        return np.zeros(len(asked), dtype=np.int64)
    place = np.minimum(np.searchsorted(kinds, asked), len(kinds) - 1)
    return np.where(kinds[place] == asked, counts[place], 0)
