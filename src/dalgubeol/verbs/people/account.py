"""One's own account: the password and the second factor. (Sessions and tokens: `entry`.)"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ...errors import Missing, Reason, Refused
from ...language import say
from ...nouns.permit import Role
from ...nouns.record import Event, Record, Retention
from ...world import identity
from ...world.identity import SignedIn, factors
from ...world.identity import sessions as stored
from ..house import notify
from ..house.clock import now
from ..house.house import House
from ..house.transition import record
from . import tries


@dataclass(frozen=True, slots=True)
class FactorBegun:
    """What a phone must learn once."""

    secret: str = field(repr=False)
    """Base32, for typing."""
    url: str = field(repr=False)
    """`otpauth://totp/...`"""
    qr_svg: str = field(repr=False)
    """The same as a picture: black on white, inline SVG."""


def factor(house: House, who: SignedIn) -> factors.Factor | None:
    """This person's second factor; None where none is in use."""
    with house.database.reading() as connection:
        return factors.find_factor(connection, who.person.id)


def begin_factor(house: House, who: SignedIn, password: str) -> FactorBegun:
    """Make a secret for a phone; it counts once `confirm_factor` was given a code. Raises Refused (password),
    Conflict (there is one in use)."""
    check_in_person(who)
    person = who.person
    with house.database.reading() as connection:
        factors.check_none(connection, person.id)
    tried = tries.unlocked(house, person.login, password, "again")

    def begin(connection: Connection) -> str:
        return factors.begin_factor(connection, person.id, tries.factor_key(house, person.id))

    return _shown(tries.settled(house, tried, "", begin), f"{person.login}@{house.folder.absolute().name}")


def confirm_factor(house: House, who: SignedIn, code: str) -> tuple[str, ...]:
    """Put it in use. Returns ten recovery codes, which nobody can read again. Raises Refused (wrong code),
    Missing (none was begun), Conflict (it is in use)."""
    check_in_person(who)
    person = who.person.id

    def confirm(connection: Connection) -> tuple[str, ...]:
        key = tries.factor_key(house, person)
        codes = factors.confirm_factor(connection, person, key, code, tries.instant_s(), now())
        if not codes:
            raise Refused(
                "factor.wrong",
                say("This is not the code."),
                say("See that the phone's clock is right, and give the code that it shows now."),
            )
        record(connection, _told(Event.FACTOR_SET, person, person))
        notify.account_changed(connection, person, "factor-set")
        return codes

    return house.write(confirm)


def end_factor(house: House, who: SignedIn, password: str, code: str) -> None:
    """Do without from now on. Raises Refused (password, code), Missing (there is none)."""
    check_in_person(who)
    tried = tries.unlocked(house, who.person.login, password, "again")
    tries.settled(house, tried, code, lambda connection: _end(connection, who.person.id, who.person.id))


def take_off_factor(house: House, who: SignedIn, person: str) -> None:
    """An operator helps somebody who lost the phone and the recovery codes; their sessions end. Raises Refused,
    Missing."""
    if Role.OPERATOR not in who.actor.roles:
        reason = Reason("factor.role", say("Only an operator takes off a second factor."))
        raise Refused("factor.refused", say("This is refused."), say("Ask an operator."), (reason,))

    def take_off(connection: Connection) -> None:
        them = identity.find(connection, person)
        if them.id == who.person.id:
            reason = Reason(
                "factor.own", say("Nobody takes off their own: that needs the password and a code.")
            )
            raise Refused("factor.refused", say("This is refused."), say("Ask another operator."), (reason,))
        _end(connection, them.id, who.person.id)
        stored.end_sessions_of(connection, them.id)

    house.write(take_off)


def change_password(house: House, who: SignedIn, password: str, new: str, code: str = "") -> int:
    """Another password for the same key. All other sessions end, and the tokens that can sign; returns how many.
    Raises Refused (the old password, the code), Invalid (the new one)."""
    check_in_person(who)
    identity.check_password(new)
    tried = tries.unlocked(house, who.person.login, password, "again")
    changed = identity.sealed_anew(tried.who, new)  # takes long on purpose: outside the transaction

    def change(connection: Connection) -> int:
        identity.change_password(connection, changed)
        notify.account_changed(connection, who.person.id, "password")
        ended = stored.end_sessions_of(connection, who.person.id, who.session)
        return ended + stored.end_signing_tokens_of(connection, who.person.id, now())

    return tries.settled(house, tried, code, change)


def _end(connection: Connection, person: str, by: str) -> None:
    if not factors.end_factor(connection, person):
        raise Missing("factor.missing", say("There is no second factor in use."), say("Nothing needs to be done."))  # fmt: skip
    record(connection, _told(Event.FACTOR_ENDED, by, person))
    notify.account_changed(connection, person, "factor-ended", by_other=by != person)


def check_in_person(who: SignedIn) -> None:
    """Raises Refused where a token speaks."""
    if who.is_token:
        raise Refused(
            "account.token",
            say("A token cannot change the account that it belongs to."),
            say("Sign in and do it yourself."),
        )


def _shown(secret: str, account: str) -> FactorBegun:
    import pyotp
    import segno

    url = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Dalgubeol")
    picture = io.BytesIO()
    segno.make(url, error="m").save(picture, kind="svg", scale=4, border=4, xmldecl=False, light="#fff")
    return FactorBegun(secret, url, picture.getvalue().decode())


def _told(event: Event, by: str, person: str) -> Record:
    return Record(event, tries.factor_record_key(person), now(), by, person, {}, Retention.ACCESS)
