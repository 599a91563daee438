"""Files that people bring: CSV (UTF-8 or CP949), XLSX, Parquet, DOCX and HWPX, as a schema and a stream of batches.

A text file is read twice: once to see its encoding, its shape and what its columns can be, once to convert.
So a type is never guessed from the first lines, and nothing is stored of a file that is wrong at its end.
A column is a number only if every value is written as a number is and can be kept exactly: `0012`,
`010-1234-5678` and the 20 digits of a bar code stay text. Empty cells are missing values. Errors name the
line, never what stands in it. (What makes text whole: `delimited`; sheets: `workbook`; letters and
reports: `documents`; pictures and other things that are refused: `recognise`.)
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import Invalid
from ...language import say
from . import documents, recognise, workbook
from .delimited import (
    ENCODINGS,
    check_names,
    empty,
    encoding_of,
    ragged,
    separator_of,
    stream_batches,
    text_batches,
    wrong,
)
from .sources import Content, Source, columns_of, file_content

__all__ = [
    "ENCODINGS",
    "Content",
    "Source",
    "columns_of",
    "file_content",
    "read_content",
    "read_csv",
    "read_csv_bytes",
    "read_file",
    "read_parquet",
    "read_xlsx",
]

_FORMS = (
    ("integer", r"^-?(0|[1-9][0-9]{0,17})$", pa.int64()),
    ("number", r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]*)?([eE][-+]?[0-9]+)?$", pa.float64()),
    ("date", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", pa.date32()),
    ("instant", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?$", pa.timestamp("us")),
)  # fmt: skip


def read_file(path: Path) -> Source:
    """A table from a file, told by its ending. Raises Missing, or Invalid naming what is wrong and where."""
    return read_content(file_content(path))


def read_content(content: Content) -> Source:
    """The same for content that lies elsewhere. Raises Invalid."""
    readers = {
        ".csv": read_csv,
        ".txt": read_csv,
        ".tsv": read_csv,
        ".xlsx": read_xlsx,
        ".parquet": read_parquet,
        ".docx": documents.read_docx,
        ".hwpx": documents.read_hwpx,
    }
    with content.open() as file:
        recognise.check(content.name, file.read(recognise.FIRST_BYTES))
    reader = readers.get(content.ending)
    if reader is None:
        raise Invalid.field(
            "file",
            expected="a .csv, .tsv, .xlsx, .parquet, .docx or .hwpx file",
            got=content.ending or "no ending",
        )
    return reader(content)


def read_parquet(content: Content) -> Source:
    """Raises Invalid for a file that is not Parquet, or holds columns that are not plain values."""
    try:
        with content.open() as file:
            schema = pq.read_schema(_arrow(file))
    except (pa.ArrowException, OSError):
        raise wrong(say("{path} is not a Parquet file.", path=content.name)) from None
    check_names(schema.names)
    for field in schema:
        if pa.types.is_nested(field.type) or pa.types.is_union(field.type):
            raise Invalid.field(f"column {field.name}", expected="plain values", got=str(field.type))

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            with content.open() as stream, pq.ParquetFile(_arrow(stream), pre_buffer=False) as file:
                yield from file.iter_batches(65_536, use_threads=False)
        except (pa.ArrowException, OSError):
            raise wrong(say("{path} is not a whole Parquet file.", path=content.name)) from None

    return Source(schema.remove_metadata(), batches)


def parquet_rows(content: Content) -> int:
    """As the file's own footer says. Only for what `read_parquet` has read."""
    with content.open() as file:
        return int(pq.read_metadata(_arrow(file)).num_rows)


def _arrow(file: BinaryIO) -> pa.NativeFile:
    return pa.PythonFile(file, mode="r")


def read_csv(content: Content) -> Source:
    """Raises Invalid, naming the line, for empty, ragged or badly encoded text."""
    encoding = encoding_of(content.open)
    separator = separator_of(content.open, encoding)
    schema = _inferred(text_batches(content.open, encoding, separator))

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in text_batches(content.open, encoding, separator):
            yield _converted(batch, schema)

    return Source(schema, batches)


def read_csv_bytes(content: bytes) -> Source:
    """The same for content at hand (examples, small outputs), UTF-8 only."""
    schema = _inferred(stream_batches(io.BytesIO(content), ","))
    return Source(schema, lambda: (_converted(b, schema) for b in stream_batches(io.BytesIO(content), ",")))


def read_xlsx(content: Content) -> Source:
    """The one sheet that holds something; its first row names the columns. Held in memory, so its size is bounded.

    Raises Invalid too for several such sheets, merged cells, and formulas whose results are not kept in the file:
    each would lose values unseen (`workbook`).
    """
    rows = workbook.cells(content)
    if not rows or not any(rows[0]):
        raise empty()
    names = ["" if cell is None else cell.strip() for cell in rows[0]]
    check_names(names)
    for number, row in enumerate(rows[1:], 2):
        if len(row) > len(names):
            raise ragged(number, len(row), len(names))
    columns = (
        [row[place] if place < len(row) else None for row in rows[1:] if row] for place in range(len(names))
    )
    batch = pa.record_batch([pa.array(column, pa.string()) for column in columns], names=names)
    schema = _inferred(iter([batch]))
    return Source(schema, lambda: iter([_converted(batch, schema)]))


def _inferred(batches: Iterator[pa.RecordBatch]) -> pa.Schema:
    """Column types that hold for every value. Raises Invalid where there is no row."""
    left: dict[str, list[str]] = {}
    seen: set[str] = set()
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        for name in batch.schema.names:
            still = left.setdefault(name, [form for form, _, _ in _FORMS])
            values = batch.column(name).drop_null()
            if len(values):
                seen.add(name)
                left[name] = [form for form in still if _all_match(values, form)]
    if rows == 0:
        raise empty()
    types = {form: type_ for form, _, type_ in _FORMS}
    return pa.schema(
        [(name, types[forms[0]] if forms and name in seen else pa.string()) for name, forms in left.items()]
    )


def _all_match(values: pa.Array, form: str) -> bool:
    pattern, type_ = next((pattern, type_) for name, pattern, type_ in _FORMS if name == form)
    if not pc.all(pc.match_substring_regex(values, pattern)).as_py():
        return False
    if form == "integer":
        return True
    try:  # 2024-02-31 has the form of a date and is none; neither is 0000-01-01, nor 1e999 a number
        converted = values.cast(type_)
    except pa.ArrowInvalid:
        return False
    if form == "number":
        return bool(pc.all(pc.is_finite(converted)).as_py())
    return not pc.any(pc.starts_with(values, "0000")).as_py()


def _converted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    try:
        return pa.record_batch([batch.column(f.name).cast(f.type) for f in schema], schema=schema)
    except pa.ArrowInvalid:
        raise wrong(say("The file changed while it was read.")) from None
