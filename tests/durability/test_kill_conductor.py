"""`kill -9` of whoever conducts or registers, before every change it makes and at any moment."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from dalgubeol.nouns.run import RunState
from dalgubeol.world.store import datasets

from .conftest import MORE_WORK, WORK, Place, check_whole, wait_until

ENDS = {
    "pseudonymise": RunState.DONE, "adapt": RunState.DONE, "analyse": RunState.HELD, "count": RunState.HELD,
}  # fmt: skip
SEED = 20261123


def killed_and_taken_up(place: Place, kind: str, change: int | str) -> str:
    """Kill `dalgu run` before that change, let another conductor take over. What the change was."""
    login, command = MORE_WORK[kind]
    before = {run.id for run in place.runs()}
    code, told = place.killed_at(change, login, *command(place))
    if code in (0, 18) and isinstance(change, int):
        # that a session is in use is noted once a minute: this time there were fewer changes than in the first Run
        assert len(told) < change, (change, told)
    else:
        assert code == -9, (change, code, told)
    wait_until(lambda: place.processes() == [], 20)
    place.conduct_to_end()
    check_whole(place)
    for run in place.runs():
        assert run.id in before or run.state is ENDS[kind], (told, run)
    return told[0]


SETTLING = ("os.rename output>before commit", "os.rename output>after commit")
KEEPING = ("os.rename content>before commit", "os.rename content>after commit")


@pytest.mark.parametrize(
    ("kind", "moment"),
    [
        ("pseudonymise", SETTLING[0]),
        ("analyse", SETTLING[1]),
        pytest.param("pseudonymise", SETTLING[1], marks=pytest.mark.slow),
        pytest.param("analyse", SETTLING[0], marks=pytest.mark.slow),
        pytest.param("adapt", SETTLING[0], marks=pytest.mark.slow),
        pytest.param("adapt", SETTLING[1], marks=pytest.mark.slow),
    ],
)
def test_a_run_survives_the_death_of_its_conductor_as_it_settles(
    place: Place, kind: str, moment: str
) -> None:
    killed_and_taken_up(place, kind, moment)
    ended = [run for run in place.runs() if run.kind == kind and run.inputs and run.attempt > 0]
    assert max(run.attempt for run in ended) == (2 if moment is SETTLING[0] else 1)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "stride"), [("pseudonymise", 2), ("analyse", 3), ("adapt", 2)])
def test_a_run_survives_a_death_before_each_change_of_disk_or_database(
    place: Place, kind: str, stride: int
) -> None:
    login, command = WORK[kind]
    code, told = place.killed_at(0, login, *command(place))
    assert code in (0, 18), (code, told)
    assert len(told) > 15
    seen = [killed_and_taken_up(place, kind, change) for change in range(1, len(told), stride)]
    assert len(set(seen)) > 3  # not the same moment over and over


@pytest.mark.slow
def test_a_run_survives_deaths_of_a_standing_conductor_at_any_moment(place: Place) -> None:
    chance = random.Random(SEED)
    for kind, (login, command) in WORK.items():
        for _ in range(2):
            run = place.submitted(login, *command(place))
            for _ in range(2):
                conductor = place.start("operator", "conduct")
                time.sleep(chance.uniform(0.2, 3.0))
                conductor.kill()
            wait_until(lambda: place.processes() == [], 20)
            place.conduct_to_end()
            assert place.run(run).state is ENDS[kind]
            check_whole(place)


def adding(place: Path | str, sensitivity: str) -> tuple[str, ...]:
    return ("dataset", "add", str(place), "--name", "more", "--sensitivity", sensitivity, "--json")


def added(place: Place, change: int | str, sensitivity: str) -> list[str]:
    """Add a Dataset, killed before a change; it must be there whole or not at all."""
    code, told = place.killed_at(change, "provider", *adding(place.folder / "claims.csv", sensitivity))
    if (
        code == 0 and change
    ):  # that a session is in use is noted once a minute: this time there were fewer changes
        assert isinstance(change, int)
        assert len(told) < change, told
    else:
        assert code == (-9 if change else 0), (code, told)
    place.conduct_to_end()
    check_whole(place)
    listed = json.loads(place.dalgu("provider", "dataset", "list", "--json").stdout)
    there = [d for d in listed if d["name"] == "more" and d["state"] == "kept"]
    assert len(there) <= 1
    if there:
        assert there[0]["rows"] == 400
        # so that the next attempt may use the name again, it is renamed in the test's own database
        _rename(place, there[0]["id"])
    return told


def _rename(place: Place, dataset: str) -> None:
    with place.opened() as house:
        house.write(
            lambda connection: connection.exec_driver_sql(
                "UPDATE datasets SET name = id WHERE id = ?", (dataset,)
            )
        )


@pytest.mark.parametrize(("moment", "there"), [(KEEPING[0], False), (KEEPING[1], True)])
def test_a_dataset_is_registered_when_and_only_when_the_commit_was_reached(
    place: Place, moment: str, there: bool
) -> None:
    added(place, moment, "personal")
    with place.opened() as house, house.database.reading() as connection:
        assert len(datasets.listed(connection)) == (4 if there else 3)


@pytest.mark.slow
@pytest.mark.parametrize("sensitivity", ["personal", "internal"])
def test_a_dataset_is_registered_whole_or_not_at_all_wherever_its_command_dies(
    place: Place, sensitivity: str
) -> None:
    changes = len(added(place, 0, sensitivity))
    assert changes > 8
    for change in range(1, changes + 1, 2):
        added(place, change, sensitivity)
