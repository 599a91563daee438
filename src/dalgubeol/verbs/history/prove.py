"""The history: read, exported, verified without the site, and erased where its time has come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection

from ...digest import canonical, fresh_id
from ...errors import Invalid, Missing, Reason, Refused, Tampered
from ...language import say
from ...nouns.permit import Role
from ...nouns.record import Event, Record, Retention
from ...rules.lifecycle import may_be_erased
from ...world import identity
from ...world.identity import SignedIn
from ...world.ledger.bundle import LINE_BYTES_AT_MOST, Verified, verify_bundle, write_bundle
from ...world.ledger.entry import StoredEntry
from ...world.ledger.selfcheck import check
from ...world.store import outbox
from ...world.store.files import disk_errors
from ...world.store.paging import LARGEST_PAGE, Page, cursor, place
from ..airlock.review import signature_digest
from ..house.clock import now
from ..house.house import House
from ..house.standing import CHANGES
from ..house.standing import statement as standing_statement
from ..house.transition import due, erase_due, record

_LOOKED_THROUGH = 5000


@dataclass(frozen=True, slots=True)
class Story:
    """What a verified bundle tells: how often each event happened, and whose signatures were checked."""

    verified: Verified
    events: Mapping[str, int]
    signatures: int


def export(house: House, path: Path) -> int:
    """Write the whole history as one bundle; returns its number of Records."""
    aside = path.with_name(f".{path.name}.{fresh_id('part')}")
    try:
        with house.database.reading() as connection, disk_errors(), open(aside, "xb") as stream:
            write_bundle(connection, house.log, stream)
        aside.replace(path)
    except OSError as error:
        raise Invalid.field(
            "bundle", expected="a file that can be written", got=type(error).__name__
        ) from None
    finally:
        aside.unlink(missing_ok=True)
    with house.database.reading() as connection:
        return house.log.size(connection)


def export_to(house: House, stream: BinaryIO) -> None:
    """The same into a stream of the caller's. Raises Unavailable where the disk is full."""
    with house.database.reading() as connection, disk_errors():
        write_bundle(connection, house.log, stream)


def verify(path: Path, verifier_key: str, since: str | None = None) -> Story:
    """Verify a bundle offline: tree, checkpoint, commitments, retention and people's signatures.

    Raises Missing (no file), Invalid (key), Tampered naming the place.
    """
    if not path.is_file():
        raise Missing("bundle.missing", say("There is no file {path}.", path=path), say("Check the path."))
    try:
        return _verified(path, verifier_key, since)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Tampered(
            "ledger.content",
            say("The bundle is signed, but a Record in it does not hold what belongs there."),
            say("It may be of another program or a newer version; ask whoever gave it to you."),
        ) from None


def _verified(path: Path, verifier_key: str, since: str | None) -> Story:
    with open(path, "rb") as stream:
        destroyed = _destroyed(stream)

    def erasable(leaf: Mapping[str, Any], at: datetime) -> bool:
        ends = [destroyed.get(dataset) for dataset in leaf["datasets"]]
        return may_be_erased(
            Retention(leaf["retain"]), leaf["at"], ends, at.isoformat(timespec="milliseconds")
        )

    with open(path, "rb") as stream:
        verified = verify_bundle(stream, verifier_key, may_be_erased=erasable, since=since)
    with open(path, "rb") as stream:
        events, signatures = _story(stream)
    return Story(verified, events, signatures)


def checkpoint(house: House) -> str:
    """The latest signed checkpoint, to keep or to hand to others."""
    with house.database.reading() as connection:
        return house.log.head(connection).note


def records(
    house: House, about: str | None = None, after: int = -1, limit: int = 100
) -> list[dict[str, Any]]:
    """Records in order, or those about one Dataset, Permit, Run or person. Payloads where not erased."""
    with house.database.reading() as connection:
        if about is None:
            return [_shown(entry) for entry in house.log.entries(connection, after + 1, after + 1 + limit)]
        chosen = outbox.records_about(connection, about, after, limit)
        return [_shown(house.log.entry(connection, index)) for index in chosen]


def record_page(
    house: House, about: str | None = None, event: Event | None = None, after: str = "", limit: int = 100
) -> Page[dict[str, Any]]:
    """The same by cursor, and of one event only where it is named. The ledger has no index of events: a page
    that has looked through `_LOOKED_THROUGH` Records ends there, and has a next one. Raises Invalid (cursor)."""
    last: int = place(after, int)[0] if after else -1
    found: list[dict[str, Any]] = []
    for _ in range(_LOOKED_THROUGH // LARGEST_PAGE):
        wished = limit + 1 if event is None else LARGEST_PAGE
        batch = records(house, about, last, wished)
        for line in batch:
            if len(found) == limit:
                return Page(tuple(found), cursor(last))
            last = line["record"]
            if event is None or line["event"] == event:
                found.append(line)
        if len(batch) < wished:
            return Page(tuple(found))
    return Page(tuple(found), cursor(last))


def self_check(house: House, on_progress: Callable[[int, int], None] = lambda done, all_: None) -> int:
    """Recompute the whole tree from its leaves. Raises Tampered naming the first place that is wrong."""
    with house.database.reading() as connection:
        check(connection, house.log, on_progress)
        return house.log.size(connection)


def erase(house: House, who: SignedIn) -> int:
    """Erase all payloads whose retention has ended. Returns how many. Raises Refused
    unless an operator asks."""
    if Role.OPERATOR not in who.actor.roles:
        reason = Reason("erase.role", say("Only an operator erases."))
        raise Refused("erase.refused", say("This is refused."), say("Ask an operator."), (reason,))

    return erase_payloads(house, who.actor.id)


def erase_payloads(house: House, actor: str) -> int:
    """What `erase` does, for a person or for the site itself; who may ask is the caller's to know."""
    with house.database.reading() as connection:
        candidates = due(connection, house.log)
    if not candidates:
        return 0

    def erase_all(connection: Connection) -> int:
        erased = erase_due(connection, house.log, candidates)
        if erased:
            key = fresh_id("erased")
            record(
                connection,
                Record(Event.ERASED, key, now(), actor, actor, {"erased": erased}, Retention.PERMANENT),
            )
        return erased

    erased = house.write(erase_all)
    house.database.truncate_log()  # what was erased is not to live on in the write-ahead log
    return erased


def _shown(entry: StoredEntry) -> dict[str, Any]:
    payload = json.loads(entry.payload) if entry.payload is not None else None
    return {"record": entry.index, **json.loads(entry.leaf), "payload": payload, "erased_at": entry.erased_at}


def _lines(stream: BinaryIO) -> Iterator[tuple[int, dict[str, Any], Any]]:
    """(record, leaf, payload) of every line that looks like a Record; what is wrong is found by `verify`."""
    while raw := stream.readline(LINE_BYTES_AT_MOST):
        try:
            line = json.loads(raw)
            if "leaf" in line:
                yield line["index"], json.loads(line["leaf"]), line["payload"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue


def _destroyed(stream: BinaryIO) -> dict[str, str]:
    return {
        leaf["subject"]: leaf["at"]
        for _, leaf, _ in _lines(stream)
        if isinstance(leaf, dict) and leaf.get("event") == Event.DESTROYED
    }


def _story(stream: BinaryIO) -> tuple[dict[str, int], int]:
    """Count the events and check every person's signature against the key with which they were enrolled."""
    events: dict[str, int] = {}
    keys: dict[str, str] = {}
    roles: dict[str, list[str]] = {}
    sealed: set[tuple[str, str, str]] = set()
    signatures = 0
    for index, leaf, payload in _lines(stream):
        event = leaf["event"]
        events[event] = events.get(event, 0) + 1
        if payload is None:
            continue
        if event == Event.ENROLLED:
            keys[leaf["subject"]] = payload["public_key"]
            roles[leaf["subject"]] = payload["roles"]
        if event in (Event.VOTED, Event.SAID, Event.JUDGED):
            sealed.add((leaf["subject"], leaf["actor"], _digest_of_cast(payload)))
        if event in (Event.VOTE_OPENED, Event.SAID_OPENED, Event.JUDGED_OPENED):
            _check_opened(index, leaf, payload, sealed)
        if event in CHANGES:
            _check_change(index, leaf, payload, roles)
        statement = _signed_statement(leaf, payload)
        if statement is not None:
            signatures += 1
            if not identity.signature_holds(keys.get(leaf["actor"], ""), statement, payload["signature"]):
                raise Tampered(
                    "ledger.signature",
                    say("Record {index} was not signed by the person it names.", index=index),
                    say("Do not trust this history; ask the operator and the person named."),
                )
    return events, signatures


def _digest_of_cast(payload: Mapping[str, Any]) -> str:
    """Of the signature of a vote that was cast; before votes were sealed it stood there itself, and a committee that
    was at work when its site was upgraded opens such votes too."""
    return str(payload.get("signature_digest") or signature_digest(str(payload.get("signature", ""))))


def _check_opened(
    index: int, leaf: Mapping[str, Any], payload: Mapping[str, Any], sealed: set[tuple[str, str, str]]
) -> None:
    """Raises Tampered where the vote, or the word on a panel, that was opened is not one that was cast."""
    digest = signature_digest(payload["signature"])
    if (leaf["subject"], leaf["actor"], digest) not in sealed:
        raise Tampered(
            "ledger.vote",
            say("Record {index} opens a vote that was not cast before.", index=index),
            say("Do not trust this history; ask the operator and the person named."),
        )


def _check_change(
    index: int, leaf: Mapping[str, Any], payload: Mapping[str, Any], roles: dict[str, list[str]]
) -> None:
    """Raises Tampered where somebody changed another's roles, or closed their account, who was no operator then."""
    if Role.OPERATOR not in roles.get(leaf["actor"], ()) or leaf["actor"] == leaf["subject"]:
        raise Tampered(
            "ledger.change",
            say("Record {index} changes an account by somebody who may not.", index=index),
            say("Do not trust this history; ask the operator and the person named."),
        )
    roles[leaf["subject"]] = payload["roles"] if leaf["event"] == Event.ROLES_CHANGED else []


def _signed_statement(leaf: Mapping[str, Any], payload: Mapping[str, Any]) -> bytes | None:
    """The bytes that `Permit.statement`, `review.statement`, `Panel.statement`, `committee._statement` and `standing.statement`
    had signed, from what the Record says."""
    if leaf["event"] in CHANGES:
        return standing_statement(Event(leaf["event"]), leaf["subject"], payload)
    if leaf["event"] == Event.DECIDED:
        said = {"terms": payload["terms"], "person": leaf["actor"], "verdict": payload["verdict"]}
        return b"dalgubeol/permit-decision/v1\0" + canonical({**said, "decided_at": payload["decided_at"]})
    if leaf["event"] == Event.VOTE_OPENED:
        said = {"run": leaf["subject"], "manifest": payload["manifest"], "person": leaf["actor"]}
        said |= {"approve": payload["approve"], "voted_at": payload["voted_at"]}
        if "files" not in payload:
            return b"dalgubeol/airlock-vote/v1\0" + canonical(said)
        return b"dalgubeol/airlock-vote/v2\0" + canonical({**said, "files": payload["files"]})
    if leaf["event"] == Event.JUDGED_OPENED:
        said = {"person": leaf["actor"], "at": payload["said_at"]}
        said |= {name: payload[name] for name in ("object", "agreement", "round", "stand", "comment")}
        return b"dalgubeol/export-judgement/v1\0" + canonical(said)
    if leaf["event"] == Event.SAID_OPENED:
        said = {"matter": payload["matter"], "person": leaf["actor"], "finding": payload["finding"]}
        return b"dalgubeol/panel-finding/v1\0" + canonical({**said, "said_at": payload["said_at"]})
    return None
