"""Separation of duties: for the data of the same persons, nobody is two of

| duty | has done this |
|---|---|
| pseudonymiser | run a kind that pseudonymises it or makes its keys for a linkage, or been named in a project for that or as keeper |
| analyst | asked for a Permit to use it (until that is refused), held one, pledged herself under one that names her once it is granted, or been named as user |
| decider | decided on a Permit that names it |
| reviewer | voted on what came out of it, or been named as reviewer |

Whoever pseudonymised knows, or may find out, who is behind a pseudonym, and so neither uses what came of it,
nor judges whether it may be used or may leave (PIPA art. 28-4 and 28-5; its decree, art. 29-5, keeps the
additional information apart; the PIPC's guideline on pseudonymised information asks for other persons in
pseudonymising, use and adequacy review). A decider or a reviewer of what one uses oneself judges in one's own
cause; a reviewer who had decided on the use would judge their own decision.

*The same persons*: Datasets whose lineage meets in an ancestor that holds persons' data, for somebody who
pseudonymised a table knows the persons in every other table made from it. What was released is anonymous
(art. 58-2) and nobody's duty any more. For other data than persons' only one part of this holds: nobody votes on
what came out under a Permit that they decided on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..errors import Reason
from ..language import Message, say
from ..nouns.dataset import Sensitivity
from ..nouns.permit import Permit, PermitState
from ..nouns.project import ProjectPart
from .granting import MEASURING, state_after_decisions

PSEUDONYMISING = frozenset({"pseudonymise", "pseudonymise-again"})
"""Kinds that turn personal data into pseudonymised data."""
KEYING = frozenset({"link-keys", "link-double", "link-extract"})
"""Kinds by which an applicant makes the keys of a linkage: who has seen which serial number is whose."""


class Duty(StrEnum):
    PSEUDONYMISER = "pseudonymiser"
    ANALYST = "analyst"
    DECIDER = "decider"
    REVIEWER = "reviewer"


DUTY_OF_PART: Mapping[ProjectPart, Duty] = {
    ProjectPart.PSEUDONYMISER: Duty.PSEUDONYMISER,
    ProjectPart.KEEPER: Duty.PSEUDONYMISER,  # who keeps what would undo the pseudonyms could undo them
    ProjectPart.USER: Duty.ANALYST,
    ProjectPart.REVIEWER: Duty.REVIEWER,
}
"""Being named in a project is having the duty."""


@dataclass(frozen=True, slots=True)
class Part:
    """That somebody has had a duty: for which Datasets, and through which Run, Permit or project."""

    duty: Duty
    via: str
    datasets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """What the rules need to know of a Dataset's descent."""

    sensitivity: Sensitivity
    sources: tuple[str, ...] = ()

    @property
    def of_persons(self) -> bool:
        return of_persons(self.sensitivity)


def of_persons(sensitivity: Sensitivity) -> bool:
    """Whether duties are kept apart for such data."""
    return sensitivity in (Sensitivity.PERSONAL, Sensitivity.PSEUDONYMISED)


def duty_of_kinds(kinds: Iterable[str]) -> Duty:
    """Which duty somebody takes up who runs these on persons' data."""
    return Duty.PSEUDONYMISER if set(kinds) <= PSEUDONYMISING | KEYING | MEASURING else Duty.ANALYST


def makes_an_analyst(permit: Permit, person: str) -> bool:
    """Whether this Permit is a duty of that person, who is one of its users: it is not for pseudonymising alone, and
    she asked for it, or it was granted and she has signed the pledge that goes with it, where one does. Being named
    by a colleague takes nobody off another side: she has not said yes, and the grantors have not."""
    if duty_of_kinds(permit.kinds) is not Duty.ANALYST:
        return False
    was_granted = state_after_decisions(permit) is PermitState.GRANTED
    if person == permit.holder:
        return was_granted or permit.state is PermitState.REQUESTED
    return was_granted and not permit.unsigned(person)


def roots(datasets: Iterable[str], origins: Mapping[str, Origin]) -> frozenset[str]:
    """The furthest ancestors that hold persons' data, of those of `datasets` that do."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [each for each in datasets if origins[each].of_persons]
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            above = [source for source in origins[each].sources if origins[source].of_persons]
            waiting.extend(above)
            if not above:
                found.add(each)
    return frozenset(found)


def reasons_of_duties(
    wished: Duty,
    datasets: Iterable[str],
    had: Iterable[Part],
    origins: Mapping[str, Origin],
    permits: frozenset[str] = frozenset(),
) -> tuple[Reason, ...]:
    """Why somebody who `had` these parts may not take up the duty `wished` for `datasets`.

    `origins` holds all that are named and their ancestors; `permits` are those under which the files came out
    that a reviewer is to vote on.
    """
    mine = roots(datasets, origins)
    held = {part.duty for part in had if part.via in permits or mine & roots(part.datasets, origins)}
    return tuple(_REASONS[duty] for duty in Duty if duty is not wished and duty in held)


def _reason(duty: Duty, message: Message) -> Reason:
    return Reason(f"duty.{duty.value}", message)


_REASONS: Mapping[Duty, Reason] = {
    Duty.PSEUDONYMISER: _reason(Duty.PSEUDONYMISER, say("You pseudonymised this data, or other data of the same persons, or are named for it in a project; using, deciding and reviewing are for others (PIPA art. 28-4).")),
    Duty.ANALYST: _reason(Duty.ANALYST, say("You use this data, or other data of the same persons, under a Permit that you asked for, or are named for it in a project; pseudonymising, deciding and reviewing are for others.")),
    Duty.DECIDER: _reason(Duty.DECIDER, say("You decided on who may use this data, or other data of the same persons; pseudonymising, using and reviewing are for others.")),
    Duty.REVIEWER: _reason(Duty.REVIEWER, say("You voted on what came out of this data, or other data of the same persons, or are named as a reviewer in a project; pseudonymising, using and deciding are for others.")),
}  # fmt: skip
