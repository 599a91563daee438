"""Open Datasets for everybody: their content at `/open/ID`, without an account.

Nobody can be named in a Record of it, and nothing needs to be: what is open was released by two reviewers, or is
public by its owner's word. Everything else is not there.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from ....errors import DalguError
from ....verbs.datasets import register
from ....verbs.papers import papers
from ...api.content import streamed
from ..visit import served

router = APIRouter(include_in_schema=False)


@router.get("/open/{dataset}")
def content(request: Request, dataset: str) -> Response:
    house = served().house
    try:
        found = register.show(house, None, dataset)
        if not papers.is_open(found):
            return RedirectResponse(f"/datasets/{found.id}", 303)
        return streamed(register.opened(house, found), register.file_name(found), found.size_bytes, 200, {})
    except DalguError:
        return RedirectResponse("/", 303)
