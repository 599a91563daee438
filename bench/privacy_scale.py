"""`privacy-scale`: ten million rows of persons from file to file, and whether time grows with the rows alone; then the
next delivery of the same table, held against the first.

A file (Parquet or CSV) is brought into a site and pseudonymised: one identifier with repeated persons, six
quasi-identifiers, k = 5 persons, at most 5 % of the rows left out. Each step is a process of its own, so that
its peak of memory is its own. Times are from start to end of both processes, imports included; on a machine
that others use, CPU time is the figure to trust: nearly all of it is one thread's, so an idle machine needs
about as long.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.measuring import Bar, Result, Scenario, scratch
from bench.spine import _environment

ROWS = (1_000_000, 3_000_000, 10_000_000)
POLICIES = ("counts", "grouped", "k_map", "masked")
MOST_SECONDS = 90
MOST_MB = 2_000
MOST_GROWTH = 1.3
"""Of the time per row, from the smallest to the largest table."""


@dataclass(frozen=True, slots=True)
class Step:
    wall_s: float
    cpu_s: float
    peak_mb: float
    said: str


def _step(folder: Path, *words: str) -> Step:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "bench.claimant", *words]
    process = subprocess.Popen(command, env=_environment(folder), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise AssertionError(f"the step {words[0]} failed")
    wall = time.perf_counter() - begun
    return Step(
        round(wall, 1), round(usage.ru_utime + usage.ru_stime, 1), round(usage.ru_maxrss / 1000, 0), said
    )


def _file_to_file(rows: int, ending: str) -> dict[str, object]:
    with scratch() as folder:
        source, order = folder / f"claims{ending}", folder / "order.json"
        _step(folder, "write", str(source), str(rows))
        megabytes = round(source.stat().st_size / 1e6, 1)
        add = _step(folder, "add", str(source), str(order))
        run = _step(folder, "run", str(order))
    wall, cpu = add.wall_s + run.wall_s, add.cpu_s + run.cpu_s
    return {
        "rows": rows, "source": ending, "source_mb": megabytes, "wall_s": round(wall, 1), "cpu_s": round(cpu, 1),
        "peak_mb": max(add.peak_mb, run.peak_mb), "rows_per_s": round(rows / wall),
        "add": {"wall_s": add.wall_s, "cpu_s": add.cpu_s, "peak_mb": add.peak_mb},
        "run": {"wall_s": run.wall_s, "cpu_s": run.cpu_s, "peak_mb": run.peak_mb}, "made": json.loads(run.said),
    }  # fmt: skip


def _next_delivery(rows: int, records: str = "states") -> dict[str, object]:
    """The next delivery of a table of so many rows, by the recipe of the first and safe beside it."""
    with scratch() as folder:
        source, later = folder / "claims.parquet", folder / "later.parquet"
        order, following = folder / "order.json", folder / "next.json"
        _step(folder, "write", str(source), str(rows))
        _step(folder, "write-next", str(later), str(rows))
        _step(folder, "add-with-recipe", str(source), str(order))
        first = _step(folder, "run", str(order))
        add = _step(folder, "add-next", str(later), str(order), str(following), records)
        run = _step(folder, "run", str(following))
    made = json.loads(run.said)
    return {
        "rows": rows, "records": records, "share_out": round(made["rows_out"] / rows, 4),
        "add": {"wall_s": add.wall_s, "cpu_s": add.cpu_s, "peak_mb": add.peak_mb},
        "first_with_recipe": {"wall_s": first.wall_s, "cpu_s": first.cpu_s, "peak_mb": first.peak_mb},
        "run": {"wall_s": run.wall_s, "cpu_s": run.cpu_s, "peak_mb": run.peak_mb}, "made": made,
    }  # fmt: skip


def _assessed(rows: int) -> dict[str, object]:
    """What `assess` needs for a table of so many rows and the one that was made of it."""
    with scratch() as folder:
        source, order, following = folder / "claims.parquet", folder / "order.json", folder / "assess.json"
        _step(folder, "write", str(source), str(rows))
        _step(folder, "add", str(source), str(order))
        _step(folder, "run", str(order))
        _step(folder, "assess", str(order), str(following))
        run = _step(folder, "run", str(following))
    return {"rows": rows, "wall_s": run.wall_s, "cpu_s": run.cpu_s, "peak_mb": run.peak_mb}


def _by_policy(rows: int, which: str) -> dict[str, object]:
    """A Run under a policy that asks for more than classes of persons."""
    with scratch() as folder:
        source, order = folder / "claims.parquet", folder / "order.json"
        _step(folder, "write-of", str(source), str(rows), which)
        _step(folder, "add-policy", str(source), str(order), which)
        run = _step(folder, "run", str(order))
    return {"rows": rows, "wall_s": run.wall_s, "cpu_s": run.cpu_s, "peak_mb": run.peak_mb, "made": json.loads(run.said)}  # fmt: skip


def policies() -> Result:
    """Private counts, columns grouped together (20,000 persons), a population of as many rows, masked text alone."""
    made = {f"{which}_{rows // 1_000_000}M": _by_policy(rows, which) for which in POLICIES for rows in ROWS[:2]}  # fmt: skip
    bars = [Bar(f"{name}_peak_mb", float(str(each["peak_mb"])), MOST_MB) for name, each in made.items() if name.endswith("_3M")]  # fmt: skip
    for which in POLICIES:
        few, many = (float(str(made[f"{which}_{rows // 1_000_000}M"]["cpu_s"])) / rows for rows in ROWS[:2])
        bars.append(Bar(f"{which}_cpu_per_row_3M_over_1M", round(many / few, 2), MOST_GROWTH))
    return Result(dict(made), tuple(bars))


def _of_next(made: dict[str, object], what: str) -> float:
    """Bringing the next delivery in and making it, together; of memory the larger."""
    add, run = (float(str(made[step][what])) for step in ("add", "run"))  # type: ignore[index]
    return max(add, run) if what == "peak_mb" else round(add + run, 1)


def measure() -> Result:
    """Parquet of all sizes, CSV of the largest; the next delivery of all sizes, and of rows that are events."""
    made = {f"parquet_{rows // 1_000_000}M": _file_to_file(rows, ".parquet") for rows in ROWS}
    largest = ROWS[-1] // 1_000_000
    made[f"csv_{largest}M"] = _file_to_file(ROWS[-1], ".csv")
    bars = []
    for name in (f"parquet_{largest}M", f"csv_{largest}M"):
        bars.append(Bar(f"{name}_wall_s", float(str(made[name]["wall_s"])), MOST_SECONDS))
        bars.append(Bar(f"{name}_cpu_s", float(str(made[name]["cpu_s"])), MOST_SECONDS))
        bars.append(Bar(f"{name}_peak_mb", float(str(made[name]["peak_mb"])), MOST_MB))
    per_row = [float(str(made[f"parquet_{rows // 1_000_000}M"]["cpu_s"])) / rows for rows in ROWS]
    growth = round(per_row[-1] / per_row[0], 2)
    bars.append(Bar("cpu_per_row_10M_over_1M", growth, MOST_GROWTH))
    made |= {f"next_{rows // 1_000_000}M": _next_delivery(rows) for rows in ROWS}
    made["next_events_3M"] = _next_delivery(3_000_000, "events")
    following = made[f"next_{largest}M"]
    bars += [
        Bar(f"next_{largest}M_wall_s", _of_next(following, "wall_s"), MOST_SECONDS),
        Bar(f"next_{largest}M_cpu_s", _of_next(following, "cpu_s"), MOST_SECONDS),
        Bar(f"next_{largest}M_peak_mb", _of_next(following, "peak_mb"), MOST_MB),
    ]
    each = [_of_next(made[f"next_{rows // 1_000_000}M"], "cpu_s") / rows for rows in ROWS]
    bars.append(Bar("next_cpu_per_row_10M_over_1M", round(each[-1] / each[0], 2), MOST_GROWTH))
    figures = {**made, "cpu_us_per_row": [round(1e6 * each, 2) for each in per_row]}
    return Result(figures, tuple(bars))


SCENARIOS = (
    Scenario("privacy-scale", "10M rows pseudonymised from file to file; 1M and 3M beside it", measure),
    Scenario(
        "privacy-policies",
        "private counts, grouped columns, a population and masked text: 1M and 3M rows",
        policies,
    ),
)
