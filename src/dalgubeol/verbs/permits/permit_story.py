"""One Permit with its whole history: who asked, who decided and how, what was run under it, what it lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from ...errors import Reason
from ...language import Message, say
from ...nouns.dataset import Dataset
from ...nouns.permit import Actor, Permit, PermitState, Verdict
from ...nouns.record import Event
from ...nouns.run import Run
from ...rules import costs
from ...rules.duties import Duty
from ...rules.granting import GRANTORS_NEEDED, granted_count, reasons_not_to_decide, reasons_not_to_revoke
from ...world import identity
from ...world.identity import Person
from ...world.store import counts, datasets, outbox, permits, reviews, runs
from ...world.store.reviews import Review
from ..airlock.budget import Account, accounts_of
from ..airlock.review import may_look, seen_by
from ..house.clock import now
from ..house.house import House
from ..house.transition import signer_key
from .duties import Past

_ENDS = (Event.WITHDRAWN, Event.REVOKED)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a Permit."""

    at: str
    what: Event
    name: str
    organisation: str
    verdict: Verdict | None = None
    comment: str = ""
    signed: bool | None = None
    """Of a decision: whether its signature holds."""


@dataclass(frozen=True, slots=True)
class PermitStory:
    permit: Permit
    holder: Person
    datasets: tuple[Dataset, ...]
    steps: tuple[Step, ...]
    """In order of time."""
    runs: tuple[Run, ...]
    """The newest that were made under it."""
    lacks: tuple[Message, ...]
    reasons_not_to_decide: tuple[Reason, ...]
    may_withdraw: bool
    may_revoke: bool
    people: tuple[str, ...] = ()
    """Names of all who work under it, and whether each has signed."""
    may_pledge: bool = False
    may_follow: bool = False
    """Whether this person may ask for a Permit that carries it on."""
    accounts: tuple[Account, ...] = ()
    """Its privacy budget, where it has one or something is spent."""
    cost: Message | None = None
    """What it may come to."""
    submissions: Mapping[str, Review] = field(default_factory=dict)
    """Of its Runs: what stands in the airlock and this person may know of, by Run."""


def permit_story(house: House, actor: Actor, permit_id: str) -> PermitStory:
    """Raises Missing."""
    with house.database.reading() as connection:
        permit = permits.find(connection, permit_id)
        named = tuple(datasets.find(connection, id_) for id_ in permit.datasets)
        owners = frozenset(d.organisation for d in named)
        granted = permit.state is PermitState.GRANTED
        under = counts.runs_under(connection, permit.id, 50)
        return PermitStory(
            permit, identity.find(connection, permit.holder), named, _steps(house, connection, permit),
            tuple(replace(runs.find(connection, id_), parameters={}) for id_ in under),
            lacks(permit, owners, now()), reasons_not_to_decide(actor, permit, owners)
            + Past(connection, actor).reasons_against(Duty.DECIDER, named),
            permit.holder == actor.id and permit.state in (PermitState.REQUESTED, PermitState.GRANTED),
            granted and not reasons_not_to_revoke(actor, permit, owners),
            tuple(sorted(identity.find(connection, each).name for each in permit.users)),
            actor.id in permit.users and permit.unsigned(actor.id) and _alive(permit), granted and actor.id in permit.users,
            tuple(a for a in accounts_of(connection, permit) if a.epsilon_allowed or a.epsilon_spent),
            costs.told(permit.conditions, house.settings.served().zone.won_per_cpu_h),
            {each.run: seen_by(actor, each) for each in reviews.of_runs(connection, under) if may_look(actor, each)},
        )  # fmt: skip


def _alive(permit: Permit) -> bool:
    return permit.state in (PermitState.REQUESTED, PermitState.GRANTED) and now() < permit.valid_until


def lacks(permit: Permit, owners: frozenset[str], at: str) -> tuple[Message, ...]:
    """What stands between a Permit and its use, in words; nothing where it is in force."""
    if permit.state is PermitState.REQUESTED:
        missing = GRANTORS_NEEDED - granted_count(permit)
        others = tuple(sorted(owners - {permit.organisation}))
        who = say("an operator, or a provider of {owners}", owners=others) if others else say("an operator")
        return (
            say("{missing} of {needed} people must still grant it.", missing=missing, needed=GRANTORS_NEEDED),
            say("Who may: {who}; nobody of {organisation}, and nobody twice.", who=who, organisation=permit.organisation),
        )  # fmt: skip
    if permit.state is not PermitState.GRANTED:
        return (say("It is {state}. Ask for a new one, if it is still needed.", state=permit.state),)
    if at >= permit.valid_until:
        return (say("Its time is over. Ask for a new one, if it is still needed."),)
    if any(permit.unsigned(person) for person in permit.users):
        unsigned = sum(permit.unsigned(person) for person in permit.users)
        return (
            say(
                "{count} of its people have not signed the pledge yet, and run nothing before that.",
                count=unsigned,
            ),
        )
    if permit.exports_used >= permit.conditions.exports and permit.application is not None:
        return (say("All its releases are used: nothing more may leave under it."),)
    if permit.runs_used >= permit.conditions.runs:
        return (say("All its Runs are used. Ask for a new one with a larger allowance."),)
    return ()


def _steps(house: House, connection: Connection, permit: Permit) -> tuple[Step, ...]:
    holder = identity.find(connection, permit.holder)
    steps = [Step(permit.requested_at, Event.REQUESTED, holder.name, permit.organisation)]
    for decision in permit.decisions:
        statement = permit.statement(decision.person, decision.verdict, decision.decided_at)
        key = signer_key(connection, house.log, decision.person)
        steps.append(
            Step(
                decision.decided_at, Event.DECIDED, identity.find(connection, decision.person).name, decision.organisation,
                decision.verdict, decision.comment, identity.signature_holds(key, statement, decision.signature),
            )
        )  # fmt: skip
    for number in outbox.records_about(connection, permit.id):
        leaf = json.loads(house.log.entry(connection, number).leaf)
        if leaf["subject"] == permit.id and leaf["event"] in (
            *_ENDS,
            Event.GRANTED,
            Event.PLEDGED,
            Event.PERMIT_ENDED,
        ):
            person = identity.find(connection, leaf["actor"])
            steps.append(Step(leaf["at"], Event(leaf["event"]), person.name, person.organisation))
    return tuple(sorted(steps, key=lambda step: step.at))
