"""Uploads: who sends what, in the database. What has arrived of it lies in `parts`. The caller owns the
transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, select

from ...errors import Missing
from ...language import say
from .schema import uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sends, piece by piece."""

    id: str
    person: str
    name: str
    """The file's name where it came from. A label: nothing here is ever stored under it."""
    size_bytes: int
    """How long it is to become."""
    digest: str | None
    """SHA-256, hex, that the whole must have; None where the sender did not say."""
    created_at: str
    seen_at: str
    offset: int = 0
    """Bytes that have arrived and are safe on the disk."""

    @property
    def whole(self) -> bool:
        return self.offset == self.size_bytes


def add(connection: Connection, upload: Upload) -> None:
    row = {name: getattr(upload, name) for name in Upload.__slots__ if name != "offset"}
    connection.execute(uploads.insert(), row)


def find(connection: Connection, upload: str, person: str) -> Upload:
    """Raises Missing for an upload that is not there, or is another's."""
    own = (uploads.c.id == upload) & (uploads.c.person == person)
    row = connection.execute(select(uploads).where(own)).mappings().first()
    if row is None:
        raise Missing(
            "upload.missing",
            say("There is no upload '{upload}' of yours.", upload=upload),
            say("It was registered, dropped, or lay unfinished for a day: begin a new one."),
        )
    return _upload(row)


def of_person(connection: Connection, person: str) -> tuple[Upload, ...]:
    query = select(uploads).where(uploads.c.person == person).order_by(uploads.c.id)
    return tuple(_upload(row) for row in connection.execute(query).mappings())


def taken(connection: Connection, person: str) -> tuple[int, int]:
    """How many uploads a person has under way, and how many bytes those are to become."""
    query = select(func.count(), func.coalesce(func.sum(uploads.c.size_bytes), 0))
    row = connection.execute(query.where(uploads.c.person == person)).one()
    return int(row[0]), int(row[1])


def seen(connection: Connection, upload: str, now: str) -> None:
    connection.execute(uploads.update().where(uploads.c.id == upload).values(seen_at=now))


def remove(connection: Connection, upload: str) -> None:
    connection.execute(uploads.delete().where(uploads.c.id == upload))


def unseen_since(connection: Connection, before: str) -> tuple[str, ...]:
    query = select(uploads.c.id).where(uploads.c.seen_at < before).order_by(uploads.c.id)
    return tuple(connection.execute(query).scalars())


def ids(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(select(uploads.c.id)).scalars())


def _upload(row: RowMapping) -> Upload:
    return Upload(
        row["id"], row["person"], row["name"], row["size_bytes"], row["digest"], row["created_at"], row["seen_at"]
    )  # fmt: skip
