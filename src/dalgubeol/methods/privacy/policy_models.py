"""The models and the measure of a policy, as the search takes them."""

from __future__ import annotations

from ...errors import Invalid
from ...language import say
from .hierarchy import from_csv
from .models import (
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
from .policy import Closeness as ClosenessAsked
from .policy import Diversity, Policy
from .search import Measure


def models_of(policy: Policy, population: Population | None = None) -> tuple[Model, ...]:
    """All that must hold. Raises `Invalid` where a population is needed and there is none."""
    asked = policy.models
    made: list[Model] = [KAnonymity(asked.k)]
    if asked.needs_population and population is None:
        raise Invalid.field(
            "population",
            expected=say("a table of the population, for k_map and presence"),
            got=say("none"),
            next_step=say(
                "Name the Dataset with --population, or take k_map and presence out of the policy."
            ),
        )
    if population is not None and asked.k_map is not None:
        made.append(KMap(asked.k_map, population))
    if population is not None and asked.presence is not None:
        made.append(DeltaPresence(asked.presence.lowest, asked.presence.highest, population))
    if asked.strict_risk is not None:
        made.append(StrictRisk(asked.strict_risk))
    if asked.average_risk is not None:
        made.append(AverageRisk(asked.average_risk))
    made += [_diversity(each) for each in asked.diversity]
    made += [_closeness(policy, each) for each in asked.closeness]
    return tuple(made)


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
