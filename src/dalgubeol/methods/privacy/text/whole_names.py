"""Cells that are names as a whole, and whether a column of them has the surnames that people of Korea have.

No dictionary tells 정선 (a town) from 정선 (a person). A column of names does: one in five is a 김, one in seven an
이, and two in three have one of ten surnames. Words that begin with the same syllables have no such shares.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import foreign
from .names import reads_as_name

_HONOUR = re.compile(r"(?:님|씨| ?\*| 외 ?\d+(?:명)?| ?\([^)]{1,6}\))$")
_SPACED = re.compile(r"[가-힣] [가-힣]{2}|[가-힣]{2} [가-힣]{2}")
_TEN = frozenset("김이박최정강조윤장임")
_LEAST_SHARE, _LEAST_SURNAMES = 0.4, 4


def reads_as_a_whole_name(text: str) -> bool:
    """A Korean name, perhaps with 님, a space behind the surname or a note in brackets; or one from abroad."""
    bare = _HONOUR.sub("", text.strip())
    if _SPACED.fullmatch(bare):
        bare = bare.replace(" ", "")
    if re.fullmatch(r"[가-힣]{2,4}", bare) and reads_as_name(bare):
        return True
    return any(span.end - span.start >= 0.8 * len(bare) for span in foreign.foreign_names(bare))


def surnames_as_in_korea(texts: Sequence[str]) -> bool:
    """Whether two in five begin with one of the ten surnames that two in three people have, and with four or more."""
    first = [text[0] for text in texts if "가" <= text[0] <= "힣"]
    return (
        sum(letter in _TEN for letter in first) >= _LEAST_SHARE * len(first)
        and len(set(first)) >= _LEAST_SURNAMES
    )
