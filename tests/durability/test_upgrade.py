"""A site of the first version is upgraded when somebody says so, whole or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dalgubeol.errors import Conflict, Tampered
from dalgubeol.verbs.keeping import upgrade as upgrading
from dalgubeol.verbs.keeping.upgrade import upgrade
from dalgubeol.world.store.database import SCHEMA, Database, migrate

from .conftest import Place, check_whole, wait_until


@pytest.fixture
def old(place: Place) -> Place:
    """The template's people, data and history in the tables that the first migration alone makes."""
    new, state = place.site / "new.db", place.site / "state.db"
    with place.opened() as house:
        house.database.truncate_log()
    state.rename(new)
    database = Database(f"sqlite:///{state}")
    migrate(database, "0001")
    database.close()
    with closing(sqlite3.connect(state)) as connection:
        connection.execute("ATTACH ? AS newer", (str(new),))
        tables = [
            r[0] for r in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            if table.startswith("sqlite_") or table in ("alembic_version", "sessions"):
                continue
            names = ", ".join(f'"{r[1]}"' for r in connection.execute(f'PRAGMA main.table_info("{table}")'))
            connection.execute(f'INSERT INTO main."{table}" ({names}) SELECT {names} FROM newer."{table}"')
        connection.commit()
    return place


def as_told_since(place: Place) -> None:
    """What the template's Permits say only since 0004, put back: a site of the first version has Permits without."""
    with closing(sqlite3.connect(place.site / "state.db")) as connection:
        connection.execute("ATTACH ? AS newer", (str(place.site / "new.db"),))
        connection.execute(
            "UPDATE permits SET application = (SELECT p.application FROM newer.permits p WHERE p.id = permits.id)"
        )
        for table in ("permit_people", "permit_pledges"):
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM newer.{table}")
        connection.commit()


def tables(place: Place) -> set[str]:
    with closing(sqlite3.connect(place.site / "state.db")) as connection:
        return {r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_an_older_site_is_not_touched_before_somebody_says_so(old: Place) -> None:
    before = (old.site / "state.db").read_bytes()
    with pytest.raises(Conflict, match="dalgu site upgrade"), old.opened():
        pass
    done = old.dalgu("operator", "runs")
    assert done.returncode == 13
    assert "dalgu site upgrade" in done.stderr
    assert (old.site / "state.db").read_bytes() == before


def test_it_is_upgraded_after_a_safety_copy_and_works(old: Place) -> None:
    done = old.dalgu("operator", "site", "upgrade")
    assert done.returncode == 0, done.stderr
    assert f"0001 to {SCHEMA}" in done.stdout
    assert "0002: People come in by web" in done.stdout
    assert "0003: The pseudonymisation support centre" in done.stdout
    assert "0004: The data safe zone" in done.stdout
    assert "0005: Equal contents know each other" in done.stdout
    (copy,) = (old.site / "safety").iterdir()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    as_told_since(old)
    assert old.dalgu("operator", "site", "check").returncode == 0
    check_whole(old)
    assert "already" in old.dalgu("operator", "site", "upgrade").stdout


def marks_of(state: Path) -> dict[str, str]:
    with closing(sqlite3.connect(state)) as connection:
        return dict(connection.execute("SELECT id, content_mark FROM datasets").fetchall())


def test_equal_contents_know_each_other_after_an_upgrade_as_if_they_always_had(old: Place) -> None:
    upgrade(old.settings())
    made = marks_of(old.site / "state.db")
    assert made == marks_of(old.site / "new.db")
    assert None not in made.values()


def test_a_newer_site_is_left_alone(place: Place) -> None:
    with closing(sqlite3.connect(place.site / "state.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(Conflict, match="newer version"):
        upgrade(place.settings())
    assert not (place.site / "safety").exists()


def test_nobody_is_upgraded_under_their_feet(old: Place) -> None:
    from dalgubeol.world.store.files import FileLock

    lock = FileLock(old.site / "conductor.lock")
    assert lock.acquire()
    with pytest.raises(Conflict, match=r"upgrade\.serving"):
        upgrade(old.settings())
    lock.release()


@pytest.mark.parametrize("change", ["before commit>before commit", 1, 2, "os.rename>before commit", "os.rename>after commit"])  # fmt: skip
def test_after_a_kill_it_is_upgraded_again(change: int | str, old: Place) -> None:
    code, _ = old.killed_at(change, "operator", "site", "upgrade", "--json")
    assert code == -9
    wait_until(lambda: old.processes() == [], 20)
    assert ("tokens" in tables(old)) is ("factors" in tables(old))  # all tables or none
    upgrade(old.settings())
    assert not list((old.site / "safety").glob(".*"))
    check_whole(old)


def test_an_upgrade_that_loses_rows_is_undone(old: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def bad(database: Database) -> None:
        migrate(database)
        with closing(sqlite3.connect(old.site / "state.db")) as connection:
            connection.execute("DELETE FROM votes")
            connection.execute("DELETE FROM permit_decisions")
            connection.commit()

    monkeypatch.setattr(upgrading, "migrate", bad)
    with pytest.raises(Tampered, match="permit_decisions"):
        upgrade(old.settings())
    assert "tokens" not in tables(old)
    monkeypatch.undo()
    upgrade(old.settings())
    check_whole(old)
