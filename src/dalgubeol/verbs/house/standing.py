"""Who somebody is here, as the signed history has it: their enrolment, then what operators changed, in order.

A change of roles and the closing of an account are Records that bear the operator's signature over what was
changed and its number in the row of changes; `prove` checks them in a bundle as it checks decisions. The table
of people is only a copy: where it says something else than the history, nothing is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from ...digest import canonical
from ...errors import Tampered
from ...language import say
from ...nouns.permit import Role
from ...nouns.record import Event
from ...world import identity
from ...world.identity import Person
from ...world.ledger.log import Log
from ...world.store import outbox
from .house import House
from .transition import enrolled_as, proven

CHANGES = (Event.ROLES_CHANGED, Event.ACCOUNT_CLOSED)


@dataclass(frozen=True, slots=True)
class Standing:
    public_key: str
    organisation: str
    roles: tuple[str, ...]
    closed: bool = False


def statement(event: Event, person: str, said: Mapping[str, Any]) -> bytes:
    """The exact bytes that an operator signs for a change; `said` is the Record's payload."""
    signed = {name: value for name, value in said.items() if name != "signature"}
    return f"dalgubeol/{event.value}/v1\0".encode() + canonical({"person": person, **signed})


def change_key(person: str, number: int) -> str:
    """The key of a person's change number 1, 2 ... : their order is that of their keys."""
    return f"standing/{person}/{number:06}"


def changes_of(connection: Connection, person: str) -> tuple[int, int]:
    """How many changes there are, and the number of the last one's Record (-1: none, or none integrated yet);
    one look-up."""
    key, record = outbox.last_of(connection, f"standing/{person}/")
    return (0, -1) if key is None else (int(key.rpartition("/")[2]), -1 if record is None else record)


def standing(connection: Connection, log: Log, person: str, before: int | None = None) -> Standing:
    """How somebody stands, or stood `before` a Record. Raises Tampered where the history does not prove it."""
    enrolled = enrolled_as(connection, log, person)
    found = Standing(enrolled["public_key"], enrolled["organisation"], tuple(enrolled["roles"]))
    for number in range(1, changes_of(connection, person)[0] + 1):
        record = outbox.record_of(connection, change_key(person, number))
        if before is not None and record is not None and record >= before:
            break
        found = _after(connection, log, person, number, found)
    return found


def check_history(house: House, connection: Connection, person: Person) -> None:
    """Raises Tampered where the account is not what the history says, or where the history of it has become
    shorter than this process has seen it."""
    shown = (person.public_key, person.organisation, tuple(sorted(r.value for r in person.roles)), person.ended_at is not None)  # fmt: skip
    last = changes_of(connection, person.id)[1]
    known = house.proven.get(person.id)
    if known == (last, shown):
        return  # Records do not change: what was proven stays so until there is another
    if known is not None and last < known[0]:
        raise _changed()
    found = standing(connection, house.log, person.id)
    if shown != (found.public_key, found.organisation, found.roles, found.closed):
        raise _changed()
    house.proven[person.id] = (last, shown)


def _after(connection: Connection, log: Log, person: str, number: int, found: Standing) -> Standing:
    """What change `number` makes of a standing, once it is proven and signed by who was an operator then."""
    for event in CHANGES:
        told = proven(connection, log, change_key(person, number), event, person)
        if told is None:
            continue
        line, payload = told
        record = outbox.record_of(connection, change_key(person, number))
        by = standing(connection, log, line["actor"], before=record)
        holds = identity.signature_holds(by.public_key, statement(event, person, payload), payload["signature"])  # fmt: skip
        if holds and payload["number"] == number and Role.OPERATOR in by.roles and not by.closed:
            if event is Event.ACCOUNT_CLOSED:
                return replace(found, closed=True)
            return replace(found, roles=tuple(payload["roles"]))
    raise _changed()


def _changed() -> Tampered:
    return Tampered(
        "person.changed",
        say("Your account is not what the history says: its key, organisation, roles or end were changed."),
        say("Nothing was done. Tell the operator: the site's database was changed from outside."),
    )
