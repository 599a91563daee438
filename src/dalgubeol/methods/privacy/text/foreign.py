"""Names of people from abroad, in Hangul and in Latin letters, and Korean names in Latin letters.

They have neither a surname of Korea nor two syllables more. Three things speak for one: a usual family or given name
of the countries from which people come to work here, a word before it (성명, Dear, 외국인 근로자), or what follows
(씨, 여권번호, 외국인등록번호). Several words belong to one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from operator import add

from . import abroad, names, roles
from . import lexicon as lex
from . import spans as s
from .beside import beside_a_record, labelled
from .givens import POPULAR, WELL_MADE
from .latin import ABROAD_BEHIND, latin_names
from .spans import Span

_ENDS_A_NAME = re.compile(r"(?:님|씨|에게|께서|으로|[은는이가을를의와과로])?(?![가-힣])|님|씨")
_TITLE_NEXT = re.compile(r" ?(?:고객|환자|근로자|작업자|씨|님)(?:님|분)?(?![가-힣])")
_TITLED = re.compile(
    r"(?<![가-힣])[가-힣]{3,6}(?= ?(?:님|씨)(?![가-힣])|(?:님|씨)(?:[은는이가의께을를]|께서|에게)(?![가-힣]))"
)
_GLUED_WORDS = frozenset(
    w for w in {*lex.LABELS, *roles.ROLES, *roles.KIN, *abroad.ORIGINS, "재입국"} if len(w) > 1
)
_GLUED = re.compile("|".join(sorted(_GLUED_WORDS, key=len, reverse=True)))
_NEVER = lex.NO_NAME | frozenset(lex.LABELS) | frozenset(lex.TITLES)
_ENDS_AS_NO_NAME = (
    *({*lex.TITLES, *(label for label in lex.LABELS if len(label) > 1)} - {"군", "양", "옹"}),
    "자", "사", "인", "원", "장", "분", "생", "여러", "처", "마음", "아가", "부모", "따", "아드", "스승", "손", "하느", "형", "누",
)  # fmt: skip


def foreign_names(text: str) -> Iterator[Span]:
    """Every one in `text`, as `context.plain` made it."""
    yield from latin_names(text)
    yield from _in_hangul(text)
    if "님" not in text and "씨" not in text:
        return
    for match in _TITLED.finditer(text):
        name = match[0]
        if (
            name[0] not in lex.COMMON_SURNAMES
            and not name.endswith(_ENDS_AS_NO_NAME)
            and name not in _NEVER
            and not _GLUED.match(name)
            and not (len(name) > 3 and (name[-2:] in POPULAR or name[-2:] in roles.CALLED))
        ):
            yield Span(match.start(), match.end(), s.NAME, 0.65, (s.AFTER,))


_RUN = re.compile(r"(?<![0-9가-힣])[가-힣]+")
_JOSA = re.compile(rf"(?:님|씨|양|군)?(?:들)?(?:{'|'.join(sorted(lex.PARTICLES, key=len, reverse=True))})?")
_TELLING = (
    frozenset(part for part in abroad.HANGUL if len(part) > 1) - abroad.WORDS_TOO - lex.NO_NAME
) | abroad.SHORT
_ORIGIN = re.compile("|".join(map(re.escape, abroad.ORIGINS)))
_ABROAD = re.compile(rf"{_ORIGIN.pattern}|등록증|등록번호|거소|[5-8]\d{{6}}")
_PAIRS = frozenset(part[:2] for part in _TELLING if len(part) > 1)
_PAIRS |= frozenset(end[:2] for end in abroad.ENDS_HANGUL if len(end) > 1)
_SINGLES = frozenset(part for part in _TELLING if len(part) == 1)
_FRONTS = frozenset(part[0] for part in abroad.HANGUL)
_IN_A_LIST = re.compile(r"[,·(] ?$")
_MOST, _FAR, _NEAR = 4, 24, 18


def _in_hangul(text: str) -> Iterator[Span]:
    """Words beside each other that are parts of names from abroad, and, where something says so, words that are no others."""
    words = [(match.start(), match.end(), match[0]) for match in _RUN.finditer(text)]
    about = [match.start() for match in _ABROAD.finditer(text)]
    tells = _tells(text)
    if not about and not tells:
        return
    telling = [tells and _tells(word) for _, _, word in words]
    taken = 0
    for place, (start, end, word) in enumerate(words):
        if start < taken:
            continue
        found = single = None
        for begin in _beginnings(word) if any(telling[place : place + _MOST]) else ():
            found = _known_parts(text, words, place, start + begin)
            if found is None and len(word) - begin > 2:
                found = _together(text, start + begin, end)
            if found is not None and " " not in text[found.start : found.end]:
                single, found = single or found, None
            if found is not None:
                break
        if found is None and any(-_FAR < start - said < _NEAR for said in about):
            found = _told(text, words, place)
        if found is None and single is not None:
            found = _widened(text, words, place, single)
        if found is not None:
            taken = found.end
            yield found


def _widened(text: str, words: list[tuple[int, int, str]], place: int, one: Span) -> Span:
    """`one` part that tells, with the word beside it that is no word of Korean known here and ends or begins what is said."""
    if place + 1 < len(words) and words[place + 1][0] == one.end + 1 and text[one.end] == " ":
        begin, end, word = words[place + 1]
        cut = next(
            (n for n in range(len(word), 1, -1) if _JOSA.fullmatch(word, n) and _may_be_half(word[:n])), 0
        )
        if cut and (cut < len(word) or _shut(text, end)):
            return Span(one.start, begin + cut, s.NAME, 0.98, one.evidence)
    if place and words[place - 1][1] == one.start - 1 and text[one.start - 1] == " ":
        begin, _, word = words[place - 1]
        if _may_be_half(word) and _opened(text, begin):
            return Span(begin, one.end, s.NAME, 0.98, one.evidence)
    return one


_SHUTS = re.compile(r" ?(?:$|[,./\n|(<>·;:→\d\"'])| [A-Z0-9]")
_OPENS = re.compile(r"(?:^|[,./\n|:)>→·;\d\"'] ?|- )$")


def _shut(text: str, end: int) -> bool:
    following = _RUN.match(text, end + 1) if text[end : end + 1] == " " else None
    if following is not None:
        return (
            following[0] in _NEVER
            or following[0] in _ROLES
            or labelled(following[0] + " ") > 0
            or ABROAD_BEHIND.match(text, end) is not None
        )
    return _SHUTS.match(text, end) is not None


def _opened(text: str, start: int) -> bool:
    before = text[max(0, start - 24) : start]
    return (
        _OPENS.search(before) is not None or labelled(before) > 0 or _ORIGIN.search(before[-10:]) is not None
    )


def _may_be_half(word: str) -> bool:
    """As `_may_be`, but what reads as a name of Korea only by its syllables (진마오) may be the half of another."""
    if names.reads_as_name(word) and word[1:] not in WELL_MADE and word not in _NEVER and word not in _ROLES:
        return 2 <= len(word) <= 6 and labelled(word + " ") == 0
    return len(word) >= 2 and _may_be(word)


def _tells(text: str) -> bool:
    """Whether a part that tells may stand in `text`; false is sure."""
    return not _PAIRS.isdisjoint(map(add, text, text[1:])) or not _SINGLES.isdisjoint(text)


def _beginnings(word: str) -> Iterator[int]:
    """Where a part of a name may begin in `word`: at its front, and behind a label written together with it."""
    if word not in _GLUED_WORDS and word not in _NEVER:
        for length in range(min(len(word) - 1, 6), 1, -1):
            if word[length] in _FRONTS and word[:length] in _GLUED_WORDS:
                yield length
                break
    if (
        not _STRANGE.isdisjoint(word)
        or _is_shaped(word)
        or (
            word[0] in _FRONTS
            and any(word[:length] in abroad.HANGUL for length in range(min(len(word), 6), 0, -1))
        )
    ):
        yield 0


def _known_parts(text: str, words: list[tuple[int, int, str]], place: int, start: int) -> Span | None:
    end, telling, parts, letters = start, 0, 0, 0
    for at in range(place, min(place + _MOST, len(words))):
        begin, stop, _ = words[at]
        begin = max(begin, start)
        if (
            not parts
            and _looks_strange(text[begin:stop])
            and at + 1 < len(words)
            and words[at + 1][2] in _TELLING
            and words[at + 1][0] == stop + 1
        ):
            parts, letters, end = 1, stop - begin, stop
            continue
        if parts and text[end:begin] not in (" ", "·", "-"):
            break
        word = text[begin:stop]
        cut = next(
            (
                length
                for length in range(len(word), 0, -1)
                if _is_part(word[:length]) and _JOSA.fullmatch(word, length)
            ),
            0,
        )
        if not cut:
            break
        parts, letters, end = parts + 1, letters + cut, begin + cut
        telling += _tells_alone(word[:cut])
        if cut < len(word):
            break
    if parts == 1 and telling and letters > 1 and text[end : end + 1] == " ":
        behind = next((word for word in words[place + 1 : place + 2] if word[0] == end + 1), None)
        if behind is not None and _looks_strange(behind[2]) and start == words[place][0]:
            cut = next(n for n in range(len(behind[2]), 0, -1) if _JOSA.fullmatch(behind[2], n))
            if _looks_strange(behind[2][:cut]):
                return Span(start, behind[0] + cut, s.NAME, 0.98, (s.NAMED,))
    if parts >= 2 and (letters >= 3 or telling > 1) and telling:
        return Span(start, end, s.NAME, 0.98, (s.NAMED,))
    if parts == 1 and telling and letters >= 4:
        return Span(start, end, s.NAME, 0.86, (s.NAMED,))
    if (parts == 1 and telling and letters > 1) or (parts > 1 and (telling or parts > 2)):
        before = labelled(text[max(0, start - 24) : start])
        said = ABROAD_BEHIND.match(text, end) or _TITLE_NEXT.match(text, end)
        near = (parts > 1 or letters > 2) and beside_a_record(text, start, end) >= 0.9
        if before >= 1.8 or said or near:
            return Span(start, end, s.NAME, 0.86, (s.LABEL,))
    return None


def _together(text: str, start: int, end: int) -> Span | None:
    """Three or more parts written together, or two of which one is long: 응우옌반투안, 바트에르데네."""
    word, at, parts, telling = text[start:end], 0, 0, 0
    while at < len(word):
        cut = next((n for n in range(min(6, len(word) - at), 0, -1) if word[at : at + n] in abroad.HANGUL), 0)
        if not cut:
            break
        telling += word[at : at + cut] in _TELLING
        at, parts = at + cut, parts + 1
    if telling and at > 2 and 1 < parts <= _MOST and _JOSA.fullmatch(word, at) and word not in _NEVER:
        sure = labelled(text[max(0, start - 24) : start]) or ABROAD_BEHIND.match(text, start + at)
        near = beside_a_record(text, start, start + at) >= 0.6 and at == len(word)
        if telling > 1 or sure or near or _IN_A_LIST.search(text, max(0, start - 2), start):
            return Span(start, start + at, s.NAME, 0.86, (s.NAMED,))
    return None


def _may_follow(text: str, words: list[tuple[int, int, str]], place: int) -> bool:
    """Whether the next word is one space behind and no word known here."""
    begin, _, word = words[place + 1]
    return (
        begin == words[place][1] + 1 and text[begin - 1] == " " and word not in _NEVER and word not in _ROLES
    )


def _told(text: str, words: list[tuple[int, int, str]], place: int) -> Span | None:
    """Two or three words that are none of Korean, between a word that says from abroad and what only such people have."""
    start, first = words[place][0], words[place][2]
    if first in _NEVER or first in _ROLES or place + 1 == len(words) or not _may_follow(text, words, place):
        return None
    before = text[max(0, start - 16) : start]
    origin = _ORIGIN.search(before) is not None
    label = labelled(before)
    for count in (3, 2):
        group = words[place : place + count]
        if (
            count == 2
            and place + 2 < len(words)
            and words[place + 2][0] == group[-1][1] + 1
            and _is_part(words[place + 2][2])
            and not names.reads_as_name(words[place + 2][2])
        ):
            continue  # a longer one, which known parts tell
        if len(group) < count or any(text[a[1] : b[0]] != " " for a, b in pairwise(group)):
            continue
        end = group[-1][1]
        known = any(_tells_alone(word) for _, _, word in group)
        behind = ABROAD_BEHIND.match(text, end) is not None
        said = behind and (known or origin or label > 0)
        if not (said or (label > 0 and origin) or (known and label >= 1.8)):
            continue
        strange = sum(word not in abroad.HANGUL for _, _, word in group)
        if strange > (1 if known else 2) or (count == 3 and not known):
            continue
        if (
            count == 2
            and group[0][2] not in abroad.HANGUL
            and place + 2 < len(words)
            and words[place + 2][2] in _TELLING
        ):
            continue
        if all(_may_be(word) for _, _, word in group):
            return Span(start, end, s.NAME, 0.9, (s.LABEL if label else s.AFTER,))
    return None


_STRANGE = frozenset(
    "즈샤페쉬쿠엔폰윈엘슨샨옌렌쇼슈몬셰델딜얀툰웨솜링젠벨벡밍딘쉐멜엠헬틴츠킴쥔헨룬찻텟롬윌쑤셀롤칸쿄쯔퐁엥궈젤겐딥슐왓쏨톤켄닌쿤멘렐넬캄틸퓨웬튜룰펑멧렛핌첼랏룸낫룽샌윳냠툽쟈앨넷냐엡뭉흐훙흥툴랴료쩐꽝응"
)
"""Syllables that hardly any word of Korean has, and names from abroad do."""


_SHAPED = tuple(abroad.ENDS_HANGUL)


def _is_part(word: str) -> bool:
    return word in abroad.HANGUL or _is_shaped(word)


def _tells_alone(word: str) -> bool:
    return word in _TELLING or _is_shaped(word)


def _is_shaped(word: str) -> bool:
    """Whether it ends as family or given names of some countries do (유누소프, 바트뭉흐), and is no word of Korean."""
    return len(word) > 3 and word.endswith(_SHAPED) and word not in _NEVER and word[:2] not in lex.NO_NAME


def _looks_strange(word: str) -> bool:
    """Whether a word that is not known may be the other half of a name from abroad: by its syllables, and no known word."""
    return 2 <= len(word) <= 7 and not _STRANGE.isdisjoint(word) and _may_be(word)


def _may_be(word: str) -> bool:
    """Whether a word may be part of a name from abroad: no word of Korean that is known here, no title, no name of Korea."""
    if word in abroad.HANGUL:
        return True
    if not 2 <= len(word) <= 6 or word in _NEVER or word in _ROLES:
        return False
    if labelled(word + " ") or _ORIGIN.search(word):
        return False
    return (
        not word.endswith(_ENDS_AS_NO_NAME)
        and not names.reads_as_name(word)
        and _PLAIN_WORD.search(word) is None
    )


_ROLES = roles.ROLES | roles.KIN | roles.PARTS | roles.CALLED
_PLAIN_WORD = re.compile(
    r"(?:번호|회사|업체|센터|은행|병원|학교|농장|공장|사무소|지점|에서|으로|까지|부터|[을를의은는에히과와로게며고]$|같이|[하했됨함음]$|다$|요$)"
)
