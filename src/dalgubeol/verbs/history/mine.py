"""What was done with an organisation's data, and what the history holds about a person: as the Records tell it.

It goes by the history and not by the tables: what was recorded is what somebody can prove.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from ...errors import Missing
from ...language import say
from ...nouns.dataset import Dataset
from ...nouns.permit import Purpose
from ...nouns.record import Event
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import datasets, outbox, permits, runs
from ..house.house import House
from ..runs.outcome import RELEASING
from .public import Entry, entries_for
from .story import Lines, lines

_MOST = 500
_USES = (
    Event.RAN,
    Event.VIEWED,
    Event.EXPORTED,
    Event.RELEASED,
    Event.RETURNED,
    Event.REFUSED,
    Event.DESTROYED,
)


@dataclass(frozen=True, slots=True)
class Owned:
    """A Dataset of one's organisation, and how often the history speaks of its use."""

    dataset: Dataset
    uses: int
    last_at: str


@dataclass(frozen=True, slots=True)
class Use:
    """One Record of a use."""

    record: int
    at: str
    event: Event
    organisation: str
    """Of who did it; empty where they are not known any more."""
    kind: str
    outcome: str
    purposes: tuple[Purpose, ...]
    made: tuple[tuple[str, str], ...]
    """(id, name) of the Datasets that came out: of what two reviewers released, else of what the Run made."""
    released: bool
    """Whether what came out has left the airlock since."""


@dataclass(frozen=True, slots=True)
class Account:
    """Everything about the use of one Dataset."""

    dataset: Dataset
    permits: tuple[Entry, ...]
    uses: tuple[Use, ...]


def owned(house: House, who: SignedIn) -> tuple[Owned, ...]:
    """The Datasets of this person's organisation, the newest first."""
    with house.database.reading() as connection:
        mine = datasets.of_organisation(connection, who.actor.organisation, _MOST)
        return tuple(_owned(house, connection, dataset) for dataset in mine)


def account(house: House, who: SignedIn, name: str) -> Account:
    """Who used it for which purpose, and what came out. Raises Missing, also where it is another organisation's."""
    with house.database.reading() as connection:
        dataset = datasets.find(connection, name)
        if dataset.organisation != who.actor.organisation:
            raise Missing(
                "dataset.missing",
                say("Your organisation has no Dataset '{name}'.", name=name),
                say("'My data' lists those that it has."),
            )
        uses = tuple(_uses(house, connection, dataset))
    return Account(dataset, entries_for(house, dataset.id), uses)


def about_me(house: House, who: SignedIn, before: int | None = None) -> Lines:
    """The Records that name this person, the newest first."""
    return lines(house, who, about=who.person.id, before=before)


def _owned(house: House, connection: Connection, dataset: Dataset) -> Owned:
    numbers = outbox.records_about(connection, dataset.id)
    last = json.loads(house.log.entry(connection, numbers[-1]).leaf)["at"] if numbers else dataset.created_at
    return Owned(dataset, max(0, len(numbers) - 1), last)


def _uses(house: House, connection: Connection, dataset: Dataset) -> list[Use]:
    found = []
    for number in reversed(outbox.records_about(connection, dataset.id)):
        entry = house.log.entry(connection, number)
        leaf = json.loads(entry.leaf)
        if leaf["event"] not in _USES:
            continue
        payload = json.loads(entry.payload) if entry.payload is not None else {}
        found.append(_use(connection, number, leaf, payload))
        if len(found) == _MOST:
            break
    return found


def _use(connection: Connection, number: int, leaf: dict[str, object], payload: dict[str, object]) -> Use:
    made = datasets.of_run(connection, str(leaf["subject"])) if leaf["event"] == Event.RAN else ()
    released = [left for one in made for left in _released(connection, one)]
    granted = [permits.find(connection, permit).purpose for permit in leaf["permits"]]  # type: ignore[attr-defined]
    return Use(
        number, str(leaf["at"]), Event(str(leaf["event"])), _organisation(connection, str(leaf["actor"])),
        str(payload.get("kind", "")), str(payload.get("outcome", "")), tuple(dict.fromkeys(granted)),
        tuple((one.id, one.name) for one in released or made), bool(released),
    )  # fmt: skip


def _released(connection: Connection, held: Dataset) -> list[Dataset]:
    """What was let out of an archive that had waited in the airlock."""
    children = [one for one in datasets.made_from(connection, held.id) if one.made_by]
    return [one for one in children if runs.find(connection, str(one.made_by)).kind == RELEASING]


def _organisation(connection: Connection, person: str) -> str:
    try:
        return identity.find(connection, person).organisation
    except Missing:
        return ""
