"""Ricker's decentralised controller (J. Proc. Cont. 6, 205-221, 1996; gains from his published model of mode 1).

Every loop is a PI in velocity form with a saturated output, so nothing winds up. Feeds and outflows follow a ratio
times the production index Fp, 100 in the base case; levels, pressure and composition move the ratios. What an engineer
may move are the `HANDLES`; production and %G are ramped, at 30 % a day and 50 % a day.

Composition of the product is set by feeding D and E in the ratio that a polynomial of %G gives, and by feedback:
kmol/h of D exchanged for E, 32 and 46 kg of each. Where the condenser can cool no more
(90 % G), the level rises until the recycle valve closes for it. The paper's pressure override is not part of it.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit

from .constants import Floats


class Handle(IntEnum):
    """Set-points: what they are, and their units in `HANDLES`."""

    PRODUCTION = 0
    G_IN_PRODUCT = 1
    REACTOR_LEVEL = 2
    REACTOR_PRESSURE = 3
    REACTOR_TEMPERATURE = 4
    SEPARATOR_LEVEL = 5
    STRIPPER_LEVEL = 6
    A_OF_A_AND_C = 7
    A_AND_C = 8
    RECYCLE_VALVE = 9
    STEAM_VALVE = 10
    AGITATOR_SPEED = 11


HANDLES = (
    ("production", "m3/h", 10.0, 40.0), ("g_in_product", "mol%", 0.0, 100.0), ("reactor_level", "%", 50.0, 100.0),
    ("reactor_pressure", "kPa", 2000.0, 2895.0), ("reactor_temperature", "Cel", 100.0, 150.0),
    ("separator_level", "%", 30.0, 100.0), ("stripper_level", "%", 30.0, 100.0), ("a_of_a_and_c", "%", 30.0, 80.0),
    ("a_and_c", "mol%", 30.0, 80.0), ("recycle_valve", "%", 0.0, 100.0), ("steam_valve", "%", 0.0, 100.0),
    ("agitator_speed", "%", 0.0, 100.0),
)  # fmt: skip
"""Name, unit, and between what it may be set (Downs & Vogel 1993, Table 6: normal operating limits)."""

# Gain, reset time [h], output at the base case, lowest and highest output.
_INF = np.inf
_LOOPS = np.array([
    (0.01, 0.001 / 60, 24.644, 0, 100),  # A feed
    (0.003, 0.001 / 60, 61.302, 0, 100),  # A and C feed
    (1.6e-6, 0.001 / 60, 63.053, 0, 100),  # D feed
    (1.8e-6, 0.001 / 60, 53.98, 0, 100),  # E feed
    (0.01, 0.001 / 60, 40.064, 0, 100),  # purge
    (4e-4, 0.001 / 60, 38.10, 0, 100),  # separator's underflow
    (4e-4, 0.001 / 60, 46.534, 0, 100),  # stripper's underflow
    (3.2, 2.0, 0.0, -30, 30),  # production -> Fp, from where it took over
    (0.8, 1.0, 80.1, 0, 120),  # reactor level -> separator temperature's set-point
    (-1e-3, 200 / 60, 0.2516, 0, 100),  # separator level -> its flow's ratio
    (-4.0, 0.25, 18.114, 0, 100),  # separator temperature -> condenser's cooling water
    (-2e-4, 200 / 60, 0.2295, 0, 100),  # stripper level -> its flow's ratio
    (-8.0, 0.125, 41.106, 0, 100),  # reactor temperature -> its cooling water
    (-1e-4, 20 / 60, 0.00337, 0, 100),  # reactor pressure -> purge's ratio
    (-0.4, 100 / 60, 0.0, -_INF, _INF),  # %G -> D exchanged for E
    (2.0, 1.0, 0.0, -100, 0),  # reactor level far too high -> recycle valve closes
])  # fmt: skip
(_A, _AC, _D, _E, _PURGE, _UNDERFLOW, _PRODUCT, _PRODUCTION, _LEVEL, _SEPARATOR, _SEPARATOR_T, _STRIPPER,
 _REACTOR_T, _PRESSURE, _G, _HIGH_LEVEL) = range(16)  # fmt: skip
_MEASURED = np.array([0, 3, 1, 2, 9, 13, 16])
_VALVE = np.array([2, 3, 0, 1, 5, 6, 7])
_RATIO_A, _RATIO_AC = 0.251 / 100, 9.35 / 100
_SLOW_STEPS, _SLOW_H = 200, 0.1
_YA_GAIN, _YA_RESET_H, _YAC_GAIN, _YAC_RESET_H = 2e-4, 1.0, 3e-4, 2.0
_D_RATIO, _E_RATIO = (1.5192e-3, 5.9446e-1, 2.7690e-1), (-1.1377e-3, -8.0893e-1, 9.1060e1)
_BASE_PRODUCTION = 22.95
_LEVEL_ABOVE = 2.0
_PRODUCTION_PER_H, _G_PER_H = 0.3 * 22.95 / 24.0, 50.0 / 24.0
_LOOP_COUNT = len(_LOOPS)

# Where the memory of a plant's controller keeps what.
_ERROR = _LOOP_COUNT
_SLOW = (
    2 * _LOOP_COUNT
)  # errors of yA and yAC, ratios r1 and r4, ramped production and %G, Fp where it took over
MEMORY = _SLOW + 7


def fresh_memory(plants: int) -> Floats:
    """[plants, MEMORY]; `begin` brings it to where a plant stands."""
    return np.zeros((plants, MEMORY))


@njit(cache=True, nogil=True, error_model="numpy")
def _polynomial(of, g):  # type: ignore[no-untyped-def]
    return of[2] + g * (of[1] + g * of[0])


@njit(cache=True, nogil=True, error_model="numpy")
def begin(shown, valve, handles, memory):  # type: ignore[no-untyped-def]
    """Take over without a bump from what is measured (`shown` [41]) and where the valves stand (`valve` [12]).

    Set-points `handles` [12] become what is measured, Fp what the production is of the base case's.
    """
    memory[:] = 0.0
    for i in range(_LOOP_COUNT):
        memory[i] = _LOOPS[i, 2]
    for i in range(7):
        memory[i] = valve[_VALVE[i]]
    memory[_SEPARATOR_T], memory[_REACTOR_T] = valve[10], valve[9]
    memory[_LEVEL] = shown[10]
    index = memory[_SLOW + 6] = shown[16] / _BASE_PRODUCTION * 100.0
    memory[_SEPARATOR], memory[_STRIPPER], memory[_PRESSURE] = (
        shown[13] / index,
        shown[16] / index,
        shown[9] / index,
    )
    memory[_SLOW + 2], memory[_SLOW + 3] = shown[0] / index, shown[3] / index
    memory[_G] = (_polynomial(_D_RATIO, shown[39]) * index - shown[1]) / 32.0
    memory[_SLOW + 4], memory[_SLOW + 5] = shown[16], shown[39]
    handles[0], handles[1] = shown[16], shown[39]
    handles[2], handles[3], handles[4], handles[5], handles[6] = (
        shown[7],
        shown[6],
        shown[8],
        shown[11],
        shown[14],
    )
    handles[7], handles[8] = 100.0 * shown[22] / (shown[22] + shown[24]), shown[22] + shown[24]
    handles[9], handles[10], handles[11] = valve[4], valve[8], valve[11]


@njit(cache=True, nogil=True, error_model="numpy")
def _moved(memory, i, setpoint, at, hours):  # type: ignore[no-untyped-def]
    error = setpoint - at
    out = memory[i] + _LOOPS[i, 0] * (error - memory[_ERROR + i] + hours / _LOOPS[i, 1] * error)
    out = min(max(out, _LOOPS[i, 3]), _LOOPS[i, 4])
    memory[i], memory[_ERROR + i] = out, error
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _ramped(now, to, most):  # type: ignore[no-untyped-def]
    return min(now + most, to) if to >= now else max(now - most, to)


@njit(cache=True, nogil=True, error_model="numpy")
def controlled(shown, handles, whole, step, hours, memory, valve):  # type: ignore[no-untyped-def]
    """Where the valves shall stand, % into `valve` [12], from what is measured and the set-points. Without `whole`
    %G is not fed back and the recycle valve does not help the condenser."""
    production = memory[_SLOW + 4] = _ramped(memory[_SLOW + 4], handles[0], _PRODUCTION_PER_H * hours)
    g = memory[_SLOW + 5] = _ramped(memory[_SLOW + 5], handles[1], _G_PER_H * hours)
    index = memory[_SLOW + 6] + _moved(memory, _PRODUCTION, production, shown[16], hours)
    exchanged = _moved(memory, _G, g, shown[39], hours) if whole else 0.0
    if step % _SLOW_STEPS == 0:
        e = handles[7] - 100.0 * shown[22] / (shown[22] + shown[24])
        more_a = _YA_GAIN * (e - memory[_SLOW] + _SLOW_H / _YA_RESET_H * e)
        memory[_SLOW] = e
        e = handles[8] - (shown[22] + shown[24])
        more = _YAC_GAIN * (e - memory[_SLOW + 1] + _SLOW_H / _YAC_RESET_H * e)
        memory[_SLOW + 1] = e
        memory[_SLOW + 2] += more_a
        memory[_SLOW + 3] += more - more_a
    flows = np.empty(7)
    flows[0], flows[1] = memory[_SLOW + 2] * index, memory[_SLOW + 3] * index
    flows[2] = _polynomial(_D_RATIO, g) * index - 32.0 * exchanged
    flows[3] = _polynomial(_E_RATIO, g) * index + 46.0 * exchanged
    separator_t = _moved(memory, _LEVEL, handles[2], shown[7], hours)
    flows[5] = _moved(memory, _SEPARATOR, handles[5], shown[11], hours) * index
    flows[6] = _moved(memory, _STRIPPER, handles[6], shown[14], hours) * index
    flows[4] = _moved(memory, _PRESSURE, handles[3], shown[6], hours) * index
    valve[10] = _moved(memory, _SEPARATOR_T, separator_t, shown[10], hours)
    valve[9] = _moved(memory, _REACTOR_T, handles[4], shown[8], hours)
    for i in range(7):
        valve[_VALVE[i]] = _moved(memory, i, flows[i], shown[_MEASURED[i]], hours)
    if whole and (memory[_HIGH_LEVEL] < 0.0 or (valve[10] >= 100.0 and shown[7] > handles[2] + _LEVEL_ABOVE)):
        _moved(memory, _HIGH_LEVEL, handles[2] + _LEVEL_ABOVE, shown[7], hours)
    valve[4], valve[8], valve[11] = handles[9] + memory[_HIGH_LEVEL], handles[10], handles[11]
