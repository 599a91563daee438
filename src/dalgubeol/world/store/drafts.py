"""What somebody has begun to fill in, one per person and form, sealed. The caller owns the transaction."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select

from .schema import drafts


def keep(connection: Connection, person: str, form: str, content: bytes, saved_at: str) -> None:
    """Replaces what was kept for that person and form."""
    drop(connection, person, form)
    row = {"person": person, "form": form, "content": content, "saved_at": saved_at}
    connection.execute(drafts.insert(), row)


def find(connection: Connection, person: str, form: str) -> tuple[bytes, str] | None:
    """(sealed content, when it was saved)."""
    mine = (drafts.c.person == person) & (drafts.c.form == form)
    row = connection.execute(select(drafts.c.content, drafts.c.saved_at).where(mine)).first()
    return None if row is None else (bytes(row[0]), str(row[1]))


def listed(connection: Connection, person: str) -> tuple[tuple[str, str], ...]:
    """(form, when it was saved), the newest first."""
    query = select(drafts.c.form, drafts.c.saved_at).where(drafts.c.person == person)
    return tuple((row[0], row[1]) for row in connection.execute(query.order_by(drafts.c.saved_at.desc())))


def drop(connection: Connection, person: str, form: str) -> bool:
    mine = (drafts.c.person == person) & (drafts.c.form == form)
    return connection.execute(delete(drafts).where(mine)).rowcount == 1


def drop_older(connection: Connection, than: str) -> int:
    """For the chore that clears away what nobody has come back to."""
    return connection.execute(delete(drafts).where(drafts.c.saved_at < than)).rowcount


def count(connection: Connection, person: str) -> int:
    query = select(func.count()).select_from(drafts).where(drafts.c.person == person)
    return int(connection.execute(query).scalar_one())
