"""What everybody may know of a site, without signing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query

from ...nouns.dataset import Dataset
from ...verbs import public, region
from ...verbs.public import Entry
from ...verbs.region import Numbers
from ...world.store.paging import Page
from .caller import Call
from .datasets import shown
from .lists import Cursor, Limit
from .operation import always, few, operation, router

routes = router("", "site")


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    origin: str
    """The name of its ledger."""
    verifier_key: str
    """The ledger's public key."""
    version: str
    """Of the software."""
    records: int


@operation(routes, "GET", "/site", Site, public=True, quick=always)
def show_site(call: Call) -> Site:
    """Which site this is."""
    from importlib.metadata import version

    facts = call.house.facts
    with call.house.database.reading() as connection:
        size = call.house.log.size(connection)
    return Site(facts.id, facts.origin, facts.verifier_key, version("dalgubeol"), size)


@operation(routes, "GET", "/numbers", Numbers, public=True)
def show_numbers(call: Call) -> Numbers:
    """The site in numbers, as they stand now."""
    return region.numbers(call.house)


@operation(routes, "GET", "/open-datasets", list[Dataset], public=True)
def list_open_datasets(
    call: Call, text: Annotated[str, Query(max_length=100)] = "", limit: Limit = 50
) -> list[Dataset]:
    """What everybody may have, the newest first."""
    return [shown(dataset, call.language) for dataset in region.open_datasets(call.house, text, limit)]


@operation(routes, "GET", "/register", Page[Entry], public=True, quick=few)
def list_register(call: Call, cursor: Cursor = "", limit: Limit = 100) -> Page[Entry]:
    """The public register: Permits that are or were granted, the newest first. It names no person."""
    return public.page(call.house, cursor, limit)


@operation(routes, "GET", "/register/{permit}", Entry, public=True, errors=(404,), quick=always)
def show_register(call: Call, permit: Annotated[str, Path(max_length=200)]) -> Entry:
    """One line of the public register."""
    return public.register_entry(call.house, permit)
