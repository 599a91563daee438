"""A linkage as people look at it: what was agreed, what is here, which step is due and whose turn it is.

Read out of what the site has: Datasets by their marks, what went out by the Records of it, the committee out of
the history. Nothing of it is kept anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from ...errors import Missing, Reason
from ...language import Message, restored
from ...nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from ...nouns.linkage import Party
from ...nouns.permit import Role
from ...nouns.run import Run, RunState
from ...rules.linkage_course import Act, Here, Piece, Step, course, next_step
from ...world.identity import SignedIn
from ...world.store import datasets, outbox, runs
from ..house.house import House
from . import committee
from .agreeing import AGREEMENT, BOX, Taken, marked, no_linkage, taken
from .committee import Minutes
from .ending import belongings
from .kept import exports
from .leaving import TABLES, reasons_of_now

_RUNS_LOOKED_AT = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One linkage in a list. `me` is empty before the agreement is taken up: only a card was made."""

    linkage: str
    me: str
    since: str
    taken: Taken | None
    next: Step | None
    ended: bool


@dataclass(frozen=True, slots=True)
class Story:
    taken: Taken
    steps: tuple[Step, ...]
    here: tuple[Dataset, ...]
    minutes: tuple[Minutes, ...]
    """Of each result that a committee was called for, the oldest first."""
    ended: bool
    run: Run | None
    """The newest Run of the step that is due, where one was asked for and has not made it done."""
    held_back: tuple[Reason, ...] = ()
    """What speaks now against sending what the step that is due would send: no review yet, a period that is over."""

    @property
    def next(self) -> Step | None:
        return next_step(self.steps)

    @property
    def me(self) -> Party:
        return self.taken.me

    def said(self) -> tuple[Message, ...]:
        """What the Runs and envelopes of this linkage say in words: rates first of all."""
        lines = [line for d in self.here for line in d.about.get("said", ())]  # type: ignore[attr-defined]
        each = dict.fromkeys(json.dumps(line) for line in lines)
        return tuple(restored(json.loads(line)) for line in each)


def listed(house: House, who: SignedIn) -> tuple[Line, ...]:
    """The linkages that this site is party to, or made a card for, and that this person may look at, the newest
    first."""
    with house.database.reading() as connection:
        every = [d for d in datasets.every(connection) if d.state is not DatasetState.DESTROYED]
    found: dict[str, Line] = {}
    for dataset in every:
        name = str(marked(dataset).get("linkage", ""))
        mine = Role.OPERATOR in who.actor.roles or dataset.owner == who.actor.id
        if marked(dataset).get("content") == BOX and mine and name not in found:
            found[name] = Line(name, "", dataset.created_at, None, None, False)
    for dataset in every:
        if marked(dataset).get("content") == AGREEMENT:
            try:
                told = look(house, who, dataset.id)
            except Missing:  # not theirs to look at
                continue
            name = told.taken.agreement.terms.linkage
            found[name] = Line(name, told.me.name, dataset.created_at, told.taken, told.next, told.ended)
    return tuple(sorted(found.values(), key=lambda line: line.since, reverse=True))


def seen(house: House, who: SignedIn, linkage: str) -> Taken:
    """What was agreed, for who may look at it. Raises Missing, for everybody else too, and Tampered."""
    at = taken(house, linkage)
    with house.database.reading() as connection:
        if not committee.may_look(house, connection, who, at):
            raise no_linkage(linkage)
    return at


def look(house: House, who: SignedIn, linkage: str) -> Story:
    """As this person may see it: `seen`, and votes of others only once the committee is over. Raises Missing,
    Tampered."""
    at = seen(house, who, linkage)
    here = belongings(house, at.agreement.terms.linkage)
    mine = [d for d in here if marked(d).get("agreement", at.agreement.digest) == at.agreement.digest]
    pieces = tuple(_pieces(mine))
    minutes = tuple(_committees(house, who, [p.id for p in pieces if p.content == "result"]))
    with house.database.reading() as connection:
        ended = outbox.record_of(connection, f"ended/{at.agreement.digest}") is not None
        sent = frozenset(_sent(house, connection, at, pieces))
        decided = {m.dataset: m.outcome.approved for m in minutes}
        steps = course(at.agreement, at.me, Here(pieces, sent, decided, ended))
        due = next_step(steps)
        run = _run_of(connection, at, due) if due is not None and due.act is Act.RUN else None
        sends = due is not None and due.act is Act.SEND and due.content in TABLES and bool(due.dataset)
        held = (
            reasons_of_now(house, connection, datasets.find(connection, due.dataset)) if due and sends else ()
        )
    return Story(at, steps, here, minutes, ended, run, held)


def designation(house: House) -> str:
    """What this site says of its designation as an expert agency (결합전문기관); empty: it is not designated."""
    return house.settings.served().linkage.designated or ""


def candidates(story: Story, step: Step) -> tuple[Dataset, ...]:
    """The Datasets that may be what a step sends, the likeliest first."""
    named = [d for d in story.here if d.id == step.dataset]
    if step.content != "payload":
        return tuple(named)
    others = [d for d in reversed(story.here) if _is_payload(d) and d.id != step.dataset]
    return (*named, *others)


def is_of(dataset: Dataset, content: str, received: bool) -> bool:
    """Whether it is that content of a linkage, made here or received."""
    mark = marked(dataset)
    return mark.get("content") == content and bool(mark.get("from")) is received


def _pieces(here: Iterable[Dataset]) -> Iterator[Piece]:
    kept = {d.id: d for d in here if d.state is DatasetState.KEPT}
    mocks: dict[str, bool] = {}
    for dataset in kept.values():  # the oldest first: what something was made of is known before it
        above = [kept[source] for source in dataset.sources if source in kept]
        mark, contents = marked(dataset), {marked(d).get("content") for d in above}
        content, received = str(mark.get("content", "payload")), bool(mark.get("from"))
        if not mark and not (_is_payload(dataset) and "numbered" in contents):
            continue
        told = [d for d in above if marked(d).get("content") in ("told", "numbered")]
        mocks[dataset.id] = bool(mark.get("mock")) or any(mocks.get(d.id) for d in told)  # fmt: skip
        yield Piece(dataset.id, content, received, mocks[dataset.id], content == "numbered" and "told" in contents)  # fmt: skip


def _is_payload(dataset: Dataset) -> bool:
    return not marked(dataset) and dataset.form is Form.TABLE and dataset.sensitivity.rank <= Sensitivity.PSEUDONYMISED.rank  # fmt: skip


def _sent(house: House, connection: Connection, at: Taken, pieces: Iterable[Piece]) -> Iterator[tuple[str, str, bool]]:  # fmt: skip
    names = {party.site: party.name for party in at.agreement.parties}
    for piece in pieces:
        for payload in exports(house, connection, piece.id):
            if payload.get("agreement") == at.agreement.digest and payload.get("to") in names:
                yield str(payload["content"]), names[payload["to"]], piece.mock


def _committees(house: House, who: SignedIn, results: Iterable[str]) -> Iterator[Minutes]:
    for dataset in results:
        try:
            yield committee.minutes(house, who, dataset)
        except Missing:
            continue


def _run_of(connection: Connection, at: Taken, step: Step) -> Run | None:
    every = runs.listed(connection, limit=_RUNS_LOOKED_AT)
    of = next((r for r in every if r.kind == step.kind and _is_for(r, at, step)), None)
    return of if of is not None and of.state is not RunState.DONE else None


def _is_for(run: Run, at: Taken, step: Step) -> bool:
    given = set(run.inputs.values())
    return step.dataset in given if step.kind == "pseudonymise" else at.dataset.id in given
