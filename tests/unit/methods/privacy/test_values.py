"""How cells become text."""

import datetime

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.values import column_of, distinct_texts, text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (34, "34"),
        (34.0, "34"),
        ("34", "34"),
        (0.1, "0.1"),
        (True, "true"),
        (float("nan"), None),
        (None, None),
    ],
)
def test_a_value_has_one_text_however_its_column_is_typed(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.0, None, float("nan"), 1.0]),
        pa.chunked_array([[1.0, None], [float("nan"), 1.0]]),
        pa.array(["1", None, None, "1"]).dictionary_encode(),
    ],
)
def test_null_and_nan_are_the_missing_value_at_the_end(column):
    texts, rows = distinct_texts(column)
    assert [texts[row] for row in rows] == ["1", None, None, "1"]
    assert texts[-1] is None


def test_dates_and_nanoseconds_have_texts_without_pandas():
    stamps = pa.array([1], pa.timestamp("ns"))
    assert distinct_texts(pa.array([datetime.date(2020, 1, 2)]))[0][0] == "2020-01-02"
    assert distinct_texts(stamps)[0][0] == "1970-01-01 00:00:00.000000001"


def test_nested_and_binary_columns_are_refused():
    for column in (pa.array([[1]]), pa.array([b"x"])):
        with pytest.raises(Invalid):
            distinct_texts(column)


def test_a_column_must_occur_exactly_once():
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    for name in ("a", "b"):
        with pytest.raises(Invalid):
            column_of(twice, name)
