"""A page that was changed in one language only is found."""

from __future__ import annotations

import re

import pytest

from docs import build, translated

ENGLISH = (
    "# A\n\nText with `code`.\n\n```sh\nls\n```\n\n- one\n- two\n\n## B\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
)
KOREAN = "# 가\n\n`code`가 있는 글.\n\n```sh\nls\n```\n\n- 하나\n- 둘\n\n## 나\n\n| 가 | 나 |\n|---|---|\n| 1 | 2 |\n"


def _said(english: str, korean: str) -> list[str]:
    return list(translated.differences("a.md", english, "ko/a.md", korean))


def test_the_pages_are_in_step() -> None:
    assert translated.problems(build.sources()) == []


@pytest.mark.parametrize("page", ["how-to/bring-data.md", "explanation/threat-model.md"])
def test_a_page_that_must_be_there_in_korean_is_missed(page: str) -> None:
    without = {name: text for name, text in build.sources().items() if name != f"docs/ko/{page}"}
    assert f"docs/{page}: has no Korean page docs/ko/{page}" in translated.problems(without)


def test_every_how_to_the_tutorial_and_the_threat_model_are_there_in_korean() -> None:
    pages = build.sources()
    assert "docs/ko/explanation/threat-model.md" in pages
    for name, text in pages.items():
        if name.startswith(("docs/ko/how-to/", "docs/ko/tutorial/", "docs/ko/explanation/")):
            prose = "".join(line for line in text.splitlines() if not line.startswith(("```", "    ")))
            assert len([c for c in prose if "가" <= c <= "힣"]) > 200, name


def test_pages_that_say_the_same_are_the_same() -> None:
    assert _said(ENGLISH, KOREAN) == []


@pytest.mark.parametrize(
    ("korean", "said"),
    [
        (KOREAN.replace("ls\n", "ls -l\n"), "code block 1"),
        (KOREAN.replace("```sh", "```sh analyst"), "code block 1"),
        (KOREAN.replace("- 둘\n", ""), "section 2"),
        (KOREAN.replace("## 나", "### 나"), "section 3"),
        (KOREAN.replace("| 1 | 2 |\n", "| 1 | 2 |\n| 3 | 4 |\n"), "section 3"),
        (KOREAN + "\n덧붙인 글.\n", "section 3"),
        (KOREAN.replace("`code`", "`kode`"), "`code`"),
    ],
)
def test_a_change_in_one_language_is_named(korean: str, said: str) -> None:
    assert [line for line in _said(ENGLISH, korean) if said in line]


def test_what_the_pages_say_stands_in_the_portal_does() -> None:
    """In a section on the portal, what is bold in a list is a word of the portal, in the page's language."""
    from babel.messages.pofile import read_po

    catalogue = build.ROOT / "src/dalgubeol/locale/ko/LC_MESSAGES/dalgubeol.po"
    with catalogue.open("rb") as file:
        known = [(str(m.id), str(m.string)) for m in read_po(file, locale="ko") if m.id]
    words = [{english for english, _ in known} | {"한국어"}, {korean for _, korean in known} | {"English"}]
    found = 0
    for name, text in build.sources().items():
        for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            if re.match(r".*(in the portal|포털에서)", section):
                korean = name.startswith("docs/ko/")
                labels = re.findall(r"^(?:\d+\.|-) .*$", section, re.MULTILINE)
                labels = [label for line in labels for label in re.findall(r"\*\*(.+?)\*\*", line)]
                assert [label for label in labels if label not in words[korean]] == [], name
                found += len(labels)
    assert found >= 12
