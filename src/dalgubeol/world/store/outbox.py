"""The outbox: Records that were committed with a state change and wait to be integrated into the ledger.

A key is taken once, so that one event of one Run is recorded once however often it is tried. After
integration the row keeps only its key and the number of its Record.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError

from ...errors import Conflict
from ...language import say
from ...nouns.record import Sealed
from .driver import at_once, fetched
from .schema import outbox, record_subjects

# Plain statements: this is the way that every Record takes, and a composed one costs twice the time.
_WAITING = text(
    "SELECT id, key, leaf, payload, salt, retain_until FROM outbox WHERE record IS NULL ORDER BY id LIMIT :n"
)
_POST = text(
    "INSERT INTO outbox (key, leaf, payload, salt, retain_until)"
    " VALUES (:key, :leaf, :payload, :salt, :retain_until)"
)
_INTEGRATED = text(
    "UPDATE outbox SET record = :number, leaf = NULL, payload = NULL, salt = NULL WHERE id = :row"
)


_RECORD_OF = text("SELECT record FROM outbox WHERE key = :key")


def post(connection: Connection, sealed: Sealed) -> None:
    """Raises Conflict where the key was posted before."""
    try:
        at_once(
            connection,
            _POST,
            {
                "key": sealed.key, "leaf": sealed.leaf, "payload": sealed.payload, "salt": sealed.salt,
                "retain_until": sealed.retain_until,
            },
        )  # fmt: skip
    except IntegrityError:
        raise Conflict(
            "record.again",
            say("'{key}' is already recorded.", key=sealed.key),
            say("Nothing needs to be done: an event is recorded once."),
        ) from None


def waiting(connection: Connection, most: int = 1000) -> tuple[tuple[int, Sealed], ...]:
    """The oldest rows that are not in the ledger yet."""
    rows = connection.execute(_WAITING, {"n": most})
    return tuple((r[0], Sealed(r[1], r[2], r[3], r[4], r[5])) for r in rows)


def integrated(connection: Connection, numbers: Sequence[tuple[int, int]]) -> None:
    """Note (outbox row, Record number) for each, and forget the copies here."""
    if numbers:
        connection.execute(_INTEGRATED, [{"row": row, "number": record} for row, record in numbers])


def index_subjects(connection: Connection, pairs: Sequence[tuple[str, int]]) -> None:
    """Remember which Records speak of which Dataset, Permit, Run or person."""
    if pairs:
        rows = [{"subject": subject, "record": record} for subject, record in dict.fromkeys(pairs)]
        connection.execute(record_subjects.insert(), rows)


def records_about(
    connection: Connection, subject: str, after: int = -1, limit: int | None = None
) -> tuple[int, ...]:
    """The numbers of the Records that speak of a subject, in order; those behind `after`."""
    speaking = (record_subjects.c.subject == subject) & (record_subjects.c.record > after)
    query = select(record_subjects.c.record).where(speaking).order_by(record_subjects.c.record)
    return tuple(connection.execute(query.limit(limit) if limit is not None else query).scalars())


def record_of(connection: Connection, key: str) -> int | None:
    """The Record number of a key; None while it waits or was never posted."""
    found = fetched(connection, _RECORD_OF, {"key": key})
    return found[0]["record"] if found else None


def last_of(connection: Connection, prefix: str) -> tuple[str | None, int | None]:
    """The last key, in their order, of those that begin with `prefix` (which ends with a slash), and the number of
    its Record; that is None while it waits."""
    above = prefix[:-1] + "0"  # the character after the slash
    query = select(outbox.c.key, outbox.c.record).where(outbox.c.key > prefix, outbox.c.key < above)
    row = connection.execute(query.order_by(outbox.c.key.desc()).limit(1)).first()
    return (None, None) if row is None else (row.key, row.record)
