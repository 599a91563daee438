"""What everybody may know of a site: its numbers, each true for an instant, and what is open in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from ...nouns.dataset import Dataset, DatasetState, Sensitivity
from ...world import identity
from ...world.store import counts
from ...world.store.datasets import Wanted
from ..datasets.choices import each_dataset
from ..house.clock import ZONE, now, written
from ..house.house import House

MONTHS = 12
OPEN = (Sensitivity.PUBLIC, Sensitivity.ANONYMOUS)


@dataclass(frozen=True, slots=True)
class Numbers:
    at: str
    """The instant for which all of them are true."""
    datasets: Mapping[Sensitivity, int]
    permits_in_force: int
    runs_done: int
    releases: int
    records: int
    organisations: int
    people: int
    runs_by_month: tuple[tuple[str, int], ...]
    """(month as YYYY-MM, Runs that were done in it), the last twelve; months are those of Korea."""


def numbers(house: House) -> Numbers:
    at, months = now(), _months()
    with house.database.reading() as connection:
        people = identity.listed(connection)
        done = counts.runs_done_between(connection, [written(month) for month in months])
        return Numbers(
            at, counts.datasets_by_sensitivity(connection), counts.permits_in_force(connection, at),
            counts.runs_done(connection), counts.releases(connection), house.log.size(connection),
            len({person.organisation for person in people}), len(people),
            tuple((f"{month:%Y-%m}", count) for month, count in zip(months, done, strict=False)),
        )  # fmt: skip


def open_datasets(house: House, words: str = "", most: int = 50) -> tuple[Dataset, ...]:
    """What everybody may have, the newest first; with all the words in name, columns or description."""
    wanted = Wanted(sensitivities=OPEN, state=DatasetState.KEPT)
    with house.database.reading() as connection:
        found = (d for d in each_dataset(connection, wanted) if not d.trade_secret and _tells(d, words))
        return tuple(islice(found, most))


def _tells(dataset: Dataset, words: str) -> bool:
    text = " ".join(
        [dataset.name, *dataset.column_names, str(dataset.about.get("description", ""))]
    ).casefold()
    return all(word in text for word in words.casefold().split())


def _months() -> list[datetime]:
    """The first instants of this month and the eleven before it, and of the next."""
    today = datetime.now(ZONE)
    last = today.year * 12 + today.month
    return [
        datetime((n - 1) // 12, (n - 1) % 12 + 1, 1, tzinfo=ZONE) for n in range(last - MONTHS + 1, last + 2)
    ]
