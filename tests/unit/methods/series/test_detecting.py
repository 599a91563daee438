from __future__ import annotations

import numpy as np
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.series.adapting import adapt
from dalgubeol.methods.series.alignment import Batches, batches_from_arrays
from dalgubeol.methods.series.detecting import detect
from dalgubeol.methods.series.example_plant import TAGS, normal_batches, one_batch
from dalgubeol.methods.series.faults import Fault, FaultKind, inject_all, normal_spreads
from dalgubeol.methods.series.monitor import Monitor

REFERENCE = normal_batches(40, 11)
SPREADS = normal_spreads(REFERENCE)


@pytest.fixture(scope="module")
def monitor() -> Monitor:
    return adapt(REFERENCE, segments=10, false_alarm_rate=0.01)


@pytest.mark.parametrize(
    ("kind", "size", "found_share", "first_share"),
    [
        ("bias", 3.0, 0.85, 0.9),
        ("drift", 4.0, 0.85, 0.9),
        ("stuck", 0.0, 0.95, 0.95),
        ("noise", 1.5, 0.95, 0.95),
        ("delay", 10.0, 0.85, 0.9),
        ("lost", 0.0, 1.0, 1.0),
    ],
)
def test_an_injected_fault_is_found_and_its_tag_is_named_first(
    monitor: Monitor, kind: FaultKind, size: float, found_share: float, first_share: float
) -> None:
    new = normal_batches(5, 99, prefix="f")
    found, first, among_three = [], [], []
    for name in new.names:
        for tag in TAGS:
            fault = Fault(name, tag, kind, size, 0.2, 0.8)
            (verdict,) = detect(monitor, inject_all(new.only([name]), (fault,), SPREADS))
            named = [one.tag for one in verdict.contributions]
            found.append(verdict.alarm)
            first.append(named[0] == tag)
            among_three.append(tag in named[:3])
    assert np.mean(found) >= found_share
    assert np.mean(first) >= first_share
    assert np.mean(among_three) >= 0.97


def test_the_kind_of_evidence_and_the_place_are_told(monitor: Monitor) -> None:
    new = normal_batches(1, 5, prefix="f")
    (biased,) = detect(monitor, inject_all(new, (Fault("f0", "steam", "bias", -4, 0.5, 0.7),), SPREADS))
    first = biased.contributions[0]
    assert (first.tag, first.direction) == ("steam", -1)
    assert 0.45 < first.start < first.end < 0.75
    (noisy,) = detect(monitor, inject_all(new, (Fault("f0", "flow", "noise", 3, 0.5, 0.7),), SPREADS))
    assert (noisy.contributions[0].kind, noisy.contributions[0].direction) == ("roughness", 1)
    (lost,) = detect(monitor, inject_all(new, (Fault("f0", "torque", "lost", 0, 0.1, 0.9),), SPREADS))
    assert (lost.contributions[0].tag, lost.contributions[0].kind) == ("torque", "lost")


def test_a_slow_heating_phase_is_found_though_alignment_hides_it_from_the_levels() -> None:
    def plant(seed: int, heat: int) -> tuple[np.ndarray, tuple[str, ...]]:
        rng = np.random.default_rng(seed)
        heat += int(rng.integers(-2, 3))
        return one_batch(rng, heat + 40), ("heat",) * heat + ("hold",) * 40

    arrays, steps = zip(*(plant(seed, 40) for seed in range(25)), strict=True)
    monitor = adapt(batches_from_arrays(arrays, range(25), TAGS, steps), segments=10)
    slow, slow_steps = plant(99, 60)
    (verdict,) = detect(monitor, batches_from_arrays([slow], ["slow"], TAGS, [slow_steps]))
    assert verdict.alarm
    first = verdict.contributions[0]
    assert (first.tag, first.kind, first.direction) == ("heat", "duration", 1)
    assert verdict.phases() == ("heat",)
    assert "heat" not in verdict.tags()


def test_swapped_phases_are_an_alarm() -> None:
    steps = ("heat",) * 40 + ("hold",) * 40
    arrays = [one_batch(np.random.default_rng(seed), 80) for seed in range(25)]
    monitor = adapt(batches_from_arrays(arrays, range(25), TAGS, [steps] * 25), segments=10)
    batch = one_batch(np.random.default_rng(77), 80)
    swapped = np.concatenate([batch[40:], batch[:40]])
    right, wrong = detect(monitor, batches_from_arrays([batch, swapped], "rw", TAGS, [steps] * 2))
    assert not right.alarm
    assert wrong.alarm


def test_tags_may_come_in_any_order(monitor: Monitor) -> None:
    new = normal_batches(3, 21)
    turned = Batches(new.tags[::-1], new.names, tuple(v[:, ::-1] for v in new.values))
    assert detect(monitor, turned) == detect(monitor, new)


def test_missing_and_unexpected_tags_are_named(monitor: Monitor) -> None:
    new = normal_batches(1, 0)
    renamed = Batches(("flux", *new.tags[1:]), new.names, new.values)
    with pytest.raises(Invalid, match=r"missing flow; unexpected flux"):
        detect(monitor, renamed)


def test_a_batch_of_two_samples_is_not_judged_and_the_others_are(monitor: Monitor) -> None:
    new = normal_batches(3, 31)
    values = (new.values[0], new.values[1][:2], np.full((50, 6), np.nan))
    verdicts = detect(monitor, Batches(new.tags, new.names, values))
    assert [verdict.status for verdict in verdicts[1:]] == ["not judged", "not judged"]
    assert verdicts[0].score is not None
    assert verdicts[1].score is None
    assert verdicts[1].tags() == ()


def test_a_batch_cut_off_halfway_is_an_alarm_by_its_duration(monitor: Monitor) -> None:
    new = normal_batches(1, 41)
    (verdict,) = detect(monitor, Batches(new.tags, new.names, (new.values[0][:30],)))
    assert verdict.alarm
    assert any(one.kind == "duration" and one.direction == -1 for one in verdict.contributions[:7])


def test_every_number_of_a_verdict_is_finite_whatever_a_batch_holds(monitor: Monitor) -> None:
    rng = np.random.default_rng(0)
    wild = [
        rng.normal(size=(60, 6)) * 1e12,
        np.zeros((60, 6)),
        np.where(rng.random((60, 6)) < 0.9, np.nan, 1.0),
        np.ones((3, 6)),
    ]
    for verdict in detect(monitor, batches_from_arrays(wild, range(4), TAGS)):
        assert verdict.score is not None
        assert np.isfinite(verdict.score)
        assert verdict.chance is not None
        assert 0 <= verdict.chance <= 1
        assert all(np.isfinite([one.weight, one.start, one.end]).all() for one in verdict.contributions)
