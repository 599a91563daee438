"""Equal items under two exponents; and probable pairs inside one controller."""

from __future__ import annotations

import pyarrow as pa
import pytest

pytest.importorskip("private_set_intersection", reason="the extra 'linkage' is not installed")

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.linkage import inside, keys, oblivious
from dalgubeol.methods.privacy.linkage.people import people

A, B = b"\x01" * 32, b"\xff" * 32


def test_equal_items_have_equal_elements_only_after_both_have_raised_them() -> None:
    ours, theirs = oblivious.blinded(["x", "y", "z"], A), oblivious.blinded(["y", "w", "x"], B)
    assert not set(ours) & set(theirs)
    twice_ours, twice_theirs = oblivious.doubled(ours, B), oblivious.doubled(theirs, A)
    assert [e in twice_theirs for e in twice_ours] == [True, True, False]
    assert twice_ours[0] == twice_theirs[2]


def test_one_exponent_alone_recognises_no_guess() -> None:
    twice = oblivious.doubled(oblivious.blinded(["x"], A), B)
    for exponent in (A, B):  # what the key agency could try with one of the applicants
        guess = oblivious.blinded(["x"], exponent)
        assert guess != twice
        assert oblivious.doubled(guess, exponent) != twice


@pytest.mark.parametrize("false", [b"", b"\x02" * 5, b"\x02" + b"\xff" * 32, b"\x09" + b"\x01" * 32])
def test_what_is_no_element_is_refused(false: bytes) -> None:
    with pytest.raises(Invalid):
        oblivious.doubled([false], A)


@pytest.mark.slow
def test_probable_pairs_forgive_what_exact_ones_do_not() -> None:
    every = people(300, 4)
    items = (("name", "name"), ("born", "date"), ("phone", "phone"), ("address", "address"))

    def made(moved: bool) -> keys.Items:
        changed = [p.address if not moved or i % 3 else "서울 종로구 세종대로 1" for i, p in enumerate(every)]
        phones = ["" if moved and i % 4 == 1 else p.phone for i, p in enumerate(every)]
        table = pa.table(
            {
                "name": [p.name for p in every],
                "born": [p.born for p in every],
                "phone": phones,
                "address": changed,
            }
        )
        return keys.normalised_items(table, items, {})

    pairs = inside.probable(made(False), made(True), [which for _, which in items], 0.9)
    right = sum(a == b for a, b in pairs)
    assert right >= 0.95 * 300
    assert right >= 0.99 * len(pairs)
    with pytest.raises(Invalid):
        inside.probable(made(False), made(True), ["name"], 0.9)
