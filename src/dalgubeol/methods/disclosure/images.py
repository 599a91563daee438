"""A chart as a PNG that holds its pixels and nothing else; anything that may be a picture and is none is refused.

`redrawn` reads the pixels and writes a new file of them, in 16 steps a channel, on white: text chunks, EXIF, colour
profiles, further frames, whatever stands after the end, hidden colours under full transparency and messages in the
low four bits are gone. **What remains**: anything that can be seen, and any message that is drawn into the upper
four bits or hung on the edge of a step, which a person sees as noise. `noisy` holds such a picture: a chart has areas of one colour, so that what
is left of it packs into a small part of a bit a pixel. SVG is refused: it carries the data it was drawn from (ACRO).

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
MOST_PIXELS = 16_000_000
KEPT_BITS = 4
MOST_BITS_PER_PIXEL = 1.5

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def redrawn(content: bytes) -> bytes:
    """A PNG of the same picture with nothing but its pixels. Raises Invalid for what is no PNG that can be read."""
    return written(requantised(pixels(content)))


def image_findings(content: bytes) -> tuple[Finding, ...]:
    """What is held against a picture; none for one of which `redrawn` may leave."""
    try:
        noise = noisy(requantised(pixels(content)))
    except Invalid:
        return (
            Finding("image", None, None, say("This is no picture that can be drawn again from its pixels.")),
        )
    message = say("The picture looks like noise; a chart has areas of one colour.")
    return (Finding("image_noise", None, None, message),) if noise else ()


def requantised(picture: Pixels) -> Pixels:
    """Each channel in 2 ** KEPT_BITS steps, black and white kept."""
    steps = (1 << KEPT_BITS) - 1
    return np.round(np.round(picture / 255 * steps) * (255 / steps)).astype(np.uint8)


def noisy(picture: Pixels) -> bool:
    """Whether the picture packs into more than MOST_BITS_PER_PIXEL. Small pictures are given 2 kB."""
    packed = 8 * (len(written(picture)) - 2000)
    return bool(packed > MOST_BITS_PER_PIXEL * picture.shape[0] * picture.shape[1])


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
    """Rows of bytes with the filters of section 9 undone."""
    above, rows = bytes(length), []
    for at in range(height):
        start = at * (length + 1)
        kind, line = raw[start], raw[start + 1 : start + 1 + length]
        if kind > 4:
            raise _unreadable()
        above = _row(kind, line, above, step)
        rows.append(np.frombuffer(above, dtype=np.uint8))
    return np.vstack(rows)


def _row(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return line
    here, up = np.frombuffer(line, dtype=np.uint8), np.frombuffer(above, dtype=np.uint8)
    if kind == 2:
        return (here + up).tobytes()
    if kind == 1:
        padded = np.concatenate([here, np.zeros(-len(here) % step, dtype=np.uint8)]).reshape(-1, step)
        return np.cumsum(padded, axis=0, dtype=np.uint8).tobytes()[: len(here)]
    row = bytearray(line)
    for at, value in enumerate(line):
        left, b = (row[at - step] if at >= step else 0), above[at]
        if kind == 3:
            row[at] = (value + (left + b) // 2) & 255
        else:
            corner = above[at - step] if at >= step else 0
            row[at] = (value + _paeth(left, b, corner)) & 255
    return bytes(row)


def _paeth(left: int, above: int, corner: int) -> int:
    to_left, to_above, to_corner = abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)
    if to_left <= to_above and to_left <= to_corner:
        return left
    return above if to_above <= to_corner else corner


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
