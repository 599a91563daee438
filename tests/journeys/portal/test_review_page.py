"""The page of a review in a real browser: what whoever asked does where a member is missing."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dalgubeol.language import Message, word
from dalgubeol.nouns.panel import Finding, PanelKind
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.papers import paperwork
from dalgubeol.verbs.projects import panels, risk_answers
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.conduct import run_to_end

from ..answers import RISK
from ..conftest import JUDGES, MINUTES, open_project
from .conftest import Portal, _who

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def declared(portal: Portal) -> tuple[str, str]:
    """A result with a column that its project does not declare: the Run that made it, and its review."""
    house = portal.house()
    provider = _who(house, "provider")
    open_project(house, provider, "declared", items=["age"])
    wished = {"project": "declared", "person": "person_no", "quasi": ["age"], "name": "declared-p"}
    run = submit.submit(house, provider.actor, "pseudonymise", {"data": "claims"}, wished)
    assert run_to_end(house, run.id).state is RunState.DONE
    asked = panels.open_(house, provider, PanelKind.ADEQUACY, project="declared", dataset="declared-p", members=JUDGES)  # fmt: skip
    return run.id, asked.id


def test_undeclared_columns_are_seen_at_the_run_and_by_who_reviews_who_answers_every_check(
    portal: Portal,
) -> None:
    run, review = declared(portal)
    expect(portal.person("provider", "en").open(f"/runs/{run}").locator("body")).to_contain_text("not among the declared items of the project by name: person_no.")  # fmt: skip
    page = portal.person("reviewer1", "ko").open(f"/reviews/{review}")
    expect(page.locator("body")).to_contain_text("항목에 이름이 없는 열: person_no")
    page.get_by_label("목적을 이룰 수 있는가").select_option("adequate")
    page.get_by_role("button", name="적정합니다", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("답이 없는 항목: 필요한 서류가 갖추어졌는가")
    expect(dialog).not_to_contain_text("목적을 이룰 수 있는가")
    assert panels.look(portal.house(), _who(portal.house(), "reviewer1"), review).seats[0].said_at is None


def test_whoever_asked_seats_a_substitute_on_the_page_of_the_review(portal: Portal) -> None:
    house = portal.house()
    asked = panels.open_(house, _who(house, "provider"), PanelKind.RISK, project="p", dataset="claims", members=["reviewer1"], answers=RISK)  # fmt: skip
    panels.step_down(house, _who(house, "reviewer1"), asked.id, "a cousin of mine works there")
    page = portal.person("provider", "en").open(f"/reviews/{asked.id}")
    expect(page.get_by_role("link", name="claims", exact=True)).to_be_visible()  # by its name
    chooser = page.get_by_label("Who takes it?", exact=False)
    chooser.select_option(_who(house, "reviewer2").actor.id)
    page.get_by_role("button", name="Seat the substitute").click()
    expect(page.get_by_role("heading", name="Seat a substitute")).to_have_count(0, timeout=30_000)
    expect(page.get_by_role("table").first).to_contain_text("stepped down")
    expect(page.get_by_role("button", name="Withdraw the review")).to_be_visible()


POLICY = """project = "p"
person = "person_no"
[models]
k = 2
[columns.person_no]
role = "direct identifier"
steps = [{do = "pseudonym"}]
[columns.age]
role = "quasi-identifier"
steps = [{do = "generalise", widths = [5, 10]}]
"""


@pytest.mark.parametrize(("language", "width"), [("ko", 1280), ("en", 390)])
def test_a_risk_review_is_asked_for_with_every_answer_that_its_paper_needs(portal: Portal, language: str, width: int) -> None:  # fmt: skip
    def said(english: str) -> str:
        return Message(english).text(language)

    page = portal.person("provider", language, width).open("/reviews/ask?project=p&dataset=claims")
    page.get_by_label(said("Which review?")).select_option(label=word(PanelKind.RISK, language))
    chosen = page.get_by_label(said("Which Dataset?")).locator("option:checked")
    expect(chosen).to_have_text(re.compile("^claims "))
    member = page.get_by_role("checkbox", name=re.compile("^reviewer1"))
    member.press("Space")
    expect(member).to_be_checked()
    page.locator("summary", has_text=said("For a risk review: the plan, the data and where it is used")).press("Enter")  # fmt: skip
    policy = page.get_by_label(said("The policy that is planned"))
    policy.fill(POLICY)
    ask = page.get_by_role("button", name=said("Ask the panel"))
    ask.press("Enter")
    dialog = page.get_by_role("dialog")  # nothing else is answered yet
    expect(dialog).to_contain_text("data_risk", timeout=30_000)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(policy).to_have_value(POLICY)  # and nothing is lost
    for field in risk_answers.form_fields():
        asked, answer = (field.options, "no") if field.kind == "checklist" else ((field,), field.options[0].name)  # fmt: skip
        for item in asked if field.kind in ("checklist", "choice") else ():
            page.get_by_label(item.label.said(language), exact=True).select_option(answer)
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    ask.press("Enter")
    page.wait_for_url(re.compile("/reviews/panel-|/reviews/(?!ask)"), timeout=30_000)
    for shown in (said("Items, and what is to become of them"), said("Risk as it stands"), "person_no", "name", "age", "cost"):  # fmt: skip
        expect(page.get_by_text(shown, exact=True).first).to_be_attached(timeout=30_000)
    assert "Person 1" not in page.content()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_contract_is_of_datasets_that_are_chosen_among_those_found_adequate(portal: Portal, language: str) -> None:  # fmt: skip
    docx = pytest.importorskip("docx", reason="the extra `reports` is not installed")
    house = portal.house()
    who = _who(house, "provider")
    run = submit.submit(house, who.actor, "pseudonymise", {"data": "claims"}, {"project": "p", "person": "person_no", "quasi": ["age"], "name": "unreviewed"})  # fmt: skip
    ends = time.monotonic() + 60
    while submit.show(house, who.actor, run.id).state is not RunState.DONE and time.monotonic() < ends:
        time.sleep(0.2)
    asked = {field.name: field for field in paperwork.lacking(house, who, "provision-contract", "p")}
    page = portal.person("provider", language).open("/papers/provision-contract/p")
    chooser = page.get_by_role("group", name=asked["dataset"].label.said(language))
    expect(chooser.get_by_role("checkbox")).to_have_count(1)
    expect(chooser).not_to_contain_text("unreviewed")
    make = page.get_by_role("button", name="DOCX")
    make.press("Enter")
    expect(
        page.locator(".dalgu-field-error:not(:empty)").first
    ).to_be_visible()  # what only we know is needed
    chosen = chooser.get_by_role("checkbox", name=re.compile("claims-p"))
    chosen.press("Space")
    expect(chosen).to_be_checked()
    for field in asked.values():
        if field.needed and field.kind == "text":
            page.get_by_label(field.label.said(language)).fill("053-000-0000" if field.name == "contact" else "lab")  # fmt: skip
    with page.expect_download(timeout=60_000) as taken:
        make.press("Enter")
    paper = docx.Document(io.BytesIO(Path(taken.value.path()).read_bytes()))
    text = "\n".join([*(p.text for p in paper.paragraphs), *(c.text for t in paper.tables for row in t.rows for c in row.cells)])  # fmt: skip
    assert "claims-p" in text
    assert "unreviewed" not in text


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_was_found_inadequate_goes_back_to_the_wizard_with_its_reasons(
    portal: Portal, language: str
) -> None:
    def said(english: str) -> str:
        return Message(english).text(language)

    run, review = declared(portal)
    house = portal.house()
    for login in JUDGES:
        panels.speak(house, _who(house, login), review, Finding.INADEQUATE, "ages too fine" if login == JUDGES[0] else "", {"risk": ("inadequate", "four alike")})  # fmt: skip
    panels.close(house, _who(house, JUDGES[0]), review, MINUTES)
    page = portal.person("provider", language).open(f"/reviews/{review}")
    expect(page.get_by_role("heading", name=said("Why it is to be processed again"))).to_be_visible()
    expect(page.locator("body")).to_contain_text("ages too fine")
    page.get_by_role("link", name=said("Process it again, with changes")).press("Enter")
    page.wait_for_url(re.compile(f"/run/pseudonymise.*like={run}"))
    note = page.get_by_role("note").first
    expect(note).to_contain_text("ages too fine", timeout=30_000)
    expect(note).to_contain_text("four alike")
    step = page.locator(".dalgu-step").nth(2)  # quasi-identifiers and values
    expect(step).to_have_attribute("aria-current", "step")
    expect(page.get_by_role("heading", name=f"3. {said('Quasi-identifiers and values')}")).to_be_visible()
    elsewhere = portal.person("steward", language).open(
        f"/reviews/{review}"
    )  # of the same provider, not whose Run it is
    expect(elsewhere.locator("body")).to_contain_text("ages too fine")
    expect(elsewhere.get_by_role("link", name=said("Process it again, with changes"))).to_have_count(0)
