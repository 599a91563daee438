"""Operator, provider and citizen in a real browser: accounts, health with next steps, what was done with data."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dalgubeol.language import say
from dalgubeol.nouns.permit import Role
from dalgubeol.verbs.house import notify
from dalgubeol.verbs.house.clock import earlier
from dalgubeol.verbs.people import people as verbs
from dalgubeol.world.identity.preferences import Preferences, keep_preferences
from dalgubeol.world.store.schema import deliveries, notices

from ..conftest import PASSWORD
from .conftest import Portal, _who

pytestmark = pytest.mark.slow


def test_an_operator_changes_roles_and_closes_an_account(portal: Portal) -> None:
    page = portal.person("operator").open("/people")
    page.get_by_role("link", name="colleague", exact=True).click()
    page.get_by_label("시민").check()
    page.get_by_role("button", name="역할 바꾸기").click()
    page.get_by_role("dialog").get_by_role("button", name="역할 바꾸기").click()
    expect(page.locator(".dalgu-facts")).to_contain_text("시민")
    house = portal.house()
    colleague = _who(house, "colleague")
    assert Role.CITIZEN in colleague.actor.roles
    assert any("roles" in n.message.text("en") for n in notify.listed(house, colleague))
    theirs = portal.person("colleague")
    page.get_by_role("button", name="계정 닫기").click()
    page.get_by_role("dialog").get_by_role("button", name="계정 닫기").click()
    expect(page.locator(".dalgu-facts")).to_contain_text("닫힘")
    theirs.page.goto(f"{theirs.url}/people")
    assert "/sign-in" in theirs.page.url
    stranger = portal.person("analyst")
    answer = stranger.page.goto(f"{stranger.url}/people/{colleague.person.id}")
    assert answer is not None
    assert answer.status == 403


def test_an_invitation_is_taken_back(portal: Portal) -> None:
    house = portal.house()
    code = verbs.invite(house, _who(house, "operator"), login="guest", name="Guest", organisation="x", roles=["citizen"])  # fmt: skip
    page = portal.person("operator").open("/people")
    page.get_by_role("button", name="거두어들이기").click()
    page.get_by_role("dialog").get_by_role("button", name="거두어들이기").click()
    expect(page.get_by_text("Guest (guest)")).to_have_count(0)
    new = portal.person(None).open("/join")
    for name, value in (("code", code), ("password", PASSWORD), ("again", PASSWORD)):
        new.fill(f"#{name}", value)
    new.get_by_role("button", name="가입").click()
    expect(new.get_by_role("alert")).to_contain_text("invitation.invalid")


def test_health_says_what_to_do_and_sends_again_what_was_given_up(portal: Portal) -> None:
    house = portal.house()
    analyst = _who(house, "analyst").person.id

    def lost(connection: object) -> None:
        keep_preferences(connection, analyst, Preferences(email="a@b.kr", by_email=True))  # type: ignore[arg-type]
        notify.tell(connection, [analyst], say("Your Permit {permit} is granted.", permit="p"), "/")  # type: ignore[arg-type]
        connection.execute(notices.update().values(at=earlier(90_000)))  # type: ignore[attr-defined]
        connection.execute(deliveries.update().values(state="given-up", fault="ConnectionRefusedError"))  # type: ignore[attr-defined]

    house.write(lost)
    page = portal.person("operator").open("/health")
    expect(page.get_by_text("dalgu site backup").first).to_be_visible()
    expect(page.get_by_text("ConnectionRefusedError")).to_be_visible()
    expect(page.get_by_text("settings.toml의 [mail]")).to_be_visible()
    page.get_by_role("button", name="다시 보내기").click()
    expect(page.get_by_text("알림 1건을 다시 보냅니다")).to_be_visible()
    other = portal.person("provider").open("/health")
    expect(other.get_by_text("자세한 내용은 운영기관이 봅니다")).to_be_visible()
    assert "ConnectionRefusedError" not in other.content()
    assert str(portal.visit.site) not in other.content()


def test_a_provider_sees_what_was_done_with_their_data_and_nobody_elses(portal: Portal) -> None:
    person = portal.person("provider")
    page = person.open("/my-data")
    page.get_by_role("link", name="claims-p", exact=True).click()
    uses = page.locator("table").last
    expect(uses).to_contain_text("lab")
    expect(uses).to_contain_text("스크립트로 분석")
    expect(uses).to_contain_text("통계")
    other = portal.person("engineer").open("/my-data")
    assert other.get_by_role("link", name="claims-p").count() == 0
    answer = other.goto(page.url)
    assert answer is not None
    assert answer.status == 404
