"""Whether the clock can be believed, for what must not happen too early: erasing and clearing away.

In one process the wall clock is compared with the monotonic one. Between processes only this is known: the clock
as it was looked at last, and the newest Record. A site that was off for a month says so rather than guess.
How far the clock ran ahead is remembered until it has come back, or until an operator says that it is right.
A clock that goes back makes nothing early, so it only is told.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ...language import Message, say
from ...logs import log
from ...world.store import chores
from ..house.clock import now
from ..house.house import House
from .health import newest_instant

ROW = "clock"
JUMP_S = 300.0
"""A difference that an NTP client does not make in one step."""
LONGEST_OFF_S = 30 * 86400.0
"""A site that was off for longer cannot tell that from a clock that jumped."""
WRITTEN_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Clock:
    """What is thought of the clock."""

    ahead_s: float
    """By how much it ran ahead of the time that passed; negative where it went back."""

    @property
    def doubtful(self) -> bool:
        return self.ahead_s > JUMP_S

    def told(self) -> Message:
        if self.doubtful:
            return say(
                "The clock jumped ahead by {hours} hours. Nothing is erased or cleared away until it is back, or until `dalgu site chores --trust-clock`.",
                hours=f"{self.ahead_s / 3600:.1f}", ahead_s=f"{self.ahead_s:.0f}",
            )  # fmt: skip
        if self.ahead_s < -JUMP_S:
            return say(
                "The clock went back by {hours} hours. What is due comes so much later.",
                hours=f"{-self.ahead_s / 3600:.1f}", ahead_s=f"{self.ahead_s:.0f}",
            )  # fmt: skip
        return say("It runs steadily.", ahead_s=f"{self.ahead_s:.0f}")


class ClockWatch:
    """Looks at the clock of one process, from any of its threads."""

    def __init__(self, house: House) -> None:
        self._house, self._guard = house, threading.Lock()
        self._wall_s, self._monotonic_s = 0.0, 0.0
        self._ahead_s = 0.0
        self._written: tuple[float, float] | None = None

    def look(self) -> Clock:
        """Compare, remember, and tell in the log where it jumped since the last look."""
        with self._guard:
            wall_s, monotonic_s = time.time(), time.monotonic()
            if self._monotonic_s == 0.0:
                jump_s = self._since_last_process(wall_s)
            else:
                jump_s = (wall_s - self._wall_s) - (monotonic_s - self._monotonic_s)
            self._wall_s, self._monotonic_s = wall_s, monotonic_s
            if abs(jump_s) > JUMP_S:
                self._ahead_s += jump_s
                log("clock").warning("jumped", seconds=round(jump_s), ahead_s=round(self._ahead_s))
            found = Clock(self._ahead_s)
            self._keep(found, monotonic_s)
            return found

    def trust(self) -> Clock:
        """An operator says that the clock is right now."""
        with self._guard:
            self._wall_s, self._monotonic_s, self._ahead_s = time.time(), time.monotonic(), 0.0
            self._written = None
            self._keep(Clock(0.0), self._monotonic_s)
            return Clock(0.0)

    def _since_last_process(self, wall_s: float) -> float:
        """How far the clock must have jumped while no process looked: 0 where that is not sure. Takes over what
        was remembered."""
        with self._house.database.reading() as connection:
            before, newest = chores.last(connection, ROW), newest_instant(connection)
        if before is not None:
            self._ahead_s = float(str(before.outcome.values["ahead_s"]))
        seen = max(newest, before.last_at if before is not None else "")
        gap_s = wall_s - datetime.fromisoformat(seen).timestamp() if seen else 0.0
        return gap_s if gap_s < 0 or gap_s > LONGEST_OFF_S else 0.0

    def _keep(self, found: Clock, at_s: float) -> None:
        """Written down when it changed, and each hour: every change wakes who watches the site."""
        last = self._written
        if last is not None and last[0] == found.ahead_s and at_s - last[1] < WRITTEN_EVERY_S:
            return
        at, told, ok = now(), found.told(), abs(found.ahead_s) <= JUMP_S

        def keep(connection: Connection) -> None:
            chores.done(connection, ROW, at, told, ok=ok)

        self._house.write(keep)
        self._written = found.ahead_s, at_s
