"""The keys of a site, in a folder apart from the site.

    site.key            32 bytes that wrap all others; whoever has only the site's folder can read no data
    log.key             Ed25519 seed of the ledger
    data/ID.key         one per protected Dataset, wrapped; without it the Dataset is gone, in backups too
    vault/              what would undo pseudonyms, under a key of its own, where it does not lie elsewhere (`vault`)

Every file has mode 0600 and appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ...errors import Invalid, Missing, Tampered, Unavailable
from ...language import say
from .files import synced_folder, write_whole

_PADDED_TO = 512
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Keyring:
    """The opened key folder of one site."""

    def __init__(self, folder: Path, site_key: bytes) -> None:
        self.folder = folder
        self._wrapping, self._site_key = AESGCM(site_key), site_key
        self.fingerprint = fingerprint(site_key)

    @classmethod
    def create(cls, folder: Path) -> Keyring:
        """A new key folder. Raises FileExistsError where one is already."""
        for part in (folder, folder / "data"):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(folder / "site.key", os.urandom(32).hex().encode(), new=True)
        write_whole(folder / "log.key", os.urandom(32).hex().encode(), new=True)
        return cls(folder, _hex_key(folder / "site.key"))

    @classmethod
    def bring_back(cls, folder: Path, site_key: bytes, log_key: bytes) -> Keyring:
        """A key folder with these two keys. Raises FileExistsError where it has others; the same are left."""
        for part in (folder, folder / "data"):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, key in (("site.key", site_key), ("log.key", log_key)):
            path, text = folder / name, key.hex().encode()
            if not path.exists():
                write_whole(path, text, new=True)
            elif path.read_bytes().strip() != text:
                raise FileExistsError(path)
        return cls(folder, site_key)

    def secrets_to_split(self) -> tuple[bytes, bytes]:
        """site.key and log.key, for the recovery sheets and nothing else."""
        return self._site_key, _hex_key(self.folder / "log.key")

    def wrapped(self) -> dict[str, Path]:
        """Every wrapped key file by its place in the folder (`data/ID.key`)."""
        return wrapped_in(self.folder)

    def check_wrapped(self, place: str, folder: Path | None = None) -> None:
        """Raises Tampered where the file at `place` (of another folder, if given) does not unwrap."""
        room, _, name = place.removesuffix(".key").partition("/")
        self._unwrapped((folder or self.folder) / place, name, room)

    @classmethod
    def open(cls, folder: Path, expected_fingerprint: str) -> Keyring:
        """Raises Unavailable where the folder or the key is missing, Invalid where it is another site's."""
        if not (folder / "site.key").exists():
            raise Unavailable(
                "keys.missing",
                say("The keys of this site are not at {folder}.", folder=folder),
                say("Put the key folder back, or name it with DALGU_KEYS."),
            )
        ring = cls(folder, _hex_key(folder / "site.key"))
        if ring.fingerprint != expected_fingerprint:
            raise Invalid.field(
                "DALGU_KEYS",
                expected=say(
                    "the key folder with fingerprint {fingerprint}", fingerprint=expected_fingerprint
                ),
                got=say("one with fingerprint {fingerprint}", fingerprint=ring.fingerprint),
                next_step=say("Name this site's own key folder; nothing was read or changed."),
            )
        return ring

    def log_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(_hex_key(self.folder / "log.key"))

    def make_dataset_key(self, dataset: str) -> bytes:
        """The key of a Dataset, made if there is none yet (an attempt that is made again finds the same)."""
        return self._made("data", dataset)

    def dataset_key(self, dataset: str) -> bytes:
        """Raises Missing where the key was destroyed."""
        path = self._path("data", dataset)
        if not path.exists():
            raise Missing(
                "key.destroyed",
                say("The key of Dataset {dataset} does not exist (any more): its content cannot be read.", dataset=dataset),
                say("A destroyed Dataset stays destroyed; register the content anew if you may."),
            )  # fmt: skip
        return self._unwrapped(path, dataset)

    def holds(self, dataset: str) -> bool:
        """Whether the key file is there, whatever it holds."""
        return self._path("data", dataset).exists()

    def destroy_dataset_key(self, dataset: str) -> bool:
        """Overwrite and remove. True if there was one. On flash media the folder must be on an encrypted disk."""
        path = self._path("data", dataset)
        if not path.exists():
            return False
        shred(path)
        return True

    def forget_unfinished(self, dataset: str) -> None:
        """Remove what a maker of this key that died while it wrote has left. Only when none is at work."""
        path = self._path("data", dataset)
        for aside in path.parent.glob(f".{path.name}.*"):
            aside.unlink(missing_ok=True)

    def working_key(self, purpose: str) -> bytes:
        """A key for what lives no longer than its work (checkpoints); nothing is stored."""
        return HKDF(SHA256(), 32, None, b"dalgubeol/working/v1\0" + purpose.encode()).derive(self._site_key)

    def mark(self, plain_digest: bytes) -> str:
        """What equal contents have in common, in hex. HMAC-SHA-256 under a key of the site: whoever has the database
        alone can hold no guess against it, and no file."""
        key = HKDF(SHA256(), 32, None, b"dalgubeol/content-marks/v1").derive(self._site_key)
        return hmac.digest(key, plain_digest, "sha256").hex()

    def seal_for(self, purpose: str, data: bytes) -> bytes:
        """A few bytes that are hidden for a time, padded so that their length tells little."""
        nonce, padded = os.urandom(12), data + bytes(-len(data) % _PADDED_TO)
        return nonce + AESGCM(self.working_key(purpose)).encrypt(nonce, padded, b"for a time")

    def unseal_for(self, purpose: str, sealed: bytes) -> bytes:
        """The same bytes, which end in no zero. Raises Tampered where they were changed."""
        try:
            return (
                AESGCM(self.working_key(purpose))
                .decrypt(sealed[:12], sealed[12:], b"for a time")
                .rstrip(b"\0")
            )
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            raise Tampered(
                "key.sealed",
                say("What was sealed for a time does not decrypt."),
                say("Restore the database and the key folder from backup; tell the operator."),
            ) from None

    def seal(self, dataset: str, data: bytes) -> bytes:
        """A few bytes under a Dataset's own key. Raises Missing where that was destroyed."""
        nonce = os.urandom(12)
        return nonce + AESGCM(self.dataset_key(dataset)).encrypt(nonce, data, b"aside")

    def unseal(self, dataset: str, sealed: bytes) -> bytes:
        """Raises Missing where the key was destroyed, Tampered where the bytes were changed."""
        try:
            return AESGCM(self.dataset_key(dataset)).decrypt(sealed[:12], sealed[12:], b"aside")
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            raise Tampered(
                "key.aside",
                say("What is kept beside Dataset {dataset} does not decrypt.", dataset=dataset),
                say("Restore the database and the key folder from backup; tell the operator."),
            ) from None

    def _made(self, room: str, name: str) -> bytes:
        path = self._path(room, name)
        if not path.exists():
            nonce, key = os.urandom(12), os.urandom(32)
            wrapped = nonce + self._wrapping.encrypt(nonce, key, f"{room}/{name}".encode())
            with suppress(FileExistsError):  # another process was first: its key is the key
                write_whole(path, wrapped, new=True)
        return self._unwrapped(path, name, room)

    def _unwrapped(self, path: Path, name: str, room: str = "data") -> bytes:
        stored = path.read_bytes()
        try:
            return self._wrapping.decrypt(stored[:12], stored[12:], f"{room}/{name}".encode())
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            raise Tampered(
                "key.changed",
                say("The key file of {name} does not unwrap.", name=name),
                say("Restore the key folder from its backup; tell the operator."),
            ) from None

    def _path(self, room: str, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Invalid.field(
                "name", expected="letters, digits, dot, dash or underscore", got="other characters"
            )
        return self.folder / room / f"{name}.key"


def wrapped_in(folder: Path) -> dict[str, Path]:
    """The wrapped key files of a key folder or of its backup."""
    return {
        f"{room}/{path.name}": path
        for room in ("data",)
        for path in sorted((folder / room).glob("*.key"))
        if not path.name.startswith(".")
    }


def shred(path: Path) -> None:
    """Overwrite a small file and remove it."""
    with open(path, "r+b") as file:
        file.write(os.urandom(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    synced_folder(path.parent)


def fingerprint(site_key: bytes) -> str:
    """What tells site keys apart without giving them away."""
    return hashlib.sha256(b"dalgubeol/site-key/v1\0" + site_key).hexdigest()[:16]


def _hex_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except OSError:
        raise Unavailable(
            "keys.missing",
            say("The key file {name} is not in the key folder, or cannot be read.", name=path.name),
            say("Put the key folder back as it was, or restore it from its backup."),
        ) from None
    except (ValueError, UnicodeDecodeError):
        key = b""
    if len(key) != 32:
        raise Tampered(
            "key.unreadable",
            say("The key file {name} does not hold 32 bytes in hex.", name=path.name),
            say("Restore the key folder from its backup."),
        )
    return key
