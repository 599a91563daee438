"""What the steps of a policy are called by people, in one place for forms, papers and what a Run says."""

from __future__ import annotations

from collections.abc import Mapping

from ....language import Message, phrase, say

STEP_NAMES: Mapping[str, Message] = {
    "delete": say("left out"),
    "keep": say("kept as it is"),
    "pseudonym": say("keyed pseudonym (HMAC-SHA256)"),
    "generalise": say("generalised"),
    "top": say("top coding"),
    "bottom": say("bottom coding"),
    "round": say("rounding"),
    "noise": say("adding noise"),
    "microaggregate": say("micro-aggregation"),
    "pram": say("PRAM: categories changed at random"),
    "age": say("age from a date of birth"),
    "mask": say("identifiers in texts masked"),
}
"""By the word that stands for it in policy.toml (`do`)."""


def step_name(do: str) -> Message:
    """The name of a step; of one that an earlier version knew, its word."""
    return STEP_NAMES.get(do) or phrase(do, "got")
