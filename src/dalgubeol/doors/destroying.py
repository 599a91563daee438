"""What whoever destroys a table is told of the recipes that remember it, at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..language import Message, say

if TYPE_CHECKING:
    from ..verbs.projects.remembering import Remembering


def also(told: Message, recipes: Remembering) -> Message:
    """`told`, and behind it what becomes of the recipes."""
    if recipes.ending:
        told = say("{told} Destroyed with it: {recipes}, which holds by pseudonym who is in the table. No next delivery can then be made by it.", told=told, recipes=tuple(r.name for r in recipes.ending))  # fmt: skip
    if recipes.staying:
        told = say("{told} Kept: {recipes}, which holds by pseudonym who is in the table, but counts other deliveries too. It is destroyed with the last of them.", told=told, recipes=tuple(r.name for r in recipes.staying))  # fmt: skip
    return told
