"""Inviting, joining, signing in and out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection

from ..digest import fresh_id
from ..errors import Invalid, Reason, Refused, Tampered
from ..language import say
from ..nouns.permit import Role
from ..nouns.record import Event, Record, Retention
from ..world import identity
from ..world.identity import Person, SignedIn
from ..world.store.files import write_whole
from .clock import later, now
from .house import House, enrolment, session_file
from .transition import enrolled_as, record

SESSION_S = 8 * 3600
INVITATION_S = 7 * 24 * 3600


def invite(
    house: House, who: SignedIn, *, login: str, name: str, organisation: str, roles: Iterable[str]
) -> str:
    """A one-time code for a new person. Raises Refused unless an operator asks, Invalid for an unknown role."""
    if Role.OPERATOR not in who.actor.roles:
        reason = Reason("invite.role", say("Only an operator invites people."))
        raise Refused("invite.refused", say("This is refused."), say("Ask an operator."), (reason,))
    try:
        known = frozenset(Role(role) for role in roles)
    except ValueError:
        raise Invalid.field("role", expected=", ".join(Role), got="another word") from None
    if not known or not login.strip() or not organisation.strip():
        raise Invalid.field(
            "invitation", expected="a login, an organisation and at least one role", got="less"
        )

    def ask(connection: Connection) -> str:
        return identity.invite(
            connection, login=login, name=name, organisation=organisation, roles=known,
            invited_by=who.actor.id, expires_at=later(INVITATION_S),
        )  # fmt: skip

    return house.write(ask)


def join(house: House, code: str, password: str) -> Person:
    """Redeem an invitation with a password of one's own; the signing key is made here."""

    def redeem(connection: Connection) -> Person:
        person, invited_by = identity.join(connection, code, password, now())
        record(connection, enrolment(person, invited_by))
        return person

    return house.write(redeem)


def sign_in(house: House, login: str, password: str) -> Person:
    """Begin a session of eight hours in the session file. Raises Refused."""

    with house.database.reading() as connection:
        who = identity.unlock(connection, login, password)
    person = who.person

    def begin(connection: Connection) -> bytes:
        key = f"signed-in/{person.id}/{fresh_id('s')}"
        record(connection, Record(Event.SIGNED_IN, key, now(), person.id, person.id, {}, Retention.ACCESS))
        return identity.begin_session(connection, who, now(), later(SESSION_S))

    content = house.write(begin)
    path = session_file(house)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return person


def sign_out(house: House) -> None:
    path = session_file(house)
    house.write(lambda connection: identity.sign_out(connection, path))


def signed_in(house: House, path: Path | None = None) -> SignedIn:
    """Who is signed in here. Raises Refused with the next step where nobody is."""
    with house.database.reading() as connection:
        who = identity.signed_in(connection, path or session_file(house), now())
        enrolled = enrolled_as(connection, house.log, who.person.id)
    person = who.person
    stored = (person.public_key, person.organisation, sorted(role.value for role in person.roles))
    if stored != (enrolled["public_key"], enrolled["organisation"], enrolled["roles"]):
        raise Tampered(
            "person.changed",
            say(
                "Your account is not what you were enrolled with: its key, organisation or roles were changed."
            ),
            say("Nothing was done. Tell the operator: the site's database was changed from outside."),
        )
    return who


def listed(house: House) -> tuple[Person, ...]:
    with house.database.reading() as connection:
        return identity.listed(connection)
