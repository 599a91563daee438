"""What instruments of the process show, when it shuts down, and what it costs (Downs & Vogel 1993, Tables 4-6, 9)."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..draws import mixed
from . import balances as at
from .constants import COST_PER_KMOL, FEED_D, FEED_E, MOLAR_MASS, NOISE

GAS_STEPS, PRODUCT_STEPS = 200, 500
"""Steps of 1.8 s between two analyses of gas and of product; each is told as late as the next is taken."""
_NOISE_STREAM = 1_000
_FT3_TO_M3 = 35.3145
_D_MASS, _E_MASS = float(FEED_D @ MOLAR_MASS), float(FEED_E @ MOLAR_MASS)


@njit(cache=True, nogil=True, error_model="numpy")
def _normal(seed, count):  # type: ignore[no-untyped-def]
    """About N(0, 1): the sum of twelve uniform numbers less six, as the FORTRAN has it; each of 16 bits."""
    total = 0.0
    for word in range(3):
        bits = mixed(seed, _NOISE_STREAM + word, count)
        total += np.float64(bits & np.uint64(0xFFFF)) + np.float64(
            (bits >> np.uint64(16)) & np.uint64(0xFFFF)
        )
        total += np.float64((bits >> np.uint64(32)) & np.uint64(0xFFFF)) + np.float64(bits >> np.uint64(48))
    return (total + 6.0) / 65536.0 - 6.0


@njit(cache=True, nogil=True, error_model="numpy")
def tripped(inside):  # type: ignore[no-untyped-def]
    """Why the process shuts down here, a number of `tags.TRIPS`; 0 if it does not. Of several, the last."""
    why = 0
    if (inside[at.REACTOR_TORR] - 760.0) / 760.0 * 101.325 > 3000.0:
        why = 1
    if inside[at.REACTOR_LIQUID] > 24.0 * _FT3_TO_M3:
        why = 2
    if inside[at.REACTOR_LIQUID] < 2.0 * _FT3_TO_M3:
        why = 3
    if inside[at.REACTOR_C] > 175.0:
        why = 4
    if inside[at.SEPARATOR_LIQUID] > 12.0 * _FT3_TO_M3:
        why = 5
    if inside[at.SEPARATOR_LIQUID] < 1.0 * _FT3_TO_M3:
        why = 6
    if inside[at.STRIPPER_LIQUID] > 8.0 * _FT3_TO_M3:
        why = 7
    if inside[at.STRIPPER_LIQUID] < 1.0 * _FT3_TO_M3:
        why = 8
    return why


@njit(cache=True, nogil=True, error_model="numpy")
def measured(inside, seed, step, noisy, waiting, shown):  # type: ignore[no-untyped-def]
    """What the 41 instruments show at `step` into `shown`; `waiting` [19] holds analyses that are not told yet.

    The first step shows analyses at once and no noise, as the FORTRAN does at time 0.
    """
    standard = 0.359 / _FT3_TO_M3  # 1000 standard m3 of a lb-mol
    shown[0] = inside[at.A_FEED] * standard
    shown[1] = inside[at.D_FEED] * _D_MASS * 0.454
    shown[2] = inside[at.E_FEED] * _E_MASS * 0.454
    shown[3] = inside[at.C_FEED] * standard
    shown[4] = inside[at.RECYCLE] * standard
    shown[5] = inside[at.REACTOR_FEED] * standard
    shown[6] = (inside[at.REACTOR_TORR] - 760.0) / 760.0 * 101.325
    shown[7] = (inside[at.REACTOR_LIQUID] - 84.6) / 666.7 * 100.0
    shown[8] = inside[at.REACTOR_C]
    shown[9] = inside[at.PURGE] * standard
    shown[10] = inside[at.SEPARATOR_C]
    shown[11] = (inside[at.SEPARATOR_LIQUID] - 27.5) / 290.0 * 100.0
    shown[12] = (inside[at.SEPARATOR_TORR] - 760.0) / 760.0 * 101.325
    shown[13] = inside[at.UNDERFLOW] / inside[at.SEPARATOR_DENSITY] / _FT3_TO_M3
    shown[14] = (inside[at.STRIPPER_LIQUID] - 78.25) / 156.5 * 100.0
    shown[15] = (inside[at.VAPOUR_TORR] - 760.0) / 760.0 * 101.325
    shown[16] = inside[at.PRODUCT] / inside[at.STRIPPER_DENSITY] / _FT3_TO_M3
    shown[17] = inside[at.STRIPPER_C]
    shown[18] = inside[at.STEAM] * 1040.0 * 0.454
    shown[19] = inside[at.COMPRESSOR_HEAT] * 293.07
    shown[20] = inside[at.REACTOR_WATER_C]
    shown[21] = inside[at.SEPARATOR_WATER_C]
    if noisy and step > 0:
        for i in range(22):
            shown[i] += NOISE[i] * _normal(seed, step * 64 + i)
    if step % GAS_STEPS == 0:
        for i in range(14):
            now = 100.0 * (inside[at.FEED_MIX + i] if i < 6 else inside[at.PURGE_MIX + i - 6])
            _analysed(seed, step, noisy, i, now, waiting, shown)
    if step % PRODUCT_STEPS == 0:
        for i in range(14, 19):
            _analysed(seed, step, noisy, i, 100.0 * inside[at.PRODUCT_MIX + i - 11], waiting, shown)


@njit(cache=True, nogil=True, error_model="numpy")
def _analysed(seed, step, noisy, i, now, waiting, shown):  # type: ignore[no-untyped-def]
    if step == 0:
        shown[22 + i] = now
    else:
        shown[22 + i] = waiting[i]
        if noisy:
            shown[22 + i] += NOISE[22 + i] * _normal(seed, step * 64 + 22 + i)
    waiting[i] = now


@njit(cache=True, nogil=True, error_model="numpy")
def cost(inside, product_valve):  # type: ignore[no-untyped-def]
    """Operating cost in $/h: power, steam, and what is lost with the purge and the product; without noise."""
    purged = 0.0
    for i in range(8):
        purged += COST_PER_KMOL[i] * inside[at.PURGE_MIX + i] * 100.0
    lost = 0.0
    for i in range(3, 6):
        lost += COST_PER_KMOL[i] * inside[at.PRODUCT_MIX + i]
    made = 211.3 * product_valve / 46.534
    return (
        0.0536 * inside[at.COMPRESSOR_HEAT] * 293.07
        + 0.0318 * inside[at.STEAM] * 1040.0 * 0.454
        + inside[at.PURGE] * 0.359 / _FT3_TO_M3 * 0.44791 * purged
        + made * lost
    )
