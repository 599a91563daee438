"""Cookies that no script can read; the session of a browser, `verbs.people.people.entry.enter`'s word, is one of them.

`SameSite=Lax`: no other site's page sends it with a request that changes something, and a link in an
e-mail still finds its reader signed in. Under TLS it is `Secure` and has the prefix `__Host-`, so that no
other host of the domain can plant one (RFC 6265bis, 4.1.3).
"""

from __future__ import annotations

import base64
from http.cookies import CookieError, SimpleCookie
from typing import Literal

from starlette.responses import Response
from starlette.types import Scope

SESSION = "dalgu_session"
LONGEST = 3000
"""Bytes; a browser keeps about 4,000 of a cookie."""


def named(plain: str, secure: bool) -> str:
    """What a cookie is called in the browser."""
    return f"__Host-{plain}" if secure else plain


def hold(
    response: Response,
    plain: str,
    value: str,
    max_age_s: int,
    *,
    secure: bool,
    same_site: Literal["lax", "strict"] = "lax",
) -> None:
    """Give the browser a cookie to hold, unread by scripts, for `max_age_s` seconds."""
    response.set_cookie(
        named(plain, secure), value, max_age=max_age_s, path="/", secure=secure, httponly=True,
        samesite=same_site,
    )  # fmt: skip


def let_go(response: Response, plain: str, *, secure: bool) -> None:
    hold(response, plain, "", 0, secure=secure)


def put(response: Response, held: bytes, max_age_s: int, *, secure: bool) -> None:
    hold(response, SESSION, base64.urlsafe_b64encode(held).decode().rstrip("="), max_age_s, secure=secure)


def drop(response: Response, *, secure: bool) -> None:
    let_go(response, SESSION, secure=secure)


def held(cookies: dict[str, str], *, secure: bool) -> bytes | None:
    """What the browser holds; None where there is nothing that could be a session."""
    value = cookies.get(named(SESSION, secure), "")
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
