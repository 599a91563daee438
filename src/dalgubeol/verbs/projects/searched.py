"""The search of a policy tried on the first rows of a table, so that who writes it need not wait for a Run to fail.

Where these are all rows, what a search finds or cannot reach is what the Run will say. Of a larger table nothing is
said of the limit: rows that are rare at its beginning may have company further down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import Invalid
from ...language import Message, say

if TYPE_CHECKING:
    import pyarrow as pa

    from ...methods.privacy.policy.plan import Plan

LONGEST_S = 10.0
"""How long somebody waits for a check; a Run takes the time that the policy gives it."""


def searched(made: Plan, changed: pa.Table, *, whole: bool) -> Message | None:
    """What the search comes to on `changed`, the rows after the steps of the policy; None where nothing can be said of
    all rows. Raises `Invalid` for a hierarchy that does not fit or lacks values, for bounds that it does not have, and,
    where these rows are the `whole` table, for models and limits that cannot be met."""
    from ...methods.privacy import local
    from ...methods.privacy.anonymity import optimum
    from ...methods.privacy.hierarchy import with_column
    from ...methods.privacy.policy import plan
    from ...methods.privacy.policy.policy_models import models_in_table
    from ...methods.privacy.values import column_of

    policy = made.policy
    trees = plan.hierarchies(made, changed)
    for tree in trees:
        plan.checked_bounds(made, tree)
        values = column_of(changed, tree.name)
        with_column(tree, values).encode(values)
    models = models_in_table(policy)
    if policy.search.recoding != "global":
        local.check_kept(models)
    if not whole or policy.models.needs_population:
        return None
    at_least, at_most = plan.bounds(made, {tree.name: tree.height for tree in trees})
    asked = policy.search
    seconds = min(LONGEST_S, asked.seconds or LONGEST_S)
    try:
        best = optimum(
            changed, trees, models=models, suppression_limit=asked.suppression_limit, person=policy.person,
            at_least=at_least, at_most=at_most, weights=asked.weights, gs_factor=asked.gs_factor,
            aggregate=asked.aggregate, seconds=seconds,
        )  # fmt: skip
    except Invalid as error:
        if error.code == "invalid.seconds":
            return None
        raise
    told = {"out": f"{best.suppressed_rows:,}", "rows": f"{best.rows:,}", "smallest": f"{best.smallest_class:,}"}  # fmt: skip
    if not best.proven:
        return say("A search of {seconds} s leaves out {out} of {rows} rows; the smallest class holds {smallest} persons. It had not ended: a Run that searches longer may lose less.", seconds=f"{seconds:g}", **told)  # fmt: skip
    return say("A search leaves out {out} of {rows} rows; the smallest class holds {smallest} persons.", **told)  # fmt: skip
