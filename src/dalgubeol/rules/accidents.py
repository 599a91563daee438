"""Accidental identification: who may report it, decide on it and close it; pure, and every reason at once.

PIPA art. 28-5(2): where information that can identify somebody comes about while pseudonymised information is
processed, the processing stops at once, and the information is recovered and destroyed without delay. So a report
stops by itself, and whoever worked with the data may file it. Destroying a provider's data on one person's word
would be a weapon: that, and going on, is decided by the provider or an operator, going on by another than who filed.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Reason
from ..language import say
from ..nouns.dataset import Dataset, DatasetState, Sensitivity
from ..nouns.permit import Actor, Role

REPORTABLE = frozenset({Sensitivity.PSEUDONYMISED, Sensitivity.ANONYMOUS})


def reasons_not_to_report(actor: Actor, dataset: Dataset, text: str) -> tuple[Reason, ...]:
    """Why `actor` may not file a report: for data in which nobody should be known, by somebody with work here."""
    checks = (
        (actor.roles <= {Role.CITIZEN}, Reason("accident.role", say("Who works with the data reports it. Write to the operator instead."))),
        (dataset.sensitivity not in REPORTABLE, Reason("accident.sensitivity", say("{name} is {sensitivity}: a report is for pseudonymised and anonymous data.", name=dataset.name, sensitivity=dataset.sensitivity))),
        (dataset.state is DatasetState.DESTROYED, Reason("dataset.destroyed", say("Dataset {name} has been destroyed.", name=dataset.name))),
        (len(text.strip()) < 10, Reason("accident.text", say("Say in a sentence how it happened (at least 10 characters), without naming anybody."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def reasons_not_to_decide_accident(actor: Actor, dataset: Dataset) -> tuple[Reason, ...]:
    """Why `actor` may neither decide on it, read the report, nor close it."""
    ours = actor.organisation == dataset.organisation and Role.PROVIDER in actor.roles
    if ours or Role.OPERATOR in actor.roles:
        return ()
    return (Reason("accident.decider", say("The provider of the data or an operator decides on it.")),)


def reasons_not_to_destroy(actor: Actor, dataset: Dataset, filed_by: str) -> tuple[Reason, ...]:
    """A provider destroys its own data; an operator does not on a report of their own."""
    ours = actor.organisation == dataset.organisation and Role.PROVIDER in actor.roles
    if ours or actor.id != filed_by:
        return ()
    return (
        Reason("confirm.same", say("Another person than the one who did it, or asked for it, confirms it.")),
    )


def reasons_not_to_close(missing: Sequence[str], unconfirmed: int, copies_out: int) -> tuple[Reason, ...]:
    """What is not done yet: Datasets that are still there, entries of the register, copies that left."""
    checks = (
        (bool(missing), Reason("accident.there", say("{count} Datasets are not destroyed yet: Runs that used them are ending. Try again in a moment.", count=len(missing)))),
        (unconfirmed > 0, Reason("accident.unconfirmed", say("{count} entries of the register of destruction are not confirmed yet.", count=unconfirmed))),
        (copies_out > 0, Reason("accident.copies", say("{count} copies that left are not accounted for yet.", count=copies_out))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)
