"""The balances once more, stream by stream as Downs & Vogel write them: slow, to be read and to be compared with.

`derivatives` gives what `balances.balances` and `balances.valves` give. Every stream has a composition, a
temperature and a flow; enthalpies are summed over components each time.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from . import constants as c
from .constants import Floats

_KELVIN, _GAS = float(np.float32(273.15)), float(np.float32(998.9))
_GAS_ENERGY = 3.57696e-6


def liquid_heat(x: Floats, t: float) -> float:
    """A million BTU per lb-mol at t degC."""
    each = 1.8 * t * (c.LIQUID_A + c.LIQUID_B * t / 2 + c.LIQUID_C * t**2 / 3)
    return float(np.sum(x * c.MOLAR_MASS * each))


def vapour_heat(x: Floats, t: float) -> float:
    each = 1.8 * t * (c.VAPOUR_HEAT_A + c.VAPOUR_HEAT_B * t / 2 + c.VAPOUR_HEAT_C * t**2 / 3)
    return float(np.sum(x * c.MOLAR_MASS * (each + c.VAPORISATION)))


def density(x: Floats, t: float) -> float:
    """lb-mol/ft3."""
    return 1.0 / float(np.sum(x * c.MOLAR_MASS / (c.DENSITY_A + (c.DENSITY_B + c.DENSITY_C * t) * t)))


def vapour_pressure(t: float) -> Floats:
    """Torr of each component that condenses; nought for A, B and C."""
    pure = np.exp(c.VAPOUR_A + c.VAPOUR_B / (t + c.VAPOUR_C), where=c.VAPOUR_A > 0, out=np.zeros(8))
    return np.where(c.VAPOUR_A > 0, pure, 0.0)


def _temperature(heat_at, heat: float) -> float:  # type: ignore[no-untyped-def]
    return float(brentq(lambda t: heat_at(t) - heat, -200.0, 900.0, xtol=1e-13, rtol=1e-15))


def derivatives(state: Floats, walk: Floats, idv6: float, idv7: float, command: Floats) -> Floats:
    """[50] per hour. `walk` [20] as `walks.walked` gives it, with the steps of disturbances 1-5 in it."""
    r, s, p, v = state[0:8], state[9:17], state[18:26], state[27:35]
    liquid_r, liquid_s = np.where(np.arange(8) < 3, 0.0, r), np.where(np.arange(8) < 3, 0.0, s)
    x_r, x_s, x_p, y_v = liquid_r / liquid_r.sum(), liquid_s / liquid_s.sum(), p / p.sum(), v / v.sum()
    t_r = _temperature(lambda t: liquid_heat(x_r, t), state[8] / liquid_r.sum())
    t_s = _temperature(lambda t: liquid_heat(x_s, t), state[17] / liquid_s.sum())
    t_p = _temperature(lambda t: liquid_heat(x_p, t), state[26] / p.sum())
    t_v = _temperature(lambda t: vapour_heat(y_v, t) - _GAS_ENERGY * (t + _KELVIN), state[35] / v.sum())
    volume_r, volume_s = liquid_r.sum() / density(x_r, t_r), liquid_s.sum() / density(x_s, t_s)
    gas_r, gas_s = 1300.0 - volume_r, 3500.0 - volume_s
    partial_r = np.where(np.arange(8) < 3, r * _GAS * (t_r + _KELVIN) / gas_r, vapour_pressure(t_r) * x_r)
    partial_s = np.where(np.arange(8) < 3, s * _GAS * (t_s + _KELVIN) / gas_s, vapour_pressure(t_s) * x_s)
    p_r, p_s, p_v = partial_r.sum(), partial_s.sum(), v.sum() * _GAS * (t_v + _KELVIN) / 5000.0
    y_r, y_s = partial_r / p_r, partial_s / p_s

    k = t_r + _KELVIN
    a, cc, d, e = partial_r[0], partial_r[2], partial_r[3], partial_r[4]
    single = np.float32
    rates = np.array([
        np.exp(float(single(31.5859536)) - float(single(20130.85052843482)) / k) * walk[6] * a**1.1544 * cc**0.3735 * d,
        np.exp(float(single(3.00094014)) - float(single(10065.42526421741)) / k) * walk[7] * a**1.1544 * cc**0.3735 * e,
        np.exp(float(single(53.4060443)) - float(single(30196.27579265224)) / k) * a * e,
        np.exp(float(single(53.4060443)) - float(single(30196.27579265224)) / k) * 0.767488334 * a * d,
    ]) * gas_r  # fmt: skip
    #                     A   B   C    D    E  F  G  H
    made = rates @ np.array([
        (-1, 0, -1, -1.0, 0, 0, 1, 0), (-1, 0, -1, 0.0, -1, 0, 0, 1), (-1, 0, 0, 0.0, -1, 1, 0, 0),
        (0, 0, 0, -1.5, 0, 1, 0, 0),
    ])  # fmt: skip

    at = state[38:]
    in_d, in_e = c.FEED_D * at[0] * walk[15] / 100, c.FEED_E * at[1] * walk[16] / 100
    in_a = c.FEED_A * at[2] * (1 - idv6) * walk[14] / 100
    flow_ac = at[3] * (1 - 0.2 * idv7) * walk[17] / 100 + 1e-10
    x_ac = np.array([walk[0], walk[1], 1 - walk[0] - walk[1], 0, 0, 0, 0, 0])
    underflow, product = at[6] * 15.0, at[7] * 10.0
    fed = 1937.6 * np.sqrt(max(p_v - p_r, 0.0)) / (y_v @ c.MOLAR_MASS)
    effluent = 4574.21 * np.sqrt(max(p_r - p_s, 0.0)) * (1 - 0.25 * walk[11]) / (y_r @ c.MOLAR_MASS)
    mass_s = y_s @ c.MOLAR_MASS
    purge = at[5] * 0.151169 * np.sqrt(max(p_s - 760.0, 0.0)) / mass_s
    ratio = float(np.clip(p_v / p_s, 1.0, float(single(1.3))))
    pumped = 280275.0 + 280275.0 / 1.197 * (1.0 - ratio**3)
    compressor = pumped * (t_s + 273.15) * 1.8e-6 * 1.9872 * (p_v - p_s) / (mass_s * p_s)
    recycle = max(pumped - at[4] * 53.349 * np.sqrt(max(p_v - p_s, 0.0)), 1e-3) / mass_s

    enters = x_ac * flow_ac + x_s * underflow
    split = np.array([*(float(single(each)) for each in (0.995, 0.991, 0.99)), 0, 0, 0, 0, 0])
    if underflow > float(single(0.1)):
        if t_p > 170.0:
            factor = t_p - float(single(120.262))
        elif t_p < float(single(5.292)):
            factor = float(single(0.1))
        else:
            factor = float(single(363.744)) / (177.0 - t_p) - float(single(2.22579488))
        over = flow_ac / underflow * factor * c._f(8.501, 11.402, 11.795, 0.048, 0.0242)
        split[3:] = over / (1.0 + over)
    else:
        split[3:] = c._f(0.9999, 0.999, 0.999, 0.99, 0.98)
    up = split * enters

    level = volume_r / float(single(7.8))
    wetted = 1.0 if level > 50 else 0.0 if level < 10 else float(single(0.025)) * level - 0.25
    stirred = (at[11] + 150.0) / 100.0
    cooled_r = (
        wetted
        * (-0.5 * stirred**2 + 2.75 * stirred - 2.5)
        * 0.85549
        * (state[36] - t_r)
        * (1 - 0.35 * walk[9])
    )
    through = (effluent / float(single(3528.73))) ** 4
    cooled_s = float(single(0.404655)) * (1 - 1 / (1 + through)) * (state[37] - t_r) * (1 - 0.25 * walk[10])
    steam = at[8] * float(single(0.03)) * (1 + walk[8]) / 100 * (100.0 - t_p) if t_p < 100 else 0.0

    out = np.empty(50)
    out[0:8] = y_v * fed - y_r * effluent + made
    out[9:17] = y_r * effluent - y_s * (recycle + purge) - x_s * underflow
    out[18:26] = enters - up - x_p * product
    out[27:35] = in_d + in_e + in_a + up + y_s * recycle - y_v * fed
    heat_up = vapour_heat(up, t_p)
    heat_fed, heat_out = vapour_heat(y_v, t_v) * fed, vapour_heat(y_r, t_r) * effluent
    heat_s = vapour_heat(y_s, t_s)
    out[8] = heat_fed - heat_out + rates[0] * 0.06899381054 + rates[1] * 0.05 + cooled_r
    out[17] = (
        heat_out - heat_s * (recycle + purge) - compressor - liquid_heat(x_s, t_s) * underflow + cooled_s
    )
    out[26] = vapour_heat(x_ac, walk[3]) * flow_ac + liquid_heat(x_s, t_s) * underflow - heat_up
    out[26] += steam - liquid_heat(x_p, t_p) * product
    out[35] = vapour_heat(in_d, walk[2]) + vapour_heat(in_e, walk[13]) + vapour_heat(in_a, walk[12]) + heat_up
    out[35] += heat_s * recycle + compressor - heat_fed
    water = float(single(500.53))
    out[36] = (
        at[9] * walk[18] / 100 * water * (walk[4] - state[36]) - cooled_r * 1e6 / float(single(1.8))
    ) / 7060.0
    out[37] = (
        at[10] * walk[19] / 100 * water * (walk[5] - state[37]) - cooled_s * 1e6 / float(single(1.8))
    ) / 11138.0
    out[38:] = (command - at) / c.VALVE_LAG_H
    return out
