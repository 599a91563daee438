"""The session of a browser: what `verbs.entry.enter` returns, in a cookie that no script can read.

`SameSite=Lax`: no other site's page sends it with a request that changes something, and a link in an e-mail still finds its reader signed in. Under TLS it is `Secure` and has the prefix `__Host-`,
so that no other host of the domain can plant one (RFC 6265bis, 4.1.3).
"""

from __future__ import annotations

import base64
from http.cookies import CookieError, SimpleCookie

from starlette.responses import Response
from starlette.types import Scope

_NAME = "dalgu_session"
LONGEST = 3000
"""Bytes; a browser keeps about 4,000 of a cookie."""


def name(secure: bool) -> str:
    return f"__Host-{_NAME}" if secure else _NAME


def put(response: Response, held: bytes, max_age_s: int, *, secure: bool) -> None:
    value = base64.urlsafe_b64encode(held).decode().rstrip("=")
    response.set_cookie(
        name(secure), value, max_age=max_age_s, path="/", secure=secure, httponly=True, samesite="lax"
    )


def drop(response: Response, *, secure: bool) -> None:
    response.set_cookie(name(secure), "", max_age=0, path="/", secure=secure, httponly=True, samesite="lax")


def held(cookies: dict[str, str], *, secure: bool) -> bytes | None:
    """What the browser holds; None where there is nothing that could be a session."""
    value = cookies.get(name(secure), "")
    if not value or len(value) > LONGEST:
        return None
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None


def cookies_of(scope: Scope) -> dict[str, str]:
    """The cookies of a request, without a framework around it."""
    jar: SimpleCookie = SimpleCookie()
    for key, value in scope.get("headers", ()):
        if key == b"cookie":
            try:
                jar.load(value.decode("latin-1"))
            except CookieError:
                continue
    return {key: morsel.value for key, morsel in jar.items()}
