"""A sealed object is a BytesIO that cannot be forged."""

from __future__ import annotations

import io
import os
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.world.store import sealing

_moves = st.lists(
    st.one_of(
        st.tuples(st.just("seek"), st.integers(0, 400), st.just(os.SEEK_SET)),
        st.tuples(st.just("seek"), st.integers(-400, 400), st.sampled_from([os.SEEK_CUR, os.SEEK_END])),
        st.tuples(st.just("read"), st.integers(-1, 300), st.just(0)),
    ),
    max_size=20,
)


@given(plain=st.binary(max_size=300), cuts=st.lists(st.integers(1, 120), max_size=6), moves=_moves)
@settings(max_examples=150, deadline=None)
def test_random_seeks_and_reads_answer_as_bytesio_does(
    plain: bytes, cuts: list[int], moves: list[tuple[str, int, int]]
) -> None:
    with patch.object(sealing, "SEGMENT", 64):
        sink = io.BytesIO()
        writer = sealing.SealingWriter(sink, bytes(32), "ds")
        rest = plain
        for cut in cuts:
            writer.write(rest[:cut])
            rest = rest[cut:]
        writer.write(rest)
        writer.finish()
        reader, reference = (
            sealing.SealedReader(io.BytesIO(sink.getvalue()), bytes(32), "ds"),
            io.BytesIO(plain),
        )
        for what, number, whence in moves:
            if what == "seek":
                assert reader.seek(number, whence) == reference.seek(number, whence)
            else:
                assert reader.read(number) == reference.read(number)
            assert reader.tell() == reference.tell()
