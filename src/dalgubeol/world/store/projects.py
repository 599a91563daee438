"""Projects, their people and the editions of their keys in the database. The caller owns the transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, func, select

from ...digest import canonical
from ...errors import Conflict, Missing
from ...language import say
from ...nouns.permit import Purpose
from ...nouns.project import Basis, KeyEdition, Participation, Project, ProjectPart, ProjectState
from .paging import Page, paged
from .schema import dataset_sources, datasets, project_keys, project_people, project_runs, projects, runs


def add(connection: Connection, project: Project) -> None:
    """Raises Conflict where the provider has a project of this name."""
    same = (projects.c.organisation == project.organisation) & (projects.c.name == project.name)
    if connection.execute(select(projects.c.id).where(same)).first() is not None:
        raise Conflict(
            "project.exists",
            say("There is a project '{name}' of {organisation} already.", name=project.name, organisation=project.organisation),
            say("Use it, or choose another name."),
        )  # fmt: skip
    row = {
        "id": project.id, "name": project.name, "organisation": project.organisation,
        "purpose": project.purpose.value, "reason": project.reason, "basis": project.basis.value,
        "evidence": project.evidence, "items": _text(project.items), "environment": project.environment,
        "recipients": _text(project.recipients), "processor": project.processor,
        "valid_until": project.valid_until, "keep_mapping": int(project.keep_mapping),
        "state": project.state.value, "opened_by": project.opened_by, "opened_at": project.opened_at,
        "closed_at": project.closed_at,
    }  # fmt: skip
    connection.execute(projects.insert(), row)
    for each in project.people:
        take_part(connection, project.id, each)


def find(connection: Connection, project: str, organisation: str | None = None) -> Project:
    """By id, or by name among one provider's (or among all, where only one is called so). Raises Missing."""
    named = projects.c.name == project
    if organisation is not None:
        named &= projects.c.organisation == organisation
    rows = connection.execute(select(projects).where((projects.c.id == project) | named).limit(2)).mappings().all()  # fmt: skip
    if len(rows) != 1:
        raise missing(project)
    return _projects(connection, rows)[0]


def missing(project: str) -> Missing:
    return Missing(
        "project.missing",
        say("There is no project '{project}' here.", project=project),
        say("Open it with `dalgu project open`; `dalgu project list` shows those that there are."),
    )


def page(
    connection: Connection, state: ProjectState | None = None, after: str = "", limit: int = 100
) -> Page[Project]:
    """The newest first."""
    bound = {} if state is None else {"state": state.value}
    rows, following = paged(connection, _wanted(bool(bound)), (projects.c.id,), bound, after, limit)
    return Page(_projects(connection, rows), following)


@cache
def _wanted(of_state: bool) -> Select[Any]:
    query = select(projects)
    return query.where(projects.c.state == bindparam("state")) if of_state else query


def every(connection: Connection) -> tuple[Project, ...]:
    return _projects(connection, connection.execute(select(projects).order_by(projects.c.id)).mappings().all())  # fmt: skip


def close(connection: Connection, project: str, at: str) -> None:
    change = projects.update().where(projects.c.id == project)
    connection.execute(change.values(state=ProjectState.CLOSED.value, closed_at=at))


def extend(connection: Connection, project: str, valid_until: str) -> None:
    connection.execute(projects.update().where(projects.c.id == project).values(valid_until=valid_until))


def take_part(connection: Connection, project: str, taken: Participation) -> None:
    """Also once more, by somebody whose part had ended."""
    row = {"project": project, "person": taken.person, "part": taken.part.value}
    same = _part_is(project, taken.person, taken.part)
    if connection.execute(select(project_people.c.since).where(same)).first() is None:
        connection.execute(project_people.insert(), {**row, "since": taken.since, "until": taken.until})
    else:
        connection.execute(project_people.update().where(same).values(until=None))


def leave(connection: Connection, project: str, person: str, part: ProjectPart, at: str) -> bool:
    """Whether this person had the part."""
    has = _part_is(project, person, part) & project_people.c.until.is_(None)
    return bool(connection.execute(project_people.update().where(has).values(until=at)).rowcount)


def editions(connection: Connection, project: str) -> tuple[KeyEdition, ...]:
    query = select(project_keys).where(project_keys.c.project == project).order_by(project_keys.c.edition)
    return tuple(_edition(row) for row in connection.execute(query).mappings())


def every_edition(connection: Connection) -> tuple[KeyEdition, ...]:
    query = select(project_keys).order_by(project_keys.c.project, project_keys.c.edition)
    return tuple(_edition(row) for row in connection.execute(query).mappings())


def add_edition(connection: Connection, made: KeyEdition, vault: str) -> None:
    """The new edition; the ones before retire."""
    before = (project_keys.c.project == made.project) & project_keys.c.retired_at.is_(None)
    connection.execute(project_keys.update().where(before).values(retired_at=made.made_at))
    row = {
        "project": made.project, "edition": made.edition, "fingerprint": made.fingerprint, "vault": vault,
        "made_at": made.made_at,
    }  # fmt: skip
    connection.execute(project_keys.insert(), row)


def edition_destroyed(connection: Connection, project: str, edition: int, at: str) -> None:
    one = (project_keys.c.project == project) & (project_keys.c.edition == edition)
    connection.execute(project_keys.update().where(one).values(destroyed_at=at))


def vault_of(connection: Connection) -> str | None:
    """The fingerprint of the vault in which this site's keys are; None before the first."""
    row = connection.execute(select(project_keys.c.vault).order_by(project_keys.c.made_at.desc()).limit(1)).first()  # fmt: skip
    return None if row is None else str(row[0])


def under(connection: Connection, run: str, project: str, edition: int) -> None:
    """Note that a Run pseudonymises under a project, with an edition of its key."""
    connection.execute(project_runs.insert(), {"run": run, "project": project, "edition": edition})


def of_run(connection: Connection, run: str) -> tuple[Project, int] | None:
    """The project of a Run and the edition it uses."""
    row = connection.execute(select(project_runs).where(project_runs.c.run == run)).mappings().first()
    return None if row is None else (find(connection, row["project"]), int(row["edition"]))


def runs_of(connection: Connection, project: str) -> tuple[tuple[str, int], ...]:
    """The Runs under a project, each with its edition of the key."""
    query = select(project_runs.c.run, project_runs.c.edition).where(project_runs.c.project == project)
    return tuple(
        (row.run, int(row.edition)) for row in connection.execute(query.order_by(project_runs.c.run))
    )


def count_runs(connection: Connection, project: str, edition: int) -> int:
    used = (project_runs.c.project == project) & (project_runs.c.edition == edition)
    return int(connection.execute(select(func.count()).select_from(project_runs).where(used)).scalar_one())


def above(connection: Connection, dataset_ids: Iterable[str]) -> dict[str, list[str]]:
    """Projects under which these Datasets, or what they were made from, were pseudonymised: project to its Runs."""
    start = select(datasets.c.id).where(datasets.c.id.in_(list(dataset_ids)))
    climb = start.cte("climb", recursive=True)
    climb = climb.union(select(dataset_sources.c.source).join(climb, dataset_sources.c.dataset == climb.c.id))
    query = (
        select(project_runs.c.project, project_runs.c.run)
        .join(datasets, datasets.c.made_by == project_runs.c.run)
        .join(climb, climb.c.id == datasets.c.id)
        .distinct()
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.project, []).append(row.run)
    return found


def below(connection: Connection, dataset_ids: Iterable[str]) -> tuple[str, ...]:
    """These Datasets and everything that was made from them."""
    start = select(datasets.c.id).where(datasets.c.id.in_(list(dataset_ids)))
    sink = start.cte("sink", recursive=True)
    sink = sink.union(select(dataset_sources.c.dataset).join(sink, dataset_sources.c.source == sink.c.id))
    return tuple(str(row[0]) for row in connection.execute(select(sink.c.id).order_by(sink.c.id)))


def made_under(connection: Connection, project: str) -> tuple[str, ...]:
    """Ids of the Datasets that Runs under this project have made."""
    query = select(datasets.c.id).join(project_runs, datasets.c.made_by == project_runs.c.run)
    return tuple(str(r[0]) for r in connection.execute(query.where(project_runs.c.project == project).order_by(datasets.c.id)))  # fmt: skip


def inputs_under(connection: Connection, project: str) -> tuple[str, ...]:
    """Ids of the Datasets that were pseudonymised under this project."""
    query = select(runs.c.inputs).join(project_runs, project_runs.c.run == runs.c.id)
    rows = connection.execute(query.where(project_runs.c.project == project))
    return tuple(sorted({each for row in rows for each in json.loads(row.inputs).values()}))


def parts_of(connection: Connection, person: str) -> tuple[tuple[str, ProjectPart], ...]:
    """The parts that a person has, or had, in any project."""
    query = select(project_people.c.project, project_people.c.part).where(project_people.c.person == person)
    return tuple((row.project, ProjectPart(row.part)) for row in connection.execute(query))


def _part_is(project: str, person: str, part: ProjectPart) -> Any:
    return (
        (project_people.c.project == project) & (project_people.c.person == person)
        & (project_people.c.part == part.value)
    )  # fmt: skip


def _projects(connection: Connection, rows: Sequence[Any]) -> tuple[Project, ...]:
    ids = [row["id"] for row in rows]
    query = select(project_people).where(project_people.c.project.in_(ids))
    people: dict[str, list[Participation]] = {}
    for row in connection.execute(query.order_by(project_people.c.since, project_people.c.person)).mappings():
        taken = Participation(row["person"], ProjectPart(row["part"]), row["since"], row["until"])
        people.setdefault(row["project"], []).append(taken)
    return tuple(_project(row, tuple(people.get(row["id"], ()))) for row in rows)


def _project(row: Any, people: tuple[Participation, ...]) -> Project:
    return Project(
        id=row["id"], name=row["name"], organisation=row["organisation"], purpose=Purpose(row["purpose"]),
        reason=row["reason"], basis=Basis(row["basis"]), evidence=row["evidence"],
        items=tuple(json.loads(row["items"])), environment=row["environment"],
        recipients=tuple(json.loads(row["recipients"])), processor=row["processor"],
        valid_until=row["valid_until"], keep_mapping=bool(row["keep_mapping"]), state=ProjectState(row["state"]),
        opened_by=row["opened_by"], opened_at=row["opened_at"], closed_at=row["closed_at"], people=people,
    )  # fmt: skip


def _edition(row: RowMapping) -> KeyEdition:
    return KeyEdition(
        row["project"], int(row["edition"]), row["fingerprint"], row["made_at"], row["retired_at"], row["destroyed_at"]
    )  # fmt: skip


def _text(values: Iterable[str]) -> str:
    return canonical(list(values)).decode()
