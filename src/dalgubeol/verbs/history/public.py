"""The public register: what everybody may know of Permits, without signing in. (Numbers: `region`.)

The register says which organisation asked to use what for which purpose, and what became of it: a request that was
refused, taken back or never decided stands beside what was granted, or nobody could see how a site decides. It names
no person, and so neither the holder's own words (`reason`) nor those of who decided: people write names into free text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from ...errors import Missing
from ...language import say
from ...nouns.disclosure import Disclosure
from ...nouns.permit import Grant, Purpose
from ...rules.granting import Standing, standing
from ...world.store import brought, permits
from ...world.store.paging import LARGEST_PAGE, Page, cursor, place, those
from ...world.store.permits import Registered
from ..airlock.budget import Account, accounts_of
from ..house.clock import now
from ..house.house import House


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the register: a Permit that was asked for, whatever became of it. What it allows is what was asked for."""

    permit: str
    organisation: str
    purpose: Purpose
    kinds: tuple[str, ...]
    grants: tuple[Grant, ...]
    datasets: tuple[tuple[str, str], ...]
    """(id, name), in order of name."""
    valid_from: str
    valid_until: str
    standing: Standing
    granted: bool
    """Whether it is or was granted; under others nothing was ever allowed."""
    runs_used: int
    runs_allowed: int
    follows: str | None = None
    """The Permit that this one carries on."""
    smallest_cell: int = 10
    disclosure: Disclosure = field(default_factory=Disclosure)
    """What a result must look like to leave."""
    brought: tuple[CameIn, ...] = ()
    """What was brought into the zone under it, the first first."""
    epsilon: float = 0.0
    delta: float = 0.0
    """What noisy answers may tell its organisation of each Dataset in all."""
    accounts: tuple[Account, ...] = ()
    """Of a granted Permit that allows some: what they have told so far, of each Dataset that its Datasets were made from."""


@dataclass(frozen=True, slots=True)
class CameIn:
    """A file that two reviewers let into the zone: what it is called and which bytes it was, nothing of what is in it."""

    name: str
    digest: str
    size_bytes: int
    brought_at: str


def register(house: House, before: str = "", limit: int = 1000) -> tuple[Entry, ...]:
    """The newest first; `before` is the last Permit of the page before."""
    with house.database.reading() as connection:
        return _entries(connection, permits.registered(connection, before=before, limit=limit))


def page(house: House, after: str = "", limit: int = 100, text: str = "") -> Page[Entry]:
    """The same by cursor; with `text`, those that have all its words in organisation, kinds, names of Datasets or
    standing. Raises Invalid."""
    words, size = text.casefold().split(), LARGEST_PAGE if text.strip() else limit + 1

    def some(at: str) -> Page[Entry]:
        got = register(house, place(at, str)[0] if at else "", size)
        return Page(got, cursor(got[-1].permit) if len(got) == size else None)

    return those(some, lambda e: all(word in _text(e) for word in words), lambda e: e.permit, limit, after)


def entries_for(house: House, dataset: str) -> tuple[Entry, ...]:
    """The lines of the register that name a Dataset and are or were granted, the newest first: who may use it."""
    with house.database.reading() as connection:
        return _entries(connection, permits.registered(connection, dataset=dataset, granted=True))


def found(house: House, words: str, most: int = 50) -> tuple[Entry, ...]:
    """Entries that have all the words in organisation, kinds, names of Datasets or standing; the newest first."""
    wanted, kept, before = words.casefold().split(), list[Entry](), ""
    while len(kept) < most:
        some = register(house, before)
        kept += [e for e in some if all(word in _text(e) for word in wanted)]
        if not some:
            break
        before = some[-1].permit
    return tuple(kept[:most])


def _text(entry: Entry) -> str:
    names = (name for _, name in entry.datasets)
    return " ".join((entry.organisation, *entry.kinds, *names, entry.standing)).casefold()


def register_entry(house: House, permit: str) -> Entry:
    """Raises Missing."""
    with house.database.reading() as connection:
        found = _entries(connection, permits.registered(connection, id_=permit, limit=1))
    if not found:
        raise Missing(
            "permit.missing",
            say("The public register has no Permit '{permit}'.", permit=permit),
            say("It holds every Permit that was asked for; search it by organisation or Dataset."),
        )
    return found[0]


def _entries(connection: Connection, found: Sequence[Registered]) -> tuple[Entry, ...]:
    at, came = now(), brought.of_permits(connection, [each.permit.id for each in found])
    return tuple(
        replace(
            _entry(each, at),
            brought=tuple(CameIn(b.name, b.digest, b.size_bytes, b.brought_at) for b in came[each.permit.id]),
            accounts=accounts_of(connection, each.permit) if each.granted and each.permit.conditions.epsilon else (),
        )
        for each in found
    )  # fmt: skip


def _entry(of: Registered, at: str) -> Entry:
    permit = of.permit
    return Entry(
        permit.id, permit.organisation, permit.purpose, tuple(sorted(permit.kinds)), tuple(sorted(permit.grants)),
        of.named, permit.valid_from, permit.valid_until, standing(permit, at, granted=of.granted), of.granted,
        permit.runs_used, permit.conditions.runs, None if permit.application is None else permit.application.renews,
        permit.conditions.smallest_cell, permit.conditions.disclosure,
        epsilon=permit.conditions.epsilon, delta=permit.conditions.delta,
    )  # fmt: skip
