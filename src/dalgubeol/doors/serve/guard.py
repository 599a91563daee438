"""What holds for every request, whatever it asks: where it may come from, and what the answer tells browsers.

A request that changes something and comes from another site's page is refused (Origin, Sec-Fetch-Site: OWASP
"Cross-Site Request Forgery Prevention", Fetch Metadata), web sockets too. Nothing is loaded from a foreign
host: the content security policy names none. Vue compiles its templates in the page, so scripts need
'unsafe-eval' and the page's own inline ones; that no stranger's text becomes one is for the pages to see to.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SOCKETS = "/_nicegui_ws/"
"""Where a GET is no mere reading: the long polls of a socket."""
LONGEST_FORM = 2 << 20
_BOUND_THEMSELVES = frozenset({"/ledger/verify"})
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


_OF_DATA = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
"""For what is no page: the API's answers load nothing and are shown in nobody's frame."""


class Guard:
    """ASGI middleware around everything. What begins with `data_prefix` holds no pages."""

    def __init__(
        self, app: ASGIApp, *, secure: bool, hosts: frozenset[str] = frozenset(), data_prefix: str = "/api/"
    ) -> None:
        self._app, self._secure, self._hosts, self._data_prefix = app, secure, hosts, data_prefix
        self._of_pages, self._of_data = (_encoded(told, secure) for told in (_HEADERS, _OF_DATA))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if (self._hosts and _hostname(headers.get("host", "")) not in self._hosts) or _foreign(
            scope, headers, self._secure
        ):
            await _turned_away(scope, receive, send)
            return
        if scope["type"] == "http" and _too_much(scope, headers, self._data_prefix):
            answer = PlainTextResponse("The length must be told, and be small.\n", 413, dict(_HEADERS))
            await answer(scope, receive, send)
            return

        ours = self._of_data if scope["path"].startswith(self._data_prefix) else self._of_pages

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = list(message.get("headers", ()))
                there = {name for name, _ in told}
                message["headers"] = [*told, *(each for each in ours if each[0] not in there)]
            await send(message)

        await self._app(scope, receive, sending)


def _encoded(told: Mapping[str, str], secure: bool) -> list[tuple[bytes, bytes]]:
    whole = {**told, **({"Strict-Transport-Security": "max-age=31536000"} if secure else {})}
    return [(name.lower().encode(), value.encode()) for name, value in whole.items()]


def _foreign(scope: Scope, headers: Headers, secure: bool) -> bool:
    """Whether another site's page has sent this, where that would matter: also a page of this very host that came
    without TLS, so from whoever sits on the line."""
    if scope["type"] == "http" and scope["method"] in _SAFE and not scope["path"].startswith(_SOCKETS):
        return False
    origin, host = headers.get("origin"), headers.get("host", "")
    if origin is not None:
        parts = urlsplit(origin)
        return parts.netloc.lower() != host.lower() or (secure and parts.scheme != "https")
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _too_much(scope: Scope, headers: Headers, data_prefix: str) -> bool:
    """Whether more is sent to a page than any of their forms holds. The parser of forms writes files to the disk
    as they come, before anybody has asked who sends them."""
    path = scope["path"]
    if scope["method"] in _SAFE or path.startswith(data_prefix) or path in _BOUND_THEMSELVES:
        return False
    length = headers.get("content-length", "")
    if not length:
        return "transfer-encoding" in headers
    return not (length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= LONGEST_FORM)


def _hostname(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "").lower()


async def _turned_away(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4403})
        return
    answer = PlainTextResponse(
        "This request comes from another site, or for another host.\n", 403, dict(_HEADERS)
    )
    await answer(scope, receive, send)
