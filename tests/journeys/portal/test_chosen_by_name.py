"""People and Datasets are chosen by name, and what is held says what it waits for: in both languages, by keyboard."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dalgubeol.language import Message, word
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.panel import PanelKind
from dalgubeol.nouns.project import ProjectPart
from dalgubeol.nouns.run import RunState
from dalgubeol.rules.airlock import ReviewState
from dalgubeol.verbs.airlock import review
from dalgubeol.verbs.datasets import choices, register
from dalgubeol.verbs.projects import projects
from dalgubeol.verbs.runs import conduct, submit

from .conftest import Portal, _who

pytestmark = pytest.mark.slow
SHOTS = os.environ.get("DALGU_SHOTS")
TWO_FILES = 'open("a.csv", "w").write("group,count\\na,40\\nb,60\\n")\nopen("b.txt", "w").write("a note")\n'


def shot(page: Page, name: str) -> None:
    """A picture for whoever wants to look, where DALGU_SHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def person(portal: Portal, login: str) -> str:
    house = portal.house()
    return _who(house, login).actor.id


@pytest.mark.parametrize(("language", "width"), [("ko", 1280), ("en", 390)])
def test_a_project_is_opened_with_people_chosen_by_name_and_keyboard(
    portal: Portal, axe: Callable[[Page], list[str]], language: str, width: int
) -> None:
    def said(english: str) -> str:
        return Message(english).text(language)

    page = portal.person("provider", language, width).open("/projects/open")
    page.get_by_label(re.compile(f"^{re.escape(said('Name'))}")).fill("by-name")
    page.get_by_label(said("What for, in your own words?")).fill("to count claims by industry")
    for part, begins in ((ProjectPart.USER, "analyst"), (ProjectPart.REVIEWER, "reviewer1")):
        group = page.get_by_role("group", name=word(part, language), exact=True)
        box = group.get_by_role("checkbox", name=re.compile(f"^{begins}"))
        box.press("Space")
        expect(box).to_be_checked()
    makers = page.get_by_role("group", name=word(ProjectPart.PSEUDONYMISER, language), exact=True)
    expect(makers.get_by_role("checkbox", name=re.compile("^provider"))).to_have_count(1)
    expect(makers.get_by_role("checkbox", name=re.compile("^reviewer1"))).to_have_count(0)
    assert axe(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    shot(page, f"project-open-{language}")
    page.get_by_role("button", name=said("Open the project")).press("Enter")
    page.wait_for_url(re.compile("/projects/project-"), timeout=30_000)
    house = portal.house()
    about = projects.show(house, _who(house, "provider"), "by-name").project
    assert about.named(ProjectPart.USER) == (person(portal, "analyst"),)
    assert about.named(ProjectPart.REVIEWER) == (person(portal, "reviewer1"),)
    assert about.named(ProjectPart.PSEUDONYMISER) == (person(portal, "provider"),)
    page.locator("summary", has_text=said("Name one more person")).press("Enter")
    page.get_by_label(re.compile(f"^{said('part')}")).select_option(ProjectPart.REVIEWER.value)
    who = page.get_by_label(re.compile(f"^{re.escape(said('Who?'))}"))
    expect(who.locator("option", has_text="analyst")).to_have_count(0)
    who.select_option(person(portal, "reviewer2"))
    shot(page, f"project-{language}")
    with page.expect_navigation(timeout=30_000):
        page.get_by_role("button", name=said("Name this person")).press("Enter")
    about = projects.show(house, _who(house, "provider"), "by-name").project
    assert set(about.named(ProjectPart.REVIEWER)) == {person(portal, "reviewer1"), person(portal, "reviewer2")}  # fmt: skip


@pytest.mark.parametrize(("language", "width"), [("ko", 1280), ("en", 390)])
def test_the_dataset_of_a_review_is_chosen_among_those_of_its_project(
    portal: Portal, axe: Callable[[Page], list[str]], tmp_path: Path, language: str, width: int
) -> None:
    def said(english: str) -> str:
        return Message(english).text(language)

    house = portal.house()
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 30)
    for number in range(35):
        register.add(house, _who(house, "provider"), path, name=f"table {number:02}", sensitivity=Sensitivity.PERSONAL)  # fmt: skip
    page = portal.person("provider", language, width).open("/reviews/ask?project=p")
    chooser = page.get_by_label(re.compile(f"^{re.escape(said('Which Dataset?'))}"))
    expect(chooser.locator("option", has_text="claims-p")).to_have_count(1)
    expect(chooser.locator("option", has_text="table 01")).to_have_count(0)
    expect(page.get_by_label(said("Look for a part of its name"))).to_have_count(0)
    page.get_by_label(said("Which review?")).select_option(label=word(PanelKind.RISK, language))
    expect(chooser.locator("option", has_text="table 01")).to_have_count(1)
    expect(chooser.locator("option", has_text="claims-p")).to_have_count(0)
    page.get_by_label(said("Look for a part of its name")).fill("CLAIM")
    expect(chooser.locator("option", has_text="table 01")).to_have_count(0)
    expect(chooser.locator("option", has_text="claims")).to_have_count(1)
    assert axe(page) == []
    shot(page, f"review-ask-{language}")
    page.get_by_role("button", name=said("Ask the panel")).press("Enter")
    expect(page.locator(".dalgu-field-error:not(:empty)")).to_have_text(said("Choose a Dataset"))
    expect(chooser).to_be_focused()


@pytest.mark.parametrize("by", ["name", "id"])
def test_an_address_that_names_a_dataset_chooses_it_in_the_form_by_name_as_by_id(
    portal: Portal, by: str
) -> None:
    house = portal.house()
    claims, other = choices.datasets_named(house, ["claims-p", "claims"])
    wanted, unusable = (getattr(each, by) for each in (claims, other))
    analyst = portal.person("analyst", "en")
    page = analyst.open(f"/run/analyse?dataset={wanted}")
    expect(page.get_by_label(re.compile("^Dataset:"))).to_have_value(claims.id)
    page = analyst.open(f"/run/analyse?dataset={unusable}")
    expect(page.get_by_label(re.compile("^Dataset:"))).to_have_value("")
    page = analyst.open(f"/permits/ask?dataset={wanted}")
    expect(page.locator(".dalgu-chosen li")).to_have_count(1)
    expect(page.locator(".dalgu-chosen li")).to_contain_text("claims-p")
    page = analyst.open("/permits/ask?dataset=there-is-none")
    expect(page.get_by_label("Which Datasets?")).to_be_visible()
    expect(page.locator(".dalgu-chosen li")).to_have_count(0)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_run_whose_files_lack_their_word_does_not_say_that_they_wait_for_a_review(
    portal: Portal, language: str
) -> None:
    house = portal.house()
    analyst = _who(house, "analyst")
    wished = {"script": TWO_FILES, "context": "a.csv: people by group, counted", "release_as": "two"}
    run = submit.submit(house, analyst.actor, "analyse", {"data": "claims-p"}, wished)
    assert conduct.run_to_end(house, run.id).state is RunState.HELD
    found = review.look(house, analyst.actor, run.id)
    assert found.state is ReviewState.DRAFT
    told = {"ko": "반출입 대기(작성 중)", "en": "held in the airlock (draft)"}[language]
    browser = portal.person("analyst", language)
    for address in (
        f"/runs/{run.id}",
        "/runs",
        f"/datasets/{found.dataset}",
        "/datasets",
        "/",
        f"/permits/{run.permits[0]}",
    ):
        page = browser.open(address)
        expect(page.get_by_text(told).first).to_be_visible(timeout=30_000)
        if address in ("/datasets", "/runs"):
            assert page.get_by_text(told).count() == 1, "of others what they wait for"
        shot(page, f"held-{language}-{address.strip('/').split('/')[0] or 'home'}")
    other = portal.person("provider", language).open(f"/runs/{run.id}")  # who may not know of the submission
    expect(other.locator("p[role=status]").first).to_contain_text(
        {"ko": "반출입 대기.", "en": "held."}[language]
    )
