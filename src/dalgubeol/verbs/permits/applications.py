"""What a request for a Permit says besides: its people, items, environment, pledge and the Permit it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ...errors import Invalid, Missing, Reason
from ...language import say
from ...nouns.dataset import Dataset, Sensitivity
from ...nouns.disclosure import Disclosure, parsed
from ...nouns.permit import Actor, Application, Conditions, Permit
from ...rules.duties import Duty, duty_of_kinds
from ...rules.granting import reasons_to_refuse_application
from ...world import identity
from ...world.store import datasets, duties, permits
from ..house.clock import ZONE
from ..house.house import House
from ..projects.projects import reasons_against_use
from .duties import Past
from .pledges import edition_for

_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """As it comes in through a door."""

    people: Sequence[str] = ()
    """Logins or ids of those who are to work under it besides oneself."""
    items: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Name or id of a Dataset to the columns asked for; of one that is not named here, all."""
    environment: str = ""
    renews: str | None = None
    pledged: str | None = None
    """The language in which the applicant has read the pledge and signs it with the request; None: she signs later."""
    rules: Mapping[str, object] = field(default_factory=dict)
    """Disclosure rules that are to differ from the site's (`nouns.disclosure.parsed`)."""


def usual_end(house: House) -> str:
    """The last day of a Permit asked for today, where none is said (`[zone] permit_days`), as YYYY-MM-DD."""
    days = house.settings.served().zone.permit_days
    return f"{datetime.now(ZONE).date() + timedelta(days=days):%Y-%m-%d}"


def site_rules(house: House) -> tuple[int, Disclosure]:
    """The smallest cell and the disclosure rules that a request begins with: none may be looser (`[disclosure]`)."""
    said = asdict(house.settings.served().disclosure)
    return said.pop("smallest_cell"), parsed(said)


def ruled(house: House, wished: Conditions, asked: Mapping[str, object]) -> Conditions:
    """The conditions with the rules asked for, and the site's where nothing is said. Raises Invalid naming what is
    looser than the site's rules."""
    cell, rules = site_rules(house)
    usual = Conditions()
    differing = {n: v for n, v in wished.disclosure.plain().items() if v != usual.disclosure.plain()[n]}
    if usual.smallest_cell < wished.smallest_cell < cell:
        raise Invalid.field("smallest_cell", expected=say("at least {held}, as this site's rules say", held=cell), got=wished.smallest_cell)  # fmt: skip
    return replace(
        wished,
        smallest_cell=max(wished.smallest_cell, cell),
        disclosure=parsed({**differing, **asked}, rules),
    )


def application(
    connection: Connection, actor: Actor, kinds: Sequence[str], named: Sequence[Dataset], asked: Asked
) -> tuple[Application, tuple[Reason, ...]]:
    """The application, and everything that speaks against it. Raises Missing (a person, a Dataset, the Permit to be
    followed), Invalid (a column that is not there, a text that is too long)."""
    if len(asked.environment) > _LONGEST:
        raise Invalid.field("environment", expected=say("at most {most} characters", most=_LONGEST), got=len(asked.environment))  # fmt: skip
    people = [identity.find(connection, each) for each in dict.fromkeys(asked.people)]
    others = {each.id: each for each in people if each.id != actor.id}
    followed = None if asked.renews is None else _followed(connection, actor, asked.renews)
    wished = Application(
        tuple(sorted(others)), _items(connection, named, asked.items), asked.environment.strip(),
        edition_for(kinds), None if followed is None else followed.id,
    )  # fmt: skip
    alive = {each.id: each.organisation for each in others.values() if each.ended_at is None}
    return wished, reasons_to_refuse_application(actor, tuple(sorted(others)), alive, followed)


def reasons_of_their_past(
    connection: Connection, people: Sequence[str], kinds: Sequence[str], named: Sequence[Dataset]
) -> tuple[Reason, ...]:
    """What those whom a colleague names have done that keeps them from working under it: by the same rules as the
    applicant's own past, and nobody uses what was pseudonymised from data that she answers for."""
    reasons: list[Reason] = []
    for person in (identity.find(connection, each) for each in people):
        who = {"person": person.login}
        for held in Past(connection, person.actor).reasons_against(duty_of_kinds(kinds), named):
            duty = Duty(held.code.removeprefix("duty."))
            reasons.append(replace(held, cure=None, message=say("{person} has another part with this data, or other data of the same persons: {duty}. Who pseudonymises, uses, decides and reviews are different persons (PIPA art. 28-4).", duty=duty, **who)))  # fmt: skip
        for held in reasons_against_use(connection, person.actor, named):
            if held.code == "project.user":
                reasons.append(replace(held, cure=None, message=say("Project {project} names who uses its data, and {person} is not among them.", project=held.message.values["project"], **who)))  # fmt: skip
        if duty_of_kinds(kinds) is Duty.ANALYST and _answers_for(connection, person.id, named):
            reasons.append(Reason("request.provider", say("{person} answers for data of persons from which this was pseudonymised, and so does not use it (PIPA art. 28-4).", **who)))  # fmt: skip
    return tuple(reasons)


def reasons_of_answering(
    connection: Connection, actor: Actor, kinds: Sequence[str], named: Sequence[Dataset]
) -> tuple[Reason, ...]:
    """Nobody asks to use what was pseudonymised from data that she answers for herself: she knows who is in it."""
    if duty_of_kinds(kinds) is not Duty.ANALYST or not _answers_for(connection, actor.id, named):
        return ()
    return (
        Reason(
            "request.provider",
            say("You answer for data of persons from which this was pseudonymised, and so do not use it (PIPA art. 28-4)."),
            say("A colleague asks for it who neither answers for that data nor pseudonymised it."),
        ),
    )  # fmt: skip


def _answers_for(connection: Connection, person: str, named: Sequence[Dataset]) -> bool:
    """Whether somebody answers for a table of persons from which one of these was pseudonymised."""
    made = [each.id for each in named if each.sensitivity is Sensitivity.PSEUDONYMISED]
    above = duties.origins(connection, made) if made else {}
    before = [each for each, origin in above.items() if origin.sensitivity is Sensitivity.PERSONAL]
    return any(datasets.find(connection, each).owner == person for each in before)


def _followed(connection: Connection, actor: Actor, permit: str) -> Permit:
    found = permits.find(connection, permit)
    if actor.id not in found.users:
        raise Missing("permit.missing", say("There is no Permit '{permit}' of yours here.", permit=permit), say("Name a Permit under which you work."))  # fmt: skip
    return found


def _items(
    connection: Connection, named: Sequence[Dataset], asked: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    known, items = {d.id: d for d in named}, dict[str, tuple[str, ...]]()
    for name, columns in asked.items():
        found = datasets.find(connection, name)
        if found.id not in known:
            raise Invalid.field("items", expected=say("Datasets that the request names"), got=found.name)
        there = found.column_names
        wrong = sorted(set(columns) - set(there))
        if wrong or not columns:
            raise Invalid.field("items", expected=say("columns of {name}: {columns}", name=found.name, columns=", ".join(there)), got=", ".join(wrong) or say("none"))  # fmt: skip
        if set(columns) != set(there):
            items[found.id] = tuple(column for column in there if column in set(columns))
    return items
