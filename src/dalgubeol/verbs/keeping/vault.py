"""The vault of a site: new editions of keys, its own backup, its own recovery sheets.

The vault is kept apart from the other keys, if need be by other people, so it is backed up and brought back apart:
whoever has the site's backup and the keys' backup can still not undo a pseudonym. A backup of the vault holds what
is in it, wrapped, without `vault.key`; each run removes from it what has been destroyed since. Bringing back leaves
out whatever the backup itself, the vault that is there, or the database says is gone.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from ...digest import canonical
from ...errors import Conflict, Invalid, Missing, Reason, Refused, Tampered
from ...language import say
from ...nouns.project import KeyEdition
from ...nouns.record import Event
from ...rules.projects import reasons_not_to_lead
from ...world.identity import SignedIn
from ...world.store import projects, shares
from ...world.store.chores import done, last
from ...world.store.files import disk_errors, write_whole
from ...world.store.keys import shred
from ...world.store.vault import Vault, keys_in, mappings_in
from ..house.clock import now
from ..house.house import House
from ..house.transition import record
from ..projects.projects import may_not, refusal, told
from .keyfolder import Sheet

MARK, CHORE = "vault.json", "backup-vault"


@dataclass(frozen=True, slots=True)
class VaultKept:
    """A backup of the vault."""

    target: Path
    keys: int
    mappings: int
    removed: int
    """Keys and mappings that have been destroyed since the last one."""


@dataclass(frozen=True, slots=True)
class VaultBack:
    """A vault that was brought back."""

    folder: Path
    keys: int
    left_out: int
    """Keys in the backup that had been destroyed: they stay so."""


def rotate(house: House, who: SignedIn, project: str) -> KeyEdition:
    """A new edition of a project's key, for Runs from now on: the same person gets another pseudonym.

    Tables of two editions cannot be joined by pseudonym. To carry on with one edition, pseudonymise the earlier
    deliveries anew. Runs that are queued use the edition that was current when they were asked for. Raises Refused
    with every reason (recorded), Unavailable (vault).
    """
    refused: list[tuple[Reason, ...]] = []

    def make(connection: Connection) -> KeyEdition | None:
        found = projects.find(connection, project)
        reasons = reasons_not_to_lead(who.actor, found)
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, found.id, reasons))
            return None
        vault = house.vault.begin(projects.vault_of(connection))
        number = 1 + max((e.edition for e in projects.editions(connection, found.id)), default=0)
        made = KeyEdition(found.id, number, house.vault.make(found.id, number), now())
        projects.add_edition(connection, made, vault)
        payload = {"edition": number, "key": made.fingerprint}
        record(
            connection,
            told(found, Event.KEY_ROTATED, who.actor.id, payload, f"key-rotated/{found.id}/{number}"),
        )
        return made

    made = house.write(make)
    if made is None:
        raise may_not(say("The key of this project is not changed."), refused[0])
    return made


def backup(house: House, target: Path, *, same_disk: bool = False) -> VaultKept:
    """Bring a backup of the vault up to date: for its keeper. Raises Invalid or Refused (not a place for it),
    Conflict (another vault's there), Unavailable (vault)."""
    vault, target = house.vault, target.absolute()
    with house.database.reading() as connection:
        vault.check(projects.vault_of(connection))
    _check_place(house, target, same_disk)
    _check_mark(target, vault)
    with disk_errors():
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (target / MARK).exists():
        _write_mark(target, vault)  # one that is cut off is known for what it is
    for path in sorted(vault.folder.glob("project-*.gone")):  # first what is gone, then what is not
        write_whole(target / path.name, path.read_bytes())
    removed = _remove_gone(vault, target)
    _write_mark(target, vault)
    ours, mappings = keys_in(vault.folder), mappings_in(vault.folder)
    for name, path in {**ours, **mappings}.items():
        if not (target / name).exists() or (target / name).read_bytes() != path.read_bytes():
            write_whole(target / name, path.read_bytes())
    for name, path in mappings_in(target).items():
        if name not in mappings:
            path.unlink()
            removed += 1
    outcome = say("{count} keys of projects are in {target}.", count=len(ours), target=target)
    house.write(lambda connection: done(connection, CHORE, now(), outcome, ok=True))
    return VaultKept(target, len(ours), len(mappings), removed)


def split(house: House) -> tuple[Sheet, ...]:
    """Three sheets with the words of `vault.key`; any two bring it back. For the vault's keeper, not for whoever
    keeps the site's. Raises Unavailable."""
    with house.database.reading() as connection:
        house.vault.check(projects.vault_of(connection))
    secret, at = house.vault.secret_to_split(), now()
    made = tuple(
        Sheet(
            number, words, house.facts.id, house.vault.fingerprint, house.facts.verifier_key,
            shares.set_name(words), at, of_vault=True,
        )
        for number, words in enumerate(shares.split(*secret), start=1)
    )  # fmt: skip
    outcome = say("Three sheets of the set {name} were made.", name=made[0].set_name)
    house.write(lambda connection: done(connection, "vault-sheet", at, outcome, ok=True))
    return made


def recover(house: House, source: Path | None, sheets: Sequence[str] = ()) -> VaultBack:
    """Bring the vault back: its key out of two sheets where it is lost, the wrapped keys out of a backup.

    Keys that were destroyed stay so. Raises Invalid (words; sheets of another vault), Missing (no backup there),
    Conflict (another vault there), Tampered (a note of a destroyed key was changed or taken out of the backup).
    """
    with house.database.reading() as connection:
        expected, editions = projects.vault_of(connection), projects.every_edition(connection)
    vault = house.vault
    if sheets:
        vault = _from_sheets(vault, sheets, expected)
    vault.check(expected)
    brought = left_out = 0
    if source is not None:
        if not (source / MARK).exists():
            raise Missing("vault.backup", say("There is no backup of a vault in {folder}.", folder=source), say("Name the folder that `dalgu vault backup` was given."))  # fmt: skip
        _check_mark(source, vault)
        gone = {(e.project, e.edition) for e in editions if e.destroyed_at is not None}
        gone |= vault.gone_in(vault.folder).keys() | vault.gone_in(source).keys()
        for path in sorted(source.glob("project-*.gone")):
            if not (vault.folder / path.name).exists():
                write_whole(vault.folder / path.name, path.read_bytes())
        for name, path in keys_in(source).items():
            project, edition, _ = name.rsplit(".", 2)
            if (project, int(edition)) in gone:
                left_out += 1
            elif not (vault.folder / name).exists():
                write_whole(vault.folder / name, path.read_bytes())
                brought += 1
        _bring_mappings(house, source, vault, gone)
    return VaultBack(vault.folder, brought, left_out)


def _bring_mappings(house: House, source: Path, vault: Vault, gone: set[tuple[str, int]]) -> None:
    for name, path in mappings_in(source).items():
        with house.database.reading() as connection:
            under = projects.of_run(connection, name.removesuffix(".mapping"))
        lives = under is not None and (under[0].id, under[1]) not in gone
        if lives and not (vault.folder / name).exists():
            write_whole(vault.folder / name, path.read_bytes())


def _from_sheets(vault: Vault, sheets: Sequence[str], expected: str | None) -> Vault:
    secret = shares.joined(sheets)
    if Vault.fingerprint_of(secret[0]) != expected:
        raise Invalid(
            "invalid.sheets",
            say("These sheets do not belong to the vault of this site."),
            say("Take the sheets on which this vault's fingerprint is printed; nothing was written."),
        )
    try:
        return Vault.bring_back(vault.folder, secret)
    except FileExistsError:
        raise Conflict("vault.exists", say("There is another vault in {folder}.", folder=vault.folder), say("Name an empty folder under [vault] in settings.toml, so that no keys are lost.")) from None  # fmt: skip


def _remove_gone(vault: Vault, folder: Path) -> int:
    """Shred the keys of a backup that it says are gone itself; how many."""
    keys = keys_in(folder)
    names = [f"{project}.{edition}.key" for project, edition in vault.gone_in(folder)]
    there = [keys[name] for name in names if name in keys]
    for path in there:
        shred(path)
    return len(there)


def _write_mark(folder: Path, vault: Vault) -> None:
    """Whose backup it is, and which notes of destroyed keys belong in it: one that is taken out is missed."""
    gone = sorted(path.name for path in folder.glob("project-*.gone"))
    said = {"v": 1, "vault": vault.fingerprint, "made_at": now(), "gone": gone}
    write_whole(folder / MARK, canonical({**said, "mac": vault.mac_of(said)}))


def _check_mark(folder: Path, vault: Vault) -> None:
    """Raises Conflict (another vault's), Tampered."""
    if not (folder / MARK).exists():
        return
    try:
        said = json.loads((folder / MARK).read_bytes())
        owner, mac = said["vault"], str(said.pop("mac", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        owner = None
    if owner != vault.fingerprint:
        raise Conflict("vault.other", say("{folder} holds another vault.", folder=folder), say("Name another folder; nothing was changed."))  # fmt: skip
    bound = hmac.compare_digest(mac.encode(), vault.mac_of(said).encode())
    if not bound or not all((folder / name).is_file() for name in said["gone"]):
        raise Tampered(
            "vault.backup",
            say("The backup of the vault in {folder} was changed: what it says of destroyed keys is not all there.", folder=folder),
            say("Nothing was changed. Take another backup of the vault, and tell its keeper."),
        )  # fmt: skip


def _check_place(house: House, target: Path, same_disk: bool) -> None:
    with house.database.reading() as connection:
        kept = [last(connection, chore) for chore in ("backup", "backup-keys")]
    others = [Path(str(each.outcome.values["target"])) for each in kept if each is not None]
    place = target.resolve()
    for taken in (house.folder, house.keyring.folder, house.vault.folder, *others):
        taken = taken.resolve()
        if place == taken or taken in place.parents or place in taken.parents:
            raise Invalid.field(
                "target", expected=say("a folder apart from the site, its keys, the vault and their backups"), got=place,
                next_step=say("Keep the vault apart: whoever has it and the keys can undo pseudonyms."),
            )  # fmt: skip
    above = next(p for p in (place, *place.parents) if p.exists())
    same = [other for other in others if other.exists() and other.stat().st_dev == above.stat().st_dev]
    if same and not same_disk:
        raise Refused(
            "vault.same_disk",
            say("{target} is on the same disk as a backup of the site or its keys.", target=target),
            say("Take another disk, kept by other people; --same-disk is for a rehearsal."),
        )
    if target.exists() and not (target / MARK).exists() and any(target.iterdir()):
        raise Invalid.field("target", expected=say("an empty folder, or one that holds a backup of the vault"), got=say("other files"))  # fmt: skip
