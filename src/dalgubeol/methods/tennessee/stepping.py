"""One plant through many steps, many plants one after the other: fields are arrays with a row for each plant.

A step is 1.8 s (0.0005 h, the model's own): walks, balances, instruments, controller, valves, Euler. A plant that
has shut down stands still. Rows never touch each other, so a batch may be cut anywhere: same results, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
from numba import njit

from ..draws import sources_of
from .balances import INSIDE, STATES, balances, valves
from .constants import VALVE_STICKS_PERCENT, WALKS
from .controller import controlled
from .measuring import cost, measured, tripped
from .walks import walked

STEP_H = 0.0005
ANALYSES = 100  # every analysis falls on one of these steps
LOOSE, RICKER, RICKER_BARE = 0, 1, 2
"""Who moves the valves: nobody but whoever sets `valve`; Ricker's controller; only what most who publish
results have of it (see `controller.controlled`)."""
_STUCK = np.array([-1, -1, -1, -1, 18, -1, 18, 18, 18, 13, 14, -1])
"""Which disturbance makes each valve stick."""


def _compiled(sources: str) -> Callable[..., None]:
    @njit(cache=True, nogil=True, error_model="numpy")
    def run(  # type: ignore[no-untyped-def]
        seeds, steps, stopped, state, warm, pieces, draws, waiting, shown, memory, handles, valve, command, costs,
        disturbances, control, noisy, count, every, shown_at, state_at, cost_at, valve_at,
    ):  # fmt: skip
        if sources == "":
            return
        inside, out, walk, mean = np.empty(INSIDE), np.empty(STATES), np.empty(WALKS), np.empty(12)
        for p in range(len(seeds)):
            row = since = 0
            mean[:] = 0.0
            d = disturbances[p]
            for k in range(count):
                step = steps[p]
                told = every > 0 and k % every == 0
                if stopped[p] == 0:
                    walked(seeds[p], step * STEP_H, d, pieces[p], draws[p], walk)
                    walk[0] -= d[0] * 0.03 + d[1] * 2.43719e-3
                    walk[1] += d[1] * 0.005
                    walk[2] += d[2] * 5.0
                    walk[4] += d[3] * 5.0
                    walk[5] += d[4] * 5.0
                    balances(state[p], warm[p], walk, d[5], d[6], inside, out)
                    if control != LOOSE or told or step % ANALYSES == 0 or k + 1 == count:
                        measured(inside, seeds[p], step, noisy, waiting[p], shown[p])
                        costs[p] = cost(inside, state[p, 45])
                    stopped[p] = tripped(inside)
                if told:
                    shown_at[p, row], state_at[p, row], cost_at[p, row] = shown[p], state[p], costs[p]
                    valve_at[p, row] = mean / since if since else valve[p]
                    row, since = row + 1, 0
                    mean[:] = 0.0
                if stopped[p] != 0:
                    continue
                if control != LOOSE:
                    controlled(shown[p], handles[p], control == RICKER, step, STEP_H, memory[p], valve[p])
                for i in range(12):
                    to = min(max(valve[p, i], 0.0), 100.0)
                    sticks = VALVE_STICKS_PERCENT * d[_STUCK[i]] if _STUCK[i] >= 0 else 0.0
                    mean[i] += to
                    if sticks == 0.0 or abs(command[p, i] - to) > sticks:
                        command[p, i] = to
                since += 1
                valves(state[p], command[p], out)
                for i in range(STATES):
                    state[p, i] += STEP_H * out[i]
                steps[p] = step + 1

    return cast("Callable[..., None]", run)


_run = _compiled(sources_of(Path(__file__).parent))


def run(*fields: Any) -> None:
    """Run every plant `count` steps on. At the begin of every `every`-th step (nought: never) what is measured, the
    state and the cost go to the next row of `shown_at` [plants, rows, 41], `state_at` [.., 50] and `cost_at`, and where
    the valves were told to stand in the mean since the row before to `valve_at` [.., 12].
    """
    _run(*fields)
