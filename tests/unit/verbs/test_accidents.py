"""Accidental identification: one report stops everything; the rest is decided, destroyed, confirmed and closed."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from dalgubeol.digest import fresh_salt
from dalgubeol.errors import Conflict, Missing, Refused, Tampered
from dalgubeol.nouns.accident import AccidentState, Answer
from dalgubeol.nouns.dataset import Dataset, DatasetState, Sensitivity
from dalgubeol.nouns.permit import Permit, PermitState, Purpose, Verdict
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.house import notify
from dalgubeol.verbs.keeping import chores, keyfolder
from dalgubeol.verbs.papers import paperwork
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.projects import accident_steps, accidents, destruction
from dalgubeol.verbs.runs import conduct
from dalgubeol.verbs.runs.attempt import Attempt
from dalgubeol.world.store import accidents as stored
from dalgubeol.world.store import datasets, runs

from .conftest import PASSWORD, Town
from .test_projects import claims, codes, events, opened, pseudonymised

SCRIPT = 'open("n.csv", "w").write("n\\n40\\n")'
TEXT = "Row 12 is my neighbour 표식-김철수, by age and cost"


@pytest.fixture
def used(town: Town, tmp_path: Path) -> tuple[Town, Dataset, Permit]:
    """A pseudonymised table under a Permit of the analyst."""
    house = town.house
    code = people.invite(house, town.who("operator"), login="steward", name="s", organisation="hospital", roles=["provider"])  # fmt: skip
    people.join(house, code, PASSWORD)
    from dalgubeol.verbs.people import entry

    town.held["steward"] = entry.enter(house, "steward", PASSWORD, door="test")[1]
    opened(town)
    claims(town, tmp_path)
    table = pseudonymised(town)
    permit = grant.request(
        house, town.who("analyst"), kinds=["analyse", "release"], names=["claims-p"], purpose=Purpose.STATISTICS,
        reason="counting the rows", until="2099-12-31", asked=Asked(pledged="en"),
    )  # fmt: skip
    for login in ("steward", "operator"):
        grant.decide(house, town.who(login), permit.id, Verdict.GRANT)
    return town, table, grant.show(house, permit.id)


def waiting(town: Town, table: Dataset, permit: Permit) -> Run:
    """A Run of the analyst that nobody has begun."""
    from dalgubeol.digest import fresh_id
    from dalgubeol.verbs.house.clock import now

    run = Run(
        fresh_id("run"), "analyse", {"data": table.id}, (permit.id,), {"script": SCRIPT, "context": "the number of rows"}, 0,
        town.who("analyst").actor.id, RunState.QUEUED, now(),
    )  # fmt: skip
    town.house.write(lambda connection: runs.add(connection, run, fresh_salt().hex()))
    return run


def test_a_report_stops_everything_at_once_and_tells_who_must_know(
    used: tuple[Town, Dataset, Permit],
) -> None:
    town, table, permit = used
    house, run = town.house, waiting(*used)
    made = accidents.report(house, town.who("analyst"), "claims-p", TEXT)
    assert made.state is AccidentState.STOPPED
    assert grant.show(house, permit.id).state is PermitState.REVOKED
    with house.database.reading() as connection:
        assert runs.find(connection, run.id).state is RunState.CANCELLED
        assert stored.stopped_by(connection, made.id) == (table.id,)
    with pytest.raises(Refused) as error:
        grant.request(
            house, town.who("analyst"), kinds=["analyse"], names=["claims-p"], purpose=Purpose.STATISTICS,
            reason="counting the rows", until="2099-12-31",
        )  # fmt: skip
    assert "dataset.stopped" in codes(error)
    for login in ("provider", "steward", "operator", "deputy"):
        told = [n.message.text("en") for n in notify.listed(house, town.who(login))]
        assert any("identified by accident" in each for each in told), login
    (record,) = [r for r in prove.records(house, limit=1000) if r["event"] == "accident-reported"]
    assert record["payload"]["stopped"] == {"datasets": 1, "permits": 1, "runs": 1, "submissions": 0}


def test_the_words_of_a_report_are_sealed_and_each_reading_is_a_record(
    used: tuple[Town, Dataset, Permit],
) -> None:
    town, _, _ = used
    house = town.house
    made = accidents.report(house, town.who("analyst"), "claims-p", TEXT)
    with sqlite3.connect(house.folder / "state.db") as connection:
        held = "\n".join(connection.iterdump()).encode()
    connection.close()
    for mark in ("표식", "neighbour"):
        assert mark.encode() not in held
        assert mark.encode().hex().upper().encode() not in held
    for login in ("analyst", "reviewer"):
        with pytest.raises(Refused):
            accidents.read(house, town.who(login), made.id)
    assert accidents.read(house, town.who("operator"), made.id) == TEXT
    assert events(town).count("viewed") == 1
    with sqlite3.connect(house.folder / "state.db") as connection:
        connection.execute("UPDATE accidents SET report = zeroblob(200)")
    connection.close()
    with pytest.raises(Tampered):
        accidents.read(house, town.who("operator"), made.id)


def test_who_cannot_be_concerned_or_has_nothing_to_say_files_nothing(
    used: tuple[Town, Dataset, Permit],
) -> None:
    town, _, permit = used
    with pytest.raises(Refused) as error:
        accidents.report(town.house, town.who("analyst"), "claims", "short")
    assert codes(error) == {"accident.sensitivity", "accident.text"}
    assert grant.show(town.house, permit.id).state is PermitState.GRANTED


def test_a_run_that_was_under_way_makes_nothing_any_more(used: tuple[Town, Dataset, Permit]) -> None:
    """Stopped between the end of the child and its settling."""
    town, _, _ = used
    house = town.house
    run = waiting(*used)
    settle = Attempt._finish

    def late(self: Attempt, done: object) -> None:
        accidents.report(house, town.who("analyst"), "claims-p", TEXT)
        settle(self, done)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Attempt, "_finish", late)
        done = conduct.run_to_end(house, run.id)
    assert done.state is RunState.CANCELLED
    assert done.outputs == {}


def test_nobody_was_identified_after_all(used: tuple[Town, Dataset, Permit]) -> None:
    town, table, permit = used
    house = town.house
    made = accidents.report(house, town.who("operator"), "claims-p", TEXT)
    with pytest.raises(Refused) as error:
        accidents.decide(house, town.who("analyst"), made.id, destroy=False)
    assert codes(error) == {"accident.decider"}
    with pytest.raises(Refused) as error:
        accidents.decide(house, town.who("operator"), made.id, destroy=False)
    assert codes(error) == {"confirm.same"}
    assert (
        accidents.decide(house, town.who("steward"), made.id, destroy=False).state is AccidentState.UNFOUNDED
    )
    with house.database.reading() as connection:
        assert stored.stopped(connection, [table.id]) == {}
        assert datasets.find(connection, table.id).state is DatasetState.KEPT
    assert grant.show(house, permit.id).state is PermitState.REVOKED  # whoever goes on asks anew
    with pytest.raises(Conflict):
        accidents.decide(house, town.who("steward"), made.id, destroy=True)


def test_it_is_destroyed_confirmed_accounted_for_and_closed(
    used: tuple[Town, Dataset, Permit], tmp_path: Path
) -> None:
    town, table, _ = used
    house = town.house
    released = _released(town, table)
    from dalgubeol.verbs.datasets import register

    register.hand_out(house, town.who("analyst"), released.name, tmp_path / "out")
    keyfolder.backup_keys(house, tmp_path / "keys backup")
    made = accidents.report(house, town.who("analyst"), "claims-p", TEXT)
    with pytest.raises(Refused) as error:
        register.hand_out(house, town.who("reviewer"), released.name, tmp_path / "more")
    assert "dataset.stopped" in codes(error)
    accidents.decide(house, town.who("operator"), made.id, destroy=True)
    with house.database.reading() as connection:
        assert {datasets.find(connection, d.id).state for d in (table, released)} == {DatasetState.DESTROYED}
        assert datasets.find(connection, "claims").state is DatasetState.KEPT
    with pytest.raises(Refused) as error:
        accidents.close(house, town.who("operator"), made.id)
    assert codes(error) == {"accident.unconfirmed", "accident.copies"}
    shown = accidents.show(house, town.who("steward"), made.id)
    for entry in shown.to_confirm:
        with pytest.raises(Refused) as error:
            destruction.confirm(house, town.who("steward"), entry)
        assert codes(error) == {"destruction.backup"}
    keyfolder.backup_keys(house, tmp_path / "keys backup")
    for entry in shown.to_confirm:
        destruction.confirm(house, town.who("steward"), entry)
    (copy,) = shown.copies
    assert (copy.person, copy.dataset) == (town.who("analyst").actor.id, released.id)
    assert accidents.show(house, town.who("analyst"), made.id).copies == (copy,)
    with pytest.raises(Missing):
        accidents.answer(house, town.who("reviewer"), copy.id, Answer.DESTROYED)
    with pytest.raises(Refused) as error:
        accidents.confirm_copy(house, town.who("operator"), copy.id)
    assert codes(error) == {"copy.unanswered"}
    assert "아직 답하지 않음" in paper_of(town, made.id, "ko")
    accidents.answer(house, town.who("analyst"), copy.id, Answer.DESTROYED)
    paper = paper_of(town, made.id, "en")
    assert ("not confirmed yet" in paper, "accident decided: destroying" in paper) == (True, True)
    assert accidents.confirm_copy(house, town.who("operator"), copy.id).confirmed_by
    with pytest.raises(Conflict) as error:  # what was confirmed is not said otherwise afterwards
        accidents.answer(house, town.who("analyst"), copy.id, Answer.RETURNED)
    assert error.value.code == "copy.confirmed"
    assert accidents.close(house, town.who("operator"), made.id).state is AccidentState.CLOSED
    paper = paper_of(town, made.id, "en")
    for name in ("claims-p", released.name):
        assert f"destroyed: {name}" in paper
    assert "destruction confirmed: claims-p" in paper
    assert "파기 확인: claims-p" in paper_of(town, made.id, "ko")
    assert {"accident-reported", "accident-decided", "copy-answered", "accident-closed"} <= set(events(town))
    with pytest.raises(Missing):
        accidents.show(house, town.who("reviewer"), made.id)
    assert accidents.listed(house, town.who("reviewer")) == ()


def _released(town: Town, table: Dataset) -> Dataset:
    """An anonymous table made from it that may be handed out."""
    house, content = town.house, b"n\n40\n"
    staging = house.objects.stage("ds-00000000000000000r")
    from dalgubeol.world.store.objects import ObjectWriter

    writer = ObjectWriter(staging.folder / "content", None, "ds-00000000000000000r")
    writer.sink.write(content)
    staged = writer.finish()
    made = replace(
        table, id="ds-00000000000000000r", name="released", sensitivity=Sensitivity.ANONYMOUS, made_by=None,
        sources=(table.id,), object_id=staged.object_id, size_bytes=staged.size_bytes,
    )  # fmt: skip

    def keep(connection: object) -> None:
        house.objects.promote(staged)
        datasets.add(connection, made)  # type: ignore[arg-type]

    house.objects.prepare(staged)
    house.write(keep)
    staging.close()
    return made


def test_what_a_run_still_uses_is_destroyed_as_soon_as_it_ends(used: tuple[Town, Dataset, Permit]) -> None:
    town, table, permit = used
    house = town.house
    run = waiting(town, table, permit)
    with house.database.reading() as connection:
        found = runs.find(connection, run.id)
    house.write(
        lambda connection: runs.lease(
            connection, found, "somebody", found.submitted_at, "2099-01-01T00:00:00.000+00:00"
        )
    )
    made = accidents.report(house, town.who("analyst"), "claims-p", TEXT)
    decided = accidents.decide(house, town.who("operator"), made.id, destroy=True)
    assert decided.state is AccidentState.DESTROYING
    with pytest.raises(Refused) as error:
        accidents.close(house, town.who("operator"), made.id)
    assert "accident.there" in codes(error)
    with sqlite3.connect(house.folder / "state.db") as connection:
        connection.execute("UPDATE runs SET state = 'cancelled' WHERE id = ?", (run.id,))
    connection.close()
    names = {done.name: str(done.outcome) for done in chores.once(house)}
    assert "1" in names["accidents"]
    with house.database.reading() as connection:
        assert datasets.find(connection, table.id).state is DatasetState.DESTROYED


def test_two_reports_at_once_each_stop_and_neither_lets_go_of_the_others(
    used: tuple[Town, Dataset, Permit],
) -> None:
    town, table, _ = used
    who = [town.who(login) for login in ("analyst", "steward")]
    made: list[stored.Accident] = []
    threads = [threading.Thread(target=lambda w=w: made.append(accidents.report(town.house, w, "claims-p", TEXT))) for w in who]  # type: ignore[misc]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = made
    accidents.decide(town.house, town.who("operator"), first.id, destroy=False)
    with town.house.database.reading() as connection:
        assert stored.stopped(connection, [table.id]) == {table.id: second.id}
    with houses.open_house(town.house.settings) as again, again.database.reading() as connection:
        assert stored.stopped(connection, [table.id]) == {table.id: second.id}


def paper_of(town: Town, accident: str, language: str) -> str:
    """The report as HTML, by who decides."""
    paper = paperwork.made(town.house, town.who("operator"), "accident-report", accident, language=language)
    return paper.content.decode()


def told_to(town: Town, login: str, accident: str) -> tuple[bool, list[str]]:
    shown = accidents.show(town.house, town.who(login), accident)
    found = accident_steps.steps(town.house, town.who(login), shown)
    assert "claims-p" in found.names.values()
    return found.decides, [each.text("en") for each in found.told]


def test_everybody_is_told_what_is_theirs_to_do_until_it_is_closed(
    used: tuple[Town, Dataset, Permit],
) -> None:
    town, _, _ = used
    made = accidents.report(town.house, town.who("analyst"), "claims-p", TEXT)
    notice = notify.listed(town.house, town.who("steward"))[0]
    assert notice.link == f"/accidents/{made.id}"  # where it is decided
    assert told_to(town, "analyst", made.id) == (False, ["The provider of the data or an operator decides; nobody uses the data meanwhile."])  # fmt: skip
    decides, told = told_to(town, "steward", made.id)
    assert (decides, told[0].startswith("Read what was reported. Then decide")) == (True, True)
    accidents.decide(town.house, town.who("steward"), made.id, destroy=True)
    left = told_to(town, "operator", made.id)[1]
    assert left == [
        "1 entries of the register of destruction are not confirmed yet.",
        "Another person than who decided confirms the entries, in the project's register of destruction.",
    ]
    for entry in accidents.show(town.house, town.who("operator"), made.id).to_confirm:
        destruction.confirm(town.house, town.who("operator"), entry)
    assert told_to(town, "operator", made.id)[1] == ["Everything is destroyed, confirmed and accounted for: close it."]  # fmt: skip
    accidents.close(town.house, town.who("operator"), made.id)
    assert told_to(town, "operator", made.id)[1] == ["Nothing is left to do for you."]
