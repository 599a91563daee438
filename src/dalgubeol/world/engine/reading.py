"""Files that people bring: CSV (UTF-8 or CP949), XLSX and Parquet, as a schema and a stream of batches.

A text file is read twice: once to see its encoding, its shape and what its columns can be, once to convert.
So a type is never guessed from the first lines, and nothing is stored of a file that is wrong at its end.
A column is a number only if every value is written as a number is: `0012` and `010-1234-5678` stay text.
Empty cells are missing values. Errors name the line, never what stands in it.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from ...errors import Invalid, Missing
from ...language import Message, say
from ...nouns.dataset import Column

ENCODINGS = ("utf-8", "cp949")
_BLOCK = 1 << 22
_FORMS = (
    ("integer", r"^-?(0|[1-9][0-9]{0,17})$", pa.int64()),
    ("number", r"^-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?$", pa.float64()),
    ("date", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", pa.date32()),
    ("instant", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?$", pa.timestamp("us")),
)  # fmt: skip
_NULLS = pcsv.ConvertOptions(strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=True)


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
    if not path.is_file():
        raise Missing(
            "file.missing",
            say("There is no file {path}.", path=path),
            say("Check the path."),
        )
    readers = {
        ".csv": read_csv,
        ".txt": read_csv,
        ".tsv": read_csv,
        ".xlsx": read_xlsx,
        ".parquet": read_parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise Invalid.field(
            "file", expected="a .csv, .tsv, .xlsx or .parquet file", got=path.suffix or "no ending"
        )
    return reader(path)


def read_parquet(path: Path) -> Source:
    """Raises Invalid for a file that is not Parquet, or holds columns that are not plain values."""
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError):
        raise _wrong(say("{path} is not a Parquet file.", path=path.name)) from None
    _check_names(schema.names)
    for field in schema:
        if pa.types.is_nested(field.type) or pa.types.is_union(field.type):
            raise Invalid.field(f"column {field.name}", expected="plain values", got=str(field.type))

    def batches() -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            yield from file.iter_batches(65_536, use_threads=False)

    return Source(schema.remove_metadata(), batches)


def read_csv(path: Path) -> Source:
    """Raises Invalid, naming the line, for empty, ragged or badly encoded text."""
    encoding = _encoding(path)
    separator = _separator(path, encoding)
    schema = _inferred(_text_batches(path, encoding, separator))

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in _text_batches(path, encoding, separator):
            yield _converted(batch, schema)

    return Source(schema, batches)


def read_csv_bytes(content: bytes) -> Source:
    """The same for content at hand (examples, small outputs), UTF-8 only."""
    schema = _inferred(_stream_batches(io.BytesIO(content), ","))
    return Source(schema, lambda: (_converted(b, schema) for b in _stream_batches(io.BytesIO(content), ",")))


def read_xlsx(path: Path) -> Source:
    """The first sheet; its first row names the columns."""
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, OSError):
        raise _wrong(say("{path} is not an XLSX file.", path=path.name)) from None
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    if not rows or not any(cell is not None for cell in rows[0]):
        raise _empty()
    names = ["" if cell is None else str(cell) for cell in rows[0]]
    _check_names(names)
    texts = [pa.array([_cell(row[place]) for row in rows[1:]], pa.string()) for place in range(len(names))]
    batch = pa.record_batch(texts, names=names)
    schema = _inferred(iter([batch]))
    return Source(schema, lambda: iter([_converted(batch, schema)]))


def _encoding(path: Path) -> str:
    tried: list[tuple[str, int]] = []
    for encoding in ENCODINGS:
        line = _first_bad_line(path, encoding)
        if line is None:
            return encoding
        tried.append((encoding, line))
    where = ", ".join(f"{name}: line {line}" for name, line in tried)
    raise _wrong(
        say("The file is neither UTF-8 nor CP949 throughout ({where}).", where=where),
        say("Save it again in one encoding, UTF-8 best, and add it again."),
    )


def _first_bad_line(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with open(path, "rb") as file:
        while chunk := file.read(_BLOCK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return line + chunk[: error.start].count(b"\n")
            line += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return None


def _separator(path: Path, encoding: str) -> str:
    with open(path, encoding=encoding, errors="replace") as file:
        header = file.readline(1 << 20)
    if not header.strip("\ufeff \r\n"):
        raise _empty()
    return max((",", ";", "\t", "|"), key=header.count)


def _text_batches(path: Path, encoding: str, separator: str) -> Iterator[pa.RecordBatch]:
    with open(path, "rb") as file:
        stream = file if encoding == "utf-8" else _Recoded(file, encoding)
        yield from _stream_batches(stream, separator)


def _stream_batches(stream: object, separator: str) -> Iterator[pa.RecordBatch]:
    """All columns as text."""
    ragged: list[tuple[int, int, int]] = []

    def note(row: pcsv.InvalidRow) -> str:
        ragged.append((row.number or 0, row.expected_columns, row.actual_columns))
        return "error"

    try:
        names = _header(stream, separator)
        types = {name: pa.string() for name in names}
        reader = pcsv.open_csv(
            stream,
            read_options=pcsv.ReadOptions(block_size=_BLOCK, use_threads=False, column_names=names),
            parse_options=pcsv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                invalid_row_handler=note,
                ignore_empty_lines=True,
            ),
            convert_options=pcsv.ConvertOptions(
                column_types=types,
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=True,
            ),
        )
        yield from reader
    except pa.ArrowInvalid as error:
        if ragged:
            line, expected, found = ragged[0]
            raise _wrong(
                say("Row {line} has {found} cells, the header has {expected}.", line=line + 1, found=found, expected=expected),
                say("Mend that row (a separator inside a cell needs quotes) and add the file again."),
            ) from None  # fmt: skip
        if "Empty CSV" in str(error):
            raise _empty() from None
        raise _wrong(say("The file cannot be read as CSV.")) from None


def _header(stream: object, separator: str) -> list[str]:
    """Read the first line off `stream`; pyarrow reads on behind it."""
    import csv

    line = bytearray()
    quoted = False
    while piece := stream.read(1):  # type: ignore[attr-defined]
        line += piece
        quoted ^= piece == b'"'
        if piece == b"\n" and not quoted:
            break
    text = line.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise _empty()
    names = [cell.strip() for cell in rows[0]]
    _check_names(names)
    return names


def _inferred(batches: Iterator[pa.RecordBatch]) -> pa.Schema:
    """Column types that hold for every value. Raises Invalid where there is no row."""
    left: dict[str, list[str]] = {}
    seen: set[str] = set()
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        for name in batch.schema.names:
            values = batch.column(name).drop_null()
            if len(values):
                seen.add(name)
                still = left.setdefault(name, [form for form, _, _ in _FORMS])
                left[name] = [form for form in still if _all_match(values, form)]
        left.update({name: left.get(name, [form for form, _, _ in _FORMS]) for name in batch.schema.names})
    if rows == 0:
        raise _empty()
    types = {form: type_ for form, _, type_ in _FORMS}
    return pa.schema(
        [(name, types[forms[0]] if forms and name in seen else pa.string()) for name, forms in left.items()]
    )


def _all_match(values: pa.Array, form: str) -> bool:
    pattern = next(pattern for name, pattern, _ in _FORMS if name == form)
    if not pc.all(pc.match_substring_regex(values, pattern)).as_py():
        return False
    if form in ("date", "instant"):  # 2024-02-31 has the form of a date and is none
        try:
            values.cast(next(type_ for name, _, type_ in _FORMS if name == form))
        except pa.ArrowInvalid:
            return False
    return True


def _converted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.record_batch([batch.column(f.name).cast(f.type) for f in schema], schema=schema)


def _check_names(names: list[str]) -> None:
    if any(not name.strip() for name in names):
        place = next(i for i, name in enumerate(names, 1) if not name.strip())
        raise Invalid.field("header", expected="a name for every column", got=f"none for column {place}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Invalid.field("header", expected="each column name once", got=f"'{twice[0]}' more than once")


def _cell(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class _Recoded(io.RawIOBase):
    """UTF-8 bytes of a file in another encoding, a block at a time."""

    def __init__(self, file: io.BufferedReader, encoding: str) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder(encoding)()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        while not self._ready:
            chunk = self._file.read(_BLOCK)
            self._ready = self._decoder.decode(chunk, final=not chunk).encode()
            if not chunk:
                break
        taken = self._ready[: len(view)]
        view[: len(taken)] = taken
        self._ready = self._ready[len(taken) :]
        return len(taken)


def _empty() -> Invalid:
    return _wrong(
        say("The file holds no table: no header, or no row."), say("Add a file with a header line and rows.")
    )


def _wrong(detail: Message, next_step: Message | None = None) -> Invalid:
    return Invalid(
        "invalid.file", detail, next_step or say("Mend the file and add it again; nothing was kept.")
    )
