"""Accident: that somebody was identified in pseudonymised or anonymous data, and what is done about it.

PIPA art. 28-5(2): the processing stops at once; what identifies is recovered and destroyed without delay.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AccidentState(StrEnum):
    STOPPED = "stopped"  # nobody uses the data; the provider or an operator decides
    DESTROYING = "destroying"  # what it concerns is destroyed, and copies are asked back
    UNFOUNDED = "unfounded"  # nobody was identified: the data may be used again
    CLOSED = "closed"


class Answer(StrEnum):
    """What somebody did with a copy that had left."""

    RETURNED = "returned"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Copy:
    id: str
    accident: str
    person: str
    dataset: str
    left_at: str
    asked_at: str
    answer: Answer | None
    answered_at: str | None
    confirmed_by: str | None


@dataclass(frozen=True, slots=True)
class Accident:
    """That somebody was identified by accident. What was reported is sealed, and not in here."""

    id: str
    dataset: str
    state: AccidentState
    filed_by: str
    filed_at: str
    report_digest: str
    """Commitment to the report: it can be shown later to be what was filed."""
    decided_by: str | None = None
    decided_at: str | None = None
    closed_by: str | None = None
    closed_at: str | None = None
