"""What of a Dataset may go into an envelope, and what speaks against it as the site stands now.

A payload or a result is handed on only as others may use it: it passed the adequacy review (under art. 28-3 where
its project names reviewers), the processing period has not ended, no accident has stopped it. The same holds of
everything pseudonymised that it was made of. Who is named as its user does not matter here: who pseudonymised hands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from ...errors import Invalid, Missing, Reason
from ...kinds.linkage_parcels import SERIAL
from ...language import Message, say
from ...nouns.dataset import Dataset, Form, Sensitivity
from ...nouns.linkage import Content
from ...world.identity import SignedIn
from ...world.store import datasets
from ..house.house import House
from ..house.stops import reasons_of_stops
from ..projects import projects, reviewed
from .acting import answers_for
from .agreeing import Taken, marked

SECRET = "secret"  # noqa: S105 - a word, not one
PARCELS = frozenset({Content.BLINDED, Content.KEYS, Content.TOLD, Content.PAIRS})
TABLES = {Content.PAYLOAD: "numbered", Content.RESULT: Content.RESULT.value}
"""What is sent as a table, and the mark of the Dataset that it is or was made of."""


def reasons_of_now(house: House, connection: Connection, dataset: Dataset) -> tuple[Reason, ...]:
    """Raises Tampered for a review that its members did not sign."""
    every = _and_above(connection, dataset)
    return (
        reasons_of_stops(connection, [dataset])
        + reviewed.reasons_not_to_use(house, connection, every, to_be_linked=True)
        + projects.reasons_of_periods(connection, [dataset])
    )


def next_step_of(dataset: Dataset, reasons: tuple[Reason, ...]) -> Message:
    """What whoever was refused does next."""
    codes = {reason.code for reason in reasons}
    if "dataset.stopped" in codes:
        return say("Nobody uses it before the accident is decided on: `dalgu accident list`.")
    if "link.serial" in codes:
        return say("Pseudonymise the numbered table again and keep the serial numbers: `--keep serial`, or the role plain in the policy.")  # fmt: skip
    if "review.none" in codes:
        return say("Ask for the adequacy review of {name}: `dalgu review open adequacy-review`. Send it when it was found adequate.", name=dataset.name)  # fmt: skip
    if "review.inadequate" in codes:
        return say("Pseudonymise the numbered table again as the review asks, and have that reviewed.")
    if "project.over" in codes:
        return say("The provider may extend the period (`dalgu project extend`); otherwise it is destroyed.")
    return say("`dalgu link show` says what goes from whom to whom.")


def _and_above(connection: Connection, dataset: Dataset) -> tuple[Dataset, ...]:
    """It, and all that it was made of."""
    found, waiting = {dataset.id: dataset}, [dataset]
    while waiting:
        for source in waiting.pop().sources:
            if source not in found:
                found[source] = datasets.find(connection, source)
                waiting.append(found[source])
    return tuple(found.values())


def mark_of(connection: Connection, dataset: Dataset) -> tuple[Mapping[str, Any], bool]:
    """The mark of a linkage on a Dataset, or on the nearest of those it was made of. Raises Missing."""
    waiting, seen = [(dataset, False)], set()
    while waiting:
        each, below = waiting.pop(0)
        mark = marked(each)
        if mark and mark.get("content") != "agreement":
            return mark, below
        for source in each.sources:
            if source not in seen:
                seen.add(source)
                waiting.append((datasets.find(connection, source), True))
    raise Missing("link.nothing", say("{name} belongs to no linkage.", name=dataset.name), say("`dalgu link status` lists what does."))  # fmt: skip


def content_of(asked: Content | None, mark: Mapping[str, Any], below: bool) -> Content:
    """What is to be sent of a Dataset with this mark. Raises Invalid."""
    held = str(mark["content"])
    if held == SECRET:
        if asked not in (Content.SALT, Content.SERIALS):
            raise Invalid.field("content", expected=say("the salt or the serial numbers of a secret"), got=say("something else"))  # fmt: skip
        return asked
    for content, of in TABLES.items():
        if held == of and (below or content is Content.RESULT):
            return content
    if below or held not in {content.value for content in PARCELS}:
        raise Invalid.field("dataset", expected=say("something that is sent in a linkage"), got=held)
    return Content(held)


def reasons_of_dataset(
    who: SignedIn, dataset: Dataset, what: Content, mark: Mapping[str, Any], at: Taken
) -> tuple[Reason, ...]:
    careful = what in TABLES
    too_raw = careful and dataset.sensitivity is Sensitivity.PERSONAL
    checks = (
        (not answers_for(who, dataset, at), Reason("dataset.owner", say("Only who answers for {name} may send it.", name=dataset.name))),
        (careful and dataset.form is not Form.TABLE, Reason("dataset.form", say("{name} is no table.", name=dataset.name))),
        (too_raw, Reason("dataset.sensitivity", say("{name} is personal information: it is pseudonymised before it is sent.", name=dataset.name))),
        (what is Content.PAYLOAD and dataset.form is Form.TABLE and SERIAL not in dataset.column_names, Reason("link.serial", say("{name} has no column {column}, by which the expert agency joins it.", name=dataset.name, column=SERIAL))),
        (mark["agreement"] != at.agreement.digest, Reason("link.agreement", say("{name} was made under another agreement.", name=dataset.name))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)
