"""Encodings, similar pairs, and what an attacker makes of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.methods.privacy.linkage import attack, clk, keys, tolerant
from dalgubeol.methods.privacy.linkage.people import name_shares, people

ITEMS = (("name", "name"), ("born", "date"), ("phone", "phone"), ("address", "address"))
SALT, SEED = b"\x01" * 32, b"\x02" * 32


def encoded(rows: list[dict[str, str | None]], setting: clk.Setting, salt: bytes = SALT) -> clk.Bits:
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name, _ in ITEMS})
    items = keys.normalised_items(table, ITEMS, {})
    return clk.encodings(items, tuple(which for _, which in ITEMS), salt, "a", setting, SEED)[0]


def rows(count: int, seed: int) -> list[dict[str, str | None]]:
    return [{name: getattr(p, name) for name, _ in ITEMS} for p in people(count, seed)]


def dice(a: clk.Bits, b: clk.Bits) -> float:
    common = int(np.bitwise_count(a & b).sum())
    return 2 * common / int(np.bitwise_count(a).sum() + np.bitwise_count(b).sum())


@pytest.mark.parametrize("setting", [clk.Setting(), clk.Setting(fold=True)])
def test_a_slip_of_one_letter_stays_similar_and_another_person_does_not(setting: clk.Setting) -> None:
    one, other = rows(2, 3)
    slip = {**one, "name": "갬" + str(one["name"])[1:]}
    bits = encoded([one, slip, other], setting)
    assert bits.shape == (3, setting.length // 8)
    assert dice(bits[0], bits[1]) > 0.75 > 0.68 > dice(bits[0], bits[2])


def test_other_salts_and_flips_give_other_bits() -> None:
    one = rows(1, 3)
    plain = encoded(one, clk.Setting())
    assert dice(plain[0], encoded(one, clk.Setting(), b"\x09" * 32)[0]) < 0.7
    changed = np.unpackbits(plain ^ encoded(one, clk.Setting(flip=0.5))).mean()
    assert 0.15 < changed < 0.35  # half are tossed, half of those fall differently


def test_who_misses_most_items_has_no_encoding() -> None:
    table = pa.table(
        {name: pa.array(["가", None] if name != "born" else [None, None], pa.string()) for name, _ in ITEMS}
    )
    items = keys.normalised_items(table, ITEMS, {})
    _, whole = clk.encodings(items, tuple(w for _, w in ITEMS), SALT, "a", clk.Setting(), SEED)
    assert whole.tolist() == [True, False]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 40), st.floats(0.3, 0.9))
def test_blocks_find_only_what_comparing_all_finds_and_its_similarity(
    seed: int, n: int, m: int, threshold: float
) -> None:
    chance = np.random.default_rng(seed)
    left, right = (np.packbits(chance.random((size, 128)) < 0.4, axis=1) for size in (n, m))
    whole = {
        (int(a), int(b)): float(d)
        for part in tolerant.dense(left, right, threshold)
        for a, b, d in zip(part.left, part.right, part.dice, strict=True)
    }
    found = tolerant.blocked(left, right, threshold)
    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert all(
        whole[pair] == pytest.approx(float(d), abs=1e-5) for pair, d in zip(pairs, found.dice, strict=True)
    )


def test_blocks_miss_at_most_two_of_a_hundred() -> None:
    every = rows(600, 5)
    left = encoded(every, clk.Setting())
    right = encoded([{**row, "phone": "01000000000"} for row in every], clk.Setting())
    whole = sum(len(part.left) for part in tolerant.dense(left, right, 0.78))
    assert len(tolerant.blocked(left, right, 0.78).left) >= 0.98 * whole > 400


def test_each_encoding_is_taken_once_the_most_similar_first() -> None:
    found = tolerant.Candidates(
        np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0.9, 0.8, 0.95, 0.7], np.float32)
    )
    chosen = tolerant.one_to_one(found)
    assert list(zip(chosen.left.tolist(), chosen.right.tolist(), strict=True)) == [(1, 0), (0, 1)]


def test_who_has_the_salt_reads_names_and_who_knows_some_persons_guesses_others() -> None:
    every = people(900, 5)
    names, shares = [p.name for p in every], name_shares(37, 50_000)
    table = pa.table({"name": names})
    items = keys.normalised_items(table, ITEMS[:1], {})
    bits, _ = clk.encodings(items, ("name",), SALT, "a", clk.Setting(), SEED)
    dictionary = sorted({*names[:200], *list(shares)[:300]})
    own, _ = clk.encodings(
        keys.normalised_items(pa.table({"name": dictionary}), ITEMS[:1], {}),
        ("name",),
        SALT,
        "a",
        clk.Setting(),
        SEED,
    )
    assert attack.with_the_salt(bits[:200], own, names[:200], dictionary) == 1.0
    known = attack.known_attack(bits, names, shares, 2, 300)
    assert known.names > 20 * known.names_blind
    assert known.surnames > 0.6 > 2 * known.surnames_blind
    other, _ = clk.encodings(items, ("name",), b"\x07" * 32, "a", clk.Setting(), SEED)
    assert attack.with_the_salt(other[:200], own, names[:200], dictionary) < 0.05
