"""Who may look at and vote on what waits in the airlock. (What the files themselves may say: `disclosure`.)

Two reviewers, independent of the author and of each other, neither seeing the other's vote before their own.
The provider's organisation may send one of them, who knows the data best, and not both: leaving is not decided
by the provider alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import Reason
from ..language import say
from ..nouns.permit import Actor, Role

VOTES_NEEDED = 2


@dataclass(frozen=True, slots=True)
class Vote:
    """A reviewer's signed word on the exact files whose digest is `manifest`."""

    person: str
    approve: bool
    voted_at: str
    comment: str
    manifest: str
    signature: str


def reasons_not_to_review(
    actor: Actor,
    author: str,
    author_organisation: str,
    votes: Sequence[Vote] = (),
    *,
    providers: frozenset[str] = frozenset(),
    voters: frozenset[str] = frozenset(),
) -> tuple[Reason, ...]:
    """Why `actor` may not vote here, duties aside (`duties`). `providers` are the organisations whose data the
    files were made from, `voters` those of the votes so far."""
    another = actor.organisation in providers & voters and not any(v.person == actor.id for v in votes)
    checks = (
        (Role.REVIEWER not in actor.roles, Reason("review.role", say("Only a reviewer votes."))),
        (actor.id == author, Reason("review.own", say("Nobody reviews their own outputs."))),
        (actor.organisation == author_organisation, Reason("review.organisation", say("You and the author are of the same organisation."))),
        (another, Reason("review.provider", say("Your organisation provided the data and has voted already; the other vote is another organisation's."))),
        (any(v.person == actor.id for v in votes), Reason("review.again", say("You have already voted; another person must."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def visible_votes(actor: Actor, votes: Sequence[Vote], *, ended: bool = False) -> tuple[Vote, ...]:
    """Blinded: all votes once all have voted or the review has ended, before that only one's own."""
    if ended or len(votes) >= VOTES_NEEDED:
        return tuple(votes)
    return tuple(v for v in votes if v.person == actor.id)
