"""When a processing period ends: people are reminded, then what is no longer needed is destroyed.

PIPA art. 21 wants pseudonymised information destroyed without delay when its period has ended; the Standard
Guideline on Personal Information Protection (표준 개인정보 보호지침), art. 10, counts five days. Until then its people
may destroy it themselves; after that the site does, and the register of destruction waits for whoever confirms.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from ...errors import Conflict, Unavailable
from ...language import Message, say
from ...logs import log
from ...nouns.dataset import Dataset, DatasetState, Sensitivity
from ...nouns.permit import Role
from ...nouns.project import Project, ProjectPart
from ...world import identity
from ...world.store import datasets, notices, projects
from ..datasets.register import check_unused
from ..house import notify
from ..house.clock import later, now, written
from ..house.house import House
from .destruction import dataset_gone, key_gone

REMINDED_DAYS, GRACE_DAYS = 30, 5
REASON = "the processing period has ended"


def end_periods(house: House) -> Message:
    """Remind of periods that end, and destroy what was kept for those that have; what came of it."""
    with house.database.reading() as connection:
        every = projects.every(connection)
    at, reminded, destroyed = now(), 0, 0
    for project in every:
        if project.valid_until > later(REMINDED_DAYS * 86400):
            continue
        if at < _due(project):
            reminded += house.write(lambda connection, p=project: _remind(connection, p, at))  # type: ignore[misc]
        else:
            destroyed += _destroy(house, project)
    return say("{reminded} people were reminded of a period that ends; {destroyed} keys and Datasets were destroyed.", reminded=reminded, destroyed=destroyed)  # fmt: skip


def _due(project: Project) -> str:
    return written(datetime.fromisoformat(project.valid_until) + timedelta(days=GRACE_DAYS))


def _remind(connection: Connection, project: Project, at: str) -> int:
    """Once before the end and once after; how many were told."""
    if at < project.valid_until:
        message = say("The processing period of project {project} ends on {day}. Extend it, or destroy what it keeps.", project=project.id, day=project.valid_until[:10])  # fmt: skip
    else:
        message = say("The processing period of project {project} has ended. On {day} the site destroys its keys and its data.", project=project.id, day=_due(project)[:10])  # fmt: skip
    people = [p for p in _concerned(connection, project) if not notices.told(connection, p, message)]
    notify.tell(connection, people, message, "/projects")
    return len(people)


def _concerned(connection: Connection, project: Project) -> list[str]:
    named = project.named(ProjectPart.PSEUDONYMISER, ProjectPart.KEEPER)
    operators = [p.id for p in identity.listed(connection) if Role.OPERATOR in p.roles and p.ended_at is None]
    return list(dict.fromkeys([*named, project.opened_by, *operators]))


def _destroy(house: House, project: Project) -> int:
    """Its keys, then its data; each in a transaction of its own. What is in use waits for the next time."""
    with house.database.reading() as connection:
        editions = [e for e in projects.editions(connection, project.id) if e.destroyed_at is None]
        kept = kept_under(connection, project)
    count = 0
    for edition in editions:
        try:
            house.write(lambda connection, e=edition.edition: key_gone(house, connection, project, e, house.facts.id, REASON))  # type: ignore[misc]  # fmt: skip
            count += 1
        except (Conflict, Unavailable) as error:
            log("periods").warning("key not destroyed", project=project.id, code=error.code)
    for dataset in kept:
        try:
            house.write(lambda connection, d=dataset.id: _end(house, connection, d))  # type: ignore[misc]
            count += 1
        except Conflict as error:
            log("periods").warning("dataset not destroyed", dataset=dataset.id, code=error.code)
    return count


def kept_under(connection: Connection, project: Project) -> list[Dataset]:
    """What was pseudonymised under it, and what holds persons' data that was made of that. What was released is
    anonymous, and so nobody's data any more."""
    ids = projects.below(connection, projects.made_under(connection, project.id))
    found = [datasets.find(connection, each) for each in ids]
    return [d for d in found if d.state is not DatasetState.DESTROYED and d.sensitivity in (Sensitivity.PSEUDONYMISED, Sensitivity.PERSONAL)]  # fmt: skip


def _end(house: House, connection: Connection, dataset: str) -> None:
    found = datasets.find(connection, dataset)
    check_unused(connection, found)
    dataset_gone(house, connection, found, house.facts.id, None, REASON)
