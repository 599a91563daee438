"""A stretch of text that identifies, and which of several readings of it stays."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from ....language import Message, say

RESIDENT = "resident-registration-number"
FOREIGNER = "foreigner-registration-number"
BUSINESS = "business-registration-number"
CORPORATE = "corporate-registration-number"
LICENCE = "driver-licence-number"
PASSPORT = "passport-number"
PHONE = "phone"
ACCOUNT = "account-number"
CARD = "card-number"
EMAIL = "email"
PLATE = "vehicle-plate"
POSTAL = "postal-code"
ADDRESS = "address"
NAME = "person-name"
BIRTH = "date-of-birth"
IP = "ip-address"
MAC = "mac-address"
IMEI = "imei"

TYPES = (
    RESIDENT, FOREIGNER, BUSINESS, CORPORATE, LICENCE, PASSPORT, PHONE, ACCOUNT, CARD, EMAIL, PLATE, POSTAL,
    ADDRESS, NAME, BIRTH, IP, MAC, IMEI,
)  # fmt: skip

WORDS = MappingProxyType(
    {
        RESIDENT: say("a resident registration number"),
        FOREIGNER: say("a foreigner registration number"),
        BUSINESS: say("a business registration number"),
        CORPORATE: say("a corporate registration number"),
        LICENCE: say("a driver licence number"),
        PASSPORT: say("a passport number"),
        PHONE: say("a phone number"),
        ACCOUNT: say("a bank account number"),
        CARD: say("a card number"),
        EMAIL: say("an e-mail address"),
        PLATE: say("a vehicle plate"),
        POSTAL: say("a postal code"),
        ADDRESS: say("a postal address"),
        NAME: say("a personal name"),
        BIRTH: say("a date of birth"),
        IP: say("an IP address"),
        MAC: say("a MAC address"),
        IMEI: say("a device number (IMEI)"),
    }
)
"""What people read for a type."""

FORM = say("It has the form.")
CHECK = say("Its check digit holds.")
LABEL = say("A word before it says so.")
BORN = say("Its first digits are a possible date of birth.")
AFTER = say("What follows it says so.")
NAMED = say("It begins with a surname of Korea and reads as a given name.")
AGAIN = say("The same name stands elsewhere in the text, where it is plain.")
LISTED = say("It stands in a list with a name.")
REGION = say("It begins with a region of Korea.")


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is a `type`; `confidence` is a judgement in 0..1. Evidence holds no part of the text."""

    start: int
    end: int
    type: str
    confidence: float
    evidence: tuple[Message, ...] = ()


def span_of(match: re.Match[str], type_: str, confidence: float, *evidence: Message) -> Span:
    """All that `match` has matched, as a `type_`."""
    return Span(match.start(), match.end(), type_, confidence, evidence)


def without_overlaps(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans that stay, by place: the surer, then the longer, then the earlier one first.

    A span within a larger one of lower confidence splits nothing: the larger one goes, unless it is an
    address, which keeps what is around a number (`서울 중구 세종대로 110, 010-...` does not happen; its house
    number does look like other things).
    """
    kept: list[Span] = []
    starts: list[int] = []
    for span in sorted(spans, key=lambda s: (-s.confidence, s.start - s.end, s.start, s.type)):
        place = bisect_left(starts, span.start)
        free_before = place == 0 or kept[place - 1].end <= span.start
        if free_before and (place == len(kept) or span.end <= kept[place].start):
            kept.insert(place, span)
            starts.insert(place, span.start)
    return tuple(kept)
