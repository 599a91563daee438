"""Columns whose values have the form of resident registration numbers and are none: orders, lots, claims.

Such numbers begin with a date, but with one of today, and their last digit is no check digit. A wrong alarm costs the
clerk a word, a number let through breaks PIPA art. 24-2: so it takes the values, and where they are silent the name, to
say so. What is let through here is still looked for cell by cell (`inside`).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..text.things import thing_before
from . import hints
from .korean import ResidentNumber, born_since_2020, has_thirteen_digits, may_live

_MANY = 0.5
_ENOUGH_TO_TELL = 3
_BY_CHANCE = 0.25
"""Of any six digits one in 27 is a date; where the others of the same form are none, these are by chance."""
_HOLDING = 0.4
"""A tenth holds by chance; of true numbers nearly all that were given before October 2020 hold."""


def only_look_so(name: str, texts: Sequence[str], found: Sequence[ResidentNumber | None]) -> bool:
    """Whether the numbers `found` in a column `name` are another thing's.

    Numbers of people born since October 2020, and of foreigners, who come at any age, have random digits: they say
    nothing. Where few of the values have the form, people are of all ages, and newborn children alone are not met.
    """
    if hints.RESIDENT.fits(name):
        return False
    numbers = [(text, number) for text, number in zip(texts, found, strict=True) if number is not None]
    many, thing = len(numbers) >= _MANY * len(found), names_a_thing(name)
    living = [(text, number) for text, number in numbers if may_live(text)]
    if not any(many or not born_since_2020(text) for text, _ in living):
        return True
    dashed = any(number.hyphenated for _, number in numbers)
    if many and (dashed or not thing):
        return False
    telling = [
        number.checksum
        for text, number in numbers
        if number.checksum is not None and not number.foreigner and not born_since_2020(text)
    ]
    said = thing or len(numbers) < _BY_CHANCE * sum(map(has_thirteen_digits, texts))
    if not telling or (len(telling) < _ENOUGH_TO_TELL and dashed and not said):
        return said and not many
    return sum(telling) < _HOLDING * len(telling)


def names_a_thing(name: str) -> bool:
    """Whether a column's name says that it numbers orders, papers, samples or machines."""
    return hints.ORDER.fits(name) or thing_before(f"{name} ", len(name) + 1) != ""
