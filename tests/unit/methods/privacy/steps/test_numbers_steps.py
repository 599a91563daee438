"""Steps on numbers: coding, rounding, noise, age. What is random comes from the key, the person and the value."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.steps.age import Age
from dalgubeol.methods.privacy.steps.coding import Coding
from dalgubeol.methods.privacy.steps.noise import Noise
from dalgubeol.methods.privacy.steps.rounding import Rounding
from dalgubeol.methods.privacy.steps.rows import Rows, derived_key, uniforms, words_of

KEY = bytes(range(32))


def applied(step: object, values: list[object] | pa.Array, rows: Rows | None = None) -> pa.Array:
    column = values if isinstance(values, pa.Array) else pa.array(values)
    return step.fitted(column, None).applied(column, rows or Rows(0, len(column)))  # type: ignore[attr-defined]


def test_what_lies_beyond_the_limit_becomes_the_limit() -> None:
    assert applied(Coding("c", "top", value=3), [1, None, 3, 9]).to_pylist() == [1, None, 3, 3]
    assert applied(Coding("c", "bottom", value=3), [1, None, 3, 9]).to_pylist() == [3, None, 3, 9]
    assert applied(Coding("c", "top", value=3), [1, 9]).type == pa.int64()
    assert applied(Coding("c", "top", value=2.5), [1, 9]).to_pylist() == [1.0, 2.5]


def test_a_text_that_is_too_large_a_number_is_told_by_its_rows_and_not_by_its_value() -> None:
    values = pa.array(["1", "1e400", None, "1e400", "-1e999", "1,000"])
    with pytest.raises(Invalid) as error:
        applied(Coding("cost", "top", value=3), values)
    assert error.value.detail.text("en").startswith("3 rows of column cost hold numbers that are too large")
    assert not [
        told for told in ("1e400", "1e999") if told in str(error.value) + error.value.detail.text("ko")
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1), st.integers(1, 99))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: list[int], share: int) -> None:
    limit = Coding("c", "top", percentile=share).fitted(pa.array(values), None).limit
    plain = min(v for v in values if 100 * sum(w <= v for w in values) >= share * len(values))
    assert limit == plain


@pytest.mark.parametrize(
    ("values", "said"),
    [(["a"], "are no numbers"), ([float("inf")], "finite"), ([date(2024, 1, 1)], "a column of numbers")],
)
def test_what_is_no_number_is_refused_without_its_value(values: list[object], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        applied(Coding("c", "top", percentile=5), values)


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(Invalid, match="a column with values"):
        applied(Coding("c", "top", percentile=5), [None, None])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(-1000, 1000)), min_size=1),
    st.sampled_from([0.1, 0.5, 1, 3, 10]),
)
def test_rounded_values_are_the_nearest_multiples(values: list[int | None], base: float) -> None:
    for random in (False, True):
        made = applied(Rounding("c", base, random, KEY), pa.array(values, pa.int64())).to_pylist()
        for before, after in zip(values, made, strict=True):
            if before is None:
                assert after is None
            else:
                assert after / base == pytest.approx(round(after / base))
                assert abs(after - before) <= base / 2 * (1 + random) + 1e-9


def test_random_rounding_is_right_on_average() -> None:
    n = 50_000
    made = applied(Rounding("c", 10, True, KEY), pa.array(np.full(n, 3)), Rows(0, n))
    assert set(made.to_pylist()) == {0, 10}
    assert np.mean(made.to_pylist()) == pytest.approx(3, abs=4 * 10 * np.sqrt(0.21 / n))
    assert applied(Rounding("c", 0.1), [0.30000000000000004]).to_pylist() == [0.3]


@pytest.mark.parametrize("shape", ["gaussian", "laplace"])
@pytest.mark.parametrize("multiplied", [False, True])
def test_noise_has_the_stated_deviation(shape: str, multiplied: bool) -> None:
    n = 60_000
    noise = Noise("c", 0.5, shape, multiplied, KEY)  # type: ignore[arg-type]
    made = np.array(applied(noise, pa.array(np.full(n, 8.0)), Rows(0, n)))
    sd = 4.0 if multiplied else 0.5
    assert made.mean() == pytest.approx(8, abs=4 * sd / np.sqrt(n))
    assert made.std() == pytest.approx(sd, rel=0.03)
    tail = (np.abs(made - 8) > 2 * sd).mean()
    assert tail == pytest.approx({"gaussian": 0.0455, "laplace": np.exp(-2 * np.sqrt(2))}[shape], abs=0.004)


def test_the_same_person_with_the_same_value_always_gets_the_same_noise() -> None:
    step = Noise("c", 1, key=KEY)
    people = np.array([5, 5, 9, 5], np.uint64)
    made = applied(step, [1.0, 1.0, 1.0, 2.0], Rows(0, 4, people)).to_pylist()
    later = applied(step, [1.0, 2.0], Rows(77, 2, people[1:2].repeat(2))).to_pylist()
    assert made[0] == made[1] == later[0]
    assert made[3] == later[1]
    assert len({made[0] - 1, made[2] - 1, made[3] - 2}) == 3


def test_without_the_key_the_noise_is_another() -> None:
    other = derived_key(KEY, "another")
    assert applied(Noise("c", 1, key=KEY), [1.0]) != applied(Noise("c", 1, key=other), [1.0])


def test_a_batch_gets_the_noise_it_has_in_the_whole() -> None:
    column = pa.array(np.arange(100.0))
    step = Noise("c", 1, key=KEY)
    whole = applied(step, column).to_pylist()
    assert applied(step, column.slice(40, 7), Rows(40, 7)).to_pylist() == whole[40:47]


def test_the_two_numbers_of_a_row_are_even_and_independent() -> None:
    first, second = uniforms(KEY, Rows(0, 100_000), words_of(pa.array(np.zeros(100_000)), "c"))
    assert np.histogram(first, 10, (0, 1))[0].min() > 9_500
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.015
    assert 0 < min(first.min(), second.min()) <= max(first.max(), second.max()) < 1


def test_an_age_is_counted_in_whole_years() -> None:
    born = ["1990-06-15", "19900614", "1990.6.16", None, "2024-02-29", date(2000, 1, 1)]
    made = applied(Age("b", date(2025, 6, 15)), pa.array([str(b) if b else None for b in born]))
    assert made.to_pylist() == [35, 35, 34, None, 1, 25]
    assert applied(Age("b", date(2025, 2, 28)), ["2024-02-29"]).to_pylist() == [0]
    assert applied(Age("b", date(2025, 3, 1)), pa.array([date(2024, 2, 29)])).to_pylist() == [1]


@pytest.mark.parametrize("wrong", ["2030-01-01", "yesterday"])
def test_a_birth_that_is_none_is_counted_and_not_shown(wrong: str) -> None:
    with pytest.raises(Invalid, match="1 distinct values of column b") as raised:
        applied(Age("b", date(2025, 6, 15)), ["1990-06-15", wrong])
    assert wrong not in str(raised.value)


@pytest.mark.parametrize("step", [Noise("c", 1.0, key=KEY), Rounding("c", 1000, random=True, key=KEY)])
def test_numbers_beyond_what_a_float_holds_go_through_and_none_is_named(step):
    numbers = [2**53 + 1, -(2**53) - 1, 2**63 - 1]
    made = step.applied(pa.array(numbers), Rows(0, 3)).to_pylist()
    assert made == pytest.approx(numbers)
