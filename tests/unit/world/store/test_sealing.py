from __future__ import annotations

import io
import os
import random

import pytest

from dalgubeol.errors import Tampered
from dalgubeol.world.store import sealing
from dalgubeol.world.store.sealing import HEADER, SEGMENT, TAG, SealedReader, SealingWriter

KEY = bytes(range(32))
SIZES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT + 7]


def sealed(plain: bytes, key: bytes = KEY, context: str = "ds-1", pieces: int = 1 << 19) -> bytes:
    sink = io.BytesIO()
    writer = SealingWriter(sink, key, context)
    for start in range(0, len(plain), pieces):
        writer.write(plain[start : start + pieces])
    writer.finish()
    return sink.getvalue()


def opened(stored: bytes, key: bytes = KEY, context: str = "ds-1") -> bytes:
    return SealedReader(io.BytesIO(stored), key, context).read()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """Segments of 64 bytes, so that every byte of several can be tried."""
    monkeypatch.setattr(sealing, "SEGMENT", 64)
    return 64


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_comes_out_again(size: int) -> None:
    plain = random.Random(size).randbytes(size)
    stored = sealed(plain)
    assert opened(stored) == plain
    assert len(stored) == HEADER + size + TAG * max(1, -(-size // SEGMENT))
    assert SealedReader(io.BytesIO(stored), KEY, "ds-1").size == size


def test_nothing_of_the_content_is_readable_in_what_is_stored() -> None:
    assert b"canary" not in sealed(b"canary" * 1000)


def test_the_same_content_is_never_stored_twice_alike() -> None:
    assert sealed(b"same") != sealed(b"same")


def test_one_read_fills_the_buffer_across_segments() -> None:
    plain = random.Random(1).randbytes(2 * SEGMENT + 5)
    reader = SealedReader(io.BytesIO(sealed(plain)), KEY, "ds-1")
    reader.seek(SEGMENT - 3)
    assert reader.read(SEGMENT + 6) == plain[SEGMENT - 3 : 2 * SEGMENT + 3]


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 199])
def test_every_changed_byte_is_found(small: int, size: int) -> None:
    stored = sealed(os.urandom(size))
    for place in range(len(stored)):
        changed = bytearray(stored)
        changed[place] ^= 1
        with pytest.raises(Tampered):
            opened(bytes(changed))


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 128, 199])
def test_every_missing_or_added_end_is_found(small: int, size: int) -> None:
    stored = sealed(os.urandom(size))
    for end in range(len(stored)):
        with pytest.raises(Tampered):
            opened(stored[:end])
    for more in (b"\0", bytes(TAG), bytes(small + TAG), stored[HEADER:]):
        with pytest.raises(Tampered):
            opened(stored + more)


def test_a_missing_end_is_found_before_anything_is_read(small: int) -> None:
    stored = sealed(os.urandom(200))
    with pytest.raises(Tampered):
        SealedReader(io.BytesIO(stored[: HEADER + 2 * (small + TAG)]), KEY, "ds-1")


def test_segments_that_changed_places_are_found(small: int) -> None:
    stored = sealed(os.urandom(200))
    step = small + TAG
    first, second = stored[HEADER : HEADER + step], stored[HEADER + step : HEADER + 2 * step]
    with pytest.raises(Tampered, match="Segment 0"):
        opened(stored[:HEADER] + second + first + stored[HEADER + 2 * step :])


def test_a_segment_of_another_object_under_the_same_key_is_found(small: int) -> None:
    one, other = sealed(os.urandom(200)), sealed(os.urandom(200))
    step = HEADER + small + TAG
    with pytest.raises(Tampered):
        opened(one[:HEADER] + other[HEADER:step] + one[step:])


def test_the_wrong_key_and_the_wrong_context_open_nothing() -> None:
    stored = sealed(b"canary")
    with pytest.raises(Tampered) as wrong_key:
        opened(stored, key=bytes(32))
    with pytest.raises(Tampered):
        opened(stored, context="ds-2")
    assert "canary" not in str(wrong_key.value)


@pytest.mark.parametrize("junk", [b"", b"x", b"DGBSEAL1", b"PAR1" * 100])
def test_what_never_was_a_sealed_object_is_refused(junk: bytes) -> None:
    with pytest.raises(Tampered):
        opened(junk)


def test_nothing_can_be_written_behind_the_end() -> None:
    writer = SealingWriter(io.BytesIO(), KEY, "ds-1")
    writer.finish()
    with pytest.raises(ValueError, match="after finish"):
        writer.write(b"x")
    with pytest.raises(ValueError, match="second time"):
        writer.finish()


def test_parquet_is_read_through_the_seal_across_segments() -> None:
    import numpy as np
    import pyarrow as pa

    from dalgubeol.world.engine.tables import read_batches, read_table, write_parquet

    table = pa.table({"a": np.random.default_rng(1).normal(size=400_000)})
    sink = io.BytesIO()
    writer = SealingWriter(sink, KEY, "ds-1")
    assert write_parquet(writer, table.schema, table.to_batches()) == 400_000
    writer.finish()
    assert read_table(SealedReader(io.BytesIO(sink.getvalue()), KEY, "ds-1")) == table
    damaged = bytearray(sink.getvalue())
    damaged[HEADER + SEGMENT + 100] ^= 1
    with pytest.raises(Tampered):
        list(read_batches(SealedReader(io.BytesIO(bytes(damaged)), KEY, "ds-1")))
