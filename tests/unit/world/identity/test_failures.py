from __future__ import annotations

from sqlalchemy import Connection, select

from dalgubeol.rules.access import FREE_TRIES
from dalgubeol.world.identity import failures, schema

NOON = "2026-03-01T12:00:00.000+00:00"
HALF_A_MINUTE = "2026-03-01T12:00:30.000+00:00"
EVENING = "2026-03-01T20:00:00.000+00:00"
NEXT_DAY = "2026-03-02T12:00:01.000+00:00"


def tried(connection: Connection, times: int, at: str = NOON, key: str = "kim") -> list[str | None]:
    return [failures.count_try(connection, key, at) for _ in range(times)]


def count(connection: Connection, key: str = "kim") -> int | None:
    query = select(schema.failures.c.count).where(schema.failures.c.login_hash == key)
    return connection.execute(query).scalar()


def test_five_tries_are_free_and_the_sixth_waits(connection: Connection) -> None:
    assert tried(connection, FREE_TRIES) == [None] * FREE_TRIES
    assert tried(connection, 3) == [HALF_A_MINUTE] * 3
    assert count(connection) == FREE_TRIES  # what was not looked at is not counted


def test_after_the_wait_there_is_one_try_and_a_longer_wait(connection: Connection) -> None:
    tried(connection, FREE_TRIES)
    assert tried(connection, 2, HALF_A_MINUTE) == [None, "2026-03-01T12:01:30.000+00:00"]


def test_success_begins_the_count_anew(connection: Connection) -> None:
    tried(connection, FREE_TRIES)
    failures.forgive(connection, "kim")
    assert tried(connection, FREE_TRIES) == [None] * FREE_TRIES


def test_a_try_that_was_no_wrong_one_is_taken_back(connection: Connection) -> None:
    tried(connection, FREE_TRIES)
    failures.take_back(connection, "kim")
    assert tried(connection, 2) == [None, HALF_A_MINUTE]
    for _ in range(FREE_TRIES + 3):
        failures.take_back(connection, "kim")
    assert count(connection) == 0


def test_each_login_has_its_own_count(connection: Connection) -> None:
    tried(connection, FREE_TRIES)
    assert tried(connection, 1, key="lee") == [None]


def test_what_lies_a_day_back_is_forgotten_and_leaves_no_row(connection: Connection) -> None:
    tried(connection, FREE_TRIES)
    tried(connection, 1, key="lee")
    assert tried(connection, 1, NEXT_DAY) == [None]
    assert count(connection) == 1
    assert count(connection, "lee") is None


def test_a_lock_set_by_a_clock_that_went_back_does_not_hold_for_hours(connection: Connection) -> None:
    tried(connection, FREE_TRIES, EVENING)
    assert tried(connection, 1, NOON) == [None]
    assert tried(connection, 1, NOON) != [None]
