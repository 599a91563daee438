"""The two lines as their engineers use them."""

from __future__ import annotations

import numpy as np
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.line import running
from dalgubeol.methods.line.configuration import CAR_PARTS, MEDICAL, Line, Station
from dalgubeol.methods.line.process import DISTURBANCES, Lines


def same(one: Lines, other: Lines) -> bool:
    return all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays)


@pytest.mark.parametrize("line", [CAR_PARTS, MEDICAL], ids=lambda line: line.name)
def test_what_is_saved_and_resumed_goes_on_with_the_same_bits(line: Line) -> None:
    whole, first = Lines.at(line, count=3, seed=5), Lines.at(line, count=3, seed=5)
    whole.run(9)
    first.run(4)
    resumed = Lines.resumed(line, first.saved())
    resumed.run(5)
    assert np.array_equal(resumed.sums[:, running.MADE], whole.sums[:, running.MADE])
    assert np.array_equal(resumed.arrays["queue"], whole.arrays["queue"])
    assert same(resumed.fork([1]), resumed.fork([1]))


@pytest.mark.parametrize("line", [CAR_PARTS, MEDICAL], ids=lambda line: line.name)
def test_no_part_is_lost(line: Line) -> None:
    lines = Lines.at(line, count=4, seed=2)
    for _ in range(20):
        lines.run(3.3)
        inside = lines.arrays["waiting"].sum(axis=1)
        inside = inside + np.isin(lines.arrays["what"], (running.WORKING, running.BLOCKED, running.DOWN)).sum(
            axis=1
        )
        s = lines.sums
        assert np.array_equal(s[:, running.STARTED], s[:, running.MADE] + s[:, running.SCRAPPED] + inside)
        assert np.all(lines.arrays["waiting"][:, 1:] <= [station.waiting for station in line.stations[1:]])
    assert lines.arrays["spent"].sum(axis=2) == pytest.approx(np.full((4, len(line.stations)), 66 * 3600.0))


def test_faster_is_more_and_worse() -> None:
    """Set-points trade cost against quality: speed wears tools with its third power, and scatters parts."""
    lines = Lines.at(CAR_PARTS, count=3, seed=4)
    for at, speed in enumerate((0.9, 1.0, 1.3)):
        for station in CAR_PARTS.stations:
            lines.set(f"{station.name}_speed", speed, slice(at, at + 1))
    lines.run(200)
    s = lines.sums
    shares = s[:, running.SCRAPPED] / s[:, running.STARTED]
    assert s[0, running.MADE] < s[1, running.MADE]
    assert shares[0] < shares[1] < shares[2]
    assert s[0, running.TOOLS] / s[0, running.STARTED] < s[2, running.TOOLS] / s[2, running.STARTED]


def test_a_tighter_limit_lets_less_escape_and_scraps_more() -> None:
    lines = Lines.at(CAR_PARTS, count=2, seed=4)
    lines.disturb(2)
    lines.set("scrap_beyond", 1.1, slice(0, 1))
    lines.set("scrap_beyond", 0.7, slice(1, 2))
    lines.run(200)
    assert lines.sums[0, running.ESCAPED] > lines.sums[1, running.ESCAPED]
    assert lines.sums[0, running.SCRAPPED] < lines.sums[1, running.SCRAPPED]


def test_a_lot_is_accounted_for_and_every_station_was_proven_clean_before_it() -> None:
    lines = Lines.at(MEDICAL, seed=3)
    lines.run(60)
    lots = lines.lots()
    ended = [lot for lot in lots if lot["good"] + lot["scrapped"] == MEDICAL.lot_parts]
    assert len(ended) > 10
    assert [lot["lot"] for lot in lots] == list(range(len(lots)))
    cleaned = sum(station.cleaned for station in MEDICAL.stations)
    for lot in ended:
        assert lot["parts"] == MEDICAL.lot_parts
        assert lot["began_s"] < lot["ended_s"]
        if lot["lot"]:
            assert lot["rinses"] >= cleaned
            assert 0 < lot["residue"] <= MEDICAL.residue_limit


def test_a_short_rinse_is_done_again_until_it_is_clean() -> None:
    lines = Lines.at(MEDICAL, count=2, seed=3)
    lines.set("rinse", 300.0, slice(1, 2))
    lines.run(60)
    per_lot = [np.mean([lot["rinses"] for lot in lines.lots(at)[1:-2]]) for at in (0, 1)]
    assert per_lot[1] > 3 * per_lot[0]
    assert all(lot["residue"] <= MEDICAL.residue_limit for lot in lines.lots(1))


@pytest.mark.parametrize("number", range(1, len(DISTURBANCES) + 1))
def test_every_disturbance_costs_and_can_be_ended(number: int) -> None:
    line = MEDICAL if number == 7 else CAR_PARTS
    lines = Lines.at(line, count=8, seed=6).fork([*range(8), *range(8)])
    lines.disturb(number, lines=slice(8, 16))
    lines.run(200)
    cost = lines.cost_per_part()
    assert cost[8:].mean() > cost[:8].mean()
    lines.disturb(number, 0.0)
    base, whole = line.numbers()
    assert np.array_equal(lines.arrays["station"][8], base)
    assert np.array_equal(lines.arrays["line"][8], whole)


def test_what_is_shown_has_a_name_and_a_unit_each() -> None:
    lines = Lines.at(CAR_PARTS, count=2, seed=1)
    told = lines.run(2, every_h=0.5)
    assert told.shown.shape == (2, 4, len(lines.tags))
    assert told.hours == pytest.approx([0.5, 1.0, 1.5, 2.0])
    made = [name for name, _ in lines.tags].index("made")
    assert np.all(np.diff(told.shown[0, :, made]) > 0)
    assert np.all(np.diff(told.cost, axis=1) > 0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Line("none", ()),
        lambda: Line("x", (Station("a", 0.0),)),
        lambda: Line("x", (Station("a", 1.0), Station("a", 1.0))),
        lambda: Line("x", (Station("a", 1.0, 64),)),
        lambda: Line("x", (Station("a", 1.0, mtbf_s=5.0),)),
        lambda: Line("x", (Station("a", 1.0, cleaned=True),)),
        lambda: Line("x", (Station("a", 1.0),), lot_parts=5, residue=1.0),
        lambda: Lines.at(CAR_PARTS).set("no_such", 1.0),
        lambda: Lines.at(CAR_PARTS).set("turning_speed", 9.0),
        lambda: Lines.at(CAR_PARTS).set("turning_speed", float("nan")),
        lambda: Lines.at(CAR_PARTS).disturb(8),
        lambda: Lines.resumed(CAR_PARTS, Lines.at(MEDICAL).saved()),
        lambda: Lines.resumed(CAR_PARTS, b"PK\x03\x04 cut short"),
    ],
)
def test_what_cannot_be_is_refused(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid):
        make()
