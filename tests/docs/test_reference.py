"""Every kind, parameter, error family and setting is described; links lead somewhere; what is missing is named."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from docs.pages import broken_links

from dalgubeol import errors, kinds, settings
from docs import api_reference, build, reference

KIND = "adapt"


def test_every_kind_with_all_its_parameters_is_in_the_reference() -> None:
    page = reference.kinds_page()
    for name in kinds.KINDS:
        part = page.split(f"## {name}\n")[1].split("\n## ")[0]
        for parameter in kinds.kind(name).Parameters.model_fields:
            assert f"| `{parameter}` |" in part


def test_every_command_is_in_the_reference() -> None:
    page = reference.commands_page()
    for command in ("dalgu init", "dalgu airlock vote", "dalgu ledger verify", f"dalgu run {KIND}"):
        assert f"## {command}\n" in page


@pytest.mark.parametrize("family", errors.FAMILIES, ids=lambda f: f.__name__)
def test_every_family_is_in_the_reference_with_its_exit_code(family: type[errors.DalguError]) -> None:
    assert re.search(rf"\| {family.__name__} \|.*\| {family.exit_code} \|", reference.errors_page())


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_move_of_every_table_is_drawn_and_written(language: str) -> None:
    from dalgubeol.rules.airlock import drawn
    from dalgubeol.rules.lifecycle import PERMIT_MOVES, RUN_MOVES

    page = reference.states_page(language)
    moves = [*RUN_MOVES, *PERMIT_MOVES, *drawn()]
    assert page.count('class="move"') == len(moves)
    for state, move in moves:
        assert re.search(
            rf"^\| [^|]*`{state.value}`[^|]* \| [^|]*`{re.escape(move)}`[^|]* \|", page, re.MULTILINE
        )


def test_the_korean_reference_is_korean() -> None:
    for name, page in reference.pages("ko").items():
        assert len(re.findall("[가-힣]", page)) > 100, name
    assert "사용법: dalgu init" in reference.commands_page("ko")


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("b.md", False),
        ("b.md#there", False),
        ("#here", False),
        ("https://example.org/x", False),
        ("c.md", True),
        ("b.md#nowhere", True),
        ("../../b.md", True),
    ],
)
def test_a_link_that_leads_nowhere_is_found(link: str, broken: bool) -> None:
    pages = {"a.md": f"# Here\n\n[x]({link})\n", "b.md": "# B\n\n## There\n"}
    assert bool(broken_links(pages)) is broken


def test_a_link_inside_code_is_no_link() -> None:
    assert broken_links({"a.md": "```\n[x](nowhere.md)\n```\n"}) == []


def test_an_undescribed_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    text = str(settings.__doc__).replace("| `DALGU_KEYS` |", "| keys |")
    monkeypatch.setattr(settings, "__doc__", text)
    assert reference.gaps(()) == ["setting DALGU_KEYS: no row in settings.py"]


def test_an_undescribed_key_of_the_settings_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    text = str(settings.__doc__).replace("`certificate`, `key`", "`certificate`")
    monkeypatch.setattr(settings, "__doc__", text)
    assert reference.gaps(()) == ["setting serve.key: no row in settings.py"]


def test_every_operation_of_the_api_is_in_the_reference_with_its_scope() -> None:
    page = api_reference.page()
    operations = api_reference.operations()
    assert len(operations) > 40
    for method, path, operation in operations:
        part = page.split(f"### {method} `{path}`\n")[1].split("\n### ")[0]
        scope = operation.get("x-scope")
        assert (f"- needs: scope `{scope}`" if scope else "it is public") in part
    for name in api_reference.document()["components"]["schemas"]:
        assert f"\n### {name}\n" in page


def test_an_operation_that_says_nothing_is_named() -> None:
    silent = [("GET", "/hum", {"summary": "hum", "operationId": "hum", "tags": ["x"]})]
    assert list(api_reference.gaps(silent)) == [
        "operation GET /hum: does not say what it does",
        "operation GET /hum: does not say who may call it",
    ]


def test_a_command_whose_help_says_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = (("dalgu hum", "Usage: dalgu hum [OPTIONS]\n\nOptions:\n  --help  Show this.\n"),)
    monkeypatch.setattr(reference, "commands", lambda language: silent)
    assert reference.gaps(())[0] == "command dalgu hum: its help (en) does not say what it does"


def test_a_family_with_another_exit_code_than_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors.Tampered, "exit_code", 99)
    assert [gap for gap in reference.gaps(()) if "Tampered" in gap]


def test_an_undescribed_parameter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(kinds.kind(KIND).Parameters):  # type: ignore[misc, name-defined]
        unsaid: int = 0

    monkeypatch.setattr(type(kinds.kind(KIND)), "Parameters", Silent)
    assert reference.gaps((KIND,)) == [f"kind {KIND}: parameter unsaid has no description"]


def test_a_kind_that_no_page_speaks_of_stops_the_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(build, "sources", lambda: {"docs/index.md": "# Nothing\n"})
    with pytest.raises(SystemExit, match=f"kind {KIND}: no page"):
        build.build(tmp_path / "out")


def test_the_dependencies_record_names_what_pyproject_declares() -> None:
    declared = tomllib.loads((build.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lists = [declared["dependencies"], *declared["optional-dependencies"].values()]
    names = {re.split(r"[\[><=;~ ]", line)[0].lower() for each in lists for line in each}
    text = (build.ROOT / "docs/decisions/0009-dependencies.md").read_text("utf-8").lower()
    assert {name for name in names if not re.search(rf"\b{re.escape(name)}\b", text)} == set()


def test_the_glossary_holds_no_word_that_nobody_uses() -> None:
    """Each English entry occurs in a page, a docstring or the code."""
    used = "\n".join(text for name, text in build.sources().items() if name != "GLOSSARY.md").lower()
    used += "\n".join(path.read_text("utf-8").lower() for path in reference.SOURCE.rglob("*.py"))
    text = (build.ROOT / "GLOSSARY.md").read_text("utf-8")
    entries = re.findall(r"^\| ([A-Za-z][^|]*?) \| [^|]*[가-힣]", text, re.MULTILINE)
    words = {
        word.strip().lower() for entry in entries for word in re.sub(r" \([^)]*\)", "", entry).split(",")
    }
    assert len(words) > 40
    assert {word for word in words if word not in used} == set()


@pytest.mark.parametrize("section", ["The four nouns", "People", "Coming in", "Running a site"])
def test_the_korean_words_of_the_glossary_are_the_ones_that_people_read(section: str) -> None:
    """Each first Korean word occurs in the catalogue or in a Korean page. (Legal terms are for English readers.)"""
    used = "\n".join(text for name, text in build.sources().items() if name.startswith("docs/ko/"))
    used += (reference.SOURCE / "locale/ko/LC_MESSAGES/dalgubeol.po").read_text("utf-8")
    text = (build.ROOT / "GLOSSARY.md").read_text("utf-8").split(f"## {section}\n")[1].split("\n## ")[0]
    words = re.findall(r"^\| [A-Za-z][^|]*? \| ([가-힣0-9 ]+)", text, re.MULTILINE)
    assert len(words) >= 4
    assert {word.strip() for word in words if word.strip() not in used} == set()
