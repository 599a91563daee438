"""`plant-exact`: the Tennessee Eastman process beside an oracle; `plant-speed`: hours of it, and parts of the line,
simulated per second of CPU.

DALGU_TEP_STUDIO names an interpreter that has `tep-studio` 0.2.0 (PyPI; builds with a C compiler): Bathelt's C model
and Ricker's controller. Derivatives are compared at random states around the seven steady states, valves anywhere,
disturbances on and off; the sweep runs each of the twenty disturbances for 12 h from the base case, both with Euler
steps of 0.0005 h and with what the oracle has of the controller. A random disturbance draws other numbers there: of
these the means over seeds are compared, in standard errors of their difference.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measuring import Bar, Result, Scenario, median

if TYPE_CHECKING:
    from dalgubeol.methods.line.configuration import Line

STATES, SWEEP_H, DISTURBED = 1_000, 12.0, 20
RANDOM = (8, 9, 10, 11, 12, 13, 16, 17, 18, 20)
SEEDS, ORACLE_SEEDS = 100, (1_431_655_765, 2_345_678_901, 987_654_321)
STABLE_H = 48.0


def states(seed: int) -> tuple[Any, Any, Any]:
    """[1000, 50] states, [.., 12] where valves shall stand, [.., 28] disturbances (0 or 1)."""
    import numpy as np

    from dalgubeol.methods.tennessee.steady import STEADY

    rng = np.random.default_rng(seed)
    state = STEADY.T[rng.integers(0, 7, STATES)] * rng.uniform(0.9, 1.1, (STATES, 50))
    state[:, 38:] = rng.uniform(0, 100, (STATES, 12))
    disturbed = (rng.random((STATES, 28)) < 0.3).astype(float)
    disturbed[:, [13, 14, 18]] = 0  # what sticks depends on what was
    return state, rng.uniform(0, 100, (STATES, 12)), disturbed


def derivatives(state: Any, valve: Any, disturbed: Any) -> Any:
    import numpy as np

    from dalgubeol.methods.tennessee import balances
    from dalgubeol.methods.tennessee.constants import WALK_CENTRE
    from dalgubeol.methods.tennessee.steady import WARM

    found = np.empty((len(state), 50))
    for row, (at, to, d) in enumerate(zip(state, valve, disturbed, strict=True)):
        walk = WALK_CENTRE.copy()
        walk[0] -= d[0] * 0.03 + d[1] * 2.43719e-3
        walk[1] += d[1] * 0.005
        walk[[2, 4, 5]] += 5.0 * d[[2, 3, 4]]
        balances.balances(at, WARM.copy(), walk, d[5], d[6], np.empty(balances.INSIDE), found[row])
        balances.valves(at, to, found[row])
    return found


def oracle(interpreter: str, asked: dict[str, Any]) -> dict[str, Any]:
    script = Path(__file__).with_name("tep_oracle.py")
    done = subprocess.run([interpreter, "-W", "ignore", str(script)], input=json.dumps(asked), capture_output=True, text=True, check=True)  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


def swept(numbers: Sequence[int], seed: int) -> tuple[list[float], list[float]]:
    """Mean cost [$/h] until the trip or the end, and hours until then, of a plant for each disturbance (nought: none)."""
    from dalgubeol.methods.tennessee.process import Plants
    from dalgubeol.methods.tennessee.stepping import RICKER_BARE

    plants = Plants.at(count=len(numbers), seed=seed)
    for at, number in enumerate(numbers):
        if number:
            plants.disturb(number, plants=slice(at, at + 1))
    told = plants.run(SWEEP_H, every_h=0.01, control=RICKER_BARE)
    rows = [max(1, int(ended / 0.01)) for ended in plants.hours]
    return [float(told.cost[at, :until].mean()) for at, until in enumerate(rows)], plants.hours.tolist()


def exact() -> Result:
    import numpy as np

    from dalgubeol.methods.tennessee.process import Plants
    from dalgubeol.methods.tennessee.steady import COST_PER_H, MODES

    fresh = [Plants.at(mode) for mode in MODES]
    costs = [float(plant.costs[0]) for plant in fresh]
    off = max(abs(cost - published) for cost, published in zip(costs, COST_PER_H, strict=True))
    held = [Plants.at(mode, seed=1) for mode in MODES]
    for plant in held:
        plant.run(STABLE_H)
    steady = [number for number in range(DISTURBED + 1) if number not in RANDOM]
    costs_of, hours = swept(steady, 1)
    random_costs = np.array([swept([number] * SEEDS, number)[0] for number in RANDOM])
    trips = [number for number, ended in zip(steady, hours, strict=True) if ended < SWEEP_H]
    figures: dict[str, object] = {
        "steady_costs": [round(each, 2) for each in costs], "sweep_trips": trips,
        "mean_cost_by_disturbance": dict(zip(map(str, steady), np.round(costs_of, 1).tolist(), strict=True)),
        "mean_cost_by_random_one": dict(zip(map(str, RANDOM), random_costs.mean(axis=1).round(1).tolist(), strict=True)),
        "hours_until_the_trip": dict(zip(map(str, trips), [round(hours[steady.index(each)], 2) for each in trips], strict=True)),
    }  # fmt: skip
    bars = [
        Bar("steady_cost_off_per_h", round(off, 4), 0.01),
        Bar("modes_stable_48h", sum(plant.trips() == (None,) for plant in held), 7, at_most=False),
    ]
    interpreter = os.environ.get("DALGU_TEP_STUDIO")
    if not interpreter:
        return Result(figures, tuple(bars), skipped="the oracle: set DALGU_TEP_STUDIO to an interpreter that has tep-studio")  # fmt: skip
    state, valve, disturbed = states(0)
    theirs = oracle(interpreter, {
        "state": state.tolist(), "valve": valve.tolist(), "disturbed": disturbed.tolist(), "sweep_h": SWEEP_H,
        "runs": [(number, 1) for number in steady] + [(number, seed) for number in RANDOM for seed in ORACLE_SEEDS],
    })  # fmt: skip
    expected, found = np.array(theirs["derivatives"]), derivatives(state, valve, disturbed)
    worst = float(np.max(np.abs(found - expected) / np.where(expected == 0, 1.0, np.abs(expected))))
    cost = np.array(theirs["cost"])
    apart = np.abs(np.array(costs_of) - cost[: len(steady)]) / cost[: len(steady)]
    drawn = cost[len(steady) :].reshape(len(RANDOM), -1)
    error = random_costs.std(axis=1, ddof=1) * np.sqrt(1 / SEEDS + 1 / len(ORACLE_SEEDS))
    errors = np.abs(random_costs.mean(axis=1) - drawn.mean(axis=1)) / error
    other = [number for number, ended in zip(steady, theirs["hours"], strict=False) if ended < SWEEP_H - 1e-6]
    peers = {
        "tep-studio": {
            "mean_cost_by_disturbance": dict(zip(map(str, steady), cost[: len(steady)].round(1).tolist(), strict=True)),
            "mean_cost_by_random_one": dict(zip(map(str, RANDOM), drawn.mean(axis=1).round(1).tolist(), strict=True)),
            "sweep_trips": other, "closed_loop_h_per_cpu_s": round(theirs["speed"], 2),
        }
    }  # fmt: skip
    bars += [
        Bar("derivatives_apart", worst, 1e-9), Bar("trips_unlike", len({*other} ^ {*trips}), 0),
        Bar("mean_costs_apart", round(float(apart.max()), 4), 0.02),
        Bar("random_mean_costs_apart_in_standard_errors", round(float(errors.max()), 2), 3.0),
    ]  # fmt: skip
    return Result(figures, tuple(bars), peers)


def parts_per_cpu_s(line: Line) -> float:
    from dalgubeol.methods.line import running
    from dalgubeol.methods.line.process import Lines

    lines = Lines.at(line, seed=1)
    lines.run(8)
    began, made = time.process_time(), lines.sums[0, running.MADE]
    lines.run(400)
    return float(lines.sums[0, running.MADE] - made) / (time.process_time() - began)


def speed() -> Result:
    from dalgubeol.methods.line.configuration import LINES
    from dalgubeol.methods.tennessee.process import Plants
    from dalgubeol.methods.tennessee.stepping import LOOSE

    def per_cpu_s(plants: Plants, hours: float, **how: Any) -> float:
        began = time.process_time()
        plants.run(hours, **how)
        return float(plants.hours.sum()) / (time.process_time() - began)

    base = Plants.at(seed=1)
    Plants.at(seed=1).run(0.01)
    # Open loop the process leaves its limits within two hours: forty plants of half an hour each.
    loose = [per_cpu_s(base.fork([0] * 40), 0.5, control=LOOSE, noisy=False) for _ in range(5)]
    closed = [per_cpu_s(base.fork([0]), 24.0) for _ in range(5)]
    many = {count: median([per_cpu_s(Plants.at(count=count, seed=1), 24.0 * 10 / count) for _ in range(3)]) for count in (10, 100, 1_000)}  # fmt: skip
    first = []
    for _ in range(3):
        code = "from dalgubeol.methods.tennessee.process import Plants; Plants.at().run(0.0005)"
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        first.append(time.perf_counter() - began)
    parts = {line.name: median([parts_per_cpu_s(line) for _ in range(3)]) for line in LINES.values()}
    figures = {
        "parts_per_cpu_s": parts, "open_h_per_cpu_s": median(loose), "closed_h_per_cpu_s": median(closed),
        "batch_h_per_cpu_s": many, "import_and_first_step_s": median(first),
    }  # fmt: skip
    bars = (
        Bar("open_h_per_cpu_s", median(loose), 700, at_most=False), Bar("closed_h_per_cpu_s", median(closed), 250, at_most=False),
        Bar("batch_of_1000_against_10", round(many[1_000] / many[10], 3), 0.9, at_most=False),
        Bar("parts_per_cpu_s", min(parts.values()), 20_000, at_most=False),
        Bar("import_and_first_step_s", median(first), 2.0),
    )  # fmt: skip
    return Result(figures, bars)


SCENARIOS = (
    Scenario("plant-exact", "the Tennessee Eastman process beside an oracle", exact),
    Scenario("plant-speed", "simulated hours per second of CPU", speed),
)
