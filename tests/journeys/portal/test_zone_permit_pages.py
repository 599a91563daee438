"""Permits of the zone in a browser: asked for with items and pledge, signed later, and seen by anybody in the register."""

from __future__ import annotations

import csv
import io
import os
import re

import httpx
import pytest
from playwright.sync_api import expect

from dalgubeol.language import Message
from dalgubeol.verbs.house.titles import kind_title
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.runs import submit

from ..conftest import PASSWORD
from .conftest import CANARY, Portal, _who

pytestmark = pytest.mark.slow


def picture(page: object, name: str) -> None:
    """For whoever wants to look: a folder in DALGU_PICTURES."""
    if folder := os.environ.get("DALGU_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_colleagues_are_chosen_by_name_and_nobody_of_another_organisation_is_offered(
    portal: Portal, language: str
) -> None:
    house = portal.house()
    for organisation, number in (("lab", 1), ("lab", 2), ("elsewhere", 3)):
        login = f"{language}{number}"
        code = people.invite(house, _who(house, "operator"), login=login, name=f"Kim {language} {number}", organisation=organisation, roles=["analyst"])  # fmt: skip
        people.join(house, code, PASSWORD)
    page = portal.person("analyst", language).open("/permits/ask")
    said = Message("Who works under it besides you?").text(language)
    group = page.get_by_role("group", name=re.compile(f"^{re.escape(said)}"))
    expect(group.get_by_role("checkbox", name=re.compile(f"^Kim {language}"))).to_have_count(2)
    expect(
        group.get_by_role("checkbox", name=re.compile("^(analyst|provider|operator|steward)"))
    ).to_have_count(0)
    colleague = group.get_by_role("checkbox", name=f"Kim {language} 2")
    colleague.press("Space")
    expect(colleague).to_be_checked()
    page.get_by_label(Message("Which Datasets?").text(language)).fill("claims-p")
    page.locator(".dalgu-found-one", has_text="claims-p").first.click()
    page.get_by_label(kind_title("analyse").text(language)).check()
    page.get_by_label(Message("What for, in your own words?").text(language)).fill(
        "to count injuries by industry"
    )
    page.get_by_role("button", name=Message("Send the request").text(language)).click()
    page.wait_for_url(re.compile("/permits/permit-"), timeout=30_000)
    made = grant.listed(house)[0]
    assert made.application is not None
    assert made.application.people == (_who(house, f"{language}2").actor.id,)
    expect(page.get_by_text(f"Kim {language} 2").first).to_be_visible()


def test_an_analyst_asks_for_two_columns_and_signs(portal: Portal) -> None:
    analyst = portal.person("analyst")
    page = analyst.open("/permits/ask")
    page.get_by_label("어떤 데이터셋입니까?").fill("claims-p")
    page.locator(".dalgu-found-one", has_text="claims-p").first.click()
    page.get_by_label("스크립트로 분석").check()
    page.get_by_label("무엇에 쓰려고 합니까?").fill("산업별 재해를 세어 예방에 쓰려고 합니다")
    page.get_by_label("어떤 항목(열)이 필요합니까?").fill("claims-p: nosuch")
    page.get_by_text("직접 작성한 코드를 처음 실행하기 전에").click()
    expect(page.get_by_text("반출입 심사를 거치지 않고는")).to_be_visible()
    page.get_by_label("서약서를 읽었으며 이 신청과 함께 서명합니다.").check()
    picture(page, "ask-ko")
    page.get_by_role("button", name="신청 보내기").click()
    expect(page.locator(".dalgu-field", has_text="어떤 항목(열)이 필요합니까?")).to_contain_text(
        "claims-p의 항목"
    )
    page.get_by_label("어떤 항목(열)이 필요합니까?").fill("claims-p: age")
    page.get_by_role("button", name="신청 보내기").click()
    expect(page.get_by_text("서약함")).to_be_visible(timeout=10_000)
    expect(page.get_by_text("claims-p: age")).to_be_visible()
    picture(page, "permit-ko")
    made = grant.listed(portal.house())[0]
    assert made.application is not None
    assert list(made.application.items.values()) == [("age",)]
    assert len(made.pledges) == 1


def test_who_has_not_signed_reads_the_pledge_on_the_page_and_signs(portal: Portal) -> None:
    house = portal.house()
    permit = grant.request(
        house, _who(house, "analyst"), kinds=["analyse"], names=["claims-p"], purpose=grant.Purpose.STATISTICS,
        reason="to count the rows", asked=Asked(),
    )  # fmt: skip
    page = portal.person("analyst", "en").open(f"/permits/{permit.id}")
    expect(page.get_by_text("I take nothing out except through the airlock")).to_be_visible()
    page.get_by_role("button", name="I have read it, and sign it").click()
    expect(page.get_by_text("signed the pledge")).to_be_visible(timeout=10_000)
    picture(page, "pledged-en")
    assert [p.language for p in grant.show(house, permit.id).pledges] == ["en"]


def test_anybody_reads_the_register_of_runs_and_takes_it_home(portal: Portal) -> None:
    house = portal.house()
    ids = {run.id for run in submit.listed(house, _who(house, "operator").actor)}
    for language in ("ko", "en"):
        visitor = portal.person(None, language)
        page = visitor.open("/register/runs")
        for run in ids:
            expect(page.get_by_text(run)).to_be_visible()
        assert CANARY not in page.content()
        picture(page, f"runs-{language}")
    page.fill("#filter-q", "nosuch")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No Run is like that.")).to_be_visible()
    page.goto(portal.server.url + "/register/runs")
    with page.expect_download() as taken:
        page.get_by_text("All of these as CSV").click()
    text = taken.value.path().read_text(encoding="utf-8-sig")
    assert {row["run"] for row in csv.DictReader(io.StringIO(text))} == ids
    listed = httpx.get(portal.server.url + "/api/v1/register/runs", params={"limit": 1}).json()
    assert len(listed["items"]) == 1
    assert listed["next"]
