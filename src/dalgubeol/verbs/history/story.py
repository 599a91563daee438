"""The history as people look at it: its newest lines, whether it is whole, whether it still says what it said.

Everything here is for everybody, and so without payloads unless somebody is signed in.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ...errors import DalguError, Missing, Tampered, Unavailable
from ...language import Message, say
from ...nouns.record import Event
from ...world.identity import SignedIn
from ...world.ledger.merkle import verify_consistency
from ...world.ledger.note import open_checkpoint
from ...world.store import chores, outbox
from ..house.clock import earlier, now
from ..house.house import House
from .prove import self_check

CHECK = "ledger-asked"
"""The chore under which a self-check that somebody asked for is noted."""
_LOOKED_THROUGH = 5000
"""The ledger has no index of events: so many Records are looked through for one page."""
_VISITORS_EVERY_S = 60
_checking = threading.Lock()


@dataclass(frozen=True, slots=True)
class Line:
    """One Record. `payload` is None where it was erased, or is not for this reader."""

    record: int
    at: str
    event: str
    actor: str
    subject: str
    datasets: tuple[str, ...]
    permits: tuple[str, ...]
    leaf: str
    payload: str | None
    erased_at: str | None


@dataclass(frozen=True, slots=True)
class Lines:
    """One page, the newest first; `older` is where the next begins, None at the end."""

    lines: tuple[Line, ...]
    older: int | None
    size: int


def lines(
    house: House, who: SignedIn | None, *, about: str = "", event: str = "", before: int | None = None, limit: int = 50
) -> Lines:  # fmt: skip
    """Records about one Dataset, Permit, Run or person, of one event, or all; those before number `before`."""
    with house.database.reading() as connection:
        size = house.log.size(connection)
        start = size if before is None else max(0, min(before, size))
        found: list[Line] = []
        looked = start
        for looked, line in _backwards(house, connection, who, about, start):
            if not event or line.event == event:
                found.append(line)
            if len(found) == limit or start - looked >= _LOOKED_THROUGH:
                return Lines(tuple(found), looked if looked > 0 else None, size)
        return Lines(tuple(found), None, size)


def line(house: House, who: SignedIn | None, record: int) -> tuple[Line, tuple[str, ...]]:
    """One Record, and the proof (hashes in hex) that it is in the tree of the latest checkpoint. Raises Missing."""
    with house.database.reading() as connection:
        size = house.log.size(connection)
        if not 0 <= record < size:
            raise Missing("record.missing", say("There is no Record {record}.", record=record), say("The ledger shows which there are."))  # fmt: skip
        proof = house.log.inclusion_proof(connection, record, size)
        return _line(house.log.entry(connection, record), who), tuple(step.hex() for step in proof)


@contextmanager
def alone() -> Iterator[None]:
    """One check at a time: it reads the whole history. Raises Unavailable while another is under way."""
    if not _checking.acquire(blocking=False):
        raise Unavailable(
            "ledger.checking",
            say("The history is being checked just now."),
            say("Wait a moment: the outcome of that check appears here too."),
        )
    try:
        yield
    finally:
        _checking.release()


def ask_for_check(house: House, asked_by: str, on_progress: Callable[[int, int], None]) -> chores.Done:
    """Recompute the whole history and note what was found, and for whom: `asked_by` is an organisation, or
    empty for a visitor, who gets the last outcome where that is less than a minute old. Raises Unavailable while
    another check is under way."""
    last = last_check(house)
    if not asked_by and last is not None and last.last_at > earlier(_VISITORS_EVERY_S):
        return last
    with alone():
        try:
            ok, outcome = True, _whole(self_check(house, on_progress), asked_by)
        except Tampered as error:
            ok, outcome = False, _asked(error.detail, asked_by)
    at = now()
    house.write(lambda connection: chores.done(connection, CHECK, at, outcome, ok=ok))
    return chores.Done(CHECK, at, outcome, ok)


def last_check(house: House) -> chores.Done | None:
    """The latest self-check, by whomever: a visitor, a person or the site's own chore."""
    with house.database.reading() as connection:
        found = [done for done in chores.listed(connection) if done.name.startswith("ledger")]
    return max(found, key=lambda done: done.last_at, default=None)


def extends(house: House, note: str) -> tuple[int, int]:
    """Prove that the history only appended to an older checkpoint of it; (size then, size now).

    Raises Tampered where the note was not signed by this site's key, or the history is not what it covered.
    """
    older = open_checkpoint(note, house.log.verifier)
    with house.database.reading() as connection:
        head = house.log.head(connection)
        if older.origin == head.origin and older.size <= head.size:
            proof = house.log.consistency_proof(connection, older.size, head.size)
            if verify_consistency(older.size, head.size, older.root, head.root, proof):
                return older.size, head.size
    raise Tampered(
        "ledger.rewritten",
        say("This site once signed {size} Records that its history does not begin with any more.", size=older.size),
        say("Keep this checkpoint as evidence and show it to others: something was removed or changed."),
    )  # fmt: skip


def same_history(house: House, note: str) -> bool:
    """Whether a checkpoint, of a bundle say, is one of this site's own history."""
    try:
        extends(house, note)
    except DalguError:
        return False
    return True


def _backwards(
    house: House, connection: Connection, who: SignedIn | None, about: str, start: int
) -> Iterator[tuple[int, Line]]:
    if about:
        for number in reversed([n for n in outbox.records_about(connection, about) if n < start]):
            yield number, _line(house.log.entry(connection, number), who)
        return
    stop = start
    while stop > 0:
        first = max(0, stop - 256)
        page: Sequence[Any] = list(house.log.entries(connection, first, stop))
        for entry in reversed(page):
            yield entry.index, _line(entry, who)
        stop = first


def _line(entry: Any, who: SignedIn | None) -> Line:
    leaf = json.loads(entry.leaf)
    payload = entry.payload.decode() if entry.payload is not None and who is not None else None
    return Line(
        entry.index, leaf["at"], leaf["event"], leaf["actor"], leaf["subject"], tuple(leaf["datasets"]),
        tuple(leaf["permits"]), entry.leaf.decode(), payload, entry.erased_at,
    )  # fmt: skip


def _whole(size: int, asked_by: str) -> Message:
    return _asked(say("{size} Records, all in their place.", size=size), asked_by)


def _asked(outcome: Message, asked_by: str) -> Message:
    if not asked_by:
        return say("{outcome} Asked for by a visitor.", outcome=outcome)
    return say("{outcome} Asked for by {organisation}.", outcome=outcome, organisation=asked_by)


EVENTS = tuple(Event)
