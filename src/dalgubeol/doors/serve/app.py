"""The web application of one site: API and portal on one port, behind the guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from ...settings import Served as Told
from ...verbs.house import House
from ...verbs.metrics import exposition
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
    at_start: list[Callable[[], object]] = field(default_factory=list)
    at_end: list[Callable[[], object]] = field(default_factory=list)


def application(served: Served) -> FastAPI:
    """Everything that answers on the port."""
    from ..api import api
    from ..portal import portal

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        served.watch.start()
        for begin in served.at_start:
            begin()
        try:
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

    app.mount("/api/v1", api(served))
    portal(app, served)
    app.add_middleware(Guard, secure=served.secure, hosts=served.hosts)
    app.add_middleware(Measured)
    return app
