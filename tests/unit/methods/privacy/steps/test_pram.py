"""PRAM: counts of categories stay in expectation, chances are what was asked for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.steps.pram import Pram, evenly, invariant
from dalgubeol.methods.privacy.steps.rows import Rows

KEY = bytes(range(32))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_invariant_matrix_leaves_the_counts_as_they_are(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 6))
    cells = st.lists(st.floats(0.01, 1), min_size=count, max_size=count)
    chances = np.array([data.draw(cells) for _ in range(count)])
    chances /= chances.sum(axis=1)[:, None]
    counts = np.array(data.draw(st.lists(st.integers(0, 1000), min_size=count, max_size=count)), float)
    made = invariant(chances, counts)
    assert counts @ made == pytest.approx(counts)
    assert made.sum(axis=1) == pytest.approx(np.ones(count))
    assert (made >= 0).all()


def test_without_invariance_the_counts_move() -> None:
    counts = np.array([90.0, 10.0])
    assert counts @ evenly(2, 0.5) == pytest.approx([50, 50])
    assert counts @ invariant(evenly(2, 0.5), counts) == pytest.approx(counts)


def test_draws_follow_the_chances() -> None:
    n = 40_000
    column = pa.array(["a"] * (n // 2) + ["b"] * (n // 4) + ["c"] * (n // 4))
    drawn = np.array(
        Pram("c", stay=0.7, invariant=False, key=KEY).fitted(column, None).applied(column, Rows(0, n))
    )
    shares = [(drawn[: n // 2] == letter).mean() for letter in "abc"]
    assert shares == pytest.approx([0.7, 0.15, 0.15], abs=4 * np.sqrt(0.25 / (n // 2)))


def test_the_counts_of_the_table_stay_near() -> None:
    n = 40_000
    column = pa.array(["a"] * (9 * n // 10) + ["b"] * (n // 10))
    drawn = np.array(Pram("c", stay=0.6, key=KEY).fitted(column, None).applied(column, Rows(0, n)))
    assert (drawn == "b").mean() == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / n))
    assert (drawn != np.array(column)).mean() > 0.05


def test_types_and_missing_values_stay() -> None:
    column = pa.array([1, 2, None, 1], pa.int32())
    made = Pram("c", stay=0.0, invariant=False, key=KEY).fitted(column, None).applied(column, Rows(0, 4))
    assert made.type == pa.int32()
    assert made.to_pylist() == [2, 1, None, 2]


def test_a_given_matrix_is_used_without_looking() -> None:
    pram = Pram("c", matrix={"a": {"b": 1.0}, "b": {"a": 1.0}}, invariant=False, key=KEY)
    assert not pram.looks
    assert pram.fitted(None, None).applied(pa.array(["a", "b"]), Rows(0, 2)).to_pylist() == ["b", "a"]
    with pytest.raises(Invalid, match="1 categories"):
        pram.fitted(None, None).applied(pa.array(["a", "secret"]), Rows(0, 2))
    with pytest.raises(Invalid, match="1 categories") as raised:
        pram.fitted(pa.array(["a", "secret"]), None)
    assert "secret" not in str(raised.value)


def test_one_category_cannot_be_exchanged() -> None:
    with pytest.raises(Invalid, match="2 to 2000 categories"):
        Pram("c", stay=0.5).fitted(pa.array(["a", "a"]), None)
