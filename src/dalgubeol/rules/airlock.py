"""The airlock as one table: state, event and condition give the next state; whatever is not in it is a Conflict.

| state | means |
|---|---|
| draft | a file has no context yet: its author says why it is to leave, what it shows and how it was made |
| held | the automatic checks found reasons: it may not be approved as it is |
| submitted | two reviewers are to vote, file by file |
| partially reviewed | one of them has |
| reviewed | both have, and they differ: a third is to vote. Where they agree it is decided at once |
| approved | every file may leave; the release Run is on its way |
| released | it has left |
| returned | some file is to be mended; its author runs the script again |
| rejected | none is to be mended and some may never leave |
| withdrawn | its author took it back, or the use of its data was stopped |
| expired | nobody decided in time, or its Permit ended |

What wants to come in (`Direction.IN`) goes through the same table. There `released` says that it came in: the files
that were voted on are then what the Runs under its Permit find, so no Run lets them through.

The diagram in the manual and the property test are made from the table. Who may vote, and what votes come to,
stands in `reviewing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ..errors import Conflict
from ..language import phrase, say


class Direction(StrEnum):
    """Which way something goes through the airlock."""

    OUT = "out"
    IN = "in"


class ReviewState(StrEnum):
    """What waits in the airlock."""

    DRAFT = "draft"
    HELD = "held"
    SUBMITTED = "submitted"
    PARTIALLY_REVIEWED = "partially-reviewed"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    RELEASED = "released"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"

    @property
    def waits(self) -> bool:
        """Whether people can still do something about it."""
        return self in WAITING

    @property
    def to_vote_on(self) -> bool:
        """Whether a reviewer can still say something about it."""
        return self.waits and self is not ReviewState.DRAFT


class Case(StrEnum):
    """The condition under which an event leads where it does."""

    ANY = "any"
    EXPLAINED = "explained"  # every file has its context
    FIRST = "first"  # of the votes that are needed
    LAST = "last"
    AGREED = "agreed"  # every file may leave
    TO_MEND = "to-mend"  # some file is to be mended
    REFUSED = "refused"  # none is to be mended, some may never leave
    DIFFERENT = "different"  # two votes differ on some file
    BROKEN = "broken"  # the release itself broke
    LINKED = "linked"  # what was released meanwhile gives a small group with it
    NONE_LEFT = "none-left"  # of the votes whose reviewer is still one
    ONE_LEFT = "one-left"


_S = ReviewState
WAITING = frozenset({_S.DRAFT, _S.HELD, _S.SUBMITTED, _S.PARTIALLY_REVIEWED, _S.REVIEWED})

AIRLOCK_MOVES: Mapping[tuple[ReviewState, str, Case], ReviewState] = {
    (_S.DRAFT, "submit", Case.EXPLAINED): _S.SUBMITTED,
    (_S.SUBMITTED, "vote", Case.FIRST): _S.PARTIALLY_REVIEWED,
    (_S.PARTIALLY_REVIEWED, "vote", Case.LAST): _S.REVIEWED,
    (_S.REVIEWED, "vote", Case.LAST): _S.REVIEWED,  # the third's
    (_S.REVIEWED, "decide", Case.DIFFERENT): _S.REVIEWED,  # a third is asked
    (_S.REVIEWED, "decide", Case.AGREED): _S.APPROVED,
    (_S.REVIEWED, "decide", Case.TO_MEND): _S.RETURNED,
    (_S.REVIEWED, "decide", Case.REFUSED): _S.REJECTED,
    (_S.PARTIALLY_REVIEWED, "set aside", Case.NONE_LEFT): _S.SUBMITTED,
    (_S.REVIEWED, "set aside", Case.NONE_LEFT): _S.SUBMITTED,
    (_S.REVIEWED, "set aside", Case.ONE_LEFT): _S.PARTIALLY_REVIEWED,
    (_S.APPROVED, "release", Case.ANY): _S.RELEASED,
    (_S.APPROVED, "fail", Case.BROKEN): _S.SUBMITTED,  # vote again
    (_S.APPROVED, "fail", Case.LINKED): _S.HELD,
    (_S.HELD, "return", Case.ANY): _S.RETURNED,
    (_S.DRAFT, "withdraw", Case.ANY): _S.WITHDRAWN,
    (_S.HELD, "withdraw", Case.ANY): _S.WITHDRAWN,
    (_S.SUBMITTED, "withdraw", Case.ANY): _S.WITHDRAWN,
    (_S.PARTIALLY_REVIEWED, "withdraw", Case.ANY): _S.WITHDRAWN,
    (_S.REVIEWED, "withdraw", Case.ANY): _S.WITHDRAWN,
    (_S.DRAFT, "expire", Case.ANY): _S.EXPIRED,
    (_S.HELD, "expire", Case.ANY): _S.EXPIRED,
    (_S.SUBMITTED, "expire", Case.ANY): _S.EXPIRED,
    (_S.PARTIALLY_REVIEWED, "expire", Case.ANY): _S.EXPIRED,
    (_S.REVIEWED, "expire", Case.ANY): _S.EXPIRED,
}


def after(state: ReviewState, event: str, case: Case = Case.ANY) -> ReviewState:
    """The state after `event`. Raises Conflict, naming the events that are possible, where there is none."""
    if (state, event, case) in AIRLOCK_MOVES:
        return AIRLOCK_MOVES[state, event, case]
    legal = sorted({name for known, name, _ in AIRLOCK_MOVES if known is state})
    raise Conflict(
        f"state.{event}",
        say("'{move}' is not possible in the state '{state}'.", move=phrase(event, "move"), state=state),
        say("Possible now: {legal}.", legal=tuple(phrase(name, "move") for name in legal))
        if legal
        else say("This is the end of its life; begin a new one."),
    )


def drawn() -> Mapping[tuple[ReviewState, str], ReviewState]:
    """The table with event and condition in one name, as `lifecycle.diagram` draws tables."""
    return {
        (state, event if case is Case.ANY else f"{event} ({case.value})"): end
        for (state, event, case), end in AIRLOCK_MOVES.items()
    }
