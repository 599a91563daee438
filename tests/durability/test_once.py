"""A request with an idempotency key in a process that is killed: its effect happens once, and what is told is true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dalgubeol.errors import Conflict, Invalid, Unavailable
from dalgubeol.language import say
from dalgubeol.nouns.permit import Role
from dalgubeol.settings import Settings
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.house import once
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.house.once import Given
from dalgubeol.verbs.people import people
from dalgubeol.world.identity.schema import invitations

PASSWORD = "a password for tests"
DONE = Given(201, b"done")
CODE = """if True:
    import os, signal, sys
    from dalgubeol.settings import Settings
    from dalgubeol.verbs.house import house as houses, once
    from dalgubeol.verbs.people import people
    when = sys.argv[1]
    with houses.open_house(Settings.from_environment()) as house:
        who = people.signed_in(house)

        def work():
            if when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            people.invite(house, who, login="new", name="n", organisation="o", roles=["citizen"])
            if when == "between":
                os.kill(os.getpid(), signal.SIGKILL)
            return once.Given(201, b"done")

        once.once(house, who.person.id, "key", "digest", work, lambda given: True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    for name in ("site", "keys", "session"):
        monkeypatch.setenv(f"DALGU_{name.upper()}", str(tmp_path / name))
    made = houses.found(Settings.from_environment(), login="o", name="o", organisation="o", password=PASSWORD)
    people.sign_in(made, "o", PASSWORD)
    yield made
    made.close()


def killed(when: str) -> None:
    assert subprocess.run([sys.executable, "-c", CODE, when], env=os.environ, check=False).returncode == -9


def invited(house: House) -> int:
    with house.database.reading() as connection:
        return len(connection.execute(invitations.select()).all())


def again(house: House, digest: str = "digest") -> Given:
    who = people.signed_in(house)

    def work() -> Given:
        people.invite(house, who, login="new", name="n", organisation="o", roles=[Role.CITIZEN])
        return DONE

    return once.once(house, who.person.id, "key", digest, work, lambda given: True)


def test_killed_before_its_effect_it_is_carried_out_the_second_time(house: House) -> None:
    killed("before")
    assert invited(house) == 0
    assert (again(house), invited(house)) == (DONE, 1)


def test_killed_after_its_effect_the_second_time_is_told_so(house: House) -> None:
    killed("between")
    assert invited(house) == 1
    with pytest.raises(Conflict) as told:
        again(house)
    assert (told.value.code, invited(house)) == ("request.answer-lost", 1)


def test_killed_after_its_answer_was_kept_the_second_time_gets_it(house: House) -> None:
    killed("after")
    given = again(house)
    assert (given.status, given.content, given.again, invited(house)) == (201, b"done", True, 1)
    with pytest.raises(Invalid, match="Another request"):
        again(house, "another digest")


def test_what_was_not_ready_can_be_asked_again_and_what_changed_nothing_is_kept_as_told(house: House) -> None:
    person = people.signed_in(house).person.id
    calls: list[int] = []

    def answering(status: int) -> Given:
        calls.append(status)
        return Given(status, b"")

    for key, status, times in (("busy", 503, 2), ("wrong", 422, 1)):
        calls.clear()
        for _ in range(2):
            once.once(
                house, person, key, "d", lambda status=status: answering(status), lambda g: g.status < 500
            )  # type: ignore[misc]
        assert len(calls) == times

    def broken() -> Given:
        raise Unavailable("x", say("x"), say("x"))

    with pytest.raises(Unavailable):
        once.once(house, person, "broken", "d", broken, lambda given: True)
    assert once.once(house, person, "broken", "d", lambda: DONE, lambda given: True) == DONE


def test_answers_are_sealed_and_forgotten_after_a_day(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Given(201, json.dumps({"code": "a secret that is shown once"}).encode())
    person = people.signed_in(house).person.id
    once.once(house, person, "secret", "d", lambda: secret, lambda given: True)
    house.database.truncate_log()
    assert b"shown once" not in (house.folder / "state.db").read_bytes()
    assert once.once(house, person, "secret", "d", lambda: DONE, lambda given: True).again
    monkeypatch.setattr(once, "KEPT_S", -60)
    assert once.once(house, person, "secret", "d", lambda: DONE, lambda given: True) == DONE
