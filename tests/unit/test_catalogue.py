"""What people read is whole in every language: `tools/catalogue.py` on the source, and on small trees that are not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue", ROOT / "tools" / "catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


catalogue = loaded()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree of two modules whose messages are all translated."""
    (tmp_path / "nouns").mkdir()
    (tmp_path / "kinds").mkdir()
    (tmp_path / "one.py").write_text(
        'say("{name} is "\n    "full.", name=x)\nInvalid.field("f", expected="a number", got=x or "none")\n'
    )
    (tmp_path / "nouns" / "state.py").write_text('class State(StrEnum):\n    HELD = "held"\n')
    (tmp_path / "kinds" / "a.py").write_text(
        'Slot("data", forms, "a table")\nField(None, description="how many")\nExample("three rows", {})\n'
    )
    catalogue.update(tmp_path)
    translate(tmp_path, lambda text: text.upper().replace("{NAME}", "{name}"))
    return tmp_path


def translate(source: Path, how) -> None:  # type: ignore[no-untyped-def]
    path = catalogue.po_path("ko", source)
    found = catalogue.read(path, "ko")
    for message in found:
        if message.id and not message.string:
            message.string = how(message.id)
    path.write_bytes(catalogue.po_bytes(catalogue.merged(catalogue.collected(source)[0], found, "ko")))
    catalogue.compile_(source)


def test_everything_that_people_read_is_translated() -> None:
    assert catalogue.problems() == []


def test_all_sources_of_text_are_collected(source: Path) -> None:
    keys, wrong = catalogue.collected(source)
    assert set(keys) == {
        ("", "{name} is full."), ("", "a number"), ("got", "none"), ("State", "held"), ("", "a table"),
        ("", "how many"), ("", "three rows"),
    }  # fmt: skip
    assert wrong == []
    assert catalogue.problems(source) == []


def test_a_message_that_is_missing_is_found(source: Path) -> None:
    (source / "two.py").write_text('say("Nobody has heard of this.")\n')
    assert catalogue.problems(source) == ["ko: missing: Nobody has heard of this."]
    catalogue.update(source)
    assert catalogue.problems(source) == ["ko: empty: Nobody has heard of this."]


def test_a_message_that_changed_a_little_is_fuzzy_until_somebody_looks(source: Path) -> None:
    one = source / "one.py"
    one.write_text(one.read_text().replace("full.", "full!"))
    catalogue.update(source)
    assert catalogue.problems(source) == ["ko: fuzzy: {name} is full!"]


def test_a_message_that_is_gone_is_found_and_dropped(source: Path) -> None:
    (source / "one.py").write_text("")
    assert "ko: no longer said: a number" in catalogue.problems(source)
    catalogue.update(source)
    assert catalogue.problems(source) == []


@pytest.mark.parametrize("wrong", ["{nam}이 가득합니다.", "가득합니다.", "{name} {name!r}"])
def test_placeholders_that_differ_are_found(source: Path, wrong: str) -> None:
    path = catalogue.po_path("ko", source)
    path.write_text(path.read_text().replace('msgstr "{name} IS FULL."', f'msgstr "{wrong}"'))
    catalogue.compile_(source)
    assert catalogue.problems(source) == ["ko: other placeholders: {name} is full."]


def test_a_compiled_file_that_is_behind_is_found(source: Path) -> None:
    path = catalogue.po_path("ko", source)
    path.write_text(path.read_text().replace("A NUMBER", "수"))
    assert catalogue.problems(source) == ["ko: the .mo is not that of the .po"]
    catalogue.compile_(source)
    assert catalogue.problems(source) == []


def test_say_without_a_literal_is_found(source: Path) -> None:
    (source / "two.py").write_text("say(header)\n")
    assert catalogue.problems(source) == ["two.py:1: say() without a literal"]


def test_an_update_without_news_changes_no_byte(source: Path) -> None:
    po = catalogue.po_path("ko", source)
    before = po.read_bytes(), po.with_suffix(".mo").read_bytes()
    catalogue.update(source)
    assert (po.read_bytes(), po.with_suffix(".mo").read_bytes()) == before
