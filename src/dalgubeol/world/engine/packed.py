"""Zipped XML (DOCX, HWPX, XLSX) from strangers: bounded in size, depth and count, and without entities.

XML is read as a stream of events. A document type declaration is refused, so nothing can be expanded or fetched;
nesting is bounded. The zip's own sizes are checked before anything is unpacked, and the library unpacks no more than
they say.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from ...errors import Invalid
from ...language import say
from .delimited import wrong

LARGEST = 256 << 20
"""Bytes, unpacked."""
MOST_ENTRIES = 20_000
_DEEPEST = 400
_CHUNK = 1 << 16

Started = Callable[[str, str, dict[str, str]], None]
"""Namespace, local name, attributes (their names without namespaces)."""
Ended = Callable[[str, str], None]


@contextmanager
def opened(file: BinaryIO, path: str, what: str) -> Iterator[ZipFile]:
    """The zip in `file`. Raises Invalid for what is none, is too large unpacked, has a password, or breaks while
    it is read."""
    broken = (
        BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        LookupError,
        ValueError,
        NotImplementedError,
        expat.ExpatError,
    )
    try:
        with ZipFile(file) as packed:
            entries = packed.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > LARGEST or len(entries) > MOST_ENTRIES:
                raise wrong(
                    say("{path} is too large ({size} MB unpacked, {most} are allowed).", path=path, size=unpacked >> 20, most=LARGEST >> 20),
                    say("Cut it into smaller files and add these."),
                )  # fmt: skip
            if any(entry.flag_bits & 1 for entry in entries):
                raise locked(path)
            yield packed
    except broken as error:
        if isinstance(error, Invalid):
            raise
        raise wrong(say("{path} is not a whole {what} file.", path=path, what=what)) from None


def locked(path: str) -> Invalid:
    return wrong(
        say("{path} is protected by a password.", path=path), say("Save it without one and add it again.")
    )


def parse(stream: IO[bytes], started: Started, ended: Ended, text: Callable[[str], None]) -> None:
    """Calls for every element and text of `stream`. Raises ExpatError, or ValueError for a document type declaration
    or too deep a nesting."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        space, _, local = name.rpartition(" ")
        started(space, local, {key.rpartition(" ")[2]: value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        space, _, local = name.rpartition(" ")
        ended(space, local)

    def refuse(*_: object) -> None:
        raise ValueError("declares a document type")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    while chunk := stream.read(_CHUNK):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
