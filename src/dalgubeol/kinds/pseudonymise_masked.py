"""A policy without quasi-identifiers, carried out: masked text goes out, and nothing is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Invalid
from ..language import say
from ..methods.privacy.step_names import step_name
from .contract import Work
from .pseudonymise_look import check_published
from .pseudonymise_papers import DIRECT, legal_basis, policy_papers, steps_papers
from .whole import whole_table

if TYPE_CHECKING:
    from ..methods.privacy.policy import Policy

NOT_MEASURED = say("What remains: only masked text goes out, so no k holds and no risk is measured. What somebody writes can tell who they are in words that no rule knows: read some of it before it is used.")  # fmt: skip


def masked_out(work: Work, policy: Policy) -> None:
    """Raises `Invalid` for a recipe (there is nothing that it could hold to), and where what is to go out unmasked is
    no numbering of a document; `Refused` where an identifier would be left."""
    from ..methods.privacy import identify, masked_only, plan

    if work.parameters.recipe:
        raise Invalid(
            "invalid.recipe.policy",
            say(
                "Of a policy without quasi-identifiers no recipe can be made: every text is masked by itself."
            ),
            say("Run it without a recipe; run the same policy again on the next delivery."),
        )
    work.progress(0.05, say("reading"))
    table = whole_table(work, "data")
    masked_only.check(policy, table)
    work.progress(0.2, say("looking for identifiers"))
    proposals = plan.proposed(identify.propose_roles(table), table)
    made = plan.plan_of(policy, table.column_names, proposals)
    key = work.project_key(policy.project)
    work.progress(0.3, say("changing values"))
    changed_table, changed = plan.applied(plan.prepared(made, table, key), table)
    numbers = set(masked_only.numbering(table)) & {*made.published}
    # With its numbering a document keeps its order; other texts are sorted, so that their order tells nothing.
    result = changed_table.select(list(made.published)) if numbers else plan.published(made, changed_table, key)  # fmt: skip
    work.progress(0.8, say("looking for identifiers"))
    check_published(result.drop_columns(sorted(numbers)), made)
    asked = policy_papers(policy)
    gone = (say("Deleted by law"), made.deleted), (say("Removed"), made.removed), (say("Dropped, for they were not named"), made.dropped)  # fmt: skip
    steps = steps_papers(policy, changed, table.num_rows)
    said = [
        say("{what}: {columns}.", what=what, columns=", ".join(columns)) for what, columns in gone if columns
    ]
    said += [say("{column}: {step} changed {count} cells ({share} %).", column=s["column"], step=step_name(str(s["step"])), count=s["cells_changed"], share=f"{100 * float(str(s['share'])):.1f}") for s in steps]  # fmt: skip
    about = {
        "legal_basis": legal_basis(work.basis), "project": policy.project, "key_edition": work.key_edition,
        "person": None, "masked_only": True, "deleted": list(made.deleted), "removed": list(made.removed),
        "dropped": list(made.dropped), "identifiers": [[p.column, p.type, round(p.confidence, 2)] for p in proposals if p.role == DIRECT],
        "policy": {name: value for name, value in asked.items() if name not in ("models", "search")}, "steps": steps,
        "said": [message.stored() for message in (*said, NOT_MEASURED)],
    }  # fmt: skip
    work.write_table("pseudonymised", result, about)
