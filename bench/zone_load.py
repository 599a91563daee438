"""`zone-load`: a queue of the zone's Runs, and whoever conducts it killed with -9 again and again.

Every Run is a real one (`analyse`, its own script, in the real sandbox) on a protected table; `dalgu serve`
conducts. It is killed at seeded moments: when so many Runs have ended, and a random time after. Then it is
started anew; the last one works the queue off. Afterwards each Run must have ended once, with its own output
once, read back from the sealed bytes, and nothing else may be left on the disk.

Times are wall times, so the load of the machine is told beside them.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bench.measuring import Bar, Result, Scenario, scratch
from bench.spine import _environment, _house, _joined

RUNS, KILLS, SEED = 500, 10, 20261127
PATIENCE_S = 120
"""With no Run ending for so long, the queue sticks."""
_SCRIPT = """import csv, pyarrow.parquet as pq
table = pq.read_table("/data/data.parquet")
with open("counts.csv", "w") as file:
    csv.writer(file).writerows([["rows", "asked"], [table.num_rows, {asked}]])
"""


def load() -> Result:
    with scratch() as folder:
        figures = conducted(folder, RUNS, KILLS, SEED)
    bars = (
        Bar("runs_ended_once", number(figures, "ended_once"), RUNS, at_most=False),
        Bar("kills", number(figures, "kills"), KILLS, at_most=False),
        *(Bar(name, number(figures, name), 0) for name in WRONG),
    )
    return Result(figures, bars)


WRONG = ("ended_twice", "not_held", "outputs_lost", "outputs_doubled", "left_over", "allowance_off")
"""Figures that must be 0."""


def number(figures: Mapping[str, object], name: str) -> float:
    value = figures[name]
    assert isinstance(value, int | float)
    return value


def conducted(folder: Path, runs: int, kills: int, seed: int) -> dict[str, object]:
    """Queue `runs`, kill the conductor `kills` times while it works them off, and look at what came of it."""
    began = time.perf_counter()
    asked = _queued(folder, runs)
    queued_s = time.perf_counter() - began
    began = time.perf_counter()
    killed = _worked_off(folder, runs, kills, random.Random(seed))
    spent_s = time.perf_counter() - began
    return {
        "runs": runs, "kills": killed, "seed": seed, "queued_s": round(queued_s, 1), "seconds": round(spent_s, 1),
        "runs_per_s": round(runs / spent_s, 2), **_looked_at(folder, asked), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def _queued(folder: Path, runs: int) -> dict[str, int]:
    """A site with a protected table, an analyst and her Permit; the ids of her Runs, and what each is to write."""
    from dalgubeol.nouns.permit import Conditions, Purpose, Verdict
    from dalgubeol.verbs.datasets import register
    from dalgubeol.verbs.permits import grant
    from dalgubeol.verbs.permits.applications import Asked
    from dalgubeol.verbs.runs import submit

    house, operator = _house(folder)
    held = _joined(house, operator, "provider", "analyst")
    source = folder / "claims.csv"
    source.write_text("area,cost\n" + "".join(f"{n % 7},{100 + n}\n" for n in range(400)))
    register.add(house, held["provider"], source, name="claims", trade_secret=True)
    permit = grant.request(
        house, held["analyst"], kinds=["analyse", "release"], names=["claims"], purpose=Purpose.STATISTICS,
        reason="counting rows under load", until="2099-12-31", conditions=Conditions(runs=runs), asked=Asked(pledged="en"),
    )  # fmt: skip
    for who in (operator, held["provider"]):
        grant.decide(house, who, permit.id, Verdict.GRANT)
    asked = {}
    for each in range(runs):
        given = {"script": _SCRIPT.format(asked=each), "context": "the number of rows of the table"}
        asked[submit.submit(house, held["analyst"].actor, "analyse", {"data": "claims"}, given).id] = each
    house.close()
    return asked


def _worked_off(folder: Path, runs: int, kills: int, chance: random.Random) -> int:
    """Serve until nothing waits. Returns how often the server was killed while it had work."""
    marks = sorted(chance.sample(range(int(runs * 0.9)), kills))
    killed = 0
    server = _served(folder)
    try:
        for mark in marks:
            _wait(folder, mark, server)
            time.sleep(chance.uniform(0.0, 3.0))
            killed += _ended(folder) < runs
            server.kill()
            server.wait()
            server = _served(folder)
        _wait(folder, runs, server)
    finally:
        server.terminate()
        server.wait(60)
    return killed


def _served(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dalgubeol", "serve", "--port", "0"]
    with open(folder / "served.log", "ab") as said:
        return subprocess.Popen(command, env=_environment(folder), stdout=said, stderr=said)


def _wait(folder: Path, ended: int, server: subprocess.Popen[bytes]) -> None:
    """Until so many Runs have ended. Raises AssertionError where the queue sticks or the server ends by itself."""
    last, since = -1, time.monotonic()
    while (now := _ended(folder)) < ended:
        if now != last:
            last, since = now, time.monotonic()
        assert server.poll() is None, (folder / "served.log").read_text()[-2000:]
        assert time.monotonic() - since < PATIENCE_S, f"{now} of {ended} Runs ended, and no more"
        time.sleep(0.05)


def _ended(folder: Path) -> int:
    connection = sqlite3.connect(folder / "site" / "state.db", timeout=30)
    try:
        query = "SELECT count(*) FROM runs WHERE state NOT IN ('queued', 'running')"
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


def _looked_at(folder: Path, asked: Mapping[str, int]) -> dict[str, object]:
    """What came of every Run, from the database, the history and the sealed bytes."""
    from dalgubeol.kinds.archive import unpack
    from dalgubeol.nouns.run import RunState
    from dalgubeol.settings import Settings
    from dalgubeol.verbs.history import prove
    from dalgubeol.verbs.house import house as houses
    from dalgubeol.verbs.permits import grant
    from dalgubeol.world.store import datasets, reviews, runs

    _nobody_left(folder)
    found: Counter[str] = Counter()
    with houses.open_house(Settings.from_environment(_environment(folder))) as house:
        with house.database.reading() as connection:
            kept = datasets.listed(connection, limit=100_000)
            made = {id_: runs.find(connection, id_) for id_ in asked}
            of_run = {id_: datasets.of_run(connection, id_) for id_ in asked}
            opened = Counter(review.run for review in reviews.listed(connection))
        for id_, run in made.items():
            told = [each for each in prove.records(house, id_, limit=1000) if each["event"] == "ran"]
            found["ended_once"] += len(told) == 1 and run.state is RunState.HELD
            found["ended_twice"] += len(told) > 1
            found["not_held"] += run.state is not RunState.HELD
            found["outputs_doubled"] += max(len(of_run[id_]), opened[id_], 1) - 1
            whole = len(of_run[id_]) == 1 and opened[id_] == 1
            if whole:
                output = of_run[id_][0]
                with house.objects.open(
                    output.object_id, house.keyring.dataset_key(output.id), output.id
                ) as content:
                    whole = unpack(content) == {"counts.csv": f"rows,asked\r\n400,{asked[id_]}\r\n".encode()}
            found["outputs_lost"] += not whole
        (permit,) = grant.listed(house)
        found["allowance_off"] = abs(permit.runs_used - len(asked))
        prove.self_check(house)
    names = Counter(each.name for each in kept)
    found["outputs_doubled"] += sum(times - 1 for times in names.values())
    found["left_over"] = _left_over(folder, {each.object_id for each in kept}, {each.id for each in kept})
    took = [_seconds(run.started_at, run.ended_at) for run in made.values() if run.attempt == 1]
    again = [_seconds(run.started_at, run.ended_at) for run in made.values() if run.attempt > 1]
    return {
        **{name: found[name] for name in ("ended_once", *WRONG)}, "interrupted": len(again),
        "most_attempts": max(run.attempt for run in made.values()),
        "run_s_median": round(statistics.median(took), 3), "run_s_p95": round(sorted(took)[int(0.95 * len(took))], 3),
        "interrupted_run_s_most": round(max(again, default=0.0), 1),
    }  # fmt: skip


def _nobody_left(folder: Path) -> None:
    """Children of a killed server end by themselves; sandboxes with them."""
    mark, ends = f"DALGU_SITE={folder / 'site'}\0".encode(), time.monotonic() + 20
    while any(mark in _environment_of(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()):
        assert time.monotonic() < ends, "a process of a killed server lives on"
        time.sleep(0.1)


def _environment_of(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def _left_over(folder: Path, objects: set[str], ids: set[str]) -> int:
    """Files that belong to no Dataset: staged content, objects, keys."""
    stored = {f"{p.parent.name}{p.name}" for p in (folder / "site" / "objects").rglob("*") if p.is_file()}
    keys = {path.name.removesuffix(".key") for path in (folder / "keys" / "data").iterdir()}
    staged = list((folder / "site" / "staging").iterdir())
    return len(stored ^ objects) + len(keys ^ ids) + len(staged)


def _seconds(start: str | None, end: str | None) -> float:
    assert start is not None
    assert end is not None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


SCENARIOS = (
    Scenario("zone-load", "500 queued Runs of the zone, the server killed with -9 ten times", load),
)  # fmt: skip
