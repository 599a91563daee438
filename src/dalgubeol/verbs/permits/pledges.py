"""The pledge that each person under a Permit of the zone signs before her first Run. The text: `methods.pledge`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Conflict, Invalid, Missing, Reason, Refused, Tampered
from ...kinds import kind as kind_named
from ...kinds.contract import Port
from ...language import say
from ...methods.pledge import PledgeText, newest, pledge
from ...nouns.permit import Permit, PermitState, Pledge
from ...nouns.record import Event, Record, Retention
from ...rules.duties import duty_of_kinds
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import datasets, outbox, permits
from ..house.clock import ZONE, now
from ..house.house import House
from ..house.transition import record, signer_key
from .duties import Past

LANGUAGES = ("ko", "en")


def in_the_zone(kinds: Iterable[str]) -> bool:
    """Whether any of these kinds lets somebody's own code at data."""
    return any(Port.SANDBOX in kind_named(kind).ports for kind in kinds)


def edition_for(kinds: Iterable[str]) -> str:
    """The edition to be signed by who works with these kinds from today on; empty where none is needed."""
    return newest(datetime.now(ZONE).date()) if in_the_zone(kinds) else ""


def text_of(house: House, permit_id: str) -> PledgeText:
    """What is signed under this Permit. Raises Missing where nothing is."""
    with house.database.reading() as connection:
        permit = permits.find(connection, permit_id)
    if permit.application is None or not permit.application.pledge:
        raise Missing(
            "pledge.none",
            say("No pledge goes with Permit {permit}.", permit=permit_id),
            say("Only kinds that run your own code need one; run what the Permit allows."),
        )
    return pledge(permit.application.pledge)


def sign(house: House, who: SignedIn, permit_id: str, language: str) -> Permit:
    """Sign the pledge as it reads in one language. Raises Missing (no such Permit, or none of yours), Conflict
    (signed already, or the Permit is over), Invalid (language), Refused for who has had another duty with this data
    since she was named (recorded)."""
    text = text_of(house, permit_id)
    refused: list[tuple[Reason, ...]] = []
    if language not in LANGUAGES:
        raise Invalid.field("language", expected=", ".join(LANGUAGES), got=language)

    def put(connection: Connection) -> Permit:
        permit = permits.find(connection, permit_id)
        if who.actor.id not in permit.users:
            raise Missing("permit.missing", say("There is no Permit '{permit}' here.", permit=permit_id), say("The pledge is signed by those whom the Permit names."))  # fmt: skip
        if permit.state not in (PermitState.REQUESTED, PermitState.GRANTED) or now() >= permit.valid_until:
            raise Conflict("permit.over", say("Permit {permit} is over.", permit=permit_id), say("Ask for a new one, if it is still needed."))  # fmt: skip
        if not permit.unsigned(who.actor.id):
            raise Conflict("pledge.signed", say("You have signed this pledge already."), say("Nothing is left to do."))  # fmt: skip
        if reasons := _reasons_of_past(connection, who, permit):
            refused.append(reasons)
            return permit
        put_down(connection, who, permit, text, language)
        return permits.find(connection, permit_id)

    permit = house.write(put)
    if refused:
        raise Refused("pledge.refused", say("You may not work under this Permit."), say("Nothing is left for you to do; whoever holds the Permit works without you."), refused[0])  # fmt: skip
    return permit


def _reasons_of_past(connection: Connection, who: SignedIn, permit: Permit) -> tuple[Reason, ...]:
    """The other duties of who is about to pledge herself; a refusal is put on record."""
    named = [datasets.find(connection, each) for each in permit.datasets]
    reasons = Past(connection, who.actor).reasons_against(duty_of_kinds(permit.kinds), named)
    if reasons:
        payload = {"reasons": [each.code for each in reasons], "permit": permit.id}
        record(connection, Record(Event.REFUSED, fresh_id("refused"), now(), who.actor.id, permit.id, payload, Retention.ACCESS, permit.datasets, (permit.id,)))  # fmt: skip
    return reasons


def put_down(connection: Connection, who: SignedIn, permit: Permit, text: PledgeText, language: str) -> None:
    """The pledge itself with its Record, in the caller's transaction."""
    at, digest = now(), text.digest(language)
    signature = who.sign(permit.pledge_statement(who.actor.id, language, digest, at))
    permits.pledge(connection, permit.id, Pledge(who.actor.id, text.edition, language, at, signature))
    payload = {"edition": text.edition, "language": language, "text": digest, "signature": signature}
    key = f"pledged/{permit.id}/{who.actor.id}"
    record(
        connection,
        Record(
            Event.PLEDGED, key, at, who.actor.id, permit.id, payload, Retention.PERMANENT, permits=(permit.id,)
        ),
    )  # fmt: skip


def check(house: House, connection: Connection, permit: Permit, person: str) -> None:
    """Raises Tampered where a pledge that counts was not signed by whom it names, or the history knows nothing of it."""
    if permit.application is None or not permit.application.pledge:
        return
    signed = next((each for each in permit.pledges if each.person == person), None)
    if signed is not None and outbox.record_of(connection, f"pledged/{permit.id}/{person}") is not None:
        digest = pledge(signed.edition).digest(signed.language)
        statement = permit.pledge_statement(person, signed.language, digest, signed.signed_at)
        key = signer_key(connection, house.log, person)
        if signed.edition == permit.application.pledge and identity.signature_holds(key, statement, signed.signature):  # fmt: skip
            return
    raise Tampered(
        "pledge.signature",
        say("A pledge under Permit {permit} was not signed by the person it names.", permit=permit.id),
        say("Nothing was run. Tell the operator: the site's database was changed from outside."),
    )
