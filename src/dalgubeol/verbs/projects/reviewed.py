"""What panels have found, for whoever wants to use it: nobody uses what was pseudonymised under art. 28-2 or 28-3
before an adequacy review found exactly those bytes adequate.

A word once said counts: what members found in panels that were closed or withdrawn before counts in the next one of
the same bytes, unless they speak again in it (`rules.panels.decided`).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from ...errors import Reason, Tampered
from ...language import say
from ...nouns.dataset import Dataset, Sensitivity
from ...nouns.panel import Finding, Panel, PanelKind, PanelState, Seat
from ...nouns.project import Basis, Project, ProjectPart
from ...nouns.record import Event
from ...rules import panels as rules
from ...world import identity
from ...world.store import datasets, panels, projects
from ..house.house import House
from ..house.transition import proven, signer_key


def reasons_not_to_use(
    house: House, connection: Connection, given: Iterable[Dataset], *, to_be_linked: bool = False
) -> tuple[Reason, ...]:
    """Why these may not be used yet. `to_be_linked`: a project of art. 28-3 that names no reviewers leaves the review
    to the committee that looks at what comes out of the linkage.

    Raises Tampered for a review that its members did not sign.
    """
    reasons: list[Reason] = []
    for dataset in given:
        if dataset.sensitivity is not Sensitivity.PSEUDONYMISED or dataset.made_by is None:
            continue
        of = projects.of_run(connection, dataset.made_by)
        if of is None or not of[0].basis.forbids_identifying:
            continue
        if to_be_linked and of[0].basis is Basis.LINKAGE and not _names_reviewers(of[0]):
            continue
        last = _last_adequacy_review(connection, dataset)
        if last is None:
            reasons.append(Reason("review.none", say("{name} has not passed an adequacy review yet: ask at least three reviewers for one (`dalgu review open adequacy-review PROJECT DATASET --member LOGIN ...`, or Reviews in the portal); naming them there is enough.", name=dataset.name)))  # fmt: skip
            continue
        ended = ended_of(connection, last)
        for each in ended:
            check_heard(house, connection, each)
            check_findings(house, connection, each, last.sitting if each == last else spoken(each))
        if rules.decided(last.sitting, rules.last_words(ended)) is not Finding.ADEQUATE:
            reasons.append(Reason("review.inadequate", say("An adequacy review found {name} inadequate: it is to be processed again.", name=dataset.name)))  # fmt: skip
    return tuple(reasons)


def ended_of(connection: Connection, panel: Panel) -> tuple[Panel, ...]:
    """The panels of the same kind and exactly the same bytes that have ended, the oldest first."""
    found = [
        each
        for each in panels.listed(connection, dataset=panel.dataset)
        if (each.kind, each.object_id) == (panel.kind, panel.object_id) and each.closed_at is not None
    ]
    return tuple(sorted(found, key=lambda each: (each.opened_at, each.id)))


def of_the_same_table(connection: Connection, panel: Panel) -> tuple[Panel, ...]:
    """The panels of the project that found *another* result of the same table inadequate, the newest first: whoever
    makes the same once more has other bytes, and no word about them."""
    sources = set(datasets.find(connection, panel.dataset).sources)
    return tuple(
        each
        for each in panels.listed(connection, project=panel.project)
        if each.kind is panel.kind
        and each.state is PanelState.INADEQUATE
        and each.object_id != panel.object_id
        and sources & set(datasets.find(connection, each.dataset).sources)
    )


def spoken(panel: Panel) -> tuple[Seat, ...]:
    return tuple(seat for seat in panel.sitting if seat.finding)


def heard(panel: Panel) -> list[str]:
    """Whose words count, as the Record of its end has it."""
    return sorted(seat.person for seat in spoken(panel))


def check_heard(house: House, connection: Connection, panel: Panel) -> None:
    """Raises Tampered where other words count in a panel that has ended than its Record says: a member is neither
    passed over nor let step down afterwards, and none is added."""
    event = Event.WITHDRAWN if panel.state is PanelState.WITHDRAWN else Event.REVIEWED
    ended = proven(connection, house.log, f"{event.value}/{panel.id}", event, panel.id)
    if ended is None or ended[1]["heard"] != heard(panel):
        raise Tampered(
            "panel.heard",
            say("Whose words count in review {panel} is not what was recorded at its end.", panel=panel.id),
            say("Nothing is decided. Tell the operator: the site's database was changed from outside."),
        )


def check_findings(house: House, connection: Connection, found: Panel, seats: Iterable[Seat]) -> None:
    """Raises Tampered for a word of one of these seats that its member did not sign for this matter."""
    for seat in seats:
        key = signer_key(connection, house.log, seat.person)
        said = found.statement(seat.person, seat.finding or Finding.INADEQUATE, seat.said_at or "")
        if not identity.signature_holds(key, said, seat.signature or ""):
            raise Tampered(
                "panel.signature",
                say("A finding of review {panel} was not signed by the person it names, or for another matter.", panel=found.id),
                say("Nothing is decided. Tell the operator: the site's database was changed from outside."),
            )  # fmt: skip


def _names_reviewers(about: Project) -> bool:
    return any(each.part is ProjectPart.REVIEWER for each in about.people)


def _last_adequacy_review(connection: Connection, dataset: Dataset) -> Panel | None:
    """The last one that was decided, of exactly these bytes."""
    for panel in panels.listed(connection, dataset=dataset.id):
        of_it = panel.kind is PanelKind.ADEQUACY and panel.object_id == dataset.object_id
        if of_it and panel.state in (PanelState.ADEQUATE, PanelState.INADEQUATE):
            return panel
    return None
