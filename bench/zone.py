"""`zone-overhead`: what the sandbox costs beside the bare command. `zone-attacks`: tried and stopped.

Overhead: the same script bare and inside, in turns, after one of each; wall time, so it wants a quiet machine (the
load is told beside it; the least of each is less disturbed than the median). Bare gets the same number of threads. The attacks are those of
`bench.zone_attacks`, the table that the tests run: each is tried without its defence first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.measuring import Bar, Result, Scenario, median

STARTS, HEAVY = 31, 9
MOST_START_S, MOST_TIMES = 0.050, 1.25
NOTHING = "pass\n"
PACKAGES = """
import numpy as np, pandas as pd, polars as pl
frame = pd.DataFrame({"area": np.arange(100_000) % 7, "cost": np.arange(100_000.0)})
frame.groupby("area").cost.mean()
pl.from_pandas(frame).group_by("area").agg(pl.col("cost").mean()).sort("area")
"""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")


def _spent(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _compared(text: str, rounds: int) -> dict[str, list[float]]:
    """Wall seconds of `rounds` pairs, bare first in every other one."""
    from dalgubeol.world.sandbox.limits import Limits
    from dalgubeol.world.sandbox.script import run_script
    from dalgubeol.world.sandbox.selftest import choose_backend

    backend, limits = choose_backend(), Limits()
    found: dict[str, list[float]] = {"bare_s": [], "inside_s": []}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(text)
        environment = {**os.environ, **dict.fromkeys(_THREADS, str(limits.threads))}

        def bare() -> None:
            subprocess.run([sys.executable, str(script)], cwd=folder, env=environment, check=True)

        def inside() -> None:
            outcome = run_script(text.encode(), {}, limits, 1, backend=backend)
            assert outcome.status == "ok", outcome.operator_log

        for turn in range(rounds + 1):
            for name, work in sorted({"bare": bare, "inside": inside}.items(), reverse=bool(turn % 2)):
                spent = _spent(work)
                if turn:
                    found[f"{name}_s"].append(spent)
    return found


def overhead() -> Result:
    start, heavy = _compared(NOTHING, STARTS), _compared(PACKAGES, HEAVY)
    figures: dict[str, object] = {
        **{f"start_{name}": median(values) for name, values in start.items()},
        **{f"packages_{name}": median(values) for name, values in heavy.items()},
        "start_added_least_s": round(min(start["inside_s"]) - min(start["bare_s"]), 4),
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
    unproven: list[str] = []
    began = time.perf_counter()
    with Trial(choose_backend()) as trial:
        for attack in ATTACKS:
            tried[attack.family] += 1
            lacking = attack.lacks(trial)
            if lacking is None and attack.prove(trial):
                proven[attack.family] += 1
            else:
                unproven.append(attack.id)
            if attack.succeeds(trial):
                through.append(attack.id)
            else:
                stopped[attack.family] += 1
    figures: dict[str, object] = {
        "tried": tried.total(), "stopped": stopped.total(), "succeeded_without_their_defence": proven.total(),
        "by_family": dict(tried), "not_stopped": through, "not_shown_here": unproven,
        "seconds": round(time.perf_counter() - began, 1),
    }  # fmt: skip
    bars = (
        Bar("attacks_tried", tried.total(), 60, at_most=False),
        Bar("attacks_not_stopped", len(through), 0),
        Bar("attacks_that_prove_nothing", len(unproven), 0),
    )
    return Result(figures, bars)


SCENARIOS = (
    Scenario("zone-overhead", "the sandbox beside the bare command", overhead),
    Scenario("zone-attacks", "attacks tried and stopped, each seen to succeed without its defence", attacks),
)
