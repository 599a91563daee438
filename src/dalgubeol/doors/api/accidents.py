"""Accidental identification over HTTP: one report stops the use; the rest is decided, confirmed and closed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from ...nouns.accident import Accident, Copy
from ...nouns.permit import Scope
from ...verbs.projects import accidents
from ...verbs.projects.accidents import AccidentShown
from . import bodies
from .caller import Call
from .operation import Answer, operation, router

routes = router("/accidents")
Id = Annotated[str, Path(max_length=200, description="Id of the accident")]
CopyId = Annotated[str, Path(max_length=200, description="Id of the copy that was asked back")]


@operation(routes, "POST", "", Accident, scope=Scope.ASK, status=201, errors=(404,))
def report_accident(call: Call, body: bodies.AccidentReported) -> Answer:
    """Report that somebody could be identified: the use of the data stops at once. Name nobody."""
    made = accidents.report(call.house, call.who, body.dataset, body.text)
    return Answer(made, 201, {"Location": f"/api/v1/accidents/{made.id}"})


@operation(routes, "GET", "", tuple[Accident, ...], scope=Scope.READ)
def list_accidents(call: Call) -> tuple[Accident, ...]:
    """Accidents that concern you, the newest first."""
    return accidents.listed(call.house, call.who)


@operation(routes, "GET", "/{accident}", AccidentShown, scope=Scope.READ, errors=(404,))
def show_accident(call: Call, accident: Id) -> AccidentShown:
    """Where an accident stands, and what is left to do."""
    return accidents.show(call.house, call.who, accident)


@operation(routes, "POST", "/{accident}/destroy", Accident, scope=Scope.BRING, errors=(404, 409))
def destroy_after_accident(call: Call, accident: Id) -> Accident:
    """Destroy the data and everything that was made from it."""
    return accidents.decide(call.house, call.who, accident, destroy=True)


@operation(routes, "POST", "/{accident}/unfounded", Accident, scope=Scope.BRING, errors=(404, 409))
def dismiss_accident(call: Call, accident: Id) -> Accident:
    """Nobody was identified after all: the data may be used again."""
    return accidents.decide(call.house, call.who, accident, destroy=False)


@operation(routes, "POST", "/copies/{copy}/answer", Copy, scope=Scope.ASK, errors=(404,))
def answer_for_copy(call: Call, copy: CopyId, body: bodies.CopyAnswered) -> Copy:
    """Say what became of a copy that you took out."""
    return accidents.answer(call.house, call.who, copy, body.answer)


@operation(routes, "POST", "/copies/{copy}/accounted", Copy, scope=Scope.BRING, errors=(404,))
def confirm_copy(call: Call, copy: CopyId) -> Copy:
    """Confirm that a copy is accounted for."""
    return accidents.confirm_copy(call.house, call.who, copy)


@operation(routes, "POST", "/{accident}/close", Accident, scope=Scope.BRING, errors=(404, 409))
def close_accident(call: Call, accident: Id) -> Accident:
    """Close it, when everything is destroyed, confirmed and accounted for."""
    return accidents.close(call.house, call.who, accident)
