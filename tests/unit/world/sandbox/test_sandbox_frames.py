"""The decoder of what comes out, fed with honest and hostile bytes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.world.sandbox.frames import HEADER, Frames, OutputFile, is_plain_name
from dalgubeol.world.sandbox.limits import Limits

LIMITS = Limits(output_bytes=4096, output_files=3)
START = HEADER.pack(b"S", 0, 0)


def file_frame(name: str, data: bytes) -> bytes:
    encoded = name.encode()
    return HEADER.pack(b"F", len(encoded), len(data)) + encoded + data


def end_frame(report: bytes = b'{"outcome":0}') -> bytes:
    return HEADER.pack(b"E", 0, len(report)) + report


def decoded(stream: bytes, cut: int = 1 << 20) -> Frames:
    frames = Frames(LIMITS)
    for at in range(0, len(stream), cut):
        frames.feed(stream[at : at + cut])
    return frames


@given(
    st.lists(st.tuples(st.sampled_from(["a.csv", "b.csv", "결과.csv"]), st.binary(max_size=900)), max_size=3,
             unique_by=lambda each: each[0]),
    st.integers(1, 50),
)  # fmt: skip
def test_whole_files_come_out_however_the_stream_is_cut(files: list[tuple[str, bytes]], cut: int) -> None:
    frames = decoded(START + b"".join(file_frame(*each) for each in files) + end_frame(), cut)
    assert not frames.malformed
    assert frames.outputs == [OutputFile(*each) for each in files]
    assert frames.report == {"outcome": 0}


@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_are_decoded_or_malformed_and_never_raise_or_pile_up(tail: bytes, cut: int) -> None:
    frames = decoded(START + tail, cut)
    assert sum(len(each.data) for each in frames.outputs) <= LIMITS.output_bytes
    assert len(frames.outputs) <= LIMITS.output_files


@pytest.mark.parametrize(
    "stream",
    [
        file_frame("a", b""),  # before the start
        START + START,
        START + HEADER.pack(b"X", 0, 0),
        START + HEADER.pack(b"F", 401, 0),
        START + HEADER.pack(b"F", 1, 4097),
        START + HEADER.pack(b"F", 1, 1 << 63),
        START + HEADER.pack(b"E", 0, 5000),
        START + file_frame("a", bytes(3000)) + HEADER.pack(b"F", 1, 2000),
        START + b"".join(file_frame(f"f{n}", b"") for n in range(4)),
        START + end_frame() + b"x",
        START + end_frame(b"[1]"),
        START + end_frame(b'{"line":-1}'),
        START + end_frame(b'{"line":1.5}'),
        START + end_frame(b'{"line":true}'),
        START + end_frame(b'{"said":"text"}'),
        START + end_frame(b"[" * 4000),
    ],
)
def test_a_stream_that_breaks_the_form_is_malformed(stream: bytes) -> None:
    assert decoded(stream).malformed


@pytest.mark.parametrize("name", ["a", "a.csv", "결과 1.csv", "_x-y.parquet", "A" * 100])
def test_plain_names_pass(name: str) -> None:
    assert is_plain_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".x", "a/b", "a\\b", "a\n", "a\0", "a.", "a ", " a", "A" * 101, "é", "\u1100\u1161",
     "a\u202eb", "a:b", "a*", "~", "-rf", "ａ"],
)  # fmt: skip
def test_other_names_do_not(name: str) -> None:
    assert not is_plain_name(name)


@given(st.text(max_size=12))
def test_a_plain_name_has_no_path_part_control_or_format_character(name: str) -> None:
    if is_plain_name(name):
        assert "/" not in name
        assert not name.startswith((".", "-"))
        assert not any(unicodedata.category(each).startswith("C") for each in name)


def test_a_name_that_differs_only_in_case_is_refused_not_renamed() -> None:
    frames = decoded(START + file_frame("a.csv", b"1") + file_frame("A.CSV", b"2") + end_frame())
    assert (frames.outputs, frames.refused) == ([OutputFile("a.csv", b"1")], 1)
