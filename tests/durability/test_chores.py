"""What a site does by itself: in time, each for itself, and never too early however the clock jumps."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from dalgubeol.digest import fresh_id
from dalgubeol.errors import Unavailable
from dalgubeol.language import Message, say
from dalgubeol.nouns.record import Event, Record, Retention
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import clock
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.house.transition import record
from dalgubeol.verbs.keeping import chores, steady
from dalgubeol.verbs.keeping.chores import CHORES, Chore, Chores, once
from dalgubeol.verbs.keeping.health import findings_of
from dalgubeol.verbs.keeping.metrics import REQUESTS, exposition
from dalgubeol.verbs.people import people
from dalgubeol.verbs.runs import conduct
from dalgubeol.verbs.runs.attempt import Attempt

from .conftest import ADAPT, Place, check_whole, wait_until

DAY, YEAR = 86400.0, 366 * 86400.0


class Shifted:
    """The wall clock, moved; the monotonic clock goes on as it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.by_s = 0.0
        shifted = self

        class Moved(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
                return datetime.now(UTC) + timedelta(seconds=shifted.by_s)

        monkeypatch.setattr(clock, "datetime", Moved)
        both = SimpleNamespace(time=lambda: time.time() + shifted.by_s, monotonic=time.monotonic)
        monkeypatch.setattr(steady, "time", both)


@pytest.fixture
def shifted(monkeypatch: pytest.MonkeyPatch) -> Shifted:
    return Shifted(monkeypatch)


def note_access(house: House, days_ago: float) -> None:
    at = clock.earlier(days_ago * DAY)
    made = Record(Event.VIEWED, fresh_id("viewed"), at, "person-x", "ds-x", {"it": "was"}, Retention.ACCESS)
    house.write(lambda connection: record(connection, made))


def erased(house: House) -> int:
    return sum(1 for r in prove.records(house, limit=1000) if r["erased_at"] is not None)


def outcomes(house: House) -> dict[str, bool]:
    return {done.name: done.ok for done in once(house)}


def test_what_is_due_is_erased_by_the_site_itself_and_the_ledger_holds(place: Place) -> None:
    with place.opened() as house:
        note_access(house, 400)
        note_access(house, 300)
        assert outcomes(house)["erase"]
        assert erased(house) == 1
        last = prove.records(house, limit=1000)[-1]
        assert (last["event"], last["actor"], last["payload"]) == ("erased", house.facts.id, {"erased": 1})
        prove.self_check(house)
        assert outcomes(house)["erase"]
        assert erased(house) == 1  # nothing more was due, and nothing more was recorded
        assert prove.records(house, limit=1000)[-1]["record"] == last["record"]
    check_whole(place)


def test_what_has_run_out_is_cleared_away_and_nothing_else(place: Place) -> None:
    with place.opened() as house:
        alive = people.signed_in(house)
        people.invite(house, alive, login="new", name="n", organisation="o", roles=["analyst"])
    old, fresh = clock.earlier(60 * DAY), clock.earlier(0)
    with closing(sqlite3.connect(place.site / "state.db")) as connection:
        rows = connection.execute("SELECT count(*) FROM sessions").fetchone()[0]
        invited = connection.execute("SELECT count(*) FROM invitations").fetchone()[0]
        connection.execute("UPDATE sessions SET expires_at = ? WHERE person != ?", (old, alive.person.id))
        connection.execute("INSERT INTO invitations SELECT 'hash', login, name, organisation, roles, invited_by, ?, used_at FROM invitations LIMIT 1", (old,))  # fmt: skip
        for key, at in (("a", old), ("b", fresh)):
            connection.execute("INSERT INTO answers VALUES ('p', ?, 'd', ?, NULL, NULL)", (key, at))
            connection.execute("INSERT INTO drafts VALUES ('p', ?, x'00', ?)", (key, at))
            connection.execute("INSERT INTO uploads VALUES (?, 'p', 'n', 1, NULL, ?, ?)", (key, at, at))
        connection.commit()
        assert rows > 1
    (place.site / "safety").mkdir()
    for name, age in (("state-old.db", 40), ("state-new.db", 1)):
        path = place.site / "safety" / name
        path.touch()
        at_s = time.time() - age * DAY
        os.utime(path, (at_s, at_s))
    with place.opened() as house:
        assert all(outcomes(house).values())
        people.signed_in(house)
    with closing(sqlite3.connect(place.site / "state.db")) as connection:
        for table, count in (("sessions", 1), ("invitations", invited), ("answers", 1), ("drafts", 1), ("uploads", 1)):  # fmt: skip
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == count, table
    assert [p.name for p in (place.site / "safety").iterdir()] == ["state-new.db"]


def _fails(house: House) -> Message:
    raise Unavailable("x.y", say("It is not there."), say("Bring it."))


def _breaks(house: House) -> Message:
    raise ZeroDivisionError("a secret value")


def test_one_that_fails_stops_no_other_and_is_told(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    table = (Chore("one", 1, _fails), Chore("two", 1, _breaks), Chore("three", 1, lambda house: say("Well.")))
    with place.opened() as house:
        assert [d.ok for d in once(house, table)] == [False, False, True]
        told = {f.code: f for f in findings_of(house) if not f.ok and f.grave}
        assert set(told) == {"chore.one", "chore.two"}
        assert "It is not there. Bring it." in str(told["chore.one"].detail)
        assert "secret" not in str(told["chore.two"].detail)
    assert "secret" not in capfd.readouterr().err


def test_the_thread_does_each_in_its_time_and_stops(place: Place) -> None:
    did: list[str] = []

    def does(name: str):  # type: ignore[no-untyped-def]
        return lambda house: did.append(name) or say("Well.")

    with place.opened() as house:
        made = Chores(house, (Chore("often", 0.2, does("often")), Chore("daily", DAY, does("daily")), Chore("bad", 0.2, _breaks)))  # fmt: skip
        made.start()
        wait_until(lambda: did.count("often") >= 3, 20)
        made.stop()
        assert did.count("daily") == 1
        again = Chores(house, (Chore("daily", DAY, does("daily")), Chore("often", 0.1, does("often"))))
        before = did.count("often")
        again.start()
        wait_until(lambda: did.count("often") >= before + 2, 20)
        again.stop()
        assert did.count("daily") == 1  # it was done today, by another process


@pytest.mark.parametrize("jump_s", [DAY, YEAR, -DAY, -YEAR])
def test_a_clock_that_jumps_erases_nothing_early_storms_not_and_starves_not(
    jump_s: float, place: Place, shifted: Shifted, capfd: pytest.CaptureFixture[str]
) -> None:
    did: list[float] = []

    def erase(house: House) -> Message:
        did.append(time.monotonic())
        return say("{count} payloads of Records were erased.", count=prove.erase_payloads(house, house.facts.id))  # fmt: skip

    quick = Chore("erase", 0.2, erase, clears=True)
    tick: list[int] = []
    with place.opened() as house:
        note_access(house, 364.5)  # due in half a day
        made = Chores(house, (quick, Chore("tick", 0.2, lambda house: tick.append(1) or say("Well."))))
        made.start()
        wait_until(lambda: len(did) >= 1, 20)
        shifted.by_s = jump_s
        at, jumped = len(did), len(tick)
        wait_until(lambda: len(tick) >= jumped + 3, 20)
        before_s = time.monotonic()
        wait_until(lambda: len(tick) >= jumped + 6, 20)
        assert time.monotonic() - before_s > 0.3  # no storm: three in their time
        assert erased(house) == 0
        told = {done.name: done for done in chores.listed(house)}
        assert not told["clock"].ok
        assert "jumped" in capfd.readouterr().err
        assert (len(did) > at + 1) is (jump_s < 0)  # ahead: it waits; back: it goes on, and nothing is due
        shifted.by_s = 0.0
        wait_until(lambda: {d.name: d.ok for d in chores.listed(house)}["clock"], 20)
        made.stop()
        assert erased(house) == 0
        check = {f.code: f.ok for f in findings_of(house)}
        assert check["clock"]


def test_a_jump_is_remembered_over_a_restart_until_somebody_says_it_is_right(place: Place, shifted: Shifted) -> None:  # fmt: skip
    with place.opened() as house:
        note_access(house, 364.5)
        assert outcomes(house)["erase"]
        shifted.by_s = YEAR  # while nobody looked: a site off for a year, or a clock that jumped?
        assert not outcomes(house)["erase"]
    with place.opened() as house:
        assert not outcomes(house)["erase"]
        assert erased(house) == 0
        done = {d.name: d.ok for d in once(house, trust_clock=True)}
        assert done["erase"]
        assert erased(house) > 0


def test_a_clock_behind_the_ledger_is_told(place: Place, shifted: Shifted) -> None:
    with place.opened() as house:
        shifted.by_s = -YEAR
        found = {f.code: f for f in findings_of(house)}
        assert not found["clock"].ok
        assert found["clock"].next_step is not None


@pytest.mark.parametrize("jump_s", [YEAR, -YEAR])
def test_a_run_is_made_once_however_the_clock_jumps(jump_s: float, place: Place, shifted: Shifted) -> None:
    run = place.submitted("engineer", *ADAPT)
    with place.opened() as house:
        held = threading.Event()
        attended = Attempt._attended

        def slowly(self: Attempt, worker: object):  # type: ignore[no-untyped-def]
            shifted.by_s = jump_s
            held.set()
            time.sleep(1.5)  # a lane without a Run looks around meanwhile
            return attended(self, worker)  # type: ignore[arg-type]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Attempt, "_attended", slowly)
            with conduct.Conductor(house):
                assert held.wait(60)
                wait_until(lambda: place.run(run).state.ended, 60)
    assert place.run(run).attempt == 1
    shifted.by_s = 0.0
    check_whole(place)


def test_a_run_let_go_is_taken_up_though_the_clock_went_back(place: Place, shifted: Shifted) -> None:
    """Its lease lies a year ahead; the conductor knows that none of its lanes works on it."""
    run = place.submitted("engineer", *ADAPT)
    with place.opened() as house:
        failed: list[int] = []

        def make(self: Attempt) -> None:
            if not failed:
                failed.append(1)
                shifted.by_s = -YEAR
                raise OSError("the lane fell over, and its lease stands")
            made(self)

        made = Attempt.make
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Attempt, "make", make)
            with conduct.Conductor(house):
                wait_until(lambda: place.run(run).state.ended, 60)
    assert place.run(run).attempt == 2


def test_numbers_say_what_is_so(place: Place) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    run = place.submitted("engineer", *ADAPT)
    REQUESTS.observe("api", "GET", 200, 0.02)
    REQUESTS.observe("api", "a stranger's word", 400, 0.02)
    with place.opened() as house:
        once(house)
        text = exposition(house).decode()
        size = len(prove.records(house, limit=1000))
        with house.database.reading() as connection:
            alive = connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar()
    found = {(s.name, *sorted(s.labels.values())): s.value for f in text_string_to_metric_families(text) for s in f.samples}  # fmt: skip
    assert found["dalgu_runs", "queued"] == 1
    assert found["dalgu_runs", "done"] == 1
    assert 0 <= found["dalgu_queue_age_seconds",] < 60
    assert found["dalgu_ledger_records",] == size
    assert found["dalgu_sessions_alive",] == alive
    assert found["dalgu_chore_ok", "ledger-check"] == 1
    assert found["dalgu_database_bytes",] > 100_000
    assert found["dalgu_disk_free_bytes",] > 0
    assert found["dalgu_request_seconds_count", "200", "GET", "api"] >= 1
    assert found["dalgu_request_seconds_count", "400", "api", "other"] >= 1
    assert "stranger" not in text
    assert run not in text


def test_the_table_has_no_name_twice_and_every_clearing_one_waits_for_the_clock() -> None:
    assert len({chore.name for chore in CHORES}) == len(CHORES)
    finish_what_was_decided = {"accidents", "vault"}  # by no clock: they carry on what a person has begun
    look_only = {"disk", "ledger-check", "notices", "permits-ending"}
    no_loss = {"script-logs"}  # what a script printed may go too early, and must not stay too long
    assert {c.name for c in CHORES if not c.clears} == look_only | finish_what_was_decided | no_loss


def test_the_command_tells_and_does_them(place: Place) -> None:
    done = place.dalgu("operator", "site", "chores", "--once", "--json")
    assert done.returncode == 0, done.stderr
    assert {row["name"] for row in json.loads(done.stdout)} == {c.name for c in CHORES}
    assert "ledger-check" in place.dalgu("operator", "site", "chores").stdout
