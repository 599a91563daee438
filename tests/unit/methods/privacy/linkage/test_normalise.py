"""One spelling for what may be spelt in many ways."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.linkage import normalise


@pytest.mark.parametrize(
    ("which", "spellings", "becomes"),
    [
        ("name", ["김가람", " 김 가람", "김가람(개명)", "김-가람", unicodedata.normalize("NFD", "김가람")], "김가람"),
        ("name", ["KIM Garam", "Ｋim garam", "kim.garam"], "kimgaram"),
        ("phone", ["010-1234-5678", "+82 10-1234-5678", "+82(0)10 1234 5678", "1012345678", "０１０１２３４５６７８"], "01012345678"),
        ("date", ["2001-03-07", "2001.3.7.", "20010307", "2001년 3월 7일", "01-03-07", "010307", "2001-03-07 00:00:00"], "2001-03-07"),
        ("date", ["1999/12/31", "991231"], "1999-12-31"),
        ("address", ["대구광역시 중구 국채보상로 670", "대구 중구 국채보상로670 (동인동)", "대구시 중구 국채보상로 670, 101동"], "대구중구국채보상로670"),
        ("sex", ["남", "남자", "M", "1", "Male"], "1"),
        ("digits", ["12-34", "1 2 3 4"], "1234"),
        ("text", ["  Two  words ", "two words"], "two words"),
    ],
)  # fmt: skip
def test_spellings_of_one_thing_become_one(which: str, spellings: list[str], becomes: str) -> None:
    assert {normalise.normaliser(which)(spelling) for spelling in spellings} == {becomes}


@pytest.mark.parametrize(("which", "value"), [("date", "2001-02-30"), ("date", "x"), ("phone", "123"), ("name", "12 (x)"), ("sex", "?"), ("text", "  ")])  # fmt: skip
def test_what_says_nothing_is_missing(which: str, value: str) -> None:
    assert normalise.normaliser(which)(value) is None


@given(st.sampled_from(sorted(normalise.NORMALISERS)), st.text(max_size=30))
def test_normalising_twice_changes_nothing_more(which: str, value: str) -> None:
    once = normalise.normaliser(which)(value)
    assert once is None or normalise.normaliser(which)(once) in (once, None)


def test_the_digest_tells_items_and_versions_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    first = normalise.digest([("name", "name"), ("born", "date")])
    assert first == normalise.digest([("name", "name"), ("born", "date")])
    others = {normalise.digest([("name", "text"), ("born", "date")]), normalise.digest([("name", "name")])}
    monkeypatch.setattr(normalise, "VERSION", "2030-1")
    others.add(normalise.digest([("name", "name"), ("born", "date")]))
    assert first not in others
    assert len(others) == 3


def test_a_normaliser_that_is_not_known_is_named() -> None:
    with pytest.raises(Invalid):
        normalise.normaliser("soundex")
