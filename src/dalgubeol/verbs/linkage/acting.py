"""Who acts for the site in a linkage: who has the role, takes part in this one, and does not stand on its other side.

What an agency has received or made under an agreement is the agency's, not one person's: each of its operators goes
on with it, so that nobody's absence ends a linkage. At an applicant everything is whose it is.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Reason, Refused
from ...language import say
from ...nouns.dataset import Dataset
from ...nouns.linkage import PartyRole
from ...nouns.permit import Role
from ...nouns.record import Event, Record
from ...world.identity import SignedIn
from ...world.store import datasets
from ..house.clock import now
from ..house.house import House
from ..house.transition import record
from ..runs.submit import access_retention
from .agreeing import Taken, check_answers, marked, no_linkage
from .sides import reasons_to_bar


def check_acts(house: House, who: SignedIn, at: Taken) -> None:
    """Raises Refused for who has not the role or stands on the other side (recorded), Missing for who takes no part."""
    check_answers(who)
    with house.database.reading() as connection:
        if not takes_part(connection, who, at):
            raise no_linkage(at.agreement.terms.linkage)
        reasons = reasons_to_bar(house, connection, who.actor.id, at.agreement.digest)
    if reasons:
        refuse(house, who, at.dataset, reasons)
        raise Refused("linkage.refused", say("This is refused."), say("Somebody else acts for this site in the linkage."), reasons)  # fmt: skip


def takes_part(connection: Connection, who: SignedIn, at: Taken) -> bool:
    """Operators do, and providers of the party that this site is or who own something of the linkage."""
    if Role.OPERATOR in who.actor.roles:
        return True
    if Role.PROVIDER not in who.actor.roles:
        return False
    linkage = at.agreement.terms.linkage
    of_it = (d for d in datasets.every(connection) if marked(d).get("linkage") == linkage)
    return who.actor.organisation == at.me.organisation or any(d.owner == who.actor.id for d in of_it)


def answers_for(who: SignedIn, dataset: Dataset, at: Taken) -> bool:
    """Whether somebody disposes of this: its owner, and at an agency each operator of what bears the linkage's mark."""
    shared = at.me.role is not PartyRole.APPLICANT and Role.OPERATOR in who.actor.roles
    return dataset.owner == who.actor.id or (shared and bool(marked(dataset)))


def refuse(house: House, who: SignedIn, dataset: Dataset, reasons: tuple[Reason, ...]) -> None:
    """The Record of a refusal."""
    payload = {"dataset": dataset.id, "reasons": [reason.code for reason in reasons]}
    told = Record(Event.REFUSED, fresh_id("refused"), now(), who.actor.id, dataset.id, payload, access_retention([dataset]), datasets=(dataset.id,))  # fmt: skip
    house.write(lambda connection: record(connection, told))
