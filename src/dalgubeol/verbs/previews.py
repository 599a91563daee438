"""What a policy would do to a table, while its levels are being moved: looked at again and again, read once.

A look is prepared for one person, one table and the columns of one policy, and kept in memory: a few at a time,
gone when its page is left, or when nobody has moved anything for a while. It stands on the first rows of the table
(as `proposals` reads them), so it shows a clerk where to go; the Run counts all rows, and proves.

That somebody began to look is a Record, and that rows were shown another; moving a level is none. What comes back
holds names, counts and shares, no value, but for `sample` and `values`. Those go to who may pseudonymise the table,
and so read it; nothing of them is kept or logged.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..digest import fresh_id
from ..errors import Missing
from ..language import say
from ..world.identity import SignedIn
from . import proposals
from .house import House

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.privacy.lattice_view import Node, View
    from ..methods.privacy.plan import Plan
    from ..methods.privacy.policy import Policy
    from ..methods.privacy.search import Levels

_T = TypeVar("_T")
MOST_KEPT = 8
"""Looks that are ready at a time at one site; the one that was longest not used makes room."""
KEPT_S = 1800.0
BEST_S = 10.0
"""How long the best is looked for: what somebody waits for at a screen."""
SAMPLE = 10
MOST_VALUES = 300


@dataclass(frozen=True, slots=True)
class Quasi:
    """A column that becomes coarser: how far, and how many labels are left at each level."""

    column: str
    widths: tuple[int, ...]

    @property
    def height(self) -> int:
        return len(self.widths) - 1


@dataclass(frozen=True, slots=True)
class Ready:
    """A prepared look. `token` names it for the person who asked; `raw` is the table as it is."""

    token: str
    quasi: tuple[Quasi, ...]
    rows: int
    whole: bool
    """Whether these are all rows of the table."""
    raw: Node


@dataclass(frozen=True, slots=True)
class Picture:
    """The nodes around where somebody stands, and which are one step apart."""

    nodes: tuple[Node, ...]
    lines: tuple[tuple[int, int], ...]
    all: bool


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row before and after; None is masked, `after` is None where the row is left out."""

    before: tuple[str | None, ...]
    after: tuple[str | None, ...] | None


@dataclass(slots=True)
class Held:
    """What is ready in memory for one person."""

    actor: str
    dataset: str
    used_at: float
    before: pa.Table
    after: pa.Table
    made: Plan
    view: View
    hidden: frozenset[str]
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


def begin(house: House, who: SignedIn, name: str, plain: Mapping[str, Any]) -> Ready:
    """Read the beginning of a table and make it ready for looks at a policy, given as plain values. Raises as
    `proposals.proposals` does, and Invalid or Refused for a policy that does not fit."""
    from ..methods.privacy import plan, policy_text
    from ..methods.privacy.anonymity import check_persons, person_codes

    policy = policy_text.built(plain)
    dataset, table = proposals.beginning(house, who, name, "preview")
    found = proposals.recognised(dataset, table)
    made = plan.plan_of(policy, dataset.column_names, found)
    ready = plan.prepared(made, table, os.urandom(32))  # tokens and noise of this look are nobody's
    after, _ = plan.applied(ready, table)
    people = None if made.person is None else person_codes(after, made.person)
    models = _models(policy)
    check_persons(models, table.num_rows if people is None else int(people.max(initial=-1)) + 1)
    view = _counted(made, after)
    hidden = frozenset([*made.deleted, *made.removed, *([made.person] if made.person else [])])
    token = fresh_id("preview")
    held = Held(who.actor.id, dataset.id, 0.0, table, after, made, view, hidden)
    kept(house).add(token, held)
    quasi = tuple(
        Quasi(h.name, tuple(h.width(level) for level in range(h.height + 1))) for h in view.hierarchies
    )
    return Ready(token, quasi, table.num_rows, table.num_rows == dataset.rows, view.raw())


def at(house: House, who: SignedIn, token: str, plain: Mapping[str, Any], levels: Sequence[int]) -> Node:
    """One node under the models of a policy. Raises Missing where the look is gone, Refused where the person may
    no longer pseudonymise the table, Invalid for models or levels that cannot be."""
    return _with(house, who, token, plain, lambda view: view.at(levels))


def best(house: House, who: SignedIn, token: str, plain: Mapping[str, Any]) -> Levels:
    """The levels of least loss that the models allow, on these rows. Raises as `at`; Invalid where there are none
    says what the coarsest would cost."""
    return _with(house, who, token, plain, lambda view: view.best(BEST_S))


def picture(
    house: House, who: SignedIn, token: str, plain: Mapping[str, Any], here: Levels, best: Levels | None
) -> Picture:
    """The nodes around `here` and `best`. Raises as `at`."""
    from ..methods.privacy.lattice_view import lines

    def drawn(view: View) -> Picture:
        view.at(here)  # levels that are there
        nodes = view.around(here, best)
        return Picture(tuple(view.at(each) for each in nodes), lines(nodes), len(nodes) == view.problem.nodes)

    return _with(house, who, token, plain, drawn)


def sample(house: House, who: SignedIn, token: str, plain: Mapping[str, Any], levels: Levels) -> tuple[tuple[str, ...], tuple[SampleRow, ...]]:  # fmt: skip
    """The columns that go out, and a few rows spread over the beginning, before and after. Raises as `at`."""
    held = kept(house).find(who, token)
    _with(house, who, token, plain, lambda view: view.at(levels))
    with held.lock:
        first, held.shown = not held.shown, True
    if first:
        proposals.record_look(house, who, proposals.allowed(house, who, held.dataset), "rows")
    with held.lock:
        return _sampled(held, levels)


def values(house: House, who: SignedIn, name: str, column: str) -> tuple[tuple[str, int], ...]:
    """The values of a column in the beginning of a table with how often each occurs, the most frequent first; at most
    `MOST_VALUES` + 1. Raises as `proposals.proposals` does; Invalid where there is no such column."""
    import pyarrow.compute as pc

    from ..methods.privacy.values import column_of, text_of

    _, table = proposals.beginning(house, who, name, "values")
    counted = pc.value_counts(column_of(table, column))
    found = [(text_of(each["values"].as_py()), int(each["counts"].as_py())) for each in counted]
    told = [(text, count) for text, count in found if text is not None]
    return tuple(sorted(told, key=lambda each: (-each[1], each[0]))[: MOST_VALUES + 1])


def _with(house: House, who: SignedIn, token: str, plain: Mapping[str, Any], look: Callable[[View], _T]) -> _T:  # fmt: skip
    from ..methods.privacy import policy_models, policy_text

    held = kept(house).find(who, token)
    proposals.allowed(house, who, held.dataset)  # what was a right may have ended
    policy = policy_text.built(plain)
    asked = (policy.models, policy.search)
    with held.lock:
        if asked != held.asked:
            models, measure = _models(policy), policy_models.measure_of(policy)
            if not held.view.knows(models):
                held.view = _counted(held.made, held.after, models)
            held.view = held.view.under(models, policy.search.suppression_limit, measure)
            held.asked = asked
        return look(held.view)


def _models(policy: Policy) -> tuple[Any, ...]:
    from ..methods.privacy import policy_models

    return policy_models.models_of(policy)


def _counted(made: Plan, after: pa.Table, models: Sequence[Any] = ()) -> View:
    from ..methods.privacy import plan
    from ..methods.privacy.anonymity import person_codes
    from ..methods.privacy.lattice_view import View
    from ..methods.privacy.models import KAnonymity
    from ..methods.privacy.search.from_table import count_table

    people = None if made.person is None else person_codes(after, made.person)
    hierarchies = plan.hierarchies(made, after)
    return View(count_table(after, hierarchies, (*models, KAnonymity(2)), person=people).problem)


def _sampled(held: Held, levels: Levels) -> tuple[tuple[str, ...], tuple[SampleRow, ...]]:
    from ..methods.privacy.values import column_of, text_of

    rows = held.before.num_rows
    places = sorted({i * rows // SAMPLE for i in range(SAMPLE)}) if rows else []
    columns = held.made.published
    hierarchies = {h.name: (h, level) for h, level in zip(held.view.hierarchies, levels, strict=True)}
    lost = held.view.lost(levels, held.after.select(list(hierarchies)).take(places))
    old: list[list[str | None]] = []
    new: list[list[str | None]] = []
    for column in columns:
        if column in held.hidden:
            old.append([None] * len(places))
            new.append([None] * len(places))
            continue
        old.append([text_of(v) or "" for v in column_of(held.before, column).take(places).to_pylist()])
        changed = column_of(held.after, column).take(places)
        if column in hierarchies:
            hierarchy, level = hierarchies[column]
            new.append([hierarchy.labels[level][code] or "" for code in hierarchy.encode(changed)])
        else:
            new.append([text_of(v) or "" for v in changed.to_pylist()])
    before, after = list(zip(*old, strict=True)), list(zip(*new, strict=True))
    return columns, tuple(SampleRow(before[i], None if lost[i] else after[i]) for i in range(len(places)))
