"""One conductor a site; a lease that was taken over settles nothing, and takes nothing with it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter

import pytest

from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.house.clock import later, now
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.people import people
from dalgubeol.verbs.runs import attempt as attempts
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.attempt import Attempt, LeaseLost
from dalgubeol.verbs.runs.conduct import Conductor
from dalgubeol.world.engine.workers import Workers
from dalgubeol.world.store import runs

from .conftest import PSEUDONYMISE, Place, check_whole, wait_until

TARGET = "dalgubeol.verbs.runs.execute:serve"


def test_a_second_conductor_is_told_that_there_is_one(place: Place) -> None:
    first = place.start("operator", "conduct")
    wait_until(lambda: lock_held(place))
    second = place.dalgu("operator", "conduct")
    assert second.returncode == 13
    assert "→" in second.stderr
    assert "Traceback" not in second.stderr
    first.kill()
    third = place.start("operator", "conduct")
    wait_until(lambda: lock_held(place))
    third.process.send_signal(signal.SIGTERM)
    assert third.process.wait(timeout=30) in (0, 130)  # 130: it was still beginning
    assert b"Traceback" not in third.stderr.read_bytes()
    check_whole(place)


@pytest.mark.slow
def test_a_conductor_that_was_stopped_beyond_its_lease_goes_on_when_nobody_took_over(place: Place) -> None:
    run = place.submitted("provider", *PSEUDONYMISE)
    conductor = place.start("operator", "conduct")
    wait_until(lambda: place.run(run).state is RunState.RUNNING)
    os.kill(conductor.process.pid, signal.SIGSTOP)
    time.sleep(1)
    assert place.dalgu("operator", "conduct").returncode == 13  # stopped is not gone: it has the lock
    os.kill(conductor.process.pid, signal.SIGCONT)
    wait_until(lambda: place.run(run).state.ended)
    assert place.run(run).state is RunState.DONE
    conductor.kill()
    place.conduct_to_end()
    check_whole(place)


@pytest.mark.slow
def test_a_stopped_conductor_that_is_killed_is_taken_over(place: Place) -> None:
    run = place.submitted("provider", *PSEUDONYMISE)
    conductor = place.start("operator", "conduct")
    wait_until(lambda: place.run(run).state is RunState.RUNNING)
    os.kill(conductor.process.pid, signal.SIGSTOP)
    time.sleep(0.5)
    conductor.kill()
    place.conduct_to_end()
    assert place.run(run).state is RunState.DONE
    check_whole(place)


def taken_over(house: House, run: Run) -> Run:
    """Another conductor leases the Run, whose lease has run out."""
    house.write(lambda connection: runs.end_lease(connection, run.id, run.attempt))

    def again(connection):  # type: ignore[no-untyped-def]
        found = runs.next_waiting(connection, now())
        assert found is not None
        assert runs.lease(connection, found, "another", now(), later(60))
        return runs.find(connection, found.id)

    return house.write(again)  # type: ignore[no-any-return]


def leased(house: House, run_id: str) -> Run:
    def lease(connection):  # type: ignore[no-untyped-def]
        found = runs.find(connection, run_id)
        assert runs.lease(connection, found, "first", now(), later(60))
        return runs.find(connection, run_id)

    return house.write(lease)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "answer",
    ["done", "fault", *(pytest.param(each, marks=pytest.mark.slow) for each in ("cancelled", "died"))],
)
def test_whoever_lost_its_lease_settles_nothing_and_destroys_nothing(place: Place, answer: str) -> None:
    run_id = place.submitted("provider", *PSEUDONYMISE)
    workers = Workers(TARGET)
    with place.opened() as house:
        lost = Attempt(house, leased(house, run_id), workers, threading.Event(), Counter())
        done = carried_out(house, lost)
        now_leased = taken_over(house, lost._run)
        fault = {"code": "x", "message": ["x", {}], "next_step": ["x", {}], "ours": True}
        said = {
            "done": done,
            "fault": {"fault": fault},
            "cancelled": {"cancelled": True},
            "died": {"died": True},
        }
        if answer == "done":
            with pytest.raises(LeaseLost):
                lost._settle(said[answer])
        else:
            lost._settle(said[answer])
        with house.database.reading() as connection:
            found = runs.find(connection, run_id)
        assert (found.state, found.attempt) == (RunState.RUNNING, now_leased.attempt)
        attempts.discard(house, lost._staging)
        winner = Attempt(house, now_leased, workers, threading.Event(), Counter())
        winner.make()
        lost._end("break", None)  # and once more, after it is done
        with house.database.reading() as connection:
            assert runs.find(connection, run_id).state is RunState.DONE
    workers.close()
    check_whole(place)


def carried_out(house: House, attempt: Attempt) -> dict[str, object]:
    """What the child of an attempt answers, without settling."""
    attempt._staging = house.objects.stage(f"{attempt._run.id}.{attempt._run.attempt}")
    answer = attempt._carried_out(attempt._order())
    assert answer is not None
    assert "done" in answer, json.dumps(answer)
    return answer


def test_a_heartbeat_of_a_lost_lease_says_so(place: Place) -> None:
    run_id = place.submitted("provider", *PSEUDONYMISE)
    with place.opened() as house:
        first = leased(house, run_id)
        taken_over(house, first)
        attempt = Attempt(house, first, Workers(TARGET), threading.Event(), Counter())
        assert attempt._beat(later(15), 0.5, "") == (False, False, None)


def test_a_run_of_a_kind_that_is_gone_ends_broken_and_the_lane_goes_on(place: Place) -> None:
    gone = place.submitted("provider", *PSEUDONYMISE)
    with place.opened() as house:
        house.write(lambda c: c.exec_driver_sql("UPDATE runs SET kind = 'gone' WHERE id = ?", (gone,)))
    after = place.submitted("provider", *PSEUDONYMISE)
    place.conduct_to_end()
    assert place.run(gone).state is RunState.BROKEN
    assert place.run(after).state is RunState.DONE
    check_whole(place)


def test_a_fault_of_ours_while_settling_ends_the_run_and_not_the_lane(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = place.submitted("provider", *PSEUDONYMISE)
    after = place.submitted(
        "engineer", "run", "adapt", "log", "--batch", "batch", "--segments", "8", "--json"
    )
    plain = attempts.made

    def broken(connection, which, *rest):  # type: ignore[no-untyped-def]
        if which.id == run:
            raise KeyError("a bug of ours")
        return plain(connection, which, *rest)

    monkeypatch.setattr(attempts, "made", broken)
    place.conduct_to_end()
    assert place.run(run).state is RunState.BROKEN
    assert place.run(after).state is RunState.DONE
    check_whole(place)


def lock_held(place: Place) -> bool:
    with place.opened() as house:
        candidate = Conductor(house)
        held = not candidate._lock.acquire()
        candidate._lock.release()
    return held


@pytest.mark.slow
def test_the_conductor_that_a_command_became_lets_its_other_runs_go(place: Place) -> None:
    """`dalgu run` conducts only as long as its own Run takes; others are taken up by the next."""
    with place.opened() as house:
        analyst = people.signed_in(house, place.folder / "analyst.json")
        slow = submit.submit(house, analyst.actor, "analyse", {"data": "claims-p"}, {"script": "import time\ntime.sleep(3)\nopen('a.csv','w').write('n\\n1\\n')", "context": "nothing of interest"})  # fmt: skip
    done = place.dalgu("provider", *PSEUDONYMISE)
    assert done.returncode == 0, done.stderr
    place.conduct_to_end()
    assert place.run(slow.id).state is RunState.HELD
    check_whole(place)
