"""Every code that the source can raise is found in the source, with its text in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dalgubeol import errors
from docs import failures, reference

FOUND, GAPS = failures.found()


def _source(folder: Path, text: str) -> tuple[list[failures.Failure], list[str]]:
    (folder / "made.py").write_text(text, encoding="utf-8")
    return failures.found(folder)


def test_nothing_in_the_source_is_left_unread() -> None:
    assert GAPS == []
    assert len(FOUND) > 200


@pytest.mark.parametrize("family", [*errors.FAMILIES, errors.Reason], ids=lambda f: f.__name__)
def test_every_family_is_raised_somewhere(family: type) -> None:
    assert [each for each in FOUND if each.family == family.__name__]


def test_every_code_that_is_written_in_the_source_is_in_the_reference() -> None:
    """Looked for in another way than `failures` does: as text."""
    named = set()
    for path in failures.SOURCE.rglob("*.py"):
        if path.name != "errors.py":
            pattern = r'\b(?:Refused|Invalid|Missing|Conflict|Unavailable|Tampered|Reason)\(\s*"([\w.-]+)"'
            named |= set(re.findall(pattern, path.read_text("utf-8")))
    assert len(named) > 80
    for language in ("en", "ko"):
        page = reference.errors_page(language)
        assert {code for code in named if f"`{code}`" not in page} == set()


def test_both_languages_stand_beside_each_code() -> None:
    row = next(line for line in reference.errors_page().splitlines() if line.startswith("| `run.refused` |"))
    assert row == "| `run.refused` | This Run is refused. | 이 실행은 거부되었습니다. |"


def test_a_code_that_is_handed_down_is_followed_to_its_callers(tmp_path: Path) -> None:
    found, gaps = _source(
        tmp_path,
        'def wrong(code, detail):\n    return Tampered(code, detail, say("Stop."))\n'
        'def first():\n    raise wrong("a.first", say("First."))\n'
        'def second():\n    raise wrong("a.second", say("Second {n}.", n=1))\n',
    )
    assert [(f.code, f.text) for f in found] == [("a.first", "First."), ("a.second", "Second {n}.")]
    assert gaps == []


def test_both_texts_of_a_choice_and_the_values_in_a_code_are_shown(tmp_path: Path) -> None:
    found, _ = _source(
        tmp_path,
        'def f(move, many):\n    text = say("Many.") if many else say("One.")\n    raise Conflict(f"state.{move}", text, say("Go."))\n',
    )
    assert [(f.code, f.text) for f in found] == [("state.{move}", "Many."), ("state.{move}", "One.")]


def test_an_error_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    found, gaps = _source(tmp_path, 'def f(given):\n    raise Missing(given.code, given.text, say("Go."))\n')
    assert found == []
    assert gaps == ["Missing at made.py:2: its code or its text cannot be read"]
