"""What somebody can choose among when they fill in a form: Datasets for a request, or for the slots of a kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from sqlalchemy import Connection

from ... import kinds
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.panel import PanelKind
from ...nouns.permit import Actor
from ...rules.granting import ruling
from ...world.identity import SignedIn
from ...world.store import datasets, permits
from ...world.store.datasets import Wanted
from ...world.store.paging import LARGEST_PAGE
from ..house.clock import now
from ..house.house import House
from ..permits.duties import Past
from ..projects.projects import seen
from ..runs.outcome import BY_VERBS, RELEASING

MOST = 500
"""As many as one list to choose from holds."""
LOOKED_THROUGH = 2000
"""So many of the newest are looked through for words that are not in a name: it is done at every key."""


def datasets_like(house: House, words: str, most: int = 20) -> tuple[Dataset, ...]:
    """Kept Datasets that have all these words: those by name first, of the newest also by organisation and
    description; each lot the newest first."""
    wanted = words.casefold().split()
    with house.database.reading() as connection:
        kept = Wanted(state=DatasetState.KEPT)
        named = each_dataset(connection, replace(kept, text=max(wanted, key=len))) if wanted else iter(())
        newest = islice(each_dataset(connection, kept), LOOKED_THROUGH)
        found: dict[str, Dataset] = {}
        for dataset in chain(named, newest):
            if all(word in _text(dataset) for word in wanted):
                found.setdefault(dataset.id, dataset)
            if len(found) == most:
                break
    return tuple(found.values())


def each_dataset(connection: Connection, wanted: Wanted) -> Iterator[Dataset]:
    """The newest first, read as far as somebody takes them."""
    after: str | None = ""
    while after is not None:
        found = datasets.page(connection, wanted, after, LARGEST_PAGE)
        yield from found.items
        after = found.next


def datasets_named(house: House, ids: Sequence[str]) -> tuple[Dataset, ...]:
    """Raises Missing."""
    with house.database.reading() as connection:
        return tuple(datasets.find(connection, id_) for id_ in ids)


def usable(house: House, actor: Actor, kind_name: str) -> dict[str, tuple[Dataset, ...]]:
    """For each slot of a kind the Datasets that this person may give it, the newest first. Raises Missing."""
    kind, at = kinds.kind(kind_name), now()
    with house.database.reading() as connection:
        own = permits.of_holder(connection, actor.id)
        mine = islice(each_dataset(connection, Wanted(state=DatasetState.KEPT, owner=actor.id)), MOST)
        named = (datasets.find(connection, id_) for permit in own for id_ in permit.datasets)
        every = {d.id: d for d in (*mine, *named) if d.state is DatasetState.KEPT}
        past = Past(connection, actor)
        allowed = [
            d
            for d in sorted(every.values(), key=lambda each: each.created_at, reverse=True)
            if not ruling(actor, kind.name, kind.grants, (d,), own, at).reasons
            and not past.reasons_not_to_run(kind.name, kind.grants, (d,))
        ]
    return {slot.name: tuple(d for d in allowed if d.form in slot.forms)[:MOST] for slot in kind.slots}


def reviewable(
    house: House, who: SignedIn, kind: PanelKind, project: str, text: str = "", most: int = MOST
) -> tuple[Dataset, ...]:
    """The Datasets of which a panel of this kind can be asked in a project, the newest first, with `text` in their
    names: of its results, or of what its provider has and could put in. Raises Missing."""
    with house.database.reading() as connection:
        about = seen(connection, who, project)
        made = kind is not PanelKind.RISK
        return datasets.under_project(connection, about.id, about.organisation, made, text.strip(), most)


def runnable_kinds() -> tuple[str, ...]:
    """Kinds that somebody can ask for; the one that lets out is queued by reviewers' votes alone."""
    return tuple(name for name in kinds.names() if name not in BY_VERBS)


def permitted() -> tuple[str, ...]:
    """Kinds that a Permit can be asked for: those that people run, and `release`, which their votes run."""
    return tuple(name for name in kinds.names() if name == RELEASING or name not in BY_VERBS)


def _text(dataset: Dataset) -> str:
    about = str(dataset.about.get("description", ""))
    return " ".join((dataset.name, dataset.organisation, about)).casefold()
