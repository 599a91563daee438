"""A backup of a site: one folder, brought up to date in place, and never half a backup.

    manifest           what is in it, signed by the log's key; replaced whole, and only then does what it names count
    state/DIGEST.db    the database as it was
    objects/ab/cd...   bytes by digest, as in a site; what an earlier backup brought is not copied again
    lock               of whoever writes it

The manifest's first line is JSON; the signed note after it holds that line's digest. No key is in a backup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from ...digest import canonical
from ...errors import Missing, Tampered
from ...language import say
from .files import write_whole

MANIFEST = "manifest"
_DIGEST = re.compile("[0-9a-f]{64}")
SIGNED = "dalgubeol/backup/v1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    site: str
    made_at: str
    software: str
    schema: str
    checkpoint: str
    """The ledger's signed checkpoint, as a note."""
    size: int
    """How many Records it covers."""
    state: str
    """Digest of the database's file."""
    state_bytes: int
    facts: str
    """site.toml as it was."""
    settings: str | None
    """settings.toml as it was; it names files of secrets and holds none."""
    objects: Mapping[str, int]
    """Id to size in bytes."""

    def line(self) -> bytes:
        return canonical({"v": 1, **{f.name: getattr(self, f.name) for f in fields(self)}})


def read_manifest(folder: Path) -> tuple[Manifest, bytes, str]:
    """The manifest, its line, and the note that must have signed it. Raises Missing; Tampered where it is damaged."""
    try:
        line, _, note = (folder / MANIFEST).read_bytes().partition(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        raise Missing(
            "backup.missing",
            say("There is no backup of a site in {folder}.", folder=folder),
            say("Name the folder that `dalgu site backup` was given."),
        ) from None
    try:
        values = json.loads(line)
        if values.pop("v") != 1:
            raise ValueError
        manifest = Manifest(**values)
        if not all(_DIGEST.fullmatch(digest) for digest in (manifest.state, *manifest.objects)):
            raise ValueError  # a name that leads elsewhere, for instance
        return manifest, line, note.decode()
    except (ValueError, TypeError, KeyError, AttributeError):
        raise damaged() from None


def write_manifest(folder: Path, manifest: Manifest, note: str) -> None:
    write_whole(folder / MANIFEST, manifest.line() + b"\n" + note.encode())


def state_path(folder: Path, digest: str) -> Path:
    return folder / "state" / f"{digest}.db"


def damaged() -> Tampered:
    return Tampered(
        "backup.manifest",
        say("The manifest of this backup is damaged, or was not signed by its site."),
        say("Do not restore it. Take another backup, and keep this one to find out what happened."),
    )
