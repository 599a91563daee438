"""Groups of serial numbers, rates, samples; and the join by serial number."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.linkage.join import as_table, joined
from dalgubeol.methods.privacy.linkage.match import Keyed, equal_keys, sampled


def keyed(name: str, keys: list[int], unkeyed: int = 0) -> Keyed:
    serials = [f"{name}{key}" for key in keys]
    return Keyed(
        serials, [bytes([key]) for key in keys], len(keys) + unkeyed, [f"{name}-{i}" for i in range(unkeyed)]
    )


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))
def test_every_person_is_in_one_group_and_groups_are_equal_keys(
    a: set[int], b: set[int], c: set[int]
) -> None:
    sets = {"a": a, "b": b, "c": c}
    found = equal_keys({name: keyed(name, sorted(keys)) for name, keys in sets.items()})
    members = [serial for group in (*found.linked, *found.alone) for serial in group if serial]
    assert sorted(members) == sorted(f"{n}{k}" for n, keys in sets.items() for k in keys)
    for group in found.linked:
        assert len({serial[1:] for serial in group if serial}) == 1
    shared = {k for k in range(41) if sum(k in keys for keys in sets.values()) > 1}
    assert len(found.linked) == len(shared)
    assert found.rates["a"] == pytest.approx(len(a & shared) / len(a) if a else 0.0)


def test_who_has_no_key_counts_in_the_rate_and_stays_alone() -> None:
    found = equal_keys({"a": keyed("a", [1], unkeyed=3), "b": keyed("b", [1])})
    assert (found.rates["a"], found.rates["b"]) == (0.25, 1.0)
    assert len(found.alone) == 3


def test_duplicate_keys_are_refused_by_count_or_dropped_if_that_was_agreed() -> None:
    twice = {"a": keyed("a", [1, 2, 2]), "b": keyed("b", [1, 2])}
    with pytest.raises(Invalid) as error:
        equal_keys(twice)
    assert "a 2" in str(error.value.detail)
    found = equal_keys(twice, drop_duplicates=True)
    assert found.linked == (("a1", "b1"),)
    assert (found.dropped, found.rates) == ({"a": 2, "b": 0}, {"a": 1 / 3, "b": 0.5})


def test_a_sample_is_about_the_share_and_the_same_under_the_same_secret() -> None:
    groups = [(f"a{i}", f"b{i}") for i in range(4000)]
    first = sampled(groups, 0.25, b"one")
    assert first == sampled(groups, 0.25, b"one")
    assert 850 < len(first) < 1150
    assert set(first) != set(sampled(groups, 0.25, b"two"))
    assert sampled(groups, 1.0, b"one") == tuple(groups)


def test_a_join_puts_rows_together_without_serial_numbers_or_order() -> None:
    payloads = {
        "a": pa.table({"serial": ["a1", "a2", "a3"], "x": [3, 2, 1]}),
        "b": pa.table({"serial": ["b3", "b1"], "y": [30, 10]}),
    }
    table = joined(
        ("a", "b"), as_table(("a", "b"), [("a1", "b1"), ("a2", "b2"), ("a3", "b3"), (None, "b1")]), payloads
    )
    assert table.to_pydict() == {"a.x": [1, 3, None], "b.y": [30, 10, 10]}  # b2 was left out by its applicant


@pytest.mark.parametrize("serials", [["s", "s"], ["s", None]])
def test_a_payload_with_a_serial_number_twice_or_without_one_is_refused(serials: list[str | None]) -> None:
    groups = as_table(("a",), [("s",)])
    with pytest.raises(Invalid):
        joined(("a",), groups, {"a": pa.table({"serial": pa.array(serials, pa.string()), "x": [1, 2]})})
