"""Project: what persons' data is pseudonymised for, on which legal basis, by whom, until when (가명처리 프로젝트).

The Personal Information Protection Act (PIPA) lets pseudonymised information be processed without consent for
three purposes (art. 28-2), lets it be linked (28-3), wants the additional information apart and records kept
(28-4), and forbids to process it in order to identify anyone (28-5). A project is where all of that is said once.
What it says of purpose and basis never changes; people come and go, and the period may be changed while it is open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .permit import Purpose


class Basis(StrEnum):
    """On what ground the data is pseudonymised."""

    WITHOUT_CONSENT = "28-2"  # statistics, scientific research, archiving in the public interest
    LINKAGE = "28-3"  # linked with another controller's, through an expert agency
    OTHER = "other"  # a consent, a contract, a statute; or a safety measure (art. 29) inside one controller

    @property
    def forbids_identifying(self) -> bool:
        """Art. 28-5 forbids to identify anyone in what was pseudonymised under art. 28-2 or 28-3."""
        return self is not Basis.OTHER


class ProjectPart(StrEnum):
    """What somebody does in a project."""

    PSEUDONYMISER = "pseudonymiser"
    KEEPER = "keeper"  # answers for the additional information (art. 28-4)
    USER = "user"
    REVIEWER = "reviewer"  # of the adequacy review


class ProjectState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"  # nothing new is pseudonymised under it


@dataclass(frozen=True, slots=True)
class Participation:
    """That somebody has, or had, a part. It is never removed, only ended: what one has seen, one has seen."""

    person: str
    part: ProjectPart
    since: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    name: str
    """What Runs call it; no two of one provider are called alike."""
    organisation: str
    """The provider: the controller whose data it is."""
    purpose: Purpose
    reason: str
    """What it is for, in words that the register may show."""
    basis: Basis
    evidence: str
    """Of another basis: which consent, contract, statute or measure."""
    items: tuple[str, ...]
    """What is processed, in words: "age, industry, days off work"."""
    environment: str
    """Where and how the result is used, for the risk review."""
    recipients: tuple[str, ...]
    """Organisations that the result is provided to."""
    processor: str | None
    """Who does it for the provider under contract (art. 26), or None."""
    valid_until: str
    """The end of the processing period."""
    keep_mapping: bool
    """Whether a sealed table of persons and pseudonyms is kept in the vault; never where art. 28-5 holds."""
    state: ProjectState
    opened_by: str
    opened_at: str
    closed_at: str | None = None
    people: tuple[Participation, ...] = ()

    def named(self, *parts: ProjectPart) -> tuple[str, ...]:
        """Who has one of these parts now."""
        return tuple(dict.fromkeys(p.person for p in self.people if p.part in parts and p.until is None))

    def terms(self) -> dict[str, object]:
        """What never changes, as the Record of its opening holds it."""
        return {
            "project": self.id, "name": self.name, "organisation": self.organisation,
            "purpose": self.purpose.value, "reason": self.reason, "basis": self.basis.value,
            "evidence": self.evidence, "items": list(self.items), "environment": self.environment,
            "recipients": list(self.recipients), "processor": self.processor,
            "keep_mapping": self.keep_mapping,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyEdition:
    """One key of a project's pseudonyms. A later edition makes other pseudonyms of the same person."""

    project: str
    edition: int
    fingerprint: str
    """Tells keys apart without giving them away."""
    made_at: str
    retired_at: str | None = None
    """When the next edition took its place."""
    destroyed_at: str | None = None


def current(editions: Iterable[KeyEdition]) -> KeyEdition | None:
    """The edition that new Runs use; None where the key was destroyed, or none was made yet."""
    usable = [e for e in editions if e.destroyed_at is None and e.retired_at is None]
    return max(usable, key=lambda e: e.edition, default=None)
