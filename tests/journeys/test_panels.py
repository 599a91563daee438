"""A panel reviews what was pseudonymised: seated, signed, closed with minutes; and nobody uses it before."""

from __future__ import annotations

import io
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from dalgubeol.errors import Invalid, Missing, Refused, Tampered
from dalgubeol.nouns.panel import Finding, Panel, PanelKind, PanelState
from dalgubeol.nouns.permit import Role
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs import entry, history, panels, paperwork, people, prove

from .conftest import PASSWORD, As, Visit
from .test_story import ANALYSE, codes, permitted, pseudonymised

MEMBERS = ("judge1", "judge2", "judge3", "judge4")
MINUTES = "Met on Monday; the risk after processing was asked for and found low."
ANSWERS = {"environment": "the data safe zone"}


@pytest.fixture(autouse=True)
def with_judges(visit: Visit, as_: As) -> None:
    with as_("operator") as site:
        house, operator = site._house, site.who
        for login in MEMBERS:
            code = people.invite(house, operator, login=login, name=f"Judge {login[-1]}", organisation=f"firm {login[-1]}", roles=[Role.REVIEWER])  # fmt: skip
            people.join(house, code, PASSWORD)
            entry.sign_in(replace(house, settings=visit.settings(login)), login, PASSWORD)


def seated(as_: As, members: tuple[str, ...] = MEMBERS[:3], kind: PanelKind = PanelKind.ADEQUACY) -> Panel:
    with as_("provider") as site:
        dataset = "claims" if kind is PanelKind.RISK else "claims-p"
        return panels.open_(
            site._house, site.who, kind, project="p1", dataset=dataset, members=members, answers=ANSWERS if kind is PanelKind.ADEQUACY else None
        )  # fmt: skip


def spoken(as_: As, panel: Panel, findings: str) -> Panel:
    """One letter per member: y(es), n(o)."""
    for login, finding in zip(MEMBERS, findings, strict=False):
        with as_(login) as site:
            word = Finding.ADEQUATE if finding == "y" else Finding.INADEQUATE
            panel = panels.speak(site._house, site.who, panel.id, word, f"I say {finding}.", {"risk": (word.value, "")} if panel.kind is not PanelKind.RISK else None)  # fmt: skip
    return panel


def closed(as_: As, panel: Panel, login: str = "judge1") -> Panel:
    with as_(login) as site:
        return panels.close(site._house, site.who, panel.id, MINUTES)


def reasons_to_analyse(as_: As) -> set[str]:
    with as_("analyst") as site, pytest.raises(Refused) as error:
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)
    return codes(error)


def test_once_reviewers_are_named_nobody_uses_it_before_a_review_found_it_adequate(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    panel = seated(as_)
    assert reasons_to_analyse(as_) == {"review.none"}
    spoken(as_, panel, "yyn")
    assert reasons_to_analyse(as_) == {"review.none"}
    assert closed(as_, panel).state is PanelState.ADEQUATE
    with as_("analyst") as site:
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)
        events = [r["event"] for r in prove.records(site._house, limit=1000) if r["subject"] == panel.id]
    assert events == ["seated", "said", "said", "said", "reviewed"]


def test_what_is_found_inadequate_goes_back_with_its_reasons(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    panel = closed(as_, spoken(as_, seated(as_), "nny"))
    assert panel.state is PanelState.INADEQUATE
    assert reasons_to_analyse(as_) == {"review.inadequate"}
    with as_("provider") as site:
        assert [s.comment for s in panels.look(site._house, site.who, panel.id).seats] == ["I say n.", "I say n.", "I say y."]  # fmt: skip
    again = closed(as_, spoken(as_, seated(as_, MEMBERS), "yyyy"))
    assert again.state is PanelState.ADEQUATE
    with as_("analyst") as site:
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)


def test_members_are_others_than_those_who_make_or_use_it(as_: As) -> None:
    pseudonymised(as_)
    with as_("provider") as site, pytest.raises(Refused) as error:
        panels.open_(site._house, site.who, PanelKind.ADEQUACY, project="p1", dataset="claims-p", members=["provider", "analyst"])  # fmt: skip
    assert codes(error) == {"panel.role", "panel.own", "panel.hands", "panel.number", "project.people"}
    with as_("analyst") as site, pytest.raises(Refused) as error:
        panels.open_(site._house, site.who, PanelKind.ADEQUACY, project="p1", dataset="claims-p", members=MEMBERS)  # fmt: skip
    assert "project.lead" in codes(error)


def test_who_has_judged_takes_no_other_part_in_the_project(as_: As) -> None:
    pseudonymised(as_)
    seated(as_)
    with as_("provider") as site, pytest.raises(Refused) as error:
        site.take_part("p1", "judge1", "pseudonymiser")
    assert codes(error) == {"project.people"}


def test_who_steps_down_counts_no_more_and_three_must_be_left(as_: As) -> None:
    pseudonymised(as_)
    panel = seated(as_, MEMBERS)
    with as_("judge4") as site:
        panels.step_down(site._house, site.who, panel.id, "a cousin of mine works there")
        with pytest.raises(Refused) as error:
            panels.speak(site._house, site.who, panel.id, Finding.ADEQUATE)
        assert codes(error) == {"panel.recused"}
    assert closed(as_, spoken(as_, panel, "yyn")).state is PanelState.ADEQUATE
    few = seated(as_)
    with as_("judge3") as site:
        panels.step_down(site._house, site.who, few.id, "I have seen the data elsewhere")
    spoken(as_, few, "yy")
    with as_("judge1") as site, pytest.raises(Refused) as error:
        panels.close(site._house, site.who, few.id, MINUTES)
    assert codes(error) == {"panel.quorum"}
    with as_("provider") as site:
        assert panels.withdraw(site._house, site.who, few.id).state is PanelState.WITHDRAWN


def test_a_risk_review_is_of_what_goes_in_and_needs_no_committee(as_: As) -> None:
    pseudonymised(as_)
    panel = closed(as_, spoken(as_, seated(as_, MEMBERS[:1], PanelKind.RISK), "y"))
    assert (panel.state, panel.dataset) != (PanelState.INADEQUATE, "claims-p")
    with as_("provider") as site, pytest.raises(Refused) as error:
        panels.open_(
            site._house, site.who, PanelKind.RISK, project="p1", dataset="claims-p", members=MEMBERS[:1]
        )
    assert codes(error) == {"panel.dataset"}


@pytest.mark.parametrize(
    ("answers", "named"), [({"colour": "red"}, "colour"), ({"minutes": "mine"}, "minutes"), ({"left": "x"}, "left")]
)  # fmt: skip
def test_answers_that_the_form_does_not_ask_for_are_told_at_once(as_: As, answers: dict[str, object], named: str) -> None:  # fmt: skip
    with as_("provider") as site, pytest.raises(Invalid, match=named):
        panels.open_(site._house, site.who, PanelKind.ADEQUACY, project="p1", dataset="claims", members=MEMBERS, answers=answers)  # fmt: skip


def test_strangers_see_no_review(as_: As) -> None:
    pseudonymised(as_)
    panel = seated(as_)
    with as_("engineer") as site:
        with pytest.raises(Missing):
            panels.look(site._house, site.who, panel.id)
        assert panels.listed(site._house, site.who) == ()
        with pytest.raises(Missing):
            paperwork.made(site._house, site.who, "register", "p1")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE panel_seats SET finding = 'adequate'",
        "UPDATE panels SET state = 'adequate', object_id = 'ab'",
        "UPDATE panel_seats SET said_at = '2020-01-01'",
    ],
)
def test_a_finding_changed_behind_the_members_backs_lets_nobody_use_it(
    as_: As, visit: Visit, change: str
) -> None:
    pseudonymised(as_)
    permitted(as_)
    closed(as_, spoken(as_, seated(as_), "nnn"))
    with sqlite3.connect(visit.site / "state.db") as connection:
        connection.execute(change)
    connection.close()
    with as_("analyst") as site, pytest.raises((Refused, Tampered)):
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM panel_seats; DELETE FROM panels; DELETE FROM project_people WHERE part = 'reviewer'",
        "UPDATE panels SET state = 'adequate'",
        "UPDATE panels SET state = 'open'",
        "UPDATE panel_seats SET finding = 'adequate'",
        "UPDATE panel_seats SET comment = 'x', person = 'somebody' WHERE person = (SELECT min(person) FROM panel_seats)",
    ],
)
def test_the_check_of_a_site_finds_what_was_changed_about_a_review(
    as_: As, visit: Visit, change: str
) -> None:
    pseudonymised(as_)
    panel = closed(as_, spoken(as_, seated(as_), "nnn"))
    with as_("operator") as site:
        assert list(history.differences(site._house)) == []
    with sqlite3.connect(visit.site / "state.db") as connection:
        connection.executescript(change)
    connection.close()
    with as_("operator") as site:
        assert panel.id in {difference.subject for difference in history.differences(site._house)}


def test_the_papers_tell_what_happened_and_name_the_records_that_prove_it(as_: As) -> None:
    pytest.importorskip("docx", reason="the extra `reports` is not installed")
    import docx

    pseudonymised(as_)
    panel = seated(as_)
    with as_("provider") as site, pytest.raises(Invalid, match="minutes"):
        paperwork.made(site._house, site.who, "adequacy-review", panel.id)  # fmt: skip
    closed(as_, spoken(as_, panel, "yyn"))
    with as_("provider") as site:
        paper = paperwork.made(site._house, site.who, "adequacy-review", panel.id, file_type="docx", language="en")  # fmt: skip
        register = paperwork.made(site._house, site.who, "register", "p1", language="ko").content.decode()
        assert "가명처리 키 차수" in register
        numbers = [r["record"] for r in prove.records(site._house, limit=1000) if r["subject"] == panel.id]
    document = docx.Document(io.BytesIO(paper.content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    for said in (
        MINUTES,
        "the data safe zone",
        "Judge 1 (firm 1)",
        "adequate",
        "- I say y.\n- I say y.\n- I say n.",
    ):
        assert said in cells
    assert {str(number) for number in numbers} <= set(cells)
    assert "가명정보 관리대장" in register
    assert "claims-p" in register
    assert "counting the rows" in register


POLICY = """
project = "p1"
person = "person_no"
[models]
k = 2
diversity = [{ column = "cost", l = 2 }]
[search]
suppression_limit = 0.5
[columns.person_no]
role = "direct identifier"
steps = [{ do = "pseudonym" }]
[columns.age]
role = "quasi-identifier"
steps = [{ do = "generalise", widths = [5, 10] }]
[columns.cost]
role = "sensitive"
"""


def test_the_paper_says_what_the_policy_asked_for_and_what_an_assessment_measured(as_: As) -> None:
    with as_("provider") as site:
        site.run("pseudonymise", {"data": "claims"}, {"policy": POLICY, "name": "claims-p"})
        inputs = {"before": "claims", "after": "claims-p"}
        run = site.run("assess", inputs, {"policy": POLICY, "k": 2, "least": 3})
        assert run.state is RunState.DONE, run
    panel = seated(as_)
    closed(as_, spoken(as_, panel, "yyn"))
    with as_("provider") as site:
        paper = paperwork.made(
            site._house, site.who, "adequacy-review", panel.id, language="en"
        ).content.decode()
    assert "different values of cost in each class, at least (asked and proven)" in paper
    assert "cost: fewest different values in a class" in paper


def test_the_same_by_command_line(as_: As, visit: Visit, tmp_path: Path) -> None:
    pseudonymised(as_)
    answers = tmp_path / "answers.toml"
    answers.write_text('left = ["rare occupations"]\nenvironment = "the zone"\n')
    members = [word for login in MEMBERS[:3] for word in ("--member", login)]
    done = visit.dalgu("provider", "review", "open", "adequacy-review", "p1", "claims-p", *members, "--answers", str(answers), "--json")  # fmt: skip
    panel = json.loads(done.stdout)["id"]
    for login in MEMBERS[:3]:
        done = visit.dalgu(login, "review", "say", panel, "--adequate", "--comment", "fine")
        assert done.returncode == 0, done.stderr
    assert "adequate" in visit.dalgu("judge2", "review", "close", panel, "--minutes", MINUTES).stdout
    assert panel in visit.dalgu("reviewer1", "review", "list").stdout
    written = tmp_path / "review.html"
    done = visit.dalgu("provider", "papers", "make", "adequacy-review", panel, "--type", "html", "-o", str(written))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "rare occupations" in written.read_text()
    again = visit.dalgu("provider", "papers", "make", "adequacy-review", panel, "--type", "html", "-o", str(written))  # fmt: skip
    assert again.returncode == 13
    assert "2025-09" in visit.dalgu("provider", "papers", "list").stdout


def test_whoever_asks_does_not_look_for_milder_judges(as_: As) -> None:
    pseudonymised(as_)
    panel = seated(as_)
    with pytest.raises(Refused) as error:
        seated(as_, MEMBERS[1:])
    assert codes(error) == {"panel.other"}
    with as_("judge1") as site:
        panels.speak(site._house, site.who, panel.id, Finding.INADEQUATE, "too fine")
    with as_("provider") as site, pytest.raises(Refused) as error:
        panels.withdraw(site._house, site.who, panel.id)
    assert codes(error) == {"panel.against"}
    for login in MEMBERS[1:3]:
        with as_(login) as site:
            panels.speak(site._house, site.who, panel.id, Finding.INADEQUATE, "too fine")
    closed(as_, panel)
    again = closed(as_, spoken(as_, seated(as_, MEMBERS), "yyyy"))
    with as_("provider") as site:
        paper = paperwork.made(site._house, site.who, "adequacy-review", again.id, language="en")
    assert "found it inadequate" in paper.content.decode()


@pytest.mark.parametrize(
    "answers",
    [
        {"decision": "adequate", "minutes": MINUTES},
        {"reasons": ["nothing to fear"]},
        {"measured": [{"measure": "highest risk", "before": "1", "after": "0"}]},
        {"purpose": "advertising"},
        {"items": [{"item": "age", "role": "plain", "technique": "none", "effect": ""}]},
    ],
)
def test_nobody_writes_into_a_paper_what_the_panel_or_the_site_says(
    as_: As, answers: dict[str, object]
) -> None:
    pseudonymised(as_)
    panel = seated(as_)
    with as_("provider") as site:
        with pytest.raises(Invalid, match=next(iter(answers))) as error:
            paperwork.made(site._house, site.who, "adequacy-review", panel.id, answers=answers)
        assert error.value.code == "invalid.answers"
        with pytest.raises(Invalid, match=next(iter(answers))):
            panels.open_(site._house, site.who, PanelKind.ADEQUACY, project="p1", dataset="claims-p", members=MEMBERS, answers=answers)  # fmt: skip
        asked = {
            field.name for field in paperwork.lacking(site._house, site.who, "adequacy-review", panel.id)
        }
    assert not asked & {"decision", "minutes", "reasons", "recused"}
