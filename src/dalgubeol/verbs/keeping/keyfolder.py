"""The keys of a site, kept apart from it: backed up wrapped, split on paper, brought back.

A backup of the keys holds every wrapped key file as it is, and neither site.key nor log.key: whoever has it
can read nothing. Those two are on three printed sheets, of which any two bring them back.

A destroyed Dataset is gone when the last copy of its key is. So every run of `backup_keys` also removes from
its target the keys of Datasets that the site has destroyed since.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...digest import canonical
from ...errors import Conflict, Invalid, Missing, Refused, Tampered
from ...language import say
from ...nouns.dataset import DatasetState
from ...world.ledger.note import Verifier
from ...world.store import backups, datasets, shares, transfer
from ...world.store.chores import done, last
from ...world.store.files import disk_errors, write_whole
from ...world.store.keys import Keyring, fingerprint, shred, wrapped_in
from ..house.clock import now
from ..house.house import House, SiteFacts

MARK = "keys.json"


@dataclass(frozen=True, slots=True)
class KeysKept:
    """A backup of the wrapped keys."""

    target: Path
    keys: int
    copied: int
    removed: int
    """Keys of destroyed Datasets that were still in the target."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One of the three, as it is printed."""

    number: int
    words: tuple[str, ...]
    site: str
    fingerprint: str
    verifier_key: str
    set_name: str
    made_at: str
    of_vault: bool = False
    """Whether it holds the vault's key, and not the site's."""

    def __repr__(self) -> str:
        return f"Sheet({self.number}, {self.set_name})"  # the words stay out of every log and traceback


@dataclass(frozen=True, slots=True)
class KeysBack:
    """A key folder that was brought back."""

    folder: Path
    fingerprint: str
    wrapped: int
    """Wrapped keys that came from a backup of the keys, each tried."""
    removed: int = 0
    """Of them, of Datasets that have been destroyed since: they are destroyed again, where the site is at hand."""


def backup_keys(house: House, target: Path, *, same_disk: bool = False) -> KeysKept:
    """Bring a backup of the wrapped keys up to date. `same_disk` allows the disk of the site's backup, for a rehearsal.

    Raises Invalid or Refused (not a place for it), Conflict (another site's keys there), Tampered (keys of living
    Datasets are missing here: nothing is removed from the target then).
    """
    target = target.absolute()
    _check_place(house, target, same_disk)
    with disk_errors():
        for folder in (target, target / "data"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_owner(house.facts, target)
    _write_mark(house, target)  # first, so that one that was cut off is known for what it is
    ours, theirs = house.keyring.wrapped(), wrapped_in(target)
    with house.database.reading() as connection:
        every = datasets.every(connection)
    lost = [d.id for d in every if d.protected and d.state is not DatasetState.DESTROYED and f"data/{d.id}.key" not in ours]  # fmt: skip
    destroyed = [f"data/{d.id}.key" for d in every if d.state is DatasetState.DESTROYED]
    copied = 0
    for place, path in ours.items():
        house.keyring.check_wrapped(place)
        content = path.read_bytes()
        if place not in theirs or theirs[place].read_bytes() != content:
            write_whole(target / place, content)
            copied += 1
    if lost:
        raise Tampered(
            "keys.lost",
            say("The keys of {count} Datasets that were never destroyed are not in the key folder.", count=len(lost)),
            say("Bring them back from a backup of the keys with `dalgu site keys-recover`; none was removed from this one."),
        )  # fmt: skip
    gone = [place for place in destroyed if place in theirs]
    for place in gone:
        shred(theirs[place])
    _write_mark(house, target)
    transfer.settled(target)
    told = say("{count} wrapped keys are in {target}.", count=len(ours), target=target)
    house.write(lambda connection: done(connection, "backup-keys", now(), told, ok=True))
    return KeysKept(target, len(ours), copied, len(gone))


def split_keys(house: House) -> tuple[Sheet, ...]:
    """Three sheets with the words of site.key and log.key; any two bring both back. Sheets that were made
    before keep working: destroy them if a holder has left."""
    at = now()
    made = tuple(
        Sheet(
            number, words, house.facts.id, house.keyring.fingerprint, house.facts.verifier_key,
            shares.set_name(words), at,
        )
        for number, words in enumerate(shares.split(*house.keyring.secrets_to_split()), start=1)
    )  # fmt: skip
    if shares.joined([" ".join(made[0].words), " ".join(made[2].words)]) != house.keyring.secrets_to_split():
        raise Tampered("keys.split", say("The sheets do not give the keys back."), say("Do not use them; tell those who make dalgu."))  # fmt: skip
    told = say("Three sheets of the set {name} were made.", name=made[0].set_name)
    house.write(lambda connection: done(connection, "keys-sheet", at, told, ok=True))
    return made


def recover_keys(
    facts: SiteFacts, folder: Path, sheets: Sequence[str], wrapped: Path | None = None
) -> KeysBack:
    """Bring site.key and log.key back into `folder` out of two sheets' words, and the wrapped keys out of their backup.

    Raises Invalid (words; sheets of another site), Conflict (another site's keys in `folder`), Tampered (a
    wrapped key does not unwrap). Nothing is written unless both keys are this site's.
    """
    site_key, log_key = shares.joined(sheets)
    if fingerprint(site_key) != facts.key_fingerprint or _verifier(facts, log_key) != facts.verifier_key:
        raise Invalid(
            "invalid.sheets",
            say("These sheets belong to other keys (fingerprint {found}; this site's is {expected}).", found=fingerprint(site_key), expected=facts.key_fingerprint),
            say("Take the sheets on which this site's fingerprint is printed; nothing was written."),
        )  # fmt: skip
    found = {} if wrapped is None else _wrapped_of(facts, wrapped)
    try:
        with disk_errors():
            ring = Keyring.bring_back(folder, site_key, log_key)
    except FileExistsError:
        raise Conflict(
            "keys.exist",
            say("The key folder {folder} already holds the keys of a site.", folder=folder),
            say("Name an empty folder with DALGU_KEYS, so that no keys are lost."),
        ) from None
    for place, path in found.items():
        ring.check_wrapped(place, wrapped)
        if not (folder / place).exists():
            write_whole(folder / place, path.read_bytes())
    return KeysBack(folder, ring.fingerprint, len(found))


def _write_mark(house: House, target: Path) -> None:
    mark = {"v": 1, "site": house.facts.id, "fingerprint": house.keyring.fingerprint, "made_at": now()}
    write_whole(target / MARK, canonical(mark))


def _verifier(facts: SiteFacts, log_key: bytes) -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Verifier.of(facts.origin, Ed25519PrivateKey.from_private_bytes(log_key)).text


def _wrapped_of(facts: SiteFacts, folder: Path) -> dict[str, Path]:
    if not (folder / MARK).exists():
        raise Missing(
            "keys.backup",
            say("There is no backup of keys in {folder}.", folder=folder),
            say("Name the folder that `dalgu site backup-keys` was given."),
        )
    _check_owner(facts, folder)
    return wrapped_in(folder)


def _check_owner(facts: SiteFacts, target: Path) -> None:
    if not (target / MARK).exists():
        return
    try:
        owner = json.loads((target / MARK).read_bytes())["fingerprint"]
    except (ValueError, KeyError, TypeError):
        owner = None
    if owner != facts.key_fingerprint:
        raise Conflict(
            "keys.other",
            say("{folder} holds the keys of another site.", folder=target),
            say("Name another folder; nothing was changed."),
        )


def _check_place(house: House, target: Path, same_disk: bool) -> None:
    with house.database.reading() as connection:
        kept = last(connection, "backup")
    backed_up = Path(str(kept.outcome.values["target"])) if kept is not None else None
    place = target.resolve()
    for taken in (house.folder, house.keyring.folder, *([backed_up] if backed_up else [])):
        taken = taken.resolve()
        if place == taken or taken in place.parents or place in taken.parents:
            raise Invalid.field(
                "target", expected=say("a folder apart from the site, its keys and its backup"), got=place,
                next_step=say("Keep site and keys apart: whoever has both can read everything."),
            )  # fmt: skip
    if (target / backups.MANIFEST).exists():
        raise Invalid.field(
            "target", expected=say("a folder without a site's backup"), got=say("one with it")
        )
    if backed_up is not None and backed_up.exists() and not same_disk:
        above = next(p for p in (place, *place.parents) if p.exists())
        if above.stat().st_dev == backed_up.stat().st_dev:
            raise Refused(
                "keys.same_disk",
                say("{target} is on the same disk as the backup of the site.", target=target),
                say("Take another disk, kept by other people; --same-disk is for a rehearsal."),
            )
    if target.exists() and not (target / MARK).exists() and any(target.iterdir()):
        raise Invalid.field("target", expected=say("an empty folder, or one that holds a backup of keys"), got=say("other files"))  # fmt: skip
