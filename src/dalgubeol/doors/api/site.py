"""What everybody may know of a site, without signing in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ...nouns.dataset import Dataset
from ...verbs.history import public, public_runs, region
from ...verbs.history.public import Entry
from ...verbs.history.public_runs import RunEntry
from ...verbs.history.region import Numbers
from ...world.store.paging import Page
from .caller import Call, call_of
from .datasets import shown
from .lists import Cursor, Limit
from .operation import PUBLIC, always, extra, few, operation, problems_of, router

routes = router("", "site")
Words = Annotated[
    str, Query(max_length=100, description="Words that must all be in organisation, kind or Datasets")
]


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    origin: str
    """The name of its ledger."""
    verifier_key: str
    """The ledger's public key."""
    version: str
    """Of the software."""
    records: int


@operation(routes, "GET", "/site", Site, public=True, quick=always)
def show_site(call: Call) -> Site:
    """Which site this is."""
    from importlib.metadata import version

    facts = call.house.facts
    with call.house.database.reading() as connection:
        size = call.house.log.size(connection)
    return Site(facts.id, facts.origin, facts.verifier_key, version("dalgubeol"), size)


@operation(routes, "GET", "/numbers", Numbers, public=True)
def show_numbers(call: Call) -> Numbers:
    """The site in numbers, as they stand now."""
    return region.numbers(call.house)


@operation(routes, "GET", "/open-datasets", list[Dataset], public=True)
def list_open_datasets(
    call: Call, text: Annotated[str, Query(max_length=100)] = "", limit: Limit = 50
) -> list[Dataset]:
    """What everybody may have, the newest first."""
    return [shown(dataset, call.language) for dataset in region.open_datasets(call.house, text, limit)]


@operation(routes, "GET", "/register", Page[Entry], public=True, quick=few)
def list_register(call: Call, text: Words = "", cursor: Cursor = "", limit: Limit = 100) -> Page[Entry]:
    """The public register: every Permit that was asked for, whatever came of it, the newest first. It names no person."""
    return public.page(call.house, cursor, limit, text)


@operation(routes, "GET", "/register/runs", Page[RunEntry], public=True)
def list_register_runs(
    call: Call, text: Words = "", cursor: Cursor = "", limit: Limit = 100
) -> Page[RunEntry]:
    """The public register of Runs: every one, the newest first. It names no person and holds nothing they typed."""
    return public_runs.page(call.house, text, cursor, limit)


async def download_register(request: Request, text: Words = "") -> Response:
    """The register of Permits as CSV."""
    call = await run_in_threadpool(call_of, request, None)
    return _csv(public_runs.permits_csv(call.house, text), "permits.csv")


async def download_register_runs(request: Request, text: Words = "") -> Response:
    """The register of Runs as CSV."""
    call = await run_in_threadpool(call_of, request, None)
    return _csv(public_runs.runs_csv(call.house, text), "runs.csv")


for _path, _work in (("permits", download_register), ("runs", download_register_runs)):
    PUBLIC.add(_work.__name__)
    routes.add_api_route(
        f"/register/{_path}.csv", _work, methods=["GET"], response_class=Response, operation_id=_work.__name__,
        summary=str(_work.__doc__).rstrip("."), openapi_extra=extra(None, False),
        responses={
            200: {"description": "The lines, a header first", "content": {"text/csv": {"schema": {"type": "string"}}}},
            **problems_of(422, 429, 500, 503),
        },
    )  # fmt: skip


def _csv(lines: Iterator[str], name: str) -> Response:
    """With a byte order mark, without which spreadsheets take Korean for something else."""
    marked = itertools.chain(["\ufeff"], lines)
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(marked, media_type="text/csv; charset=utf-8", headers=disposition)


@operation(routes, "GET", "/register/{permit}", Entry, public=True, errors=(404,), quick=always)
def show_register(call: Call, permit: Annotated[str, Path(max_length=200)]) -> Entry:
    """One line of the public register."""
    return public.register_entry(call.house, permit)
