"""What a script prints as a way out: for its author, her colleagues, operators of other firms and other sites, her
terminal, the disk. Each gets it first with the one defence off that is to stop it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import Missing, Refused
from dalgubeol.language import Message
from dalgubeol.nouns.permit import Role
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.settings import Settings
from dalgubeol.verbs.airlock import script_logs
from dalgubeol.verbs.history import mine, prove
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.people import people
from dalgubeol.verbs.runs import conduct, submit
from dalgubeol.world.identity import SignedIn
from dalgubeol.world.store import runs, scriptlogs

from ..journeys.conftest import PASSWORD, Visit
from ..journeys.web import web_of
from .test_airlock_attacks import as_, founded, permitted, visit  # noqa: F401 - fixtures

CANARY = "canary-7f3a91"
PRINTS = f'print("{CANARY}")\nraise KeyError("{CANARY}")\n'
CONTEXT = "people by area, counted"


@contextmanager
def opened(visit: Visit, login: str = "operator") -> Iterator[tuple[House, SignedIn]]:  # noqa: F811
    with houses.open_house(visit.settings(login)) as house:
        yield house, people.signed_in(house, visit.session(login))


def made(visit: Visit, script: str = PRINTS) -> Run:  # noqa: F811
    with opened(visit, "analyst") as (house, who):
        asked = submit.submit(house, who.actor, "analyse", {"data": "wages"}, {"script": script, "context": CONTEXT})  # fmt: skip
        return conduct.run_to_end(house, asked.id)


def text_of(pieces: Any) -> str:
    return "".join(str(piece) for piece in pieces)


def read(visit: Visit, login: str, run: Run) -> str:  # noqa: F811
    with opened(visit, login) as (house, who):
        return text_of(script_logs.read(house, who, run.id))


def codes(visit: Visit, login: str, run: Run) -> set[str]:  # noqa: F811
    with pytest.raises(Refused) as error:
        read(visit, login, run)
    assert CANARY not in str(error.value)
    return {reason.code for reason in error.value.reasons}


def joined(visit: Visit, login: str, organisation: str, *roles: str) -> None:  # noqa: F811
    with opened(visit) as (house, who):
        code = people.invite(house, who, login=login, name=login, organisation=organisation, roles=[*roles])
        people.join(house, code, PASSWORD)
        people.sign_in(replace(house, settings=visit.settings(login)), login, PASSWORD)


def without_the_rule(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(script_logs, "reasons_not_to_follow", lambda *_: ())


WHO = {
    "analyst": ("lab", ("analyst",), {"log.role", "log.organisation", "log.own"}),
    "colleague2": ("lab", ("operator",), {"log.organisation", "log.own"}),
    "firm": ("plant", ("operator",), {"log.organisation"}),
    "firm-analyst": ("plant", ("operator", "analyst"), {"log.organisation"}),
    "provider": ("hospital", ("provider",), {"log.role", "log.organisation"}),
    "reviewer1": ("centre", ("reviewer",), {"log.role", "log.organisation"}),
}


@pytest.mark.parametrize("login", WHO)
def test_nobody_but_the_centres_operators_is_shown_what_a_script_prints(
    visit: Visit,  # noqa: F811
    login: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    organisation, roles, refused = WHO[login]
    if not visit.session(login).exists():
        joined(visit, login, organisation, *roles)
    run = made(visit)
    assert run.state is RunState.FAILED
    with monkeypatch.context() as patched:
        without_the_rule(patched)
        assert CANARY in read(visit, login, run), "without its defence the attack succeeds"
    assert codes(visit, login, run) == refused
    assert CANARY in read(visit, "operator", run)


def test_an_operator_follows_no_run_of_her_own_organisation(visit: Visit) -> None:  # noqa: F811
    """She could run a script as an analyst and read there what no reviewer has seen."""
    run = made(visit)
    with opened(visit) as (house, who):
        house.write(lambda c: c.exec_driver_sql("UPDATE runs SET submitted_by = ? WHERE id = ?", (who.person.id, run.id)))  # fmt: skip
    assert codes(visit, "operator", run) == {"log.own"}


def test_a_session_of_another_site_opens_nothing_here(visit: Visit, tmp_path: Path) -> None:  # noqa: F811
    run = made(visit)
    there = Settings(site=tmp_path / "there", keys=tmp_path / "keys", session=tmp_path / "there.json")
    with houses.found(there, login="operator", name="O", organisation="site", password=PASSWORD) as other:
        people.sign_in(other, "operator", PASSWORD)
        stranger = people.signed_in(other)
        with pytest.raises(Missing):
            script_logs.read(other, stranger, run.id)
    with houses.open_house(visit.settings()) as house, pytest.raises(Refused):
        people.signed_in(house, tmp_path / "there.json")


def test_whose_role_or_account_ends_follows_no_further(visit: Visit) -> None:  # noqa: F811
    joined(visit, "second", "site", "operator")
    run = made(visit)
    with opened(visit, "second") as (house, who):
        house.write(lambda c: c.exec_driver_sql("UPDATE runs SET state = 'running', ended_at = NULL WHERE id = ?", (run.id,)))  # fmt: skip
        pieces = script_logs.follow(house, who, run.id)
        assert CANARY in str(next(pieces))
        assert next(pieces) == ""
        with opened(visit) as (again, operator):
            people.change_roles(again, operator, who.person.id, ["provider"])
        assert list(pieces) == [""]


def test_it_is_in_no_record_no_log_no_error_no_notice_and_on_no_disk(
    visit: Visit,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run = made(visit)
    assert CANARY in read(visit, "operator", run)
    with opened(visit, "analyst") as (house, who):
        shown = submit.show(house, who.actor, run.id)
        assert shown.fault is not None
        assert "KeyError" in shown.fault.message
        assert '"2"' in shown.fault.message or "2" in shown.fault.message, "the line of her script"
        assert CANARY not in f"{shown.fault} {shown.outputs} {shown.stage}"
        assert CANARY not in json.dumps(prove.records(house, limit=10_000), default=str)
    said = capfd.readouterr()
    assert CANARY not in said.out + said.err
    # her script, which holds the word, is a parameter of her Run; nothing else on the disk has it
    found = [
        path for path in visit.folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert {path.name.split("-")[0] for path in found} <= {"state.db"}
    with monkeypatch.context() as patched:
        patched.setattr(scriptlogs.AESGCM, "encrypt", lambda self, nonce, data, place: data)
        bare = made(visit)
        path = visit.site / "live" / f"{bare.id}.{bare.attempt}"
    assert path.exists()


def test_each_look_and_each_refusal_is_a_record_that_the_provider_sees(visit: Visit) -> None:  # noqa: F811
    run = made(visit)
    read(visit, "operator", run)
    read(visit, "operator", run)
    codes(visit, "analyst", run)
    with opened(visit, "provider") as (house, who):
        told = [
            r for r in prove.records(house, run.id, limit=100) if "script-log" in json.dumps(r, default=str)
        ]
        assert [r["event"] for r in told] == ["viewed", "viewed", "refused"]
        seen = [use for use in mine.account(house, who, "wages").uses if use.event == "viewed"]
        assert len(seen) == 2
        assert {use.organisation for use in seen} == {"site"}


def test_a_look_that_cannot_be_recorded_shows_nothing(
    visit: Visit,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = made(visit)

    def broken(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(script_logs, "record", broken)
    with opened(visit) as (house, who), pytest.raises(OSError, match="no room"):
        script_logs.follow(house, who, run.id)


def test_neither_a_terminal_nor_a_reader_is_deceived(visit: Visit) -> None:  # noqa: F811
    script = (
        "import sys\n"
        r'print("\x1b[2J\x1b]0;owned\x07 \x9b31m \u202egnp.exe \u200b\r overwritten \x00 한글")'
        "\nsys.stdout.flush(); sys.stdout.buffer.write(b'\\xff\\xfe \\xed\\x95')\nraise ValueError\n"
    )
    told = read(visit, "operator", made(visit, script))
    assert "한글" in told
    assert all(c in "\n\t" or c.isprintable() for c in told)
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_a_log_bomb_is_bounded_and_its_run_ends_as_it_would(visit: Visit) -> None:  # noqa: F811
    run = made(visit, 'for _ in range(3_000): print("x" * 10_000)\nopen("n.txt", "w").write("ten rows")\n')
    assert run.state is RunState.HELD, run.fault
    with opened(visit) as (house, who):
        pieces = script_logs.read(house, who, run.id)
    assert sum(len(p) for p in pieces if isinstance(p, str)) <= scriptlogs.MOST_BYTES
    assert [str(p) for p in pieces if isinstance(p, Message)] == [
        "[more was printed; only the first 64 KB are kept]"
    ]
    assert (visit.site / "live" / f"{run.id}.{run.attempt}").stat().st_size < 6 * scriptlogs.MOST_BYTES


@pytest.mark.parametrize(
    ("setting", "there"), [("", True), ("log_kept_min = 0", False), ("live_log = false", False)]
)
def test_it_is_destroyed_after_its_time_and_a_site_may_keep_none(
    visit: Visit,  # noqa: F811
    setting: str,
    there: bool,
) -> None:
    (visit.site / "settings.toml").write_text(f"[zone]\n{setting}\n")
    run = made(visit)
    path = visit.site / "live" / f"{run.id}.{run.attempt}"
    assert path.exists() is there
    if there:
        with opened(visit) as (house, _):
            assert str(script_logs.destroy_old(house)).startswith("0 logs")
            house.write(lambda c: c.exec_driver_sql("UPDATE runs SET ended_at = '2026-01-01T00:00:00.000+00:00' WHERE id = ?", (run.id,)))  # fmt: skip
            with pytest.raises(Missing):
                read(visit, "operator", run)
            assert str(script_logs.destroy_old(house)).startswith("1 logs")
        assert not path.exists()
    with pytest.raises(Missing):
        read(visit, "operator", run)


def test_the_log_of_an_attempt_that_died_is_destroyed_with_the_next_one(visit: Visit) -> None:  # noqa: F811
    run = made(visit)
    old = visit.site / "live" / f"{run.id}.0"
    old.write_bytes(b"left by a killed attempt")
    with opened(visit) as (house, _):
        script_logs.destroy_old(house)
    assert not old.exists()
    assert (visit.site / "live" / f"{run.id}.{run.attempt}").exists()


def test_an_operator_follows_it_line_by_line_while_it_runs(visit: Visit) -> None:  # noqa: F811
    script = "import time\nfor n in range(4):\n    print('line', n)\n    time.sleep(1)\nraise ValueError\n"
    with opened(visit, "analyst") as (house, who):
        asked = submit.submit(house, who.actor, "analyse", {"data": "wages"}, {"script": script, "context": CONTEXT})  # fmt: skip
        conducting = threading.Thread(target=lambda: conduct.run_to_end(house, asked.id))
        conducting.start()
        seen: dict[str, RunState] = {}
        with opened(visit) as (again, operator):
            for piece in script_logs.follow(again, operator, asked.id):
                with again.database.reading() as connection:
                    state = runs.find(connection, asked.id).state
                for line in str(piece).splitlines():
                    seen.setdefault(line, state)
                time.sleep(0 if piece else 0.1)
        conducting.join()
    assert seen["line 0"] is RunState.RUNNING
    assert seen["line 2"] is RunState.RUNNING
    assert "line 3" in seen
    assert any("ValueError" in line for line in seen)


def test_the_command_line_says_the_same(visit: Visit) -> None:  # noqa: F811
    run = made(visit)
    for wished in ((), ("--follow",)):
        told = visit.dalgu("operator", "runs", "log", run.id, *wished)
        assert told.returncode == 0, told.stderr
        assert CANARY in told.stdout
    refused = visit.dalgu("analyst", "runs", "log", run.id, "--follow")
    assert refused.returncode == 10
    assert CANARY not in refused.stdout + refused.stderr
    assert Role.OPERATOR.value in refused.stderr


def test_over_http_it_comes_as_it_is_printed_and_only_to_operators(permitted: Path, tmp_path: Path) -> None:  # noqa: F811
    script = f"import time\nprint('first')\ntime.sleep(2)\n{PRINTS}"
    wished = {"kind": "analyse", "inputs": {"data": "wages"}, "parameters": {"script": script, "context": CONTEXT}}  # fmt: skip
    with web_of(permitted, tmp_path / "web") as web:
        run = web.as_("analyst").post("/runs", json=wished).json()["id"]
        came: dict[str, float] = {}
        with web.as_("operator").stream("GET", f"/runs/{run}/log?follow=true") as log:
            assert log.status_code == 200
            assert log.headers["content-type"] == "text/plain; charset=utf-8"
            assert log.headers["x-content-type-options"] == "nosniff"
            for piece in log.iter_text():
                for line in piece.splitlines():
                    came.setdefault(line, time.monotonic())
        assert came[CANARY] - came["first"] > 1
        assert CANARY in web.as_("operator").get(f"/runs/{run}/log").text
        for login in ("analyst", "provider", "reviewer1"):
            refused = web.as_(login).get(f"/runs/{run}/log")
            assert refused.status_code == 403
            assert CANARY not in refused.text
        assert web.as_("operator").get("/runs/run-nowhere/log").status_code == 404
