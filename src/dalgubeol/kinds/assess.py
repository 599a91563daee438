"""`assess`: a table before and after pseudonymisation, measured side by side: risk, and what is left to use.

It makes a report that others than the clerk may read (the adequacy review's material), and so it `lowers`: the report
is `internal`. What makes that right is that it holds no value of any row and no count of few persons: both rules are
in `methods.privacy.measure.masking`, the page is made of what comes out of there, and the attack test plants values and looks
for them. The numbers stand in the report's papers too.

Columns are compared with each other in many ways, so both tables are there as long as it takes; but read batch by batch
and kept as the numbers of their values, a few bytes a row (`stream.coded`). What is too large even so is refused before
it is read (`whole`).

It counts as part of pseudonymising (the guideline's adequacy review), and not as a use: whoever answers for the
table may run it on their own pseudonymised table without a Permit.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ..errors import Invalid
from ..language import Message, say
from . import contract
from .contract import POLICY_FILE, Example, Form, Grant, Lifetime, Output, Sensitivity, Slot, Work
from .whole import check_coded_size

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.privacy.hierarchy import Hierarchy
    from ..methods.privacy.policy.policy import Policy

_OF_BEFORE: dict[str, Any] = {"columns": "before"}


class Assess:
    name: ClassVar = "assess"
    summary: ClassVar = say("Measure the risk and the utility of a pseudonymised table beside the original.")
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar[frozenset[contract.Port]] = frozenset()
    slots: ClassVar = (
        Slot("before", frozenset({Form.TABLE}), "the table of persons"),
        Slot("after", frozenset({Form.TABLE}), "what was made of it"),
    )

    class Parameters(contract.Parameters):
        quasi: tuple[str, ...] = Field(
            (),
            description="Columns that together could single somebody out; without any, those of the policy",
            json_schema_extra=_OF_BEFORE,
        )
        person: str | None = Field(
            None, description="The column that says which rows are one person", json_schema_extra=_OF_BEFORE
        )
        target: str | None = Field(
            None,
            description="A column to predict from the others, before and after: can one still learn from it",
            json_schema_extra=_OF_BEFORE,
        )
        sensitive: tuple[str, ...] = Field(
            (),
            description="Columns of which nobody may learn a person's value; without any, those of the policy",
            json_schema_extra=_OF_BEFORE,
        )
        population: int | None = Field(
            None,
            ge=1,
            le=10_000_000_000,
            description="How many persons there are outside, of whom the table is a random sample",
        )
        k: int = Field(5, ge=2, le=1000, description="The threshold: the risk 1/k, and how few persons make a value rare")  # fmt: skip
        least: int = Field(5, ge=3, le=1000, description="Counts of fewer persons than these are masked")
        most_columns: int = Field(3, ge=1, le=5, description="Sets of up to so many columns are looked at")
        policy: str | None = Field(
            None,
            max_length=4_000_000,
            description="The policy.toml the table was made with: its groups are then understood",
            json_schema_extra=POLICY_FILE,
        )

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("report", Form.REPORT, lowers=Sensitivity.INTERNAL),)

    def execute(self, work: Work) -> None:
        from ..methods.privacy.measure import masking
        from ..methods.privacy.measure.assessment import assess
        from ..methods.report.assessed import assessment_page

        asked: Assess.Parameters = work.parameters
        work.progress(0.05, say("reading"))
        check_coded_size(work, "before", "after")
        before, after = (_coded(work, slot) for slot in ("before", "after"))
        policy = None if asked.policy is None else _policy(asked.policy)
        quasi = asked.quasi or (policy.quasi if policy else ())
        if not quasi:
            raise Invalid.field("quasi", expected=say("at least one column, or a policy that names some"), got=say("none"))  # fmt: skip
        found = assess(
            before, after, quasi, person=asked.person or (policy.person if policy else None), k=asked.k,
            population=asked.population, target=asked.target, sensitive=_sensitive(asked.sensitive, policy, before, after), hierarchies=_hierarchies(policy, before, quasi),
            most_columns=asked.most_columns, seed=work.seed, on_progress=work.progress,
        )  # fmt: skip
        work.progress(0.95, say("writing the report"))
        shown = masking.numbers(found, asked.least)
        about = {"assessment": shown, "said": [message.stored() for message in _said(shown)]}
        work.write_bytes("report", assessment_page(shown, language="both").encode(), about)

    def examples(self) -> Iterable[Example]:
        before = "".join(f"{i % 40},{20 + i % 7},{i % 2},{100 + i * 7 % 50}\n" for i in range(80))
        after = "".join(f'{i % 40:04x},"[20, 30)",{i % 2},{100 + i * 7 % 50}\n' for i in range(80))
        yield Example(
            "Forty persons, their age in one band",
            {
                "before": f"person,age,male,cost\n{before}".encode(),
                "after": f"person,age,male,cost\n{after}".encode(),
            },
            {
                "person": "person",
                "quasi": ["age", "male"],
                "target": "male",
                "sensitive": ["cost"],
                "population": 4000,
            },
            Sensitivity.PERSONAL,
        )


def _coded(work: Work, slot: str) -> pa.Table:
    """A table as codes of its values; one without rows as it is, for its columns."""
    from ..methods.privacy.stream.coded import coded_table

    batches = work.batches(slot)
    first = next(batches, None)
    return work.table(slot) if first is None else coded_table(chain([first], batches))


def _policy(text: str) -> Policy:
    from ..methods.privacy.policy.policy_text import parsed

    return parsed(text)


def _sensitive(
    asked: tuple[str, ...], policy: Policy | None, before: pa.Table, after: pa.Table
) -> tuple[str, ...]:
    both = set(before.column_names) & set(after.column_names)
    return asked or (tuple(c for c in policy.with_role("sensitive") if c in both) if policy else ())


def _hierarchies(policy: Policy | None, before: pa.Table, quasi: Iterable[str]) -> dict[str, Hierarchy]:
    """Those that the policy gives for columns of the table before."""
    from ..methods.privacy.policy.plan import hierarchy_of

    if policy is None:
        return {}
    known = {c: policy.generalisation(c) for c in quasi if c in policy.columns and c in before.column_names}
    return {c: hierarchy_of(policy, c, how, before[c]) for c, how in known.items() if how is not None}


def _said(shown: dict[str, Any]) -> Iterable[Message]:
    before, after = (shown[side]["risk"] for side in ("before", "after"))
    yield say("Risk of re-identification, mean over persons: {before} % before, {after} % after.", before=f"{100 * before['prosecutor_mean_of_persons']:.1f}", after=f"{100 * after['prosecutor_mean_of_persons']:.1f}")  # fmt: skip
    if shown["rows_after"]:
        yield say("The table after does not say which rows are one person: its rows were counted, so its risk is higher than this where somebody has several.")  # fmt: skip
    if shown["utility"]["loss"] is not None:
        yield say("Information lost: {loss} (0 none, 1 all).", loss=f"{shown['utility']['loss']:.3f}")
    if unread := [c[0] for c in shown["utility"]["columns"] if c[5]]:
        yield say("Not compared, for their labels could not be read: {columns}.", columns=", ".join(unread))
    if shown["outliers"]["found"]:
        yield say("Rows stand out by rare values: see the report.")
