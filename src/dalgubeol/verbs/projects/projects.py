"""Projects: opening, changing who takes part, extending, closing; and what they mean for whoever uses the data.

What a project is for, and on which legal basis, is said once, when it is opened, and stands in the history; no
verb changes it. Every change besides is a Record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Invalid, Missing, Reason, Refused, Tampered
from ...kinds.contract import Kind, Port
from ...language import Message, say
from ...nouns.dataset import Dataset, Sensitivity
from ...nouns.permit import Actor, Purpose
from ...nouns.project import Basis, KeyEdition, Participation, Project, ProjectPart, ProjectState, current
from ...nouns.record import Event, Record, Retention
from ...rules.projects import (
    concerns,
    reasons_against_people,
    reasons_not_to_lead,
    reasons_not_to_link,
    reasons_not_to_open,
    reasons_not_to_pseudonymise,
    reasons_not_to_use,
    reasons_of_period,
)
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import projects as stored
from ...world.store.paging import LARGEST_PAGE, Page, every, those
from ..house.clock import end_of_day, now
from ..house.house import House
from ..house.transition import proven, record

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
"""What a project may be called: what Runs take as `--project`."""
_LONGEST, _MOST = 2000, 200


@dataclass(frozen=True, slots=True)
class ProjectShown:
    """A project with the editions of its key."""

    project: Project
    editions: tuple[KeyEdition, ...]
    runs: int


def open_(
    house: House,
    who: SignedIn,
    *,
    name: str,
    purpose: Purpose,
    reason: str,
    until: str,
    basis: Basis = Basis.WITHOUT_CONSENT,
    evidence: str = "",
    items: Sequence[str] = (),
    environment: str = "",
    recipients: Sequence[str] = (),
    provider: str | None = None,
    processor: str | None = None,
    keep_mapping: bool = False,
    people: Mapping[ProjectPart, Sequence[str]] | None = None,
) -> Project:
    """Open a project. `people` are logins or ids by part; who opens it pseudonymises where nobody is named for it,
    and whoever pseudonymises keeps the additional information where nobody else does.

    Raises Refused with all that is lacking, Conflict (name), Missing (person), Unavailable (vault), Invalid.
    """
    _check_words(name, [reason, evidence, environment, provider or "", processor or "", *items, *recipients])
    valid_until = end_of_day(until)
    refused: list[tuple[Reason, ...]] = []

    def begin(connection: Connection) -> Project | None:
        at = now()
        project = Project(
            id=fresh_id("project"), name=name, organisation=provider or who.actor.organisation, purpose=purpose,
            reason=reason, basis=basis, evidence=evidence, items=tuple(items), environment=environment,
            recipients=tuple(recipients), processor=processor, valid_until=valid_until, keep_mapping=keep_mapping,
            state=ProjectState.OPEN, opened_by=who.actor.id, opened_at=at,
            people=_people(connection, people or {}, who.actor, at),
        )  # fmt: skip
        reasons = reasons_not_to_open(who.actor, project, at, _names(connection, project.people))
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, who.actor.id, reasons))
            return None
        vault = house.vault.begin(stored.vault_of(connection))
        stored.add(connection, project)
        edition = KeyEdition(project.id, 1, house.vault.make(project.id, 1), at)
        stored.add_edition(connection, edition, vault)
        payload = {
            **project.terms(), "valid_until": valid_until, "key": edition.fingerprint,
            "people": [[p.person, p.part.value] for p in project.people],
        }  # fmt: skip
        record(connection, told(project, Event.PROJECT_OPENED, who.actor.id, payload, f"project-opened/{project.id}"))  # fmt: skip
        return project

    made = house.write(begin)
    if made is None:
        raise may_not(say("This project is not opened."), refused[0])
    return made


def take_part(house: House, who: SignedIn, project: str, person: str, part: ProjectPart) -> Project:
    """Name one more person. Raises Refused with every reason (recorded), Missing."""

    def name(connection: Connection, found: Project) -> tuple[tuple[Reason, ...], dict[str, object]]:
        at = now()
        added = Participation(identity.find(connection, person).id, part, at)
        everybody = (*found.people, added)
        wrong = reasons_against_people(everybody, _names(connection, everybody))
        if not wrong:
            stored.take_part(connection, found.id, added)
        return wrong, {"person": added.person, "part": part.value, "from": at}

    return _changed(house, who, project, name)


def leave(house: House, who: SignedIn, project: str, person: str, part: ProjectPart) -> Project:
    """End somebody's part. That they had it stays: it keeps them off the other sides. Raises Refused, Missing."""

    def end(connection: Connection, found: Project) -> tuple[tuple[Reason, ...], dict[str, object]]:
        at, one = now(), identity.find(connection, person).id
        had = any(p.person == one and p.part is part and p.until is None for p in found.people)
        needed = part in (ProjectPart.PSEUDONYMISER, ProjectPart.KEEPER) and set(found.named(part)) == {one}
        checks = (
            (not had, Reason("project.no-part", say("This person does not have that part in project {project}.", project=found.name))),
            (needed, Reason("project.last", say("Name another {part} first: somebody must answer for it.", part=part))),
        )  # fmt: skip
        wrong = tuple(reason for bad, reason in checks if bad)
        if not wrong:
            stored.leave(connection, found.id, one, part, at)
        return wrong, {"person": one, "part": part.value, "until": at}

    return _changed(house, who, project, end)


def extend(house: House, who: SignedIn, project: str, until: str) -> Project:
    """Another end of the processing period, later or sooner. Raises Refused: what has ended is not extended."""
    wished = end_of_day(until)

    def change(connection: Connection, found: Project) -> tuple[tuple[Reason, ...], dict[str, object]]:
        checks = (
            (found.valid_until <= now(), Reason("project.over", say("The processing period of project {project} ended on {day}.", project=found.name, day=found.valid_until[:10]))),
            (wished <= now(), Reason("project.period", say("The processing period must end in the future."))),
        )  # fmt: skip
        wrong = tuple(reason for bad, reason in checks if bad)
        if not wrong:
            stored.extend(connection, found.id, wished)
        return wrong, {"valid_until": wished, "was": found.valid_until}

    return _changed(house, who, project, change)


def close(house: House, who: SignedIn, project: str) -> Project:
    """Nothing new is pseudonymised under it. Its key and its data stay until they are destroyed. Raises Refused."""

    def end(connection: Connection, found: Project) -> tuple[tuple[Reason, ...], dict[str, object]]:
        stored.close(connection, found.id, now())
        return (), {"closed": True}

    return _changed(house, who, project, end, Event.PROJECT_CLOSED)


def page(
    house: House, who: SignedIn, state: ProjectState | None = None, after: str = "", limit: int = 100
) -> Page[Project]:
    """The projects that concern this person, the newest first."""
    with house.database.reading() as connection:
        return those(
            lambda place: stored.page(connection, state, place, LARGEST_PAGE),
            lambda project: concerns(who.actor, project), lambda project: project.id, limit, after,
        )  # fmt: skip


def listed(house: House, who: SignedIn) -> tuple[Project, ...]:
    """All that concern this person, however many."""
    return every(lambda after: page(house, who, after=after, limit=LARGEST_PAGE))


def show(house: House, who: SignedIn, project: str, organisation: str | None = None) -> ProjectShown:
    """Raises Missing, for whoever it does not concern too."""
    with house.database.reading() as connection:
        found = seen(connection, who, project, organisation)
        runs = len(stored.runs_of(connection, found.id))
        return ProjectShown(found, stored.editions(connection, found.id), runs)


def seen(connection: Connection, who: SignedIn, project: str, organisation: str | None = None) -> Project:
    """The project, for whom it concerns. Raises Missing."""
    found = stored.find(connection, project, organisation)
    if not concerns(who.actor, found):
        raise stored.missing(project)
    return found


def declared(
    house: House, connection: Connection, actor: Actor, kind: Kind, name: object, given: Iterable[Dataset]
) -> tuple[tuple[Project, int] | None, tuple[Reason, ...]]:
    """The project, and the edition of its key, under which a Run of this kind pseudonymises; and why it may not.

    A kind that makes no pseudonyms has none. Without a declared project nothing is pseudonymised. Raises Invalid
    or Unavailable where the vault is not this site's or not at hand.
    """
    if Port.VAULT not in kind.ports:
        return None, ()
    datasets = tuple(given)
    organisation = datasets[0].organisation if datasets else actor.organisation
    try:
        project = stored.find(connection, str(name), organisation)
    except Missing:
        return None, (Reason("project.undeclared", say("{organisation} has declared no project '{project}': purpose, period and people come first (PIPA art. 28-2, 28-4). Open it with `dalgu project open`.", organisation=organisation, project=str(name)), say("Name a project that there is (`dalgu project list`), or open this one with `dalgu project open`.")),)  # fmt: skip
    edition = current(stored.editions(connection, project.id))
    reasons = reasons_not_to_pseudonymise(actor, project, datasets, edition is not None, now())
    if reasons or edition is None:
        return None, reasons
    house.vault.check(stored.vault_of(connection))
    return (project, edition.edition), ()


def reasons_against_use(
    connection: Connection, actor: Actor, datasets: Iterable[Dataset], *, to_make: bool = False
) -> tuple[Reason, ...]:
    """What the projects of these Datasets have against `actor` using them: period, and who is named."""
    return reasons_not_to_use(actor, _above(connection, datasets), now(), to_make=to_make)


def reasons_against_linking(
    connection: Connection, kind: str, datasets: Iterable[Dataset]
) -> tuple[Reason, ...]:
    """What forbids that a kind links these (PIPA art. 28-5), by the projects that each went through."""
    return reasons_not_to_link(kind, [(each, _above(connection, [each])) for each in datasets])


def reasons_of_periods(connection: Connection, datasets: Iterable[Dataset]) -> tuple[Reason, ...]:
    """The projects of these Datasets whose processing period has ended. For handing on: who hands on is who
    pseudonymised, and so none of those who use."""
    return reasons_of_period(_above(connection, datasets), now())


def _above(connection: Connection, datasets: Iterable[Dataset]) -> tuple[Project, ...]:
    """The projects under which these, or what they were made of, were pseudonymised."""
    ids = [d.id for d in datasets if d.sensitivity is Sensitivity.PSEUDONYMISED]
    return tuple(stored.find(connection, each) for each in sorted(stored.above(connection, ids))) if ids else ()  # fmt: skip


def proven_terms(house: House, connection: Connection, project: Project) -> None:
    """Raises Tampered where purpose or basis are not what the signed history says they were from the beginning."""
    opened = proven(connection, house.log, f"project-opened/{project.id}", Event.PROJECT_OPENED, project.id)
    terms = project.terms()
    if opened is None or {name: opened[1].get(name) for name in terms} != terms:
        raise Tampered(
            "project.terms",
            say("Project {project} is stored otherwise than the signed history says.", project=project.id),
            say("Nothing was done. Tell the operator: the site's database was changed from outside."),
        )


def told(
    project: Project, event: Event, actor: str, payload: Mapping[str, object], key: str | None = None
) -> Record:
    """The Record of a change of a project."""
    return Record(event, key or fresh_id(event.value), now(), actor, project.id, payload, Retention.PERMANENT)


def refusal(actor: Actor, subject: str, reasons: Sequence[Reason], datasets: tuple[str, ...] = ()) -> Record:
    payload = {"reasons": [reason.code for reason in reasons]}
    return Record(
        Event.REFUSED, fresh_id("refused"), now(), actor.id, subject, payload, Retention.ACCESS_SENSITIVE, datasets
    )  # fmt: skip


def may_not(detail: Message, reasons: Sequence[Reason]) -> Refused:
    return Refused("project.refused", detail, say("Mend what the reasons name, or ask another person."), tuple(reasons))  # fmt: skip


def _changed(
    house: House,
    who: SignedIn,
    project: str,
    change: Callable[[Connection, Project], tuple[tuple[Reason, ...], dict[str, object]]],
    event: Event = Event.PROJECT_CHANGED,
) -> Project:
    refused: list[tuple[Reason, ...]] = []

    def make(connection: Connection) -> Project:
        found = stored.find(connection, project)
        reasons = reasons_not_to_lead(who.actor, found)
        payload: dict[str, object] = {}
        if not reasons:
            reasons, payload = change(connection, found)
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, found.id, reasons))
            return found
        record(connection, told(found, event, who.actor.id, payload))
        return stored.find(connection, found.id)

    after = house.write(make)
    if refused:
        raise may_not(say("Project {project} is not changed.", project=after.name), refused[0])
    return after


def _people(
    connection: Connection, named: Mapping[ProjectPart, Sequence[str]], opener: Actor, at: str
) -> tuple[Participation, ...]:
    chosen = {part: [identity.find(connection, p).id for p in named.get(part, ())] for part in ProjectPart}
    chosen[ProjectPart.PSEUDONYMISER] = chosen[ProjectPart.PSEUDONYMISER] or [opener.id]
    chosen[ProjectPart.KEEPER] = chosen[ProjectPart.KEEPER] or chosen[ProjectPart.PSEUDONYMISER]
    return tuple(Participation(p, part, at) for part in ProjectPart for p in dict.fromkeys(chosen[part]))


def _names(connection: Connection, people: Iterable[Participation]) -> dict[str, str]:
    return {each.person: identity.find(connection, each.person).login for each in people}


def _check_words(name: str, words: Sequence[str]) -> None:
    if not NAME.fullmatch(name):
        raise Invalid.field("name", expected=say("1 to 61 letters, digits, dots, dashes or underscores"), got=say("something else"))  # fmt: skip
    if len(words) > _MOST or any(len(word) > _LONGEST for word in words):
        raise Invalid.field("project", expected=say("at most {most} texts of at most {longest} characters", most=_MOST, longest=_LONGEST), got=say("more"))  # fmt: skip
