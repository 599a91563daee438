"""A form of an edition, filled in, is one document."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dalgubeol.errors import Invalid, Missing
from dalgubeol.methods.papers import form as forms
from dalgubeol.methods.papers.document import Clause, Facts, Grid, Signature, Signatures, signature_grid
from dalgubeol.methods.report.markup import Words

TODAY = date(2026, 11, 27)
CONTRACT = {
    "provider": "달성정밀", "recipient": "연구실", "dataset": "산재자료", "items": ["나이", "지역"],
    "purpose": "산업재해 예방 연구", "until": "2027-03-31", "contact": "센터",
}  # fmt: skip
TINY = """
title = { ko = "가", en = "A" }
basis = { ko = "나", en = "B" }
footer = { ko = "다", en = "C" }
[[sections]]
heading = { ko = "라", en = "D" }
[[sections.fields]]
name = "who"
label = { ko = "누구", en = "Who" }
needed = true
"""


@pytest.mark.parametrize("name", forms.names())
def test_every_shipped_form_can_be_read_and_asks_for_something(name: str) -> None:
    form = forms.form(name, TODAY)
    assert form.edition == "2025-09"
    assert list(form.fields())


def test_the_papers_of_the_procedure_are_there() -> None:
    assert set(forms.names()) == {
        "register", "risk-review", "adequacy-review", "provision-contract", "entrustment-contract",
        "export-review", "accident-report", "destruction-register",
    }  # fmt: skip


def test_answers_stand_in_the_articles_of_a_contract_with_the_right_particles() -> None:
    document = forms.fill(forms.form("provision-contract", TODAY), CONTRACT, number="p-1", on=TODAY)
    clauses = [part for section in document.sections for part in section.parts if isinstance(part, Clause)]
    assert [clause.number for clause in clauses] == list(range(1, 9))
    assert clauses[0].said.ko == "연구실은 산재자료를 다음 목적으로만 이용한다: 산업재해 예방 연구."
    assert "{" not in "".join(clause.said.ko + clause.said.en for clause in clauses)


def test_braces_that_somebody_typed_are_not_filled_in() -> None:
    answers = {**CONTRACT, "purpose": "{provider.__class__} {0}"}
    document = forms.fill(forms.form("provision-contract", TODAY), answers, number="p-1", on=TODAY)
    clause = next(part for s in document.sections for part in s.parts if isinstance(part, Clause))
    assert "{provider.__class__} {0}" in clause.said.en


def test_all_that_lacks_is_named_at_once() -> None:
    with pytest.raises(Invalid, match=r"recipient, items, until, contact"):
        forms.fill(
            forms.form("provision-contract", TODAY),
            {"provider": "a", "dataset": "b", "purpose": "c"},
            number="p-1",
            on=TODAY,
        )


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ({"nothing": "x"}, "nothing"),
        ({"items": "no list"}, "items"),
        ({"items": [{"colour": "red"}]}, "items"),
        ({"decision": "perhaps"}, "decision"),
        ({"checks": {"papers": ("perhaps", "")}}, "checks"),
        ({"checks": {"weather": ("adequate", "")}}, "checks"),
        ({"members": ["a name"]}, "members"),
        ({"purpose": {"a": 1}}, "purpose"),
    ],
)
def test_an_answer_of_the_wrong_shape_is_named(answers: dict[str, object], named: str) -> None:
    good = {
        "project": "p", "purpose": "q", "environment": "r", "dataset": "s", "minutes": "t", "decision": "adequate",
        "items": [{"item": "age"}], "measured": [{"measure": "k"}],
    }  # fmt: skip
    review = forms.form("adequacy-review", TODAY)
    forms.fill(review, good, number="a-1", on=TODAY)
    with pytest.raises(Invalid, match=named):
        forms.fill(review, {**good, **answers}, number="a-1", on=TODAY)


def test_the_parties_of_a_contract_have_each_a_place_to_sign() -> None:
    document = forms.fill(forms.form("provision-contract", TODAY), CONTRACT, number="p-1", on=TODAY)
    (signed,) = [part for s in document.sections for part in s.parts if isinstance(part, Signatures)]
    assert [(each.role.en, each.name, each.said) for each in signed.rows] == [
        ("Provider", str(CONTRACT["provider"]), ""), ("Recipient", str(CONTRACT["recipient"]), ""),
    ]  # fmt: skip
    assert "Says" not in [
        column.en for column in signature_grid(signed.rows).columns if isinstance(column, Words)
    ]


def test_what_is_not_needed_leaves_room_to_write() -> None:
    form = forms.form("export-review", TODAY)
    said = {"linkage": "l", "applicant": "a", "purpose": "p", "agency": "x", "dataset": "d", "minutes": "m", "decision": "adequate"}  # fmt: skip
    document = forms.fill(form, said, number="x", on=TODAY)
    (signed,) = [part for s in document.sections for part in s.parts if isinstance(part, Signatures)]
    assert signed.rows == (Signature(Words("서명", "Signature")),)


def test_a_table_that_is_known_to_be_empty_says_so_and_an_unknown_one_leaves_room() -> None:
    form = forms.form("destruction-register", TODAY)
    for answers, first in (({"destroyed": []}, Words("없음", "none")), ({}, "")):
        document = forms.fill(form, {"project": "p", **answers}, number="x", on=TODAY)
        (grid,) = [part for s in document.sections for part in s.parts if isinstance(part, Grid)]
        assert grid.rows[0][0] == first


def test_what_a_house_knows_is_cut_to_what_the_form_asks_for() -> None:
    facts = {"destroyed": [{"what": "a", "colour": "red"}], "project": ["no text"], "weather": "fine"}
    assert forms.fitting(forms.form("destruction-register", TODAY), facts) == {"destroyed": [{"what": "a"}]}


def test_a_checklist_shows_every_item_answered_or_not() -> None:
    answers = {
        "project": "p", "purpose": "q", "dataset": "s", "use": "inside", "decision": "adequate", "minutes": "Met.",
        "items": [{"item": "age", "role": Words("식별가능정보", "quasi")}], "data_risk": {"direct": ("no", "checked")},
    }  # fmt: skip
    document = forms.fill(forms.form("risk-review", TODAY), answers, number="r-1", on=TODAY)
    grids = [part for s in document.sections for part in s.parts if isinstance(part, Grid)]
    checks = next(grid for grid in grids if grid.caption.en == "Checklist of the data")
    assert len(checks.rows) == 7
    assert checks.rows[0][1:] == (Words("없음", "no"), "checked")
    assert checks.rows[1][1:] == (Words("답하지 않음", "not answered"), "")
    whole = next(grid for grid in grids if grid.caption.en == "Checklist of the environment")
    assert {row[1] for row in whole.rows} == {""}  # nobody was asked: room to write


def test_a_houses_own_edition_goes_before_the_shipped_one_from_its_day_on(tmp_path: Path) -> None:
    for edition in ("2024-02", "2027-01"):
        (tmp_path / edition).mkdir()
        (tmp_path / edition / "register.toml").write_text(TINY)
    assert forms.editions(tmp_path) == ("2024-02", "2025-09", "2027-01")
    assert forms.form("register", date(2026, 11, 27), tmp_path).edition == "2025-09"
    assert forms.form("register", date(2027, 1, 1), tmp_path).title == Words("가", "A")
    assert forms.form("register", date(2025, 8, 31), tmp_path).edition == "2024-02"
    assert forms.form("register", date(1999, 1, 1), tmp_path).edition == "2024-02"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("title", "titel"), "title"),
        (('name = "who"', 'name = "Wer 1"'), "name"),
        (("needed = true", 'kind = "picture"'), "kind"),
        (("needed = true", 'kind = "table"'), "choose"),
        (("needed = true", "color = 1"), "color"),
        (('heading = { ko = "라", en = "D" }', 'heading = "D"'), "heading"),
        (("[[sections]]", "[[sections"), "TOML"),
    ],
)
def test_a_form_that_cannot_be_used_says_where(change: tuple[str, str], said: str) -> None:
    forms.parsed("tiny", "2030-01", TINY)
    with pytest.raises(Invalid, match=said):
        forms.parsed("tiny", "2030-01", TINY.replace(*change))


def test_a_clause_may_only_name_fields_of_its_form() -> None:
    clause = (
        '[[sections.clauses]]\nheading = { ko = "가", en = "A" }\ntext = { ko = "{who}", en = "{whom}" }\n'
    )
    with pytest.raises(Invalid, match="whom"):
        forms.parsed("tiny", "2030-01", TINY + clause)


@pytest.mark.parametrize("name", ["nothing", "../register", "Register", ""])
def test_a_form_that_is_not_there_is_missing(name: str) -> None:
    with pytest.raises(Missing):
        forms.form(name, TODAY)


def test_fields_stand_in_the_order_of_the_form() -> None:
    document = forms.fill(forms.form("provision-contract", TODAY), CONTRACT, number="p-1", on=TODAY)
    facts = document.sections[0].parts[0]
    assert isinstance(facts, Facts)
    assert [label.en for label, _ in facts.rows][:3] == ["Provider", "Recipient", "Pseudonymised information"]
