"""A site, founded and opened: its state, bytes, keys and ledger side by side.

site/
  site.toml      id, ledger origin and public key, fingerprint of the keys; no secret
  state.db       state and ledger, in SQLite
  objects/       bytes by digest
  staging/       attempts under way
  conductor.lock, wake
"""

from __future__ import annotations

import errno
import os
import tomllib
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection

from ...digest import fresh_id
from ...errors import Conflict, Invalid, Missing, Tampered
from ...language import say
from ...nouns.permit import Role
from ...nouns.record import Event, Record, Retention
from ...settings import Settings, user_data_folder
from ...world import identity
from ...world.ledger.log import Log
from ...world.ledger.note import Verifier
from ...world.store.database import Database, prepare_schema
from ...world.store.files import write_whole
from ...world.store.keys import Keyring
from ...world.store.objects import Objects
from ...world.store.vault import Vault
from .clock import now
from .transition import integrate, record

_Result = TypeVar("_Result")
BESIDE: ContextVar[Callable[[Connection], object] | None] = ContextVar("beside", default=None)
"""What is to be written in the same transaction as whatever this context writes: see `once`."""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What `site.toml` says."""

    id: str
    origin: str
    verifier_key: str
    keys: Path
    key_fingerprint: str


Proven = tuple[int, tuple[object, ...]]
"""Up to which of their Records somebody was proven, and as what."""


@dataclass(frozen=True, slots=True)
class House:
    """An opened site. Use as a context, or call `close()`."""

    settings: Settings
    facts: SiteFacts
    database: Database
    objects: Objects
    keyring: Keyring
    log: Log
    proven: dict[str, Proven] = field(default_factory=dict)
    """People, by id, as this process has found them in the signed history."""
    signed: set[tuple[object, ...]] = field(default_factory=set)
    """Permits with the decisions whose signatures this process has checked: terms, signatures and keys stay so."""
    factor_for: frozenset[Role] = frozenset()
    """Roles that need a second factor here."""

    @property
    def folder(self) -> Path:
        return self.settings.site

    @property
    def vault(self) -> Vault:
        """What would undo pseudonyms, apart from all else; it may not be at hand."""
        return Vault(self.settings.served().vault.keys or self.keyring.folder / "vault")

    def write(self, work: Callable[[Connection], _Result]) -> _Result:
        beside = BESIDE.get()
        return self.database.write(work if beside is None else _with(work, beside))

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> House:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


def _with(
    work: Callable[[Connection], _Result], beside: Callable[[Connection], object]
) -> Callable[[Connection], _Result]:
    def both(connection: Connection) -> _Result:
        result = work(connection)
        beside(connection)
        return result

    return both


def found(settings: Settings, *, login: str, name: str, organisation: str, password: str) -> House:
    """A new site with its first operator. Raises Conflict where there is one already; leaves nothing half-made."""
    folder = settings.site
    if (folder / "site.toml").exists():
        raise Conflict(
            "site.exists",
            say("There is already a site in {folder}.", folder=folder),
            say("Use it, or choose another folder."),
        )
    if (folder / "state.db").exists():
        raise Conflict(
            "site.unfinished",
            say("{folder} holds the state of a site whose foundation did not finish, or that lost its site.toml.", folder=folder),
            say("Restore site.toml from backup; or move the folder away and found a new site."),
        )  # fmt: skip
    credentials = identity.Credentials.fresh(password)  # before anything is made
    site = fresh_id("site")
    keys = (settings.keys or user_data_folder() / "keys" / site).absolute()
    for part in (folder, folder / "objects", folder / "staging"):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        keyring = Keyring.create(keys)
    except FileExistsError:
        raise Conflict(
            "keys.exist",
            say("The key folder {folder} already holds the keys of a site.", folder=keys),
            say("Name an empty folder with DALGU_KEYS, so that no keys are lost."),
        ) from None
    origin = f"dalgubeol.site/{site}"
    facts = SiteFacts(site, origin, Verifier.of(origin, keyring.log_key()).text, keys, keyring.fingerprint)
    house = house_of(settings, facts, keyring)
    prepare_schema(house.database, fresh=True)

    def first(connection: Connection) -> None:
        operator = identity.enrol(
            connection, login=login, name=name, organisation=organisation,
            roles=frozenset({Role.OPERATOR}), credentials=credentials, now=now(),
        )  # fmt: skip
        payload = {"site": site, "verifier_key": facts.verifier_key}
        record(
            connection,
            Record(Event.FOUNDED, f"founded/{site}", now(), operator.id, site, payload, Retention.PERMANENT),
        )
        record(connection, enrolment(operator, operator.id))

    house.write(first)
    write_whole(folder / "site.toml", written_facts(facts).encode(), new=True)
    return house


def open_house(settings: Settings) -> House:
    """Raises Missing where there is no site, Conflict where it is of a newer version, Invalid for wrong keys."""
    facts = facts_of(settings.site)
    keyring = Keyring.open(settings.keys or facts.keys, facts.key_fingerprint)
    house = replace(house_of(settings, facts, keyring), factor_for=_roles_with_factor(settings))
    prepare_schema(house.database, fresh=False)
    return house


def _roles_with_factor(settings: Settings) -> frozenset[Role]:
    wished = settings.served().serve.require_factor
    unknown = set(wished) - set(Role)
    if unknown:
        raise Invalid.field("serve.require_factor", expected=say("roles: {roles}", roles=", ".join(Role)), got="another word")  # fmt: skip
    return frozenset(Role(role) for role in wished)


def enrolment(person: identity.Person, invited_by: str) -> Record:
    """The Record that makes a person's public key part of the history, so that signatures can be checked."""
    payload = {
        "public_key": person.public_key,
        "organisation": person.organisation,
        "roles": sorted(role.value for role in person.roles),
    }
    key = f"enrolled/{person.id}"
    return Record(Event.ENROLLED, key, now(), invited_by, person.id, payload, Retention.PERMANENT)


def house_of(settings: Settings, facts: SiteFacts, keyring: Keyring) -> House:
    """The parts of a site put together, whatever its schema; `open_house` looks at that."""
    state = (settings.site / "state.db").absolute()
    state.touch(mode=0o600)  # SQLite gives its journal the same rights
    log = Log(facts.origin, keyring.log_key())
    database = Database(URL.create("sqlite", database=str(state)), settings.lock_timeout_s)
    database.before_commit = lambda connection: integrate(connection, log)
    return House(settings, facts, database, Objects(settings.site), keyring, log)


def written_facts(facts: SiteFacts) -> str:
    """The text of site.toml."""
    rows = ("id", "origin", "verifier_key", "keys", "key_fingerprint")
    return "".join(f'{row} = "{_escaped(str(getattr(facts, row)))}"\n' for row in rows)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def facts_of(site: Path) -> SiteFacts:
    """What `site.toml` of the site in this folder says. Raises Missing where there is no site, Tampered."""
    path = site / "site.toml"
    if not path.exists():
        raise Missing(
            "site.missing",
            say("There is no site in {folder}.", folder=site),
            say("Make one with `dalgu init {folder}`, or name yours with DALGU_SITE.", folder=site),
        )
    try:
        return parsed_facts(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return parsed_facts("")


def parsed_facts(text: str) -> SiteFacts:
    """What a site.toml says. Raises Tampered."""
    try:
        values = tomllib.loads(text)
        return SiteFacts(
            values["id"],
            values["origin"],
            values["verifier_key"],
            Path(values["keys"]),
            values["key_fingerprint"],
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        raise Tampered(
            "site.facts",
            say("The file site.toml of this site is damaged."),
            say("Restore it from backup; it holds no secrets and never changes."),
        ) from None


def wake(house: House) -> None:
    """Tell a waiting conductor that there is something to do. Without one this does nothing."""
    path = house.folder / "wake"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):
            return
        raise
    try:
        os.write(descriptor, b"!")
    except BlockingIOError:
        pass  # full: it has been told often enough
    finally:
        os.close(descriptor)
