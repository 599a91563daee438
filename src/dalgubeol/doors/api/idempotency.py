"""`Idempotency-Key` on what changes something: the same request twice has its effect once (`verbs.house.once`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import orjson
from fastapi import Request
from starlette.responses import Response

from ...errors import DalguError
from ...language import say
from ...verbs.house import once as verb
from ...verbs.house.once import Given
from .caller import Call
from .problems import Unfit, problem

HEADER = "idempotency-key"
LONGEST_KEY = 200
TEXT = (
    "A name that you give this request. Sent again with the same name within a day, it has no second effect and "
    "gets the same answer, marked `Idempotent-Replayed: true`."
)
_KEPT_HEADERS = ("content-type", "location", "content-language", "cache-control", "etag")


def once(call: Call, done: Callable[[], Response]) -> Response:
    """`done`, but once only where the request names itself by a key."""
    key = call.request.headers.get(HEADER)
    if key is None:
        return done()
    if not 0 < len(key) <= LONGEST_KEY or not all("!" <= c <= "~" for c in key):
        raise Unfit([("Idempotency-Key", say("it must have 1 to {most} visible ASCII characters", most=LONGEST_KEY))])  # fmt: skip
    answers: list[Response] = []

    def work() -> Given:
        answers.append(done())
        return _plain(answers[0])

    try:
        given = verb.once(call.house, call.who.person.id, key, _digest(call.request), work, _is_final)
    except DalguError as error:
        return problem(error, call.request)
    return _restored(given) if given.again else answers[0]


def _is_final(given: Given) -> bool:
    """Whether the same request would be answered so again: what is not ready now may be ready later."""
    return given.status < 500 and given.status not in (401, 409, 429)


def _digest(request: Request) -> str:
    state = hashlib.sha256()
    for part in (request.method, request.scope["path"], str(request.url.query)):
        state.update(part.encode() + b"\0")
    state.update(getattr(request, "_body", b""))
    return state.hexdigest()


def _plain(response: Response) -> Given:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    head = orjson.dumps(headers)
    return Given(response.status_code, head + b"\n" + bytes(response.body))


def _restored(given: Given) -> Response:
    head, _, body = given.content.partition(b"\n")
    headers = orjson.loads(head)
    return Response(body or None, given.status, {**headers, "idempotent-replayed": "true"})
