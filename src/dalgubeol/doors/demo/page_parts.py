"""What the sections of the demo's report have in common: times, percent, voices, and what to do without a fact."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from ...errors import Invalid
from ...methods.report.markup import Content, Markup, Words, element
from ...methods.report.pages import callout, paragraph
from . import page_text as text

KOREAN_TIME = timezone(timedelta(hours=9), "KST")  # Korea has no summer time
Facts = Mapping[str, Any]
# What reading a fact that is missing, of another type or out of range ends with.
NOT_THERE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, Invalid)
_HANGUL = re.compile("[가-힣]")


def block(build: Callable[[Facts], Markup], facts: Facts) -> Markup:
    """What `build` makes of the facts; "not measured" where one that it needs is not there."""
    try:
        return build(facts)
    except NOT_THERE:
        return callout(paragraph(text.NOT_MEASURED))


def value(build: Callable[[Facts], Words | str], facts: Facts) -> Words | str:
    """Like `block`, for one number."""
    try:
        return build(facts)
    except NOT_THERE:
        return text.UNKNOWN


def percent(share: float) -> str:
    return f"{100 * share:.1f}"


def moment(written: str) -> str:
    """An ISO 8601 instant as people in Korea read it."""
    return f"{datetime.fromisoformat(written).astimezone(KOREAN_TIME):%Y-%m-%d %H:%M} KST"


def translated(said: str) -> Content:
    """What the system said, in both languages where the sentence is known, else as it was said."""
    for pattern, words in text.SAID:
        if found := re.fullmatch(pattern, said):
            return words.filled(**found.groupdict())
    return quoted(said)


def quoted(said: str) -> Markup:
    """What a person or the system said, in the language it was said in, whatever the reader chose."""
    language = "ko" if _HANGUL.search(said) else "en"
    return element("span", said, lang=language, class_="always")


def names(values: object) -> str:
    if not isinstance(values, list | tuple):
        raise TypeError
    return ", ".join(str(each) for each in values)


def known(table: Mapping[str, Words], key: str) -> Words:
    return table.get(key, Words(key, key))
