"""A twin that follows a log: rows of hours, the 41 measurements, the 12 valves and the set-points, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...errors import Invalid
from ...language import say
from ..tennessee.constants import Floats
from ..tennessee.controller import HANDLES
from ..tennessee.tags import MEASUREMENTS, VALVES
from .estimator import Twin

CLOCK = "hours"
LONGEST_GAP_H = 0.25
"""After a longer silence the twin only knows what the valves did before it; it is told in steps of this."""


def follow(twin: Twin, columns: Mapping[str, Sequence[float]]) -> Iterator[float]:
    """Follow all rows; yields the share that is done. Raises Invalid for a column that is missing, and for a clock that
    does not go on. Values may be NaN: they say nothing."""
    for name in (CLOCK, *(tag.name for tag in (*MEASUREMENTS, *VALVES))):
        if name not in columns:
            raise Invalid.field("log", expected=say("a column {name}", name=name), got=say("none"))
    hours = np.asarray(columns[CLOCK], np.float64)
    if len(hours) < 2 or not np.isfinite(hours).all() or np.any(np.diff(hours) <= 0):
        raise Invalid.field(
            CLOCK, expected=say("two rows or more, each later than the one before"), got=say("something else")
        )
    shown = np.column_stack([np.asarray(columns[tag.name], np.float64) for tag in MEASUREMENTS])
    valve = np.column_stack([np.asarray(columns[tag.name], np.float64) for tag in VALVES])
    nothing = np.full(len(MEASUREMENTS), np.nan)
    for row in range(1, len(hours)):
        passed = float(hours[row] - hours[row - 1])
        while passed > 1.5 * LONGEST_GAP_H:
            twin.follow(nothing, valve[row], LONGEST_GAP_H)
            passed -= LONGEST_GAP_H
        twin.follow(shown[row], valve[row], passed)
        yield row / (len(hours) - 1)


def last_handles(columns: Mapping[str, Sequence[float]]) -> Floats:
    """The set-points of the last row; NaN where the log has none: then what is measured is taken for it."""
    names = [f"{handle[0]}_setpoint" for handle in HANDLES]
    return np.array([columns[name][-1] if name in columns else np.nan for name in names], np.float64)
