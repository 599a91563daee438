"""Identifiers with letters in them: e-mail, passport, plate, network addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..columns.korean import PLATE_REGIONS, PLATE_SYLLABLES
from . import spans as s
from .context import label_before, label_right_before, labels_before, stands_alone
from .passports import passports
from .spans import Span
from .things import thing_before

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}(?:@| ?[(\[] ?(?:at|골뱅이) ?[)\]] ?)"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_PLATE = re.compile(
    rf"(?P<region>(?:{PLATE_REGIONS}) ?\d{{1,2}} ?[{PLATE_SYLLABLES}차카타파육공해국합] ?\d{{4}})(?!\d)"
    rf"|(?<![0-9])(?P<new>\d{{2,3}} ?[{PLATE_SYLLABLES}] ?-?\d{{4}})(?!\d)"
)
_COUNTED = re.compile(
    r"[A-Za-z]| ?(?:[억만천원명개건%대](?!기|[가-힣]{2})|,\d{3}|\.\d|판결|선고|결정|사건|전원합의체|호(?![가-힣])|-\d)"
)
_COURT = re.compile(r"(?:대법원|대판|판례|사건번호|사건|선고|법원|고법|지법|헌재|(?<![가-힣])제)[ :]*$")
_A_COUNT = re.compile(r" (?:[만천원명개건%대]|호)(?![가-힣])")
_JUDGED = re.compile(r" (?:판결|선고|결정|사건|전원합의체|억)(?![가-힣]{2})")
_LOOSE = frozenset("조주호구도")
"""Syllables that count something (조, 주, 호): with a space they must not stand among other counts."""
_MEASURED = re.compile(
    r" ?(?:[년월일시분초면평쪽점도부권장병포쌍두칸석박]|시간|호실|세대|가구|페이지|그램|킬로|미터|리터|[㎡℃%~×/])(?![가-힣]{2})|[.,:]\d| ?[-~] ?\d"
)
_MEASURES = re.compile(
    r"(?:제|약|총|최대|최소|최고|최저|영하|영상|기온|온도|임신|재태|법률|조례|규칙|고시|공고|각도|경도|위도|예산|\d) ?$"
)
_TRAFFIC = re.compile(
    r"[ ,)]{1,2}(?:건 (?:과태료|접수|사고|보험|견적|수리|위반|민원)|과태료|범칙금|이중|대차|대기|대리|대형|명의|타이어|라이트|전조등|원상|파손|사고|블랙박스|수리|도색|세차|차 |차주|렌터?카|개인택시|경차|"
    r"그랜저|쏘나타|소나타|아반떼|쏘렌토|카니발|모닝|레이|스파크|투싼|싼타페|포터|스타렉스|스타리아|팰리세이드|코나|셀토스|스포티지|제네시스|벤츠|아우디|테슬라|티볼리|렉스턴|말리부|캐스퍼|니로|아이오닉|볼보|"
    r"\(?(?:010|\+82)|견인|출차|입차|주차|운행|과속|긁힘|소유|주인|반납|정비|배차|사진|앞차|두 대|빼|으?로 갈|인식|신고|정지|접촉|상차|하차|출발|도착)"
    r"|으로 갈게|로 갈게|래요|이래요"
)
_TRAFFIC_BEFORE = re.compile(
    r"(?:그랜저|쏘나타|소나타|아반떼|쏘렌토|카니발|모닝|레이|스파크|투싼|싼타페|포터|스타렉스|스타리아|팰리세이드|코나|셀토스|스포티지|제네시스|벤츠|아우디|테슬라|티볼리|렉스턴|말리부|캐스퍼|니로|아이오닉|볼보|탁송|대리|상대|렌터카|카풀|입차|출차|과속|앞차|뒤차|회사차|덤프|주차위반|차가|차는|번호판|트럭|차) ?$"
)
_VEHICLE = re.compile(
    r" ?[)(,]? ?(?:차량|승용차?|화물|택시|트럭|버스|기사|운전|차주|번 차|윙바디|탑차|톤|\d톤)"
)
_BESIDE_A_NAME = re.compile(
    r"(?:^|[\n/.] ?|[가-힣]{3} |[가-힣] ?\d{4}, ?)[|]|[|](?: [가-힣]{3}(?![가-힣])|$|\n| ?/)"
)
_IP4 = re.compile(
    r"(?<![\d.])(?!127\.|0\.|255\.)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d]|\.\d)"
)
_IP6 = re.compile(
    r"(?<![0-9A-Fa-f:])(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
    r"|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}|(?:[0-9A-Fa-f]{1,4}:){2,7}:)(?![0-9A-Fa-f:])"
)
_MAC = re.compile(
    r"(?<![0-9A-Fa-f:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:-])"
)
_VERSION = re.compile(r"(?:버전|ver|version|v|v\.|펌웨어|firmware|규격|절|항|조항|섹션)\.? ?$", re.IGNORECASE)
_NUMBER_WORDS = re.compile(
    r"(?<![가-힣])[공영]일[공영일육칠팔구](?:에|[ ,-])*(?:[공영일이삼사오육칠팔구](?:에|[ ,-])*){7,8}(?=[가-힣 .,]|$)"
)


def marks(text: str) -> Iterator[Span]:
    """Every reading in `text`, as `context.plain` made it."""
    if "@" in text or "at" in text.lower() or "골뱅이" in text:
        for match in _EMAIL.finditer(text):
            yield Span(match.start(), match.end(), s.EMAIL, 0.99, (s.FORM,))
    if any(c.isdecimal() for c in text):
        yield from _with_digits(text)
    for match in _NUMBER_WORDS.finditer(text):
        yield Span(match.start(), match.end(), s.PHONE, 0.85, (s.FORM,))


def _with_digits(text: str) -> Iterator[Span]:
    yield from passports(text)
    for match in _PLATE.finditer(text):
        yield from _plate(text, match)
    for match in _IP4.finditer(text) if text.count(".") >= 3 else ():
        if not _VERSION.search(text[max(0, match.start() - 12) : match.start()]) and stands_alone(
            text, match.start(), match.end()
        ):
            yield Span(match.start(), match.end(), s.IP, 0.9, (s.FORM,))
    if text.count(":") >= 2 or text.count("-") >= 5:
        for pattern, type_ in ((_IP6, s.IP), (_MAC, s.MAC)):
            for match in pattern.finditer(text):
                yield Span(match.start(), match.end(), type_, 0.95, (s.FORM,))


def _plate(text: str, match: re.Match[str]) -> Iterator[Span]:
    start, end = match.start(), match.end()
    label = "plate" if "plate" in labels_before(text, start) else label_before(text, start)
    after, before = text[end : end + 8], text[max(0, start - 10) : start]
    spaced = " " in match[0] or "-" in match[0]
    syllable = next((c for c in match[0][2:] if "가" <= c <= "힣"), "")
    if _COURT.search(before):
        return
    if label != "plate" and _COUNTED.match(after):
        sure = match.lastgroup == "region" or syllable not in _LOOSE or _TRAFFIC.match(text, end)
        whole = not sure and _A_COUNT.match(after) is not None
        if not after.startswith(" ") or whole or _JUDGED.match(after):
            return  # behind a space such a letter begins another word (건 과태료, 대차, 원상복구)
    if before and before[-1].isascii() and (before[-1].isalnum() or before[-1] in "-."):
        return
    if match.lastgroup == "region":
        yield Span(start, end, s.PLATE, 0.97, (s.FORM, s.REGION))
        return
    bracketed = before.endswith("(") and after.startswith(")")
    traffic = _TRAFFIC.match(text, end) is not None or _TRAFFIC_BEFORE.search(before) is not None
    if label == "plate" or bracketed or traffic or _VEHICLE.match(text, end):
        yield Span(start, end, s.PLATE, 0.98, (s.FORM, s.LABEL))
    elif (label == "other" and label_right_before(text, start) == "other") or thing_before(
        text, start
    ) == "thing":
        return
    elif not (spaced and syllable in _LOOSE) or _BESIDE_A_NAME.search(before + "|" + after):
        yield Span(start, end, s.PLATE, 0.85, (s.FORM,))
    elif not _MEASURED.match(after) and not _MEASURES.search(before):
        yield Span(start, end, s.PLATE, 0.7, (s.FORM,))
