"""A policy carried out on a table that is read in batches, small or large.

What a whole table would give (`plan`, `anonymity`, `risk`), this gives too, in the same order of rows; a test
holds the two against each other. Not every policy can be carried out so: `whole_because` says what stands
against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from ....language import say
from .. import plan as plans
from ..anonymity import Optimum
from ..hierarchy import Hierarchy
from ..identify import ColumnProposal
from ..models import Model
from ..plan import Plan
from ..policy import Policy
from ..policy_models import measure_of
from ..risk import Risk
from .classes import classes_of, labelled, persons_below_k, risk_of
from .optimum import optimum
from .stages import Read, Tell, begun_with
from .survey import Survey


def whole_because(policy: Policy) -> str | None:
    """Why `policy` needs the whole table in memory; None where it can be streamed."""
    if policy.search.recoding != "global":
        return "local recoding"
    if policy.microaggregate:
        return "columns that are grouped together"
    if policy.counts:
        return "private counts"
    if policy.models.needs_population:
        return "a population"
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """What was found, and the batches that go out, which may be taken once."""

    plan: Plan
    proposals: tuple[ColumnProposal, ...]
    hierarchies: tuple[Hierarchy, ...]
    best: Optimum
    before: Risk
    after: Risk
    changed: Mapping[str, list[int]]
    """For every step of a column how many cells it changed."""
    persons_below_k: int | None
    mapping: Callable[[], pa.Table] = field(repr=False)
    """Who is behind the tokens of the rows that are kept (`mapping.SCHEMA`)."""
    batches: Iterator[pa.RecordBatch] = field(repr=False)


def carried_out(
    policy: Policy,
    read: Read,
    key: Callable[[], bytes],
    *,
    trusted: Sequence[str | None] = (),
    rows: int | None = None,
    tell: Tell = lambda fraction, stage: None,
) -> Carried:
    """`read` is called two times or more. `key` gives the project's key, when all is known to be in order.
    Columns that are `trusted` are no identifiers, whatever they look like. `rows` is how many there are, for `tell`.

    Raises as `plan.plan_of`, `anonymity.optimum` and `tokens.pseudonyms` do, and `RuntimeError` if a class of
    too few persons would go out, which would be an error of this program.
    """
    begun = begun_with(policy, read, key, trusted=trusted, rows=rows, tell=tell)
    made, surveyed = begun.plan, begun.surveyed
    hierarchies = tuple(
        plans.hierarchy_of(policy, column.name, policy.generalisation(column.name), column.distinct)
        for column in surveyed.quasi
    )
    tell(0.4, say("searching for the best generalisation"))
    best = _best(policy, made, begun.asked.models, surveyed, hierarchies)
    tell(0.6, say("measuring the risk"))
    before = begun.risk_before(1 / best.k)
    labels = [
        labelled(c, h, level) for c, h, level in zip(surveyed.quasi, hierarchies, best.levels, strict=True)
    ]
    kept, persons = ~best.suppressed, surveyed.persons
    classes = classes_of(labels, persons, kept)
    if len(classes.rows) and classes.smallest < best.k:
        raise RuntimeError("the generalised table has a class of fewer than k persons")
    after = risk_of(classes, persons, kept, threshold=1 / best.k)
    below = None
    if persons is not None:
        below = persons_below_k(classes, persons.of_row[kept], len(persons), best.k)
    going, mapping = begun.going_out(labels, kept, classes, tell=tell)
    return Carried(
        made, begun.proposals, hierarchies, best, before, after, begun.changed, below, mapping, going
    )  # fmt: skip


def _best(
    policy: Policy, made: Plan, models: Sequence[Model], surveyed: Survey, hierarchies: Sequence[Hierarchy]
) -> Optimum:
    at_least, at_most = plans.bounds(made, {h.name: h.height for h in hierarchies})
    measure = measure_of(policy)
    return optimum(
        surveyed, hierarchies, models=models, suppression_limit=policy.search.suppression_limit, at_least=at_least,
        at_most=at_most, weights=measure.weights, gs_factor=measure.gs_factor, aggregate=measure.aggregate,
        seconds=policy.search.seconds,
    )  # fmt: skip
