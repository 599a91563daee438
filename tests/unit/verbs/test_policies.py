"""A draft of a policy fits the table it was drafted for; a check says what would be done, and tells no value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import Invalid, Missing, Refused
from dalgubeol.methods.privacy.policy.policy_text import parsed
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.permit import Purpose
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.projects import policies, projects
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.conduct import run_to_end

NAME = "김비밀"


@pytest.fixture
def claims(town: Any, tmp_path: Path) -> Any:
    path = tmp_path / "claims.csv"
    rows = (
        f"{n},{NAME},{1960 + n % 40}-0{1 + n % 9}-11,{20 + n % 30},대구 수성구 범어동 {n},0.{n}\n"
        for n in range(100, 300)
    )
    path.write_text("person_no,name,birth,age,address,hours\n" + "".join(rows))
    return register.add(
        town.house, town.who("provider"), path, name="claims", sensitivity=Sensitivity.PERSONAL
    )


def test_a_draft_says_why_and_fits_and_runs(town: Any, claims: Any) -> None:
    who = town.who("provider")
    text = policies.draft(town.house, who, "claims", "prevention", "ko")
    assert NAME not in text
    assert "# " in text.split("[columns.age]")[0].splitlines()[-1]
    policy = parsed(text)
    assert policy.person == "person_no"
    assert policy.goes("name")
    assert policy.quasi == ("birth", "age", "address")
    said = " ".join(m.text("en") for m in policies.check(town.house, who, "claims", text))
    assert "Does not go out: name." in said
    assert NAME not in said
    projects.open_(
        town.house,
        who,
        name="prevention",
        purpose=Purpose.STATISTICS,
        reason="how often people are hurt",
        until="2099-12-31",
    )
    ended = run_to_end(
        town.house,
        submit.submit(town.house, who.actor, "pseudonymise", {"data": "claims"}, {"policy": text}).id,
    )
    assert ended.state is RunState.DONE, ended.fault
    looks = [line["event"] for line in prove.records(town.house, about=claims.id)]
    assert looks.count("viewed") == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[columns.hours]", "[columns.ours]", "ours"),
        ("widths = [5.0, 10.0, 20.0]", "widths = [5, 7]", "larger multiple"),
        ("widths = [5.0, 10.0, 20.0]", "widths = [5], at_most = 3", "0..2"),
        ('dates = ["month", "year", "decade"]', 'dates = ["year", "month"]', "grow coarser"),
    ],
)
def test_what_a_run_would_stumble_over_is_said_before(
    town: Any, claims: Any, old: str, new: str, said: str
) -> None:
    who = town.who("provider")
    text = policies.draft(town.house, who, "claims", "prevention")
    assert old in text
    with pytest.raises(Invalid) as raised:
        policies.check(town.house, who, "claims", text.replace(old, new))
    assert said in str(raised.value)


SEARCHED = """project = "prevention"
person = "person_no"
[models]
k = 5
[search]
suppression_limit = 0.05
[columns.person_no]
role = "direct identifier"
steps = [{do = "pseudonym"}]
[columns.age]
role = "quasi-identifier"
steps = [{do = "generalise", widths = [5, 10]}]
[columns.hours]
role = "sensitive"
"""
AGES = '[hierarchies.ages]\ncsv = """\n20;young;*\n21;young;*\n"""\n'


def test_a_check_tells_what_the_search_comes_to(town: Any, claims: Any) -> None:
    said = " ".join(
        m.text("en") for m in policies.check(town.house, town.who("provider"), "claims", SEARCHED)
    )
    assert "leaves out 0 of 200 rows" in said
    assert "the smallest class holds 6 persons" in said


def test_a_check_says_that_its_search_had_not_ended(
    town: Any, claims: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dalgubeol.methods.privacy import anonymity

    ended = anonymity.optimum
    monkeypatch.setattr(anonymity, "optimum", lambda *a, **k: replace(ended(*a, **k), proven=False))
    said = " ".join(
        m.text("en") for m in policies.check(town.house, town.who("provider"), "claims", SEARCHED)
    )
    assert "A search of 10 s leaves out 0 of 200 rows" in said
    assert "It had not ended" in said


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("widths = [5, 10]", 'hierarchy = "ages"', "invalid.policy.columns.age.hierarchy", "28 values of column age (188 rows)"),
        ("k = 5", "k = 100", "invalid.suppression_limit", ""),
        ("k = 5\n", 'k = 5\n[[models.diversity]]\ncolumn = "hours"\nl = 201\n', "invalid.l", "the table has 200"),
        ("suppression_limit = 0.05", 'suppression_limit = 1\nrecoding = "local"', "invalid.recoding", "average risk"),
    ],
)  # fmt: skip
def test_what_the_search_of_a_run_would_stumble_over_is_said_before(
    town: Any, claims: Any, old: str, new: str, code: str, said: str
) -> None:
    text = SEARCHED.replace(old, new)
    if "hierarchy" in new:
        text += AGES
    elif code == "invalid.suppression_limit":  # the coarsest that is allowed holds fewer
        text = text.replace("widths = [5, 10]", "widths = [5, 10], at_most = 1")
    elif code == "invalid.recoding":
        text = text.replace("k = 5", "k = 5\naverage_risk = 0.1")
    with pytest.raises(Invalid) as raised:
        policies.check(town.house, town.who("provider"), "claims", text)
    assert raised.value.code == code
    assert said in str(raised.value)


def test_whose_table_it_is_not_gets_neither(town: Any, claims: Any) -> None:
    text = policies.draft(town.house, town.who("provider"), "claims", "prevention")
    with pytest.raises((Refused, Missing)):
        policies.draft(town.house, town.who("analyst"), "claims", "prevention")
    with pytest.raises((Refused, Missing)):
        policies.check(town.house, town.who("analyst"), "claims", text)


def test_a_table_without_quasi_identifiers_gets_no_draft(town: Any, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("steel,zinc\n" + "".join(f"0.{n},1.{n}\n" for n in range(100, 150)))
    register.add(town.house, town.who("provider"), path, name="prices", sensitivity=Sensitivity.INTERNAL)
    with pytest.raises(Invalid, match="by hand"):
        policies.draft(town.house, town.who("provider"), "prices", "p")


def test_a_population_is_given_in_a_slot_of_its_own(town: Any, claims: Any, tmp_path: Path) -> None:
    who = town.who("provider")
    path = tmp_path / "census.csv"
    path.write_text("age,persons\n" + "".join(f"{age},{100 + age}\n" for age in range(15, 60)))
    register.add(town.house, who, path, name="census", sensitivity=Sensitivity.INTERNAL)
    projects.open_(
        town.house, who, name="prevention", purpose=Purpose.STATISTICS, reason="how often people are hurt", until="2099-12-31"
    )  # fmt: skip
    text = (
        'project = "prevention"\nperson = "person_no"\n[models]\nk_map = 500\npopulation_count = "persons"\n'
        '[columns.person_no]\nrole = "direct identifier"\n'
        '[columns.age]\nrole = "quasi-identifier"\nsteps = [{do = "generalise", widths = [5, 10, 20]}]\n'
    )
    runs = [
        run_to_end(
            town.house, submit.submit(town.house, who.actor, "pseudonymise", inputs, {"policy": text}).id
        )
        for inputs in ({"data": "claims", "population": "census"}, {"data": "claims"})
    ]
    assert [run.state for run in runs] == [RunState.DONE, RunState.FAILED], runs[0].fault
    assert runs[1].fault is not None
    assert runs[1].fault.code == "invalid.population"
    with pytest.raises(Invalid, match="census-of-mars"):
        submit.submit(
            town.house,
            who.actor,
            "pseudonymise",
            {"data": "claims", "census-of-mars": "census"},
            {"policy": text},
        )
