"""Every request has an id, which its answer and the log bear: what somebody reports can be found again."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...digest import fresh_id

_HEADER = b"x-request-id"


class Requests:
    """ASGI middleware around the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["dalgu_request"] = request = fresh_id("req")

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (_HEADER, request.encode())]
            await send(message)

        await self._app(scope, receive, sending)
