"""Sealed envelopes: what one site of a linkage sends another, as a file that people carry.

    DGBENVL1 newline
    header: one line of canonical JSON, open to read: agreement, content, from, to, and the wrapped key
    body: the content, sealed (`sealing`) under a key of its own
    64 bytes: the sender's Ed25519 signature over the SHA-256 of all before it

The body's key is wrapped for the receiver by HPKE (RFC 9180, base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
AES-256-GCM) with the rest of the header as its `info`: an envelope whose header was changed does not open. The
sender signs with the key of its ledger, under a label of its own, so that no signature can pass for another's.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ...digest import CHUNK, canonical, fresh_id
from ...errors import Invalid, Missing, Tampered
from ...language import say
from .files import disk_errors, synced_folder
from .sealing import SealedReader, SealingWriter

MAGIC = b"DGBENVL1\n"
SIGNATURE = 64
_LONGEST_HEADER = 1 << 16
_SIGNED, _INFO = b"dalgubeol/envelope-signature/v1\0", b"dalgubeol/envelope/v1\0"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Address:
    """What stands on an envelope."""

    id: str
    agreement: str
    linkage: str
    content: str
    sender: str
    receiver: str

    def plain(self) -> dict[str, object]:
        return {"v": 1, **{name: getattr(self, name) for name in self.__slots__}}


def box_of(secret: bytes) -> X25519PrivateKey:
    """The receiving key made of 32 secret bytes."""
    return X25519PrivateKey.from_private_bytes(secret)


def public_half(box: X25519PrivateKey) -> str:
    """Hex."""
    return box.public_key().public_bytes_raw().hex()


def fresh_address(agreement: str, linkage: str, content: str, sender: str, receiver: str) -> Address:
    return Address(fresh_id("envelope"), agreement, linkage, content, sender, receiver)


class Sealing:
    """An envelope being written beside `path`: it appears there with `post()`, and not before."""

    def __init__(
        self, path: Path, address: Address, content: Iterable[bytes], box_key: str, signer: Ed25519PrivateKey
    ) -> None:
        self._path, self._aside = path, path.with_name(f".{path.name}.{fresh_id('part')}")
        key, open_part = os.urandom(32), address.plain()
        public = X25519PublicKey.from_public_bytes(bytes.fromhex(box_key))
        wrapped = _SUITE.encrypt(key, public, _INFO + canonical(open_part))
        state = hashlib.sha256()
        try:
            if path.exists():  # before gigabytes are sealed, and before a Record says that it was sent
                raise _taken()
            with disk_errors(), open(self._aside, "xb") as file:
                sink = _Counted(file, state)
                sink.write(MAGIC + canonical({**open_part, "key": wrapped.hex()}) + b"\n")
                writer = SealingWriter(sink, key, address.id)  # type: ignore[arg-type]
                for piece in content:
                    writer.write(piece)
                writer.finish()
                sink.write(signer.sign(_SIGNED + state.digest()))
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self.discard()
            raise
        self.digest = state.hexdigest()
        """SHA-256 of the whole file."""

    def post(self) -> None:
        """Let it appear. Raises Invalid where something is there already. What a sending of the same name left that
        was killed goes too; one that is at work finds the name taken."""
        try:
            os.link(self._aside, self._path)
        except (FileExistsError, FileNotFoundError):
            raise _taken() from None
        finally:
            self.discard()
        for half in self._path.parent.glob(f".{escape(self._path.name)}.part-*"):
            half.unlink(missing_ok=True)
        synced_folder(self._path.parent)

    def discard(self) -> None:
        with suppress(FileNotFoundError):
            self._aside.unlink()


@dataclass(frozen=True, slots=True)
class Envelope:
    """A file that says it is an envelope; nothing of it is believed before `content` has looked at it."""

    path: Path
    address: Address
    digest: str
    _signed: bytes
    _wrapped: bytes
    _body: tuple[int, int]
    _signature: bytes

    def open(self, sender_key: bytes, box: X25519PrivateKey) -> BinaryIO:
        """What is in it, seekable; plain in memory only, a segment at a time. Raises Tampered where the sender did
        not sign it, or it is not for this receiver."""
        try:
            Ed25519PublicKey.from_public_bytes(sender_key).verify(self._signature, _SIGNED + self._signed)
            key = _SUITE.decrypt(self._wrapped, box, _INFO + canonical(self.address.plain()))
        except (InvalidSignature, InvalidTag, ValueError):
            raise Tampered(
                "envelope.false",
                say("The envelope {name} was not signed by '{sender}', was changed on its way, or is not for this site.", name=self.path.name, sender=self.address.sender),
                say("Nothing was taken from it. Ask the sender for it anew, and compare the digest on another way."),
            ) from None  # fmt: skip
        file = open(self.path, "rb")  # noqa: SIM115 - the reader closes it
        try:
            sealed = SealedReader(file, key, self.address.id, self._body)
        except BaseException:
            file.close()
            raise
        return io.BufferedReader(sealed, 1 << 16)


def read_envelope(path: Path) -> Envelope:
    """Raises Missing, Invalid where it is none."""
    if not path.is_file():
        raise Missing("file.missing", say("There is no file {path}.", path=path), say("Check the path."))
    with open(path, "rb") as file:
        magic, line = file.read(len(MAGIC)), file.readline(_LONGEST_HEADER)
        start, end = file.tell(), file.seek(0, os.SEEK_END) - SIGNATURE
        if magic != MAGIC or not line.endswith(b"\n") or end < start:
            raise _none(path)
        address, wrapped = _header(line, path)
        file.seek(0)
        signed = _hashed(file, end)
        signature = file.read()
        file.seek(0)
        whole = _hashed(file, end + SIGNATURE)
    return Envelope(path, address, whole.hex(), signed, wrapped, (start, end - start), signature)


class _Counted:
    """Writes through and hashes."""

    def __init__(self, file: BinaryIO, state: Any) -> None:
        self._file, self._state = file, state

    def write(self, data: bytes) -> int:
        self._state.update(data)
        return self._file.write(data)


def _hashed(file: BinaryIO, size: int) -> bytes:
    state, left = hashlib.sha256(), size
    while left and (piece := file.read(min(CHUNK, left))):
        state.update(piece)
        left -= len(piece)
    return state.digest()


def _header(line: bytes, path: Path) -> tuple[Address, bytes]:
    try:
        plain = json.loads(line)
        wrapped = bytes.fromhex(plain.pop("key"))
        fits = plain.pop("v") == 1 and set(plain) == set(Address.__slots__)
        if fits and all(isinstance(value, str) and len(value) <= 100 for value in plain.values()):
            return Address(**plain), wrapped
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise _none(path)


def _none(path: Path) -> Invalid:
    return Invalid(
        "invalid.envelope",
        say("{name} is no envelope of a linkage.", name=path.name),
        say("Envelopes are made with `dalgu link send`; ask the sender for it anew."),
    )


def _taken() -> Invalid:
    return Invalid.field("file", expected=say("a name that is free"), got=say("that of another file"))
