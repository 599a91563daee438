"""Delimited text as batches of text cells: encoding, separator, header, and rows that are whole.

A quote counts only where a cell begins (as in pyarrow's parser and RFC 4180). Behind the last line a mark is
put: if it does not come out as the last row, a quote was opened somewhere and never closed, and what followed
was about to be swallowed as one cell. Errors name the row, never what stands in it, and never the words of a
header either: in a file without a header they are data.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol, cast

import pyarrow as pa
import pyarrow.csv as pcsv

from ...errors import Invalid
from ...language import Message, say

ENCODINGS = ("utf-8", "cp949")
_BLOCK = 1 << 19  # pyarrow reads some 40 of them ahead; a row must fit into one
_LONGEST_HEADER = 1 << 17
_MARK = "\x1eend\x1e"

Opener = Callable[[], BinaryIO]
"""Opens the same bytes anew, from the beginning."""


def encoding_of(open_: Opener) -> str:
    tried: list[tuple[str, int]] = []
    for encoding in ENCODINGS:
        line = _first_bad_line(open_, encoding)
        if line is None:
            return encoding
        tried.append((encoding, line))
    where = ", ".join(f"{name}: line {line}" for name, line in tried)
    raise wrong(
        say("The file is neither UTF-8 nor CP949 throughout ({where}).", where=where),
        say("Save it again in one encoding, UTF-8 best, and add it again."),
    )


def _first_bad_line(open_: Opener, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with open_() as file:
        while chunk := file.read(_BLOCK):
            begun = len(decoder.getstate()[0])  # bytes of a character that the last block cut in two
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return line + chunk[: max(0, error.start - begun)].count(b"\n")
            line += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return None


def separator_of(open_: Opener, encoding: str) -> str:
    with open_() as file:
        start = file.read(_LONGEST_HEADER).decode(encoding, "replace").lstrip("\ufeff")
    bare = re.sub(r'(^|[,;\t|])"(?:[^"]|"")*"', r"\1", start)  # what stands in quotes separates nothing
    header = bare.split("\n", 1)[0]
    return max((",", ";", "\t", "|"), key=header.count)


def text_batches(open_: Opener, encoding: str, separator: str) -> Iterator[pa.RecordBatch]:
    with open_() as file:
        stream = file if encoding == "utf-8" else _Recoded(file, encoding)
        yield from stream_batches(stream, separator)


def stream_batches(stream: _Readable, separator: str) -> Iterator[pa.RecordBatch]:
    """All columns as text."""
    names, begun = _header(stream, separator)
    mark = _MARK + separator * (len(names) - 1) + "\n"
    framed = cast(BinaryIO, io.BufferedReader(_Framed(begun, stream, ("\n" + mark).encode())))
    rows, held = 0, None
    for batch in _parsed(framed, names, separator):
        if held is not None:
            rows += held.num_rows
            yield held
        held = batch
    if held is None or held.column(0)[held.num_rows - 1].as_py() != _MARK:
        row = rows + (0 if held is None else held.num_rows) + 1
        raise wrong(
            say("In row {line} a quote is opened and never closed.", line=row),
            say("Close that quote, or double it if it belongs to the text, and add the file again."),
        )
    if held.num_rows > 1:
        yield held.slice(0, held.num_rows - 1)


def _parsed(stream: BinaryIO, names: list[str], separator: str) -> Iterator[pa.RecordBatch]:
    bad: list[tuple[int, int, int]] = []

    def note(row: pcsv.InvalidRow) -> str:
        bad.append((row.number or 0, row.expected_columns, row.actual_columns))
        return "error"

    try:
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
        if bad:
            line, expected, found = bad[0]
            raise ragged(line + 1, found, expected) from None
        if "straddling" in str(error):
            raise wrong(
                say("A row is longer than {most} bytes, or a quote is opened and not closed.", most=_BLOCK),
                say("Mend the quote, or save the file as Parquet, and add it again."),
            ) from None
        raise wrong(
            say("The file cannot be read as CSV."),
            say("See whether a quote is opened and not closed; mend the file and add it again."),
        ) from None


def _header(stream: _Readable, separator: str) -> tuple[list[str], bytes]:
    """The names in the first line, and what was read behind it. Raises Invalid."""
    start = b""
    while len(start) < _LONGEST_HEADER and (piece := stream.read(_LONGEST_HEADER)):
        start += piece
    start = start.removeprefix(codecs.BOM_UTF8)
    end = _line_end(start, separator.encode())
    if end is None and len(start) >= _LONGEST_HEADER:
        raise wrong(
            say("The header does not end."),
            say("See whether a quote in the first line is opened and not closed, and add the file again."),
        )
    try:
        text = start[:end].decode()
    except UnicodeDecodeError:
        raise wrong(say("The file is not UTF-8.")) from None
    if "\0" in text:
        raise wrong(say("The file is not text."), say("Save it as CSV in UTF-8 and add it again."))
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise empty()
    names = [cell.strip() for cell in rows[0]]
    check_names(names)
    return names, b"" if end is None else start[end:]


def _line_end(start: bytes, separator: bytes) -> int | None:
    """Where the first record ends. A quote counts only where a cell begins, as the parser has it."""
    cell = re.compile(rb'"(?:[^"]|"")*"[^\r\n%s]*|[^\r\n%s]*' % (re.escape(separator), re.escape(separator)))
    place = 0
    while place < len(start):
        if start[place : place + 1] == b'"' and not re.compile(rb'"(?:[^"]|"")*"').match(start, place):
            return None  # opened and never closed
        found = cell.match(start, place)
        place = found.end() if found else place
        if start[place : place + 1] != separator:
            break
        place += 1
    else:
        return None
    after = re.compile(rb"\r\n|\r|\n").match(start, place)
    return after.end() if after else None


def check_names(names: list[str]) -> None:
    if any(not name.strip() for name in names):
        place = next(i for i, name in enumerate(names, 1) if not name.strip())
        raise Invalid.field(
            "header", expected="a name for every column", got=say("none for column {place}", place=place)
        )
    first: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if first.setdefault(name, place) != place:
            raise Invalid.field(
                "header",
                expected="each column name once",
                got=say("the same for columns {first} and {place}", first=first[name], place=place),
            )


class _Recoded(io.RawIOBase):
    """UTF-8 bytes of a file in another encoding, a block at a time."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
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


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


class _Framed(io.RawIOBase):
    """What was read already, the rest of the stream, and an end, as one stream."""

    def __init__(self, begun: bytes, stream: _Readable, end: bytes) -> None:
        self._ready, self._stream, self._end = begun, stream, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if not self._ready:
            self._ready = self._stream.read(len(view)) or b""
        if not self._ready:
            self._ready, self._end = self._end, b""
        taken = self._ready[: len(view)]
        view[: len(taken)] = taken
        self._ready = self._ready[len(taken) :]
        return len(taken)


def ragged(row: int, found: int, expected: int) -> Invalid:
    return wrong(
        say("Row {line} has {found} cells, the header has {expected}.", line=row, found=found, expected=expected),
        say("Mend that row (a separator inside a cell needs quotes) and add the file again."),
    )  # fmt: skip


def empty() -> Invalid:
    return wrong(
        say("The file holds no table: no header, or no row."), say("Add a file with a header line and rows.")
    )


def wrong(detail: Message, next_step: Message | None = None) -> Invalid:
    return Invalid(
        "invalid.file", detail, next_step or say("Mend the file and add it again; nothing was kept.")
    )
