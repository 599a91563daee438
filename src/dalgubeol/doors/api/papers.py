"""The papers of the procedure over HTTP: made when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...nouns.permit import Scope
from ...verbs.papers import paperwork
from . import bodies
from .caller import Call, call_of
from .content import kept_apart
from .operation import extra, operation, problems_of, router

routes = router("/papers")
FormName = Annotated[str, Path(max_length=60, description="Name of the form")]
Subject = Annotated[str, Path(max_length=200, description="Project, review, linked Dataset or accident")]


@dataclass(frozen=True, slots=True)
class FormShown:
    """One form of the procedure."""

    form: str
    edition: str


@operation(routes, "GET", "", list[FormShown], scope=Scope.READ)
def list_forms(call: Call) -> list[FormShown]:
    """The forms that there are today, each with its edition."""
    return [FormShown(name, edition) for name, edition in paperwork.forms(call.house)]


async def make_paper(request: Request, form: FormName, subject: Subject, body: bodies.PaperAsked) -> Response:
    """One paper as HTML, PDF or DOCX, filled in from what happened here and from `answers`."""

    def make() -> Response:
        call = call_of(request, Scope.READ)
        paper = paperwork.made(
            call.house, call.who, form, subject, file_type=body.type, language=body.language, answers=body.answers
        )  # fmt: skip
        return Response(paper.content, 200, {**kept_apart(paper.name), "Content-Type": paper.media})

    return await run_in_threadpool(make)


routes.add_api_route(
    "/{form}/{subject}", make_paper, methods=["POST"], operation_id="make_paper", response_class=Response,
    summary="One paper", openapi_extra=extra(Scope.READ, False),
    responses={
        200: {"description": "The paper", "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in paperwork.MEDIA.values()}},
        **problems_of(401, 403, 404, 422, 429, 500, 503),
    },
)  # fmt: skip
