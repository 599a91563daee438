"""Reviews by a panel over HTTP: asked for, said, filled up, closed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from ...nouns.panel import Panel
from ...nouns.permit import Scope
from ...verbs.projects import panels, seating
from . import bodies
from .caller import Call
from .operation import Answer, operation, router

routes = router("/reviews")
Id = Annotated[str, Path(max_length=200, description="Id of the review")]


@operation(routes, "POST", "", Panel, scope=Scope.BRING, status=201, errors=(404,))
def open_review(call: Call, body: bodies.ReviewOpened) -> Answer:
    """Ask a panel for a review of the risk or of adequacy."""
    made = panels.open_(
        call.house, call.who, body.kind, project=body.project, dataset=body.dataset, members=body.members,
        answers=body.answers,
    )  # fmt: skip
    return Answer(made, 201, {"Location": f"/api/v1/reviews/{made.id}"})


@operation(routes, "GET", "", tuple[Panel, ...], scope=Scope.READ, errors=(404,))
def list_reviews(
    call: Call,
    project: Annotated[str | None, Query(max_length=200, description="Of this project only")] = None,
) -> tuple[Panel, ...]:
    """The reviews that concern you, the newest first."""
    return panels.listed(call.house, call.who, project)


@operation(routes, "GET", "/{review}", Panel, scope=Scope.READ, errors=(404,))
def show_review(call: Call, review: Id) -> Panel:
    """One review: who sits, what they found, the minutes."""
    return panels.look(call.house, call.who, review)


@operation(routes, "POST", "/{review}/findings", Panel, scope=Scope.SIGN, errors=(404,))
def say_finding(call: Call, review: Id, body: bodies.FindingSaid) -> Panel:
    """Say what you find, with your signature."""
    return panels.speak(call.house, call.who, review, body.finding, body.comment, body.checks)


@operation(routes, "POST", "/{review}/step-down", Panel, scope=Scope.SIGN, errors=(404,))
def step_down(call: Call, review: Id, body: bodies.SteppedDown) -> Panel:
    """Step down from the panel, with the reason."""
    return panels.step_down(call.house, call.who, review, body.reason)


@operation(routes, "POST", "/{review}/substitutes", Panel, scope=Scope.BRING, errors=(404,))
def seat_substitute(call: Call, review: Id, body: bodies.SubstituteSeated) -> Panel:
    """Give the place of a member who stepped down or does not answer to somebody else."""
    return seating.substitute(call.house, call.who, review, body.instead_of, body.member)


@operation(routes, "POST", "/{review}/close", Panel, scope=Scope.SIGN, errors=(404,))
def close_review(call: Call, review: Id, body: bodies.ReviewClosed) -> Panel:
    """Close it with its minutes; the decision follows from what was said."""
    return panels.close(call.house, call.who, review, body.minutes)


@operation(routes, "POST", "/{review}/withdraw", Panel, scope=Scope.BRING, errors=(404,))
def withdraw_review(call: Call, review: Id) -> Panel:
    """Take back a review that you asked for."""
    return panels.withdraw(call.house, call.who, review)
