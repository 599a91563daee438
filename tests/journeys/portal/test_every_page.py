"""Every page of everybody, wide and narrow, light and dark, in both languages: nothing serious for axe-core,
nothing wider than the phone, no stranger's script, no English left in Korean, no complaint in the console."""

from __future__ import annotations

import gettext
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from dalgubeol.language import DOMAIN, LOCALE_FOLDER

from .conftest import Person, Portal
from .conftest import _who as signed

pytestmark = pytest.mark.slow
PAGES = {
    "operator": ("/people", "/health", "/notices", "/account", "/my-data", "/airlock", "/ledger", "/account/factor", "/account/password", "/unlock"),
    "reviewer3": ("/airlock", "/airlock/{run}", "/people", "/health", "/notices", "/ledger/record/3"),
    "provider": ("/my-data", "/my-data/claims-p", "/register", "/projects", "/projects/open", "/projects/p", "/reviews", "/reviews/ask", "/linkages", "/linkages/begin", "/linkages/draft", "/linkages/agreement", "/accidents", "/accidents/report", "/accidents/{accident}", "/papers/register/p", "/papers/provision-contract/p"),
    "reviewer1": ("/reviews", "/reviews/{review}"),
    "analyst": ("/airlock/{run}", "/notices"),
    None: ("/register", "/register/runs", "/register/{permit}", "/ledger", "/ledger/record/0", "/sign-in", "/join"),
}  # fmt: skip
KOREAN = gettext.translation(DOMAIN, LOCALE_FOLDER, ["ko"])._catalog  # type: ignore[attr-defined]
SENTENCES = [
    english for english, korean in KOREAN.items()
    if isinstance(english, str) and len(english) > 10 and " " in english and "{" not in english and "\4" not in english and korean != english
]  # fmt: skip


def faults_of(
    person: Person, page: Page, width: int, language: str, axe: Callable[[Page], list[str]]
) -> list[str]:
    found = axe(page)
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("wider than the screen")
    if page.evaluate("window.canary") is not None:
        found.append("a stranger's script has run")
    if page.evaluate("document.documentElement.lang")[:2] != language:
        found.append("says another language than it speaks")
    if page.locator("h1").count() != 1:
        found.append("not one first heading")
    if language == "ko":
        text = page.locator("body").inner_text()
        found += [f"English: {sentence}" for sentence in SENTENCES if sentence in text]
    found += person.faults
    person.faults.clear()
    return found


@pytest.mark.parametrize(
    ("language", "width", "scheme"), [("ko", 1280, "light"), ("en", 390, "dark"), ("ko", 390, "light")]
)
def test_every_page_is_for_everybody(
    portal: Portal, axe: Callable[[Page], list[str]], language: str, width: int, scheme: str
) -> None:
    names = {"{run}": one_run(portal), "{permit}": one_permit(portal), "{review}": one_review(portal), "{accident}": one_accident(portal)}  # fmt: skip
    found: dict[str, list[str]] = {}
    for login, paths in PAGES.items():
        person = portal.person(login, language, width, scheme)
        for path in paths:
            for name, value in names.items():
                path = path.replace(name, value)
            page = person.open(path)
            page.wait_for_timeout(400)
            if faults := faults_of(person, page, width, language, axe):
                found[f"{login} {path}"] = faults
    assert found == {}


def one_run(portal: Portal) -> str:
    from dalgubeol.verbs.airlock import review

    return review.queue(portal.house())[0].run


def one_review(portal: Portal) -> str:
    from dalgubeol.nouns.panel import PanelKind
    from dalgubeol.verbs.projects import panels

    house = portal.house()
    return panels.open_(house, signed(house, "provider"), PanelKind.ADEQUACY, project="p", dataset="claims-p", members=["reviewer1", "reviewer2", "reviewer3"]).id  # fmt: skip


def one_accident(portal: Portal) -> str:
    from dalgubeol.verbs.projects import accidents

    house = portal.house()
    return accidents.report(house, signed(house, "analyst"), "claims-p", "somebody of a rare age").id


def one_permit(portal: Portal) -> str:
    from dalgubeol.verbs.history import public

    return public.register(portal.house())[0].permit


def test_a_reviewer_votes_with_the_keyboard_alone(portal: Portal) -> None:
    person = portal.person("reviewer1")
    page = person.open("/airlock")

    def tab_to(text: str, most: int = 60) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if text in page.evaluate(
                "document.activeElement.innerText || document.activeElement.getAttribute('aria-label') || ''"
            ):
                return
        raise AssertionError(f"nothing named {text} within {most} steps")

    page.keyboard.press("Tab")
    assert "본문" in page.evaluate("document.activeElement.innerText"), "the first step skips the navigation"
    tab_to("coarse")
    page.keyboard.press("Enter")
    page.wait_for_url("**/airlock/run-*")
    page.wait_for_function("() => window.did_handshake")
    tab_to("파일 열기")
    page.keyboard.press("Enter")
    page.locator("textarea").wait_for()
    page.locator("textarea").focus()
    page.keyboard.type("좋습니다")
    tab_to("승인")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(400)
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.innerText") == "승인"
    page.keyboard.press("Enter")
    page.get_by_text("좋습니다").wait_for()
