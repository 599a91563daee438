"""Every request counted and timed, and a span where traces are asked for. Which door, never which path: a path
holds names and ids."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...traces import span
from ...verbs.keeping.metrics import REQUESTS

_DOORS = (("/api/", "api"), ("/_nicegui", "static"), ("/static", "static"), ("/metrics", "health"), ("/healthz", "health"))  # fmt: skip

_TRACED = (b"traceparent", b"tracestate")


class Measured:
    """ASGI middleware around everything, the guard included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500
        door, method = door_of(scope["path"]), scope["method"]

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        caller = {
            name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _TRACED
        }
        try:
            with span("request", caller, door=door, method=method) as made:
                await self._app(scope, receive, sending)
                if made is not None:
                    made.set_attribute("dalgu.status", status)
        finally:
            REQUESTS.observe(door, method, status, time.perf_counter() - begun)


def door_of(path: str) -> str:
    """One of: api, portal, static, health."""
    return next((door for beginning, door in _DOORS if path.startswith(beginning)), "portal")
