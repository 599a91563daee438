"""People to choose among in a form: by name and organisation, those of one's own organisation first."""

from __future__ import annotations

from collections.abc import Collection

from ....nouns.permit import Role
from ....verbs.people import people
from ..elements.fields import Options
from ..visit import Visit


async def offered(visit: Visit, roles: Collection[Role]) -> Options:
    """Whose account is open and who has one of these roles. The value is the person's id."""
    mine = visit.signed_in.actor.organisation
    everybody = await visit.read(lambda: people.listed(visit.house))
    fit = [p for p in everybody if p.ended_at is None and not p.roles.isdisjoint(roles)]
    fit.sort(key=lambda p: (p.organisation != mine, p.organisation, p.name, p.id))
    return [(p.id, f"{p.name} ({p.organisation})") for p in fit]
