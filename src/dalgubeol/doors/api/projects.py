"""Projects over HTTP: what persons' data is pseudonymised for, and who takes part."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from ...nouns.permit import Scope
from ...nouns.project import KeyEdition, Project, ProjectState
from ...verbs.keeping import vault
from ...verbs.projects import projects
from ...verbs.projects.projects import ProjectShown
from ...world.store.paging import Page
from . import bodies
from .caller import Call
from .lists import Cursor, Limit
from .operation import Answer, operation, router

routes = router("/projects")
Id = Annotated[str, Path(max_length=200, description="Name or id of the project")]


@operation(routes, "POST", "", Project, scope=Scope.BRING, status=201, errors=(404, 409, 503))
def open_project(call: Call, body: bodies.ProjectOpened) -> Answer:
    """Say what persons' data is pseudonymised for, on which basis, until when and by whom."""
    made = projects.open_(
        call.house, call.who, name=body.name, purpose=body.purpose, reason=body.reason, until=body.until,
        basis=body.basis, evidence=body.evidence, items=body.items, environment=body.environment,
        recipients=body.recipients, provider=body.provider, processor=body.processor,
        keep_mapping=body.keep_mapping, people=body.people,
    )  # fmt: skip
    return Answer(made, 201, {"Location": f"/api/v1/projects/{made.id}"})


@operation(routes, "GET", "", Page[Project], scope=Scope.READ)
def list_projects(
    call: Call, state: ProjectState | None = None, cursor: Cursor = "", limit: Limit = 100
) -> Page[Project]:
    """The projects that concern you, the newest first."""
    return projects.page(call.house, call.who, state, cursor, limit)


@operation(routes, "GET", "/{project}", ProjectShown, scope=Scope.READ, errors=(404,))
def show_project(call: Call, project: Id) -> ProjectShown:
    """One project with the editions of its key."""
    return projects.show(call.house, call.who, project)


@operation(routes, "POST", "/{project}/people", Project, scope=Scope.BRING, errors=(404,))
def add_to_project(call: Call, project: Id, body: bodies.PartTaken) -> Project:
    """Name one more person."""
    return projects.take_part(call.house, call.who, project, body.person, body.part)


@operation(routes, "POST", "/{project}/people/end", Project, scope=Scope.BRING, errors=(404,))
def remove_from_project(call: Call, project: Id, body: bodies.PartTaken) -> Project:
    """End somebody's part."""
    return projects.leave(call.house, call.who, project, body.person, body.part)


@operation(routes, "POST", "/{project}/extend", Project, scope=Scope.BRING, errors=(404,))
def extend_project(call: Call, project: Id, body: bodies.PeriodChanged) -> Project:
    """Change the end of the processing period."""
    return projects.extend(call.house, call.who, project, body.until)


@operation(routes, "POST", "/{project}/close", Project, scope=Scope.BRING, errors=(404,))
def close_project(call: Call, project: Id) -> Project:
    """Close it: nothing new is pseudonymised under it."""
    return projects.close(call.house, call.who, project)


@operation(routes, "POST", "/{project}/rotate", KeyEdition, scope=Scope.BRING, errors=(404, 503))
def rotate_key(call: Call, project: Id) -> KeyEdition:
    """A new edition of its key: from now on the same person gets another pseudonym."""
    return vault.rotate(call.house, call.who, project)
