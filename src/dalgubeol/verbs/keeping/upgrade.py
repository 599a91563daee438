"""Bringing a site of an older version up to this one: said, and not done in passing.

A copy of the database is made first (`safety/`), the migrations run in one transaction, and what came out is
checked before anybody works with it. A kill in the middle leaves the older site as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from ...errors import Conflict, DalguError, Tampered
from ...language import say
from ...settings import Settings
from ...world.ledger.selfcheck import check
from ...world.store import transfer
from ...world.store.chores import done
from ...world.store.database import SCHEMA, Database, migrate, migrations_since, prepare_schema, schema_found
from ...world.store.files import FileLock, disk_errors
from ...world.store.keys import Keyring
from ...world.store.snapshots import check_integrity, snapshot
from ..datasets import marks
from ..house.clock import now
from ..house.house import House, facts_of, house_of

SAFETY = "safety"
"""Folder of the copies made before an upgrade; a chore removes those of a month ago."""
_GONE_ON_PURPOSE = frozenset({"sessions"})


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did."""

    before: str
    after: str
    changes: tuple[str, ...]
    """One sentence for each migration, in English, as its author wrote it."""
    copy: Path | None
    """The database as it was."""
    size: int
    """Records in the ledger, all checked."""


def upgrade(settings: Settings) -> Upgraded:
    """Raises Conflict (somebody works on the site; made by a newer version), Missing, Unavailable (keys, disk),
    Tampered (the result is not whole: the database is put back as it was)."""
    facts = facts_of(settings.site)
    house = house_of(settings, facts, Keyring.open(settings.keys or facts.keys, facts.key_fingerprint))
    lock = FileLock(settings.site / "conductor.lock")
    if not lock.acquire():
        house.close()
        raise Conflict(
            "upgrade.serving",
            say("Somebody works on the site in {folder}.", folder=settings.site),
            say("Stop `dalgu serve` or `dalgu conduct` there first."),
        )
    try:
        return _upgraded(house)
    finally:
        house.close()
        lock.release()


def _upgraded(house: House) -> Upgraded:
    before = schema_found(house.database)
    if before >= SCHEMA:
        prepare_schema(house.database, fresh=False)  # Conflict where it is newer
        return Upgraded(before, before, (), None, _checked(house))
    _checked(house)  # what was wrong before is not the upgrade's doing
    changes = migrations_since(before)
    copy = _copied(house.database, house.folder / SAFETY, before)
    counts = _row_counts(house.database)
    try:
        migrate(house.database)
        size = _checked(house)
        _check_rows(house.database, counts)
    except DalguError:
        house.database.close()
        _put_back(copy, house.folder / "state.db")
        raise
    house.write(lambda connection: marks.completed(house, connection))
    told = say("From schema {before} to {after}; the database as it was is in {copy}.", before=before, after=SCHEMA, copy=copy)  # fmt: skip
    house.write(lambda connection: done(connection, "upgrade", now(), told, ok=True))
    return Upgraded(before, SCHEMA, changes, copy, size)


def _check_rows(database: Database, before: dict[str, int]) -> None:
    after = _row_counts(database)
    lost = [name for name, count in before.items() if after.get(name) != count]
    if lost:
        raise Tampered(
            "upgrade.rows",
            say("After the upgrade rows are missing in: {tables}.", tables=", ".join(lost)),
            say("The database was put back as it was. Tell those who make dalgu."),
        )


def _put_back(copy: Path, state: Path) -> None:
    """The database as it was before. Its write-ahead log was of the other one."""
    aside = state.with_name(".state.db.back")
    aside.unlink(missing_ok=True)
    transfer.copy_file(copy, aside)
    transfer.settled(aside.parent)
    for beside in ("-wal", "-shm"):
        state.with_name(state.name + beside).unlink(missing_ok=True)
    aside.replace(state)
    transfer.settled(state.parent)


def _copied(database: Database, folder: Path, schema: str) -> Path:
    with disk_errors():
        folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.glob(".*.part"):
        left.unlink()
    copy = folder / f"state-{schema}-{now()[:19].replace(':', '')}.db"
    aside = folder / f".{copy.name}.part"
    try:
        snapshot(database, aside)
        check_integrity(aside)
        aside.replace(copy)
        transfer.settled(folder)
    finally:
        aside.unlink(missing_ok=True)
    return copy


def _checked(house: House) -> int:
    with house.database.reading() as connection:
        check(connection, house.log)
        return house.log.size(connection)


def _row_counts(database: Database) -> dict[str, int]:
    """Rows of each table that a migration must not lose."""

    def count(connection: Connection, table: str) -> int:
        return int(connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar() or 0)  # noqa: S608 - a table of ours

    with database.reading() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
        kept = [n for n in names if not n.startswith("sqlite_") and n not in _GONE_ON_PURPOSE]
        return {name: count(connection, name) for name in kept}
