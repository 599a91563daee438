"""`pseudonymise-again`: the next delivery of a table, made as the first one was, and safe beside it.

The recipe that came out of the first Run (`pseudonymise` with `recipe`) says what is done; nothing is searched.
Rows are left out until what went out before and what goes out now show nobody together: not by a class that is
small, not by who is new, who has left or who changed class (methods/privacy/deliveries.py says exactly against
whom, and against whom not; `records` says what a row is). The Run gives the table and the recipe for the delivery
after it.

What a policy fits to the data (a percentile, micro-aggregation) is fitted anew, but never on a quasi-identifier:
its labels mean the same in all deliveries. Private counts are not made again, for each costs its budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..errors import Invalid
from ..language import Message, say
from . import contract, recipe_archive
from .contract import Example, Form, Grant, Lifetime, Output, Port, Sensitivity, Slot, Work
from .linkage_parcels import serial_column
from .pseudonymise_look import looked_at
from .pseudonymise_papers import legal_basis, policy_papers, steps_papers

if TYPE_CHECKING:
    from ..methods.privacy.delivery.again import Decided
    from ..methods.privacy.delivery.given import Given
    from ..methods.privacy.delivery.recipe import Recipe
    from ..methods.privacy.measure.risk import Risk
    from ..methods.privacy.policy.plan import Plan
    from ..methods.privacy.policy.policy import Policy


class PseudonymiseAgain:
    name: ClassVar = "pseudonymise-again"
    summary: ClassVar = say("Pseudonymise the next delivery of a table by the recipe of the first.")
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar = frozenset({Port.VAULT})
    slots: ClassVar = (
        Slot("data", frozenset({Form.TABLE}), "the next delivery of the table of persons"),
        Slot("recipe", frozenset({Form.ARCHIVE}), "the recipe that came out of the last Run"),
    )

    class Parameters(contract.Parameters):
        project: str = Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$",
            description="The project, the same as in the first Run",
        )
        unknown: Literal["refuse", "suppress"] = Field(
            "refuse",
            description="What to do with rows whose values are in no hierarchy: stop, or leave them out",
        )
        suppression_limit: float | None = Field(
            None, ge=0, le=1, description="The largest share of rows that may be left out; without it, the policy's"
        )  # fmt: skip
        records: Literal["states", "events"] = Field(
            "states",
            description="What a row is: how a person stands, which may change from delivery to delivery, or an event such as a claim, which does not",
        )

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (
            Output("pseudonymised", Form.TABLE, lowers=Sensitivity.PSEUDONYMISED),
            Output("recipe", Form.ARCHIVE, lowers=Sensitivity.PSEUDONYMISED),
        )

    def execute(self, work: Work) -> None:
        asked: PseudonymiseAgain.Parameters = work.parameters
        policy, recipe, given = recipe_archive.unpacked(work.content("recipe"))
        if policy.project != asked.project:
            raise Invalid.field("project", expected=say("the project of the recipe"), got=say("another"))
        recipe = replace(recipe, unknown=asked.unknown)
        decided = _in_batches(work, policy, recipe, given, serial_column(work.dataset("data")))
        recipe_archive.write(work, policy, recipe, decided.given)

    def examples(self) -> Iterable[Example]:
        rows = "".join(f"{i % 8},{30 + i % 3},{i % 2},{i}\n" for i in range(24))
        asked = {
            "project": "example", "person": "person_no", "quasi": ["age", "male"], "keep": ["cost"], "k": 2,
            "suppression_limit": 0.5, "generalise": {"age": {"widths": [5, 10]}}, "recipe": True,
        }  # fmt: skip
        yield Example(
            "The same persons once more",
            {"data": ("person_no,age,male,cost\n" + rows).encode()},
            {"project": "example"},
            Sensitivity.PERSONAL,
            {"recipe": ("pseudonymise", asked)},
        )


def _in_batches(work: Work, policy: Policy, recipe: Recipe, given: Given, linking: str | None) -> Decided:
    """Small or large, the delivery is never held: two passes over its batches."""
    from ..methods.privacy.stream.delivered import delivered

    done = delivered(
        policy, recipe, given, lambda columns: work.batches("data", columns=columns),
        lambda: work.project_key(policy.project), suppression_limit=work.parameters.suppression_limit,
        records=work.parameters.records, trusted=(linking,), rows=work.dataset("data").rows, tell=work.progress,
    )  # fmt: skip
    if work.keeps_mapping:
        work.keep_mapping(done.mapping())
    about = _papers(work, done.plan, recipe, done.decided, done.before, done.after, done.changed)
    work.write_table("pseudonymised", looked_at(done.batches, done.plan, linking), about)
    return done.decided


def _papers(
    work: Work,
    made: Plan,
    recipe: Recipe,
    decided: Decided,
    before: Risk,
    after: Risk,
    changed: Mapping[str, Sequence[int]],
) -> dict[str, object]:
    from ..methods.privacy.models import least_persons

    return {
        "legal_basis": legal_basis(work.basis),
        "project": made.policy.project,
        "key_edition": work.key_edition,
        "person": made.person,
        "deleted": list(made.deleted),
        "removed": list(made.removed),
        "dropped": list(made.dropped),
        "delivery": {**applied_papers(decided), "records": work.parameters.records},
        "risk": {"before": asdict(before), "after": asdict(after)},
        "policy": policy_papers(made.policy),
        "steps": steps_papers(made.policy, changed, decided.rows),
        "said": [
            message.stored()
            for message in _said(decided, least_persons(recipe.models), work.parameters.records)
        ],
    }


def applied_papers(applied: Decided) -> dict[str, object]:
    """What the recipe did, in counts."""
    from ..methods.privacy.delivery.again import left_out_papers

    return {
        "number": applied.given.deliveries,
        "rows": applied.rows,
        "rows_out": applied.rows_out,
        "classes": applied.classes,
        "smallest_class": applied.smallest_class,
        "smallest_class_together": applied.smallest_class_together,
        "left_out": left_out_papers(applied),
    }


def _said(applied: Decided, k: int, records: str) -> Iterable[Message]:
    yield say("Delivery {number}, by the recipe of the first: {out} of {rows} rows go out.", number=applied.given.deliveries, out=applied.rows_out, rows=applied.rows)  # fmt: skip
    if applied.smallest_class_together is None:
        yield say("k = {k}: the smallest class holds {smallest} persons in this delivery. Whether the same persons came before cannot be seen from what went out.", k=k, smallest=applied.smallest_class)  # fmt: skip
    else:
        yield say("k = {k}: the smallest class holds {smallest} persons in this delivery, and {together} in all of them together.", k=k, smallest=applied.smallest_class, together=applied.smallest_class_together)  # fmt: skip
    left = applied.left_out
    for what, rows in (
        (say("Left out, for a value is in no hierarchy"), applied.unknown_rows),
        (say("Left out, for no published class fits"), applied.uncovered_rows),
        (say("Left out, for too few are like them in this delivery"), left.alone),
        (say("Left out, for too few are like them in all deliveries"), left.together),
        (
            say("Left out, for the difference between deliveries would show who is new or has changed"),
            left.linked,
        ),
        (say("Left out, so that who has left is not alone"), left.of_those_who_left),
    ):
        if rows:
            yield say("{what}: {count} rows.", what=what, count=rows)
    if left.alone or left.linked:
        yield say("Rows that are too few wait: give them again, and they may go out in a later delivery, once there are {k} persons like them.", k=k)  # fmt: skip
    if records == "states" and left.linked + left.of_those_who_left:
        yield say("If every row is an event of its own (a claim, a visit), run it with records = events: fewer rows stay back.")  # fmt: skip
    if left.broken_before:
        yield say("What remains: {count} classes of earlier deliveries do not hold beside this one; they cannot be called back.", count=left.broken_before)  # fmt: skip
