"""Run by the interpreter that has tep-studio: derivatives, and the sweep of disturbances under Ricker's controller."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from tep_studio.control.runner import ClosedLoopSimulation  # type: ignore[import-not-found]
from tep_studio.simulation.core import TennesseeEastmanProcess  # type: ignore[import-not-found]
from tep_studio.simulation.native import NativeTEPKernel  # type: ignore[import-not-found]

asked = json.load(sys.stdin)
kernel = NativeTEPKernel()
derivatives = []
for state, valve, disturbed in zip(asked["state"], asked["valve"], asked["disturbed"], strict=True):
    kernel.reset(initial_state=state, seed=1.0, ms_flag=0)
    kernel.set_inputs(valve, disturbed)
    derivatives.append(kernel.derivatives(0.01, state).tolist())
costs, hours, spent = [], [], 0.0
for number, seed in asked["runs"]:
    disturbed = np.zeros(28)
    if number:
        disturbed[number - 1] = 1.0
    began = time.process_time()
    told = ClosedLoopSimulation(
        simulator=TennesseeEastmanProcess(solver_method="Euler"), horizon=asked["sweep_h"]
    ).run(seed=float(seed), disturbances=disturbed, record_every=20)
    spent += time.process_time() - began
    costs.append(
        float(np.mean([each.objective_terms["operating_cost_internal_per_hour"] for each in told.results]))
    )
    hours.append(float(told.final_time))
print(json.dumps({"derivatives": derivatives, "cost": costs, "hours": hours, "speed": sum(hours) / spent}))
