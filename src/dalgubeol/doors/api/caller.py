"""Who calls: a token in `Authorization: Bearer`, or the session of a browser on this very site.

Who sends wrong tokens or ended sessions is slowed down, by address; whoever is known is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from ...errors import Refused
from ...language import say
from ...nouns.permit import Actor, Scope
from ...verbs.house.house import House
from ...verbs.people import entry
from ...world.identity import SignedIn, nobody
from ...world.identity.ratelimit import RateLimit
from ...world.identity.ratelimit import caller as address_of
from ..serve import cookie
from ..serve.app import Served
from .problems import TooMany, language_of

STRANGERS = RateLimit(rate_per_s=1, burst=30)
"""Tries of those who are not known: sign-in, joining, wrong tokens, verifying."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one operation."""

    served: Served
    request: Request
    who_or_nobody: SignedIn | None
    language: str

    @property
    def house(self) -> House:
        return self.served.house

    @property
    def who(self) -> SignedIn:
        """Raises Refused where nobody is known: in public operations."""
        if self.who_or_nobody is None:
            raise nobody(say("This needs somebody who is signed in."))
        return self.who_or_nobody

    @property
    def actor(self) -> Actor:
        return self.who.actor


def call_of(request: Request, scope: Scope | None, *, before_factor: bool = False) -> Call:
    """Who calls, within the scope that the operation needs; without one it is public, and who calls is asked
    only of those who say so. `before_factor`: somebody who must set up a second factor first may do this. Waits for the database: not for the event loop.

    Raises Refused (401 or 403), TooMany.
    """
    served: Served = request.app.state.served
    who = None
    if scope is not None or says_who(request):
        try:
            who = _known(request, served, before_factor)
        except Refused:
            if says_who(request):  # nothing given is no guess
                slow_down(request)
            raise
        if scope is not None:
            entry.require(who, scope)
    return Call(served, request, who, language_of(request))


def call_at_once(request: Request, scope: Scope | None) -> Call | None:
    """The same without waiting, where that can be: a public operation that nobody says anything at, or a token
    that came in a moment ago. Raises Refused (scope)."""
    served: Served = request.app.state.served
    given = request.headers.get("authorization")
    if given is None:
        alone = scope is None and not says_who(request)
        return Call(served, request, None, language_of(request)) if alone else None
    kind, _, text = given.partition(" ")
    who = served.known.who(text.strip()) if kind.lower() == "bearer" else None
    if who is None:
        return None
    if scope is not None:
        entry.require(who, scope)
    return Call(served, request, who, language_of(request))


def slow_down(request: Request) -> None:
    """One more try of somebody who is not known. Raises TooMany."""
    wait_s = STRANGERS.take(address_of(request.client.host if request.client else ""))
    if wait_s:
        raise TooMany(wait_s)


def says_who(request: Request) -> bool:
    session = cookie.named(cookie.SESSION, request.app.state.served.secure)
    return "authorization" in request.headers or session in request.cookies


def held_session(request: Request) -> bytes | None:
    return cookie.held(request.cookies, secure=request.app.state.served.secure)


def _by_token(served: Served, text: str) -> SignedIn:
    found = served.known.who(text)
    if found is not None:
        return found
    stood = served.known.stands(text)
    who = entry.entered_by_token(served.house, text)
    served.known.proven(text, who, stood)
    return who


def _known(request: Request, served: Served, before_factor: bool) -> SignedIn:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return _by_token(served, text.strip())
    held = held_session(request)
    if kind or held is None:
        raise nobody(say("This needs somebody who is signed in."))
    return entry.entered(served.house, held, served.idle_s, to_set_up_factor=before_factor)
