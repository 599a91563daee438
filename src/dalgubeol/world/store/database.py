"""The database of a site: reading snapshots, and writing in groups.

Writers of one process that come at the same moment share one transaction and one sync (group commit):
the first becomes the leader and takes along whoever waits. Each has its own savepoint, so one that fails
takes nobody with it. `before_commit` runs once a group inside the same transaction: the verbs integrate the
outbox into the ledger there, so that when `write()` returns, the change is recorded and synced.

SQLite runs in WAL mode with full sync; its write lock makes processes take turns.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.sql import ClauseElement

from ...errors import Conflict, DalguError, Tampered, Unavailable
from ...language import say
from .driver import at_once, fetched

_Result = TypeVar("_Result")
SCHEMA = "0005"
"""The migration that this version of the software works with."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # an erased payload is overwritten, not only unlinked
    "PRAGMA temp_store=MEMORY",  # nothing of a query is spilled to a file
)


_SAVEPOINT, _RELEASE = text("SAVEPOINT one"), text("RELEASE SAVEPOINT one")


class _Job(Generic[_Result]):
    def __init__(self, work: Callable[[Connection], _Result]) -> None:
        self.work = work
        self.woken = threading.Event()
        self.leads = False
        self.result: _Result | None = None
        self.error: BaseException | None = None

    def outcome(self) -> _Result:
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]


class Database:
    """Reading and writing the state of one site."""

    def __init__(self, url: str | URL, lock_timeout_s: float = 30.0) -> None:
        self.engine = _engine(url, lock_timeout_s)
        self.before_commit: Callable[[Connection], object] = lambda connection: None
        self._guard = threading.Lock()
        self._waiting: deque[_Job[Any]] = deque()
        self._led = False
        self._leader = 0
        self._writer: Connection | None = None
        self._own: dict[int, Connection] = {}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent snapshot."""
        own = self._own.get(threading.get_ident())
        with _translated():
            if own is not None and not own.in_transaction():
                with own.begin():
                    yield own
            else:
                with self.engine.connect() as connection, connection.begin():
                    yield connection

    @contextmanager
    def own_connection(self) -> Iterator[None]:
        """This thread reads on a connection of its own, and so never waits until others give one back."""
        with _translated(), self.engine.connect() as connection:
            self._own[threading.get_ident()] = connection
            try:
                yield
            finally:
                del self._own[threading.get_ident()]

    def glance(
        self, statement: ClauseElement, values: Mapping[str, object] | None = None
    ) -> list[dict[str, Any]]:
        """The answer to one statement (see `fetched`): its own snapshot, for the cost of no transaction where
        this thread has a connection of its own."""
        own = self._own.get(threading.get_ident())
        if own is None or own.in_transaction():
            with self.reading() as connection:
                return fetched(connection, statement, values)
        with _translated():
            return fetched(own, statement, values)

    def write(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run `work` in a durable transaction; return when it is committed, synced and recorded.

        Raises what `work` raises. RuntimeError for a write inside a write, which would wait for itself.
        """
        if self._leader == threading.get_ident():
            raise RuntimeError("write() inside write(): use the connection at hand")
        job = _Job(work)
        with self._guard:
            self._waiting.append(job)
            leads = not self._led
            self._led = True
        if leads or self._told_to_lead(job):
            self._lead(job)
        return job.outcome()

    @contextmanager
    def versions(self) -> Iterator[Callable[[], int]]:
        """A function that gives another number whenever anybody has committed since it was last called. It
        keeps one connection, for use in one thread."""
        with _translated(), self.engine.connect() as connection:
            raw = connection.connection.cursor()

            def version() -> int:
                with _translated():
                    return int(raw.execute("PRAGMA data_version").fetchone()[0])

            yield version
            raw.close()

    def truncate_log(self) -> None:
        """Bring everything into the database file and empty SQLite's write-ahead log."""
        if self.engine.dialect.name == "sqlite":
            with _translated(), self.engine.connect() as connection:
                raw = connection.connection.cursor()
                busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                raw.close()
                if busy:
                    raise Unavailable(
                        "database.read",
                        say(
                            "Somebody is reading the database; its write-ahead log could not be emptied yet."
                        ),
                        say("Do it again in a moment: nothing is lost by doing it twice."),
                    )

    def close(self) -> None:
        with self._guard:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self.engine.dispose()

    def _told_to_lead(self, job: _Job[Any]) -> bool:
        """Wait until the job is done (False) or is to lead the next group (True)."""
        try:
            job.woken.wait()
        except BaseException:  # Ctrl-C: leave the queue, and do not take the lead along
            with self._guard:
                if job in self._waiting:
                    self._waiting.remove(job)
                if job.leads:
                    self._hand_on()
            raise
        return job.leads

    def _lead(self, own: _Job[Any]) -> None:
        group: list[_Job[Any]] = []
        try:
            self._leader = threading.get_ident()
            with self._guard:
                group = list(self._waiting)
                self._waiting.clear()
            with _translated():
                self._commit(group)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is each writer's answer
            for job in group:
                job.error = job.error or error
        except BaseException:  # Ctrl-C or exit is for this thread only
            for job in group:
                job.error = job.error or _interrupted()
            raise
        finally:
            self._leader = 0
            with self._guard:
                if own in self._waiting:
                    self._waiting.remove(own)
                self._hand_on()
            for job in group:
                if not job.leads:
                    job.woken.set()

    def _hand_on(self) -> None:
        """The lead goes to whoever waits longest. Call under the guard."""
        if self._waiting:
            self._waiting[0].leads = True
            self._waiting[0].woken.set()
        else:
            self._led = False

    def _commit(self, group: list[_Job[Any]]) -> None:
        if self._writer is None:
            self._writer = self.engine.connect().execution_options(dalgu_writes=True)
        connection = self._writer
        try:
            with connection.begin():
                for job in group:
                    _run_alone(connection, job)
                if any(job.error is None for job in group):
                    self.before_commit(connection)
        except BaseException:
            self._writer = None
            connection.invalidate()
            connection.close()
            raise


def _run_alone(connection: Connection, job: _Job[Any]) -> None:
    at_once(connection, _SAVEPOINT)
    try:
        job.result = job.work(connection)
        at_once(connection, _RELEASE)
    except Exception as error:  # noqa: BLE001 - it is the answer to this job, and to no other
        try:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT one")
            connection.exec_driver_sql("RELEASE SAVEPOINT one")
        except DatabaseError:
            raise error from None  # the transaction itself is gone: the whole group fails
        job.error = known = _known(error)
        if known is not error:
            known.__cause__ = error


def _engine(url: str | URL, lock_timeout_s: float) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        url,
        connect_args={"timeout": lock_timeout_s, "check_same_thread": False},
        hide_parameters=True,  # values stay out of error texts
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("dalgu_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def _translated() -> Iterator[None]:
    """Database errors as the families that tell who must act."""
    try:
        yield
    except DatabaseError as error:
        known = _known(error)
        if known is error:
            raise
        raise known from error


def _known(error: Exception) -> Exception:
    """The error as its family, where it is the database's; otherwise itself."""
    text = str(error.orig) if isinstance(error, DatabaseError) else ""
    if isinstance(error, OperationalError) or "not a database" in text or "malformed" in text:
        return family_of(text)
    return error


def _interrupted() -> Unavailable:
    return Unavailable(
        "database.interrupted",
        say("The process was stopped before this change was confirmed."),
        say("See whether the change is there; if not, try again."),
    )


def family_of(text: str) -> DalguError:
    """What SQLite says, as the family of who must act."""
    if "locked" in text or "busy" in text:
        return Unavailable(
            "database.locked",
            say("Another process holds the site's database; nothing was changed."),
            say("Try again in a moment; `dalgu doctor` shows who works on the site."),
        )
    if "full" in text or "I/O" in text:
        return Unavailable(
            "disk.full",
            say("The disk is full; nothing was changed."),
            say("Free some space and try again."),
        )
    if "not a database" in text or "malformed" in text:
        return Tampered(
            "database.changed",
            say("The site's database file is damaged."),
            say("Restore it from backup; the exported ledger bundles say what must be in it."),
        )
    if "readonly" in text or "unable to open" in text:
        return Unavailable(
            "database.closed",
            say("The site's database cannot be opened for writing."),
            say("Check that the folder is yours and can be written to."),
        )
    if "no such table" in text:
        return Conflict(
            "site.schema",
            say("This is not a complete site: a table is missing."),
            say("Run `dalgu init` in an empty folder, or restore this one from backup."),
        )
    return Unavailable(
        "database.failed",
        say("The database did not answer as it should."),
        say("Try again; if it stays, `dalgu doctor` says what is wrong."),
    )


def prepare_schema(database: Database, *, fresh: bool) -> None:
    """Make the tables of a fresh site; in an existing one, see that they are of this version.

    Raises Conflict where the site was made by a newer version, or by an older one and was not upgraded yet;
    nothing is touched then.
    """
    if fresh:
        migrate(database)
        return
    found = schema_found(database)
    if found > SCHEMA:
        raise Conflict(
            "site.newer",
            say("This site was made by a newer version (schema {found}; this one knows {known}).", found=found, known=SCHEMA),
            say("Install the newer dalgubeol; nothing was changed."),
        )  # fmt: skip
    if found < SCHEMA:
        raise Conflict(
            "site.older",
            say("This site was made by an older version (schema {found}; this one works with {known}).", found=found, known=SCHEMA),
            say("Stop whoever works on the site, then type `dalgu site upgrade`; nothing was changed."),
        )  # fmt: skip


def schema_found(database: Database) -> str:
    """The migration that this database is at. Raises Conflict where it is no site's."""
    with database.reading() as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def migrate(database: Database, to: str = "head") -> None:
    """Run the migrations that are lacking, in one transaction."""
    from alembic import command

    config = _alembic()
    writes = database.engine.connect().execution_options(dalgu_writes=True)
    with _translated(), writes as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def migrations_since(schema: str) -> tuple[str, ...]:
    """What each later migration says of itself, the earliest first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_alembic())
    later = list(scripts.iterate_revisions("head", schema))
    return tuple(f"{each.revision}: {each.doc}" for each in reversed(later))


def _alembic() -> Any:
    from pathlib import Path

    from alembic.config import Config

    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))  # the config file's own escape
    return config
