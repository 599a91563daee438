"""The web application of one site: API and portal on one port, behind the guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ...settings import Served as Told
from ...verbs.house.house import House
from ...verbs.keeping.metrics import exposition
from ...verbs.people.known import Known
from .guard import Guard
from .measured import Measured
from .watch import Watch

IDLE_S = 3600.0
"""A browser's session ends after an hour without a word, and after eight hours in any case."""


@dataclass(frozen=True, slots=True)
class Served:
    """What the doors of one process share."""

    house: House
    watch: Watch
    told: Told = field(default_factory=Told)
    """What the site's settings.toml says."""
    secure: bool = False
    """Whether browsers reach us by TLS, ours or a proxy's."""
    idle_s: float = IDLE_S
    hosts: frozenset[str] = frozenset()
    known: Known = field(init=False, repr=False)
    at_start: list[Callable[[], object]] = field(default_factory=list)
    at_end: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", Known(self.house))


class Doors:
    """ASGI: what begins with the API's prefix goes to the API, everything else to the pages. Neither goes
    through what the other has around it."""

    def __init__(self, pages: ASGIApp, api: ASGIApp, prefix: str) -> None:
        self._pages, self._api, self._prefix = pages, api, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{self._prefix}/"):
            root = scope.get("root_path", "") + self._prefix
            await self._api({**scope, "root_path": root}, receive, send)
        else:
            await self._pages(scope, receive, send)


def application(served: Served) -> ASGIApp:
    """Everything that answers on the port."""
    from ..api import PREFIX, api
    from ..portal import portal

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        served.watch.start()
        for begin in served.at_start:
            begin()
        try:
            with served.house.database.own_connection():  # for what is read in the event loop
                yield
        finally:
            for end in reversed(served.at_end):
                end()
            served.watch.stop()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=life)
    app.state.served = served

    @app.get("/healthz", include_in_schema=False)
    def alive(request: Request) -> Response:
        with served.house.database.reading() as connection:
            size = served.house.log.size(connection)
        return PlainTextResponse(f"ok {size}\n")

    @app.get("/metrics", include_in_schema=False)
    def numbers(request: Request) -> Response:
        """For Prometheus, and for the addresses only that settings.toml names."""
        if request.client is None or request.client.host not in served.told.serve.metrics_to:
            return PlainTextResponse("Not found.\n", 404)
        return Response(exposition(served.house), media_type="text/plain; version=1.0.0; charset=utf-8")

    portal(app, served)
    doors = Doors(app, api(served), PREFIX)
    return Measured(Guard(doors, secure=served.secure, hosts=served.hosts))
