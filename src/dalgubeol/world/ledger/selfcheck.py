"""The ledger's self-check: recompute everything from the leaves, and name the first thing that is wrong.

It goes through the entries once, in order and in bounded memory. Proven are: every entry is there, its stored
hash is its leaf's, its payload opens its commitment or was erased; every node is what the leaves give, and
there is no other; every checkpoint that was ever signed is the root of the entries at its size; the last one
covers every entry. Not provable from inside is that nobody rolled the whole database back: for that, others
must hold checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, func, select

from ...errors import Invalid, Tampered
from ...language import Message, say
from .entry import COMMITMENT, StoredEntry, canonical_json, check_leaf, instant
from .log import CHECKPOINTS, ENTRIES, NODES, PAGE, Log, missing_node, pages
from .merkle import Frontier, Node, leaf_hash
from .note import Checkpoint, open_checkpoint


def check(
    connection: Connection, log: Log, on_progress: Callable[[int, int], None] = lambda done, all_: None
) -> Checkpoint:
    """The latest checkpoint, once everything is proven. Raises Tampered naming the first wrong place.
    `on_progress` is told how many entries of how many are done."""
    head = log.head(connection)
    checkpoints = _signed(connection, log)
    frontier = Frontier()
    due = _passed(next(checkpoints), checkpoints, frontier)
    for first, last in pages(0, head.size):
        completed: list[Node] = []
        entries = log.entries(connection, first, last)
        for index in range(first, last):
            entry = next(entries, None)
            if entry is None or entry.index != index:
                raise _wrong_entry(index, say("it is not there"))
            _check_entry(entry)
            frontier, nodes = frontier.extended([entry.leaf_hash])
            completed += nodes
            due = _passed(due, checkpoints, frontier)
        _check_nodes(connection, first, last, completed)
        on_progress(last, head.size)
    _check_nothing_more(connection, log)
    return head


def _signed(connection: Connection, log: Log) -> Iterator[Checkpoint]:
    """Every checkpoint in order of size, its signature and size checked."""
    after = -1
    while rows := _checkpoint_page(connection, after):
        for row in rows:
            try:
                checkpoint = open_checkpoint(row.note, log.verifier)
            except Tampered as error:
                sentence = say("Checkpoint at size {size}: {sentence}", size=row.size, sentence=error.detail)
                raise _wrong("ledger.checkpoint", sentence) from error
            if (checkpoint.origin, checkpoint.size) != (log.origin, row.size):
                raise _wrong_checkpoint(row.size, say("it is of another log or size"))
            yield checkpoint
        after = rows[-1].size


def _checkpoint_page(connection: Connection, after: int) -> list[Row[Any]]:
    query = select(CHECKPOINTS).where(CHECKPOINTS.c.size > after).order_by(CHECKPOINTS.c.size).limit(PAGE)
    return list(connection.execute(query).all())


def _passed(due: Checkpoint | None, rest: Iterator[Checkpoint], frontier: Frontier) -> Checkpoint | None:
    """The checkpoint that is due next, once one at this size is proven."""
    if due is None or due.size != frontier.size:
        return due
    if due.root != frontier.root():
        raise _wrong_checkpoint(due.size, say("its root is not that of the entries before it"))
    return next(rest, None)


def _check_entry(entry: StoredEntry) -> None:
    if leaf_hash(entry.leaf) != entry.leaf_hash:
        raise _wrong_entry(entry.index, say("its stored hash is not that of its leaf"))
    if entry.erased_at is not None:
        fields = canonical_json(entry.leaf)
        has_commitment = isinstance(fields, dict) and fields.get(COMMITMENT) is not None
        if entry.payload is not None or entry.salt is not None or not has_commitment:
            raise _wrong_entry(entry.index, say("it is marked as erased and is not"))
        if not _retention_had_ended(entry.retain_until, entry.erased_at):
            raise _wrong_entry(entry.index, say("it was erased before its retention ended"))
        return
    try:
        check_leaf(entry.leaf, entry.payload, entry.salt)
    except Invalid as error:
        raise _wrong_entry(entry.index, say("its payload and salt do not open its commitment")) from error


def _retention_had_ended(retain_until: str | None, erased_at: str) -> bool:
    try:
        return retain_until is not None and instant(erased_at) >= instant(retain_until)
    except Invalid:
        return False


def _check_nodes(connection: Connection, first: int, last: int, completed: list[Node]) -> None:
    """Compare the nodes that entries [first, last) complete with those that are stored."""
    for level in range(last.bit_length()):
        within = (NODES.c.position >= first >> level, NODES.c.position < last >> level)
        rows = connection.execute(
            select(NODES.c.position, NODES.c.hash).where(NODES.c.level == level, *within)
        )
        stored = {row.position: row.hash for row in rows}
        for node in completed:
            if node.level != level or stored.get(node.position) == node.hash:
                continue
            if node.position not in stored:
                raise missing_node(level, node.position)
            raise _wrong_node(level, node.position, say("it is not the hash of what is below it"))


def _check_nothing_more(connection: Connection, log: Log) -> None:
    """Nothing lies outside what is signed. The size is read last: an append meanwhile does no harm."""
    least, most = connection.execute(select(func.min(ENTRIES.c.index), func.max(ENTRIES.c.index))).one()
    by_level = select(NODES.c.level, func.min(NODES.c.position), func.max(NODES.c.position))
    levels = connection.execute(by_level.group_by(NODES.c.level)).all()
    size = log.size(connection)
    for index in (least, most):
        if index is not None and not 0 <= index < size:
            raise _wrong_entry(index, say("it is covered by no checkpoint"))
    for level, *ends in levels:
        for position in ends:
            if level < 0 or not 0 <= position < size >> level:
                raise _wrong_node(level, position, say("it covers entries that do not exist"))


def _wrong_entry(index: int, fault: Message) -> Tampered:
    return _wrong("ledger.entry", say("Entry {index}: {fault}.", index=index, fault=fault))


def _wrong_node(level: int, position: int, fault: Message) -> Tampered:
    detail = say(
        "Node at level {level}, position {position}: {fault}.", level=level, position=position, fault=fault
    )
    return _wrong("ledger.node", detail)


def _wrong_checkpoint(size: int, fault: Message) -> Tampered:
    return _wrong("ledger.checkpoint", say("Checkpoint at size {size}: {fault}.", size=size, fault=fault))


def _wrong(code: str, detail: Message) -> Tampered:
    next_step = say(
        "Stop recording, keep the database as evidence and restore from a backup that passes this check."
    )
    return Tampered(code, detail, next_step)
