"""Plants that are started, run, saved, forked and resumed to the bit."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ...errors import Invalid
from ...language import say
from . import controller, stepping, walks
from .constants import WALKS, Floats
from .controller import HANDLES, MEMORY, Handle
from .steady import MODES, STEADY
from .stepping import RICKER, STEP_H
from .tags import DISTURBANCES, MEASUREMENTS, TRIPS

FORMAT = 1
_WARM = np.array([120.0, 80.0, 65.0, 90.0])


@dataclass(frozen=True, slots=True)
class History:
    """Rows at the begin of every so-many-th step; `hours` [rows], the others [plants, rows, ...]."""

    hours: Floats
    shown: Floats
    state: Floats
    cost: Floats


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
        state = np.tile(STEADY[:, MODES.index(mode)], (count, 1))
        spread = np.arange(count, dtype=np.uint64) * np.uint64(0xA24BAED4963EE407)
        made = cls(
            seeds=np.uint64(seed % 2**64) + spread, steps=np.zeros(count, np.int64), stopped=np.zeros(count, np.int64),
            state=state, warm=np.tile(_WARM, (count, 1)), pieces=walks.fresh_pieces(count),
            draws=np.zeros((count, WALKS), np.int64), waiting=np.zeros((count, 19)),
            shown=np.zeros((count, len(MEASUREMENTS))), memory=np.zeros((count, MEMORY)),
            handles=np.zeros((count, len(HANDLES))), valve=state[:, 38:].copy(), command=state[:, 38:].copy(),
            costs=np.zeros(count), disturbances=np.zeros((count, len(DISTURBANCES))),
        )  # fmt: skip
        made._look()
        for p in range(count):
            controller.begin(made.shown[p], made.valve[p], made.handles[p], made.memory[p])
        return made

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def hours(self) -> Floats:
        return self.steps * STEP_H

    def trips(self) -> tuple[str, ...]:
        """Why each plant shut down; empty where it runs."""
        return tuple(TRIPS[why] for why in self.stopped)

    def set(self, handle: Handle, value: float, plants: slice = slice(None)) -> None:
        """Move a set-point. Raises Invalid outside of its limits."""
        name, unit, low, high = HANDLES[handle]
        if not low <= value <= high:
            raise Invalid.field(
                name, expected=say("between {low} and {high} {unit}", low=low, high=high, unit=unit), got=value
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

    def run(self, hours: float, *, every_h: float = 0.0, control: int = RICKER, noisy: bool = True) -> History:
        """Run all `hours` on, and tell what was every `every_h` hours (nought: nothing). Both become whole steps."""
        count, every = round(hours / STEP_H), round(every_h / STEP_H)
        rows = -(-count // every) if every else 0
        begun = float(self.hours[0])
        told = (np.empty((len(self), rows, 41)), np.empty((len(self), rows, 50)), np.empty((len(self), rows)))
        stepping.run(*self._fields(), control, noisy, count, every, *told)
        return History(begun + np.arange(rows) * every * STEP_H, *told)

    def fork(self, plants: Sequence[int]) -> Self:
        """New plants that go on as those would: the same noise and walks, until somebody treats them otherwise."""
        which = np.asarray(plants, np.int64)
        return type(self)(*(each[which].copy() for each in self._fields()))

    def saved(self) -> bytes:
        """All of it; `resumed` goes on with the same bits."""
        file = io.BytesIO()
        np.savez(file, format=np.array(FORMAT), **{f.name: getattr(self, f.name) for f in fields(self)})
        return file.getvalue()

    @classmethod
    def resumed(cls, content: bytes) -> Self:
        """Raises Invalid for a file of another version or none of ours."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                found: dict[str, Any] = {name: file[name] for name in file.files}
        except (ValueError, OSError, EOFError, zipfile.BadZipFile):
            raise Invalid.field("state", expected=say("a saved plant"), got=say("something else")) from None
        version = int(found.pop("format", np.array(-1)))
        if version != FORMAT:
            raise Invalid.field("state.format", expected=str(FORMAT), got=str(version))
        shapes = {f.name: getattr(_like(), f.name) for f in fields(cls)}
        count = len(found.get("steps", ()))
        for name, like in shapes.items():
            got = found.get(name)
            if got is None or got.shape != (count, *like.shape[1:]) or got.dtype != like.dtype:
                raise Invalid.field(f"state.{name}", expected=say("a row for each plant"), got=say("something else"))
        return cls(**{name: found[name] for name in shapes})

    def _fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, f.name) for f in fields(self))

    def _look(self) -> None:
        """Fill in what is measured, without moving."""
        other = self.fork(range(len(self)))
        other.run(STEP_H, noisy=False, control=stepping.LOOSE)
        for name in ("shown", "costs", "waiting", "warm"):
            getattr(self, name)[:] = getattr(other, name)


_LIKE: list[Plants] = []


def _like() -> Plants:
    if not _LIKE:
        _LIKE.append(Plants.at())
    return _LIKE[0]


