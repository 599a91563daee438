"""Coming in by a real OpenID Connect server, in a real browser: linked once, let in from then on, without a
signature until the password is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from ...unit.verbs.provider import Provider, running
from ..conftest import PASSWORD
from .conftest import Opened, Person, Portal

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # the server's own

WHO, LINK, END = "여기서는 누구입니까?", "연결하고 로그인하기", "연결 해제"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running() as server:
        yield server


@pytest.fixture
def portal(portal_with: Opened, provider: Provider, tmp_path: Path) -> Portal:
    secret = tmp_path / "oidc.secret"
    secret.write_text("a-secret-to-sign\n")
    secret.chmod(0o600)
    return portal_with(
        f'[oidc]\nissuer = "{provider.issuer}"\nclient_id = "dalgu-site"\nclient_secret_file = "{secret}"\n'
    )


def stranger(portal: Portal, provider: Provider) -> Person:
    person = portal.person(None)

    def local(route: Route) -> None:
        known = route.request.url.startswith((portal.server.url, provider.issuer))
        route.continue_() if known else route.abort()  # the server's own page asks for a foreign style sheet

    person.context.route("**/*", local)
    return person


def signed_in_elsewhere(page: Page, portal: Portal, subject: str, after: str = "/") -> None:
    page.goto(f"{portal.server.url}/sign-in?next={after}")
    page.get_by_role("link", name="로그인").filter(has_text="127.0.0.1").click()
    page.fill("[name=sub]", subject)
    page.get_by_role("button", name="Authorize").click()


def test_who_is_linked_once_comes_in_and_signs_only_with_the_password(
    portal: Portal, provider: Provider
) -> None:
    person = stranger(portal, provider)
    page = person.page
    signed_in_elsewhere(page, portal, "park@centre", "/airlock")
    expect(page.get_by_role("heading", level=1)).to_have_text(WHO)
    assert not [c for c in person.context.cookies() if c["name"] == "dalgu_session"]
    page.fill("#login", "reviewer1")
    page.fill("#password", "not the password")
    page.get_by_role("button", name=LINK).click()
    expect(page.get_by_role("alert")).to_contain_text("login.wrong")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name=LINK).click()
    page.wait_for_url("**/airlock")
    assert not [c for c in person.context.cookies() if c["name"] == "dalgu_oidc"], "it is used up"

    again = stranger(portal, provider)
    signed_in_elsewhere(again.page, portal, "park@centre", "/airlock")
    again.page.wait_for_url("**/airlock")
    page = again.page
    page.get_by_role("link", name="coarse").click()
    page.get_by_role("button", name="파일 열기").click()
    page.get_by_role("button", name="반려: 나갈 수 없습니다").click()
    page.get_by_role("dialog").get_by_role("button", name="반려", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("link", name="서명").click()
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="서명").click()
    page.wait_for_url("**/airlock/run-*")
    page.get_by_role("button", name="반려: 나갈 수 없습니다").click()
    page.get_by_role("dialog").get_by_role("button", name="반려", exact=True).click()
    expect(page.get_by_text("투표가 기록되었습니다")).to_be_visible()

    page.goto(f"{portal.server.url}/account/elsewhere")
    page.get_by_role("button", name=END).click()
    expect(page.get_by_role("button", name=END)).to_have_count(0)
    fresh = stranger(portal, provider)
    signed_in_elsewhere(fresh.page, portal, "park@centre")
    expect(fresh.page.get_by_role("heading", level=1)).to_have_text(WHO)


def test_an_answer_that_was_not_asked_for_lets_nobody_in(portal: Portal, provider: Provider) -> None:
    person = stranger(portal, provider)
    page = person.page
    page.goto(f"{portal.server.url}/oidc/back?code=forged&state=forged")
    expect(page.get_by_role("alert")).to_contain_text("oidc.begun")
    page.goto(f"{portal.server.url}/oidc/begin")
    page.goto(f"{portal.server.url}/oidc/back?code=forged&state=forged")
    expect(page.get_by_role("alert")).to_be_visible()
    assert not [c for c in person.context.cookies() if c["name"] == "dalgu_session"]
