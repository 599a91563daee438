"""The author of held files takes a safe version with one click: made of what waits, it goes to the reviewers instead."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.runs import submit
from dalgubeol.world.store import runs

from .conftest import Portal, _who
from .desk import ARTEFACTS

pytestmark = pytest.mark.slow
SMALL = """
import csv
rows = [("north", 120), ("south", 204), ("east", 3), ("west", 73), ("total", 400)]
csv.writer(open("t.csv", "w", newline="")).writerows([("area", "n"), *rows])
"""
WORDS = {
    "ko": ("제안된 안전한 판", "반올림한 판 제출", "제출됨"),
    "en": ("Safe versions that were proposed", "Submit the rounded version", "submitted"),
}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_author_takes_a_safe_version_with_one_click(
    portal: Portal, axe: Callable[[Page], list[str]], language: str
) -> None:
    proposed, button, state = WORDS[language]
    house = portal.house()
    wished = {"script": SMALL, "context": "people by area, counted", "release_as": "areas"}
    run = submit.submit(house, _who(house, "analyst").actor, "analyse", {"data": "claims-p"}, wished)
    _held(portal, run.id)
    author = portal.person("analyst", language)
    page = author.open(f"/airlock/{run.id}")
    expect(page.get_by_role("heading", name=proposed)).to_be_visible()
    page.wait_for_timeout(700)  # what fades in has no contrast yet
    assert axe(page) == []
    _shot(page, f"safe-version-{language}")
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/runs/run-*", timeout=60_000)
    made = page.url.rsplit("/", 1)[1]
    _held(portal, made)
    page = author.open(f"/airlock/{made}")
    expect(page.locator(".dalgu-state-submitted")).to_contain_text(state, ignore_case=True)
    _shot(page, f"safe-version-taken-{language}")
    expect(author.open(f"/airlock/{run.id}").locator(".dalgu-state-withdrawn")).to_be_visible()
    assert author.faults == []


def _held(portal: Portal, run: str) -> None:
    """Wait until the serving site has carried it out."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with portal.house().database.reading() as connection:
            state = runs.find(connection, run).state
        if state.ended or state is RunState.HELD:
            break
        time.sleep(0.5)
    assert state is RunState.HELD


def _shot(page: Page, name: str) -> None:
    folder = Path(ARTEFACTS)
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
