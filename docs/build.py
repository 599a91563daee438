"""Builds the documentation into build/docs: the hand-written pages, the generated reference, plain HTML.

    python -m docs.build [FOLDER]

Fails, naming every place, where an internal link leads nowhere, where a kind, parameter, error family or
setting is not described, or where no hand-written page speaks of a kind. The tree has the layout of the
repository, so a link that works here works there too (but for the reference, which is only here).
"""

from __future__ import annotations

import html
import itertools
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from dalgubeol import kinds
from docs import reference

ROOT = Path(__file__).parent.parent
_TOP = ("README.md", "README.ko.md", "GLOSSARY.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md")
_EXTERNAL = re.compile(r"[a-z]+:")
_STYLE = (
    "body{max-width:52rem;margin:2rem auto;padding:0 1rem;font-family:system-ui,sans-serif;line-height:1.5}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2rem .5rem;text-align:left}"
    "pre{background:#f4f4f4;padding:.7rem;overflow-x:auto}nav{font-size:.9rem}"
)
_PAGE = (
    '<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<title>{title}</title>\n<style>{style}</style>\n<nav><a href="{home}">Dalgubeol</a></nav>\n{body}\n</html>\n'
)


def sources() -> dict[str, str]:
    """All pages: path in the tree to Markdown."""
    found = {name: (ROOT / name).read_text("utf-8") for name in _TOP}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        found[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8")
    generated = {f"docs/reference/{name}": text for name, text in reference.pages().items()}
    found.update(generated)
    found["index.md"] = _index(found)
    return found


def problems(pages: dict[str, str]) -> list[str]:
    """Everything that is wrong with the documentation; empty when it may be built."""
    return [*broken_links(pages), *reference.gaps(), *_kinds_nobody_speaks_of(pages)]


def broken_links(pages: dict[str, str]) -> list[str]:
    """Internal links without a target, as `page: link`."""
    anchors = {name: set(_anchors(text)) for name, text in pages.items()}
    return [
        f"{name}: {link}"
        for name, text in pages.items()
        for link in _links(text)
        if not _leads(name, link, anchors)
    ]


def build(folder: Path) -> int:
    """Write the tree; returns the number of pages. Raises SystemExit with every problem."""
    pages = sources()
    wrong = problems(pages)
    if wrong:
        raise SystemExit("The documentation is not whole:\n" + "\n".join(f"  {line}" for line in wrong))
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.with_suffix(".html").write_text(_rendered(name, text), encoding="utf-8")
    shutil.copy(ROOT / "LICENSE", folder / "LICENSE")
    return len(pages)


def _rendered(name: str, text: str) -> str:
    reader = _reader()
    tokens = reader.parse(text)
    for token in _flat(tokens):
        href = str(token.attrs.get("href", ""))
        if token.type == "link_open" and not _EXTERNAL.match(href):
            token.attrs["href"] = re.sub(r"\.md(?=#|$)", ".html", href)
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrs["id"] = _slug(inline.content)
    title = next(iter(re.findall(r"^# (.+)$", text, re.MULTILINE)), name)
    home = "../" * name.count("/") + "index.html"
    language = "ko" if name.endswith(".ko.md") else "en"
    body = reader.renderer.render(tokens, reader.options, {})
    return _PAGE.format(language=language, title=html.escape(title), style=_STYLE, home=home, body=body)


def _index(pages: dict[str, str]) -> str:
    lines = ["# Dalgubeol: documentation", ""]
    for name, text in pages.items():
        title = next(iter(re.findall(r"^# (.+)$", text, re.MULTILINE)), name)
        lines.append(f"- [{title}]({name})")
    return "\n".join(lines) + "\n"


def _kinds_nobody_speaks_of(pages: dict[str, str]) -> Iterator[str]:
    written = "\n".join(
        text for name, text in pages.items() if name.startswith(("docs/how-to/", "docs/explanation/"))
    )
    for name in kinds.names():
        if f"`{name}`" not in written:
            yield f"kind {name}: no page of docs/how-to or docs/explanation speaks of `{name}`"


def _leads(page: str, link: str, anchors: dict[str, set[str]]) -> bool:
    if _EXTERNAL.match(link):
        return True
    path, _, anchor = unquote(link).partition("#")
    target = page if not path else _joined(page, path)
    if target not in anchors:
        return not anchor and bool(path) and (ROOT / target).exists()
    return not anchor or anchor in anchors[target]


def _joined(page: str, link: str) -> str:
    parts = page.split("/")[:-1]
    for part in link.split("/"):
        if part == "..":
            if not parts:
                return "outside"
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _links(text: str) -> Iterator[str]:
    for token in _flat(_reader().parse(text)):
        if token.type == "link_open":
            yield str(token.attrs["href"])


def _anchors(text: str) -> Iterator[str]:
    tokens = _reader().parse(text)
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            yield _slug(inline.content)


def _slug(heading: str) -> str:
    """As the usual hosts make it: lower case, punctuation out, spaces to dashes."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs"
    print(f"{build(place)} pages in {place}")
