"""Signing in at an OpenID Connect provider that the site's settings name.

Who comes back from there is let in only if they are linked to an account here, and a link is believed because
a Record with its proof says so. Such a session cannot sign: a person's key lies under their own password
(`entry.unlock_session`). Whoever is not linked yet gives their password once (`link`), or redeems an invitation
(`join`). Somebody with a second factor is asked for it here too (`with_code`).

For the doors: what `begin` and `complete` give to hold goes into a short-lived cookie (HttpOnly, SameSite=Lax:
the browser brings it along when it comes back from another site), which is dropped once it was used; the page
on which somebody links says whose sign-in they are about to link, and to what.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from ...digest import canonical
from ...errors import Missing, Refused
from ...language import say
from ...nouns.record import Event, Record, Retention
from ...rules.access import local_path
from ...settings import secret
from ...world import identity
from ...world.identity import Person, SignedIn, oidc, subjects
from ...world.identity.oidc import Challenge, Client, Subject
from ...world.identity.subjects import Link
from ...world.store import outbox
from ..house import notify
from ..house.clock import later, now
from ..house.house import House
from ..house.standing import check_history
from ..house.transition import proven, record
from . import people, tries
from .entry import SESSION_S, came_in

HELD_S = 600
"""How long a sign-in may take elsewhere, and how long one may take to link it."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody came back. Exactly one of: a session; or `pending`, to be held for what is asked next."""

    return_to: str
    person: Person | None = None
    held: bytes | None = field(default=None, repr=False)
    pending: bytes | None = field(default=None, repr=False)
    code_needed: bool = False
    """They are linked, and their second factor is asked for (`with_code`); otherwise: link or join."""


def provider(house: House) -> str | None:
    """The issuer where people may sign in; None where the settings name none."""
    settings = house.settings.served().oidc
    return None if settings is None else settings.issuer


def begin(house: House, return_to: str, redirect_uri: str) -> tuple[str, bytes]:
    """Where to send the browser, and what it must bring back. `return_to` is a path of this site, or ignored.
    Raises Missing (not configured), Unavailable (the provider)."""
    client, challenge = _client(house), Challenge.fresh()
    content = {
        "state": challenge.state, "nonce": challenge.nonce, "verifier": challenge.verifier,
        "return_to": local_path(return_to), "redirect_uri": redirect_uri,
    }  # fmt: skip
    return oidc.authorization_url(client, challenge, redirect_uri), _sealed(house, "begun", content)


def complete(house: House, begun: bytes, query: Mapping[str, str], *, door: str = "portal") -> Arrived:
    """Take up what the browser brought back. Raises Refused (forged, too late, declined), Unavailable."""
    content = _opened(house, "begun", begun)
    challenge = Challenge(content["state"], content["nonce"], content["verifier"])
    subject = oidc.arrived(_client(house), challenge, content["redirect_uri"], query, tries.instant_s())
    return_to = local_path(content["return_to"])
    with house.database.reading() as connection:
        person = _person_of(house, connection, subject)
        asked = person is not None and tries.has_factor(house, connection, person.id)
    if person is None or asked:
        return Arrived(return_to, pending=_pending(house, subject), code_needed=asked)
    held = house.write(lambda connection: _session(house, connection, subject, door))
    return Arrived(return_to, person, held)


def with_code(house: House, pending: bytes, code: str, *, door: str = "portal") -> tuple[Person, bytes]:
    """The session of somebody whose second factor was asked for. Raises Refused as `entry.enter` does."""
    subject = _subject(house, pending)
    with house.database.reading() as connection:
        person = _person_of(house, connection, subject)
    if person is None:
        raise _not_begun()
    held = tries.with_code(house, person, code, lambda connection: _session(house, connection, subject, door))
    return person, held


def link(
    house: House, pending: bytes, login: str, password: str, code: str = "", *, door: str = "portal"
) -> tuple[Person, bytes]:
    """Link who signed in elsewhere to the account whose password they give; the session can sign. Raises Refused
    as `entry.enter` does, Conflict where the sign-in is somebody's already."""
    subject = _subject(house, pending)
    tried = tries.unlocked(house, login, password, "web")
    person = tried.who.person

    def make(connection: Connection) -> bytes:
        check_history(house, connection, person)
        made = Link(subject, person.id, now())
        subjects.link(connection, made)
        record(connection, _told(house, Event.LINKED, made, person.id))
        notify.account_changed(connection, person.id, "linked")
        came_in(connection, person)
        return identity.begin_session(connection, person, tried.who.key, now(), later(SESSION_S), door)

    return person, tries.settled(house, tried, code, make)


def join(
    house: House, pending: bytes, invitation: str, password: str, *, door: str = "portal"
) -> tuple[Person, bytes]:
    """Redeem an invitation and link the new account. The password is for signing. Raises Refused, Invalid."""
    _subject(house, pending)
    person = people.join(house, invitation, password)
    return link(house, pending, person.login, password, door=door)


def links(house: House, who: SignedIn) -> tuple[Link, ...]:
    """Where this person may sign in besides."""
    with house.database.reading() as connection:
        return subjects.links_of(connection, who.person.id)


def unlink(house: House, who: SignedIn, issuer: str) -> None:
    """End one's own links with a provider. Raises Missing where there is none."""

    def end(connection: Connection) -> None:
        mine = [each for each in subjects.links_of(connection, who.person.id) if each.subject.issuer == issuer]  # fmt: skip
        if not mine:
            raise Missing("oidc.unlinked", say("You have no link with that provider."), say("Nothing needs to be done."))  # fmt: skip
        for each in mine:
            subjects.unlink(connection, each)
            record(connection, _told(house, Event.UNLINKED, each, who.person.id))

    house.write(end)


def _client(house: House) -> Client:
    settings = house.settings.served().oidc
    if settings is None:
        raise Missing(
            "oidc.missing",
            say("This site has no sign-in provider."),
            say("Sign in with your password; the operator may add one under [oidc] in settings.toml."),
        )
    path = settings.client_secret_file
    return Client(settings.issuer, settings.client_id, None if path is None else secret(path))


def _person_of(house: House, connection: Connection, subject: Subject) -> Person | None:
    """Whose sign-in this is. Raises Refused where their account is closed, Tampered where the account is not
    what the history says. A link that the history does not hold, or holds as ended, is none."""
    found = subjects.linked(connection, subject)
    if found is None:
        return None
    tag = _tag(house, found)
    told = proven(connection, house.log, _key(Event.LINKED, tag, found), Event.LINKED, found.person)
    ended = outbox.record_of(connection, _key(Event.UNLINKED, tag, found)) is not None
    if told is None or told[1]["tag"] != tag or ended:
        return None
    person = identity.find(connection, found.person)
    check_history(house, connection, person)
    if person.ended_at is not None:
        raise identity.nobody(say("This account is closed."))
    return person


def _session(house: House, connection: Connection, subject: Subject, door: str) -> bytes:
    person = _person_of(house, connection, subject)
    if person is None:
        raise _not_begun()
    came_in(connection, person)
    return identity.begin_session(connection, person, None, now(), later(SESSION_S), door)


def _told(house: House, event: Event, made: Link, by: str) -> Record:
    """Permanent: later sign-ins rest on it. Who somebody is elsewhere is in it under a key only."""
    tag = _tag(house, made)
    payload = {"issuer": made.subject.issuer, "tag": tag}
    return Record(event, _key(event, tag, made), now(), by, made.person, payload, Retention.PERMANENT)


def _tag(house: House, made: Link) -> str:
    named = canonical([made.subject.issuer, made.subject.subject, made.person])
    return hmac.new(house.keyring.working_key("oidc/subjects"), named, hashlib.sha256).hexdigest()


def _key(event: Event, tag: str, made: Link) -> str:
    return f"{event.value}/{tag[:32]}/{made.linked_at}"


def _pending(house: House, subject: Subject) -> bytes:
    return _sealed(house, "pending", {"issuer": subject.issuer, "subject": subject.subject})


def _subject(house: House, pending: bytes) -> Subject:
    content = _opened(house, "pending", pending)
    return Subject(content["issuer"], content["subject"])


def _sealed(house: House, purpose: str, content: Mapping[str, str]) -> bytes:
    """What a browser holds for us: it can neither read nor change it. Fit for a cookie."""
    nonce, plain = os.urandom(12), canonical({**content, "until": later(HELD_S)})
    return base64.urlsafe_b64encode(nonce + _cipher(house, purpose).encrypt(nonce, plain, purpose.encode()))


def _opened(house: House, purpose: str, held: bytes) -> dict[str, Any]:
    try:
        raw = base64.b64decode(held, altchars=b"-_", validate=True)
        content: dict[str, Any] = json.loads(
            _cipher(house, purpose).decrypt(raw[:12], raw[12:], purpose.encode())
        )
    except (InvalidTag, ValueError):
        raise _not_begun() from None
    if content["until"] <= now():
        raise _not_begun()
    return content


def _cipher(house: House, purpose: str) -> AESGCM:
    return AESGCM(house.keyring.working_key(f"oidc/{purpose}"))


def _not_begun() -> Refused:
    return Refused(
        "oidc.begun",
        say("This sign-in was not begun here, or too long ago."),
        say("Begin it anew from this site's sign-in page."),
    )
