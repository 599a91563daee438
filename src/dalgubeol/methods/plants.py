"""The face that every plant shows, simulated or not: tags with units and ranges, some of which can be set; time goes on.

`simulated("tep")` is the Tennessee Eastman process at its base case, `tep-1` to `tep-6` at Ricker's optima;
`car-parts` and `medical` are the lines. Units are UCUM's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..errors import Invalid
from ..language import Message, say

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    from .line.process import Lines
    from .tennessee.process import Plants


@dataclass(frozen=True, slots=True)
class Tag:
    """`low` and `high` are the instrument's range, or between what a set-point may be set."""

    name: str
    unit: str
    low: float
    high: float
    settable: bool = False


class Plant(Protocol):
    """One plant under its local controller."""

    @property
    def name(self) -> str: ...
    @property
    def tags(self) -> tuple[Tag, ...]: ...
    @property
    def hours(self) -> float:
        """Of the plant's own clock."""
        ...

    @property
    def step_h(self) -> float:
        """What its clock goes in steps of; nought if it does not."""
        ...

    @property
    def stopped(self) -> Message | None:
        """Why it has shut down; None while it runs."""
        ...

    def read(self) -> tuple[float, ...]:
        """A value for each tag."""
        ...

    def set(self, name: str, value: float) -> None:
        """Move a set-point. Raises Invalid for a tag that cannot be set, and outside of its range."""
        ...

    def disturb(self, number: int, size: float) -> None:
        """Set a disturbance going. Raises Invalid."""
        ...

    def advance(self, hours: float) -> None: ...
    def log(self, hours: float, every_h: float) -> tuple[Floats, Floats]:
        """Go on, and tell what a historian would have kept: [rows] hours and [rows, tags]; valves in the mean since the
        row before."""
        ...

    def saved(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Process:
    """The Tennessee Eastman process under Ricker's controller."""

    name: str
    of: Plants

    @property
    def tags(self) -> tuple[Tag, ...]:
        from .tennessee.controller import HANDLES
        from .tennessee.tags import MEASUREMENTS, VALVES

        shown = [Tag(tag.name, tag.unit, tag.low, tag.high) for tag in (*MEASUREMENTS, *VALVES)]
        cost = Tag("operating_cost", "$/h", 0, 1000)
        return (
            *shown,
            cost,
            *(Tag(f"{name}_setpoint", unit, low, high, settable=True) for name, unit, low, high in HANDLES),
        )

    @property
    def hours(self) -> float:
        return float(self.of.hours[0])

    @property
    def step_h(self) -> float:
        from .tennessee.stepping import STEP_H

        return STEP_H

    @property
    def stopped(self) -> Message | None:
        return self.of.trips()[0]

    def read(self) -> tuple[float, ...]:
        of = self.of
        values = (*of.shown[0], *of.valve[0], of.costs[0], *of.handles[0])
        return tuple(float(value) for value in values)

    def set(self, name: str, value: float) -> None:
        from .tennessee.controller import HANDLES, Handle

        names = [f"{each[0]}_setpoint" for each in HANDLES]
        _check_settable(name, names)
        self.of.set(Handle(names.index(name)), value)

    def disturb(self, number: int, size: float) -> None:
        self.of.disturb(number, size)

    def advance(self, hours: float) -> None:
        self.of.run(hours)

    def log(self, hours: float, every_h: float) -> tuple[Floats, Floats]:
        import numpy as np

        told = self.of.run(hours, every_h=every_h)
        handles = np.tile(self.of.handles[0], (len(told.hours), 1))
        return told.hours, np.column_stack([told.shown[0], told.valve[0], told.cost[0], handles])

    def saved(self) -> bytes:
        return self.of.saved()


@dataclass(frozen=True, slots=True)
class PartsLine:
    """A line of stations."""

    name: str
    of: Lines

    @property
    def tags(self) -> tuple[Tag, ...]:
        from .line.configuration import MOST_WAITING
        from .line.running import STATES

        highs: Mapping[str, float] = {"_state": len(STATES) - 1, "_waiting": MOST_WAITING, "_wear": 2}
        shown = [
            Tag(name, unit, 0, next((high for end, high in highs.items() if name.endswith(end)), 1e6))
            for name, unit in self.of.tags
        ]
        cost = Tag("cost_per_part", "[KRW]", 0, 1e7)
        return (
            *shown,
            cost,
            *(
                Tag(f"{name}_setpoint", unit, low, high, settable=True)
                for name, unit, low, high in self.of.handles
            ),
        )

    @property
    def hours(self) -> float:
        return float(self.of.hours[0])

    @property
    def step_h(self) -> float:
        return 0.0

    @property
    def stopped(self) -> Message | None:
        return None

    def read(self) -> tuple[float, ...]:
        values = (*self.of.shown()[0], self.of.cost_per_part()[0], *self.of.arrays["handles"][0])
        return tuple(float(value) for value in values)

    def set(self, name: str, value: float) -> None:
        names = [f"{each[0]}_setpoint" for each in self.of.handles]
        _check_settable(name, names)
        self.of.set(name.removesuffix("_setpoint"), value)

    def disturb(self, number: int, size: float) -> None:
        self.of.disturb(number, size)

    def advance(self, hours: float) -> None:
        self.of.run(hours)

    def log(self, hours: float, every_h: float) -> tuple[Floats, Floats]:
        import numpy as np

        rows = []
        for _ in range(round(hours / every_h)):
            self.of.run(every_h)
            rows.append((self.hours, *self.read()))
        table = np.array(rows).reshape(-1, 1 + len(self.tags))
        return table[:, 0], table[:, 1:]

    def saved(self) -> bytes:
        return self.of.saved()


def names() -> tuple[str, ...]:
    from .line.configuration import LINES
    from .tennessee.steady import MODES

    return ("tep", *(f"tep-{mode}" for mode in MODES[1:]), *LINES)


def simulated(name: str, *, seed: int = 0, state: bytes | None = None) -> Plant:
    """A plant by its name, fresh or where `state` left it. Raises Invalid."""
    from .line.configuration import LINES
    from .line.process import Lines
    from .tennessee.process import Plants

    if name not in names():
        raise Invalid.field("plant", expected=say("one of {names}", names=", ".join(names())), got=name)
    if name in LINES:
        line = LINES[name]
        return PartsLine(name, Lines.resumed(line, state) if state is not None else Lines.at(line, seed=seed))
    mode = name.removeprefix("tep").removeprefix("-") or "base"
    return Process(name, Plants.resumed(state) if state is not None else Plants.at(mode, seed=seed))


def _check_settable(name: str, names_: list[str]) -> None:
    if name not in names_:
        raise Invalid.field(
            "tag", expected=say("one that can be set: {names}", names=", ".join(names_)), got=name
        )
