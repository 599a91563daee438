"""Permits in practice: people, items, pledge, period, allowances, and what happens when one ends."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import Conflict, Invalid, Missing, Refused, Tampered
from dalgubeol.nouns.dataset import Dataset, DatasetState, Sensitivity
from dalgubeol.nouns.disclosure import Disclosure
from dalgubeol.nouns.permit import Conditions, Permit, PermitState, Purpose, Verdict
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules.airlock import ReviewState
from dalgubeol.verbs.airlock import exports, handing_on, review, zone_end
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import notify
from dalgubeol.verbs.house.clock import ZONE, earlier
from dalgubeol.verbs.keeping import chores
from dalgubeol.verbs.people import entry, people
from dalgubeol.verbs.permits import grant, pledges
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.runs import conduct, outcome, submit
from dalgubeol.world.store import datasets, destructions, permits

from .conftest import PASSWORD, Town

COUNT = 'open("n.txt", "w").write("there are more than ten rows\\n")\n'
SIGNED = Asked(pledged="en")


@pytest.fixture
def table(town: Town, tmp_path: Path) -> Dataset:
    path = tmp_path / "t.csv"
    path.write_text("area,age,cost\n" + "".join(f"{n % 3},{20 + n % 9},{n}\n" for n in range(90)))
    return register.add(town.house, town.who("provider"), path, name="t", sensitivity=Sensitivity.INTERNAL)


def asked(town: Town, login: str = "analyst", besides: Asked = SIGNED, **changes: Any) -> Permit:
    wished: dict[str, Any] = {
        "kinds": ["analyse", "release"], "names": ["t"], "purpose": Purpose.STATISTICS, "reason": "to count the rows",
    }  # fmt: skip
    return grant.request(town.house, town.who(login), asked=besides, **{**wished, **changes})


def granted(town: Town, permit: Permit) -> Permit:
    for login in ("operator", "provider"):
        grant.decide(town.house, town.who(login), permit.id, Verdict.GRANT)
    return grant.show(town.house, permit.id)


def submitted(town: Town, script: str = COUNT, login: str = "analyst") -> Run:
    wished = {"script": script, "context": "how many rows there are"}
    return submit.submit(town.house, town.who(login).actor, "analyse", {"data": "t"}, wished)


def run(town: Town, script: str = COUNT, login: str = "analyst") -> Run:
    return conduct.run_to_end(town.house, submitted(town, script, login).id)


def colleague(town: Town, login: str = "helper", organisation: str = "lab") -> str:
    code = people.invite(town.house, town.who("operator"), login=login, name=login, organisation=organisation, roles=["analyst"])  # fmt: skip
    people.join(town.house, code, PASSWORD)
    town.held[login] = entry.enter(town.house, login, PASSWORD, door="test")[1]
    return login


def ends_now(town: Town, permit: Permit) -> None:
    """As if the period had been asked for so: its last instant is past."""
    with _open(town) as db:
        db.execute("UPDATE permits SET valid_until = ? WHERE id = ?", (earlier(1), permit.id))


@contextmanager
def _open(town: Town) -> Iterator[sqlite3.Connection]:
    """The database, as somebody has it who sits at the machine."""
    with closing(sqlite3.connect(town.house.folder / "state.db", timeout=30)) as db:
        yield db
        db.commit()


def codes(error: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {reason.code for reason in error.value.reasons}


def events(town: Town, name: str) -> list[Any]:
    return [r for r in prove.records(town.house, limit=10_000) if r["event"] == name]


def test_a_permit_lasts_25_days_where_nobody_says_otherwise_and_the_site_may(
    town: Town, table: Dataset
) -> None:
    today = datetime.now(ZONE).date()
    assert datetime.fromisoformat(asked(town).valid_until).astimezone(ZONE).date() == today + timedelta(
        days=26
    )
    (town.house.folder / "settings.toml").write_text("[zone]\npermit_days = 3\n")
    assert datetime.fromisoformat(asked(town).valid_until).astimezone(ZONE).date() == today + timedelta(
        days=4
    )


def test_without_a_signed_pledge_nothing_runs(town: Town, table: Dataset) -> None:
    permit = granted(town, asked(town, besides=Asked()))
    with pytest.raises(Refused) as error:
        submitted(town)
    assert codes(error) == {"permit.pledge"}
    with pytest.raises(Missing):
        pledges.sign(town.house, town.who("provider"), permit.id, "ko")
    with pytest.raises(Invalid):
        pledges.sign(town.house, town.who("analyst"), permit.id, "fr")
    signed = pledges.sign(town.house, town.who("analyst"), permit.id, "ko")
    assert [(p.person, p.language) for p in signed.pledges] == [(permit.holder, "ko")]
    with pytest.raises(Conflict):
        pledges.sign(town.house, town.who("analyst"), permit.id, "ko")
    assert len(events(town, "pledged")) == 1
    assert run(town).state is RunState.HELD


def test_a_pledge_that_somebody_else_put_down_is_found_out(town: Town, table: Dataset) -> None:
    permit = granted(town, asked(town, besides=Asked()))
    with _open(town) as db:
        db.execute("INSERT INTO permit_pledges VALUES (?, ?, ?, 'en', ?, ?)", (permit.id, permit.holder, permit.application.pledge, earlier(1), "00" * 64))  # type: ignore[union-attr]  # fmt: skip
    with pytest.raises(Tampered):
        submitted(town)
    assert submit.listed(town.house, town.who("analyst").actor) == ()


def test_a_colleague_who_is_named_works_under_it_once_she_has_signed(town: Town, table: Dataset) -> None:
    colleague(town), colleague(town, "other")
    permit = granted(town, asked(town, besides=Asked(people=["helper"], pledged="en")))
    assert "is granted" in notify.listed(town.house, town.who("helper"))[0].message.text("en")
    with pytest.raises(Refused) as error:
        submitted(town, login="helper")
    assert codes(error) == {"permit.pledge"}
    pledges.sign(town.house, town.who("helper"), permit.id, "en")
    assert run(town, login="helper").permits == (permit.id,)
    with pytest.raises(Refused) as error:
        submitted(town, login="other")
    assert "permit.none" in codes(error)


def test_nobody_named_and_nobody_of_their_organisation_decides(town: Town, table: Dataset) -> None:
    code = people.invite(town.house, town.who("operator"), login="both", name="both", organisation="lab", roles=["analyst", "operator"])  # fmt: skip
    people.join(town.house, code, PASSWORD)
    town.held["both"] = entry.enter(town.house, "both", PASSWORD, door="test")[1]
    permit = asked(town, besides=Asked(people=["both"], pledged="en"))
    with pytest.raises(Refused) as error:
        grant.decide(town.house, town.who("both"), permit.id, Verdict.GRANT)
    assert {"decide.own", "decide.organisation"} <= codes(error)


def test_people_of_other_organisations_ask_for_themselves(town: Town, table: Dataset) -> None:
    colleague(town, "elsewhere", "another lab")
    with pytest.raises(Refused) as error:
        asked(town, besides=Asked(people=["elsewhere"]))
    assert codes(error) == {"request.organisation"}


def test_a_script_sees_the_items_that_were_asked_for_and_no_others(town: Town, table: Dataset) -> None:
    look = "import pyarrow.parquet as pq\nnames = pq.read_table('/data/data.parquet').column_names\nassert names == {names!r}, names\n"
    permit = granted(town, asked(town, besides=Asked(items={"t": ["cost", "area"]}, pledged="en")))
    assert run(town, look.replace("{names!r}", "['area', 'cost']") + COUNT).state is RunState.HELD
    raw = "data = open('/data/data.parquet', 'rb').read()\nassert b'age' not in data\n"
    assert run(town, raw + COUNT).state is RunState.HELD
    grant.withdraw(town.house, town.who("analyst"), permit.id)
    granted(town, asked(town))
    assert run(town, look.replace("{names!r}", "['area', 'age', 'cost']") + COUNT).state is RunState.HELD
    assert run(town, raw + COUNT).state is RunState.FAILED, "without items the third column is there"


@pytest.mark.parametrize("items", [{"t": ["nosuch"]}, {"t": []}])
def test_items_are_columns_that_there_are(town: Town, table: Dataset, items: dict[str, list[str]]) -> None:
    with pytest.raises(Invalid, match="columns of t"):
        asked(town, besides=Asked(items=items))


def test_what_was_asked_for_is_signed_with_the_decision(town: Town, table: Dataset) -> None:
    permit = granted(town, asked(town, besides=Asked(items={"t": ["area"]}, pledged="en")))
    with _open(town) as db:
        db.execute("UPDATE permits SET application = replace(application, '\"area\"', '\"area\",\"cost\"') WHERE id = ?", (permit.id,))  # fmt: skip
    with pytest.raises(Tampered):
        submitted(town)


def test_an_extension_is_a_new_request_that_names_the_old(town: Town, table: Dataset) -> None:
    first = granted(town, asked(town))
    second = asked(town, besides=Asked(renews=first.id, pledged="en"))
    assert second.application is not None
    assert second.application.renews == first.id
    assert grant.show(town.house, first.id).valid_until == first.valid_until
    colleague(town)
    with pytest.raises(Missing):
        asked(town, "helper", besides=Asked(renews=first.id))
    with pytest.raises(Refused) as error:
        asked(town, besides=Asked(renews=second.id))
    assert codes(error) == {"request.renews"}
    grant.revoke(town.house, town.who("operator"), first.id)
    with pytest.raises(Refused) as error:
        asked(town, besides=Asked(renews=first.id))
    assert codes(error) == {"request.revoked"}


@pytest.mark.parametrize("how", ["it ends", "it is revoked", "it is given back"])
def test_a_run_under_way_is_stopped_when_its_permit_is_over(town: Town, table: Dataset, how: str) -> None:
    permit = granted(town, asked(town))
    started = submitted(town, "import time\nfor _ in range(60):\n    time.sleep(1)\n" + COUNT)
    ended: list[Run] = []
    waits = threading.Thread(target=lambda: ended.append(conduct.run_to_end(town.house, started.id)))
    waits.start()
    while submit.show(town.house, town.who("analyst").actor, started.id).state is not RunState.RUNNING:
        time.sleep(0.05)
    time.sleep(0.5)
    began = time.monotonic()
    if how == "it ends":
        ends_now(town, permit)
    elif how == "it is revoked":
        grant.revoke(town.house, town.who("operator"), permit.id)
    else:
        grant.withdraw(town.house, town.who("analyst"), permit.id)
    waits.join()
    assert time.monotonic() - began < 20, "it was stopped, and did not go on for a minute"
    (found,) = ended
    assert found.state is RunState.FAILED
    assert found.fault is not None
    assert (found.fault.code, found.outputs) == ("permit.ended", {})
    assert "Ask for a new Permit" in found.fault.next_step
    with town.house.database.reading() as connection:
        assert datasets.find(connection, table.id) == table, "the Dataset is as it was"


def test_a_run_that_ends_after_its_permit_leaves_nothing(
    town: Town, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last look and the settling the period ends."""
    from dalgubeol.verbs.runs import attempt

    permit = granted(town, asked(town))
    monkeypatch.setattr(attempt.Attempt, "_beat", lambda *_: (True, False, None))
    real = attempt.Attempt._finish

    def late(self: Any, done: Any) -> None:
        ends_now(town, permit)
        real(self, done)

    monkeypatch.setattr(attempt.Attempt, "_finish", late)
    found = run(town)
    assert (found.state, found.fault and found.fault.code, found.outputs) == (
        RunState.FAILED,
        "permit.ended",
        {},
    )


def test_what_the_zone_holds_goes_when_the_permit_ends(town: Town, table: Dataset) -> None:
    permit = granted(town, asked(town))
    held = run(town).outputs["files"]
    assert str(zone_end.clear_ended(town.house)).startswith("0 Permits")
    ends_now(town, permit)
    (done,) = chores.once(town.house, tuple(c for c in chores.CHORES if c.name == "zone"), trust_clock=True)
    assert done.ok, done.outcome
    with town.house.database.reading() as connection:
        assert datasets.find(connection, held).state is DatasetState.DESTROYED
        assert datasets.find(connection, "t").state is DatasetState.KEPT, "the provider's data is untouched"
        (entered,) = (e for e in destructions.page(connection, None, "", 10).items if e.subject == held)
    assert entered.destroyed_by == town.house.facts.id
    assert review.queue(town.house)[0].state is ReviewState.EXPIRED
    assert grant.show(town.house, permit.id).cleared_at is not None
    (told,) = events(town, "permit-ended")
    assert told["subject"] == permit.id
    assert str(zone_end.clear_ended(town.house)).startswith("0 Permits"), "once"


def test_killed_in_between_the_next_look_goes_on(
    town: Town, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    permit = granted(town, asked(town))
    held = [run(town).outputs["files"] for _ in range(2)]
    ends_now(town, permit)
    real, seen = zone_end.dataset_gone, list[str]()

    def once_only(house: Any, connection: Any, dataset: Dataset, *more: Any, **named: Any) -> Any:
        if seen:
            raise KeyboardInterrupt
        seen.append(dataset.id)
        return real(house, connection, dataset, *more, **named)

    monkeypatch.setattr(zone_end, "dataset_gone", once_only)
    with pytest.raises(KeyboardInterrupt):
        zone_end.clear_ended(town.house)
    assert grant.show(town.house, permit.id).cleared_at is None
    monkeypatch.setattr(zone_end, "dataset_gone", real)
    assert "1 Datasets" in str(zone_end.clear_ended(town.house))
    with town.house.database.reading() as connection:
        assert {datasets.find(connection, each).state for each in held} == {DatasetState.DESTROYED}
    assert len(events(town, "permit-ended")) == 1


def test_a_permit_that_another_follows_is_cleared_with_it(town: Town, table: Dataset) -> None:
    first = granted(town, asked(town))
    held = run(town).outputs["files"]
    second = granted(town, asked(town, besides=Asked(renews=first.id, pledged="en")))
    ends_now(town, first)
    handing_on.look_after(town.house)
    zone_end.clear_ended(town.house)
    with town.house.database.reading() as connection:
        assert datasets.find(connection, held).state is DatasetState.HELD
    ends_now(town, second)
    zone_end.clear_ended(town.house)
    with town.house.database.reading() as connection:
        assert datasets.find(connection, held).state is DatasetState.DESTROYED
    assert len(events(town, "permit-ended")) == 2


def test_a_request_that_was_never_granted_ends_without_a_word(town: Town, table: Dataset) -> None:
    grant.withdraw(town.house, town.who("analyst"), asked(town).id)
    zone_end.clear_ended(town.house)
    assert events(town, "permit-ended") == []


def test_releases_are_counted_and_the_last_is_the_last(town: Town, table: Dataset) -> None:
    permit = granted(town, asked(town, conditions=Conditions(exports=2, files=3)))
    with town.house.database.reading() as connection:
        held = datasets.find(connection, run(town).outputs["files"])

    def take() -> Permit:
        now_on = grant.show(town.house, permit.id)
        town.house.write(lambda connection: exports.take(connection, [now_on], held))
        return grant.show(town.house, permit.id)

    assert (take().exports_used, take().files_used) == (1, 2)
    with pytest.raises(Refused) as error:
        take()
    assert codes(error) == {"permit.exports"}
    with pytest.raises(Refused):  # who had read it before the last was taken does not get it either
        town.house.write(lambda connection: exports.take(connection, [permit], held))
    with town.house.database.reading() as connection:
        assert permits.find(connection, permit.id).exports_used == 2


def test_a_release_that_the_permit_lets_no_more_leave_is_refused_and_recorded(
    town: Town, table: Dataset
) -> None:
    granted(town, asked(town, conditions=Conditions(exports=0)))
    held = run(town, 'open("a.csv", "w").write("area,count\\nnorth,120\\nsouth,200\\n")\n')
    for login in ("judge1", "judge2"):
        code = people.invite(town.house, town.who("operator"), login=login, name=login, organisation=login, roles=["reviewer"])  # fmt: skip
        people.join(town.house, code, PASSWORD)
        town.held[login] = entry.enter(town.house, login, PASSWORD, door="test")[1]
    review.vote(town.house, town.who("judge1"), held.id, True, "")
    with pytest.raises(Refused) as error:
        review.vote(town.house, town.who("judge2"), held.id, True, "")
    assert (error.value.code, codes(error)) == ("release.allowance", {"permit.exports"})
    assert [(r["subject"], r["payload"]["reasons"]) for r in events(town, "refused")] == [(held.id, ["permit.exports"])]  # fmt: skip
    assert (
        review.look(town.house, town.who("operator").actor, held.id).state is ReviewState.PARTIALLY_REVIEWED
    )
    told = notify.listed(town.house, town.who("analyst"))[0].message.text("en")
    assert "ask for a new Permit" in told


@pytest.mark.parametrize("how", ["revoked", "over"])
def test_what_was_made_under_a_permit_that_has_ended_does_not_leave_by_another(
    town: Town, table: Dataset, how: str
) -> None:
    both = {granted(town, asked(town)).id, granted(town, asked(town)).id}
    held = run(town, 'open("a.csv", "w").write("area,count\\nnorth,120\\nsouth,200\\n")\n')
    for login in ("judge1", "judge2"):
        code = people.invite(town.house, town.who("operator"), login=login, name=login, organisation=login, roles=["reviewer"])  # fmt: skip
        people.join(town.house, code, PASSWORD)
        town.held[login] = entry.enter(town.house, login, PASSWORD, door="test")[1]
    review.vote(town.house, town.who("judge1"), held.id, True, "")
    (under,) = held.permits
    assert both - {under}, "the other one would let it leave"
    if how == "revoked":
        grant.revoke(town.house, town.who("operator"), under)
    else:
        ends_now(town, grant.show(town.house, under))
    with pytest.raises(Refused) as error:
        review.vote(town.house, town.who("judge2"), held.id, True, "")
    assert (error.value.code, codes(error)) == ("release.permit", {"permit.ended"})
    handing_on.look_after(town.house)
    assert review.look(town.house, town.who("operator").actor, held.id).state is ReviewState.EXPIRED


def test_a_request_asks_for_stricter_rules_and_its_grantors_sign_them(town: Town, table: Dataset) -> None:
    stricter = Asked(pledged="en", rules={"rounding_base": "10", "file_types": "csv"})
    permit = granted(town, asked(town, besides=stricter))
    rules = permit.conditions.disclosure
    assert (rules.rounding_base, rules.file_types, rules.degrees_of_freedom) == (10, ("csv",), 10)
    assert permit.terms()["conditions"]["disclosure"] == rules.plain()  # type: ignore[index]
    with town.house.database.reading() as connection:
        grant.check_signatures(town.house, connection, permit)
        held = outcome.conditions(connection, submitted(town))
    assert held.disclosure == rules


def test_a_rule_that_is_changed_after_the_grant_breaks_the_signatures(town: Town, table: Dataset) -> None:
    permit = granted(town, asked(town))
    with closing(sqlite3.connect(town.house.folder / "state.db", timeout=30)) as connection, connection:
        connection.execute(
            "UPDATE permits SET conditions = replace(conditions, 'zeros_disclosive\":true', 'zeros_disclosive\":false')"
        )
    changed = grant.show(town.house, permit.id)
    assert not changed.conditions.disclosure.zeros_disclosive
    with town.house.database.reading() as connection, pytest.raises(Tampered):
        grant.check_signatures(town.house, connection, changed)


def test_no_request_is_looser_than_the_sites_rules(town: Town, table: Dataset) -> None:
    settings = town.house.settings.site / "settings.toml"
    settings.write_text("[disclosure]\nsmallest_cell = 20\nrounding_base = 10\n")
    usual = asked(town).conditions
    assert (usual.smallest_cell, usual.disclosure.rounding_base) == (20, 10)
    for wished in (Conditions(smallest_cell=15), Conditions(disclosure=Disclosure(zeros_disclosive=False))):
        with pytest.raises(Invalid):
            asked(town, conditions=wished)
    with pytest.raises(Invalid):
        asked(town, besides=Asked(rules={"rounding_base": 5}))


def test_no_run_begins_under_a_permit_that_is_over(town: Town, table: Dataset) -> None:
    permit = granted(town, asked(town))
    waits = submitted(town)
    ends_now(town, permit)
    assert grant.show(town.house, permit.id).state is PermitState.GRANTED
    found = conduct.run_to_end(town.house, waits.id)
    assert (found.state, found.fault and found.fault.code) == (RunState.FAILED, "permit.ended")
    with pytest.raises(Refused):
        submitted(town)
