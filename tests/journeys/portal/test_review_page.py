"""The page of a review in a real browser: what whoever asked does where a member is missing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dalgubeol.nouns.panel import PanelKind
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs import panels, submit
from dalgubeol.verbs.conduct import run_to_end

from ..answers import RISK
from ..conftest import JUDGES, open_project
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
