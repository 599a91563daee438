"""State changes and their Records, together.

`record()` puts a Record into the outbox in the transaction of the change that it tells of. `integrate()` is
the sequencer: it runs once a commit group inside the transaction, takes the whole outbox up into the ledger
and has the tree signed. So a committed change is a recorded one, and the write lock makes sequencers take
turns; on a database whose writers do not take turns it runs behind an advisory lock of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ...digest import opens
from ...errors import Tampered
from ...language import say
from ...nouns.record import Event, Record, Retention, Sealed
from ...rules.lifecycle import may_be_erased, retain_until
from ...world.ledger.entry import Entry
from ...world.ledger.log import Log
from ...world.ledger.merkle import leaf_hash, verify_inclusion
from ...world.store import datasets as stored_datasets
from ...world.store import outbox
from .clock import now

_GROUP = 1000


def record(connection: Connection, entry: Record) -> None:
    """Post a Record with the state change that is made on `connection`. Raises Conflict for a second one."""
    until = retain_until(entry.retention, entry.at)
    outbox.post(connection, replace(entry, retain_until=until).sealed())


def integrate(connection: Connection, log: Log) -> int:
    """Take everything that waits into the ledger; returns how many Records that were."""
    taken = 0
    while waiting := outbox.waiting(connection, _GROUP):
        first = log.size(connection)
        log.append(connection, [_entry(sealed) for _, sealed in waiting])
        outbox.integrated(connection, [(row, first + place) for place, (row, _) in enumerate(waiting)])
        outbox.index_subjects(
            connection,
            [
                (subject, first + place)
                for place, (_, sealed) in enumerate(waiting)
                for subject in subjects(sealed.leaf)
            ],
        )
        taken += len(waiting)
        if len(waiting) < _GROUP:
            break
    return taken


def subjects(leaf: bytes) -> tuple[str, ...]:
    """Everybody and everything that a leaf speaks of."""
    line = json.loads(leaf)
    return tuple(dict.fromkeys([line["subject"], line["actor"], *line["datasets"], *line["permits"]]))


def signer_key(connection: Connection, log: Log, person: str) -> str:
    """The public key with which a person was enrolled. Raises Tampered."""
    return str(enrolled_as(connection, log, person)["public_key"])


def enrolled_as(connection: Connection, log: Log, person: str) -> dict[str, Any]:
    """Key, organisation and roles with which a person was enrolled, as the signed history has it: the table of
    people could have been changed by whoever owns the folder, a Record with its proof could not. Raises Tampered."""
    told = proven(connection, log, f"enrolled/{person}", Event.ENROLLED, person)
    if told is not None:
        return told[1]
    raise Tampered(
        "person.enrolment",
        say("The history does not hold the enrolment of person {person} as it must.", person=person),
        say("Nothing was done. Tell the operator: `dalgu ledger check` finds what was changed."),
    )


def proven(
    connection: Connection, log: Log, key: str, event: Event, subject: str
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The line and the payload of the Record with this key, once its inclusion in the signed tree, its
    commitment, its event and its subject are proven; None where any of it fails, or there is none."""
    index = outbox.record_of(connection, key)
    if index is None:
        return None
    entry, head = log.entry(connection, index), log.head(connection)
    proof = log.inclusion_proof(connection, index, head.size)
    included = verify_inclusion(leaf_hash(entry.leaf), index, head.size, head.root, proof)
    line, payload = json.loads(entry.leaf), json.loads(entry.payload or b"null")
    bound = payload is not None and opens(line["commitment"], payload, entry.salt or b"")
    if not (included and bound and (line["event"], line["subject"]) == (event, subject)):
        return None
    return line, payload


def begin_retention(connection: Connection, log: Log, dataset: str) -> None:
    """A Dataset is gone: the Records of its processing become erasable three years from now, if all that
    they speak of is gone too."""
    for index in outbox.records_about(connection, dataset):
        _retain(connection, log, index)


def _retain(connection: Connection, log: Log, index: int) -> None:
    line = json.loads(log.entry(connection, index).leaf)
    if Retention(line["retain"]) is not Retention.PROCESSING:
        return
    ends = stored_datasets.destroyed_at(connection, line["datasets"])
    if ends and all(ends):
        until = retain_until(Retention.PROCESSING, line["at"], max(end for end in ends if end))
        log.retain(connection, index, datetime.fromisoformat(str(until)))


def due(connection: Connection, log: Log) -> list[int]:
    """Records whose payload's time has come, looked for without holding up who writes."""
    at, found = now(), []
    for entry in log.entries(connection, 0, log.size(connection)):
        if entry.payload is None or (entry.retain_until is not None and entry.retain_until > at):
            continue
        line = json.loads(entry.leaf)
        if line["retain"] != Retention.PERMANENT and erasable(connection, line, at):
            found.append(entry.index)
    return found


def erase_due(connection: Connection, log: Log, candidates: Iterable[int]) -> int:
    """Erase the payloads among `candidates` whose time has come; leaves stay. Returns how many."""
    erased = 0
    for index in candidates:
        entry = log.entry(connection, index)
        line = json.loads(entry.leaf)
        if entry.payload is None or not erasable(connection, line, now()):
            continue
        if entry.retain_until is None:  # recorded with the destruction itself, or after it
            _retain(connection, log, index)
        log.erase(connection, index, datetime.fromisoformat(now()))
        erased += 1
    return erased


def erasable(connection: Connection, line: dict[str, object], at: str) -> bool:
    datasets: list[str] = list(line["datasets"])  # type: ignore[call-overload]
    destroyed = stored_datasets.destroyed_at(connection, datasets)
    return may_be_erased(Retention(str(line["retain"])), str(line["at"]), destroyed, at)


def _entry(sealed: Sealed) -> Entry:
    return Entry(sealed.leaf, sealed.payload, sealed.salt, sealed.retain_until)
