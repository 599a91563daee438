"""The line to a site: requests, what they are answered, and when they are tried again.

A request that changes something names itself by an idempotency key, so it can be sent again when its answer was
lost: it has its effect once. Tried again is what could not be sent or answered, and what the site was not ready
for; never what it refused.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypeVar
from urllib.parse import unquote

import httpx2 as httpx

from .. import errors
from ..errors import FAMILIES, DalguError, Unavailable
from ..language import Message, say

_Result = TypeVar("_Result")
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 10.0
_AGAIN = frozenset({429, 502, 503, 504})
_BY_NAME = {family.family: family for family in FAMILIES}


@dataclass(frozen=True, slots=True)
class MadeFile:
    """What an operation made: the name that the site gives it, and its bytes."""

    name: str
    content: bytes = field(repr=False)


class Line:
    """Use through `Client`."""

    def __init__(self, url: str, token: str | None, language: str, timeout_s: float, tries: int) -> None:
        headers = {"Accept-Language": language, **({"Authorization": f"Bearer {token}"} if token else {})}
        self.http = httpx.Client(base_url=f"{url.rstrip('/')}/api/v1", headers=headers, timeout=timeout_s)
        self.tries = tries

    def call(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> Any:  # fmt: skip
        """The answer as plain values; None where there is no content. Raises DalguError of its family."""
        answer = self._asked(method, path, query, body)
        return answer.json() if answer.content else None

    def file(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> MadeFile:  # fmt: skip
        """The same for an operation that answers with a file."""
        answer = self._asked(method, path, query, body)
        return MadeFile(file_name(answer), answer.content)

    def _asked(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> httpx.Response:  # fmt: skip
        wished = {name: _shown(value) for name, value in (query or {}).items() if value is not None}
        key = {"Idempotency-Key": uuid.uuid4().hex} if method in ("POST", "DELETE") else {}
        given = None if body is None else {name: value for name, value in body.items() if value is not None}

        def once() -> httpx.Response:
            answer = self.http.request(method, path, params=wished, json=given, headers=key)
            check(answer)
            return answer

        return self.patiently(once)

    def patiently(self, once: Callable[[], _Result]) -> _Result:
        """`once`, and again while it is worth it. Raises what it raised last."""
        wait_s = FIRST_WAIT_S
        for left in range(self.tries - 1, -1, -1):
            try:
                return once()
            except DalguError as error:
                asked_s = getattr(error, "retry_after_s", None)
                if asked_s is None or not left:
                    raise
                time.sleep(min(max(asked_s, wait_s), LONGEST_WAIT_S))
            except httpx.TransportError as error:
                if not left:
                    raise unreachable(error) from None
                time.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        raise AssertionError("a line is tried at least once")

    @contextmanager
    def streamed(self, method: str, path: str, **more: Any) -> Iterator[httpx.Response]:
        """An answer whose content is still to be read. Raises DalguError."""
        with self.http.stream(method, path, **more) as answer:
            if answer.is_error:
                answer.read()
            check(answer)
            yield answer


def file_name(answer: httpx.Response) -> str:
    """The last part of the name that the site gives, so that it leads nowhere else."""
    _, _, encoded = answer.headers["content-disposition"].partition("filename*=UTF-8''")
    name = PurePosixPath(unquote(encoded).replace("\\", "/")).name
    return name if name not in ("", ".", "..") else hashlib.sha256(encoded.encode()).hexdigest()[:16]


def check(answer: httpx.Response) -> None:
    """Raises what the answer says went wrong; `retry_after_s` is on it where it is worth trying again."""
    if not answer.is_error:
        return
    error = _told(answer)
    again = answer.status_code in _AGAIN or error.code == "request.under-way"
    if again:
        wished = answer.headers.get("retry-after", "")
        error.retry_after_s = float(wished) if wished.isdigit() else 1.0  # type: ignore[attr-defined]
    raise error


def unreachable(error: Exception) -> DalguError:
    return Unavailable(
        "site.unreachable",
        say("The site does not answer ({what}).", what=type(error).__name__),
        say("See whether its address is right and it is running; then try again."),
    )


def _told(answer: httpx.Response) -> DalguError:
    try:
        told = answer.json()
        family: Callable[..., DalguError] = _BY_NAME.get(told["family"], DalguError)
        given: list[Any] = [str(told["code"]), _said(told["detail"]), _said(told["next_step"])]
        if family is errors.Refused:
            given.append([errors.Reason(each["code"], _said(each["message"])) for each in told["reasons"]])
    except (ValueError, KeyError, TypeError):
        return Unavailable(
            "site.answer",
            say("The site answered {status}, and not as a Dalgubeol site does.", status=answer.status_code),
            say("See whether the address is right, and whether something stands between."),
        )
    return family(
        *given
    )  # what it says and how it is mended is the site's word: the codes are those of its errors


def _said(text: object) -> Message:
    """What the site said, in the language that was asked for."""
    return Message("{text}", {"text": str(text)})


def _shown(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
