"""Several files as one archive: a plain ZIP that is the same bytes for the same files; and what is said of each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from ..digest import canonical, sha256_hex

_EPOCH = (1980, 1, 1, 0, 0, 0)
_SHORTEST_CONTEXT = 10


def pack(files: Mapping[str, bytes]) -> bytes:
    """Stored, not compressed; sorted by name; no times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name])
    return buffer.getvalue()


def unpack(stream: BinaryIO) -> dict[str, bytes]:
    with zipfile.ZipFile(stream) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest(files: Mapping[str, bytes]) -> str:
    """Digest over the names and digests of all files: what a vote is cast on."""
    return sha256_hex(canonical([[name, sha256_hex(files[name])] for name in sorted(files)]))


def contexts(said: str, names: Sequence[str]) -> list[str | None]:
    """What the author says of each file, in the order of their names; None of which nothing is said. One file is what
    all of it is about; several are named, a line each."""
    if len(names) == 1:
        return [said]
    lines = {name.strip(): text.strip() for name, _, text in (line.partition(":") for line in said.splitlines())}  # fmt: skip
    return [lines[name] if len(lines.get(name, "")) >= _SHORTEST_CONTEXT else None for name in names]
