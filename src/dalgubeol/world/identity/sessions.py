"""Who is signed in: sessions of people, tokens of programs.

The signing key of a session is encrypted under a secret of which one half is held outside (a session file, a
cookie, a token) and one in the database: neither alone can sign, and what ended in the database is dead
wherever the other half lies. A token without the scope `sign` holds no key at all.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, RowMapping, bindparam, select

from ...digest import canonical, fresh_id
from ...errors import Refused
from ...language import say
from ...nouns.permit import Actor, Scope
from .accounts import Person, Unlocked, find, nobody
from .schema import factors, people, sessions, tokens
from .signing import changed, opened_in_halves, sealed_in_halves

_NO_KEY = b"dalgubeol/no-key/"
TOKEN_MARK = "dgb"  # noqa: S105 - a word, not a secret
"""What every token begins with, so that it is known for one where it was left lying about."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person whose session or token is alive, able to sign where it holds their key."""

    person: Person
    _key: Ed25519PrivateKey | None
    session: str
    """Id of the session or token that speaks."""
    scopes: frozenset[Scope] = frozenset(Scope)
    seen_at: str = ""
    expires_at: str = ""

    @property
    def actor(self) -> Actor:
        return self.person.actor

    @property
    def is_token(self) -> bool:
        """A program speaks, not the person themselves."""
        return self.session.startswith("token-")

    @property
    def can_sign(self) -> bool:
        return self._key is not None

    def sign(self, statement: bytes) -> str:
        """Ed25519 signature, hex. Raises Refused where this session holds no key."""
        if self._key is None:
            raise Refused(
                "sign.locked",
                say("A decision bears your signature, and your key is locked in this session."),
                say("Unlock it with your password; a token needs the scope 'sign'."),
            )
        return self._key.sign(statement).hex()


def begin_session(
    connection: Connection, person: Person, key: Ed25519PrivateKey | None, now: str, expires_at: str, door: str
) -> bytes:  # fmt: skip
    """A new session; sessions that have ended go. Returns the half that is held outside."""
    connection.execute(sessions.delete().where(sessions.c.expires_at <= now))
    session, ours, theirs = fresh_id("session"), os.urandom(32), os.urandom(32)
    connection.execute(
        sessions.insert(),
        {
            "id": session, "person": person.id, "half": theirs, "expires_at": expires_at, "door": door,
            "begun_at": now, "seen_at": now,
        },
    )  # fmt: skip
    sealed = sealed_in_halves(
        _plain(key, person.id), ours, theirs, _bound_session(session, person.id, expires_at)
    )
    return canonical({"session": session, "half": ours.hex(), "key": sealed.hex(), "expires_at": expires_at})


def unlocked_session(connection: Connection, held: bytes, who: Unlocked) -> bytes:
    """The same session with the person's key in it: they have just given their password for it.
    Raises Refused where it has ended or is another person's."""
    session, ours, _ = _parts(held)
    mine = (sessions.c.id == session) & (sessions.c.person == who.person.id)
    row = connection.execute(select(sessions).where(mine)).mappings().first()
    if row is None:
        raise nobody(say("Your session has ended."))
    bound = _bound_session(session, who.person.id, row["expires_at"])
    sealed = sealed_in_halves(who.key.private_bytes_raw(), ours, row["half"], bound)
    return canonical(
        {"session": session, "half": ours.hex(), "key": sealed.hex(), "expires_at": row["expires_at"]}
    )


def signed_in(connection: Connection, held: bytes, now: str, idle_since: str = "") -> SignedIn:
    """Who a session's outer half speaks for. Raises Refused where it has ended, or was not used since
    `idle_since`."""
    session, ours, sealed = _parts(held)
    row = connection.execute(select(sessions).where(sessions.c.id == session)).mappings().first()
    if row is None or row["expires_at"] <= now or row["seen_at"] < idle_since:
        raise nobody(say("Your session has ended."))
    plain = opened_in_halves(
        sealed, ours, row["half"], _bound_session(session, row["person"], row["expires_at"])
    )
    if plain is None:
        raise nobody(say("The session file is damaged."))
    person = find(connection, row["person"])
    return SignedIn(
        person, _checked_key(plain, person), session, frozenset(Scope), row["seen_at"], row["expires_at"]
    )


def alive(connection: Connection, now: str, idle_since: str) -> frozenset[str]:
    """The ids of all sessions that have neither ended nor lain idle, of people whose account is open."""
    living = (sessions.c.expires_at > now) & (sessions.c.seen_at >= idle_since) & people.c.ended_at.is_(None)
    joined = sessions.join(people, people.c.id == sessions.c.person)
    return frozenset(connection.execute(select(sessions.c.id).select_from(joined).where(living)).scalars())


def seen(connection: Connection, session: str, now: str) -> None:
    connection.execute(sessions.update().where(sessions.c.id == session).values(seen_at=now))


def end_session(connection: Connection, held: bytes) -> None:
    session, ours, sealed = _parts(held)
    row = connection.execute(select(sessions).where(sessions.c.id == session)).mappings().first()
    if (
        row is not None
        and opened_in_halves(
            sealed, ours, row["half"], _bound_session(session, row["person"], row["expires_at"])
        )
        is not None
    ):
        connection.execute(sessions.delete().where(sessions.c.id == session))


def end_sessions_of(connection: Connection, person: str, but: str = "") -> int:
    """All of a person's sessions, but for one; how many."""
    theirs = (sessions.c.person == person) & (sessions.c.id != but)
    return connection.execute(sessions.delete().where(theirs)).rowcount


def drop_ended(connection: Connection, now: str) -> int:
    """Sessions whose time is over; how many."""
    return connection.execute(sessions.delete().where(sessions.c.expires_at <= now)).rowcount


def end_all_sessions(connection: Connection) -> int:
    """Everybody's: they sign in again."""
    return connection.execute(sessions.delete()).rowcount


@dataclass(frozen=True, slots=True)
class Session:
    """One place where somebody is signed in."""

    id: str
    door: str
    begun_at: str
    seen_at: str
    expires_at: str


def sessions_of(connection: Connection, person: str, now: str) -> tuple[Session, ...]:
    alive = (sessions.c.person == person) & (sessions.c.expires_at > now)
    rows = connection.execute(select(sessions).where(alive).order_by(sessions.c.id)).mappings()
    return tuple(Session(r["id"], r["door"], r["begun_at"], r["seen_at"], r["expires_at"]) for r in rows)


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; its secret is shown once, to who made it."""

    id: str
    person: str
    name: str
    scopes: frozenset[Scope]
    made_at: str
    expires_at: str
    used_at: str | None
    ended_at: str | None


def make_token(
    connection: Connection, who: SignedIn, name: str, scopes: frozenset[Scope], now: str, expires_at: str
) -> tuple[Token, str]:  # fmt: skip
    """A token for programs and its text, which nobody can read again. The scope `sign` puts the key in it;
    Refused where `who` holds none."""
    if Scope.SIGN in scopes:
        who.sign(b"")
    key = who._key if Scope.SIGN in scopes else None
    id_, ours, theirs = fresh_id("token"), os.urandom(32), os.urandom(32)
    token = Token(id_, who.person.id, name, scopes, now, expires_at, None, None)
    sealed = sealed_in_halves(_plain(key, token.person), ours, theirs, _bound(token))
    row = {
        "id": id_, "person": token.person, "name": name, "scopes": _scopes_text(scopes), "half": theirs,
        "sealed": sealed, "made_at": now, "expires_at": expires_at,
    }  # fmt: skip
    connection.execute(tokens.insert(), row)
    secret = base64.urlsafe_b64encode(ours).decode().rstrip("=")
    return token, f"{TOKEN_MARK}_{id_.removeprefix('token-')}_{secret}"


def by_token(connection: Connection, text: str, now: str) -> SignedIn:
    """Who a token speaks for, within its scopes. Raises Refused where it is wrong, has ended or expired."""
    id_, ours = _token_parts(text)
    row = connection.execute(select(tokens).where(tokens.c.id == id_)).mappings().first()
    token = None if row is None else _token(row)
    plain = None
    if row is not None and token is not None and token.ended_at is None and token.expires_at > now:
        plain = opened_in_halves(row["sealed"], ours, row["half"], _bound(token))
    if token is None or plain is None:
        raise _wrong_token()
    person = find(connection, token.person)
    key = _checked_key(plain, person)
    return SignedIn(person, key, token.id, token.scopes, token.used_at or "", token.expires_at)


TOKEN_STANDS = (
    select(
        tokens.c.ended_at, tokens.c.expires_at, tokens.c.scopes, people.c.login, people.c.name, people.c.organisation,
        people.c.roles, people.c.public_key, people.c.ended_at.label("closed_at"),
        select(factors.c.confirmed_at).where(factors.c.person == people.c.id).scalar_subquery().label("factor"),
    )
    .select_from(tokens.join(people, people.c.id == tokens.c.person))
    .where(tokens.c.id == bindparam("token"))
)  # fmt: skip
"""All that who a token speaks for rests on, but for the token's own secret and the history."""


def token_id(text: str) -> str:
    """The id in a token's text; what is no token has none. Says nothing of whether it is right."""
    mark, _, rest = text.partition("_")
    return f"token-{rest.partition('_')[0]}" if mark == TOKEN_MARK else ""


def token_used(connection: Connection, token: str, now: str) -> None:
    connection.execute(tokens.update().where(tokens.c.id == token).values(used_at=now))


def tokens_of(connection: Connection, person: str) -> tuple[Token, ...]:
    query = select(tokens).where(tokens.c.person == person).order_by(tokens.c.id.desc())
    return tuple(_token(row) for row in connection.execute(query).mappings())


def end_token(connection: Connection, person: str, token: str, now: str) -> bool:
    """False where that person has no such token, or it has ended."""
    alive = (tokens.c.id == token) & (tokens.c.person == person) & tokens.c.ended_at.is_(None)
    return connection.execute(tokens.update().where(alive).values(ended_at=now)).rowcount == 1


def end_tokens_of(connection: Connection, person: str, now: str) -> int:
    alive = (tokens.c.person == person) & tokens.c.ended_at.is_(None)
    return connection.execute(tokens.update().where(alive).values(ended_at=now)).rowcount


def end_signing_tokens_of(connection: Connection, person: str, now: str) -> int:
    """Those that hold the person's key; how many."""
    signing = [token.id for token in tokens_of(connection, person) if Scope.SIGN in token.scopes]
    alive = tokens.c.id.in_(signing) & tokens.c.ended_at.is_(None)
    return connection.execute(tokens.update().where(alive).values(ended_at=now)).rowcount


def _parts(held: bytes) -> tuple[str, bytes, bytes]:
    """Session, the outer half and the sealed key."""
    try:
        values = json.loads(held)
        return str(values["session"]), bytes.fromhex(values["half"]), bytes.fromhex(values["key"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise nobody(say("The session file is damaged.")) from None


def _token_parts(text: str) -> tuple[str, bytes]:
    mark, _, rest = text.partition("_")
    id_, _, secret = rest.partition("_")
    try:
        ours = base64.b64decode(secret + "=" * (-len(secret) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise _wrong_token() from None
    if mark != TOKEN_MARK or len(ours) != 32:
        raise _wrong_token()
    return f"token-{id_}", ours


def _bound_session(session: str, person: str, expires_at: str) -> str:
    """What cannot be changed in the database without the session ceasing to open."""
    return "|".join((session, person, expires_at))


def _bound(token: Token) -> str:
    """The same of a token."""
    return "|".join((token.id, token.person, _scopes_text(token.scopes), token.expires_at))


def _plain(key: Ed25519PrivateKey | None, person: str) -> bytes:
    return _NO_KEY + person.encode() if key is None else key.private_bytes_raw()


def _checked_key(plain: bytes, person: Person) -> Ed25519PrivateKey | None:
    if person.ended_at is not None:
        raise nobody(say("This account is closed."))
    if plain.startswith(_NO_KEY):
        if plain != _plain(None, person.id):
            raise changed()
        return None
    try:
        key = Ed25519PrivateKey.from_private_bytes(plain)
    except ValueError:
        raise nobody(say("The session file is damaged.")) from None
    if key.public_key().public_bytes_raw().hex() != person.public_key:
        raise changed()  # a session moved to another account in the database
    return key


def _token(row: RowMapping) -> Token:
    scopes = frozenset(Scope(part) for part in row["scopes"].split(",") if part)
    return Token(
        row["id"], row["person"], row["name"], scopes, row["made_at"], row["expires_at"], row["used_at"],
        row["ended_at"],
    )  # fmt: skip


def _scopes_text(scopes: Iterable[Scope]) -> str:
    return ",".join(sorted(scope.value for scope in scopes))


def _wrong_token() -> Refused:
    return Refused(
        "token.wrong",
        say("This token is not valid (any more)."),
        say("Make a new one under 'My account', or with `dalgu token make`."),
    )
