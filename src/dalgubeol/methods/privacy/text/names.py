"""Personal names: no form tells them, so what they are made of and what stands around them is weighed.

Every run of Hangul that begins with a surname is a candidate. It scores for a word before it (성명:, 환자), a
title behind it (씨, 과장), an age, a sex or a phone number behind it, a particle that only persons take
(께서, 에게), and for reading as a given name; it loses if it is a known word. A name found once for sure is
then found everywhere in the text, and one that stands in a list with a name is more likely one. A word before it may
be written together with it (담당자김민수), and so may what follows (김민수님께서오셔서). Half a name (김 과장, 민수야)
is looked for in `called`, names from abroad in `foreign`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....language import Message
from . import lexicon as lex
from . import roles
from . import spans as s
from .beside import beside_a_record, labelled, title_after
from .givens import POPULAR, WELL_MADE, made_usually
from .spans import Span

TAKEN = 2.0
"""The score from which a candidate is a name; chosen on the tune split of the corpus."""

_WORD = re.compile(r"[가-힣]{2,12}")
_SURNAME = lex.COMMON_SURNAMES | lex.RARE_SURNAMES
_TITLE_WORDS = sorted(
    {*lex.TITLES, "쌤", "샘", "네", *(role for role in roles.ROLES if len(role) > 2)}, key=len, reverse=True
)
_TITLE = "|".join(_TITLE_WORDS)
_PARTICLE = "|".join(sorted(lex.PARTICLES, key=len, reverse=True))
_REST = re.compile(rf"(?P<title>{_TITLE})?(?P<more>님|씨|들)?(?P<particle>{_PARTICLE})?")
_JOINED_REST = re.compile(
    r"(?P<title>님|씨)?(?P<more>들)?(?P<particle>께서|에게|한테|이랑|랑|이라고|라고)?(?=[가-힣])"
)
"""What may follow a name with the next word written together: 김민수님께서오셔서."""
_SIGNED = re.compile(
    r" ?\((?:인|서명|날인)\)| (?:드림|배상|올림|귀하|서명|올림|께|외 \d+명)(?![가-힣])|님? 앞(?:으로)?(?![가-힣])"
)
_SOMEBODY = re.compile(
    rf"(?<![가-힣])(?:[가-힣]{{1,4}}(?:자|인|원|사|관)|{'|'.join(lex.ACTIONS)})(?P<mark> ?[:=|/] ?| )?$"
)
"""A word for somebody who does something, whatever it is: 통역사, 수탁자, 입회인; and what was done."""
_FIELD = re.compile(r"[가-힣A-Za-z] ?[:=] ?$|\d[.)] ?$|[가-힣]{3,4}, ?$|> ?$")
_CLOSES_A_FIELD = re.compile(r" ?(?:$|[,\n/;|<>(·]|\d[.)])")
"""What opens a field of a form or an item of a list, and what closes one."""
_UNIT = re.compile(r"[가-힣A-Za-z0-9](?:팀|과|부|실|센터|파트|본부|지점|국|처|반|점|소|병동|㈜|\(주\)) $")
"""The end of a unit of an office, before one of its people."""
_PERSONAL = re.compile(
    r" ?[(,/] ?(?:만 ?)?(?:\d{1,2}(?:세|살)?[,)/]|남|여|男|女|M/|F/|M,|F,|M\)|F\)|\d{2,4}[.년-] ?\d|\d{6}|010)"
)
_CONTACT = re.compile(
    r"[ ,/(:<]{1,3}(?:(?:연락처|전화|휴대폰|hp|tel)[ .:]*)?(?:\(?01[016789]|☎|[A-Za-z0-9._]+@|\d{6} ?-|\(?0\d{1,2}[-)]\d{3})"
    r"|[ ,/(:]{1,3}(?:주민(?:등록)?번호|외국인등록번호|여권|면허|생년월일|연락처|전화번호|휴대폰|핸드폰|이메일|주소|사업자번호|\d{2,3}[가-힣] ?\d{4})",
    re.IGNORECASE,
)
_SAYS_HELLO = re.compile(r"안녕하(?:세요|십니까)[,.! ]{1,2}(?:[가-힣A-Za-z0-9()]+ ){0,2}$")
_DOES = re.compile(
    r" (?:결근|조퇴|연차|지각|결석|출근|퇴근|휴가|병가|휴직|복직|출장|입원|퇴원|사망|부재|배석|참석|불참|방문|내방|통화|도착|바꿔|계세요|계신|계십|왔다|왔음|"
    r"군|양|작가|시인|화백|세무사|회계사|노무사|법무사|변리사|기자|아나운서|배우|가수|조교|주무관|집사|권사|목사|스님|이장|안 ?옴|안 ?왔|님|귀하|계좌|대신)(?![가-힣]{2})"
)
"""What people do, or are called, a word later."""
_SPEAKS = re.compile(
    r"[은는이가께서]* (?:전화|연락|말씀|말하|요청|보내|보낸|찾아|방문|아프|아파|다치|다침|울|신고|항의|문의|제출|서명|작성|신청|직접|대신)"
)
_BEFORE_ONE = re.compile(
    r"(?:(?<![가-힣])(?:저|나|저는|나는|제 이름은|이름은|이름이|혹시|오늘|고|故) |(?:\d{1,2}번|[①-⑳]) |(?:은행|뱅크|농협|신협|수협|우체국|금고) |"
    r"\d{2,6}-\d{2,7} |\d{7} [남여] |[\n]- |^- |@)$"
)
_OPENS, _CLOSES = (
    re.compile(r"(?:^|[\n/;|>\[\"“'‘(<→♥♡])[ ]?$"),
    re.compile(r"[ ]?(?:$|[\n/;|<>\]\"”'’)→♥♡:]|->)| ?\(?\d{5}\)? "),
)
_CONTACT_BEFORE = re.compile(r"(?:\d{3,4}-\d{4}|\d{6}-[\d*]{7}|[\w.]+@[\w.]+)[ ,/)(:]{1,3}$")
_BETWEEN = re.compile(
    r"(?:님|씨| ?(?:과장|대리|부장|차장|팀장|사원|주임|책임|선임|수석))?(?:\s{0,3}[,·/&→|♥♡;:]\s{0,3}|\s{2,4}| 및 |이?랑 ?|[와과] |하고 )(?:[가-힣]{2,3} ?)?"
)
_LIST_BEFORE = re.compile(r"[가-힣]{3}(?:,| ?·| ?/|와|과|및| 및) ?$")
_NO_NAME = lex.NO_NAME | frozenset(lex.LABELS) | frozenset(lex.TITLES)
_A_WORD = _NO_NAME | roles.PARTS | roles.ROLES
_ASKS = re.compile(r"..문의")
_FIRM = re.compile(
    r"..(?:테크|정밀|공업|산업|상사|물산|전자|전기|기계|금속|화학|제약|식품|푸드|물류|유통|건설|개발|시스템|에너지|코리아)$"
)
_GLUED = {word: 0.5 for word in roles.PARTS | roles.KIN if len(word) > 1} | {
    word: 1.0 for word in (*lex.LABELS, *lex.ACTIONS, *roles.ROLES) if len(word) > 1
}
"""Words that a name may be written together with, and how sure it is that one follows."""
_ENDED = re.compile(r"[요음함임됨셈김다까지서고은는]$")
_SINGLE_WORDS = frozenset("이한전한두구수주고")
_HOUSE_BEHIND = re.compile(r"\)| ?(?:산 ?)?\d{1,4}(?!\d)(?:-|번지|[,.) \n]|$)(?!\d{3,4}-\d{4})")
_ENDS_TITLED = re.compile(rf"(?:님|씨|쌤|샘)(?:{_PARTICLE})?$")
_SPACED = re.compile(
    rf"(?<![가-힣])(?P<family>남궁|황보|제갈|선우|독고|[{''.join(sorted(_SURNAME))}]) (?:(?P<apart>[가-힣] [가-힣])(?P<more>님|씨|입니다|이|께|)(?![가-힣])|(?P<given>[가-힣]{{2}})(?P<rest>[가-힣]*))"
)
_LISTED = 2.0
_ALONE, _SAYS_SO = 1.0, 1.5
"""What a name that is not made as usual loses where hardly anything around it says so: most are words (구현하)."""
_WELL_KNOWN = WELL_MADE | lex.WHOLE


def names(text: str) -> Iterator[Span]:
    """Every name in `text`, as `context.plain` made it."""
    sure: set[str] = set()
    found: dict[int, Span] = {}
    likely: list[_Reading] = []
    for word in _WORD.finditer(text):
        if word.end() - word.start() < 4 and (word[0][0] not in _SURNAME or word[0] in _NO_NAME):
            continue
        readings = sorted(_candidates(text, word), key=lambda r: (-r[0], -r[2]))
        for place, (score, start, length, evidence) in enumerate(readings):
            if score < TAKEN:
                if place == 0 and score >= TAKEN - _LISTED:
                    likely.append(readings[0])
                break
            if any(span.start < start + length and start < span.end for span in found.values()):
                continue
            found[start] = Span(start, start + length, s.NAME, _confidence(score), evidence)
            if score >= TAKEN + 1 and length >= 3:
                sure.add(text[start : start + length])
    _join_lists(text, found, likely)
    yield from _spaced(text)
    yield from found.values()
    for name in sorted(sure):
        start = text.find(name)
        while start >= 0:
            if start not in found and not ("가" <= text[start - 1 : start] <= "힣"):
                yield Span(start, start + len(name), s.NAME, 0.8, (s.AGAIN,))
            start = text.find(name, start + 1)


def _spaced(text: str) -> Iterator[Span]:
    """A name with a space behind the surname, or between all its syllables (최 차남, 정 말 자)."""
    place = 0
    while (match := _SPACED.search(text, place)) is not None:
        place = match.start() + 1
        apart = match["apart"] is not None
        given, rest = (
            (match["apart"] or match["given"]).replace(" ", ""),
            match["more"] or match["rest"] or "",
        )
        ending = _REST.fullmatch(rest)
        if ending is None or not (_given(given) or given in POPULAR) or given in lex.TITLES:
            continue
        if given in _A_WORD and (not apart or given not in POPULAR):
            continue
        if (
            not apart
            and match["family"] in _SINGLE_WORDS
            and not labelled(text[max(0, match.start() - 24) : match.start()])
        ):
            continue  # 이 지역, 한 명이
        last = match.end("apart" if apart else "given")
        score = 0.5 if match["family"] in lex.COMMON_SURNAMES or len(match["family"]) > 1 else -0.4
        score += 1.5 if given in POPULAR else 1.2 if given in _WELL_KNOWN else 0.7
        around, evidence = _around(text, match.start(), last, match.end(), ending)
        score += around + (0.2 if apart else -0.5)
        if score >= TAKEN:
            yield Span(match.start(), last, s.NAME, 0.93, evidence)
            place = last


_Reading = tuple[float, int, int, tuple[Message, ...]]
"""Score, where it begins, length, evidence."""


def _candidates(text: str, word: re.Match[str]) -> Iterator[_Reading]:
    """The run as a name, and what stands behind a label that is written together with it."""
    run, start = word[0], word.start()
    if (
        run[0] in _SURNAME
        and run not in _NO_NAME
        and run not in roles.ROLES
        and not _FIRM.search(run)
        and not _ASKS.fullmatch(run)
    ):
        yield from _readings(text, run, start)
    if len(run) < 4:
        return
    for place in range(2, len(run) - 1):
        if run[place] not in _SURNAME and (run[place] not in "이가은는" or run[place + 1] not in _SURNAME):
            continue
        weight = max(
            (_GLUED.get(run[place - size : place], 0.0) for size in range(2, min(place, 6) + 1)), default=0.0
        )
        if not weight:
            continue
        for begin in (place, place + 1):
            rest = run[begin:]
            if len(rest) < 2 or rest[0] not in _SURNAME or rest in _NO_NAME:
                continue
            if begin > place and run[begin - 1] not in "이가은는":
                continue
            for score, place, length, evidence in _readings(text, rest, start + begin):
                name = text[place : place + length]
                if weight < 1.0 and (name[1:] not in _WELL_KNOWN or begin > place):
                    continue
                if length >= 3 and reads_as_name(name) and (name[:2] not in _NO_NAME or name[1:] in POPULAR):
                    yield score + 1.0, place, length, (*evidence, s.LABEL)
    titled = _ENDS_TITLED.search(run)
    if titled is not None and titled.start() >= 4 and reads_as_name(run[titled.start() - 3 : titled.start()]):
        begin = titled.start() - 3
        if run[begin + 1 : begin + 3] in _WELL_KNOWN and (run[:begin] in _A_WORD or len(run) < 7):
            yield 3.3, start + begin, 3, (s.NAMED, s.AFTER)
    last = run[-3:]
    if (
        reads_as_name(last)
        and _CONTACT.match(text, word.end())
        and (_ENDED.search(run[:-3]) or last[1:] in POPULAR)
    ):
        yield 2.2, word.end() - 3, 3, (s.NAMED, s.AFTER)


def _join_lists(text: str, found: dict[int, Span], likely: list[_Reading]) -> None:
    """What stands in a list with a name (김민수, 박솔) is taken with less; what is taken so makes the next likely."""
    for score, start, length, evidence in (*likely, *reversed(likely)):
        if start in found or text[start : start + 2] in _NO_NAME or score + _LISTED < TAKEN:
            continue
        for span in tuple(found.values()):
            given = text[span.start + 1 : span.end]
            apart = (span.end, start) if span.end <= start else (start + length, span.start)
            if 0 < apart[1] - apart[0] <= 8 and given in _WELL_KNOWN and _BETWEEN.fullmatch(text, *apart):
                found[start] = Span(start, start + length, s.NAME, 0.7, (*evidence, s.LISTED))
                break


def _confidence(score: float) -> float:
    return round(min(0.97, 0.55 + 0.1 * score), 2)


def _readings(text: str, run: str, start: int) -> Iterator[_Reading]:
    """Every way to read the front of `run`, which begins at `start`, as a name."""
    end = start + len(run)
    double = run[:2] in lex.DOUBLE_SURNAMES
    for length in (4, 3, 2) if double else (3, 2):
        name, rest = run[:length], run[length:]
        if len(name) < length or (double and length == 2):
            continue
        if rest == "로" and text[end : end + 2].strip()[:1].isdecimal():
            continue  # 신천대로 355
        if name in _NO_NAME or name[1:] in lex.TITLES_OF_HALF_A_NAME:
            continue  # 김과장님: `called` takes the surname
        if name[-1] in "동읍면리로길" and not rest and _HOUSE_BEHIND.match(text, end):
            continue  # 상도동 1090, (공단동)
        score, evidence = _made_of(name, double)
        if length == 2 and rest in ("양", "군", "옹", "네") and reads_as_name(run):
            continue  # 김태양
        ending = _REST.fullmatch(rest)
        if ending is None:
            ending = _JOINED_REST.match(rest) if score >= 1.0 and length >= 3 else None
            if ending is None or not ending[0]:
                continue
        if length == 3 and name[:2] in _A_WORD and (name[2] + rest in lex.ENDINGS):
            score -= 1.2  # 조정은, 정상이라: a word and its particle
        if length == 3 and name[:2] in POPULAR and name[2] in "아야이" and (name[2] != "이" or rest):
            score -= 1.5  # 서연아, 지훈이가: `called` takes the given name
        around, more = _around(text, start, start + length, end, ending)
        if length > 2 and around < _SAYS_SO and name[length - 2 :] not in _WELL_KNOWN:
            usual = not ending[0] and score >= 1.8 and name[0] in lex.COMMON_SURNAMES
            score += 0.2 if usual else -_ALONE * (1 - around / _SAYS_SO)
        if length == 2 and around < 1.8:
            score -= 1.8 - around
        yield score + around, start, length, (*evidence, *more)


def reads_as_name(text: str) -> bool:
    """Whether a cell that is one run of Hangul reads as a surname and a given name, and is no known word."""
    double = text[:2] in lex.DOUBLE_SURNAMES
    given = text[2:] if double else text[1:]
    known = text in _NO_NAME or (text[:2] in _NO_NAME and not _given(given))
    return (double or text[:1] in _SURNAME) and not known and (given in lex.ALONE or _given(given))


def _given(given: str) -> bool:
    return given in lex.WHOLE or (len(given) == 2 and given[0] in lex.FIRST and given[1] in lex.SECOND)


def _made_of(name: str, double: bool) -> tuple[float, tuple[Message, ...]]:
    given = name[2:] if double else name[1:]
    score = 0.5 if double or name[0] in lex.COMMON_SURNAMES else -0.2
    if len(given) == 1:
        return score + (0.5 if given in lex.ALONE else -1.5), (s.NAMED,)
    if given in _WELL_KNOWN:
        return score + 1.5 - (0.3 if given in _NO_NAME else 0.0), (s.NAMED,)
    if _given(given):
        if not made_usually(given):
            score -= 0.5
        return score + 1.3 - (0.5 if given in _NO_NAME else 0.0), (s.NAMED,)
    return score - (0.8 if given[0] in lex.FIRST or given[1] in lex.SECOND else 2.0), ()


def _around(
    text: str, start: int, end: int, word_end: int, ending: re.Match[str]
) -> tuple[float, tuple[Message, ...]]:
    before, score, evidence = text[max(0, start - 24) : start], beside_a_record(text, start, end), []
    label = labelled(before)
    if label:
        score += label
        evidence.append(s.LABEL)
    elif _FIELD.search(before[-8:]) and _CLOSES_A_FIELD.match(text, word_end) and not ending[0]:
        score += 1.2
        evidence.append(s.LABEL)
    elif ending["particle"] in ("입니다", "이에요", "예요") and _UNIT.search(before[-6:]):
        score += 1.5
    elif not ending[0] and _UNIT.search(before[-6:]):
        score += 0.6
    elif (somebody := _SOMEBODY.search(before)) is not None:
        score += 2.0 if (somebody["mark"] or "").strip() else 1.0
        evidence.append(s.LABEL)
    titled = ending["title"] or ending["more"]
    title = titled or (title_after(text, word_end) if not ending[0] else "")
    if title:
        score += 2.6 if title in ("씨", "님") else 2.0
        evidence.append(s.AFTER)
    if not ending[0] and (_PERSONAL.match(text, end) or _CONTACT.match(text, end)):
        score += 2.2
        evidence.append(s.AFTER)
    if not ending[0] and _SIGNED.match(text, end):
        score += 2.0
        evidence.append(s.AFTER)
    if _CONTACT_BEFORE.search(before):
        score += 1.0
    if _SAYS_HELLO.search(before) or _BEFORE_ONE.search(before):
        score += 1.5
    if (not ending[0] and _DOES.match(text, word_end)) or (
        ending["particle"] and _SPEAKS.match(text, word_end)
    ):
        score += 1.5
    elif not ending[0] and _OPENS.search(before) and _CLOSES.match(text, word_end):
        score += 1.2
    if ending["particle"] in lex.PERSON_PARTICLES:
        score += 1.5
        evidence.append(s.AFTER)
    elif ending["particle"] and not titled:
        score += 0.5 if ending["particle"] in ("은", "는", "이", "가", "와", "과", "이가", "이는") else 0.2
    if _LIST_BEFORE.search(before[-8:]):
        score += 0.5
    return score, tuple(evidence)
