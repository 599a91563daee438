"""Every paper of a project can be made, whatever happened in it, and states what is so."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import Invalid, Refused
from dalgubeol.nouns.panel import Finding, PanelKind
from dalgubeol.verbs.house.clock import day, last_day, local
from dalgubeol.verbs.keeping import vault
from dalgubeol.verbs.papers import paperwork
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.projects import destruction, panels

from .answers import CHECKS
from .answers import RISK as ALL_OF_RISK
from .conftest import JUDGES, As, Visit, open_project
from .test_story import ANALYSE, PSEUDONYMISE, permitted, pseudonymised

pytest.importorskip("docx", reason="the extra `reports` is not installed")

FORMS = ("register", "destruction-register", "provision-contract", "entrustment-contract")
SAID: dict[str, dict[str, object]] = {
    "provision-contract": {"recipient": "lab", "contact": "053-000-0000"},
    "entrustment-contract": {"processor": "the centre"},
}


def read(as_: As, form: str, subject: str = "p1", language: str = "en", login: str = "provider", **said: object) -> str:  # fmt: skip
    """The words of a paper, cell by cell and paragraph by paragraph."""
    import docx

    with as_(login) as site:
        answers = {**SAID.get(form, {}), **said}
        paper = paperwork.made(
            site._house, site.who, form, subject, file_type="docx", language=language, answers=answers
        )
    document = docx.Document(io.BytesIO(paper.content))
    cells = [" | ".join(c.text for c in row.cells) for table in document.tables for row in table.rows]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def with_destructions(as_: As, tmp_path: Path) -> None:
    """One result destroyed and confirmed by another, one not confirmed; and the key, whose backup is up to date."""
    pseudonymised(as_)
    with as_("provider") as site:
        for name in ("gone", "gone-too"):
            site.run("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "name": name})
            site.destroy(name)
        destruction.destroy_key(site._house, site.who, "p1", 1, "the study is over")
    with as_("operator") as site:
        vault.backup(site._house, tmp_path / "vault-backup")
        entries = destruction.page(site._house, site.who).items
        destruction.confirm(
            site._house, site.who, next(e.id for e in entries if e.what.value == "project-key")
        )
        destruction.confirm(site._house, site.who, next(e.id for e in entries if e.what.value == "dataset"))


def test_every_paper_of_a_project_in_which_something_was_destroyed_can_be_made(
    as_: As, tmp_path: Path
) -> None:
    with_destructions(as_, tmp_path)
    with as_("provider") as site:
        for form in FORMS:
            for file_type, language in (("html", "both"), ("pdf", "ko"), ("docx", "en")):
                paper = paperwork.made(
                    site._house, site.who, form, "p1", file_type=file_type, language=language, answers=SAID.get(form, {})
                )  # fmt: skip
                assert len(paper.content) > 1000


def test_the_register_of_destruction_names_people_and_data_and_speaks_korean(as_: As, tmp_path: Path) -> None:
    with_destructions(as_, tmp_path)
    said = read(as_, "destruction-register", language="ko")
    assert "gone (ds-" in said
    assert "p1 #1" in said
    assert "the study is over" in said
    assert "아직 확인되지 않음" in said
    assert "key destroyed" not in said
    assert "person-" not in said


def test_a_register_of_destruction_says_that_nothing_was_destroyed(as_: As) -> None:
    assert "없음" in read(as_, "destruction-register", language="ko")
    assert "none" in read(as_, "destruction-register")


def test_a_sites_own_form_may_have_fewer_columns_and_other_fields(
    as_: As, visit: Visit, tmp_path: Path
) -> None:
    with_destructions(as_, tmp_path)
    folder = visit.site / "forms" / "2026-01"
    folder.mkdir(parents=True)
    (folder / "register.toml").write_text("""
title = { ko = "가", en = "A" }
basis = { ko = "나", en = "B" }
footer = { ko = "다", en = "C" }
[[sections]]
heading = { ko = "라", en = "D" }
[[sections.fields]]
name = "destroyed"
label = { ko = "파기", en = "Destroyed" }
kind = "table"
columns = [{ name = "what", ko = "대상", en = "What" }]
[[sections.fields]]
name = "purpose"
label = { ko = "목적", en = "Purposes" }
kind = "list"
""")
    assert "p1 #1" in read(as_, "register")
    assert "ours alone" in read(as_, "register", purpose=["ours alone"])


def test_the_register_lists_as_provided_only_what_was_granted(as_: As) -> None:
    pseudonymised(as_)
    with as_("analyst") as site:
        asked = site.request(["analyse"], ["claims-p"], purpose="statistics", reason="ONLY ASKED FOR", until="2099-12-31")  # fmt: skip
    assert "ONLY ASKED FOR" not in read(as_, "register")
    with as_("analyst") as site:
        grant.withdraw(site._house, site.who, asked.id)
    granted = permitted(as_)
    said = read(as_, "register")
    assert "ONLY ASKED FOR" not in said
    assert "lab | counting the rows" in said
    assert f"{day(granted.valid_from)} - {last_day(granted.valid_until)}" in said


def test_the_register_says_which_use_was_made_of_which_data_and_how_it_ended(as_: As) -> None:
    pseudonymised(as_)
    with as_("analyst") as site, pytest.raises(Refused):
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)
    said = read(as_, "register", language="ko")
    assert "가명처리: claims → claims-p" in said
    assert "거부" in said


def test_the_register_tells_declared_items_from_those_that_were_processed(as_: As) -> None:
    with as_("provider") as site:
        open_project(site._house, site.who, "declared", items=["age", "blood group"])
        site.run(
            "pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "project": "declared", "name": "declared-p"}
        )
    said = read(as_, "register", "declared")
    assert "not by this name among the declared items: name, person_no, cost" in said
    assert "Declared, and no column by this name: blood group" in said


def test_columns_that_the_project_did_not_declare_are_told_at_the_run(visit: Visit, as_: As) -> None:
    with as_("provider") as site:
        open_project(site._house, site.who, "declared", items=["age", "cost"])
        made = {**PSEUDONYMISE, "project": "declared", "name": "declared-p"}
        run = site.run("pseudonymise", {"data": "claims"}, made)
        few = site.run("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "name": "claims-p"})
    said = visit.dalgu("provider", "runs", "show", run.id).stdout
    assert "Columns that are not among the declared items of the project by name: person_no." in said
    assert "프로젝트가 신고한 항목에 이름이 없는 열: person_no" in visit.dalgu("provider", "runs", "show", run.id, language="ko").stdout  # fmt: skip
    assert "declared items" not in visit.dalgu("provider", "runs", "show", few.id).stdout  # it declares none


def test_a_contract_of_provision_is_of_chosen_data_that_a_review_found_adequate(as_: As) -> None:
    pseudonymised(as_)
    with as_("provider") as site:
        for name in ("unreviewed", "gone"):
            site.run("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "name": name, "recipe": True})
        site.destroy("gone")
    said = read(as_, "provision-contract")
    assert "claims-p" in said
    assert not {word for word in ("unreviewed", "gone") if word in said}
    assert "- age" in said
    with pytest.raises(Invalid, match="dataset"):
        read(as_, "provision-contract", dataset=["unreviewed"])
    assert "claims-p" in read(as_, "provision-contract", dataset=["claims-p"])


def test_under_a_contract_the_parties_sign_and_nobody_gives_an_opinion(as_: As) -> None:
    pseudonymised(as_)
    said = read(as_, "provision-contract", language="ko")
    assert "제공기관 | hospital" in said
    assert "제공받는 자 | lab" in said
    assert "의견" not in said


def test_a_project_that_describes_its_environment_has_a_paper_of_its_risk_review(as_: As) -> None:
    with as_("provider") as site:
        open_project(site._house, site.who, "placed", environment="the safe zone of the centre")
    panel = reviewed_risk(as_, "placed", RISK)
    said = read(as_, "risk-review", panel)
    assert "the safe zone of the centre" in said


POLICY = """
project = "p1"
person = "person_no"
[models]
k = 2
[columns.person_no]
role = "direct identifier"
steps = [{ do = "pseudonym" }]
[columns.age]
role = "quasi-identifier"
steps = [{ do = "generalise", widths = [5, 10] }]
[columns.cost]
role = "sensitive"
[search]
suppression_limit = 0.5
"""
RISK: dict[str, Any] = {name: answer for name, answer in ALL_OF_RISK.items() if name != "items"} | {
    "policy": POLICY
}
"""What it is not opened without; its items come from the policy."""


def reviewed_risk(as_: As, project: str, answers: dict[str, Any]) -> str:
    with as_("provider") as site:
        panel = panels.open_(site._house, site.who, PanelKind.RISK, project=project, dataset="claims", members=["reviewer1"], answers=answers)  # fmt: skip
    with as_("reviewer1") as site:
        panels.speak(site._house, site.who, panel.id, Finding.ADEQUATE, "as planned")
        panels.close(site._house, site.who, panel.id, "Met on Monday; the plan was looked at.")
    return panel.id


def test_a_risk_review_says_of_each_item_what_it_is_why_and_what_is_to_become_of_it(as_: As) -> None:
    panel = reviewed_risk(as_, "p1", RISK)
    said = read(as_, "risk-review", panel, language="ko")
    assert re.search(r"person_no \| 식별자 \| .+ \| 키를 쓴 가명", said)
    assert re.search(r"cost \| 민감속성 \| .+ \| 그대로 유지", said)
    assert re.search(r"name \| .+ \| .+ \| 제외", said)
    assert "정보주체 수 | 400" in said
    assert re.search(r"한 사람을 알아볼 위험의 평균 \| \d+\.\d %", said)
    assert "reviewer1: as planned" in said


@pytest.mark.parametrize("lacks", ["use", "place", "environment", "data_risk", "policy"])
def test_a_risk_review_is_not_opened_while_its_paper_would_be_empty(as_: As, lacks: str) -> None:
    given = {name: answer for name, answer in RISK.items() if name != lacks}
    with pytest.raises(Invalid, match=lacks) as error:
        reviewed_risk(as_, "p1", given)
    assert "--answers" in error.value.next_step.text("en")


def test_half_a_checklist_is_no_answer(as_: As) -> None:
    with pytest.raises(Invalid, match=r"environment \[motive, access, apart, contract, trained\] = yes, no"):
        reviewed_risk(as_, "p1", {**RISK, "environment": {"other_data": "yes"}})


def test_the_paper_of_adequacy_tells_who_said_what_and_how_many_looked_at_each_item(as_: As) -> None:
    with as_("provider") as site:
        site.run("pseudonymise", {"data": "claims"}, {"policy": POLICY, "name": "claims-p"})
        panel = panels.open_(site._house, site.who, PanelKind.ADEQUACY, project="p1", dataset="claims-p", members=JUDGES, answers={"environment": "the zone"})  # fmt: skip
    for login, finding in zip(JUDGES, ("adequate", "adequate", "inadequate"), strict=True):
        with as_(login) as site:
            checks = {"risk": (finding, "too fine")} if finding == "inadequate" else CHECKS
            panels.speak(site._house, site.who, panel.id, Finding(finding), f"word of {login}", checks)
    with as_(JUDGES[0]) as site:
        panels.close(site._house, site.who, panel.id, "Met on Monday; the risk was read.")
    said = read(as_, "adequacy-review", panel.id, language="ko")
    agreeing, dissenting = said.split("다르게 판단한 위원의 의견")
    assert "reviewer1: word of reviewer1" in agreeing
    assert "colleague: word of colleague" in dissenting
    assert "word of colleague" not in agreeing
    assert "부적정: colleague" in said
    assert "위원 3명 중 3명이 답함" in said
    assert said.count("위원 3명 중 2명이 답함") == 5  # who finds it inadequate says why, not of everything
    assert "답하지 않음" not in said
    assert re.search(r"cost \| 민감, 유지", said)
    assert re.search(r"요구한 k \| +\| 2", said)
    assert re.search(r"달성한 k.* \| +\| \d+", said)
    assert re.search(r"제외한 행 / 전체 행 \| +\| [\d,]+ / 400 \(", said)
    assert "정보 손실" in said
    assert re.search(r"한 사람을 알아볼 위험의 평균 \| [\d.]+ % \| [\d.]+ %", said)


def test_the_command_line_names_people_data_and_articles(as_: As, visit: Visit) -> None:
    pseudonymised(as_)
    with as_("reviewer1") as site:
        panel = panels.listed(site._house, site.who)[0]
    for command in (("review", "show", panel.id), ("review", "list")):
        said = visit.dalgu("provider", *command).stdout
        assert "claims-p" in said
        assert "person-" not in said
        assert "ds-" not in said
    assert (
        "개인정보 보호법 제28조의2" in visit.dalgu("provider", "project", "show", "p1", language="ko").stdout
    )


def test_a_paper_is_dated_in_korea(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    """At half past eleven at night in Greenwich it is the next morning in Korea."""
    late = "2026-11-26T23:30:00.000+00:00"
    assert day(late) == "2026-11-27"
    assert local(late) == "2026-11-27 08:30 KST"
    assert last_day("2026-11-27T15:00:00.000+00:00") == "2026-11-27"
    monkeypatch.setattr("dalgubeol.verbs.papers.paperwork.now", lambda: late)
    assert "2026-11-27" in read(as_, "register", "p1", items=["age"])
