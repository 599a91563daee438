"""The vault: additional information (추가정보), in a folder apart, under a key of its own (PIPA art. 28-4).

    vault.key                32 bytes that wrap all others; no other key of the site opens anything here
    PROJECT.EDITION.key      what the pseudonyms of a project are made with, wrapped
    RUN.mapping              who is behind the pseudonyms that a Run made, where its project keeps that; sealed under
                             its project's key, and so gone with it
    PROJECT.EDITION.gone     that this key was destroyed: it is never made again, and never brought back; bound to
                             the vault by its key, so that nobody else writes or changes one

The folder may lie elsewhere than the other keys, with other people (`[vault] keys`). Where it is not at hand
nothing is pseudonymised and nothing restored; all else goes on. What is *gone* is said in the vault itself, beside
the database, so that neither an old database nor an old copy of the keys brings a destroyed key back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ...digest import canonical
from ...errors import Invalid, Missing, Tampered, Unavailable
from ...language import say
from .files import disk_errors, synced_folder, write_whole
from .keys import shred

MASTER = "vault.key"
_PROJECT = re.compile(r"project-[a-z0-9-]{1,80}")
_KEY, _GONE = re.compile(r"(project-[a-z0-9-]{1,80})\.(\d{1,6})\.key"), re.compile(r"(project-[a-z0-9-]{1,80})\.(\d{1,6})\.gone")  # fmt: skip
_RUN = re.compile(r"run-[a-z0-9-]{1,80}")


@dataclass(frozen=True, slots=True)
class Gone:
    """That a key was destroyed, as the vault itself remembers it."""

    project: str
    edition: int
    at: str
    by: str
    reason: str
    register: str
    """Id of the entry in the register of destruction."""


class Vault:
    """The vault of one site. Making it touches nothing; `begin` makes the folder and its key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, expected: str | None) -> str:
        """The vault's fingerprint; a new vault where there is none and none is expected.

        Raises Unavailable where one is expected and is not here, Invalid where another's is.
        """
        if expected is None and not (self.folder / MASTER).exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):  # another process was first
                write_whole(self.folder / MASTER, os.urandom(32).hex().encode(), new=True)
        self.check(expected)
        return self.fingerprint

    def check(self, expected: str | None) -> None:
        """Raises Unavailable where the vault is not at hand, Invalid where it is another site's."""
        if expected is not None and self.fingerprint != expected:
            raise Invalid.field(
                "vault.keys",
                expected=say("the vault with fingerprint {fingerprint}", fingerprint=expected),
                got=say("one with fingerprint {fingerprint}", fingerprint=self.fingerprint),
                next_step=say("Name this site's own vault in settings.toml; nothing was read or changed."),
            )

    @property
    def fingerprint(self) -> str:
        """Tells vaults apart without giving the key away. Raises Unavailable."""
        return self.fingerprint_of(self._master())

    @staticmethod
    def fingerprint_of(master: bytes) -> str:
        return hashlib.sha256(b"dalgubeol/vault-key/v1\0" + master).hexdigest()[:16]

    def make(self, project: str, edition: int) -> str:
        """The fingerprint of this key, which is made if there is none (one that was interrupted finds the same).

        Raises Missing where it was destroyed.
        """
        self._refuse_gone(project, edition)
        path = self._path(project, edition)
        if not path.exists():
            nonce, key = os.urandom(12), os.urandom(32)
            with suppress(FileExistsError):
                write_whole(path, nonce + self._wrapping().encrypt(nonce, key, path.stem.encode()), new=True)
        return key_fingerprint(self.key(project, edition))

    def key(self, project: str, edition: int) -> bytes:
        """Raises Missing where it was destroyed, Unavailable where the vault is not at hand, Tampered."""
        self._refuse_gone(project, edition)
        path, wrapping = self._path(project, edition), self._wrapping()
        try:
            stored = path.read_bytes()
        except FileNotFoundError:
            raise _no_key() from None
        try:
            return wrapping.decrypt(stored[:12], stored[12:], path.stem.encode())
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            raise Tampered(
                "vault.changed",
                say("A key file of the vault does not unwrap."),
                say("Restore the vault from its backup; tell its keeper."),
            ) from None

    def destroy(self, gone: Gone) -> bool:
        """Say that it is gone, then overwrite and remove it. True if there was one. May be done again.

        On flash media the folder must be on an encrypted disk.
        """
        self._master()  # Unavailable, rather than "gone" in an empty folder
        mark = self._path(gone.project, gone.edition).with_suffix(".gone")
        if not mark.exists():
            with suppress(FileExistsError):
                write_whole(mark, canonical({**asdict(gone), "mac": self.mac_of(asdict(gone))}), new=True)
        path = self._path(gone.project, gone.edition)
        if not path.exists():
            return False
        shred(path)
        return True

    def gone(self) -> tuple[Gone, ...]:
        """Every key that was destroyed here. Raises Tampered."""
        return tuple(self.gone_in(self.folder).values())

    def gone_in(self, folder: Path) -> Mapping[tuple[str, int], Gone]:
        """What this vault, or its backup in `folder`, says of keys that were destroyed. Raises Tampered for what this
        vault has not written."""
        found = {}
        for path in sorted(folder.glob("project-*.gone")):
            try:
                said = json.loads(path.read_bytes())
                mac = str(said.pop("mac"))
                gone, named = Gone(**said), _GONE.fullmatch(path.name)
                if named is None or (gone.project, gone.edition) != (named[1], int(named[2])):
                    raise ValueError
                if not hmac.compare_digest(mac, self.mac_of(said)):
                    raise ValueError
            except (ValueError, TypeError, KeyError, AttributeError):
                raise Tampered(
                    "vault.gone",
                    say(
                        "What the vault says of a destroyed key cannot be read, or was not written by this vault."
                    ),
                    say("Restore this file from the vault's backup; tell its keeper."),
                ) from None
            found[gone.project, gone.edition] = gone
        return found

    def mac_of(self, said: Mapping[str, object]) -> str:
        """What binds a note to this vault: nobody without `vault.key` makes it."""
        key = HKDF(SHA256(), 32, None, b"dalgubeol/vault-note/v1").derive(self._master())
        return hmac.new(key, canonical(dict(said)), hashlib.sha256).hexdigest()

    def holds(self, project: str, edition: int) -> bool:
        """Whether the key file is there, whatever it holds."""
        return self._path(project, edition).exists()

    def sweep(self) -> tuple[Gone, ...]:
        """Remove keys that are said to be gone and are here (again): who was killed in between, or an old copy
        that somebody put back by hand. Returns which."""
        back = [gone for gone in self.gone() if self._path(gone.project, gone.edition).exists()]
        for gone in back:
            shred(self._path(gone.project, gone.edition))
        return tuple(back)

    def unfinished(self) -> list[Path]:
        """What writers have not finished, or have left aside when they died."""
        return [aside for aside in self.folder.glob(".*") if aside.is_file()]

    def forget_unfinished(self) -> None:
        """Remove that. Only under the conductor's lock, and while nobody else writes to the database."""
        for aside in self.unfinished():
            aside.unlink(missing_ok=True)

    def mapping_key(self, project: str, edition: int, run: str) -> bytes:
        """What the mapping of one Run is sealed with."""
        info = b"dalgubeol/mapping/v1\0" + run.encode()
        return HKDF(SHA256(), 32, None, info).derive(self.key(project, edition))

    def mapping_path(self, run: str) -> Path:
        if not _RUN.fullmatch(run):
            raise _not_a_name()
        return self.folder / f"{run}.mapping"

    def put_mapping(self, run: str, staged: Path) -> None:
        """Take in what an attempt has sealed. Once: the same Run's mapping never changes."""
        path = self.mapping_path(run)
        aside = path.with_name(f".{path.name}.part")
        with disk_errors(), open(staged, "rb") as source, open(aside, "wb") as target:
            os.fchmod(target.fileno(), 0o600)
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
        aside.replace(path)
        synced_folder(self.folder)

    def drop_mapping(self, run: str) -> bool:
        path = self.mapping_path(run)
        if not path.exists():
            return False
        path.unlink()
        synced_folder(self.folder)
        return True

    def secret_to_split(self) -> tuple[bytes, bytes]:
        """vault.key and its check, for the vault's own recovery sheets and nothing else."""
        return self._master(), self._check_of(self._master())

    @classmethod
    def bring_back(cls, folder: Path, secret: tuple[bytes, bytes]) -> Vault:
        """A vault with this key. Raises FileExistsError where there is another, Invalid where these are no sheets
        of a vault."""
        master, check = secret
        if not hmac.compare_digest(check, cls._check_of(master)):
            raise Invalid.field("sheets", expected=say("the sheets of a vault"), got=say("sheets of other keys"))  # fmt: skip
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / MASTER
        if not path.exists():
            write_whole(path, master.hex().encode(), new=True)
        elif path.read_bytes().strip() != master.hex().encode():
            raise FileExistsError(path)
        return cls(folder)

    @staticmethod
    def _check_of(master: bytes) -> bytes:
        return hashlib.sha256(b"dalgubeol/vault-sheet/v1\0" + master).digest()

    def _master(self) -> bytes:
        try:
            key = bytes.fromhex((self.folder / MASTER).read_text().strip())
        except OSError:
            raise Unavailable(
                "vault.missing",
                say("The vault of this site is not at {folder}.", folder=self.folder),
                say("Put it back, or name its folder under [vault] in settings.toml; only pseudonymising waits for it."),
            ) from None  # fmt: skip
        except (ValueError, UnicodeDecodeError):
            key = b""
        if len(key) != 32:
            raise Tampered(
                "vault.unreadable",
                say("The key of the vault does not hold 32 bytes in hex."),
                say("Bring it back from its recovery sheets; tell its keeper."),
            )
        return key

    def _wrapping(self) -> AESGCM:
        return AESGCM(self._master())

    def _path(self, project: str, edition: int) -> Path:
        if not _PROJECT.fullmatch(project) or not 0 < edition < 1_000_000:
            raise _not_a_name()
        return self.folder / f"{project}.{edition}.key"

    def _refuse_gone(self, project: str, edition: int) -> None:
        if self._path(project, edition).with_suffix(".gone").exists():
            raise _no_key()


def keys_in(folder: Path) -> dict[str, Path]:
    """The wrapped key files of a vault or of its backup, by name."""
    return {path.name: path for path in sorted(folder.glob("project-*.key")) if _KEY.fullmatch(path.name)}


def mappings_in(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in sorted(folder.glob("run-*.mapping"))}


def key_fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"dalgubeol/project-key/v1\0" + key).hexdigest()[:16]


def _no_key() -> Missing:
    return Missing(
        "vault.destroyed",
        say("This edition of the project's key does not exist (any more)."),
        say("What was destroyed stays destroyed. `dalgu project show` says which editions there are."),
    )


def _not_a_name() -> Invalid:
    return Invalid.field("name", expected="the id of a project or a Run", got="something else")
