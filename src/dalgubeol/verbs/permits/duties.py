"""Whether somebody may take up a duty, given all that they have done on this site. The rule: `rules.duties`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from sqlalchemy import Connection

from ...errors import Reason
from ...nouns.dataset import Dataset
from ...nouns.permit import Actor, Grant
from ...rules.duties import Duty, Origin, Part, duty_of_kinds, of_persons, reasons_of_duties
from ...rules.granting import ownership_covers
from ...world.store import duties as stored


class Past:
    """What one person has done, as one transaction sees it; looked up when it is first needed.

    Ask it in the transaction that makes the change: two acts of one person then see each other.
    """

    def __init__(self, connection: Connection, actor: Actor) -> None:
        self.connection, self.actor = connection, actor
        self._origins: dict[str, Origin] = {}

    def reasons_against(
        self, duty: Duty, datasets: Iterable[Dataset], permits: Iterable[str] = ()
    ) -> tuple[Reason, ...]:
        """Empty where this person may. `permits`: those under which the files came out that are to be reviewed.
        Nothing is looked up where no Dataset is of persons and no Permit is named."""
        ids = tuple(d.id for d in datasets if of_persons(d.sensitivity))
        under = frozenset(permits)
        if not ids and not under:
            return ()
        self._know({*ids, *(each for part in self._had for each in part.datasets)})
        return reasons_of_duties(duty, ids, self._had, self._origins, under)

    def reasons_not_to_run(
        self, kind: str, grants: frozenset[Grant], given: Iterable[Dataset]
    ) -> tuple[Reason, ...]:
        """The duties that speak against running a kind. What one owns one may use without being its analyst;
        pseudonymising is a duty whoever owns the data."""
        duty = duty_of_kinds({kind})
        others = (d for d in given if not ownership_covers(self.actor, grants, d, kind))
        return self.reasons_against(duty, others if duty is Duty.ANALYST else given)

    @cached_property
    def _had(self) -> tuple[Part, ...]:
        return stored.parts_of(self.connection, self.actor.id)

    def _know(self, ids: set[str]) -> None:
        unknown = ids - self._origins.keys()
        if unknown:
            self._origins.update(stored.origins(self.connection, unknown))
