from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dalgubeol.digest import canonical, commitment
from dalgubeol.errors import Invalid
from dalgubeol.world.ledger.entry import BYTES_AT_MOST, Entry, instant, written

SALT = b"s" * 32
PAYLOAD = {"누가": "analyst", "n": [1, None, 2.5]}
LEAF = canonical({"commitment": commitment(PAYLOAD, SALT), "what": "ran"})
PUBLIC = canonical({"commitment": None, "what": "ran"})


def test_an_entry_with_and_one_without_payload_are_fine() -> None:
    assert Entry(PUBLIC).payload is None
    assert Entry(LEAF, canonical(PAYLOAD), SALT, "2029-01-01T00:00:00Z").salt == SALT


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"text",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"commitment": null}',
        b'{"commitment":null,"commitment":null}',
        b'{"commitment":NaN}',
        b'{"commitment":"\\ud800"}',
        b'{"commitment":""}',
        b'{"commitment":1}',
        canonical({"commitment": "AB" * 32}),
        canonical({"commitment": "é" * 64}),
    ],
)
def test_a_leaf_that_could_not_be_proven_is_refused(leaf: bytes) -> None:
    with pytest.raises(Invalid, match="leaf must be"):
        Entry(leaf)


@pytest.mark.parametrize(
    ("payload", "salt", "field"),
    [
        (None, None, "salt"),
        (canonical(PAYLOAD), None, "salt"),
        (None, SALT, "salt"),
        (canonical(PAYLOAD), SALT[:-1], "salt"),
        (canonical(PAYLOAD), b"t" * 32, "payload"),
        (canonical("another"), SALT, "payload"),
        (canonical(PAYLOAD) + b" ", SALT, "payload"),
        (b"not json", SALT, "payload"),
    ],
)
def test_payload_and_salt_must_open_the_commitment(
    payload: bytes | None, salt: bytes | None, field: str
) -> None:
    with pytest.raises(Invalid, match=f"{field} must be"):
        Entry(LEAF, payload, salt)


def test_a_payload_beside_no_commitment_is_refused() -> None:
    with pytest.raises(Invalid, match="payload must be absent"):
        Entry(PUBLIC, canonical(PAYLOAD), SALT)


def test_a_payload_of_null_is_a_payload() -> None:
    assert Entry(canonical({"commitment": commitment(None, SALT)}), b"null", SALT).payload == b"null"


def test_parts_too_large_to_verify_are_refused() -> None:
    big = canonical("x" * BYTES_AT_MOST)
    with pytest.raises(Invalid, match="payload must be at most"):
        Entry(canonical({"commitment": commitment("x" * BYTES_AT_MOST, SALT)}), big, SALT)
    with pytest.raises(Invalid, match="leaf must be at most"):
        Entry(canonical({"commitment": None, "x": "x" * BYTES_AT_MOST}))


@pytest.mark.parametrize(
    "text", ["", "soon", "2029-01-01", "2029-01-01T00:00:00", "2029-01-01T00:00:00+09:00"]
)
def test_retention_ends_at_an_instant_in_utc(text: str) -> None:
    with pytest.raises(Invalid, match="retain_until must be"):
        Entry(PUBLIC, retain_until=text)


def test_instants_are_written_in_utc_and_read_back() -> None:
    seoul = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    assert written(seoul) == "2026-03-01T00:00:00.000000Z"
    assert instant(written(seoul)) == datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(Invalid, match="now must be"):
        written(datetime(2026, 3, 1))  # noqa: DTZ001 - that is the point


def test_no_content_shows_when_an_entry_is_printed() -> None:
    assert "analyst" not in repr(Entry(LEAF, canonical(PAYLOAD), SALT))
