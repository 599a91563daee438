"""The conductor: the loop that moves Runs along their table: lease, execute, settle.

On SQLite exactly one conductor works on a site (a lock of the operating system, which ends with its process).
Several lanes in it each lease one Run at a time, hand it to a child process, keep the lease alive, and settle
what comes back. Settling is one transaction: the end of the attempt (compare and set), the outputs in their
place, the allowance, the airlock and the Record. A lane whose lease was taken over settles nothing.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import Counter
from collections.abc import Callable

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Conflict
from ...language import say
from ...logs import log
from ...nouns.run import Run
from ...traces import span
from ...world.engine.workers import Workers
from ...world.store import runs
from ...world.store.files import FileLock, listening
from ..airlock import script_logs
from ..house.clock import later, now
from ..house.house import House
from .attempt import Attempt, error_code
from .recover import recover

_TARGET = "dalgubeol.verbs.runs.execute:serve"
_PRELOAD = ("numpy", "pyarrow.parquet", "dalgubeol.world.engine.tables", "dalgubeol.world.engine.reading")
_LANES = 2


class Conductor:
    """Use as a context: takes the site's lock (Conflict where another has it), cleans up, works, lets go."""

    def __init__(self, house: House, lanes: int = _LANES, niceness: int = 0) -> None:
        self._house, self._lanes = house, lanes
        self._lock = FileLock(house.folder / "conductor.lock")
        self._workers = Workers(_TARGET, _PRELOAD, house.settings.warm_children, niceness)
        self._name = fresh_id("conductor")
        self._stop = threading.Event()
        self._work = threading.Condition()
        self._told = 0
        self._threads: list[threading.Thread] = []
        self._fifo = -1
        self._deaths: Counter[str] = Counter()
        self._held: set[str] = set()  # the Runs that a lane of ours works on, whatever the clock says

    def __enter__(self) -> Conductor:
        if not self.try_enter():
            raise Conflict(
                "conductor.second",
                say("Another conductor works on this site already."),
                say("Hand it your Runs with `dalgu run`; one conductor is enough."),
            )
        return self

    def try_enter(self) -> bool:
        """Begin if no other conductor is at work here."""
        if not self._lock.acquire():
            return False
        try:
            self._workers.start()
            recover(self._house)
            script_logs.destroy_old(self._house)
            self._fifo = listening(self._house.folder / "wake")
            for target in (self._listen, *([self._lane] * self._lanes)):
                thread = threading.Thread(target=target, daemon=True)
                thread.start()
                self._threads.append(thread)
        except BaseException:
            self.__exit__()
            raise
        return True

    def __exit__(self, *failure: object) -> None:
        self._stop.set()
        self.nudge()
        if self._fifo >= 0:
            os.write(self._fifo, b"!")  # the listener need not wait out its second
        for thread in self._threads:
            thread.join()
        self._workers.close()
        if self._fifo >= 0:
            os.close(self._fifo)
        self._lock.release()

    def nudge(self) -> None:
        with self._work:
            self._told += 1
            self._work.notify_all()

    def _listen(self) -> None:
        """Pass on who knocks at the door; look around each second for leases that ran out."""
        while not self._stop.is_set():
            ready, _, _ = select.select([self._fifo], [], [], 1.0)
            if ready:
                os.read(self._fifo, 4096)
            self.nudge()

    def _lane(self) -> None:
        while not self._stop.is_set():
            told = self._told
            try:
                worked = self._one()
            except Exception as error:  # a full disk, a locked database, a bug: say so, wait, go on
                log("conductor").error("lane", code=error_code(error))
                worked = False
                time.sleep(1)
            if not worked:
                self._workers.refill()
                with self._work:
                    if self._told == told and not self._stop.is_set():
                        self._work.wait(5)

    def _one(self) -> bool:
        """Take the next Run to its end. False if none waits."""
        with self._house.database.reading() as connection:
            if runs.next_waiting(connection, now(), self._name, tuple(self._held)) is None:
                return False
        taken: list[str] = []
        try:
            run = self._house.write(lambda connection: self._leased(connection, taken))
            if run is None:
                return True  # another lane was faster: look again
            with span("attempt", run=run.id, kind=run.kind, attempt=run.attempt):
                Attempt(self._house, run, self._workers, self._stop, self._deaths).make()
            return True
        finally:
            self._held.difference_update(taken)

    def _leased(self, connection: Connection, taken: list[str]) -> Run | None:
        """Writes take turns, so that no two lanes take one Run."""
        held, until = tuple(self._held), later(self._house.settings.lease_s)
        run = runs.next_waiting(connection, now(), self._name, held)
        if run is None or not runs.lease(connection, run, self._name, now(), until, held):
            return None
        taken.append(run.id)
        self._held.add(run.id)
        return runs.find(connection, run.id)


def run_to_end(house: House, run_id: str, on_change: Callable[[Run], None] = lambda run: None) -> Run:
    """Wait until a Run has ended. With no conductor at work, be it for as long as that takes."""
    conductor: Conductor | None = None
    pause_s, last = 0.01, None
    try:
        while True:
            with house.database.reading() as connection:
                run = runs.find(connection, run_id)
            if (run.state, run.progress, run.stage) != last:
                last = (run.state, run.progress, run.stage)
                on_change(run)
            if run.state.ended:
                return run
            if conductor is None:
                candidate = Conductor(house)
                conductor = candidate if candidate.try_enter() else None
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.3, 0.1)
    finally:
        if conductor is not None:
            conductor.__exit__()
