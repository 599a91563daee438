"""Recognisers of Korean identifiers in one text: pure form and arithmetic, no column context.

| identifier | form | check digit; S is the weighted sum |
|---|---|---|
| resident registration number (주민등록번호) | yymmdd-Cnnnnnn | (11 - S % 11) % 10, weights 2..9, 2..5 |
| foreigner registration number (외국인등록번호) | the same, C in 5..8 | (13 - S % 11) % 10 |
| business registration number (사업자등록번호) | ddd-dd-ddddd | (10 - S % 10) % 10; 1,3,7,1,3,7,1,3,5 |
| corporate registration number (법인등록번호) | dddddd-ddddddd | (10 - S % 10) % 10; 1,2,1,2,... |
| card number, IMEI | 14 to 16 digits; 15 digits | Luhn (ISO/IEC 7812-1) |

The last weight of a business number adds floor(5 d / 10) for its ninth digit d.
C gives the century: 1/2 and 5/6 the 1900s, 3/4 and 7/8 the 2000s, 9/0 the 1800s. Since October 2020 the last
six digits are drawn at random: a check digit that fails proves nothing, one that holds only adds evidence.
Births are taken as possible from 1890 to 2049, so that the answer does not depend on today's date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

RESIDENT_NUMBER = "resident-registration-number"

_CENTURY = {"1": 1900, "2": 1900, "3": 2000, "4": 2000, "5": 1900, "6": 1900, "7": 2000, "8": 2000}
_CENTURY |= {"9": 1800, "0": 1800}
_FIRST_YEAR, _LAST_YEAR = 1890, 2049
_RESIDENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_BUSINESS_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_RESIDENT = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})(\s?-\s?|\s)?([0-9])([0-9]{6}|[*xX]{6})")
_BUSINESS = re.compile(r"(\d{3})-?(\d{2})-?(\d{5})")
_CORPORATE = re.compile(r"(\d{6})-?(\d{7})")
_CARD = re.compile(
    r"(?:[4-69]\d{3}|2[2-7]\d\d|3[05-9]\d\d)([- ]?)\d{4}\1\d{4}\1\d{4}|3[47]\d\d([- ]?)\d{6}\2\d{5}|3[0689]\d\d([- ]?)\d{6}\3\d{4}"
)
PLATE_SYLLABLES = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배허하호"
PLATE_REGIONS = "서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"
_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4])"
_PHONE = re.compile(
    rf"(?:\(?0|\+?82[-. ]?\(?0?\)?)(?:1[016789]|70|50\d|{_AREA})\)?[-. ]?\d{{3,4}}[-. ]?\d{{4}}"
)
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)*\.(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,59}|[가-힣]{2,12})")
_LICENCE = re.compile(r"(?:1[1-9]|2[0-6]|28)-\d{2}-\d{6}-\d{2}")
_PASSPORT = re.compile(r"[MSROD](?:\d{3}[A-Z]\d{4}|\d{8})")
_NAME = re.compile(r"[가-힣]{2,4}")
SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소"
    "석선설마길연위표명기반왕금옥육인맹제모탁국어은편용예봉경사부가복태목형피두감음빈동온호범좌팽승간상시갈단"
)
DOUBLE_SURNAMES = ("남궁", "황보", "제갈", "선우", "독고", "사공", "서문", "동방")


@dataclass(frozen=True, slots=True)
class ResidentNumber:
    """What the form of a resident registration number says; the number itself is not kept.

    `checksum` is None where the last digits are masked.
    """

    hyphenated: bool
    foreigner: bool
    checksum: bool | None


def resident_number(text: str) -> ResidentNumber | None:
    """What `text` says if it has the form and a possible date of birth, else None."""
    match = _RESIDENT.fullmatch(text)
    if match is None or not _possible_birth(match[1], match[2], match[3], match[5]):
        return None
    foreigner = match[5] in "5678"
    digits = "".join(match.group(1, 2, 3, 5, 6))
    checksum = _resident_checksum(digits, foreigner) if digits.isdecimal() else None
    return ResidentNumber(bool(match[4]), foreigner, checksum)


def _possible_birth(year: str, month: str, day: str, century: str) -> bool:
    born = _CENTURY[century] + int(year)
    if not _FIRST_YEAR <= born <= _LAST_YEAR:
        return False
    try:
        date(born, int(month), int(day))
    except ValueError:
        return False
    return True


def _resident_checksum(digits: str, foreigner: bool) -> bool:
    total = sum(w * int(d) for w, d in zip(_RESIDENT_WEIGHTS, digits, strict=False))
    return ((13 if foreigner else 11) - total % 11) % 10 == int(digits[12])


def with_leading_zeros(text: str) -> str:
    """A number of 11 to 13 digits as 13: a file read as integers has lost the zeros of births since 2000."""
    return text.zfill(13) if len(text) >= 11 and text.isdecimal() else text


def look_like_resident_numbers(texts: Iterable[str], *, integers: bool = False) -> bool:
    """Whether these texts hold resident numbers: 1% written with a separator, or 20% in any writing.

    Random 13-digit numbers have a possible date of birth in about 4% of cases, hence the two thresholds.
    `integers` says that the column is numeric and may have lost leading zeros.
    """
    seen = separated = plain = 0
    for text in texts:
        seen += 1
        found = resident_number(with_leading_zeros(text) if integers else text)
        if found is not None:
            separated += found.hyphenated
            plain += not found.hyphenated
    return seen > 0 and (separated >= 0.01 * seen or separated + plain >= 0.2 * seen)


def born_since_2020(text: str) -> bool:
    """Whether it begins with a birth date of October 2020 or later: its last digits were drawn at random."""
    return text[:4] >= "2010" and re.sub(r"\D", "", text)[6:7] in ("3", "4", "7", "8")


def may_live(text: str) -> bool:
    """Whether somebody born on its date may well live: 251006-1, the sixth of October 1925, is a day of today more often."""
    digits = re.sub(r"\D", "", text)
    return 1930 <= _CENTURY[digits[6]] + int(digits[:2]) <= 2035


def has_thirteen_digits(text: str) -> bool:
    """Six and seven digits, which resident, foreigner and corporate numbers share."""
    return _CORPORATE.fullmatch(text) is not None


def is_business_number(text: str) -> bool:
    """Form and check digit of a business registration number."""
    match = _BUSINESS.fullmatch(text)
    if match is None:
        return False
    digits = [int(d) for d in "".join(match.groups())]
    total = sum(w * d for w, d in zip(_BUSINESS_WEIGHTS, digits, strict=False)) + 5 * digits[8] // 10
    return (10 - total % 10) % 10 == digits[9]


def is_corporate_number(text: str) -> bool:
    """Form and check digit of a corporate registration number."""
    match = _CORPORATE.fullmatch(text)
    if match is None:
        return False
    digits = [int(d) for d in "".join(match.groups())]
    total = sum(d * (1 + place % 2) for place, d in enumerate(digits[:12]))
    return (10 - total % 10) % 10 == digits[12]


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1. All zeros pass, and are no number of anything."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and digits.strip("0") != ""


def is_card_number(text: str) -> bool:
    """14 to 16 digits in the usual groups, the first digit a payment network's, with the Luhn digit.

    Cards for use within Korea begin with 9 (BC and others), the rest with 2 (221-720), 3, 4, 5 or 6.
    """
    match = _CARD.fullmatch(text)
    return match is not None and passes_luhn(re.sub(r"\D", "", text))


def is_phone(text: str) -> bool:
    """Mobile, landline, 070 and 050x numbers, with 0 or +82 before them and the usual separators."""
    return _PHONE.fullmatch(text) is not None


def is_mobile_without_zero(text: str) -> bool:
    """1012345678: what a spreadsheet makes of a mobile number."""
    return re.fullmatch(r"10[2-9][0-9]{7}", text) is not None


def is_postal_code(text: str) -> bool:
    """Five digits since 2015 (four where the 0 of Seoul is lost), three and three before."""
    return re.fullmatch(r"[0-6]?[0-9]{4}|[0-9]{3}-[0-9]{3}", text) is not None


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_driver_licence(text: str) -> bool:
    return _LICENCE.fullmatch(text) is not None


def is_passport(text: str) -> bool:
    return _PASSPORT.fullmatch(text) is not None


def is_person_name(text: str) -> bool:
    """Two to four syllables, the first (or first two) a surname of Korea."""
    return _NAME.fullmatch(text) is not None and (text[0] in SURNAMES or text.startswith(DOUBLE_SURNAMES))
