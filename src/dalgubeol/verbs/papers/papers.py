"""The papers of one Dataset: what it is, where it came from, what was made from it, what was done with it, and
what whoever looks may do with it, with every reason."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ... import kinds
from ...errors import Reason
from ...kinds.contract import Kind
from ...language import Message, say
from ...nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from ...nouns.permit import Actor
from ...nouns.record import Event
from ...rules.granting import Ruling, ruling
from ...rules.panels import BEFORE_REVIEW
from ...world import identity
from ...world.identity import Person, SignedIn
from ...world.store import datasets, lineage, outbox, permits
from ...world.store.lineage import Relative
from ..airlock.dummies import Released, shown_with
from ..datasets.register import reasons_not_to_hand_out
from ..history.region import OPEN
from ..house.clock import now
from ..house.house import House
from ..house.stops import reasons_of_stops
from ..permits.duties import Past
from ..projects import projects, reviewed
from ..projects.remembering import Remembering, remembering
from ..runs.outcome import BY_VERBS

STEPS = 3
"""How far up and down the lineage is followed."""
MOST_KIN = 24
"""How many Datasets of one step are shown; a Dataset that hundreds were made from stays readable."""
MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Kin:
    """One Dataset in the lineage of another."""

    id: str
    name: str
    """Empty where whoever looks may not know it."""
    form: Form
    sensitivity: Sensitivity
    state: DatasetState
    step: int
    """Negative: it came from there; positive: made from it; 0: the Dataset itself."""
    kind: str
    """The kind of Run that made it; empty where it was brought in."""


@dataclass(frozen=True, slots=True)
class Use:
    kind: str
    summary: Message
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class Line:
    """One Record about it, without its payload."""

    number: int
    event: Event
    at: str
    name: str | Message
    organisation: str
    """Empty where the site did it by itself."""


@dataclass(frozen=True, slots=True)
class Papers:
    dataset: Dataset
    owner: Person
    kind: str
    kin: tuple[Kin, ...]
    edges: tuple[tuple[str, str], ...]
    uses: tuple[Use, ...]
    lines: tuple[Line, ...]
    records: int
    """How many Records speak of it in all."""
    reasons_to_stay: tuple[Reason, ...]
    """Why its content may not be handed to whoever looks; none: it may."""
    may_destroy: bool
    recipes: Remembering
    """What would go with it, and what would stay, if it were destroyed."""
    dummy: Released | None
    """The dummy that was let out, for anybody."""


def papers(house: House, who: SignedIn | None, name: str) -> Papers:
    """Raises Missing; Refused where nobody is signed in and it is not open to everybody."""
    with house.database.reading() as connection:
        dataset = datasets.find(connection, name)
        if who is None and not is_open(dataset):
            raise identity.nobody(say("This Dataset is not open to everybody."))
        actor = who.actor if who is not None else None
        owner = identity.find(connection, dataset.owner)
        kin, edges = _lineage(connection, dataset, actor)
        about = outbox.records_about(connection, dataset.id)
        return Papers(
            dataset, owner, next(one.kind for one in kin if one.step == 0), kin, edges,
            _uses(house, connection, actor, dataset), _lines(house, connection, about[-MOST_LINES:], actor), len(about),
            reasons_not_to_hand_out(actor or _ANYBODY, dataset),
            actor is not None and dataset.owner == actor.id and dataset.state is DatasetState.KEPT,
            remembering(connection, dataset), shown_with(connection, dataset),
        )  # fmt: skip


_ANYBODY = Actor("", "", frozenset())


def is_open(dataset: Dataset | Relative) -> bool:
    """Whether everybody may have it."""
    return dataset.sensitivity in OPEN and dataset.state is DatasetState.KEPT and not dataset.trade_secret


def _uses(house: House, connection: Connection, actor: Actor | None, dataset: Dataset) -> tuple[Use, ...]:
    if actor is None:
        return ()
    own, at, past = permits.of_holder(connection, actor.id), now(), Past(connection, actor)
    stopped = reasons_of_stops(connection, [dataset])
    against = {
        making: projects.reasons_against_use(connection, actor, [dataset], to_make=making) + stopped
        for making in (False, True)
    }
    unreviewed = reviewed.reasons_not_to_use(house, connection, [dataset])

    def ruled(kind: Kind) -> Ruling:
        decided = ruling(actor, kind.name, kind.grants, (dataset,), own, at)
        duties = past.reasons_not_to_run(kind.name, kind.grants, (dataset,))
        reviewed = () if kind.name in BEFORE_REVIEW else unreviewed
        of_projects = against[kind.name in BEFORE_REVIEW]
        return replace(decided, reasons=decided.reasons + duties + of_projects + reviewed)

    return tuple(
        Use(kind.name, kind.summary, ruled(kind))
        for kind in (kinds.kind(name) for name in kinds.names() if name not in BY_VERBS)
        if any(dataset.form in slot.forms for slot in kind.slots)
    )


def _lineage(
    connection: Connection, dataset: Dataset, actor: Actor | None
) -> tuple[tuple[Kin, ...], tuple[tuple[str, str], ...]]:
    """Step by step up and down, each Dataset at the farthest step that reaches it, so that what was made lies
    behind what it was made of."""
    steps: dict[str, int] = {dataset.id: 0}
    edges: dict[tuple[str, str], None] = {}
    for sign, follow in ((-1, lineage.edges_up), (1, lineage.edges_down)):
        edge_of = [dataset.id]
        for step in range(1, STEPS + 1):
            found = follow(connection, edge_of, MOST_KIN) if edge_of else ()
            edges.update(dict.fromkeys(found))
            reached = [edge[0] if sign < 0 else edge[1] for edge in found]
            edge_of = list(dict.fromkeys(reached))
            steps.update(dict.fromkeys(edge_of, sign * step))
    kin = (_kin(relative, steps[relative.id], actor) for relative in lineage.relatives(connection, steps))
    return tuple(sorted(kin, key=lambda k: (k.step, k.id))), tuple(edges)


def _kin(relative: Relative, step: int, actor: Actor | None) -> Kin:
    hidden = actor is None and not is_open(relative)
    return Kin(
        relative.id, "" if hidden else relative.name, relative.form, relative.sensitivity, relative.state, step,
        relative.kind,
    )  # fmt: skip


def _lines(
    house: House, connection: Connection, numbers: Iterable[int], reader: Actor | None
) -> tuple[Line, ...]:
    """The newest first; people's names only for who is signed in."""
    people: dict[str, Person] = {}
    lines = []
    for number in numbers:
        leaf = json.loads(house.log.entry(connection, number).leaf)
        actor = str(leaf["actor"])
        if actor == house.facts.id:  # what ends by the calendar, nobody does
            lines.append(Line(number, Event(leaf["event"]), leaf["at"], say("the site itself"), ""))
            continue
        if actor not in people:
            people[actor] = identity.find(connection, actor)
        person = people[actor]
        lines.append(
            Line(number, Event(leaf["event"]), leaf["at"], person.name if reader else "", person.organisation)
        )
    return tuple(reversed(lines))
