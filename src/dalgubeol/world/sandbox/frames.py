"""What comes out of a sandbox: a stream of length-prefixed frames, decoded as if written by an enemy.

A frame is `kind (1 byte) | name length (u16) | data length (u64) | name | data`, big endian. Kinds: `S` the
script starts, `F` one output file, `E` the report (flat JSON of whole numbers), which ends the stream.
Rules: every length is checked before a byte is kept; a name is a plain file name (Korean syllables, ASCII
letters, digits, space, `_ . -`; NFC; at most 100 characters; no leading dot); two names that differ only in
case are one. A file with another name is counted as refused, never renamed; its author is told (`kinds.analyse`). Nothing here raises on content: a
stream that breaks the form is `malformed`.
"""

from __future__ import annotations

import json
import re
import struct
import unicodedata
from dataclasses import dataclass, field

from .limits import Limits

HEADER = struct.Struct(">cHQ")
REPORT_BYTES = 4096
NAME_BYTES = 400
_PLAIN_NAME = re.compile(r"[A-Za-z0-9가-힣_](?:[A-Za-z0-9가-힣_ .\-]{0,98}[A-Za-z0-9가-힣_\-])?")


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One file that the script left in /out: its plain name and its bytes."""

    name: str
    data: bytes


def is_plain_name(name: str) -> bool:
    """Whether `name` is safe as a file name anywhere: no path part, control or look-alike character."""
    return _PLAIN_NAME.fullmatch(name) is not None and unicodedata.normalize("NFC", name) == name


@dataclass(slots=True)
class Frames:
    """Decoder of one stream: `feed` it bytes as they come, then read the fields.

    Keeps at most `output_bytes` + one report + one header, whatever is fed.
    """

    limits: Limits
    started: bool = False
    malformed: bool = False
    refused: int = 0
    misnamed: int = 0
    """Of those refused: the ones that the script did not hide by a leading dot."""
    outputs: list[OutputFile] = field(default_factory=list)
    report: dict[str, int] | None = None
    _buffer: bytearray = field(default_factory=bytearray)
    _taken: int = 0

    def feed(self, chunk: bytes) -> None:
        if self.malformed or self.report is not None:
            self.malformed = self.malformed or bool(chunk)
            return
        self._buffer += chunk
        while not self.malformed and self.report is None and self._take_frame():
            pass
        if self.malformed or (self.report is not None and self._buffer):
            self.malformed = True
            self._buffer.clear()

    def _take_frame(self) -> bool:
        if len(self._buffer) < HEADER.size:
            return False
        kind, name_length, data_length = HEADER.unpack_from(self._buffer)
        if not self._plausible(kind, name_length, data_length):
            self.malformed = True
            return False
        end = HEADER.size + name_length + data_length
        if len(self._buffer) < end:
            return False
        name = bytes(self._buffer[HEADER.size : HEADER.size + name_length])
        data = bytes(self._buffer[HEADER.size + name_length : end])
        del self._buffer[:end]
        self._accept(kind, name, data)
        return True

    def _plausible(self, kind: bytes, name_length: int, data_length: int) -> bool:
        if kind == b"S":
            return not self.started and name_length == data_length == 0
        if kind == b"E":
            return self.started and name_length == 0 and data_length <= REPORT_BYTES
        room = self.limits.output_bytes - self._taken
        return kind == b"F" and self.started and name_length <= NAME_BYTES and data_length <= room

    def _accept(self, kind: bytes, name: bytes, data: bytes) -> None:
        if kind == b"S":
            self.started = True
        elif kind == b"E":
            self.report = _whole_numbers(data)
            self.malformed = self.report is None
        else:
            self._taken += len(data)
            self._keep(name, data)

    def _keep(self, name: bytes, data: bytes) -> None:
        text = name.decode("utf-8", errors="replace")
        if not is_plain_name(text) or text.casefold() in {each.name.casefold() for each in self.outputs}:
            self.refused += 1
            self.misnamed += not text.startswith(".")
        elif len(self.outputs) >= self.limits.output_files:
            self.malformed = True
        else:
            self.outputs.append(OutputFile(text, data))


def _whole_numbers(data: bytes) -> dict[str, int] | None:
    """A flat JSON object of whole numbers from 0 to 2**53, or None."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    plain = all(type(each) is int and 0 <= each <= 1 << 53 for each in value.values())
    return value if plain else None
