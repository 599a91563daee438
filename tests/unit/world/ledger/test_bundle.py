from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, update

from dalgubeol.digest import canonical, commitment
from dalgubeol.errors import Invalid, Missing, Tampered
from dalgubeol.world.ledger.bundle import Verified, verify_bundle, write_bundle
from dalgubeol.world.ledger.entry import Entry
from dalgubeol.world.ledger.log import ENTRIES, LEDGER, Log
from dalgubeol.world.ledger.merkle import EMPTY_ROOT
from dalgubeol.world.ledger.note import sign_checkpoint, sign_note

MakeEntry = Callable[..., Entry]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNTIL = "2026-03-01T12:00:00Z"
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
LOG = Log("ledger.example/site", KEY, clock=lambda: NOON)
VERIFIER = LOG.verifier.text


def entry_of(number: int, payload: Any = None) -> Entry:
    if payload is None:
        return Entry(canonical({"commitment": None, "number": number}))
    salt = bytes([number]) * 32
    leaf = {"commitment": commitment(payload, salt), "number": number, "erasable_from": UNTIL}
    return Entry(canonical(leaf), canonical(payload), salt, UNTIL)


def five(key: Ed25519PrivateKey = KEY, *, erased: int | None = None) -> tuple[bytes, list[str]]:
    """A bundle of five records, two of them with payloads, and every checkpoint on the way."""
    engine = create_engine("sqlite://")
    LEDGER.create_all(engine)
    log = Log("ledger.example/site", key, clock=lambda: NOON)
    records = [
        entry_of(0),
        entry_of(1, {"누가": 'a "b" \\ c', "n": [1, 2.5, None]}),
        entry_of(2),
        entry_of(3, "x"),
        entry_of(4),
    ]
    with engine.begin() as connection:
        notes = [log.append(connection, batch).note for batch in ([], records[:2], records[2:])]
        if erased is not None:
            log.erase(connection, erased, NOON)
        stream = io.BytesIO()
        write_bundle(connection, log, stream, NOON)
    engine.dispose()
    return stream.getvalue(), notes


BUNDLE, NOTES = five()
ERASED, _ = five(erased=3)
LINES = BUNDLE.splitlines(keepends=True)


def verify(bundle: bytes, **options: Any) -> Verified:
    return verify_bundle(io.BytesIO(bundle), VERIFIER, now=NOON, **options)


def fault_of(bundle: bytes, **options: Any) -> str:
    with pytest.raises(Tampered) as alarm:
        verify(bundle, **options)
    return str(alarm.value.detail)


def edited(line: int, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The bundle with the value in one line (from 1) changed, and that line canonical again."""
    value = json.loads(LINES[line - 1])
    change(value)
    return b"".join([*LINES[: line - 1], canonical(value) + b"\n", *LINES[line:]])


def test_a_bundle_verifies_with_nothing_but_the_public_key() -> None:
    verified = verify(BUNDLE)
    assert (verified.size, verified.records, verified.erased) == (5, 5, 0)
    assert verified.checkpoint.note == NOTES[-1]
    assert verified.root == verified.checkpoint.root


def test_a_bundle_has_the_form_that_is_documented() -> None:
    header, *records, last = [json.loads(line) for line in LINES]
    assert header == {
        "format": "dalgubeol-bundle/1",
        "made_at": "2026-03-01T12:00:00.000000Z",
        "origin": "ledger.example/site",
        "size": 5,
        "verifier_key": VERIFIER,
    }
    assert [record["index"] for record in records] == [0, 1, 2, 3, 4]
    assert all(set(record) == {"index", "leaf", "payload", "proof", "salt"} for record in records)
    assert records[3]["payload"] == "x"
    assert set(last) == {"checkpoint", "seal"}


def test_the_verifier_needs_no_database_library() -> None:
    code = "import sys, dalgubeol.world.ledger.bundle; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("bits", [0x01, 0x20, 0x80])
@pytest.mark.parametrize("which", ["whole", "erased"])
def test_every_changed_byte_is_found_and_its_place_named(which: str, bits: int) -> None:
    bundle, options = (
        (BUNDLE, {}) if which == "whole" else (ERASED, {"may_be_erased": lambda leaf, now: True})
    )
    assert verify(bundle, **options).records == 5
    line, last = 1, bundle.count(b"\n")
    for where, byte in enumerate(bundle):
        changed = bundle[:where] + bytes([byte ^ bits]) + bundle[where + 1 :]
        fault = fault_of(changed, **options)
        named = re.match(r"Line (\d+)(?:, record (\d+))?, field ([\w*]+): ", fault)
        assert named, fault
        if 1 < line < last:
            assert (int(named[1]), int(named[2])) == (line, line - 2), (where, fault)
        line += byte == ord("\n")


@given(st.integers(0, len(BUNDLE) - 1), st.integers(1, 255))
def test_any_byte_changed_to_any_other_is_found(where: int, difference: int) -> None:
    changed = BUNDLE[:where] + bytes([(BUNDLE[where] + difference) % 256]) + BUNDLE[where + 1 :]
    assert fault_of(changed).startswith("Line ")


def test_every_single_deletion_and_insertion_is_found() -> None:
    for where in range(len(BUNDLE)):
        assert fault_of(BUNDLE[:where] + BUNDLE[where + 1 :]).startswith("Line ")
        assert fault_of(BUNDLE[:where] + b" " + BUNDLE[where:]).startswith("Line ")
        assert fault_of(BUNDLE[:where] + b"0" + BUNDLE[where:]).startswith("Line ")


def test_every_truncation_is_found() -> None:
    for length in range(len(BUNDLE)):
        assert fault_of(BUNDLE[:length]).startswith("Line ")


def test_a_removed_doubled_or_swapped_line_is_found_at_its_place() -> None:
    for line in range(len(LINES)):
        removed = LINES[:line] + LINES[line + 1 :]
        doubled = LINES[: line + 1] + LINES[line:]
        assert fault_of(b"".join(removed)).startswith(f"Line {line + 1},")
        assert fault_of(b"".join(doubled)).startswith(f"Line {line + 2},")
    for line in range(len(LINES) - 1):
        swapped = [*LINES[:line], LINES[line + 1], LINES[line], *LINES[line + 2 :]]
        assert fault_of(b"".join(swapped)).startswith(f"Line {line + 1},")


@pytest.mark.parametrize("more", [b"\n", b"x", b"{}\n", LINES[-1]])
def test_nothing_may_follow_the_last_line(more: bytes) -> None:
    assert "Line 8, field *: something follows" in fault_of(BUNDLE + more)


def other_leaf(record: dict[str, Any]) -> None:
    record["leaf"] = record["leaf"].replace('"number":1', '"number":9')


@pytest.mark.parametrize(
    ("line", "change", "fault"),
    [
        (1, lambda v: v.update(format="dalgubeol-bundle/2"), "Line 1, field format"),
        (1, lambda v: v.update(origin="other"), "Line 7, field seal"),
        (1, lambda v: v.update(made_at="2026-03-02T12:00:00.000000Z"), "Line 7, field seal"),
        (
            1,
            lambda v: v.update(verifier_key="x"),
            "Line 1, field verifier_key: it is not the key that you gave",
        ),
        (1, lambda v: v.update(size=True), "Line 1, field size: it is not a count"),
        (1, lambda v: v.update(size=-1), "Line 1, field size: it is not a count"),
        (1, lambda v: v.update(size=5.0), "Line 1, field size: it is not a count"),
        (1, lambda v: v.update(more=1), "Line 1, field *: the line does not have the fields"),
        (3, lambda v: v.update(index=True), "Line 3, record 1, field index"),
        (3, lambda v: v.update(index=1.0), "Line 3, record 1, field index"),
        (3, other_leaf, "Line 3, record 1, field proof: leaf and proof do not lead to the signed root"),
        (3, lambda v: v.update(leaf=v["leaf"] + " "), "Line 3, record 1, field leaf"),
        (3, lambda v: v.update(leaf=None), "Line 3, record 1, field leaf: it is not text"),
        (3, lambda v: v.update(leaf="[]"), "Line 3, record 1, field leaf"),
        (
            3,
            lambda v: v.update(payload=None),
            "Line 3, record 1, field payload: payload and salt do not open",
        ),
        (3, lambda v: v.update(payload=None, salt=None), "Line 3, record 1, field payload: it is missing"),
        (3, lambda v: v.update(salt=None), "Line 3, record 1, field salt"),
        (3, lambda v: v.update(salt=" " * 64), "Line 3, record 1, field salt"),
        (3, lambda v: v.update(salt="00" * 32), "Line 3, record 1, field payload"),
        (2, lambda v: v.update(payload=1), "Line 2, record 0, field payload: the leaf commits to none"),
        (2, lambda v: v.update(salt="00" * 32), "Line 2, record 0, field payload: the leaf commits to none"),
        (2, lambda v: v["proof"].reverse(), "Line 2, record 0, field proof: leaf and proof"),
        (6, lambda v: v["proof"].pop(), "Line 6, record 4, field proof: it has the wrong length"),
        (6, lambda v: v["proof"].append("00" * 32), "Line 6, record 4, field proof: it has the wrong length"),
        (6, lambda v: v.update(proof=["AB" * 32]), "Line 6, record 4, field proof: it is not a list"),
        (6, lambda v: v.update(proof=[1]), "Line 6, record 4, field proof: it is not a list"),
        (6, lambda v: v.update(proof="ab"), "Line 6, record 4, field proof: it is not a list"),
        (7, lambda v: v.update(checkpoint=NOTES[1]), "Line 7, field checkpoint: its size"),
        (
            7,
            lambda v: v.update(checkpoint=v["checkpoint"] + "x"),
            "Line 7, field checkpoint: The signed note",
        ),
        (7, lambda v: v.update(checkpoint=None), "Line 7, field checkpoint: it is not text"),
        (7, lambda v: v.update(seal=[]), "Line 7, field seal: it is not text"),
        (7, lambda v: v.update(seal=""), "Line 7, field seal: The signed note"),
        (7, lambda v: v.update(seal=v["seal"] * 2 + "\n" + v["seal"]), "Line 7, field seal"),
    ],
)
def test_a_changed_value_is_found_though_the_line_is_canonical(
    line: int, change: Callable[[dict[str, Any]], None], fault: str
) -> None:
    assert fault_of(edited(line, change)).startswith(fault)


def test_another_signature_in_a_bundle_is_refused_because_nobody_could_check_it() -> None:
    other = Log("witness.example", Ed25519PrivateKey.generate())._signing()

    def cosign(last: dict[str, Any]) -> None:
        text = last["checkpoint"].partition("\n\n")[0] + "\n"
        last["checkpoint"] += sign_note(text, other).partition("\n\n")[2]

    assert "a signature by another key" in fault_of(edited(7, cosign))


@pytest.mark.parametrize(
    "line", [b"[" * 200_000 + b"\n", b"1e999\n", b"9" * 9000 + b"\n", b'"\\ud800"\n', b"\xff\n"]
)
def test_hostile_lines_are_refused_like_any_other(line: bytes) -> None:
    assert fault_of(line) == "Line 1, field *: the line is not canonical JSON."


def test_a_line_without_end_is_not_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dalgubeol.world.ledger.bundle.LINE_BYTES_AT_MOST", 100)
    assert "cut short or too long" in fault_of(BUNDLE)


def test_a_bundle_by_another_key_is_refused() -> None:
    bundle, _ = five(Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    assert "it is not the key that you gave" in fault_of(bundle)
    forged = bundle.replace(json.loads(bundle.splitlines()[0])["verifier_key"].encode(), VERIFIER.encode())
    assert "Line 7, field checkpoint" in fault_of(forged)


def test_a_malformed_key_is_the_callers_mistake() -> None:
    with pytest.raises(Invalid, match="verifier key"):
        verify_bundle(io.BytesIO(BUNDLE), "key")


def erasable(leaf: Mapping[str, Any], now: datetime) -> bool:
    return "erasable_from" in leaf and datetime.fromisoformat(leaf["erasable_from"]) <= now


def test_an_erased_record_is_counted_when_it_may_be_erased() -> None:
    assert verify(ERASED, may_be_erased=erasable).erased == 1


def test_an_erased_record_is_refused_by_default_and_before_its_time() -> None:
    assert fault_of(ERASED).startswith("Line 5, record 3, field payload: it is missing")
    with pytest.raises(Tampered, match="record 3, field payload"):
        verify_bundle(io.BytesIO(ERASED), VERIFIER, may_be_erased=erasable, now=NOON - timedelta(seconds=1))


def test_the_bundle_only_appends_to_each_older_checkpoint() -> None:
    for note in NOTES:
        assert verify(BUNDLE, since=note).size == 5


def test_a_rewritten_or_shortened_history_does_not_append_to_what_others_hold() -> None:
    engine = create_engine("sqlite://")
    LEDGER.create_all(engine)
    rewritten = Log("ledger.example/site", KEY)
    with engine.begin() as connection:
        other = [rewritten.append(connection, [entry_of(90 + n)]) for n in range(6)]
    engine.dispose()
    assert (
        fault_of(BUNDLE, since=other[1].note)
        == "Older checkpoint: the first 2 records are not those it covers."
    )
    assert (
        fault_of(BUNDLE, since=other[4].note)
        == "Older checkpoint: the first 5 records are not those it covers."
    )
    assert "some were removed" in fault_of(BUNDLE, since=other[5].note)
    assert "proves nothing" in fault_of(BUNDLE, since=NOTES[0].replace("\n0\n", "\n1\n"))


def test_an_older_checkpoint_of_an_empty_log_must_be_of_an_empty_log() -> None:
    odd = sign_checkpoint(LOG.origin, 0, b"\0" * 32, LOG._signing())
    assert (
        fault_of(BUNDLE, since=odd.note) == "Older checkpoint: the first 0 records are not those it covers."
    )
    foreign = sign_checkpoint("other", 0, EMPTY_ROOT, LOG._signing())
    assert fault_of(BUNDLE, since=foreign.note) == "Older checkpoint: it is of another log."


def test_a_seal_over_more_than_the_header_is_no_seal() -> None:
    header = LINES[0].decode()
    longer = sign_note(header + "\nmore\n", LOG._signing()).removeprefix(header + "\n")
    assert "it holds more than signatures" in fault_of(edited(7, lambda last: last.update(seal=longer)))


def test_the_empty_log_makes_a_bundle_too() -> None:
    engine = create_engine("sqlite://")
    LEDGER.create_all(engine)
    stream = io.BytesIO()
    with engine.begin() as connection:
        with pytest.raises(Missing):
            write_bundle(connection, LOG, stream)
        LOG.append(connection, [])
        write_bundle(connection, LOG, stream)
    engine.dispose()
    assert verify(stream.getvalue()).records == 0


def test_a_log_without_its_signing_key_writes_no_bundle(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    log.append(connection, [make_entry(0)])
    with pytest.raises(Invalid, match="signing_key"):
        write_bundle(connection, Log(log.origin, verifier_key=log.verifier.text), io.BytesIO())


def test_a_record_that_cannot_be_read_makes_no_bundle(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    log.append(connection, [make_entry(0)])
    connection.execute(update(ENTRIES).values(leaf=b"\xff"))
    with pytest.raises(Tampered, match="Entry 0"):
        write_bundle(connection, log, io.BytesIO())
