from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import Connection

from dalgubeol.doors.serve.watch import Watch
from dalgubeol.world.store.database import Database


def change(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT OR REPLACE INTO chores VALUES ('x', hex(randomblob(4)), '', 1)")


def test_a_subscriber_hears_of_a_change_by_anybody_until_it_ends(database: Database, tmp_path: Path) -> None:
    told = threading.Event()
    watch = Watch(database)
    watch.start()
    try:
        end = watch.subscribe(told.set)
        assert not told.wait(0.6)
        database.write(change)
        assert told.wait(3)
        told.clear()
        other = Database(f"sqlite:///{tmp_path / 'site.db'}")
        other.write(change)
        other.close()
        assert told.wait(3)
        end()
        told.clear()
        database.write(change)
        assert not told.wait(0.6)
        assert len(watch) == 0
    finally:
        watch.stop()


def test_one_broken_subscriber_does_not_keep_others_from_hearing(database: Database) -> None:
    told = threading.Event()
    watch = Watch(database)
    watch.start()
    try:
        watch.subscribe(lambda: 1 / 0)
        watch.subscribe(told.set)
        told.wait(0.5)
        database.write(change)
        assert told.wait(3)
    finally:
        watch.stop()
