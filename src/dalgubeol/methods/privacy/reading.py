"""Days and numbers as people in Korea write them into cells: one reader for every place that reads them.

A day is 2024-05-03, 2024.5.3, 2024/05/03, 20240503 or 2024년 5월 3일, with or without a time behind it. A number may
have separators of thousands (2,000,000) and end in what people write behind it (35세, 2,000,000원). Whatever else a
cell holds (모름) is none.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_DAY = re.compile(
    r"(\d{4}|\d{2})\s*(?:년|[-./]|\s)\s*(\d{1,2})\s*(?:월|[-./]|\s)\s*(\d{1,2})\s*(?:일|[.])?(?:[ T].*)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})|(\d{2})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})(?:-(\d\d?)|\.\s?(\d\d?)\.?|/(\d\d?)|\s?년\s?(\d\d?)\s?월)(?:[T ].*)?")
_COMPACT_TIME = re.compile(r"(\d{8})[T ].*")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_BEHIND = re.compile(r"(?<=\d)\s?(?:세|살|원)$")


def read_day(text: str) -> tuple[int, int, int] | None:
    """(year, month, day) of a date, day 1 of a month; None where the text is neither, or its century is not said."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if compact := _COMPACT_TIME.fullmatch(plain):
        plain = compact[1]
    found = day_parts(plain)
    if found is None and (of_month := _MONTH.fullmatch(plain)) is not None:
        found = (int(of_month[1]), int(next(part for part in of_month.groups()[1:] if part)), 1)
    if found is None or found[0] < 100:
        return None
    return found if 1 <= found[1] <= 12 and 1 <= found[2] <= 31 else None


def day_parts(plain: str) -> tuple[int, int, int] | None:
    """The three numbers of a whole date as they are written, possible or not; a year may have two digits."""
    found = _DAY.fullmatch(plain) or _COMPACT.fullmatch(plain)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups() if part is not None)
    return year, month, day


def read_number(text: str) -> Decimal | None:
    """The number that a cell says; None where it says none, or an infinite one."""
    plain = text.strip()
    if "," in plain or not plain[-1:].isdigit():
        plain = _BEHIND.sub("", plain)
        if "," in plain:
            plain = plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else ""
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return None if number.is_nan() else number
