"""What local recoding would add, before it is run: the same rows with one level for all, and made finer in both ways.

It takes seconds, so it is looked at when somebody asks, on the rows of a prepared look (`previews`). Where these are
too many for the time, it is done on some of the persons, the three ways on the same ones, and says so: with fewer
persons all classes are coarser, so what is lost is more than the Run would lose, in each of the ways.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...errors import Conflict, Invalid
from ...language import say
from ...world.identity import SignedIn
from ..house.house import House
from . import previews, proposals
from .looks import Held, Planned, kept
from .previews import SampleRow, Stop

if TYPE_CHECKING:
    import pyarrow as pa

    from ...methods.privacy.anonymity import Optimum
    from ...methods.privacy.hierarchy import Hierarchy
    from ...methods.privacy.policy.policy import Policy

SECONDS = 12.0
"""After so long what is too much is tried on fewer persons."""
SAMPLE_ROWS = 4_000
_FREE = 0.1  # as the Run does: a start that suppresses more may end lower
WAYS = ("global", "local", "local-partial")


@dataclass(frozen=True, slots=True)
class Way:
    """One recoding. Shares are in 0..1; `loss` is the measure of the search, by which the Run chooses."""

    recoding: str
    loss: float
    mean: float
    """The mean risk of a person."""
    classes: int
    smallest: int
    """Persons in the smallest class."""
    suppressed_share: float


@dataclass(frozen=True, slots=True)
class Finer:
    """The ways side by side. `rows` of `of_rows` were looked at; `samples` has for each way the same rows."""

    ways: tuple[Way, ...]
    rows: int
    of_rows: int
    columns: tuple[str, ...]
    samples: Mapping[str, tuple[SampleRow, ...]]

    @property
    def sampled(self) -> bool:
        return self.rows < self.of_rows


class _Late(Exception):
    """It takes too long, or nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class _Clock:
    """When it is enough: at `ends` by the monotonic clock, or when `stop` says so."""

    ends: float
    stop: Stop | None

    def now(self) -> float:
        return math.inf if self.stop is not None and self.stop() else time.monotonic()

    def check(self, *_: object) -> None:
        if self.now() >= self.ends:
            raise _Late


def compare(
    house: House, who: SignedIn, token: str, plain: Mapping[str, Any], stop: Stop | None = None
) -> Finer:
    """The three ways on the rows of a look. Raises as `previews.at` does; Invalid where the models cannot be kept by
    local recoding or nothing is allowed, Conflict where it was stopped."""
    from ...methods.privacy.policy import policy_text

    policy = policy_text.built(plain)
    held = kept(house).find(who, token)
    proposals.allowed(house, who, held.dataset)
    previews.show_rows(house, who, held)
    with held.lock:
        planned, view = held.planned, held.view
    rows = range(planned.after.num_rows)
    for places in (rows, _some(planned, SAMPLE_ROWS)):
        clock = _Clock(time.monotonic() + SECONDS, stop)
        try:
            return _compared(held, planned, view.hierarchies, policy, places, clock)
        except _Late:
            pass
        except Invalid as error:
            if error.code != "invalid.seconds":
                raise
        if stop is not None and stop():
            break
    raise Conflict("preview.stopped", say("It takes too long, even on some of the rows."), say("Compare again later, or leave it to the Run."))  # fmt: skip


def _some(planned: Planned, most: int) -> Sequence[int]:
    """The rows of as many persons as have about so many rows; in any order of persons but that of the table."""
    import numpy as np

    from ...methods.privacy.anonymity import person_codes

    table, person = planned.after, planned.made.person
    people = np.arange(table.num_rows) if person is None else person_codes(table, person)
    order = np.random.default_rng(0).permutation(int(people.max(initial=-1)) + 1)
    share = min(1.0, most / max(table.num_rows, 1))
    chosen: Sequence[int] = np.flatnonzero(order[people] < share * len(order)).tolist()
    return chosen


def _compared(held: Held, planned: Planned, known: Sequence[Hierarchy], policy: Policy, rows: Sequence[int], clock: _Clock) -> Finer:  # fmt: skip
    from ...methods.privacy import anonymity, local
    from ...methods.privacy.policy import plan, policy_models

    every, made, person = planned.after.num_rows, planned.made, planned.made.person
    table = planned.after if len(rows) == every else planned.after.take(list(rows))
    hierarchies, models = planned.hierarchies, policy_models.models_of(policy, planned.population)
    measure = policy_models.measure_of(policy)
    least, most = plan.bounds(replace(made, policy=policy), {h.name: h.height for h in known})

    def search(limit: float) -> Optimum:
        clock.check()
        return anonymity.optimum(
            table, hierarchies, models=models, suppression_limit=limit, person=person, at_least=least, at_most=most,
            weights=measure.weights, gs_factor=measure.gs_factor, aggregate=measure.aggregate,
            seconds=max(clock.ends - time.monotonic(), 0.01), clock=clock.now,
        )  # fmt: skip

    best = search(policy.search.suppression_limit)
    coarse = anonymity.generalise(table, hierarchies, best, person=person)
    ways = [_way("global", coarse, best.score, best.suppressed_rows, table.num_rows, made.quasi, person)]
    free = search(max(_FREE, policy.search.suppression_limit))
    places = previews.spread(table.num_rows)
    at = [rows[place] for place in places]
    old = previews.shown_before(held, planned, at)

    def sampled(levels: Sequence[tuple[int, ...]], lost: Sequence[bool]) -> tuple[SampleRow, ...]:
        return previews.rows_of(old, previews.shown_after(planned, known, levels, at), lost)

    samples = {"global": sampled([best.levels] * len(at), best.suppressed[places].tolist())}
    for recoding in WAYS[1:]:
        clock.check()
        found = local.recode(
            table, hierarchies, best, partial=recoding == "local-partial", person=person, measure=measure,
            also_from=[free], on_progress=clock.check,
        )  # fmt: skip
        finer = local.recoded(table, hierarchies, found, person=person)
        ways.append(_way(recoding, finer, found.loss, found.suppressed_rows, table.num_rows, made.quasi, person))  # fmt: skip
        levels = [tuple(found.levels[tuple_].tolist()) for tuple_ in found.tuple_of_row[places]]
        samples[recoding] = sampled(levels, found.suppressed[places].tolist())
    return Finer(tuple(ways), table.num_rows, every, made.published, samples)


def _way(
    recoding: str, table: pa.Table, loss: float, gone: int, rows: int, quasi: Sequence[str], person: str | None
) -> Way:  # fmt: skip
    from ...methods.privacy.anonymity import equivalence_classes
    from ...methods.privacy.measure.risk import reidentification_risk

    classes = equivalence_classes(table, quasi, person)
    mean = reidentification_risk(table, quasi, person=person).prosecutor_mean_of_persons
    return Way(recoding, loss, mean, len(classes.persons), classes.smallest, gone / max(rows, 1))
