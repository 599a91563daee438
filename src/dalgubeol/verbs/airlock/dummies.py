"""The dummy of a Dataset: which one was let out last, and what the next is called. (How it is made: `kinds.dummy`.)"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count

from sqlalchemy import Connection

from ...errors import Missing
from ...kinds.contract import NAME
from ...language import say
from ...nouns.dataset import Dataset, DatasetState, Form
from ...world.store import datasets, reviews
from ..house.house import House

_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Released:
    """A dummy that two reviewers let out, and its codebook."""

    dummy: Dataset
    codebook: Dataset


def dummy_of(connection: Connection, dataset: Dataset) -> Released | None:
    """The last that was let out and is still there."""
    found = [pair for pair in _released(connection, dataset) if _is_there(pair)]
    return found[-1] if found else None


def released_dummy(
    connection: Connection, source: Dataset, form: str, wished: object
) -> dict[str, str | int]:
    """What the Run that lets a dummy out is told of it: form, edition and a name that nobody has.

    The edition is counted here, over all that reviewers have let out or are letting out. A name may be wished for by
    who asked for the dummy; one that somebody has by now, or whose codebook's name somebody has, gets a number.
    """
    edition = 1 + sum(_is_let_out(connection, held) for held in _held(connection, source))
    plain = f"{source.name[: _LONGEST - 40]}-dummy"
    usual = (
        plain if re.search(NAME, plain) else f"dummy-{plain.removesuffix('-dummy')}"
    )  # of what is called by an id
    first = str(wished or (usual if edition == 1 else f"{usual}-{edition}"))
    others = (f"{first[: _LONGEST - 20]}-{number}" for number in count(edition + 1))
    name = next(n for n in chain((first,), others) if _is_free(connection, n))
    return {"dummy": form, "edition": edition, "name": name}


def _is_free(connection: Connection, name: str) -> bool:
    return not any(datasets.name_is_taken(connection, n) for n in (name, f"{name}-codebook"))


def _held(connection: Connection, source: Dataset) -> Iterator[Dataset]:
    """What came into the airlock as a dummy of it, the oldest first."""
    made = datasets.made_from(connection, source.id)
    return (held for held in made if held.form is Form.ARCHIVE and "dummy" in held.about)


def _is_let_out(connection: Connection, held: Dataset) -> bool:
    return reviews.find(connection, str(held.made_by)).release_run is not None


def _released(connection: Connection, source: Dataset) -> Iterator[Released]:
    """All, the oldest first."""
    for held in _held(connection, source):
        made = datasets.made_from(connection, held.id)
        dummies = {d.made_by: d for d in made if "dummy" in d.about}
        for book in (d for d in made if "codebook" in d.about and d.made_by in dummies):
            yield Released(dummies[book.made_by], book)


def _is_there(pair: Released) -> bool:
    return pair.dummy.state is DatasetState.KEPT is pair.codebook.state


def released(house: House, name: str) -> Released:
    """The dummy of the Dataset of that name, or the Dataset itself where it is one. Raises Missing."""
    with house.database.reading() as connection:
        found = shown_with(connection, datasets.find(connection, name))
    if found is None:
        raise none_yet(name)
    return found


def shown_with(connection: Connection, dataset: Dataset) -> Released | None:
    """What is offered on the page of a Dataset: its last dummy, or of a dummy this one."""
    if "dummy" not in dataset.about:
        return dummy_of(connection, dataset)
    every = _released(connection, _source(connection, dataset))
    return next((pair for pair in every if pair.dummy.id == dataset.id and _is_there(pair)), None)


def none_yet(name: str) -> Missing:
    return Missing(
        "dummy.missing",
        say("There is no dummy of {name} yet.", name=name),
        say("Whoever answers for it makes one with `dalgu run dummy {name}`; it is let out by two reviewers.", name=name),
    )  # fmt: skip


def _source(connection: Connection, dummy: Dataset) -> Dataset:
    mark = dummy.about["dummy"]
    assert isinstance(mark, Mapping)
    of = mark["of"]
    return datasets.find(connection, str(of["id"] if isinstance(of, Mapping) else of))
