"""Who may run what: pure, default deny, and every reason at once.

Three bases cover a Dataset in a Run:
1. **Ownership**: the person who answers for a Dataset may read it and derive from it without a Permit,
   except pseudonymised information, whose use the law ties to a purpose whoever owns it (PIPA art. 28-2);
   measuring whether it is pseudonymised well enough (`MEASURING`) is the last step of making it and no use, nor
   is making the next delivery by one's recipe (`CARRYING_ON`), nor making a dummy to be reviewed (`OFFERING`).
2. **A Permit** that two other people granted.
3. **An agreement of linkage** that all its parties signed: at the expert agency it covers joining what arrived
   under it, and nothing else (PIPA art. 28-3; its purpose stands in the agreement). What an agency received is the
   agency's: each of its operators goes on with it.

Nothing leaves (`export`) and nothing is driven (`actuate`) on ownership alone. (The dummy of one's own data leaves
on the votes of two reviewers, see `exporting`.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..errors import Reason
from ..language import say
from ..nouns.dataset import Dataset, DatasetState, Sensitivity
from ..nouns.permit import Actor, Grant, Permit, PermitState, Purpose, Role, Verdict
from .reviewing import same_organisation

GRANTORS_NEEDED = 2
STANDING_GRANTS = frozenset({Grant.READ, Grant.DERIVE})
JOINING: Mapping[str, frozenset[str]] = {
    "link-join": frozenset({"payload", "pairs"}),
    "link-match": frozenset({"keys"}),
}
"""The kinds that an agreement of linkage covers, and what they are covered for."""
MEASURING = frozenset({"assess"})
"""Kinds by which whoever answers for pseudonymised information checks it: numbers come out, no row."""

OFFERING = frozenset({"dummy"})
"""Kinds by which whoever answers for data shows others its form: what comes out waits for two reviewers."""
CARRYING_ON = "pseudonymise-again"
"""The kind that makes the next delivery by the recipe of the last: the recipe is pseudonymised information, and going
on with it is pseudonymising and no use."""


class Standing(StrEnum):
    """What became of a request for a Permit until today: its state, the calendar, and whether it ever was granted."""

    REQUESTED = "requested"
    REFUSED = "refused"
    WITHDRAWN_UNDECIDED = "withdrawn-undecided"
    ENDED_UNDECIDED = "ended-undecided"
    IN_FORCE = "in-force"
    NOT_YET = "not-yet"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Ruling:
    """Empty `reasons` means yes, under `permits` (none where ownership covers all)."""

    reasons: tuple[Reason, ...]
    permits: tuple[str, ...] = ()


def ruling(
    actor: Actor,
    kind: str,
    grants: frozenset[Grant],
    datasets: Sequence[Dataset],
    permits: Sequence[Permit],
    now: str,
) -> Ruling:
    """Whether `actor` may run `kind`, which needs `grants`, on `datasets`; `permits` are the actor's own."""
    reasons: list[Reason] = []
    used: list[str] = []
    for dataset in datasets:
        reasons.extend(_state_reasons(dataset))
        if ownership_covers(actor, grants, dataset, kind) or agreement_covers(actor, kind, dataset):
            continue
        answers = {p.id: permit_reasons(p, actor, kind, grants, dataset, now) for p in permits}
        answers = {id_: held for id_, held in answers.items() if not _concerns_another(held)}
        fitting = [id_ for id_, held in answers.items() if not held]
        if fitting:
            used.extend(fitting[:1])
        elif answers:
            reasons.extend(r for held in answers.values() for r in held)
        else:
            reasons.extend(_reasons_without_permit(dataset, kind, grants))
    if not datasets and not grants <= STANDING_GRANTS:
        reasons.append(_nothing_by_default(kind, grants))  # no Dataset, so no Permit can cover it
    return Ruling(_once(reasons), tuple(dict.fromkeys(used)))


def ownership_covers(actor: Actor, grants: frozenset[Grant], dataset: Dataset, kind: str = "") -> bool:
    return (
        dataset.owner == actor.id
        and grants <= STANDING_GRANTS
        and (
            dataset.sensitivity is not Sensitivity.PSEUDONYMISED
            or kind in MEASURING | OFFERING
            or (kind == CARRYING_ON and "recipe" in dataset.about)
        )
    )


def exporting(author: Actor, datasets: Sequence[Dataset], dummy: bool) -> tuple[Dataset, ...]:
    """Of which Datasets the author of what leaves needs a Permit that allows `export`: of all; of a dummy, which holds
    no row, of those of others."""
    return tuple(d for d in datasets if not (dummy and d.owner == author.id))


def agreement_covers(actor: Actor, kind: str, dataset: Dataset) -> bool:
    """The mark in a Dataset's papers is the site's own word: nobody brings it in with a file."""
    mark = dataset.about.get("linkage")
    content = mark.get("content") if isinstance(mark, Mapping) else None
    of_agency = Role.OPERATOR in actor.roles and isinstance(mark, Mapping) and bool(mark.get("from"))
    return (dataset.owner == actor.id or of_agency) and content in JOINING.get(kind, ())


def permit_reasons(
    permit: Permit, actor: Actor, kind: str, grants: frozenset[Grant], dataset: Dataset, now: str
) -> tuple[Reason, ...]:
    """Everything that this Permit lacks for this use."""
    missing = tuple(sorted(grants - permit.grants))
    held: Mapping[str, object] = {"permit": permit.id}
    checks = (
        (dataset.id not in permit.datasets, Reason("permit.dataset", say("Permit {permit} does not name this Dataset.", **held))),
        (actor.id not in permit.users, Reason("permit.holder", say("Permit {permit} belongs to somebody else.", **held))),
        (permit.state is not PermitState.GRANTED, Reason("permit.state", say("Permit {permit} is {state}, not granted ({votes} of {needed} have granted it).", state=permit.state, votes=granted_count(permit), needed=GRANTORS_NEEDED, **held))),
        (kind not in permit.kinds, Reason("permit.kind", say("Permit {permit} does not allow the kind '{kind}'.", kind=kind, **held))),
        (bool(missing), Reason("permit.grant", say("Permit {permit} does not allow: {missing}.", missing=missing, **held))),
        (now < permit.valid_from, Reason("permit.early", say("Permit {permit} begins on {day}.", day=permit.valid_from[:10], **held))),
        (now >= permit.valid_until, Reason("permit.ended", say("Permit {permit} ended on {day}.", day=permit.valid_until[:10], **held))),
        (permit.unsigned(actor.id), Reason("permit.pledge", say("You have not signed the pledge that goes with Permit {permit}.", **held))),
        (permit.runs_used >= permit.conditions.runs, Reason("permit.allowance", say("Permit {permit} allows {allowed} Runs, and all are used.", allowed=permit.conditions.runs, **held))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def reasons_to_refuse_request(
    actor: Actor,
    purpose: Purpose,
    reason: str,
    evidence: str,
    datasets: Sequence[Dataset],
    now: str,
    valid_until: str,
) -> tuple[Reason, ...]:
    """Whether a request for a Permit is complete enough to be put before the grantors."""
    checks = (
        (not datasets, Reason("request.datasets", say("A Permit names at least one Dataset."))),
        (len(reason.strip()) < 10, Reason("request.reason", say("Say in a sentence what it is for (at least 10 characters)."))),
        (purpose is Purpose.OTHER_BASIS and not evidence.strip(), Reason("request.evidence", say("Another basis than statistics, scientific research or archiving needs its evidence (consent, contract or statute)."))),
        (valid_until <= now, Reason("request.period", say("The period must end in the future."))),
    )  # fmt: skip
    return tuple(r for wrong, r in checks if wrong)


def reasons_to_refuse_application(
    actor: Actor, people: Sequence[str], alive: Mapping[str, str], followed: Permit | None
) -> tuple[Reason, ...]:
    """Who may be named beside the applicant, and what a request may follow. `alive`: organisations of those of
    `people` whose account is open. Another organisation asks for itself: its own people must not decide either."""
    strangers = [p for p in people if p in alive and alive[p] != actor.organisation]
    checks = (
        (any(p not in alive for p in people), Reason("request.people", say("An account that you name is closed."))),
        (bool(strangers), Reason("request.organisation", say("You name people of other organisations; each organisation asks for a Permit of its own."))),
        (followed is not None and state_after_decisions(followed) is not PermitState.GRANTED, Reason("request.renews", say("The Permit that this one is to follow was never granted."))),
        (followed is not None and followed.state is PermitState.REVOKED, Reason("request.revoked", say("The Permit that this one is to follow was revoked. Ask for a new one that follows none."))),
    )  # fmt: skip
    return tuple(r for wrong, r in checks if wrong)


def reasons_not_to_export(permit: Permit, files: int) -> tuple[Reason, ...]:
    """Why so many files may not leave under this Permit any more."""
    most = permit.conditions
    held: Mapping[str, object] = {"permit": permit.id}
    if permit.application is None:
        return ()  # asked for before there was such an allowance: nobody has signed one
    checks = (
        (permit.exports_used >= most.exports, Reason("permit.exports", say("Permit {permit} allows {allowed} releases, and all are used.", allowed=most.exports, **held))),
        (permit.files_used + files > most.files, Reason("permit.files", say("Permit {permit} allows {allowed} files to leave; {used} have left, and these are {files} more.", allowed=most.files, used=permit.files_used, files=files, **held))),
    )  # fmt: skip
    return tuple(r for wrong, r in checks if wrong)


def reasons_not_to_decide(actor: Actor, permit: Permit, owners: frozenset[str]) -> tuple[Reason, ...]:
    """Why `actor` may not decide on this Permit. `owners` are the organisations whose Datasets it names."""
    entitled = Role.OPERATOR in actor.roles or (Role.PROVIDER in actor.roles and actor.organisation in owners)
    checks = (
        (actor.id in permit.users, Reason("decide.own", say("Nobody decides on their own request."))),
        (same_organisation(actor.organisation, permit.organisation), Reason("decide.organisation", say("You and the person who asks are of the same organisation."))),
        (not entitled, Reason("decide.role", say("Only an operator, or a provider of the Datasets named, decides."))),
        (any(d.person == actor.id for d in permit.decisions), Reason("decide.again", say("You have already decided on this Permit; another person must."))),
        (permit.state is not PermitState.REQUESTED, Reason("decide.state", say("Permit {permit} is {state}; there is nothing to decide.", permit=permit.id, state=permit.state))),
    )  # fmt: skip
    return tuple(r for wrong, r in checks if wrong)


def reasons_not_to_revoke(actor: Actor, permit: Permit, owners: frozenset[str]) -> tuple[Reason, ...]:
    """Why `actor` may not take a granted Permit back: whoever could have granted it may."""
    of_who = ("decide.own", "decide.organisation", "decide.role")
    return tuple(r for r in reasons_not_to_decide(actor, permit, owners) if r.code in of_who)


def granted_count(permit: Permit) -> int:
    return len({d.person for d in permit.decisions if d.verdict is Verdict.GRANT})


def state_after_decisions(permit: Permit) -> PermitState:
    """One refusal refuses; two different people's grants grant."""
    if any(d.verdict is Verdict.REFUSE for d in permit.decisions):
        return PermitState.REFUSED
    return PermitState.GRANTED if granted_count(permit) >= GRANTORS_NEEDED else PermitState.REQUESTED


def standing(permit: Permit, now: str, *, granted: bool) -> Standing:
    """`granted`: whether the Permit ever was. Its state does not say so, for who takes a request back and who gives a
    Permit back both withdraw."""
    if not granted:
        return _standing_of_request(permit, now)
    if permit.state is PermitState.REVOKED:
        return Standing.REVOKED
    if permit.state is PermitState.WITHDRAWN:
        return Standing.WITHDRAWN
    if now >= permit.valid_until:
        return Standing.ENDED
    return Standing.NOT_YET if now < permit.valid_from else Standing.IN_FORCE


def _standing_of_request(permit: Permit, now: str) -> Standing:
    if permit.state is PermitState.REFUSED:
        return Standing.REFUSED
    if permit.state is PermitState.WITHDRAWN:
        return Standing.WITHDRAWN_UNDECIDED
    return Standing.ENDED_UNDECIDED if now >= permit.valid_until else Standing.REQUESTED


def _state_reasons(dataset: Dataset) -> list[Reason]:
    name = dataset.name
    if dataset.state is DatasetState.DESTROYED:
        return [Reason("dataset.destroyed", say("Dataset {name} has been destroyed.", name=name))]
    if dataset.state is DatasetState.HELD:
        return [Reason("dataset.held", say("Dataset {name} waits in the airlock.", name=name))]
    return []


def _reasons_without_permit(dataset: Dataset, kind: str, grants: frozenset[Grant]) -> list[Reason]:
    name = dataset.name
    reasons = [
        Reason("permit.none", say("You have no Permit that names {name}.", name=name)),
        _nothing_by_default(kind, grants),
    ]
    if dataset.sensitivity is Sensitivity.PSEUDONYMISED:
        reasons.append(Reason("purpose.none", say("{name} is pseudonymised information: its use needs a stated purpose (PIPA art. 28-2).", name=name)))  # fmt: skip
    if dataset.sensitivity is Sensitivity.PERSONAL:
        reasons.append(Reason("dataset.personal", say("{name} is personal information; only who answers for it may use it.", name=name)))  # fmt: skip
    return reasons


def _nothing_by_default(kind: str, grants: frozenset[Grant]) -> Reason:
    needed = tuple(sorted(grants))
    return Reason(
        "grant.none",
        say("The kind '{kind}' needs: {grants}. Nothing is permitted by default.", kind=kind, grants=needed),
    )


def _concerns_another(held: tuple[Reason, ...]) -> bool:
    return any(reason.code in ("permit.dataset", "permit.holder") for reason in held)


def _once(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    seen: dict[tuple[str, str], Reason] = {}
    for reason in reasons:
        seen.setdefault((reason.code, str(reason.message)), reason)
    return tuple(seen.values())
