"""Several files as one archive: a plain ZIP that is the same bytes for the same files; and what is said of each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from ..digest import canonical, sha256_hex

_EPOCH = (1980, 1, 1, 0, 0, 0)
_SHORTEST_CONTEXT = 10


def pack(files: Mapping[str, bytes], salt: str = "") -> bytes:
    """Stored, not compressed; sorted by name; no times. `salt` (hex) goes along as the comment of the archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name])
        archive.comment = salt.encode()
    return buffer.getvalue()


def unpack(stream: BinaryIO) -> dict[str, bytes]:
    with zipfile.ZipFile(stream) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def salt_of(stream: BinaryIO) -> str:
    """The salt that `pack` put in; "" where there is none."""
    with zipfile.ZipFile(stream) as archive:
        return archive.comment.decode()


def manifest(files: Mapping[str, bytes], salt: str = "") -> str:
    """Digest over the names and digests of all files: what a vote is cast on. It stands in Records and before the
    author. Where she may not know what is in the files, `salt` keeps her from trying out what that could be."""
    listed: list[object] = [[name, sha256_hex(files[name])] for name in sorted(files)]
    return sha256_hex(canonical([salt, *listed] if salt else listed))


def said_of(context: str, names: Sequence[str]) -> dict[str, str]:
    """What the author says of each file, by its name; what stands in no line of a file is said of all."""
    lines: dict[str, list[str]] = {name: [] for name in names}
    for line in context.splitlines():
        name, _, text = line.partition(":")
        for each in [name.strip()] if name.strip() in lines else names:
            lines[each].append(text if name.strip() in lines else line)
    return {name: "\n".join(each) for name, each in lines.items()}


def contexts(said: str, names: Sequence[str]) -> list[str | None]:
    """What the author says of each file, in the order of their names; None of which nothing is said. One file is what
    all of it is about; several are named, a line each."""
    if len(names) == 1:
        return [said]
    lines = {name.strip(): text.strip() for name, _, text in (line.partition(":") for line in said.splitlines())}  # fmt: skip
    return [lines[name] if len(lines.get(name, "")) >= _SHORTEST_CONTEXT else None for name in names]
