"""Runs that somebody follows, read together: one query after a change of the site, however many follow.

It lives in one event loop, that of the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ...errors import DalguError
from ...nouns.run import Run
from ...verbs.house.house import House
from ...world.store import runs
from .watch import Watch


class Follow:
    def __init__(self, house: House, watch: Watch) -> None:
        self._house, self._watch = house, watch
        self._followers: dict[str, set[asyncio.Queue[Run]]] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def following(self, run: str) -> AsyncIterator[asyncio.Queue[Run]]:
        """A queue that holds the Run as it stands now, and then as it stood after the latest change."""
        latest: asyncio.Queue[Run] = asyncio.Queue(1)
        self._followers.setdefault(run, set()).add(latest)
        if self._task is None:
            self._task = asyncio.create_task(self._tell(), name="follow")
        self._changed.set()
        try:
            yield latest
        finally:
            followers = self._followers[run]
            followers.discard(latest)
            if not followers:
                del self._followers[run]
            if not self._followers and self._task is not None:
                self._task.cancel()
                self._task = None

    def __len__(self) -> int:
        return sum(len(followers) for followers in self._followers.values())

    async def _tell(self) -> None:
        loop = asyncio.get_running_loop()
        end = self._watch.subscribe(lambda: loop.call_soon_threadsafe(self._changed.set))
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                with suppress(DalguError):  # the database is not ready: there will be another change
                    for id_, run in (await asyncio.to_thread(self._read, tuple(self._followers))).items():
                        for latest in self._followers.get(id_, ()):
                            if latest.full():
                                latest.get_nowait()
                            latest.put_nowait(run)
        finally:
            end()

    def _read(self, ids: tuple[str, ...]) -> dict[str, Run]:
        with self._house.database.reading() as connection:
            return runs.found(connection, ids)
