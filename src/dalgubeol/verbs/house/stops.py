"""Whether Datasets are stopped: after a report of accidental identification nobody uses them, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from ...errors import Reason
from ...language import say
from ...nouns.dataset import Dataset
from ...world.store import accidents


class UseStopped(Exception):
    """What a Run used was stopped while it ran: what it made does not come to be."""


def reasons_of_stops(connection: Connection, datasets: Iterable[Dataset]) -> tuple[Reason, ...]:
    """One reason for each Dataset that is stopped."""
    named = {d.id: d.name for d in datasets}
    return tuple(
        Reason("dataset.stopped", say("The use of {name} is stopped: somebody was identified in it by accident ({accident}).", name=named[id_], accident=accident))
        for id_, accident in sorted(accidents.stopped(connection, named).items())
    )  # fmt: skip


def check_not_stopped(connection: Connection, ids: Iterable[str]) -> None:
    """Raises UseStopped."""
    if accidents.stopped(connection, ids):
        raise UseStopped
