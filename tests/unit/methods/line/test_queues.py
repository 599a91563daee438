"""The line where theory knows the answer: one queue, two stations and the places between, failures, Little's law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.methods.line import plain, running
from dalgubeol.methods.line.configuration import MOST_WAITING, Line, Station
from dalgubeol.methods.line.process import Lines


def long_run(line: Line, hours: float, seed: int = 1, count: int = 8) -> Lines:
    lines = Lines.at(line, count=count, seed=seed)
    lines.run(hours)
    return lines


@pytest.mark.parametrize("load", [0.5, 0.8, 1.2])
@pytest.mark.parametrize("places", [0, 3])
def test_one_exponential_station_loses_what_m_m_1_k_loses(load: float, places: int) -> None:
    """M/M/1/K (Kleinrock 1975): the share that finds K in the system, (1-r) r^K / (1 - r^(K+1))."""
    lines = long_run(Line("mm1k", (Station("s", 10.0, places, 1.0),), arrival_s=10.0 / load), 300)
    k = places + 1
    expected = (1 - load) * load**k / (1 - load ** (k + 1))
    lost = lines.sums[:, running.LOST].sum() / lines.sums[:, running.ARRIVED].sum()
    assert lost == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("spread", "factor"), [(1.0, 1.0), (0.0, 0.5)], ids=["M/M/1", "M/D/1"])
def test_how_many_wait_is_pollaczek_and_khinchines(spread: float, factor: float) -> None:
    """Lq = r^2 / (1-r) x (1 + c^2) / 2."""
    load = 0.7
    lines = long_run(
        Line("queue", (Station("s", 10.0, MOST_WAITING - 1, spread),), arrival_s=10.0 / load), 3_000
    )
    waits = lines.arrays["held"].sum() / lines.arrays["clock"].sum()
    assert waits == pytest.approx(load**2 / (1 - load) * factor, rel=0.03)
    passed = lines.sums[:, running.MADE].sum() / lines.arrays["clock"].sum()
    assert passed == pytest.approx(load / 10.0, rel=0.01)
    busy = lines.arrays["spent"][:, 0, running.WORKING].sum() / lines.arrays["clock"].sum()
    assert busy == pytest.approx(load, rel=0.01), "Little's law for the station itself"


@pytest.mark.parametrize("places", [0, 1, 4])
def test_two_equal_stations_make_what_the_places_between_allow(places: int) -> None:
    """Exponential cycles of mean 1, parts never lack: (b + 2) / (b + 3) a cycle (Hunt 1956)."""
    line = Line("two", (Station("a", 10.0, 0, 1.0), Station("b", 10.0, places, 1.0)))
    lines = long_run(line, 300)
    rate = lines.sums[:, running.MADE].sum() / lines.arrays["clock"].sum() * 10.0
    assert rate == pytest.approx((places + 2) / (places + 3), rel=0.01)


def test_a_station_that_fails_works_its_availability() -> None:
    lines = long_run(Line("fails", (Station("s", 10.0, 0, 0.0, mtbf_s=3_000, mttr_s=750),)), 600)
    assert lines.sums[:, running.MADE].sum() * 10.0 / lines.arrays["clock"].sum() == pytest.approx(
        0.8, rel=0.01
    )


def test_a_tool_is_changed_when_it_is_due() -> None:
    lines = long_run(
        Line("tools", (Station("s", 10.0, 0, 0.0, tool_parts=100, tool_change_s=200),)), 100, count=1
    )
    made, tools = lines.sums[0, running.MADE], lines.sums[0, running.TOOLS]
    assert tools == pytest.approx(made / 100, abs=1)
    assert made == pytest.approx(100 * 3600 / 12, rel=0.01)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(1, 20), st.integers(0, 4), st.sampled_from([0.0, 0.3, 1.0])),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 2**32),
)
def test_events_and_parts_agree_on_when_everything_leaves(
    rows: list[tuple[float, int, float]], seed: int
) -> None:
    line = Line("any", tuple(Station(f"s{at}", *row) for at, row in enumerate(rows)))
    leaves = plain.departures(line, seed, 120)
    lines = Lines.at(line, seed=seed)
    for part in (1, 7, 60, 119):
        at = float(leaves[-1, part])
        ahead = np.nextafter(at, 0) - 1e-6
        if ahead <= lines.arrays["clock"][0]:
            continue
        lines.run((ahead - lines.arrays["clock"][0]) / 3600)
        assert lines.sums[0, running.MADE] <= part
        lines.run((at + 2e-6 - lines.arrays["clock"][0]) / 3600)
        assert lines.sums[0, running.MADE] >= part + 1
