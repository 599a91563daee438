"""Pseudonymising a table that is held whole: the plain way, against which the streamed one is held."""

from __future__ import annotations

from typing import Any, NamedTuple

import pyarrow as pa

from dalgubeol.kinds import pseudonymise_again, recipe_archive
from dalgubeol.kinds.pseudonymise_look import check_published
from dalgubeol.kinds.pseudonymise_papers import papers_of
from dalgubeol.methods.privacy.anonymity import Optimum
from dalgubeol.methods.privacy.delivery.again import Decided
from dalgubeol.methods.privacy.delivery.given import Given
from dalgubeol.methods.privacy.delivery.recipe import Recipe
from dalgubeol.methods.privacy.hierarchy import Hierarchy
from dalgubeol.methods.privacy.local import Recoding
from dalgubeol.methods.privacy.policy.plan import Plan, Prepared
from dalgubeol.methods.privacy.policy.policy import Policy

Work = Any


def as_a_whole(work: Work, policy: Policy, linking: str | None) -> None:
    """As `Pseudonymise.execute`, but for private counts."""
    from dalgubeol.methods.privacy.columns import identify
    from dalgubeol.methods.privacy.measure import risk
    from dalgubeol.methods.privacy.policy import plan

    table = work.table("data")
    proposals = [p for p in identify.propose_roles(table) if p.column != linking]
    made = plan.plan_of(policy, table.column_names, proposals)
    key = work.project_key(policy.project)
    ready = plan.prepared(made, table, key)
    changed_table, changed = plan.applied(ready, table)
    found = _generalised(work, ready, plan.with_fixed_levels(made, changed_table))
    coarse, k = found.table, found.best.k
    before, after = (
        risk.reidentification_risk(each, list(made.quasi), person=made.person, threshold=1 / k)
        for each in (table, coarse)
    )
    result = plan.published(made, coarse, key)
    check_published(result, made, linking)
    _keep_mapping(work, made, coarse, key)
    about = papers_of(
        policy, made, proposals, found.best, found.finer, found.hierarchies, before, after, changed,
        _rarer_than_k(made, coarse, k), work.basis, work.key_edition,
    )  # fmt: skip
    with recipe_archive.kept(work, made, found.best, found.hierarchies, found.finer) as remembered:
        work.write_table("pseudonymised", remembered(result.to_batches()), about)


class _Generalised(NamedTuple):
    """What the search found, and the table by it. `finer`: the local recoding, if one was asked for."""

    best: Optimum
    finer: Recoding | None
    hierarchies: list[Hierarchy]
    table: pa.Table


def _generalised(work: Work, ready: Prepared, table: pa.Table) -> _Generalised:
    """`table` is the data after its steps."""
    from dalgubeol.methods.privacy import anonymity, local
    from dalgubeol.methods.privacy.policy import plan, policy_models

    made, person = ready.plan, ready.plan.person
    policy = made.policy
    others = None
    if work.has("population"):
        others = policy_models.population_of(ready, work.table("population"))
    hierarchies = plan.hierarchies(made, policy_models.with_values(made, table, others))
    at_least, at_most = plan.bounds(made, {h.name: h.height for h in hierarchies})
    asked, measure = policy_models.models_of(policy, others), policy_models.measure_of(policy)

    def search(limit: float) -> Optimum:
        return anonymity.optimum(
            table, hierarchies, models=asked, suppression_limit=limit, person=person, at_least=at_least,
            at_most=at_most, weights=measure.weights, gs_factor=measure.gs_factor, aggregate=measure.aggregate,
            seconds=policy.search.seconds,
        )  # fmt: skip

    best = search(policy.search.suppression_limit)
    if policy.search.recoding == "global":
        coarse = anonymity.generalise(table, hierarchies, best, person=person)
        return _Generalised(best, None, hierarchies, coarse)
    finer = local.recode(
        table, hierarchies, best, partial=policy.search.recoding == "local-partial", person=person,
        measure=measure, also_from=[search(max(local.FREE, policy.search.suppression_limit))],
    )  # fmt: skip
    return _Generalised(best, finer, hierarchies, local.recoded(table, hierarchies, finer, person=person))


def _keep_mapping(work: Work, made: Plan, coarse: pa.Table, key: bytes) -> None:
    from dalgubeol.methods.privacy.mapping import mapping_of

    if work.keeps_mapping:
        policy = made.policy
        people = [c for c in made.published if (step := policy.pseudonym(c)) and not step.per_row]
        work.keep_mapping(mapping_of(coarse, people, key, policy.project))


def _rarer_than_k(made: Plan, coarse: pa.Table, k: int) -> int | None:
    from dalgubeol.methods.privacy.anonymity import persons_below_k

    return None if made.person is None else persons_below_k(coarse, list(made.quasi), made.person, k)


def again_as_a_whole(
    work: Work, policy: Policy, recipe: Recipe, given: Given, linking: str | None
) -> Decided:
    """As `pseudonymise_again` makes the next delivery."""
    from dalgubeol.methods.privacy import tokens
    from dalgubeol.methods.privacy.columns import identify
    from dalgubeol.methods.privacy.delivery import again
    from dalgubeol.methods.privacy.mapping import mapping_of
    from dalgubeol.methods.privacy.measure import risk
    from dalgubeol.methods.privacy.models import least_persons
    from dalgubeol.methods.privacy.policy import plan

    table = work.table("data")
    proposals = [p for p in identify.propose_roles(table) if p.column != linking]
    made = plan.plan_of(policy, table.column_names, proposals)
    key = work.project_key(policy.project)
    ready = plan.prepared(made, table, key)
    changed_table, changed = plan.applied(ready, table)
    changed_table = plan.with_fixed_levels(made, changed_table)
    person = made.person
    applied = again.apply(
        recipe, changed_table,
        lambda name, values: plan.hierarchy_of(policy, name, policy.generalisation(name), values, unknown=recipe.unknown),
        given,
        persons=None if person is None else lambda batch: tokens.pseudonyms(batch[person], key, policy.project, person),
        suppression_limit=work.parameters.suppression_limit, records=work.parameters.records,
    )  # fmt: skip
    coarse = applied.table()
    result = plan.published(made, coarse, key)
    if work.keeps_mapping:
        people = [c for c in made.published if (step := policy.pseudonym(c)) and not step.per_row]
        work.keep_mapping(mapping_of(coarse, people, key, policy.project))
    check_published(result, made, linking)
    threshold, quasi = 1 / least_persons(recipe.models), list(made.quasi)
    before = risk.reidentification_risk(table, quasi, person=person, threshold=threshold)
    after = risk.reidentification_risk(coarse, quasi, person=person, threshold=threshold)
    about = pseudonymise_again._papers(work, made, recipe, applied.decided, before, after, changed)
    work.write_table("pseudonymised", result, about)
    return applied.decided


def masked_as_a_whole(work: Work, policy: Policy) -> None:
    """As `pseudonymise_masked` masks texts alone."""
    from dalgubeol.kinds import pseudonymise_masked
    from dalgubeol.methods.privacy.columns import identify
    from dalgubeol.methods.privacy.policy import masked_only, plan
    from dalgubeol.methods.privacy.stream.masked import Masked

    table = work.table("data")
    known = masked_only.numbering(table)
    masked_only.check(policy, known)
    proposals = plan.proposed(identify.propose_roles(table), known)
    made = plan.plan_of(policy, table.column_names, proposals)
    key = work.project_key(policy.project)
    changed_table, changed = plan.applied(plan.prepared(made, table, key), table)
    changed_table = plan.with_fixed_levels(made, changed_table)
    numbers = tuple(c for c in known if c in made.published)
    result = changed_table.select(list(made.published)) if numbers else plan.published(made, changed_table, key)  # fmt: skip
    check_published(result.drop_columns(list(numbers)), made)
    done = Masked(made, proposals, table.num_rows, changed, numbers, iter(()))
    work.write_table("pseudonymised", result, pseudonymise_masked._papers(work, policy, done))
