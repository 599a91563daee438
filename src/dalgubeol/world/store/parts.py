"""What has arrived of an upload: sealed parts in a folder of its own, read as one stream.

Part n holds the bytes from n * PART on. It is written aside, sealed, synced and renamed, so a part is there
whole or not at all; only the last may be short, and whoever goes on writes it anew with what follows. So a
cut line loses nothing that had arrived, a killed process at most one part, and nothing plain is on the disk.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from ...errors import Conflict
from ...language import say
from .files import FileLock, disk_errors, synced_folder
from .sealing import HEADER, SEGMENT, TAG, SealedReader, SealingWriter

PART = 8 << 20
_ASIDE = ".arriving"


class Parts:
    """The parts of one upload under its own key. `context` is the upload's id."""

    def __init__(self, folder: Path, key: bytes, context: str) -> None:
        self.folder, self._key, self._context = folder, key, context

    def size(self) -> int:
        """Plain bytes that are safe on the disk."""
        last = self._count() - 1
        return 0 if last < 0 else last * PART + _plain_size(self._path(last).stat().st_size)

    @contextmanager
    def writing(self, offset: int) -> Iterator[PartsWriter]:
        """Go on at `offset`; what was written is kept however this ends. Raises Conflict where somebody else
        writes, or `offset` is not where it stands."""
        lock = FileLock(self.folder / "lock")
        with disk_errors():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not lock.acquire():
                raise Conflict(
                    "upload.busy",
                    say("Another connection is still sending this upload."),
                    say("Wait a few seconds, ask how much has arrived, and go on there."),
                )
        try:
            (self.folder / _ASIDE).unlink(missing_ok=True)
            if (stands := self.size()) != offset:
                raise Conflict(
                    "upload.offset",
                    say("{stands} bytes of this upload have arrived, not {offset}.", stands=stands, offset=offset),
                    say("Go on at {stands}.", stands=stands),
                )  # fmt: skip
            writer = PartsWriter(self, offset)
            try:
                yield writer
            finally:
                writer.close()
        finally:
            lock.release()

    def open(self) -> BinaryIO:
        """Plain bytes, seekable, decrypted in memory. Raises Tampered where a part does not decrypt."""
        return cast(BinaryIO, io.BufferedReader(PartsReader(self), 1 << 16))

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}"

    def _count(self) -> int:
        """Parts are made one after the other, so the names are the numbers from 0 on."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return 0
        return sum(name.isdigit() for name in names)

    def _sealed(self, number: int) -> SealedReader:
        return SealedReader(open(self._path(number), "rb"), self._key, self._bound(number))

    def _bound(self, number: int) -> str:
        return f"{self._context}/{number}"


class PartsWriter:
    """Takes plain bytes in any pieces. Use through `Parts.writing`."""

    def __init__(self, parts: Parts, offset: int) -> None:
        self._parts = parts
        self.offset = offset
        self._file: BinaryIO | None = None
        self._sealing: SealingWriter | None = None

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            piece = view[: PART - self.offset % PART]
            try:
                (self._sealing or self._begun()).write(piece)
            except BaseException:
                self._give_up()  # a segment may be half on the disk: the part is not worth finishing
                raise
            self.offset += len(piece)
            view = view[len(piece) :]
            if self.offset % PART == 0:
                self._finish((self.offset - 1) // PART)

    def close(self) -> None:
        """Keep what has come of the last part. Raises Unavailable where the disk is full."""
        if self._sealing is not None:
            self._finish(self.offset // PART)

    def _begun(self) -> SealingWriter:
        parts, number = self._parts, self.offset // PART
        with disk_errors():
            self._file = open(parts.folder / _ASIDE, "wb")  # noqa: SIM115 - closed by _finish()
        self._sealing = SealingWriter(cast(BinaryIO, _Full(self._file)), parts._key, parts._bound(number))
        if self.offset % PART:
            with parts._sealed(number) as short:
                shutil.copyfileobj(short, self._sealing, SEGMENT)
        return self._sealing

    def _give_up(self) -> None:
        file, self._sealing, self._file = self._file, None, None
        if file is not None:
            with suppress(OSError):
                file.close()

    def _finish(self, number: int) -> None:
        sealing, file, parts = self._sealing, self._file, self._parts
        self._sealing = self._file = None
        assert sealing is not None
        assert file is not None
        try:
            sealing.finish()
            with disk_errors():
                file.flush()
                os.fsync(file.fileno())
                file.close()
                os.replace(parts.folder / _ASIDE, parts._path(number))
                synced_folder(parts.folder)
        except BaseException:
            with suppress(OSError):
                file.close()  # what it still holds back does not fit either
            raise


class PartsReader(io.RawIOBase):
    """All parts as one seekable stream; one part open at a time."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self.size = parts, parts.size()
        self._position = 0
        self._open: tuple[int, SealedReader] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("negative seek")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: object) -> int:
        """Fills the buffer across parts: a short read means the end."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        filled = 0
        while filled < len(view) and self._position < self.size:
            number, start = divmod(self._position, PART)
            part = self._part(number)
            part.seek(start)
            taken = part.readinto(view[filled:])
            if not taken:
                break
            self._position += taken
            filled += taken
        return filled

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None
        super().close()

    def _part(self, number: int) -> SealedReader:
        if self._open is None or self._open[0] != number:
            if self._open is not None:
                self._open[1].close()
            self._open = (number, self._parts._sealed(number))
        return self._open[1]


class _Full:
    """A file whose full disk is Unavailable with a next step."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        with disk_errors():
            return self._file.write(data)


def _plain_size(stored: int) -> int:
    body = stored - HEADER
    return body - max(1, -(-body // (SEGMENT + TAG))) * TAG
