"""How the site is, for the page of health: what is wrong and what to do, what waits, what could not be sent.

An operator sees all of it; everybody else only whether somebody must do something.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from ...errors import Reason, Refused
from ...language import say
from ...nouns.permit import Actor, Role
from ...nouns.run import RunState
from ...world.identity import SignedIn
from ...world.store import chores, notices
from ...world.store.chores import Done
from ...world.store.notices import Delivery
from ...world.store.schema import runs
from ..house.clock import now
from ..house.finding import Finding
from ..house.house import House
from .health import findings_of, machine_findings


@dataclass(frozen=True, slots=True)
class Condition:
    at: str
    well: bool
    """Nothing grave was found."""
    waiting: int
    """Runs that are queued."""
    running: int
    findings: tuple[Finding, ...] = ()
    chores: tuple[Done, ...] = ()
    undelivered: int = 0
    """Notices that are on their way."""
    given_up: tuple[Delivery, ...] = ()


def condition(house: House, actor: Actor) -> Condition:
    found = (*findings_of(house), *machine_findings(house.settings))
    with house.database.reading() as connection:
        queued, running = (_count(connection, state) for state in (RunState.QUEUED, RunState.RUNNING))
        lost = notices.given_up(connection)
        well = all(each.ok or not each.grave for each in found)
        if Role.OPERATOR not in actor.roles:
            return Condition(now(), well, queued, running)
        return Condition(
            now(), well, queued, running, found, chores.listed(connection),
            notices.undelivered(connection).get(notices.DUE, 0), lost,
        )  # fmt: skip


def send_again(house: House, who: SignedIn) -> int:
    """Try once more what was given up; how many. Raises Refused unless an operator asks."""
    if Role.OPERATOR not in who.actor.roles:
        reason = Reason("health.role", say("Only an operator has notices sent again."))
        raise Refused("health.refused", say("This is refused."), say("Ask an operator."), (reason,))
    return house.write(lambda connection: notices.begin_again(connection, now()))


def _count(connection: Connection, state: RunState) -> int:
    query = select(func.count()).select_from(runs).where(runs.c.state == state.value)
    return int(connection.execute(query).scalar_one())
