"""Whether somebody may take up a duty, given all that they have done on this site. The rule: `rules.duties`."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from ..errors import Reason
from ..nouns.dataset import Dataset
from ..nouns.permit import Actor, Grant
from ..rules.duties import Duty, duty_of_kinds, of_persons, reasons_of_duties
from ..rules.granting import ownership_covers
from ..world.store import duties as stored


def reasons_against(
    connection: Connection, actor: Actor, duty: Duty, datasets: Iterable[Dataset], permits: Iterable[str] = ()
) -> tuple[Reason, ...]:
    """Empty where this person may; nothing is looked up where no Dataset is of persons. `permits`: those under which the files came out that are to be reviewed.

    Call it in the transaction that makes the change: two acts of one person then see each other.
    """
    ids = tuple(d.id for d in datasets if of_persons(d.sensitivity))
    under = frozenset(permits)
    if not ids and not under:
        return ()
    had = stored.parts_of(connection, actor.id)
    known = stored.origins(connection, {*ids, *(each for part in had for each in part.datasets)})
    return reasons_of_duties(duty, ids, had, known, under)


def reasons_not_to_run(
    connection: Connection, actor: Actor, kind: str, grants: frozenset[Grant], given: Iterable[Dataset]
) -> tuple[Reason, ...]:
    """The duties that speak against running a kind. What one owns one may use without being its analyst;
    pseudonymising is a duty whoever owns the data."""
    duty = duty_of_kinds({kind})
    concerned = [d for d in given if duty is Duty.PSEUDONYMISER or not ownership_covers(actor, grants, d)]
    return reasons_against(connection, actor, duty, concerned)
