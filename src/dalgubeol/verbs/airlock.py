"""The airlock as people look at it: what waits for whom, and one submission with its whole story.

What is decided about it stands in `review`; here it is only read, and no more of it than `review.look` shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from ..errors import Missing, Reason
from ..nouns.permit import Purpose
from ..nouns.record import Event
from ..nouns.run import Run
from ..rules.disclosure import reasons_to_hold
from ..world import identity
from ..world.identity import SignedIn
from ..world.store import datasets, outbox, permits, reviews, runs
from ..world.store.reviews import Review
from . import review
from .duties import Past
from .house import House


@dataclass(frozen=True, slots=True)
class Line:
    """One submission in the queue."""

    review: Review
    files: int
    size_bytes: int
    for_me: bool
    """Whether this person may vote on it, and somebody still must."""


@dataclass(frozen=True, slots=True)
class Step:
    """One Record of the story. Of a vote, `approve` says how it went once it was opened."""

    at: str
    event: Event
    person: str
    name: str
    organisation: str
    approve: bool | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission as one person may see it."""

    review: Review
    author: str
    inputs: tuple[str, ...]
    """Names of the Datasets that the files were made from."""
    purposes: tuple[Purpose, ...]
    release_as: str
    sizes: tuple[int, ...]
    """Bytes of each file, in the order of their numbers."""
    voted: int
    """How many have voted, whether or not this person may know how."""
    reasons: tuple[Reason, ...]
    """Why this person may not vote."""
    looked: bool
    """Whether this person has opened the files."""
    steps: tuple[Step, ...]
    names: tuple[tuple[str, str, str], ...]
    """(person, name, organisation) of those whose votes are seen."""
    release: Run | None

    @property
    def holds(self) -> tuple[Reason, ...]:
        return reasons_to_hold(self.review.findings)


def lines(house: House, who: SignedIn) -> tuple[Line, ...]:
    """The whole queue that this person may see: what waits for them first, the oldest at the top; then what
    waits for others; then what is settled, the newest at the top."""
    found = review.waiting(house, who.actor)
    with house.database.reading() as connection:
        past = Past(connection, who.actor)
        made = [_line(past, each) for each in found]
    waits = [line for line in made if line.review.state.waits]
    settled = [line for line in made if not line.review.state.waits]
    return (
        *(line for line in waits if line.for_me),
        *(line for line in waits if not line.for_me),
        *reversed(settled),
    )


def submission(house: House, who: SignedIn, run: str) -> Submission:
    """Raises Missing where there is none, or it is not theirs to see."""
    seen = review.look(house, who.actor, run)
    with house.database.reading() as connection:
        whole = reviews.find(connection, run)
        analysed = runs.find(connection, run)
        steps = tuple(_steps(house, connection, run))
        people = {
            person: _named(connection, person) for person in {seen.author, *(v.person for v in seen.votes)}
        }
        return Submission(
            review=seen,
            author=people[seen.author][0],
            inputs=tuple(datasets.names(connection, list(analysed.inputs.values())).values()),
            purposes=tuple(permits.find(connection, permit).purpose for permit in analysed.permits),
            release_as=str(analysed.parameters.get("release_as") or ""),
            sizes=_sizes(connection, seen),
            voted=len(whole.votes),
            reasons=review.reasons_not_to_vote(Past(connection, who.actor), whole),
            looked=any(s.event is Event.VIEWED and s.person == who.actor.id for s in steps),
            steps=steps,
            names=tuple((person, *people[person]) for person in sorted(people)),
            release=runs.find(connection, seen.release_run) if seen.release_run else None,
        )


def _line(past: Past, seen: Review) -> Line:
    sizes = _sizes(past.connection, seen)
    whole = reviews.find(past.connection, seen.run)
    for_me = seen.state.waits and not review.reasons_not_to_vote(past, whole)
    return Line(seen, len(sizes), sum(sizes), for_me)


def _sizes(connection: Connection, seen: Review) -> tuple[int, ...]:
    about = datasets.find(connection, seen.dataset).about
    return tuple(int(size) for size in about.get("files", ()))  # type: ignore[attr-defined]


def _steps(house: House, connection: Connection, run: str) -> Iterable[Step]:
    for index in outbox.records_about(connection, run):
        entry = house.log.entry(connection, index)
        leaf = json.loads(entry.leaf)
        payload = json.loads(entry.payload) if entry.payload is not None else {}
        name, organisation = _named(connection, leaf["actor"])
        yield Step(
            leaf["at"], Event(leaf["event"]), leaf["actor"], name, organisation, payload.get("approve")
        )


def _named(connection: Connection, person: str) -> tuple[str, str]:
    try:
        found = identity.find(connection, person)
    except Missing:
        return person, ""
    return found.name, found.organisation
