"""What waits in the airlock, and the votes on it, in the database. The caller owns the transaction."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from ...digest import canonical
from ...errors import Missing
from ...language import say
from ...rules.airlock import Direction, ReviewState
from ...rules.reviewing import FileVerdict, FileVote, Vote
from .paging import Page, Row, belonging, ids_bound, paged
from .schema import released_tables, review_seats, reviews, votes


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
    contexts: Mapping[int, Context] = field(default_factory=dict)
    """File (by number, from 1) to what its author says of it."""
    moved_at: str = ""
    """When it came into this state, or was last voted on."""
    direction: Direction = Direction.OUT
    permit: str | None = None
    """Of what comes in: the Permit that it is for."""

    @property
    def comes_in(self) -> bool:
        return self.direction is Direction.IN


@dataclass(frozen=True, slots=True)
class Context:
    """What its author says of one file."""

    why: str
    shows: str
    made: str


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who was asked to vote; handed on where they were away."""

    person: str
    asked_at: str
    ended_at: str | None = None


def open_(connection: Connection, review: Review) -> None:
    row = {
        "run": review.run, "dataset": review.dataset, "state": review.state.value, "opened_at": review.opened_at,
        "author": review.author, "organisation": review.organisation, "context": review.context,
        "findings": _plain(review.findings), "manifest": review.manifest,
        "contexts": _contexts_text(review.contexts), "moved_at": review.moved_at or review.opened_at,
        "direction": review.direction.value, "permit": review.permit,
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


def counts(connection: Connection, author: str | None = None) -> Mapping[ReviewState, int]:
    """How many are in each state, of everybody's or of one author's; states of which there is none have 0."""
    query = select(reviews.c.state, func.count()).group_by(reviews.c.state)
    rows = connection.execute(query if author is None else query.where(reviews.c.author == author))
    return dict.fromkeys(ReviewState, 0) | {ReviewState(state): int(count) for state, count in rows}


def listed(connection: Connection, states: Sequence[ReviewState] = ()) -> tuple[Review, ...]:
    query = select(reviews).order_by(reviews.c.run)
    if states:
        query = query.where(reviews.c.state.in_([state.value for state in states]))
    return _reviews(connection, connection.execute(query).mappings().all())


def of_runs(connection: Connection, runs: Sequence[str]) -> tuple[Review, ...]:
    """Of those Runs that have one."""
    return _reviews(connection, list(belonging(connection, _of_these, list(runs))))


@cache
def _of_these(size: int) -> Select[Any]:
    return select(reviews).where(reviews.c.run.in_(ids_bound(size))).order_by(reviews.c.run)


def vote(connection: Connection, run: str, given: Vote) -> None:
    row = {
        "run": run, "person": given.person, "approve": int(given.approve), "voted_at": given.voted_at,
        "comment": given.comment, "manifest": given.manifest, "signature": given.signature,
        "files": canonical([[each.verdict.value, each.comment] for each in given.files]).decode(),
    }  # fmt: skip
    mine = (votes.c.run == run) & (votes.c.person == given.person) & votes.c.set_aside_at.is_not(None)
    again = votes.update().where(mine).values({**row, "set_aside_at": None})
    if not connection.execute(again).rowcount:
        connection.execute(votes.insert(), row)


def clear_votes(connection: Connection, run: str, at: str, person: str | None = None) -> None:
    """The votes are asked anew: all of them, or one person's who reviews no more. They count no longer, and stay:
    whoever cast one has seen the files, and is a reviewer of that data for good (`duties`)."""
    gone = votes.update().where((votes.c.run == run) & votes.c.set_aside_at.is_(None)).values(set_aside_at=at)
    connection.execute(gone if person is None else gone.where(votes.c.person == person))


def set_state(
    connection: Connection, run: str, state: ReviewState, at: str, release_run: str | None = None
) -> None:
    connection.execute(
        reviews.update()
        .where(reviews.c.run == run)
        .values(state=state.value, moved_at=at, release_run=release_run)
    )


def hold(connection: Connection, run: str, findings: Sequence[Mapping[str, object]]) -> None:
    """What the checks found besides, since it was submitted."""
    connection.execute(reviews.update().where(reviews.c.run == run).values(findings=_plain(findings)))


def explain(connection: Connection, run: str, contexts: Mapping[int, Context]) -> None:
    connection.execute(reviews.update().where(reviews.c.run == run).values(contexts=_contexts_text(contexts)))


def seats(connection: Connection, run: str) -> tuple[Seat, ...]:
    """Everybody who was ever asked, the first first."""
    query = select(review_seats).where(review_seats.c.run == run)
    rows = connection.execute(query.order_by(review_seats.c.asked_at, review_seats.c.person)).mappings()
    return tuple(Seat(row["person"], row["asked_at"], row["ended_at"]) for row in rows)


def seats_taken(connection: Connection) -> Mapping[str, int]:
    """Person to how many open seats they have."""
    query = select(review_seats.c.person, func.count()).where(review_seats.c.ended_at.is_(None))
    return {person: int(count) for person, count in connection.execute(query.group_by(review_seats.c.person))}


def seat(connection: Connection, run: str, person: str, at: str) -> None:
    """Ask somebody, or ask them again."""
    mine = (review_seats.c.run == run) & (review_seats.c.person == person)
    again = review_seats.update().where(mine).values(asked_at=at, ended_at=None)
    if not connection.execute(again).rowcount:
        connection.execute(review_seats.insert(), {"run": run, "person": person, "asked_at": at})


def end_seats(connection: Connection, run: str, at: str, person: str | None = None) -> None:
    open_ = (review_seats.c.run == run) & review_seats.c.ended_at.is_(None)
    mine = open_ if person is None else open_ & (review_seats.c.person == person)
    connection.execute(review_seats.update().where(mine).values(ended_at=at))


def keep_released(
    connection: Connection,
    run: str,
    at: str,
    tables: Sequence[tuple[bytes, int]],
    models: Sequence[bytes] = (),
) -> None:
    """What has left, table by table with what its counts were rounded to, and models: the world knows it also when the
    released Dataset is destroyed."""
    left = [*((content, base, "table") for content, base in tables), *((each, 1, "model") for each in models)]
    for number, (content, base, form) in enumerate(left, 1):
        row = {"run": run, "number": number, "released_at": at, "content": zlib.compress(content, 9), "base": base, "form": form}  # fmt: skip
        connection.execute(released_tables.insert(), row)


def released_runs(connection: Connection) -> tuple[str, ...]:
    """The Runs any of whose tables or models have left, the first first."""
    query = select(released_tables.c.run).where(released_tables.c.number == 1)
    return tuple(connection.execute(query.order_by(released_tables.c.released_at, released_tables.c.run)).scalars())  # fmt: skip


def tables_of(connection: Connection, run: str) -> tuple[tuple[bytes, int], ...]:
    """What has left of a Run, as CSV, and what its counts were rounded to."""
    return tuple((content, base) for content, base in _left(connection, run, "table"))


def models_of(connection: Connection, run: str) -> tuple[bytes, ...]:
    """The models that have left of a Run, as plain JSON."""
    return tuple(content for content, _ in _left(connection, run, "model"))


def _left(connection: Connection, run: str, form: str) -> Iterator[tuple[bytes, int]]:
    of = (released_tables.c.run == run) & (released_tables.c.form == form)
    query = select(released_tables.c.content, released_tables.c.base).where(of)
    for content, base in connection.execute(query.order_by(released_tables.c.number)):
        yield zlib.decompress(content), int(base)


def _plain(findings: Sequence[Mapping[str, object]]) -> str:
    return canonical([dict(each) for each in findings]).decode()


def _contexts_text(contexts: Mapping[int, Context]) -> str:
    return canonical({str(n): [each.why, each.shows, each.made] for n, each in contexts.items()}).decode()


def _reviews(connection: Connection, rows: Sequence[Row]) -> tuple[Review, ...]:
    """Rows with their votes, which are one query for all."""
    given: dict[str, list[Vote]] = {row["run"]: [] for row in rows}
    for v in belonging(connection, _cast_on, list(given)):
        vote = Vote(
            v["person"], bool(v["approve"]), v["voted_at"], v["comment"], v["manifest"], v["signature"],
            tuple(FileVote(FileVerdict(word), said) for word, said in json.loads(v["files"])),
        )  # fmt: skip
        given[v["run"]].append(vote)
    return tuple(_review(row, tuple(given[row["run"]])) for row in rows)


@cache
def _cast_on(size: int) -> Select[Any]:
    query = select(votes).where(votes.c.run.in_(ids_bound(size)), votes.c.set_aside_at.is_(None))
    return query.order_by(votes.c.voted_at, votes.c.person)


def _review(row: Row, votes: tuple[Vote, ...]) -> Review:
    return Review(
        run=row["run"], dataset=row["dataset"], state=ReviewState(row["state"]), opened_at=row["opened_at"],
        author=row["author"], organisation=row["organisation"], context=row["context"],
        findings=tuple(json.loads(row["findings"])), manifest=row["manifest"], release_run=row["release_run"],
        votes=votes, contexts={int(n): Context(*said) for n, said in json.loads(row["contexts"]).items()},
        moved_at=row["moved_at"] or row["opened_at"], direction=Direction(row["direction"]), permit=row["permit"],
    )  # fmt: skip
