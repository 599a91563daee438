"""Inviting and joining, and who there is."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from ..errors import Invalid, Reason, Refused
from ..language import say
from ..nouns.permit import Role
from ..world import identity
from ..world.identity import Person, SignedIn
from ..world.store.paging import Page, cursor, place
from .clock import later, now
from .entry import session_file, sign_in, sign_out, signed_in
from .house import House, enrolment
from .transition import record

__all__ = ["invite", "join", "listed", "session_file", "sign_in", "sign_out", "signed_in"]

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


def page(house: House, after: str = "", limit: int = 100) -> Page[Person]:
    """A page of them, in the order in which they joined. Raises Invalid (cursor)."""
    last = place(after, str)[0] if after else ""
    with house.database.reading() as connection:
        found = identity.listed(connection, last, limit + 1)
    return Page(found[:limit], cursor(found[limit - 1].id) if len(found) > limit else None)


def listed(house: House) -> tuple[Person, ...]:
    with house.database.reading() as connection:
        return identity.listed(connection)
