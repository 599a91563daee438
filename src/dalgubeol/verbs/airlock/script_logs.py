"""What a script of the zone prints, followed by an operator while it runs.

It lies sealed in the site's folder `live`, a file for each attempt, and is destroyed when its Run has ended and the
time that the site sets (`[zone] log_kept_min`) has passed. Who follows it is decided by `rules.following`; each look
is a Record before the first character is shown, and so is each refusal. It goes nowhere else: into no log, no
Record, no error, no backup. Whatever a terminal or a browser would obey is taken out of it here.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import DalguError, Missing, Reason, Refused
from ...kinds import kind as kind_named
from ...kinds import names
from ...kinds.contract import Port
from ...language import Message, harmless, say
from ...nouns.record import Event, Record
from ...nouns.run import Run
from ...rules.following import reasons_not_to_follow
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import datasets, runs, scriptlogs
from ...world.store.scriptlogs import Printed
from ..house.clock import earlier
from ..house.clock import now as at_present
from ..house.house import House
from ..house.transition import record
from ..projects.restoring import site_of
from ..runs.submit import access_retention

_FOLDER = "live"
PAUSE_S = 0.4


def order(house: House, run: Run) -> dict[str, str] | None:
    """What the child of an attempt is told of it; None where the site wants none."""
    if not house.settings.served().zone.live_log:
        return None
    return {"path": str(_path(house, run)), "key": _key(house, run).hex(), "context": _context(run)}


def is_offered(house: House, who: SignedIn, run: Run) -> bool:
    """Whether this person may follow it, and there is something to follow or will be."""
    if not _is_there(house, run):
        return False
    with house.database.reading() as connection:
        return not _reasons(house, connection, who, run)


def has_log(run: Run) -> bool:
    """Whether its kind runs scripts at all."""
    return run.kind in names() and Port.SANDBOX in kind_named(run.kind).ports


def read(house: House, who: SignedIn, run_id: str) -> tuple[str | Message, ...]:
    """What it has printed so far; a Message is ours. Raises Refused, Missing (no such Run, or it is destroyed)."""
    return tuple(_pieces(house, _look(house, who, run_id), at_once=True))


def follow(house: House, who: SignedIn, run_id: str) -> Iterator[str | Message]:
    """The same, piece by piece, until the Run has ended or may be followed no more; an empty piece where nothing
    came: whoever follows waits `PAUSE_S` then. The look is recorded at once, not with the first piece."""
    run = _look(house, who, run_id)
    return _pieces(house, run, at_once=False, who=who)


def destroy(house: House, run: str) -> None:
    """Of all its attempts."""
    for path in (house.folder / _FOLDER).glob(f"{run}.*"):
        path.unlink(missing_ok=True)


def destroy_old(house: House) -> Message:
    """Those whose Run has ended so long ago, and those of attempts that count no more; what came of it."""
    count = 0
    for path in sorted((house.folder / _FOLDER).glob("*")):
        if _is_over(house, path):
            path.unlink(missing_ok=True)
            count += 1
    return say("{count} logs of scripts were destroyed.", count=count)


def _is_over(house: House, path: Path) -> bool:
    name, _, attempt = path.name.partition(".")
    try:
        with house.database.reading() as connection:
            run = runs.find(connection, name)
    except Missing:
        return True
    return attempt != str(run.attempt) or _time_is_up(house, run)


def _time_is_up(house: House, run: Run) -> bool:
    kept_s = 60.0 * house.settings.served().zone.log_kept_min
    return run.ended_at is not None and run.ended_at <= earlier(kept_s)


def _look(house: House, who: SignedIn, run_id: str) -> Run:
    """One look, allowed and recorded. Raises Refused, Missing."""
    refused: list[tuple[Reason, ...]] = []

    def look(connection: Connection) -> Run:
        run = runs.find(connection, run_id)
        found = _reasons(house, connection, who, run)
        if found:
            refused.append(found)
            record(connection, _told(connection, who, run, Event.REFUSED, found))
        elif not _is_there(house, run):
            raise Missing(
                "log.missing", say("There is no log of a script of Run {run}.", run=run.id),
                say("There is one while a script runs, and for {minutes} minutes after; the site may have none at all.", minutes=house.settings.served().zone.log_kept_min),
            )  # fmt: skip
        else:
            record(connection, _told(connection, who, run, Event.VIEWED, ()))
        return run

    run = house.write(look)
    if refused:
        raise Refused("log.refused", say("This log is not shown."), say("Ask the operators of the site what it says."), refused[0])  # fmt: skip
    return run


def _is_there(house: House, run: Run) -> bool:
    """Whether there is one, or will be."""
    if not has_log(run) or not house.settings.served().zone.live_log:
        return False
    return not run.state.ended or (_path(house, run).exists() and not _time_is_up(house, run))


def _reasons(house: House, connection: Connection, who: SignedIn, run: Run) -> tuple[Reason, ...]:
    author = identity.find(connection, run.submitted_by)
    return reasons_not_to_follow(who.actor, author.id, author.organisation, site_of(house, connection))


def _told(connection: Connection, who: SignedIn, run: Run, event: Event, found: tuple[Reason, ...]) -> Record:
    given = [datasets.find(connection, id_) for id_ in run.inputs.values()]
    payload = {"kind": run.kind, "what": "script-log", "attempt": run.attempt, **({"reasons": [r.code for r in found]} if found else {})}  # fmt: skip
    return Record(
        event, fresh_id(event.value), at_present(), who.actor.id, run.id, payload, access_retention(given),
        datasets=tuple(each.id for each in given), permits=run.permits,
    )  # fmt: skip


def _pieces(house: House, run: Run, *, at_once: bool, who: SignedIn | None = None) -> Iterator[str | Message]:
    attempt, shown, decoder = run.attempt, 0, _decoder()
    while True:
        over = at_once or run.state.ended or _stopped(house, who, run)  # looked at before what it printed
        found = scriptlogs.printed(_path(house, run), _key(house, run), _context(run))
        yield harmless(decoder.decode(found.text[shown:], final=over))
        shown = len(found.text)
        if over:
            yield from _cut(found)
            return
        with house.database.reading() as connection:
            run = runs.find(connection, run.id)
        if run.attempt != attempt:
            if attempt:
                yield say("[attempt {number}]", number=run.attempt)
            attempt, shown, decoder = run.attempt, 0, _decoder()


def _decoder() -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")("replace")


def _cut(found: Printed) -> Iterator[Message]:
    if not found.whole:
        yield say("[more was printed; only the first {kb} KB are kept]", kb=scriptlogs.MOST_BYTES >> 10)


def _stopped(house: House, who: SignedIn | None, run: Run) -> bool:
    """Whether who follows may no more: their account was closed, their roles were changed."""
    if who is None:
        return False
    try:
        with house.database.reading() as connection:
            person = identity.find(connection, who.person.id)
            site = site_of(house, connection)
            author = identity.find(connection, run.submitted_by)
    except DalguError:
        return True
    return person.ended_at is not None or bool(
        reasons_not_to_follow(person.actor, author.id, author.organisation, site)
    )


def _context(run: Run) -> str:
    return f"{run.id}.{run.attempt}"


def _path(house: House, run: Run) -> Path:
    return house.folder / _FOLDER / _context(run)


def _key(house: House, run: Run) -> bytes:
    return house.keyring.working_key(f"script-log/{_context(run)}")


def forget(house: House, run: Run) -> None:
    """Its Run has ended: destroyed at once where the site keeps none."""
    with suppress(OSError):
        if house.settings.served().zone.log_kept_min == 0:
            destroy(house, run.id)
