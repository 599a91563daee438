"""The guess risk of a tolerant linkage is measured once for the same encodings, whoever looks and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from dalgubeol.methods.privacy.linkage import attack
from dalgubeol.nouns.linkage import Item, LinkMode, Terms, Tolerance
from dalgubeol.verbs.linkage import guessing

TERMS = Terms(
    "l-1", "statistics", "to count", LinkMode.TOLERANT, (Item("full name", "name"), Item("ward", "text")), "1",
    tolerance=Tolerance(bits=512, hashes=11),
)  # fmt: skip


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    times, real = list[str](), attack.frequency_attack
    guessing._measured.cache_clear()

    def counted(*given: Any, **more: Any) -> Any:
        times.append("measured")
        return real(*given, **more)

    monkeypatch.setattr(attack, "frequency_attack", counted)
    monkeypatch.setattr(guessing, "PERSONS", 150)
    monkeypatch.setattr(guessing, "KNOWN", (50,))
    yield times  # type: ignore[misc]
    guessing._measured.cache_clear()


def test_the_same_encodings_are_measured_once_by_all_who_look_at_a_time(measured: list[str]) -> None:
    another = replace(TERMS, linkage="l-2", reason="to count anew", mock=0.1)
    with ThreadPoolExecutor(4) as many:
        found = list(many.map(guessing.guessed, [TERMS, another, TERMS, another]))
    assert measured == ["measured"]
    assert len(set(found)) == 1
    assert [each.known for each in found[0]] == [None, 0, 50]


def test_other_encodings_are_measured_for_themselves(measured: list[str]) -> None:
    plain = guessing.guessed(TERMS)
    folded = guessing.guessed(replace(TERMS, tolerance=replace(TERMS.tolerance, flip=0.2)))
    assert measured == ["measured"] * 2
    assert plain != folded


def test_where_there_is_nothing_to_guess_from_nothing_is_measured(measured: list[str]) -> None:
    assert guessing.guessed(replace(TERMS, mode=LinkMode.EXACT)) == ()
    assert guessing.guessed(replace(TERMS, items=(Item("born", "date"),))) == ()
    assert measured == []
