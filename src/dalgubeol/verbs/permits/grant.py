"""Asking for a Permit, and two people's signed decisions on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from ...digest import canonical, fresh_id, sha256_hex
from ...errors import Conflict, Invalid, Reason, Refused, Tampered
from ...kinds import kind as kind_named
from ...language import Message, say
from ...methods.pledge import pledge
from ...nouns.permit import Conditions, Decision, Permit, PermitState, Purpose, Verdict
from ...nouns.record import Event, Record, Retention
from ...rules.duties import Duty, duty_of_kinds
from ...rules.granting import (
    reasons_not_to_decide,
    reasons_not_to_revoke,
    reasons_to_refuse_request,
    state_after_decisions,
)
from ...rules.lifecycle import PERMIT_MOVES, moved
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import datasets, outbox, permits
from ...world.store.paging import LARGEST_PAGE, Page, every
from ...world.store.permits import Wanted
from ..house import notify
from ..house.clock import end_of_day, now
from ..house.house import House
from ..house.stops import reasons_of_stops
from ..house.transition import record, signer_key
from ..projects.projects import reasons_against_use
from .applications import Asked, application, reasons_of_answering, reasons_of_their_past, ruled, usual_end
from .duties import Past
from .pledges import LANGUAGES, put_down

_REMEMBERED = 10_000
"""Permits whose signatures a process has found to hold, at most."""


def request(
    house: House,
    who: SignedIn,
    *,
    kinds: Sequence[str],
    names: Sequence[str],
    purpose: Purpose,
    reason: str,
    until: str | None = None,
    evidence: str = "",
    conditions: Conditions | None = None,
    asked: Asked | None = None,
) -> Permit:
    """Ask for a Permit for oneself, and for those whom one names. The grants follow from the kinds; without `until`
    it ends as the site's settings say. Raises Refused with all that is lacking (recorded where another duty stands
    against it), Missing and Invalid (conditions, and see `applications`)."""
    besides = asked or Asked()
    wished = ruled(house, conditions or Conditions(), besides.rules)
    _check_conditions(wished)
    if besides.pledged not in (None, *LANGUAGES):
        raise Invalid.field("pledged", expected=", ".join(LANGUAGES), got=str(besides.pledged))
    grants = frozenset().union(*(kind_named(kind).grants for kind in kinds))
    valid_until = end_of_day(until or usual_end(house))
    refused: list[tuple[Reason, ...]] = []

    def ask(connection: Connection) -> Permit | None:
        named = [datasets.find(connection, name) for name in names]
        lacking = reasons_to_refuse_request(who.actor, purpose, reason, evidence, named, now(), valid_until)
        lacking += reasons_against_use(connection, who.actor, named) + reasons_of_stops(connection, named)
        applied, against = application(connection, who.actor, kinds, named, besides)
        lacking += against
        ids = tuple(sorted(d.id for d in named))
        duties = Past(connection, who.actor).reasons_against(duty_of_kinds(kinds), named)
        duties += reasons_of_answering(connection, who.actor, kinds, named)
        duties += reasons_of_their_past(connection, applied.people, kinds, named)
        if duties:
            record(connection, _refusal(who.actor.id, who.actor.id, duties, ids))
        if lacking or duties:
            refused.append(lacking + duties)
            return None
        permit = Permit(
            id=fresh_id("permit"), holder=who.actor.id, organisation=who.actor.organisation,
            kinds=frozenset(kinds), datasets=ids, grants=grants, purpose=purpose,
            reason=reason, conditions=wished, valid_from=now(), valid_until=valid_until,
            state=PermitState.REQUESTED, requested_at=now(), evidence=evidence, application=applied,
        )  # fmt: skip
        permits.add(connection, permit)
        record(connection, _told(permit, Event.REQUESTED, who.actor.id, permit.terms()))
        if besides.pledged is not None and applied.pledge:
            put_down(connection, who, permit, pledge(applied.pledge), besides.pledged)
        notify.permit_requested(connection, permit)
        return permits.find(connection, permit.id)

    permit = house.write(ask)
    if permit is None:
        own = next((reason.cure for reason in refused[0] if reason.cure is not None), None)
        mend = own or say("Mend what the reasons name and ask again.")
        raise Refused("permit.refused", say("This request is refused."), mend, refused[0])
    return permit


def decide(house: House, who: SignedIn, permit_id: str, verdict: Verdict, comment: str = "") -> Permit:
    """One person's signed decision. Raises Refused with every reason (recorded)."""
    refused: list[tuple[Reason, ...]] = []

    def settle(connection: Connection) -> Permit:
        permit = permits.find(connection, permit_id)
        named = [datasets.find(connection, d) for d in permit.datasets]
        owners = frozenset(d.organisation for d in named)
        reasons = reasons_not_to_decide(who.actor, permit, owners)
        reasons += Past(connection, who.actor).reasons_against(Duty.DECIDER, named)
        reasons += reasons_of_stops(connection, named) if verdict is Verdict.GRANT else ()
        if reasons:
            refused.append(reasons)
            record(connection, _refusal(who.actor.id, permit.id, reasons, (), (permit.id,)))
            return permit
        at = now()
        signature = who.sign(permit.statement(who.actor.id, verdict, at))
        decision = Decision(who.actor.id, who.actor.organisation, verdict, at, comment, signature)
        permits.decide(connection, permit.id, decision)
        said: dict[str, object] = {
            "terms": permit.terms(),
            "verdict": verdict.value,
            "decided_at": at,
            "signature": signature,
        }
        record(
            connection,
            _told(permit, Event.DECIDED, who.actor.id, said, f"decided/{permit.id}/{who.actor.id}"),
        )
        return _after(connection, permit.id, who.actor.id)

    permit = house.write(settle)
    if refused:
        raise _refused(say("You may not decide on this Permit."), refused[0])
    return permit


def withdraw(house: House, who: SignedIn, permit_id: str) -> Permit:
    """The holder gives it back. Raises Refused for anybody else."""
    return _ended(house, who, permit_id, "withdraw", Event.WITHDRAWN)


def revoke(house: House, who: SignedIn, permit_id: str) -> Permit:
    """Somebody who could have granted it takes it back at once. Raises Refused for others."""
    return _ended(house, who, permit_id, "revoke", Event.REVOKED)


def page(house: House, wanted: Wanted | None = None, after: str = "", limit: int = 100) -> Page[Permit]:
    """Permits, the newest first: who asked for what is open to everybody who is signed in."""
    with house.database.reading() as connection:
        return permits.page(connection, wanted or Wanted(), after, limit)


def listed(house: House) -> tuple[Permit, ...]:
    """All of them, however many."""
    return every(lambda after: page(house, after=after, limit=LARGEST_PAGE))


def show(house: House, permit_id: str) -> Permit:
    with house.database.reading() as connection:
        return permits.find(connection, permit_id)


LIMITS: Mapping[str, tuple[float, float]] = {
    "runs": (1, 1_000_000), "smallest_cell": (10, 1_000_000), "wall_s": (1, 86_400), "cpu_s": (1, 86_400),
    "memory_mb": (64, 1 << 20), "output_mb": (1, 16_384), "autonomy_level": (0, 5), "exports": (0, 10_000),
    "files": (0, 1_000_000), "processes": (8, 4096), "scratch_mb": (1, 1 << 20), "output_files": (1, 1000),
    "epsilon": (0, 100), "delta": (0, 0.001),
}  # fmt: skip
"""What a condition of a Permit may be, from and to."""


def _check_conditions(wished: Conditions) -> None:
    for name, (least, most) in LIMITS.items():
        got = getattr(wished, name)
        if not least <= got <= most:
            raise Invalid.field(name, expected=say("{least} to {most}", least=least, most=most), got=got)


def _after(connection: Connection, permit_id: str, actor: str) -> Permit:
    permit = permits.find(connection, permit_id)
    state = state_after_decisions(permit)
    if state is not permit.state:
        move = "grant" if state is PermitState.GRANTED else "refuse"
        permits.set_state(connection, permit.id, moved(PERMIT_MOVES, permit.state, move))
        if state is PermitState.GRANTED:
            record(connection, _told(permit, Event.GRANTED, actor, {"deciders": len(permit.decisions)}))
    permit = permits.find(connection, permit_id)
    notify.permit_decided(connection, permit)
    return permit


def _ended(house: House, who: SignedIn, permit_id: str, move: str, event: Event) -> Permit:
    def end(connection: Connection) -> Permit:
        permit = permits.find(connection, permit_id)
        owners = frozenset(datasets.find(connection, d).organisation for d in permit.datasets)
        wrong = _reasons_not_to_end(who, permit, owners, move)
        if wrong:
            raise _refused(say("You may not end this Permit."), wrong)
        permits.set_state(connection, permit.id, moved(PERMIT_MOVES, permit.state, move))
        record(connection, _told(permit, event, who.actor.id, {"was": permit.state.value}))
        permit = permits.find(connection, permit_id)
        notify.permit_decided(connection, permit)
        return permit

    return house.write(end)


def _reasons_not_to_end(
    who: SignedIn, permit: Permit, owners: frozenset[str], move: str
) -> tuple[Reason, ...]:
    if move == "withdraw":
        if permit.holder == who.actor.id:
            return ()
        return (Reason("withdraw.holder", say("Only its holder gives a Permit back.")),)
    if permit.state is not PermitState.GRANTED:
        raise Conflict("permit.state", say("Permit {permit} is {state}.", permit=permit.id, state=permit.state), say("Only a granted Permit can be revoked."))  # fmt: skip
    return reasons_not_to_revoke(who.actor, permit, owners)


def _told(
    permit: Permit, event: Event, actor: str, payload: dict[str, object], key: str | None = None
) -> Record:
    return Record(
        event, key or f"{event.value}/{permit.id}", now(), actor, permit.id, payload, Retention.PERMANENT,
        datasets=permit.datasets, permits=(permit.id,),
    )  # fmt: skip


def _refusal(
    actor: str, subject: str, reasons: tuple[Reason, ...], named: tuple[str, ...], asked: tuple[str, ...] = ()
) -> Record:
    payload: dict[str, object] = {"reasons": [reason.code for reason in reasons]}
    if asked:
        payload["permit"] = asked[0]
    return Record(
        Event.REFUSED, fresh_id("refused"), now(), actor, subject, payload, Retention.ACCESS, named, asked
    )


def _refused(detail: Message, reasons: tuple[Reason, ...]) -> Refused:
    return Refused(
        "permit.refused", detail, say("Mend what the reasons name, or ask another person."), reasons
    )


def check_signatures(house: House, connection: Connection, permit: Permit) -> None:
    """Raises Tampered where a grant that counts was not signed by whom it names, where the state is not what
    the signed decisions make it, or where the history says that the Permit has ended."""
    ends = (f"{event.value}/{permit.id}" for event in (Event.REVOKED, Event.WITHDRAWN))
    over = any(outbox.record_of(connection, key) is not None for key in ends)
    if over or state_after_decisions(permit) is not PermitState.GRANTED:
        raise Tampered(
            "permit.decisions",
            say("Permit {permit} is stored as granted, but its decisions do not say so.", permit=permit.id),
            say("Nothing was run. Tell the operator: the site's database was changed from outside."),
        )
    signed = ("signed", permit.id, sha256_hex(canonical(permit.terms())), permit.decisions)
    if signed in house.signed:
        return  # the same terms and signatures by the same keys: Records do not change
    for decision in permit.decisions:
        statement = permit.statement(decision.person, decision.verdict, decision.decided_at)
        key = signer_key(connection, house.log, decision.person)
        if not identity.signature_holds(key, statement, decision.signature):
            raise Tampered(
                "permit.signature",
                say("A decision on Permit {permit} was not signed by the person it names.", permit=permit.id),
                say("Nothing was run. Tell the operator: the site's database was changed from outside."),
            )
    if len(house.signed) >= _REMEMBERED:
        house.signed.clear()  # found anew when they are next asked for
    house.signed.add(signed)
