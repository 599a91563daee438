"""A picture leaves as its pixels; names that mislead and models do not leave at all."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.disclosure.files import file_name, model_file
from dalgubeol.methods.disclosure.images import (
    SIGNATURE,
    image_findings,
    pixels,
    redrawn,
    requantised,
    written,
)

CHART = np.full((120, 200, 3), 255, dtype=np.uint8)
CHART[20:100, 30:60] = (31, 119, 180)
CHART[60:100, 80:110] = (255, 127, 14)
SECRET = b"hong gildong 900101"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def png(rows: list[bytes], width: int, depth: int, colour: int, *more: bytes, interlaced: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, interlaced)
    return SIGNATURE + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")  # fmt: skip


def filtered(picture: np.ndarray, kind: int) -> list[bytes]:
    """Rows as section 9 of the specification writes them, sample by sample."""
    flat = picture.reshape(len(picture), -1).astype(int)
    step, rows = picture.shape[2], []
    for y, line in enumerate(flat):
        out = [kind]
        for x, value in enumerate(line):
            a = line[x - step] if x >= step else 0
            b = flat[y - 1][x] if y else 0
            c = flat[y - 1][x - step] if y and x >= step else 0
            guess = a + b - c
            nearest = min((abs(guess - each), at) for at, each in enumerate((a, b, c)))[1]
            out.append((value - (0, a, b, (a + b) // 2, (a, b, c)[nearest])[kind]) % 256)
        rows.append(bytes(out))
    return rows


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize(("channels", "colour"), [(3, 2), (1, 0)])
def test_pixels_are_read_through_every_filter(kind: int, channels: int, colour: int) -> None:
    picture = np.random.default_rng(kind).integers(0, 256, (9, 13, channels), dtype=np.uint8)
    found = pixels(png(filtered(picture, kind), 13, 8, colour))
    assert (found == np.broadcast_to(picture, (9, 13, 3))).all()


def test_palettes_bits_and_transparency_are_drawn_on_white() -> None:
    palette = chunk(b"PLTE", bytes([255, 0, 0, 0, 0, 255])) + chunk(b"tRNS", bytes([255, 0]))
    found = pixels(png([bytes([0, 0b01000000])], 2, 1, 3, palette))
    assert found.tolist() == [[[255, 0, 0], [255, 255, 255]]]
    assert pixels(png([bytes([0, 0b01000000])], 2, 1, 0)).tolist() == [[[0, 0, 0], [255, 255, 255]]]
    assert pixels(png([bytes([0, 9, 9, 9, 0, 0, 0, 0, 255])], 2, 8, 6)).tolist() == [[[255] * 3, [0] * 3]]
    assert pixels(png([bytes([0, 128, 7, 255, 3])], 2, 16, 0)).tolist() == [[[128] * 3, [255] * 3]]


def test_metadata_and_what_stands_after_the_end_are_gone() -> None:
    rows = [b"\0" + row.tobytes() for row in CHART.reshape(120, -1)]
    dirty = png(rows, 200, 8, 2, chunk(b"tEXt", b"Comment\0" + SECRET)) + SECRET
    assert SECRET in dirty
    assert SECRET not in redrawn(dirty)
    assert (pixels(redrawn(dirty)) == requantised(CHART)).all()
    assert image_findings(dirty) == ()


def test_a_message_in_the_low_bits_is_gone_and_the_chart_looks_the_same() -> None:
    bits = np.unpackbits(np.frombuffer(SECRET, dtype=np.uint8))
    hidden = (CHART & 0xFE) | np.resize(bits, CHART.shape)
    safe = pixels(redrawn(written(hidden)))
    assert (safe == pixels(redrawn(written(CHART)))).all()
    assert np.abs(safe.astype(int) - CHART).max() <= 9


def test_a_message_that_can_be_seen_as_noise_is_held() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (120, 200, 3), dtype=np.uint8)
    assert [each.rule for each in image_findings(written(noise))] == ["image_noise"]


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><text>hong</text></svg>", b"", SIGNATURE, written(CHART)[:-20],
        written(CHART)[:60] + b"\0" + written(CHART)[61:], png([b"\0\0\0\0"], 1, 8, 2, interlaced=1), png([b"\5\0\0\0"], 1, 8, 2),
        png([b"\0\0"], 1, 3, 2), png([b"\0\0\0"], 2, 8, 2),
    ],
    ids=["svg", "nothing", "no chunk", "cut off", "checksum", "interlaced", "filter", "depth", "too short"],
)  # fmt: skip
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        redrawn(content)
    assert [each.rule for each in image_findings(content)] == ["image"]


@pytest.mark.parametrize(
    ("name", "odd"),
    [("table.csv", False), ("결과 (1).csv", False), ("a" * 101, True), ("가" * 40, True), ("../a.csv", True), ("a\u202evsc.exe", True), (".csv", True), ("a\n.csv", True), ("\u1100\u1161.csv", True)],
)  # fmt: skip
def test_names_that_are_long_or_mislead_are_held(name: str, odd: bool) -> None:
    assert bool(file_name(name)) is odd


def test_models_are_known_by_name_and_by_content() -> None:
    for name, content in (("tree.pkl", b""), ("tree.txt", b"\x80\x04\x95"), ("m.csv", b"\x89HDF\r\n")):
        assert [each.rule for each in model_file(name, content)] == ["model_file"]
    assert model_file("table.csv", b"a,b\n") == ()
