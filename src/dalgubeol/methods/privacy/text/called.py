"""People who are called by half a name: a surname before a title (김 과장), a given name alone (민수야).

Half a name reads like many words, so each takes more than its own form:

- a surname before a title. Surnames that are words before a title too (이 과장: this manager, or exaggeration; 전
  과장: the former manager) take what only persons get: 님, 께서, 에게. The surname is found, as in a whole name;
- a given name with the 이 of address (민준이가), in the vocative (민수야) at the beginning of what is said, or behind
  a word for a child, a friend or a relative (아들 민수가). It must be made as given names are, and be no known word;
- one of the given names that many have (`givens`) before 씨 or 님, or in the vocative, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import lexicon as lex
from . import spans as s
from .givens import POPULAR
from .spans import Span

_TITLES = "|".join(sorted(lex.TITLES_OF_HALF_A_NAME, key=len, reverse=True))
_OF_A_PERSON = "에게서|에게|께서는|께서도|께서|께|한테서|한테"
_PARTICLE = "|".join(sorted(lex.PARTICLES, key=len, reverse=True))
_TITLED = re.compile(
    rf"(?<![가-힣])(?<!\(주\))(?<!㈜)(?P<surname>[{''.join(sorted(lex.COMMON_SURNAMES | lex.RARE_SURNAMES))}])(?P<space> ?)"
    rf"(?P<title>{_TITLES})(?P<honour>님)?(?P<particle>{_PARTICLE})?(?![가-힣])"
)
_RELATIVE = re.compile(rf"(?<![가-힣])(?:{'|'.join(lex.BEFORE_A_GIVEN_NAME)}) $")
_TWO = re.compile(r"(?<![가-힣])[가-힣]{2}")
_GIVEN = re.compile(rf"(?P<rest>이?(?:{_PARTICLE})?)(?![가-힣])")
_BEGINS = re.compile(r"(?:^|[\n.!?~\"'“‘] ?)$")
_CALLS = re.compile(r" ?[,!~]")
_OURS = re.compile(r"(?<![가-힣])(?:우리|저희) $")
_ENDS = re.compile(r"[,!~?.…]| (?!맞|아니|그)")


_POLITE = re.compile(
    rf" ?(?P<after>씨|님|쌤|양|군)(?:들)?(?:{_PARTICLE})?(?![가-힣])|(?:씨|님)(?=[가-힣])|(?P<call>[아야])(?=[ ,!~?\n]|$)(?! ?(?:니|아니))|"
    rf"이?(?:한테|랑)(?![가-힣])"
)
_BESIDE = re.compile(
    r" ?(?:형|언니|누나|오빠|이모|삼촌|엄마|아빠|어머니|아버지|할머니|대리님|과장님|팀장님|쌤|네 집|네)(?:[은는이가께]|한테)?(?![가-힣])"
    r"| (?=[A-Za-z0-9._+-]+@|\(?01[016789])|이(?= [가-힣])"
)
_POLITE_INSIDE = re.compile(r"(?P<before>[가-힣])(?P<given>[가-힣]{2})(?:씨|님)(?![가-힣]{4})")
_IN_A_LIST = re.compile(r"[,/·] ?$|[:=] ?$")
_FAMILY = lex.COMMON_SURNAMES | lex.RARE_SURNAMES
_NO_GIVEN = lex.NO_NAME | frozenset(lex.LABELS) | frozenset(lex.TITLES)


def called(text: str) -> Iterator[Span]:
    """Every half of a name in `text`, as `context.plain` made it."""
    for match in _TITLED.finditer(text):
        if _is_person(text, match):
            yield Span(*match.span("surname"), s.NAME, 0.75, (s.AFTER,))
    for match in _TWO.finditer(text):
        sure = _alone(text, match)
        if sure:
            yield Span(match.start(), match.end(), s.NAME, sure, (s.NAMED, s.AFTER))
    if "씨" not in text and "님" not in text:
        return
    for match in _POLITE_INSIDE.finditer(text):
        if match["given"] in POPULAR and match["before"] not in _FAMILY:
            yield Span(*match.span("given"), s.NAME, 0.7, (s.NAMED, s.AFTER))


def _alone(text: str, match: re.Match[str]) -> float:
    """How sure it is that these two syllables, which begin a word, are a given name; 0 where they are none."""
    given, start, end = match[0], match.start(), match.end()
    if not (given in POPULAR or _is_given(given)) or given in _NO_GIVEN:
        return 0.0
    polite = _POLITE.match(text, end)
    if polite is not None and (given in POPULAR or polite["after"] == "씨"):
        listed = polite["call"] and (
            _IN_A_LIST.search(text[max(0, start - 3) : start])
            or text[polite.end() : polite.end() + 2] == " ("
        )
        if not listed:
            return 0.9
    if given in POPULAR and _BESIDE.match(text, end):
        return 0.8
    rest = _GIVEN.match(text, end)
    if rest is not None and _is_called(text, given, start, rest):
        return 0.88 if given in POPULAR else 0.65
    return 0.0


def _is_person(text: str, match: re.Match[str]) -> bool:
    surname, title = match["surname"], match["title"]
    if match["space"] == "" and (surname + title in lex.NO_NAME or surname + title in lex.JOINED):
        return False  # 이사장, 고객
    if match["honour"] or re.fullmatch(_OF_A_PERSON, match["particle"] or ""):
        return surname not in lex.NEVER_BEFORE_A_TITLE
    if surname == "이" and title in lex.TITLES_OF_THIS:
        return match["space"] == "" or match["particle"] is not None
    return surname not in lex.WORDS_BEFORE_A_TITLE and surname in lex.COMMON_SURNAMES


def _is_given(given: str) -> bool:
    made = given in lex.WHOLE or (given[0] in lex.FIRST and given[1] in lex.SECOND)
    return made and given not in lex.NO_NAME and given not in lex.LABELS and given not in lex.TITLES


def _is_called(text: str, given: str, start: int, match: re.Match[str]) -> bool:
    rest = match["rest"]
    closed = (ord(given[1]) - 0xAC00) % 28 != 0
    before = text[max(0, start - 12) : start]
    if _RELATIVE.search(before):
        return True
    if rest == ("아" if closed else "야"):
        if _CALLS.match(text, match.end()):
            return True
        return bool(_BEGINS.search(before) and _ENDS.match(text, match.end()))
    if _OURS.search(before) and (rest in lex.AFTER_ONE_OF_OURS or (closed and rest == "이")):
        return True
    if not closed and given in POPULAR and given[0] not in lex.COMMON_SURNAMES:
        return rest in lex.AFTER_ONE_OF_OURS
    return closed and rest in lex.AFTER_A_GIVEN_NAME
