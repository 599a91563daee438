"""Postal addresses: by road name (도로명주소) and by lot number (지번), and postal codes.

A place without a house number (`대구 수성구 범어동`) is a region, not an address: it says where, not who. So a
span here ends in a number, or in what stands behind it: building, block, floor, room.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import spans as s
from .beside import beside_a_record
from .context import label_before
from .districts import NO_DISTRICTS, known_end
from .givens import POPULAR
from .names import reads_as_name
from .spans import Span

_REGION = (
    r"(?:서울(?:특별시|시)?|(?:부산|대구|인천|광주|대전|울산)(?:광역시|시)?|세종(?:특별자치시|시)?|경기(?:도)?|"
    r"강원(?:특별자치도|도)?|충청[남북]도|전라[남북]도|전북특별자치도|경상[남북]도|제주(?:특별자치도|도)?|충[남북]|전[남북]|경[남북])"
)
_DISTRICT = r"(?:[가-힣]{1,4}(?:시|군|구))"
_TOWN = r"(?:[가-힣]{1,5}(?:로|동)\d{1,2}가|[가-힣]{1,5}\d{0,2}(?:읍|면|동|리|가))"
_ROAD = r"(?:(?!\d{2,3}로 ?\d{4}(?!\d))[가-힣A-Za-z0-9·.]{1,12}(?:대로|로|길)(?: ?\d{1,4}(?:[가-힣]?[번가나다라마바]?길))?(?: ?[가-하]길)?)"
_HOUSE = r"(?:지하 ?)?\d{1,5}(?:-\d{1,4})?(?:번지|번(?![가-힣]))?(?!\d|[-.]\d|,\d{3}|가(?: ?\d|[ ,]))"
_LOT = r"(?:산 ?)?\d{1,4}(?:-\d{1,4})?(?:번지(?: ?\d{1,3}호)?)?(?!\d|[-.]\d|,\d{3}|가(?: ?\d|[ ,]))"
_BRACKET = (
    r"(?:,? ?\((?=[^)\n]*[가-힣A-Za-z])(?! ?(?:우|[가-힣]{1,3}번|(?i:zip|post|tel|hp|fax))[^)\n]{0,9}\d{3})(?![가-힣]{0,6}(?:자|인|님|씨|분|담당|경비)\))"
    r"(?![^)\n]*\d{2,4}-\d{3,4}-\d{4})[가-힣0-9A-Za-z·, -]{2,30}\))?"
)
_DETAIL = (
    rf"{_BRACKET}"
    r"(?:(?:,? ?(?![가-힣]*(?:니다|데요|에요|요|음|임)(?![가-힣]))[가-힣A-Za-z0-9]{1,14})?(?:,? ?(?:제 ?)?(?:\d{1,4}|[A-Za-z]\d{0,2}|[가-하]|상가|관리|별관?|본관?|신관?|주거|업무|근린생활|기숙사)동(?= ?[\dA-Z])|,? ?(?:지하 ?|B)?\d{1,3}층|,? ?(?:제 ?)?[A-Za-z]?\d{1,4}호)"
    r"(?:,? ?(?:지하 ?|B)?\d{1,3}층)?(?:,? ?(?:제 ?)?[A-Za-z]?\d{1,4}호)?)?"
    r"(?:, ?\d{1,4}-\d{1,4}(?![-\d])| 1\d\d-\d{4}(?![-\d])| [가-힣]{2,12}(?<!번호)(?<!우편) 1\d\d-\d{3,4}(?![-\d]))?"
    rf"{_BRACKET}"
)
_ADMIN = rf"(?:{_REGION}(?:,? ?{_DISTRICT}){{0,2}}|{_DISTRICT}(?: {_DISTRICT})?)"
_FIELD = r"주소지?|소재지|배송지|거주지|수령지|방문지|회수처|하차지|상차지|자택"
_HERE = rf"(?:(?<![가-힣])|(?<=주소)(?![지는가])|(?<=주소는)|(?<=주소가)|(?<=장소는)|(?<=집은)|(?<=지금은)|(?<=예전에는)|(?<=이고요)|(?<=주소지)|(?<=수거지)|(?<=장지)|(?<=본점)|(?<=분점)|(?<=약도)|(?<=도착지)|(?<=출발지)|(?<=사업장)|(?<=하차지)|(?<=상차지)|(?<=발송)|(?<=소재지)|(?<=배송지)|(?<=거주지)|(?<=방문지)|(?<=회수처)|(?<=현장)|(?<=토지)|(?<=본적)|(?<=집이)|(?<=착불)|(?<=소유))(?!{_FIELD})"
"""Where an address may begin: not inside a word, but a field's name may touch it (주소남구 ...)."""
_FULL = re.compile(
    rf"{_HERE}(?P<admin>{_ADMIN}) ?(?:{_TOWN} ){{0,2}}(?:(?P<road>{_ROAD}) ?{_HOUSE}|(?P<town>{_TOWN}) ?(?:{_TOWN} ?)?{_LOT}){_DETAIL}"
)
_BARE_ROAD = re.compile(
    rf"{_HERE}(?<![0-9A-Za-z])(?:[가-힣]{{1,4}}[읍면] )?(?P<road>(?P<stem>[가-힣]{{2,8}}|\d?[가-힣]{{2,8}}\d{{1,2}}|\d[가-힣]{{2,8}}\d?)(?:(?:대로|로)(?: ?\d{{1,4}}(?:[가-힣]?[번가나다라]?길))|대로|길|로)) ?(?P<house>{_HOUSE}){_DETAIL}"
)
_BARE_LOT = re.compile(
    rf"{_HERE}(?:[가-힣]{{1,4}}[읍면] (?=[가-힣]{{1,4}}동 ))?(?P<town>[가-힣]{{1,4}}(?:로|동)\d{{1,2}}가|[가-힣]{{1,4}}\d{{0,2}}(?:동|리|[읍면] [가-힣]{{1,4}}리)) (?P<lot>{_LOT})(?P<detail>{_DETAIL})"
)
_COMPLEX = re.compile(
    r"(?<![가-힣0-9A-Za-z])(?=[가-힣]{3}|[0-9A-Za-z]*[가-힣]+(?:아파트|빌라|타운|맨션|차|단지))(?P<complex>[가-힣A-Za-z0-9]{2,15}(?:아파트|빌라|오피스텔|맨션|타운|APT|주공|자이|래미안|푸르지오|힐스테이트|아이파크|더샵|롯데캐슬|e편한세상|센트럴)?),? ?\d{1,4}동 ?\d{1,4}호"
)
_NO_ROAD = frozenset(
    ["그", "이", "저", "제", "반", "별", "마음", "도", "새", "서", "실제", "바", "주", "추가", "임의", "수시", "정상", "상대", "개별", "기준", "최대", "최소", "차례", "순서", "예정", "약속", "계획", "원래", "진짜", "참", "고", "앞", "뒤", "평균", "총합", "합계", "그런대", "이런대", "유료", "무료", "진료", "완료", "종료", "선로", "도로", "통로", "경로", "세로", "가로", "회로", "항로", "활주로", "용광로", "전기로", "전화번호", "번호", "처음으", "앞으", "뒤", "결과적으", "전체적으", "으", "하루", "피해", "과", "산업용", "하수도", "차", "철", "육", "해", "수", "진", "대", "급", "등하굣", "등굣", "귀갓", "퇴근", "출근", "하교", "눈", "빗", "밤", "갓", "손", "발", "지름", "오솔", "골목", "언덕", "자갈", "흙"]
)  # fmt: skip
_COUNTERS = re.compile(
    r"(?:개|명|건|회|번째|번 ?이상|시간?|분|초|일|월|년|주|달|세|살|원|만|억|천|백|%|퍼|도(?!착)|km|m|cm|kg|mg|ml|L|대|장|차로?|차선|팀|조|위|점|배|"
    r"단계|등급|인(?=[ ,.)]|$)|곳|가지|박|호선|종|급|척|마리|그램|리터|미터)|"
    r" (?:개|명|건|회|시간|분|초|원|km|m|cm|kg|mg|ml|L|%|퍼센트|mm|rpm|bar|℃)(?![가-힣A-Za-z])",
    re.IGNORECASE,
)
_PLACES = (
    r"주소지?|거주지?|번지|점포|토지|약도|집이|집|자택|댁|배송지?|수령지|도착지?|출발지?|소재지?|본적|등록기준지|주거지|현주소|하차지|상차지|배달지?|택배|"
    r"보내실 ?곳|근무지|숙소|본점|분점|지점|매장|가게|현장|설치 ?(?:주소|장소|처)|사는 ?곳|장지|묘소|농지|전답|임야|대지|부지|물건지|매물|사업장|공장|본사|지사|창고|"
    r"이사 ?[전후]|신규 ?설치|착불|선불|등기|수거지?|회수처?|회수지|반품지?|사택|관사|담보물|도로명|실거주지|직거래|문고리 ?거래|(?:지금|현재|이전|예전)(?:은|에는)|면담지|전입 ?(?:세대)?|약속 ?장소|만날 ?곳|받는 ?곳|보내는 ?곳|받을 ?곳|주신 ?곳|출장지|납품지|인도지|반송|발송|송달|신고|출동|경작|방문지?|목적지|대상지|사고 ?(?:장소|지점|위치)|위치|장소|오시는 ?길|공업사|정비소|영업소|사무실|건물|상가|전입|전출|이사|입주|address"
)
_AT_HOME = re.compile(
    rf"(?:{_PLACES})(?:은|는|이|가|를|을|로는|좀요?|:|=|-|>|→|\||\)|\]| )*(?:\(?\[?\d{{5}}[)\]]? ?)?$",
    re.IGNORECASE,
)
_GLUED_FIELD = re.compile(rf"[가-힣]{{0,3}}?(?:{_PLACES})는?(?=[가-힣])")
"""A word for a place that is written together with what follows it (수거지중구 충정로 225)."""
_LIVED_AT = re.compile(
    r"(?:번지)?(?:에 (?:사시는|사셔|사세요|살)|에서? (?:사는|살|거주|위치|소재|있는)|(?:으로|로) ?(?:발송|배송|배달|보내|이사|전입|방문|부쳐|와|오)|"
    r" ?(?:소재|거주|지상|안쪽|위치한)(?![가-힣]{3})| (?:앞|인근|부근|옆|맞은편|뒤|건너편|일대|일원|지하|지상|외 ?\d필지|상 |대지|임야|토지|건물|상가|주택|창고|공장|점포|단독|다세대|다가구)(?:[ ,.]|$|[가-힣]))"
)
_AFTER_POSTAL = re.compile(
    r"(?:[(\[](?:\d{5}|\d{3}-\d{3})[)\]]|우[\d)편번호물가는은: -]{0,8}(?:\d{5}|\d{3}-\d{3})(?:이고요?)?|(?<![\d-])(?:0[1-9]|[1-5]\d|6[0-3])\d{3})[ ,/|:\n]{0,3}$"
)
_POSTAL = re.compile(
    r"(?<![0-9A-Za-z.-])(?P<open>[(\[]?)(?P<code>\d{5}|\d{3}-\d{3})(?![0-9-]|\.\d|,\d{3})[)\]]?"
)
_DRAWN = re.compile(r"(?:0[1-9]|[1-5]\d|6[0-3])\d{3}|\d{3}-\d{3}")
"""Codes that exist: 01000 to 63644 (Korea Post, since August 2015), and the six digits before."""
_NUMBERED = re.compile(r"[로길동리가읍면] ?(?:산 ?|지하 ?)?\d|번길|번지")
"""What every address has somewhere; most texts have not."""


def addresses(text: str) -> Iterator[Span]:
    """Every reading of an address in `text`, as `context.plain` made it."""
    if not _NUMBERED.search(text):
        return
    for pattern, read in (
        (_FULL, _with_region),
        (_BARE_ROAD, _by_road),
        (_BARE_LOT, _by_lot),
        (_COMPLEX, _by_complex),
    ):
        for match in pattern.finditer(text):
            span = read(text, match)
            if span is not None:
                yield span


def _with_region(text: str, match: re.Match[str]) -> Span | None:
    """경기도 수원시 팔달구 효원로 1: the region says that it is one."""
    admin, part = match["admin"], match["road"] or match["town"]
    if match["road"] and match["road"][:-1] in _NO_ROAD:
        return None
    if _counted(text, match) and not (text[match.end()] == " " and admin[-1] in "시군구"):
        return None
    sure = admin[-1] in "시군구도" or len(admin.split()) > 1 or len(part) > 2
    first = admin.split()[0]
    start = match.start() + known_end(first)
    if first in NO_DISTRICTS:
        start += len(first) + 1
    start = _without_field(text, start, match.end())
    end = _without_person(text, match.start(), match.end())
    return Span(start, end, s.ADDRESS, 0.95 if sure else 0.7, (s.REGION, s.FORM))


def _by_road(text: str, match: re.Match[str]) -> Span | None:
    """효원로 12: many words end in 로 and 길, so a word for a place, a detail or a record beside it must say so."""
    road, stem, house = match["road"], match["stem"], match["house"]
    if stem in _NO_ROAD or stem[-1] == "으" or _counted(text, match):  # 요청으로: a particle
        return None
    start = _without_field(text, match.start(), match.end())
    at_home = (
        start > match.start()
        or _is_lived_at(text, match)
        or (
            (len(stem) > 2 or match[0][-2:].isdigit())
            and beside_a_record(text, match.start(), match.end()) >= 0.9
        )
    )
    if not at_home:
        detailed = (
            match.end() > match.end("house")
            or "-" in house
            or house.endswith("번지")
            or _behind_a_code(text, match)
            or _CODE_AFTER.match(text, match.end()) is not None
        )
        plain_road = road.endswith("로") and not road.endswith("대로")
        if plain_road and not detailed and not _alone(text, match):
            return None
        if road.endswith("길") and len(stem) < 2 and not any(c.isdigit() for c in road):
            return None
    end = _without_person(text, match.start(), match.end())
    return Span(start, end, s.ADDRESS, 0.9 if at_home else 0.75, (s.FORM,))


def _by_lot(text: str, match: re.Match[str]) -> Span | None:
    """범어동 12-3: 동 is a building's number too, and 리 ends many words."""
    if _counted(text, match):
        return None
    town, lot, detail = match["town"], match["lot"], match["detail"]
    start = _without_field(text, match.start(), match.end())
    at_home = start > match.start() or _at_home(text, match.start())
    formed = (
        "번지" in lot
        or ("-" in lot and (town[2:].endswith("동") or town in _SHORT_TOWNS))
        or detail.endswith(("층", "호"))
        or (detail.startswith(",") and detail[-1:].isdigit())
        or " " in town
        or town[-2].isdigit()
    )
    if not (
        at_home or formed or _behind_a_code(text, match) or _alone(text, match) or _is_lived_at(text, match)
    ):
        return None
    end = _without_person(text, match.start(), match.end())
    return Span(start, end, s.ADDRESS, 0.85 if at_home else 0.75, (s.FORM,))


def _by_complex(text: str, match: re.Match[str]) -> Span | None:
    """한빛마을 101동 1203호, without a road or a lot."""
    if _NO_COMPLEX.match(text, match.start()) or (
        not _BUILT.search(match["complex"]) and reads_as_name(match["complex"])
    ):
        return None
    return Span(match.start(), match.end(), s.ADDRESS, 0.75, (s.FORM,))


def _is_lived_at(text: str, match: re.Match[str]) -> bool:
    return _at_home(text, match.start()) or _LIVED_AT.match(text, match.end()) is not None


def _behind_a_code(text: str, match: re.Match[str]) -> bool:
    start = match.start()
    return _AFTER_POSTAL.search(text, max(0, start - 32), start) is not None


_SHORT_TOWNS = frozenset(
    f"{name}동" for name in "중상하서남북본신월목묵길명창번우좌외내원항율평갈금고".strip()
)
_LINE_OPENS = re.compile(r"(?:^|\n|[/|\t>→•] ?)$")
_LINE_CLOSES = re.compile(r" ?(?:$|\n|[/|\t→])")


def _alone(text: str, match: re.Match[str]) -> bool:
    """A line or a cell of its own, with two digits or more."""
    return (
        match[0][-2:].isdigit()
        and _LINE_OPENS.search(text[max(0, match.start() - 2) : match.start()]) is not None
        and _LINE_CLOSES.match(text, match.end()) is not None
    )


_PERSON_BEHIND = re.compile(r",? ?\((?P<name>[가-힣]{2,4})(?:님|씨)?\)")
_NO_PERSON = frozenset("동리가읍면로길")
_BUILT = re.compile(r"(?:아파트|빌라|오피스텔|맨션|타운|APT|주공|자이|래미안|푸르지오|차|단지)$")
_NO_COMPLEX = re.compile(
    r"(?:건너|맞은|반대)편|[가-힣]*(?:니다|[가-힣][요음함됨임중솔]|주심|하심|으로|에서|수리|처리|접수|신고|확인|방문|요청|안내|교체)[,]? ?\d"
)


def _without_person(text: str, start: int, end: int) -> int:
    """Where the address ends if somebody in brackets stands behind it: a bracket of an address holds a dong or a building."""
    for match in _PERSON_BEHIND.finditer(text, start, end):
        name = match["name"]
        if reads_as_name(name) and (name[-1] not in _NO_PERSON or name[1:] in POPULAR):
            return match.start()
    return end


def _without_field(text: str, start: int, end: int) -> int:
    """Where the address begins if a word for a place stands before it without a space; `start` where none does."""
    field = _GLUED_FIELD.match(text, start, end)
    if field is None:
        return start
    rest = text[field.end() : end]
    whole = any(pattern.match(rest) is not None for pattern in (_FULL, _BARE_ROAD, _BARE_LOT))
    return field.end() if whole else start


def _counted(text: str, match: re.Match[str]) -> bool:
    return text[match.end() - 1].isdigit() and _COUNTERS.match(text, match.end()) is not None


def _at_home(text: str, start: int) -> bool:
    return _AT_HOME.search(text[max(0, start - 24) : start]) is not None


def postal_codes(text: str) -> Iterator[Span]:
    """Five digits after 우편번호, or in brackets before an address; the six digits to 2015 after the word."""
    for match in _POSTAL.finditer(text):
        start, end = match.span("code")
        label = label_before(text, start, 14)
        touched = "가" <= text[start - 1 : start] <= "힣"
        if (
            label == "postal" or _LINE_BEFORE.search(text[max(0, start - 16) : start])
        ) and not _IS_ELSE.match(text, match.end()):
            yield Span(start, end, s.POSTAL, 0.95, (s.FORM, s.LABEL))
        elif not match["open"] and not _DRAWN.fullmatch(match["code"]):
            continue
        elif (
            (_SAID_BEHIND.match(text, match.end()) and label in ("", "phone"))
            or _AREA_BEHIND.match(text, match.end())
            or _begins_an_address(
                text[match.end() : match.end() + 60].lstrip(" ,/|:\n"),
                sure=touched or ("-" in match["code"] and not match["open"]),
            )
        ):
            yield Span(start, end, s.POSTAL, 0.9, (s.FORM, s.AFTER))


def _begins_an_address(text: str, *, sure: bool) -> bool:
    """`sure`: with its region, for three and three digits are many other things."""
    if sure:
        return _FULL.match(text) is not None
    return any(pattern.match(text) is not None for pattern in (_FULL, _BARE_ROAD, _BARE_LOT))


_LINE_BEFORE = re.compile(r"(?:^|\n) ?(?:우편 ?번호|우편|zip(?: ?code)?) ?:?\n *$", re.IGNORECASE)
_IS_ELSE = re.compile(r" ?(?:원|개|매|대|건|회|kg|EA|명|통)(?![가-힣])")
_SAID_BEHIND = re.compile(
    r" ?\(? ?(?:이|가|은|는|번|이라는|라는|도|\))? ?(?:새 ?|옛 ?|구 ?|신 ?|제 ?|우리 ?)?(?:우편 ?번호|우번)(?!(?:은|는|이|가)?[ :=(]{0,3}\d)"
)
"""What says it behind: 06236이 우편번호 맞죠; not the word for the number that follows."""
_AREA_BEHIND = re.compile(r" ?(?:지역|구역)(?:은|는|이|가|으로| )")
_DRAWN_CODE = r"(?:0[1-9]|[1-5]\d|6[0-3])\d{3}|\d{3}-\d{3}"
_BUILDING = r"[가-힣A-Za-z0-9]{0,10}(?:타운|아파트|빌라|관|동|층|호|호기|채|빌|맨션|건너편|맞은편|앞|옆|연립|센터|단지|주택|상가|오피스텔|타워|파크|캐슬|자이|마을|빌딩|학교|병원|공장|창고)"
_CODE_AFTER = re.compile(
    r"(?:,? ?(?![가-힣]*[다요음함](?![가-힣]))[가-힣A-Za-z0-9]{2,12}(?= ?[가-힣A-Za-z0-9]{0,8} ?[(\[]?\d{3})){0,2}(?: ?\d{1,3}(?:호기|호|동|층)){0,2}[ ,]{0,2}"
    r"(?:[(\[] ?(?P<code>\d{5}|\d{3}-\d{3}) ?[)\]]|우\)? ?:? ?(?P<other>\d{5})(?!\d))"
    rf"|(?: ?{_BUILDING}){{0,2}}(?:[ ,;]{{1,2}}| ?[/|\n] ?| - )(?P<bare>{_DRAWN_CODE})(?=$|[ \n./),|](?!\d)|입니다|이고|이에요|예요)"
    r"(?! ?(?:원|개|매|대|건|회|kg|EA|명|㎡|평|번|호|세대|km|m))"
)


def code_after(text: str, end: int) -> Iterator[Span]:
    """The postal code behind an address that ends at `end`."""
    match = _CODE_AFTER.match(text, end)
    if match is not None:
        yield Span(*match.span(match.lastgroup or "code"), s.POSTAL, 0.9, (s.FORM, s.AFTER))
