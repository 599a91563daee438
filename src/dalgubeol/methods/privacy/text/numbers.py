"""Numbers with a form, a check digit or a word before them.

A text is first cut into stretches of digits and what may join them; each rule then looks at these only. A rule
answers for one match: the type and the confidence, or nothing. Where forms coincide (six and seven digits are a
resident, a foreigner or a corporate number; a business number has an account's form) the check digits and the
nearest word before it decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..columns.korean import is_business_number, is_card_number, passes_luhn
from . import spans as s
from .accounts import account
from .context import label_before, label_right_before, labels_before, stands_alone
from .spans import Span, span_of
from .things import thing_before
from .thirteen import front, thirteen

_STRETCH = re.compile(r"[+(]{0,2}[0-9][0-9()\-. *xX●○/_~·]*[0-9*xX●○]")
_JOIN = r"(?: ?- ?|\. ?|[ _/~·])"

_NO_DIGIT = dict.fromkeys(map(ord, "+()-. *xX●○/_~·"))

_Rule = Callable[[str, "re.Match[str]"], "Span | None"]


def numbers(text: str) -> Iterator[Span]:
    """Every reading of every number in `text` (as `context.plain` made it); they may overlap."""
    for stretch in _STRETCH.finditer(text):
        digits = len(stretch[0].translate(_NO_DIGIT))
        for least, pattern, rule in _RULES:
            if digits < least:
                continue
            for match in pattern.finditer(text, stretch.start(), stretch.end()):
                if stands_alone(text, match.start(), match.end()) or rule is _phone:
                    found = rule(text, match)
                    if found is not None:
                        yield found


_PHONE_LABELS = re.compile(r"(?:^|[^A-Za-z])(?:tel|hp|h\.p|c\.p|m|t|f|p|fax|mobile|phone)\.?$", re.IGNORECASE)
_SOMEBODY_BEFORE = re.compile(r"(?:[가-힣]{3}|님|씨|[가-힣] [가-힣]{2}) ?[:/,]? ?$")
_YEARS = range(1000, 2101)
_OF_A_DOCUMENT = re.compile(r"(?<![가-힣])제 ?$")


def _phone(text: str, match: re.Match[str]) -> Span | None:
    """A bracket that opens before the number and closes behind it is no part of it: 홍길동(010-1234-5678)."""
    found = _phone_as_matched(text, match)
    if found is None or match[0].count("(") <= match[0].count(")"):
        return found
    return replace(found, start=found.start + len(match[0]) - len(match[0].lstrip("( ")))


def _phone_as_matched(text: str, match: re.Match[str]) -> Span | None:
    start, end = match.start(), match.end()
    touched = text[max(0, start - 8) : start]
    if not stands_alone(text, start, end):
        prefixed = _PHONE_LABELS.search(touched) is not None
        prefixed = prefixed or (
            touched.endswith("/") and match.lastgroup == "mobile" and not match[0].isdecimal()
        )
        if not prefixed or not stands_alone(" " + text[start : end + 2], 1, 1 + end - start):
            return None
    label = label_before(text, start)
    compact = match[0].isdecimal()
    if text[end : end + 1] == "호" or _OF_A_DOCUMENT.search(touched):
        return None  # the number of a document
    if label == "other" and label_before(text, start, 12) == "other":
        return None
    thing = "" if label == "phone" else thing_before(text, start)
    if thing == "thing" or (thing == "machine" and compact):
        return None
    mobile = match.lastgroup == "mobile"
    others = label in ("account", "card", "business", "corporate", "licence", "passport", "imei")
    if others and compact and (not mobile or label_right_before(text, start) == label):
        return None
    if match.lastgroup == "service":
        first, second = match["first"], int(match["second"])
        if label != "phone" and (
            int(first) in _YEARS and second in _YEARS and not first.endswith(("44", "66", "77", "88", "99"))
        ):
            return None
        if label not in ("phone", "") or (label == "" and " " in match[0]) or (label == "" and compact):
            return None
        return span_of(match, s.PHONE, 0.9, s.FORM, *([s.LABEL] if label else []))
    if match.lastgroup == "local":
        return span_of(match, s.PHONE, 0.8, s.LABEL) if label_before(text, start, 10) == "phone" else None
    if match.lastgroup == "landline" and compact and label != "phone":
        far = match[0][1] != "2" and match[0][3] not in "01"
        return (
            span_of(match, s.PHONE, 0.7, s.FORM)
            if label in ("", "some", "firm")
            and (far or _SOMEBODY_BEFORE.search(text[max(0, start - 6) : start]))
            and len(match[0]) >= 10
            else None
        )
    if label == "other":
        return span_of(match, s.PHONE, 0.6, s.FORM)
    return span_of(
        match, s.PHONE, 0.98 if label == "phone" else 0.93, s.FORM, *([s.LABEL] if label == "phone" else [])
    )


def _business(text: str, match: re.Match[str]) -> Span | None:
    labels = labels_before(text, match.start())
    label = label_before(text, match.start())
    holds = is_business_number(re.sub(r"\D", "", match[0]))
    if ("business" in labels or (label == "registered" and holds)) and label != "account":
        return span_of(match, s.BUSINESS, 0.99 if holds else 0.75, s.LABEL, *([s.CHECK] if holds else []))
    if not holds:
        return None
    if match[0].isdecimal():
        return _business_of_ten_digits(text, match, labels)
    near = label_before(text, match.start(), 8)
    label = label if label not in ("other", "phone") else near  # no phone is grouped 3-2-5
    if label == "other" or (near == "account" and label_right_before(text, match.start()) == "account"):
        return None
    if label != "firm" and thing_before(text, match.start(), strictly=True):
        return None
    return span_of(match, s.BUSINESS, 0.88, s.FORM, s.CHECK)


def _business_of_ten_digits(text: str, match: re.Match[str], labels: frozenset[str]) -> Span | None:
    """Ten digits whose check digit holds, as it does for one number of ten: what stands around them says the rest.

    Nobody gives an office or a kind of firm the number 0, and hardly any account has ten digits.
    """
    if match[0] < "101" or match[0][3:5] == "00" or _AMOUNT.match(text, match.end()):
        return None
    if thing_before(text, match.start(), strictly=True):
        return None
    label = label_before(text, match.start())
    firm = _is_of_a_firm(text, match, labels)
    said = label_right_before(text, match.start())
    if (label == "other" and not (firm and said != "other")) or (label == "some" == said and not firm):
        return None
    if label in _OTHER_TEN and said in _OTHER_TEN:
        return None
    if not firm and not _KOREAN.search(text, max(0, match.start() - 14), match.end() + 14):
        return None  # a clock or a key in a log
    return span_of(match, s.BUSINESS, 0.91 if firm else 0.88, s.FORM, s.CHECK)


_KOREAN = re.compile(r"[가-힣]")
_AMOUNT = re.compile(
    r" ?(?:원|개|건|명|회|매|대|톤|바이트|초)(?:을|를|이|가|은|는|에|도|씩|정)?(?![가-힣])| ?(?:EA|kg|byte|USD)"
)
_OTHER_TEN = frozenset({"account", "card", "resident", "foreigner", "phone", "imei", "licence", "passport"})


def _is_of_a_firm(text: str, match: re.Match[str], labels: frozenset[str]) -> bool:
    before = text[max(0, match.start() - 40) : match.start()]
    return (
        "firm" in labels
        or _FIRM_NEAR.search(before) is not None
        or _OF_A_FIRM.search(before[-12:]) is not None
        or _FIRM_AFTER.match(text, match.end()) is not None
        or label_before(text, match.start()) == "business"
    )


_FIRM_NEAR = re.compile(
    r"(?:거래처|업체|사업자?|상호|공급|세금|부가세|대표자?|계산서|법인|과세|영수증|㈜|\(주\)|주식회사)[^\n]*$"
)
_FIRM_AFTER = re.compile(
    r" ?(?:\([가-힣A-Za-z]{2,14}\)|폐업|휴업|단체|귀중|미수금|공급받는|대표|(?:[가-힣]{1,4} )?(?:세금)?계산서|(?:으?로 )?현금영수증|"
    r"지출증빙|(?:이|가)? ?사업자|(?:\(주\)|㈜|주식회사)|\d{6}-\d{7})"
)
_OF_A_FIRM = re.compile(r"[가-힣)] ?\($")


def _licence(text: str, match: re.Match[str]) -> Span | None:
    label = label_before(text, match.start())
    if label == "licence":
        return span_of(match, s.LICENCE, 0.98, s.FORM, s.LABEL)
    hyphens = len(_GAP.findall(match[0]))
    if hyphens in (0, 3) and (
        _DRIVES.match(text, match.end())
        or (label == "" and _DRIVER_BEFORE.search(text[max(0, match.start() - 24) : match.start()]))
    ):
        return span_of(match, s.LICENCE, 0.9, s.FORM, s.AFTER)
    if hyphens != 3 or (
        label in ("other", "some", "account", "phone")
        and label_right_before(text, match.start()) not in ("", "phone")
        and "licence" not in labels_before(text, match.start())
    ):
        return None
    return span_of(match, s.LICENCE, 0.88, s.FORM)


_GAP = re.compile(r"[- ]+")
_DRIVER_BEFORE = re.compile(r"(?:운전|기사|면허)[^\n\d]*$")
_DRIVES = re.compile(r"[ (,/]{0,2}(?:[12] ?종|대형|특수|면허|갱신|적성)")
_LICENCE_REGION = re.compile(
    r"(?:서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산)[ -]{0,2}\d{2}(?: ?- ?| )\d{6}(?: ?- ?| )\d{2}(?!\d)"
)


def regional_licences(text: str) -> Iterator[Span]:
    """The form to 2014, with the region in letters: 대구 04-123456-78."""
    for match in _LICENCE_REGION.finditer(text):
        if label_right_before(text, match.start()) not in ("account", "other"):
            yield span_of(match, s.LICENCE, 0.94, s.FORM, s.REGION)


def _card(text: str, match: re.Match[str]) -> Span | None:
    label = label_before(text, match.start())
    grouped = not match[0].isdecimal()
    label = "other" if label == "some" else label
    if is_card_number(match[0].replace(".", "-")):
        if (
            label == "other" and (not grouped or label_before(text, match.start(), 8) == "other")
        ) or label == "imei":
            return None
        if label != "card" and thing_before(text, match.start(), strictly=True) in ("thing", "machine"):
            return None
        return span_of(match, s.CARD, 0.98 if grouped or label == "card" else 0.85, s.FORM, s.CHECK)
    return span_of(match, s.CARD, 0.7, s.FORM, s.LABEL) if label == "card" else None


def _imei(text: str, match: re.Match[str]) -> Span | None:
    if label_before(text, match.start()) != "imei" or not passes_luhn(re.sub(r"\D", "", match[0])):
        return None
    return span_of(match, s.IMEI, 0.98, s.LABEL, s.CHECK)


def _birth(text: str, match: re.Match[str]) -> Span | None:
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31) or (len(match["year"]) == 4 and not 1890 <= year <= 2049):
        return None
    after = text[match.end() : match.end() + 6]
    if re.match(r" ?(?:\)|일)? ?(?:생(?!산|성|활|긴|겨|각)|출생)", after):
        return span_of(match, s.BIRTH, 0.9, s.AFTER)
    if label_before(text, match.start(), 14) == "birth":
        return span_of(match, s.BIRTH, 0.95, s.LABEL)
    return None


_BIRTH_DATE = re.compile(
    r"(?P<year>(?:1[89]|20)\d\d|\d\d) ?[-./년] ?(?P<month>\d{1,2}) ?[-./월] ?(?P<day>\d{1,2})(?: ?일|\.(?= |$))?(?!\d)"
)
_BIRTH_COMPACT = re.compile(r"(?P<year>(?:1[89]|20)\d\d|\d\d)(?P<month>\d\d)(?P<day>\d\d)(?!\d)")


def births(text: str) -> Iterator[Span]:
    """Dates that a word calls a birth."""
    for pattern in (_BIRTH_DATE, _BIRTH_COMPACT):
        for match in pattern.finditer(text):
            if stands_alone(text, match.start(), match.end()):
                found = _birth(text, match)
                if found is not None:
                    yield found


_SEX = r"(?:(?:남|여)(?:성|자)?|[MF]|男|女)"
_BIRTH_AFTER = re.compile(
    rf" ?[(/,|] ?(?:{_SEX} ?[/,|] ?)?(?P<date>(?P<year>(?:19|20)\d\d|\d\d)(?: ?[-./년] ?)?(?P<month>\d{{1,2}})(?: ?[-./월] ?)?(?P<day>\d{{1,2}})(?: ?일|\.)?)(?: ?생)? ?[)/,|]"
)


def births_after(text: str, end: int) -> Iterator[Span]:
    """A date in brackets or between strokes right behind a name that ends at `end`: 홍길동(1990-01-02)."""
    match = _BIRTH_AFTER.match(text, end)
    if match is None or (len(match["year"]) == 4 and int(match["year"]) > _LAST_BIRTH):
        return
    if 1 <= int(match["month"]) <= 12 and 1 <= int(match["day"]) <= 31:
        yield Span(*match.span("date"), s.BIRTH, 0.8, (s.AFTER,))


_LAST_BIRTH = 2020
"""A later date behind a name is as likely the day of a signature."""
_EXCHANGE = rf"{_JOIN}?[2-9]\d{{2,3}}{_JOIN}?\d{{4}}"
_SERVICE = r"15(?:22|33|44|55|66|77|88|99)|16(?:00|11|33|44|55|60|61|66|68|70|77|88|99)|18(?:00|11|33|44|55|66|77|88|99)"
_PHONE = re.compile(
    rf"(?P<mobile>(?:\(?\+?82\)?{_JOIN}?(?:\(0\)|0)?|\(?0)(?:10\)?{_JOIN}?\d{{4}}|1[16789]\)?{_JOIN}?\d{{3,4}}){_JOIN}?\d{{4}})(?!\d)"
    rf"|(?P<voice>(?:\+?82{_JOIN}?|\(?0)(?:70|50[2-8]|60|80|50)\)?{_JOIN}?\d{{3,4}}{_JOIN}?\d{{4}})(?!\d)"
    rf"|(?P<landline>(?:\(?\+?82\)?{_JOIN}?(?:\(0\)|\(?0?)|\( ?0|0)(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4])(?: ?\) ?)?{_EXCHANGE})(?!\d)"
    rf"|(?P<service>(?P<first>{_SERVICE})[-. ]?(?P<second>\d{{4}}))(?!\d)"
    r"|(?P<local>[2-9]\d{2,3}-\d{4})(?!\d)"
)
_RULES: tuple[tuple[int, re.Pattern[str], _Rule], ...] = (
    (7, re.compile(r"(?<!\d)(\d{6})( ?- ?| )?(\d{7}|\d[*xX●○]{6})(?!\d)"), thirteen),
    (7, re.compile(r"(?<!\d)(\d{6}) ?- ?(\d)(?!\d)(?:[*xX●○]+)?"), front),
    (7, re.compile(r"(?<!\d)" + _PHONE.pattern), _phone),
    (10, re.compile(r"(?<!\d)\d{3}(?: ?- ?| )?\d{2}(?: ?- ?| )?\d{5}(?!\d)"), _business),
    (12, re.compile(r"(?<!\d)(?:1[1-9]|2[0-6]|28)(?: ?- ?| )?\d{2}(?: ?- ?| )?\d{6}(?: ?- ?| )?\d{2}(?!\d)"), _licence),
    (14, re.compile(r"(?<!\d)(?:\d{4}([- .]?)\d{4}\1\d{4}\1\d{4}|3[47]\d\d([- ]?)\d{6}\2\d{5}|3[0689]\d\d([- ]?)\d{6}\3\d{4})(?!\d)"), _card),
    (15, re.compile(r"(?<!\d)(?:\d{15}|\d{2}-\d{6}-\d{6}-\d)(?!\d)"), _imei),
    (10, re.compile(r"(?<!\d)(?:\d{2,6}(?: ?- ?\d{1,8}){1,4}|\d{10,14})(?!\d)"), account),
    (10, re.compile(r"(?<!\d)\d{3,6}(?: \d{1,8}){2,3}(?![\d-]|,\d{3}|[./]\d)"), account),
)  # fmt: skip
"""How many digits a stretch has at least for the rule to be worth trying, the form, and the rule."""
