from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, delete, func, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from dalgubeol.errors import Conflict, Invalid, Missing, Refused, Tampered
from dalgubeol.world.ledger.entry import Entry
from dalgubeol.world.ledger.log import CHECKPOINTS, ENTRIES, LEDGER, NODES, PAGE, Log
from dalgubeol.world.ledger.merkle import EMPTY_ROOT, leaf_hash, root_of, verify_consistency, verify_inclusion
from dalgubeol.world.ledger.note import open_checkpoint

MakeEntry = Callable[..., Entry]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT_NOON = "2026-03-01T12:00:00Z"


def test_an_append_signs_the_tree_that_holds_the_entries(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    entries = [make_entry(number) for number in range(5)]
    checkpoint = log.append(connection, entries)
    assert (checkpoint.origin, checkpoint.size) == (log.origin, 5)
    assert checkpoint.root == root_of([leaf_hash(entry.leaf) for entry in entries])
    assert open_checkpoint(checkpoint.note, log.verifier) == checkpoint == log.head(connection)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.integers(0, 12), max_size=5))
def test_any_batches_give_the_reference_tree_and_good_proofs(
    batches: list[int], key: Ed25519PrivateKey, make_entry: MakeEntry
) -> None:
    engine = create_engine("sqlite://")
    LEDGER.create_all(engine)
    hashes: list[bytes] = []
    with engine.begin() as connection:
        log = Log("ledger.example/site", key)
        roots = {0: EMPTY_ROOT}
        for batch in batches:
            entries = [make_entry(len(hashes) + offset) for offset in range(batch)]
            hashes += [leaf_hash(entry.leaf) for entry in entries]
            roots[len(hashes)] = log.append(connection, entries).root
            assert roots[len(hashes)] == root_of(hashes)
        size = len(hashes)
        for index in range(size):
            proof = log.inclusion_proof(connection, index, size)
            assert verify_inclusion(hashes[index], index, size, roots[size], proof)
        for old, root in roots.items():
            proof = log.consistency_proof(connection, old, size)
            assert verify_consistency(old, size, root, roots[size], proof)
    engine.dispose()


def test_proofs_hold_for_every_earlier_size_too(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    entries = [make_entry(number) for number in range(13)]
    hashes = [leaf_hash(entry.leaf) for entry in entries]
    log.append(connection, entries)
    for size in range(1, 14):
        root = root_of(hashes[:size])
        assert all(
            verify_inclusion(hashes[i], i, size, root, log.inclusion_proof(connection, i, size))
            for i in range(size)
        )


def test_proofs_in_one_go_are_those_one_by_one(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    size = PAGE + 70
    log.append(connection, [make_entry(number) for number in range(size)])
    together = list(log.inclusion_proofs(connection, 5, size, size))
    assert len(together) == size - 5
    for index in (5, PAGE - 1, PAGE, size - 1):
        assert together[index - 5] == log.inclusion_proof(connection, index, size)


def test_a_new_log_is_empty_and_has_no_head(log: Log, connection: Connection) -> None:
    assert log.size(connection) == 0
    with pytest.raises(Missing, match="no checkpoint yet"):
        log.head(connection)


def test_an_empty_batch_signs_the_empty_log_once_and_changes_nothing_later(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    assert log.append(connection, []).root == EMPTY_ROOT
    first = log.append(connection, [make_entry(0)])
    assert log.append(connection, []) == first
    assert connection.scalar(select(func.count()).select_from(CHECKPOINTS)) == 2


def test_what_went_in_comes_out(log: Log, connection: Connection, make_entry: MakeEntry) -> None:
    entry = make_entry(3, {"who": "analyst"}, AT_NOON)
    log.append(connection, [make_entry(0), entry])
    stored = log.entry(connection, 1)
    assert (stored.index, stored.leaf, stored.leaf_hash) == (1, entry.leaf, leaf_hash(entry.leaf))
    assert (stored.payload, stored.salt, stored.retain_until) == (entry.payload, entry.salt, AT_NOON)
    assert stored.erased_at is None


def test_entries_stream_in_order_over_page_borders(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    log.append(connection, [make_entry(number) for number in range(PAGE + 10)])
    assert [e.index for e in log.entries(connection, PAGE - 3, PAGE + 99)] == list(range(PAGE - 3, PAGE + 10))
    assert list(log.entries(connection, 4, 4)) == []


def test_an_entry_that_is_not_there_is_missing(log: Log, connection: Connection) -> None:
    with pytest.raises(Missing, match="no entry 0"):
        log.entry(connection, 0)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 4), (0, 0), (4, 5)])
def test_no_inclusion_proof_outside_the_log(
    log: Log, connection: Connection, make_entry: MakeEntry, index: int, size: int
) -> None:
    log.append(connection, [make_entry(number) for number in range(3)])
    with pytest.raises(Invalid, match="size must be"):
        log.inclusion_proof(connection, index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (3, 2), (0, 4), (-3, -1)])
def test_no_consistency_proof_outside_the_log(
    log: Log, connection: Connection, make_entry: MakeEntry, old: int, new: int
) -> None:
    log.append(connection, [make_entry(number) for number in range(3)])
    with pytest.raises(Invalid, match="size must be"):
        log.consistency_proof(connection, old, new)


def test_an_earlier_checkpoint_can_be_had_again(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    first = log.append(connection, [make_entry(0)])
    log.append(connection, [make_entry(1), make_entry(2)])
    assert log.checkpoint(connection, 1) == first
    with pytest.raises(Missing, match="size 2"):
        log.checkpoint(connection, 2)


def test_a_rolled_back_append_leaves_no_trace_in_the_next(
    log: Log, engine: Engine, make_entry: MakeEntry
) -> None:
    with engine.connect() as connection:
        log.append(connection, [make_entry(0)])
        connection.commit()
        log.append(connection, [make_entry(1), make_entry(2)])
        connection.rollback()
        assert log.size(connection) == 1
        kept = [make_entry(0), make_entry(7), make_entry(8)]
        assert log.append(connection, kept[1:]).root == root_of([leaf_hash(entry.leaf) for entry in kept])


def test_a_log_goes_on_after_another_process_appended_the_same_number(
    log: Log, key: Ed25519PrivateKey, engine: Engine, make_entry: MakeEntry
) -> None:
    """The frontier in memory has the right size then, and the wrong hashes."""
    other = Log(log.origin, key)
    with engine.connect() as connection:
        log.append(connection, [make_entry(0)])
        connection.rollback()
        other.append(connection, [make_entry(1)])
        connection.commit()
        expected = root_of([leaf_hash(make_entry(number).leaf) for number in (1, 2)])
        assert log.append(connection, [make_entry(2)]).root == expected


def test_two_appends_at_once_are_a_conflict_for_one(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    """Stands for the race: the other's entry is there, but its checkpoint was not yet seen."""
    log.append(connection, [make_entry(0)])
    connection.execute(ENTRIES.insert().values(index=1, leaf=b"{}", leaf_hash=b""))
    with pytest.raises(Conflict, match="Another process"):
        log.append(connection, [make_entry(1)])


def test_nothing_is_signed_on_top_of_a_changed_tree(
    log: Log, key: Ed25519PrivateKey, connection: Connection, make_entry: MakeEntry
) -> None:
    log.append(connection, [make_entry(number) for number in range(3)])
    connection.execute(update(NODES).where(NODES.c.level == 1).values(hash=b"\0" * 32))
    with pytest.raises(Tampered, match="size 3"):
        Log(log.origin, key).append(connection, [make_entry(3)])


def test_nothing_is_signed_on_top_of_a_foreign_checkpoint(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    log.append(connection, [make_entry(0)])
    stranger = Log(log.origin, Ed25519PrivateKey.generate())
    with pytest.raises(Tampered, match="has not signed"):
        stranger.append(connection, [make_entry(1)])
    connection.execute(update(CHECKPOINTS).values(size=2))
    with pytest.raises(Tampered, match="another log or size"):
        log.head(connection)


def test_a_missing_node_is_named(log: Log, connection: Connection, make_entry: MakeEntry) -> None:
    log.append(connection, [make_entry(number) for number in range(4)])
    connection.execute(delete(NODES).where(NODES.c.level == 1, NODES.c.position == 1))
    with pytest.raises(Tampered, match="level 1, position 1"):
        log.inclusion_proof(connection, 0, 4)


def test_a_log_with_the_public_key_only_reads_and_does_not_append(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    log.append(connection, [make_entry(0), make_entry(1)])
    reader = Log(log.origin, verifier_key=log.verifier.text)
    assert reader.head(connection) == log.head(connection)
    assert reader.inclusion_proof(connection, 1, 2) == log.inclusion_proof(connection, 1, 2)
    with pytest.raises(Invalid, match="signing_key"):
        reader.append(connection, [make_entry(2)])


def test_a_log_without_any_key_gives_no_checkpoint(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    log.append(connection, [make_entry(0)])
    bare = Log(log.origin)
    assert bare.size(connection) == 1
    with pytest.raises(Invalid, match="verifier_key"):
        bare.head(connection)


def test_a_seal_is_over_one_line_and_so_never_a_checkpoint(log: Log) -> None:
    assert log.seal("one line").startswith("one line\n\n—")
    with pytest.raises(Invalid, match="one line"):
        log.seal("ledger.example/site\n9\nroot")


def test_erasing_drops_payload_and_salt_and_keeps_every_proof(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    log.append(connection, [make_entry(0), make_entry(1, "secret", AT_NOON)])
    before = log.entry(connection, 1)
    proof = log.inclusion_proof(connection, 1, 2)
    log.erase(connection, 1, NOON)
    after = log.entry(connection, 1)
    assert (after.payload, after.salt) == (None, None)
    assert (after.leaf, after.leaf_hash) == (before.leaf, before.leaf_hash)
    assert after.erased_at == "2026-03-01T12:00:00.000000Z"
    assert log.inclusion_proof(connection, 1, 2) == proof


def test_erasing_twice_keeps_the_first_time(log: Log, connection: Connection, make_entry: MakeEntry) -> None:
    log.append(connection, [make_entry(0, "secret", AT_NOON)])
    log.erase(connection, 0, NOON)
    log.erase(connection, 0, NOON + timedelta(days=1))
    assert log.entry(connection, 0).erased_at == "2026-03-01T12:00:00.000000Z"


@pytest.mark.parametrize(("until", "reason"), [(None, "retained_for_good"), (AT_NOON, "retained")])
def test_what_must_be_kept_is_not_erased(
    log: Log, connection: Connection, make_entry: MakeEntry, until: str | None, reason: str
) -> None:
    log.append(connection, [make_entry(0, "secret", until)])
    with pytest.raises(Refused) as refusal:
        log.erase(connection, 0, NOON - timedelta(microseconds=1))
    assert [each.code for each in refusal.value.reasons] == [reason]
    assert log.entry(connection, 0).payload == b'"secret"'


def test_there_is_nothing_to_erase_in_a_public_entry(
    log: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    log.append(connection, [make_entry(0)])
    with pytest.raises(Conflict, match="nothing that could be erased"):
        log.erase(connection, 0, NOON)


def test_erased_bytes_are_gone_from_the_files(
    log: Log, engine: Engine, make_entry: MakeEntry, tmp_path: Path
) -> None:
    def found() -> bool:
        return any(b"canary-4711" in path.read_bytes() for path in tmp_path.iterdir())

    with engine.connect() as connection:
        log.append(connection, [make_entry(0, "canary-4711", AT_NOON)])
        connection.commit()
        assert found()
        log.erase(connection, 0, NOON)
        connection.commit()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not found()


def test_the_tables_can_be_made_on_postgresql_with_wide_numbers() -> None:
    ddl = " ".join(
        str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in LEDGER.sorted_tables
    )
    assert ddl.count("BIGINT NOT NULL") == 3
    assert "SERIAL" not in ddl
