"""The portal: NiceGUI pages on the site's own application, Korean first.

One file per page, in rooms; `elements` is what all pages share, `visit` is who looks at one and how they act,
`people.entrance` is coming in (plain forms, so that no password travels by another way than one POST).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ..serve.app import Served


_NOUNS = (
    "home", "datasets.datasets", "datasets.bring", "datasets.dataset", "permits.permits", "permits.ask", "permits.permit", "runs.runs", "runs.run", "runs.run_form",
)  # fmt: skip
_OTHERS = (
    "projects.projects", "linkage.linkages", "linkage.linkage_draft", "linkage.linkage", "projects.reviews", "projects.paper", "projects.accidents", "airlock.bring_in", "airlock.airlock", "history.ledger", "history.register", "people.notices", "people.account", "people.people", "health", "history.my_data",
)  # fmt: skip
"""One name for each file of pages; a fixed address comes before one with a part that varies."""


def portal(app: FastAPI, served: Served) -> None:
    """Put the pages on the application. NiceGUI knows one set of pages per process, so one site per process."""
    from pathlib import Path

    from fastapi.staticfiles import StaticFiles
    from nicegui import app as pages
    from nicegui import ui
    from starlette.middleware.gzip import GZipMiddleware

    from . import visit
    from .datasets import open_files
    from .history import bundles
    from .linkage import envelopes
    from .people import elsewhere, entrance, own_account

    visit.open_for(served)
    app.include_router(entrance.router)
    app.include_router(own_account.router)
    app.include_router(elsewhere.router)
    app.include_router(open_files.router)
    app.include_router(bundles.router)  # before the pages: /ledger/bundle is no page
    app.include_router(envelopes.router)  # before the pages: /linkages/envelope/... is no page
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.add_middleware(visit.Reading)
    for name in (*_NOUNS, *_OTHERS):
        import_module(f".{name}", __package__).add()
    pages.add_exception_handler(404, visit.nothing_here)
    # Quasar's bar over every request says nothing and has no name; what takes long here has its own
    pages.config.quasar_config["loadingBar"] = {"skipHijack": True}
    ui.run_with(
        app, title="Dalgubeol", language="ko-KR", dark=None, tailwind=False, reconnect_timeout=30.0,
        gzip_middleware_factory=lambda inner: GZipMiddleware(inner, compresslevel=4),  # 9 takes thrice the time
        binding_refresh_interval=None, show_welcome_message=False,
        favicon=Path(__file__).parent / "static" / "mark.svg",
    )  # fmt: skip
