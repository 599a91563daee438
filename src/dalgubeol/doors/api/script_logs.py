"""What a script prints, over HTTP, for operators of the site: as it stands, or as it comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ...errors import DalguError
from ...language import Message
from ...nouns.permit import Scope
from ...verbs.airlock import script_logs
from .caller import Call, call_of
from .operation import extra, problems_of, router

routes = router("/runs")
_LOOKED_AGAIN_S = 5.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
_END = object()


async def read_script_log(
    request: Request,
    run: Annotated[str, Path(max_length=200, description="Id of the Run")],
    follow: Annotated[bool, Query(description="Go on until the Run has ended")] = False,
) -> Response:
    """What the script of a Run prints, for operators of the site. Each look is a Record."""

    def begun() -> tuple[Call, Iterator[str | Message]]:
        call = call_of(request, Scope.OPERATE)
        look = script_logs.follow if follow else script_logs.read
        return call, iter(look(call.house, call.who, run))

    call, pieces = await run_in_threadpool(begun)
    return StreamingResponse(_told(call, pieces), 200, _HEADERS, "text/plain; charset=utf-8")


async def _told(call: Call, pieces: Iterator[str | Message]) -> AsyncIterator[bytes]:
    looked_at = time.monotonic()
    while (piece := await run_in_threadpool(next, pieces, _END)) is not _END:
        if isinstance(piece, Message):
            yield f"\n{piece.text(call.language)}\n".encode()
        elif piece:
            yield str(piece).encode()
        else:
            await asyncio.sleep(script_logs.PAUSE_S)
        if time.monotonic() - looked_at > _LOOKED_AGAIN_S:  # whether whoever listens may still
            looked_at = time.monotonic()
            try:
                await run_in_threadpool(call_of, call.request, Scope.OPERATE)
            except DalguError:
                return


routes.add_api_route(
    "/{run}/log", read_script_log, methods=["GET"], operation_id="read_script_log", response_class=Response,
    summary="What the script of a Run prints",
    responses={
        200: {"description": "What it prints", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems_of(401, 403, 404, 422, 429, 500, 503),
    },
    openapi_extra=extra(Scope.OPERATE, False),
)  # fmt: skip
