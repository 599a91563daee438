"""A chart as a PNG that holds its pixels and nothing else; anything that may be a picture and is none is refused.

`redrawn` reads the pixels and writes a new file of them, in 16 steps a channel, on white: text chunks, EXIF, colour
profiles, further frames, whatever stands after the end, hidden colours under full transparency and messages in the
low four bits are gone. **What remains**: anything that can be seen, and any message that is drawn into the upper
four bits or hung on the edge of a step, which a person sees as noise. `noisy` holds such a picture: a chart has areas of one colour, so that what
is left of it packs into a part of a bit a pixel. Below that, and in two kilobytes of any picture, only people see it. SVG is refused: it carries the data it was drawn from (ACRO).

PNG: W3C Recommendation "Portable Network Graphics (PNG) Specification (Third Edition)"; not read: interlaced files.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from ...errors import Invalid
from ...language import say
from .finding import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]  # height x width x 3

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS = 4_000_000
MOST_BYTES = 4_000_000
"""Of a file as it was written; what its pixels unpack to is bounded by MOST_PIXELS before it is unpacked."""
KEPT_BITS = 4
MOST_BITS_PER_PIXEL = 0.8
"""Measured on charts of matplotlib: bars 0.05, lines 0.27, 5,000 points 0.53, a map of 100 x 100 colours 0.58."""

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def redrawn(content: bytes) -> bytes:
    """A PNG of the same picture with nothing but its pixels: drawn again it is the same bytes. Raises Invalid for
    what is no PNG that can be read."""
    return written(requantised(pixels(content)))


def image_findings(content: bytes) -> tuple[Finding, ...]:
    """What is held against a picture; none for one of which `redrawn` may leave."""
    return drawn(content)[1]


def drawn(content: bytes) -> tuple[bytes | None, tuple[Finding, ...]]:
    """`redrawn` and `image_findings` in one: None for what is no picture that can be read."""
    try:
        picture = requantised(pixels(content))
    except Invalid:
        message = say("This is no picture that can be drawn again from its pixels.")
        return None, (Finding("image", None, None, message),)
    again = written(picture)
    message = say("The picture looks like noise; a chart has areas of one colour.")
    return again, (Finding("image_noise", None, None, message),) if _noise(again, picture) else ()


def requantised(picture: Pixels) -> Pixels:
    """Each channel in 2 ** KEPT_BITS steps, black and white kept."""
    steps = (1 << KEPT_BITS) - 1
    return np.round(np.round(picture / 255 * steps) * (255 / steps)).astype(np.uint8)


def noisy(picture: Pixels) -> bool:
    """Whether the picture packs into more than MOST_BITS_PER_PIXEL. Small pictures are given 2 kB."""
    return _noise(written(picture), picture)


def _noise(packed: bytes, picture: Pixels) -> bool:
    return bool(8 * (len(packed) - 2000) > MOST_BITS_PER_PIXEL * picture.shape[0] * picture.shape[1])


def written(picture: Pixels) -> bytes:
    """The shortest of the files with each row as it is and each row less the row above."""
    height, width, _ = picture.shape
    flat = picture.reshape(height, -1)
    above = np.vstack([np.zeros_like(flat[:1]), flat[:-1]])
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = [zlib.compress(np.hstack([np.full((height, 1), kind, dtype=np.uint8), rows]).tobytes(), 9) for kind, rows in ((0, flat), (2, flat - above))]  # fmt: skip
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", min(packed, key=len)) + _chunk(b"IEND", b"")


def pixels(content: bytes) -> Pixels:
    """The picture on white. Raises Invalid for a broken, interlaced or too large file."""
    if len(content) > MOST_BYTES:
        raise _unreadable()
    chunks = _chunks(content)
    head = chunks.get(b"IHDR", b"")
    if len(head) != 13:
        raise _unreadable()
    width, height, depth, colour, packing, filtering, interlaced = struct.unpack(">IIBBBBB", head)
    if (
        not 0 < width * height <= MOST_PIXELS
        or depth not in _DEPTHS.get(colour, ())
        or packing or filtering or interlaced
    ):  # fmt: skip
        raise _unreadable()
    channels = _CHANNELS[colour]
    length = (width * channels * depth + 7) // 8
    try:
        raw = zlib.decompressobj().decompress(chunks.get(b"IDAT", b""), height * (length + 1))
    except zlib.error:
        raise _unreadable() from None
    if len(raw) != height * (length + 1):
        raise _unreadable()
    rows = _unfiltered(raw, height, length, max(1, channels * depth // 8))
    return _on_white(_samples(rows, depth, width * channels).reshape(height, width, channels), depth, colour, chunks)  # fmt: skip


def _chunks(content: bytes) -> dict[bytes, bytes]:
    """The chunks that pixels are made of, their checksums right; all IDAT in one."""
    if not content.startswith(SIGNATURE):
        raise _unreadable()
    at, found = len(SIGNATURE), dict[bytes, bytes]()
    while at + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + length]
        if content[at + 8 + length : at + 12 + length] != struct.pack(">I", zlib.crc32(kind + body)):
            raise _unreadable()
        if kind == b"IEND":
            return found
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT"):
            found[kind] = found.get(kind, b"") + body if kind == b"IDAT" else body
        at += 12 + length
    raise _unreadable()


def _unfiltered(raw: bytes, height: int, length: int, step: int) -> Pixels:
    """Rows of bytes with the filters of section 9 undone.

    A byte needs those to its left, above, and above to the left. Those of one diagonal need none of each other, so
    that a picture takes as many steps as it has rows and columns, not as many as it has pixels.
    """
    whole = np.frombuffer(raw, dtype=np.uint8).reshape(height, length + 1)
    kinds = whole[:, 0]
    if kinds.max() > 4:
        raise _unreadable()
    if not kinds.any():
        return whole[:, 1:]
    width = -(-length // step)
    flat = np.zeros((height, width * step), dtype=np.uint8)
    flat[:, :length] = whole[:, 1:]
    given = flat.reshape(height, width, step)
    found = np.zeros((height + 1, width + 1, step), dtype=np.uint8)
    for diagonal in range(height + width - 1):
        row = np.arange(max(0, diagonal - width + 1), min(height, diagonal + 1))
        column = diagonal - row
        left, above, corner = found[row + 1, column], found[row, column + 1], found[row, column]
        guess = _guessed(kinds[row][:, None], left, above, corner)
        found[row + 1, column + 1] = given[row, column] + guess
    return found[1:, 1:].reshape(height, width * step)[:, :length]


def _guessed(kind: Pixels, left: Pixels, above: Pixels, corner: Pixels) -> Pixels:
    """What each filter adds: nothing, left, above, their mean, or the nearest to left + above - corner (Paeth)."""
    a, b, c = left.astype(np.int16), above.astype(np.int16), corner.astype(np.int16)
    to_left, to_above, to_corner = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    paeth = np.where((to_left <= to_above) & (to_left <= to_corner), a, np.where(to_above <= to_corner, b, c))
    return np.choose(kind, [np.zeros_like(a), a, b, (a + b) // 2, paeth]).astype(np.uint8)


def _samples(rows: Pixels, depth: int, count: int) -> Pixels:
    """One byte a sample: of 16 bits the upper eight; of fewer than eight the number itself."""
    if depth == 16:
        return rows[:, ::2]
    if depth == 8:
        return rows
    shifts = np.arange(8 - depth, -1, -depth, dtype=np.uint8)
    return ((rows[:, :, None] >> shifts) & np.uint8((1 << depth) - 1)).reshape(len(rows), -1)[:, :count]


def _on_white(samples: Pixels, depth: int, colour: int, chunks: dict[bytes, bytes]) -> Pixels:
    if colour == 3:
        palette = np.frombuffer(chunks.get(b"PLTE", b""), dtype=np.uint8)
        if len(palette) % 3 or not len(palette) or samples.max() >= len(palette) // 3:
            raise _unreadable()
        alpha = np.full(len(palette) // 3, 255, dtype=np.uint8)
        given = np.frombuffer(chunks.get(b"tRNS", b"")[: len(alpha)], dtype=np.uint8)
        alpha[: len(given)] = given
        return _blended(palette.reshape(-1, 3)[samples[..., 0]], alpha[samples[..., 0]])
    if depth < 8:
        samples = samples * np.uint8(255 // ((1 << depth) - 1))
    shown = np.repeat(samples[..., :1], 3, axis=2) if colour in (0, 4) else samples[..., :3]
    return _blended(shown, samples[..., -1]) if colour in (4, 6) else np.ascontiguousarray(shown)


def _blended(shown: Pixels, alpha: Pixels) -> Pixels:
    share = alpha[..., None] / 255
    return np.round(shown * share + 255 * (1 - share)).astype(np.uint8)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def _unreadable() -> Invalid:
    return Invalid("image.unreadable", say("This is no picture that can be drawn again from its pixels."), say("Write charts as PNG, 8 bits, not interlaced; better, write the table and draw it outside."))  # fmt: skip
