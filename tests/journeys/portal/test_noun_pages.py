"""Every page of the four nouns, in both languages: fit for everybody, quick, and deaf to strangers' scripts."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Page

from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.permit import Purpose, Verdict
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.keeping import drafts
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits import grant
from dalgubeol.world.store import datasets, permits, runs

from ..conftest import PASSWORD
from .conftest import CANARY, Portal, _who

pytestmark = pytest.mark.slow
LARGEST_BYTES = 1_300_000
ODD = f"{CANARY} {{{{7*7}}}} ${{7*7}} \" onmouseover=alert(1) x='"
FORMULA = '=HYPERLINK("http://example.invalid","x")'
ROOT = Path(__file__).parents[3]


def catalogue() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue", ROOT / "tools" / "catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def english() -> frozenset[str]:
    """Whole texts of the catalogue that read otherwise in Korean."""
    found = catalogue()
    return frozenset(
        str(message.id)
        for message in found.read(found.po_path("ko"), "ko")
        if message.id and message.string and message.string != message.id and not message.context
    )


def filled(portal: Portal, folder: Path) -> list[str]:
    """Strangers' words in every field that takes them; the addresses of the pages that show them."""
    house = portal.house()
    operator, provider, analyst = (_who(house, login) for login in ("operator", "provider", "analyst"))
    code = people.invite(house, operator, login="stranger", name=ODD, organisation=CANARY, roles=["provider"])
    people.join(house, code, PASSWORD)
    path = folder / "odd.csv"
    columns = [CANARY, "{{7*7}}", "=1+1", "plain"]
    path.write_text(",".join(columns) + "\n" + "1,2,3,4\n" * 30)
    odd = register.add(
        house, provider, path, name="odd", sensitivity=Sensitivity.PUBLIC,
        about={"description": ODD, "generated_columns": [CANARY]},
    )  # fmt: skip
    register.add(house, _who(house, "stranger"), path, name="strange", sensitivity=Sensitivity.PUBLIC)
    theirs = grant.request(house, _who(house, "stranger"), kinds=["analyse"], names=["odd"], purpose=Purpose.STATISTICS, reason=ODD, until="2099-01-01")  # fmt: skip
    for decider in (operator, provider):
        grant.decide(house, decider, theirs.id, Verdict.GRANT, ODD)
    asked = grant.request(house, analyst, kinds=["analyse"], names=["odd"], purpose=Purpose.OTHER_BASIS, reason=ODD, evidence=FORMULA, until="2099-01-01")  # fmt: skip
    grant.decide(house, operator, asked.id, Verdict.GRANT, ODD)
    drafts.save(house, provider.actor, "permit", {"reason": ODD, "evidence": FORMULA, "datasets": [odd.id]})
    drafts.save(house, provider.actor, "run/pseudonymise", {"project": ODD, "slot data": odd.id})
    with house.database.reading() as connection:
        run = runs.listed(connection)[0].id
        permit = permits.find(connection, asked.id).id
    names = {d.name: d.id for d in register.listed(house, provider.actor)}
    return [
        "/", "/?q=odd", f"/permits/{theirs.id}", "/datasets?q=strange", "/datasets", "/datasets?q=%7B%7B7*7%7D%7D", "/datasets/bring", f"/datasets/{odd.id}",
        f"/datasets/{names['claims-p']}", f"/datasets/{names['claims']}", "/permits", "/permits?whose=to-decide",
        f"/permits/{permit}", f"/permits/ask?dataset={odd.id}", "/run", "/runs", f"/runs/{run}", "/run/analyse",
        "/run/adapt", "/run/inject", f"/run/pseudonymise?dataset={odd.id}",
    ]  # fmt: skip


def odd_id(portal: Portal) -> str:
    with portal.house().database.reading() as connection:
        return datasets.find(connection, "odd").id


def settled(page: Page) -> None:
    page.wait_for_function("() => !document.querySelector('.dalgu-hint')?.textContent.includes('...')")
    page.wait_for_timeout(500)


def texts(page: Page) -> list[str]:
    """Every text on a page, as it stands in its node."""
    found: list[str] = (
        page.evaluate("""() => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), out = [];
        for (let node = walk.nextNode(); node; node = walk.nextNode())
            if (!['SCRIPT', 'STYLE'].includes(node.parentElement.tagName)) out.push(node.textContent.trim());
        for (const it of document.querySelectorAll('[aria-label],[placeholder]')) out.push(it.getAttribute('aria-label') || it.placeholder);
        return out.filter(Boolean); }""")
    )
    return found


@pytest.mark.parametrize(("language", "width", "scheme"), [("ko", 1280, "light"), ("en", 390, "dark")])
def test_every_page_is_fit_for_everybody(
    portal: Portal, axe: Callable[[Page], list[str]], tmp_path: Path, language: str, width: int, scheme: str
) -> None:
    addresses = filled(portal, tmp_path)
    visitor, provider = (
        portal.person(None, language, width, scheme),
        portal.person("provider", language, width, scheme),
    )
    own_words = {"name", "site", "hospital", "plant", "lab", "centre", "office", "third"}
    shots = tmp_path / "shots"
    wrong: list[str] = []
    for person, paths in ((visitor, addresses[:2]), (provider, addresses)):
        foreign: list[str] = []
        person.page.on("request", lambda r, url=person.url, foreign=foreign: foreign.append(r.url) if not r.url.startswith((url, url.replace("http", "ws"), "data:", "blob:")) else None)  # fmt: skip
        person.page.on(
            "dialog", lambda d, wrong=wrong: wrong.append(f"a script of a stranger ran: {d.message}")
        )
        for path in paths:
            page = person.open(path)
            settled(page)
            page.screenshot(path=shots / f"{language}-{path.strip('/').replace('/', '-').split('?')[0] or 'home'}.png", full_page=True)  # fmt: skip
            wrong += [f"{path}: {each}" for each in axe(page)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wrong.append(f"{path}: wider than the window")
            if page.evaluate("document.documentElement.lang")[:2] != language:
                wrong.append(f"{path}: another language is announced")
            if page.evaluate("window.canary") is not None:
                wrong.append(f"{path}: a script of a stranger ran")
            said = texts(page)
            if language == "ko":
                wrong += [f"{path}: English: {text}" for text in said if text in english() - own_words]
            if path.endswith("odd") or "/datasets/ds-" in path:
                assert not any(text == "49" for text in said), path
        assert foreign == []
        wrong += [f"console: {each}" for each in person.faults]
    assert wrong == []


def test_what_strangers_write_stands_there_as_they_wrote_it(portal: Portal, tmp_path: Path) -> None:
    addresses = filled(portal, tmp_path)
    person = portal.person("provider")
    page = person.open(next(each for each in addresses if odd_id(portal) in each))
    said = texts(page)
    for written in (ODD, CANARY, "{{7*7}}", "=1+1"):
        assert any(written in text for text in said), written
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").first.click()
    exported = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert CANARY in exported
    assert "\n'=1+1," in exported, exported
    assert page.evaluate("window.canary") is None


def test_a_page_is_small_and_quick_and_asks_no_foreign_host(portal: Portal) -> None:
    person = portal.person(None)
    sizes: dict[str, int] = {}
    client = person.context.new_cdp_session(person.page)
    client.send("Network.enable")
    client.on(
        "Network.loadingFinished",
        lambda event: sizes.__setitem__(event["requestId"], event["encodedDataLength"]),
    )
    page = person.open("/")  # the browser's store is empty: all of it is counted
    settled(page)
    assert 0 < sum(sizes.values()) < LARGEST_BYTES
    page.reload()
    settled(page)
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert painted < 1000, painted
    assert not any("example" in frame for frame in person.frames)


def test_more_than_a_thousand_datasets_are_paged_through_and_found(portal: Portal) -> None:
    house = portal.house()
    with house.database.reading() as connection:
        like = datasets.find(connection, "log")
    many = [replace(like, id=f"ds-{n:018d}", name=f"many {n:04d}", created_at=f"2020-01-01T00:00:{n / 100:06.3f}+00:00") for n in range(1200)]  # fmt: skip
    house.write(lambda connection: [datasets.add(connection, each) for each in many])
    page = portal.person("provider").open("/datasets?q=many")
    seen: list[str] = []
    for _ in range(30):
        page.wait_for_selector(".dalgu-list tbody tr")
        seen += page.locator(".dalgu-list tbody th").all_inner_texts()
        following = page.get_by_role("link", name="다음 쪽")
        if following.count() == 0:
            break
        address = page.url
        following.click()
        page.wait_for_function("before => location.href !== before", arg=address)
    assert sorted(seen) == [each.name for each in many]
    page.go_back()
    page.wait_for_selector(".dalgu-list tbody tr")
    page.get_by_role("link", name="첫 쪽으로").click()
    page.get_by_label("이름의 일부").fill("many 0042")
    page.get_by_role("button", name="보기").click()
    page.wait_for_url("**0042**")
    page.wait_for_selector(".dalgu-list tbody tr")
    assert page.locator(".dalgu-list tbody th").all_inner_texts() == ["many 0042"]


def test_on_a_phone_the_sections_fold_into_a_menu(portal: Portal) -> None:
    page = portal.person("provider", width=390).open("/")
    menu = page.get_by_role("button", name="메뉴")
    section = page.get_by_role("link", name="데이터셋", exact=True)
    assert not section.is_visible()
    assert menu.get_attribute("aria-expanded") == "false"
    menu.press("Enter")
    assert section.is_visible()
    assert menu.get_attribute("aria-expanded") == "true"
    section.click()
    page.wait_for_url("**/datasets")
