"""The log: a Merkle tree of entries in the site's own database.

Everything works on a connection that the caller gives, in the caller's transaction, and commits nothing: an
entry is *recorded* when the caller's commit is durable, together with whatever state stood beside it. One
`append` is one batch with one signed checkpoint, so group what you have. Two appends at once are a Conflict
for one of them, on any database, because the index is the primary key.

Kept are the entries, the nodes (hashes of complete subtrees, from which every proof is read) and one
checkpoint per batch. The old checkpoints are kept because each was a signed promise that others may hold:
`check` proves that all of them, not only the last, agree with the entries. They cost about 250 bytes each.

The frontier is kept in memory beside the note of the checkpoint it belongs to. It is used only while the
database's last note is that very note; after a rollback, or when another process has appended, it is read
again and must lead to the signed root.

Erasing drops payload and salt and nothing else. Whether the bytes are also gone from the file is up to the
database: on SQLite the caller sets `PRAGMA secure_delete=ON` and truncates the write-ahead log afterwards; on
PostgreSQL they go with the next vacuum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from ...errors import Conflict, Invalid, Missing, Reason, Refused, Tampered
from ...language import say
from .entry import Entry, StoredEntry, instant, written
from .merkle import (
    Frontier,
    Place,
    Range,
    complete_subtrees,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    places_of,
    prove,
)
from .note import Checkpoint, Signer, Verifier, open_checkpoint, sign_checkpoint, sign_note

LEDGER = MetaData()
PAGE = 512  # entries read at once; a power of two, so that a page's proofs share their nodes

_BIGINT = BigInteger().with_variant(Integer, "sqlite")  # on SQLite only INTEGER is the row id itself

ENTRIES = Table(
    "ledger_entries",
    LEDGER,
    Column("index", _BIGINT, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("payload", LargeBinary),
    Column("salt", LargeBinary),
    Column("retain_until", Text),
    Column("erased_at", Text),
)
NODES = Table(
    "ledger_nodes",
    LEDGER,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", _BIGINT, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
CHECKPOINTS = Table(
    "ledger_checkpoints",
    LEDGER,
    Column("size", _BIGINT, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("made_at", Text, nullable=False),
)

_LATEST = select(CHECKPOINTS.c.size, CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size.desc()).limit(1)
_LATEST_SIZE = select(CHECKPOINTS.c.size).order_by(CHECKPOINTS.c.size.desc()).limit(1)
_ONE_ENTRY = select(ENTRIES).where(ENTRIES.c.index == bindparam("index"))
_ENTRY_PAGE = (
    select(ENTRIES)
    .where(ENTRIES.c.index >= bindparam("start"), ENTRIES.c.index < bindparam("stop"))
    .order_by(ENTRIES.c.index)
)
_NODES_AT = select(NODES.c.position, NODES.c.hash).where(
    NODES.c.level == bindparam("level"), NODES.c.position.in_(bindparam("positions", expanding=True))
)
_ADD_ENTRIES, _ADD_NODES, _ADD_CHECKPOINT = insert(ENTRIES), insert(NODES), insert(CHECKPOINTS)
_RETAIN = update(ENTRIES).where(ENTRIES.c.index == bindparam("which")).values(retain_until=bindparam("until"))
_ERASE = (
    update(ENTRIES)
    .where(ENTRIES.c.index == bindparam("which"))
    .values(payload=None, salt=None, erased_at=bindparam("at"))
)


_Head = Row[Any, Any]  # of _LATEST: size and note


def _now() -> datetime:
    return datetime.now(UTC)


class Log:
    """One log, known by its `origin` (also the name of its key).

    With a signing key it can append. With a verifier key only, it reads and proves, and checks every
    checkpoint it reads. With neither it can still read entries and prove, but gives no checkpoint.
    """

    def __init__(
        self,
        origin: str,
        signing_key: Ed25519PrivateKey | None = None,
        *,
        verifier_key: str | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.origin = origin
        self._signer = None if signing_key is None else Signer.of(origin, signing_key)
        self._verifier = Verifier.parse(verifier_key) if verifier_key else None
        if self._signer is not None:
            self._verifier = self._signer.verifier
        self._clock = clock
        self._cached: tuple[str, Frontier] | None = None

    @property
    def verifier(self) -> Verifier:
        """The log's public key. Raises Invalid when this log was opened without one."""
        if self._verifier is None:
            raise Invalid.field("verifier_key", expected="the key of this log", got="absent")
        return self._verifier

    def append(self, connection: Connection, entries: Sequence[Entry]) -> Checkpoint:
        """Append all of `entries` in order and sign the tree that holds them.

        No entries: the head, which for a new log is the signed empty tree. Raises Conflict when another
        process has appended meanwhile (roll back and try again), Tampered when what is stored does not lead
        to the root that was signed last.
        """
        signer = self._signing()
        before = connection.execute(_LATEST).one_or_none()
        frontier = Frontier() if before is None else self._frontier(connection, before)
        if not entries and before is not None:
            return self._opened(before)
        hashes = [leaf_hash(entry.leaf) for entry in entries]
        after, completed = frontier.extended(hashes)
        checkpoint = sign_checkpoint(self.origin, after.size, after.root(), signer)
        try:
            if entries:
                connection.execute(_ADD_ENTRIES, _entry_rows(frontier.size, entries, hashes))
                connection.execute(_ADD_NODES, [node._asdict() for node in completed])
            connection.execute(_ADD_CHECKPOINT, self._checkpoint_row(checkpoint))
        except IntegrityError as error:
            raise _moved() from error
        self._cached = (checkpoint.note, after)
        return checkpoint

    def size(self, connection: Connection) -> int:
        """How many entries are recorded."""
        return connection.execute(_LATEST_SIZE).scalar_one_or_none() or 0

    def head(self, connection: Connection) -> Checkpoint:
        """The latest checkpoint, its signature checked. Raises Missing when nothing was ever appended."""
        row = connection.execute(_LATEST).one_or_none()
        if row is None:
            raise Missing(
                "ledger.empty",
                say("The log {origin} has no checkpoint yet.", origin=self.origin),
                say("Record something first, or append an empty batch to sign the empty log."),
            )
        return self._opened(row)

    def checkpoint(self, connection: Connection, size: int) -> Checkpoint:
        """The checkpoint that was signed at `size`. Raises Missing when no batch ended there."""
        query = select(CHECKPOINTS.c.size, CHECKPOINTS.c.note).where(CHECKPOINTS.c.size == size)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise Missing(
                "ledger.checkpoint",
                say("No checkpoint was signed at size {size}.", size=size),
                say("Ask for the latest checkpoint, or for the size of one that you hold."),
            )
        return self._opened(row)

    def seal(self, line: str) -> str:
        """One line as a note signed by this log: never a checkpoint, which has three lines at least.

        Raises Invalid for more than a line, or without a signing key.
        """
        if "\n" in line:
            raise Invalid.field("line", expected="one line", got="more than one")
        return sign_note(line + "\n", self._signing())

    def inclusion_proof(self, connection: Connection, index: int, size: int) -> tuple[bytes, ...]:
        """Proof that entry `index` is in the tree of the first `size` entries."""
        self._check_within(connection, index, index + 1, size)
        return self._proof(connection, inclusion_ranges(index, size))

    def inclusion_proofs(
        self, connection: Connection, start: int, stop: int, size: int
    ) -> Iterator[tuple[bytes, ...]]:
        """The inclusion proofs of entries [start, stop) in order, reading the nodes they share only once."""
        self._check_within(connection, start, stop, size)
        for first, last in pages(start, stop):
            ranges = [inclusion_ranges(index, size) for index in range(first, last)]
            nodes = read_nodes(connection, {place for each in ranges for place in places_of(each)})
            yield from (_prove(each, nodes) for each in ranges)

    def consistency_proof(self, connection: Connection, old: int, new: int) -> tuple[bytes, ...]:
        """Proof that the tree of the first `new` entries only appends to that of the first `old`."""
        self._check_within(connection, 0, old, new)
        return self._proof(connection, consistency_ranges(old, new))

    def entry(self, connection: Connection, index: int) -> StoredEntry:
        """Raises Missing when there is no entry `index`."""
        row = connection.execute(_ONE_ENTRY, {"index": index}).one_or_none()
        if row is None:
            raise Missing(
                "ledger.entry",
                say("The log has no entry {index}.", index=index),
                say("Entries are numbered from 0; ask for one below the log's size."),
            )
        return StoredEntry(*row)

    def entries(self, connection: Connection, start: int, stop: int) -> Iterator[StoredEntry]:
        """The entries [start, stop) that exist, in order, a page at a time."""
        for first, last in pages(start, stop):
            rows = connection.execute(_ENTRY_PAGE, {"start": first, "stop": last}).all()
            yield from (StoredEntry(*row) for row in rows)

    def erase(self, connection: Connection, index: int, now: datetime) -> None:
        """Drop payload and salt of entry `index`; its leaf and every proof stay. Doing it twice is harmless.

        Raises Refused when the entry has no `retain_until` or it lies in the future, Conflict when it never
        had a payload, Missing when there is no such entry.
        """
        entry = self.entry(connection, index)
        if entry.erased_at is not None:
            return
        if entry.payload is None:
            raise Conflict(
                "ledger.nothing_to_erase",
                say("Entry {index} has nothing that could be erased.", index=index),
                say("Leave it as it is: its leaf holds no erasable content."),
            )
        erased_at = written(now)
        if reasons := _reasons_to_keep(entry, now):
            raise Refused(
                "ledger.retained",
                say("Entry {index} must still be kept.", index=index),
                say("Erase it after its retention has ended."),
                reasons,
            )
        connection.execute(_ERASE, {"which": index, "at": erased_at})

    def retain(self, connection: Connection, index: int, until: datetime) -> None:
        """Say until when entry `index` is kept, once that is known. Raises Conflict where it would be earlier
        than what was said before."""
        entry = self.entry(connection, index)
        if entry.retain_until is not None and instant(entry.retain_until) > until:
            raise Conflict(
                "ledger.retained_longer",
                say("Entry {index} is to be kept longer than that.", index=index),
                say("A retention can be prolonged, never shortened."),
            )
        connection.execute(_RETAIN, {"which": index, "until": written(until)})

    def _signing(self) -> Signer:
        if self._signer is None:
            raise Invalid.field("signing_key", expected="the log's private key", got="absent")
        return self._signer

    def _opened(self, row: _Head) -> Checkpoint:
        checkpoint = open_checkpoint(row.note, self.verifier)
        if (checkpoint.origin, checkpoint.size) != (self.origin, row.size):
            raise Tampered(
                "ledger.checkpoint",
                say("The checkpoint stored for size {size} is of another log or size.", size=row.size),
                say("Stop recording and compare the database with the checkpoints that others hold."),
            )
        return checkpoint

    def _frontier(self, connection: Connection, latest: _Head) -> Frontier:
        if self._cached is not None and self._cached[0] == latest.note:
            return self._cached[1]
        checkpoint = self._opened(latest)
        places = complete_subtrees(0, checkpoint.size)
        nodes = read_nodes(connection, places)
        frontier = Frontier(checkpoint.size, tuple(nodes[place] for place in places if place in nodes))
        if len(nodes) != len(places) or frontier.root() != checkpoint.root:
            raise Tampered(
                "ledger.frontier",
                say("The stored nodes do not lead to the root signed at size {size}.", size=checkpoint.size),
                say("Stop recording, run the ledger's self-check and restore from a backup that passes it."),
            )
        return frontier

    def _checkpoint_row(self, checkpoint: Checkpoint) -> dict[str, object]:
        return {"size": checkpoint.size, "note": checkpoint.note, "made_at": written(self._clock())}

    def _check_within(self, connection: Connection, start: int, stop: int, size: int) -> None:
        """Whether entries [start, stop) are in the tree of the first `size`, and that in the log."""
        recorded = self.size(connection)
        if not 0 <= start <= stop <= size <= recorded:
            raise Invalid.field(
                "size", expected=say("within the log, which has {count} entries", count=recorded), got=size
            )

    def _proof(self, connection: Connection, ranges: list[Range]) -> tuple[bytes, ...]:
        return _prove(ranges, read_nodes(connection, places_of(ranges)))


def pages(start: int, stop: int) -> Iterator[Range]:
    """[start, stop) cut at the multiples of `PAGE`."""
    while start < stop:
        last = min(stop, (start // PAGE + 1) * PAGE)
        yield start, last
        start = last


def read_nodes(connection: Connection, places: Iterable[Place]) -> dict[Place, bytes]:
    """The stored nodes at `places`; those that are not stored are not in the answer."""
    by_level: dict[int, list[int]] = {}
    for level, position in sorted(places):
        by_level.setdefault(level, []).append(position)
    # A level at a time: pairs compared with IN make SQLite scan the whole table.
    return {
        (level, position): node
        for level, positions in by_level.items()
        for position, node in connection.execute(_NODES_AT, {"level": level, "positions": positions})
    }


def _prove(ranges: list[Range], nodes: dict[Place, bytes]) -> tuple[bytes, ...]:
    try:
        return prove(ranges, nodes)
    except KeyError as error:
        level, position = error.args[0]
        raise missing_node(level, position) from None


def missing_node(level: int, position: int) -> Tampered:
    return Tampered(
        "ledger.node",
        say("The node at level {level}, position {position} is not stored.", level=level, position=position),
        say("Run the ledger's self-check and restore from a backup that passes it."),
    )


def _entry_rows(start: int, entries: Sequence[Entry], hashes: Sequence[bytes]) -> list[dict[str, object]]:
    return [
        {
            "index": start + offset,
            "leaf": entry.leaf,
            "leaf_hash": hashed,
            "payload": entry.payload,
            "salt": entry.salt,
            "retain_until": entry.retain_until,
        }
        for offset, (entry, hashed) in enumerate(zip(entries, hashes, strict=True))
    ]


def _reasons_to_keep(entry: StoredEntry, now: datetime) -> tuple[Reason, ...]:
    if entry.retain_until is None:
        return (Reason("retained_for_good", say("It has no end of retention.")),)
    if now < instant(entry.retain_until):
        until = say("It is to be kept until {until}.", until=entry.retain_until)
        return (Reason("retained", until),)
    return ()


def _moved() -> Conflict:
    return Conflict(
        "ledger.moved",
        say("Another process has appended to the log at the same time."),
        say("Roll the transaction back and append again."),
    )
