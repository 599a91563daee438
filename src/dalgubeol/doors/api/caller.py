"""Who calls: a token in `Authorization: Bearer`, or the session of a browser on this very site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from ...language import say
from ...nouns.permit import Scope
from ...verbs import entry
from ...verbs.house import House
from ...world.identity import SignedIn, nobody
from ..serve import cookie
from ..serve.app import Served


def served(request: Request) -> Served:
    found: Served = request.app.state.served
    return found


def house(request: Request) -> House:
    return served(request).house


def caller(request: Request) -> SignedIn:
    """Raises Refused (answered 401) where nobody can be told."""
    here = served(request)
    given = request.headers.get("authorization", "")
    kind, _, text = given.partition(" ")
    if kind.lower() == "bearer":
        return entry.entered_by_token(here.house, text.strip())
    held = cookie.held(request.cookies, secure=here.secure)
    if held is None:
        raise nobody(say("This needs somebody who is signed in."))
    return entry.entered(here.house, held, here.idle_s)


def needs(scope: Scope) -> Callable[[SignedIn], SignedIn]:
    """A caller whose token covers `scope`."""

    def checked(who: Annotated[SignedIn, Depends(caller)]) -> SignedIn:
        return entry.require(who, scope)

    return checked


Here = Annotated[House, Depends(house)]
Reader = Annotated[SignedIn, Depends(needs(Scope.READ))]
