from __future__ import annotations

import numpy as np
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.series.limits import limit_from_held_out, limit_to_belong


@pytest.mark.parametrize("count", [8, 15, 30])
@pytest.mark.parametrize("rate", [0.01, 0.05])
def test_a_prediction_limit_is_exceeded_as_often_as_asked_even_with_few_scores(
    count: int, rate: float
) -> None:
    rng = np.random.default_rng(count)
    draws = 3000
    limits = np.array([limit_from_held_out(np.exp(rng.normal(size=count)), rate).value for _ in range(draws)])
    exceeded = (np.exp(rng.normal(size=(draws, 20))) > limits[:, None]).mean()
    assert exceeded == pytest.approx(rate, rel=0.25)


def test_with_many_scores_the_limit_is_counted_and_holds_for_a_shape_the_tail_does_not_fit() -> None:
    rng = np.random.default_rng(0)
    limits = [limit_from_held_out(rng.random(200), 0.05) for _ in range(400)]
    assert all(limit.counted for limit in limits)
    exceeded = np.mean([1 - limit.value for limit in limits])
    assert exceeded == pytest.approx(0.05, rel=0.1)


def test_a_limit_says_when_the_rate_is_beyond_what_the_batches_can_show() -> None:
    scores = np.exp(np.random.default_rng(1).normal(size=30))
    assert limit_from_held_out(scores, 0.01).extrapolated
    assert not limit_from_held_out(scores, 0.05).extrapolated
    assert limit_from_held_out(scores, 0.01).resolution == pytest.approx(1 / 31)


def test_the_chance_of_a_score_at_the_limit_is_the_rate() -> None:
    limit = limit_from_held_out(np.exp(np.random.default_rng(2).normal(size=20)), 0.02)
    assert limit.chance(limit.value) == pytest.approx(0.02)
    assert limit.chance(0.0) == pytest.approx(1.0)


@pytest.mark.parametrize("rate", [0.0, 0.5, -1.0, 5.0])
def test_a_rate_that_is_no_rate_is_invalid(rate: float) -> None:
    with pytest.raises(Invalid, match="false_alarm_rate"):
        limit_from_held_out(np.ones(10), rate)


def test_three_scores_are_too_few_for_any_limit() -> None:
    with pytest.raises(Invalid, match="four"):
        limit_from_held_out(np.ones(3), 0.05)


def test_the_limit_to_belong_does_not_shrink_with_scores_that_look_too_much_alike() -> None:
    alike = np.exp(np.random.default_rng(3).normal(0, 0.01, size=20))
    assert limit_to_belong(alike, 0.01) > 3
