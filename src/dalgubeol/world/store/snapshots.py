"""A database as it was at one moment, in a file of its own.

Taken while the site serves: SQLite's own backup copies one consistent state and holds no writer up. The copy
has no write-ahead log beside it, so that it is one file with one digest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from ...errors import Tampered
from ...language import say
from .database import Database, family_of
from .files import disk_errors


def snapshot(database: Database, path: Path) -> None:
    """Write the database's present state to `path`, mode 0600, not yet synced. Raises Unavailable (disk)."""
    with disk_errors():
        path.touch(mode=0o600)
    try:
        with database.engine.connect() as connection, closing(sqlite3.connect(path)) as target:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            target.execute("PRAGMA synchronous=OFF")  # the caller syncs, once for everything
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise family_of(str(error)) from None


@contextmanager
def frozen(path: Path) -> Iterator[Connection]:
    """Read a snapshot; nothing is written, not even a lock."""
    url = f"sqlite:///file:{_escaped(path)}?immutable=1&mode=ro&uri=true"
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            yield connection
    except sqlite3.Error as error:
        raise family_of(str(error)) from None
    finally:
        engine.dispose()


def check_integrity(path: Path) -> None:
    """Raises Tampered where SQLite finds the file damaged in any page or index."""
    try:
        with closing(sqlite3.connect(f"file:{_escaped(path)}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError:
        found = "unreadable"
    if found != "ok":
        raise Tampered(
            "database.changed",
            say("The site's database file is damaged."),
            say("Restore it from backup; the exported ledger bundles say what must be in it."),
        )


def _escaped(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
