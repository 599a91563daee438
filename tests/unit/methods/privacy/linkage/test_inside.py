"""Probabilistic linkage inside one controller: forgiving, the same every time, and in letters."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest

from dalgubeol.methods.privacy.linkage import keys
from dalgubeol.methods.privacy.linkage.inside import _LETTER, probable
from dalgubeol.methods.privacy.linkage.normalise import NORMALISERS
from dalgubeol.methods.privacy.linkage.people import Person, people

pytest.importorskip("splink")

ITEMS = (("name", "name"), ("born", "date"), ("phone", "phone"), ("address", "address"))
HOW = tuple(how for _, how in ITEMS)


def items(every: list[Person]) -> keys.Items:
    table = pa.table({name: [getattr(person, name) for person in every] for name, _ in ITEMS})
    return keys.normalised_items(table, ITEMS, {})


def test_who_is_spelt_otherwise_or_moved_is_found_again_and_in_the_same_way_each_time() -> None:
    every = people(400, 5)
    other = [
        Person(p.name, p.born, p.phone, "제주 서귀포시 다른로 1") if i % 4 == 0
        else Person(_slipped(p.name), p.born, p.phone, p.address) if i % 4 == 1
        else p
        for i, p in enumerate(every[100:])
    ]  # fmt: skip
    found = probable(items(every), items(other), HOW, 0.5)
    right = sum(a == b + 100 for a, b in found)
    assert right >= 0.98 * len(other)
    assert right >= 0.99 * len(found)
    assert found == probable(items(every), items(other), HOW, 0.5)


def _slipped(name: str) -> str:
    letters = list(unicodedata.normalize("NFD", name))
    letters[1] = "\u1161" if letters[1] != "\u1161" else "\u1169"
    return unicodedata.normalize("NFC", "".join(letters))


def test_each_letter_is_one_byte_that_no_normalised_text_has() -> None:
    jamo = {c for code in range(ord("가"), ord("힣") + 1) for c in unicodedata.normalize("NFD", chr(code))}
    assert {ord(c) for c in jamo} == set(_LETTER)
    assert len(set(_LETTER.values())) == len(_LETTER)
    for byte in _LETTER.values():
        assert len(byte.encode()) == 1
        for how in ("name", "address"):
            assert byte not in (NORMALISERS[how](f"가{byte}a-1") or "")
