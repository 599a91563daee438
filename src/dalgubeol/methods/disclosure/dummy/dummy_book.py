"""The codebook of a dummy: all that may be told of a table, and so all that its dummy is made of.

The rule that the safety rests on: `drawn` (in `dummy`) is given a codebook, a schema and a seed, and nothing
else. Whoever has read the codebook has seen everything that the dummy can tell of the data, and that is what
reviewers read.

- A value is named if `least` persons have it, in a column of which most rows have such values.
- A range goes from the value that `least` persons reach at one end to that at the other, rounded outward.
- A share of missing values is rounded to `MISSING_STEP` percent; what fewer than `least` persons miss is none.
- Other texts are told by their form, if `least` persons have it; keys by their form and that they are keys.
"""

from __future__ import annotations

# ruff: noqa: DTZ001 - instants of a column tell the time by its own clock
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa

from ....errors import Invalid
from ....language import say
from . import dummy_coarse
from .dummy_survey import ColumnSurvey, Survey

MISSING_STEP = 5
LONGEST_NAME = 100
_MOST_FORMS = 20
_MOSTLY, _NEARLY_ALL = 0.5, 0.9
_EPOCH = datetime(1970, 1, 1)
_LARGEST_WHOLE = 2**53


@dataclass(frozen=True, slots=True)
class Entry:
    """One column. Which of the rest is filled goes by `holds`: categories (`values`, `others`), range and instants
    (`low`, `high`), key and text (`forms`), sampling (`low`, `every_s`), clock, nothing."""

    name: str
    type: str
    holds: str
    missing_percent: int = 0
    low: float | str | None = None
    high: float | str | None = None
    whole: bool = False
    values: tuple[Any, ...] = ()
    others: bool = False
    forms: tuple[str, ...] = ()
    every_s: float | None = None
    person: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Codebook:
    """`counted` says what `least` counts: persons, rows, or stretches of a series."""

    counted: str
    least: int
    rows: int
    """Of the data, to one digit."""
    rows_per_person: int
    columns: tuple[Entry, ...]

    def as_json(self) -> dict[str, Any]:
        return {"codebook": 1, "missing_step": MISSING_STEP, **asdict(self)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Codebook:
        columns = tuple(
            Entry(**{**c, "values": tuple(c["values"]), "forms": tuple(c["forms"])}) for c in told["columns"]
        )
        return cls(told["counted"], told["least"], told["rows"], told["rows_per_person"], columns)

    def hiding(self, names: frozenset[str], survey: Survey) -> Codebook:
        """With the values of these columns unnamed after all."""
        found = {c.name: c for c in survey.columns if c.name in names}
        kept = tuple(replace(_made_up(found[e.name], survey.rows), missing_percent=e.missing_percent) if e.name in found else e for e in self.columns)  # fmt: skip
        return replace(self, columns=kept)


def codebook(survey: Survey, descriptions: Mapping[str, str] | None = None) -> Codebook:
    """What may be told. Raises Invalid where there are too few persons to tell anything."""
    if not survey.persons.enough:
        raise Invalid(
            "dummy.few",
            say("No dummy is made of so little: it takes {least} persons at least (rows, where no column says who is a person).", least=survey.persons.least),
            say("Lower the threshold if the rules of the data allow it, or write a dummy by hand."),
        )  # fmt: skip
    per_person = dummy_coarse.per_person(survey.rows / max(1.0, survey.distinct_persons.count)) if survey.person else 1  # fmt: skip
    counted = "stretches" if survey.is_series else "persons" if survey.person else "rows"
    times = next((c.name for c in survey.columns if c.shape == "instant"), None) if survey.is_series else None
    columns = []
    for column in survey.columns:
        entry = _entry(column, survey)
        if column.name == times and (column.gap_s or 0) > 0 and entry.low is not None:
            entry = replace(entry, holds="sampling", every_s=dummy_coarse.sampling_s(column.gap_s or 1.0), missing_percent=0, high=None)  # fmt: skip
        columns.append(replace(entry, description=(descriptions or {}).get(column.name, "")))
    return Codebook(counted, survey.least, dummy_coarse.count(survey.rows), per_person, tuple(columns))


def _entry(column: ColumnSurvey, survey: Survey) -> Entry:
    told = Entry(column.name, str(column.field.type), "nothing", 100)
    if not column.present.enough:
        return told
    missing = 0
    if column.missing.enough:
        missing = dummy_coarse.missing_percent(column.rows_missing, survey.rows, MISSING_STEP)
    return replace(_present(column, survey), missing_percent=missing)


def _present(column: ColumnSurvey, survey: Survey) -> Entry:
    told = Entry(column.name, str(column.field.type), "nothing")
    if column.name == survey.person:
        return replace(_made_up(column, survey.rows), person=True)
    if column.shape == "clock":
        return replace(told, holds="clock")
    if column.name in survey.hidden or column.is_key(survey.rows):
        return _made_up(column, survey.rows)
    if (named := _named(column, survey.rows)) is not None:
        return named
    return _made_up(column, survey.rows) if column.shape == "text" else _ranged(column)


def _named(column: ColumnSurvey, rows: int) -> Entry | None:
    if column.values is None or column.values.overflowed:
        return None
    there = rows - column.rows_missing
    share = column.values.common_rows / there if there else 0.0
    needed = {"text": _MOSTLY, "number": _NEARLY_ALL, "flag": 0.0}[column.shape or ""]
    names = [v for v in column.values.common if not isinstance(v, str) or len(v) <= LONGEST_NAME]
    if not names or share < needed:
        return None
    if column.shape == "number":
        names = [int(v) if v == int(v) and abs(v) < _LARGEST_WHOLE else float(v) for v in names]
    others = column.shape == "text" and column.values.many_have_others
    return Entry(
        column.name, str(column.field.type), "categories", values=tuple(sorted(names)), others=others
    )


def _ranged(column: ColumnSurvey) -> Entry:
    told = Entry(column.name, str(column.field.type), "nothing", 100)
    trimmed = None if column.extremes is None else column.extremes.trimmed
    if trimmed is None:
        return told
    if column.shape == "instant":
        low, high = dummy_coarse.instant_range(*(_instant(us) for us in trimmed))
        days = pa.types.is_date(column.type)
        texts = [(t.date() if days else t).isoformat() for t in (low, high)]
        return replace(told, holds="instants", missing_percent=0, low=texts[0], high=texts[1])
    whole = pa.types.is_integer(column.type) or not column.fractions.enough
    bounds = dummy_coarse.number_range(float(trimmed[0]), float(trimmed[1]), whole)
    least, most = _bounds_of(column.type, whole)
    return replace(
        told, holds="range", missing_percent=0, low=max(bounds[0], least), high=min(bounds[1], most), whole=whole
    )  # fmt: skip


def _made_up(column: ColumnSurvey, rows: int) -> Entry:
    """Values of the same form, or of the same size for numbers."""
    told = Entry(column.name, str(column.field.type), "nothing", 100)
    holds = "key" if column.is_key(rows) or column.shape == "number" else "text"
    if column.shape == "text" and column.forms is not None:
        forms = sorted(f for f in column.forms.common if len(f) <= LONGEST_NAME)[:_MOST_FORMS]
        return replace(told, holds=holds, missing_percent=0, forms=tuple(forms or ["text en 20"]))
    if column.shape == "number":
        trimmed = column.extremes.trimmed if column.extremes else None
        if trimmed is None:
            return told
        return replace(told, holds="key", missing_percent=0, forms=(f"d{len(str(int(abs(trimmed[1]))))}",), whole=True)  # fmt: skip
    if column.shape == "flag":
        return replace(told, holds="categories", missing_percent=0, values=(False, True))
    return _ranged(column)


def _instant(microseconds: int) -> datetime:
    least, most = datetime(1, 1, 1), datetime(9999, 12, 1)
    try:
        return min(max(_EPOCH + timedelta(microseconds=microseconds), least), most)
    except OverflowError:
        return least if microseconds < 0 else most


def _bounds_of(type_: pa.DataType, whole: bool) -> tuple[float, float]:
    if pa.types.is_integer(type_):
        signed = pa.types.is_signed_integer(type_)
        bits = type_.bit_width - (1 if signed else 0)
        return (-(2**bits) if signed else 0), 2**bits - 1
    if pa.types.is_decimal(type_):
        return _decimal_bounds(type_, whole)
    return (-_LARGEST_WHOLE, _LARGEST_WHOLE) if whole else (-1e300, 1e300)


def _decimal_bounds(type_: pa.DataType, whole: bool) -> tuple[float, float]:
    exact = (10**type_.precision - 1) / Fraction(10) ** type_.scale
    if whole:
        return -math.floor(exact), math.floor(exact)
    nearest = float(exact)
    inside = nearest if Fraction(nearest) <= exact else math.nextafter(nearest, 0.0)
    return -inside, inside


__all__ = ["MISSING_STEP", "Codebook", "Entry", "codebook"]
