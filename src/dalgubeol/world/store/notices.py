"""Notices to people, and their way out by e-mail or webhook, in the database. The caller owns the transaction.

A notice is stored as a Message and read in its reader's language. A delivery is due, sent, dropped (nobody
wants it any more) or given up. It is sent at least once, for whoever sends it may be stopped before saying so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, select

from ...digest import canonical, fresh_id
from ...language import Message, restored
from .schema import deliveries, notices

DUE, SENT, DROPPED, GIVEN_UP = "due", "sent", "dropped", "given-up"


@dataclass(frozen=True, slots=True)
class Notice:
    id: str
    person: str
    at: str
    message: Message
    link: str
    """A path on this site."""
    read_at: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice on its way by one channel."""

    notice: Notice
    channel: str
    state: str
    attempts: int
    next_at: str
    fault: str | None
    """The kind of error last met; never what a server said, which could quote an address."""


def add(
    connection: Connection, person: str, at: str, message: Message, link: str, channels: Iterable[str]
) -> str:
    """Returns its id."""
    id_ = fresh_id("notice")
    row = {
        "id": id_,
        "person": person,
        "at": at,
        "message": canonical(message.stored()).decode(),
        "link": link,
    }
    connection.execute(notices.insert(), row)
    on_its_way = [
        {"notice": id_, "channel": channel, "state": DUE, "attempts": 0, "next_at": at}
        for channel in channels
    ]
    if on_its_way:
        connection.execute(deliveries.insert(), on_its_way)
    return id_


def listed(connection: Connection, person: str, before: str = "", limit: int = 50) -> tuple[Notice, ...]:
    """The newest first; `before` is the last id of the page before."""
    query = select(notices).where(notices.c.person == person).order_by(notices.c.id.desc()).limit(limit)
    if before:
        query = query.where(notices.c.id < before)
    return tuple(_notice(row) for row in connection.execute(query).mappings())


def unread(connection: Connection, person: str) -> int:
    theirs = (notices.c.person == person) & notices.c.read_at.is_(None)
    return int(connection.execute(select(func.count()).select_from(notices).where(theirs)).scalar_one())


def unread_of_all(connection: Connection) -> dict[str, int]:
    """Person to unread notices, for those who have some."""
    waiting = (
        select(notices.c.person, func.count()).where(notices.c.read_at.is_(None)).group_by(notices.c.person)
    )
    return {person: int(count) for person, count in connection.execute(waiting)}


def read(connection: Connection, person: str, at: str, ids: Sequence[str] | None = None) -> int:
    """Note that this person has read these, or all; how many were unread."""
    theirs = (notices.c.person == person) & notices.c.read_at.is_(None)
    if ids is not None:
        theirs &= notices.c.id.in_(list(ids))
    return connection.execute(notices.update().where(theirs).values(read_at=at)).rowcount


def told(connection: Connection, person: str, message: Message) -> bool:
    """Whether this person was ever told exactly this."""
    same = (notices.c.person == person) & (notices.c.message == canonical(message.stored()).decode())
    return connection.execute(select(notices.c.id).where(same).limit(1)).first() is not None


def due(connection: Connection, channel: str, now: str, limit: int = 100) -> tuple[Delivery, ...]:
    waiting = (deliveries.c.channel == channel) & (deliveries.c.state == DUE) & (deliveries.c.next_at <= now)
    return _deliveries(connection, waiting, limit)


def given_up(connection: Connection, limit: int = 100) -> tuple[Delivery, ...]:
    """Those that nobody tries any more, the newest first."""
    return _deliveries(connection, deliveries.c.state == GIVEN_UP, limit)


def undelivered(connection: Connection) -> dict[str, int]:
    """How many are due and how many were given up."""
    query = select(deliveries.c.state, func.count()).where(deliveries.c.state.in_([DUE, GIVEN_UP]))
    return {str(state): int(count) for state, count in connection.execute(query.group_by(deliveries.c.state))}


def settle(
    connection: Connection, delivery: Delivery, state: str, next_at: str, fault: str | None
) -> None:  # fmt: skip
    one = (deliveries.c.notice == delivery.notice.id) & (deliveries.c.channel == delivery.channel)
    changed = {
        "state": state,
        "attempts": delivery.attempts + 1,
        "next_at": next_at,
        "fault": fault,
    }
    connection.execute(deliveries.update().where(one).values(changed))


def begin_again(connection: Connection, now: str) -> int:
    """What was given up is due once more; how many."""
    lost = deliveries.c.state == GIVEN_UP
    return connection.execute(deliveries.update().where(lost).values(state=DUE, next_at=now)).rowcount


def forget(connection: Connection, before: str) -> int:
    """Notices from before an instant go, read or not, with their deliveries; how many."""
    old = select(notices.c.id).where(notices.c.at < before)
    connection.execute(deliveries.delete().where(deliveries.c.notice.in_(old)))
    return connection.execute(notices.delete().where(notices.c.at < before)).rowcount


def _deliveries(connection: Connection, which: object, limit: int) -> tuple[Delivery, ...]:
    query = (
        select(notices, deliveries)
        .join(notices, notices.c.id == deliveries.c.notice)
        .where(which)  # type: ignore[arg-type]
        .order_by(deliveries.c.next_at, deliveries.c.notice)
        .limit(limit)
    )
    rows = connection.execute(query).mappings()
    return tuple(
        Delivery(_notice(r), r["channel"], r["state"], r["attempts"], r["next_at"], r["fault"]) for r in rows
    )


def _notice(row: RowMapping) -> Notice:
    message = restored(json.loads(row["message"]))
    return Notice(row["id"], row["person"], row["at"], message, row["link"], row["read_at"])
