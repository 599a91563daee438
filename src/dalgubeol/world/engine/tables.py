"""Tables as stored: Parquet with zstd, in row groups that a reader can take one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import Tampered
from ...language import say

ROW_GROUP = 65_536


def write_parquet(sink: BinaryIO, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write to a file-like sink; returns the number of rows. Holds one row group in memory."""
    rows = 0
    waiting: list[pa.RecordBatch] = []
    target = pa.PythonFile(sink, mode="w")
    writer = pq.ParquetWriter(target, schema, compression="zstd", store_schema=True)
    try:
        held = 0
        for batch in batches:
            waiting.append(batch)
            held += batch.num_rows
            rows += batch.num_rows
            if held >= ROW_GROUP:
                table = pa.Table.from_batches(waiting, schema)
                whole = held - held % ROW_GROUP  # the rest waits, or it would be a row group of a few rows
                writer.write_table(table.slice(0, whole), row_group_size=ROW_GROUP)
                waiting, held = table.slice(whole).to_batches(), held - whole
                pa.default_memory_pool().release_unused()  # or it keeps what the largest group took
        if waiting or rows == 0:
            writer.write_table(pa.Table.from_batches(waiting, schema))
        writer.close()
    except BaseException:
        writer.is_open = False  # or its finaliser would write once more, to a sink that has failed
        raise
    return rows


def read_table(source: BinaryIO, columns: Sequence[str] | None = None) -> pa.Table:
    """All columns, or some in the order asked for. Raises Tampered where the bytes are no whole Parquet file."""
    with _whole(), _opened(source) as file:
        if columns is None:
            return file.read(use_threads=False)
        return file.read(columns=list(columns), use_threads=False).select(list(columns))


def read_batches(
    source: BinaryIO, rows: int = 65_536, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Some of the columns, in the order asked for, or all. Raises Tampered, at the latest where the damage is reached."""
    with _whole():
        file = _opened(source)
        chosen = None if columns is None else list(columns)
        batches = file.iter_batches(rows, columns=chosen, use_threads=False)
    with file:
        while True:
            with _whole():
                batch = next(batches, None)
            if batch is None:
                return
            yield batch if chosen is None else batch.select(chosen)


def _opened(source: BinaryIO) -> pq.ParquetFile:
    return pq.ParquetFile(pa.PythonFile(source, mode="r"), pre_buffer=False)


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None):
            raise  # the operating system's answer, not the file's
        raise Tampered(
            "table.unreadable",
            say("A stored table cannot be read as Parquet."),
            say("Restore it from backup; tell the operator."),
        ) from None
