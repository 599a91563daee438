"""The Records of the airlock that are not votes: that files got their word, that somebody looked at them, or
may not say what they wished to say; and who is told of that."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Reason
from ...nouns.permit import Actor
from ...nouns.record import Event, Record, Retention
from ...world.store.reviews import Review
from ..house import notify
from ..house.clock import now
from ..house.transition import record


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


def not_let_out(connection: Connection, actor: Actor, found: Review, reasons: tuple[Reason, ...]) -> None:
    """The last vote was refused, for the author's Permit does not let the files leave. Nothing sticks: the one who can
    do something about it is told."""
    record(connection, refusal(actor, found, reasons))
    notify.review_advanced(connection, found.run, found.author, "not-permitted", found.comes_in)
