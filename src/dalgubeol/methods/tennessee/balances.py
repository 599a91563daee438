"""Mass and energy balances of the five vessels: the derivatives of the 50 states.

Downs & Vogel 1993, Appendix, as their FORTRAN computes them; in particular the separator's energy balance counts the
compressor's heat as they do. Where their code sums over components for every stream, a mixture's polynomial in the
temperature is summed once: equal to about 1e-14, and three times as fast.

States: 0-7 the reactor's components (A-C vapour, D-H liquid) and 8 its energy; 9-16 and 17 the separator's; 18-25
and 26 the stripper's; 27-34 and 35 of the vapour before the reactor; 36, 37 the cooling waters' outlet temperatures;
38-49 where the twelve valves stand.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from .constants import (
    DENSITY_A,
    DENSITY_B,
    DENSITY_C,
    FEED_A,
    FEED_D,
    FEED_E,
    LIQUID_A,
    LIQUID_B,
    LIQUID_C,
    MOLAR_MASS,
    VALVE_LAG_H,
    VALVE_RANGE,
    VAPORISATION,
    VAPOUR_A,
    VAPOUR_B,
    VAPOUR_C,
    VAPOUR_HEAT_A,
    VAPOUR_HEAT_B,
    VAPOUR_HEAT_C,
    Floats,
)

STATES = 50


def _single(number: float) -> float:
    return float(np.float32(number))


# Heat content of each component per lb-mol: t (c0 + t (c1 + t c2)), plus vaporisation.
_L0, _L1, _L2 = (1.8 * MOLAR_MASS * each for each in (LIQUID_A, LIQUID_B / 2, LIQUID_C / 3))
_V0, _V1, _V2 = (1.8 * MOLAR_MASS * each for each in (VAPOUR_HEAT_A, VAPOUR_HEAT_B / 2, VAPOUR_HEAT_C / 3))
_VV = MOLAR_MASS * VAPORISATION


def _heat(feed: Floats) -> tuple[float, float, float, float]:
    return tuple(float(feed @ each) for each in (_V0, _V1, _V2, _VV))  # type: ignore[return-value]


_FEED_D_HEAT, _FEED_E_HEAT, _FEED_A_HEAT = _heat(FEED_D), _heat(FEED_E), _heat(FEED_A)
_KELVIN, _GAS = _single(273.15), _single(998.9)
_GAS_ENERGY = 3.57696e-6
_REACTOR_FT3, _SEPARATOR_FT3, _VAPOUR_FT3 = 1300.0, 3500.0, 5000.0
_RATE_A, _RATE_E = (
    (_single(31.5859536), _single(3.00094014), _single(53.4060443)),
    (
        _single(20130.85052843482),
        _single(10065.42526421741),
        _single(30196.27579265224),
    ),
)
_REACTION_HEAT = (0.06899381054, 0.05)
_STRIPPED = (_single(8.501), _single(11.402), _single(11.795), _single(0.048), _single(0.0242))
_STRIPPED_LIGHT = (_single(0.995), _single(0.991), _single(0.99))
_STRIPPED_DRY = (_single(0.9999), _single(0.999), _single(0.999), _single(0.99), _single(0.98))
_COMPRESSOR, _COMPRESSOR_MOST = 280275.0, _single(1.3)
_WATER_HEAT, _REACTOR_WATER, _SEPARATOR_WATER = _single(500.53), 7060.0, 11138.0
_LEVEL_SLOPE, _LEVEL_SCALE = _single(0.025), _single(7.8)
_CONDENSER, _CONDENSER_FLOW = _single(0.404655), _single(3528.73)
_TO_F = _single(1.8)
_AT_STRIPPER = (_single(363.744), _single(2.22579488), _single(5.292), _single(120.262), _single(0.1))
_STEAM_RANGE = float(VALVE_RANGE[8])

# What `balances` tells besides the derivatives: flows [lb-mol/h] of streams 3 (A feed), 1 (D), 2 (E), 4, 8 (recycle),
# 6, 9 (purge), 10 and 11 in the paper's numbers; Torr; ft3; degC; densities; heats; molar masses; compositions.
(A_FEED, D_FEED, E_FEED, C_FEED, RECYCLE, REACTOR_FEED, PURGE, UNDERFLOW, PRODUCT, REACTOR_TORR, SEPARATOR_TORR,
 VAPOUR_TORR, REACTOR_LIQUID, SEPARATOR_LIQUID, STRIPPER_LIQUID, REACTOR_C, SEPARATOR_C, STRIPPER_C, VAPOUR_C_AT,
 SEPARATOR_DENSITY, STRIPPER_DENSITY, STEAM, COMPRESSOR_HEAT, REACTOR_WATER_C, SEPARATOR_WATER_C) = range(25)  # fmt: skip
FEED_MIX, PURGE_MIX, PRODUCT_MIX = 25, 33, 41
INSIDE = 49


@njit(cache=True, nogil=True, error_model="numpy")
def _temperature(c0, c1, c2, constant, heat, guess):  # type: ignore[no-untyped-def]
    """Where t (c0 + t (c1 + t c2)) + constant is `heat`. Newton; the last step's square is below rounding."""
    t = guess
    for _ in range(100):
        step = (t * (c0 + t * (c1 + t * c2)) + constant - heat) / (c0 + t * (2.0 * c1 + t * (3.0 * c2)))
        t -= step
        if abs(step) < 1e-8:
            return t
    return guess


@njit(cache=True, nogil=True, error_model="numpy")
def balances(state, warm, walk, idv6, idv7, inside, out):  # type: ignore[no-untyped-def]
    """The derivatives per hour of the first 38 states of `state` [50] into `out`, and what measurements need into
    `inside` [INSIDE]. The valves' own are `valves`, for a controller first looks at the measurements.

    `warm` [4]: where the search for the temperatures begins; left as found. `walk` [20]: values of the disturbed
    quantities. `idv6`, `idv7`: how much of disturbances 6 and 7. Allocates nothing.
    """
    # Liquids and vapours: their mixtures' polynomials.
    total_r = state[3] + state[4] + state[5] + state[6] + state[7]
    total_s = state[12] + state[13] + state[14] + state[15] + state[16]
    r0 = r1 = r2 = s0 = s1 = s2 = 0.0
    for i in range(3, 8):
        x = state[i] / total_r
        r0 += x * _L0[i]
        r1 += x * _L1[i]
        r2 += x * _L2[i]
        x = state[9 + i] / total_s
        s0 += x * _L0[i]
        s1 += x * _L1[i]
        s2 += x * _L2[i]
    total_c = total_v = 0.0
    for i in range(8):
        total_c += state[18 + i]
        total_v += state[27 + i]
    c0 = c1 = c2 = v0 = v1 = v2 = vv = mass_v = 0.0
    for i in range(8):
        x = state[18 + i] / total_c
        c0 += x * _L0[i]
        c1 += x * _L1[i]
        c2 += x * _L2[i]
        x = state[27 + i] / total_v
        v0 += x * _V0[i]
        v1 += x * _V1[i]
        v2 += x * _V2[i]
        vv += x * _VV[i]
        mass_v += x * MOLAR_MASS[i]
        inside[FEED_MIX + i] = x
    energy_s, energy_c, energy_v = state[17] / total_s, state[26] / total_c, state[35] / total_v
    t_r = _temperature(r0, r1, r2, 0.0, state[8] / total_r, warm[0])
    t_s = _temperature(s0, s1, s2, 0.0, energy_s, warm[1])
    t_c = _temperature(c0, c1, c2, 0.0, energy_c, warm[2])
    t_v = _temperature(v0 - _GAS_ENERGY, v1, v2, vv - _GAS_ENERGY * _KELVIN, energy_v, warm[3])
    warm[0], warm[1], warm[2], warm[3] = t_r, t_s, t_c, t_v
    k_r, k_s, k_v = t_r + _KELVIN, t_s + _KELVIN, t_v + _KELVIN

    # Volumes and pressures.
    specific_r = specific_s = specific_c = 0.0
    for i in range(3, 8):
        m = MOLAR_MASS[i]
        specific_r += state[i] * m / (DENSITY_A[i] + (DENSITY_B[i] + DENSITY_C[i] * t_r) * t_r)
        specific_s += state[9 + i] * m / (DENSITY_A[i] + (DENSITY_B[i] + DENSITY_C[i] * t_s) * t_s)
        specific_c += state[18 + i] * m / (DENSITY_A[i] + (DENSITY_B[i] + DENSITY_C[i] * t_c) * t_c)
    for i in range(3):
        specific_c += state[18 + i] * MOLAR_MASS[i]
    liquid_r, liquid_s, liquid_c = specific_r, specific_s, specific_c
    gas_r, gas_s = _REACTOR_FT3 - liquid_r, _SEPARATOR_FT3 - liquid_s
    p_r = p_s = 0.0
    for i in range(3):
        p_r += state[i] * _GAS * k_r / gas_r
        p_s += state[9 + i] * _GAS * k_s / gas_s
    p_a, p_c = state[0] * _GAS * k_r / gas_r, state[2] * _GAS * k_r / gas_r
    p_d = p_e = 0.0
    heat_r = heat_s = 0.0  # of the vapours, per Torr of each
    h0 = h1 = h2 = hv = 0.0
    q0 = q1 = q2 = qv = 0.0
    mass_r = mass_s = 0.0
    for i in range(8):
        if i < 3:
            p, q = state[i] * _GAS * k_r / gas_r, state[9 + i] * _GAS * k_s / gas_s
        else:
            p = math.exp(VAPOUR_A[i] + VAPOUR_B[i] / (t_r + VAPOUR_C[i])) * state[i] / total_r
            q = math.exp(VAPOUR_A[i] + VAPOUR_B[i] / (t_s + VAPOUR_C[i])) * state[9 + i] / total_s
            p_r += p
            p_s += q
            if i == 3:
                p_d = p
            elif i == 4:
                p_e = p
        out[i] = p
        inside[PURGE_MIX + i] = q
        h0 += p * _V0[i]
        h1 += p * _V1[i]
        h2 += p * _V2[i]
        hv += p * _VV[i]
        q0 += q * _V0[i]
        q1 += q * _V1[i]
        q2 += q * _V2[i]
        qv += q * _VV[i]
        mass_r += p * MOLAR_MASS[i]
        mass_s += q * MOLAR_MASS[i]
    heat_r = (t_r * (h0 + t_r * (h1 + t_r * h2)) + hv) / p_r
    heat_s = (t_s * (q0 + t_s * (q1 + t_s * q2)) + qv) / p_s
    mass_r /= p_r
    mass_s /= p_s
    p_v = total_v * _GAS * k_v / _VAPOUR_FT3

    # Reactions: A + C + D -> G, A + C + E -> H, A + E -> F, 3 D -> 2 F.
    rate1 = rate2 = 0.0
    if p_a > 0.0 and p_c > 0.0:
        both = p_a**1.1544 * p_c**0.3735
        rate1 = math.exp(_RATE_A[0] - _RATE_E[0] / k_r) * walk[6] * both * p_d * gas_r
        rate2 = math.exp(_RATE_A[1] - _RATE_E[1] / k_r) * walk[7] * both * p_e * gas_r
    slow = math.exp(_RATE_A[2] - _RATE_E[2] / k_r)
    rate3 = slow * p_a * p_e * gas_r
    rate4 = slow * 0.767488334 * p_a * p_d * gas_r

    # Flows.
    flow_d, flow_e = state[38] * walk[15] / 100.0, state[39] * walk[16] / 100.0
    flow_a = state[40] * (1.0 - idv6) * walk[14] / 100.0
    flow_ac = state[41] * (1.0 - idv7 * 0.2) * walk[17] / 100.0 + 1e-10
    underflow, product = state[44] * VALVE_RANGE[6] / 100.0, state[45] * VALVE_RANGE[7] / 100.0
    reactor_feed = math.sqrt(max(p_v - p_r, 0.0)) * 1937.6 / mass_v
    effluent = math.sqrt(max(p_r - p_s, 0.0)) * 4574.21 * (1.0 - walk[11] * 0.25) / mass_r
    purge = state[43] * 0.151169 * math.sqrt(max(p_s - 760.0, 0.0)) / mass_s
    ratio = min(max(p_v / p_s, 1.0), _COMPRESSOR_MOST)
    pumped = _COMPRESSOR + _COMPRESSOR / 1.197 * (1.0 - ratio * ratio * ratio)
    compressor = pumped * (t_s + 273.15) * 1.8e-6 * 1.9872 * (p_v - p_s) / (mass_s * p_s)
    pumped = max(pumped - state[42] * 53.349 * math.sqrt(max(p_v - p_s, 0.0)), 1e-3)
    recycle = pumped / mass_s

    # The stripper's split.
    over = 0.0
    wet = underflow > _AT_STRIPPER[4]
    if wet:
        if t_c > 170.0:
            factor = t_c - _AT_STRIPPER[3]
        elif t_c < _AT_STRIPPER[2]:
            factor = _AT_STRIPPER[4]
        else:
            factor = _AT_STRIPPER[0] / (177.0 - t_c) - _AT_STRIPPER[1]
        over = flow_ac / underflow * factor
    xa = walk[0]
    xb = walk[1]
    xc = 1.0 - xa - xb
    heat_ac = walk[3] * (
        xa * _V0[0] + xb * _V0[1] + xc * _V0[2]
        + walk[3] * (xa * _V1[0] + xb * _V1[1] + xc * _V1[2] + walk[3] * (xa * _V2[0] + xb * _V2[1] + xc * _V2[2]))
    ) + xa * _VV[0] + xb * _VV[1] + xc * _VV[2]  # fmt: skip
    h0 = h1 = h2 = hv = overhead = 0.0
    for i in range(8):
        comes = underflow * state[9 + i] / total_s if i >= 3 else 0.0
        if i == 0:
            comes += xa * flow_ac
        elif i == 1:
            comes += xb * flow_ac
        elif i == 2:
            comes += xc * flow_ac
        if i < 3:
            part = _STRIPPED_LIGHT[i]
        elif wet:
            part = over * _STRIPPED[i - 3] / (over * _STRIPPED[i - 3] + 1.0)
        else:
            part = _STRIPPED_DRY[i - 3]
        up = part * comes
        overhead += up
        h0 += up * _V0[i]
        h1 += up * _V1[i]
        h2 += up * _V2[i]
        hv += up * _VV[i]
        # Component balances of the four vessels; out[i] holds the reactor's partial pressure until here.
        leaves_r = out[i] / p_r * effluent
        enters_r = inside[FEED_MIX + i] * reactor_feed
        y_s = inside[PURGE_MIX + i] / p_s
        inside[PURGE_MIX + i] = y_s
        leaves_s = y_s * recycle
        x_c = state[18 + i] / total_c
        inside[PRODUCT_MIX + i] = x_c
        liquid = underflow * state[9 + i] / total_s if i >= 3 else 0.0
        out[i] = enters_r - leaves_r
        out[9 + i] = leaves_r - leaves_s - y_s * purge - liquid
        out[18 + i] = comes - up - x_c * product
        out[27 + i] = FEED_D[i] * flow_d + FEED_E[i] * flow_e + FEED_A[i] * flow_a + up + leaves_s - enters_r
    out[0] -= rate1 + rate2 + rate3
    out[2] -= rate1 + rate2
    out[3] -= rate1 + rate4 * 1.5
    out[4] -= rate2 + rate3
    out[5] += rate3 + rate4
    out[6] += rate1
    out[7] += rate2
    heat_up = t_c * (h0 + t_c * (h1 + t_c * h2)) + hv

    # Energy.
    if liquid_r / _LEVEL_SCALE > 50.0:
        wetted = 1.0
    elif liquid_r / _LEVEL_SCALE < 10.0:
        wetted = 0.0
    else:
        wetted = liquid_r * _LEVEL_SLOPE / _LEVEL_SCALE - 0.25
    stirred = (state[49] + 150.0) / 100.0
    cooled_r = wetted * (stirred * stirred * -0.5 + stirred * 2.75 - 2.5) * 0.85549
    cooled_r *= (state[36] - t_r) * (1.0 - walk[9] * 0.35)
    flow2 = (effluent / _CONDENSER_FLOW) ** 2
    cooled_s = (1.0 - 1.0 / (flow2 * flow2 + 1.0)) * _CONDENSER * (state[37] - t_r) * (1.0 - walk[10] * 0.25)
    steam = 0.0
    if t_c < 100.0:
        steam = state[46] * _STEAM_RANGE * (walk[8] + 1.0) / 100.0 * (100.0 - t_c)
    heat_v = energy_v + _GAS_ENERGY * k_v
    out[8] = (
        heat_v * reactor_feed
        - heat_r * effluent
        + rate1 * _REACTION_HEAT[0]
        + rate2 * _REACTION_HEAT[1]
        + cooled_r
    )
    out[17] = (
        heat_r * effluent - (heat_s * recycle + compressor) - heat_s * purge - energy_s * underflow + cooled_s
    )
    out[26] = heat_ac * flow_ac + energy_s * underflow - heat_up - energy_c * product + steam
    t_d, t_e, t_a = walk[2], walk[13], walk[12]
    heat_d = t_d * (_FEED_D_HEAT[0] + t_d * (_FEED_D_HEAT[1] + t_d * _FEED_D_HEAT[2])) + _FEED_D_HEAT[3]
    heat_e = t_e * (_FEED_E_HEAT[0] + t_e * (_FEED_E_HEAT[1] + t_e * _FEED_E_HEAT[2])) + _FEED_E_HEAT[3]
    heat_a = t_a * (_FEED_A_HEAT[0] + t_a * (_FEED_A_HEAT[1] + t_a * _FEED_A_HEAT[2])) + _FEED_A_HEAT[3]
    out[35] = (
        heat_d * flow_d + heat_e * flow_e + heat_a * flow_a + heat_up + heat_s * recycle + compressor
        - heat_v * reactor_feed
    )  # fmt: skip
    out[36] = (
        state[47] * walk[18] / 100.0 * _WATER_HEAT * (walk[4] - state[36]) - cooled_r * 1e6 / _TO_F
    ) / _REACTOR_WATER
    out[37] = (
        state[48] * walk[19] / 100.0 * _WATER_HEAT * (walk[5] - state[37]) - cooled_s * 1e6 / _TO_F
    ) / _SEPARATOR_WATER
    inside[A_FEED], inside[D_FEED], inside[E_FEED], inside[C_FEED] = flow_a, flow_d, flow_e, flow_ac
    inside[RECYCLE], inside[REACTOR_FEED], inside[PURGE] = recycle, reactor_feed, purge
    inside[UNDERFLOW], inside[PRODUCT] = underflow, product
    inside[REACTOR_TORR], inside[SEPARATOR_TORR], inside[VAPOUR_TORR] = p_r, p_s, p_v
    inside[REACTOR_LIQUID], inside[SEPARATOR_LIQUID], inside[STRIPPER_LIQUID] = liquid_r, liquid_s, liquid_c
    inside[REACTOR_C], inside[SEPARATOR_C], inside[STRIPPER_C], inside[VAPOUR_C_AT] = t_r, t_s, t_c, t_v
    inside[SEPARATOR_DENSITY], inside[STRIPPER_DENSITY] = total_s / liquid_s, total_c / liquid_c
    inside[STEAM], inside[COMPRESSOR_HEAT] = steam, compressor
    inside[REACTOR_WATER_C], inside[SEPARATOR_WATER_C] = state[36], state[37]


@njit(cache=True, nogil=True, error_model="numpy")
def valves(state, command, out):  # type: ignore[no-untyped-def]
    """The derivatives of where the valves stand; `command` [12]: where they are told to, %."""
    for i in range(12):
        out[38 + i] = (command[i] - state[38 + i]) / VALVE_LAG_H[i]
