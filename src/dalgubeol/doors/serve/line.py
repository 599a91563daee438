"""A line to a browser or program, before there is a request: who says too much, or says it too slowly, is cut off.

The parser sets no bounds of its own: without these, one stranger fills the memory with a head that never ends,
and a few hundred hold every open file with heads that never come (OWASP "Denial of Service": slow HTTP attacks).
Fields that come after a body (trailers, RFC 9110, 6.5) are dropped: nobody here waits for one, and they would be
added to a head that was looked at already.
"""

from __future__ import annotations

import asyncio
from enum import Enum

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 64 << 10
"""Bytes without a whole head, or a piece of a body, after which it is enough (and one more read)."""
HEAD_S = 20.0
"""How long a head may take, from the first byte, or from the opening of the line."""
SILENT_S = 90.0
"""How long nothing of a body may come."""
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class _Stage(Enum):
    HEAD = "head"
    BODY = "body"
    BETWEEN = "between"


class Line(HttpToolsProtocol):
    """uvicorn's protocol, with bounds."""

    head_s, silent_s = HEAD_S, SILENT_S
    _stage = _Stage.HEAD
    _moved = False
    _beside = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(self.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._moved = False
        super().data_received(data)
        if (
            self.transport.is_closing() or self.transport.get_protocol() is not self
        ):  # or it is a web socket now
            self._wait(None)
            return
        self._beside = 0 if self._moved else self._beside + len(data)
        if self._beside > LONGEST_HEAD:
            self._too_long()
        elif self._stage is _Stage.BODY:
            self._wait(self.silent_s)
        elif self._stage is _Stage.BETWEEN:
            self._wait(None)  # uvicorn's own patience between requests begins
        elif self._timer is None:
            self._wait(self.head_s)

    def on_message_begin(self) -> None:
        self._stage = _Stage.HEAD
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._stage is _Stage.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stage, self._moved = _Stage.BODY, True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stage, self._moved = _Stage.BETWEEN, True
        super().on_message_complete()

    def _wait(self, at_most_s: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if at_most_s is None else self.loop.call_later(at_most_s, self._too_slow)

    def _too_slow(self) -> None:
        if self._stage is _Stage.BODY and self.flow.read_paused:
            self._wait(self.silent_s)  # it is us who do not read on
        else:
            self.transport.close()

    def _too_long(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_TOO_LONG)
        self.transport.close()
