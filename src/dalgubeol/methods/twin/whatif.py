"""What would happen: the same plant run ahead as it is set, and with other set-points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...errors import Invalid
from ...language import Message, say
from ..tennessee.constants import Floats
from ..tennessee.controller import HANDLES, Handle
from ..tennessee.process import Plants

MOST_HOURS = 168.0


@dataclass(frozen=True, slots=True)
class Ahead:
    """One future: `hours` [rows] from now, `shown` [rows, 41] and `cost` [rows] of the estimate, `low` and `high` [rows,
    41] among the members, and why it shuts down, if it does, and when."""

    hours: Floats
    shown: Floats
    cost: Floats
    low: Floats
    high: Floats
    stops: Message | None
    stops_after_h: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    as_it_is: Ahead
    changed: Ahead


def what_if(now: Plants, set_points: Mapping[str, float], hours: float, every_h: float = 0.05) -> Answer:
    """`now`: the estimate first, members after it (`Twin.estimate`); it is left as it is. Raises Invalid."""
    if not 0 < hours <= MOST_HOURS:
        raise Invalid.field("hours", expected=say("more than 0, at most {most}", most=MOST_HOURS), got=hours)
    names = [handle[0] for handle in HANDLES]
    for name in set_points:
        if name not in names:
            raise Invalid.field("set", expected=say("one of {names}", names=", ".join(names)), got=name)
    changed = now.fork(range(len(now)))
    for name, value in set_points.items():
        changed.set(Handle(names.index(name)), value)
    return Answer(_ahead(now.fork(range(len(now))), hours, every_h), _ahead(changed, hours, every_h))


def _ahead(plants: Plants, hours: float, every_h: float) -> Ahead:
    began = float(plants.hours[0])
    told = plants.run(hours, every_h=every_h, noisy=False)
    stops = plants.trips()[0]
    after = float(plants.hours[0]) - began if stops is not None else None
    return Ahead(
        told.hours - began,
        told.shown[0],
        told.cost[0],
        np.min(told.shown, axis=0),
        np.max(told.shown, axis=0),
        stops,
        after,
    )
