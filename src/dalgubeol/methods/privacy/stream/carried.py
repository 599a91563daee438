"""A policy carried out on a table that is read in batches, small or large.

What a whole table would give (`plan`, `anonymity`, `risk`), this gives too, in the same order of rows; a test
holds the two against each other, policy by policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from ....language import say
from ..anonymity import Optimum
from ..columns.identify import ColumnProposal
from ..delivery.applying import labelled_by
from ..delivery.recipe import recipe_from
from ..hierarchy import Hierarchy
from ..local import FREE, Recoding, recode
from ..measure.risk import Risk
from ..models import Model, Population, population_of
from ..policy import plan as plans
from ..policy.plan import DIRECT, Plan
from ..policy.policy import Policy
from ..policy.policy_models import both, measure_of, models_of
from ..policy.private_counts import answered
from ..values import column_of, flat
from . import crowd
from .classes import LabelledColumn, Mask, classes_of, labelled, persons_below_k, risk_of
from .columns import EncodedColumn
from .crowd import counted_population
from .optimum import as_table, optimum
from .stages import Begun, Read, Tell, begun_with
from .survey import Survey


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """What was found, and the batches that go out, which may be taken once."""

    plan: Plan
    proposals: tuple[ColumnProposal, ...]
    hierarchies: tuple[Hierarchy, ...]
    best: Optimum
    finer: Recoding | None
    """What local recoding found, if it was asked for."""
    before: Risk
    after: Risk
    changed: Mapping[str, list[int]]
    """For every step of a column how many cells it changed."""
    persons_below_k: int | None
    mapping: Callable[[], pa.Table] = field(repr=False)
    """Who is behind the tokens of the rows that are kept (`mapping.SCHEMA`)."""
    batches: Iterator[pa.RecordBatch] = field(repr=False)
    counts: Callable[[Callable[[], None]], tuple[pa.Table, dict[str, object]]] = field(repr=False)
    """The policy's private counts with their papers: asked once, for each time spends the budget. What is given to it
    is called before noise is drawn."""


def carried_out(
    policy: Policy,
    read: Read,
    key: Callable[[], bytes],
    *,
    population: Read | None = None,
    trusted: Sequence[str | None] = (),
    rows: int | None = None,
    tell: Tell = lambda fraction, stage: None,
) -> Carried:
    """`read` is called two times or more, `population` (who could be in the table) once, if the policy needs it. `key`
    gives the project's key, when all is known to be in order.
    Columns that are `trusted` are no identifiers, whatever they look like. `rows` is how many there are, for `tell`.

    Raises as `plan.plan_of`, `anonymity.optimum` and `tokens.pseudonyms` do, and `RuntimeError` if a class of
    too few persons would go out, which would be an error of this program.
    """
    if population is None:
        models_of(policy)  # raises where one is needed
    begun = begun_with(policy, read, key, trusted=trusted, rows=rows, tell=tell)
    made, surveyed = begun.plan, begun.surveyed
    others = None
    if population is not None and policy.models.needs_population:
        others = counted_population(begun.ready, population(crowd.columns_of(begun.ready)))
    hierarchies = tuple(
        plans.hierarchy_of(policy, column.name, policy.generalisation(column.name), _known(column, others))
        for column in surveyed.quasi
    )
    tell(0.4, say("searching for the best generalisation"))
    found = _found(policy, made, models_of(policy, others), begun.judged, hierarchies)
    best = found.best
    tell(0.6, say("measuring the risk"))
    before = begun.risk_before(1 / best.k)
    labels, kept, persons = found.labels, found.kept, surveyed.persons
    classes = classes_of(labels, persons, kept)
    if len(classes.rows) and classes.smallest < best.k:
        raise RuntimeError("the generalised table has a class of fewer than k persons")
    after = risk_of(classes, persons, kept, threshold=1 / best.k)
    below = None
    if persons is not None:
        below = persons_below_k(classes, persons.of_row[kept], len(persons), best.k)
    going, mapping = begun.going_out(labels, kept, classes, tell=tell)
    return Carried(
        made, begun.proposals, hierarchies, best, found.finer, before, after, begun.changed, below, mapping, going,
        lambda telling: _counted(begun, telling),
    )  # fmt: skip


def _known(column: EncodedColumn, others: Population | None) -> pa.Array | pa.ChunkedArray:
    """The values that a hierarchy must know."""
    return column.distinct if others is None else both(column.distinct, flat(column_of(others.table, column.name)))  # fmt: skip


def _counted(begun: Begun, telling: Callable[[], None]) -> tuple[pa.Table, dict[str, object]]:
    direct = [p.column for p in begun.proposals if p.role == DIRECT]
    return answered(begun.policy, begun.as_it_came, begun.surveyed.rows, direct, begun.key, telling)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What the search came to, and the labels and rows that go out by it."""

    best: Optimum
    finer: Recoding | None
    labels: Sequence[LabelledColumn]
    kept: Mask


def _found(
    policy: Policy, made: Plan, models: Sequence[Model], surveyed: Survey, hierarchies: Sequence[Hierarchy]
) -> _Found:
    at_least, at_most = plans.bounds(made, {h.name: h.height for h in hierarchies})
    measure = measure_of(policy)

    def search(limit: float) -> Optimum:
        return optimum(
            surveyed, hierarchies, models=models, suppression_limit=limit, at_least=at_least, at_most=at_most,
            weights=measure.weights, gs_factor=measure.gs_factor, aggregate=measure.aggregate,
            seconds=policy.search.seconds,
        )  # fmt: skip

    best = search(policy.search.suppression_limit)
    if policy.search.recoding == "global":
        levels = zip(surveyed.quasi, hierarchies, best.levels, strict=True)
        return _Found(best, None, [labelled(c, h, level) for c, h, level in levels], ~best.suppressed)
    free = search(max(FREE, policy.search.suppression_limit))
    person = None if surveyed.persons is None else surveyed.persons.column
    finer = recode(
        as_table(surveyed), hierarchies, best, partial=policy.search.recoding == "local-partial", person=person,
        measure=measure, also_from=[free],
    )  # fmt: skip
    # The labels come from the tree, as those of the next delivery will: what a recipe would do is what is done.
    trees = [
        h.with_missing() if c.has_missing else h for h, c in zip(hierarchies, surveyed.quasi, strict=True)
    ]
    by_tree = labelled_by(recipe_from(_in_table(best), trees, rules=None, splits=finer.splits), trees, surveyed.quasi)  # fmt: skip
    if not np.array_equal(by_tree.out, ~finer.suppressed):
        raise RuntimeError("the tree of a local recoding leaves out other rows than the recoding")
    return _Found(best, finer, by_tree.columns, by_tree.out)


def _in_table(best: Optimum) -> Optimum:
    """Without the models that count in a population, for which no recipe is: the labels do not follow from them."""
    return replace(best, models=tuple(model for model in best.models if population_of(model) is None))
