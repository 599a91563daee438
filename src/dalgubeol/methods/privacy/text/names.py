"""Personal names: no form tells them, so what they are made of and what stands around them is weighed.

Every run of Hangul that begins with a surname is a candidate. It scores for a word before it (성명:, 환자), a
title behind it (씨, 과장), an age, a sex or a phone number behind it, a particle that only persons take
(께서, 에게), and for reading as a given name; it loses if it is a known word. A name found once for sure is
then found everywhere in the text. Half a name (김 과장, 민수야) is looked for in `called`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....language import Message
from . import lexicon as lex
from . import spans as s
from .spans import Span

TAKEN = 2.0
"""The score from which a candidate is a name; chosen on the tune split of the corpus."""

_WORD = re.compile(r"[가-힣]{2,12}")
_SURNAME = lex.COMMON_SURNAMES | lex.RARE_SURNAMES
_TITLE_WORDS = sorted(lex.TITLES, key=len, reverse=True)
_TITLE = "|".join(_TITLE_WORDS)
_PARTICLE = "|".join(sorted(lex.PARTICLES, key=len, reverse=True))
_REST = re.compile(rf"(?P<title>{_TITLE})?(?P<more>님|씨|들)?(?P<particle>{_PARTICLE})?")
_NEXT_TITLE = re.compile(rf" (?P<title>{_TITLE})(?:님|씨)?(?:{_PARTICLE})?(?![가-힣])")
_LABEL = "|".join(sorted(lex.LABELS, key=len, reverse=True))
_LABELLED = re.compile(
    rf"(?:^|[^가-힣])(?:[가-힣]{{0,4}}?)(?P<label>{_LABEL})(?P<mark> ?(?:\([^)]{{1,8}}\))? ?[:=|→/] ?| ?[(\[] ?|(?:은|는|이|가)? )?$"
)
_SPACED_LABEL = re.compile(
    r"(?:받는|보내는|보낸|맡긴|사는) (?:사람|분|이)(?P<mark>[:은는이가 ]{1,3})$|(?:name|patient|customer)(?P<mark2> ?[:=] ?)$",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r" ?[(,/] ?(?:만 ?)?(?:\d{1,2}(?:세|살)?[,)/]|남|여|男|女|M/|F/|M,|F,|M\)|F\)|\d{2,4}[.년-] ?\d|\d{6}|010)"
)
_CONTACT = re.compile(
    r"[ ,/(:]{1,3}(?:(?:연락처|전화|휴대폰|hp|tel)[ .:]*)?(?:\(?01[016789]|☎|[A-Za-z0-9._]+@|\d{6} ?-)",
    re.IGNORECASE,
)
_CONTACT_BEFORE = re.compile(r"(?:\d{3,4}-\d{4}|\d{6}-[\d*]{7}|[\w.]+@[\w.]+)[ ,/)(:]{1,3}$")
_LIST_BEFORE = re.compile(r"[가-힣]{3}(?:,| ?·| ?/|와|과|및| 및) ?$")
_NO_NAME = lex.NO_NAME | frozenset(lex.LABELS) | frozenset(lex.TITLES)
_LATIN_FAMILY = "NGUYEN|TRAN|LE|PHAM|HUYNH|HOANG|PHAN|VU|VO|DANG|BUI|NGO|DUONG|ZHANG|WANG|CHEN|LIU|SANTOS|CRUZ|REYES|GARCIA"
_FOREIGN_ALONE = re.compile(
    rf"(?<![A-Za-z])(?:(?i:{_LATIN_FAMILY})(?: (?:[A-Z]+|[A-Z][a-z]+)){{1,3}}|[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){{1,3}}(?= ?\(? ?(?:여권|외국인|국적|근로자|씨|님)))"
    r"|(?<![가-힣])(?:응우옌|응웬|쩐|팜|부이|호앙|후인|도안|레|판) (?:티|반|득|민|꽝|쑤언|응옥|탄)(?: [가-힣]{1,3}(?=[ ,.()/]|은|는|이|가|으로|$))?"
)
_FOREIGN = re.compile(
    r"(?:성명|이름|환자명?|근로자|외국인|담당자|고객명?|작업자|name)(?: ?\([^)]{1,10}\))? ?[:=]? ?"
    r"(?P<name>[A-Z][A-Za-z'-]+(?: [A-Z][A-Za-z'.-]*){1,3}|(?:응우옌|쩐|팜|부이|도안|응웬|레|보|당|판|호앙)(?: [가-힣]{1,4}){1,3}(?=[ ,.()/]|$))"
)


def names(text: str) -> Iterator[Span]:
    """Every name in `text`, as `context.plain` made it."""
    sure: set[str] = set()
    found: dict[int, Span] = {}
    for word in _WORD.finditer(text):
        if word[0][0] not in _SURNAME or word[0] in _NO_NAME:
            continue
        best = max(_readings(text, word), key=lambda r: (r[0], r[1]), default=None)
        if best is None or best[0] < TAKEN:
            continue
        score, length, evidence = best
        start = word.start()
        found[start] = Span(start, start + length, s.NAME, _confidence(score), evidence)
        if score >= TAKEN + 1 and length >= 3:
            sure.add(word[0][:length])
    yield from found.values()
    for match in _FOREIGN.finditer(text):
        yield Span(*match.span("name"), s.NAME, 0.8, (s.LABEL,))
    for match in _FOREIGN_ALONE.finditer(text):
        yield Span(match.start(), match.end(), s.NAME, 0.7, (s.NAMED,))
    for name in sorted(sure):
        start = text.find(name)
        while start >= 0:
            if start not in found and not ("가" <= text[start - 1 : start] <= "힣"):
                yield Span(start, start + len(name), s.NAME, 0.8, (s.AGAIN,))
            start = text.find(name, start + 1)


def _confidence(score: float) -> float:
    return round(min(0.97, 0.55 + 0.1 * score), 2)


def _readings(text: str, word: re.Match[str]) -> Iterator[tuple[float, int, tuple[Message, ...]]]:
    """(score, length, evidence) of every way to read the front of `word` as a name."""
    run, start = word[0], word.start()
    double = run[:2] in lex.DOUBLE_SURNAMES
    for length in (4, 3, 2) if double else (3, 2):
        name, rest = run[:length], run[length:]
        if len(name) < length or (double and length == 2):
            continue
        ending = _REST.fullmatch(rest)
        if rest == "로" and text[word.end() : word.end() + 2].strip()[:1].isdecimal():
            continue  # 신천대로 355
        if ending is None or name in _NO_NAME:
            continue
        if name[1:] in lex.TITLES_OF_HALF_A_NAME:
            continue  # 김과장님: `called` takes the surname
        score, evidence = _made_of(name, double)
        if length == 3 and name[:2] in _NO_NAME and (name[2] + rest in lex.ENDINGS):
            score -= 1.2  # 조정은, 정상이라: a word and its particle
        around, more = _around(text, start, start + length, word.end(), ending)
        if length == 2 and around < 1.8:
            continue
        yield score + around, length, (*evidence, *more)


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
    score = 0.5 if double or name[0] in lex.COMMON_SURNAMES else -0.4
    if len(given) == 1:
        return score + (0.5 if given in lex.ALONE else -1.5), (s.NAMED,)
    if _given(given):
        if given not in lex.WHOLE and given[0] not in lex.ENDS_LIKE_A_VERB.get(given[1], given[0]):
            score -= 0.3
        return score + 1.5 - (0.5 if given in _NO_NAME else 0.0), (s.NAMED,)
    return score - (0.8 if given[0] in lex.FIRST or given[1] in lex.SECOND else 2.0), ()


def _around(
    text: str, start: int, end: int, word_end: int, ending: re.Match[str]
) -> tuple[float, tuple[Message, ...]]:
    before, score, evidence = text[max(0, start - 24) : start], 0.0, []
    label = _LABELLED.search(before) or _SPACED_LABEL.search(before)
    if label is not None:
        mark = (label["mark"] if "mark" in label.groupdict() else "") or ""
        score += 3.8 if any(c in mark for c in ":=|→([/") else 1.8
        evidence.append(s.LABEL)
    titled = ending["title"] or ending["more"]
    follows = _NEXT_TITLE.match(text, word_end) if not ending[0] else None
    if titled or follows:
        title = titled or (follows["title"] if follows else "")
        score += 2.6 if title in ("씨", "님") else 2.0
        evidence.append(s.AFTER)
    if not ending[0] and (_PERSONAL.match(text, end) or _CONTACT.match(text, end)):
        score += 2.2
        evidence.append(s.AFTER)
    if _CONTACT_BEFORE.search(before):
        score += 1.0
    if ending["particle"] in lex.PERSON_PARTICLES:
        score += 1.5
        evidence.append(s.AFTER)
    elif ending["particle"] and not titled:
        score += 0.5 if ending["particle"] in ("은", "는", "이", "가", "와", "과", "이가", "이는") else 0.2
    if _LIST_BEFORE.search(before):
        score += 0.5
    return score, tuple(evidence)
