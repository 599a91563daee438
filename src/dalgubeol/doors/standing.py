"""How what waits in the airlock stands, and what happens next: a sentence for each state, the same at every door.

A Run or a Dataset that is held says no more than that its files are in the airlock; whether anybody has been asked to
look at them is for the submission to say, so its state is told beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from ..language import Message, say
from ..nouns.dataset import DatasetState
from ..nouns.record import Event
from ..nouns.run import RunState
from ..rules import bringing, disclosure
from ..rules.airlock import Direction, ReviewState

if TYPE_CHECKING:
    from ..world.store.reviews import Review

_OF_A_SUBMISSION = (RunState.HELD, RunState.DECLINED, DatasetState.HELD)

_IN: Mapping[ReviewState, Message] = {
    ReviewState.REJECTED: say("It may not come in in any form: the reviewers' words say why."),
    ReviewState.EXPIRED: say("It did not come in: nobody decided in time, or its Permit has ended."),
    ReviewState.HELD: say("The scan found reasons to keep it out. A reviewer sends it back; the author mends it."),
    ReviewState.RELEASED: say("It has come in: Runs under its Permit find it at /brought, until the Permit ends."),
    ReviewState.RETURNED: say("It does not come in as it is. The author mends it and offers it again."),
}  # fmt: skip
_OUT: Mapping[ReviewState, Message] = {
    ReviewState.DRAFT: say("Some file has no word of its author yet. Once each has, the reviewers are asked."),
    ReviewState.REVIEWED: say("Both have voted, and they differ on a file. A third must vote, who knows neither vote."),
    ReviewState.REJECTED: say("It stays in, and may not leave in any form: the reviewers' words say why."),
    ReviewState.EXPIRED: say("It stays in: nobody decided in time, or its Permit has ended. The author may run it again."),
    ReviewState.HELD: say("The checks found reasons to keep it in. A reviewer sends it back; the author mends it."),
    ReviewState.SUBMITTED: say("Two reviewers must vote."),
    ReviewState.PARTIALLY_REVIEWED: say("One has voted, one more must."),
    ReviewState.APPROVED: say("Both agreed. It is being let out."),
    ReviewState.RELEASED: say("It has left, as a Dataset that anybody may have."),
    ReviewState.RETURNED: say("It stays in. The author mends it and runs it again."),
    ReviewState.WITHDRAWN: say("The author took it back."),
}  # fmt: skip


def standing(state: ReviewState, direction: Direction) -> Message:
    """What is going on with it, and who is to do something."""
    return (_IN if direction is Direction.IN else _OUT).get(state, _OUT[state])


def state_of(found: Review) -> Enum:
    """The member whose word says where it stands: what has come in was not let out."""
    came_in = found.comes_in and found.state is ReviewState.RELEASED
    return Event.BROUGHT_IN if came_in else found.state


def beside(state: RunState | DatasetState, found: Review | None) -> Message:
    """The state of a Run or a Dataset, with that of its submission where it has one that this person may know of."""
    if found is None or state not in _OF_A_SUBMISSION:
        return Message("{state}", {"state": state})
    if state is RunState.DECLINED:
        return say("{state} ({submission})", state=state, submission=state_of(found))
    return say("held in the airlock ({submission})", submission=state_of(found))


def advice(findings: Iterable[Mapping[str, object]], direction: Direction) -> Sequence[Message]:
    """How a file with these findings is made one that may pass, each advice once; what a safe version mended already
    needs none."""
    safer = bringing.safer if direction is Direction.IN else disclosure.safer
    codes = dict.fromkeys(str(f["code"]) for f in findings if not f.get("mended"))
    return [told for code in codes if (told := safer(code)) is not None]
