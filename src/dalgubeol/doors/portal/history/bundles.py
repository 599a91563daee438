"""Bundles in and out: the whole history as one file, and the check of one that somebody drops here.

A dropped bundle is written, as it comes, into a file that has no name and so is gone with the request, read
by the same verb that `dalgu ledger verify` calls, in a thread. Everybody may: so it is of limited size, and
few at a time.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from nicegui import run

from ....digest import CHUNK
from ....errors import DalguError, Invalid, Refused, Tampered, Unavailable
from ....language import say, word
from ....logs import log
from ....nouns.record import Event
from ....verbs.history import prove, story
from ....verbs.history.prove import Story
from ....verbs.people import entry
from ....world.identity import nobody
from ....world.identity.ratelimit import RateLimit
from ....world.identity.ratelimit import caller as address_of
from ....world.ledger.bundle import write_bundle
from ...serve import cookie
from ..visit import Reader, broken, reader_of, served

router = APIRouter(include_in_schema=False)
LARGEST_MB = 200
_LONGEST_NOTE = 20_000
_AT_ONCE = threading.BoundedSemaphore(2)
_PACE = RateLimit(rate_per_s=0.2, burst=20)
_UPLOAD_S = 300


@router.get("/ledger/bundle")
async def download(request: Request) -> Response:
    """The whole history, for people who are signed in: a bundle holds the payloads too."""
    here = served()
    held = cookie.held(dict(request.cookies), secure=here.secure)
    try:
        if held is None:
            raise nobody(say("This needs somebody who is signed in."))
        await run.io_bound(entry.entered, here.house, held, here.idle_s)
    except Refused:
        return RedirectResponse("/sign-in?next=/ledger", 303)
    file = await run.io_bound(_bundle)
    assert file is not None
    headers = {"Content-Disposition": f'attachment; filename="{here.house.facts.id}.jsonl"', "Cache-Control": "no-store"}  # fmt: skip
    return StreamingResponse(_pieces(file), headers=headers, media_type="application/x-ndjson")


@router.get("/ledger/checkpoint")
async def checkpoint() -> Response:
    note = await run.io_bound(prove.checkpoint, served().house)
    return Response(note, media_type="text/plain; charset=utf-8")


@router.post("/ledger/verify")
async def verify(request: Request) -> Response:
    """A bundle as the body; the key and an older checkpoint, percent-encoded, in headers. What was found, as text."""
    reader, here = reader_of(request.cookies), served()
    try:
        _check_pace(request)
        key = _header(request, "x-dalgu-key").strip() or here.house.facts.verifier_key
        since = _header(request, "x-dalgu-since").strip()
        if not _AT_ONCE.acquire(blocking=False):
            raise Unavailable("ledger.busy", say("Other bundles are being checked just now."), say("Try again in a moment, or check it yourself with `dalgu ledger verify`."))  # fmt: skip
        try:
            with tempfile.TemporaryFile(dir=here.house.folder / "staging") as file:
                async with asyncio.timeout(_UPLOAD_S):
                    await _received(request, file)
                found = await run.io_bound(_verified, file, key, f"{since}\n" if since else None)
        finally:
            _AT_ONCE.release()
        assert found is not None
        return JSONResponse({"ok": True, **_told(reader, found, own=key == here.house.facts.verifier_key)})
    except DalguError as error:
        return _failed(reader, error)
    except TimeoutError:
        return _failed(reader, Unavailable("ledger.slow", say("The file came too slowly."), say("Check it with `dalgu ledger verify` on your own machine.")))  # fmt: skip
    except (
        Exception
    ) as error:  # whatever a stranger's file does, they are told in the form that the page reads
        log("portal").error("broken", code=type(error).__name__, path="/ledger/verify")
        return _failed(reader, broken(error))


@router.post("/ledger/extends")
async def extends(request: Request) -> Response:
    """An older checkpoint as the body: whether the history still begins with what it covered."""
    reader = reader_of(request.cookies)
    try:
        _check_pace(request)
        body = await request.body() if _length(request) <= _LONGEST_NOTE else b""
        note = body.decode("utf-8", errors="replace").replace("\r\n", "\n").strip() + "\n"
        found = await run.io_bound(story.extends, served().house, note)
        assert found is not None
        then, size = found
        told = say("Nothing before it changed: the {then} Records that it covers are the first of {size}.", then=then, size=size)  # fmt: skip
        return JSONResponse({"ok": True, "lines": [told.text(reader.language)], "events": []})
    except DalguError as error:
        return _failed(reader, error)


def _check_pace(request: Request) -> None:
    """Raises Unavailable where one address asks too often."""
    wait_s = _PACE.take(address_of(request.client.host if request.client else ""))
    if wait_s:
        raise Unavailable("ledger.busy", say("Many bundles were checked from your network."), say("Wait {seconds} seconds, then try again.", seconds=max(1, round(wait_s))))  # fmt: skip


def _bundle() -> IO[bytes]:
    house = served().house
    file = tempfile.TemporaryFile(dir=house.folder / "staging")  # noqa: SIM115 - `_pieces` closes it
    try:
        with house.database.reading() as connection:
            write_bundle(connection, house.log, file)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := await run.io_bound(file.read, CHUNK):
            yield piece
    finally:
        file.close()


async def _received(request: Request, file: IO[bytes]) -> None:
    most, taken = LARGEST_MB << 20, 0
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > most:
        raise _too_large()
    async for piece in request.stream():
        taken += len(piece)
        if taken > most:
            raise _too_large()
        await run.io_bound(file.write, piece)
    file.flush()


def _too_large() -> Invalid:
    return Invalid.field("bundle", expected=say("at most {most} MB", most=LARGEST_MB), got=say("more"))


def _verified(file: Any, key: str, since: str | None) -> Story:
    # Its entry in /proc opens a file that has no name of its own; each reader has its own place in it.
    return prove.verify(Path(f"/proc/self/fd/{file.fileno()}"), key, since)


def _told(reader: Reader, found: Story, *, own: bool) -> dict[str, object]:
    verified, house = found.verified, served().house
    lines = [say("The history is whole: {size} Records, {signatures} signatures of people, {erased} erased in time.", size=verified.size, signatures=found.signatures, erased=verified.erased)]  # fmt: skip
    if own and story.same_history(house, verified.checkpoint.note):
        lines.append(say("It is the history of this site, up to Record {size}.", size=verified.size))
    elif own:
        error = say("It was signed with this site's key, but it is not the history that this site shows!")
        raise Tampered("ledger.split", error, say("Keep the bundle as evidence and show it to others: there are two histories."))  # fmt: skip
    else:
        lines.append(say("It is the history of another site, {origin}.", origin=verified.checkpoint.origin))
    events = [
        [
            word(Event(name), reader.language) if name in set(Event) else name,
            f"{count:,}",
        ]
        for name, count in sorted(found.events.items())
    ]
    return {"lines": [line.text(reader.language) for line in lines], "events": events}


def _failed(reader: Reader, error: DalguError) -> Response:
    said = error.as_json(reader.language)
    return JSONResponse({"ok": False, "lines": [said["detail"], said["next_step"]], "code": error.code, "events": []}, error.http_status)  # fmt: skip


def _header(request: Request, name: str) -> str:
    return unquote(request.headers.get(name, "")[:_LONGEST_NOTE])


def _length(request: Request) -> int:
    given = request.headers.get("content-length", "")
    return int(given) if given.isdecimal() else _LONGEST_NOTE + 1
