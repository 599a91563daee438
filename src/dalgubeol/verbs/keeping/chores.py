"""What a site does by itself: erase what is due, clear away what has run out, look after itself.

`CHORES` is the table; the thread of `dalgu serve` (`Chores`) and `dalgu site chores --once` both go through it.
One that fails stops no other: its outcome is noted (table `chores`), told to the operator, and it is tried
again. One that clears away waits while the clock is in doubt (`steady`). To add one, add a row.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ...errors import DalguError, Unavailable
from ...language import Message, say
from ...logs import log
from ...world.identity import invitations, sessions
from ...world.store import chores as stored
from ...world.store.chores import Done
from ..airlock import script_logs, zone_end
from ..airlock.handing_on import look_after
from ..datasets import uploads
from ..history import prove
from ..house import notify
from ..house import once as answers
from ..house.clock import earlier, now
from ..house.house import House
from ..projects import accidents, destruction
from ..projects.periods import end_periods
from . import drafts
from .deliver import deliver_due
from .health import LEAST_FREE_BYTES
from .steady import ClockWatch
from .upgrade import SAFETY

HOUR_S, DAY_S = 3600.0, 86400.0
NOTED_EVERY_S = 600.0
AGAIN_S = 600.0
"""A chore that failed is tried again after so long, or at its own time if that is sooner."""
INVITATIONS_KEPT_S, COPIES_KEPT_S = 30 * DAY_S, 30 * DAY_S


@dataclass(frozen=True, slots=True)
class Chore:
    """One row: what is done how often, and whether it takes something away for good."""

    name: str
    every_s: float
    does: Callable[[House], Message]
    clears: bool = False


def _erase(house: House) -> Message:
    erased = prove.erase_payloads(house, house.facts.id)
    return say("{count} payloads of Records were erased.", count=erased)


def _sessions(house: House) -> Message:
    ended = house.write(lambda connection: sessions.drop_ended(connection, now()))
    return say("{count} sessions had ended.", count=ended)


def _invitations(house: House) -> Message:
    before = earlier(INVITATIONS_KEPT_S)
    gone = house.write(lambda connection: invitations.drop_stale(connection, before))
    return say("{count} invitations had run out.", count=gone)


def _answers(house: House) -> Message:
    return say("{count} kept answers were old.", count=answers.sweep(house))


def _drafts(house: House) -> Message:
    return say("{count} drafts were old.", count=drafts.clear_old(house))


def _uploads(house: House) -> Message:
    return say("{count} uploads were abandoned.", count=uploads.sweep(house))


def _ledger(house: House) -> Message:
    return say("{size} Records, all in their place.", size=prove.self_check(house))


def _disk(house: House) -> Message:
    free = shutil.disk_usage(house.folder).free
    if free < LEAST_FREE_BYTES:
        raise Unavailable(
            "disk.low",
            say("{free} MB are free on the site's disk.", free=free // 1_000_000),
            say("Free some space; below 1 GB writes may fail."),
        )
    return say("{free} GB free", free=f"{free / 1e9:.0f}")


def _notices(house: House) -> Message:
    return deliver_due(house, house.settings.served())


def _permits(house: House) -> Message:
    return say("{count} holders were told that their Permit ends.", count=notify.permits_ending(house))


def _old_notices(house: House) -> Message:
    return say("{count} notices were old.", count=notify.forget_old(house))


def _copies(house: House) -> Message:
    before = datetime.fromisoformat(earlier(COPIES_KEPT_S)).timestamp()
    folder = house.folder / SAFETY
    old = [path for path in folder.glob("*.db") if path.stat().st_mtime < before] if folder.exists() else []
    for path in old:
        path.unlink(missing_ok=True)
    return say("{count} copies from before an upgrade were removed.", count=len(old))


CHORES: tuple[Chore, ...] = (
    Chore("notices", 30.0, _notices),
    Chore("permits-ending", HOUR_S, _permits),
    Chore("airlock", HOUR_S, look_after, clears=True),
    Chore("old-notices", DAY_S, _old_notices, clears=True),
    Chore("disk", 300.0, _disk),
    Chore("sessions", HOUR_S, _sessions, clears=True),
    Chore("uploads", HOUR_S, _uploads, clears=True),
    Chore("answers", HOUR_S, _answers, clears=True),
    Chore("drafts", DAY_S, _drafts, clears=True),
    Chore("invitations", DAY_S, _invitations, clears=True),
    Chore("safety-copies", DAY_S, _copies, clears=True),
    # accidents and vault finish what a person decided, and read no time of theirs: a clock in doubt holds neither up
    Chore("accidents", 60.0, accidents.carried_on),
    Chore("periods", HOUR_S, end_periods, clears=True),
    Chore("zone", 60.0, zone_end.clear_ended, clears=True),
    Chore("script-logs", 30.0, script_logs.destroy_old),  # what is destroyed too early is no loss
    Chore("vault", HOUR_S, destruction.reconciled),
    Chore("erase", DAY_S, _erase, clears=True),
    Chore("ledger-check", DAY_S, _ledger),
)


def once(house: House, table: tuple[Chore, ...] = CHORES, *, trust_clock: bool = False) -> tuple[Done, ...]:
    """Do every chore now; what came of each."""
    watch = ClockWatch(house)
    if trust_clock:
        watch.trust()
    return tuple(do(house, chore, watch) for chore in table)


def listed(house: House) -> tuple[Done, ...]:
    """What each came to when it was last done."""
    with house.database.reading() as connection:
        return stored.listed(connection)


def do(house: House, chore: Chore, watch: ClockWatch) -> Done:
    """Do one chore and note what came of it. Raises nothing: whatever goes wrong is the outcome."""
    try:
        clock = watch.look()
        if chore.clears and clock.doubtful:
            done = Done(chore.name, now(), say("It waits, because the clock is in doubt."), False)
        else:
            done = Done(chore.name, now(), chore.does(house), True)
    except DalguError as error:
        outcome = say("{first} {second}", first=error.detail, second=error.next_step)
        log("chores").error(chore.name, code=error.code)
        done = Done(chore.name, now(), outcome, False)
    except Exception as error:  # a fault of ours in one chore must not stop the others
        log("chores").error(chore.name, code=type(error).__name__)
        done = Done(chore.name, now(), say("It broke ({what}).", what=type(error).__name__), False)
    _note(house, done)
    return done


def _note(house: House, done: Done) -> None:
    """What came to the same as shortly before is not written down again: every change wakes who watches."""

    def note(connection: Connection) -> None:
        stored.done(connection, done.name, done.last_at, done.outcome, ok=done.ok)

    try:
        with house.database.reading() as connection:
            before = stored.last(connection, done.name)
        same = before is not None and (before.ok, str(before.outcome)) == (done.ok, str(done.outcome))
        if before is None or not same or not earlier(NOTED_EVERY_S) <= before.last_at <= done.last_at:
            house.write(note)
    except Exception as error:  # a full disk, for instance: the log is what is left
        log("chores").error("not noted", chore=done.name, code=type(error).__name__)


class Chores:
    """The thread that does them in time, beside a serving site. By the monotonic clock: a wall clock that jumps
    makes neither a storm nor a standstill."""

    def __init__(self, house: House, table: tuple[Chore, ...] = CHORES) -> None:
        self._house, self._table = house, table
        self._watch = ClockWatch(house)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Waits for the chore under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        due = self._first_times()
        while not self._stop.is_set():
            soonest = min(due.values(), default=time.monotonic() + 60)
            if self._stop.wait(max(0.0, min(soonest - time.monotonic(), 60.0))):
                return
            for chore in self._table:
                if due[chore.name] <= time.monotonic() and not self._stop.is_set():
                    done = do(self._house, chore, self._watch)
                    pause_s = chore.every_s if done.ok else min(chore.every_s, AGAIN_S)
                    due[chore.name] = time.monotonic() + pause_s
            self._look()

    def _look(self) -> None:
        """At least once a minute, so that a jump is seen for one and not for a pause."""
        try:
            self._watch.look()
        except Exception as error:  # the database may be closed to us for a while
            log("chores").error("clock", code=type(error).__name__)

    def _first_times(self) -> dict[str, float]:
        """Where a chore was done shortly before this process began, its time goes on. One that the wall clock
        puts into the future is done now, once."""
        try:
            before = {done.name: done for done in listed(self._house)}
        except Exception as error:  # then all are due
            log("chores").error("begin", code=type(error).__name__)
            before = {}
        times, begun = {}, time.monotonic()
        for chore in self._table:
            done = before.get(chore.name)
            wait_s = 0.0
            if done is not None and done.ok:
                passed_s = datetime.fromisoformat(now()).timestamp() - datetime.fromisoformat(done.last_at).timestamp()  # fmt: skip
                wait_s = max(chore.every_s - passed_s, 0.0) if passed_s >= 0 else 0.0
            times[chore.name] = begun + wait_s
        return times
