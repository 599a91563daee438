"""What a script prints, for a short time: a sealed file for each attempt at a Run, as long as it may become and no
longer.

A file is frames of AES-256-GCM: length (4 bytes, big-endian), nonce (12), ciphertext. The attempt and the frame's
place are bound to each, so that none can be moved, left out or brought from another file; a frame that is being
written is not there yet. The process that runs the script writes, others read meanwhile. Nothing is synced: a log
need not survive anything.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MOST_BYTES = 64 << 10
"""Of what one attempt printed, that is kept: its beginning."""
_NONCE = 12
_MOST_FRAMES = 8192
"""A script that prints byte by byte fills no disk with nonces."""
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Printed:
    """What has been printed so far."""

    text: bytes = b""
    whole: bool = True
    """Whether nothing was left out."""


class LogWriter:
    """Takes what comes, as much of it as is kept. A disk that is full ends the log, never the Run."""

    def __init__(self, path: Path, key: bytes, context: str) -> None:
        self._cipher, self._context = AESGCM(key), context
        self._left, self._frames = MOST_BYTES, 0
        self._file: BinaryIO | None = None
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.unlink(
                missing_ok=True
            )  # and not truncated: another attempt may still write into the old one
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            self._file = open(descriptor, "wb", buffering=0)  # noqa: SIM115 - closed by close()

    def heard(self, printed: bytes) -> None:
        kept = printed[: self._left]
        if self._file is None or not printed:
            return
        last = len(kept) < len(printed) or self._frames == _MOST_FRAMES - 1
        self._left -= len(kept)
        self._write(kept)
        if last:  # an empty frame says that there was more
            self._write(b"")
            self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, kept: bytes) -> None:
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, kept, _place(self._context, self._frames))
        self._frames += 1
        try:
            assert self._file is not None
            self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        except OSError:
            self.close()


def printed(path: Path, key: bytes, context: str) -> Printed:
    """What an attempt has printed so far; nothing where there is no such file (any more)."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Printed()
    cipher, text, place, frame = AESGCM(key), bytearray(), 0, 0
    while len(content) - place >= _LENGTH.size:
        (size,) = _LENGTH.unpack_from(content, place)
        sealed = content[place + _LENGTH.size : place + _LENGTH.size + size]
        if len(sealed) < size:
            break  # it is being written
        try:
            kept = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(context, frame))
        except (InvalidTag, ValueError):
            break  # not ours: what follows is worth nothing either
        if not kept:
            return Printed(bytes(text), False)
        text += kept
        place, frame = place + _LENGTH.size + size, frame + 1
    return Printed(bytes(text))


def _place(context: str, frame: int) -> bytes:
    return f"{context}/{frame}".encode()
