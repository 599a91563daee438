"""The HTTP API under /api/v1: everything that the command line can do, for programs.

Every route names the scope it needs, calls one verb, and answers with plain JSON; errors are problem details
(`problems`). One file per noun.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ..serve.app import Served


def api(served: Served) -> FastAPI:
    """The API of one site."""
    from fastapi import FastAPI

    from . import datasets, problems

    app = FastAPI(
        title="Dalgubeol", version="1", docs_url=None, redoc_url=None,
        description="Datasets, Permits, Runs and Records of a Dalgubeol site.",
    )  # fmt: skip
    app.state.served = served
    problems.add_to(app)
    app.include_router(datasets.router)
    return app
