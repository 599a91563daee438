"""The conditions, disclosure rules and privacy budget of a Permit as people read them, at every door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..language import Message, say
from ..nouns.disclosure import Disclosure
from ..nouns.permit import Conditions

if TYPE_CHECKING:
    from ..verbs.airlock.budget import Account, Told

LABELS: Mapping[str, Message] = {
    "degrees_of_freedom": say("least residual degrees of freedom of a model"),
    "dominance_n": say("largest contributors to a sum that are taken together"),
    "dominance_percent": say("share of a sum that these may not reach (%)"),
    "p_percent": say("how near nobody may come to another's amount (%)"),
    "zeros_disclosive": say("whether groups of nobody are held"),
    "rounding_base": say("counts of safe versions are rounded to"),
    "most_rows": say("most rows of a table"),
    "file_types": say("file types that may leave"),
}


def shown(rules: Disclosure) -> list[tuple[Message, Message]]:
    """Each rule's label and its value."""
    return [(LABELS[name], _value(value)) for name, value in rules.plain().items()]


def of_runs(conditions: Conditions) -> Message:
    """What each Run may take and leave: everything about it that those who grant a Permit sign."""
    c = conditions
    return say("at most {wall} s, {memory} MB of memory, {processes} processes, {scratch} MB set aside; it leaves at most {files} files of {output} MB together", wall=f"{c.wall_s:,}", memory=f"{c.memory_mb:,}", processes=f"{c.processes:,}", scratch=f"{c.scratch_mb:,}", files=f"{c.output_files:,}", output=f"{c.output_mb:,}")  # fmt: skip


def budget_of(account: Account) -> Message:
    return say("privacy budget for {name}", name=account.name)


def left(account: Account) -> Message:
    """What is spent and left of it."""
    a = account
    told = say("epsilon {spent} of {allowed} spent, {left} left", spent=f"{a.epsilon_spent:g}", allowed=f"{a.epsilon_allowed:g}", left=f"{a.epsilon_left:g}")  # fmt: skip
    if not (a.delta_allowed or a.delta_spent):
        return told
    return say("{told}; delta {spent} of {allowed} spent, {left} left", told=told, spent=f"{a.delta_spent:g}", allowed=f"{a.delta_allowed:g}", left=f"{a.delta_left:g}")  # fmt: skip


def so_far(told: Told) -> Message:
    """What whoever asks for a Permit is told of the budget before."""
    spent = say("Noisy answers have told your organisation of {name} so far: epsilon {epsilon}, delta {delta}. What you ask for is the sum in all, with that.", name=told.name, epsilon=f"{told.epsilon:g}", delta=f"{told.delta:g}")  # fmt: skip
    if told.site_epsilon is None:
        return spent
    return say("{spent} Everybody together has been told epsilon {everybody} of the {most} that this site allows.", spent=spent, everybody=f"{told.everybody_epsilon:g}", most=f"{told.site_epsilon:g}")  # fmt: skip


def _value(value: object) -> Message:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, list):
        return Message("{types}", {"types": ", ".join(map(str, value))})
    return Message("{number}", {"number": f"{value:,}"})
