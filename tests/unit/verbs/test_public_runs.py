"""The public register: everything in it, nobody named, nothing that was typed."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import time
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from dalgubeol.doors.plain import plain
from dalgubeol.errors import Refused
from dalgubeol.nouns.dataset import Dataset, Sensitivity
from dalgubeol.nouns.permit import Conditions, Purpose, Verdict
from dalgubeol.verbs.airlock import budget
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import public, public_runs
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.runs import submit
from dalgubeol.world.store.paging import every

from .conftest import Town

CANARY = "Hong-Gildong-010-1234-5678"


@pytest.fixture
def used(town: Town, tmp_path: Path) -> tuple[Town, Dataset]:
    """A table whose values and whose users' words are all a canary; one Permit and three Runs, one of them refused."""
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + f"1,{CANARY}\n" * 30)
    house, analyst = town.house, town.who("analyst")
    table = register.add(house, town.who("provider"), path, name="prices", sensitivity=Sensitivity.INTERNAL)
    wished = {"script": f"print('{CANARY}')", "context": f"counts for {CANARY}"}
    with pytest.raises(Refused):
        submit.submit(house, analyst.actor, "analyse", {"data": "prices"}, wished)
    permit = grant.request(
        house, analyst, kinds=["analyse"], names=["prices"], purpose=Purpose.STATISTICS, reason=f"for {CANARY}",
        asked=Asked(environment=f"the desk of {CANARY}", pledged="en"),
    )  # fmt: skip
    for login in ("operator", "provider"):
        grant.decide(house, town.who(login), permit.id, Verdict.GRANT, CANARY)
    for _ in range(2):
        submit.submit(house, analyst.actor, "analyse", {"data": "prices"}, wished)
    submit.submit(house, town.who("provider").actor, "analyse", {"data": "prices"}, wished)
    return town, table


def all_of(town: Town, text: str = "") -> tuple[public_runs.RunEntry, ...]:
    return every(lambda after: public_runs.page(town.house, text, after, 1))


def test_every_run_stands_there_from_the_moment_it_is_asked_for(used: tuple[Town, Dataset]) -> None:
    town, _ = used
    assert [(e.organisation, e.kind, e.datasets, e.purposes, e.outcome) for e in all_of(town)] == [
        ("hospital", "analyse", ("prices",), (), "queued"),
        ("lab", "analyse", ("prices",), (Purpose.STATISTICS,), "queued"),
        ("lab", "analyse", ("prices",), (Purpose.STATISTICS,), "queued"),
    ]
    ids = {run.id for run in submit.listed(town.house, town.who("operator").actor)}
    assert {e.run for e in all_of(town)} == ids


@pytest.mark.parametrize(("text", "count"), [("lab", 2), ("HOSPITAL", 1), ("prices analyse", 3), ("lab hospital", 0), ("", 3)])  # fmt: skip
def test_search_finds_all_that_has_the_words(used: tuple[Town, Dataset], text: str, count: int) -> None:
    town, _ = used
    assert len(all_of(town, text)) == count
    assert len(list(public_runs.runs_csv(town.house, text))) == count + 1


def test_permits_are_found_by_words_and_page_by_page(used: tuple[Town, Dataset]) -> None:
    town, _ = used
    for text, count in (("lab prices", 1), ("nosuch", 0)):
        assert len(every(lambda after, t=text: public.page(town.house, after, 1, t))) == count  # type: ignore[misc]
    assert len(list(public_runs.permits_csv(town.house))) == 2


def test_every_request_stands_there_with_what_came_of_it_and_no_word_of_anybody(
    used: tuple[Town, Dataset],
) -> None:
    town, table = used
    house, analyst = town.house, town.who("analyst")

    def ask(epsilon: float = 0.0) -> str:
        return grant.request(
            house, analyst, kinds=["analyse"], names=["prices"], purpose=Purpose.OTHER_BASIS, reason=f"for {CANARY}",
            evidence=f"a letter of {CANARY}", conditions=Conditions(epsilon=epsilon), asked=Asked(environment=CANARY, pledged="en"),
        ).id  # fmt: skip

    refused, half, withdrawn, undecided, asked = (ask(2.0), *(ask() for _ in range(4)))
    grant.decide(house, town.who("operator"), refused, Verdict.GRANT, CANARY)
    grant.decide(house, town.who("provider"), refused, Verdict.REFUSE, CANARY)
    grant.decide(house, town.who("operator"), half, Verdict.GRANT, CANARY)
    grant.withdraw(house, analyst, withdrawn)
    with closing(sqlite3.connect(house.folder / "state.db", timeout=30)) as db:
        db.execute("UPDATE permits SET valid_until = valid_from WHERE id = ?", [undecided])
        db.commit()
    whole = public.register(house)
    became = {e.permit: str(e.standing) for e in whole if not e.granted}
    assert became == {refused: "refused", half: "requested", withdrawn: "withdrawn-undecided", undecided: "ended-undecided", asked: "requested"}  # fmt: skip
    assert [e.standing for e in whole if e.granted] == ["in-force"]
    one = public.register_entry(house, refused)
    assert (one.organisation, one.purpose, one.kinds, one.datasets) == ("lab", Purpose.OTHER_BASIS, ("analyse",), ((table.id, "prices"),))  # fmt: skip
    assert (one.runs_used, one.epsilon, one.accounts) == (0, 2.0, ()), "what was refused has no account"
    assert [e.permit for e in public.page(house, text="lab refused").items] == [refused]
    assert [e.permit for e in public.found(house, "ended-undecided")] == [undecided]
    assert [e.standing for e in public.entries_for(house, table.id)] == ["in-force"], (
        "asking is no leave to use"
    )
    said = "".join(public_runs.permits_csv(house)) + json.dumps([plain(e) for e in whole], default=str)
    assert {line["permit"]: line["standing"] for line in csv.DictReader(io.StringIO(said.partition("[")[0]))}.items() >= became.items()  # fmt: skip
    persons = [town.who(login).actor.id for login in ("analyst", "operator", "provider")]
    for hidden in (CANARY, "Hong", "letter", *persons):
        assert hidden not in said, hidden


def test_the_csv_and_the_entry_say_what_may_leave_and_what_the_budget_has_told(
    town: Town, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 60)
    register.add(town.house, town.who("provider"), path, name="prices", sensitivity=Sensitivity.INTERNAL)
    permit = grant.request(
        town.house, town.who("analyst"), kinds=["count"], names=["prices"], purpose=Purpose.STATISTICS, reason="to count the rows",
        conditions=Conditions(smallest_cell=12, epsilon=2.0), asked=Asked(pledged="en", rules={"rounding_base": 10}),
    )  # fmt: skip
    for login in ("operator", "provider"):
        grant.decide(town.house, town.who(login), permit.id, Verdict.GRANT)

    def line() -> dict[str, str]:
        [one] = csv.DictReader(io.StringIO("".join(public_runs.permits_csv(town.house))))
        return one

    said = {"smallest_cell": "12", "rounding_base": "10", "dominance_n": "2", "file_types": "csv; json; png; txt", "epsilon_allowed": "2", "delta_allowed": "0"}  # fmt: skip
    assert {name: line()[name] for name in said} == said
    assert line()["epsilon_spent"] == "prices: 0"
    wished = {"groups": {"a": ["1", "2"]}, "epsilon": 0.5, "context": "how many rows there are of each"}
    submit.submit(town.house, town.who("analyst").actor, "count", {"data": "prices"}, wished)
    assert line()["epsilon_spent"] == "prices: 0.5"
    entry = plain(public.register_entry(town.house, permit.id))
    assert entry["accounts"][0]["epsilon_spent"] == 0.5
    assert entry["accounts"][0]["epsilon_left"] == 1.5
    assert budget.told_so_far(town.house, "lab", [permit.datasets[0]])[0].epsilon == 0.5
    assert budget.told_so_far(town.house, "elsewhere", [permit.datasets[0]])[0].epsilon == 0.0


def test_no_person_and_nothing_that_was_typed_stands_there(used: tuple[Town, Dataset]) -> None:
    town, _ = used
    with town.house.database.reading() as connection:
        from dalgubeol.world import identity

        persons = identity.listed(connection)
    shown = json.dumps([plain(e) for e in (*all_of(town), *public.register(town.house))], default=str)
    shown += "".join((*public_runs.runs_csv(town.house), *public_runs.permits_csv(town.house)))
    assert "prices" in shown
    assert "lab" in shown
    for hidden in (CANARY, "Hong", *(p.id for p in persons), *(p.login for p in persons if p.login not in ("analyst", "provider"))):  # fmt: skip
        assert hidden not in shown.replace("site", ""), hidden
    assert all(field not in shown for field in ("submitted_by", "holder", "script", "context", "reason"))


def test_a_trade_secret_goes_by_its_number(town: Town, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    secret = register.add(town.house, town.who("provider"), path, name="new-alloy", trade_secret=True)
    wished = {"script": "pass", "context": "a look at the table"}
    submit.submit(town.house, town.who("provider").actor, "analyse", {"data": "new-alloy"}, wished)
    assert all_of(town)[0].datasets == (secret.id,)
    assert "new-alloy" not in "".join(public_runs.runs_csv(town.house))


def test_a_spreadsheet_takes_nothing_of_it_for_a_formula(town: Town, tmp_path: Path) -> None:
    code = people.invite(town.house, town.who("operator"), login="odd", name="odd", organisation="=cmd|' /C calc'!A0", roles=["provider"])  # fmt: skip
    from dalgubeol.verbs.people import entry

    from .conftest import PASSWORD

    people.join(town.house, code, PASSWORD)
    town.held["odd"] = entry.enter(town.house, "odd", PASSWORD, door="test")[1]
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    register.add(town.house, town.who("odd"), path, name="odd")
    submit.submit(town.house, town.who("odd").actor, "analyse", {"data": "odd"}, {"script": "pass", "context": "a look at the table"})  # fmt: skip
    rows = list(csv.DictReader(io.StringIO("".join(public_runs.runs_csv(town.house)))))
    assert [row["organisation"] for row in rows] == ["'=cmd|' /C calc'!A0"]


def test_a_page_over_20_000_runs_is_quick_and_holds_no_script(used: tuple[Town, Dataset]) -> None:
    town, _ = used
    with closing(sqlite3.connect(town.house.folder / "state.db", timeout=30)) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(runs)")]
        given = {"id": "printf('run-0%06d', n)", "parameters": f"'{{\"script\":\"' || hex(zeroblob({SCRIPT})) || '\"}}'", "state": "'done'"}  # fmt: skip
        chosen = ", ".join(given.get(name, name) for name in columns)
        db.execute(
            f"WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 20000) INSERT INTO runs SELECT {chosen} FROM (SELECT * FROM runs LIMIT 1), counted"
        )
        db.commit()
    public_runs.page(town.house)  # what is looked up once
    begun = time.process_time()
    assert len(public_runs.page(town.house, limit=100).items) == 100
    assert time.process_time() - begun < 0.5
    for work in (
        lambda: public_runs.page(town.house, "nothing-like-this").items,  # goes through all of them
        lambda: sum(1 for _ in public_runs.runs_csv(town.house)),
    ):
        tracemalloc.start()
        found = work()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert found in ((), 20_004)
        assert most < 1000 * 2 * SCRIPT  # less than the scripts of one page of it


SCRIPT = 2000
"""Bytes of each script, twice as many letters."""
