"""Keys, serial numbers and check values."""

from __future__ import annotations

import hmac

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid, Refused
from dalgubeol.methods.privacy.linkage import keys, seeds

ITEMS = (("name", "name"), ("born", "date"))
SALT = b"\x01" * 32


def items(rows: list[tuple[str | None, str | None]]) -> keys.Items:
    table = pa.table({"name": [n for n, _ in rows], "born": [b for _, b in rows]})
    return keys.normalised_items(table, ITEMS, {})


def test_the_same_person_spelt_in_two_ways_has_one_key_and_others_have_others() -> None:
    made = keys.link_keys(
        items([("김 가람", "2001.3.7"), ("김가람", "20010307"), ("김가람", "2001-03-08")]), SALT, "a"
    )
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_a_key_is_an_hmac_that_can_be_recomputed_from_the_rules() -> None:
    (made,) = keys.link_keys(items([("김가람", "2001-03-07")]), SALT, "a")
    own = hmac.digest(SALT, b"dalgubeol/link-key/v1\0a", "sha256")
    framed = b"".join(len(t.encode()).to_bytes(4) + t.encode() for t in ("김가람", "2001-03-07"))
    assert made == hmac.digest(own, framed, "sha256")


def test_who_misses_an_item_has_no_key() -> None:
    rows: list[tuple[str | None, str | None]] = [(None, "2001-03-07"), ("가", "never"), ("가", "2001-03-07")]
    assert [key is None for key in keys.link_keys(items(rows), SALT, "a")] == [True, True, False]
    assert [line is None for line in keys.item_lines(items(rows))] == [True, True, False]


def test_keys_differ_with_the_salt_and_with_the_agreement() -> None:
    one = items([("가", "2001-03-07")])
    made = {keys.link_keys(one, s, a)[0] for s, a in ((SALT, "a"), (SALT, "b"), (b"\x02" * 32, "a"))}
    assert len(made) == 3


def test_items_do_not_run_into_each_other() -> None:
    table = pa.table({"a": ["ab", "a"], "b": ["c", "bc"]})
    both = keys.normalised_items(table, (("a", "text"), ("b", "text")), {})
    assert len(set(keys.link_keys(both, SALT, "a"))) == len(set(keys.item_lines(both))) == 2


def test_serial_numbers_are_all_different_and_say_nothing_without_their_seed() -> None:
    first, second = (set(keys.serial_numbers(1000, seed, "a")) for seed in (SALT, b"\x02" * 32))
    assert len(first) == len(second) == 1000
    assert not first & second
    assert seeds.seed_for(SALT, "firm") != seeds.seed_for(SALT, "insurer")


def test_a_check_value_is_equal_only_where_salt_agreement_and_normalisation_are() -> None:
    made = {keys.check_value(s, a, n) for s in (SALT, b"\x02" * 32) for a in "ab" for n in "xy"}
    assert len(made) == 8


@pytest.mark.parametrize("column", [["930307-1234567"] * 5, [9303071234567] * 5])
def test_resident_numbers_are_refused_whatever_they_are_called(column: list[object]) -> None:
    with pytest.raises(Refused) as refused:
        keys.normalised_items(pa.table({"customer": column}), (("phone", "digits"),), {"phone": "customer"})
    assert "9303" not in str(refused.value)


def test_short_salts_and_unknown_items_are_invalid() -> None:
    with pytest.raises(Invalid):
        keys.link_keys(items([("가", "2001-03-07")]), b"short", "a")
    with pytest.raises(Invalid):
        keys.normalised_items(pa.table({"name": ["가"]}), (("name", "name"),), {"nickname": "name"})


def test_key_items_without_a_column_are_named_with_what_to_do() -> None:
    table = pa.table([["가"], ["나"], ["1990-01-01"]], names=["성명", "성명", "born"])
    with pytest.raises(Invalid, match="hold these key items: name, phone") as raised:
        keys.normalised_items(
            table, (("name", "name"), ("born", "date"), ("phone", "phone")), {"name": "성명"}
        )
    assert '{"name": "COLUMN"}' in raised.value.next_step.text("en")
