"""Numbers of bank accounts: no form and no check digit, so a bank's name or a word for an account must be near.

Banks are named before the number and behind it, in full (신한은행), by the short forms that people use (신한, 카뱅), as
a field of their own (`신한은행 / 110-...`), and with what a sentence goes on with (국민이고, 농협이에요).
"""

from __future__ import annotations

import re

from ..columns.korean import is_business_number
from . import spans as s
from .context import label_before, label_right_before
from .spans import Span, span_of

_STRONG_ACCOUNT = re.compile(r"3333-\d{2}-\d{7}|1002-\d{3}-\d{6}|3(?:01|02|12|51|52|55|56)-\d{4}-\d{4}-\d{2}")
_BANK = (
    r"(?:[가-힣A-Za-z]{1,6}(?:은행|뱅크)|(?:단위|지역|NH)?농협(?:은행|중앙회)?|수협(?:은행)?|신협|(?:MG ?)?새마을(?:금고)?|우체국|산림조합|"
    r"[가-힣]{2,4}저축은행|카뱅|토뱅|케뱅|기은)"
)
_BANK_SHORT = r"(?:국민|신한|우리|하나|기업|씨티|산업|(?:IBK|KB|NH|SC|iM|im)(?:국민|기업|농협|제일|뱅크)?|SC제일|토스|카카오)"
_SAID = r"(?:이고요?|이구요?|인데요?|이에요|예요|이요|이며|임|입니다|로|으로)"
_BANK_BEHIND = re.compile(rf"[ (,/]{{1,3}}{_BANK}(?:[ ,)/]|$|{_SAID})")
_BANK_BEFORE = re.compile(
    rf"(?<!\d )(?<!\d)(?<!\d [(/])(?<![가-힣A-Za-z])(?:{_BANK}|{_BANK_SHORT}){_SAID}?(?:[ /|,:(\[]{{1,3}}[가-힣]{{2,4}}\)?)?[ /|,:(\[\])\n#→-]{{1,3}}$"
)
"""A bank's name as a field of its own, right before the number: `신한은행 / 110-...`, perhaps with its owner between."""
_SAID_OF_AN_ACCOUNT = re.compile(
    rf"[ (,/]{{0,2}}(?:(?P<surely>예금주|계좌|{_BANK}|으?로 ?(?:입금|송금|이체|부쳐|보내))|{_BANK_SHORT}(?:(?:이고|이구|인데)|(?:이에요|예요|이요|이며|임|요|로)?(?![가-힣])))"
)
_ONE_MORE = re.compile(r" ?(?:동|호(?!로)|층|만|명|시(?!작)|월|년|원)|,\d{3}|[./]\d")
_FIRST_GROUPS = re.compile(r"\d[\d ]*\d")
_CHANGED = re.compile(r"계좌[^\n]*\d[)]? ?(?:->|→|,|/)? ?(?:신|새|신규|변경|변경후|이후) ?:? ?$")
"""An account that takes another's place: 계좌변경 구 … 신 …."""


def account(text: str, match: re.Match[str]) -> Span | None:
    """The number as an account's, or none. Of groups with spaces the last may be the next thing that is said."""
    digits = re.sub(r"\D", "", match[0])
    shorter = " " in match[0] and (len(digits) > 16 or _ONE_MORE.match(text, match.end()) is not None)
    if shorter and len(match[0].split()) > 3:
        match = _FIRST_GROUPS.match(text, match.start(), match.start() + match[0].rindex(" ")) or match
        digits = re.sub(r"\D", "", match[0])
    if not 10 <= len(digits) <= 16 or (match[0].isdecimal() and text[match.end() :].lstrip()[:1] == "원"):
        return None
    label = label_before(text, match.start())
    if label == "" and _BANK_BEFORE.search(text[max(0, match.start() - 22) : match.start()]):
        label = "account"
    if is_business_number(match[0]) and label_right_before(text, match.start()) != "account":
        return None
    if label == "account" or (
        label == "" and _CHANGED.search(text[max(0, match.start() - 60) : match.start()])
    ):
        near = label == "" or label_right_before(text, match.start()) == "account"
        return span_of(match, s.ACCOUNT, 0.9 if near else 0.86, s.LABEL, s.FORM)
    if (
        label in ("", "other", "some")
        and _BANK_BEHIND.match(text, match.end())
        and label_before(text, match.start(), 8) not in ("other", "some")
    ):
        return span_of(match, s.ACCOUNT, 0.85, s.FORM, s.AFTER)
    if label == "" and _STRONG_ACCOUNT.fullmatch(match[0]):
        return span_of(match, s.ACCOUNT, 0.75, s.FORM)
    said = _SAID_OF_AN_ACCOUNT.match(text, match.end())
    if label == "" and said is not None and (not match[0].isdecimal() or said["surely"] or len(digits) > 10):
        return span_of(match, s.ACCOUNT, 0.85, s.FORM, s.AFTER)
    return None
