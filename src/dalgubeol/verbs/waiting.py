"""What waits for somebody: Permits to decide, files to vote on, Runs of theirs under way."""

from __future__ import annotations

from dataclasses import dataclass

from ..nouns.permit import Permit, PermitState, Role
from ..nouns.run import Run, RunState
from ..rules.duties import Duty
from ..rules.granting import reasons_not_to_decide
from ..rules.lifecycle import ReviewState
from ..world.identity import SignedIn
from ..world.store import counts, datasets, permits, reviews, runs
from ..world.store.reviews import Review
from .duties import Past
from .house import House
from .review import reasons_not_to_vote

_OPEN_TO_VOTES = (ReviewState.HELD, ReviewState.SUBMITTED, ReviewState.PARTIALLY_REVIEWED)
_UNDER_WAY = (RunState.RUNNING, RunState.QUEUED, RunState.HELD)


@dataclass(frozen=True, slots=True)
class Waiting:
    permits: tuple[Permit, ...]
    """Requests that this person may decide on."""
    reviews: tuple[Review, ...]
    """What this person may vote on."""
    runs: tuple[Run, ...]
    """Their own that wait, run, or are held in the airlock."""


def waiting(house: House, who: SignedIn) -> Waiting:
    actor = who.actor
    with house.database.reading() as connection:
        past, to_decide = Past(connection, actor), []
        if actor.roles & {Role.OPERATOR, Role.PROVIDER}:
            for found in counts.permit_ids(connection, PermitState.REQUESTED):
                permit = permits.find(connection, found)
                named = [datasets.find(connection, d) for d in permit.datasets]
                own = reasons_not_to_decide(actor, permit, frozenset(d.organisation for d in named))
                if not own and not past.reasons_against(Duty.DECIDER, named):
                    to_decide.append(permit)
        to_vote = [
            review
            for review in (reviews.listed(connection, _OPEN_TO_VOTES) if Role.REVIEWER in actor.roles else ())
            if not reasons_not_to_vote(past, review)
        ]
        mine = [
            run
            for state in _UNDER_WAY
            for run in runs.listed(connection, submitted_by=actor.id, state=state, limit=50)
        ]
    return Waiting(tuple(to_decide), tuple(to_vote), tuple(mine))
