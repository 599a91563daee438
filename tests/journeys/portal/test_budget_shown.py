"""The privacy budget that is spent is shown to whoever asks for more, and to everybody in the public register."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Page, expect

from dalgubeol.nouns.permit import Conditions, Purpose, Verdict
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.runs import submit

from .conftest import Portal, _who

pytestmark = pytest.mark.slow
pytest.importorskip("opendp", reason="the extra `noise` is not installed")
SHOTS = os.environ.get("DALGU_SHOTS")


def shot(page: Page, name: str) -> None:
    """A picture for whoever wants to look, where DALGU_SHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_is_spent_is_shown_before_one_asks_and_in_the_register(portal: Portal, language: str) -> None:
    house = portal.house()
    analyst = _who(house, "analyst")
    permit = grant.request(
        house, analyst, kinds=["count"], names=["claims-p"], purpose=Purpose.STATISTICS, reason="counting with noise",
        until="2099-12-31", conditions=Conditions(epsilon=2.0), asked=Asked(pledged="en"),
    )  # fmt: skip
    for decider in ("operator", "steward"):
        grant.decide(house, _who(house, decider), permit.id, Verdict.GRANT)
    wished = {"groups": {"age": ["20~24"]}, "epsilon": 0.5, "context": "how many persons are of that age"}
    submit.submit(house, analyst.actor, "count", {"data": "claims-p"}, wished)
    said = {
        "ko": re.compile(
            "소속 기관이 claims에 대한 잡음 섞인 답에 쓴 프라이버시 예산은 엡실론 0.5, 델타 0입니다"
        ),
        "en": re.compile("have told your organisation of claims so far: epsilon 0.5, delta 0"),
    }[language]
    page = portal.person("analyst", language).open(f"/permits/ask?dataset={permit.datasets[0]}")
    expect(page.get_by_text(said)).to_be_visible(timeout=30_000)
    shot(page, f"ask-budget-{language}")
    stranger = portal.person("engineer", language).open(f"/permits/ask?dataset={permit.datasets[0]}")
    expect(stranger.get_by_text(re.compile("0.5"))).to_have_count(1)  # what everybody together has been told
    register = portal.person(None, language).open(f"/register/{permit.id}")
    expect(register.get_by_text(re.compile(r"0\.5\D+2\D+1\.5|2\D+0\.5\D+1\.5"))).to_be_visible()
    shot(register, f"register-budget-{language}")
