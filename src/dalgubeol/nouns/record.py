"""Record: one line of the history that nobody can change.

The public line holds ids, instants and a salted commitment; what it commits to (the payload) and the salt
are kept beside it and can be erased, but never before `retain_until`:

| retention | erasable | basis |
|---|---|---|
| PERMANENT | never: keys and decisions that later Records rest on | |
| PROCESSING | three years after the data is destroyed | PIPA art. 28-4(3) and its decree, art. 29-5 |
| ACCESS | one year | safety-measure standard (안전성 확보조치 기준) art. 8 |
| ACCESS_SENSITIVE | two years | the same, for sensitive or large sets |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..digest import canonical, commitment_to_bytes, fresh_salt


class Event(StrEnum):
    FOUNDED = "founded"
    ENROLLED = "enrolled"
    ROLES_CHANGED = "roles-changed"
    ACCOUNT_CLOSED = "account-closed"
    SIGNED_IN = "signed-in"
    FACTOR_SET = "factor-set"
    FACTOR_ENDED = "factor-ended"
    LINKED = "linked"
    UNLINKED = "unlinked"
    TOKEN_MADE = "token-made"  # noqa: S105 - a word, not a secret
    REGISTERED = "registered"
    REQUESTED = "requested"
    DECIDED = "decided"
    GRANTED = "granted"
    PLEDGED = "pledged"  # somebody signed the pledge that goes with a Permit
    PERMIT_ENDED = "permit-ended"  # the zone destroyed what it had made under it
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    REFUSED = "refused"
    RAN = "ran"
    VOTED = "voted"  # that somebody voted; how, only its digest says until the votes are opened
    VOTE_OPENED = "vote-opened"
    SEATED = "seated"  # a panel was asked to review a step of the procedure
    SAID = "said"  # that a member spoke; what, only its digest says until all have
    SAID_OPENED = "said-opened"  # a member's signed finding
    STEPPED_DOWN = "stepped-down"
    REVIEWED = "reviewed"  # what the panel decided, with its minutes
    RELEASED = "released"
    BROUGHT_IN = "brought-in"  # approved files came into the zone
    RETURNED = "returned"
    REJECTED = "rejected"
    EXPIRED = "expired"
    EXPLAINED = "explained"  # the author said of files why they are to leave
    HANDED_ON = "handed-on"  # a reviewer was away; another is asked
    SET_ASIDE = "set-aside"  # the vote or seat of somebody who reviews no more
    VIEWED = "viewed"
    EXPORTED = "exported"
    DESTROYED = "destroyed"
    ERASED = "erased"
    RESTORED = "restored"
    PROJECT_OPENED = "project-opened"
    PROJECT_CHANGED = "project-changed"
    PROJECT_CLOSED = "project-closed"
    KEY_ROTATED = "key-rotated"
    KEY_DESTROYED = "key-destroyed"
    DESTRUCTION_CONFIRMED = "destruction-confirmed"
    RESTORING_ASKED = "restoring-asked"
    RESTORING_CONFIRMED = "restoring-confirmed"
    ACCIDENT_REPORTED = "accident-reported"
    ACCIDENT_DECIDED = "accident-decided"
    ACCIDENT_CLOSED = "accident-closed"
    COPY_ANSWERED = "copy-answered"
    AGREED = "agreed"  # terms of a linkage, signed by all parties
    ARRIVED = "arrived"  # an envelope of another site
    CONVENED = "convened"  # an export committee
    JUDGED = "judged"  # that a member of it voted; how is sealed until it is decided
    JUDGED_OPENED = "judged-opened"  # a member's signed vote
    ENDED = "ended"  # a linkage, its intermediates destroyed


class Retention(StrEnum):
    PERMANENT = "permanent"
    PROCESSING = "processing"
    ACCESS = "access"
    ACCESS_SENSITIVE = "access-sensitive"


@dataclass(frozen=True, slots=True)
class Record:
    event: Event
    key: str
    """What makes it unique: a Run and its end, a Permit and a person. The same key is recorded once."""
    at: str
    actor: str
    subject: str
    payload: Mapping[str, object]
    retention: Retention
    datasets: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()
    retain_until: str | None = None
    """None: not erasable yet (or never)."""

    def sealed(self, salt: bytes | None = None) -> Sealed:
        """The public line and what belongs to it, under a fresh salt."""
        salt = fresh_salt() if salt is None else salt
        payload = canonical(dict(self.payload))
        leaf = {
            "v": 1,
            "event": self.event.value,
            "at": self.at,
            "actor": self.actor,
            "subject": self.subject,
            "datasets": list(self.datasets),
            "permits": list(self.permits),
            "retain": self.retention.value,
            "commitment": commitment_to_bytes(payload, salt),
        }
        return Sealed(self.key, canonical(leaf), payload, salt, self.retain_until)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A Record as it is stored: the leaf is forever, payload and salt are erasable."""

    key: str
    leaf: bytes
    payload: bytes
    salt: bytes
    retain_until: str | None
