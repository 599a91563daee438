"""The hand-written pages as Markdown: their links, headings and code fences.

A page is known by its path in the repository, where its links must work too.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
TOP = ("README.md", "README.ko.md", "GLOSSARY.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md")
_EXTERNAL = re.compile(r"[a-z]+:")


def written() -> dict[str, str]:
    """All hand-written pages: path to Markdown."""
    found = {name: (ROOT / name).read_text("utf-8") for name in TOP}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        found[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8")
    return found


def broken_links(pages: dict[str, str]) -> list[str]:
    """Internal links without a target, as `page: link`."""
    anchors = {name: set(_anchors(text)) for name, text in pages.items()}
    return [
        f"{name}: {link}"
        for name, text in pages.items()
        for link in links(text)
        if not _leads(name, link, anchors)
    ]


def target(page: str, link: str) -> tuple[str, str] | None:
    """Path and anchor that an internal link of a page leads to; None for one that leads outside."""
    if _EXTERNAL.match(link):
        return None
    path, _, anchor = unquote(link).partition("#")
    return (joined(page, path) if path else page), anchor


def joined(page: str, link: str) -> str:
    parts = page.split("/")[:-1]
    for part in link.split("/"):
        if part == "..":
            if not parts:
                return "outside"
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def links(text: str) -> Iterator[str]:
    for token in flat(tokens(text)):
        if token.type == "link_open":
            yield str(token.attrs["href"])


def headings(text: str) -> Iterator[tuple[int, str]]:
    """Level and text of each."""
    for opening, inline in itertools.pairwise(tokens(text)):
        if opening.type == "heading_open":
            yield int(opening.tag[1]), inline.content


def title(text: str, otherwise: str) -> str:
    return next((heading for level, heading in headings(text) if level == 1), otherwise)


def fences(text: str) -> Iterator[Token]:
    return (token for token in tokens(text) if token.type == "fence")


@cache
def tokens(text: str) -> tuple[Token, ...]:
    return tuple(MarkdownIt("commonmark").enable("table").parse(text))


def flat(given: tuple[Token, ...] | list[Token]) -> Iterator[Token]:
    for token in given:
        yield token
        yield from flat(token.children or [])


def slug(heading: str) -> str:
    """As the usual hosts make it: lower case, punctuation out, spaces to dashes."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _anchors(text: str) -> Iterator[str]:
    return (slug(heading) for _, heading in headings(text))


def _leads(page: str, link: str, anchors: dict[str, set[str]]) -> bool:
    led = target(page, link)
    if led is None:
        return True
    path, anchor = led
    if path not in anchors:
        return not anchor and path not in ("", "outside") and (ROOT / path).exists()
    return not anchor or anchor in anchors[path]
