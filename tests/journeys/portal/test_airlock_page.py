"""Reviewers in real browsers: they vote blind, at the same moment too, and no stranger's word acts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .conftest import CANARY, Person, Portal

pytestmark = pytest.mark.slow
APPROVE, DECLINE = "승인: 나가도 됩니다", "반려: 나갈 수 없습니다"


def opened(person: Person, context: str) -> Page:
    """The submission with that context, its files open."""
    page = person.open("/airlock")
    page.get_by_role("link", name=context).first.click()
    page.get_by_role("button", name="파일 열기").click()
    page.get_by_role("heading", name="파일 1:").last.wait_for()
    return page


def asked(page: Page, button: str, comment: str = "") -> None:
    """The vote up to the question whether one is sure."""
    if comment:
        page.get_by_label("작성자에게 남길 말").fill(comment)
    page.get_by_role("button", name=button).click()
    page.get_by_role("dialog").get_by_role("button", name=button[:2], exact=True).wait_for()


def sure(page: Page, button: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=button[:2], exact=True).click()


def test_a_vote_is_not_in_what_the_other_browser_gets_before_its_own(portal: Portal) -> None:
    first, second = portal.person("reviewer1"), portal.person("reviewer2")
    one, two = opened(first, "coarse"), opened(second, "coarse")
    asked(one, DECLINE, "secret-word-7c1")
    sure(one, DECLINE)
    expect(one.get_by_text("secret-word-7c1")).to_be_visible()
    expect(two.get_by_text("2명 가운데 1명이 투표했습니다")).to_be_visible()
    seen = "".join(second.frames) + two.content() + two.request.get(second.url + "/airlock").text()
    assert "secret-word-7c1" not in seen
    assert first.page.url in two.url
    asked(two, APPROVE)
    sure(two, APPROVE)
    expect(two.get_by_text("secret-word-7c1")).to_be_visible()
    expect(two.locator(".dalgu-state-reviewed")).to_be_visible()
    three = portal.person("reviewer3")
    last = opened(three, "coarse")
    assert "secret-word-7c1" not in "".join(three.frames) + last.content(), "nor does a third know it"
    asked(last, DECLINE)
    sure(last, DECLINE)
    expect(last.locator(".dalgu-state-returned")).to_contain_text("반출되지 않았습니다")


def test_two_browsers_that_vote_at_once_are_both_heard_and_a_third_is_told(portal: Portal) -> None:
    people = [portal.person(login) for login in ("reviewer1", "reviewer2", "reviewer3")]
    pages = [opened(person, "coarse") for person in people]
    for page in pages:
        asked(page, APPROVE)
    for page in pages[:2]:  # the click returns before the vote is cast
        page.get_by_role("dialog").get_by_role("button", name="승인", exact=True).evaluate("b => b.click()")
    expect(pages[0].locator(".dalgu-state-released")).to_be_visible(timeout=20_000)
    sure(pages[2], APPROVE)
    told = pages[2].get_by_role("alertdialog")
    expect(told).to_contain_text("이미 결정되었습니다")
    expect(told).to_contain_text("review.decided")
    run = pages[0].url.rsplit("/", 1)[1]
    with portal.house().database.reading() as connection:
        from dalgubeol.world.store import reviews

        assert [vote.approve for vote in reviews.find(connection, run).votes] == [True, True]


def test_one_reviewer_in_two_browsers_has_one_vote(portal: Portal) -> None:
    pages = [opened(portal.person("reviewer1"), "coarse") for _ in range(2)]
    for page in pages:
        asked(page, APPROVE)
    for page in pages:
        page.get_by_role("dialog").get_by_role("button", name="승인", exact=True).evaluate("b => b.click()")
    told = [page.get_by_role("alertdialog") for page in pages]
    pages[0].wait_for_timeout(1500)
    texts = [alert.inner_text() if alert.count() else "" for alert in told]
    assert sorted("이미 투표" in text for text in texts) == [False, True], texts


def test_held_files_cannot_be_approved_and_show_which_cells_are_meant(
    portal: Portal, axe: Callable[[Page], list[str]]
) -> None:
    person = portal.person("reviewer1")
    page = opened(person, "small")
    assert page.locator("td.dalgu-marked").all_inner_texts() == ["3 ⚠", "2 ⚠"]
    expect(page.get_by_text("고치는 방법").first).to_be_visible()
    expect(page.get_by_role("button", name=APPROVE)).to_be_disabled()
    assert "onload" not in page.content(), "what is no text is not sent"
    asked(page, DECLINE, f"묶어 주십시오 {CANARY}")
    sure(page, DECLINE)
    expect(page.locator(".dalgu-state-returned")).to_be_visible()
    page.wait_for_timeout(700)  # what fades in has no contrast yet
    assert axe(page) == []
    author = portal.person("analyst")
    theirs = author.open(page.url.removeprefix(person.url))
    expect(theirs.get_by_text("묶어 주십시오")).to_be_visible()
    for each in (page, theirs):
        assert each.evaluate("window.canary") is None
    assert person.faults == author.faults == []


def test_the_author_takes_it_back_and_a_stranger_finds_nothing(portal: Portal) -> None:
    page = portal.person("analyst").open("/airlock")
    page.get_by_role("link", name="coarse").click()
    page.get_by_role("button", name="거두어들이기").click()
    page.get_by_role("dialog").get_by_role("button", name="거두어들이기").click()
    expect(page.locator(".dalgu-state-withdrawn")).to_be_visible()
    assert page.get_by_role("button", name="파일 열기").count() == 0, "an author does not look either"
    stranger = portal.person("provider").open("/airlock")
    assert stranger.get_by_role("link", name="coarse").count() == 0
    answer = stranger.goto(page.url)
    assert answer is not None
    assert answer.status == 404
