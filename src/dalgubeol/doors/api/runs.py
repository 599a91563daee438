"""Runs over HTTP: asking for one, looking at it, stopping it. (What it does, as it does it: `events`.)"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Path, Query

from ...nouns.permit import Scope
from ...nouns.run import Run, RunState
from ...verbs.runs import submit
from ...world.store.paging import Page
from ...world.store.runs import Wanted
from ..plain import stored_text
from . import bodies
from .caller import Call
from .lists import Cursor, Limit, Mine
from .operation import Answer, always, few, operation, router

routes = router("/runs")
Id = Annotated[str, Path(max_length=200, description="Id of the Run")]


@operation(routes, "POST", "", Run, scope=Scope.RUN, status=202, errors=(404,))
def submit_run(call: Call, body: bodies.RunAsked) -> Answer:
    """Ask for a Run of a kind. It is queued; look at it, or follow its events. A refusal names every reason."""
    run = submit.submit(call.house, call.actor, body.kind, body.inputs, body.parameters, body.seed)
    return Answer(shown(run, call.language), 202, {"Location": f"/api/v1/runs/{run.id}"})


@operation(routes, "GET", "", Page[Run], scope=Scope.READ, quick=few)
def list_runs(
    call: Call,
    state: RunState | None = None,
    kind: Annotated[str | None, Query(max_length=200)] = None,
    mine: Mine = False,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Run]:
    """Runs, the newest first. Parameters of others' Runs stay theirs."""
    wanted = Wanted(state, kind, call.actor.id if mine else None)
    found = submit.page(call.house, call.actor, wanted, cursor, limit)
    return found.map(lambda run: shown(run, call.language))


@operation(routes, "GET", "/{run}", Run, scope=Scope.READ, errors=(404,), quick=always)
def show_run(call: Call, run: Id) -> Run:
    """One Run: how far it is, what came out, why it failed and what next."""
    return shown(submit.show(call.house, call.actor, run), call.language)


@operation(routes, "POST", "/{run}/cancel", Run, scope=Scope.RUN, errors=(404,))
def cancel_run(call: Call, run: Id) -> Run:
    """Stop a Run; what it made is thrown away."""
    return shown(submit.cancel(call.house, call.actor, run), call.language)


def shown(run: Run, language: str) -> Run:
    """With stage and fault in the reader's language."""
    if not run.stage and run.fault is None:
        return run
    fault = run.fault and replace(
        run.fault, message=stored_text(run.fault.message, language), next_step=stored_text(run.fault.next_step, language)
    )  # fmt: skip
    return replace(run, stage=stored_text(run.stage, language), fault=fault)
