"""What stands beside a name: a label before it, a title behind it, a number of a person's near it.

Weights are on the scale of `names`: a name is taken from 2.0.
"""

from __future__ import annotations

import re

from . import lexicon as lex
from . import roles

PARTICLE = "|".join(sorted(lex.PARTICLES, key=len, reverse=True))
_NEXT = re.compile(r" ?[(]? ?(?P<word>[가-힣]{1,10})")
_NEXT_TITLES = frozenset(lex.TITLES) | roles.ROLES | (roles.CALLED - {"네", "형", "맘"})
_AFTER_TITLE = re.compile(rf"(?:님|씨)?(?:{PARTICLE})?")
_LABEL_BEFORE = re.compile(
    r"(?P<word>[가-힣]{1,12}|故)(?P<mark> ?(?:\([^)]{1,8}\))? ?[:=|→/-] ?| ?[(\[] ?| )?$"
)
_LABELS = frozenset(lex.LABELS) | roles.ROLES
_NOTHING = (0.0, 0.0)
_SAYS = (
    dict.fromkeys(roles.PARTS, (1.0, 2.5))
    | dict.fromkeys(roles.KIN, (1.8, 3.0))
    | dict.fromkeys(_LABELS, (1.8, 3.8))
)
"""What a word before a name weighs, without and with a colon or a bracket between."""
_SPACED_LABEL = re.compile(
    r"(?:받는|보내는|보낸|맡긴|사는) (?:사람|분|이)(?P<mark>[:은는이가 ]{1,3})$|(?:name|patient|customer)(?P<mark2> ?[:=] ?)$",
    re.IGNORECASE,
)


_RECORD = re.compile(
    r"\d{2,6}[-–.) ]{1,2}\d{2,8}[-–. ]\d{4,}|\d{6} ?[-–]? ?\d{7}|\d{9,}|@[A-Za-z]|\d[가-힣] ?\d{4}|[A-Z]\d{3}[A-Z0-9]\d{4}"
)
"""What numbers of persons look like from afar: where one stands, a word that reads as a name mostly is one."""


_DIGIT = re.compile(r"[0-9@]")


def beside_a_record(text: str, start: int, end: int) -> float:
    before = text[max(0, start - 30) : start]
    place = before.rfind("\n") + 1
    after = text[end : end + 30].partition("\n")[0]
    if _DIGIT.search(after) is None and _DIGIT.search(before, place) is None:
        return 0.0
    following = _RECORD.search(after)
    if following is not None:
        return 1.0 if following.start() <= 3 else 0.7
    last = max(_RECORD.finditer(before, place), key=lambda match: match.end(), default=None)
    if last is None:
        return 0.0
    return 0.9 if len(before) - last.end() <= 3 else 0.6


def labelled(before: str) -> float:
    """What the word before a name says: more with a colon or a bracket behind it, less where it only says what was done."""
    spaced = _SPACED_LABEL.search(before)
    if spaced is not None:
        return 3.8 if ":" in spaced[0] or "=" in spaced[0] else 1.8
    found = _LABEL_BEFORE.search(before)
    if found is None:
        return 0.0
    word, mark = found["word"], (found["mark"] or "")
    marked = any(c in mark for c in ":=|→([-")
    best = 0.0
    for each in (word, word[:-1]) if mark == " " and word[-1] in "은는이가" else (word,):
        size = len(each)
        for length in range(min(size, 7), max(size - 5, 0), -1):
            if length > 1 or size == 1:
                plain, strong = _SAYS.get(each[-length:], _NOTHING)
                best = max(best, strong if marked else plain)
    return best


def title_after(text: str, end: int) -> str:
    """The title in the next word, with 님 and a particle behind it or not; "" where there is none."""
    following = _NEXT.match(text, end)
    if following is None or following[0][0] not in " (":
        return ""
    word = following["word"]
    for length in range(len(word), 0, -1):
        if word[:length] in _NEXT_TITLES and _AFTER_TITLE.fullmatch(word, length):
            return word[:length]
    return ""
