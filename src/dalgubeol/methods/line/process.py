"""Lines that are started, run, saved, forked and resumed to the bit: what `tennessee.process` is for the process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ...errors import Invalid
from ...language import say
from .. import states
from ..draws import exponential
from . import running
from .configuration import MOST_WAITING, Floats, Line

EDITION = 1
_FLOAT, _COUNT = np.dtype(np.float64), np.dtype(np.int64)
DISTURBANCES = (
    "hard material: tools wear half as fast again, and move the part as much more", "loose spindles: twice the noise",
    "failures twice as often", "repairs three times as long", "inspection's gauge five times as coarse",
    "hands lacking: stations without a tool a third slower", "tired rinse water: half as fast clean",
)  # fmt: skip
"""1-7; a size from 0 to 1 scales each."""


def _shapes(stations: int) -> states.Shapes:
    n = (stations,)
    return {
        "seeds": ((), np.dtype(np.uint64)), "clock": ((), _FLOAT), "what": (n, _COUNT), "until": (n, _FLOAT),
        "left": (n, _FLOAT), "fails_in": (n, _FLOAT), "wear": (n, _FLOAT), "waiting": (n, _COUNT), "holds": (n, _FLOAT),
        "lot": (n, _COUNT), "queue": ((*n, MOST_WAITING), _FLOAT), "queue_lot": ((*n, MOST_WAITING), _COUNT),
        "draws": ((stations + 1,), _COUNT), "sums": ((running.SUMS,), _FLOAT),
        "spent": ((*n, len(running.STATES)), _FLOAT), "held": (n, _FLOAT), "lots": ((running.LOTS, running.LOT), _FLOAT),
        "handles": ((stations + 3,), _FLOAT), "station": ((*n, 15), _FLOAT), "line": ((12,), _FLOAT),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class History:
    """Rows at the end of every so-many hours; `hours` [rows], the others [lines, rows, ...]."""

    hours: Floats
    shown: Floats
    cost: Floats


@dataclass(frozen=True, slots=True)
class Lines:
    """`arrays` by name, each with a row for each line (see `running`)."""

    of: Line
    arrays: dict[str, Any]

    @classmethod
    def at(cls, line: Line, *, count: int = 1, seed: int = 0) -> Self:
        """`count` empty lines with fresh tools; each draws its own numbers."""
        n = len(line.stations)
        shapes = _shapes(n)
        made = cls(line, dict(zip(shapes, states.blank(shapes, count), strict=True)))
        a = made.arrays
        a["seeds"][:] = np.uint64(seed % 2**64) + np.arange(count, dtype=np.uint64) * np.uint64(
            0xA24BAED4963EE407
        )
        a["until"][:], a["lot"][:] = np.inf, -1
        a["station"][:], a["line"][:] = line.numbers()
        a["handles"][:, :n], a["handles"][:, n], a["handles"][:, n + 1], a["handles"][:, n + 2] = (
            1.0,
            1.0,
            0.9,
            2_400.0,
        )
        for p in range(count):
            for s, station in enumerate(line.stations):
                if station.mtbf_s:
                    a["fails_in"][p, s] = station.mtbf_s * exponential(a["seeds"][p], 8 * s + 1, 0)
        return made

    def __len__(self) -> int:
        return len(self.arrays["clock"])

    @property
    def hours(self) -> Floats:
        return np.asarray(self.arrays["clock"], np.float64) / np.float64(3600.0)

    @property
    def sums(self) -> npt.NDArray[np.float64]:
        """[lines, running.SUMS]: what was counted since the line began."""
        return self.arrays["sums"]  # type: ignore[no-any-return]

    @property
    def handles(self) -> tuple[tuple[str, str, float, float], ...]:
        """Name, unit, and between what it may be set."""
        speeds = tuple((f"{station.name}_speed", "1", 0.5, 1.5) for station in self.of.stations)
        return (
            *speeds,
            ("tool_change_at", "1", 0.2, 1.5),
            ("scrap_beyond", "1", 0.3, 1.5),
            ("rinse", "s", 60.0, 7200.0),
        )

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Name and unit of what `shown` shows."""
        each = [
            pair for station in self.of.stations
            for pair in ((f"{station.name}_state", "1"), (f"{station.name}_waiting", "1"), (f"{station.name}_wear", "1"))
        ]  # fmt: skip
        whole = [("made", "1"), ("scrapped", "1"), ("power", "kW"), ("last_deviation", "1"), ("last_residue", "ug/cm2"), ("lot", "1")]  # fmt: skip
        return (*each, *whole)

    def shown(self) -> Floats:
        """[lines, tags] now."""
        a = self.arrays
        stations = np.stack([a["what"], a["waiting"], a["wear"]], axis=2).reshape(len(self), -1)
        n = len(self.of.stations)
        at_work = a["what"] == running.WORKING
        kw = np.where(
            at_work, a["station"][:, :, 11] * a["handles"][:, :n] ** 1.3, a["station"][:, :, 10]
        ).sum(axis=1)
        s = self.sums
        whole = (s[:, running.MADE], s[:, running.SCRAPPED], kw, s[:, running.LAST_SEEN], s[:, running.LAST_RESIDUE], a["lot"].max(axis=1))  # fmt: skip
        return np.column_stack([stations, *whole]).astype(np.float64)

    def set(self, name: str, value: float, lines: slice = slice(None)) -> None:
        """Move a set-point. Raises Invalid for a name there is not, and outside of its limits."""
        names = [handle[0] for handle in self.handles]
        if name not in names:
            raise Invalid.field("handle", expected=say("one of {names}", names=", ".join(names)), got=name)
        _, unit, low, high = self.handles[names.index(name)]
        if not low <= value <= high:
            raise Invalid.field(name, expected=say("between {low} and {high} {unit}", low=low, high=high, unit=unit), got=value)  # fmt: skip
        self.arrays["handles"][lines, names.index(name)] = value

    def disturb(self, number: int, size: float = 1.0, lines: slice = slice(None)) -> None:
        """Set one of `DISTURBANCES` (1-7) going, at a share 0..1 of its size; 0 ends it. Raises Invalid."""
        if not 1 <= number <= len(DISTURBANCES) or not 0.0 <= size <= 1.0:
            raise Invalid.field("disturbance", expected=say("1 to {count}, of a size from 0 to 1", count=len(DISTURBANCES)), got=f"{number}: {size}")  # fmt: skip
        base, whole = self.of.numbers()
        now = self.arrays["station"][lines]
        if number == 1:
            now[:, :, 5], now[:, :, 8] = base[:, 5] / (1 + 0.5 * size), base[:, 8] * (1 + 0.5 * size)
        elif number == 2:
            now[:, :, 9] = base[:, 9] * (1 + size)
        elif number == 3:
            now[:, :, 3] = base[:, 3] / (1 + size)
        elif number == 4:
            now[:, :, 4] = base[:, 4] * (1 + 2 * size)
        elif number == 5:
            now[:, :, 13] = base[:, 13] * (1 + 4 * size)
        elif number == 6:
            now[:, :, 0] = base[:, 0] * np.where(base[:, 5] == 0, 1 + size / 3, 1)
        else:
            self.arrays["line"][lines, 3] = whole[3] * (1 + size)

    def run(self, hours: float, *, every_h: float = 0.0) -> History:
        """Run all `hours` on, and tell what is shown every `every_h` hours (nought: nothing)."""
        parts = round(hours / every_h) if every_h else 1
        begun, told, costs = float(self.hours[0]), [], []
        for _ in range(parts):
            running.run(*self.arrays.values(), hours / parts * 3600.0)
            if every_h:
                told.append(self.shown())
                costs.append(self.sums[:, running.WON].copy())
        if not every_h:
            return History(np.empty(0), np.empty((len(self), 0, len(self.tags))), np.empty((len(self), 0)))
        at = begun + hours / parts * np.arange(1, parts + 1, dtype=np.float64)
        return History(at, np.stack(told, axis=1), np.stack(costs, axis=1))

    def cost_per_part(self) -> Floats:
        """Won for each part that was made and is good: hours, energy, tools, rinses, scrap, and what escapes costs."""
        s = self.sums
        return s[:, running.WON] / np.maximum(s[:, running.MADE] - s[:, running.ESCAPED], 1.0)

    def lots(self, at: int = 0) -> list[dict[str, float]]:
        """The last lots of a line that have begun: what a lot's record says of it."""
        rows = self.arrays["lots"][at]
        names = ("lot", "began_s", "ended_s", "parts", "good", "scrapped", "residue", "rinses")
        kept = sorted((row for row in rows if row[running.LOT_IN] > 0), key=lambda row: row[0])
        return [dict(zip(names, map(float, row), strict=True)) for row in kept]

    def fork(self, lines: Sequence[int]) -> Self:
        """New lines that go on as those would, until somebody treats them otherwise."""
        which = np.asarray(lines, np.int64)
        return type(self)(self.of, {name: each[which].copy() for name, each in self.arrays.items()})

    def saved(self) -> bytes:
        """All of it; `resumed` goes on with the same bits."""
        return states.packed(f"line/{self.of.name}", EDITION, self.arrays)

    @classmethod
    def resumed(cls, line: Line, content: bytes) -> Self:
        """Raises Invalid for a file of another line, another edition, or none of ours."""
        shapes = _shapes(len(line.stations))
        return cls(
            line,
            dict(zip(shapes, states.unpacked(content, f"line/{line.name}", EDITION, shapes), strict=True)),
        )
