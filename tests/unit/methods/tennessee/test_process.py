"""Plants as their engineers and experimenters use them."""

from __future__ import annotations

import io

import numpy as np
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.tennessee.constants import NOISE
from dalgubeol.methods.tennessee.controller import Handle
from dalgubeol.methods.tennessee.process import FORMAT, Plants
from dalgubeol.methods.tennessee.steady import COST_PER_H, MODES
from dalgubeol.methods.tennessee.stepping import LOOSE, RICKER_BARE, STEP_H


def same(one: Plants, other: Plants) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one._fields(), other._fields(), strict=True))


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_held_for_two_days_at_its_cost(mode: str) -> None:
    plants = Plants.at(mode, seed=3)
    told = plants.run(48, every_h=0.1)
    assert plants.trips() == (None,)
    assert told.shown[0, :, 6].max() < 2895, "the normal limit of the reactor's pressure"
    published = COST_PER_H[MODES.index(mode)]
    assert told.cost[0].mean() == pytest.approx(published, abs=max(0.02 * published, 3.0))


def test_what_is_saved_and_resumed_goes_on_with_the_same_bits() -> None:
    whole, first = Plants.at(seed=5, count=3), Plants.at(seed=5, count=3)
    for plants in (whole, first):
        plants.disturb(8)
        plants.disturb(17)
        plants.disturb(14)
    whole.run(6)
    first.run(2.5)
    resumed = Plants.resumed(first.saved())
    resumed.run(3.5)
    assert same(resumed, whole)


def test_a_batch_is_its_plants_one_by_one() -> None:
    batch = Plants.at("1", count=4, seed=9)
    batch.disturb(13)
    alone = [batch.fork([each]) for each in range(4)]
    batch.run(3)
    for each, plant in enumerate(alone):
        plant.run(3)
        assert same(plant, batch.fork([each]))
    assert len({float(each) for each in batch.shown[:, 6]}) == 4, "each has its own noise and walks"


def test_a_fork_leaves_its_plant_alone_and_follows_it_until_treated_otherwise() -> None:
    plants = Plants.at(seed=2)
    plants.run(1)
    fork = plants.fork([0, 0])
    fork.set(Handle.REACTOR_PRESSURE, 2800.0, slice(1, 2))
    before = plants.saved()
    fork.run(8)
    assert plants.saved() == before
    plants.run(8)
    assert same(fork.fork([0]), plants)
    assert fork.shown[1, 6] == pytest.approx(2800, abs=5)


def test_the_loss_of_the_a_feed_trips_on_pressure_where_no_other_step_does() -> None:
    """Downs & Vogel's disturbance 6; the others of the first seven are held for twelve hours."""
    plants = Plants.at(count=7, seed=1)
    for number in range(1, 8):
        plants.disturb(number, plants=slice(number - 1, number))
    plants.run(12, control=RICKER_BARE)
    assert [bool(why) for why in plants.trips()] == [False] * 5 + [True, False]
    assert 6 < plants.hours[5] < 11
    at = plants.hours[5]
    plants.run(1)
    assert plants.hours[5] == at, "a plant that has shut down stands still"


def test_walks_do_not_depend_on_how_the_time_is_cut() -> None:
    one, other = Plants.at(seed=8), Plants.at(seed=8)
    one.disturb(20)
    other.disturb(20)
    one.run(5)
    for _ in range(50):
        other.run(0.1)
    assert same(one, other)


def test_a_walk_that_nothing_sets_going_stays() -> None:
    plants = Plants.at(seed=8)
    plants.run(5, control=LOOSE, noisy=False)
    assert np.ptp(plants.pieces[0, :, 1:4]) == 0


def test_a_valve_that_sticks_follows_in_jumps() -> None:
    plants = Plants.at(seed=4)
    plants.disturb(14)
    told = plants.run(2, every_h=STEP_H)
    free = Plants.at(seed=4)
    smooth = free.run(2, every_h=STEP_H)
    moves = lambda history: np.count_nonzero(np.abs(np.diff(history.state[0, :, 47])) > 1e-3)  # noqa: E731
    assert 0 < moves(told) < moves(smooth)


def test_instruments_analyse_now_and_then_and_the_rest_is_noise() -> None:
    told = Plants.at(seed=6).run(1, every_h=STEP_H)
    gas, product = told.shown[0, :, 22], told.shown[0, :, 39]
    assert np.count_nonzero(np.diff(gas)) == 9
    assert np.count_nonzero(np.diff(product)) == 3
    quiet = Plants.at(seed=6).run(1, every_h=STEP_H, noisy=False)
    between = lambda history: np.diff(history.shown[0, 1:, 7]).std() / 2**0.5  # noqa: E731
    assert between(told) == pytest.approx(NOISE[7], rel=0.1)
    assert between(quiet) < 0.01 * NOISE[7]


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: Plants.at("7"), "mode"),
        (lambda: Plants.at().set(Handle.REACTOR_PRESSURE, 3000.0), "reactor_pressure"),
        (lambda: Plants.at().set(Handle.REACTOR_PRESSURE, float("nan")), "reactor_pressure"),
        (lambda: Plants.at().disturb(29), "disturbance"),
        (lambda: Plants.at().disturb(1, 1.5), "disturbance"),
        (lambda: Plants.resumed(b"no archive"), "state"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, field: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid) as wrong:
        call()
    assert wrong.value.code == f"{field}.invalid" or field in str(wrong.value.detail)


def test_a_state_of_another_version_or_cut_short_is_refused() -> None:
    saved = dict(np.load(io.BytesIO(Plants.at().saved())))
    for change in (
        {"edition": np.array(FORMAT + 1)},
        {"plant": np.array("line")},
        {"state": saved["state"][:, :49]},
        {"steps": saved["steps"] * 1.0},
    ):
        file = io.BytesIO()
        np.savez(file, **{**saved, **change})
        with pytest.raises(Invalid):
            Plants.resumed(file.getvalue())
