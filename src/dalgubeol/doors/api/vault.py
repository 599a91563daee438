"""The register of destruction over HTTP, and destroying the keys of projects."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from ...nouns.destruction import Destruction
from ...nouns.permit import Scope
from ...verbs.projects import destruction
from ...world.store.paging import Page
from . import bodies
from .caller import Call
from .lists import Cursor, Limit
from .operation import Answer, operation, router

routes = router("")
Entry = Annotated[str, Path(max_length=200, description="Id of the entry")]
Project = Annotated[str, Path(max_length=200, description="Name or id of the project")]


@operation(routes, "POST", "/projects/{project}/key/destroy", Destruction, scope=Scope.BRING, status=201, errors=(404, 409, 503))  # fmt: skip
def destroy_project_key(call: Call, project: Project, body: bodies.KeyDestroyed) -> Answer:
    """Destroy one edition of a project's key, for good."""
    entry = destruction.destroy_key(call.house, call.who, project, body.edition, body.reason)
    return Answer(entry, 201, {})


@operation(routes, "GET", "/destructions", Page[Destruction], scope=Scope.READ, errors=(404,))
def list_destructions(
    call: Call,
    project: Annotated[str | None, Query(max_length=200, description="Only of this project")] = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Destruction]:
    """What of the register of destruction concerns you, the newest first."""
    return destruction.page(call.house, call.who, project, cursor, limit)


@operation(routes, "POST", "/destructions/{entry}/confirm", Destruction, scope=Scope.BRING, errors=(404, 409, 503))  # fmt: skip
def confirm_destruction(call: Call, entry: Entry) -> Destruction:
    """Confirm that it is gone, backups included: another person than who did it."""
    return destruction.confirm(call.house, call.who, entry)
