"""The page of a review in a real browser: what whoever asked does where a member is missing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dalgubeol.nouns.panel import PanelKind
from dalgubeol.verbs import panels

from ..answers import RISK
from .conftest import Portal, _who

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


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
