"""Who is who at an OpenID Connect provider. The caller owns the transaction, and proves a row by its Record."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.exc import IntegrityError

from ...errors import Conflict
from ...language import say
from .oidc import Subject
from .schema import subjects


@dataclass(frozen=True, slots=True)
class Link:
    """That a subject is one of our people."""

    subject: Subject
    person: str
    linked_at: str


def link(connection: Connection, made: Link) -> None:
    """Raises Conflict where the subject is somebody already."""
    row = {
        "issuer": made.subject.issuer, "subject": made.subject.subject, "person": made.person,
        "linked_at": made.linked_at,
    }  # fmt: skip
    try:
        connection.execute(subjects.insert(), row)
    except IntegrityError:
        raise Conflict(
            "oidc.linked",
            say("That sign-in is linked to an account already."),
            say("Sign in with it; or end that link first."),
        ) from None


def linked(connection: Connection, subject: Subject) -> Link | None:
    theirs = (subjects.c.issuer == subject.issuer) & (subjects.c.subject == subject.subject)
    row = connection.execute(select(subjects).where(theirs)).mappings().first()
    return None if row is None else _link(row)


def links_of(connection: Connection, person: str) -> tuple[Link, ...]:
    query = select(subjects).where(subjects.c.person == person).order_by(subjects.c.linked_at)
    return tuple(_link(row) for row in connection.execute(query).mappings())


def unlink(connection: Connection, made: Link) -> None:
    theirs = (subjects.c.issuer == made.subject.issuer) & (subjects.c.subject == made.subject.subject)
    connection.execute(subjects.delete().where(theirs & (subjects.c.person == made.person)))


def _link(row: RowMapping) -> Link:
    return Link(Subject(row["issuer"], row["subject"]), row["person"], row["linked_at"])
