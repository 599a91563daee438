"""Runs of letters and digits that no person reads, and what they say: hex, base64, gzip, zlib, bz2, one in another.

A run is held whether or not it can be read here: encryption looks the same, and a result has no use for either.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import re
import zlib
from collections.abc import Callable, Iterator

LONGEST_UNREAD = 40
MOST_BYTES = 1_000_000
DEEPEST = 3

_RUN = re.compile(rf"[A-Za-z0-9+/_\-]{{{LONGEST_UNREAD},}}={{0,2}}")
_HEX = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2})+)")


def runs(text: str) -> Iterator[str]:
    """Unbroken runs of at least LONGEST_UNREAD letters and digits of the alphabets of hex and base64.

    A rule across a page ("-----") and one word joined by lines are none: a run has digits or both cases.
    """
    for match in _RUN.finditer(text):
        letters = match[0].strip("-_=+")
        mixed = any(each.isdigit() for each in letters) or (
            letters != letters.lower() and letters != letters.upper()
        )
        if len(letters) >= LONGEST_UNREAD and mixed and len(set(letters)) > 4:
            yield match[0]


def decoded(run: str, deepest: int = DEEPEST) -> Iterator[str]:
    """Every text that a run may stand for, through at most `deepest` layers."""
    for content in _plain_bytes(run):
        for unpacked in (content, *_unpacked(content)):
            text = _text(unpacked)
            if text is not None:
                yield text
                if deepest > 1:
                    for inner in runs(text):
                        yield from decoded(inner, deepest - 1)


def unpacked_text(content: bytes) -> str | None:
    """The text of a file that is compressed as a whole; None where it is not."""
    return next((text for each in _unpacked(content) if (text := _text(each)) is not None), None)


def _plain_bytes(run: str) -> Iterator[bytes]:
    if match := _HEX.fullmatch(run):
        yield binascii.unhexlify(match[1])
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        yield base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        return


def _unpacked(content: bytes) -> Iterator[bytes]:
    """At most MOST_BYTES of each: a bomb opens no further."""
    makers: tuple[Callable[[], zlib._Decompress | bz2.BZ2Decompressor], ...] = (
        lambda: zlib.decompressobj(47),
        lambda: zlib.decompressobj(-15),
        bz2.BZ2Decompressor,
    )
    for make in makers:
        try:
            plain = make().decompress(content, MOST_BYTES)
        except (zlib.error, OSError, ValueError, EOFError):
            continue
        if plain:
            yield plain


def _text(content: bytes) -> str | None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    readable = sum(each.isprintable() or each in "\r\n\t" for each in text)
    return text if text and readable == len(text) else None
