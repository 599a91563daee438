"""Safe versions of what the checks hold in the airlock: what was proposed, and taking one.

The Run that made the files proposed them (`kinds.safe_files`). Taking one queues a Run of the kind `make-safe`, which makes
the version of the files that wait, as they are: no script runs again, and it takes none of the Permit's Runs. It needs
what the first Run needed, but for the allowance: the Permit in force, the pledge signed, no stop on the data. The
version is checked beside what has left meanwhile, and once it waits the first files are taken back; its Record says of
which files it was made. Nobody sees a number of either before two reviewers have let it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from ...digest import fresh_id, fresh_salt
from ...errors import Conflict, Missing, Reason, Refused
from ...kinds import kind as kind_named
from ...kinds.safe_files import Method
from ...language import Message, say
from ...nouns.dataset import Dataset
from ...nouns.run import Run, RunState
from ...rules.airlock import ReviewState
from ...rules.granting import ruling
from ...world.identity import SignedIn
from ...world.store import datasets, permits, reviews, runs
from ...world.store.reviews import Review
from ..house.clock import now
from ..house.house import House, wake
from ..house.transition import record
from ..permits import pledges
from ..permits.grant import check_signatures
from ..runs import submit
from ..runs.outcome import MAKING_SAFE
from ..runs.parameters import checked_parameters
from . import review


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
    return proposed_in(held.about)


def proposed_in(about: Mapping[str, object]) -> tuple[Proposal, ...]:
    """The same of the papers of files that are no Dataset yet."""
    said: Any = about.get("proposals") or ()
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
    """Ask for the Run that makes this safe version of what is held. Raises Missing where nothing of theirs waits,
    Conflict where it is not held, no such version passes or one is under way, Refused with every reason (recorded)."""
    found = review.look(house, who.actor, run)
    if found.author != who.actor.id:
        raise Missing("review.missing", say("Nothing of yours by that Run waits."), say("`dalgu airlock list` shows the queue."))  # fmt: skip
    refused: list[tuple[Reason, ...]] = []

    def queue(connection: Connection) -> Run | None:
        first, waiting = runs.find(connection, run), reviews.find(connection, run)
        held = datasets.find(connection, waiting.dataset)
        _check_offered(connection, waiting, held, method)
        data = datasets.find(connection, first.inputs["data"])
        kind = kind_named(first.kind)
        own = permits.of_holder(connection, who.actor.id)
        freely = [replace(permit, runs_used=0) for permit in own]  # no Run of it is used
        decided = ruling(who.actor, first.kind, kind.grants, (data,), freely, now())
        reasons = decided.reasons + submit.reasons_not_to_use(house, connection, who.actor, kind, (data,))
        if reasons:
            refused.append(reasons)
            record(connection, submit.refusal(who.actor, MAKING_SAFE, {"data": data}, reasons))
            return None
        for permit in own:
            if permit.id in decided.permits:
                check_signatures(house, connection, permit)
                pledges.check(house, connection, permit, who.actor.id)
        said = {name: first.parameters.get(name) for name in ("context", "contributor", "release_as")}
        wished = checked_parameters(kind_named(MAKING_SAFE), {**said, "method": method.value, "manifest": waiting.manifest})  # fmt: skip
        made = Run(
            id=fresh_id("run"), kind=MAKING_SAFE, inputs={"held": held.id, "data": data.id}, permits=decided.permits,
            parameters=wished, seed=0, submitted_by=who.actor.id, state=RunState.QUEUED, submitted_at=now(),
        )  # fmt: skip
        runs.add(connection, made, fresh_salt().hex())
        return made

    made = house.write(queue)
    if made is None:
        raise Refused("safe.refused", say("No safe version is made of these files."), say("Mend what the reasons name, or ask for a Permit with `dalgu permit request`."), refused[0])  # fmt: skip
    wake(house)
    return made


def _check_offered(connection: Connection, waiting: Review, held: Dataset, method: Method) -> None:
    """Raises Conflict."""
    offered = {each.method for each in of(held) if each.passes}
    if waiting.state is not ReviewState.HELD or method not in offered:
        raise Conflict(
            "safe.none",
            say("There is no such safe version to take: the files are {state}.", state=waiting.state),
            say("Those that pass are shown with the findings: `dalgu airlock show {run}`. Otherwise mend the script.", run=waiting.run),
        )  # fmt: skip
    active = [*runs.all_in(connection, RunState.QUEUED), *runs.all_in(connection, RunState.RUNNING)]
    for each in active:
        if each.kind == MAKING_SAFE and each.inputs["held"] == held.id:
            raise Conflict("run.same", say("The same is under way already: Run {run}.", run=each.id), say("Follow it: `dalgu runs show {run}`; or stop it first: `dalgu runs cancel {run}`.", run=each.id))  # fmt: skip
