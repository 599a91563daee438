"""A bundle: the whole log as one text file that anybody can verify offline with the log's public key.

UTF-8, one canonical JSON value to a line (`digest.canonical`), each line ended by a newline:

    {"format": "dalgubeol-bundle/1", "made_at", "origin", "size", "verifier_key"}
    {"index", "leaf": text, "payload": any JSON or null, "proof": [hex], "salt": hex or null}   per record
    {"checkpoint": signed note, "seal": signature lines}

`proof` is the RFC 9162 inclusion proof in the tree of `size`. The seal is the log's signature over the
header line (as a signed note whose text is that line), so that nothing in the file is unsigned: a checkpoint
says nothing about `made_at`. Every line must be the canonical spelling of its value and every hash be in
lower-case hex; with that, changing any one byte of a bundle makes it fail.

An erased record has neither payload nor salt although its leaf has a commitment. Whether that is in order is
not for this file to say: the caller's `may_be_erased` decides from the leaf, and the default is never.

A bundle proves what the log's key signed. That the same key has not signed another history for somebody else
is proven only by comparing checkpoints: pass one that you hold as `since`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from ...digest import SALT_BYTES, canonical, opens
from ...errors import Tampered
from ...language import Message, say
from .entry import COMMITMENT, INVALID, StoredEntry, canonical_json, is_commitment, written
from .merkle import HASH_BYTES, Frontier, leaf_hash, root_from_inclusion
from .note import Checkpoint, Verifier, open_checkpoint, open_note

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .log import Log  # an offline verifier needs no database

FORMAT = "dalgubeol-bundle/1"
LINE_BYTES_AT_MOST = 16 << 20

_HEADER_FIELDS = {"format", "made_at", "origin", "size", "verifier_key"}
_RECORD_FIELDS = {"index", "leaf", "payload", "proof", "salt"}
_LAST_FIELDS = {"checkpoint", "seal"}

MayBeErased = Callable[[Mapping[str, Any], datetime], bool]
"""Whether a record with this leaf may have been erased by this instant."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a bundle was proven to hold: `records` in all, `erased` of them without their payload."""

    size: int
    root: bytes
    records: int
    erased: int
    checkpoint: Checkpoint


def never(leaf: Mapping[str, Any], now: datetime) -> bool:
    """No record may be erased: the default."""
    return False


def write_bundle(
    connection: Connection, log: Log, stream: BinaryIO, now: datetime | None = None
) -> Checkpoint:
    """Write the log up to its head, record by record; returns the head.

    Raises Invalid without the signing key, Missing when the log is empty and was never signed.
    """
    head = log.head(connection)
    header = canonical(
        {
            "format": FORMAT,
            "made_at": written(now or datetime.now(UTC)),
            "origin": log.origin,
            "size": head.size,
            "verifier_key": log.verifier.text,
        }
    )
    sealed_text = header.decode() + "\n"
    seal = log.seal(header.decode()).removeprefix(sealed_text + "\n")
    stream.write(header + b"\n")
    proofs = log.inclusion_proofs(connection, 0, head.size, head.size)
    for entry, proof in zip(log.entries(connection, 0, head.size), proofs, strict=True):
        stream.write(_record_line(entry, proof))
    stream.write(canonical({"checkpoint": head.note, "seal": seal}) + b"\n")
    return head


def verify_bundle(
    stream: BinaryIO,
    verifier_key: str,
    *,
    since: str | None = None,
    may_be_erased: MayBeErased = never,
    now: datetime | None = None,
) -> Verified:
    """Prove the bundle in `stream` with nothing but the log's public `verifier_key`, one line in memory.

    `since` is an older checkpoint of the same log (a signed note): the bundle must then only append to it.
    Raises Tampered that names line, record and field of what fails first, and Invalid for a malformed key.
    """
    verifier = Verifier.parse(verifier_key)
    reader = _Lines(stream)
    header, header_line = _header(reader, verifier)
    older = None if since is None else _older(since, verifier, header)
    tree = _Tree(header["size"], older)
    at = now or datetime.now(UTC)
    erased = 0
    for index in range(header["size"]):
        record = _record(reader, index)
        erased += _check_content(record, reader.at(index), may_be_erased, at)
        tree.add(record, reader.at(index))
    checkpoint = _last(reader, verifier, header, header_line)
    tree.check(checkpoint, reader.at())
    return Verified(checkpoint.size, checkpoint.root, tree.frontier.size, erased, checkpoint)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the file something is, for naming it."""

    line: int
    index: int | None

    def fault(self, field: str, fault: Message) -> Tampered:
        return self.failed(field, say("{fault}.", fault=fault))

    def failed(self, field: str, sentence: Message) -> Tampered:
        return _tampered(_where(self.line, self.index, field), sentence)


class _Lines:
    """The lines of a bundle as values. Raises Tampered for a line that is not canonical."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._number = 0

    def at(self, index: int | None = None) -> _Place:
        """The line that was read last."""
        return _Place(self._number, index)

    def next(self, fields: set[str], index: int | None = None) -> tuple[dict[str, Any], bytes]:
        """The next line's object, which has exactly `fields`, and its bytes without the newline."""
        raw = self._stream.readline(LINE_BYTES_AT_MOST)
        self._number += 1
        place = self.at(index)
        if not raw:
            raise place.fault("*", say("the file ends before this line"))
        if not raw.endswith(b"\n"):
            raise place.fault("*", say("the line is cut short or too long"))
        value = canonical_json(raw[:-1])
        if value is INVALID:
            raise place.fault("*", say("the line is not canonical JSON"))
        if not isinstance(value, dict) or set(value) != fields:
            raise place.fault("*", say("the line does not have the fields that belong here"))
        return value, raw[:-1]

    def end(self) -> None:
        if self._stream.read(1):
            raise _Place(self._number + 1, None).fault("*", say("something follows the last line"))


class _Tree:
    """The tree that the records make, and whether it is the one that was signed.

    The signed root comes last. Until then every proof leads to some root; the first root and the first that
    differs from it are remembered with their places, which is enough to name the first wrong record.
    """

    def __init__(self, size: int, older: Checkpoint | None) -> None:
        self.size = size
        self.frontier = Frontier()
        self.older = older
        self._roots: list[tuple[bytes, _Place]] = []
        self._check_older()

    def add(self, record: Mapping[str, Any], place: _Place) -> None:
        hashed = leaf_hash(record["leaf"].encode())
        proof = [step for text in record["proof"] if (step := _hex(text, HASH_BYTES)) is not None]
        if len(proof) != len(record["proof"]):
            raise place.fault("proof", say("it is not a list of hashes in hex"))
        root = root_from_inclusion(hashed, self.frontier.size, self.size, proof)
        if root is None:
            raise place.fault("proof", say("it has the wrong length for this place"))
        if len(self._roots) < 2 and root not in [known for known, _ in self._roots]:
            self._roots.append((root, place))
        self.frontier, _ = self.frontier.extended([hashed])
        self._check_older()

    def check(self, checkpoint: Checkpoint, last: _Place) -> None:
        """Whether all records lead to the signed root."""
        for root, place in self._roots:
            if root != checkpoint.root:
                raise place.fault("proof", say("leaf and proof do not lead to the signed root"))
        if self.frontier.root() != checkpoint.root:
            raise last.fault("checkpoint", say("its root is not that of the records above"))

    def _check_older(self) -> None:
        older = self.older
        if older is not None and older.size == self.frontier.size and older.root != self.frontier.root():
            fault = say("the first {size} records are not those it covers.", size=older.size)
            raise _tampered(say("Older checkpoint"), fault)


def _record_line(entry: StoredEntry, proof: Iterable[bytes]) -> bytes:
    try:
        leaf, payload = entry.leaf.decode(), None if entry.payload is None else json.loads(entry.payload)
    except ValueError as error:
        raise Tampered(
            "ledger.entry",
            say("Entry {index} is not what was appended: it cannot be read.", index=entry.index),
            say("Run the ledger's self-check and restore from a backup that passes it."),
        ) from error
    record = {
        "index": entry.index,
        "leaf": leaf,
        "payload": payload,
        "proof": [step.hex() for step in proof],
        "salt": None if entry.salt is None else entry.salt.hex(),
    }
    return canonical(record) + b"\n"


def _header(reader: _Lines, verifier: Verifier) -> tuple[dict[str, Any], bytes]:
    header, line = reader.next(_HEADER_FIELDS)
    place = reader.at()
    if header["format"] != FORMAT:
        raise place.fault("format", say("it is not {format}", format=FORMAT))
    if header["verifier_key"] != verifier.text:
        raise place.fault("verifier_key", say("it is not the key that you gave"))
    if type(header["size"]) is not int or header["size"] < 0:
        raise place.fault("size", say("it is not a count"))
    return header, line


def _older(since: str, verifier: Verifier, header: Mapping[str, Any]) -> Checkpoint:
    older = open_checkpoint(since, verifier)
    if older.origin != header["origin"]:
        raise _tampered(say("Older checkpoint"), say("it is of another log."))
    if older.size > header["size"]:
        raise _tampered(
            say("Older checkpoint"), say("it covers more records than the bundle: some were removed.")
        )
    return older


def _record(reader: _Lines, index: int) -> dict[str, Any]:
    record, _ = reader.next(_RECORD_FIELDS, index)
    place = reader.at(index)
    if type(record["index"]) is not int or record["index"] != index:
        raise place.fault("index", say("it is not the next number"))
    if not isinstance(record["leaf"], str):
        raise place.fault("leaf", say("it is not text"))
    if not isinstance(record["proof"], list):
        raise place.fault("proof", say("it is not a list of hashes in hex"))
    return record


def _check_content(
    record: Mapping[str, Any], place: _Place, may_be_erased: MayBeErased, now: datetime
) -> bool:
    """Whether the record was erased, once its payload is known to be what the leaf commits to."""
    leaf = canonical_json(record["leaf"].encode())
    if not isinstance(leaf, dict) or not is_commitment(leaf.get(COMMITMENT, "")):
        raise place.fault("leaf", say("it is not a canonical JSON object with a commitment"))
    payload, salt, claimed = record["payload"], record["salt"], leaf[COMMITMENT]
    if claimed is not None and payload is None and salt is None:
        if not may_be_erased(leaf, now):
            raise place.fault("payload", say("it is missing, and this record may not be erased"))
        return True
    if claimed is None:
        if payload is not None or salt is not None:
            raise place.fault("payload", say("the leaf commits to none"))
        return False
    raw_salt = _hex(salt, SALT_BYTES)
    if raw_salt is None:
        raise place.fault("salt", say("it is not 32 bytes in hex"))
    if not opens(claimed, payload, raw_salt):
        raise place.fault("payload", say("payload and salt do not open the leaf's commitment"))
    return False


def _last(reader: _Lines, verifier: Verifier, header: Mapping[str, Any], header_line: bytes) -> Checkpoint:
    last, _ = reader.next(_LAST_FIELDS)
    place = reader.at()
    for field in sorted(_LAST_FIELDS):
        if not isinstance(last[field], str):
            raise place.fault(field, say("it is not text"))
    _check_signed(last["checkpoint"], verifier, place, "checkpoint")
    seal = f"{header_line.decode()}\n\n{last['seal']}"
    if _check_signed(seal, verifier, place, "seal") != f"{header_line.decode()}\n":
        raise place.fault("seal", say("it holds more than signatures"))
    checkpoint = _checkpoint(last["checkpoint"], verifier, place)
    if checkpoint.origin != header["origin"]:
        raise place.fault("checkpoint", say("its origin is not that of the header"))
    if checkpoint.size != header["size"]:
        raise place.fault("checkpoint", say("its size is not that of the header"))
    reader.end()
    return checkpoint


def _check_signed(note: str, verifier: Verifier, place: _Place, field: str) -> str:
    """The text of `note`, signed by `verifier` and nobody else: another's signature could not be checked."""
    try:
        opened = open_note(note, verifier)
    except Tampered as error:
        raise place.failed(field, error.detail) from error
    if opened.unknown:
        raise place.fault(field, say("it has a signature by another key"))
    return opened.text


def _checkpoint(note: str, verifier: Verifier, place: _Place) -> Checkpoint:
    try:
        return open_checkpoint(note, verifier)
    except Tampered as error:
        raise place.failed("checkpoint", error.detail) from error


def _hex(text: object, length: int) -> bytes | None:
    """The `length` bytes of lower-case hex; None for anything else, other spellings included."""
    if not isinstance(text, str) or len(text) != 2 * length:
        return None
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return None
    return raw if raw.hex() == text else None


def _where(line: int, index: int | None, field: str) -> Message:
    if index is None:
        return say("Line {line}, field {field}", line=line, field=field)
    return say("Line {line}, record {index}, field {field}", line=line, index=index, field=field)


def _tampered(where: Message, sentence: Message) -> Tampered:
    return Tampered(
        "ledger.bundle",
        say("{where}: {sentence}", where=where, sentence=sentence),
        say("Do not rely on this bundle. Ask for a fresh one, and keep this one as evidence."),
    )
