"""What stands around a number, and one-to-one normalisation.

Full-width digits, the many dashes and odd spaces become the plain ones, character for character, so that a
place in the normalised text is the same place in the text as it came.
"""

from __future__ import annotations

import re

_DASHES = "‐‑‒–—―−－ー˗﹣"
_SPACES = "\u00a0\u2002\u2003\u2009\u200a\u202f\u3000\t"
_PLAIN = (
    {0xFF01 + i: 0x21 + i for i in range(94)}
    | {ord(c): "-" for c in _DASHES}
    | {ord(c): " " for c in _SPACES}
    | {ord("："): ":", ord("＠"): "@", ord("．"): ".", ord("·"): "·"}
    | {ord(c): "·" for c in "ㆍ․・‧∙"}
)


def plain(text: str) -> str:
    """`text` with look-alikes replaced, of the same length."""
    return text if text.isascii() else text.translate(_PLAIN)


_LABELS: tuple[tuple[str, str], ...] = (
    ("resident", r"주민(?:등록)?(?:번호|no)?|주민등록상|민증|주민증|신분증|본인\s?확인|뒷\s?자리(?:까지|는|도)?|rrn|jumin|resident"),
    ("foreigner", r"외국?인?\s?등록\s?번호|외국인?\s?등?록?\s?(?:번호|no)|외국인\s?등록증?|체류자격|외국인\s?신분증|거소신고번호|등록외국인|외등번호|alien|비자|\barc\b"),
    ("corporate", r"법인\s?(?:등록|등기)?\s?번호|법인(?!카드|세|차|통장|계좌|폰|명의)|법인\s?no|등기(?:사항|부|소)"),
    ("business", r"사업자\s?(?:등록)?\s?(?:번호|증|no)?|사업자번|사업자등록|biz\.?\s?(?:reg\.?\s?)?no|등록업체번호|business\s?(?:no|number)|brn"),
    (
        "firm",
        r"거래처|(?:저희|우리|업체|회사|가게|사업장|과세|납세)\s?번호|매출처|매입처|공급자|공급받는\s?자|발행처|세무서|세금계산서|현금영수증|지출증빙|업체|납품처|협력사|수탁자|주식회사|㈜|\(주\)|상호|"
        r"[가-힣]{1,8}(?:정밀|공업|산업|상사|물산|테크|전자|전기|기계|기전|금속|화학|케미칼|케미컬|제약|식품|푸드|물류|유통|건설|개발|엔지니어링|이엔지|"
        r"솔루션즈?|시스템|소프트|센서|펌프|목재|제지|제분|섬유|철강|오토|모터스|메디칼|바이오|에너지|사무소|법인|상회|상점|약국|의원|병원|학원|마트|"
        r"협회|조합|재단|공사|공단|코리아|산업사|테크놀로지|로지스틱스|플라스틱|화장품|패키지|볼트)(?=[ (/:,]{1,3}$)",
    ),
    ("licence", r"운전면허(?:증|번호|증번호)?|면허(?:번호|증)?|[12] ?종 ?(?:대형|보통|특수|소형|자동)|driver"),
    ("passport", r"여권(?:\s?번호|\s?no)?|passport|psprt|pspt|psp[ _]?no|pp\s?no|입국|출국"),
    (
        "account",
        r"계좌(?:번호)?|통장|(?<!법인 )명의(?=[ :]{0,2}$)|(?:출금|반환|환급|지급처?|수납|납입|정산금|급여|보증금|회비)(?=[ :]{1,3}$)|입금처|카뱅|토뱅|케뱅|기은|국은|저축은행|예금계좌|가상계좌|입금|송금|이체|환불|예금|은행|뱅크|농협|수협|신협|새마을금고|우체국|케이뱅크|sc제일|account|acct|"
        r"(?:신한|국민|하나|우리|카카오|(?<![가-힣])(?:기업|토스|부산|대구|광주|전북|경남|제주|씨티|산업)|(?<![A-Za-z])(?:im|kb|nh|ibk|sc))(?=[ :)]{0,2}$)",
    ),
    ("card", r"카드(?:번호)?|신용카드|체크카드|card|비씨|현대카드|삼성카드|결제수단"),
    ("imei", r"imei|단말기\s?(?:고유|식별)?번호|기기\s?식별번호"),
    (
        "phone",
        r"전화(?:번호)?|연락처|연락|휴대폰|휴대전화|핸드폰|폰번호|폰|번호로|통화|문자|팩스|fax|tel|mobile|phone|hp|h\.p|"
        r"c\.p|call|콜센터|고객센터|대표번호|대표전화|내선|직통|비상연락망|☎|☏|📞|✆|㉠",
    ),
    ("postal", r"우?편\s?번호|우[가-힣]{0,2}번호|우편|zip\s?code|post\s?code|우\)|\(우|우:|〒|우번|zip|postal"),
    ("birth", r"생년월일|생일|출생(?:일|년월일)?|생년|dob|birth|태어난\s?날"),
    ("plate", r"차량(?:번호)?|차번호|차량등록번호|번호판|자동차|승용차|화물차|트럭|택시|차종|견인|운구|렌트|리스|탑차|사다리차|봉고|버스|오토바이|스쿠터|과태료|주정차|차주|배차|(?<![가-힣])차(?:가|는|를|도)?(?= ?$)|주차|등록번호판|주차|차주"),
    (
        "other",
        r"(?:주문|접수|예약|청구|승인|거래|사건|계약|증권|민원|신고|견적|발주|관리|일련|문서|인증|허가|특허|등기|차트|자산|"
        r"도면|송장|운송장|검체|설비|제품|품목|부품|모델|전표|출입증|회원권|티켓|확인|결재|공고|입찰|시료|배치|작업)\s?(?:번호|코드|no)|"
        r"주문서|작업지시서?|송장|운송장|견적서?|품번|모델(?:명)?|제품|부품(?!상|사)|시리얼|코드|티켓|바코드|로트|lot|s/n|\bsn\b|p/o|\bpo\b|invoice|order|"
        r"청구서|인보이스|전표|발주(?!자|처|인|기관)|batch|serial|model|item|tracking|수량|금액|좌표|버전|규격|재고|사번|학번|글번호|isbn|호기|출입카드|자재",
    ),
    ("registered", r"등록(?:증)?\s?번호|등록증|고유\s?번호"),
)  # fmt: skip
_LABEL = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _LABELS), re.IGNORECASE)
_ANY_NUMBER = re.compile(r"[가-힣]{2,6}번호(?!판|로)|(?:주문|발주|출고|품의|성적서|문서)(?=[ :]*$)")
"""A number of something that no class knows (성적번호), and nouns of the office directly before a number."""
_STOPS = re.compile(
    r"[\n\r。!]|(?<!번호)(?<!번호요)(?<!번호가)(?<!번호는)\?|\d{4,}|다\.|요\.|[.;,] (?=[가-힣]{2,6}(?:번호)?[:은는])|(?<=[가-힣)])[.] | / "
)
WINDOW = 26


def label_before(text: str, start: int, window: int = WINDOW) -> str:
    """The class of the word nearest before `start` that names a kind of number; "" where none does.

    The end of a sentence or another number ends the view: `주문 20240501, 010-...` is not an order's number. A
    "number of" something that no class knows is "some".
    """
    seen = _in_view(text, start, window)
    found, end = "", -1
    for match in _LABEL.finditer(seen):
        found, end = match.lastgroup or "", match.end()
    for match in _ANY_NUMBER.finditer(seen) if "번호" in seen or not found else ():
        if match.start() >= end and not _LABEL.search(match[0]):
            found, end = "some", match.end()
    if not found:
        first = first_of_list(text, start)
        return label_before(text, first, window) if first < start else ""
    return found


_NUMBER = re.compile(r"[0-9]+(?:(?:[-.]| - )[0-9]+)*")
_LISTED = re.compile(
    r"(?<![0-9A-Za-z.-])(?P<number>[0-9]+(?:(?:[-.]| - )[0-9]+)*)(?: ?\([가-힣 ]{1,5}\))?"
    r"(?:(?:,? ?(?:아니면|혹은|또는|아니고|말고|이나|인지|인가요?|이?에요|예요|이?야|이?냐|(?i:or|vs))[ ,?]{0,2}|(?:이거나|거나) ?)"
    r"| ?(?:,|/|·|및|~|;|→|->|>|와|과|하고|이랑|랑|에서|이고|(?i:and))[ \n]?(?:그리고 |또 )?)(?:이 |저 |\()?$"
)
_LONGEST_LIST = 20
_SAME = dict.fromkeys(map(ord, "0123456789"), "0")


def first_of_list(text: str, start: int) -> int:
    """Where the first number stands of the list that the one at `start` goes on; `start` where it goes on none.

    A word before a list is for all of it (우편번호 51458 아니면 45118). Numbers are of one list if they have the same
    groups and only `,`, 또는 and the like stand between them.
    """
    number = _NUMBER.match(text, start)
    if number is None:
        return start
    shape = number[0].translate(_SAME)
    for _ in range(_LONGEST_LIST):
        before = _LISTED.search(text, max(0, start - 40), start)
        if before is None or before["number"].translate(_SAME) != shape:
            break
        start = before.start("number")
    return start


def labels_before(text: str, start: int, window: int = WINDOW) -> frozenset[str]:
    """All such classes in view."""
    return frozenset(match.lastgroup or "" for match in _LABEL.finditer(_in_view(text, start, window)))


_JUST_BEFORE = re.compile(
    r"(?:번호|no)?(?:은|는|이|가|을|를|도|만|로|요)?[ :=?()\[\]|,.-]{0,3}", re.IGNORECASE
)


def label_right_before(text: str, start: int) -> str:
    """As `label_before`, but nothing except a particle and a mark or two stands between the word and `start`."""
    seen = _in_view(text, start, 14)
    found = ""
    for pattern in (_LABEL, _ANY_NUMBER):
        for match in pattern.finditer(seen):
            if _JUST_BEFORE.fullmatch(seen, match.end()):
                found = found or match.lastgroup or "some"
    return found


def _in_view(text: str, start: int, window: int) -> str:
    seen = text[max(0, start - window) : start]
    for stop in _STOPS.finditer(seen):
        seen = " " * stop.end() + seen[stop.end() :]
    return seen


_GROUPED = re.compile(r"\d[- .)]+\d")


def stands_alone(text: str, start: int, end: int) -> bool:
    """Not the inside of a longer number, code or decimal: what touches it is neither digit nor Latin letter."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before and before[-1].isascii() and (before[-1].isalnum() or before[-1] in "_$"):
        return False
    if before.endswith("#") and not _GROUPED.search(text, start, end):
        return False  # the number of a ticket
    if len(before) == 2 and before[1] in "-._/" and before[0].isascii() and before[0].isalnum():
        return (before[1] == "." and before[0] == "P") or (
            before[1] == "/" and before[0].isalpha()
        )  # H.P.010-...
    if after and after[0].isascii() and (after[0].isalnum() or after[0] == "_"):
        return False
    return not (len(after) == 2 and after[0] in "-." and after[1].isascii() and after[1].isalnum())
