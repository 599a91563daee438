"""Dataset: something that was measured, made or learnt.

Its content is an immutable object named by the digest of its *stored* bytes. Whether those bytes are
encrypted follows from its sensitivity: `personal` and `pseudonymised` content and trade secrets have a key
each, and destroying the key destroys the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Form(StrEnum):
    TABLE = "table"
    SERIES = "series"
    MODEL = "model"
    REPORT = "report"
    ARCHIVE = "archive"


class Sensitivity(StrEnum):
    """How careful one must be, in rising order (the order of declaration)."""

    PUBLIC = "public"
    ANONYMOUS = "anonymous"  # PIPA art. 58-2: no longer personal, by a reviewed release only
    INTERNAL = "internal"
    PSEUDONYMISED = "pseudonymised"  # PIPA art. 2(1)(c)
    PERSONAL = "personal"

    @property
    def rank(self) -> int:
        return list(Sensitivity).index(self)


def highest(sensitivities: Iterable[Sensitivity]) -> Sensitivity:
    """What a Run's outputs inherit: the highest of its inputs; `internal` if it has none."""
    return max(sensitivities, key=lambda s: s.rank, default=Sensitivity.INTERNAL)


class DatasetState(StrEnum):
    KEPT = "kept"
    HELD = "held"  # waits in the airlock
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    id: str
    name: str
    form: Form
    sensitivity: Sensitivity
    trade_secret: bool
    owner: str
    """The person who answers for it."""
    organisation: str
    columns: tuple[Column, ...]
    rows: int | None
    size_bytes: int
    object_id: str
    """SHA-256, hex, of the stored (for protected Datasets: encrypted) bytes."""
    state: DatasetState
    created_at: str
    made_by: str | None = None
    """The Run that made it; None when it was brought in."""
    sources: tuple[str, ...] = ()
    about: Mapping[str, object] = field(default_factory=dict)
    """What its papers say: a description, generated columns, the measure of risk. No data values."""
    destroyed_at: str | None = None

    @property
    def protected(self) -> bool:
        return is_protected(self.sensitivity, self.trade_secret)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def is_protected(sensitivity: Sensitivity, trade_secret: bool) -> bool:
    """Whether content is stored encrypted with a key of its own."""
    return trade_secret or sensitivity in (Sensitivity.PERSONAL, Sensitivity.PSEUDONYMISED)
