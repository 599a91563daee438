"""Bringing files into the zone in a browser: an analyst offers a table, two reviewers let it in, everybody sees its name."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dalgubeol.errors import Missing
from dalgubeol.verbs.airlock import bringing
from dalgubeol.world.store import reviews

from .conftest import Portal, _who

pytestmark = pytest.mark.slow
SHOTS = os.environ.get("DALGU_SHOTS")


def shot(page: Page, name: str) -> None:
    """A picture for whoever wants to look, where DALGU_SHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_table_is_offered_approved_by_two_and_named_in_the_register(
    portal: Portal, tmp_path: Path, language: str
) -> None:
    said = {
        "ko": (
            "반입 신청",
            "파일 열기",
            "승인: 반입해도 됩니다",
            "승인",
            "반입되었습니다",
            "반입되기 전에는 이 파일을 거두어들일 수 있습니다",
            "반출되기 전에는",
        ),
        "en": (
            "Offer them",
            "Open the files",
            "Approve: it may come in",
            "Approve",
            "It has come in",
            "as long as nobody has let them in",
            "let them out",
        ),
    }[language]
    table = tmp_path / "codes.csv"
    table.write_text("code,region\n11,north\n26,south\n")
    analyst = portal.person("analyst", language)
    page = analyst.open("/airlock")
    page.locator("a[href='/bring-in']").click()
    page.set_input_files("input[type=file]", table)
    word = page.locator("textarea").first
    word.wait_for(timeout=30_000)
    word.fill("codes of regions, from the statistics office")
    word.blur()
    shot(page, f"offer-{language}")
    page.get_by_role("button", name=said[0]).click()
    page.wait_for_url("**/runs/run-*", timeout=60_000)
    run = page.url.rsplit("/", 1)[1]
    waits(portal, run)
    own = analyst.open(f"/airlock/{run}")
    expect(own.get_by_text(said[5])).to_be_visible()
    expect(own.get_by_text(said[6])).to_have_count(0)
    shot(own, f"own-{language}")
    for login in ("reviewer1", "reviewer2"):
        desk = portal.person(login, language).open(f"/airlock/{run}")
        if login == "reviewer1":
            shot(desk, f"desk-{language}")
        desk.get_by_role("button", name=said[1]).click(timeout=60_000)
        expect(desk.get_by_text("south")).to_be_visible()
        desk.get_by_role("button", name=said[2]).click()
        desk.get_by_role("dialog").get_by_role("button", name=said[3], exact=True).click()
    expect(desk.locator(".dalgu-state-released")).to_contain_text(said[4], timeout=30_000)
    shot(desk, f"done-{language}")
    queue = portal.person("reviewer1", language).open("/airlock")
    expect(queue.get_by_role("link", name="codes.csv")).to_be_visible()
    shot(queue, f"queue-{language}")
    house = portal.house()
    [permit] = bringing.permits_for(house, _who(house, "analyst"))
    register = portal.person(None, language).open(f"/register/{permit.id}")
    expect(register.get_by_text("codes.csv")).to_be_visible()
    shot(register, f"register-{language}")


def waits(portal: Portal, run: str) -> None:
    """Until the scan has put it before the reviewers."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        with suppress(Missing), portal.house().database.reading() as connection:
            reviews.find(connection, run)
            return
        time.sleep(0.5)
    raise AssertionError("the scan has not ended")
