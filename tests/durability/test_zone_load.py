"""A small `zone-load`: Runs of the zone, and the server killed with -9 while it works them off."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import zone_load

RUNS, KILLS, SEED = 20, 3, 7


@pytest.mark.slow
def test_each_queued_run_of_the_zone_ends_once_with_its_output_whoever_is_killed(tmp_path: Path) -> None:
    figures = zone_load.conducted(tmp_path, RUNS, KILLS, SEED)
    assert figures["kills"] == KILLS
    assert figures["ended_once"] == RUNS
    assert {name: figures[name] for name in zone_load.WRONG} == dict.fromkeys(zone_load.WRONG, 0)
    assert zone_load.number(figures, "interrupted") >= 1, "no Run was under way when the server was killed"
