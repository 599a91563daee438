"""Accounts: inviting, joining, the password, and the list of people."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, RowMapping, bindparam, select
from sqlalchemy.exc import IntegrityError

from ...digest import fresh_id
from ...errors import Conflict, Invalid, Missing, Refused
from ...language import Message, say
from ...nouns.permit import Actor, Role
from .schema import people
from .signing import normal, sealed_under_password, unsealed_with_password

if TYPE_CHECKING:
    from pwdlib import PasswordHash

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    login: str
    name: str
    organisation: str
    roles: frozenset[Role]
    public_key: str
    """Ed25519, hex."""
    joined_at: str
    ended_at: str | None = None
    """When an operator closed the account; a closed one comes in no more."""

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.organisation, self.roles)


def check_password(password: str) -> None:
    """Raises Invalid for one that is too short or beyond all measure."""
    shortest, longest = SHORTEST_PASSWORD, LONGEST_PASSWORD
    if not shortest <= len(password) <= longest:
        least, most = (
            say("at least {count} characters", count=shortest),
            say("at most {count} characters", count=longest),
        )
        got = say("{count} characters", count=len(password))
        raise Invalid.field("password", expected=least if len(password) < shortest else most, got=got)


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """A new person's id, key and password as they are stored. Making them takes long on purpose."""

    person: str
    public_key: str
    password_hash: str
    sealed_key: bytes

    @classmethod
    def fresh(cls, password: str) -> Credentials:
        """Raises Invalid for the password."""
        check_password(password)
        key, person = Ed25519PrivateKey.generate(), fresh_id("person")
        public = key.public_key().public_bytes_raw().hex()
        sealed = sealed_under_password(key, password, person)
        return cls(person, public, _password_hash().hash(normal(password)), sealed)


def enrol(
    connection: Connection, *, login: str, name: str, organisation: str, roles: frozenset[Role], credentials: Credentials, now: str
) -> Person:  # fmt: skip
    """A new account with a key of its own. Raises Conflict where the login is taken."""
    person = Person(credentials.person, login, name, organisation, roles, credentials.public_key, now)
    row = {
        "id": person.id, "login": login, "name": name, "organisation": organisation,
        "roles": roles_text(roles), "password_hash": credentials.password_hash,
        "public_key": person.public_key, "sealed_key": credentials.sealed_key, "joined_at": now,
    }  # fmt: skip
    try:
        connection.execute(people.insert(), row)
    except IntegrityError:
        raise Conflict(
            "person.login",
            say("The login '{login}' is taken.", login=login),
            say("Choose another login."),
        ) from None
    return person


@dataclass(frozen=True, slots=True, repr=False)
class Unlocked:
    """A person whose password was right, and their key."""

    person: Person
    key: Ed25519PrivateKey


def unlock(connection: Connection, login: str, password: str) -> Unlocked:
    """Check the password; reads only, for it takes long on purpose and must hold nobody up. Raises Refused."""
    row = connection.execute(select(people).where(people.c.login == login)).mappings().first()
    stored = row["password_hash"] if row else _password_of_nobody()
    right = _password_hash().verify(normal(password[:LONGEST_PASSWORD]), stored)
    if not right or row is None or row["ended_at"] is not None:
        raise Refused(
            "login.wrong",
            say("Login or password is wrong."),
            say(
                "Try again. A forgotten password cannot be found again: ask the operator to invite you under a new login."
            ),
        )
    person = _person(row)
    return Unlocked(person, unsealed_with_password(row["sealed_key"], password, person.id))


@dataclass(frozen=True, slots=True, repr=False)
class NewPassword:
    """A password as it is stored: its hash, and the key encrypted under it."""

    person: str
    password_hash: str
    sealed_key: bytes


def sealed_anew(who: Unlocked, password: str) -> NewPassword:
    """The same key under another password; touches no database. Raises Invalid for one that is too short."""
    check_password(password)
    sealed = sealed_under_password(who.key, password, who.person.id)
    return NewPassword(who.person.id, _password_hash().hash(normal(password)), sealed)


def change_password(connection: Connection, new: NewPassword) -> None:
    changed = {"password_hash": new.password_hash, "sealed_key": new.sealed_key}
    connection.execute(people.update().where(people.c.id == new.person).values(**changed))


def as_long_as_a_check() -> None:
    """Take the time that checking a password takes, for an answer that checks none."""
    _password_hash().verify(b"", _password_of_nobody())


_FIND = (
    select(people)
    .where((people.c.id == bindparam("wanted")) | (people.c.login == bindparam("wanted")))
    .order_by((people.c.id == bindparam("wanted")).desc())
)


def find(connection: Connection, id_or_login: str) -> Person:
    """Raises Missing. An id goes before a login, so that no login can pass for another person's id."""
    row = connection.execute(_FIND, {"wanted": id_or_login}).mappings().first()
    if row is None:
        raise Missing(
            "person.missing",
            say("There is no person '{person}' here.", person=id_or_login),
            say("`dalgu person list` shows who there is."),
        )
    return _person(row)


def listed(connection: Connection, after: str = "", limit: int = 100_000) -> tuple[Person, ...]:
    """In order of age; `after` is the last id of the page before."""
    query = select(people).where(people.c.id > after).order_by(people.c.id).limit(limit)
    return tuple(_person(row) for row in connection.execute(query).mappings())


def change_roles(connection: Connection, person: str, roles: frozenset[Role]) -> None:
    connection.execute(people.update().where(people.c.id == person).values(roles=roles_text(roles)))


def close(connection: Connection, person: str, now: str) -> None:
    """From now on they come in no more; what they did stays."""
    connection.execute(people.update().where(people.c.id == person).values(ended_at=now))


def operators(connection: Connection) -> frozenset[str]:
    """Ids of those who can act as operators."""
    query = select(people.c.id, people.c.roles).where(people.c.ended_at.is_(None))
    return frozenset(r.id for r in connection.execute(query) if Role.OPERATOR in roles_of(r.roles))


def roles_text(roles: frozenset[Role]) -> str:
    return ",".join(sorted(role.value for role in roles))


def roles_of(text: str) -> frozenset[Role]:
    return frozenset(Role(part) for part in text.split(",") if part)


def nobody(what: Message) -> Refused:
    return Refused("login.needed", what, say("Sign in with `dalgu login`."))


def _person(row: RowMapping) -> Person:
    return Person(
        row["id"], row["login"], row["name"], row["organisation"], roles_of(row["roles"]), row["public_key"],
        row["joined_at"], row["ended_at"],
    )  # fmt: skip


def _password_hash() -> PasswordHash:
    from pwdlib import PasswordHash

    return PasswordHash.recommended()


@cache
def _password_of_nobody() -> str:
    """A hash to check against when the login is unknown, so that both answers take the same time."""
    return str(_password_hash().hash(secrets.token_hex()))
