"""Resident registration numbers that a table holds in two columns: the birthday, and the seven digits behind it.

The digits behind the birthday are a resident number's own, and so are deleted, never kept and never hashed (PIPA
art. 24-2), whatever their column is called. A birthday alone is a date.

Seven digits beside a birthday may be a wage as well, which begins with 1 or 2 often enough. So more is asked for: the
column's name says so; or the check digits hold in half of the rows that can tell (a tenth does by chance; of who was
born since October 2020, and of foreigners, they tell nothing: `korean`); or the first digit goes from 1 and 2 to 3 and
4 with the century of the birth. In a linkage, where a wage is no key, `linkage.residents` asks for less.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import pyarrow as pa

from ....language import Message, say
from ..reading import read_day
from . import hints
from .korean import born_since_2020, resident_number
from .profile import Profile

_ROWS = 2_000
_LEAST_SHARE, _LEAST_ROWS = 0.6, 4
_HOLDING, _FOLLOWING = 0.5, 0.95
_BIRTHDAY, _REST = 6, 7
_BACK = re.compile(r"[0-9](?:[0-9]{6}|[*xX]{6})")


@dataclass(frozen=True, slots=True)
class Back:
    """`column` holds what stands behind the birthdays in `birthdays` (None: its name says so), in a `share` of rows."""

    column: str
    birthdays: str | None
    share: float

    @property
    def evidence(self) -> Message:
        if self.birthdays is None:
            return say("The name of column {column} says so.", column=self.column)
        return say("Behind the birthdays in {column} its digits make resident registration numbers, in {share} of rows.", column=self.birthdays, share=f"{100 * self.share:.0f}%")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Birthday:
    """As it stands in a number: six digits; and the century, where the cell says it."""

    digits: str
    century: int | None


def backs_of_resident_numbers(profiles: Sequence[Profile]) -> tuple[Back, ...]:
    """The columns that hold them, each once, in their order. `profiles` are of the same rows."""
    backs = [profile for profile in profiles if _is_back(profile)]
    fronts = [(p, births) for p in profiles if backs and (births := _birthdays(p))]
    found = {p.name: Back(p.name, None, 1.0) for p in backs if hints.RESIDENT.fits(p.name)}
    for (front, births), back in product(fronts, backs):
        if back.name not in found and front.name != back.name:
            share = _share_of_numbers(_together(front, births, back))
            if share is not None:
                found[back.name] = Back(back.name, front.name, share)
    return tuple(found[profile.name] for profile in backs if profile.name in found)


def _is_back(profile: Profile) -> bool:
    fits = profile.share(lambda text: _BACK.fullmatch(text) is not None)
    return profile.present > 0 and fits >= _LEAST_SHARE


def _birthdays(profile: Profile) -> Mapping[int, _Birthday]:
    """Of each distinct text that says one; none where too few do."""
    integers = pa.types.is_integer(profile.kind)
    read = {
        i: born for i, text in enumerate(profile.texts) if (born := _birthday(text, integers)) is not None
    }
    rows = sum(int(profile.counts[i]) for i in read)
    return read if profile.present and rows >= _LEAST_SHARE * profile.present else {}


def _birthday(text: str, integers: bool) -> _Birthday | None:
    short = text.zfill(_BIRTHDAY) if integers else text  # 010307 lost its 0 when it was read as a number
    if len(short) == _BIRTHDAY and short.isdecimal():
        return _Birthday(short, None)
    day = read_day(text)
    return None if day is None else _Birthday(f"{day[0] % 100:02}{day[1]:02}{day[2]:02}", day[0] // 100)


def _together(
    front: Profile, births: Mapping[int, _Birthday], back: Profile
) -> Iterator[tuple[_Birthday, str]]:
    """Row by row, of at most `_ROWS` rows that have both."""
    step = 1 + len(front.codes) // _ROWS
    for i, j in zip(front.codes[::step].tolist(), back.codes[::step].tolist(), strict=True):
        if j >= 0 and i in births and len(back.texts[j]) == _REST:
            yield births[i], back.texts[j]


def _share_of_numbers(rows: Iterator[tuple[_Birthday, str]]) -> float | None:
    """In which share of rows the two make a number; None where they do by chance."""
    seen = fitting = telling = holding = 0
    centuries: Counter[int] = Counter()
    for born, rest in rows:
        seen += 1
        number = resident_number(born.digits + rest)
        if number is None or born.century not in (None, _century(rest)):
            continue
        fitting += 1
        centuries[born.century or 0] += 1
        if number.checksum is not None and not (number.foreigner or born_since_2020(born.digits + rest)):
            telling += 1
            holding += number.checksum
    if seen < _LEAST_ROWS or fitting < _LEAST_SHARE * seen:
        return None
    checked = holding >= _LEAST_ROWS and holding >= _HOLDING * telling
    follows = centuries[19] >= _LEAST_ROWS and centuries[20] >= _LEAST_ROWS and fitting >= _FOLLOWING * seen
    return fitting / seen if checked or follows else None


def _century(rest: str) -> int:
    return {"3": 20, "4": 20, "7": 20, "8": 20, "9": 18, "0": 18}.get(rest[0], 19)
