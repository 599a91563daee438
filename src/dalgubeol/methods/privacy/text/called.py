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
from . import roles
from . import spans as s
from .beside import labelled
from .givens import POPULAR, WELL_MADE, made_usually
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
    r" ?(?:형|언니|누나|오빠|이모|삼촌|엄마|아빠|어머니|아버지|할머니|대리님|과장님|팀장님|사장님|부장님|원장님|실장님|차장님|주임님|기사님|선생님|쌤|네 집|네)(?:[은는이가께]|한테)?(?![가-힣])"
    r"| (?=[A-Za-z0-9._+-]+@|\(?01[016789])|이(?= [가-힣])"
)
_KIN_BEHIND = re.compile(
    rf" ?(?:쌤|샘|아재|아지매|아저씨|아줌마|이모|고모|삼촌|언니|오빠|누나|누님|형님?|동생|할머니|할아버지|할매|할배|어머니|어머님|아버지|아버님|엄마|아빠|모친|부친|선배|후배|선생님?)"
    rf"(?:님)?(?:들)?(?:네|{_PARTICLE})?(?![가-힣])|(?:쌤|샘|언니|오빠|누나|엄마|아빠|이모|삼촌|아재|어머니|아버지|할머니)(?=[가-힣])|맘(?![가-힣])|맘(?:은|이|님|한테|께서|인데요?|입니다|이에요|이요)(?![가-힣])"
)
_HOUSE_OF = re.compile(rf"이?네(?:들)?(?: (?=[가-힣0-9])|(?:{_PARTICLE})(?![가-힣])|(?=[가-힣]{{1,2}} ))")
_WITH = re.compile(r"(?:이랑|랑|이하고|하고)(?= ?[가-힣])")
_RECORD_BEFORE = re.compile(r"(?:\d{4}|\.(?:com|net|kr|org))[ ,/]{1,2}$")
_CLOSES = re.compile(r" ?(?:$|[,·/)\n.;|])")
_CLOSES_OR_ANOTHER = re.compile(r" ?(?:$|[,·/)\n.;|])| [가-힣]{2}(?![가-힣])")
_NAMED = re.compile(
    r" ?(?:$|[,·/)\n.;|(])| (?=[가-힣]{2}(?![가-힣])|[0-9A-Za-z]|맞|이라|라고|이요)|(?:이에요|예요|입니다|이라고|라고|이요|인데요)(?![가-힣])"
)
_A_ROLE = re.compile(
    r" (?:고객|매니저|보호자|형제|자매|회원|학생|어린이|환자|손님|기사|선수|강사|코치|교사|간호사|간병인|상담사|상담원|주무관|사무관|선임|책임|수석|연구원|대표|계장|조장|소장|점장|이사|상무|전무|변호사|약사|작가|조교|담임|회장|총무|반장|이장|대리|주임|과장|팀장|차장|부장|실장|사원|인턴|직원|집사|권사|장로)(?:님)?"
    rf"(?:{_PARTICLE})?(?![가-힣])"
)
_MYSELF = re.compile(r"(?:^|[\s.!?~])(?:저|저는|전|나|난|나는|여기) $")
_I_AM = re.compile(r"(?:이)?(?:인데요?|예요|에요|입니다|라고)(?![가-힣])")
_POLITE_INSIDE = re.compile(r"(?P<before>[가-힣])(?P<given>[가-힣]{2})(?:씨|님)(?![가-힣]{4})")
_IN_A_LIST = re.compile(r"[,/·] ?$|[:=] ?$")
_FAMILY = lex.COMMON_SURNAMES | lex.RARE_SURNAMES
_NO_GIVEN = (
    lex.NO_NAME
    | frozenset(lex.LABELS)
    | frozenset(lex.TITLES)
    | roles.ROLES
    | roles.KIN
    | roles.PARTS
    | roles.CALLED
) | frozenset(
    lex.words(
        "남자 동자 점심 영국 현재 인재 나무 사랑 기쁨 소망 믿음 시원 바다 상태 정규 정만 선정 정연 선재 대화 인자 지원 기호 인수 성과 미정"
    )
)


_POSSIBLE = (
    POPULAR | lex.WHOLE | frozenset(first + second for first in lex.FIRST for second in lex.SECOND)
) - (_NO_GIVEN - POPULAR)


def called(text: str) -> Iterator[Span]:
    """Every half of a name in `text`, as `context.plain` made it."""
    for match in _TITLED.finditer(text):
        if _is_person(text, match):
            yield Span(*match.span("surname"), s.NAME, 0.75, (s.AFTER,))
    last = -9
    for match in _TWO.finditer(text):
        sure = _alone(text, match)
        if not sure and match.start() - last <= 3 and _goes_on(text, last, match):
            sure = 0.7
        if sure:
            last = match.end()
            yield Span(match.start(), match.end(), s.NAME, sure, (s.NAMED, s.AFTER))
    if "씨" not in text and "님" not in text:
        return
    for match in _POLITE_INSIDE.finditer(text):
        if match["given"] in POPULAR and match["before"] not in _FAMILY:
            yield Span(*match.span("given"), s.NAME, 0.7, (s.NAMED, s.AFTER))


def _alone(text: str, match: re.Match[str]) -> float:
    """How sure it is that these two syllables, which begin a word, are a given name; 0 where they are none."""
    given, start, end = match[0], match.start(), match.end()
    if given not in _POSSIBLE:
        return 0.0
    if given in _NO_GIVEN:
        return (
            0.8
            if given in POPULAR
            and text[end : end + 1] in "쌤샘맘엄언오누아할이네"
            and _KIN_BEHIND.match(text, end)
            else 0.0
        )
    usual = given in WELL_MADE
    closed = (ord(given[1]) - 0xAC00) % 28 != 0
    if _KIN_BEHIND.match(text, end) and (usual or text[end] != " " or made_usually(given)):
        return 0.88
    if usual and _HOUSE_OF.match(text, end):
        return 0.85
    shared = _WITH.match(text, end)
    if (
        shared is not None
        and (given in POPULAR or (usual and shared[0][-1] == "랑"))
        and (shared[0][0] == "이") == closed
    ):
        return 0.85
    marked = usual and text[max(0, start - 2) : start].strip()[-1:] in ("(", ":", "[")
    if (marked or given in POPULAR) and _NAMED.match(text, end) and _labels_one(text, start):
        return 0.75
    role = _A_ROLE.match(text, end)
    if role is not None and (usual or given in POPULAR) and ((usual and given in POPULAR) or "님" in role[0]):
        return 0.75
    if given in POPULAR and _MYSELF.search(text[max(0, start - 6) : start]) and _I_AM.match(text, end):
        return 0.8
    if (
        given in POPULAR
        and _CLOSES.match(text, end)
        and _RECORD_BEFORE.search(text, max(0, start - 8), start)
    ):
        return 0.7
    polite = _POLITE.match(text, end)
    if polite is not None and (
        given in POPULAR
        or polite["after"] == "씨"
        or (
            polite["after"] == "님"
            and (usual or (made_usually(given) and given[1] not in "인자주장원사모수군관"))
        )
    ):
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


def _labels_one(text: str, start: int) -> bool:
    """Whether the word before is for a person, and no number counts (환자 하나)."""
    before = text[max(0, start - 16) : start]
    return labelled(before) >= 1.8


def _goes_on(text: str, last: int, match: re.Match[str]) -> bool:
    """Whether these two syllables go on a list of given names that ended at `last`."""
    between = text[last : match.start()]
    given = match[0]
    if given in _NO_GIVEN or not (given in WELL_MADE or _is_given(given)):
        return False
    if between.strip() in (",", "·", "/", "및"):
        return (
            given in POPULAR
            or _CLOSES_OR_ANOTHER.match(text, match.end()) is not None
            or _POLITE.match(text, match.end()) is not None
        )
    return between == " " and given in POPULAR and _CLOSES_OR_ANOTHER.match(text, match.end()) is not None


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
    return given in _POSSIBLE and given not in _NO_GIVEN


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
