"""The next delivery of a table by a recipe, read in batches, small or large.

As `carried`, but nothing is searched: the labels are the recipe's, and which rows go out is decided against all
that went out before (`deliveries`). What a whole table would give, this gives too; a test holds the two against
each other.

Memory grows with the rows by their codes, with the persons by their values and pseudonyms, and with what went
out before by a few numbers for each distinct (labels, sensitive values, person, delivery).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from ....language import say
from ..delivery.again import Decided, decided
from ..delivery.deliveries import Records
from ..delivery.given import Given
from ..delivery.question import People
from ..delivery.recipe import Recipe
from ..measure.risk import Risk
from ..models import least_persons
from ..policy import plan as plans
from ..policy.plan import Plan
from ..policy.policy import Policy
from ..tokens import token_digests, token_texts
from .classes import classes_of, risk_of
from .stages import Begun, Read, Tell, begun_with


@dataclass(frozen=True, slots=True, eq=False)
class Delivered:
    """What was decided, and the batches that go out, which may be taken once."""

    plan: Plan
    decided: Decided
    before: Risk
    after: Risk
    changed: Mapping[str, list[int]]
    """For every step of a column how many cells it changed."""
    mapping: Callable[[], pa.Table] = field(repr=False)
    """Who is behind the tokens of the rows that are kept (`mapping.SCHEMA`)."""
    batches: Iterator[pa.RecordBatch] = field(repr=False)


def delivered(
    policy: Policy,
    recipe: Recipe,
    given: Given,
    read: Read,
    key: Callable[[], bytes],
    *,
    suppression_limit: float | None = None,
    records: Records = "states",
    trusted: Sequence[str | None] = (),
    rows: int | None = None,
    tell: Tell = lambda fraction, stage: None,
) -> Delivered:
    """`read`, `key`, `trusted`, `rows` and `tell` as `carried.carried_out` takes them.

    Raises as `plan.plan_of`, `again.decided` and `tokens.pseudonyms` do, and `RuntimeError` if a class of too few
    persons would go out, which would be an error of this program.
    """
    begun = begun_with(policy, read, key, trusted=trusted, rows=rows, tell=tell)
    surveyed = begun.surveyed
    columns = {column.name: column for column in surveyed.quasi} | dict(begun.judged.others)
    found = decided(
        recipe, columns,
        lambda name, values: plans.hierarchy_of(policy, name, policy.generalisation(name), values, unknown=recipe.unknown),
        given, people=_people(begun), suppression_limit=suppression_limit,
        records=records, on_progress=lambda share, stage: tell(0.4 + 0.2 * share, stage),
    )  # fmt: skip
    tell(0.6, say("measuring the risk"))
    k = least_persons(recipe.models)
    before = begun.risk_before(1 / k)
    classes = classes_of(found.labels, surveyed.persons, found.kept)
    if classes.smallest < k:
        raise RuntimeError("the delivery has a class of fewer than k persons")
    after = risk_of(classes, surveyed.persons, found.kept, threshold=1 / k)
    going, mapping = begun.going_out(found.labels, found.kept, classes, tell=tell)
    return Delivered(begun.plan, found, before, after, begun.changed, mapping, going)


def _people(begun: Begun) -> People | None:
    """The persons by their pseudonyms: a hash for each person, not for each row."""
    persons = begun.surveyed.persons
    if persons is None:
        return None
    digests = token_digests(
        persons.texts, begun.key, begun.policy.project, persons.column, integers=persons.whole_numbers
    )
    return People(token_texts(digests), persons.of_row)
