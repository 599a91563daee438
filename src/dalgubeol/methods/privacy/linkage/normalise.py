"""One spelling for what may be spelt in many ways: the values of key items before they become keys.

Two applicants whose values are spelt alike only to the eye get different keys, so the rules are fixed by a
version that both must share. `digest()` covers the version, the items and this file's own probe: how the rules
spell a list of fixed texts. A site whose program spells any of them differently has another digest.

| normaliser | rule |
|---|---|
| text | NFKC, case folded, white space outside removed and inside made one space |
| name | NFKC, then letters only, case folded: no space, dot, hyphen or note in parentheses |
| phone | digits only; +82 becomes 0; 8 to 11 digits or missing |
| date | ISO 8601 from YYYY-MM-DD, YYYYMMDD, YY.M.D, YYYY년 M월 D일 and the like; impossible days are missing |
| address | road-name basics: notes in parentheses and detail after a comma dropped, provinces in their short form, spaces out |
| digits | digits only |
| sex | 1 (male) or 2 (female) from 남/여, 남자/여자, M/F, male/female, 1/2 |

A value of which nothing is left is missing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from ....digest import canonical, sha256_hex
from ....errors import Invalid
from ....language import say
from ..reading import day_parts

VERSION = "2026-1"
_NOTE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NOT_LETTER = re.compile(r"[^\w]|[\d_]")
_PROVINCES = {
    "서울특별시": "서울", "부산광역시": "부산", "대구광역시": "대구", "인천광역시": "인천", "광주광역시": "광주",
    "대전광역시": "대전", "울산광역시": "울산", "세종특별자치시": "세종", "경기도": "경기", "강원특별자치도": "강원",
    "강원도": "강원", "충청북도": "충북", "충청남도": "충남", "전북특별자치도": "전북", "전라북도": "전북",
    "전라남도": "전남", "경상북도": "경북", "경상남도": "경남", "제주특별자치도": "제주", "제주도": "제주",
    "서울시": "서울", "부산시": "부산", "대구시": "대구", "인천시": "인천", "광주시": "광주", "대전시": "대전",
    "울산시": "울산", "세종시": "세종",
}  # fmt: skip
_SEXES = {"남": "1", "남자": "1", "남성": "1", "m": "1", "male": "1", "1": "1", "여": "2", "여자": "2", "여성": "2", "f": "2", "female": "2", "2": "2"}  # fmt: skip
_PROBE = (
    " 김 가람", "김가람(개명)", "Ｋim-Ga ram", "010-1234-5678", "+82 10 1234 5678", "2001.3.7", "20010307", "01-03-07",
    "2001년 3월 7일", "2001-02-30", "대구광역시 중구 국채보상로 670 (동인동)", "대구 중구 국채보상로670, 101동 1호", "여", "M", "", "x",
)  # fmt: skip


def text(value: str) -> str | None:
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split()) or None


def name(value: str) -> str | None:
    plain = _NOTE.sub("", unicodedata.normalize("NFKC", value))
    return _NOT_LETTER.sub("", plain).casefold() or None


def digits(value: str) -> str | None:
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", value)) or None


def phone(value: str) -> str | None:
    found = digits(value) or ""
    if found.startswith("82") and len(found) > 9:
        found = "0" + found[2:].removeprefix("0")
    if len(found) in (9, 10) and found.startswith("1"):  # a spreadsheet ate the zero
        found = "0" + found
    return found if 8 <= len(found) <= 11 else None


def day(value: str) -> str | None:
    """A two-digit year is 2000s up to 29 and 1900s after."""
    plain = unicodedata.normalize("NFKC", value).strip()
    found = day_parts(plain)
    if found is None:
        return None
    year, month, of_month = found
    if year < 100:
        year += 2000 if year < 30 else 1900
    try:
        return date(year, month, of_month).isoformat()
    except ValueError:
        return None


def address(value: str) -> str | None:
    plain = _NOTE.sub(" ", unicodedata.normalize("NFKC", value)).partition(",")[0]
    words = plain.split()
    if words:
        words[0] = _PROVINCES.get(words[0], words[0])
    return re.sub(r"[^\w-]", "", "".join(words)).casefold() or None


def sex(value: str) -> str | None:
    return _SEXES.get(unicodedata.normalize("NFKC", value).strip().casefold())


NORMALISERS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "text": text,
        "name": name,
        "phone": phone,
        "date": day,
        "address": address,
        "digits": digits,
        "sex": sex,
    }
)


def normaliser(which: str) -> Callable[[str], str | None]:
    """Raises Invalid for a name that this version does not know."""
    if which not in NORMALISERS:
        raise Invalid.field("normalise", expected=say("one of: {names}", names=", ".join(NORMALISERS)), got=say("another word"))  # fmt: skip
    return NORMALISERS[which]


def digest(items: Sequence[tuple[str, str]]) -> str:
    """What two applicants must have alike: version, (name, normaliser) of the items, and the spelling of the probe."""
    spelt = {which: [normaliser(which)(probe) for probe in _PROBE] for _, which in items}
    return sha256_hex(
        canonical({"version": VERSION, "items": [list(item) for item in items], "probe": spelt})
    )
