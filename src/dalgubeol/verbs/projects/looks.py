"""The looks at policies that this process has ready, a few at a time: each for one person and one table.

A look is gone when its page is left, or when nobody has moved anything for a while. Memory bounds how many there are,
and it is shared fairly: who opens one more than they may have gives up their own oldest; where the site is full, a
newcomer takes the oldest look of whoever has two more, then one that nobody has moved for some minutes, and is else
told when to come again. Nobody's only look is taken while it is in use.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import Missing, Unavailable
from ...language import say
from ...world.identity import SignedIn
from ..house.house import House

if TYPE_CHECKING:
    import pyarrow as pa

    from ...methods.privacy.columns.identify import ColumnProposal
    from ...methods.privacy.hierarchy import Hierarchy
    from ...methods.privacy.lattice_view import View
    from ...methods.privacy.models import Population
    from ...methods.privacy.policy.plan import Plan
    from ...methods.privacy.values import Codes

MOST_KEPT, MOST_OF_ONE = 12, 3
"""Looks that are ready at a time at one site, and of one person there."""
KEPT_S, IDLE_S = 1800.0, 180.0
"""How long a look that nobody moves is kept, and how long when somebody else waits for its place."""


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """The beginning of a table after the steps of one policy's columns, counted."""

    made: Plan
    after: pa.Table
    hierarchies: tuple[Hierarchy, ...]
    population: Population | None
    hidden: frozenset[str]
    """Columns whose values are shown to nobody."""


@dataclass(slots=True)
class Held:
    """What is ready in memory for one person."""

    actor: str
    dataset: str
    used_at: float
    before: pa.Table
    whole: bool
    """Whether `before` holds all rows of the table."""
    found: tuple[ColumnProposal, ...]
    """What the columns look like."""
    planned: Planned
    view: View
    tuple_of_row: Codes
    crowd: pa.Table | None = None
    """The table of the population, or its beginning."""
    crowd_rows: int = 0
    """How many rows all of the population has."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: tuple[Any, ...] = ()
    shown: bool = False
    """Whether rows were shown: that is recorded once."""


class Kept:
    """All that is ready, bounded in number and time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._held: OrderedDict[str, Held] = OrderedDict()

    def check_room(self, actor: str) -> None:
        """Before a table is read for it: raises Unavailable, saying when, where nothing may make room."""
        with self._lock:
            self._clear()
            self._leaving(actor)

    def add(self, token: str, held: Held) -> None:
        """Raises Unavailable as `check_room` does."""
        with self._lock:
            self._clear()
            while (leaving := self._leaving(held.actor)) is not None:
                del self._held[leaving]
            held.used_at = self._clock()
            self._held[token] = held

    def _leaving(self, actor: str) -> str | None:
        """The look that makes room for one more of `actor`; none where there is room. The oldest come first."""
        of = Counter(held.actor for held in self._held.values())
        if of[actor] >= MOST_OF_ONE:
            return self._oldest_of(actor)
        if len(self._held) < MOST_KEPT:
            return None
        most, count = of.most_common(1)[0]
        if count > of[actor] + 1:
            return self._oldest_of(most)
        unmoved = {token: self._clock() - held.used_at for token, held in self._held.items()}
        token = next(iter(self._held))
        if unmoved[token] >= IDLE_S:
            return token
        if of[actor]:
            return self._oldest_of(actor)
        raise Unavailable(
            "preview.full",
            say("Others are looking at {count} previews just now; there is no memory for more.", count=len(self._held)),
            say("Try again in {minutes} minutes, or when somebody leaves the page; what you have entered stays.", minutes=math.ceil((IDLE_S - unmoved[token]) / 60)),
        )  # fmt: skip

    def _oldest_of(self, actor: str) -> str:
        return next(token for token, held in self._held.items() if held.actor == actor)

    def find(self, who: SignedIn, token: str) -> Held:
        """Raises Missing where it is gone, or another's."""
        with self._lock:
            self._clear()
            held = self._held.get(token)
            if held is None or held.actor != who.actor.id:
                raise Missing(
                    "preview.missing", say("This preview is no longer ready."), say("Show it anew.")
                )
            held.used_at = self._clock()
            self._held.move_to_end(token)
            return held

    def drop(self, token: str) -> None:
        with self._lock:
            self._held.pop(token, None)

    def _clear(self) -> None:
        for token in [t for t, held in self._held.items() if self._clock() - held.used_at > KEPT_S]:
            del self._held[token]

    def __len__(self) -> int:
        return len(self._held)


_of_site: dict[str, Kept] = {}
_lock = threading.Lock()


def kept(house: House) -> Kept:
    """What this process has ready for a site."""
    with _lock:
        return _of_site.setdefault(house.facts.id, Kept())
