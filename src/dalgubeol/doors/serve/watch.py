"""One thread that looks whether the site changed, and tells whoever wants to know.

Live pages and event streams subscribe here instead of asking the database each by itself. What changed is not
said: a subscriber reads again what it shows. Changes that come close together are told once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from ...errors import DalguError
from ...logs import log
from ...world.store.database import Database

LOOK_EVERY_S = 0.2

Subscriber = Callable[[], object]


class Watch:
    """Start and stop it with the server. Subscribers are called in its thread and must return at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscribers: dict[int, Subscriber] = {}
        self._guard = threading.Lock()
        self._next = 0
        self._stop, self._looking = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def start(self) -> None:
        """From here on no change goes unnoticed."""
        self._thread.start()
        self._looking.wait()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def subscribe(self, told: Subscriber) -> Callable[[], None]:
        """Call `told` after each change, until the function that is returned is called."""
        with self._guard:
            self._next += 1
            number = self._next
            self._subscribers[number] = told

        def end() -> None:
            with self._guard:
                self._subscribers.pop(number, None)

        return end

    def __len__(self) -> int:
        return len(self._subscribers)

    def _look(self) -> None:
        try:
            with self._database.versions() as version:
                last = version()
                self._looking.set()
                while not self._stop.wait(LOOK_EVERY_S):
                    # looked at even when nobody listens: what changes while somebody begins to listen is told
                    with suppress(DalguError):
                        now = version()
                        if now != last:
                            self._tell()
                        last = now
        finally:
            self._looking.set()

    def _tell(self) -> None:
        with self._guard:
            subscribers = list(self._subscribers.values())
        for told in subscribers:
            try:
                told()
            except Exception as error:  # one page that fails must not keep the news from the others
                log("watch").error("subscriber", code=type(error).__name__)
