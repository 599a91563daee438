"""The looks at policies that this process has ready, a few at a time: each for one person and one table.

A look is gone when its page is left, or when nobody has moved anything for a while; where there are too many, the
one that was longest not used makes room.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import Missing
from ..language import say
from ..world.identity import SignedIn
from .house import House

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.privacy.hierarchy import Hierarchy
    from ..methods.privacy.identify import ColumnProposal
    from ..methods.privacy.lattice_view import View
    from ..methods.privacy.models import Population
    from ..methods.privacy.plan import Plan
    from ..methods.privacy.values import Codes

MOST_KEPT = 8
"""Looks that are ready at a time at one site."""
KEPT_S = 1800.0


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
    """The table of the population."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: tuple[Any, ...] = ()
    shown: bool = False
    """Whether rows were shown: that is recorded once."""


class Kept:
    """All that is ready, bounded in number and time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._held: OrderedDict[str, Held] = OrderedDict()

    def add(self, token: str, held: Held) -> None:
        with self._lock:
            held.used_at = self._clock()
            self._held[token] = held
            while len(self._held) > MOST_KEPT:
                self._held.popitem(last=False)
            self._clear()

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
