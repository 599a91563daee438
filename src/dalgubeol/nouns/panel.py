"""Panel: people who review a step of the procedure together, with minutes: its risk, its adequacy.

A panel is seated for one matter; every seat says what it finds, signed for exactly that matter, or steps down with
a reason; somebody who sits on it closes it with minutes. What it decides follows from what its seats found. Who does
not answer is passed over by name, and a substitute may take the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..digest import canonical, sha256_hex


class PanelKind(StrEnum):
    RISK = "risk-review"  # of the data and where it is used, before it is pseudonymised (위험성 검토)
    ADEQUACY = "adequacy-review"  # of what came out (적정성 검토)


class Silence(StrEnum):
    """Why a seat that has not spoken holds its panel up no more."""

    CLOSED = "account-closed"
    LATE = "silent"


class PanelState(StrEnum):
    OPEN = "open"
    ADEQUATE = "adequate"
    INADEQUATE = "inadequate"  # with its reasons back to pseudonymisation
    WITHDRAWN = "withdrawn"


class Finding(StrEnum):
    ADEQUATE = "adequate"
    INADEQUATE = "inadequate"


Check = tuple[str, str]
"""An answer of the form's checklist, and a remark."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One member, and what they said."""

    person: str
    organisation: str
    recused: str | None = None
    """Why they stepped down."""
    finding: Finding | None = None
    comment: str = ""
    checks: Mapping[str, Check] = field(default_factory=dict)
    said_at: str | None = None
    signature: str | None = None
    seated_at: str = ""
    instead_of: str | None = None
    """Of a substitute: whose place it is."""
    silence: Silence | None = None
    """Passed over, and why: for good once the panel has ended or somebody else has the place."""

    @property
    def sits(self) -> bool:
        return self.recused is None and self.silence is None

    @property
    def is_sealed(self) -> bool:
        """It has spoken, and whoever looks may not know yet what it said."""
        return self.sits and self.said_at is not None and self.finding is None


@dataclass(frozen=True, slots=True)
class Panel:
    id: str
    kind: PanelKind
    project: str
    dataset: str
    """What is reviewed: the table of persons before, or what came out of it."""
    object_id: str
    """Digest of exactly those bytes."""
    answers: Mapping[str, object]
    """What whoever asks says in the form."""
    opened_by: str
    opened_at: str
    state: PanelState
    seats: tuple[Seat, ...]
    minutes: str = ""
    closed_by: str | None = None
    closed_at: str | None = None

    @property
    def matter(self) -> str:
        """Digest of what every seat speaks to: a finding holds for exactly this."""
        members = sorted(
            seat.person for seat in self.seats if seat.instead_of is None
        )  # a substitute changes no word
        content = {
            "panel": self.id, "kind": self.kind.value, "project": self.project, "dataset": self.dataset,
            "object": self.object_id, "answers": dict(self.answers), "members": members,
        }  # fmt: skip
        return sha256_hex(canonical(content))

    @property
    def sitting(self) -> tuple[Seat, ...]:
        return tuple(seat for seat in self.seats if seat.sits)

    @property
    def replaced(self) -> frozenset[str]:
        """Whose place somebody else has taken."""
        return frozenset(seat.instead_of for seat in self.seats if seat.instead_of)

    def seat_of(self, person: str) -> Seat | None:
        return next((seat for seat in self.seats if seat.person == person), None)

    def statement(self, person: str, finding: Finding, at: str) -> bytes:
        """The exact bytes that a member signs."""
        said = {"matter": self.matter, "person": person, "finding": finding.value, "said_at": at}
        return b"dalgubeol/panel-finding/v1\0" + canonical(said)
