"""Nothing sticks in the airlock: seats of who is away go to others, and what nobody decides in time expires.

Done in time by the site itself (`chores`), one submission a transaction, so that one that fails holds up no other.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection

from ...errors import DalguError
from ...language import Message, say
from ...logs import log
from ...rules.airlock import WAITING, ReviewState
from ...world.store import reviews, runs
from ..house.clock import earlier, now
from ..house.house import House
from . import review, reviewers
from .permit_over import permits_over


def look_after(house: House) -> Message:
    """Replace who reviews no more, hand on the seats of who is away, end what has waited for too long."""
    zone = house.settings.served().zone
    away, old = earlier(zone.hand_on_h * 3600), earlier(zone.expire_days * 86400)
    with house.database.reading() as connection:
        waiting = [each.run for each in reviews.listed(connection, tuple(WAITING))]
    handed_on = expired = 0
    for run in waiting:
        try:
            moved, ended = house.write(partial(_one, house, run=run, away=away, old=old))
        except DalguError as error:
            log("airlock").warning("not looked after", run=run, code=error.code)
            continue
        handed_on, expired = handed_on + moved, expired + ended
    return say("{handed_on} seats in the airlock were handed on; {expired} submissions expired.", handed_on=handed_on, expired=expired)  # fmt: skip


def _one(house: House, connection: Connection, run: str, away: str, old: str) -> tuple[int, int]:
    found = reviews.find(connection, run)
    if found.state not in WAITING:
        return 0, 0  # decided since it was listed
    if found.moved_at <= old or permits_over(connection, runs.find(connection, run), now()):
        review.expired(connection, found, house.facts.id)
        return 0, 1
    if found.state is ReviewState.DRAFT:
        return 0, 0
    return reviewers.hand_on(connection, reviewers.set_aside(connection, found), away), 0
