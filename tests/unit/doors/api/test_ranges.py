from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.doors.api.ranges import Span, Unsatisfiable, wanted

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", Span(0, 1)), ("bytes=10-19", Span(10, 20)), ("bytes=990-", Span(990, 1000)),
        ("bytes=990-5000", Span(990, 1000)), ("bytes=-1", Span(999, 1000)), ("bytes=-5000", Span(0, 1000)),
        ("BYTES = 1-2", Span(1, 3)),
    ],
)  # fmt: skip
def test_one_range_is_understood(header: str, span: Span) -> None:
    assert wanted(header, SIZE) == span


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes", "bytes=", "bytes=-", "lines=1-2", "bytes=1-2,4-5", "bytes=5-2", "bytes=a-b", "bytes=٣-٤", "bytes=0-" + "9" * 40],
)  # fmt: skip
def test_what_is_no_single_range_of_bytes_is_as_if_it_were_not_there(header: str | None) -> None:
    assert wanted(header, SIZE) is None


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0"])
def test_a_range_outside_the_content_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted(header, SIZE)


def test_of_an_empty_content_nothing_can_be_asked() -> None:
    for header in ("bytes=0-", "bytes=-1"):
        with pytest.raises(Unsatisfiable):
            wanted(header, 0)


def test_a_range_of_another_version_is_void() -> None:
    assert wanted("bytes=1-2", SIZE, '"old"', '"new"') is None
    assert wanted("bytes=1-2", SIZE, '"new"', '"new"') == Span(1, 3)


@given(st.text(max_size=40), st.integers(0, 10**6))
def test_whatever_is_asked_the_span_lies_within(text: str, size: int) -> None:
    try:
        span = wanted("bytes=" + text, size)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span.start < span.stop <= size
    if span is not None:
        assert span.content_range(size) == f"bytes {span.start}-{span.start + len(span) - 1}/{size}"
