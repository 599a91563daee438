"""`dalgu plant` and `dalgu twin`: from a plant's log to what it would do, by the command line alone."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest


def dalgu(
    *command: str, language: str = "en", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "dalgubeol", *command], capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "DALGU_LANG": language, "PYTHONIOENCODING": "utf-8"}, cwd=folder, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plant")
    done = dalgu(
        "plant", "log", "tep", "--hours", "6", "--set", "reactor_pressure=2750", "--warm-up", "2", "--seed", "3", "--to", "log.csv",
        folder=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "240 rows in log.csv.\n"
    return folder / "log.csv"


def test_a_log_has_a_column_for_every_tag_and_a_clock_that_goes_on(log: Path) -> None:
    tags = json.loads(dalgu("plant", "tags", "tep", "--json").stdout)
    with log.open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["hours", *(tag["name"] for tag in tags)]
    hours = [float(row["hours"]) for row in rows]
    assert hours[0] == pytest.approx(2.0)
    assert all(later - before == pytest.approx(0.025) for before, later in itertools.pairwise(hours))
    assert float(rows[-1]["reactor_pressure"]) == pytest.approx(2750, abs=5)


def test_the_twin_follows_it_and_answers(log: Path) -> None:
    told = dalgu("twin", "whatif", str(log), "--set", "reactor_pressure=2800", "--hours", "12", "--json")
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    assert answer["as_it_is"]["shown"]["reactor_pressure"][-1] == pytest.approx(2750, abs=5)
    assert answer["changed"]["shown"]["reactor_pressure"][-1] == pytest.approx(2800, abs=5)
    assert answer["changed"]["stops"] is None
    shown = dalgu("twin", "whatif", str(log), "--set", "reactor_pressure=2800", language="ko")
    assert "지금 설정대로" in shown.stdout
    assert "operating_cost" in shown.stdout


def test_the_same_seed_writes_the_same_log() -> None:
    one, other, third = (
        dalgu(
            "plant",
            "log",
            "car-parts",
            "--hours",
            "2",
            "--every",
            "600",
            "--disturb",
            "3:0.5",
            "--seed",
            seed,
        ).stdout
        for seed in ("5", "5", "6")
    )
    assert one == other != third
    assert len(one.splitlines()) == 13


def test_a_plant_that_shuts_down_says_why(tmp_path: Path) -> None:
    done = dalgu("plant", "log", "tep", "--hours", "14", "--disturb", "6", "--to", "log.csv", folder=tmp_path)
    assert "reactor pressure above 3,000 kPa" in done.stdout


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("plant", "log", "refinery"), "car-parts"),
        (("plant", "log", "tep", "--set", "reactor_pressure=3500"), "2895"),
        (("plant", "log", "tep", "--set", "reactor_pressure"), "NAME=NUMBER"),
        (("plant", "log", "tep", "--set", "no_such=1"), "reactor_pressure_setpoint"),
        (("plant", "log", "tep", "--disturb", "x"), "whole number"),
        (("plant", "log", "tep", "--disturb", "99"), "1 to 28"),
        (("twin", "whatif", "LOG", "--set", "reactor_pressure=9999"), "2895"),
        (("twin", "whatif", "LOG", "--set", "no_such=1"), "reactor_pressure"),
        (("twin", "whatif", "LOG", "--hours", "0"), "more than 0"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(log: Path, command: tuple[str, ...], says: str) -> None:
    done = dalgu(*(str(log) if each == "LOG" else each for each in command))
    assert done.returncode == 11, done.stderr
    assert says in done.stderr
    assert "→" in done.stderr


@pytest.mark.parametrize("spoil", ["no file", "no column", "clock back", "cut short"])
def test_a_log_that_cannot_be_followed_is_told_apart(log: Path, tmp_path: Path, spoil: str) -> None:
    lines = log.read_text().splitlines()
    if spoil == "no column":
        lines = [line.partition(",")[2] for line in lines]
    elif spoil == "clock back":
        lines.append(lines[1])
    elif spoil == "cut short":
        lines = lines[:1]
    other = tmp_path / "other.csv"
    if spoil != "no file":
        other.write_text("\n".join(lines))
    done = dalgu("twin", "whatif", str(other))
    assert done.returncode == (12 if spoil == "no file" else 11), done.stderr
    assert "→" in done.stderr
