"""The HTTP API under /api/v1: everything that the command line can do, for programs.

Every operation names the scope it needs or that it is public, calls one verb, and answers with plain JSON;
errors are problem details (`problems`). One file per noun; what all have in common is in `operation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ..serve.app import Served

VERSION = "1"
PREFIX = "/api/v1"
_OURS: Any = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
"""What is measured is measured around both doors, by `serve.measured`."""


def api(served: Served | None) -> FastAPI:
    """The API of one site; without one, only its document is of use."""
    from fastapi import FastAPI

    from . import (
        accidents,
        airlock,
        datasets,
        events,
        kinds,
        ledger,
        linkage,
        papers,
        people,
        permits,
        policies,
        problems,
        projects,
        restoring,
        reviews,
        runs,
        script_logs,
        site,
        uploads,
        vault,
    )
    from .requests import Requests

    app = FastAPI(
        title="Dalgubeol", version=VERSION, docs_url=None, redoc_url=None, root_path_in_servers=False,
        servers=[{"url": PREFIX}], redirect_slashes=False, telemetry=_OURS,
        description="Datasets, Permits, Runs and Records of a Dalgubeol site.",
    )  # fmt: skip
    app.state.served = served
    problems.add_to(app)
    for each in (
        datasets,
        runs,
        ledger,
        permits,
        uploads,
        events,
        script_logs,
        airlock,
        kinds,
        people,
        site,
        projects,
        vault,
        restoring,
        policies,
        accidents,
        reviews,
        papers,
        linkage,
    ):
        app.router.routes.extend(each.routes.routes)  # what is called most is looked at first
    app.add_middleware(Requests)
    drawn = app.openapi
    app.openapi = lambda: _completed(drawn())  # type: ignore[method-assign]
    return app


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    """With what FastAPI does not know of: problems, and how callers say who they are."""
    from pydantic import TypeAdapter

    from .problems import Problem

    parts = document.setdefault("components", {})
    if "securitySchemes" in parts:
        return document  # it was completed before: the document is made once
    made = TypeAdapter(Problem).json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schemas = parts.setdefault("schemas", {})
    schemas.update({**made.pop("$defs", {}), "Problem": made})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token, made at any other door"},
        "session": {"type": "apiKey", "in": "cookie", "name": "dalgu_session"},
    }
    return document
