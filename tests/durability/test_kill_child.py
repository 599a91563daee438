"""`kill -9` of the child that executes, and of the nursery that forks it; a child that always dies; cancelling."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress

import pytest

from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.outcome import MOST_DEATHS

from .conftest import WORK, Place, check_whole, nurseries, wait_until

ENDS = {"pseudonymise": RunState.DONE, "adapt": RunState.DONE, "analyse": RunState.HELD}
SEED = 20261123
SLEEP = "import time\ntime.sleep(60)\n"


def kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_run_whose_child_is_killed_once_is_made_again(place: Place) -> None:
    run = sleeping(place)
    with conducting(place) as conductor:
        wait_until(lambda: place.run(run).stage != "", pause_s=0.1)
        first = staged(place, run)
        kill(place.children(conductor.process.pid))
        wait_until(lambda: staged(place, run) not in ([], first))
        assert place.run(run).attempt == 2
        cancelled(place, run)
    check_whole(place)


def test_a_run_whose_child_always_dies_is_broken_and_gives_the_allowance_back(place: Place) -> None:
    run = sleeping(place)
    with conducting(place) as conductor:
        ends = time.monotonic() + 60
        while not place.run(run).state.ended and time.monotonic() < ends:
            kill(place.children(conductor.process.pid))
            time.sleep(0.05)
    found = place.run(run)
    assert found.state is RunState.BROKEN
    assert found.fault is not None
    assert found.fault.code == "worker.died"
    assert found.attempt == MOST_DEATHS
    check_whole(place)


def test_a_cancelled_run_leaves_nothing_and_gives_the_allowance_back(place: Place) -> None:
    run = sleeping(place)
    with conducting(place):
        wait_until(lambda: place.run(run).stage != "", pause_s=0.1)
        cancelled(place, run)
    check_whole(place)


@pytest.mark.slow
def test_a_run_outlives_the_nursery(place: Place) -> None:
    login, command = WORK["pseudonymise"]
    with conducting(place) as conductor:
        wait_until(lambda: place.children(conductor.process.pid) != [])
        kill(nurseries(conductor.process.pid))
        run = place.submitted(login, *command(place))
        wait_until(lambda: place.run(run).state.ended)
    assert place.run(run).state is RunState.DONE
    check_whole(place)


@pytest.mark.slow
@pytest.mark.parametrize("kind", WORK)
def test_a_run_survives_deaths_of_its_child_at_any_moment(place: Place, kind: str) -> None:
    chance = random.Random(SEED)
    login, command = WORK[kind]
    with conducting(place) as conductor:
        for _ in range(8):
            run = place.submitted(login, *command(place))
            ends = time.monotonic() + chance.uniform(0, 0.8)
            while time.monotonic() < ends and not place.run(run).state.ended:
                time.sleep(0.01)
            kill(place.children(conductor.process.pid))
            wait_until(lambda run=run: place.run(run).state.ended)  # type: ignore[misc]
            assert place.run(run).state is ENDS[kind]
    check_whole(place)


class conducting:  # noqa: N801 - reads as a sentence
    """A standing conductor, killed at the end; a last one clears up after it."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def __enter__(self):  # type: ignore[no-untyped-def]
        self.started = self.place.start("operator", "conduct")
        return self.started

    def __exit__(self, *failure: object) -> None:
        self.started.kill()
        wait_until(lambda: self.place.processes() == [], 20)
        if failure[0] is None:
            self.place.conduct_to_end()


def sleeping(place: Place) -> str:
    """An analysis that takes a minute; its Run."""
    script = place.folder / "sleep.py"
    script.write_text(SLEEP)
    return place.submitted(
        "analyst", "run", "analyse", "claims-p", "--script", str(script), "--context", "nothing, it sleeps",
        "--json",
    )  # fmt: skip


def staged(place: Place, run: str) -> list[str]:
    return sorted(path.name for path in (place.site / "staging").iterdir() if path.name.startswith(run))


def cancelled(place: Place, run: str) -> None:
    with place.opened() as house:
        from dalgubeol.verbs.people import people

        submit.cancel(house, people.signed_in(house).actor, run)
    wait_until(lambda: place.run(run).state is RunState.CANCELLED)
