"""The Records of the airlock that are not votes: that files got their word, that somebody looked at them, or
may not say what they wished to say."""

from __future__ import annotations

from collections.abc import Sequence

from ...digest import fresh_id
from ...errors import Reason
from ...nouns.permit import Actor
from ...nouns.record import Event, Record, Retention
from ...world.store.reviews import Review
from ..house.clock import now


def explained(found: Review, numbers: Sequence[int]) -> Record:
    return Record(
        Event.EXPLAINED, fresh_id("explained"), now(), found.author, found.run, {"files": list(numbers)},
        Retention.PROCESSING, (found.dataset,),
    )  # fmt: skip


def viewed(actor: Actor, found: Review) -> Record:
    payload = {"manifest": found.manifest}
    return Record(
        Event.VIEWED, fresh_id("viewed"), now(), actor.id, found.run, payload, Retention.ACCESS_SENSITIVE,
        (found.dataset,),
    )  # fmt: skip


def refusal(actor: Actor, found: Review, reasons: tuple[Reason, ...]) -> Record:
    payload = {"run": found.run, "reasons": [reason.code for reason in reasons]}
    return Record(Event.REFUSED, fresh_id("refused"), now(), actor.id, found.run, payload, Retention.ACCESS, (found.dataset,))  # fmt: skip
