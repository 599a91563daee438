"""What may be agreed, what may go from whom to whom, and what the export committee decides. Pure.

The flows are a table: what is not in it does not travel. Two things follow from it, and tests hold them
against everything that crosses: the key agency is never sent a salt or a payload, and the expert agency is
never sent a key, an encoding or a salt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from ..errors import Reason
from ..language import say
from ..nouns.linkage import EACH, Agreement, Content, JoinType, LinkMode, Party, PartyRole

_A, _K, _E = PartyRole.APPLICANT, PartyRole.KEY_AGENCY, PartyRole.EXPERT_AGENCY

FLOWS: frozenset[tuple[Content, PartyRole, PartyRole]] = frozenset({
    (Content.SALT, _A, _A),
    (Content.SERIALS, _A, _A), (Content.SERIALS, _K, _A),
    (Content.BLINDED, _A, _A),
    (Content.KEYS, _A, _K),
    (Content.TOLD, _K, _A),
    (Content.PAIRS, _K, _E),
    (Content.PAYLOAD, _A, _E),
    (Content.RESULT, _E, _A),
})  # fmt: skip
"""(content, from, to)."""

SMALLEST_COMMITTEE, LARGEST_COMMITTEE = 3, 7


def reasons_not_to_agree(agreed: Agreement) -> tuple[Reason, ...]:
    """Everything that speaks against an agreement, whoever signed it."""
    terms, parties = agreed.terms, agreed.parties
    roles = [p.role for p in parties]
    applicants = [p.name for p in agreed.applicants]
    two_only = terms.mode is not LinkMode.EXACT
    experts = [p for p in parties if p.role is _E]
    serial_makers = {EACH, *applicants, *(p.name for p in parties if p.role is _K)}
    checks = (
        (len(applicants) < 2, Reason("linkage.applicants", say("A linkage has at least two applicants. Inside one controller no agency is needed: `dalgu run link-inside`."))),
        (two_only and len(applicants) > 2, Reason("linkage.two", say("The mode '{mode}' links two applicants.", mode=terms.mode))),
        (roles.count(_K) != 1, Reason("linkage.key-agency", say("There is exactly one key-management agency."))),
        (roles.count(_E) != 1, Reason("linkage.expert-agency", say("There is exactly one expert agency."))),
        (_repeated(p.site for p in parties), Reason("linkage.sites", say("Each role is a site of its own: who has two of them would see keys and payloads together."))),
        (_repeated(p.name for p in parties), Reason("linkage.names", say("Two parties have the same name."))),
        (_repeated(p.verifier_key for p in parties) or _repeated(p.box_key for p in parties), Reason("linkage.keys", say("Two parties have the same key."))),
        (_joins_itself(parties), Reason("linkage.itself", say("An agency does not link its own data: it would be applicant and agency in one organisation."))),
        (len({p.organisation for p in agreed.applicants}) < 2 <= len(applicants), Reason("linkage.one-controller", say("The applicants are one organisation: linkage inside one controller needs no agency. Use `dalgu run link-inside`."))),
        (not terms.dummy and any(not e.designated for e in experts), Reason("linkage.designated", say("{names} is not a designated expert agency (결합전문기관); only such a one links what belongs to different controllers (PIPA art. 28-3). Made-up data may be linked anywhere (`dummy = true`).", names=", ".join(e.name for e in experts)))),
        (terms.mode is LinkMode.OBLIVIOUS and bool(terms.salt_by), Reason("linkage.salt", say("There is no salt in the oblivious mode: leave salt_by empty."))),
        (terms.mode is not LinkMode.OBLIVIOUS and terms.salt_by not in applicants, Reason("linkage.salt", say("The salt is issued by an applicant: an agency that knew it could try guesses against the keys."))),
        (terms.serials_by not in serial_makers, Reason("linkage.serials", say("Serial numbers are made by each applicant, or by one applicant or the key-management agency for all."))),
        ((terms.join is JoinType.LEFT) is not (terms.left in applicants), Reason("linkage.left", say("A left join, and no other, names the applicant whose rows are all kept."))),
        (not set(terms.may_leave) <= set(_kept_unlinked(agreed)), Reason("linkage.may-leave", say("Rows that nothing was linked to may leave only of applicants whose rows the join keeps."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def _kept_unlinked(agreed: Agreement) -> tuple[str, ...]:
    if agreed.terms.join is JoinType.OUTER:
        return tuple(p.name for p in agreed.applicants)
    return (agreed.terms.left,) if agreed.terms.join is JoinType.LEFT else ()


def _repeated(values: Iterable[str]) -> bool:
    every = list(values)
    return len(set(every)) < len(every)


def _joins_itself(parties: Collection[Party]) -> bool:
    agencies = [p.organisation for p in parties if p.role is not _A]
    return _repeated(agencies) or bool(set(agencies) & {p.organisation for p in parties if p.role is _A})


def reasons_not_to_send(content: Content, agreed: Agreement, sender: Party, receiver: Party) -> tuple[Reason, ...]:  # fmt: skip
    """Why this may not go from the one to the other."""
    terms = agreed.terms
    fits = (content, sender.role, receiver.role) in FLOWS and sender.name != receiver.name
    issuer = {Content.SALT: terms.salt_by, Content.SERIALS: terms.serials_by}.get(content, sender.name)
    checks = (
        (not fits, Reason("linkage.flow", say("'{content}' never goes from a party in the role '{sender}' to one in the role '{receiver}'.", content=content, sender=sender.role, receiver=receiver.role))),
        (issuer != sender.name, Reason("linkage.issuer", say("'{content}' is issued by another party, as was agreed.", content=content))),
        (content is Content.BLINDED and terms.mode is not LinkMode.OBLIVIOUS, Reason("linkage.mode", say("'{content}' belongs to the oblivious mode.", content=content))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


@dataclass(frozen=True, slots=True)
class Seen:
    """An agency's side of a linkage: which one, and the sites of the applicants whose persons it is about."""

    role: PartyRole
    applicants: frozenset[str]


def reasons_of_sides(wished: Seen, had: Iterable[Seen]) -> tuple[Reason, ...]:
    """Why somebody who has handled these may not handle `wished`: with the keys of some persons and with what was
    joined of the same, one could tell who is who."""
    other = {_K: _E, _E: _K}.get(wished.role)
    barred = any(each.role is other and each.applicants & wished.applicants for each in had)
    if not barred:
        return ()
    if wished.role is _E:
        return (Reason("linkage.saw-keys", say("You handled keys of the same applicants in another linkage: who saw keys never handles joined data.")),)  # fmt: skip
    return (Reason("linkage.saw-data", say("You handled joined data of the same applicants in another linkage: who saw it never handles their keys.")),)  # fmt: skip


class Field(StrEnum):
    """What an expert of the committee is expert in."""

    LAW = "law"
    TECHNOLOGY = "technology"
    SUBJECT = "subject"


class Stand(StrEnum):
    """How a member of the committee stands."""

    APPROVE = "approve"
    REJECT = "reject"
    RECUSED = "recused"
    ABSENT = "absent"
    SEALED = "sealed"
    """Has voted; how, only they know before it is decided."""


@dataclass(frozen=True, slots=True)
class Expert:
    """A member of the export committee (반출심사위원회)."""

    person: str
    organisation: str
    field: Field
    stand: Stand = Stand.ABSENT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the committee decided; None: not yet. `reasons` say what stands against a decision, or against yes."""

    approved: bool | None
    approving: int
    rejecting: int
    recused: int
    reasons: tuple[Reason, ...]

    @property
    def over(self) -> bool:
        """Whether nobody votes any more: it is decided, or too few are left to decide."""
        return self.approved is not None or any(reason.code == "committee.too-few" for reason in self.reasons)


def reasons_not_to_convene(
    members: Collection[Expert], agreed: Agreement, joined_by: str
) -> tuple[Reason, ...]:
    """Why these cannot be the committee for what leaves under `agreed`: three to seven experts without an interest
    in it, of law and of technology among them."""
    of_applicants = {p.organisation for p in agreed.applicants}
    interested = [m.person for m in members if m.organisation in of_applicants or m.person == joined_by]
    fields = {m.field for m in members}
    checks = (
        (not SMALLEST_COMMITTEE <= len(members) <= LARGEST_COMMITTEE, Reason("committee.size", say("The committee has {least} to {most} members, not {count}.", least=SMALLEST_COMMITTEE, most=LARGEST_COMMITTEE, count=len(members)))),
        (_repeated(m.person for m in members), Reason("committee.twice", say("A member is named twice."))),
        (bool(interested), Reason("committee.interest", say("These have an interest in it, as people of an applicant or as who made the join: {people}.", people=", ".join(interested)))),
        (not {Field.LAW, Field.TECHNOLOGY} <= fields, Reason("committee.fields", say("At least one member is an expert in law and one in technology."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def seen_by(person: str, members: Collection[Expert]) -> tuple[Expert, ...]:
    """As this person may see them: before it is over only one's own vote, and who has stepped back."""
    if outcome(members).over:
        return tuple(members)
    votes = (Stand.APPROVE, Stand.REJECT)
    return tuple(
        replace(m, stand=Stand.SEALED) if m.stand in votes and m.person != person else m for m in members
    )


def outcome(members: Collection[Expert]) -> Outcome:
    """The decision. A recused member is no member for this case: with fewer than three left it must be convened
    anew. A quorum is more than half of those left; more than half of those who are present approve."""
    eligible = [m for m in members if m.stand is not Stand.RECUSED]
    approving = sum(m.stand is Stand.APPROVE for m in eligible)
    rejecting = sum(m.stand is Stand.REJECT for m in eligible)
    sealed = sum(m.stand is Stand.SEALED for m in eligible)
    recused, voted = len(members) - len(eligible), approving + rejecting + sealed
    counts = (approving, rejecting, recused)
    if len(eligible) < SMALLEST_COMMITTEE:
        return Outcome(None, *counts, (Reason("committee.too-few", say("With {count} members recused fewer than {least} are left: convene it anew.", count=recused, least=SMALLEST_COMMITTEE)),))  # fmt: skip
    if 2 * approving > len(eligible):
        return Outcome(True, *counts, ())
    if 2 * rejecting >= len(eligible):
        return Outcome(False, *counts, (Reason("committee.rejected", say("{count} of {all} members rejected it.", count=rejecting, all=len(eligible))),))  # fmt: skip
    return Outcome(None, *counts, (Reason("committee.open", say("{voted} of {all} members have voted; more than half of all must approve.", voted=voted, all=len(eligible))),))  # fmt: skip
