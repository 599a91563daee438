"""What every live page asks when the site has changed, read once for all of them.

Fifty open pages would otherwise ask the same two questions fifty times at the same instant: is my session still
alive, and how many notices wait for me.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from nicegui import run

from ....verbs.house import notify
from ....verbs.house.house import House
from ....verbs.people import entry
from ...serve.watch import Watch


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the site."""

    alive: frozenset[str]
    """Ids of the sessions that have not ended."""
    unread: Mapping[str, int]
    """Person to notices that wait; who has none is not in it."""


class Shared:
    """One for each site that is served. Used in the event loop only."""

    def __init__(self, house: House, idle_s: float) -> None:
        self._house, self._idle_s = house, idle_s
        self._asked: asyncio.Task[Seen] | None = None

    def begin(self, watch: Watch) -> None:
        """Hear of changes before any page does, so that no page reads what was seen before them."""
        loop = asyncio.get_running_loop()
        watch.subscribe(lambda: loop.call_soon_threadsafe(self._forget))

    async def look(self) -> Seen:
        """What stands since the last change."""
        if self._asked is None:
            self._asked = asyncio.ensure_future(self._read())
        return await asyncio.shield(self._asked)

    def _forget(self) -> None:
        self._asked = None

    async def _read(self) -> Seen:
        try:
            return cast(Seen, await run.io_bound(self._looked))
        except BaseException:
            self._asked = None  # the next one asks again
            raise

    def _looked(self) -> Seen:
        return Seen(entry.alive(self._house, self._idle_s), notify.unread_of_all(self._house))
