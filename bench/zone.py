"""`zone-overhead`: what the sandbox costs beside the bare command. `zone-attacks`: tried and stopped.

Overhead: the same script bare and inside, in turns, after one of each; wall time, so it wants a quiet machine (the
load is told beside it; the least of each is less disturbed than the median). Bare gets the same number of threads. SQL, notebooks and R are told beside it, without
a bar: bare is what the same analyst has at home (DuckDB from Python; the cells as one script; `Rscript` on a CSV, where the zone writes the CSV itself). The attacks are those of
`bench.zone_attacks`, the table that the tests run: each is tried without its defence first.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.measuring import Bar, Result, Scenario, median

STARTS, HEAVY, LANGUAGE = 31, 9, 7
ROWS = 100_000
MOST_START_S, MOST_TIMES = 0.050, 1.25
NOTHING = "pass\n"
PACKAGES = """
import numpy as np, pandas as pd, polars as pl
frame = pd.DataFrame({"area": np.arange(100_000) % 7, "cost": np.arange(100_000.0)})
frame.groupby("area").cost.mean()
pl.from_pandas(frame).group_by("area").agg(pl.col("cost").mean()).sort("area")
"""
QUERY = "select area, avg(cost) as cost from data group by area order by area"
_AT_HOME = """
import csv, duckdb
connection = duckdb.connect()
connection.execute("create view data as select * from read_parquet('{table}.parquet')")
answer = connection.execute("{query}")
with open("means.csv", "w") as file:
    csv.writer(file).writerows([[each[0] for each in answer.description], *answer.fetchall()])
"""
CELLS = (
    "import pandas as pd\nframe = pd.read_parquet('{table}.parquet')\n",
    "frame.groupby('area').cost.mean().to_csv('means.csv')\n",
)
MEANS_IN_R = "write.csv(aggregate(cost ~ area, data, mean), 'means.csv', row.names = FALSE)\n"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")


def _spent(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _compared(text: str, rounds: int) -> dict[str, list[float]]:
    """Wall seconds of `rounds` pairs of a Python script."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(text)
        return _in_turns(text.encode(), "python", {}, [sys.executable, str(script)], folder, rounds)


def _in_turns(
    text: bytes, language: str, inputs: dict[str, bytes], command: list[str], folder: str, rounds: int
) -> dict[str, list[float]]:
    """Wall seconds of `rounds` pairs, bare first in every other one."""
    from dalgubeol.nouns.script import ScriptLanguage
    from dalgubeol.world.sandbox.limits import Limits
    from dalgubeol.world.sandbox.script import InputSource, run_script
    from dalgubeol.world.sandbox.selftest import choose_backend

    backend, limits = choose_backend(), Limits()
    found: dict[str, list[float]] = {"bare_s": [], "inside_s": []}
    environment = {**os.environ, **dict.fromkeys(_THREADS, str(limits.threads))}
    given: dict[str, InputSource] = {
        name: lambda feed, content=content: feed.write(content) for name, content in inputs.items()
    }

    def bare() -> None:
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)

    def inside() -> None:
        outcome = run_script(text, given, limits, 1, backend=backend, language=ScriptLanguage(language))
        assert outcome.status == "ok", outcome.operator_log

    for turn in range(rounds + 1):
        for name, work in sorted({"bare": bare, "inside": inside}.items(), reverse=bool(turn % 2)):
            spent = _spent(work)
            if turn:
                found[f"{name}_s"].append(spent)
    return found


def _languages() -> dict[str, object]:
    """The mean of a column by group, 100,000 rows, in SQL, a notebook and R."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        table = pa.table({"area": [n % 7 for n in range(ROWS)], "cost": [float(n) for n in range(ROWS)]})
        pq.write_table(table, home / "data.parquet")
        pc.write_csv(table, home / "data.csv")
        inputs = {"data.parquet": (home / "data.parquet").read_bytes()}
        cells = [
            {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": cell.format(table="/data/data")}
            for cell in CELLS
        ]  # fmt: skip
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (home / "sql.py").write_text(_AT_HOME.format(table=home / "data", query=QUERY))
        (home / "notebook.py").write_text("".join(CELLS).format(table=home / "data"))
        (home / "r.R").write_text(f"data <- read.csv('{home / 'data.csv'}')\n{MEANS_IN_R}")
        work = {
            "sql": (f"-- file: means.csv\n{QUERY};\n", [sys.executable, str(home / "sql.py")]),
            "notebook": (json.dumps(notebook), [sys.executable, str(home / "notebook.py")]),
            "r": (MEANS_IN_R, ["Rscript", "--vanilla", str(home / "r.R")]),
        }
        for language, (text, command) in work.items():
            if shutil.which(command[0]) is None:
                found[language] = f"{command[0]} is not installed"
                continue
            spent = _in_turns(text.encode(), language, inputs, command, folder, LANGUAGE)
            found |= {f"{language}_{name}": median(values) for name, values in spent.items()}
            pairs = zip(spent["inside_s"], spent["bare_s"], strict=True)
            found[f"{language}_times"] = median([i / b for i, b in pairs])
    return found


def overhead() -> Result:
    start, heavy = _compared(NOTHING, STARTS), _compared(PACKAGES, HEAVY)
    figures: dict[str, object] = {
        **{f"start_{name}": median(values) for name, values in start.items()},
        **{f"packages_{name}": median(values) for name, values in heavy.items()},
        "start_added_least_s": round(min(start["inside_s"]) - min(start["bare_s"]), 4),
        **_languages(),
        "load": round(os.getloadavg()[0], 1),
    }
    added = median([i - b for i, b in zip(start["inside_s"], start["bare_s"], strict=True)])
    times = median([i / b for i, b in zip(heavy["inside_s"], heavy["bare_s"], strict=True)])
    bars = (Bar("start_added_s", added, MOST_START_S), Bar("packages_times", times, MOST_TIMES))
    return Result(figures, bars)


def attacks() -> Result:
    from bench.zone_attacks import ATTACKS, Trial
    from dalgubeol.world.sandbox.selftest import choose_backend

    tried, stopped, proven, through = Counter[str](), Counter[str](), Counter[str](), []
    unproven, lacking = list[str](), dict[str, str]()
    began = time.perf_counter()
    with Trial(choose_backend()) as trial:
        for attack in ATTACKS:
            tried[attack.family] += 1
            if reason := attack.lacks(trial):
                lacking[attack.id] = reason
            elif attack.prove(trial):
                proven[attack.family] += 1
            else:
                unproven.append(attack.id)
            if attack.succeeds(trial):
                through.append(attack.id)
            else:
                stopped[attack.family] += 1
    figures: dict[str, object] = {
        "tried": tried.total(), "stopped": stopped.total(), "succeeded_without_their_defence": proven.total(),
        "tried_by_family": dict(tried), "stopped_by_family": dict(stopped), "proven_by_family": dict(proven),
        "not_stopped": through, "prove_nothing": unproven, "not_shown_here": lacking,
        "seconds": round(time.perf_counter() - began, 1),
    }  # fmt: skip
    bars = (
        Bar("attacks_tried", tried.total(), 60, at_most=False),
        Bar("attacks_not_stopped", len(through), 0),
        Bar("attacks_that_prove_nothing", len(unproven), 0),
    )
    left_out = (
        f"{len(lacking)} attacks are not seen to succeed without their defence here" if lacking else None
    )
    return Result(figures, bars, skipped=left_out)


SCENARIOS = (
    Scenario("zone-overhead", "the sandbox beside the bare command", overhead),
    Scenario("zone-attacks", "attacks tried and stopped, each seen to succeed without its defence", attacks),
)
