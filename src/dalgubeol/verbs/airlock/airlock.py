"""The airlock as people look at it: what waits for whom, and one submission with its whole story.

What is decided about it stands in `review`; here it is only read, and no more of it than `review.look` shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ...errors import Missing, Reason
from ...nouns.permit import Actor, Purpose, Role
from ...nouns.record import Event
from ...nouns.run import Run
from ...rules.airlock import ReviewState
from ...rules.disclosure import reasons_to_hold
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import datasets, outbox, permits, reviews, runs
from ...world.store.reviews import Review
from ..house.house import House
from ..permits.duties import Past
from . import model_reports, review, safe_versions
from .reviewers import reasons_not_to_vote, used
from .safe_versions import Proposal


@dataclass(frozen=True, slots=True)
class Line:
    """One submission in the queue."""

    review: Review
    files: int
    size_bytes: int
    for_me: bool
    """Whether this person may vote on it, and somebody still must."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The airlock as one person sees it."""

    mine: tuple[Line, ...]
    """What waits for this person's vote, the oldest first."""
    others: tuple[Line, ...]
    """What waits for others."""
    settled: tuple[Line, ...]
    """The newest first."""
    older: str | None
    """The cursor of the next page of what is settled."""
    counts: Mapping[ReviewState, int]
    """How many are in each state, of all that this person may see: no list is empty for another reason."""


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
    models: tuple[Mapping[str, object], ...] = ()
    """What the attacks on each model among the files found (`model_reports`)."""
    proposals: tuple[Proposal, ...] = ()
    """Safe versions of what is held."""

    @property
    def holds(self) -> tuple[Reason, ...]:
        return reasons_to_hold(self.review.findings)


def queue(house: House, who: SignedIn, after: str = "", limit: int = 100) -> Queue:
    """Everything that this person may see; of what is settled one page, from the cursor `after`."""
    waits, settled = tuple(s for s in ReviewState if s.waits), tuple(s for s in ReviewState if not s.waits)
    page = review.page(house, who.actor, settled, after, limit)
    with house.database.reading() as connection:
        past = Past(connection, who.actor)
        everybodys = bool(who.actor.roles & {Role.REVIEWER, Role.OPERATOR})
        counts = reviews.counts(connection, None if everybodys else who.actor.id)
        waiting = [each for each in reviews.listed(connection, waits) if review.may_look(who.actor, each)]
        sizes = _sizes(connection, (*waiting, *page.items))
        mine, others = list[Line](), list[Line]()
        for each in waiting:
            for_me = not reasons_not_to_vote(past, each)
            (mine if for_me else others).append(_line(review.seen_by(who.actor, each), sizes, for_me))
    return Queue(
        tuple(mine),
        tuple(others),
        tuple(_line(each, sizes, False) for each in page.items),
        page.next,
        counts,
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
            inputs=tuple(datasets.names(connection, list(used(connection, whole))).values()),
            purposes=tuple(permits.find(connection, permit).purpose for permit in analysed.permits),
            release_as=str(analysed.parameters.get("release_as") or ""),
            sizes=_sizes(connection, (seen,))[seen.dataset],
            voted=len(whole.votes),
            reasons=reasons_not_to_vote(Past(connection, who.actor), whole),
            looked=any(s.event is Event.VIEWED and s.person == who.actor.id for s in steps),
            steps=steps,
            names=tuple((person, *people[person]) for person in sorted(people)),
            release=runs.find(connection, seen.release_run) if seen.release_run else None,
            models=model_reports.of_papers(datasets.find(connection, seen.dataset).about),
            proposals=safe_versions.of(datasets.find(connection, seen.dataset)),
        )


def submissions(house: House, actor: Actor, of: Iterable[str]) -> dict[str, Review]:
    """The submissions of these Runs, by Run, that this person may know of."""
    with house.database.reading() as connection:
        found = reviews.of_runs(connection, tuple(of))
    return {each.run: review.seen_by(actor, each) for each in found if review.may_look(actor, each)}


def _line(seen: Review, sizes: Mapping[str, tuple[int, ...]], for_me: bool) -> Line:
    return Line(seen, len(sizes[seen.dataset]), sum(sizes[seen.dataset]), for_me)


def _sizes(connection: Connection, found: Iterable[Review]) -> dict[str, tuple[int, ...]]:
    """Held Dataset to the bytes of each of its files."""
    abouts = datasets.abouts(connection, [each.dataset for each in found])
    return {id_: tuple(int(size) for size in about.get("files", ())) for id_, about in abouts.items()}  # type: ignore[attr-defined]


def _steps(house: House, connection: Connection, run: str) -> Iterable[Step]:
    for index in outbox.records_about(connection, run):
        entry = house.log.entry(connection, index)
        leaf = json.loads(entry.leaf)
        payload = json.loads(entry.payload) if entry.payload is not None else {}
        if payload.get("what") == "script-log":
            continue  # a look at what the script printed, not at the files
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
