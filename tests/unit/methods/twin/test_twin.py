"""The twin finds where a plant is that it has not seen, and says what that plant will do."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.tennessee.constants import Floats
from dalgubeol.methods.tennessee.controller import Handle
from dalgubeol.methods.tennessee.process import Plants
from dalgubeol.methods.twin.estimator import Twin
from dalgubeol.methods.twin.whatif import what_if

EVERY_H = 0.02


def followed(plant: Plants, hours: float, twin: Twin, spoil=None) -> None:  # type: ignore[no-untyped-def]
    told = plant.run(hours, every_h=EVERY_H)
    for at in range(1, len(told.hours)):
        shown: Floats = told.shown[0, at].copy()
        if spoil is not None:
            spoil(at, shown)
        twin.follow(shown, told.valve[0, at], EVERY_H)


def apart(twin: Twin, plant: Plants) -> float:
    """The median of how far the 38 physical states are off, as a share of each: two are traces of B that no tag shows."""
    return float(np.median(np.abs(twin.members.state.mean(axis=0)[:38] / plant.state[0, :38] - 1)))


@pytest.fixture(scope="module")
def moved() -> tuple[Plants, Twin]:
    """A plant that was moved away from the base case with a disturbance, and a twin that joined later, at the base case."""
    plant = Plants.at(seed=11)
    plant.disturb(1)
    plant.set(Handle.REACTOR_PRESSURE, 2780.0)
    plant.run(6)
    twin = Twin.at(seed=5)
    followed(plant, 12, twin)
    return plant, twin


def test_it_finds_the_state_of_a_plant_elsewhere(moved: tuple[Plants, Twin]) -> None:
    plant, twin = moved
    assert apart(Twin.at(seed=5), plant) > 0.04
    assert apart(twin, plant) < 0.03
    a, sd = twin.quantities["A in the A and C feed"]
    assert a == pytest.approx(-0.03, abs=max(0.012, 3 * sd)), "disturbance 1 takes 3 % of A off"


def test_what_it_says_of_the_next_day_comes_to_pass(moved: tuple[Plants, Twin]) -> None:
    plant, twin = moved
    now = twin.estimate(plant.handles[0], members=8)
    began = time.process_time()
    answer = what_if(now, {"reactor_pressure": 2700.0}, 24)
    assert time.process_time() - began < 1
    for ahead, pressure in ((answer.as_it_is, None), (answer.changed, 2700.0)):
        truth = plant.fork([0])
        if pressure is not None:
            truth.set(Handle.REACTOR_PRESSURE, pressure)
        told = truth.run(24, every_h=0.05, noisy=False)
        late = slice(-200, None)
        assert ahead.stops is truth.trips()[0] is None
        for tag, within in ((6, 3.0), (8, 0.3), (9, 0.05), (16, 0.3), (19, 8.0)):
            assert ahead.shown[late, tag].mean() == pytest.approx(
                told.shown[0, late, tag].mean(), abs=within
            ), tag
        assert ahead.cost[late].mean() == pytest.approx(told.cost[0, late].mean(), rel=0.06)


def test_broken_instruments_pull_nothing() -> None:
    def spoil(at: int, shown: Floats) -> None:
        shown[6] = np.nan
        shown[8] = 120.4  # stuck
        shown[11] = -1e6

    plant, twin = Plants.at(seed=12), Twin.at(seed=6)
    followed(plant, 2, twin, spoil)
    assert apart(twin, plant) < 0.04
    assert np.isfinite(twin.members.state).all()


def test_a_plant_that_departs_from_the_model_shows_as_drift() -> None:
    plant, twin = Plants.at(seed=13), Twin.at(seed=7)
    followed(plant, 2, twin)
    quiet = twin.drift[:22].max()

    def spoil(at: int, shown: Floats) -> None:
        shown[10] += 1.5  # the separator's thermometer reads 1.5 degrees too high

    followed(plant, 1, twin, spoil)
    assert quiet < 4
    assert twin.drift[:22].max() > 3 * quiet
    assert 10 in np.argsort(twin.drift[:22])[-4:], "what hangs on the temperature departs with it"


@pytest.mark.parametrize(
    ("changes", "hours"), [({"no_such": 1.0}, 1), ({"reactor_pressure": 3500.0}, 1), ({}, 0), ({}, 1e6)]
)
def test_a_question_that_cannot_be_answered_is_refused(changes: dict[str, float], hours: float) -> None:
    with pytest.raises(Invalid):
        what_if(Plants.at(), changes, hours)
