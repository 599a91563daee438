"""The end of a linkage at one site: what was only needed for it is destroyed without delay (결합고시), with Records.

Kept are the agreement and, at an applicant, the result. With the receiving key of the linkage gone, copies of its
envelopes that lie about open nowhere any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import Reason, Refused
from ...language import say
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.record import Event, Record, Retention
from ...world.identity import SignedIn
from ...world.store import datasets
from ..datasets import register
from ..house.clock import now
from ..house.house import House
from ..house.transition import record
from .acting import answers_for, check_acts
from .agreeing import AGREEMENT, check_answers, marked, taken

_KEPT = frozenset({AGREEMENT, "received"})


@dataclass(frozen=True, slots=True)
class Ended:
    linkage: str
    destroyed: tuple[str, ...]


def belongings(house: House, linkage: str) -> tuple[Dataset, ...]:
    """All that is still here of a linkage, the agreement first."""
    with house.database.reading() as connection:
        every = [d for d in datasets.every(connection) if d.state is not DatasetState.DESTROYED]
    marks = {d.id: marked(d) for d in every}
    found = {d.id for d in every if marks[d.id].get("linkage") == linkage}
    below = {d.id for d in every if set(d.sources) & {i for i in found if marks[i].get("content") in ("numbered", "result", "joined")}}  # fmt: skip
    return tuple(d for d in every if d.id in found | below)


def finish(house: House, who: SignedIn, linkage: str) -> Ended:
    """Destroy what is only here for this linkage, tables with its serial numbers included. Raises Refused where
    somebody else answers for a part of it; nothing is destroyed then. At an agency each operator ends it for all."""
    check_answers(who)
    at = taken(house, linkage)
    check_acts(house, who, at)
    linkage = at.agreement.terms.linkage  # it may have been named by its id
    doomed = [d for d in belongings(house, linkage) if marked(d).get("content") not in _KEPT]
    others = sorted({d.name for d in doomed if not answers_for(who, d, at)})
    if others:
        reason = Reason("dataset.owner", say("Somebody else answers for: {names}.", names=", ".join(others)))
        raise Refused("link.finish", say("This is refused."), say("Ask them to finish the linkage."), (reason,))  # fmt: skip
    for dataset in doomed:
        register.destroy(house, who, dataset.id, "key destroyed, linkage ended", for_owner=True)
    payload = {"agreement": at.agreement.digest, "destroyed": [d.id for d in doomed]}  # fmt: skip
    ended = Record(Event.ENDED, f"ended/{at.agreement.digest}", now(), who.actor.id, at.dataset.id, payload, Retention.PROCESSING, datasets=(at.dataset.id,))  # fmt: skip
    house.write(lambda connection: record(connection, ended))
    return Ended(linkage, tuple(d.name for d in doomed))
