"""What was answered to requests that bore an idempotency key. The caller owns the transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from .schema import answers


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a request. Without a status it has had its effect, and its answer was never kept."""

    request_digest: str
    at: str
    status: int | None
    body: bytes | None


def find(connection: Connection, person: str, key: str, since: str) -> Kept | None:
    """None for one that is older than `since`."""
    own = (answers.c.person == person) & (answers.c.key == key) & (answers.c.at >= since)
    row = connection.execute(select(answers).where(own)).mappings().first()
    return None if row is None else Kept(row["request_digest"], row["at"], row["status"], row["body"])


def keep(
    connection: Connection, person: str, key: str, request_digest: str, at: str, status: int | None = None,
    body: bytes | None = None,
) -> None:  # fmt: skip
    row = {
        "person": person, "key": key, "request_digest": request_digest, "at": at, "status": status, "body": body,
    }  # fmt: skip
    connection.execute(answers.delete().where((answers.c.person == person) & (answers.c.key == key)))
    connection.execute(answers.insert(), row)


def forget_before(connection: Connection, at: str) -> int:
    return connection.execute(answers.delete().where(answers.c.at < at)).rowcount
