"""The numbers of the Tennessee Eastman process: Downs & Vogel 1993 (Computers chem. Engng 17, 245-255) and the
FORTRAN code that they gave with it; disturbances 21-28 and their sizes from Bathelt, Ricker & Jelali 2015
(IFAC-PapersOnLine 48-8, 309-314).

Units are those of the code: lb-mol, ft3, Torr, degC, h, and a million BTU for energy. Whoever wrote it wrote most
numbers in single precision, so every published result is one of the rounded number: `_f` rounds where the code does.
Order of components: A B C D E F G H.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def _f(*numbers: float) -> Floats:
    """Rounded to single precision."""
    return np.array(numbers, np.float32).astype(np.float64)


COMPONENTS = "ABCDEFGH"
MOLAR_MASS = _f(2.0, 25.4, 28.0, 32.0, 46.0, 48.0, 62.0, 76.0)

# Antoine: ln p [Torr] = a + b / (T [degC] + c); A, B and C do not condense.
VAPOUR_A = _f(0, 0, 0, 15.92, 16.35, 16.35, 16.43, 17.21)
VAPOUR_B = _f(0, 0, 0, -1444.0, -2114.0, -2114.0, -2748.0, -3318.0)
VAPOUR_C = _f(0, 0, 0, 259.0, 265.5, 265.5, 232.9, 249.6)
# Density of liquid: a + b T + c T^2, lb/ft3.
DENSITY_A = _f(1, 1, 1, 23.3, 33.9, 32.8, 49.9, 50.5)
DENSITY_B = _f(0, 0, 0, -0.0700, -0.0957, -0.0995, -0.0191, -0.0541)
DENSITY_C = _f(0, 0, 0, -0.0002, -0.000152, -0.000233, -0.000425, -0.000150)
# Heat capacity a + b T + c T^2 of liquid and of vapour, and the heat of vaporisation.
LIQUID_A = np.array([1e-6, 1e-6, 1e-6, 0.960e-6, 0.573e-6, 0.652e-6, 0.515e-6, 0.471e-6])
LIQUID_B = np.array([0, 0, 0, 8.70e-9, 2.41e-9, 2.18e-9, 5.65e-10, 8.70e-10])
LIQUID_C = np.array([0, 0, 0, 4.81e-11, 1.82e-11, 1.94e-11, 3.82e-12, 2.62e-12])
VAPOUR_HEAT_A = np.array(
    [3.411e-6, 0.3799e-6, 0.2491e-6, 0.3567e-6, 0.3463e-6, 0.3930e-6, 0.170e-6, 0.150e-6]
)
VAPOUR_HEAT_B = np.array([7.18e-10, 1.08e-9, 1.36e-11, 8.51e-10, 8.96e-10, 1.02e-9, 0, 0])
VAPOUR_HEAT_C = np.array([6.0e-13, -3.98e-13, -3.93e-14, -3.12e-13, -3.27e-13, -3.12e-13, 0, 0])
VAPORISATION = np.array([1e-6, 1e-6, 1e-6, 86.7e-6, 160e-6, 160e-6, 225e-6, 209e-6])

VALVES = 12
VALVE_RANGE = _f(400, 400, 100, 1500, 0, 0, 1500, 1000, 0.03, 1000, 1200, 0)
"""Flow at 100 %: lb-mol/h of streams 2, 3, 1, 4, 10 and 11, heat of steam, gpm of cooling water."""
VALVE_LAG_H = np.array([8, 8, 6, 9, 7, 5, 5, 5, 120, 5, 5, 5]) / 3600.0
VALVE_STICKS_PERCENT = 2.0
FEED_D = _f(0, 0.0001, 0, 0.9999, 0, 0, 0, 0)
FEED_E = _f(0, 0, 0, 0, 0.9999, 0.0001, 0, 0)
FEED_A = _f(0.9999, 0.0001, 0, 0, 0, 0, 0, 0)

NOISE = np.array([
    0.0012, 18.0, 22.0, 0.05, 0.2, 0.21, 0.3, 0.5, 0.01, 0.0017, 0.01, 1.0, 0.3, 0.125, 1.0, 0.3, 0.115, 0.01, 1.15,
    0.2, 0.01, 0.01, 0.25, 0.1, 0.25, 0.1, 0.25, 0.025, 0.25, 0.1, 0.25, 0.1, 0.25, 0.025, 0.05, 0.05, 0.01, 0.01,
    0.01, 0.5, 0.5,
])  # fmt: skip
"""Standard deviations of the 41 measurements."""

WALK_DISTURBANCE = np.array([8, 8, 9, 10, 11, 12, 13, 13, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28]) - 1
"""Which disturbance sets each of the twenty random walks going. What they are: A and B in stream 4; temperatures of
D feed, C feed, reactor's and condenser's cooling water; rates of reactions 1 and 2; heat transfer of stripper,
reactor and condenser; the reactor's outlet; temperatures of A and E feed; flows at 100 % of A, D, E and A+C feed
and of both cooling waters."""
WALK_SPAN_H = np.array([.2, .7, .25, .7, .15, .15, 1, 1, .4, 1.5, 2, 1.5, .15, .25, .15, .25, .25, .7, .1, .1])  # fmt: skip
WALK_LEAST_H = np.array([.5, 1, .5, 1, .25, .25, 2, 2, .5, 2, 3, 2, .25, .5, .25, .5, .5, 1, .2, .2])  # fmt: skip
WALK_SPAN = np.array([.03, .003, 10, 10, 10, 10, .25, .25, .25, 0, 0, 0, 10, 10, 5, 20, 20, 75, 50, 60])  # fmt: skip
WALK_CENTRE = np.array([.485, .005, 45, 45, 35, 40, 1, 1, 0, 0, 0, 0, 45, 45, 100, 400, 400, 1500, 1000, 1200])  # fmt: skip
WALKS = len(WALK_CENTRE)
PULSES = (9, 10, 11)
"""These walks rise from nought for a while and fall back."""

COST_PER_KMOL = _f(2.209, 0, 6.177, 22.06, 14.56, 17.89, 30.44, 22.94)
"""$ per kmol lost with the purge. Downs & Vogel's Table 9 prints 2.206 for A."""
