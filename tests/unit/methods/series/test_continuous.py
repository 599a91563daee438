from __future__ import annotations

import numpy as np
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.series.continuous import adapt_series, detect_in_series

TAGS = ("a", "b", "c", "d", "e", "f", "g", "h")


def plant(samples: int, seed: int) -> np.ndarray:
    """A stable vector autoregression with correlated shocks."""
    mixing = np.random.default_rng(3).normal(size=(8, 8)) / 3
    rng = np.random.default_rng(seed)
    state, rows = np.zeros(8), []
    for _ in range(samples):
        state = 0.7 * state + 0.1 * np.roll(state, 1) + mixing @ rng.normal(size=8) + 0.2 * rng.normal(size=8)
        rows.append(state)
    return np.array(rows) * 3 + 50


def test_the_false_alarm_rate_asked_for_is_about_what_new_normal_samples_give() -> None:
    rates = []
    for seed in range(12):
        monitor = adapt_series(plant(500, seed), TAGS, false_alarm_rate=0.01)
        rates.append(detect_in_series(monitor, plant(1000, 100 + seed)).alarm.mean())
    assert 0.002 < np.mean(rates) < 0.025


def test_a_bias_is_found_soon_and_its_tag_contributes_most() -> None:
    monitor = adapt_series(plant(600, 1), TAGS)
    normal = plant(400, 2)
    for place in range(8):
        faulty = normal.copy()
        faulty[200:, place] += 4 * monitor.sd[place]
        found = detect_in_series(monitor, faulty)
        assert found.alarm[200:210].any()
        assert found.contributions[200].argmax() == place


def test_contributions_sum_to_the_unsmoothed_score_and_a_gap_adds_nothing() -> None:
    monitor = adapt_series(plant(400, 1), TAGS)
    values = plant(50, 2)
    values[20, 3] = np.nan
    found = detect_in_series(monitor, values)
    assert np.isfinite(found.score).all()
    assert found.contributions[20, 3] == 0
    assert (found.contributions.sum(axis=1)[monitor.lags :] >= 0).all()


@pytest.mark.parametrize("spoil", ["short", "constant", "missing", "rate"])
def test_a_reference_that_cannot_be_used_is_invalid(spoil: str) -> None:
    values, rate = plant(400, 0), 0.01
    if spoil == "short":
        values = values[:100]
    elif spoil == "rate":
        rate = 1.5
    else:
        values[:, 2] = 1.0 if spoil == "constant" else np.nan
    with pytest.raises(Invalid):
        adapt_series(values, TAGS, false_alarm_rate=rate)


def test_other_tags_than_adapted_to_are_invalid() -> None:
    monitor = adapt_series(plant(400, 0), TAGS)
    with pytest.raises(Invalid, match="8 tags"):
        detect_in_series(monitor, plant(50, 0)[:, :7])
