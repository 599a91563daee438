"""What was built is looked at once more: every link and file of the HTML is there, and no foreign host is asked.

A page may name other hosts in its text (`example.org`), and the state of a page may hold the names of XML;
what counts is what a browser would fetch. The pages also carry a content security policy that forbids it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FETCHED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("form", "action")}  # fmt: skip
_CSS_URL = re.compile(r"""(?:url\(|@import\s*)['"]?([^'")]+)""")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.leads: list[str] = []
        self.fetches: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.update(value for name, value in given.items() if name in ("id", "name"))
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])
        self.fetches += [given[name] for t, name in _FETCHED if t == tag and name in given]
        self.fetches += _CSS_URL.findall(given.get("style", ""))


def problems(folder: Path) -> list[str]:
    read: dict[Path, _Page] = {}
    for path in sorted(folder.rglob("*.html")):
        page = read[path.resolve()] = _Page()
        page.feed(path.read_text("utf-8"))
    found: list[str] = []
    for path, page in read.items():
        name = path.relative_to(folder.resolve())
        found += [f"{name}: asks the foreign host of {url}" for url in page.fetches if _foreign(url)]
        found += [f"{name}: {link} leads nowhere" for link in _broken(path, page, read)]
        if "default-src 'self'" not in page.policy:
            found.append(f"{name}: has no content security policy")
    for path in sorted(folder.rglob("*.css")):
        urls = _CSS_URL.findall(path.read_text("utf-8"))
        found += [f"{path.name}: asks the foreign host of {url}" for url in urls if _foreign(url)]
    return found


def _foreign(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.netloc) or parts.scheme in ("http", "https", "ws", "wss")


def _broken(path: Path, page: _Page, read: dict[Path, _Page]) -> Iterator[str]:
    for link in dict.fromkeys([*page.leads, *page.fetches]):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or link in ("", "#"):
            continue
        to = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not to.is_file() or (
            parts.fragment and to in read and unquote(parts.fragment) not in read[to].ids
        ):
            yield link
