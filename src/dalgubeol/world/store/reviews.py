"""What waits in the airlock, and the votes on it, in the database. The caller owns the transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from ...digest import canonical
from ...errors import Missing
from ...language import say
from ...rules.lifecycle import ReviewState
from ...rules.reviewing import Vote
from .paging import Page, Row, belonging, ids_bound, paged
from .schema import reviews, votes


@dataclass(frozen=True, slots=True)
class Review:
    """One Run's outputs before two reviewers."""

    run: str
    dataset: str
    state: ReviewState
    opened_at: str
    author: str
    organisation: str
    context: str
    """What the author says of the files."""
    findings: tuple[Mapping[str, object], ...]
    """What the automatic checks found: code, message template and values; no data values."""
    manifest: str
    """Digest over names and digests of all files: a vote is for exactly these bytes."""
    release_run: str | None
    votes: tuple[Vote, ...] = ()


def open_(connection: Connection, review: Review) -> None:
    row = {
        "run": review.run, "dataset": review.dataset, "state": review.state.value, "opened_at": review.opened_at,
        "author": review.author, "organisation": review.organisation, "context": review.context,
        "findings": canonical([dict(f) for f in review.findings]).decode(), "manifest": review.manifest,
    }  # fmt: skip
    connection.execute(reviews.insert(), row)


def find(connection: Connection, run: str) -> Review:
    """Raises Missing."""
    row = connection.execute(select(reviews).where(reviews.c.run == run)).mappings().first()
    if row is None:
        raise Missing(
            "review.missing",
            say("Nothing of Run '{run}' waits in the airlock.", run=run),
            say("`dalgu airlock list` shows the whole queue, whatever its state."),
        )
    return _reviews(connection, [row])[0]


def page(
    connection: Connection, states: Sequence[ReviewState] = (), author: str | None = None, after: str = "", limit: int = 100
) -> Page[Review]:  # fmt: skip
    """The newest first; of one author only, where one is named. Raises Invalid for a cursor that is not one."""
    bound = {f"state_{n}": state.value for n, state in enumerate(states)}
    if author is not None:
        bound["author"] = author
    query = _wanted(len(states), author is not None)
    rows, following = paged(connection, query, (reviews.c.run,), bound, after, limit)
    return Page(_reviews(connection, rows), following)


@cache
def _wanted(states: int, author: bool) -> Select[Any]:
    query = select(reviews)
    if states:
        query = query.where(reviews.c.state.in_([bindparam(f"state_{n}") for n in range(states)]))
    return query.where(reviews.c.author == bindparam("author")) if author else query


def listed(connection: Connection, states: Sequence[ReviewState] = ()) -> tuple[Review, ...]:
    query = select(reviews).order_by(reviews.c.run)
    if states:
        query = query.where(reviews.c.state.in_([state.value for state in states]))
    return _reviews(connection, connection.execute(query).mappings().all())


def vote(connection: Connection, run: str, given: Vote) -> None:
    row = {
        "run": run, "person": given.person, "approve": int(given.approve), "voted_at": given.voted_at,
        "comment": given.comment, "manifest": given.manifest, "signature": given.signature,
    }  # fmt: skip
    connection.execute(votes.insert(), row)


def clear_votes(connection: Connection, run: str) -> None:
    """A release broke: the votes were for it and are asked anew."""
    connection.execute(votes.delete().where(votes.c.run == run))


def set_state(connection: Connection, run: str, state: ReviewState, release_run: str | None = None) -> None:
    connection.execute(
        reviews.update().where(reviews.c.run == run).values(state=state.value, release_run=release_run)
    )


def _reviews(connection: Connection, rows: Sequence[Row]) -> tuple[Review, ...]:
    """Rows with their votes, which are one query for all."""
    given: dict[str, list[Vote]] = {row["run"]: [] for row in rows}
    for v in belonging(connection, _cast_on, list(given)):
        vote = Vote(
            v["person"], bool(v["approve"]), v["voted_at"], v["comment"], v["manifest"], v["signature"]
        )
        given[v["run"]].append(vote)
    return tuple(_review(row, tuple(given[row["run"]])) for row in rows)


@cache
def _cast_on(size: int) -> Select[Any]:
    query = select(votes).where(votes.c.run.in_(ids_bound(size)))
    return query.order_by(votes.c.voted_at, votes.c.person)


def _review(row: Row, votes: tuple[Vote, ...]) -> Review:
    return Review(
        run=row["run"], dataset=row["dataset"], state=ReviewState(row["state"]), opened_at=row["opened_at"],
        author=row["author"], organisation=row["organisation"], context=row["context"],
        findings=tuple(json.loads(row["findings"])), manifest=row["manifest"], release_run=row["release_run"],
        votes=votes,
    )  # fmt: skip
