"""Permit: who may run which kinds on which Datasets, for which purpose, until when, on which conditions.

A Permit is asked for by its holder and granted by two other people, each signing `statement()` with their
own key. Nothing is permitted by default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..digest import canonical
from .disclosure import Disclosure, stored, strictest


class Grant(StrEnum):
    """What a kind does with a Dataset, and so what a Permit must allow."""

    READ = "read"
    DERIVE = "derive"
    EXPORT = "export"
    ACTUATE = "actuate"


class Purpose(StrEnum):
    """The purposes PIPA art. 28-2 allows for pseudonymised information without consent, or another basis."""

    STATISTICS = "statistics"
    SCIENTIFIC_RESEARCH = "scientific-research"
    PUBLIC_ARCHIVING = "public-archiving"
    OTHER_BASIS = "other-basis"


class Role(StrEnum):
    OPERATOR = "operator"
    PROVIDER = "provider"
    ANALYST = "analyst"
    REVIEWER = "reviewer"
    ENGINEER = "engineer"
    CITIZEN = "citizen"


class Scope(StrEnum):
    """What a program may do with somebody's token; a person who signed in may do all of it."""

    READ = "read"
    BRING = "bring"  # register, replace, destroy and hand out Datasets
    RUN = "run"  # submit and cancel Runs
    ASK = "ask"  # ask for Permits, withdraw what is one's own
    SIGN = "sign"  # decide and vote: the token holds the person's key
    OPERATE = "operate"  # what only an operator may: invite, change roles, erase


class PermitState(StrEnum):
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class Verdict(StrEnum):
    GRANT = "grant"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, as the rules see them."""

    id: str
    organisation: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What holds for every Run under the Permit."""

    runs: int = 100
    """Runs that may be made in all."""
    smallest_cell: int = 10
    wall_s: int = 300
    cpu_s: int = 300
    memory_mb: int = 2048
    output_mb: int = 64
    autonomy_level: int = 0
    exports: int = 10
    """Releases out of the airlock that may be made in all."""
    files: int = 100
    """Files that all of them together may hold."""
    processes: int = 32
    """Processes and threads of a script at one time."""
    scratch_mb: int = 512
    """Largest file of a script, and all that it may set aside while it runs."""
    output_files: int = 100
    """Files that one script may leave."""
    epsilon: float = 0.0
    """What noisy answers may tell of each Dataset in all, this organisation's earlier Permits included."""
    delta: float = 0.0
    disclosure: Disclosure = field(default_factory=Disclosure)
    """What a result must look like to leave."""

    def plain(self) -> dict[str, Any]:
        """As plain JSON; `stored_conditions` makes it a value again."""
        return {name: getattr(self, name) for name in NUMBERS} | {"disclosure": self.disclosure.plain()}


NUMBERS = tuple(name for name in Conditions.__slots__ if name != "disclosure")
"""Conditions that are numbers."""


def stored_conditions(plain: Mapping[str, Any]) -> Conditions:
    """What `Conditions.plain` gave; what a Permit of before does not have is as by default."""
    rules = {"disclosure": stored(plain["disclosure"])} if "disclosure" in plain else {}
    return Conditions(**{**plain, **rules})


def strictest_of(given: Sequence[Conditions]) -> Conditions:
    """At least as strict as each of them; the defaults where there is none."""
    if not given:
        return Conditions()
    smallest = {name: min(getattr(c, name) for c in given) for name in NUMBERS}
    cell = max(c.smallest_cell for c in given)
    return Conditions(
        **{**smallest, "smallest_cell": cell}, disclosure=strictest(c.disclosure for c in given)
    )


_SINCE_APPLICATIONS = frozenset(
    {"exports", "files", "processes", "scratch_mb", "output_files", "epsilon", "delta", "disclosure"}
)
"""Conditions that nobody signed before there were applications."""


@dataclass(frozen=True, slots=True)
class Application:
    """What a request says besides; Permits of before schema 0004 have none."""

    people: tuple[str, ...] = ()
    """Who works under it besides the holder, of the same organisation."""
    items: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dataset to the columns asked for, where not all are: a Run under it sees no other."""
    environment: str = ""
    """Where and with what the work is done, in the holder's own words."""
    pledge: str = ""
    """The edition of the pledge that each of them signs before her first Run; empty where none is needed."""
    renews: str | None = None
    """The Permit that this one is to follow: nothing is ever extended."""


@dataclass(frozen=True, slots=True)
class Pledge:
    """What one person signed before her first use."""

    person: str
    edition: str
    language: str
    """Of the text that was read."""
    signed_at: str
    signature: str
    """Ed25519 over `Permit.pledge_statement(...)`, hex."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's signed word on a Permit."""

    person: str
    organisation: str
    verdict: Verdict
    decided_at: str
    comment: str
    signature: str
    """Ed25519 over `Permit.statement(...)`, hex."""


@dataclass(frozen=True, slots=True)
class Permit:
    id: str
    holder: str
    organisation: str
    kinds: frozenset[str]
    datasets: tuple[str, ...]
    grants: frozenset[Grant]
    purpose: Purpose
    reason: str
    """What it is for, in the holder's own words; for `other-basis` also the evidence."""
    conditions: Conditions
    valid_from: str
    valid_until: str
    state: PermitState
    requested_at: str
    decisions: tuple[Decision, ...] = ()
    runs_used: int = 0
    """Settled and reserved Runs together: what is no longer free."""
    evidence: str = field(default="")
    application: Application | None = None
    pledges: tuple[Pledge, ...] = ()
    exports_used: int = 0
    files_used: int = 0
    cleared_at: str | None = None
    """When what the zone had made under it was destroyed, after its end."""

    @property
    def users(self) -> frozenset[str]:
        """Everybody who may run something under it."""
        return frozenset({self.holder, *(self.application.people if self.application else ())})

    def unsigned(self, person: str) -> bool:
        """Whether this person must still sign the pledge."""
        needed = self.application is not None and self.application.pledge != ""
        return needed and all(pledge.person != person for pledge in self.pledges)

    def terms(self) -> dict[str, object]:
        """What the grantors sign: everything that the Permit allows, nothing that changes later."""
        asked = self.application
        signed = {
            name: value for name, value in self.conditions.plain().items()
            if asked is not None or name not in _SINCE_APPLICATIONS
        }  # fmt: skip
        more = {} if asked is None else {"application": asked_for(asked)}
        return {
            **more,
            "permit": self.id,
            "holder": self.holder,
            "organisation": self.organisation,
            "kinds": sorted(self.kinds),
            "datasets": sorted(self.datasets),
            "grants": sorted(self.grants),
            "purpose": self.purpose.value,
            "reason": self.reason,
            "evidence": self.evidence,
            "conditions": signed,
            "valid_from": self.valid_from,
            "valid_until": self.valid_until,
        }

    def statement(self, person: str, verdict: Verdict, decided_at: str) -> bytes:
        """The exact bytes that `person` signs with their verdict."""
        return b"dalgubeol/permit-decision/v1\0" + canonical(
            {"terms": self.terms(), "person": person, "verdict": verdict.value, "decided_at": decided_at}
        )

    def pledge_statement(self, person: str, language: str, text_digest: str, signed_at: str) -> bytes:
        """The exact bytes that `person` signs with her pledge: what she read, and for which Permit."""
        edition = self.application.pledge if self.application else ""
        said = {
            "permit": self.id, "person": person, "edition": edition, "language": language,
            "text": text_digest, "signed_at": signed_at,
        }  # fmt: skip
        return b"dalgubeol/permit-pledge/v1\0" + canonical(said)


def asked_for(application: Application) -> dict[str, object]:
    """An application as plain JSON, the same whoever writes it down."""
    return {
        "people": sorted(application.people),
        "items": {dataset: sorted(columns) for dataset, columns in sorted(application.items.items())},
        "environment": application.environment,
        "pledge": application.pledge,
        "renews": application.renews,
    }
