"""Whether somebody stands on the other side of a linkage: who saw keys never handles joined data, nor the other way.

Within one linkage each agency is a site of its own. What is asked here is the rest: a site that was key agency of one
linkage and is expert agency of another, of persons of the same applicants. The rule: `rules.linkage.reasons_of_sides`.
Inside an applicant duties keep it apart (`rules.duties`): the result there descends from what was sent for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from ...errors import Reason
from ...nouns.dataset import Dataset
from ...nouns.linkage import PartyRole
from ...nouns.record import Event
from ...rules.linkage import Seen, reasons_of_sides
from ...world.store import datasets
from ..house.house import House
from ..house.transition import proven

_PAPERS = ("agreement", "box")
"""What shows nobody's data."""


def reasons_of_data(
    house: House, connection: Connection, person: str, given: Iterable[Dataset]
) -> tuple[Reason, ...]:
    """Why this person may not work on these, where they are of linkages. Raises Tampered."""
    digests = {str(mark["agreement"]) for d in given if (mark := _mark(d)) and mark["content"] not in _PAPERS}
    return _reasons(house, connection, person, digests) if digests else ()


def reasons_to_bar(house: House, connection: Connection, person: str, agreement: str) -> tuple[Reason, ...]:
    """Why this person may not act for the site under the agreement of that digest. Raises Tampered."""
    return _reasons(house, connection, person, {agreement})


def _reasons(house: House, connection: Connection, person: str, digests: Iterable[str]) -> tuple[Reason, ...]:
    every, wished = datasets.every(connection), set(digests)
    handled = set(_handled(every, person))
    papers = {str(_mark(d)["agreement"]): d.id for d in every if _mark(d).get("content") == "agreement"}
    known = {each: _seen(house, connection, each, papers.get(each, "")) for each in handled | wished}
    had = [seen for each in handled if (seen := known[each]) is not None]
    due = [seen for each in sorted(wished) if (seen := known[each]) is not None]
    return tuple({reason.code: reason for each in due for reason in reasons_of_sides(each, had)}.values())


def _handled(every: Iterable[Dataset], person: str) -> Iterator[str]:
    """The agreements under which this person received or made something, whether it is still there or not."""
    for dataset in every:
        mark = _mark(dataset)
        if mark and dataset.owner == person and mark["content"] not in _PAPERS:
            yield str(mark["agreement"])


def _seen(house: House, connection: Connection, digest: str, dataset: str) -> Seen | None:
    """What this site is under an agreement, and whose persons it is about, as the history tells; None at an
    applicant."""
    found = proven(connection, house.log, f"agreed/{digest}", Event.AGREED, dataset) if dataset else None
    parties = [tuple(each) for each in found[1]["parties"].values()] if found else []
    mine = next((PartyRole(role) for role, site in parties if site == house.facts.id), None)
    if mine is None or mine is PartyRole.APPLICANT:
        return None
    return Seen(mine, frozenset(site for role, site in parties if role == PartyRole.APPLICANT))


def _mark(dataset: Dataset) -> Mapping[str, Any]:
    found = dataset.about.get("linkage", {})
    return found if isinstance(found, dict) else {}
