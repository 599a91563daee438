"""Korean pages are in step with the English ones: same headings, same code, same tables and lists.

What is said in each cannot be compared by a program; its shape can, and a change in one language alone
nearly always changes the shape. The tutorial, the home page, every how-to and the threat model must have a Korean
page.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import pages

MUST = ("docs/index.md", "docs/tutorial/", "docs/how-to/", "docs/explanation/threat-model.md")


def korean_path(source: str) -> str:
    return source.replace("docs/", "docs/ko/", 1) if source.startswith("docs/") else "README.ko.md"


def problems(written: dict[str, str]) -> list[str]:
    found: list[str] = []
    for source in (*(name for name in written if name.startswith(MUST)), "README.md"):
        if source not in written:
            continue
        other = korean_path(source)
        if other not in written:
            found.append(f"{source}: has no Korean page {other}")
        else:
            found.extend(differences(source, written[source], other, written[other]))
    return found


def differences(source: str, english: str, other: str, korean: str) -> Iterator[str]:
    """What shows that one of two pages was changed alone; the first difference of each sort."""
    ours = [(fence.info, fence.content) for fence in pages.fences(english)]
    theirs = [(fence.info, fence.content) for fence in pages.fences(korean)]
    if ours != theirs:
        at = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))  # fmt: skip
        yield f"{other}: code block {at + 1} is not that of {source}"
    shape, theirs_shape = _shape(english), _shape(korean)
    if shape != theirs_shape:
        at = next((n for n, (a, b) in enumerate(zip(shape, theirs_shape, strict=False)) if a != b), min(len(shape), len(theirs_shape)))  # fmt: skip
        yield f"{other}: section {at + 1} has other headings, lists, tables or paragraphs than in {source}"
    if ours_code := _code(english) ^ _code(korean):
        yield f"{other}: `{min(ours_code)}` is said in one language only, see {source}"


def _shape(text: str) -> list[tuple[str, ...]]:
    """Each section: its heading's level, then its blocks in order."""
    kept = {"paragraph_open", "bullet_list_open", "list_item_open", "ordered_list_open", "tr_open", "fence"}
    shape: list[list[str]] = [[]]
    for token in pages.tokens(text):
        if token.type == "heading_open":
            shape.append([token.tag])
        elif token.type in kept:
            shape[-1].append(token.type)
    return [tuple(section) for section in shape]


def _code(text: str) -> set[str]:
    """All that stands in `backticks`: names, options and paths are the same in every language."""
    return {token.content for token in pages.flat(pages.tokens(text)) if token.type == "code_inline"}
