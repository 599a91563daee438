"""What the labels of a key stand for: sets of its smallest categories, so that labels can be compared.

A key whose labels are all numbers or intervals ("20-29", "30~39세", "[20, 30)", "(20, 30]", "65+", "<20",
"20 미만", "20대") is a line cut at every end that any table uses. Any other key is a list of categories; `parents`
says which lie in which ("동구" in "대구"), and a label that joins others ("동구+서구") is these together. "계", "total", "all" and an empty label stand for everything. Every key
has one category more, the rest: whoever is in no label of any table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_TOTAL = {"", "계", "합계", "총계", "소계", "전체", "total", "all", "sum", "overall", "*", "(all)"}
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_UNIT = r"\s*(?:세|살|원|만원|년|명|개|점|years?|yrs?)?\s*"
_BETWEEN = re.compile(rf"{_NUMBER}{_UNIT}(?:-|~|–|—|to|부터)\s*{_NUMBER}{_UNIT}(?:까지)?")
_CUT = re.compile(r"([\[(])\s*(-?(?:\d+(?:\.\d+)?|inf))\s*,\s*(-?(?:\d+(?:\.\d+)?|inf))\s*([\])])")
_ABOVE = re.compile(
    rf"(>=?|≥)\s*{_NUMBER}{_UNIT}|{_NUMBER}{_UNIT}(\+|이상|초과|and over|or more)", re.IGNORECASE
)
_BELOW = re.compile(rf"(<=?|≤)\s*{_NUMBER}{_UNIT}|{_NUMBER}{_UNIT}(이하|미만|or less)", re.IGNORECASE)
_DECADE = re.compile(r"(\d+0)\s*(?:대|s)")
_SINGLE = re.compile(rf"{_NUMBER}{_UNIT}")
_JOINED = re.compile(r"\s*(?:[+&·ㆍ/;,]|\band\b|\bor\b|및|또는)\s*", re.IGNORECASE)

Parents = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scale:
    """A key's smallest categories, numbered from 1 (0 is the rest), and what each label is made of."""

    size: int
    parts: Mapping[str, frozenset[int]]

    @property
    def everything(self) -> frozenset[int]:
        return frozenset(range(self.size))

    def of(self, label: str) -> frozenset[int]:
        return self.everything if is_total(label) else self.parts[label]


def is_total(label: str) -> bool:
    return label.strip().lower() in _TOTAL


def scale(labels: Iterable[str], parents: Parents | None = None) -> Scale:
    """The scale of one key, from every label that any table uses."""
    named = sorted({each for each in labels if not is_total(each)})
    spans = {label: span for label in named if (span := interval(label)) is not None}
    if named and len(spans) == len(named) and any(not _SINGLE.fullmatch(each.strip()) for each in named):
        return _line(spans)
    return _categories(named, parents or {})


def interval(label: str) -> tuple[float, float] | None:
    """[from, to) that a label means. Whole numbers count whole things: "20-29" ends where "30-39" begins."""
    text = label.strip()
    if match := _CUT.fullmatch(text):
        low, high = float(match[2]), float(match[3])
        return _after(low) if match[1] == "(" else low, _after(high) if match[4] == "]" else high
    if match := _BETWEEN.fullmatch(text):
        return float(match[1]), _after(float(match[2]))
    if match := _ABOVE.fullmatch(text):
        strict, value = (match[1] or match[4]) in (">", "초과"), float(match[2] or match[3])
        return _after(value) if strict else value, math.inf
    if match := _BELOW.fullmatch(text):
        strict, value = (match[1] or match[4]) in ("<", "미만"), float(match[2] or match[3])
        return -math.inf, value if strict else _after(value)
    if match := _DECADE.fullmatch(text):
        return float(match[1]), float(match[1]) + 10
    if match := _SINGLE.fullmatch(text):
        return float(match[1]), _after(float(match[1]))
    return None


def _after(value: float) -> float:
    return value + 1 if value == math.floor(value) else math.nextafter(value, math.inf)


def _line(spans: Mapping[str, tuple[float, float]]) -> Scale:
    cuts = sorted({end for span in spans.values() for end in span})
    at = {cut: place for place, cut in enumerate(cuts, start=1)}
    parts = {label: frozenset(range(at[low], at[high])) for label, (low, high) in spans.items()}
    return Scale(len(cuts), parts)


def _categories(named: list[str], parents: Parents) -> Scale:
    """Leaves are categories; a parent also has a category of its own, for whom none of its parts names."""
    at = {label: place for place, label in enumerate(named, start=1)}
    parts: dict[str, set[int]] = {label: {place} for label, place in at.items()}
    for label in named:
        above, seen = parents.get(label), {label}
        while above is not None and above not in seen:
            if above in parts:
                parts[above].add(at[label])
            seen.add(above)
            above = parents.get(above)
    _join(parts, at)
    return Scale(len(named) + 1, {label: frozenset(each) for label, each in parts.items()})


def _join(parts: dict[str, set[int]], at: Mapping[str, int]) -> None:
    """Labels that join others hold these, and nobody else where each piece is a label of its own."""
    pieces = {label: frozenset(_JOINED.split(label)) for label in parts if _JOINED.search(label)}
    pieces = {label: each for label, each in pieces.items() if len(each) > 1 and "" not in each}
    for label, each in sorted(pieces.items(), key=lambda joined: len(joined[1])):
        inside = [p for p in each if p in parts] + [o for o, of in pieces.items() if of < each]
        for other in inside:
            parts[label] |= parts[other]
        if each <= parts.keys():
            parts[label].discard(at[label])
