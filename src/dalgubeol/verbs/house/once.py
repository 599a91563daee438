"""A request that is sent twice has its effect once (IETF draft-ietf-httpapi-idempotency-key-header).

Whoever sends a request names it by a key of their own. That it had its effect is written in the very
transaction of the effect, so after a crash there are three cases, and each is told truly:

| the transaction | the answer | the same request again |
|---|---|---|
| was not committed | - | is carried out: nothing had happened |
| was committed | was kept | gets that answer |
| was committed | was not kept | is told so (Conflict), with where to look |

Answers are kept for a day, sealed: some hold a secret that is shown once. Which requests are going on is in
the memory of this process: one process serves a site.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from ...errors import Conflict, Invalid
from ...language import say
from ...world.store import answers
from .clock import earlier, now
from .house import BESIDE, House

KEPT_S = 24 * 3600
_NONCE = 12

_under_way: set[tuple[str, str]] = set()
_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it is kept."""

    status: int
    content: bytes
    again: bool = False
    """It was given before; nothing was done this time."""


def once(
    house: House, person: str, key: str, request_digest: str, work: Callable[[], Given], keeps: Callable[[Given], bool]
) -> Given:  # fmt: skip
    """The answer to the request that `person` named `key`: of `work`, or the one that was given before. What
    `work` answers is kept where `keeps` says so, or where it changed something.

    Raises Invalid where another request had that name; Conflict where it is still going on, or its answer was
    lost.
    """
    name = (person, key)
    with _guard:
        if name in _under_way:
            raise Conflict(
                "request.under-way",
                say("The request with this idempotency key is still going on."),
                say("Wait a moment and send it again with the same key."),
            )
        _under_way.add(name)
    try:
        kept = _kept(house, person, key, request_digest)
        return kept or _done(house, name, request_digest, work, keeps)
    finally:
        with _guard:
            _under_way.discard(name)


def sweep(house: House) -> int:
    """Forget what is older than a day; how many answers."""
    return house.write(lambda connection: answers.forget_before(connection, earlier(KEPT_S)))


def _kept(house: House, person: str, key: str, request_digest: str) -> Given | None:
    with house.database.reading() as connection:
        found = answers.find(connection, person, key, earlier(KEPT_S))
    if found is None:
        return None
    if found.request_digest != request_digest:
        raise Invalid(
            "request.key",
            say("Another request was sent with this idempotency key."),
            say("Give each request a key of its own."),
        )
    content = None if found.body is None else _opened(house, person, key, found.body)
    if found.status is None or content is None:
        raise Conflict(
            "request.answer-lost",
            say("This request was carried out at {time}, but its answer was lost when the server stopped.", time=found.at),
            say("Look at the list of what it changes; do not send it again under another key."),
        )  # fmt: skip
    return Given(found.status, content, again=True)


def _done(
    house: House, name: tuple[str, str], request_digest: str, work: Callable[[], Given], keeps: Callable[[Given], bool]
) -> Given:  # fmt: skip
    at, changed = now(), []

    def beside(connection: Connection) -> None:
        answers.keep(connection, *name, request_digest, at)
        changed.append(at)

    token = BESIDE.set(beside)
    try:
        given = work()
    finally:
        BESIDE.reset(token)
    if given.status < 500 and (changed or keeps(given)):
        sealed = _sealed(house, *name, given.content)
        house.write(lambda c: answers.keep(c, *name, request_digest, at, given.status, sealed))
    return given


def _sealed(house: House, person: str, key: str, content: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(house.keyring.working_key("answers")).encrypt(nonce, content, f"{person}/{key}".encode())  # fmt: skip


def _opened(house: House, person: str, key: str, sealed: bytes) -> bytes | None:
    cipher = AESGCM(house.keyring.working_key("answers"))
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], f"{person}/{key}".encode())
    except (InvalidTag, ValueError):
        return None
