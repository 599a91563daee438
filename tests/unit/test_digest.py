from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol import digest
from dalgubeol.digest import (
    SALT_BYTES,
    canonical,
    commitment,
    derived_id,
    fresh_id,
    fresh_salt,
    opens,
    sha256_hex,
    stream_digest,
)

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
SALT = bytes(range(SALT_BYTES))


@given(st.dictionaries(st.text(), _json, max_size=5))
def test_canonical_bytes_do_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))


def test_canonical_json_is_utf_8_sorted_and_without_white_space() -> None:
    assert canonical({"나": 1, "a": [1, "x"]}) == '{"a":[1,"x"],"나":1}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"x": object()}, b"bytes", {1, 2}])
def test_what_is_not_plain_json_has_no_canonical_bytes(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        canonical(value)


@given(_json, _json)
def test_a_commitment_opens_to_its_value_and_to_no_other(value: object, other: object) -> None:
    claimed = commitment(value, SALT)
    assert opens(claimed, value, SALT)
    assert opens(claimed, other, SALT) is (canonical(value) == canonical(other))
    assert not opens(claimed, value, bytes(SALT_BYTES))


def test_a_commitment_cannot_be_opened_by_moving_bytes_between_salt_and_value() -> None:
    claimed = commitment(12, SALT)
    assert not opens(claimed, 2, SALT + b"1")
    for salt in (b"", SALT[:-1], SALT + b"1"):
        with pytest.raises(ValueError, match="salt"):
            commitment(12, salt)


@pytest.mark.parametrize("claimed", ["", "가", "\udcff", "0" * 64])
def test_a_malformed_commitment_opens_to_nothing(claimed: str) -> None:
    assert not opens(claimed, 1, SALT)


def test_salts_are_never_the_same() -> None:
    assert len({fresh_salt() for _ in range(1000)}) == 1000


def test_a_stream_is_digested_from_where_it_stands() -> None:
    content = bytes(range(256)) * 10_000
    assert stream_digest(io.BytesIO(content)) == sha256_hex(content)
    stream = io.BytesIO(content)
    stream.read(10)
    assert stream_digest(stream) == sha256_hex(content[10:])


def test_ids_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    made = []
    for step in (0, 1, 5, 1000, 10**6, 10**9, 3 * 10**10):
        monkeypatch.setattr(digest.time, "time_ns", lambda step=step: now + step * 1_000_000)
        made.append(fresh_id("run"))
    assert made == sorted(made)
    assert {len(each) for each in made} == {len("run-") + 18}


def test_ids_are_never_the_same() -> None:
    assert len({fresh_id("x") for _ in range(5000)}) == 5000


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_derived_ids_belong_to_their_parts(one: list[str], other: list[str]) -> None:
    assert (derived_id("ds", *one) == derived_id("ds", *other)) is (one == other)
