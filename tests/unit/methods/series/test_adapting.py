from __future__ import annotations

import io

import numpy as np
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.series.adapting import adapt
from dalgubeol.methods.series.alignment import Batches
from dalgubeol.methods.series.detecting import detect
from dalgubeol.methods.series.example_plant import TAGS, normal_batches
from dalgubeol.methods.series.faults import Fault, inject_all, normal_spreads
from dalgubeol.methods.series.limits import limit_from_held_out
from dalgubeol.methods.series.monitor import monitor_from_arrays


def changed(batches: Batches, place: int, values: object) -> Batches:
    arrays = [array.copy() for array in batches.values]
    for array in arrays:
        array[:, place] = values
    return Batches(batches.tags, batches.names, tuple(arrays), batches.phases)


def test_the_false_alarm_rate_asked_for_is_what_new_normal_batches_give_and_the_training_quantile_lies() -> (
    None
):
    given: dict[float, list[float]] = {0.01: [], 0.05: []}
    naive: dict[float, list[float]] = {0.01: [], 0.05: []}
    for draw in range(12):
        reference, new = normal_batches(40, draw), normal_batches(100, 1000 + draw)
        monitor = adapt(reference, segments=10)
        scores = np.array([verdict.score for verdict in detect(monitor, new)])
        own = np.array([verdict.score for verdict in detect(monitor, reference)])
        for rate in given:
            limit = limit_from_held_out(monitor.held_out_scores, rate)
            given[rate].append(float(np.mean(scores > limit.value)))
            naive[rate].append(float(np.mean(scores > np.quantile(own, 1 - rate))))
    assert 0.025 < np.mean(given[0.05]) < 0.07
    assert 0.003 < np.mean(given[0.01]) < 0.02
    assert np.mean(naive[0.05]) > 0.12
    assert np.mean(naive[0.01]) > 0.06


def test_with_ten_batches_the_rate_is_kept_too_and_the_monitor_says_it_extrapolates() -> None:
    alarms = []
    for draw in range(8):
        monitor = adapt(normal_batches(10, draw), segments=10, false_alarm_rate=0.05)
        alarms += [verdict.alarm for verdict in detect(monitor, normal_batches(50, 500 + draw))]
    assert np.mean(alarms) < 0.06
    assert monitor.limit.extrapolated


def test_two_abnormal_batches_in_the_reference_are_named_and_do_not_hide_a_third() -> None:
    batches = normal_batches(30, 7)
    spreads = normal_spreads(batches)
    faults = (Fault("n3", "steam", "bias", 8.0), Fault("n9", "steam", "bias", 8.0))
    monitor = adapt(inject_all(batches, faults, spreads), segments=10)
    assert {one.name for one in monitor.batches_set_aside} == {"n3", "n9"}
    assert all(one.reason == "stands out" and one.score for one in monitor.batches_set_aside)
    assert not {"n3", "n9"} & set(monitor.reference)
    third = inject_all(normal_batches(1, 8, prefix="x"), (Fault("x0", "steam", "bias", 4.0),), spreads)
    (verdict,) = detect(monitor, third)
    assert verdict.alarm
    assert verdict.tags()[0] == "steam"


def test_clean_references_keep_nearly_all_their_batches() -> None:
    aside = [len(adapt(normal_batches(25, seed), segments=10).batches_set_aside) for seed in range(12)]
    assert sum(aside) <= 3


def test_a_reference_that_is_not_one_kind_of_operation_is_refused() -> None:
    batches = normal_batches(20, 1)
    rng = np.random.default_rng(0)
    odd = tuple(v + (rng.normal(0, 200, size=6) if i % 3 == 0 else 0) for i, v in enumerate(batches.values))
    with pytest.raises(Invalid, match="do not look like the rest"):
        adapt(Batches(batches.tags, batches.names, odd))


def test_constant_and_missing_tags_are_set_aside_and_named() -> None:
    batches = changed(changed(normal_batches(12, 2), 1, 4.2), 4, np.nan)
    monitor = adapt(batches)
    assert {(one.name, one.reason) for one in monitor.tags_set_aside} == {
        ("level", "constant"),
        ("temperature", "missing"),
    }
    assert monitor.watched == ("flow", "pressure", "steam", "torque")
    assert all(np.isfinite(verdict.score or np.nan) for verdict in detect(monitor, batches))


def test_a_reference_in_which_nothing_moves_is_invalid() -> None:
    batches = normal_batches(12, 2)
    still = Batches(batches.tags, batches.names, tuple(np.ones_like(v) for v in batches.values))
    with pytest.raises(Invalid, match="None of the 6 tags moves"):
        adapt(still)


def test_seven_batches_are_too_few_and_batches_of_two_samples_do_not_count() -> None:
    with pytest.raises(Invalid, match="at least 8"):
        adapt(normal_batches(7, 0))
    batches = normal_batches(10, 0)
    short = Batches(batches.tags, batches.names, (batches.values[0][:2], *batches.values[1:]))
    assert [(one.name, one.reason) for one in adapt(short).batches_set_aside] == [("n0", "too short")]


def test_gaps_in_the_reference_are_no_obstacle() -> None:
    rng = np.random.default_rng(3)
    batches = normal_batches(20, 3)
    holed = tuple(np.where(rng.random(v.shape) < 0.1, np.nan, v) for v in batches.values)
    monitor = adapt(Batches(batches.tags, batches.names, holed), segments=10, false_alarm_rate=0.05)
    verdicts = detect(monitor, normal_batches(60, 77))
    assert np.mean([verdict.alarm for verdict in verdicts]) < 0.15


def test_a_monitor_survives_the_way_through_npz_without_pickle() -> None:
    monitor = adapt(changed(normal_batches(12, 4), 2, 1.0), segments=10)
    stream = io.BytesIO()
    np.savez(stream, **monitor.as_arrays())
    stream.seek(0)
    with np.load(stream, allow_pickle=False) as arrays:
        again = monitor_from_arrays(dict(arrays))
    new = normal_batches(5, 5)
    assert again.limit == monitor.limit
    assert again.tags_set_aside == monitor.tags_set_aside
    assert again.plan == monitor.plan
    assert detect(again, new) == detect(monitor, new)


def test_arrays_that_are_no_monitor_are_invalid() -> None:
    arrays = adapt(normal_batches(9, 4), segments=10).as_arrays()
    with pytest.raises(Invalid, match="not a batch monitor"):
        monitor_from_arrays({**arrays, "format": np.array("else")})
    del arrays["normal_precision"]
    with pytest.raises(Invalid, match="not a batch monitor"):
        monitor_from_arrays(arrays)


def test_the_same_batches_give_the_same_monitor() -> None:
    first, second = (adapt(normal_batches(12, 6)).as_arrays() for _ in range(2))
    assert first.keys() == second.keys()
    assert all(
        np.array_equal(first[name], second[name], equal_nan=False) or first[name].dtype.kind == "f"
        for name in first
    )
    assert np.array_equal(first["held_out_scores"], second["held_out_scores"])


def test_the_tags_of_the_test_plant_are_all_watched() -> None:
    assert adapt(normal_batches(9, 0)).watched == TAGS
