"""Safe versions of what the checks hold in the airlock: what was proposed, and taking one.

The Run that made the files proposed them (`kinds.safe_files`). Taking one asks for the same Run once more, which then
submits the safe version: under the Permits that hold now, from its allowance, checked beside what has left meanwhile.
What was held is taken back. Nobody sees a number of either before two reviewers have let it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..errors import Conflict, Missing
from ..kinds.safe_files import Method
from ..language import Message, say
from ..nouns.dataset import Dataset
from ..nouns.run import Run
from ..rules.airlock import ReviewState
from ..world.identity import SignedIn
from ..world.store import datasets, runs
from . import review, submit
from .house import House


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one method made of the held files. Files by their numbers."""

    method: Method
    passes: bool
    """Whether the checks hold nothing against it; only such a one can be taken."""
    base: int
    """What the counts of changed tables are multiples of; 1: they are as they were."""
    files: Mapping[str, int]
    """Changed table to the numbers that are left empty in it."""
    left_out: tuple[int, ...]
    """Pictures of changed tables."""


def of(held: Dataset) -> tuple[Proposal, ...]:
    """What was proposed when these files were made."""
    said: Any = held.about.get("proposals") or ()
    return tuple(
        Proposal(Method(p["method"]), p["passes"], p["base"], p["files"], tuple(p["left_out"])) for p in said
    )


def proposed(house: House, who: SignedIn, run: str) -> tuple[Proposal, ...]:
    """The safe versions of what waits of a Run, for whoever may know of it. Raises Missing."""
    found = review.look(house, who.actor, run)
    with house.database.reading() as connection:
        return of(datasets.find(connection, found.dataset))


def told(proposal: Proposal) -> Message:
    """What a safe version is, in a sentence."""
    count = sum(proposal.files.values())
    if not proposal.passes:
        if proposal.method is Method.ROUNDED:
            return say("Rounded: no such version passes; the script is to be mended.")
        return say("With cells left empty: no such version passes; the script is to be mended.")
    if proposal.method is Method.ROUNDED:
        return say("Rounded (`rounded`): counts are multiples of {base}, and {count} numbers are left empty. It passes the checks.", base=proposal.base, count=count)  # fmt: skip
    return say("With cells left empty (`suppressed`): counts are as they are, and {count} numbers are left empty, the small ones and those that would give them back. It passes the checks.", count=count)  # fmt: skip


def take(house: House, who: SignedIn, run: str, method: Method) -> Run:
    """Ask for the Run that submits this safe version instead of what is held. Raises Missing where nothing of theirs
    waits, Conflict where it is not held or no such version passes, and whatever `submit` raises."""
    found = review.look(house, who.actor, run)
    if found.author != who.actor.id:
        raise Missing("review.missing", say("Nothing of yours by that Run waits."), say("`dalgu airlock list` shows the queue."))  # fmt: skip
    with house.database.reading() as connection:
        offered = {p.method for p in of(datasets.find(connection, found.dataset)) if p.passes}
        before = runs.find(connection, run)
    if found.state is not ReviewState.HELD or method not in offered:
        raise Conflict(
            "safe.none",
            say("There is no such safe version to take: the files are {state}.", state=found.state),
            say("Those that pass are shown with the findings: `dalgu airlock show {run}`. Otherwise mend the script.", run=run),
        )  # fmt: skip
    wished = {**before.parameters, "safe": method.value}
    made = submit.submit(house, who.actor, before.kind, dict(before.inputs), wished, before.seed)
    with suppress(Conflict):  # sent back meanwhile: it waits no more
        review.withdraw(house, who, run)
    return made
