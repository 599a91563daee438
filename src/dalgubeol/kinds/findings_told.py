"""How much of what the checks found is written down, and so told to the author before anybody has looked.

A finding names a file, a row and a column, and a script chooses in which of them it writes something that is found: each
place that is told is a word of its own to its author, past the reviewers. So few are told, the same few of every kind
that there is, whatever else was found. The safe versions are made of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..language import say
from .checks import note_of

MOST_TOLD = 40
"""Findings of one submission that are told; a place among a million with one of thirty codes is 25 bits at most."""


def told(findings: Sequence[Mapping[str, object]], most: int = MOST_TOLD) -> list[Mapping[str, object]]:
    """At most so many, in their order: first one of each code in each file, what holds before what does not; then the
    second of each. Where some are left out a last one says so, not how many: a number would be a word too."""
    if len(findings) <= most:
        return list(findings)
    turns: dict[tuple[object, ...], int] = {}
    ranked = []
    for place, each in enumerate(findings):
        group = (each["code"], each["file"], each.get("holds", True))
        turns[group] = turns.get(group, -1) + 1
        ranked.append((turns[group], not each.get("holds", True), place))
    kept = [findings[place] for place in sorted(place for _, _, place in sorted(ranked)[:most])]
    more = say("The checks found more than {most} things. These are some of each kind; mend the script for all.", most=most)  # fmt: skip
    return [*kept, note_of("more", int(str(kept[-1]["file"])), more, holds=False)]
