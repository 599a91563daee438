from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from dalgubeol.errors import Conflict, DalguError, Tampered, Unavailable
from dalgubeol.world.store.database import SCHEMA, Database, prepare_schema


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'state.db'}", lock_timeout_s=0.3)
    made.write(
        lambda connection: connection.execute(
            text("CREATE TABLE t (who INTEGER, n INTEGER, UNIQUE (who, n))")
        )
    )
    yield made
    made.close()


def add(who: int, n: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(text("INSERT INTO t VALUES (:who, :n)"), {"who": who, "n": n})
        return n

    return work


def rows(database: Database) -> list[tuple[int, int]]:
    with database.reading() as connection:
        return [(who, n) for who, n in connection.execute(text("SELECT who, n FROM t ORDER BY who, n"))]


class Crowd:
    """Jobs that all wait behind one that is under way, so that they become one group."""

    def __init__(self, database: Database) -> None:
        self.database, self.outcomes = database, {}  # type: ignore[var-annotated]
        self._go, self._threads = threading.Event(), []  # type: ignore[var-annotated]
        started = threading.Event()

        def hold(connection: Connection) -> None:
            started.set()
            assert self._go.wait(10)

        self._start("first", hold)
        assert started.wait(10)

    def _start(self, name: object, work: Callable[[Connection], object]) -> None:
        def run() -> None:
            try:
                self.outcomes[name] = self.database.write(work)
            except BaseException as error:
                self.outcomes[name] = error

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self._threads.append(thread)

    def join(self, name: object, work: Callable[[Connection], object]) -> None:
        waiting = len(self.database._waiting)
        self._start(name, work)
        while len(self.database._waiting) == waiting:
            time.sleep(0.001)

    def go(self) -> dict[object, object]:
        self._go.set()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive(), "a writer hangs"
        return self.outcomes


def raising(error: BaseException) -> Callable[[Connection], object]:
    def work(connection: Connection) -> None:
        connection.execute(text("INSERT INTO t VALUES (99, 99)"))
        raise error

    return work


def test_eight_writers_at_once_lose_nothing(database: Database) -> None:
    groups: list[int] = []
    database.before_commit = lambda connection: groups.append(1)
    failed: list[BaseException] = []

    def writer(who: int) -> None:
        try:
            for n in range(200):
                assert database.write(add(who, n)) == n
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=writer, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert rows(database) == [(who, n) for who in range(8) for n in range(200)]
    assert len(groups) < 1600, "writers at once share a commit"


_WRITER = """
import sys
from sqlalchemy import text
from dalgubeol.world.store.database import Database
database, n = Database("sqlite:///" + sys.argv[1]), 0
while True:
    database.write(lambda c: c.execute(text("INSERT INTO t VALUES (1, :n)"), {"n": n}))
    print(n, flush=True)
    n += 1
"""


def test_what_write_returned_from_survives_kill_9(database: Database, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path / "state.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(20):
            child.stdout.readline()
        child.kill()
        said = 20 + len(child.stdout.read().split("\n")[:-1])
    kept = [n for _, n in rows(database)]
    assert kept[:said] == list(range(said))
    assert len(kept) <= said + 1


def test_a_group_commits_once(database: Database) -> None:
    groups: list[int] = []
    database.before_commit = lambda connection: groups.append(1)
    crowd = Crowd(database)
    for n in range(5):
        crowd.join(n, add(1, n))
    outcomes = crowd.go()
    assert [outcomes[n] for n in range(5)] == list(range(5))
    assert len(groups) == 2, "the one under way, and the five together"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("mine"),
        RuntimeError("mine"),
        AttributeError("mine"),
        AssertionError("mine"),
        ZeroDivisionError("mine"),
        OSError("mine"),
        StopIteration("mine"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_job_that_fails_takes_nobody_with_it(database: Database, error: Exception) -> None:
    crowd = Crowd(database)
    crowd.join("before", add(1, 1))
    crowd.join("bad", raising(error))
    crowd.join("after", add(1, 2))
    outcomes = crowd.go()
    assert outcomes["bad"] is error
    assert (outcomes["before"], outcomes["after"]) == (1, 2)
    assert rows(database) == [(1, 1), (1, 2)]
    assert database.write(add(1, 3)) == 3


def test_a_statement_that_fails_takes_nobody_with_it(database: Database) -> None:
    crowd = Crowd(database)
    crowd.join("good", add(1, 1))
    crowd.join("again", add(1, 1))
    crowd.join("no table", lambda connection: connection.execute(text("SELECT * FROM absent")))
    crowd.join("other", add(1, 2))
    outcomes = crowd.go()
    assert (outcomes["good"], outcomes["other"]) == (1, 2)
    assert isinstance(outcomes["again"], Exception)
    assert isinstance(outcomes["no table"], Conflict)


def test_an_error_of_the_database_shows_no_values(database: Database) -> None:
    def twice(connection: Connection) -> None:
        for _ in range(2):
            connection.execute(text("INSERT INTO t VALUES (:who, 1)"), {"who": "canary-900101"})

    with pytest.raises(Exception, match="UNIQUE") as failed:
        database.write(twice)
    assert "canary" not in str(failed.value)
    assert "canary" not in repr(failed.value)


def test_ctrl_c_in_the_leader_is_not_the_others_answer(database: Database) -> None:
    crowd = Crowd(database)
    crowd.join("leader", raising(KeyboardInterrupt()))
    crowd.join("other", add(1, 1))
    outcomes = crowd.go()
    assert isinstance(outcomes["leader"], KeyboardInterrupt)
    assert isinstance(outcomes["other"], Unavailable)
    assert rows(database) == []
    assert database.write(add(1, 2)) == 2


def test_a_job_whose_waiting_was_interrupted_holds_up_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = Crowd(database)
    wait = threading.Event.wait

    def interrupted(event: threading.Event, timeout: float | None = None) -> bool:
        if threading.current_thread().name == "impatient":
            wait(event, timeout)  # the lead has come, and Ctrl-C with it
            raise KeyboardInterrupt
        return wait(event, timeout)

    monkeypatch.setattr(threading.Event, "wait", interrupted)
    outcome: list[BaseException] = []

    def impatient() -> None:
        try:
            database.write(add(1, 1))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=impatient, name="impatient")
    thread.start()
    while not database._waiting:
        time.sleep(0.001)
    crowd.join("next", add(1, 2))
    outcomes = crowd.go()
    thread.join(10)
    assert isinstance(outcome[0], KeyboardInterrupt)
    assert outcomes["next"] == 2
    assert database.write(add(1, 3)) == 3


def test_a_write_inside_a_write_is_an_error_and_no_standstill(database: Database) -> None:
    with pytest.raises(RuntimeError, match="inside"):
        database.write(lambda connection: database.write(add(1, 1)))
    assert database.write(add(1, 2)) == 2


def test_what_before_commit_refuses_is_not_committed(database: Database) -> None:
    def refuse(connection: Connection) -> None:
        raise RuntimeError("the ledger says no")

    database.before_commit = refuse
    with pytest.raises(RuntimeError, match="says no"):
        database.write(add(1, 1))
    assert rows(database) == []
    database.before_commit = lambda connection: None
    assert database.write(add(1, 1)) == 1


def test_before_commit_is_not_asked_where_every_job_failed(database: Database) -> None:
    groups: list[int] = []
    database.before_commit = lambda connection: groups.append(1)
    with pytest.raises(ValueError, match="mine"):
        database.write(raising(ValueError("mine")))
    assert groups == []


def test_a_locked_database_is_unavailable_and_works_again_afterwards(
    database: Database, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as refused:
        database.write(add(1, 1))
    assert refused.value.code == "database.locked"
    other.execute("COMMIT")
    other.close()
    assert database.write(add(1, 2)) == 2
    assert rows(database) == [(1, 2)]


def test_a_full_disk_is_unavailable_and_takes_back_everything(database: Database) -> None:
    def small(connection: Connection) -> None:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))

    def much(connection: Connection) -> None:
        for n in range(20_000):
            add(1, n)(connection)

    database.write(small)
    with pytest.raises(Unavailable) as refused:
        database.write(much)
    assert refused.value.code == "disk.full"
    assert rows(database) == []


def test_readers_never_see_half_a_group(database: Database) -> None:
    stop = threading.Event()
    odd: list[int] = []

    def read() -> None:
        while not stop.is_set():
            with database.reading() as connection:
                first = connection.execute(text("SELECT count(*) FROM t")).scalar_one()
                second = connection.execute(text("SELECT count(*) FROM t")).scalar_one()
                if first % 2 or first != second:
                    odd.append(first)

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(150):
        database.write(lambda connection, n=n: (add(1, n)(connection), add(2, n)(connection)))  # type: ignore[misc]
    stop.set()
    reader.join()
    assert odd == []


def test_garbage_instead_of_a_database_is_tampered(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"this is no database, canary" * 400)
    database = Database(f"sqlite:///{path}")
    for use in (lambda: rows(database), lambda: database.write(add(1, 1)), lambda: prepare_schema(database, fresh=False)):  # fmt: skip
        with pytest.raises(Tampered) as found:
            use()
        assert "canary" not in str(found.value)
    database.close()


def test_a_damaged_page_is_tampered(database: Database, tmp_path: Path) -> None:
    for n in range(3):
        database.write(lambda connection, n=n: [add(n, i)(connection) for i in range(500)])  # type: ignore[misc]
    database.close()
    path = tmp_path / "state.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(bytes(content))
    again = Database(f"sqlite:///{path}")
    with pytest.raises(Tampered):
        rows(again)
    with pytest.raises(Tampered):
        again.write(add(7, 7))
    again.close()


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'none' / 'state.db'}")
    with pytest.raises(Unavailable):
        database.write(add(1, 1))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'site.db'}", lock_timeout_s=0.3)
    prepare_schema(made, fresh=True)
    yield made
    made.close()


def test_a_prepared_schema_is_left_alone(site: Database) -> None:
    prepare_schema(site, fresh=False)
    with site.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == SCHEMA


def test_a_newer_schema_is_a_conflict_and_nothing_is_touched(site: Database) -> None:
    site.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(Conflict) as refused:
        prepare_schema(site, fresh=False)
    assert refused.value.code == "site.newer"
    with site.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_a_database_without_tables_is_no_site(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(Conflict) as refused:
        prepare_schema(database, fresh=False)
    assert refused.value.code == "site.schema"
    database.close()


def test_secrets_are_overwritten_and_syncs_are_full(database: Database) -> None:
    def pragmas(connection: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "temp_store")
        return [connection.execute(text(f"PRAGMA {name}")).scalar() for name in names]

    assert database.write(pragmas) == ["wal", 2, 1, 1, 2]
    with database.reading() as connection:
        assert pragmas(connection) == ["wal", 2, 1, 1, 2]


def test_families_stay_families(database: Database) -> None:
    with pytest.raises(DalguError) as refused:
        database.write(raising(Conflict("x", None, None)))  # type: ignore[arg-type]
    assert refused.value.code == "x"
