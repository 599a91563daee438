"""Tokens that came in a moment ago, so that a program that calls a hundred times a second is not proven anew
each time.

What is remembered counts only while everything that it rests on is the same in the database: whether the token
has ended, its scopes, the account with its roles and key, the second factor. That is one look-up by key at each
call, so a token that is ended, or an account that is closed, is turned away at once. After a minute it is proven
anew all the same. The memory is that of one process, and holds a token's text only as a digest.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict

from ...world.identity import SignedIn
from ...world.identity.sessions import TOKEN_STANDS, token_id
from ..house.clock import earlier, now
from ..house.house import House
from .entry import SEEN_EVERY_S

FOR_S = 60.0
MOST = 1000
_Stands = tuple[object, ...]


class Known:
    """Who the latest tokens of one site speak for."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._tokens: OrderedDict[bytes, tuple[SignedIn, _Stands, float]] = OrderedDict()
        self._guard = threading.Lock()

    def who(self, text: str) -> SignedIn | None:
        """Who this token speaks for; None where that must be proven (`entry.entered_by_token`)."""
        kept = self._tokens.get(_key(text))
        if kept is None:
            return None
        who, stood, until = kept
        if time.monotonic() > until or who.expires_at <= now() or who.seen_at < earlier(SEEN_EVERY_S):
            return None
        return who if self._stands(who.session) == stood else None

    def proven(self, text: str, prove: SignedIn, stood: _Stands | None) -> None:
        """Remember; `stood` is what `stands` said before it was proven."""
        if stood is None or prove.seen_at < earlier(SEEN_EVERY_S):
            return
        with self._guard:
            self._tokens[_key(text)] = (prove, stood, time.monotonic() + FOR_S)
            self._tokens.move_to_end(_key(text))
            while len(self._tokens) > MOST:
                self._tokens.popitem(last=False)

    def stands(self, text: str) -> _Stands | None:
        """What a token rests on now; None for what is no token."""
        return self._stands(token_id(text))

    def _stands(self, token: str) -> _Stands | None:
        rows = self._house.database.glance(TOKEN_STANDS, {"token": token})
        return tuple(rows[0].values()) if rows else None


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
