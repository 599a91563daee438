"""What a Run does, as it does it: server-sent events (HTML standard, 9.2).

`event: run` holds the Run as it stands; the last one is `event: ended`, then the stream ends. Each has an id:
who comes back with `Last-Event-ID` gets no event twice. In silence a comment keeps the line alive, and it is
looked again whether whoever listens may still.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ...errors import DalguError
from ...nouns.permit import Scope
from ...nouns.run import Run
from ...verbs.runs import submit
from ..serve.follow import Follow
from .caller import Call, call_of
from .operation import as_json, extra, problems_of, router
from .runs import shown

routes = router("/runs")

SILENCE_S = 15.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


_EVENT = {
    "type": "object", "required": ["event", "id", "data"],
    "properties": {
        "event": {"enum": ["run", "ended"]}, "id": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": {"$ref": "#/components/schemas/Run"}},
    },
}  # fmt: skip


async def follow_run(request: Request, run: Annotated[str, Path(max_length=200)]) -> Response:
    """Follow a Run as server-sent events, until it has ended."""
    call = await run_in_threadpool(_begun, request, run)
    events = _events(call, run, request.headers.get("last-event-id", ""))
    return StreamingResponse(events, 200, _HEADERS, "text/event-stream")


def _begun(request: Request, run: str) -> Call:
    call = call_of(request, Scope.READ)
    submit.show(call.house, call.actor, run)
    return call


async def _events(call: Call, run: str, last: str) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    async with _follow(call.request).following(run) as latest:
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    found = await latest.get()
            except TimeoutError:
                yield b": still here\n\n"
                try:
                    await run_in_threadpool(call_of, call.request, Scope.READ)
                except DalguError:
                    return
                continue
            ended, id_ = found.state.ended, _id(found)
            if id_ != last:
                last = id_
                yield _event("ended" if ended else "run", id_, shown(submit.seen(call.actor, found), call.language))  # fmt: skip
            if ended:
                return


def _follow(request: Request) -> Follow:
    state = request.app.state
    if getattr(state, "follow", None) is None:
        state.follow = Follow(state.served.house, state.served.watch)
    found: Follow = state.follow
    return found


def _id(run: Run) -> str:
    told = f"{run.state} {run.attempt} {run.progress} {run.stage}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _event(name: str, id_: str, run: Run) -> bytes:
    return b"event: %s\nid: %s\ndata: %s\n\n" % (name.encode(), id_.encode(), as_json(run))


routes.add_api_route(
    "/{run}/events", follow_run, methods=["GET"], operation_id="follow_run", response_class=Response,
    summary="Follow a Run",
    responses={
        200: {"description": "Events `run`, then `ended`; the data of each is the Run", "content": {"text/event-stream": {"schema": _EVENT}}},
        **problems_of(401, 403, 404, 422, 429, 500, 503),
    },
    openapi_extra={
        **extra(Scope.READ, False),
        "parameters": [{"name": "Last-Event-ID", "in": "header", "required": False, "schema": {"type": "string"}}],
    },
)  # fmt: skip
