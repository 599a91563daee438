"""The tables of standards say nothing that a reader cannot follow."""

from __future__ import annotations

import pytest

from docs import standards


def test_every_test_and_page_that_is_named_is_there_and_every_claim_is_shown() -> None:
    assert standards.problems() == []


def test_all_95_mandatory_statements_are_walked_once() -> None:
    rows = standards.standard("satre")["rows"]
    assert len({row["id"] for row in rows}) == len(rows) == 95


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"shown_by": ["tests/docs/test_standards.py::test_that_is_not_there"]}, "there is no tests/docs"),
        ({"shown_by": ["docs/no-such-page.md"]}, "there is no docs/no-such-page.md"),
        ({"shown_by": []}, "nothing shows it"),
        ({"is": "nearly"}, "unknown verdict"),
        ({"about": {"en": "something", "ko": ""}}, "lacks in one language"),
        ({"shown_by": ["docs/index.md"]}, "no test shows it"),
    ],
)
def test_what_is_wrong_with_a_row_is_found(changes: dict[str, object], wrong: str) -> None:
    here = "tests/docs/test_standards.py::test_what_is_wrong_with_a_row_is_found"
    whole = {"id": "x", "about": {"en": "something", "ko": "무엇"}, "is": "met", "shown_by": [here]}
    assert standards._wrong(whole) == []
    assert any(wrong in each for each in standards._wrong({**whole, **changes}))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_has_every_row(language: str) -> None:
    page = standards.page(language)
    for name in standards.ORDER:
        for row in standards.standard(name)["rows"]:
            assert row["about"][language] in page
