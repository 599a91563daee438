from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.series.alignment import (
    WHOLE,
    Segmentation,
    batches_from_arrays,
    batches_from_rows,
    phase_lengths,
    phases_from_event,
    place_samples,
    plan_segments,
)


def test_rows_become_batches_in_the_order_they_first_appear_even_when_mixed() -> None:
    values = np.arange(10.0).reshape(5, 2)
    batches = batches_from_rows(values, ["b", "a", "b", "a", "b"], ("x", "y"))
    assert batches.names == ("b", "a")
    assert batches.values[0].tolist() == [[0, 1], [4, 5], [8, 9]]
    assert batches.only(["a"]).names == ("a",)
    assert batches.without(["a"]).names == ("b",)


def test_batch_numbers_read_the_same_whether_they_came_as_integers_or_floats() -> None:
    values = np.zeros((2, 1))
    assert batches_from_rows(values, np.array([1.0, 2.0]), ("x",)).names == ("1", "2")
    assert batches_from_rows(values, np.array([1, 2]), ("x",)).names == ("1", "2")


def test_infinite_values_count_as_missing_and_the_given_array_is_not_touched() -> None:
    given_values = np.array([[1.0], [np.inf]])
    batches = batches_from_arrays([given_values], ["a"], ("x",))
    assert np.isnan(batches.values[0][1, 0])
    assert np.isinf(given_values[1, 0])


@pytest.mark.parametrize(
    ("values", "batch", "tags", "phase"),
    [
        (np.zeros(3), ["a"] * 3, ("x",), None),
        (np.zeros((3, 2)), ["a"] * 3, ("x",), None),
        (np.zeros((3, 1)), ["a"] * 2, ("x",), None),
        (np.zeros((3, 1)), ["a", "a", ""], ("x",), None),
        (np.zeros((3, 1)), [1.0, 2.0, float("nan")], ("x",), None),
        (np.zeros((3, 2)), ["a"] * 3, ("x", "x"), None),
        (np.zeros((3, 1)), ["a"] * 3, ("x",), ["p"]),
    ],
)
def test_rows_that_do_not_fit_together_are_invalid(
    values: np.ndarray, batch: list[object], tags: tuple[str, ...], phase: list[object] | None
) -> None:
    with pytest.raises(Invalid):
        batches_from_rows(values, batch, tags, phase)


@given(length=st.integers(1, 300), count=st.integers(1, 30))
def test_a_batch_without_phases_is_cut_evenly_and_in_order(length: int, count: int) -> None:
    placed = place_samples(length, None, Segmentation((WHOLE,), (count,)))
    assert np.all(np.diff(placed) >= 0)
    assert placed.min() >= 0
    assert placed.max() < count
    sizes = np.bincount(placed, minlength=count)
    assert sizes.max() - sizes.min() <= 1


def test_each_phase_is_cut_on_its_own_so_the_starts_of_phases_line_up() -> None:
    plan = Segmentation(("heat", "hold"), (2, 3))
    quick = place_samples(8, ("heat",) * 2 + ("hold",) * 6, plan)
    slow = place_samples(14, ("heat",) * 8 + ("hold",) * 6, plan)
    assert quick.tolist() == [0, 1, 2, 2, 3, 3, 4, 4]
    assert slow.tolist() == [0] * 4 + [1] * 4 + [2, 2, 3, 3, 4, 4]
    assert phase_lengths(14, ("heat",) * 8 + ("hold",) * 6, plan).tolist() == [8, 6]
    assert [plan.phase_of(segment) for segment in range(5)] == ["heat", "heat", "hold", "hold", "hold"]


def test_segments_are_shared_among_phases_by_their_length() -> None:
    steps = ("heat",) * 10 + ("hold",) * 50 + ("drain",) * 2
    batches = batches_from_arrays([np.zeros((62, 1))] * 3, "abc", ("x",), [steps] * 3)
    plan = plan_segments(batches, 12)
    assert plan.phases == ("heat", "hold", "drain")
    assert plan.counts == (2, 10, 1)


def test_a_phase_that_the_reference_never_had_is_invalid() -> None:
    with pytest.raises(Invalid, match="flush"):
        place_samples(2, ("heat", "flush"), Segmentation(("heat",), (2,)))
    with pytest.raises(Invalid, match="with phases"):
        place_samples(2, None, Segmentation(("heat",), (2,)))


def test_an_event_parts_a_batch_once_even_if_it_comes_and_goes() -> None:
    temperature = np.array([80.0, 81.0, 40.0, 60.0, 30.0])
    assert phases_from_event(temperature, temperature < 50) == ("before",) * 2 + ("after",) * 3
