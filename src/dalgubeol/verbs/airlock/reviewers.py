"""Who may vote on what waits in the airlock, who is asked to, and who instead where somebody is away.

Everybody who may vote may do so at any time; who is *asked* has a seat. A seat is handed on when its holder has not
voted for `[airlock] hand_on_h` hours, has closed their account or is no reviewer any more; the vote of somebody who is
none any more is set aside, and another is asked. So nothing waits for one person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Reason
from ...language import say
from ...nouns.permit import Role
from ...nouns.record import Event, Record, Retention
from ...rules.airlock import Case, ReviewState, after
from ...rules.duties import Duty
from ...rules.reviewing import needed, reasons_not_to_review, without
from ...world import identity
from ...world.store import datasets, notices, permits, reviews, runs
from ...world.store.reviews import Review
from ..house import notify
from ..house.clock import now
from ..house.stops import reasons_of_stops
from ..house.transition import record
from ..permits.duties import Past


def reasons_not_to_look(past: Past, found: Review) -> tuple[Reason, ...]:
    """Why this person may not see the files; who has voted on them still may."""
    return reasons_not_to_vote(past, replace(found, votes=()))


def reasons_not_to_vote(past: Past, found: Review) -> tuple[Reason, ...]:
    """Why this person may not vote on them, all at once."""
    connection = past.connection
    analysed = runs.find(connection, found.run)
    inputs = [datasets.find(connection, each) for each in used(connection, found)]
    own = reasons_not_to_review(
        past.actor, found.author, found.organisation, found.votes,
        providers=frozenset(each.organisation for each in inputs),
        voters=frozenset(identity.find(connection, v.person).organisation for v in found.votes),
    )  # fmt: skip
    stopped_too = reasons_of_stops(connection, [datasets.find(connection, found.dataset)])
    users = frozenset(each for id_ in analysed.permits for each in permits.find(connection, id_).users)
    if past.actor.id in users - {found.author}:
        own += (Reason("review.user", say("You work under the same Permit as the author.")),)
    return own + past.reasons_against(Duty.REVIEWER, inputs, analysed.permits) + stopped_too


def used(connection: Connection, found: Review) -> Iterable[str]:
    """The Datasets that the files were made from; of what comes in those that it is to be used with."""
    if found.comes_in and found.permit is not None:
        return permits.find(connection, found.permit).datasets
    return runs.find(connection, found.run).inputs.values()


def asked_for(found: Review) -> int:
    """How many votes are still missing."""
    if not found.state.to_vote_on:
        return 0
    return 1 if found.state is ReviewState.HELD else needed(found.votes) - len(found.votes)


def ask(connection: Connection, found: Review) -> int:
    """Give seats to as many as votes are missing, those with the fewest first, of as many organisations as there
    are, and tell them; how many were asked. Whoever was away is asked last."""
    everybody = reviews.seats(connection, found.run)
    voted = {vote.person for vote in found.votes}
    seated = {each.person for each in everybody if each.ended_at is None} - voted
    missing = asked_for(found) - len(seated)
    if missing <= 0:
        return 0
    taken, away = reviews.seats_taken(connection), {each.person for each in everybody}
    may = [
        person
        for person in notify.reviewers(connection)
        if person.id not in seated and not reasons_not_to_vote(Past(connection, person.actor), found)
    ]
    may.sort(key=lambda person: (person.id in away, taken.get(person.id, 0), person.id))
    firms = {identity.find(connection, each).organisation for each in seated | voted}
    chosen: list[str] = []
    while may and len(chosen) < missing:
        next_ = next((person for person in may if person.organisation not in firms), may[0])
        may.remove(next_)
        firms.add(next_.organisation)
        chosen.append(next_.id)
    for person in chosen:
        reviews.seat(connection, found.run, person, now())
    notify.review_opened(connection, found.run, found.organisation, chosen, found.comes_in)
    if len(chosen) < missing:
        _tell_operators(connection, found)
    return len(chosen)


def set_aside(connection: Connection, found: Review) -> Review:
    """Without the votes and seats of those who review no more; others are asked in their place."""
    gone = _gone(connection, [*(v.person for v in found.votes), *_seated(connection, found)])
    for person in sorted(gone):
        reviews.end_seats(connection, found.run, now(), person)
        reviews.clear_votes(connection, found.run, now(), person)
        record(connection, _told(found, Event.SET_ASIDE, person))
    left = without(found.votes, gone)
    if len(left) < len(found.votes):
        state = after(found.state, "set aside", Case.ONE_LEFT if left else Case.NONE_LEFT)
        reviews.set_state(connection, found.run, state, now())
    if gone:
        found = reviews.find(connection, found.run)
        ask(connection, found)
    return found


def hand_on(connection: Connection, found: Review, before: str) -> int:
    """The seats of those who were asked before that instant and have not voted go to others; how many did. Where
    nobody else may, the same are reminded."""
    voted, count = {vote.person for vote in found.votes}, 0
    for seat in reviews.seats(connection, found.run):
        if seat.ended_at is not None or seat.person in voted or seat.asked_at > before:
            continue
        reviews.end_seats(connection, found.run, now(), seat.person)
        record(connection, _told(found, Event.HANDED_ON, seat.person))
        count += 1
    ask(connection, found)
    return count


def _seated(connection: Connection, found: Review) -> Iterable[str]:
    return (seat.person for seat in reviews.seats(connection, found.run) if seat.ended_at is None)


def _gone(connection: Connection, people: Iterable[str]) -> frozenset[str]:
    known = {each: identity.find(connection, each) for each in people}
    return frozenset(id_ for id_, p in known.items() if p.ended_at is not None or Role.REVIEWER not in p.roles)  # fmt: skip


def _tell_operators(connection: Connection, found: Review) -> None:
    operators = [p.id for p in identity.listed(connection) if Role.OPERATOR in p.roles and p.ended_at is None]
    message = say("Too few reviewers may vote on the files of Run {run}: it waits until another reviewer is invited.", run=found.run)  # fmt: skip
    untold = [each for each in operators if not notices.told(connection, each, message)]
    notify.tell(connection, untold, message, f"/airlock/{found.run}")


def _told(found: Review, event: Event, person: str) -> Record:
    key = f"{event.value}/{found.run}/{person}/{fresh_id('s')}"
    payload = {"manifest": found.manifest}
    return Record(event, key, now(), person, found.run, payload, Retention.PROCESSING, (found.dataset,))
