"""The portal in a real browser: `dalgu serve` over a copied small site, Chromium without a head.

A stranger's words in that site are a script that would set `window.canary`: in a person's name, in contexts,
in names and contents of files. No page may ever run it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from dalgubeol.nouns.permit import Conditions, Purpose, Role, Verdict
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.house.house import House, open_house
from dalgubeol.verbs.people import entry, people
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.runs import conduct, submit
from dalgubeol.world.identity import SignedIn

from ..conftest import PASSWORD, Visit, found_adequate
from ..served import Server, serving

CANARY = "<img src=x onerror=window.canary=1>"
_SMALL = f'open("small.csv", "w").write("group,count\\n{CANARY},3\\nb,40\\nc,2\\n")\nopen("drawn.svg", "w").write("<svg onload=window.canary=1></svg>")\n'
_COARSE = f'open("note.txt", "w").write("{CANARY}")\n'


@dataclass(frozen=True)
class Person:
    """One person's browser."""

    context: BrowserContext
    page: Page
    url: str
    frames: list[str] = field(default_factory=list)
    """What came by web socket."""
    faults: list[str] = field(default_factory=list)
    """What the browser's console complained about."""

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        self.page.wait_for_selector("h1")
        self.page.wait_for_function("() => window.did_handshake || !document.querySelector('#app')")
        return self.page


@dataclass(frozen=True)
class Portal:
    server: Server
    browser: Browser
    visit: Visit
    stack: ExitStack

    def house(self) -> House:
        """The same site, opened beside the server."""
        return self.stack.enter_context(open_house(replace(self.visit.settings(), keys=self.visit.keys)))

    def person(
        self, login: str | None, language: str = "ko", width: int = 1280, scheme: str = "light"
    ) -> Person:
        context = self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        self.stack.callback(context.close)
        context.add_cookies([{"name": "dalgu_language", "value": language, "url": self.server.url}])
        made = Person(context, context.new_page(), self.server.url)
        made.page.on("console", lambda m: made.faults.append(m.text) if m.type == "error" else None)
        made.page.on("pageerror", lambda error: made.faults.append(str(error)))
        made.page.on("websocket", lambda s: s.on("framereceived", lambda f: made.frames.append(str(f))))
        if login is not None:
            made.page.goto(self.server.url + "/sign-in")
            made.page.fill("#login", login)
            made.page.fill("#password", PASSWORD)
            made.page.click("button")
            made.page.wait_for_selector(".dalgu-brand")  # the rest folds on a phone
        return made


@pytest.fixture(scope="session")
def submitted(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site with a Permit and two submissions in the airlock: one held, one to vote on."""
    folder = tmp_path_factory.mktemp("portal") / "visit"
    shutil.copytree(founded, folder, ignore=shutil.ignore_patterns("wake"))
    visit = Visit(folder)
    with open_house(replace(visit.settings(), keys=visit.keys)) as house:
        operator, provider, steward, analyst = (
            _who(house, login) for login in ("operator", "provider", "steward", "analyst")
        )
        code = people.invite(house, operator, login="reviewer3", name=CANARY, organisation="third", roles=[Role.REVIEWER])  # fmt: skip
        people.join(house, code, PASSWORD)
        done = submit.submit(house, provider.actor, "pseudonymise", {"data": "claims"}, {"project": "p", "person": "person_no", "quasi": ["age"], "name": "claims-p"})  # fmt: skip
        assert conduct.run_to_end(house, done.id).state is RunState.DONE
        found_adequate(house, lambda login: _who(house, login), "p", "claims-p")
        permit = grant.request(
            house, analyst, kinds=["analyse", "release"], names=["claims-p"], purpose=Purpose.STATISTICS,
            reason=f"counting the rows {CANARY}", until="2099-12-31", conditions=Conditions(smallest_cell=10), asked=Asked(pledged="en"),
        )  # fmt: skip
        for decider in (operator, steward):
            grant.decide(house, decider, permit.id, Verdict.GRANT, CANARY)
        for name, script in (("small", _SMALL), ("coarse", _COARSE)):
            said = f"{name}: counts by group {CANARY}"
            if name == "coarse":
                said += f"\ncoarse {CANARY}.csv: people by group, counted\nnote.txt: a note on how it was counted".replace(
                    "/", ""
                )
            wished = {"script": script, "context": said, "release_as": name}
            run = submit.submit(house, analyst.actor, "analyse", {"data": "claims-p"}, wished)
            assert conduct.run_to_end(house, run.id).state is RunState.HELD
    return folder


Opened = Callable[[str], Portal]
"""What stands in settings.toml to the portal that was told so."""


@pytest.fixture
def portal_with(submitted: Path, tmp_path: Path, chromium: Browser) -> Iterator[Opened]:
    with ExitStack() as servers, ExitStack() as browsers:  # browsers go before the server

        def opened(settings: str) -> Portal:
            folder = tmp_path / "visit"
            shutil.copytree(submitted, folder, ignore=shutil.ignore_patterns("wake"))
            visit = Visit(folder)
            if settings:
                (visit.site / "settings.toml").write_text(settings)
            server = servers.enter_context(serving(visit.environment("operator", "en"), folder))
            return Portal(server, chromium, visit, browsers)

        yield opened


@pytest.fixture
def portal(portal_with: Opened) -> Portal:
    return portal_with("")


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """What axe-core finds on a page that is serious or critical."""
    checker = Axe()

    def serious(page: Page) -> list[str]:
        found = checker.run(page).response["violations"]
        return [
            f"{v['id']}: {v['help']} {json.dumps([n['html'][:160] for n in v['nodes'][:3]])}"
            for v in found
            if v["impact"] in ("serious", "critical")
        ]

    return serious


def _who(house: House, login: str) -> SignedIn:
    _, held = entry.enter(house, login, PASSWORD, door="terminal")
    return entry.entered(house, held)
