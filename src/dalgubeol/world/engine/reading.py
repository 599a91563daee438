"""Files that people bring: CSV (UTF-8 or CP949), XLSX and Parquet, as a schema and a stream of batches.

A text file is read twice: once to see its encoding, its shape and what its columns can be, once to convert.
So a type is never guessed from the first lines, and nothing is stored of a file that is wrong at its end.
A column is a number only if every value is written as a number is and can be kept exactly: `0012`,
`010-1234-5678` and the 20 digits of a bar code stay text. Empty cells are missing values. Errors name the
line, never what stands in it. (What makes text whole: `delimited`.)
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import Invalid, Missing
from ...language import say
from ...nouns.dataset import Column
from .delimited import (
    ENCODINGS,
    Opener,
    check_names,
    empty,
    encoding_of,
    ragged,
    separator_of,
    stream_batches,
    text_batches,
    wrong,
)

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

LARGEST_XLSX = 256 << 20
"""Bytes, unpacked: a spreadsheet is read into memory as a whole, and a small one can be a bomb."""

_FORMS = (
    ("integer", r"^-?(0|[1-9][0-9]{0,17})$", pa.int64()),
    ("number", r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]*)?([eE][-+]?[0-9]+)?$", pa.float64()),
    ("date", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", pa.date32()),
    ("instant", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?$", pa.timestamp("us")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that somebody brought, wherever they lie: a file, or an upload that is sealed."""

    name: str
    """Says by its ending what they are, and names them in errors. No path is made of it."""
    open: Opener
    """Each call opens them anew, seekable."""

    @property
    def ending(self) -> str:
        return PurePath(self.name).suffix.lower()


def file_content(path: Path) -> Content:
    """Raises Missing."""
    if not path.is_file():
        raise Missing(
            "file.missing",
            say("There is no file {path}.", path=path),
            say("Check the path."),
        )
    return Content(path.name, lambda: open(path, "rb"))


@dataclass(frozen=True, slots=True)
class Source:
    """A readable table: `batches()` may be called once."""

    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]

    @property
    def columns(self) -> tuple[Column, ...]:
        return columns_of(self.schema)


def columns_of(schema: pa.Schema) -> tuple[Column, ...]:
    return tuple(Column(field.name, str(field.type)) for field in schema)


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
    }
    reader = readers.get(content.ending)
    if reader is None:
        raise Invalid.field(
            "file", expected="a .csv, .tsv, .xlsx or .parquet file", got=content.ending or "no ending"
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
    """The first sheet; its first row names the columns. It is held in memory, so its size is bounded."""
    rows = _cells(content)
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


def _cells(content: Content) -> list[list[str | None]]:
    """The first sheet as text, without the empty cells at the ends of rows."""
    from zipfile import BadZipFile, ZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    broken = (
        InvalidFileException,
        BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        SyntaxError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
    )  # fmt: skip - openpyxl and the XML parser meet a broken file with any of these
    try:
        with content.open() as file:
            with ZipFile(file) as packed:
                unpacked = sum(entry.file_size for entry in packed.infolist())
            if unpacked > LARGEST_XLSX:
                raise wrong(
                    say("{path} is too large for XLSX ({size} MB unpacked, {most} are allowed).", path=content.name, size=unpacked >> 20, most=LARGEST_XLSX >> 20),
                    say("Save it as CSV in UTF-8 and add that."),
                )  # fmt: skip
            file.seek(0)
            book = load_workbook(file, read_only=True, data_only=True)
            try:
                rows = [
                    [_cell(value) for value in row] for row in book.worksheets[0].iter_rows(values_only=True)
                ]
            finally:
                book.close()
    except broken:
        raise wrong(say("{path} is not an XLSX file.", path=content.name)) from None
    for row in rows:
        while row and row[-1] is None:
            row.pop()
    return rows


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


def _cell(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
