"""Panels at work: seated for a matter, each member's signed word, closed with minutes. The rule: `rules.panels`.

What a panel finds inadequate goes back to pseudonymisation with the reasons; what came out of a project that the
law ties to a review is used by nobody before a panel found exactly those bytes adequate (`reviewed`).

What a member finds is hidden, in the history too, until all who sit have spoken or the review has ended: then every
word is opened in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from ...digest import fresh_id, sha256_hex
from ...errors import Invalid, Missing, Reason
from ...language import say
from ...nouns.panel import Check, Finding, Panel, PanelKind, PanelState, Seat
from ...nouns.permit import Actor, Role
from ...nouns.project import Participation, ProjectPart
from ...nouns.record import Event
from ...rules import panels as rules
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import datasets, panels, projects
from ..airlock.review import signature_digest
from ..house import notify
from ..house.clock import day, now
from ..house.house import House
from ..house.transition import record
from . import risk_answers
from .reviewed import check_findings, ended_of, heard, spoken
from .seating import (
    as_it_stands,
    concerned,
    reasons_against_members,
    reasons_not_to_ask,
    refusal,
    refused_for,
    settled,
    stands_in,
    told,
)

if TYPE_CHECKING:
    from ...methods.papers.fields import Option

FILLED_BY_THE_SITE = frozenset(
    {"project", "dataset", "checks", "recused", "minutes", "decision", "reasons", "dissent", "members", "records"}
)  # fmt: skip
"""Answers of the forms that come from what happened, not from whoever asks."""
_MEASURED_BY_THE_SITE = {
    PanelKind.RISK: frozenset({"purpose", "where"}),
    PanelKind.ADEQUACY: frozenset({"purpose", "sources", "items", "measured"}),
}
"""Besides: what the papers of the project and of the Dataset say."""
_MOST_LETTERS = 20_000


def open_(
    house: House, who: SignedIn, kind: PanelKind, *, project: str, dataset: str, members: Sequence[str],
    answers: Mapping[str, object] | None = None,
) -> Panel:  # fmt: skip
    """Seat a panel; `members` are logins or ids. Raises Refused with every reason (recorded), Invalid for answers
    that the form does not ask for, Missing."""
    refused: list[tuple[Reason, ...]] = []

    def seat(connection: Connection) -> Panel | None:
        about = projects.find(connection, project)
        found = datasets.find(connection, dataset)
        chosen = [identity.find(connection, member) for member in members]
        at = now()
        reasons = reasons_not_to_ask(connection, kind, who.actor, about, found)
        reasons += rules.reasons_of_others(kind, found.object_id, panels.listed(connection, dataset=found.id))
        reasons += rules.reasons_of_number(kind, [person.id for person in chosen])
        reasons += reasons_against_members(about, concerned(about, found, who.actor.id), chosen, at)
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, about.id, found.id, reasons))
            return None
        seats = tuple(Seat(person.id, person.organisation, seated_at=at) for person in chosen)
        panel = Panel(
            fresh_id("panel"), kind, about.id, found.id, found.object_id, dict(answers or {}), who.actor.id, at,
            PanelState.OPEN, seats,
        )  # fmt: skip
        panels.add(connection, panel)
        for person in chosen:  # who judges it neither makes nor uses it, from now on
            projects.take_part(connection, about.id, Participation(person.id, ProjectPart.REVIEWER, at))
        terms = {"kind": kind.value, "project": about.id, "matter": panel.matter, "members": sorted(s.person for s in seats)}  # fmt: skip
        record(connection, told(panel, Event.SEATED, who.actor.id, terms))
        again = any(each.state is PanelState.INADEQUATE for each in ended_of(connection, panel))
        message = (
            say("You are asked to review project {project}: another panel found the same data inadequate before.", project=about.name)
            if again
            else say("You are asked to review project {project}.", project=about.name)
        )  # fmt: skip
        notify.tell(connection, [s.person for s in seats], message, f"/reviews/{panel.id}")
        return panel

    answers = _complete(house, who, kind, dataset, answers or {})
    made = house.write(seat)
    if made is None:
        raise refused_for(say("This review cannot be asked for so."), refused[0])
    return made


def look(house: House, who: SignedIn, panel: str) -> Panel:
    """For its members, who asked for it, the people of its project, reviewers and operators. Raises Missing."""
    with house.database.reading() as connection:
        found = panels.find(connection, panel)
        if not _may_look(connection, who.actor, found):
            raise Missing(
                "panel.missing",
                say("There is no review '{panel}' here.", panel=panel),
                say("`dalgu review list` shows those that concern you."),
            )
        return rules.seen_by(who.actor.id, as_it_stands(house, connection, found))


def listed(house: House, who: SignedIn, project: str | None = None) -> tuple[Panel, ...]:
    """Those that this person may see, the newest first. Raises Missing for a project that is not there."""
    with house.database.reading() as connection:
        about = None if project is None else projects.find(connection, project).id
        every = panels.listed(connection, project=about)
        mine = [as_it_stands(house, connection, p) for p in every if _may_look(connection, who.actor, p)]
        return tuple(rules.seen_by(who.actor.id, p) for p in mine)


def names(house: House, found: Sequence[Panel]) -> dict[str, str]:
    """What the people and Datasets of these are called, by id."""
    with house.database.reading() as connection:
        people = {seat.person for panel in found for seat in panel.seats}
        return datasets.names(connection, sorted({panel.dataset for panel in found})) | {
            person: identity.find(connection, person).name for person in people
        }


def speak(
    house: House, who: SignedIn, panel: str, finding: Finding, comment: str = "",
    checks: Mapping[str, Check] | None = None,
) -> Panel:  # fmt: skip
    """A member's signed word, which the others read once all have spoken. Raises Refused with every reason (recorded), Invalid (checks, comment);
    nobody finds adequate what they have not looked at item by item, or inadequate without saying why."""
    _check_length("comment", comment)

    def say_it(connection: Connection, found: Panel) -> None:
        _check_checks(found.kind, finding, checks or {})
        _check_reason(finding, comment, checks or {})
        at = now()
        signature = who.sign(found.statement(who.actor.id, finding, at))
        seat = replace(_own(found, who), finding=finding, comment=comment, checks=dict(checks or {}), said_at=at, signature=signature)  # fmt: skip
        panels.keep_seat(connection, found.id, seat)
        said = {"matter": found.matter, "signature_digest": signature_digest(signature)}
        record(connection, told(found, Event.SAID, who.actor.id, said, who.actor.id))
        if _opened(connection, found.id):
            message = say("Everybody on the panel has spoken: write the minutes and close it.")
            notify.tell(connection, [s.person for s in found.sitting], message, f"/reviews/{found.id}")

    return _as_member(house, who, panel, say_it, risk_answers.reasons_of_empty)


def step_down(house: House, who: SignedIn, panel: str, reason: str) -> Panel:
    """A member recuses themselves (회피). Raises Refused with every reason (recorded), Invalid (reason)."""
    if not reason.strip():
        raise Invalid.field("reason", expected=say("why you step down"), got=say("nothing"))
    _check_length("reason", reason)

    def leave(connection: Connection, found: Panel) -> None:
        panels.keep_seat(connection, found.id, replace(_own(found, who), recused=reason, said_at=now()))
        record(connection, told(found, Event.STEPPED_DOWN, who.actor.id, {"matter": found.matter}, who.actor.id))  # fmt: skip
        _opened(connection, found.id)
        fewest, _ = rules.SEATS[found.kind]
        if len(as_it_stands(house, connection, found).sitting) - 1 < fewest:
            message = say("A panel has too few members left: seat a substitute, or withdraw the review.")
            notify.tell(connection, [found.opened_by], message, f"/reviews/{found.id}")

    return _as_member(house, who, panel, leave)


def close(house: House, who: SignedIn, panel: str, minutes: str) -> Panel:
    """End it with minutes; what it decides follows from its members' words, whose signatures are checked. Who did not
    speak and is waited for no more is passed over, and the history says so. Raises
    Refused with every reason (recorded), Tampered for a word that its member did not sign."""
    _check_length("minutes", minutes)
    refused: list[tuple[Reason, ...]] = []

    def end(connection: Connection) -> Panel:
        found = as_it_stands(house, connection, panels.find(connection, panel))
        reasons = rules.reasons_not_to_close(who.actor, found, minutes) + risk_answers.reasons_of_empty(found)
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, found.id, found.dataset, reasons))
            return found
        check_findings(house, connection, found, found.sitting)
        earlier = ended_of(connection, found)
        for each in earlier:
            check_findings(house, connection, each, spoken(each))
        decision = rules.decided(found.sitting, rules.last_words((*earlier, found)))
        ended = replace(found, state=PanelState(decision.value), minutes=minutes, closed_by=who.actor.id, closed_at=now())  # fmt: skip
        panels.end(connection, ended)
        silent = settled(connection, found)
        if rules.is_blind(found):
            _opened(connection, found.id)
        payload = {
            "kind": found.kind.value, "project": found.project, "matter": found.matter, "object": found.object_id,
            "decision": decision.value, "minutes_digest": sha256_hex(minutes.encode()),
            "counted": [each.id for each in earlier], "heard": heard(ended),
            "silent": {seat.person: str(seat.silence) for seat in silent},
        }  # fmt: skip
        record(connection, told(ended, Event.REVIEWED, who.actor.id, payload))
        message = {
            Finding.ADEQUATE: say("A review has found it adequate."),
            Finding.INADEQUATE: say(
                "A review has found it inadequate: process it again; the reasons are with it."
            ),
        }[decision]
        notify.tell(connection, [found.opened_by], message, f"/reviews/{found.id}")
        return ended

    ended = house.write(end)
    if refused:
        raise refused_for(say("This review cannot be closed yet."), refused[0])
    return ended


def withdraw(house: House, who: SignedIn, panel: str) -> Panel:
    """Whoever asked for it takes it back. Raises Refused with every reason (recorded)."""
    refused: list[tuple[Reason, ...]] = []

    def take_back(connection: Connection) -> Panel:
        found = as_it_stands(house, connection, panels.find(connection, panel))
        lead = stands_in(connection, who.actor, found, projects.find(connection, found.project))
        empty = bool(risk_answers.reasons_of_empty(found))
        if reasons := rules.reasons_not_to_withdraw(who.actor, found, lead, empty):
            refused.append(reasons)
            record(connection, refusal(who.actor, found.id, found.dataset, reasons))
            return found
        ended = replace(found, state=PanelState.WITHDRAWN, closed_by=who.actor.id, closed_at=now())
        panels.end(connection, ended)
        if rules.is_blind(found):
            _opened(connection, found.id)
        settled(connection, found)
        payload = {"matter": found.matter, "heard": heard(found)}
        record(connection, told(ended, Event.WITHDRAWN, who.actor.id, payload))
        return ended

    taken = house.write(take_back)
    if refused:
        raise refused_for(say("This review cannot be withdrawn."), refused[0])
    return taken


def _may_look(connection: Connection, actor: Actor, found: Panel) -> bool:
    if found.opened_by == actor.id or found.seat_of(actor.id) or actor.roles & {Role.REVIEWER, Role.OPERATOR}:
        return True
    about = projects.find(connection, found.project)
    return any(each.person == actor.id for each in about.people) or (
        actor.organisation == about.organisation and Role.PROVIDER in actor.roles
    )


def _as_member(
    house: House, who: SignedIn, panel: str, act: Callable[[Connection, Panel], None],
    against: Callable[[Panel], tuple[Reason, ...]] = lambda _: (),
) -> Panel:  # fmt: skip
    refused: list[tuple[Reason, ...]] = []

    def once(connection: Connection) -> Panel:
        found = panels.find(connection, panel)
        reasons = rules.reasons_not_to_speak(who.actor, found) + against(found)
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, found.id, found.dataset, reasons))
            return found
        act(connection, found)
        return panels.find(connection, panel)

    after = house.write(once)
    if refused:
        raise refused_for(say("You cannot speak on this panel."), refused[0])
    return look(house, who, after.id)


def _opened(connection: Connection, panel: str) -> bool:
    """Open what was said, where it is not hidden any more; for whoever ends that, once."""
    found = panels.find(connection, panel)
    if rules.is_blind(found):
        return False
    for seat in spoken(found):
        said = {
            "matter": found.matter, "finding": str(seat.finding), "said_at": seat.said_at, "signature": seat.signature,
        }  # fmt: skip
        record(connection, told(found, Event.SAID_OPENED, seat.person, said, seat.person))
    return True


def _own(found: Panel, who: SignedIn) -> Seat:
    seat = found.seat_of(who.actor.id)
    assert seat is not None  # the rule has said so
    return seat


def _complete(
    house: House, who: SignedIn, kind: PanelKind, dataset: str, answers: Mapping[str, object]
) -> Mapping[str, object]:
    """The answers, which the form will take; those of a risk review with what the site sees of the table."""
    _check_answers(kind, {name: answer for name, answer in answers.items() if name != "policy" or kind is not PanelKind.RISK})  # fmt: skip
    return risk_answers.completed(house, who, dataset, answers) if kind is PanelKind.RISK else answers


def _check_answers(kind: PanelKind, answers: Mapping[str, object]) -> None:
    """That the form will take them when the paper is made."""
    from ...methods.papers.form import check

    theirs = sorted((FILLED_BY_THE_SITE | _MEASURED_BY_THE_SITE[kind]) & set(answers))
    if theirs:
        raise Invalid.field("answers", expected=say("what whoever asks can say"), got=", ".join(theirs))
    check(kind.value, day(now()), answers)


def unanswered(kind: PanelKind, finding: Finding, checks: Mapping[str, Check]) -> tuple[Option, ...]:
    """The items of the form's checklist that a member has still to answer before saying this. Who finds a matter
    inadequate needs to answer none where a comment says why."""
    if finding is not Finding.ADEQUATE:
        return ()
    return tuple(each for each in checklist(kind)[0] if not (checks.get(each.name) or ("",))[0])


def checklist(kind: PanelKind) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """The items of today's form that a member of the panel looks at, and what each can be answered with."""
    from ...methods.papers.form import form

    found = [
        each for each in form(kind.value, date.fromisoformat(day(now()))).fields() if each.name == "checks"
    ]
    return (found[0].options, found[0].answers) if found else ((), ())


def _check_checks(kind: PanelKind, finding: Finding, checks: Mapping[str, Check]) -> None:
    from ...methods.papers.form import check

    if checks:
        check(kind.value, day(now()), {"checks": dict(checks)})
    for _, remark in checks.values():
        _check_length("checks", remark)
    if lacking := unanswered(kind, finding, checks):
        items, answers = (", ".join(each.name for each in some) for some in (lacking, checklist(kind)[1]))
        raise Invalid(
            "invalid.checks",
            say("Who finds it adequate has answered every item of the checklist; these lack an answer: {items}.", items=items),
            say("Answer each of them with one of: {answers}. On the command line with --checks FILE (item = \"word\"), over HTTP as checks, or in the form of the portal.", answers=answers),
        )  # fmt: skip


def _check_reason(finding: Finding, comment: str, checks: Mapping[str, Check]) -> None:
    """What goes back to be processed again goes with its reasons."""
    said = comment.strip() or any(answer == Finding.INADEQUATE for answer, _ in checks.values())
    if finding is Finding.INADEQUATE and not said:
        raise Invalid(
            "invalid.comment",
            say("Who finds it inadequate says why: whoever processes it again has nothing else to go by."),
            say("Write it as the comment, or answer the items of the checklist that show it."),
        )


def _check_length(name: str, text: str) -> None:
    if len(text) > _MOST_LETTERS:
        raise Invalid.field(name, expected=say("at most {most} letters", most=_MOST_LETTERS), got=len(text))
