"""Plants that are started, run, saved, forked and resumed to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ...errors import Invalid
from ...language import Message, say
from .. import states
from . import controller, stepping, walks
from .balances import STATES
from .constants import WALKS, Floats
from .controller import HANDLES, MEMORY, Handle
from .steady import MODES, STEADY, WARM
from .stepping import RICKER, STEP_H
from .tags import DISTURBANCES, MEASUREMENTS, TRIPS, VALVES

FORMAT = 1
_FLOAT, _COUNT = np.dtype(np.float64), np.dtype(np.int64)
_FIELDS: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {
    "seeds": ((), np.dtype(np.uint64)), "steps": ((), _COUNT), "stopped": ((), _COUNT), "state": ((STATES,), _FLOAT),
    "warm": ((4,), _FLOAT), "pieces": ((WALKS, 6), _FLOAT), "draws": ((WALKS,), _COUNT), "waiting": ((19,), _FLOAT),
    "shown": ((len(MEASUREMENTS),), _FLOAT), "memory": ((MEMORY,), _FLOAT), "handles": ((len(HANDLES),), _FLOAT),
    "valve": ((len(VALVES),), _FLOAT), "command": ((len(VALVES),), _FLOAT), "costs": ((), _FLOAT),
    "disturbances": ((len(DISTURBANCES),), _FLOAT),
}  # fmt: skip
"""What a plant's row of each field is, in the order in which `stepping.run` takes them."""


@dataclass(frozen=True, slots=True)
class History:
    """Rows at the begin of every so-many-th step; `hours` [rows], the others [plants, rows, ...]."""

    hours: Floats
    shown: Floats
    state: Floats
    cost: Floats
    valve: Floats
    """Where the valves were told to stand, in the mean since the row before."""


@dataclass(frozen=True, slots=True)
class Plants:
    """Fields have a row for each plant. `run` moves them on in place; `fork` makes others of them."""

    seeds: npt.NDArray[np.uint64]
    steps: npt.NDArray[np.int64]
    stopped: npt.NDArray[np.int64]
    state: Floats
    warm: Floats
    pieces: Floats
    draws: npt.NDArray[np.int64]
    waiting: Floats
    shown: Floats
    memory: Floats
    handles: Floats
    valve: Floats
    command: Floats
    costs: Floats
    disturbances: Floats

    @classmethod
    def at(cls, mode: str = "base", *, count: int = 1, seed: int = 0) -> Self:
        """`count` plants at a steady state of `steady.MODES`; each has its own noise and walks. Raises Invalid."""
        if mode not in MODES:
            raise Invalid.field("mode", expected=say("one of {modes}", modes=", ".join(MODES)), got=mode)
        made = cls(*states.blank(_FIELDS, count))
        spread = np.arange(count, dtype=np.uint64) * np.uint64(0xA24BAED4963EE407)
        made.seeds[:] = np.uint64(seed % 2**64) + spread
        made.state[:] = STEADY[:, MODES.index(mode)]
        made.warm[:] = WARM
        made.pieces[:] = walks.fresh_pieces(count)
        made.valve[:] = made.command[:] = made.state[:, STATES - len(VALVES) :]
        made._look()
        for p in range(count):
            controller.begin(made.shown[p], made.valve[p], made.handles[p], made.memory[p])
        return made

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def hours(self) -> Floats:
        return self.steps.astype(np.float64) * np.float64(STEP_H)

    def trips(self) -> tuple[Message | None, ...]:
        """Why each plant shut down; None where it runs."""
        return tuple(TRIPS[why] for why in self.stopped)

    def set(self, handle: Handle, value: float, plants: slice = slice(None)) -> None:
        """Move a set-point. Raises Invalid outside of its limits."""
        name, unit, low, high = HANDLES[handle]
        if not low <= value <= high:
            raise Invalid.field(
                name,
                expected=say("between {low} and {high} {unit}", low=low, high=high, unit=unit),
                got=value,
            )
        self.handles[plants, handle] = value

    def disturb(self, number: int, size: float = 1.0, plants: slice = slice(None)) -> None:
        """Set disturbance `number` (1-28) going, at a share 0..1 of its size. Raises Invalid."""
        if not 1 <= number <= len(DISTURBANCES) or not 0.0 <= size <= 1.0:
            raise Invalid.field(
                "disturbance", expected=say("1 to {count}, of a size from 0 to 1", count=len(DISTURBANCES)),
                got=f"{number}: {size}",
            )  # fmt: skip
        self.disturbances[plants, number - 1] = size

    def run(
        self, hours: float, *, every_h: float = 0.0, control: int = RICKER, noisy: bool = True
    ) -> History:
        """Run all `hours` on, and tell what was every `every_h` hours (nought: nothing). Both become whole steps."""
        count, every = round(hours / STEP_H), round(every_h / STEP_H)
        rows = -(-count // every) if every else 0
        begun = float(self.hours[0])
        told = (
            np.empty((len(self), rows, 41)),
            np.empty((len(self), rows, 50)),
            np.empty((len(self), rows)),
            np.empty((len(self), rows, 12)),
        )
        stepping.run(*self._fields(), control, noisy, count, every, *told)
        return History(begun + np.arange(rows, dtype=np.float64) * np.float64(every * STEP_H), *told)

    def fork(self, plants: Sequence[int]) -> Self:
        """New plants that go on as those would: the same noise and walks, until somebody treats them otherwise."""
        which = np.asarray(plants, np.int64)
        return type(self)(*(each[which].copy() for each in self._fields()))

    def saved(self) -> bytes:
        """All of it; `resumed` goes on with the same bits."""
        return states.packed("tennessee", FORMAT, {name: getattr(self, name) for name in _FIELDS})

    @classmethod
    def resumed(cls, content: bytes) -> Self:
        """Raises Invalid for a file of another edition or none of ours."""
        return cls(*states.unpacked(content, "tennessee", FORMAT, _FIELDS))

    def _fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in _FIELDS)

    def _look(self) -> None:
        """Fill in what is measured, without moving."""
        other = self.fork(range(len(self)))
        other.run(STEP_H, noisy=False, control=stepping.LOOSE)
        for name in ("shown", "costs", "waiting", "warm"):
            getattr(self, name)[:] = getattr(other, name)
