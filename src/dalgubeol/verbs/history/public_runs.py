"""The public register of Runs: who, as an organisation, did what with which Datasets, what for, and what came of it.

Every Run stands here from the moment it is asked for; none is left out. No person is named, and nothing that a person
typed: no script, no parameter, no word to reviewers. The name of a trade secret can itself tell, so such a Dataset
goes by its number. Instants are days: to the second they would say when somebody sat at their desk.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection

from ...nouns.disclosure import Disclosure
from ...nouns.permit import Purpose
from ...nouns.run import RunState
from ...world import identity
from ...world.store import datasets, permits, runs
from ...world.store.paging import LARGEST_PAGE, Page, those
from ...world.store.runs import PublicRun
from ..house.clock import ZONE
from ..house.house import House
from . import public
from .public import Entry

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""
_RULES = tuple(each.name for each in fields(Disclosure))
PERMIT_COLUMNS = (
    "permit", "organisation", "purpose", "kinds", "datasets", "valid_from", "valid_until", "standing", "runs_used",
    "runs_allowed", "follows", "smallest_cell", *_RULES, "epsilon_allowed", "delta_allowed", "epsilon_spent", "delta_spent",
)  # fmt: skip
"""What is spent is said by Dataset, as `name: sum`."""
RUN_COLUMNS = ("run", "organisation", "kind", "purposes", "datasets", "permits", "asked_on", "outcome")


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One line: a Run, whatever became of it."""

    run: str
    organisation: str
    kind: str
    purposes: tuple[Purpose, ...]
    """Of the Permits it was made under; empty where its own data was used, which needs none."""
    datasets: tuple[str, ...]
    """Names; of a trade secret the id."""
    permits: tuple[str, ...]
    asked_on: str
    """The day in Korea, YYYY-MM-DD."""
    outcome: RunState


def page(house: House, text: str = "", after: str = "", limit: int = 100) -> Page[RunEntry]:
    """The newest first; those that have all the words of `text` in organisation, kind, Datasets or outcome. Raises
    Invalid for a cursor that is not one."""
    limit = min(limit, LARGEST_PAGE)
    wanted, people = text.casefold().split(), dict[str, str]()
    with house.database.reading() as connection:

        def some(place: str) -> Page[RunEntry]:
            found = runs.page_public(connection, place, LARGEST_PAGE if wanted else limit + 1)
            return Page(_entries(connection, found.items, people), found.next)

        return those(some, lambda e: all(w in _text(e) for w in wanted), lambda e: e.run, limit, after)


def _text(entry: RunEntry) -> str:
    return " ".join((entry.organisation, entry.kind, entry.outcome, *entry.datasets)).casefold()


def _entries(
    connection: Connection, found: Sequence[PublicRun], people: dict[str, str]
) -> tuple[RunEntry, ...]:
    """What a page of Runs is called, looked up once a page; `people` are organisations by person, for all pages."""
    for person in {run.submitted_by for run in found} - people.keys():
        people[person] = identity.find(connection, person).organisation
    names = datasets.public_names(connection, sorted({d for run in found for d in run.inputs.values()}))
    purposes = permits.purposes(connection, sorted({p for run in found for p in run.permits}))
    return tuple(
        RunEntry(
            run.id, people[run.submitted_by], run.kind, tuple(dict.fromkeys(purposes[p] for p in run.permits)),
            tuple(dict.fromkeys(names[d] for d in run.inputs.values())), run.permits,
            f"{datetime.fromisoformat(run.submitted_at).astimezone(ZONE):%Y-%m-%d}", run.state,
        )
        for run in found
    )  # fmt: skip


def permits_csv(house: House, text: str = "") -> Iterator[str]:
    """The register of Permits as CSV, its header first; a page of it at a time."""
    yield _line(PERMIT_COLUMNS)
    after: str | None = ""
    while after is not None:
        found = public.page(house, after, LARGEST_PAGE, text)
        for e in found.items:
            yield _line(_cells(e))
        after = found.next


def _cells(e: Entry) -> tuple[object, ...]:
    """As `PERMIT_COLUMNS` names them."""
    spent = (
        [f"{a.name}: {a.epsilon_spent:g}" for a in e.accounts],
        [f"{a.name}: {a.delta_spent:g}" for a in e.accounts],
    )
    return (
        e.permit, e.organisation, e.purpose, e.kinds, [n for _, n in e.datasets], e.valid_from, e.valid_until, e.standing,
        e.runs_used, e.runs_allowed, e.follows or "", e.smallest_cell, *(getattr(e.disclosure, name) for name in _RULES),
        f"{e.epsilon:g}", f"{e.delta:g}", *spent,
    )  # fmt: skip


def runs_csv(house: House, text: str = "") -> Iterator[str]:
    """The register of Runs as CSV, its header first; a page of it at a time."""
    yield _line(RUN_COLUMNS)
    after: str | None = ""
    while after is not None:
        found = page(house, text, after, LARGEST_PAGE)
        for e in found.items:
            yield _line((e.run, e.organisation, e.kind, e.purposes, e.datasets, e.permits, e.asked_on, e.outcome))  # fmt: skip
        after = found.next


def _line(cells: Iterable[object]) -> str:
    sink = io.StringIO()
    csv.writer(sink).writerow([_cell(cell) for cell in cells])
    return sink.getvalue()


def _cell(value: object) -> str:
    text = "; ".join(str(v) for v in value) if isinstance(value, list | tuple) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
