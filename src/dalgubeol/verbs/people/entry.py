"""Coming in and going out: sessions of people at any door, tokens of programs.

What is held outside (a session file, a cookie) is the same bytes at every door; see `world.identity.sessions`.
Whoever comes in is compared with the signed history: a person's key, organisation and roles are believed
because a Record with its proof says so, not because the table of people does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Invalid, Missing, Refused
from ...language import say
from ...nouns.permit import Scope
from ...nouns.record import Event, Record, Retention
from ...rules.access import factor_is_lacking, reasons_outside_scope
from ...settings import user_state_folder
from ...world import identity
from ...world.identity import Person, SignedIn
from ...world.identity import sessions as stored
from ...world.store.files import write_whole
from ..house import notify
from ..house.clock import earlier, later, now
from ..house.house import House
from ..house.standing import check_history
from ..house.transition import record
from . import tries

SESSION_S = 8 * 3600
LONGEST_TOKEN_DAYS = 366
SEEN_EVERY_S = 60
"""That a session or token is in use is written down no more often than this."""


def enter(house: House, login: str, password: str, *, door: str, code: str = "") -> tuple[Person, bytes]:
    """Begin a session of eight hours. Returns the person and what they hold.

    `code` is that of the second factor. Raises Refused: `login.wrong`, `login.locked` (too many tries),
    `login.code_needed` (the password was right, a code is asked for and none was given), `login.code_wrong`.
    """
    tried = tries.unlocked(house, login, password, "terminal" if door == "terminal" else "web")
    person, key = tried.who.person, tried.who.key

    def begin(connection: Connection) -> bytes:
        came_in(connection, person)
        return identity.begin_session(connection, person, key, now(), later(SESSION_S), door)

    return person, tries.settled(house, tried, code, begin)


def came_in(connection: Connection, person: Person) -> None:
    """The Record of it, and a word to the person where their account is in use elsewhere."""
    notify.came_in(connection, person.id, len(stored.sessions_of(connection, person.id, now())))
    key = f"signed-in/{person.id}/{fresh_id('s')}"
    record(connection, Record(Event.SIGNED_IN, key, now(), person.id, person.id, {}, Retention.ACCESS))


def entered(
    house: House, held: bytes, idle_s: float | None = None, *, to_set_up_factor: bool = False
) -> SignedIn:
    """Who a session speaks for.

    Raises Refused where it has ended or lay unused for `idle_s`; `login.factor_needed` where the site wants a
    second factor of this person's role and they have none, unless they come `to_set_up_factor`; Tampered where
    the account is not what the history says.
    """
    with house.database.reading() as connection:
        since = "" if idle_s is None else earlier(idle_s)
        who = identity.signed_in(connection, held, now(), since)
        check_history(house, connection, who.person)
        if not to_set_up_factor:
            _check_factor(house, connection, who.person)
    if who.seen_at < earlier(SEEN_EVERY_S):
        house.write(lambda connection: stored.seen(connection, who.session, now()))
    return who


def alive(house: House, idle_s: float) -> frozenset[str]:
    """The ids of all sessions that are alive. Looking so is no sign of life: a page that shows what goes on by itself
    does not keep its session from ending."""
    with house.database.reading() as connection:
        return stored.alive(connection, now(), earlier(idle_s))


def unlock_session(house: House, held: bytes, password: str) -> bytes:
    """The same session able to sign: for who came in without their password (OpenID Connect). Returns what they
    hold from now on. Their second factor was asked for when they came in. Raises Refused as `enter` does."""
    who = entered(house, held, to_set_up_factor=True)
    tried = tries.unlocked(house, who.person.login, password, "again")

    def unlock(connection: Connection) -> bytes:
        tries.forgive(connection, tried)
        return stored.unlocked_session(connection, held, tried.who)

    return house.write(unlock)


def leave(house: House, held: bytes) -> None:
    """End a session. One that has ended already is no error."""
    with suppress(Refused):
        house.write(lambda connection: identity.end_session(connection, held))


def leave_everywhere(house: House, who: SignedIn, *, but_here: bool = False) -> int:
    """End all sessions of this person; how many."""
    kept = who.session if but_here else ""
    return house.write(lambda connection: stored.end_sessions_of(connection, who.person.id, kept))


def places(house: House, who: SignedIn) -> tuple[stored.Session, ...]:
    """Where this person is signed in."""
    with house.database.reading() as connection:
        return stored.sessions_of(connection, who.person.id, now())


def make_token(
    house: House, who: SignedIn, name: str, scopes: Iterable[Scope], days: int
) -> tuple[stored.Token, str]:
    """A token for programs, and its text, shown this once. Raises Invalid; Refused where a token would make
    another, or the scope `sign` is asked for without the key at hand."""
    wished = frozenset(scopes)
    if who.is_token:
        raise Refused(
            "token.token", say("A token cannot make another."), say("Sign in and make it yourself.")
        )
    if not name.strip() or len(name) > 100 or not wished:
        raise Invalid.field("token", expected=say("a name of at most 100 characters and at least one scope"), got=say("less"))  # fmt: skip
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise Invalid.field("days", expected=say("1 to {most}", most=LONGEST_TOKEN_DAYS), got=days)

    def make(connection: Connection) -> tuple[stored.Token, str]:
        token, text = stored.make_token(connection, who, name, wished, now(), later(days * 86400))
        payload = {"token": token.id, "scopes": sorted(wished), "expires_at": token.expires_at}
        record(
            connection,
            Record(Event.TOKEN_MADE, f"token-made/{token.id}", now(), token.person, token.person, payload, Retention.ACCESS),
        )  # fmt: skip
        notify.account_changed(connection, token.person, "token")
        return token, text

    return house.write(make)


def tokens(house: House, who: SignedIn) -> tuple[stored.Token, ...]:
    with house.database.reading() as connection:
        return stored.tokens_of(connection, who.person.id)


def end_token(house: House, who: SignedIn, token: str) -> None:
    """Raises Missing where this person has no such living token."""
    if not house.write(lambda connection: stored.end_token(connection, who.person.id, token, now())):
        raise Missing("token.missing", say("You have no living token '{token}'.", token=token), say("`dalgu token list` shows yours."))  # fmt: skip


def entered_by_token(house: House, text: str) -> SignedIn:
    """Who a token speaks for. Raises Refused, Tampered."""
    with house.database.reading() as connection:
        who = stored.by_token(connection, text, now())
        check_history(house, connection, who.person)
        _check_factor(house, connection, who.person)
    if who.seen_at < earlier(SEEN_EVERY_S):
        house.write(lambda connection: stored.token_used(connection, who.session, now()))
    return who


def require(who: SignedIn, needed: Scope) -> SignedIn:
    """Raises Refused where a token's scopes do not cover what is needed."""
    reasons = reasons_outside_scope(who.scopes, needed)
    if reasons:
        next_step = say("Make a token with that scope, or sign in yourself.")
        raise Refused("token.scope", say("This token may not be used for that."), next_step, reasons)
    return who


def sign_in(house: House, login: str, password: str, code: str = "") -> Person:
    """Begin a session in this user's session file. Raises Refused as `enter` does."""
    person, content = enter(house, login, password, door="terminal", code=code)
    path = session_file(house)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return person


def sign_out(house: House) -> None:
    path = session_file(house)
    if path.exists():
        leave(house, path.read_bytes())
        path.unlink()


def signed_in(house: House, path: Path | None = None, *, to_set_up_factor: bool = False) -> SignedIn:
    """Who is signed in here. Raises Refused with the next step where nobody is."""
    try:
        held = (path or session_file(house)).read_bytes()
    except FileNotFoundError:
        raise identity.nobody(say("Nobody is signed in.")) from None
    return entered(house, held, to_set_up_factor=to_set_up_factor)


def session_file(house: House) -> Path:
    """Where the session of this user on this site lies."""
    if house.settings.session is not None:
        return house.settings.session
    folder = user_state_folder() / "sessions"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{house.facts.id}-{os.getuid()}.json"


def _check_factor(house: House, connection: Connection, person: Person) -> None:
    if not person.roles & house.factor_for:
        return  # no look-up where the site does not ask for it
    has = tries.has_factor(house, connection, person.id)
    if factor_is_lacking(person.roles, house.factor_for, has):
        raise Refused(
            "login.factor_needed",
            say("Your role needs a second factor on this site, and you have none yet."),
            say("Set it up under 'My account', or with `dalgu account factor begin`."),
        )
