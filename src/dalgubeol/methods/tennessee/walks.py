"""The random walks behind the disturbances: cubic pieces from knot to knot, smooth where they meet.

Knots are drawn by a counter: number n of walk w of a plant depends on the plant's seed alone, not on how the time
is cut into steps nor on other plants (the solver's independence of Bathelt et al. 2015). A walk that no disturbance
sets going stays where it is at its centre. `pieces` has a row for each walk: a, b, c, d of a + h (b + h (c + h d)),
where the piece begins and where it ends [h].
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ..draws import uniform
from .constants import (
    PULSES,
    WALK_CENTRE,
    WALK_DISTURBANCE,
    WALK_LEAST_H,
    WALK_SPAN,
    WALK_SPAN_H,
    WALKS,
    Floats,
)

FIRST_KNOT_H = 0.1
_PULSE_LOW, _PULSE_HIGH = PULSES[0], PULSES[-1]


def fresh_pieces(plants: int) -> Floats:
    """[plants, WALKS, 6]: every walk at its centre until the first knot."""
    pieces = np.zeros((plants, WALKS, 6))
    pieces[:, :, 0] = WALK_CENTRE
    pieces[:, :, 5] = FIRST_KNOT_H
    return pieces


@njit(cache=True, nogil=True, error_model="numpy")
def walked(seed, time, disturbances, pieces, draws, values):  # type: ignore[no-untyped-def]
    """The walks' values at `time` [h] into `values` [WALKS]; draws what pieces end before.

    `disturbances` [28] in 0..1 scale how far a walk goes from the next knot on. `draws` [WALKS] counts.
    """
    for w in range(WALKS):
        piece = pieces[w]
        while time >= piece[5]:
            scale = disturbances[WALK_DISTURBANCE[w]]
            h = piece[5] - piece[4]
            at = piece[0] + h * (piece[1] + h * (piece[2] + h * piece[3]))
            slope = piece[1] + h * (2.0 * piece[2] + 3.0 * h * piece[3])
            begins = piece[5]
            if _PULSE_LOW <= w <= _PULSE_HIGH and at > 0.1:
                h = 0.1
                piece[2] = -(3.0 * at + 2.0 * h * slope) / (h * h)
                piece[3] = (2.0 * at + h * slope) / (h * h * h)
            else:
                h = WALK_SPAN_H[w] * (2.0 * uniform(seed, w, 2 * draws[w]) - 1.0) + WALK_LEAST_H[w]
                if _PULSE_LOW <= w <= _PULSE_HIGH:
                    piece[2] = (scale - 2.0 * slope * h) / (h * h)
                    piece[3] = slope / (h * h)
                else:
                    to = (
                        WALK_SPAN[w] * (2.0 * uniform(seed, w, 2 * draws[w] + 1) - 1.0) * scale
                        + WALK_CENTRE[w]
                    )
                    piece[2] = (3.0 * (to - at) - 2.0 * h * slope) / (h * h)
                    piece[3] = (2.0 * (at - to) + h * slope) / (h * h * h)
                draws[w] += 1
            piece[0], piece[1], piece[4], piece[5] = at, slope, begins, begins + h
        h = time - piece[4]
        values[w] = piece[0] + h * (piece[1] + h * (piece[2] + h * piece[3]))
