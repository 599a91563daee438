"""Errors as problem details (RFC 9457), in the caller's language (`Accept-Language`).

| member | is |
|---|---|
| type | `urn:dalgubeol:FAMILY:CODE` |
| title | what happened |
| status | the family's HTTP status |
| detail, next_step | what happened, and what to do |
| code, family, reasons | as the command line's `--json` gives them |
| faults | of a request that does not fit: every field that is wrong |
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from ...errors import DalguError, Invalid, Missing, Refused, Unavailable, lacking
from ...language import LANGUAGES, say
from ...logs import log

MEDIA_TYPE = "application/problem+json"
_UNKNOWN = frozenset({"login.needed", "token.wrong", "login.wrong", "login.code_needed", "login.code_wrong", "login.locked"})  # fmt: skip
RETRY_S = 2
"""After which a caller may try again what was not ready."""


@dataclass(frozen=True, slots=True)
class ReasonShown:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that does not fit."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    family: str
    code: str
    detail: str
    next_step: str
    reasons: tuple[ReasonShown, ...] = ()
    """Everything that a rule holds against it."""
    faults: tuple[Fault, ...] = ()
    """Every field that is wrong."""
    request: str = field(default="")
    """The id under which the site's log knows this request."""


class TooMany(Refused):
    """Somebody who is not known has tried too often (RFC 6585, 4)."""

    http_status = 429

    def __init__(self, wait_s: float) -> None:
        self.wait_s = math.ceil(wait_s)
        super().__init__(
            "try.later",
            say("There were too many tries from your address."),
            say("Try again in {seconds} seconds.", seconds=self.wait_s),
        )


class Unfit(Invalid):
    """A request with fields that do not fit: all of them."""

    def __init__(self, faults: Sequence[tuple[str, Any]], status: int = 422) -> None:
        self.faults, self.status = tuple(faults), status
        name, what = faults[0]
        super().__init__(
            "invalid.request",
            say("{field} of this request does not fit: {what}.", field=name, what=what),
            say("/api/v1/openapi.json says what each operation takes."),
        )


def add_to(app: FastAPI) -> None:
    app.add_exception_handler(DalguError, _known)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _ours)


def language_of(request: Request) -> str:
    """`ko` or `en`, as the caller prefers (RFC 9110, 12.5.4); English where nothing is said."""
    wishes: list[tuple[float, str]] = []
    for wished in request.headers.get("accept-language", "").lower().split(",")[:20]:
        tag, _, weight = wished.partition(";")
        try:
            quality = float(weight.partition("=")[2] or 1)
        except ValueError:
            quality = 0.0
        if tag.strip()[:2] in LANGUAGES and quality > 0:
            wishes.append((quality, tag.strip()[:2]))
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else "en"


def problem(error: DalguError, request: Request, status: int | None = None) -> Response:
    """`status` where it is another than the family's."""
    language = language_of(request)
    status = status_of(error) if status is None else status
    shown = Problem(
        f"urn:dalgubeol:{error.family}:{error.code}", error.detail.text(language), status, error.family, error.code,
        error.detail.text(language), error.next_step.text(language), _reasons(error, language),
        _faults(error, language), str(request.scope.get("dalgu_request", "")),
    )  # fmt: skip
    headers = {"Content-Language": language, "Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.wait_s)
    elif isinstance(error, Unavailable):
        headers["Retry-After"] = str(RETRY_S)
    return Response(orjson.dumps(shown), status, headers, MEDIA_TYPE)


def status_of(error: DalguError) -> int:
    if error.code in _UNKNOWN:
        return 401
    return error.status if isinstance(error, Unfit) else error.http_status


def broken(error: Exception) -> DalguError:
    """What no family covers. Its own text stays unsaid: it could hold data."""
    return DalguError(
        "dalgu.broken",
        say("dalgu itself is at fault ({what}).", what=type(error).__name__),
        say("Tell the operator what you did and when; nothing half-written is left."),
    )


def _reasons(error: DalguError, language: str) -> tuple[ReasonShown, ...]:
    reasons = error.reasons if isinstance(error, Refused) else ()
    return tuple(ReasonShown(reason.code, reason.text(language)) for reason in reasons)


def _faults(error: DalguError, language: str) -> tuple[Fault, ...]:
    faults = error.faults if isinstance(error, Unfit) else ()
    return tuple(Fault(name, what.text(language)) for name, what in faults)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, DalguError)
    if status_of(error) >= 500 and not isinstance(error, Unavailable):
        log("api").error("failed", code=error.code, request=request.scope.get("dalgu_request", ""))
    return problem(error, request)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem(Unfit([_fault(each) for each in error.errors()[:100]]), request)


def _fault(error: Mapping[str, Any]) -> tuple[str, Any]:
    place = [str(part) for part in error["loc"]]
    return ".".join(place[1:] or place), lacking(error)


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        known: DalguError = Missing("route.missing", say("There is nothing at this address."), say("/api/v1/openapi.json lists the operations."))  # fmt: skip
    elif error.status_code == 405:
        known = Unfit([("method", say("this address does not take it"))], 405)
    else:
        known = Unfit([("body", say("it cannot be read"))], 422)
    found = problem(known, request)
    if error.status_code == 405:
        found.headers["Allow"] = ", ".join(_taken(request))
    return found


def _taken(request: Request) -> list[str]:
    """The methods that some operation takes at this address."""
    place = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    routes = (route for route in request.app.router.routes if isinstance(route, Route))
    return sorted({m for route in routes if route.path_regex.match(place) for m in route.methods or ()})


async def _ours(request: Request, error: Exception) -> Response:
    log("api").error("broken", code=type(error).__name__, request=request.scope.get("dalgu_request", ""))
    return problem(broken(error), request)
