"""Two of three sheets bring two keys back; everything else is told apart, without a word of a sheet."""

from __future__ import annotations

import os
from itertools import permutations

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.world.store import shares

KEYS = (os.urandom(32), os.urandom(32))


@pytest.fixture(scope="module")
def sheets() -> list[str]:
    return [" ".join(words) for words in shares.split(*KEYS)]


@pytest.mark.parametrize("pair", list(permutations(range(3), 2)))
def test_any_two_sheets_in_any_order_bring_both_keys_back(pair: tuple[int, int], sheets: list[str]) -> None:
    assert shares.joined([sheets[place] for place in pair]) == KEYS


def test_words_may_be_numbered_cut_short_and_in_capitals(sheets: list[str]) -> None:
    cut = "\n".join(f"{n:2d} {word[:4].upper()}" for n, word in enumerate(sheets[0].split(), start=1))
    assert shares.joined([cut, sheets[2]]) == KEYS


def test_every_splitting_is_another(sheets: list[str]) -> None:
    again = shares.split(*KEYS)
    assert not {" ".join(words) for words in again} & set(sheets)
    assert shares.set_name(again[0]) == shares.set_name(again[2])
    with pytest.raises(Invalid, match="not of the same splitting"):
        shares.joined([sheets[0], " ".join(again[1])])


def wrong(sheets: list[str], place: int, word: str) -> str:
    words = sheets[0].split()
    words[place] = word
    return " ".join(words)


def test_what_is_wrong_is_told_without_a_word_of_a_sheet(sheets: list[str]) -> None:
    words = sheets[0].split()
    other = next(w for w in sheets[1].split() if w != words[20])
    swapped = [*words[:10], words[11], words[10], *words[12:]] if words[10] != words[11] else words[::-1]
    cases = {
        "word 21 of sheet 1 is in no list": [wrong(sheets, 20, "dalgubeol"), sheets[1]],
        "sheet 1 is wrong or out of its place": [wrong(sheets, 20, other), sheets[1]],
        "sheet 2 is wrong or out of its place": [sheets[0], " ".join(swapped)],
        "has 58 words instead of 59": [sheets[0].rpartition(" ")[0], sheets[1]],
        "has 0 words": ["", sheets[1]],
        "1 of the 2 sheets": [sheets[0]],
        "3 of the 2 sheets": sheets,
        "given twice": [sheets[1], sheets[1]],
    }
    for told, given in cases.items():
        with pytest.raises(Invalid) as caught:
            shares.joined(given)
        assert told in str(caught.value)
        chain, error = [], caught.value
        while error is not None:
            chain.append(str(error))
            error = error.__cause__  # type: ignore[assignment]
        assert not [word for word in words if len(word) > 6 and word in " ".join(chain)]


def test_sheets_of_something_else_are_no_keys() -> None:
    from shamir_mnemonic import generate_mnemonics

    ((one, two, _),) = generate_mnemonics(1, [(2, 3)], os.urandom(62))
    with pytest.raises(Invalid, match=r"words instead of|something else"):
        shares.joined([one, two])
    ((one, two, _),) = generate_mnemonics(1, [(3, 3)], os.urandom(64))
    with pytest.raises(Invalid, match="do not fit together"):
        shares.joined([one, two])
