"""All detectors over one text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from . import called, foreign, marks, names, numbers, places
from .context import plain
from .spans import Span, without_overlaps
from .things import is_nobodys

_WORTH_IT = re.compile(r"[0-9]|@|[가-힣]{2}|[A-Z][a-z]")


def find(text: str, types: Collection[str] | None = None, at_least: float = 0.5) -> tuple[Span, ...]:
    """The identifiers in `text`, by place, without overlaps.

    `types` keeps only these; `at_least` drops what is less sure. Text whose syllables are taken apart (NFD, as
    some systems name files) is read whole, and places are those of `text` as given.
    """
    if not _WORTH_IT.search(text) and unicodedata.is_normalized("NFC", text):
        return ()
    whole, places_of = _composed(text)
    seen = plain(whole)
    spans = [span for span in _readings(seen) if span.confidence >= at_least and not is_nobodys(seen, span)]
    kept = [span for span in without_overlaps(spans) if types is None or span.type in types]
    if places_of is None:
        return tuple(kept)
    return tuple(Span(places_of[k.start], places_of[k.end], k.type, k.confidence, k.evidence) for k in kept)


def _readings(text: str) -> list[Span]:
    found = list(marks.marks(text))
    if any(c.isdecimal() for c in text):
        found += numbers.numbers(text)
        found += numbers.births(text)
        found += numbers.regional_licences(text)
        homes = list(places.addresses(text))
        found += homes
        found += (code for home in homes for code in places.code_after(text, home.end))
        found += places.postal_codes(text)
    persons = [*names.names(text), *foreign.foreign_names(text)]
    found += persons
    found += called.called(text)
    found += (birth for person in persons for birth in numbers.births_after(text, person.end))
    return found


def _composed(text: str) -> tuple[str, list[int] | None]:
    """`text` in NFC, and for every place in that (and its end) the place in `text`; None where they are equal."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text, None
    parts: list[str] = []
    starts: list[int] = []
    begin = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not _continues(text[place]):
            composed = unicodedata.normalize("NFC", text[begin:place])
            parts.append(composed)
            starts += [begin] * len(composed)
            begin = place
    return "".join(parts), [*starts, len(text)]


def _continues(character: str) -> bool:
    return unicodedata.combining(character) != 0 or "\u1160" <= character <= "\u11ff"
