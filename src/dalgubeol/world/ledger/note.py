"""Signed notes (C2SP signed-note v1.0.0) and checkpoints (C2SP tlog-checkpoint v1.0.0), with Ed25519.

A note is a text that ends in a newline, a blank line, and signature lines of the form

    em dash, space, key name, space, base64(4-byte key id || 64-byte signature)

A checkpoint is a note whose text is origin, size and base64 root, one to a line; further lines are
extensions, which are carried and ignored. A key is given as text: `name+hex key id+base64(0x01 || key)`.

Reading is strict, so that no two spellings mean the same: base64 must be in its one canonical form, numbers
have no leading zero, nothing may follow the last newline. Signatures by other keys are counted and otherwise
ignored; the given key must have signed, and every line under its name and id must be right.

Cosignatures (tlog-cosignature) have another key type and are not read here.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ...errors import Invalid, Tampered
from ...language import Message, say
from .merkle import HASH_BYTES

ED25519 = b"\x01"
KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64
SIGNATURES_AT_MOST = 100
_DASH = "\N{EM DASH} "
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_NUMBER = re.compile("0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Verifier:
    """A public key with the name it signs under."""

    name: str
    public_bytes: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise Invalid.field(
                "key_name", expected="not empty, without white space or '+'", got="something else"
            )

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey) -> Verifier:
        return cls(name, key.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """A verifier key from its text. Raises Invalid that says which part is wrong."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise _bad_key(say("it does not have three parts, name+id+key"))
        name, key_id, encoded = parts
        raw = strict_base64(encoded)
        if raw is None or len(raw) != 33 or not raw.startswith(ED25519):
            raise _bad_key(say("its last part is not an Ed25519 key in base64"))
        if not is_key_name(name):
            raise _bad_key(say("its name is empty or has white space"))
        verifier = cls(name, raw[1:])
        if verifier.key_id.hex() != key_id:
            raise _bad_key(say("its id does not belong to its name and key"))
        return verifier

    @cached_property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public_bytes).digest()[
            :KEY_ID_BYTES
        ]

    @property
    def text(self) -> str:
        """The key as it is handed to others."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(ED25519 + self.public_bytes)}"

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's over `message`."""
        try:
            self._public_key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @cached_property
    def _public_key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.public_bytes)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with the name it signs under; `verifier` is what others need."""

    key: Ed25519PrivateKey
    verifier: Verifier

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey) -> Signer:
        return cls(key, Verifier.of(name, key))

    def line(self, text: str) -> str:
        """The signature line for `text`."""
        signature = self.key.sign(text.encode())
        return f"{_DASH}{self.verifier.name} {_base64(self.verifier.key_id + signature)}\n"

    def __repr__(self) -> str:
        return f"Signer({self.verifier.name!r})"


@dataclass(frozen=True, slots=True)
class Opened:
    """A note whose signature by the given key is right. `unknown` counts the lines of other keys."""

    text: str
    unknown: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's signed promise: the first `size` entries have this `root`. `note` is the signed text."""

    origin: str
    size: int
    root: bytes
    note: str


def sign_note(text: str, *signers: Signer) -> str:
    """`text` as a note. Raises Invalid unless it ends in a newline and has no other control character."""
    if not _is_note_text(text) or not signers:
        raise Invalid.field(
            "note", expected="text that ends in a newline, and a signer", got="something else"
        )
    return f"{text}\n{''.join(signer.line(text) for signer in signers)}"


def open_note(note: str, verifier: Verifier) -> Opened:
    """The text of `note`, once `verifier` is known to have signed it. Raises Tampered naming what fails."""
    text, lines = _split_note(note)
    known = unknown = 0
    for number, line in enumerate(lines, start=1):
        name, key_id, signature = _signature_line(line, number)
        if (name, key_id) != (verifier.name, verifier.key_id):
            unknown += 1
        elif len(signature) == SIGNATURE_BYTES and verifier.signed(text.encode(), signature):
            known += 1
        else:
            raise _bad_note(say("signature {number} does not fit the text", number=number))
    if not known:
        raise _bad_note(say("the given key has not signed it"))
    return Opened(text, unknown)


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """What is signed: origin, size and root, each on a line."""
    return f"{origin}\n{size}\n{_base64(root)}\n"


def sign_checkpoint(origin: str, size: int, root: bytes, *signers: Signer) -> Checkpoint:
    """Raises Invalid for an origin that cannot be one line."""
    if not origin or "\n" in origin:
        raise Invalid.field("origin", expected="one line that is not empty", got="something else")
    return Checkpoint(origin, size, root, sign_note(checkpoint_text(origin, size, root), *signers))


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in `note`, signed by `verifier`. Raises Tampered naming what fails."""
    lines = open_note(note, verifier).text[:-1].split("\n")
    if len(lines) < 3 or "" in lines:
        raise _bad_note(say("its text is not origin, size and root"))
    size, root = _size(lines[1]), strict_base64(lines[2])
    if size is None:
        raise _bad_note(say("its size is not a number"))
    if root is None or len(root) != HASH_BYTES:
        raise _bad_note(say("its root is not a hash in base64"))
    return Checkpoint(lines[0], size, root, note)


def is_key_name(name: str) -> bool:
    """Whether `name` may stand in a signature line."""
    return bool(name) and "+" not in name and not any(c.isspace() for c in name) and not _CONTROL.search(name)


def strict_base64(text: str) -> bytes | None:
    """The bytes of standard, padded base64 in its one canonical spelling; None for anything else."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return raw if _base64(raw) == text else None


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _size(text: str) -> int | None:
    size = int(text) if _NUMBER.fullmatch(text) else -1
    return size if 0 <= size < 1 << 63 else None


def _is_note_text(text: str) -> bool:
    return text.endswith("\n") and not _CONTROL.search(text)


def _split_note(note: str) -> tuple[str, list[str]]:
    text, blank, signatures = note.rpartition("\n\n")
    if _CONTROL.search(note):
        raise _bad_note(say("it has a control character"))
    if not blank:
        raise _bad_note(say("no blank line stands before the signatures"))
    if not signatures.endswith("\n"):
        raise _bad_note(say("it does not end in a newline"))
    lines = signatures[:-1].split("\n")
    if len(lines) > SIGNATURES_AT_MOST:
        raise _bad_note(say("it has more than {most} signatures", most=SIGNATURES_AT_MOST))
    return text + "\n", lines


def _signature_line(line: str, number: int) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = strict_base64(encoded)
    if not line.startswith(_DASH) or not is_key_name(name) or raw is None or len(raw) <= KEY_ID_BYTES:
        raise _bad_note(say("signature {number} is malformed", number=number))
    return name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:]


def _bad_note(fault: Message) -> Tampered:
    return Tampered(
        "ledger.note",
        say("The signed note proves nothing: {fault}.", fault=fault),
        say("Do not rely on it. Ask the log's operator for its latest checkpoint and keep this one."),
    )


def _bad_key(fault: Message) -> Invalid:
    return Invalid(
        "invalid.verifier_key",
        say("This is not a verifier key: {fault}.", fault=fault),
        say("Copy the whole line, name+id+key, as the log's operator publishes it."),
    )
