"""What waits for somebody: Permits to decide, files to vote on, panels to speak in, Runs of theirs under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...nouns.panel import Panel, PanelState
from ...nouns.permit import Actor, Permit, PermitState, Role
from ...nouns.run import Run, RunState
from ...rules import panels as panel_rules
from ...rules.airlock import ReviewState
from ...rules.duties import Duty
from ...rules.granting import reasons_not_to_decide
from ...world.identity import SignedIn
from ...world.store import counts, datasets, panels, permits, reviews, runs
from ...world.store.reviews import Review
from ..airlock.review import seen_by
from ..airlock.reviewers import reasons_not_to_vote
from ..house.house import House
from ..permits.duties import Past
from ..projects.seating import as_it_stands

_OPEN_TO_VOTES = tuple(state for state in ReviewState if state.to_vote_on)
_UNDER_WAY = (RunState.RUNNING, RunState.QUEUED, RunState.HELD)


@dataclass(frozen=True, slots=True)
class Waiting:
    permits: tuple[Permit, ...]
    """Requests that this person may decide on."""
    reviews: tuple[Review, ...]
    """What this person may vote on."""
    panels: tuple[Panel, ...]
    """Where this person sits and has not spoken, or all have and minutes are missing."""
    runs: tuple[Run, ...]
    """Their own that wait, run, or are held in the airlock."""
    submissions: Mapping[str, Review]
    """Of these: what stands in the airlock, by Run."""


def waiting(house: House, who: SignedIn) -> Waiting:
    actor = who.actor
    with house.database.reading() as connection:
        past, to_decide = Past(connection, actor), []
        if actor.roles & {Role.OPERATOR, Role.PROVIDER}:
            for found in counts.permit_ids(connection, PermitState.REQUESTED):
                permit = permits.find(connection, found)
                named = [datasets.find(connection, d) for d in permit.datasets]
                own = reasons_not_to_decide(actor, permit, frozenset(d.organisation for d in named))
                if not own and not past.reasons_against(Duty.DECIDER, named):
                    to_decide.append(permit)
        to_vote = [
            review
            for review in (reviews.listed(connection, _OPEN_TO_VOTES) if Role.REVIEWER in actor.roles else ())
            if not reasons_not_to_vote(past, review)
        ]
        to_speak = [
            panel_rules.seen_by(actor.id, panel)
            for panel in (panels.listed(connection) if Role.REVIEWER in actor.roles else ())
            if panel.state is PanelState.OPEN
            and panel.seat_of(actor.id)
            and _asks(as_it_stands(house, connection, panel), actor)
        ]
        mine = [
            run
            for state in _UNDER_WAY
            for run in runs.listed(connection, submitted_by=actor.id, state=state, limit=50)
        ]
        held = reviews.of_runs(connection, [run.id for run in mine])
    submitted = {each.run: seen_by(actor, each) for each in held}
    return Waiting(tuple(to_decide), tuple(to_vote), tuple(to_speak), tuple(mine), submitted)


def _asks(panel: Panel, actor: Actor) -> bool:
    """Whether this member has to speak, late or not, or can close it."""
    may_speak = not panel_rules.reasons_not_to_speak(actor, panel)
    return may_speak or not panel_rules.reasons_not_to_close(
        actor, panel, minutes="minutes that are to be written"
    )
