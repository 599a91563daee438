"""Errors as problem details (RFC 9457), in the caller's language (`Accept-Language`).

| member | is |
|---|---|
| type | `urn:dalgubeol:FAMILY:CODE` |
| title | what happened |
| status | the family's HTTP status |
| detail | what happened, and the next step |
| code, family, next_step, reasons | as the command line's `--json` gives them |
"""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ...errors import DalguError, Invalid, Missing
from ...language import Message, phrase, say
from ...logs import log

MEDIA_TYPE = "application/problem+json"


def add_to(app: FastAPI) -> None:
    app.add_exception_handler(DalguError, _known)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _ours)


def language_of(request: Request) -> str:
    """`ko` or `en`, as the caller prefers; English where nothing is said."""
    for wished in request.headers.get("accept-language", "").lower().split(","):
        tag = wished.split(";")[0].strip()[:2]
        if tag in ("ko", "en"):
            return tag
    return "en"


def problem(error: DalguError, language: str) -> JSONResponse:
    status = 401 if error.code in ("login.needed", "token.wrong") else error.http_status
    members = error.as_json(language)
    content = {
        "type": f"urn:dalgubeol:{error.family}:{error.code}", "title": members["detail"], "status": status,
        **members,
    }  # fmt: skip
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DalguError)
    return problem(error, language_of(request))


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    what = phrase(str(first["msg"]))
    found = Invalid(
        "invalid.request",
        say("{field} of this request does not fit: {what}.", field=field, what=what),
        say("/api/v1/openapi.json says what each route takes."),
    )
    return problem(found, language_of(request))


async def _plain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problem(Missing("route.missing", say("There is nothing at this address."), say("/api/v1/openapi.json lists the routes.")), language_of(request))  # fmt: skip
    found = problem(Invalid("invalid.request", phrase(str(error.detail)), say("/api/v1/openapi.json says what each route takes.")), language_of(request))  # fmt: skip
    found.status_code = error.status_code
    return found


async def _ours(request: Request, error: Exception) -> JSONResponse:
    """Whatever it is: its text stays unsaid, it could hold data."""
    log("api").error("broken", code=type(error).__name__, path=request.scope.get("route_path", ""))
    return problem(broken(error), language_of(request))


def broken(error: Exception) -> DalguError:
    what: Message | str = type(error).__name__
    return DalguError("dalgu.broken", say("dalgu itself is at fault ({what}).", what=what), say("Tell the operator what you did and when; nothing half-written is left."))  # fmt: skip
