"""The history over HTTP: read, taken along, verified."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, Annotated, Any, BinaryIO, cast

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from ...errors import Tampered, Unavailable
from ...language import say
from ...nouns.permit import Scope
from ...nouns.record import Event, Retention
from ...verbs.history import prove, story
from ...world.store.files import disk_errors
from ...world.store.paging import Page
from .caller import Call, call_of, slow_down
from .content import streamed
from .lists import Cursor, Limit
from .operation import PUBLIC, always, as_json, extra, few, operation, problems_of, router
from .problems import Unfit, problem

routes = router("/ledger")
LONGEST_BUNDLE = 512 << 20
UPLOAD_S = 300.0
_AT_ONCE = threading.BoundedSemaphore(2)
"""Everybody may have a bundle verified: few at once, or strangers fill the disk with what they send."""


@dataclass(frozen=True, slots=True)
class RecordShown:
    """One line of the history, with what belongs to it where that was not erased."""

    record: int
    v: int
    event: str
    at: str
    actor: str
    subject: str
    datasets: tuple[str, ...]
    permits: tuple[str, ...]
    retain: Retention
    commitment: str | None
    payload: Mapping[str, Any] | None
    erased_at: str | None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    checkpoint: str
    """A signed note (C2SP tlog-checkpoint)."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    verifier_key: str


@dataclass(frozen=True, slots=True)
class Checked:
    records: int


@dataclass(frozen=True, slots=True)
class Erased:
    erased: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a verified bundle tells."""

    size: int
    root: str
    erased: int
    signatures: int
    events: Mapping[str, int]


@operation(routes, "GET", "/records", Page[RecordShown], scope=Scope.READ, quick=few)
def list_records(
    call: Call,
    about: Annotated[str | None, Query(max_length=200, description="Id of a Dataset, Permit, Run or person")] = None,
    event: Event | None = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[dict[str, Any]]:  # fmt: skip
    """Records in their order. With `event`, a page may hold few, and have a next one."""
    return prove.record_page(call.house, about, event, cursor, limit)


@operation(routes, "GET", "/checkpoint", Checkpoint, public=True, quick=always)
def show_checkpoint(call: Call) -> Checkpoint:
    """The latest signed checkpoint, to keep or to hand to others."""
    return Checkpoint(prove.checkpoint(call.house))


@operation(routes, "GET", "/key", VerifierKey, public=True, quick=always)
def show_verifier_key(call: Call) -> VerifierKey:
    """The ledger's public key."""
    return VerifierKey(call.house.facts.verifier_key)


@operation(routes, "POST", "/check", Checked, scope=Scope.OPERATE)
def check_ledger(call: Call) -> Checked:
    """Recompute the whole tree from its Records; one at a time."""
    with story.alone():
        return Checked(prove.self_check(call.house))


@operation(routes, "POST", "/erase", Erased, scope=Scope.OPERATE)
def erase_due(call: Call) -> Erased:
    """Erase the contents of Records whose retention has ended. Their lines stay."""
    return Erased(prove.erase(call.house, call.who))


async def export_bundle(request: Request) -> Response:
    """The whole history as one file that anybody can verify."""

    def written() -> BinaryIO:
        call = call_of(request, Scope.READ)
        with disk_errors():
            stream = cast(BinaryIO, TemporaryFile())  # noqa: SIM115 - closed when it was sent
        prove.export_to(call.house, stream)
        return stream

    stream = await run_in_threadpool(written)
    length = stream.tell()
    stream.seek(0)
    return streamed(stream, "history.jsonl", length, 200, {"Content-Type": "application/jsonl"})


async def verify_bundle(
    request: Request,
    key: Annotated[str | None, Query(max_length=500, description="Public key of its ledger; this site's if not given")] = None,
    since: Annotated[str | None, Query(max_length=2000, description="An older checkpoint that you hold")] = None,
) -> Response:  # fmt: skip
    """Verify a bundle, of this site or another. Nothing of it is kept."""
    slow_down(request)
    if not _AT_ONCE.acquire(blocking=False):
        raise Unavailable("ledger.busy", say("Other bundles are being checked just now."), say("Try again in a moment, or check it yourself with `dalgu ledger verify`."))  # fmt: skip
    try:
        with NamedTemporaryFile() as stream:
            await _received(request, stream)
            own: str = request.app.state.served.house.facts.verifier_key
            story = await run_in_threadpool(prove.verify, Path(stream.name), key or own, since)
    except Tampered as error:  # what was brought is at fault, not this site
        return problem(error, request, 422)
    except ClientDisconnect:
        return Response(None, 400)  # nobody is there to read it
    except TimeoutError:
        raise Unavailable("ledger.slow", say("The file came too slowly."), say("Check it with `dalgu ledger verify` on your own machine.")) from None  # fmt: skip
    finally:
        _AT_ONCE.release()
    found = story.verified
    told = Told(found.size, found.root.hex(), found.erased, story.signatures, dict(story.events))
    return Response(as_json(told), 200, {"Cache-Control": "no-store"}, "application/json")


async def _received(request: Request, stream: IO[bytes]) -> None:
    """Raises Unfit where it is too long, TimeoutError where it takes too long, Unavailable on a full disk."""
    length = 0
    with disk_errors():
        async with asyncio.timeout(UPLOAD_S):
            async for piece in request.stream():
                length += len(piece)
                if length > LONGEST_BUNDLE:
                    raise Unfit([("body", say("it has more than {most} bytes", most=LONGEST_BUNDLE))], 413)
                await run_in_threadpool(stream.write, piece)
        await run_in_threadpool(stream.flush)


_BUNDLE = {"application/jsonl": {"schema": {"type": "string", "format": "binary"}}}
routes.add_api_route(
    "/bundle", export_bundle, methods=["GET"], operation_id="export_bundle", response_class=Response,
    summary="The whole history", openapi_extra=extra(Scope.READ, False),
    responses={
        200: {"description": "The bundle", "content": _BUNDLE},
        **problems_of(401, 403, 429, 500, 503),
    },
)  # fmt: skip
routes.add_api_route(
    "/verify", verify_bundle, methods=["POST"], operation_id="verify_bundle", response_model=Told,
    summary="Verify a bundle",
    responses=problems_of(413, 422, 429, 500, 503),
    openapi_extra={**extra(None, False), "requestBody": {"required": True, "content": {"application/octet-stream": _BUNDLE["application/jsonl"]}}},
)  # fmt: skip
PUBLIC.add("verify_bundle")
