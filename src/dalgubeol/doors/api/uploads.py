"""Uploads over HTTP: announce a file, send it in as many pieces as it takes, register it as a Dataset.

PATCH takes the bytes from `Upload-Offset` on and answers with the offset that it has come to; what arrived
before a line was cut is kept. HEAD and GET say where to go on (as tus 1.0.0, core protocol, has it).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Annotated

from fastapi import Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from ...language import say
from ...nouns.permit import Scope
from ...verbs.datasets import uploads
from ...verbs.datasets.uploads import Quota, Receiving, Upload
from . import bodies
from .caller import Call, call_of
from .operation import Answer, as_json, extra, operation, problems_of, router
from .problems import Unfit

routes = router("/uploads")
Id = Annotated[str, Path(max_length=200, description="Id of the upload")]
SILENT_S = 60.0
"""A line on which nothing comes for so long is taken for dead."""
_GATHERED = 1 << 20
_TYPES = ("application/offset+octet-stream", "application/octet-stream")


@operation(routes, "POST", "", Upload, scope=Scope.BRING, status=201)
def begin_upload(call: Call, body: bodies.UploadBegun) -> Answer:
    """Announce a file that is to be sent."""
    quota = Quota(size_bytes=call.served.told.serve.uploads_gb * 10**9)
    made = uploads.begin(call.house, call.who, body.name, body.size_bytes, body.digest, quota)
    return Answer(made, 201, {"Location": f"/api/v1/uploads/{made.id}", "Upload-Offset": "0"})


@operation(routes, "GET", "", list[Upload], scope=Scope.BRING)
def list_uploads(call: Call) -> list[Upload]:
    """One's own uploads that are not registered yet."""
    return list(uploads.listed(call.house, call.who))


@operation(routes, "GET", "/{upload}", Upload, scope=Scope.BRING, errors=(404,))
def show_upload(call: Call, upload: Id) -> Answer:
    """How much of it has arrived."""
    found = uploads.find(call.house, call.who, upload)
    return Answer(found, headers=_told(found))


@operation(routes, "DELETE", "/{upload}", None, scope=Scope.BRING, status=204, errors=(404,))
def drop_upload(call: Call, upload: Id) -> None:
    """Give it up; what arrived is thrown away."""
    uploads.drop(call.house, call.who, upload)


async def measure_upload(request: Request, upload: Id) -> Response:
    found = await run_in_threadpool(lambda: _found(request, upload))
    return Response(None, 200, _told(found))


async def send_upload(request: Request, upload: Id) -> Response:
    """Send bytes of it, from `Upload-Offset` on. What arrived before a line was cut is kept."""
    offset = _offset(request)
    call = await run_in_threadpool(call_of, request, Scope.BRING)
    arriving = uploads.receive(call.house, call.who, upload, offset)
    await _received(request, arriving)
    found = await run_in_threadpool(uploads.find, call.house, call.who, upload)
    return Response(as_json(found), 200, _told(found), "application/json")


async def _received(request: Request, arriving: AbstractContextManager[Receiving]) -> None:
    """Raises what receiving raises; a line that is cut or silent ends it quietly."""
    receiving = await run_in_threadpool(arriving.__enter__)
    failure: BaseException | None = None
    try:
        async for gathered in _gathered(request):
            await run_in_threadpool(receiving.write, gathered)
    except (ClientDisconnect, TimeoutError):
        pass  # nobody is there to be told; what came is kept below
    except BaseException as error:  # raised again below, when what came has been kept
        failure = error
    leaving = (type(failure), failure, failure.__traceback__) if failure is not None else (None, None, None)
    try:
        await asyncio.shield(run_in_threadpool(arriving.__exit__, *leaving))
    finally:
        if failure is not None and isinstance(failure, asyncio.CancelledError):
            raise failure
    if failure is not None:
        raise failure


async def _gathered(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of about a megabyte: a thread for each small one would cost more than it does."""
    waiting = bytearray()
    stream = request.stream().__aiter__()
    try:
        while True:
            async with asyncio.timeout(SILENT_S):
                piece = await stream.__anext__()
            waiting += piece
            if len(waiting) >= _GATHERED:
                yield bytes(waiting)
                waiting.clear()
    except StopAsyncIteration:
        pass
    except (ClientDisconnect, TimeoutError):
        if waiting:
            yield bytes(waiting)
        raise
    if waiting:
        yield bytes(waiting)


def _found(request: Request, upload: str) -> Upload:
    call = call_of(request, Scope.BRING)
    return uploads.find(call.house, call.who, upload)


def _told(upload: Upload) -> dict[str, str]:
    return {
        "Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size_bytes), "Cache-Control": "no-store",
    }  # fmt: skip


def _offset(request: Request) -> int:
    """Raises Unfit where the headers do not say what comes and where it belongs."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise Unfit([("Content-Type", say("it must be {type}", type=_TYPES[0]))], 415)
    text = request.headers.get("upload-offset", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Unfit([("Upload-Offset", say("it must be a whole number"))])
    return int(text)


_UPLOAD = {"application/json": {"schema": {"$ref": "#/components/schemas/Upload"}}}
routes.add_api_route(
    "/{upload}", send_upload, methods=["PATCH"], operation_id="send_upload", response_class=Response,
    summary="Send bytes of an upload",
    responses={
        200: {"description": "How much has arrived", "content": _UPLOAD},
        **problems_of(401, 403, 404, 409, 415, 422, 429, 500, 503),
    },
    openapi_extra={
        **extra(Scope.BRING, False),
        "parameters": [
            {
                "name": "Upload-Offset", "in": "header", "required": True, "schema": {"type": "integer", "minimum": 0},
                "description": "How much had arrived before",
            }
        ],
        "requestBody": {
            "required": True, "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in _TYPES},
        },
    },
)  # fmt: skip
routes.add_api_route("/{upload}", measure_upload, methods=["HEAD"], include_in_schema=False)
