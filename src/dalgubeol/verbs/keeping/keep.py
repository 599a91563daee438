"""Backing a site up, while it serves: the database first, then the objects that it names.

An object is promoted before the change that names it commits, so whatever a snapshot of the database names
was there. Objects do not change; the only thing that can happen to one meanwhile is that its Dataset is
destroyed. Then the snapshot is taken anew, so that a backup always is one state of the site.

The manifest is signed with the log's key and replaced last, whole: before that the earlier backup counts.
What no backup names any more is removed then, so that an erased payload does not live on in an old state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, select

from ...digest import fresh_id, sha256_hex
from ...errors import Conflict, Invalid, Tampered, Unavailable
from ...language import Message, say
from ...nouns.dataset import DatasetState
from ...settings import SITE_FILE
from ...world.ledger.log import Log
from ...world.ledger.merkle import verify_consistency
from ...world.ledger.note import Verifier, open_checkpoint, open_note
from ...world.store import backups, datasets, transfer
from ...world.store.backups import Manifest
from ...world.store.chores import done
from ...world.store.database import SCHEMA
from ...world.store.files import FileLock, disk_errors
from ...world.store.schema import datasets as dataset_rows
from ...world.store.snapshots import frozen, snapshot
from ..house.clock import now
from ..house.house import House, SiteFacts, parsed_facts

ROUNDS = 5
"""Snapshots taken at most, where Datasets are destroyed while one is being copied."""
Progress = Callable[[int, int], object]
"""Hears of bytes done and bytes in all, from several threads."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup that was made."""

    target: Path
    size: int
    """Records in it."""
    objects: int
    copied: int
    """Objects that were not there before."""
    copied_bytes: int
    removed: int
    """Objects that were there and are no longer named."""
    rounds: int
    same_disk: bool
    """Whether it lies on the disk of the site: a broken disk takes both."""


def backup(house: House, target: Path, on_progress: Progress = lambda done, total: None) -> Kept:
    """Bring the backup in `target` up to date, or make one there.

    Raises Invalid or Conflict (not a place for it, or another site's or a newer backup there), Unavailable
    (disk, or one is being made), Tampered (an object is not what its name says); the earlier backup then stands.
    """
    target = target.absolute()
    _check_place(house, target)
    with disk_errors():
        for folder in (target, target / "state", target / "objects"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(target / "lock")
    if not lock.acquire():
        raise Unavailable(
            "backup.locked",
            say("A backup is being made in {folder} already.", folder=target),
            say("Wait until it has ended."),
        )
    try:
        kept = _brought_up_to_date(house, target, on_progress)
    finally:
        lock.release()
    house.write(lambda connection: done(connection, "backup", now(), _told(kept), ok=True))
    return kept


def _brought_up_to_date(house: House, target: Path, on_progress: Progress) -> Kept:
    earlier = _earlier(house, target)
    _sweep_states(target, earlier)  # objects that an interrupted backup brought are used by this one
    aside = target / "state" / f".{fresh_id('state')}.part"
    copied = copied_bytes = rounds = 0
    try:
        for rounds in range(1, ROUNDS + 1):  # noqa: B007 - told below
            aside.unlink(missing_ok=True)
            snapshot(house.database, aside)
            wanted = named_objects(aside)
            trusted = earlier.objects if earlier is not None else ()
            brought = transfer.bring(
                wanted, house.objects.folder, target / "objects", trusted, counted(on_progress, sum(wanted.values()))
            )  # fmt: skip
            copied, copied_bytes = copied + brought.copied, copied_bytes + brought.copied_bytes
            if not brought.missing:
                break
            _check_destroyed(house, brought.missing)
        else:
            raise Unavailable(
                "backup.moving",
                say("Datasets are being destroyed faster than they can be copied."),
                say("Try again in a moment."),
            )
        manifest = _manifest(house, aside, wanted)
        if earlier is not None:
            _check_continues(house, earlier, manifest)
        with disk_errors():
            aside.replace(backups.state_path(target, manifest.state))
        transfer.settled(target)
    finally:
        aside.unlink(missing_ok=True)
    note = house.log.seal(f"{backups.SIGNED} {sha256_hex(manifest.line())}")
    backups.write_manifest(target, manifest, note)
    removed = _sweep(target, manifest)
    same = target.stat().st_dev == house.folder.stat().st_dev
    return Kept(target, manifest.size, len(wanted), copied, copied_bytes, removed, rounds, same)


def opened_backup(folder: Path) -> tuple[Manifest, SiteFacts]:
    """The manifest of a backup, its signature checked against the key that its own site.toml names; whoever
    holds the site's keys can say whether that key is theirs. Raises Missing, Tampered."""
    manifest, line, note = backups.read_manifest(folder)
    facts = parsed_facts(manifest.facts)
    signed = open_note(note, Verifier.parse(facts.verifier_key)).text
    if signed != f"{backups.SIGNED} {sha256_hex(line)}\n" or facts.id != manifest.site:
        raise backups.damaged()
    return manifest, facts


def named_objects(state: Path) -> dict[str, int]:
    """The objects that a snapshot of the database names, with their sizes."""
    alive = dataset_rows.c.state != DatasetState.DESTROYED.value
    with frozen(state) as connection:
        rows = connection.execute(select(dataset_rows.c.object_id, dataset_rows.c.size_bytes).where(alive))
        return {row.object_id: row.size_bytes for row in rows}


def _manifest(house: House, state: Path, wanted: dict[str, int]) -> Manifest:
    with frozen(state) as connection:
        head = house.log.head(connection)
    settings = house.folder / SITE_FILE
    return Manifest(
        site=house.facts.id, made_at=now(), software=version("dalgubeol"), schema=SCHEMA,
        checkpoint=head.note, size=head.size, state=transfer.digest_of(state), state_bytes=state.stat().st_size,
        facts=(house.folder / "site.toml").read_text("utf-8"),
        settings=settings.read_text("utf-8") if settings.exists() else None, objects=wanted,
    )  # fmt: skip


def _earlier(house: House, target: Path) -> Manifest | None:
    if not (target / backups.MANIFEST).exists():
        return None
    manifest, _ = opened_backup(target)
    if manifest.site != house.facts.id:
        raise Conflict(
            "backup.other",
            say("{folder} holds the backup of another site ({site}).", folder=target, site=manifest.site),
            say("Name another folder; nothing was changed."),
        )
    return manifest


def _check_continues(house: House, earlier: Manifest, later: Manifest) -> None:
    """Raises Conflict where the site is older than its backup, or has another history since: a restored site
    must not overwrite the backup that still holds what it lost."""
    old = open_checkpoint(earlier.checkpoint, house.log.verifier)
    new = open_checkpoint(later.checkpoint, house.log.verifier)
    if old.size <= new.size:
        with house.database.reading() as connection:
            proof = house.log.consistency_proof(connection, old.size, new.size)
        if verify_consistency(old.size, new.size, old.root, new.root, proof):
            return
    raise Conflict(
        "backup.newer",
        say("The backup in this folder holds Records that this site does not have (it is older, or was restored)."),
        say("Keep that backup and name another folder; nothing was changed."),
    )  # fmt: skip


def _check_place(house: House, target: Path) -> None:
    place = target.resolve()
    for taken in (house.folder.resolve(), house.keyring.folder.resolve()):
        if place == taken or taken in place.parents or place in taken.parents:
            raise Invalid.field(
                "target", expected=say("a folder apart from the site and from its keys"), got=place
            )
    if (target / "keys.json").exists() or (target / "site.key").exists():
        raise Invalid.field(
            "target", expected=say("a folder without keys"), got=say("one with keys"),
            next_step=say("Keep site and keys apart: whoever has both can read everything."),
        )  # fmt: skip
    if target.exists() and not target.is_dir():
        raise Invalid.field("target", expected=say("a folder"), got=say("a file"))
    if target.exists() and not (target / "lock").exists() and any(target.iterdir()):
        raise Invalid.field("target", expected=say("an empty folder, or one that holds a backup"), got=say("other files"))  # fmt: skip


def _check_destroyed(house: House, missing: tuple[str, ...]) -> None:
    """Raises Tampered where an object is gone although a Dataset needs it."""
    with house.database.reading() as connection:
        lost = [object_id for object_id in missing if datasets.object_is_used(connection, object_id)]
    if lost:
        raise Tampered(
            "object.lost",
            say("The bytes of {count} objects are not in the store, and no backup here has them.", count=len(lost)),
            say("`dalgu site check` names the Datasets; bring back their objects from an older backup."),
        )  # fmt: skip


def _sweep(target: Path, manifest: Manifest) -> int:
    """Remove what the manifest does not name; returns how many objects that were."""
    _sweep_states(target, manifest)
    return transfer.sweep(target / "objects", frozenset(manifest.objects))


def _sweep_states(target: Path, manifest: Manifest | None) -> None:
    for state in (target / "state").iterdir():
        if manifest is None or state != backups.state_path(target, manifest.state):
            state.unlink()


def counted(on_progress: Progress, total: int) -> Callable[[int], None]:
    """What tells of bytes in all when it is told of a few more."""
    so_far = 0

    def more(count: int) -> None:
        nonlocal so_far  # a lost update between threads costs a pixel of a bar
        so_far += count
        on_progress(so_far, total)

    return more


def _told(kept: Kept) -> Message:
    return say(
        "{size} Records and {objects} objects are in {target}.", size=kept.size, objects=kept.objects, target=kept.target
    )  # fmt: skip


def checked_head(log: Log, connection: Connection, note: str) -> None:
    """Raises Tampered where the ledger does not contain what the checkpoint `note` promised, Conflict where
    the ledger is shorter."""
    promised, head = open_checkpoint(note, log.verifier), log.head(connection)
    if promised.origin != head.origin:
        raise Invalid.field("checkpoint", expected=say("one of this site's ledger"), got=promised.origin)
    if promised.size > head.size:
        raise Conflict(
            "restore.older",
            say("The checkpoint covers {size} Records, the backup {held}: {lost} Records would be lost.", size=promised.size, held=head.size, lost=promised.size - head.size),
            say("Look for a newer backup, or restore without --since if there is none."),
        )  # fmt: skip
    proof = log.consistency_proof(connection, promised.size, head.size)
    if not verify_consistency(promised.size, head.size, promised.root, head.root, proof):
        raise Tampered(
            "restore.history",
            say("The history in this backup is not the one that the checkpoint at size {size} promised.", size=promised.size),
            say("Do not restore it. Keep both as evidence and find out who had the log's key."),
        )  # fmt: skip
