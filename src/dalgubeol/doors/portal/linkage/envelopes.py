"""Envelopes of a linkage on their way out to a browser.

An envelope is sealed where somebody asks for it on a page, and fetched a moment later by the same person at an
address that works once. It may be large, so it goes as a stream; what nobody has fetched is thrown away.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

from fastapi import APIRouter, Request
from nicegui import run
from starlette.responses import RedirectResponse, Response

from ....errors import DalguError
from ....verbs.linkage.carried import Sealed
from ....verbs.people import entry
from ...api.content import streamed
from ...serve import cookie
from ..visit import served

router = APIRouter(include_in_schema=False)
WAITS_S = 120
_MOST = 50


@dataclass(frozen=True, slots=True)
class _Waiting:
    person: str
    sealed: Sealed
    until_s: float


_waiting: dict[str, _Waiting] = {}
_lock = threading.Lock()


def put(person: str, sealed: Sealed) -> str:
    """Where the envelope can be fetched, once, by this person. May be called in any thread."""
    token, now_s = secrets.token_urlsafe(16), time.monotonic()
    with _lock:
        late = [name for name, each in _waiting.items() if each.until_s < now_s]
        for name in late or list(_waiting)[: max(0, len(_waiting) - _MOST + 1)]:
            _waiting.pop(name).sealed.stream.close()
        _waiting[token] = _Waiting(person, sealed, now_s + WAITS_S)
    return f"/linkages/envelope/{token}"


@router.get("/linkages/envelope/{token}")
async def fetch(request: Request, token: str) -> Response:
    here = served()
    held = cookie.held(dict(request.cookies), secure=here.secure)
    try:
        who = await run.io_bound(entry.entered, here.house, held, here.idle_s) if held is not None else None
    except DalguError:
        who = None
    with _lock:
        waiting = _waiting.get(token)
        mine = waiting is not None and who is not None and waiting.person == who.actor.id
        if mine:
            del _waiting[token]
    if not mine or waiting is None:
        return RedirectResponse("/linkages", 303)
    sealed = waiting.sealed
    return streamed(sealed.stream, sealed.name, sealed.size_bytes, 200, {})
