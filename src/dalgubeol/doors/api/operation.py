"""Operations: what every route has around it.

An operation names the scope that it needs, or that it is `public`; there is no third. It runs in a thread,
where it may wait: who calls is found out, then the verb is called, and its value is the answer. POST and
DELETE take an `Idempotency-Key` (see `idempotency`). What comes in is bounded and read strictly: UTF-8 JSON
without lone surrogates, NUL or numbers out of all measure, no query parameter that the operation does not know
or that is given twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...errors import DalguError
from ...language import say
from ...nouns.permit import Scope
from ...world.store.paging import Page
from ..plain import unknown_to_json
from . import idempotency
from .caller import Call, call_at_once, call_of
from .problems import MEDIA_TYPE, Problem, Unfit, problem

LONGEST_BODY = 2 << 20
DEEPEST = 32
"""Levels of a body: what is deeper is no request, and what walks it (schemas, canonical JSON) has less patience."""
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, text in {
        401: "Nobody is known: no token or session, or one that is wrong or has ended",
        403: "A rule says no; `reasons` holds all of them",
        404: "Not there, or not yours to see",
        409: "Not legal in this state",
        413: "More than is taken",
        415: "Another type of content than is taken",
        422: "What was given is wrong; `faults` names every field",
        429: "Too many tries of somebody who is not known; see Retry-After",
        500: "A proof failed, or dalgu itself is at fault",
        503: "Something is not ready; see Retry-After",
    }.items()
}  # fmt: skip
PUBLIC: set[str] = set()
"""The operations that ask nobody who they are. A test holds them against a list."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A value with more than 200 OK to say."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class StrictRoute(APIRoute):
    """Reads bodies and query parameters as the file's docstring says."""

    def _strict(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answered = super().get_route_handler()
        known = frozenset(parameter.alias for parameter in self.dependant.query_params)
        takes_json = self.body_field is not None

        async def strictly(request: Request) -> Response:
            if request.scope["query_string"]:
                _check_query(request, known)
            if takes_json:
                request = await _read(request)
            return await answered(request)

        return strictly

    get_route_handler = _strict


def router(prefix: str, *tags: str) -> APIRouter:
    return APIRouter(prefix=prefix, tags=[*tags] or [prefix.strip("/")], route_class=StrictRoute)


def operation(
    to: APIRouter, method: str, path: str, answers: Any, *, scope: Scope | None = None, public: bool = False,
    status: int = 200, errors: Iterable[int] = (), summary: str = "", before_factor: bool = False,
    quick: Callable[[Mapping[str, Any]], bool] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # fmt: skip
    """Make `work(call, **parameters)` an operation that answers with an `answers`.

    `quick` says of the parameters whether it is a read that takes no longer than waking a thread for it does
    (a few rows by key): it is then done in the event loop, if who calls is known already.
    """
    if (scope is None) is not public:
        raise ValueError("an operation names its scope, or is public")

    def made(work: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(work, eval_str=True)
        name = work.__name__.rstrip("_")
        takes = list(signature.parameters.values())[1:]
        changes = method in ("POST", "DELETE")
        if public:
            PUBLIC.add(name)

        def done(call: Call, given: Mapping[str, Any]) -> Response:
            try:
                return response(work(call, **given), status, call.request)
            except DalguError as error:
                return problem(error, call.request)

        def answered(request: Request, **given: Any) -> Response:
            call = call_of(request, scope, before_factor=before_factor)
            if changes and not public:
                return idempotency.once(call, lambda: done(call, given))
            return done(call, given)

        async def answered_at_once(request: Request, **given: Any) -> Response:
            assert quick is not None
            call = call_at_once(request, scope) if quick(given) else None
            return (
                done(call, given) if call is not None else await run_in_threadpool(answered, request, **given)
            )

        place = inspect.Parameter.POSITIONAL_OR_KEYWORD
        endpoint: Any = answered if quick is None else answered_at_once
        endpoint.__signature__ = inspect.Signature(
            [inspect.Parameter("request", place, annotation=Request), *takes]
        )
        text = inspect.cleandoc(work.__doc__ or "")
        to.add_api_route(
            path, endpoint, methods=[method], response_model=answers, status_code=status, operation_id=name,
            summary=summary or text.split("\n")[0].rstrip("."), description=text or None,
            responses=documented(errors, scope=scope, changes=changes, takes=takes),
            openapi_extra=extra(scope, changes and not public),
        )  # fmt: skip
        return work

    return made


def always(given: Mapping[str, Any]) -> bool:
    return True


def few(given: Mapping[str, Any]) -> bool:
    """Of a list: a page of at most a hundred, with no search in texts."""
    return given["limit"] <= 100 and not given.get("text") and not given.get("event")


def documented(
    errors: Iterable[int], *, scope: Scope | None, changes: bool, takes: Iterable[inspect.Parameter]
) -> dict[int | str, dict[str, Any]]:
    wished = {*errors, 422, 429, 500, 503, *((401, 403) if scope else ()), *((409,) if changes else ())}
    if changes and any(issubclass(p.annotation, BaseModel) for p in takes if isinstance(p.annotation, type)):
        wished |= {413, 415}
    return problems_of(*sorted(wished))


def problems_of(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: PROBLEMS[status] for status in statuses}


def extra(scope: Scope | None, once: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"security": [{"token": []}, {"session": []}] if scope else []}
    if scope is not None:
        found["x-scope"] = scope.value
    if once:
        found["parameters"] = [
            {
                "name": "Idempotency-Key", "in": "header", "required": False, "description": idempotency.TEXT,
                "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST_KEY, "pattern": "^[!-~]+$"},
            }
        ]  # fmt: skip
    return found


def response(value: Any, status: int, request: Request) -> Response:
    """The value as JSON, and for a page where the next one is (RFC 8288)."""
    if isinstance(value, Response):
        return value
    headers = {"Cache-Control": "no-store"}
    if isinstance(value, Answer):
        headers.update(value.headers)
        status, value = value.status, value.value
    if status == 204:
        return Response(None, 204, headers)
    if isinstance(value, Page) and value.next is not None:
        query = urlencode({**request.query_params, "cursor": value.next})
        headers["Link"] = f'<{request.scope["path"]}?{query}>; rel="next"'
    return Response(as_json(value), status, headers, "application/json")


def as_json(value: Any) -> bytes:
    return orjson.dumps(value, unknown_to_json, orjson.OPT_NON_STR_KEYS)


def _check_query(request: Request, known: frozenset[str]) -> None:
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise Unfit([(name[:100], say("this operation does not know it"))])
        if name in seen:
            raise Unfit([(name, say("it is given twice"))])
        if "\0" in value:
            raise Unfit([(name, say("it holds characters that no text has"))])
        seen.add(name)


def _is_deep(value: Any) -> bool:
    """Whether it is nested more than `DEEPEST` deep, found without going deep."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            part for held in level for part in (held.values() if isinstance(held, dict) else held)
            if isinstance(part, dict | list)
        ]  # fmt: skip
        if not level:
            return False
    return True


async def _read(request: Request) -> Request:
    """The request with its body read, whole and checked. Raises Unfit."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            raise Unfit([("body", say("it has more than {most} bytes", most=LONGEST_BODY))], 413)
    if body and kind != "application/json":
        raise Unfit([("Content-Type", say("it must be application/json"))], 415)
    checked = Request(request.scope, request.receive)
    checked._body = bytes(body)
    if body:
        try:
            checked._json = orjson.loads(checked._body)
        except orjson.JSONDecodeError:
            raise Unfit([("body", say("it is not JSON (RFC 8259) in UTF-8"))]) from None
        if b"\\u0000" in body:
            raise Unfit([("body", say("it holds characters that no text has"))])
        if body.count(b"[") + body.count(b"{") > DEEPEST and _is_deep(checked._json):
            raise Unfit([("body", say("it is nested more than {most} deep", most=DEEPEST))])
    return checked


__all__ = ["Answer", "Call", "Problem", "StrictRoute", "as_json", "operation", "response", "router"]
