"""Encryption at rest: a seekable stream of AES-256-GCM segments.

The construction is streaming AEAD as Hoang, Reyhanitabar, Rogaway and Vizár define it (CRYPTO 2015, nOAE2's
STREAM; the same as Tink's AES-GCM-HKDF streaming key type): a key for each object by HKDF-SHA256 from the
Dataset's key, a random salt and the object's context; nonce = random prefix (7) || segment number (4) ||
last (1). A changed, moved, missing or added segment does not decrypt. Any segment can be read by itself, so
Parquet readers seek in it and nothing is decrypted to disk.
"""

from __future__ import annotations

import io
import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ...errors import Tampered
from ...language import say

MAGIC = b"DGBSEAL1"
SEGMENT = 1 << 20
TAG = 16
_SALT, _PREFIX = 32, 7
HEADER = len(MAGIC) + _SALT + _PREFIX


def _cipher(key: bytes, salt: bytes, context: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"dalgubeol/object/v1\0" + context.encode()).derive(key))


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


class SealingWriter(io.RawIOBase):
    """Encrypts what is written to it into `sink`. `context` (the Dataset's id) must be given to read it."""

    def __init__(self, sink: BinaryIO, key: bytes, context: str) -> None:
        salt, self._prefix = os.urandom(_SALT), os.urandom(_PREFIX)
        self._cipher = _cipher(key, salt, context)
        self._sink, self._pending, self._number, self._position = sink, bytearray(), 0, 0
        self._finished = False
        sink.write(MAGIC + salt + self._prefix)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: object) -> int:
        if self._finished:
            raise ValueError("write after finish()")
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        self._pending += view
        while len(self._pending) > SEGMENT:  # strictly more: the last segment is sealed by finish()
            self._seal(bytes(self._pending[:SEGMENT]), last=False)
            del self._pending[:SEGMENT]
        self._position += len(view)
        return len(view)

    def finish(self) -> None:
        """Seal the last segment. Without it the object does not decrypt."""
        if self._finished:
            raise ValueError("finish() a second time")
        self._finished = True
        self._seal(bytes(self._pending), last=True)
        self._pending.clear()

    def _seal(self, segment: bytes, last: bool) -> None:
        self._sink.write(self._cipher.encrypt(_nonce(self._prefix, self._number, last), segment, None))
        self._number += 1


class SealedReader(io.RawIOBase):
    """Plain bytes of a sealed object, seekable; decrypted segment by segment in memory. `part`: where the object
    lies in a larger file, as (first byte, size).

    Raises Tampered, naming the segment, where the key, the context or a byte is wrong.
    """

    def __init__(self, source: BinaryIO, key: bytes, context: str, part: tuple[int, int] | None = None) -> None:  # fmt: skip
        self._source = source
        self._start, size = part or (0, source.seek(0, os.SEEK_END))
        source.seek(self._start)
        header = source.read(HEADER)
        if len(header) < HEADER or not header.startswith(MAGIC):
            raise _unreadable(0)
        salt = header[len(MAGIC) : len(MAGIC) + _SALT]
        self._prefix = header[-_PREFIX:]
        self._cipher = _cipher(key, salt, context)
        body = size - HEADER
        self._segments = max(1, -(-body // (SEGMENT + TAG)))
        self.size = body - self._segments * TAG
        self._position = 0
        self._cached: tuple[int, bytes] = (-1, b"")
        if self.size < 0:
            raise _unreadable(0)
        self._segment(self._segments - 1)  # a missing end is found at once

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_SET and offset < 0:
            raise ValueError("negative seek")
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: object) -> int:
        """Fills the buffer across segments, as a file does: a short read means the end."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        filled = 0
        while filled < len(view) and self._position < self.size:
            number, start = divmod(self._position, SEGMENT)
            piece = self._segment(number)[start : start + len(view) - filled]
            view[filled : filled + len(piece)] = piece
            self._position += len(piece)
            filled += len(piece)
        return filled

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()

    def _segment(self, number: int) -> bytes:
        if self._cached[0] == number:
            return self._cached[1]
        self._source.seek(self._start + HEADER + number * (SEGMENT + TAG))
        stored = self._source.read(min(SEGMENT, self.size - number * SEGMENT) + TAG)
        nonce = _nonce(self._prefix, number, number == self._segments - 1)
        try:
            plain = self._cipher.decrypt(nonce, stored, None)
        except InvalidTag:
            raise _unreadable(number) from None
        self._cached = (number, plain)
        return plain


def _unreadable(segment: int) -> Tampered:
    return Tampered(
        "object.sealed",
        say(
            "Segment {segment} of a sealed object does not decrypt: wrong key, or changed bytes.",
            segment=segment,
        ),
        say("Restore the object and its key from backup; tell the operator."),
    )
