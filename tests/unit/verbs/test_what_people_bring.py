"""What tables of clinics hold, and what people are told: days and numbers as they are written, numbers of persons by
other names, and next steps that cure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import Conflict, Invalid, Refused
from dalgubeol.methods.privacy.policy.policy_text import built, parsed
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.permit import Purpose
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.projects import policies, projects, proposals
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.conduct import run_to_end

POLICY = """edition = 1
project = "clinic"
person = "person_no"
[models]
k = 2
[search]
suppression_limit = 0.5
[columns.person_no]
role = "direct identifier"
steps = [{do = "pseudonym"}]
[columns.age]
role = "quasi-identifier"
steps = [{do = "generalise", widths = [10]}]
"""


def bring(town: Any, folder: Path, text: str, name: str = "clinic") -> Any:
    path = folder / f"{name}.csv"
    path.write_text(text)
    return register.add(town.house, town.who("provider"), path, name=name, sensitivity=Sensitivity.PERSONAL)


def open_project(town: Any) -> None:
    projects.open_(town.house, town.who("provider"), name="clinic", purpose=Purpose.STATISTICS, reason="how often people are hurt", until="2099-12-31")  # fmt: skip


def people(values: Any, head: str = "person_no,age", rows: int = 60) -> str:
    return head + "\n" + "".join(f"P{n:03d},{values(n)}\n" for n in range(rows))


def submitted(town: Any, kind: str, inputs: dict[str, str], **parameters: Any) -> Any:
    return submit.submit(town.house, town.who("provider").actor, kind, inputs, parameters)


def test_a_draft_of_days_and_numbers_as_korea_writes_them_passes_the_check(town: Any, tmp_path: Path) -> None:
    bring(
        town,
        tmp_path,
        people(
            lambda n: (
                f'{1950 + n % 40}년 {1 + n % 12}월 {1 + n % 27}일,{30 + n % 9}세,"{1 + n % 3},{n % 10}00,000"'
            ),
            "환자번호,생년월일,나이,월급여",
        ),
    )
    who = town.who("provider")
    text = policies.draft(town.house, who, "clinic", "clinic")
    policy = parsed(text)
    assert policy.generalisation("생년월일").forms == ("dates",)
    assert policy.generalisation("나이").forms == ("widths",)
    assert policies.check(town.house, who, "clinic", text)
    cut = text.replace('[columns."월급여"]\nrole = "quasi-identifier"', '[columns."월급여"]\nrole = "quasi-identifier"\nsteps = [{do = "round", base = 500000}, {do = "generalise", widths = [1000000]}]')  # fmt: skip
    assert cut != text
    assert policies.check(town.house, who, "clinic", cut)


def test_a_draft_proposes_nothing_that_the_check_refuses_and_counts_what_speaks_against_it(
    town: Any, tmp_path: Path
) -> None:
    bring(town, tmp_path, people(lambda n: "모름" if n == 7 else "비밀이다" if n == 8 else str(30 + n % 9)))
    who = town.who("provider")
    text = policies.draft(town.house, who, "clinic", "clinic")
    assert policies.check(town.house, who, "clinic", text)
    assert "2 distinct values of column age are no numbers" in text
    with pytest.raises(Invalid, match="2 distinct values of column age are no numbers") as error:
        policies.check(town.house, who, "clinic", POLICY)
    assert "비밀" not in str(error.value)


def test_what_is_no_number_in_the_next_delivery_is_suppressed_where_that_is_asked(
    town: Any, tmp_path: Path
) -> None:
    bring(town, tmp_path, people(lambda n: str(30 + n % 9)))
    bring(town, tmp_path, people(lambda n: "모름" if n < 2 else str(30 + n % 9)), "next")
    open_project(town)
    first = run_to_end(town.house, submitted(town, "pseudonymise", {"data": "clinic"}, policy=POLICY, recipe=True, name="first").id)  # fmt: skip
    assert first.state is RunState.DONE, first.fault
    asked = {"project": "clinic", "suppression_limit": 0.5}
    inputs = {"data": "next", "recipe": "first-recipe"}
    refused = run_to_end(town.house, submitted(town, "pseudonymise-again", inputs, **asked).id)
    assert refused.state is RunState.FAILED
    assert "no numbers" in refused.fault.message
    done = run_to_end(town.house, submitted(town, "pseudonymise-again", inputs, **asked, unknown="suppress").id)  # fmt: skip
    assert done.state is RunState.DONE, done.fault


@pytest.mark.parametrize("name", ["차트번호", "등록번호", "MRN", "수진자번호", "접수번호", "환자등록번호"])
def test_a_number_of_a_patient_counts_persons_whatever_it_is_called(
    town: Any, tmp_path: Path, name: str
) -> None:
    bring(town, tmp_path, f"{name},나이\n" + "".join(f"{1000 + n % 20},{30 + n % 9}\n" for n in range(60)))
    who = town.who("provider")
    assert parsed(policies.draft(town.house, who, "clinic", "clinic")).person == name


@pytest.mark.parametrize("name", ["차량등록번호", "사업자등록번호", "문서접수번호"])
def test_a_number_of_a_thing_does_not(town: Any, tmp_path: Path, name: str) -> None:
    bring(town, tmp_path, f"{name},나이\n" + "".join(f"{1000 + n % 20},{30 + n % 9}\n" for n in range(60)))
    found = {p.column: p.what for p in proposals.proposals(town.house, town.who("provider"), "clinic")}
    assert found[name] != "person-number"


def test_one_row_is_named_by_its_columns_and_no_k_is_asked_that_cannot_be(town: Any, tmp_path: Path) -> None:
    bring(town, tmp_path, "person_no,age\nP001,44\n")
    who = town.who("provider")
    text = policies.draft(town.house, who, "clinic", "clinic")
    assert parsed(text).person == "person_no"
    with pytest.raises(Invalid) as error:
        policies.check(town.house, who, "clinic", text)
    assert "at most 1" not in str(error.value)


def test_a_check_looks_at_k_and_at_the_project(town: Any, tmp_path: Path) -> None:
    bring(town, tmp_path, people(lambda n: str(30 + n % 9)))
    who = town.who("provider")
    with pytest.raises(Invalid, match="No class can have 5000 persons: the table has 60"):
        policies.check(town.house, who, "clinic", POLICY.replace("k = 2", "k = 5000"))
    assert "There is no project 'clinic'" in policies.check(town.house, who, "clinic", POLICY)[-1].text("en")
    with pytest.raises(Refused) as error:
        submitted(town, "pseudonymise", {"data": "clinic"}, policy=POLICY)
    assert "project open" in str(error.value.next_step)
    assert "permit" not in str(error.value.next_step)
    open_project(town)
    assert not any("no project" in m.text("en") for m in policies.check(town.house, who, "clinic", POLICY))


def test_a_policy_that_is_wrong_at_the_run_is_said_in_one_sentence(town: Any, tmp_path: Path) -> None:
    bring(town, tmp_path, people(lambda n: str(30 + n % 9)))
    with pytest.raises(Invalid) as error:
        submitted(town, "pseudonymise", {"data": "clinic"}, policy=POLICY.replace("role = ", "rol = ", 1))
    assert ".." not in error.value.detail.text("en")
    assert "policy check" in str(error.value.next_step)
    assert "rol" in error.value.detail.text("en")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('role = "direct', 'rol = "direct', "rol: it is not known; there are: role, steps"),
        ("[models]", "[model]", "model: it is not known; there are: edition, project, person, models"),
        ("k = 2", "k = 2\nkk = 3", "kk: it is not known; there are: k, k_map"),
        ("widths = [10]", "width = [10]", "width: it is not known; there are: do, widths"),
    ],
)
def test_a_mistyped_name_is_named_with_those_that_there_are(old: str, new: str, said: str) -> None:
    with pytest.raises(Invalid) as error:
        parsed(POLICY.replace(old, new, 1))
    assert said in error.value.detail.text("en")


def test_lines_of_a_hierarchy_may_have_commas_and_a_doubled_value_has_its_line(
    town: Any, tmp_path: Path
) -> None:
    bring(town, tmp_path, people(lambda n: str(30 + n % 2)))
    text = POLICY.replace("widths = [10]", 'hierarchy = "ages"') + '[hierarchies.ages]\ncsv = """\n30,30s,*\n31,30s,*\n"""\n'  # fmt: skip
    who = town.who("provider")
    assert policies.check(town.house, who, "clinic", text)
    assert built(parsed(text).model_dump()) == parsed(text)
    with pytest.raises(Invalid) as error:
        policies.check(town.house, who, "clinic", text.replace("31,30s,*\n", "31,30s,*\n30,30s,*\n"))
    assert "line 3 stands on line 1 already" in str(error.value)


def test_the_same_asked_twice_is_named_and_not_made_twice(town: Any, tmp_path: Path) -> None:
    bring(town, tmp_path, people(lambda n: str(30 + n % 9)))
    open_project(town)

    def ask(**more: Any) -> Any:
        return submitted(town, "pseudonymise", {"data": "clinic"}, policy=POLICY, name="out", **more)

    run = ask()
    with pytest.raises(Conflict, match=run.id) as error:
        ask()
    assert error.value.code == "run.same"
    with pytest.raises(Conflict) as error:
        ask(recipe=True)
    assert error.value.code == "run.name"
    assert run_to_end(town.house, run.id).state is RunState.DONE
    with pytest.raises(Conflict, match=run.id) as error:
        ask()
    assert error.value.code == "run.same"
    with pytest.raises(Conflict) as error:
        ask(recipe=True)
    assert error.value.code == "dataset.name"


def test_a_delivery_that_lacks_a_column_is_told_which(town: Any, tmp_path: Path) -> None:
    bring(town, tmp_path, people(lambda n: str(30 + n % 9)))
    bring(town, tmp_path, "person_no,height\n" + "".join(f"P{n:03d},{n}\n" for n in range(60)), "next")
    open_project(town)
    run_to_end(town.house, submitted(town, "pseudonymise", {"data": "clinic"}, policy=POLICY, recipe=True, name="first").id)  # fmt: skip
    failed = run_to_end(town.house, submitted(town, "pseudonymise-again", {"data": "next", "recipe": "first-recipe"}, project="clinic").id)  # fmt: skip
    assert failed.state is RunState.FAILED
    assert "Give a table with {columns}" in failed.fault.next_step
    assert "age" in failed.fault.next_step


@pytest.mark.parametrize("language", ["ko", "en"])
def test_evidence_is_in_one_language(town: Any, tmp_path: Path, language: str) -> None:
    bring(town, tmp_path, people(lambda n: f"010-1234-56{n:02d}", "person_no,phone"))
    found = proposals.proposals(town.house, town.who("provider"), "clinic")
    said = " ".join(e.text(language) for p in found if p.column == "phone" for e in p.evidence)
    assert ("전화번호" in said) is (language == "ko")
    assert ("phone number" in said) is (language == "en")


def test_a_spreadsheet_that_is_called_csv_is_told_what_it_is(town: Any, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["person_no", "age"])
    book.save(tmp_path / "t.xlsx")
    (tmp_path / "t.xlsx").rename(tmp_path / "renamed.csv")
    with pytest.raises(Invalid, match="spreadsheet"):
        register.add(town.house, town.who("provider"), tmp_path / "renamed.csv", name="t", sensitivity=Sensitivity.PERSONAL)  # fmt: skip
