"""Undoing pseudonyms over HTTP: two people of the provider, on another basis than PIPA art. 28-2 and 28-3."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from ...nouns.permit import Scope
from ...nouns.run import Run
from ...verbs.projects import restoring
from ...world.store.restorations import Restoration
from . import bodies
from .caller import Call
from .operation import Answer, operation, router

routes = router("/restorations")
Id = Annotated[str, Path(max_length=200, description="Id of what was asked for")]


@operation(routes, "POST", "", Restoration, scope=Scope.SIGN, status=201, errors=(404,))
def ask_restoring(call: Call, body: bodies.RestoringAsked) -> Answer:
    """Ask, with your signature, to undo the pseudonyms of a Dataset; a second person confirms."""
    return Answer(restoring.ask(call.house, call.who, body.dataset, body.reason), 201, {})


@operation(routes, "GET", "", tuple[Restoration, ...], scope=Scope.READ)
def list_restorations(call: Call) -> tuple[Restoration, ...]:
    """What your organisation asked to restore, the newest first."""
    return restoring.listed(call.house, call.who)


@operation(routes, "POST", "/{restoration}/confirm", Run, scope=Scope.SIGN, status=202, errors=(404, 409))
def confirm_restoring(call: Call, restoration: Id) -> Answer:
    """Confirm it with your signature: the Run is queued."""
    run = restoring.confirm(call.house, call.who, restoration)
    return Answer(run, 202, {"Location": f"/api/v1/runs/{run.id}"})
