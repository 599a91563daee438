"""Every plant shows the same face."""

from __future__ import annotations

import math

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods import plants


@pytest.mark.parametrize("name", plants.names())
def test_a_plant_has_a_value_in_its_range_for_every_tag_and_its_set_points_can_be_set(name: str) -> None:
    plant = plants.simulated(name, seed=4)
    plant.advance(0.5)
    read = dict(zip((tag.name for tag in plant.tags), plant.read(), strict=True))
    assert len(read) == len(plant.tags), "no name twice"
    assert plant.hours == pytest.approx(0.5)
    assert plant.stopped is None
    for tag in plant.tags:
        assert math.isfinite(read[tag.name])
        if not tag.settable:
            assert tag.low - 1 <= read[tag.name] <= tag.high, tag
    for tag in plant.tags:
        if tag.settable:
            middle = (tag.low + tag.high) / 2
            plant.set(tag.name, middle)
            assert dict(zip((t.name for t in plant.tags), plant.read(), strict=True))[tag.name] == middle
            with pytest.raises(Invalid):
                plant.set(tag.name, tag.high * 1.01 + 1)
        else:
            with pytest.raises(Invalid):
                plant.set(tag.name, 1.0)


@pytest.mark.parametrize("name", ["tep-1", "medical"])
def test_a_saved_plant_goes_on_under_the_same_face(name: str) -> None:
    plant = plants.simulated(name, seed=4)
    plant.advance(1)
    other = plants.simulated(name, state=plant.saved())
    plant.advance(1)
    other.advance(1)
    assert other.read() == plant.read()


def test_a_plant_that_is_not_is_named_with_those_that_are() -> None:
    with pytest.raises(Invalid) as wrong:
        plants.simulated("refinery")
    assert "car-parts" in str(wrong.value)
