"""Passport numbers: a letter and eight digits, or since 2021 with a letter in fourth place.

Parts, drawings, claims and lots are numbered so too. So the form alone is not enough: the word says so, or a person
from abroad, a journey or a number of a person stands beside it; behind the word for a thing it takes the word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from . import abroad
from . import spans as s
from .context import label_before, label_right_before, labels_before
from .latin import NOT_A_NAME
from .names import reads_as_name
from .spans import Span
from .things import thing_before

PASSPORT = re.compile(
    r"(?<![A-Za-z0-9])[MSRODmsrod](?P<gap>[ -]?)(?:\d{3}[A-Za-z]\d{4}|\d{8})(?![A-Za-z0-9])"
)
_NUMBER_BEFORE = re.compile(r"\d ?-? ?[5-8]\d{6} ?[ (,/|]$")
_HANGUL_BEFORE = re.compile(
    r"(?<![가-힣])(?P<name>[가-힣]{1,8}(?: [가-힣]{1,8}){0,3})(?:님|씨)? ?[ (,/|:-]{0,2}$"
)
_KOREAN_BEFORE = re.compile(r"(?<![가-힣])(?P<name>[가-힣]{3})(?:님|씨)? ?[ (,/|:-]{1,2}$")
_HANGUL_BEHIND = re.compile(r"[ ,/|()]{1,3}(?P<name>[가-힣]{1,8}(?: [가-힣]{1,8}){0,3})")
_LATIN_BEFORE = re.compile(r"(?P<name>[A-Z][A-Za-z'-]+,? [A-Za-z' -]{0,24}[A-Za-z])[ ,/|(:-]{1,3}$")
_LATIN_BEHIND = re.compile(r"[ ,/|()]{1,3}(?P<name>[A-Z][A-Za-z'-]+,? [A-Z][A-Za-z'-]+)")
_OF_A_TRAVELLER = re.compile(
    r"[ ,/|()]{0,3}(?:체크인|투숙|입국|출국|비자|국적|탑승|여권|발급국|유효|만료|체류|(?<!\w)\d{6} ?- ?[5-8])"
)
_ABROAD = re.compile(
    r"외국\s?인|출장자|여행자|투숙|탑승|승객|입국|출국|비자|국적|체류|출입국|여[궍꿘귄군]|역권|권번호|항공|숙박부|통관"
)
_LINE_BEFORE = re.compile(r"(?:^|\n) ?(?:여권 ?(?:번호)?|passport(?: ?no\.?)?) ?:?\n *$", re.IGNORECASE)
_NOTE = re.compile(r"\s*(?:\([^)]{0,12}\))?\s*")
_PERSONAL = re.compile(
    r"\d{6} ?- ?[1-8]\d{6}(?!\d)|\d{2}-\d{2}-\d{6}-\d{2}|01\d ?[-.]? ?\d{3,4} ?[-.]? ?\d{4}(?!\d)"
)
_HANDLED = re.compile(r"(?:접수|처리|출고|입고|재고|조회) ?$")
_THING_BEFORE = re.compile(
    r"(?:사양서?|시방서?|규격서?|설명서|명세서?|성적서|지시서?|작업지시|의뢰서?|보고서|확인서|품의서?|매뉴얼|카탈로그|도면|도번|형번|품번|품명|품목|형식|기종|모델|"
    r"규격|자재|부품|부속|소모품|예비품|공구|치구|금형|베어링|볼트|너트|밸브|모터|펌프|센서|필터|실린더|기어|벨트|호스|케이블|커넥터|보드|기판|모듈|퓨즈|"
    r"램프|노즐|씰|실링|오링|패킹|가스켓|샤프트|롤러|체인|커버|브라켓|히터|컨트롤러|인버터|차단기|릴레이|스위치|배터리|토너|카트리지|키트|세트|"
    r"설비|장비|기계|자산|공정|라인|로트|배치|제조|시료|검체|접수|청구|클레임|사고|송장|전표|문서|공문|지시|의뢰|작업|주문|발주|견적|수주|"
    r"(?i:part|model|type|item|ref|rev|dwg|drawing|spec|bearing|motor|pump|valve|sensor|kit|lot|p/n|s/n|no)\.?)"
    r"(?: ?(?:번호|코드|no\.?|넘버|은|는|이|가|을|를|:|=|-|\(|\[|,|#))* ?$"
)
_THING_BEHIND = re.compile(
    r"[ )\]]{0,2}(?:\d+ ?(?:개|EA|ea|매|본|대|식|장|롤|조|set|SET|kg|m)\b|(?:으로|로|을|를|의|은|는)? ?(?:교체|대체|변경|교환|장착|개정|조립|가공|재작업|불량|단종|발주|"
    r"도면|입고|출고|재고|납품|사양|규격|부품|부착|수리|검사|측정|품절|단가|호환|적용품|폐기))"
)


def passports(text: str) -> Iterator[Span]:
    """Every reading in `text`, as `context.plain` made it."""
    for match in PASSPORT.finditer(text):
        yield from _passport(text, match)


def _passport(text: str, match: re.Match[str]) -> Iterator[Span]:
    """With its word it is one; beside a person too unless a thing's word is nearer; the present form also alone."""
    start, end = match.span()
    label, before = label_before(text, start), text[max(0, start - 40) : start].rpartition("\n")[2]
    if (
        label == "passport"
        or _LINE_BEFORE.search(text[max(0, start - 16) : start])
        or (label != "other" and "passport" in labels_before(text, start))
    ):
        yield Span(start, end, s.PASSPORT, 0.98, (s.FORM, s.LABEL))
        return
    said = label_right_before(text, start) in ("other", "some") or _HANDLED.search(before[-6:]) is not None
    if label == "other" or said or _THING_BEFORE.search(before) or _THING_BEHIND.match(text, end):
        return
    if thing_before(text, start):
        return
    if _beside_a_traveller(text, end, before):
        yield Span(start, end, s.PASSPORT, 0.75, (s.FORM, s.AFTER))
    elif match["gap"]:
        return
    elif match[0][-5].isalpha():
        yield Span(start, end, s.PASSPORT, 0.8, (s.FORM,))
    elif match[0][0] in "MSRmsr" and not text[:start].strip() and _NOTE.fullmatch(text, end):
        yield Span(start, end, s.PASSPORT, 0.55, (s.FORM,))  # a cell of its own: the column says what it is
    elif match[0][0] in "MSRmsr" and _near_a_person(before, text[end : end + 30].partition("\n")[0]):
        yield Span(start, end, s.PASSPORT, 0.55, (s.FORM,))


def _beside_a_traveller(text: str, end: int, before: str) -> bool:
    """A name from abroad or in Latin letters, or what only travellers and people from abroad have, touches it."""
    if _OF_A_TRAVELLER.match(text, end) or _NUMBER_BEFORE.search(before):
        return True
    korean = _KOREAN_BEFORE.search(before)
    if korean is not None and reads_as_name(korean["name"]):
        return True
    hangul = _HANGUL_BEFORE.search(before), _HANGUL_BEHIND.match(text, end)
    if any(_of_abroad(found["name"]) for found in hangul if found is not None):
        return True
    latin = _LATIN_BEFORE.search(before), _LATIN_BEHIND.match(text, end)
    return any(found is not None and _latin_name(found["name"]) for found in latin)


def _of_abroad(name: str) -> bool:
    words = name.split()
    return any(a in abroad.HANGUL and b in abroad.HANGUL and len(a + b) > 2 for a, b in pairwise(words))


def _latin_name(name: str) -> bool:
    return not any(word.strip(",").capitalize() in NOT_A_NAME for word in name.split())


def _near_a_person(before: str, after: str) -> bool:
    """In one line with a word for people from abroad or a journey, or with a number that only a person has."""
    return any(pattern.search(part) for pattern in (_ABROAD, _PERSONAL) for part in (before[-30:], after))
