"""One's own account in a real browser: second factor, password, signature, tokens, how one is told of things."""

from __future__ import annotations

import re
import time

import pyotp
import pytest
from playwright.sync_api import Page, expect

from dalgubeol.errors import Refused
from dalgubeol.verbs.house import notify
from dalgubeol.verbs.people import entry

from .conftest import PASSWORD, Portal

pytestmark = pytest.mark.slow
ANOTHER = "another password for tests"


def sent(page: Page, button: str, **given: str) -> None:
    """A plain form, filled in and sent."""
    for name, value in given.items():
        page.fill(f"#{name}", value)
    page.get_by_role("button", name=button).click()


def test_with_a_second_factor_the_password_alone_lets_nobody_in(portal: Portal) -> None:
    person = portal.person("analyst")
    page = person.open("/account")
    page.get_by_role("link", name="2단계 인증").click()
    sent(page, "2단계 인증 설정", password=PASSWORD)
    assert page.locator(".dalgu-qr svg").count() == 1
    secret = page.locator("p code").inner_text().replace(" ", "")
    sent(page, "확인", code="000000")
    expect(page.get_by_role("alert")).to_contain_text("factor.wrong")
    sent(page, "확인", code=pyotp.TOTP(secret).now())
    recovery = page.locator(".dalgu-codes code").all_inner_texts()
    assert len(set(recovery)) == 10

    fresh = portal.person(None).open("/sign-in")
    sent(fresh, "로그인", login="analyst", password=PASSWORD)
    expect(fresh.get_by_role("heading")).to_have_text("2단계 인증")
    step = next(c for c in fresh.context.cookies() if c["name"] == "dalgu_step")
    assert (step["httpOnly"], step["path"], step["sameSite"]) == (True, "/", "Strict")
    assert 0 < step["expires"] - time.time() <= 300
    assert PASSWORD not in fresh.content()
    assert not [c for c in fresh.context.cookies() if c["name"] == "dalgu_session"], "not in yet"
    sent(fresh, "로그인", code="123456")
    expect(fresh.get_by_role("alert")).to_contain_text("login.code_wrong")
    sent(fresh, "로그인", code=recovery[0])
    expect(fresh.locator(".dalgu-bell")).to_be_visible()
    assert not [c for c in fresh.context.cookies() if c["name"] == "dalgu_step"]

    other = portal.person(None).open("/sign-in")
    other.context.add_cookies([{"name": "dalgu_step", "value": step["value"][:-8] + "AAAAAAA=", "url": f"{portal.server.url}/sign-in"}])  # fmt: skip
    answer = other.request.post(f"{portal.server.url}/sign-in/code", form={"code": recovery[1]})
    assert "login.step" in answer.text(), "what this process did not seal is nothing"


def test_another_password_ends_other_sessions_and_the_old_one(portal: Portal) -> None:
    here, there = portal.person("provider"), portal.person("provider")
    page = here.open("/account/password")
    sent(page, "비밀번호 바꾸기", password="not the old one", new=ANOTHER, again=ANOTHER)
    expect(page.get_by_role("alert")).to_contain_text("login.wrong")
    sent(page, "비밀번호 바꾸기", password=PASSWORD, new=ANOTHER, again=ANOTHER + "x")
    expect(page.get_by_role("alert")).to_contain_text("invalid.again")
    sent(page, "비밀번호 바꾸기", password=PASSWORD, new=ANOTHER, again=ANOTHER)
    expect(page.get_by_role("status")).to_contain_text("비밀번호를 바꾸었습니다")
    here.open("/account")
    there.page.goto(f"{there.url}/account")
    assert "/sign-in" in there.page.url
    house = portal.house()
    with pytest.raises(Refused):
        entry.enter(house, "provider", PASSWORD, door="test")
    assert entry.enter(house, "provider", ANOTHER, door="test")[0].login == "provider"


def test_a_wrong_password_many_times_is_a_wait_and_says_until_when(portal: Portal) -> None:
    page = portal.person(None).open("/sign-in")
    for _ in range(7):
        sent(page, "로그인", login="reviewer1", password="not the password")
    expect(page.get_by_role("alert")).to_contain_text("login.locked")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"\d\d:\d\d"))


def test_one_address_cannot_knock_without_end(portal: Portal) -> None:
    page = portal.person(None).open("/sign-in")
    answers = [page.request.post(f"{portal.server.url}/join", form={"code": "x", "password": "y" * 10, "again": "y" * 10}) for _ in range(40)]  # fmt: skip
    assert {a.status for a in answers} == {403, 429}
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_a_token_is_shown_once_and_ends_at_a_click(portal: Portal) -> None:
    person = portal.person("analyst")
    page = person.open("/account")
    page.get_by_text("토큰 만들기").first.click()
    page.get_by_label("어디에 쓸 것입니까?").fill("nightly <img src=x onerror=window.canary=1>")
    page.get_by_role("button", name="토큰 만들기").click()
    text = page.locator("#token-text").inner_text()
    house = portal.house()
    assert entry.entered_by_token(house, text).person.login == "analyst"
    person.open("/account")
    assert text not in page.content()
    page.get_by_role("button", name="끝내기", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="끝내기", exact=True).click()
    expect(page.get_by_text("nightly")).to_have_count(0)
    with pytest.raises(Refused):
        entry.entered_by_token(house, text)
    assert page.evaluate("window.canary") is None


def test_how_one_is_told_is_kept_and_a_wrong_address_is_said_at_its_field(portal: Portal) -> None:
    person = portal.person("reviewer2")
    page = person.open("/account")
    page.get_by_label("전자우편 주소").fill("no address")
    page.get_by_label("전자우편으로 받기").check()
    page.get_by_role("button", name="저장").click()
    expect(page.locator(".dalgu-field-error").filter(has_text="전자우편 주소")).to_be_visible()
    page.get_by_label("전자우편 주소").fill("choi@office.example")
    page.get_by_role("button", name="저장").click()
    expect(page.get_by_text("저장했습니다")).to_be_visible()
    house = portal.house()
    _, held = entry.enter(house, "reviewer2", PASSWORD, door="test")
    kept = notify.preferences(house, entry.entered(house, held))
    assert (kept.email, kept.channels) == ("choi@office.example", ("email",))


def test_the_count_in_the_header_lives_and_a_notice_leads_to_its_page(portal: Portal) -> None:
    person = portal.person("reviewer1")
    page = person.open("/ledger")
    count = page.locator(".dalgu-count")
    before = int(count.inner_text())
    portal.person("reviewer1")  # a second place: that is told
    expect(count).to_have_text(str(before + 1), timeout=10_000)
    person.open("/notices")
    notice = page.get_by_role("link", name=re.compile("반출입 심사를 기다립니다")).first
    notice.click()
    page.wait_for_url("**/airlock/run-*")
    expect(page.locator(".dalgu-count")).to_have_text(str(before), timeout=10_000)
    person.open("/notices")
    page.get_by_role("button", name="모두 읽음으로 표시").click()
    expect(page.locator(".dalgu-unread")).to_have_count(0)
    expect(page.locator(".dalgu-count")).to_be_hidden()


def test_an_operator_invites_and_whoever_has_the_code_joins(portal: Portal) -> None:
    page = portal.person("operator").open("/people")
    page.get_by_text("초대장 쓰기").click()
    for label, value in (("로그인 이름", "newcomer"), ("이름", "새 사람"), ("기관", "새 기관")):
        page.get_by_role("textbox", name=re.compile(f"^{label}")).fill(value)
    page.get_by_label("시민").check()
    page.get_by_role("button", name="초대 만들기").click()
    code = page.locator("#invitation-code").inner_text()
    new = portal.person(None).open("/join")
    sent(new, "가입", code=code, password=ANOTHER, again=ANOTHER)
    expect(new.get_by_role("link", name="내 계정")).to_be_visible()
    new.goto(f"{portal.server.url}/people")
    assert new.get_by_text("초대장 쓰기").count() == 0
    expect(new.get_by_text("새 기관")).to_be_visible()
