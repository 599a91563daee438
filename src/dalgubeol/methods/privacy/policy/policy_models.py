"""The models and the measure of a policy, as the search takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ....errors import Invalid
from ....language import say
from ..hierarchy import from_csv
from ..models import (
    AverageRisk,
    Closeness,
    DeltaPresence,
    DistinctDiversity,
    EntropyDiversity,
    KAnonymity,
    KMap,
    Model,
    Population,
    RecursiveDiversity,
    StrictRisk,
)
from ..search import Measure
from ..steps.rows import Rows
from ..values import column_of, distinct_texts, flat
from .policy import Closeness as ClosenessAsked
from .policy import Diversity, Policy

if TYPE_CHECKING:
    from .plan import Plan, Prepared


def models_of(policy: Policy, population: Population | None = None) -> tuple[Model, ...]:
    """All that must hold. Raises `Invalid` where a population is needed and there is none."""
    asked, inside = policy.models, models_in_table(policy)
    if not asked.needs_population:
        return inside
    if population is None:
        raise Invalid.field(
            "population",
            expected=say("a table of the population, for k_map and presence"),
            got=say("none"),
            next_step=say(
                "Name the Dataset with --population, or take k_map and presence out of the policy."
            ),
        )
    made: list[Model] = []
    if asked.k_map is not None:
        made.append(KMap(asked.k_map, population))
    if asked.presence is not None:
        made.append(DeltaPresence(asked.presence.lowest, asked.presence.highest, population))
    return (inside[0], *made, *inside[1:])


def models_in_table(policy: Policy) -> tuple[Model, ...]:
    """Those that count in the table itself, k-anonymity first."""
    asked = policy.models
    made: list[Model] = [KAnonymity(asked.k)]
    if asked.strict_risk is not None:
        made.append(StrictRisk(asked.strict_risk))
    if asked.average_risk is not None:
        made.append(AverageRisk(asked.average_risk))
    made += [_diversity(each) for each in asked.diversity]
    made += [_closeness(policy, each) for each in asked.closeness]
    return tuple(made)


def population_of(ready: Prepared, table: pa.Table) -> Population:
    """The population as the search counts it: the quasi-identifiers after the steps that the data went through.

    Raises `Invalid` where a column is not there, or where a step draws for each person: the data and the population
    would be drawn apart.
    """
    check_steps(ready)
    policy = ready.plan.policy
    columns = {column: in_population(ready, table, column) for column in ready.plan.quasi}
    if policy.models.population_count is not None:
        columns[policy.models.population_count] = column_of(table, policy.models.population_count)
    return Population(pa.table(columns), policy.models.population_count)


def check_steps(ready: Prepared) -> None:
    """Raises `Invalid` where a step cannot be made in a population, too."""
    policy = ready.plan.policy
    together = {column for each in policy.microaggregate for column in each.columns}
    for column in ready.plan.quasi:
        other = [s.do for s in policy.steps(column) if s.do not in ("age", "top", "bottom") and not (s.do == "round" and not s.random)]  # fmt: skip
        for step in [*other, *(["microaggregate"] if column in together else [])]:
            raise Invalid(
                "invalid.population.step",
                say("Step '{step}' of column {column} cannot be made in a population, too.", step=step, column=column),
                say("Take the step away, or k_map and presence."),
            )  # fmt: skip


def in_population(ready: Prepared, table: pa.Table, column: str) -> pa.Array:
    """A quasi-identifier of the population after the steps that the data went through."""
    values = flat(column_of(table, column), column)
    for fitted in ready.steps.get(column, ()):
        values = fitted.applied(values, Rows(0, table.num_rows))
    return values


def with_values(plan: Plan, table: pa.Table, population: Population | None) -> pa.Table:
    """The quasi-identifiers of the data and of the population, which hierarchies must know, too."""
    if population is None:
        return table
    return pa.table({
        column: both(flat(column_of(table, column), column), flat(column_of(population.table, column), column))
        for column in plan.quasi
    })  # fmt: skip


def both(mine: pa.Array, theirs: pa.Array) -> pa.ChunkedArray:
    """The values of the data and of the population; as texts where they are of other types."""
    if mine.type != theirs.type:
        mine, theirs = (pa.array(np.array(distinct_texts(v)[0], object)[distinct_texts(v)[1]], pa.string()) for v in (mine, theirs))  # fmt: skip
    return pa.chunked_array([mine, theirs])


def measure_of(policy: Policy) -> Measure:
    return Measure(policy.search.aggregate, policy.search.gs_factor, dict(policy.search.weights))


def _diversity(asked: Diversity) -> Model:
    if asked.kind == "entropy":
        return EntropyDiversity(asked.column, asked.l)
    if asked.kind == "recursive":
        return RecursiveDiversity(asked.column, asked.c or 1.0, int(asked.l))
    return DistinctDiversity(asked.column, int(asked.l))


def _closeness(policy: Policy, asked: ClosenessAsked) -> Model:
    if asked.hierarchy is None:
        return Closeness(asked.column, asked.t, asked.distance)
    given = policy.hierarchies[asked.hierarchy]
    tree = from_csv(asked.column, given.csv.split("\n"), given.delimiter)
    return Closeness(asked.column, asked.t, asked.distance, tree)
