"""Precision and recall by the rule of `GUIDELINE.md`: a report covers the core of a label and stays within its whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bench.trial.columns import Column
from bench.trial.writing import Label, Text

NAMES = {
    "resident_number": "resident-registration-number", "foreigner_number": "foreigner-registration-number",
    "business_number": "business-registration-number", "corporate_number": "corporate-registration-number",
    "driver_licence": "driver-licence-number", "passport": "passport-number", "phone": "phone", "account": "account-number",
    "card": "card-number", "email": "email", "vehicle_plate": "vehicle-plate", "postal_code": "postal-code", "address": "address",
    "name": "person-name",
}  # fmt: skip
"""The corpus' words for types, and the detector's."""
_CITIZENS = frozenset({"resident-registration-number", "foreigner-registration-number"})


@dataclass
class Counts:
    """Per type: labels, those found, those whose core any report covers (what masking needs), reports, right ones."""

    labels: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, bool]] = field(default_factory=Counter)
    missed: list[tuple[str, str, str, str]] = field(default_factory=list)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)

    def as_json(self, types: Iterable[str] = tuple(NAMES.values())) -> dict[str, dict[str, float]]:
        return {
            t: {
                "labels": self.labels[t], "recall": _share(self.found[t], self.labels[t]), "said": self.said[t],
                "precision": _share(self.right[t], self.said[t]), "covered": _share(self.covered[t], self.labels[t]),
            }
            for t in types
        }  # fmt: skip

    def kinds_as_json(self, kinds: Iterable[str]) -> dict[str, dict[str, float]]:
        """Recall by the kind of a value within its type: a full name, a given name alone, a name from abroad."""
        return {
            kind: {"labels": self.kinds[kind, True] + self.kinds[kind, False],
                   "recall": _share(self.kinds[kind, True], self.kinds[kind, True] + self.kinds[kind, False])}
            for kind in kinds
        }  # fmt: skip


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without what is neither letter nor digit at the ends."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return start, end


def score(texts: Iterable[Text], find: Callable[[str], Iterable[tuple[int, int, str]]]) -> Counts:
    """Reports of a type that the guideline does not know (an IP address, a birthday) are left out."""
    made = Counts()
    for text in texts:
        reports = [
            (*_trimmed(text.text, start, end), type_)
            for start, end, type_ in find(text.text)
            if type_ in NAMES.values()
        ]
        met: set[int] = set()
        for label in text.labels:
            _judge(made, text, label, reports, met)
        for index, (start, end, type_) in enumerate(reports):
            if index not in met and any(start < b and a < end for a, b in text.uncounted):
                continue
            made.said[type_] += 1
            made.right[type_] += index in met
            if index not in met:
                made.wrong.append((type_, text.text[start:end], text.text))
    return made


def _judge(
    made: Counts, text: Text, label: Label, reports: list[tuple[int, int, str]], met: set[int]
) -> None:
    type_ = NAMES[label.type]
    whole, core = _trimmed(text.text, label.start, label.end), _trimmed(text.text, *label.core)
    hits = [
        i
        for i, (s, e, t) in enumerate(reports)
        if t == type_ and s <= core[0] and core[1] <= e and s >= whole[0] and e <= whole[1]
    ]
    met.update(hits)
    made.labels[type_] += 1
    made.found[type_] += bool(hits)
    made.covered[type_] += any(s <= core[0] and core[1] <= e for s, e, _ in reports)
    made.kinds[label.kind, bool(hits)] += 1
    if not hits:
        made.missed.append((type_, label.kind, text.text[label.start : label.end], text.text))


def score_columns(columns: Iterable[Column], propose: Callable[[Column], str | None]) -> Counts:
    """`propose` says a type or none. Resident and foreigner numbers are one type of column."""
    made = Counts()
    for column in columns:
        wanted = {_merged(NAMES[type_]) for type_ in column.types}
        said = _merged(propose(column))
        right = said in wanted
        type_ = said if right and said else min(wanted, default="")
        if wanted:
            made.labels[type_] += 1
            made.found[type_] += right
            made.kinds[f"{column.manner} {column.kind}", right] += 1
        if said in NAMES.values():
            made.said[said] += 1
            made.right[said] += right
        if not right and wanted:
            made.missed.append((type_, column.manner, column.header, f"{said} {column.values[:8]}"))
        elif not right and said in NAMES.values():
            made.wrong.append((str(said), f"{column.kind}: {column.header}", str(column.values[:8])))
    return made


def _merged(type_: str | None) -> str | None:
    return "resident-registration-number" if type_ in _CITIZENS else type_
