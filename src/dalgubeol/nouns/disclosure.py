"""Disclosure rules: what a result must look like to leave under a Permit. Part of the conditions that its grantors
sign.

The defaults are those of ACRO (Green, Ritchie, Smith 2021), after the Handbook on Statistical Disclosure Control
(Hundepool et al. 2012); the smallest cell is a condition of its own (`Conditions.smallest_cell`). `parsed` is the one
builder of what came in from outside. Nothing here checks a file: that is `methods.disclosure`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..errors import Invalid
from ..language import Message, say

FILE_TYPES = ("csv", "json", "png", "txt")
"""What the checks, or people with their help, can judge; ACRO blocks svg, which carries its data, for one."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Rules for what leaves; every one may be made stricter than here, and looser only where the site says so."""

    degrees_of_freedom: int = 10
    """Residual ones that a fitted model must leave, at least."""
    dominance_n: int = 2
    """(n, k) rule: so many of the largest contributors ..."""
    dominance_percent: int = 90
    """... may not make up this share of a sum or more, in percent."""
    p_percent: int = 10
    """p% rule: nobody may be able to work out another's amount to within so many percent of it."""
    zeros_disclosive: bool = True
    """Whether a group of nobody tells something, as a small one does."""
    rounding_base: int = 5
    """Counts of a safe version are rounded to multiples of it; 1 does not round."""
    most_rows: int = 1000
    """Rows that a table may have."""
    file_types: tuple[str, ...] = FILE_TYPES
    """Endings that a file may have, in alphabetical order."""

    @property
    def dominance_share(self) -> float:
        """k of the (n, k) rule as a share, 0 to 1."""
        return self.dominance_percent / 100

    @property
    def p_ratio(self) -> float:
        """p of the p% rule as a share of the largest amount, 0 to 1."""
        return self.p_percent / 100

    def plain(self) -> dict[str, object]:
        """As plain JSON."""
        return {**{f.name: getattr(self, f.name) for f in fields(self)}, "file_types": list(self.file_types)}


LIMITS: Mapping[str, tuple[int, int]] = {
    "degrees_of_freedom": (1, 1_000_000), "dominance_n": (1, 100), "dominance_percent": (1, 100),
    "p_percent": (0, 100), "rounding_base": (1, 1_000_000), "most_rows": (1, 1_000_000),
}  # fmt: skip
"""What a rule that is a number may be, from and to."""
_LARGER_IS_STRICTER = frozenset({"degrees_of_freedom", "dominance_n", "p_percent", "rounding_base"})
_TYPE = re.compile(r"[a-z0-9]{1,12}")
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")


def stored(plain: Mapping[str, Any]) -> Disclosure:
    """What `plain()` gave."""
    return Disclosure(**{**plain, "file_types": tuple(plain["file_types"])})


def strictest(given: Iterable[Disclosure]) -> Disclosure:
    """One that is at least as strict as each of `given` (one or more)."""
    kept, *others = given
    for other in others:
        numbers = {
            name: (max if name in _LARGER_IS_STRICTER else min)(getattr(kept, name), getattr(other, name))
            for name in LIMITS
        }
        types = tuple(t for t in kept.file_types if t in other.file_types)
        kept = Disclosure(**numbers, zeros_disclosive=kept.zeros_disclosive or other.zeros_disclosive, file_types=types)  # fmt: skip
    return kept


def parsed(said: Mapping[str, object], site: Disclosure | None = None) -> Disclosure:
    """Rules as asked for, in values or as people type them (a list is parted by commas); what is not said is as at the
    `site`, or as by default. Raises Invalid naming the rule: unknown, out of bounds, or looser than the site's."""
    known = [f.name for f in fields(Disclosure)]
    for name in said:
        if name not in known:
            raise Invalid.field("rule", expected=", ".join(known), got=name)
    values: dict[str, Any] = {name: getattr(site or Disclosure(), name) for name in known}
    values |= {name: _value(name, value) for name, value in said.items()}
    wished = Disclosure(**values)
    if site is None:
        return wished
    held = strictest((wished, site))
    for name in known:
        if set(_listed(getattr(held, name))) != set(_listed(getattr(wished, name))):
            raise Invalid.field(name, expected=_at_least(name, site), got=_typed(getattr(wished, name)))
    return wished


def _value(name: str, value: object) -> object:
    if name == "file_types":
        return _types(value)
    if name == "zeros_disclosive":
        return _yes_or_no(name, value)
    least, most = LIMITS[name]
    text = str(value).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
    if number is None or isinstance(value, bool) or not least <= number <= most:
        raise Invalid.field(name, expected=say("{least} to {most}", least=least, most=most), got=number if number is not None else say("something else"))  # fmt: skip
    return number


def _types(value: object) -> tuple[str, ...]:
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise Invalid.field("file_types", expected=say("a list of texts"), got=say("another type of value"))
    types = {str(each).strip().lower().removeprefix(".") for each in given} - {""}
    if not types or any(_TYPE.fullmatch(each) is None for each in types):
        raise Invalid.field("file_types", expected=say("endings such as csv, txt"), got=say("something else"))
    return tuple(sorted(types))


def _yes_or_no(name: str, value: object) -> bool:
    word = str(value).strip().lower()
    if word not in (*_YES, *_NO):
        raise Invalid.field(name, expected=say("yes or no"), got=say("something else"))
    return word in _YES


def _listed(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _typed(value: object) -> Message | str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return ", ".join(map(str, _listed(value)))


def _at_least(name: str, site: Disclosure) -> Message:
    held = _typed(getattr(site, name))
    if name == "file_types":
        return say("some of {held}, as this site's rules say", held=held)
    if name == "zeros_disclosive":
        return say("yes, as this site's rules say")
    if name in _LARGER_IS_STRICTER:
        return say("at least {held}, as this site's rules say", held=held)
    return say("at most {held}, as this site's rules say", held=held)
