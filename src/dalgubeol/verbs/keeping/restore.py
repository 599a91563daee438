"""Restoring a site from its backup: everything is proven aside, and only then takes its place, whole.

Proven are the manifest's signature, every object's digest, the database's integrity, the whole ledger, and
that it contains what the manifest's checkpoint and any other that is given promised. A restore goes into an
empty folder; over a site only where that is an older state of the same site and the caller says so. The site
that was there is moved aside, never removed.

That a site was restored is a Record: others who hold later checkpoints will find that the history went
another way, and should find out why. Whoever was signed in when the backup was made signs in again.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import URL, Connection

from ...digest import fresh_id
from ...errors import Conflict, DalguError, Invalid, Tampered, Unavailable
from ...language import say
from ...nouns.record import Event, Record, Retention
from ...settings import SITE_FILE, Settings
from ...world.identity import sessions
from ...world.ledger.log import Log
from ...world.ledger.merkle import verify_consistency
from ...world.ledger.note import Checkpoint, Verifier, open_checkpoint
from ...world.ledger.selfcheck import check as check_ledger
from ...world.store import backups, transfer
from ...world.store.backups import Manifest
from ...world.store.database import SCHEMA, Database, migrate
from ...world.store.files import FileLock, disk_errors, synced_folder, write_whole
from ...world.store.keys import Keyring
from ...world.store.snapshots import check_integrity, frozen
from ..datasets import marks
from ..house.clock import now
from ..house.house import SiteFacts, house_of, parsed_facts, written_facts
from ..house.transition import record
from ..projects.destruction import reconciled
from .keep import Progress, checked_head, counted, named_objects, opened_backup

_EXCHANGE, _HERE = 2, -100  # RENAME_EXCHANGE, AT_FDCWD of renameat2(2)


@dataclass(frozen=True, slots=True)
class Restored:
    """A site that was restored and verified."""

    site: Path
    size: int
    """Records in the backup."""
    objects: int
    made_at: str
    """When the backup was made."""
    migrated_from: str | None
    """The schema of the backup, where it was an older one."""
    aside: Path | None
    """Where the site lies that was there before."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A backup that was read to its last byte."""

    manifest: Manifest
    facts: SiteFacts


def restore(
    source: Path,
    settings: Settings,
    *,
    since: Iterable[str] = (),
    over: bool = False,
    on_progress: Progress = lambda done, total: None,
) -> Restored:
    """Restore the backup in `source` to `settings.site`. `since` are checkpoints that it must contain.

    Raises Missing (no backup), Tampered (any proof fails), Invalid (another site's keys), Unavailable (keys not
    there, disk full), Conflict (something is there already, or would lose Records). Nothing is changed then.
    """
    site = settings.site.absolute()
    manifest, facts = opened_backup(source)
    facts = replace(facts, keys=(settings.keys or facts.keys).absolute())
    keyring = _own_keys(facts)
    _check_destination(site, facts, manifest, over)
    site.parent.mkdir(parents=True, exist_ok=True)
    with _staged(site) as stage, _alone(site):
        _bring(source, manifest, stage, on_progress)
        _prove_state(stage / "state.db", manifest, facts, since)
        if over:
            _check_older(site, stage, facts)
        _finish(stage, manifest, facts, keyring)
        transfer.settled(stage)
        aside = _take_place(stage, site)
    older = manifest.schema if manifest.schema != SCHEMA else None
    return Restored(site, manifest.size, len(manifest.objects), manifest.made_at, older, aside)


def prove_backup(
    source: Path, *, since: Iterable[str] = (), on_progress: Progress = lambda done, total: None
) -> Proven:
    """Read a backup to its last byte without restoring it. Raises Missing, Tampered, Conflict as `restore` does."""
    manifest, facts = opened_backup(source)
    state = backups.state_path(source, manifest.state)
    if not state.exists() or transfer.digest_of(state) != manifest.state:
        raise _changed()
    total = sum(manifest.objects.values())
    wrong = transfer.check(manifest.objects, source / "objects", counted(on_progress, total))
    if wrong:
        raise _wrong_objects(len(wrong))
    _prove_state(state, manifest, facts, since)
    return Proven(manifest, facts)


def _own_keys(facts: SiteFacts) -> Keyring:
    """The site's keys, which must be there before the site is: without them it cannot be opened."""
    try:
        keyring = Keyring.open(facts.keys, facts.key_fingerprint)
    except Unavailable:
        raise Unavailable(
            "restore.keys",
            say("The keys of this site are not at {folder}.", folder=facts.keys),
            say(
                "Bring the keys back first: `dalgu site keys-recover`, or name their folder with DALGU_KEYS."
            ),
        ) from None
    if Verifier.of(facts.origin, keyring.log_key()).text != facts.verifier_key:
        raise Tampered(
            "restore.verifier",
            say("This backup was not signed with the log key in {folder}.", folder=facts.keys),
            say("Do not restore it: it is not this site's, or its manifest was replaced."),
        )
    return keyring


def _check_destination(site: Path, facts: SiteFacts, manifest: Manifest, over: bool) -> None:
    if not site.exists() or (site.is_dir() and not any(site.iterdir())):
        if site.exists() and os.path.ismount(site):
            raise Invalid.field("site", expected=say("a folder inside a disk"), got=say("the top of one"))
        return
    if not (site / "site.toml").is_file():
        raise Conflict(
            "restore.occupied",
            say("{folder} is not empty, and no site.", folder=site),
            say("Name an empty folder, or move what is there away."),
        )
    there = parsed_facts((site / "site.toml").read_text("utf-8", errors="replace"))
    if there.id != facts.id:
        raise Conflict(
            "restore.other",
            say("{folder} holds another site ({site}).", folder=site, site=there.id),
            say("Name an empty folder; nothing was changed."),
        )
    head = _head(site, facts)
    if head.size > manifest.size:
        raise Conflict(
            "restore.newer",
            say("The site in {folder} is newer than this backup: {lost} Records would be lost.", folder=site, lost=head.size - manifest.size),
            say("Restore into an empty folder and compare; or move the site away first, if it must be."),
        )  # fmt: skip
    if not over:
        raise Conflict(
            "restore.there",
            say("{folder} holds an older state of this site.", folder=site),
            say("Add --replace: the older state is then moved aside, not removed."),
        )


def _head(site: Path, facts: SiteFacts) -> Checkpoint:
    """The last checkpoint of the site that is there. Raises Conflict where that cannot be told."""
    log = Log(facts.origin, verifier_key=facts.verifier_key)
    database = Database(URL.create("sqlite", database=str(site / "state.db")))
    try:
        if not (site / "state.db").exists():
            raise OSError
        with database.reading() as connection:
            return log.head(connection)
    except (DalguError, OSError):
        raise Conflict(
            "restore.unreadable",
            say("There is a site in {folder} whose ledger cannot be read, so it may be newer.", folder=site),
            say("Move it away, then restore; keep it until you know what happened."),
        ) from None
    finally:
        database.close()


@contextmanager
def _staged(site: Path) -> Iterator[Path]:
    """A folder beside the site, on the same disk, which goes if the restore does not come to its end. What a
    restore that was killed has left there goes too."""
    for left in site.parent.glob(f".{site.name}.restoring-*"):
        lock = FileLock(left / "lock")
        if (left / "lock").exists() and lock.acquire():
            shutil.rmtree(left, ignore_errors=True)
        lock.release()
    stage = site.parent / f".{site.name}.{fresh_id('restoring')}"
    with disk_errors():
        stage.mkdir(mode=0o700)
    lock = FileLock(stage / "lock")
    lock.acquire()
    try:
        yield stage
    finally:
        lock.release()
        if stage.exists():
            shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def _alone(site: Path) -> Iterator[None]:
    """Hold the conductor's lock of the site that is there, so that nobody serves it meanwhile."""
    if not (site / "site.toml").exists():
        yield
        return
    lock = FileLock(site / "conductor.lock")
    if not lock.acquire():
        raise Conflict(
            "restore.serving",
            say("Somebody works on the site in {folder}.", folder=site),
            say("Stop `dalgu serve` or `dalgu conduct` there first."),
        )
    try:
        yield
    finally:
        lock.release()


def _bring(source: Path, manifest: Manifest, stage: Path, on_progress: Progress) -> None:
    total = sum(manifest.objects.values())
    (stage / "staging").mkdir(mode=0o700)
    (stage / "objects").mkdir(mode=0o700)
    try:
        digest = transfer.copy_file(backups.state_path(source, manifest.state), stage / "state.db")
    except FileNotFoundError:
        raise _changed() from None
    if digest != manifest.state:
        raise _changed()
    brought = transfer.bring(
        manifest.objects, source / "objects", stage / "objects", (), counted(on_progress, total)
    )
    if brought.missing:
        raise _wrong_objects(len(brought.missing))


def _prove_state(state: Path, manifest: Manifest, facts: SiteFacts, since: Iterable[str]) -> None:
    check_integrity(state)
    log = Log(facts.origin, verifier_key=facts.verifier_key)
    with frozen(state) as connection:
        check_ledger(connection, log)
        if log.head(connection).note != manifest.checkpoint:
            raise _changed()
        for note in since:
            checked_head(log, connection, note)
    if named_objects(state) != dict(manifest.objects):
        raise _changed()


def _check_older(site: Path, stage: Path, facts: SiteFacts) -> None:
    """Raises Tampered where what is there is no beginning of what takes its place, Conflict where it has grown."""
    log, there = Log(facts.origin, verifier_key=facts.verifier_key), _head(site, facts)
    with frozen(stage / "state.db") as connection:
        held = log.head(connection)
        if there.size > held.size:
            raise Conflict(
                "restore.newer",
                say("The site in {folder} is newer than this backup: {lost} Records would be lost.", folder=site, lost=there.size - held.size),
                say("Restore into an empty folder and compare; or move the site away first, if it must be."),
            )  # fmt: skip
        proof = log.consistency_proof(connection, there.size, held.size)
    if not verify_consistency(there.size, held.size, there.root, held.root, proof):
        raise Tampered(
            "restore.history",
            say("The site in {folder} and this backup tell two histories.", folder=site),
            say("Keep both as evidence; restore into an empty folder to compare them."),
        )


def _finish(stage: Path, manifest: Manifest, facts: SiteFacts, keyring: Keyring) -> None:
    """Make it a site that opens, with the Record of its restoring."""
    write_whole(stage / "site.toml", written_facts(facts).encode())
    if manifest.settings is not None:
        write_whole(stage / SITE_FILE, manifest.settings.encode())
    house = house_of(Settings(site=stage), facts, keyring)
    try:
        if manifest.schema != SCHEMA:
            migrate(house.database)
        head = open_checkpoint(manifest.checkpoint, house.log.verifier)
        payload = {"made_at": manifest.made_at, "size": head.size, "root": head.root.hex()}

        def begin_again(connection: Connection) -> None:
            sessions.end_all_sessions(connection)
            marks.completed(house, connection)  # of before schema 0005
            told = Record(Event.RESTORED, fresh_id("restored"), now(), facts.id, facts.id, payload, Retention.PERMANENT)  # fmt: skip
            record(connection, told)

        house.write(begin_again)
        reconciled(house)  # a key that was destroyed since the backup was made stays destroyed
        house.database.truncate_log()
    finally:
        house.close()


def _take_place(stage: Path, site: Path) -> Path | None:
    """One rename; over a site that is there, one exchange. Returns where that one now lies."""
    (stage / "lock").unlink()
    if not (site / "site.toml").exists():
        with disk_errors():
            os.rename(stage, site)
        synced_folder(site.parent)
        return None
    aside = site.with_name(f"{site.name}.before-{fresh_id('restore')}")
    if _exchanged(stage, site):
        os.rename(stage, aside)
    else:  # a file system without it: for a moment there is no site, but both are whole
        os.rename(site, aside)
        os.rename(stage, site)
    synced_folder(site.parent)
    return aside


def _exchanged(one: Path, other: Path) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    if ctypes.get_errno() in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(ctypes.get_errno(), "renameat2")


def _changed() -> Tampered:
    return Tampered(
        "backup.changed",
        say("The database in this backup is not the one that its manifest names."),
        say("Do not restore it. Use another backup, and keep this one to find out what happened."),
    )


def _wrong_objects(count: int) -> Tampered:
    return Tampered(
        "backup.objects",
        say("{count} objects in this backup are missing or have changed.", count=count),
        say("Use another backup; if there is none, the objects of the site itself may still be whole."),
    )
