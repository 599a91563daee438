"""One person at a browser, who reads what stands there and clicks and types by it; and the town they are of.

Everything is found by its role and by the name that it has in that person's language, out of the catalogue: a page
that says something else, or says it in the other language, is a page on which this person is lost.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dalgubeol.language import Message, phrase, word
from dalgubeol.nouns.permit import Role

from ..served import Server

ROOT = Path(__file__).parents[3]
ARTEFACTS = Path(os.environ.get("DALGU_ARTEFACTS") or ROOT / "build" / "screenshots")
PASSWORD = "a password for this town"
WAIT_MS = 90_000
"""How long one waits for a page of a busy machine; nothing here is measured."""
_TABS = 150
"""A page that is not got through with so many steps of the Tab key is none for a keyboard."""


@dataclass(frozen=True)
class Someone:
    login: str
    name: str
    organisation: str
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Town:
    """A served site whose people read one language."""

    language: str
    server: Server
    browser: Browser
    folder: Path
    people: dict[str, Someone]
    axe: Callable[[Page], list[str]]

    def text(self, english: str, **values: object) -> str:
        """What the portal says, in this town's language."""
        message = Message(english, values) if values else phrase(english)
        return message.text(self.language)

    def word(self, member: Enum) -> str:
        return word(member, self.language)

    def ours(self, korean: str, english: str) -> str:
        """What people themselves write here."""
        return korean if self.language == "ko" else english


@dataclass
class Desk:
    """One browser of one person; as a context it ends with the person having seen nothing that is amiss."""

    town: Town
    who: str
    """As what they appear in the names of the screenshots."""
    width: int = 1280
    dark: bool = False
    context: BrowserContext = field(init=False)
    page: Page = field(init=False)
    amiss: list[str] = field(default_factory=list)
    _shots: int = 0

    def __enter__(self) -> Desk:
        self.context = self.town.browser.new_context(
            viewport={"width": self.width, "height": 900}, color_scheme="dark" if self.dark else "light",
            locale="ko-KR" if self.town.language == "ko" else "en-GB", timezone_id="Asia/Seoul",
        )  # fmt: skip
        self.context.set_default_timeout(WAIT_MS)
        self.page = self.context.new_page()
        own = (self.town.server.url, self.town.server.url.replace("http", "ws", 1), "data:", "blob:")
        self.page.on("console", lambda m: self.amiss.append(f"console: {m.text}") if m.type == "error" else None)  # fmt: skip
        self.page.on("pageerror", lambda error: self.amiss.append(f"script: {error}"))
        self.page.on("request", lambda r: None if r.url.startswith(own) else self.amiss.append(f"foreign: {r.url}"))  # fmt: skip
        self.page.goto(self.town.server.url)
        self._arrived()
        if self.page.evaluate("document.documentElement.lang")[:2] != self.town.language:
            self.page.get_by_role("link", name="English" if self.town.language == "en" else "한국어").click()
            self.reads(self.town.language)
            self._arrived()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            ARTEFACTS.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(
                path=ARTEFACTS / f"{self.who}-FAILED-{self.town.language}.png", full_page=True
            )
        self.context.close()
        if kind is None:
            assert self.amiss == [], f"{self.who}: {self.amiss}"

    # -- reading ------------------------------------------------------------------------------------------

    def reads(self, language: str) -> None:
        """The page that was asked for is here in `language`; between two pages there is no document to ask."""
        expect(self.page.locator("html")).to_have_attribute(
            "lang", re.compile(f"^{language}"), timeout=WAIT_MS
        )

    def sees(self, english: str, **values: object) -> Locator:
        return self.sees_text(self.town.text(english, **values))

    def sees_text(self, text: str) -> Locator:
        """Somewhere on the page, once more is said than `text` too."""
        found = self.page.get_by_text(text).filter(visible=True).first
        expect(found).to_be_visible(timeout=WAIT_MS)
        return found

    def sees_heading(self, english: str, **values: object) -> None:
        name = self.town.text(english, **values)
        expect(self.page.get_by_role("heading", name=name).first).to_be_visible(timeout=WAIT_MS)

    def sees_nowhere(self, text: str) -> None:
        assert text not in self.page.content(), text

    def finds(self, role: str, name: str | re.Pattern[str], within: Locator | None = None) -> Locator:
        """What has that role and that name, or begins with that name (a field says too that it is needed)."""
        named = re.compile(r"^[\s↓]*" + re.escape(name)) if isinstance(name, str) else name
        return (within or self.page).get_by_role(role, name=named).filter(visible=True).first  # type: ignore[arg-type]

    # -- acting -------------------------------------------------------------------------------------------

    def press(self, role: str, english: str, within: Locator | None = None, **values: object) -> None:
        self.finds(role, self.town.text(english, **values), within).click()

    def choose(self, english: str) -> None:
        """Answer the question that stands over the page."""
        self.page.get_by_role("dialog").get_by_role(
            "button", name=self.town.text(english), exact=True
        ).click()

    def write(self, english: str, typed: str) -> None:
        """Into the field that has this label."""
        field_ = self.finds("textbox", self.town.text(english))
        field_.click()
        field_.fill(typed)
        field_.blur()

    def tick(self, text: str) -> None:
        box = self.finds("checkbox", text)
        box.check()
        expect(box).to_be_checked()

    def pick(self, label: str, option: str) -> None:
        """In a field with choices, the one that begins with `option`."""
        box = self.finds("combobox", label)
        begins = re.compile(r"^\s*" + re.escape(option))
        found = box.locator("option").filter(has_text=begins).first
        found.wait_for(state="attached")  # the columns of a Dataset come after the page
        box.select_option(label=found.inner_text().strip())

    def unfold(self, english: str) -> None:
        self.page.locator("summary", has_text=self.town.text(english)).first.click()

    def follow(self, name: str | re.Pattern[str], to: str) -> None:
        """A link, to the page whose address is like `to`."""
        self.finds("link", name).click()
        self.arrive(to)

    def goes_to(self, section: str) -> None:
        """By the navigation, which folds on a phone."""
        self._unfolds_the_menu()
        nav = self.page.get_by_role("navigation", name=self.town.text("Sections"))
        self.finds("link", re.compile(f"^{re.escape(self.town.text(section))}$"), nav).click()
        self.page.wait_for_load_state()
        self._arrived()
        expect(self.page.locator("h1")).to_be_visible(timeout=WAIT_MS)

    def _unfolds_the_menu(self) -> None:
        if self.width < 640:
            self.press("button", "Menu")

    def goes_home(self) -> None:
        self.finds("link", self.town.text("Dalgubeol")).click()
        self.arrive(re.compile(r"://[^/]+/$"))

    def arrive(self, address: str | re.Pattern[str]) -> None:
        self.page.wait_for_url(f"**{address}" if isinstance(address, str) else address)
        self._arrived()

    def _arrived(self) -> None:
        self.page.wait_for_selector("h1")
        self.page.wait_for_function("() => window.did_handshake || !document.querySelector('#app')")

    def signs_in(self, login: str) -> None:
        self._unfolds_the_menu()
        self.press("link", "Sign in")
        self.arrive(re.compile("/sign-in"))
        self.page.get_by_label(self.town.text("Login")).fill(login)
        self.page.get_by_label(self.town.text("Password")).fill(PASSWORD)
        self.press("button", "Sign in")
        self.arrive(re.compile(r"://[^/]+/$"))
        self.sees("Waiting for you")

    # -- keeping ------------------------------------------------------------------------------------------

    def shot(self, step: str, *, key_page: bool = False) -> None:
        """The page as it is now, for people; with what must hold of every page and, for a key page, axe-core."""
        page, language = self.page, self.town.language
        page.wait_for_timeout(400)  # what fades in
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self._shots += 1
        page.screenshot(path=ARTEFACTS / f"{self.who}-{self._shots:02}-{step}-{language}.png", full_page=True)
        assert page.evaluate("document.documentElement.lang")[:2] == language
        assert page.evaluate("window.canary") is None, f"{step}: a script of a stranger ran"
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), f"{step}: wider than the window"  # fmt: skip
        if key_page:
            expect(page.locator(".q-notification")).to_have_count(0, timeout=WAIT_MS)  # it fades when it goes
            found = self.town.axe(page)
            assert found == [], f"{step}: {found}"


class Keys:
    """Hands that only have a keyboard."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.keyboard = desk, desk.page.keyboard

    def reaches(self, target: Locator) -> None:
        """With the Tab key alone. Fails where that leads past it."""
        expect(target).to_be_visible(timeout=WAIT_MS)
        for _ in range(_TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.keyboard.press("Tab")
        raise AssertionError(f"no key reaches it: {target}")

    def press(self, role: str, english: str, within: Locator | None = None) -> None:
        self.reaches(self.desk.finds(role, self.desk.town.text(english), within))
        self.keyboard.press("Enter")

    def write(self, label: str, typed: str) -> None:
        self.reaches(self.desk.finds("textbox", self.desk.town.text(label)))
        self.keyboard.insert_text(typed)
