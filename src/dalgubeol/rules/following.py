"""Who may follow what a script of the zone prints while it runs.

What it prints is data, for the script has read the data: it is for those who run the site and for nobody else. They
are the operators of the organisation that founded it; a firm whose employee operates here too is a guest. And nobody
follows a Run of their own organisation: a colleague would be a way out past the airlock (`reviewing` says the same of
votes).
"""

from __future__ import annotations

from ..errors import Reason
from ..language import say
from ..nouns.permit import Actor, Role
from .reviewing import same_organisation


def reasons_not_to_follow(actor: Actor, author: str, organisation: str, centre: str) -> tuple[Reason, ...]:
    """All of them; `author` is who asked for the Run, of `organisation`; `centre` is whose site this is."""
    own = actor.id == author or same_organisation(actor.organisation, organisation)
    checks = (
        (Role.OPERATOR not in actor.roles, Reason("log.role", say("Only an operator of the site follows what a script prints. Its author is told the class of the error, the line and what is left of the limits."))),
        (actor.organisation != centre, Reason("log.organisation", say("Only operators of {organisation}, whose site this is, follow it.", organisation=centre))),
        (own, Reason("log.own", say("This Run is of your own organisation: nobody follows their own."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)
