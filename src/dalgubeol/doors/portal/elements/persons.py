"""People to choose among in a form: by name and organisation, those of one's own organisation first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from ....nouns.permit import Role
from ....verbs.people import people
from ....world.identity import Person
from ..visit import Visit
from .fields import Options
from .frame import when


async def offered(visit: Visit, roles: Collection[Role]) -> Options:
    """Whose account is open and who has one of these roles. The value is the person's id."""
    mine = visit.signed_in.actor.organisation
    fit = [p for p in await _open(visit) if not p.roles.isdisjoint(roles)]
    fit.sort(key=lambda p: (p.organisation != mine, p.organisation, p.name, p.id))
    return [(p.id, f"{p.name} ({p.organisation})") for p in fit]


async def colleagues(visit: Visit) -> Options:
    """Who else has an open account in one's own organisation; of two with one name the day of joining tells which,
    as on the page of people. The value is the person's id."""
    me = visit.signed_in.actor
    mine = [p for p in await _open(visit) if p.organisation == me.organisation and p.id != me.id]
    names = Counter(p.name for p in mine)
    mine.sort(key=lambda p: (p.name, p.id))
    return [(p.id, p.name if names[p.name] == 1 else f"{p.name} ({when(p.joined_at)})") for p in mine]


async def _open(visit: Visit) -> list[Person]:
    """Everybody whose account is open."""
    everybody = await visit.read(lambda: people.listed(visit.house))
    return [p for p in everybody if p.ended_at is None]
