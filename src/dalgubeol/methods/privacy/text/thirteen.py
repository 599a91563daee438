"""Six and seven digits: a resident, a foreigner or a corporate number, and its first seven alone.

The three share a form. A word before the number, its check digit, the date of birth in it, and who or what stands
beside it say which it is; a check digit that fails rejects no resident number (October 2020). It does not hold for
nine of ten numbers of samples and papers that begin with a date, though, so with a noun for one right before, or a date
on which hardly anybody was born who lives, it takes a person beside it.
"""

from __future__ import annotations

import re

from ..columns.korean import ResidentNumber, is_corporate_number, may_live, resident_number
from . import spans as s
from .abroad import HANGUL
from .context import label_before, label_right_before
from .names import reads_as_name
from .spans import Span, span_of
from .things import thing_before


def thirteen(text: str, match: re.Match[str]) -> Span | None:
    """Six and seven digits: a resident, a foreigner or a corporate number."""
    label = label_before(text, match.start())
    front, rest = match[1], match[3]
    masked = not rest.isdecimal()
    number = resident_number(f"{front}-{rest[0]}" + ("******" if masked else rest[1:]))
    corporate = not masked and is_corporate_number(front + rest)
    of_a_body = corporate and label in ("corporate", "firm", "business", "registered")
    if not (of_a_body or (number and number.checksum is not False)) and _of_a_thing(text, match, label):
        label = "other"
    registry = corporate and _REGISTRY.fullmatch(front) is not None
    over_100 = (
        rest[0] in "1256" and front[:2] < "25"
    )  # of a person of that age, or of a body registered since 2000
    by_registry = registry and (over_100 or not (number and number.checksum))
    if (label == "corporate" and (corporate or number is None)) or (label == "registered" and registry):
        return span_of(
            match, s.CORPORATE, 0.99 if corporate else 0.7, s.LABEL, *([s.CHECK] if corporate else [])
        )
    before = text[max(0, match.start() - 16) : match.start()]
    if registry and (_REGISTERED.search(before) or _BEHIND_A_BUSINESS.search(before)):
        return span_of(match, s.CORPORATE, 0.9, s.LABEL, s.CHECK)
    if label == "firm" and corporate and (registry or number is None):
        return span_of(match, s.CORPORATE, 0.9, s.LABEL, s.CHECK)
    if label in ("resident", "foreigner", "registered") and (number is None or not masked):
        foreign = rest[0] in "5678" or (label == "foreigner" and number is None)
        if number is None and label == "registered":
            return span_of(match, s.CORPORATE, 0.8, s.LABEL, s.CHECK) if corporate else None
        return span_of(
            match, s.FOREIGNER if foreign else s.RESIDENT, 0.99 if number else 0.7, s.LABEL, s.FORM
        )
    if number is None:
        sure = (
            corporate
            and (match[2] == "-" or registry or label in ("business", "firm"))
            and (label != "other" or (registry and match[2] == "-"))
            and (registry or not thing_before(text, match.start(), strictly=True))
        )
        return (
            span_of(match, s.CORPORATE, 0.93 if registry and match[2] == "-" else 0.8, s.FORM, s.CHECK)
            if sure
            else None
        )
    drawn_at_random = front >= "2010" and rest[0] in "3478"  # born since October 2020: no check digit to hold
    if by_registry and not drawn_at_random:
        return span_of(match, s.CORPORATE, 0.8, s.FORM, s.CHECK)
    return _of_a_person(text, match, number, label)


def _of_a_thing(text: str, match: re.Match[str], label: str) -> bool:
    """Whether the noun right before, or a quantity right behind, says that a sample, a paper or a machine is numbered."""
    if label in ("resident", "foreigner", "corporate") and label_right_before(text, match.start()) == label:
        return False
    return thing_before(text, match.start()) != "" or _OF_A_LOT.match(text, match.end()) is not None


_OF_A_LOT = re.compile(
    r" ?(?:로트|롯트|lot\b|배치|batch\b|시료|검체|시편|샘플)| ?(?:전수|라벨|봉인|재고|불출|입고|출고|폐기|검수|납품|반출|반입|단종|교정)(?![가-힣]{3})|[ ,]{1,2}\d{1,5} ?(?:개|포대?|박스|상자|병|통|팩|세트|롤|본|kg|g|mg|ml|[Lℓ]|EA|ea|pcs)\b",
    re.IGNORECASE,
)


def _of_a_person(text: str, match: re.Match[str], number: ResidentNumber, label: str) -> Span | None:
    """A number with a possible date of birth that no word says is a person's: by its check digit and what is beside it."""
    type_ = s.FOREIGNER if number.foreigner else s.RESIDENT
    before = text[max(0, match.start() - 16) : match.start()]
    joined = (match[2] or "").strip() == "-"
    held = _HELD_BY.search(before)
    if _OF_A_LOT.match(text, match.end()):
        return None
    if _SAID_AFTER.match(text, match.end()):
        return span_of(match, type_, 0.92, s.BORN, s.AFTER)
    if held is not None and reads_as_name(held[1].replace(" ", "")):
        return span_of(match, type_, 0.97 if joined else 0.92, s.BORN, s.FORM)
    if number.checksum:
        if label in ("other", "some") and not (joined and label_before(text, match.start(), 8) == ""):
            return None
        return span_of(match, type_, 0.97 if joined else 0.9 if label != "account" else 0.6, s.BORN, s.CHECK)
    if label in ("account", "card") and joined:
        label = label_right_before(text, match.start())
    if label in ("other", "some", "account", "card") and number.checksum is not None:
        return None
    if _STAYS.match(text, match.end()):
        return span_of(match, type_, 0.9, s.BORN, s.AFTER)
    alive = number.checksum is not False or may_live(match[0])
    if label == "birth" or _HONOURED.search(before) or (alive and (joined or _IN_BRACKETS.search(before))):
        return span_of(match, type_, 0.9, s.BORN, s.FORM)
    named = _NAME_BEFORE.search(before) or _NAME_AFTER.match(text, match.end())
    if named and reads_as_name(named[1].replace(" ", "")):
        return span_of(match, type_, 0.9, s.BORN, s.FORM)
    if number.foreigner and _is_from_abroad(text, match):
        return span_of(match, type_, 0.8, s.BORN, s.FORM)
    return None


def _is_from_abroad(text: str, match: re.Match[str]) -> bool:
    """Whether it stands alone on a line, beside a passport or a name from abroad, or behind words for a stay in Korea."""
    start, end = match.span()
    before = _TWO_BEFORE.search(text[max(0, start - 24) : start])
    after = _TWO_AFTER.match(text, end)
    return (
        any(pair is not None and HANGUL.issuperset(pair.groups()) for pair in (before, after))
        or (_ALONE.search(text, 0, start) is not None and _ENDS.match(text, end) is not None)
        or _LATIN_AFTER.match(text, end) is not None
        or _PASSPORT_BEHIND.match(text, end) is not None
        or _PASSPORT_BEFORE.search(text[max(0, start - 16) : start]) is not None
        or _ABROAD_BEFORE.search(text[max(0, start - 24) : start]) is not None
        or _STAYS_HERE.search(text[max(0, start - 40) : start]) is not None
    )


_TWO_BEFORE = re.compile(r"(?<![가-힣])([가-힣]{1,6}) ([가-힣]{1,6}?)(?:님|씨)?[ ,:/|(]{1,3}$")
_TWO_AFTER = re.compile(r"[ ,/|]{1,3}([가-힣]{1,6}) ([가-힣]{1,6}?)(?:님|씨)?(?![가-힣])")
_LATIN_AFTER = re.compile(r"[ ,/|]{1,3}[A-Z][A-Za-z]+,? [A-Z][A-Za-z]+")
_PASSPORT_BEFORE = re.compile(r"(?<![A-Za-z0-9])[MSRODmsrod](?:\d{3}[A-Za-z]\d{4}|\d{8})[ ,/|]{1,3}$")
_SAID_AFTER = re.compile(
    r"[ (,/]{0,2}(?:이거 )?(?:제 |내 )?(?:민증|주민(?:등록|번호|증)|주번|신분증|외국인 ?(?:등록|번호|증))|"
    r"[ ,]?(?:으?로 등록된|뒷자리)"
)
_HELD_BY = re.compile(
    r"(?<![가-힣])([가-힣]{2,4}?|[가-힣] [가-힣] [가-힣]|[가-힣] [가-힣]{2})(?:님|씨)? ?[(|] ?$"
)
_NAME_BEFORE = re.compile(
    r"(?<![가-힣])([가-힣]{2,4}?|[가-힣] [가-힣] [가-힣]|[가-힣] [가-힣]{2})(?:님|씨)?[ :|]{1,2}$"
)
_IN_BRACKETS = re.compile(r"[가-힣]{2} ?[(,/] ?$")
_HONOURED = re.compile(r"[가-힣]{2}(?:님|씨)[ :|]{1,2}$")
_REGISTERED = re.compile(r"등기(?: ?번호)?[ :]*$")
_BEHIND_A_BUSINESS = re.compile(r"(?<!\d)\d{3}-?\d\d-?\d{5}[ ,/|(]{1,3}$")
_STAYS = re.compile(r"[ ,(/]{1,2}(?:비자|체류|[A-H]-\d\b|남(?:자|성)?(?![가-힣])|여(?:자|성)?(?![가-힣]))")
_ALONE, _ENDS = re.compile(r"(?:^|\n|/ )$"), re.compile(r" ?(?:$|\n|/)")
_PASSPORT_BEHIND = re.compile(r"[ ,(/|]{1,3}(?:[MSRODmsrod](?:\d{3}[A-Za-z]\d{4}|\d{8})(?!\d)|여권)")
_STAYS_HERE = re.compile(r"외국인|이주|비자|체류|입국|출국|결혼이민|다문화|계절근로|유학생|여권")
_ABROAD_BEFORE = re.compile(r"[A-Z][A-Za-z]+ [A-Z][A-Za-z]+ ?[(,/]? ?$|[가-힣]{1,5} [가-힣]{1,5} \($")
_NAME_AFTER = re.compile(r"[ |,/]{1,2}([가-힣]{3,4})(?:님|씨)?(?![가-힣])")
_REGISTRY = re.compile(r"(?:1[1-9]|2[0-2])\d\d(?:1[1-5]|2[12])")
"""A registry office (등기관서) and a kind of body: 1101 is Seoul, 11 a stock company."""


def front(text: str, match: re.Match[str]) -> Span | None:
    """`900101-1`: the date of birth and the sex."""
    label = label_before(text, match.start())
    if label == "other" or resident_number(f"{match[1]}-{match[2]}******") is None:
        return None
    opened = match.start() > 0 and text[match.start() - 1] in "(["
    if label in ("resident", "birth", "foreigner") or opened:
        return span_of(match, s.BIRTH, 0.85, s.BORN, s.FORM)
    return None
