"""The page of an accident in a real browser: who must act reads what was reported, sees what is left, and does it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dalgubeol.nouns.record import Event
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.projects import accidents

from .conftest import Portal, _who

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TEXT = "Row 12 is of a rare age and cost"


def test_who_decides_reads_the_report_there_and_is_led_to_the_end(portal: Portal) -> None:
    house = portal.house()
    made = accidents.report(house, _who(house, "analyst"), "claims-p", TEXT)
    waits = portal.person("analyst", "en").open(f"/accidents/{made.id}")
    expect(waits.locator("body")).to_contain_text("The provider of the data or an operator decides")
    expect(waits.get_by_role("button", name="Destroy the data")).to_have_count(0)
    page = portal.person("steward", "ko").open(f"/accidents/{made.id}")
    expect(page.locator("body")).to_contain_text("보고 내용을 읽은 뒤 결정하십시오")
    expect(page.get_by_role("link", name="claims-p")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text(TEXT)
    page.get_by_text("보고 내용", exact=True).click()
    page.get_by_role("button", name="읽기").click()
    expect(page.locator("body")).to_contain_text(TEXT)
    assert [r["actor"] for r in prove.records(house, made.id, limit=100) if r["event"] == Event.VIEWED] == [_who(house, "steward").actor.id]  # fmt: skip
    page.get_by_role("button", name="데이터 파기").first.click()
    page.get_by_role("dialog").get_by_role("button", name="데이터 파기").click()
    expect(page.locator("body")).to_contain_text("결정한 사람이 아닌 다른 사람이", timeout=30_000)
