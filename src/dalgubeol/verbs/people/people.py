"""Who there is: inviting and joining, changing roles, closing accounts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Conflict, Invalid, Missing, Reason, Refused
from ...language import say
from ...nouns.permit import Role
from ...nouns.record import Event, Record, Retention
from ...rules.access import reasons_not_to_change
from ...world import identity
from ...world.identity import Person, SignedIn, accounts, invitations, sessions
from ...world.identity.invitations import Invitation
from ...world.store.paging import Page, cursor, place
from ..house import notify
from ..house.clock import later, now
from ..house.house import House, enrolment
from ..house.standing import change_key, changes_of, statement
from ..house.transition import record
from .entry import session_file, sign_in, sign_out, signed_in

__all__ = ["invite", "join", "listed", "session_file", "sign_in", "sign_out", "signed_in"]

INVITATION_S = 7 * 24 * 3600


def invite(
    house: House, who: SignedIn, *, login: str, name: str, organisation: str, roles: Iterable[str]
) -> str:
    """A one-time code for a new person. Raises Refused unless an operator asks, Invalid for an unknown role."""
    _check_operator(who)
    known = _known(roles)
    if not login.strip() or not organisation.strip():
        raise Invalid.field(
            "invitation", expected="a login, an organisation and at least one role", got="less"
        )
    _check_words(login, name, organisation)
    wished = Invitation(login, name, organisation, known, who.actor.id, later(INVITATION_S))
    return house.write(lambda connection: invitations.invite(connection, _key(house), wished))


def invited(house: House, who: SignedIn) -> tuple[Invitation, ...]:
    """Whom operators have invited, and who has not joined yet. Raises Refused unless an operator asks."""
    _check_operator(who)
    with house.database.reading() as connection:
        return invitations.open_invitations(connection, now())


def uninvite(house: House, who: SignedIn, login: str) -> int:
    """Take invitations back; how many. Raises Refused unless an operator asks, Missing where there is none."""
    _check_operator(who)
    taken = house.write(lambda connection: invitations.take_back(connection, login, now()))
    if not taken:
        raise Missing("invitation.missing", say("There is no open invitation for '{login}'.", login=login), say("`dalgu person invitations` shows those that there are."))  # fmt: skip
    return taken


def join(house: House, code: str, password: str) -> Person:
    """Redeem an invitation with a password of one's own; the signing key is made here. Raises Refused (code),
    Invalid (password), Conflict (the login was taken meanwhile)."""
    with house.database.reading() as connection:
        promised = invitations.invited(connection, _key(house), code, now())
    credentials = identity.Credentials.fresh(password)  # takes long on purpose: outside the transaction

    def redeem(connection: Connection) -> Person:
        invitations.redeem(connection, promised, now())
        person = identity.enrol(
            connection, login=promised.login, name=promised.name, organisation=promised.organisation,
            roles=promised.roles, credentials=credentials, now=now(),
        )  # fmt: skip
        record(connection, enrolment(person, promised.invited_by))
        return person

    return house.write(redeem)


def change_roles(house: House, who: SignedIn, person: str, roles: Iterable[str]) -> Person:
    """Give somebody other roles, with the operator's signature; sessions and tokens of theirs have them from the
    next request on. Raises Refused with every reason (recorded), Invalid, Missing, Conflict."""
    wished = _known(roles)

    def change(connection: Connection, them: Person) -> None:
        if them.roles == wished:
            raise Conflict("person.roles", say("{login} has these roles already.", login=them.login), say("Nothing needs to be done."))  # fmt: skip
        said = {"roles": sorted(role.value for role in wished)}
        _record_change(connection, who, them, Event.ROLES_CHANGED, said)
        accounts.change_roles(connection, them.id, wished)
        notify.account_changed(connection, them.id, "roles")

    return _changed(house, who, person, change, keeps=Role.OPERATOR in wished)


def close(house: House, who: SignedIn, person: str) -> Person:
    """Close an account, with the operator's signature: sessions and tokens end, nobody comes in with it any
    more, and what it did stays history. Raises Refused with every reason (recorded), Missing, Conflict."""

    def end(connection: Connection, them: Person) -> None:
        _record_change(connection, who, them, Event.ACCOUNT_CLOSED, {})
        accounts.close(connection, them.id, now())
        sessions.end_sessions_of(connection, them.id)
        sessions.end_tokens_of(connection, them.id, now())

    return _changed(house, who, person, end, keeps=False)


def _changed(
    house: House, who: SignedIn, person: str, change: Callable[[Connection, Person], None], keeps: bool
) -> Person:
    refused: list[tuple[Reason, ...]] = []

    def work(connection: Connection) -> Person:
        them = identity.find(connection, person)
        operators = accounts.operators(connection)
        acting = who.actor if who.actor.id in operators else replace(who.actor, roles=frozenset())
        reasons = reasons_not_to_change(acting, them.id, them.roles, keeps, bool(operators - {them.id}))
        if reasons:
            refused.append(reasons)
            payload = {"reasons": [reason.code for reason in reasons]}
            key = fresh_id("refused")
            record(connection, Record(Event.REFUSED, key, now(), who.actor.id, them.id, payload, Retention.ACCESS))  # fmt: skip
            return them
        if them.ended_at is not None:
            raise Conflict("person.closed", say("The account {login} is closed.", login=them.login), say("Invite them under a new login, if they come back."))  # fmt: skip
        change(connection, them)
        return identity.find(connection, them.id)

    them = house.write(work)
    if refused:
        raise Refused("person.refused", say("This account may not be changed so."), say("Ask another operator."), refused[0])  # fmt: skip
    return them


def _record_change(
    connection: Connection, who: SignedIn, them: Person, event: Event, said: Mapping[str, Any]
) -> None:
    number, at = changes_of(connection, them.id)[0] + 1, now()
    signed = {**said, "number": number, "by": who.actor.id, "changed_at": at}
    payload = {**signed, "signature": who.sign(statement(event, them.id, signed))}
    record(
        connection,
        Record(event, change_key(them.id, number), at, who.actor.id, them.id, payload, Retention.PERMANENT),
    )


def _known(roles: Iterable[str]) -> frozenset[Role]:
    try:
        known = frozenset(Role(role) for role in roles)
    except ValueError:
        raise Invalid.field("role", expected=", ".join(Role), got="another word") from None
    if not known:
        raise Invalid.field("role", expected=say("at least one role"), got="none")
    return known


def _check_operator(who: SignedIn) -> None:
    if Role.OPERATOR not in who.actor.roles:
        reason = Reason("invite.role", say("Only an operator invites people."))
        raise Refused("invite.refused", say("This is refused."), say("Ask an operator."), (reason,))


def _check_words(login: str, name: str, organisation: str) -> None:
    """Raises Invalid. People tell each other apart by these words, so none may look like another: no control
    characters, no space around them, and a login in no other form of the same letters (Unicode NFKC)."""
    given = {"login": (login, 100), "name": (name, 200), "organisation": (organisation, 200)}
    for which, (text, longest) in given.items():
        if not text.isprintable() or text != text.strip() or len(text) > longest:
            raise Invalid.field(which, expected=say("one line of at most {most} characters, without spaces around it", most=longest), got=say("something else"))  # fmt: skip
    if unicodedata.normalize("NFKC", login) != login:
        raise Invalid.field("login", expected=say("letters in their usual form (Unicode NFKC)"), got=say("other forms of them"))  # fmt: skip


def _key(house: House) -> bytes:
    return house.keyring.working_key("invitations")


def page(house: House, after: str = "", limit: int = 100) -> Page[Person]:
    """A page of them, in the order in which they joined. Raises Invalid (cursor)."""
    last = place(after, str)[0] if after else ""
    with house.database.reading() as connection:
        found = identity.listed(connection, last, limit + 1)
    return Page(found[:limit], cursor(found[limit - 1].id) if len(found) > limit else None)


def one(house: House, who: SignedIn, person: str) -> Person:
    """One account, for an operator. Raises Refused for others, Missing."""
    _check_operator(who)
    with house.database.reading() as connection:
        return identity.find(connection, person)


def listed(house: House) -> tuple[Person, ...]:
    with house.database.reading() as connection:
        return identity.listed(connection)
