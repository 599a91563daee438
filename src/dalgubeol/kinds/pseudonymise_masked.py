"""A policy without quasi-identifiers, carried out: masked text goes out, and nothing is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Invalid
from ..language import say
from ..methods.privacy.policy.step_names import step_name
from .contract import Work
from .pseudonymise_look import looked_at
from .pseudonymise_papers import DIRECT, legal_basis, policy_papers, steps_papers

if TYPE_CHECKING:
    from ..methods.privacy.policy.policy import Policy
    from ..methods.privacy.stream.masked import Masked

NOT_MEASURED = say("What remains: only masked text goes out, so no k holds and no risk is measured. What somebody writes can tell who they are in words that no rule knows: read some of it before it is used.")  # fmt: skip


def masked_out(work: Work, policy: Policy) -> None:
    """Raises `Invalid` for a recipe (there is nothing that it could hold to), and where what is to go out unmasked is
    no numbering of a document; `Refused` where an identifier would be left."""
    from ..methods.privacy.stream.masked import masked

    if work.parameters.recipe:
        raise Invalid(
            "invalid.recipe.policy",
            say(
                "Of a policy without quasi-identifiers no recipe can be made: every text is masked by itself."
            ),
            say("Run it without a recipe; run the same policy again on the next delivery."),
        )
    done = masked(
        policy, lambda columns: work.batches("data", columns=columns), lambda: work.project_key(policy.project),
        tell=work.progress,
    )  # fmt: skip
    batches = looked_at(done.batches, done.plan, None, apart=done.numbers)
    work.write_table("pseudonymised", batches, _papers(work, policy, done))


def _papers(work: Work, policy: Policy, done: Masked) -> dict[str, object]:
    made, asked = done.plan, policy_papers(policy)
    gone = (say("Deleted by law"), made.deleted), (say("Removed"), made.removed), (say("Dropped, for they were not named"), made.dropped)  # fmt: skip
    steps = steps_papers(policy, done.changed, done.rows)
    said = [
        say("{what}: {columns}.", what=what, columns=", ".join(columns)) for what, columns in gone if columns
    ]
    said += [say("{column}: {step} changed {count} cells ({share} %).", column=s["column"], step=step_name(str(s["step"])), count=s["cells_changed"], share=f"{100 * float(str(s['share'])):.1f}") for s in steps]  # fmt: skip
    return {
        "legal_basis": legal_basis(work.basis), "project": policy.project, "key_edition": work.key_edition,
        "person": None, "masked_only": True, "deleted": list(made.deleted), "removed": list(made.removed),
        "dropped": list(made.dropped), "identifiers": [[p.column, p.type, round(p.confidence, 2)] for p in done.proposals if p.role == DIRECT],
        "policy": {name: value for name, value in asked.items() if name not in ("models", "search")}, "steps": steps,
        "said": [message.stored() for message in (*said, NOT_MEASURED)],
    }  # fmt: skip
