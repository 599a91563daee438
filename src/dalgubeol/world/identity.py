"""People: accounts, their signing keys, and who is signed in.

A person's Ed25519 key is made when they join and stored encrypted under their password (argon2id for the
check; scrypt, RFC 7914, for the key that encrypts). Nobody who owns the folder can sign for them.

Signing in writes a session file for its owner only. The signing key in it is encrypted under a secret of
which one half is in that file and one in the database: neither alone can sign, and a session that ended in
the database is dead wherever its file lies.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy import Column, Connection, LargeBinary, MetaData, RowMapping, Table, Text, select
from sqlalchemy.exc import IntegrityError

from ..digest import canonical, fresh_id
from ..errors import Conflict, Invalid, Missing, Refused, Tampered
from ..language import Message, say
from ..nouns.permit import Actor, Role

if TYPE_CHECKING:
    from pwdlib import PasswordHash

_FIELD = 2**255 - 19
_EIGHTH = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL_ORDER = frozenset({0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH})
"""The y of the points of edwards25519 whose order divides 8 (RFC 7748, 4.1; RFC 8032, 5.1)."""

IDENTITY = MetaData()
SHORTEST_PASSWORD = 10

people = Table(
    "people", IDENTITY,
    Column("id", Text, primary_key=True), Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False), Column("organisation", Text, nullable=False),
    Column("roles", Text, nullable=False), Column("password_hash", Text, nullable=False),
    Column("public_key", Text, nullable=False), Column("sealed_key", LargeBinary, nullable=False),
    Column("joined_at", Text, nullable=False),
)  # fmt: skip
invitations = Table(
    "invitations", IDENTITY,
    Column("code_hash", Text, primary_key=True), Column("login", Text, nullable=False),
    Column("name", Text, nullable=False), Column("organisation", Text, nullable=False),
    Column("roles", Text, nullable=False), Column("invited_by", Text, nullable=False),
    Column("expires_at", Text, nullable=False), Column("used_at", Text),
)  # fmt: skip
sessions = Table(
    "sessions", IDENTITY,
    Column("id", Text, primary_key=True), Column("person", Text, nullable=False),
    Column("half", LargeBinary, nullable=False), Column("expires_at", Text, nullable=False),
)  # fmt: skip


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

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.organisation, self.roles)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person whose session is alive, able to sign."""

    person: Person
    _key: Ed25519PrivateKey

    @property
    def actor(self) -> Actor:
        return self.person.actor

    def sign(self, statement: bytes) -> str:
        """Ed25519 signature, hex."""
        return self._key.sign(statement).hex()


def signature_holds(public_key: str, statement: bytes, signature: str) -> bool:
    """False also for a public key of small order, under which one signature holds for many statements."""
    try:
        key = bytes.fromhex(public_key)
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(signature), statement)
    except (InvalidSignature, ValueError):
        return False
    return (int.from_bytes(key, "little") & (1 << 255) - 1) % _FIELD not in _SMALL_ORDER


def check_password(password: str) -> None:
    """Raises Invalid for one that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid.field(
            "password",
            expected=say("at least {count} characters", count=SHORTEST_PASSWORD),
            got=say("{count} characters", count=len(password)),
        )


def enrol(
    connection: Connection, *, login: str, name: str, organisation: str, roles: frozenset[Role], password: str, now: str
) -> Person:  # fmt: skip
    """A new account with a key of its own. Raises Conflict where the login is taken, Invalid for the password."""
    check_password(password)
    key = Ed25519PrivateKey.generate()
    person = Person(
        fresh_id("person"), login, name, organisation, roles, key.public_key().public_bytes_raw().hex(), now
    )
    row = {
        "id": person.id, "login": login, "name": name, "organisation": organisation,
        "roles": _roles_text(roles), "password_hash": _password_hash().hash(_normal(password)),
        "public_key": person.public_key, "sealed_key": _sealed(key, password, person.id), "joined_at": now,
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


def invite(
    connection: Connection, *, login: str, name: str, organisation: str, roles: frozenset[Role], invited_by: str, expires_at: str
) -> str:  # fmt: skip
    """A one-time code with which that person joins and chooses their own password."""
    code = f"i{secrets.token_urlsafe(18)}"  # never a dash in front: it would read as an option
    row = {
        "code_hash": _code_hash(code), "login": login, "name": name, "organisation": organisation,
        "roles": _roles_text(roles), "invited_by": invited_by, "expires_at": expires_at,
    }  # fmt: skip
    connection.execute(invitations.insert(), row)
    return code


def join(connection: Connection, code: str, password: str, now: str) -> tuple[Person, str]:
    """Redeem a code. Returns the person and who invited them. Raises Refused for a wrong, used or old code."""
    row = connection.execute(select(invitations).where(invitations.c.code_hash == _code_hash(code))).mappings().first()  # fmt: skip
    if row is None or row["used_at"] is not None or row["expires_at"] <= now:
        raise Refused(
            "invitation.invalid",
            say("This invitation is not valid (any more)."),
            say("Ask the operator for a new one."),
        )
    person = enrol(
        connection, login=row["login"], name=row["name"], organisation=row["organisation"],
        roles=_roles(row["roles"]), password=password, now=now,
    )  # fmt: skip
    connection.execute(
        invitations.update().where(invitations.c.code_hash == _code_hash(code)).values(used_at=now)
    )
    return person, row["invited_by"]


@dataclass(frozen=True, slots=True, repr=False)
class Unlocked:
    """A person whose password was right, and their key."""

    person: Person
    key: Ed25519PrivateKey


def unlock(connection: Connection, login: str, password: str) -> Unlocked:
    """Check the password; reads only, for it takes long on purpose and must hold nobody up. Raises Refused."""
    row = connection.execute(select(people).where(people.c.login == login)).mappings().first()
    stored = row["password_hash"] if row else _password_of_nobody()
    if not _password_hash().verify(_normal(password), stored) or row is None:
        raise Refused(
            "login.wrong",
            say("Login or password is wrong."),
            say(
                "Try again. A forgotten password cannot be found again: ask the operator to invite you under a new login."
            ),
        )
    person = _person(row)
    return Unlocked(person, _unsealed(row["sealed_key"], password, person.id))


def begin_session(connection: Connection, who: Unlocked, now: str, expires_at: str) -> bytes:
    """A new session; sessions that have ended go. Returns what belongs into the session file."""
    connection.execute(sessions.delete().where(sessions.c.expires_at <= now))
    session, ours, theirs = fresh_id("session"), os.urandom(32), os.urandom(32)
    connection.execute(
        sessions.insert(), {"id": session, "person": who.person.id, "half": theirs, "expires_at": expires_at}
    )
    nonce = os.urandom(12)
    sealed = AESGCM(_joined(ours, theirs)).encrypt(nonce, who.key.private_bytes_raw(), session.encode())
    held = {"session": session, "half": ours.hex(), "key": (nonce + sealed).hex(), "expires_at": expires_at}
    return canonical(held)


def signed_in(connection: Connection, session_file: Path, now: str) -> SignedIn:
    """Who this session file speaks for. Raises Refused where there is none, or it has ended."""
    session, ours, sealed = _held(session_file)
    row = connection.execute(select(sessions).where(sessions.c.id == session)).mappings().first()
    if row is None or row["expires_at"] <= now:
        raise _nobody(say("Your session has ended."))
    try:
        plain = AESGCM(_joined(ours, row["half"])).decrypt(sealed[:12], sealed[12:], session.encode())
        key = Ed25519PrivateKey.from_private_bytes(plain)
    except (InvalidTag, ValueError):
        raise _nobody(say("The session file is damaged.")) from None
    person = find(connection, row["person"])
    if key.public_key().public_bytes_raw().hex() != person.public_key:
        raise _changed()  # a session moved to another account in the database
    return SignedIn(person, key)


def _held(session_file: Path) -> tuple[str, bytes, bytes]:
    """Session, our half and the sealed key out of a session file."""
    try:
        held = json.loads(session_file.read_text())
        return str(held["session"]), bytes.fromhex(held["half"]), bytes.fromhex(held["key"])
    except FileNotFoundError:
        raise _nobody(say("Nobody is signed in.")) from None
    except (ValueError, KeyError, TypeError):
        raise _nobody(say("The session file is damaged.")) from None


def sign_out(connection: Connection, session_file: Path) -> None:
    if session_file.exists():
        with suppress(Refused):  # a damaged file names no session, and goes all the same
            session, _, _ = _held(session_file)
            connection.execute(sessions.delete().where(sessions.c.id == session))
        session_file.unlink()


def find(connection: Connection, id_or_login: str) -> Person:
    """Raises Missing. An id goes before a login, so that no login can pass for another person's id."""
    wanted = (people.c.id == id_or_login) | (people.c.login == id_or_login)
    ids_first = (people.c.id == id_or_login).desc()
    row = connection.execute(select(people).where(wanted).order_by(ids_first)).mappings().first()
    if row is None:
        raise Missing(
            "person.missing",
            say("There is no person '{person}' here.", person=id_or_login),
            say("`dalgu person list` shows who there is."),
        )
    return _person(row)


def listed(connection: Connection) -> tuple[Person, ...]:
    return tuple(_person(row) for row in connection.execute(select(people).order_by(people.c.id)).mappings())


def _person(row: RowMapping) -> Person:
    return Person(
        row["id"], row["login"], row["name"], row["organisation"], _roles(row["roles"]), row["public_key"],
        row["joined_at"],
    )  # fmt: skip


def _nobody(what: Message) -> Refused:
    return Refused("login.needed", what, say("Sign in with `dalgu login`."))


def _changed() -> Tampered:
    return Tampered(
        "person.key",
        say("The key that is stored for this person is not theirs."),
        say("Restore the database from backup; tell the operator."),
    )


def _roles_text(roles: frozenset[Role]) -> str:
    return ",".join(sorted(role.value for role in roles))


def _roles(text: str) -> frozenset[Role]:
    return frozenset(Role(part) for part in text.split(",") if part)


def _code_hash(code: str) -> str:
    return hashlib.sha256(b"dalgubeol/invitation\0" + code.encode()).hexdigest()


def _joined(ours: bytes, theirs: bytes) -> bytes:
    return HKDF(SHA256(), 32, theirs, b"dalgubeol/session/v1").derive(ours)


def _password_key(password: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(_normal(password))


def _normal(password: str) -> bytes:
    """The same bytes however a keyboard composes Hangul (RFC 8265: NFC); any text has some, so no error
    quotes it."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")


def _sealed(key: Ed25519PrivateKey, password: str, person: str) -> bytes:
    salt, nonce = os.urandom(16), os.urandom(12)
    cipher = AESGCM(_password_key(password, salt))
    return salt + nonce + cipher.encrypt(nonce, key.private_bytes_raw(), person.encode())


def _unsealed(sealed: bytes, password: str, person: str) -> Ed25519PrivateKey:
    cipher = AESGCM(_password_key(password, sealed[:16]))
    try:
        plain = cipher.decrypt(sealed[16:28], sealed[28:], person.encode())
    except (InvalidTag, ValueError):  # the password was right: it is the stored key that is wrong
        raise _changed() from None
    return Ed25519PrivateKey.from_private_bytes(plain)


def _password_hash() -> PasswordHash:
    from pwdlib import PasswordHash

    return PasswordHash.recommended()


@cache
def _password_of_nobody() -> str:
    """A hash to check against when the login is unknown, so that both answers take the same time."""
    return str(_password_hash().hash(secrets.token_hex()))
