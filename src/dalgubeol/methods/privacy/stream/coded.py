"""A whole table in little memory: read batch by batch, and of each column every value once.

What is kept per row is the number of its value, in as few bytes as do. That is a table all the same: its columns are
dictionaries, and what measures tables takes it as it takes one of plain columns, with equal results.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from .columns import MISSING, EncodedColumn, GrowingColumn


def coded_table(batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """The rows of all `batches`, of which there is at least one; NaN becomes null, for both are missing.

    Raises `Invalid` for nested and binary columns, which have no text to compare.
    """
    columns: list[GrowingColumn] = []
    for batch in batches:
        columns = columns or [GrowingColumn(name) for name in batch.schema.names]
        for column, piece in zip(columns, batch.columns, strict=True):
            column.add(piece)
    return pa.Table.from_arrays([_dictionary(column.finish()) for column in columns], [column.name for column in columns])  # fmt: skip


def _dictionary(column: EncodedColumn) -> pa.DictionaryArray:
    missing = column.codes == MISSING
    places = pa.array(column.codes - column.codes.dtype.type(1), mask=missing if missing.any() else None)
    return pa.DictionaryArray.from_arrays(places, column.values)
