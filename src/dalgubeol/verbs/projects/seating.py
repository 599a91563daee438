"""Who sits on a panel, and who no more: the seats when a review is asked for, substitutes later, and how a panel
stands at this moment. The rules: `rules.panels`. How its members speak and close it: `panels`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Reason, Refused
from ...language import Message, say
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.panel import Panel, PanelKind, Seat, Silence
from ...nouns.permit import Actor
from ...nouns.project import Participation, Project, ProjectPart
from ...nouns.record import Event, Record, Retention
from ...rules import panels as rules
from ...rules.panels import Concerned
from ...rules.projects import reasons_against_people, reasons_not_to_lead
from ...world import identity
from ...world.identity import Person, SignedIn
from ...world.store import datasets, panels, projects
from ..house import notify
from ..house.clock import earlier, now
from ..house.house import House
from ..house.transition import record

_HANDS = (ProjectPart.PSEUDONYMISER, ProjectPart.KEEPER, ProjectPart.USER)
_DAY_S = 86_400


def days_to_speak(house: House) -> int:
    return house.settings.served().reviews.days_to_speak


def as_it_stands(house: House, connection: Connection, panel: Panel) -> Panel:
    """With those marked for whom it waits no more at this moment."""
    gone = {
        seat.person for seat in panel.seats if identity.find(connection, seat.person).ended_at is not None
    }
    return rules.as_it_stands(panel, gone, earlier(days_to_speak(house) * _DAY_S))


def substitute(house: House, who: SignedIn, panel: str, leaving: str, member: str) -> Panel:
    """Give the place of somebody who does not answer, or stepped down, to another; both are logins or ids. Raises
    Refused with every reason (recorded), Missing."""
    refused: list[tuple[Reason, ...]] = []

    def seat(connection: Connection) -> Panel:
        found = as_it_stands(house, connection, panels.find(connection, panel))
        about, dataset = projects.find(connection, found.project), datasets.find(connection, found.dataset)
        old, new = identity.find(connection, leaving), identity.find(connection, member)
        lead = stands_in(connection, who.actor, found, about)
        reasons = rules.reasons_not_to_substitute(who.actor, found, old.id, days_to_speak(house), lead)
        at = now()
        reasons += reasons_against_members(about, concerned(about, dataset, found.opened_by), [new], at)
        if who.actor.id != found.opened_by:  # who stands in for them asks now, and so does not sit either
            own = rules.reasons_not_to_seat(new.actor, Concerned(who.actor.id, frozenset()), new.login)
            reasons += tuple(reason for reason in own if reason not in reasons)
        if found.seat_of(new.id) is not None:
            reasons += (Reason("panel.twice", say("Nobody sits twice.")),)
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, found.id, found.dataset, reasons))
            return found
        gave_way = found.seat_of(old.id)
        assert gave_way is not None  # the rule has said so
        panels.keep_seat(connection, found.id, gave_way)
        panels.add_seat(connection, found.id, Seat(new.id, new.organisation, seated_at=at, instead_of=old.id))
        projects.take_part(connection, about.id, Participation(new.id, ProjectPart.REVIEWER, at))
        why = gave_way.silence.value if gave_way.silence else "stepped-down"
        payload = {"kind": found.kind.value, "project": about.id, "matter": found.matter, "members": [new.id], "instead_of": old.id, "why": why}  # fmt: skip
        record(connection, told(found, Event.SEATED, who.actor.id, payload, new.id))
        notify.tell(connection, [new.id], say("You are asked to review project {project}.", project=about.name), f"/reviews/{found.id}")  # fmt: skip
        if gave_way.silence is Silence.LATE:
            notify.tell(connection, [old.id], say("You had not spoken in time on a panel: somebody else has your place."), f"/reviews/{found.id}")  # fmt: skip
        return panels.find(connection, found.id)

    after = house.write(seat)
    if refused:
        raise refused_for(say("This place cannot be filled so."), refused[0])
    return rules.seen_by(who.actor.id, after)


def may_lead(house: House, who: SignedIn, panel: Panel) -> bool:
    """Whether this person withdraws the review and seats substitutes."""
    with house.database.reading() as connection:
        about = projects.find(connection, panel.project)
        return panel.opened_by == who.actor.id or stands_in(connection, who.actor, panel, about)


def why_passed_over(seat: Seat) -> Message:
    """In words, for whoever reads the panel or its paper."""
    if seat.silence is Silence.CLOSED:
        return say("did not speak: the account was closed")
    return say("did not speak in time")


def reasons_against_members(
    about: Project, of: Concerned, chosen: Sequence[Person], at: str
) -> tuple[Reason, ...]:
    """Why these may not sit on a panel of this project, from `at` on."""
    reasons: tuple[Reason, ...] = ()
    for person in chosen:
        reasons += rules.reasons_not_to_seat(person.actor, of, person.login)
        if person.ended_at is not None:
            reasons += (Reason("panel.gone", say("The account of {person} is closed.", person=person.login)),)
    parts = [Participation(person.id, ProjectPart.REVIEWER, at) for person in chosen]
    return reasons + reasons_against_people((*about.people, *parts), {p.id: p.login for p in chosen})


def stands_in(connection: Connection, actor: Actor, panel: Panel, about: Project) -> bool:
    """Whether the account of whoever asked for the review is closed, and this person might ask for one."""
    gone = identity.find(connection, panel.opened_by).ended_at is not None
    return gone and not reasons_not_to_lead_or_make(actor, about)


def reasons_not_to_lead_or_make(actor: Actor, about: Project) -> tuple[Reason, ...]:
    of_it = actor.id in about.named(ProjectPart.PSEUDONYMISER)
    return () if of_it else reasons_not_to_lead(actor, about)


def reasons_not_to_ask(
    connection: Connection, kind: PanelKind, actor: Actor, about: Project, dataset: Dataset
) -> tuple[Reason, ...]:
    reasons = reasons_not_to_lead_or_make(actor, about)
    made = dataset.id in projects.made_under(connection, about.id)
    wrong = made if kind is PanelKind.RISK else not made
    if wrong:
        reasons += (
            Reason("panel.dataset", say("{name} was not made under this project.", name=dataset.name))
            if kind is not PanelKind.RISK
            else Reason("panel.dataset", say("{name} is a result of this project; a risk review is of what goes in.", name=dataset.name)),
        )  # fmt: skip
    if dataset.state is DatasetState.DESTROYED:
        reasons += (Reason("dataset.destroyed", say("Dataset {name} has been destroyed.", name=dataset.name)),)  # fmt: skip
    return reasons


def concerned(about: Project, dataset: Dataset, asks: str) -> Concerned:
    maker = {dataset.owner} if dataset.made_by else set()
    ever = {each.person for each in about.people if each.part in _HANDS}  # what one has seen, one has seen
    return Concerned(asks, frozenset(ever | maker))


def settled(connection: Connection, stands: Panel) -> tuple[Seat, ...]:
    """Keep why each seat was passed over; which these are."""
    over = tuple(seat for seat in stands.seats if seat.silence is not None)
    for seat in over:
        panels.keep_seat(connection, stands.id, seat)
    return over


def told(panel: Panel, event: Event, actor: str, payload: Mapping[str, object], more: str = "") -> Record:
    key = f"{event.value}/{panel.id}" + (f"/{more}" if more else "")
    return Record(
        event, key, now(), actor, panel.id, payload, Retention.PROCESSING, datasets=(panel.dataset,)
    )


def refusal(actor: Actor, subject: str, dataset: str, reasons: tuple[Reason, ...]) -> Record:
    payload = {"reasons": [reason.code for reason in reasons]}
    return Record(Event.REFUSED, fresh_id("refused"), now(), actor.id, subject, payload, Retention.ACCESS, (dataset,))  # fmt: skip


def refused_for(detail: Message, reasons: tuple[Reason, ...]) -> Refused:
    return Refused("panel.refused", detail, say("Mend what the reasons name and try again."), reasons)
