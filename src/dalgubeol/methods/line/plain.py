"""A line without failures, tools and scrap once more, part by part instead of event by event: to be compared with.

When part k leaves station i (Buzacott & Shanthikumar 1993, ch. 5, manufacturing blocking): it begins when it has left
the station before and part k-1 has left this one; it leaves when it is done and part k-b-1 has left the next one,
which has b places before it. `draws` are those of `running`, so that both see the same cycles.
"""

from __future__ import annotations

import numpy as np

from ..draws import exponential
from .configuration import Floats, Line


def departures(line: Line, seed: int, parts: int) -> Floats:
    """[stations, parts] seconds at which each of the first parts leaves each station; parts never lack."""
    n = len(line.stations)
    leaves = np.zeros((n, parts))
    for k in range(parts):
        for i, station in enumerate(line.stations):
            cycle = station.cycle_s
            if station.spread:
                cycle *= 1 - station.spread + station.spread * exponential(np.uint64(seed), 8 * i, k + 1)
            begins = max(leaves[i - 1, k] if i else 0.0, leaves[i, k - 1] if k else 0.0)
            leaves[i, k] = begins + cycle
            if i + 1 < n:
                ahead = k - line.stations[i + 1].waiting - 1
                if ahead >= 0:
                    leaves[i, k] = max(leaves[i, k], leaves[i + 1, ahead])
    return leaves
