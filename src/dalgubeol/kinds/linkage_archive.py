"""Parcels, what the parties of a linkage send each other, and the archive that holds some of them.

A parcel is a zip. Under `RECEIVER/SENDER/` it holds `manifest.json` and `data.parquet`; `*` as receiver is every
party that may be sent such content. Parcels of several senders are one archive by union, so that a kind takes
what came from two applicants or from seven in one slot. A manifest says under which agreement the parcel was
made, and in numbers what is in it; no key and no value is in a manifest.

What arrives was written by others, so an archive is looked at before anything of it is unpacked:

- Nothing in it is compressed, neither in the zip nor in the Parquet. What is read is then no larger than what was
  sent, but for repeated values, which Parquet writes once.
- Rows are as many as the papers say. Each but those of a result holds a serial number of its own, so that many
  rows take many bytes; and no archive has more than `_CELLS_A_BYTE` cells a byte.
- A value that is written once may be long and be meant a million times: what a table would take is added up batch
  by batch before it is made.

Members are written and read in pieces, so that a large table passes through in little memory.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from ..digest import CHUNK, canonical
from ..errors import Invalid
from ..language import say
from ..nouns.linkage import Content

if TYPE_CHECKING:
    import pyarrow as pa

ALL = "*"
LARGEST_PAPER = 1 << 20
BATCH = 65_536
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PAPERS, _DATA = "manifest.json", "data.parquet"
_LOCAL_HEADER, _LOCAL_MAGIC = 30, b"PK\x03\x04"
_MOST_MEMBERS = 200
_BYTES_A_SERIAL = 12
_CELLS_A_BYTE, _FREE_CELLS = 64, 10_000_000
_EXPANSION, _FREE_BYTES = 64, 64 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """The papers of one parcel."""

    agreement: str
    content: Content
    sender: str
    receiver: str
    rows: int
    persons: int = 0
    """Of an applicant: how many it has in all."""
    of: str = ""
    """Whose persons they are, where that is not the sender (the oblivious mode)."""
    normalisation: str = ""
    check: str = ""
    mock: bool = False
    rate: float | None = None

    def plain(self) -> dict[str, object]:
        row = {name: getattr(self, name) for name in self.__slots__}
        return {"v": 1, **row, "content": self.content.value}


@dataclass(frozen=True, slots=True)
class Parcel:
    """Papers, and the table."""

    manifest: Manifest
    table: pa.Table


_DAMAGE = (
    zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, RecursionError, NotImplementedError, struct.error
)  # fmt: skip
"""How what was made by others, or was damaged on its way, fails to be read; pyarrow's errors are among them."""


@dataclass(frozen=True, slots=True)
class Packet:
    """Papers, and the Parquet file, as yet unread."""

    manifest: Manifest
    open: Callable[[], BinaryIO]
    """From its first byte at every call; seekable where it came out of an archive."""

    def table(self) -> pa.Table:
        """Raises Invalid for one that is damaged, or much larger than what was sent."""
        try:
            return _decoded(self.open())
        except _DAMAGE:
            raise no_parcel() from None


def archived(packets: Iterable[Packet | Parcel]) -> Iterator[bytes]:
    """The archive of some parcels, in pieces; the same parcels always give the same bytes."""
    sink = _Pieces()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for each in sorted(packets, key=lambda p: (p.manifest.receiver, p.manifest.sender)):
            place = f"{each.manifest.receiver}/{each.manifest.sender}"
            archive.writestr(zipfile.ZipInfo(f"{place}/{_PAPERS}", _EPOCH), canonical(each.manifest.plain()))
            with archive.open(zipfile.ZipInfo(f"{place}/{_DATA}", _EPOCH), "w", force_zip64=True) as member:
                for piece in _parquet_of(each):
                    member.write(piece)
                    yield from sink.taken()
    yield from sink.taken()


def packed(parcels: Iterable[Parcel]) -> bytes:
    """The same, whole."""
    return b"".join(archived(parcels))


def parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """A Parquet file as it lies in a parcel, in pieces: not compressed, without statistics and foreign papers."""
    import pyarrow.parquet as pq

    sink, plain = _Pieces(), _without_papers(schema)
    with pq.ParquetWriter(sink, plain, compression="none", write_statistics=False, store_schema=True) as writer:  # fmt: skip
        for batch in batches:
            writer.write_batch(batch.cast(plain))
            yield from sink.taken()
    yield from sink.taken()


def table_packet(data: BinaryIO, manifest: Manifest) -> Packet:
    """A table that lies as Parquet in `data`, as it goes into a parcel: batch by batch, without foreign papers."""

    def pieces() -> Iterator[bytes]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        data.seek(0)
        with pq.ParquetFile(pa.PythonFile(data, mode="r"), pre_buffer=False) as file:
            yield from parquet(file.schema_arrow, file.iter_batches(BATCH, use_threads=False))

    return Packet(manifest, lambda: flow(pieces()))


def flow(pieces: Iterable[bytes]) -> BinaryIO:
    """Pieces as a stream that is read once, from its first byte on."""
    return io.BufferedReader(_Flow(iter(pieces)), 1 << 16)


def packets(stream: BinaryIO) -> tuple[Packet, ...]:
    """What is in an archive; its tables are not read, but looked at. They are read from `stream`, which so stays
    open. Raises Invalid for what is no archive of parcels, or one that would become much larger than it is."""
    try:
        with zipfile.ZipFile(stream) as archive:
            members = {entry.filename: entry for entry in archive.infolist()}
            places = sorted(n.removesuffix(f"/{_PAPERS}") for n in members if n.endswith(f"/{_PAPERS}"))
            expected = {f"{place}/{part}" for place in places for part in (_PAPERS, _DATA)}
            if not 0 < len(archive.infolist()) <= _MOST_MEMBERS or set(members) != expected or len(expected) != len(archive.infolist()):  # fmt: skip
                raise no_parcel()
            return tuple(_packet(stream, members, place) for place in places)
    except _DAMAGE:
        raise no_parcel() from None


def unpacked(stream: BinaryIO) -> tuple[Parcel, ...]:
    """The same, read. Raises Invalid."""
    return tuple(Parcel(each.manifest, each.table()) for each in packets(stream))


def manifests(stream: BinaryIO) -> tuple[Manifest, ...]:
    """The papers alone. Raises Invalid."""
    return tuple(each.manifest for each in packets(stream))


def no_parcel() -> Invalid:
    return Invalid.field("parcel", expected=say("what a kind of linkage made"), got=say("something else"))


def _parquet_of(each: Packet | Parcel) -> Iterator[bytes]:
    if isinstance(each, Parcel):
        return parquet(each.table.schema, each.table.to_batches(BATCH))
    source = each.open()
    return iter(lambda: source.read(CHUNK), b"")


def _without_papers(schema: pa.Schema) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([pa.field(f.name, f.type, f.nullable) for f in schema])


def _packet(stream: BinaryIO, members: dict[str, zipfile.ZipInfo], place: str) -> Packet:
    papers = members[f"{place}/{_PAPERS}"]
    if papers.file_size > LARGEST_PAPER:
        raise no_parcel()
    manifest = _manifest(json.loads(_member(stream, papers).read()))
    if place != f"{manifest.receiver}/{manifest.sender}":
        raise no_parcel()
    data = members[f"{place}/{_DATA}"]
    _check_size(_member(stream, data), data.file_size, manifest)
    return Packet(manifest, lambda: _member(stream, data))


def _check_size(data: BinaryIO, size: int, manifest: Manifest) -> None:
    """Raises Invalid by what the file's own footer says, before any of it is decoded."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = pq.read_metadata(pa.PythonFile(data, mode="r"))
    groups = [found.row_group(number) for number in range(found.num_row_groups)]
    columns = [group.column(place) for group in groups for place in range(group.num_columns)]
    schema = found.schema.to_arrow_schema()
    if manifest.content is Content.PAYLOAD and "serial" not in schema.names:
        raise Invalid(
            "link.no-serial",
            say("What {sender} sent has no column of serial numbers, so nothing can be joined by it.", sender=manifest.sender),
            say("Its sender runs the pseudonymisation again with `--keep serial`, and sends that."),
        )  # fmt: skip
    fits = (
        found.num_rows == manifest.rows == sum(group.num_rows for group in groups)
        and all(each.compression == "UNCOMPRESSED" for each in columns)
        and sum(max(each.total_uncompressed_size, each.total_compressed_size) for each in columns) <= size
        and found.num_rows * len(schema) <= _FREE_CELLS + _CELLS_A_BYTE * size
        and (manifest.content is Content.RESULT or found.num_rows * _BYTES_A_SERIAL <= size)
    )
    if not fits:
        raise _too_much()
    if any(pa.types.is_nested(each.type) or isinstance(each.type, pa.BaseExtensionType) for each in schema):
        raise no_parcel()


def _decoded(data: BinaryIO) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = data.seek(0, io.SEEK_END)
    data.seek(0)
    left = _FREE_BYTES + _EXPANSION * size
    made = []
    with pq.ParquetFile(pa.PythonFile(data, mode="r"), pre_buffer=False) as file:
        schema = _without_papers(file.schema_arrow)
    data.seek(0)
    texts = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type) or pa.types.is_binary(f.type) or pa.types.is_large_binary(f.type)]  # fmt: skip
    with pq.ParquetFile(pa.PythonFile(data, mode="r"), read_dictionary=texts, pre_buffer=False) as file:
        for batch in file.iter_batches(BATCH, use_threads=False):
            left -= sum(_size(column) for column in batch.columns)
            if left < 0:
                raise _too_much()
            made.append(pa.record_batch([_plain(column, field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema))  # fmt: skip
    return pa.Table.from_batches(made, schema)


def _size(column: pa.Array) -> int:
    """What a column takes once each of its values is written out, bytes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary).take(column.indices)
    return int(pc.sum(lengths).as_py() or 0) + 4 * len(column)


def _plain(column: pa.Array, type_: pa.DataType) -> pa.Array:
    import pyarrow as pa

    return column.dictionary_decode().cast(type_) if pa.types.is_dictionary(column.type) else column.cast(type_)  # fmt: skip


def _member(stream: BinaryIO, entry: zipfile.ZipInfo) -> BinaryIO:
    """A member that is stored as it is, where it lies. Raises Invalid."""
    stream.seek(entry.header_offset)
    header = stream.read(_LOCAL_HEADER)
    stored = entry.compress_type == zipfile.ZIP_STORED and entry.compress_size == entry.file_size
    if not stored or entry.flag_bits & 1 or len(header) < _LOCAL_HEADER or not header.startswith(_LOCAL_MAGIC):  # fmt: skip
        raise no_parcel()
    name, extra = struct.unpack("<HH", header[-4:])
    start = entry.header_offset + _LOCAL_HEADER + name + extra
    if start + entry.file_size > stream.seek(0, io.SEEK_END):
        raise no_parcel()
    return io.BufferedReader(_Part(stream, start, entry.file_size), 1 << 16)


def _manifest(plain: Any) -> Manifest:
    if not isinstance(plain, dict) or plain.pop("v", None) != 1 or set(plain) != set(Manifest.__slots__):
        raise no_parcel()
    texts = ("agreement", "content", "sender", "receiver", "of", "normalisation", "check")
    counts = (plain["rows"], plain["persons"])
    rate = plain["rate"]
    fits = (
        all(isinstance(plain[name], str) for name in texts)
        and all(type(count) is int and count >= 0 for count in counts)
        and isinstance(plain["mock"], bool)
        and (rate is None or (type(rate) in (int, float) and 0 <= rate <= 1))
    )
    if not fits:
        raise no_parcel()
    return Manifest(**{**plain, "content": Content(plain["content"])})


def _too_much() -> Invalid:
    return Invalid.field("parcel", expected=say("no more rows and bytes than its papers and its size tell of"), got=say("more"))  # fmt: skip


class _Pieces(io.RawIOBase):
    """Takes what is written; `taken` hands it on. Not seekable: nothing that was handed on is changed."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._position += len(piece)
        return len(piece)

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        yield from pieces


class _Flow(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        while not self._left and (piece := next(self._pieces, None)) is not None:
            self._left = piece
        piece, self._left = self._left[: len(view)], self._left[len(view) :]
        view[: len(piece)] = piece
        return len(piece)


class _Part(io.RawIOBase):
    """Some bytes of a seekable stream, as a stream of their own."""

    def __init__(self, source: BinaryIO, start: int, size: int) -> None:
        self._source, self._start, self._size, self._position = source, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        self._source.seek(self._start + self._position)
        piece = self._source.read(max(0, min(len(view), self._size - self._position)))
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
