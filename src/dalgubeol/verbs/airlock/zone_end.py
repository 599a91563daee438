"""When a Permit of the zone is over: what the zone had made under it is destroyed, and the register says so.

A Run that is under way is stopped by its conductor within a second (`attempt`), and what waits in the airlock stays
in. What the sandbox wrote is destroyed: the archives of files that waited, came back or were let out of it; and what was
brought in under the Permit. What left
is anonymous and stays; what other kinds made belongs to the provider (decision 0011). A Permit that another one
follows waits for that one's end.

Each Dataset goes in a transaction of its own, and the Permit is marked last: killed in between, the next look goes on.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from sqlalchemy import Connection

from ...errors import Conflict, Missing
from ...kinds import names as kind_names
from ...language import Message, say
from ...logs import log
from ...nouns.dataset import DatasetState
from ...nouns.permit import Permit, PermitState
from ...nouns.record import Event, Record, Retention
from ...nouns.run import Run, RunState
from ...rules.granting import state_after_decisions
from ...world.store import datasets, permits, reviews, runs
from ..datasets.register import check_unused
from ..house.clock import now
from ..house.house import House
from ..house.transition import record
from ..permits.pledges import in_the_zone
from ..projects.destruction import dataset_gone
from ..runs.outcome import BRINGING, MAKING_SAFE
from . import offered, review
from .permit_over import carried_on

REASON = "the Permit under which it was made has ended"
_ACTIVE = (RunState.QUEUED, RunState.RUNNING)


def clear_ended(house: House) -> Message:
    """Look for Permits that are over, and clear what the zone keeps of them; what came of it."""
    at, destroyed, cleared = now(), 0, 0
    with house.database.reading() as connection:
        over = [p for p in permits.to_clear(connection, at) if not carried_on(connection, p, at)]
    for permit in over:
        gone, whole = _clear(house, permit)
        destroyed, cleared = destroyed + gone, cleared + whole
    return say("{permits} Permits had ended; {count} Datasets of the zone were destroyed.", permits=cleared, count=destroyed)  # fmt: skip


def _clear(house: House, permit: Permit) -> tuple[int, bool]:
    """How many Datasets were destroyed, and whether nothing is left."""
    with house.database.reading() as connection:
        made = [
            run
            for run in runs.under(connection, permit.id)
            if run.kind in (BRINGING, MAKING_SAFE) or (run.kind in kind_names() and in_the_zone([run.kind]))
        ]
        active = any(run.state in _ACTIVE for run in runs.under(connection, permit.id))
    count, left = 0, active
    for run in made:
        try:
            count += house.write(partial(_clear_run, house, run=run, permit=permit))
        except Conflict as error:  # somebody uses it: the next look tries again
            log("zone").warning("not destroyed", run=run.id, code=error.code)
            left = True
    if left:
        return count, False
    return count, house.write(partial(_mark, permit=permit))


def _clear_run(house: House, connection: Connection, run: Run, permit: Permit) -> int:
    with suppress(Missing):
        found = reviews.find(connection, run.id)
        if found.state.waits:
            review.expired(connection, found, house.facts.id)
    living = [d for d in datasets.of_run(connection, run.id) if d.state is not DatasetState.DESTROYED]
    if run.kind == BRINGING:  # what was offered, where the scan did not come to its end
        offered.offered_gone(house, connection, run, REASON)
    for dataset in living:
        check_unused(connection, dataset)
        dataset_gone(house, connection, dataset, house.facts.id, None, REASON, entered=True)
    return len(living)


def _mark(connection: Connection, permit: Permit) -> bool:
    at = now()
    permits.cleared(connection, permit.id, at)
    if state_after_decisions(permit) is PermitState.GRANTED:
        payload = {"until": permit.valid_until, "state": permit.state.value, "runs": permit.runs_used}
        ended = Record(
            Event.PERMIT_ENDED, f"permit-ended/{permit.id}", at, permit.holder, permit.id, payload, Retention.PERMANENT,
            datasets=permit.datasets, permits=(permit.id,),
        )  # fmt: skip
        record(connection, ended)
    return True
