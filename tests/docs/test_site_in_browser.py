"""The built site in a real browser: both languages, light and dark, wide and as wide as a phone."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from docs import build

PAGES = ("index.html", "tutorial/ten-minutes.html", "how-to/bring-data.html", "reference/states.html", "reference/errors.html")  # fmt: skip

pytestmark = pytest.mark.slow


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("docs") / "site"
    build.build(folder)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def tell(chromium: Any) -> Iterator[tuple[Any, list[str]]]:
    """A way to open a page, and what went wrong on it: errors, foreign hosts, failed requests."""
    wrong: list[str] = []
    contexts: list[Any] = []

    def opened(url: str, *, scheme: str = "light", width: int = 1280) -> Any:
        context = chromium.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 860}, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
        page.on(
            "request", lambda r: wrong.append(f"foreign: {r.url}") if urlsplit(r.url).hostname not in ("127.0.0.1", None) else None
        )  # fmt: skip
        page.goto(url)
        return page

    yield opened, wrong
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 375)])
@pytest.mark.parametrize("tree", ["", "ko/"])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    address: str, tell: Any, tree: str, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    opened, wrong = tell
    found = []
    for name in PAGES:
        page = opened(address + tree + name, scheme=scheme, width=width)
        page.wait_for_timeout(300)  # the page's own scripts have done their part
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                nodes = [node["html"][:160] for node in violation["nodes"][:3]]
                found.append((name, violation["id"], len(violation["nodes"]), nodes))
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        page.close()
    assert found == []
    assert wrong == []


@pytest.mark.parametrize(
    ("tree", "typed", "first"), [("", "Permit", "Ask for a Permit"), ("ko/", "이용승인", "이용승인 신청")]
)
def test_search_finds_words_of_both_languages(
    address: str, tell: Any, tree: str, typed: str, first: str
) -> None:
    opened, wrong = tell
    page = opened(f"{address}{tree}index.html")
    page.click(".md-search__button")
    page.get_by_role("combobox").fill(typed)
    page.get_by_role("option").filter(has_text=first).first.wait_for()
    assert wrong == []


def test_one_click_leads_to_the_same_page_in_the_other_language_and_back(address: str, tell: Any) -> None:
    opened, _ = tell
    page = opened(f"{address}how-to/operator.html")
    page.click("a.language")
    page.wait_for_url("**/ko/how-to/operator.html")
    assert page.inner_text("h1").startswith("운영기관")
    assert page.evaluate("document.documentElement.lang") == "ko"
    page.click("a.language")
    page.wait_for_url(f"{address}how-to/operator.html")
    assert page.inner_text("h1").startswith("Operator")


def test_it_opens_from_the_disk(tmp_path: Path, chromium: Any) -> None:
    build.build(tmp_path / "site")
    page = chromium.new_page()
    page.goto((tmp_path / "site" / "ko" / "index.html").as_uri())
    assert page.evaluate("getComputedStyle(document.body).wordBreak") == "keep-all"  # our style was read
    page.click("a[href='how-to/citizen.html']")
    assert page.inner_text("h1").startswith("시민")
    page.close()
