"""Wheels as a tool packs them, and as nobody should."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping


def wheel(
    files: Mapping[str, bytes], name: str = "tinyrates", version: str = "1.0", *, metadata: str = "License: MIT\n",
    purelib: str = "true", forged: Mapping[str, bytes] | None = None, more: Mapping[str, bytes] | None = None,
) -> bytes:  # fmt: skip
    """A wheel as a tool packs one. `forged` is packed in the place of files after their hashes were taken; `more` is
    packed and not named in RECORD."""
    info = f"{name}-{version}.dist-info"
    whole = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: {purelib}\nTag: py3-none-any\n".encode(),
    }
    lines = [f"{each},sha256={_hash(content)},{len(content)}" for each, content in whole.items()]
    record = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in {**whole, **(forged or {}), f"{info}/RECORD": record, **(more or {})}.items():
            member = zipfile.ZipInfo(each, (2020, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return buffer.getvalue()


def _hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
