"""What takes the place of a span."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ....errors import Invalid
from ....language import say
from . import spans as s
from .spans import Span

TAGS = MappingProxyType(
    {
        s.RESIDENT: "[주민등록번호]", s.FOREIGNER: "[외국인등록번호]", s.BUSINESS: "[사업자등록번호]",
        s.CORPORATE: "[법인등록번호]", s.LICENCE: "[운전면허번호]", s.PASSPORT: "[여권번호]", s.PHONE: "[전화번호]",
        s.ACCOUNT: "[계좌번호]", s.CARD: "[카드번호]", s.EMAIL: "[이메일]", s.PLATE: "[차량번호]",
        s.POSTAL: "[우편번호]", s.ADDRESS: "[주소]", s.NAME: "[성명]", s.BIRTH: "[생년월일]", s.IP: "[IP주소]",
        s.MAC: "[MAC주소]", s.IMEI: "[단말기번호]",
    }
)  # fmt: skip

POLICIES = ("tag", "numbered", "stars", "delete", "keep")
"""`tag`: [성명]. `numbered`: [성명1], [성명2], the same value the same number within one text. `stars`: as many
asterisks as characters, which tells the length. `delete`: nothing. `keep`: as it is."""


def mask(text: str, spans: Iterable[Span], policy: Mapping[str, str] | str = "tag") -> str:
    """`text` with every span replaced as `policy` says: one word of `POLICIES`, or one for each type (the
    others are tagged). Spans must not overlap. Raises Invalid for a policy that is none.
    """
    named = (policy,) if isinstance(policy, str) else tuple(policy.values())
    for word in named:
        if word not in POLICIES:
            raise Invalid.field("mask", expected=say("one of {words}", words=", ".join(POLICIES)), got=word)
    parts: list[str] = []
    numbers: dict[tuple[str, str], int] = {}
    counts: dict[str, int] = {}
    done = 0
    for span in sorted(spans, key=lambda each: each.start):
        how = policy if isinstance(policy, str) else policy.get(span.type, "tag")
        value = text[span.start : span.end]
        if how == "numbered" and (span.type, value) not in numbers:
            counts[span.type] = numbers[span.type, value] = counts.get(span.type, 0) + 1
        parts += [
            text[done : span.start],
            _in_place(how, span.type, value, numbers.get((span.type, value), 0)),
        ]
        done = span.end
    return "".join([*parts, text[done:]])


def _in_place(how: str, type_: str, value: str, number: int) -> str:
    tag = TAGS.get(type_, f"[{type_}]")
    return {
        "tag": tag,
        "numbered": f"{tag[:-1]}{number}]",
        "stars": "*" * len(value),
        "delete": "",
        "keep": value,
    }[how]
