"""A panel reviews what was pseudonymised: seated, signed, closed with minutes; and nobody uses it before."""

from __future__ import annotations

import io
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from dalgubeol.errors import Invalid, Missing, Refused, Tampered
from dalgubeol.nouns.panel import Finding, Panel, PanelKind, PanelState, Silence
from dalgubeol.nouns.permit import Role
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.history import history, prove
from dalgubeol.verbs.house import clock
from dalgubeol.verbs.papers import paperwork
from dalgubeol.verbs.people import entry, people, waiting
from dalgubeol.verbs.projects import panels, risk_answers, seating, sent_back

from .answers import CHECKS, ITEMS, RISK
from .conftest import PASSWORD, As, Visit
from .test_story import ANALYSE, PSEUDONYMISE, codes, permitted, pseudonymised

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
            site._house, site.who, kind, project="p1", dataset=dataset, members=members, answers=ANSWERS if kind is PanelKind.ADEQUACY else RISK
        )  # fmt: skip


def spoken(as_: As, panel: Panel, findings: str) -> Panel:
    """One letter per member: y(es), n(o)."""
    for login, finding in zip(MEMBERS, findings, strict=False):
        with as_(login) as site:
            word = Finding.ADEQUATE if finding == "y" else Finding.INADEQUATE
            panel = panels.speak(site._house, site.who, panel.id, word, f"I say {finding}.", {**CHECKS, "risk": (word.value, "")} if panel.kind is not PanelKind.RISK else None)  # fmt: skip
    return panel


def closed(as_: As, panel: Panel, login: str = "judge1") -> Panel:
    with as_(login) as site:
        return panels.close(site._house, site.who, panel.id, MINUTES)


def reasons_to_analyse(as_: As) -> set[str]:
    with as_("analyst") as site, pytest.raises(Refused) as error:
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)
    return codes(error)


def test_once_reviewers_are_named_nobody_uses_it_before_a_review_found_it_adequate(as_: As) -> None:
    pseudonymised(as_, reviewed=False)
    permitted(as_)
    panel = seated(as_)
    assert reasons_to_analyse(as_) == {"review.none"}
    spoken(as_, panel, "yyn")
    assert reasons_to_analyse(as_) == {"review.none"}
    assert closed(as_, panel).state is PanelState.ADEQUATE
    with as_("analyst") as site:
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)
        events = [r["event"] for r in prove.records(site._house, limit=1000) if r["subject"] == panel.id]
    assert events == ["seated", "said", "said", "said", *3 * ["said-opened"], "reviewed"]


def test_what_is_found_inadequate_goes_back_with_its_reasons(as_: As) -> None:
    pseudonymised(as_, reviewed=False)
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


def test_nobody_finds_adequate_what_they_have_not_looked_at_item_by_item(as_: As) -> None:
    pseudonymised(as_, reviewed=False)
    panel = seated(as_)
    with as_("judge1") as site:
        for given, lacking in (({}, ", ".join(ITEMS)), ({**CHECKS, "risk": ("", "")}, "risk")):
            with pytest.raises(Invalid) as error:
                panels.speak(site._house, site.who, panel.id, Finding.ADEQUATE, "fine", given)
            assert error.value.detail.text("en").endswith(f"lack an answer: {lacking}.")
            assert "adequate, inadequate" in error.value.next_step.text("en")
        assert panels.look(site._house, site.who, panel.id).seats[0].said_at is None
        panels.speak(site._house, site.who, panel.id, Finding.ADEQUATE, "fine", CHECKS)
    with as_("judge2") as site:  # what makes it inadequate is said, and need not be all
        panels.speak(site._house, site.who, panel.id, Finding.INADEQUATE, "too fine", {"risk": ("inadequate", "")})  # fmt: skip


@pytest.mark.parametrize("has_spoken", [False, True])
def test_a_risk_review_of_before_without_answers_is_asked_for_again(
    as_: As, monkeypatch: pytest.MonkeyPatch, has_spoken: bool
) -> None:
    with (
        monkeypatch.context() as before,
        as_("provider") as site,
    ):  # as an earlier version let it be asked for
        before.setattr(risk_answers, "lacking", lambda *_: [])
        panel = panels.open_(site._house, site.who, PanelKind.RISK, project="p1", dataset="claims", members=MEMBERS[:1])  # fmt: skip
        if has_spoken:
            spoken(as_, panel, "y")
    with as_("judge1") as site:
        if not has_spoken:
            with pytest.raises(Refused) as error:
                panels.speak(site._house, site.who, panel.id, Finding.ADEQUATE, "fine")
            assert codes(error) == {"panel.answers"}
        with pytest.raises(Refused) as error:
            panels.close(site._house, site.who, panel.id, MINUTES)
        assert "panel.answers" in codes(error)
        told = next(r for r in error.value.reasons if r.code == "panel.answers").text("en")
        assert ("use = inside, provided, linked" in told, "asks for it again" in told) == (True, True)
    with as_("provider") as site:
        assert panels.withdraw(site._house, site.who, panel.id).state is PanelState.WITHDRAWN
    assert closed(as_, spoken(as_, seated(as_, MEMBERS[:1], PanelKind.RISK), "y")).state is PanelState.ADEQUATE  # fmt: skip


def test_members_are_others_than_those_who_make_or_use_it(as_: As) -> None:
    pseudonymised(as_, reviewed=False)
    with as_("provider") as site, pytest.raises(Refused) as error:
        panels.open_(site._house, site.who, PanelKind.ADEQUACY, project="p1", dataset="claims-p", members=["provider", "analyst"])  # fmt: skip
    assert codes(error) == {"panel.role", "panel.own", "panel.hands", "panel.number", "project.people"}
    with as_("analyst") as site, pytest.raises(Refused) as error:
        panels.open_(site._house, site.who, PanelKind.ADEQUACY, project="p1", dataset="claims-p", members=MEMBERS)  # fmt: skip
    assert "project.lead" in codes(error)


def test_who_has_judged_takes_no_other_part_in_the_project(as_: As) -> None:
    pseudonymised(as_, reviewed=False)
    seated(as_)
    with as_("provider") as site, pytest.raises(Refused) as error:
        site.take_part("p1", "judge1", "pseudonymiser")
    assert codes(error) == {"project.people"}


def test_who_steps_down_counts_no_more_and_three_must_be_left(as_: As) -> None:
    pseudonymised(as_, reviewed=False)
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
    pseudonymised(as_, reviewed=False)
    panel = closed(as_, spoken(as_, seated(as_, MEMBERS[:1], PanelKind.RISK), "y"))
    assert (panel.state, panel.dataset) != (PanelState.INADEQUATE, "claims-p")
    with as_("provider") as site, pytest.raises(Refused) as error:
        panels.open_(
            site._house,
            site.who,
            PanelKind.RISK,
            project="p1",
            dataset="claims-p",
            members=MEMBERS[:1],
            answers=RISK,
        )
    assert codes(error) == {"panel.dataset"}


@pytest.mark.parametrize(
    ("answers", "named"), [({"colour": "red"}, "colour"), ({"minutes": "mine"}, "minutes"), ({"left": "x"}, "left")]
)  # fmt: skip
def test_answers_that_the_form_does_not_ask_for_are_told_at_once(as_: As, answers: dict[str, object], named: str) -> None:  # fmt: skip
    with as_("provider") as site, pytest.raises(Invalid, match=named):
        panels.open_(site._house, site.who, PanelKind.ADEQUACY, project="p1", dataset="claims", members=MEMBERS, answers=answers)  # fmt: skip


def test_strangers_see_no_review(as_: As) -> None:
    pseudonymised(as_, reviewed=False)
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
    pseudonymised(as_, reviewed=False)
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
    pseudonymised(as_, reviewed=False)
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

    pseudonymised(as_, reviewed=False)
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
        "- Judge 1: I say y.\n- Judge 2: I say y.",
        "- Judge 3: I say n.",
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
    pseudonymised(as_, reviewed=False)
    answers = tmp_path / "answers.toml"
    answers.write_text('left = ["rare occupations"]\nenvironment = "the zone"\n')
    members = [word for login in MEMBERS[:3] for word in ("--member", login)]
    done = visit.dalgu("provider", "review", "open", "adequacy-review", "p1", "claims-p", *members, "--answers", str(answers), "--json")  # fmt: skip
    panel = json.loads(done.stdout)["id"]
    checks = tmp_path / "checks.toml"
    checks.write_text("".join(f'{item} = "adequate"\n' for item in ITEMS))
    for login in MEMBERS[:3]:
        short = visit.dalgu(login, "review", "say", panel, "--adequate", "--comment", "fine")
        assert (short.returncode, "papers, purpose, minimum, techniques, risk, useful" in short.stderr) == (
            11,
            True,
        )
        assert "--checks FILE" in short.stderr
        done = visit.dalgu(login, "review", "say", panel, "--adequate", "--comment", "fine", "--checks", str(checks))  # fmt: skip
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
    pseudonymised(as_, reviewed=False)
    panel = seated(as_)
    with pytest.raises(Refused) as error:
        seated(as_, MEMBERS[1:])
    assert codes(error) == {"panel.other"}
    said(as_, panel, "judge1", Finding.INADEQUATE)
    with as_("provider") as site, pytest.raises(Refused) as error:
        panels.withdraw(site._house, site.who, panel.id)
    assert codes(error) == {"panel.spoken"}
    said(as_, panel, "judge2", Finding.INADEQUATE)
    said(as_, panel, "judge3", Finding.INADEQUATE)
    closed(as_, panel)
    again = closed(as_, spoken(as_, seated(as_, MEMBERS), "yyyy"))
    with as_("provider") as site:
        paper = paperwork.made(site._house, site.who, "adequacy-review", again.id, language="en")
    assert "found it inadequate (0 for, 3 against, 0 stepped down)" in paper.content.decode()


def said(as_: As, panel: Panel, login: str, finding: Finding) -> Panel:
    with as_(login) as site:
        return panels.speak(site._house, site.who, panel.id, finding, f"SECRET of {login}", {**CHECKS, "risk": (finding.value, f"SECRET of {login}")})  # fmt: skip


def test_who_finds_it_inadequate_says_why_and_the_reasons_are_told_to_who_processes_it_again(as_: As) -> None:
    pseudonymised(as_, reviewed=False)
    panel = seated(as_)
    for said_nothing in ({}, {"useful": ("adequate", "")}):
        with as_("judge1") as site, pytest.raises(Invalid) as error:
            panels.speak(site._house, site.who, panel.id, Finding.INADEQUATE, "  ", said_nothing)
        assert error.value.code == "invalid.comment"
    with as_("judge1") as site:
        panels.speak(site._house, site.who, panel.id, Finding.INADEQUATE, "", {"risk": ("inadequate", "too fine")})  # fmt: skip
    with as_("judge2") as site:
        panels.speak(site._house, site.who, panel.id, Finding.INADEQUATE, "no use in it")
    with as_("provider") as site:
        assert (
            sent_back.objections(site._house, panels.look(site._house, site.who, panel.id), "en") == ()
        )  # sealed
    said(as_, panel, "judge3", Finding.ADEQUATE)
    closed(as_, panel)
    with as_("provider") as site:
        found = panels.look(site._house, site.who, panel.id)
        assert sent_back.objections(site._house, found, "en") == (
            "Judge 1: Can nobody be identified in its environment: inadequate (too fine)",
            "Judge 2: no use in it",
        )
        run = sent_back.again(site._house, site.who, found)
        assert run is not None
        assert [each.id for each in sent_back.of_run(site._house, site.who, run)] == [panel.id]
    with as_("analyst") as site:
        assert sent_back.again(site._house, site.who, found) is None
        assert sent_back.of_run(site._house, site.who, run) == ()


def test_stepping_down_breaks_a_quorum_and_gets_rid_of_no_word(as_: As) -> None:
    """Two find it inadequate, the third steps down, and whoever asked seats three others who find it fine."""
    pseudonymised(as_, reviewed=False)
    permitted(as_)
    with as_("operator") as site:
        for login in ("judge5", "judge6"):
            code = people.invite(site._house, site.who, login=login, name=login, organisation=login, roles=[Role.REVIEWER])  # fmt: skip
            people.join(site._house, code, PASSWORD)
            entry.sign_in(replace(site._house, settings=replace(site._house.settings, session=site._house.settings.session.with_name(f"{login}.json"))), login, PASSWORD)  # fmt: skip
    panel = seated(as_)
    said(as_, panel, "judge1", Finding.INADEQUATE)
    said(as_, panel, "judge2", Finding.INADEQUATE)
    with as_("judge3") as site:
        left = panels.step_down(site._house, site.who, panel.id, "no time")
    assert all(
        seat.is_sealed for seat in left.sitting
    )  # a substitute may come, who is to read nothing either
    with as_("provider") as site:
        withdrawn = panels.withdraw(site._house, site.who, panel.id)
        assert withdrawn.state is PanelState.WITHDRAWN
        assert [seat.finding for seat in withdrawn.sitting] == [Finding.INADEQUATE] * 2
    milder = seated(as_, ("judge4", "judge5", "judge3"))
    for login in ("judge4", "judge5", "judge3"):
        said(as_, milder, login, Finding.ADEQUATE)
    assert closed(as_, milder, "judge4").state is PanelState.ADEQUATE  # three of five, and the paper says so
    with as_("provider") as site:
        paper = paperwork.made(
            site._house, site.who, "adequacy-review", milder.id, language="en"
        ).content.decode()
    assert "0 members had found it adequate, 2 inadequate, and 1 had stepped down" in paper
    with as_("analyst") as site:
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)
    # a panel after it is withdrawn with one more word against: three of six is not more than half
    third = seated(as_, ("judge6", "judge1", "judge2"))
    said(as_, third, "judge6", Finding.INADEQUATE)
    for login in ("judge1", "judge2"):
        with as_(login) as site:
            panels.step_down(site._house, site.who, third.id, "no time")
    with as_("provider") as site:
        panels.withdraw(site._house, site.who, third.id)
    assert reasons_to_analyse(as_) == {"review.inadequate"}


def test_the_same_made_once_more_tells_that_it_was_found_inadequate(as_: As) -> None:
    pseudonymised(as_, reviewed=False)
    closed(as_, spoken(as_, seated(as_), "nnn"))
    with as_("provider") as site:
        site.run("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "name": "claims-p2"})
        again = panels.open_(site._house, site.who, PanelKind.ADEQUACY, project="p1", dataset="claims-p2", members=MEMBERS[:3], answers=ANSWERS)  # fmt: skip
    again = closed(as_, spoken(as_, again, "yyy"))
    assert again.state is PanelState.ADEQUATE
    with as_("provider") as site:
        paper = paperwork.made(
            site._house, site.who, "adequacy-review", again.id, language="en"
        ).content.decode()
    assert "another result of the same table" in paper


def test_nobody_reads_what_a_member_finds_before_all_have_spoken(as_: As, visit: Visit) -> None:
    """By the command line, Python, the papers, the history and what is handed out of it."""
    pseudonymised(as_, reviewed=False)
    panel = seated(as_)
    said(as_, panel, "judge1", Finding.INADEQUATE)
    said(as_, panel, "judge2", Finding.ADEQUATE)
    for login in ("judge2", "judge3", "provider", "operator", "reviewer1", "steward"):
        with as_(login) as site:
            for found in (
                panels.look(site._house, site.who, panel.id),
                *panels.listed(site._house, site.who),
            ):
                seats = {s.person: s for s in found.seats}
                others = [s for s in found.seats if s.person != site.who.actor.id]
                assert [(s.finding, s.comment, dict(s.checks), s.signature) for s in others] == [(None, "", {}, None)] * len(others)  # fmt: skip
                assert sum(s.is_sealed for s in others) == (1 if login == "judge2" else 2)
                if login == "judge2":
                    assert seats[site.who.actor.id].finding is Finding.ADEQUATE
        for command in (
            ("review", "show", panel.id),
            ("review", "list"),
            ("review", "show", panel.id, "--json"),
        ):
            done = visit.dalgu(login, *command)
            assert done.returncode == 0, done.stderr
            assert "SECRET of judge1" not in done.stdout
            assert "inadequate" not in done.stdout
    with as_("provider") as site:
        with pytest.raises(Invalid, match="minutes"):
            paperwork.made(site._house, site.who, "adequacy-review", panel.id)
        shown = json.dumps(prove.records(site._house, limit=1000), default=str)
        prove.export(site._house, visit.folder / "while-open")
    handed_out = (visit.folder / "while-open").read_text()
    assert panel.id in handed_out
    for text in (shown, handed_out):
        assert "inadequate" not in text
        assert "said-opened" not in text
    said(as_, panel, "judge3", Finding.INADEQUATE)
    with as_("judge1") as site:
        seats = panels.look(site._house, site.who, panel.id).seats
        assert sum(seat.finding is Finding.INADEQUATE for seat in seats) == 2
        prove.export(site._house, visit.folder / "opened")
    opened = (visit.folder / "opened").read_text()
    assert opened.count("said-opened") >= 3
    assert prove.verify(visit.folder / "opened", (visit.folder / "verifier.key").read_text()).signatures >= 3


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
    pseudonymised(as_, reviewed=False)
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


DAY_S = 86_400


def fortnight_later(monkeypatch: pytest.MonkeyPatch, days: int = 15) -> None:
    """The house's clock, as the panels read it."""
    monkeypatch.setattr(seating, "earlier", lambda seconds: clock.later(days * DAY_S - seconds))


def test_a_member_who_never_answers_holds_a_panel_up_for_two_weeks_and_the_minutes_name_her(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudonymised(as_, reviewed=False)
    permitted(as_)
    panel = seated(as_, MEMBERS)
    spoken(as_, panel, "yyn")
    with as_("judge1") as site, pytest.raises(Refused) as error:
        panels.close(site._house, site.who, panel.id, MINUTES)
    assert codes(error) == {"panel.silent"}
    fortnight_later(monkeypatch)
    with as_("judge1") as site:
        stands = panels.look(site._house, site.who, panel.id)
        assert [s.silence for s in stands.seats if s.silence] == [Silence.LATE]
        assert sum(s.is_sealed for s in stands.seats) == 2  # still nobody reads another's word
    with as_("judge4") as site:
        assert [p.id for p in waiting.waiting(site._house, site.who).panels] == [
            panel.id
        ]  # she may still speak
    ended = closed(as_, panel)
    assert (ended.state, len(ended.sitting)) == (PanelState.ADEQUATE, 3)
    with as_("judge4") as site, pytest.raises(Refused) as error:
        panels.speak(site._house, site.who, panel.id, Finding.INADEQUATE)
    assert "panel.state" in codes(error)
    with as_("provider") as site:
        paper = paperwork.made(site._house, site.who, "adequacy-review", panel.id, language="en").content.decode()  # fmt: skip
        assert "Judge 4 did not speak in time, and was passed over." in paper
        reviewed = next(r for r in prove.records(site._house, limit=1000) if r["event"] == "reviewed")
        judge4 = next(s.person for s in ended.seats if s.silence)
        assert reviewed["payload"]["silent"] == {judge4: "silent"}
        assert list(history.differences(site._house)) == []
    with as_("analyst") as site:
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)


def test_the_days_to_speak_are_a_setting_of_the_site(
    as_: As, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudonymised(as_, reviewed=False)
    (visit.site / "settings.toml").write_text("[reviews]\ndays_to_speak = 60\n")
    panel = seated(as_, MEMBERS)
    spoken(as_, panel, "yyn")
    fortnight_later(monkeypatch)
    with as_("judge1") as site, pytest.raises(Refused) as error:
        panels.close(site._house, site.who, panel.id, MINUTES)
    assert codes(error) == {"panel.silent"}


def test_where_too_few_are_left_a_substitute_is_seated_by_the_same_rules(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudonymised(as_, reviewed=False)
    permitted(as_)
    panel = seated(as_)
    with as_("judge3") as site:
        judge3 = site.who.actor.id
    with as_("operator") as site:
        people.close(site._house, site.who, "judge3")
    spoken(as_, panel, "yn")
    with as_("judge1") as site, pytest.raises(Refused) as error:
        panels.close(site._house, site.who, panel.id, MINUTES)
    assert codes(error) == {"panel.quorum"}
    for leaving, member, expected in (
        ("judge3", "analyst", {"panel.role", "panel.hands", "project.people"}),
        ("judge3", "judge1", {"panel.twice"}),
        ("judge3", "judge3", {"panel.twice", "panel.gone"}),
        ("judge1", "judge4", {"panel.sits"}),
    ):
        with as_("provider") as site, pytest.raises(Refused) as error:
            seating.substitute(site._house, site.who, panel.id, leaving, member)
        assert codes(error) >= expected - {"panel.hands", "project.people"}, (leaving, member)
    with as_("steward") as site, pytest.raises(Refused) as error:
        seating.substitute(site._house, site.who, panel.id, "judge3", "judge4")
    assert codes(error) == {"panel.opener"}
    with as_("provider") as site:
        now = seating.substitute(site._house, site.who, panel.id, "judge3", "judge4")
        assert [s.person for s in now.seats if s.silence] == [judge3]
        assert all(s.is_sealed for s in now.sitting if s.said_at)
        refusals = [r for r in prove.records(site._house, limit=1000) if r["event"] == "refused"]
        assert len([r for r in refusals if r["subject"] == panel.id]) == 6
    said(as_, panel, "judge4", Finding.ADEQUATE)
    assert closed(as_, panel).state is PanelState.ADEQUATE
    with as_("analyst") as site:
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE panel_seats SET recused = 'x' WHERE finding = 'inadequate'",
        "UPDATE panel_seats SET silence = 'silent', finding = NULL WHERE finding = 'inadequate'",
        "DELETE FROM panel_seats WHERE instead_of IS NOT NULL",
    ],
)
def test_nobody_is_passed_over_behind_the_members_backs(
    as_: As, visit: Visit, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Of two words against and two for, one against disappears."""
    pseudonymised(as_, reviewed=False)
    permitted(as_)
    panel = seated(as_)
    said(as_, panel, "judge1", Finding.ADEQUATE)
    said(as_, panel, "judge2", Finding.ADEQUATE)
    fortnight_later(monkeypatch)
    with as_("provider") as site:
        seating.substitute(site._house, site.who, panel.id, "judge3", "judge4")
    monkeypatch.undo()
    said(as_, panel, "judge4", Finding.INADEQUATE)
    closed(as_, panel)
    with as_("operator") as site:
        assert list(history.differences(site._house)) == []
    with sqlite3.connect(visit.site / "state.db") as connection:
        connection.execute(change)
    connection.close()
    with as_("analyst") as site, pytest.raises(Tampered) as error:
        site.submit("analyse", {"data": "claims-p"}, ANALYSE)
    assert error.value.code == "panel.heard"
    with as_("operator") as site:
        assert panel.id in {difference.subject for difference in history.differences(site._house)}


def test_a_withdrawal_that_is_refused_is_a_record(as_: As) -> None:
    pseudonymised(as_, reviewed=False)
    panel = seated(as_)
    said(as_, panel, "judge1", Finding.INADEQUATE)
    with as_("provider") as site:
        with pytest.raises(Refused) as error:
            panels.withdraw(site._house, site.who, panel.id)
        last = [r for r in prove.records(site._house, limit=1000) if r["subject"] == panel.id][-1]
    assert codes(error) == {"panel.spoken"}
    assert (last["event"], last["payload"]["reasons"]) == ("refused", ["panel.spoken"])


def test_a_substitute_by_command_line(as_: As, visit: Visit) -> None:
    pseudonymised(as_, reviewed=False)
    panel = seated(as_)
    done = visit.dalgu("judge3", "review", "step-down", panel.id, "--reason", "a cousin of mine works there")
    assert done.returncode == 0, done.stderr
    done = visit.dalgu("provider", "review", "substitute", panel.id, "--instead-of", "judge3", "--member", "judge4")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "stepped down" in done.stdout
    again = visit.dalgu("provider", "review", "substitute", panel.id, "--instead-of", "judge3", "--member", "reviewer1")  # fmt: skip
    assert again.returncode == 10, again.stderr
