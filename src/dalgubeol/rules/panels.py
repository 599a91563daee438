"""Who may sit on a panel, speak and close it, and what it then decides. Pure, every reason at once.

| panel | seats | sources |
|---|---|---|
| risk review | 1 to 7 | guideline on pseudonymisation: review before processing |
| adequacy review | 3 to 7 | guideline: a committee of at least three |

Nobody sits who opened the panel, pseudonymised, keeps the additional information or uses the result (PIPA
art. 28-4; the guideline's separation of duties). What leaves a linkage has a committee of its own (`linkage`).
Nobody learns what a member found before all who sit have spoken and they are as many as the panel needs, or the
review has ended. Who steps down counts no more in it, and at least as many as the panel needs must be left.

Nobody's silence locks a review: who has not spoken and whose account is closed, or who was seated long enough ago,
sits no more; with as many as the panel needs, who all have spoken, it is closed, and its minutes name who was passed
over and why. Until then whoever is late may still speak. Whoever asked fills such a place, or that of somebody who
stepped down, with a substitute, who is chosen by the same rules, while nobody has read any word. A word that was said
stands, whatever becomes of its member.

It finds *adequate* if more than half of those who sit do, and more than half of everybody who ever spoke of exactly
these bytes, each by their last word, in this panel or in one before that was closed or withdrawn. A tie does not.
So no word is got rid of by stepping down, by withdrawing, or by asking others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..errors import Reason
from ..language import say
from ..nouns.panel import Finding, Panel, PanelKind, PanelState, Seat, Silence
from ..nouns.permit import Actor, Role

SEATS: Mapping[PanelKind, tuple[int, int]] = {
    PanelKind.RISK: (1, 7),
    PanelKind.ADEQUACY: (3, 7),
}
"""The fewest and the most."""
BEFORE_REVIEW = frozenset({"assess", "pseudonymise-again"})
"""Kinds that run on what has not been reviewed yet: one tells the panel what it has to know, the other carries a
recipe on to the next delivery, whose result needs a review of its own."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom the matter concerns, and who so cannot judge it."""

    opened_by: str
    hands: frozenset[str]
    """Who pseudonymised it, keeps its additional information or uses it."""


def reasons_not_to_seat(candidate: Actor, concerned: Concerned, login: str = "") -> tuple[Reason, ...]:
    """Why somebody may not sit on a panel; `login` is what they are called in the reasons."""
    who = {"person": login or candidate.id}
    checks = (
        (Role.REVIEWER not in candidate.roles, Reason("panel.role", say("{person} is no reviewer.", **who))),
        (candidate.id == concerned.opened_by, Reason("panel.own", say("{person} asks for the review, and so does not sit on it.", **who))),
        (candidate.id in concerned.hands, Reason("panel.hands", say("{person} pseudonymises, keeps or uses this data, and so does not judge it (PIPA art. 28-4).", **who))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def as_it_stands(panel: Panel, gone: Collection[str], due: str) -> Panel:
    """With those marked whose silence holds it up no more: `gone` are people whose accounts are closed, and who was
    seated before `due` is late. What has ended stays as it ended."""
    if panel.state is not PanelState.OPEN:
        return panel
    return replace(panel, seats=tuple(_passed_over(seat, gone, due) for seat in panel.seats))


def _passed_over(seat: Seat, gone: Collection[str], due: str) -> Seat:
    if not seat.sits or seat.finding is not None:
        return seat
    late = Silence.LATE if seat.seated_at < due else None
    return replace(seat, silence=Silence.CLOSED if seat.person in gone else late)


def reasons_of_number(kind: PanelKind, members: Sequence[str]) -> tuple[Reason, ...]:
    """Whether there are as many, and as many different ones, as this panel needs."""
    fewest, most = SEATS[kind]
    checks = (
        (len(set(members)) < len(members), Reason("panel.twice", say("Nobody sits twice."))),
        (not fewest <= len(members) <= most, Reason("panel.number", say("This panel needs {fewest} to {most} members; {given} were named.", fewest=fewest, most=most, given=len(members)))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def reasons_of_others(kind: PanelKind, object_id: str, others: Iterable[Panel]) -> tuple[Reason, ...]:
    """One panel at a time judges the same bytes: of two at once, whoever asked could choose which counts."""
    same = any(p.state is PanelState.OPEN and (p.kind, p.object_id) == (kind, object_id) for p in others)
    reason = Reason("panel.other", say("Another panel is reviewing this: it is closed or withdrawn first."))
    return (reason,) if same else ()


def reasons_not_to_speak(actor: Actor, panel: Panel) -> tuple[Reason, ...]:
    """Why this person may not say what they find, or step down."""
    seat = panel.seat_of(actor.id)
    checks = (
        (panel.state is not PanelState.OPEN, Reason("panel.state", say("This review is {state}.", state=panel.state))),
        (seat is None, Reason("panel.seat", say("You have no seat on this panel."))),
        (seat is not None and seat.recused is not None, Reason("panel.recused", say("You stepped down from this panel."))),
        (actor.id in panel.replaced, Reason("panel.replaced", say("You had not spoken in time, and somebody else has your place."))),
        (seat is not None and seat.finding is not None, Reason("panel.again", say("You have said what you find; it stands."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def reasons_not_to_close(actor: Actor, panel: Panel, minutes: str) -> tuple[Reason, ...]:
    """`panel` is `as_it_stands`: who is passed over is not waited for."""
    fewest, _ = SEATS[panel.kind]
    seat = panel.seat_of(actor.id)
    silent = sum(each.said_at is None for each in panel.sitting)
    checks = (
        (panel.state is not PanelState.OPEN, Reason("panel.state", say("This review is {state}.", state=panel.state))),
        (seat is None or not seat.sits, Reason("panel.seat", say("Only somebody who sits on the panel closes it."))),
        (len(panel.sitting) < fewest, Reason("panel.quorum", say("{left} members are left, and {fewest} are needed: whoever asked seats a substitute, or withdraws this review.", left=len(panel.sitting), fewest=fewest))),
        (silent > 0, Reason("panel.silent", say("{count} members have not said yet what they find.", count=silent))),
        (len(minutes.strip()) < 10, Reason("panel.minutes", say("Write the minutes: who met, what was asked, what was found (at least 10 characters)."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def reasons_not_to_withdraw(
    actor: Actor, panel: Panel, stands_in: bool = False, is_empty: bool = False
) -> tuple[Reason, ...]:
    """Once somebody has spoken, the panel closes it: whatever was said, which whoever asked may not know yet.
    `stands_in`: the account of whoever asked is closed, and this person might ask. `is_empty`: it was asked for
    without the answers that it needs, so that nobody can close it."""
    fewest, _ = SEATS[panel.kind]
    spoken = any(seat.said_at for seat in panel.sitting) and len(panel.sitting) >= fewest and not is_empty
    checks = (
        (spoken, Reason("panel.spoken", say("A member has said what they find: the panel closes this review; who cannot judge steps down."))),
        (panel.state is not PanelState.OPEN, Reason("panel.state", say("This review is {state}.", state=panel.state))),
        (actor.id != panel.opened_by and not stands_in, Reason("panel.opener", say("Only who asked for the review withdraws it."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def reasons_not_to_substitute(actor: Actor, panel: Panel, leaving: str, days: int, stands_in: bool = False) -> tuple[Reason, ...]:  # fmt: skip
    """Why the place of `leaving` is not filled anew. `panel` is `as_it_stands`; who may take the place:
    `reasons_not_to_seat`."""
    seat = panel.seat_of(leaving)
    checks = (
        (panel.state is not PanelState.OPEN, Reason("panel.state", say("This review is {state}.", state=panel.state))),
        (actor.id != panel.opened_by and not stands_in, Reason("panel.opener", say("Only who asked for the review seats a substitute."))),
        (seat is None, Reason("panel.no-seat", say("They have no seat on this panel."))),
        (leaving in panel.replaced, Reason("panel.filled", say("Somebody else has this place already."))),
        (seat is not None and seat.sits, Reason("panel.sits", say("They sit on the panel: only the place of somebody who stepped down, whose account is closed, or who has not spoken for {days} days, is filled anew.", days=days))),
        (panel.state is PanelState.OPEN and not is_blind(panel), Reason("panel.opened", say("All who sit have spoken, and their words can be read: the panel closes this review as it is."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def is_blind(panel: Panel) -> bool:
    """Whether what its members find is still hidden from everybody else: somebody can still speak, or must be seated."""
    if panel.state is not PanelState.OPEN:
        return False
    fewest, _ = SEATS[panel.kind]
    may_speak = any(
        s.finding is None and s.recused is None and s.person not in panel.replaced for s in panel.seats
    )
    return may_speak or len(panel.sitting) < fewest


def seen_by(person: str, panel: Panel) -> Panel:
    """Without the words that this person may not know yet: that somebody has spoken shows, what they said does not."""
    if not is_blind(panel):
        return panel
    return replace(panel, seats=tuple(s if s.person == person else _sealed(s) for s in panel.seats))


def _sealed(seat: Seat) -> Seat:
    return replace(seat, finding=None, comment="", checks={}, signature=None) if seat.sits else seat


def last_words(ended: Iterable[Panel]) -> dict[str, Finding]:
    """The last word of everybody who spoke of the same bytes; `ended` are the panels of them, the oldest first."""
    return {seat.person: seat.finding for panel in ended for seat in panel.sitting if seat.finding}


def decided(sitting: Sequence[Seat], ever: Mapping[str, Finding] = MappingProxyType({})) -> Finding:
    """What a panel decides whose members have all spoken; `ever` are the `last_words` about the same bytes."""
    own = {seat.person: seat.finding or Finding.INADEQUATE for seat in sitting}
    both = _most_find_it_adequate(own) and _most_find_it_adequate(ever or own)
    return Finding.ADEQUATE if both else Finding.INADEQUATE


def _most_find_it_adequate(words: Mapping[str, Finding]) -> bool:
    return 2 * sum(word is Finding.ADEQUATE for word in words.values()) > len(words)
