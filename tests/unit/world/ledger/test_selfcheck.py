from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, delete, insert, update

from dalgubeol.errors import Missing, Tampered
from dalgubeol.world.ledger.entry import Entry
from dalgubeol.world.ledger.log import CHECKPOINTS, ENTRIES, NODES, PAGE, Log
from dalgubeol.world.ledger.merkle import Frontier, leaf_hash
from dalgubeol.world.ledger.note import sign_checkpoint
from dalgubeol.world.ledger.selfcheck import check

MakeEntry = Callable[..., Entry]
UNTIL = "2026-03-01T12:00:00Z"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def filled(log: Log, connection: Connection, make_entry: MakeEntry) -> Log:
    """Eleven entries in two batches: 0 to 4 are public, 5 to 10 have payloads, 6 is erased."""
    log.append(connection, [make_entry(number) for number in range(5)])
    log.append(connection, [make_entry(number, {"n": number}, UNTIL) for number in range(5, 11)])
    log.erase(connection, 6, NOON)
    return log


def test_a_whole_log_passes_and_gives_its_head(filled: Log, connection: Connection) -> None:
    assert check(connection, filled) == filled.head(connection)


def test_a_log_of_several_pages_passes(log: Log, connection: Connection, make_entry: MakeEntry) -> None:
    for start in range(0, 2 * PAGE + 30, 300):
        log.append(connection, [make_entry(start + offset) for offset in range(300)])
    assert check(connection, log).size == 1200


def test_the_signed_empty_log_passes(log: Log, connection: Connection) -> None:
    with pytest.raises(Missing):
        check(connection, log)
    log.append(connection, [])
    assert check(connection, log).size == 0


def entry_at(index: int, /, **values: Any) -> Executable:
    return update(ENTRIES).where(ENTRIES.c.index == index).values(**values)


def node_at(level: int, position: int, /, **values: Any) -> Executable:
    return update(NODES).where(NODES.c.level == level, NODES.c.position == position).values(**values)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (entry_at(3, leaf=b'{"commitment":null}'), "Entry 3: its stored hash"),
        (entry_at(3, leaf_hash=b"\0" * 32), "Entry 3: its stored hash"),
        (delete(ENTRIES).where(ENTRIES.c.index == 4), "Entry 4: it is not there"),
        (delete(ENTRIES).where(ENTRIES.c.index == 10), "Entry 10: it is not there"),
        (entry_at(4, index=40), "Entry 4: it is not there"),
        (insert(ENTRIES).values(index=11, leaf=b"{}", leaf_hash=b""), "Entry 11: it is covered by no"),
        (insert(ENTRIES).values(index=-1, leaf=b"{}", leaf_hash=b""), "Entry -1: it is covered by no"),
        (entry_at(5, payload=b'{"n":6}'), "Entry 5: its payload and salt"),
        (entry_at(5, salt=b"\0" * 32), "Entry 5: its payload and salt"),
        (entry_at(5, payload=None, salt=None), "Entry 5: its payload and salt"),
        (entry_at(6, payload=b"1"), "Entry 6: it is marked as erased"),
        (entry_at(2, erased_at=UNTIL, retain_until=UNTIL), "Entry 2: it is marked as erased"),
        (entry_at(6, retain_until="2026-03-01T12:00:01Z"), "Entry 6: it was erased before"),
        (entry_at(6, retain_until=None), "Entry 6: it was erased before"),
        (entry_at(6, erased_at="gone"), "Entry 6: it was erased before"),
        (node_at(0, 7, hash=b"\0" * 32), "level 0, position 7: it is not the hash"),
        (node_at(2, 1, hash=b"\0" * 32), "level 2, position 1: it is not the hash"),
        (delete(NODES).where(NODES.c.level == 3), "level 3, position 0 is not stored"),
        (node_at(0, 10, position=11), "level 0, position 10 is not stored"),
        (insert(NODES).values(level=0, position=11, hash=b""), "level 0, position 11: it covers"),
        (insert(NODES).values(level=4, position=0, hash=b""), "level 4, position 0: it covers"),
        (insert(NODES).values(level=-1, position=0, hash=b""), "level -1, position 0: it covers"),
        (insert(NODES).values(level=2, position=-1, hash=b""), "level 2, position -1: it covers"),
        (update(CHECKPOINTS).where(CHECKPOINTS.c.size == 5).values(size=4), "Checkpoint at size 4: it is of"),
        (
            update(CHECKPOINTS).where(CHECKPOINTS.c.size == 5).values(note="x"),
            "Checkpoint at size 5: The signed",
        ),
        (delete(CHECKPOINTS).where(CHECKPOINTS.c.size == 11), "Entry 10: it is covered by no"),
    ],
)
def test_any_change_is_found_and_named(
    filled: Log, connection: Connection, change: Executable, place: str
) -> None:
    connection.execute(change)
    with pytest.raises(Tampered) as alarm:
        check(connection, filled)
    assert place in str(alarm.value)


def test_a_leaf_changed_with_all_its_hashes_is_found_by_the_checkpoint(
    filled: Log, connection: Connection, make_entry: MakeEntry
) -> None:
    leaves = [entry.leaf for entry in filled.entries(connection, 0, 11)]
    leaves[3] = make_entry(99).leaf
    _, nodes = Frontier().extended([leaf_hash(leaf) for leaf in leaves])
    connection.execute(entry_at(3, leaf=leaves[3], leaf_hash=leaf_hash(leaves[3])))
    for node in nodes:
        connection.execute(node_at(node.level, node.position, hash=node.hash))
    with pytest.raises(Tampered, match="Checkpoint at size 5: its root"):
        check(connection, filled)


def test_an_old_promise_of_our_own_that_was_broken_is_found(filled: Log, connection: Connection) -> None:
    broken = sign_checkpoint(filled.origin, 5, b"\0" * 32, filled._signing())
    connection.execute(update(CHECKPOINTS).where(CHECKPOINTS.c.size == 5).values(note=broken.note))
    with pytest.raises(Tampered, match="Checkpoint at size 5: its root"):
        check(connection, filled)
