"""Several files as one archive: a plain ZIP that is the same bytes for the same files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import BinaryIO

from ..digest import canonical, sha256_hex

_EPOCH = (1980, 1, 1, 0, 0, 0)


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
