"""The airlock over HTTP: what waits, its files for those who may vote, and the votes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...errors import Missing
from ...kinds.safe_files import Method
from ...language import say
from ...nouns.permit import Scope
from ...nouns.run import Run
from ...rules.airlock import Direction, ReviewState
from ...rules.reviewing import FileVote, Vote
from ...rules.submissions import FileChange
from ...verbs.airlock import bringing, review, safe_versions
from ...verbs.airlock.safe_versions import Proposal
from ...world.store.paging import Page
from ...world.store.reviews import Context, Review
from . import bodies
from .caller import Call, call_of
from .content import kept_apart
from .datasets import File
from .lists import Cursor, Limit
from .operation import Answer, always, extra, few, operation, problems_of, router
from .runs import shown as shown_run

routes = router("/airlock")
RunId = Annotated[str, Path(max_length=200, description="Id of the Run whose outputs wait")]


class FilesOffered(bodies.Body):
    """Files that are to come into the zone, sent before as uploads."""

    permit: Annotated[
        str,
        Field(min_length=1, max_length=200, description="The Permit under whose Runs they are to be there"),
    ]
    uploads: Annotated[
        list[str], Field(min_length=1, max_length=50, description="Ids of the uploads, which end with it")
    ]
    context: Annotated[
        str,
        Field(
            min_length=10,
            max_length=8000,
            description="What the files are and what for; of several a line each, as `name: what it is and where it is from`",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One Run's outputs before two reviewers, as you may see them."""

    run: str
    dataset: str
    state: ReviewState
    opened_at: str
    author: str
    organisation: str
    context: str
    """What the author says of the files."""
    findings: tuple[Mapping[str, object], ...]
    """What the automatic checks found, for programs."""
    found: tuple[str, ...]
    """The same in the reader's language."""
    manifest: str
    """Digest over names and digests of all files: a vote is for exactly these bytes."""
    release_run: str | None
    votes: tuple[Vote, ...]
    """Your own; the other's once both were cast."""
    contexts: Mapping[str, Context]
    """File (by number) to what its author says of it; a draft lacks some."""
    direction: Direction
    """`out` of the zone, or `in`."""
    permit: str | None
    """Of what comes in: the Permit that it is for."""


class SafeVersionTaken(bodies.Body):
    """The safe version of held files that is to be submitted instead."""

    method: Method


@dataclass(frozen=True, slots=True)
class Difference:
    """Two submissions side by side."""

    before: str | None
    """The Run of the earlier submission; null where there is none, or its files are gone."""
    files: tuple[FileChange, ...]


@operation(routes, "GET", "", Page[Waiting], scope=Scope.READ, quick=few)
def list_airlock(
    call: Call, state: ReviewState | None = None, cursor: Cursor = "", limit: Limit = 100
) -> Page[Waiting]:
    """What is or was in the airlock, the newest first: reviewers and operators see all, others their own."""
    states = () if state is None else (state,)
    found = review.page(call.house, call.actor, states, cursor, limit)
    return found.map(lambda each: shown(each, call.language))


@operation(routes, "GET", "/{run}", Waiting, scope=Scope.READ, errors=(404,), quick=always)
def show_airlock(call: Call, run: RunId) -> Waiting:
    """What waits of one Run: the findings, and the votes you may see."""
    return shown(review.look(call.house, call.actor, run), call.language)


@operation(routes, "GET", "/{run}/files", list[File], scope=Scope.SIGN, errors=(404,))
def list_airlock_files(call: Call, run: RunId) -> list[File]:
    """The files that wait, for a reviewer who may vote on them. Each look is a Record."""
    return [
        File(name, len(content)) for name, content in sorted(review.files(call.house, call.who, run).items())
    ]


async def read_airlock_file(
    request: Request, run: RunId, name: Annotated[str, Path(max_length=1000)]
) -> Response:
    """One file that waits, for a reviewer who may vote on it. Each look is a Record."""

    def read() -> Response:
        call = call_of(request, Scope.SIGN)
        files = review.files(call.house, call.who, run)
        if name not in files:
            raise Missing("file.missing", say("There is no file {path}.", path=name), say("Check the path."))
        return Response(files[name], 200, kept_apart(name.rpartition("/")[2] or "file"))

    return await run_in_threadpool(read)


@operation(routes, "GET", "/{run}/difference", Difference, scope=Scope.SIGN, errors=(404,))
def show_airlock_difference(call: Call, run: RunId) -> Difference:
    """What changed since the author's last submission from the same data, for a reviewer who may look at both. Each
    look is a Record."""
    found = review.difference(call.house, call.who, run)
    return Difference(None, ()) if found is None else Difference(found[0].run, found[1])


@operation(routes, "POST", "/bring-in", Run, scope=Scope.BRING, status=202, errors=(404, 409))
def bring_in(call: Call, body: FilesOffered) -> Answer:
    """Offer files under a Permit: they are scanned by the Run that this answers, and wait for two reviewers."""
    run = bringing.bring_sent(call.house, call.who, body.permit, body.uploads, body.context)
    return Answer(shown_run(run, call.language), 202, {"Location": f"/api/v1/airlock/{run.id}"})


@operation(routes, "POST", "/{run}/votes", Waiting, scope=Scope.SIGN, errors=(404,))
def cast_vote(call: Call, run: RunId, body: bodies.VoteCast) -> Waiting:
    """Vote, with your signature, for exactly the files that wait."""
    files = {number: FileVote(each.verdict, each.comment) for number, each in body.files.items()}
    return shown(review.vote(call.house, call.who, run, body.approve, body.comment, files), call.language)


@operation(routes, "POST", "/{run}/contexts", Waiting, scope=Scope.ASK, errors=(404,))
def explain_files(call: Call, run: RunId, body: bodies.FilesExplained) -> Waiting:
    """Say of your files why they are to leave; once each has its word the reviewers are asked."""
    said = {number: Context(each.why, each.shows, each.made) for number, each in body.files.items()}
    return shown(review.explain(call.house, call.who, run, said), call.language)


@operation(routes, "GET", "/{run}/safe-versions", list[Proposal], scope=Scope.READ, errors=(404,))
def list_safe_versions(call: Call, run: RunId) -> list[Proposal]:
    """Safe versions of what the checks hold of a Run: the methods, and how many numbers are left empty."""
    return list(safe_versions.proposed(call.house, call.who, run))


@operation(routes, "POST", "/{run}/safe-versions", Run, scope=Scope.RUN, status=202, errors=(404,))
def take_safe_version(call: Call, run: RunId, body: SafeVersionTaken) -> Answer:
    """Submit a safe version of your own held files instead of them: it is made of the files that wait."""
    made = safe_versions.take(call.house, call.who, run, body.method)
    return Answer(shown_run(made, call.language), 202, {"Location": f"/api/v1/runs/{made.id}"})


@operation(routes, "POST", "/{run}/withdraw", Waiting, scope=Scope.ASK, errors=(404,))
def withdraw_files(call: Call, run: RunId) -> Waiting:
    """Take your own submission back."""
    return shown(review.withdraw(call.house, call.who, run), call.language)


def shown(found: Review, language: str) -> Waiting:
    return Waiting(
        found.run, found.dataset, found.state, found.opened_at, found.author, found.organisation, found.context,
        found.findings, review.findings_text(found, language), found.manifest, found.release_run, found.votes,
        {str(number): said for number, said in found.contexts.items()}, found.direction, found.permit,
    )  # fmt: skip


routes.add_api_route(
    "/{run}/files/{name:path}", read_airlock_file, methods=["GET"], operation_id="read_airlock_file",
    response_class=Response, summary="One file that waits", openapi_extra=extra(Scope.SIGN, False),
    responses={
        200: {"description": "The file", "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        **problems_of(401, 403, 404, 422, 429, 500, 503),
    },
)  # fmt: skip
