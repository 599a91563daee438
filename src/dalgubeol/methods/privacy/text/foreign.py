"""Names of people from abroad, in Hangul and in Latin letters, and Korean names in Latin letters.

They have neither a surname of Korea nor two syllables more. Three things speak for one: a usual family or given name
of the countries from which people come to work here, a word before it (성명, Dear, 외국인 근로자), or what follows
(씨, 여권번호, 외국인등록번호). Several words belong to one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import lexicon as lex
from . import spans as s
from .spans import Span


def _folded(words: str) -> frozenset[str]:
    return frozenset(words.lower().split())


_KOREAN_FAMILY = _folded(
    "Kim Lee Yi Rhee Park Pak Bak Choi Choe Jung Jeong Chung Cheong Kang Gang Cho Jo Yoon Yun Jang Chang Lim Im Rim Han "
    "Oh Seo Suh Shin Sin Kwon Hwang Ahn An Song Ryu Yoo Yu Hong Jeon Jun Chun Ko Go Koh Moon Mun Yang Son Sohn Bae Pae "
    "Baek Paik Heo Hur Huh Nam Sim Shim Noh Roh Ha Kwak Gwak Sung Seong Cha Joo Ju Woo Gu Koo Min Jin Ji Eom Um Na Won "
    "Chae Bang Byun Gong Ham Yeom Yeo Choo Do So Seok Sun Seol Ma Gil Pyo Namgung Hwangbo Sunwoo Jegal"
)
_SYLLABLE = (
    "(?i:min|ji|jee|seo|suh|hyun|hyeon|soo|su|young|yeong|eun|un|jun|joon|seung|sung|seong|jae|dong|tae|sang|kyung|kyoung|gyeong|ha|ye|"
    "jin|hye|mi|hee|hui|woo|u|won|in|ki|gi|chan|chang|cheol|chul|byung|byeong|jong|kwang|gwang|ho|hoon|hun|hwan|hyuk|hyeok|"
    "gyu|kyu|nam|na|ra|rim|rin|bin|sol|sook|suk|sun|seon|yoon|yun|yu|yoo|yeon|yong|il|ah|a|da|do|bo|ga|geun|keun|gun|kun|"
    "han|sik|shik|seok|suk|wook|uk|jung|jeong|ju|joo|si|se|sae|sul|seul|ran|rae|ram|reum|ri|ro|rok|ryul|sub|seob|tak|taek|pil|min)"
)
_FAMILY = _folded(
    "Nguyen Tran Le Pham Huynh Hoang Phan Vu Vo Dang Bui Do Ho Ngo Duong Ly Dinh Trinh Truong Luong "
    "Wang Li Zhang Liu Chen Zhao Huang Zhou Wu Xu Sun Zhu Lin Guo Gao Luo Zheng Liang Xie Tang Deng Feng Jiang Cao "
    "Santos Reyes Cruz Bautista Garcia Mendoza Torres Flores Gonzales Ramos Rivera Fernandez Castillo Villanueva Aquino "
    "Thapa Gurung Rai Magar Tamang Sherpa Shrestha Lama Karki Limbu Adhikari Tanaka Sato Suzuki Takahashi Watanabe Ito Yamamoto Nakamura "
    "Kobayashi Kato Yoshida Yamada Rahman Hossain Islam Ahmed Hussain Khan Akter Uddin Karim Singh Kumar Sharma Patel "
    "Karimov Ivanov Ivanova Petrov Petrova Smirnov Kuznetsov Kim Smith Johnson Williams Brown Jones Miller Davis Wilson "
    "Taylor Anderson Thomas Moore Martin Jackson White Harris Clark Lewis Walker Hall Young King Wright Green Baker Adams Watson"
)
_GIVEN = _folded(
    "John James Robert Michael William David Richard Joseph Thomas Charles Daniel Matthew Anthony Mark Paul Steven Andrew Kevin Brian "
    "George Peter Eric Stephen Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Emily Emma Anna "
    "Laura Julia Grace Alice Sophia Olivia Maria Jose Juan Carlos Luis Mario Antonio Angel Rowel Jasmine Mohammad Mohammed "
    "Muhammad Md Ahmed Ahmad Abdul Ali Hasan Amir Omar Ravi Rajesh Ramesh Suresh Deepak Anil Sunil Bishnu Krishna Sanjay Olga Anna Elena "
    "Natalia Ivan Sergey Dmitry Alexander Hiroshi Kenji Takashi Yuki Yumi Haruto Aya Somchai Somsak Malee Alisher Sardor Bat "
    "Ganbold Batbayar Wei Fang Na Min Xiaoming Lei Jing Yan"
)
_ROMAN = re.compile(rf"{_SYLLABLE}{{1,2}}(?:-{_SYLLABLE})?")
_CAPITAL = r"(?:[A-Z][a-z]{1,14}(?:-[A-Za-z][a-z]{1,10})?|[A-Z]{2,14}(?:-[A-Z]{2,10})?)"
_CAPITALS = re.compile(
    rf"(?<![A-Za-z0-9@./-]){_CAPITAL},?(?: (?:{_CAPITAL}|[A-Z]\.)(?![A-Za-z@])){{1,5}}(?![A-Za-z@])"
)
_BEFORE = re.compile(
    r"(?:(?:Dear|Hi|Hello|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Regards,?|Thanks,?|Sincerely,?)[ \n]|(?:"
    r"성명|이름|성함|영문명|환자명?|근로자|외국인|담당자?|고객명?|작업자|수하인|수취인?|예금주|대표|본인|[Nn]ame) ?[(:=,]?[ \n]?)$"
)
_AFTER = re.compile(r" ?\(? ?(?:여권|외국인|국적|근로자|씨|님|귀하)")
_NO_NAMES = """
    Smart Factory Data Center System Service Team Lab Group Korea Seoul Daegu Busan Windows Office Excel Google Microsoft Apple Samsung Server Cloud
    Error Total Test Report Version Model Serial Order Invoice Company Corp Inc Ltd Co The And For With From New Re Fwd Cpk Lot No
    Dear Hi Hello Mr Mrs Ms Dr Regards Thanks Sincerely
"""
_SALUTES = frozenset(("Dear", "Hi", "Hello", "Mr", "Mrs", "Ms", "Dr"))
_NOT_A_NAME = frozenset(_NO_NAMES.split())

_PARTS = (
    "응우옌 응웬 쩐 레 팜 부이 호앙 후인 판 보 도 당 응오 즈엉 리 딘 반 티 득 민 꾸옥 바오 남 란 흐엉 마이 꽝 쑤언 응옥 탄 투안 뚜언 하이 롱 "
    "마리아 안나 엘레나 나탈리아 올가 이반 세르게이 드미트리 알렉산드르 이바노프 이바노바 페트로프 페트로바 존 제임스 마이클 데이비드 로버트 윌리엄 "
    "리처드 토마스 다니엘 매튜 앤드류 피터 메리 제니퍼 엘리자베스 사라 에밀리 엠마 그레이스 줄리아 스미스 존슨 윌리엄스 브라운 존스 밀러 데이비스 윌슨 "
    "테일러 앤더슨 토머스 무어 마틴 잭슨 화이트 해리스 클라크 왓슨 산토스 크루즈 레예스 바우티스타 가르시아 멘도사 토레스 라모스 산체스 카를로스 후안 "
    "호세 로웰 안토니오 다나카 사토 스즈키 다카하시 와타나베 이토 야마모토 나카무라 고바야시 가토 요시다 야마다 히로시 켄지 유미 아야 다케시 "
    "타파 구릉 구룽 라이 마가르 타망 셰르파 슈레스타 라마 카르키 림부 라메쉬 수레쉬 디팍 비슈누 크리슈나 산제이 라주 아흐메드 아흐마드 카림 라힘 라흐만 호세인 "
    "후세인 모하마드 무함마드 모함메드 압둘 알리 하산 아미르 칸 싱 쿠마르 샤르마 솜차이 솜삭 분미 쏨차이 바트바야르 간볼드 바야르 볼드 "
    "알리셰르 카리모프 사르도르 왕 장 류 리우 천 자오 황 우 쉬 쑨 린 궈 웨이 샤오밍 레이 팡 징"
)
_PART = "|".join(sorted(set(_PARTS.split()), key=len, reverse=True))
_SEQUENCE = re.compile(rf"(?:{_PART})(?: ?(?:{_PART})){{0,4}}")
_ENDS_A_NAME = re.compile(r"(?:님|씨|에게|께서|으로|[은는이가을를의와과로])?(?![가-힣])|님|씨")
_TITLE_NEXT = re.compile(r" ?(?:고객|환자|근로자|작업자|씨|님)(?:님|분)?(?![가-힣])")
_FIELD = re.compile(
    r"(?:성명|이름|성함|외국인|고객|환자|근로자|작업자|수하인|본인|임차인|담당|예금주|신청자|신청인)(?: ?[:=] ?| )?$"
)
_STRONG = re.compile("응우옌|응웬|쩐|팜|부이|호앙|후인|리우|자오|왕|간|바트")
_TITLED = re.compile(
    r"(?<![가-힣])[가-힣]{3,6}(?= ?(?:님|씨)(?![가-힣])|(?:님|씨)(?:[은는이가의께을를]|께서|에게)(?![가-힣]))"
)
_GLUED = re.compile("|".join(sorted((w for w in lex.LABELS if len(w) > 1), key=len, reverse=True)))
_NEVER = lex.NO_NAME | frozenset(lex.LABELS) | frozenset(lex.TITLES)
_ENDS_AS_NO_NAME = (
    *({*lex.TITLES, *(label for label in lex.LABELS if len(label) > 1)} - {"군", "양", "옹"}),
    "자", "사", "인", "원", "장", "분", "생", "여러", "처", "마음", "아가", "부모", "따", "아드", "스승", "손", "하느", "형", "누",
)  # fmt: skip


def foreign_names(text: str) -> Iterator[Span]:
    """Every one in `text`, as `context.plain` made it."""
    if _LATIN.search(text):
        yield from _in_latin(text)
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
        ):
            yield Span(match.start(), match.end(), s.NAME, 0.65, (s.AFTER,))


def _in_hangul(text: str) -> Iterator[Span]:
    """Runs of usual parts of names: several words, one long word, or one with a word around it that says so."""
    place = 0
    while (match := _SEQUENCE.search(text, place)) is not None:
        start, end = match.span()
        place = start + 1
        letters, words = len(match[0].replace(" ", "")), match[0].count(" ") + 1
        if letters < 3:
            continue
        labelled = _FIELD.search(text[max(0, start - 8) : start]) is not None
        if ("가" <= text[start - 1 : start] <= "힣" and not labelled) or not _ENDS_A_NAME.match(text, end):
            continue
        place = end
        if words > 1 and letters >= 4:
            yield Span(start, end, s.NAME, 0.95, (s.NAMED,))
        elif labelled:
            yield Span(start, end, s.NAME, 0.88, (s.LABEL,))
        elif match[0] not in _NEVER and (
            letters >= 4 or _STRONG.match(match[0]) or _TITLE_NEXT.match(text, end)
        ):
            yield Span(start, end, s.NAME, 0.7, (s.NAMED,))


_LATIN = re.compile(r"[A-Z][A-Za-z-]+,? [A-Z]")


def _in_latin(text: str) -> Iterator[Span]:
    for match in _CAPITALS.finditer(text):
        words = [
            (word.start() + match.start(), word.end() + match.start(), word[0])
            for word in _WORDS.finditer(match[0])
        ]
        known = _known(words)
        if known is not None:
            yield Span(*known, s.NAME, 0.85, (s.NAMED,))
            continue
        if words[0][2] in _SALUTES and len(words) > 2:
            yield Span(words[1][0], match.end(), s.NAME, 0.84, (s.LABEL,))
        elif 2 <= len(words) <= 4 and _NOT_A_NAME.isdisjoint(word for _, _, word in words):
            if _BEFORE.search(text[max(0, match.start() - 12) : match.start()]):
                yield Span(match.start(), match.end(), s.NAME, 0.84, (s.LABEL,))
            elif _AFTER.match(text, match.end()):
                yield Span(match.start(), match.end(), s.NAME, 0.8, (s.AFTER,))


_WORDS = re.compile(r"[A-Za-z-]+")


def _known(words: list[tuple[int, int, str]]) -> tuple[int, int] | None:
    """Of capitalised words beside each other the first two to four that are a usual name: family and given, or reversed."""
    for first in range(len(words) - 1):
        for last in range(min(len(words), first + 4), first + 1, -1):
            said = [word.lower() for _, _, word in words[first:last]]
            if _is_a_name(said) and _NOT_A_NAME.isdisjoint(word for _, _, word in words[first:last]):
                return words[first][0], words[last - 1][1]
    return None


def _is_a_name(words: list[str]) -> bool:
    family, rest = words[0], words[1:]
    if len(words) <= 3 and family in _KOREAN_FAMILY and all(_ROMAN.fullmatch(word) for word in rest):
        return True
    if len(words) <= 3 and words[-1] in _KOREAN_FAMILY and all(_ROMAN.fullmatch(word) for word in words[:-1]):
        return True
    return family in _FAMILY or family in _GIVEN or (words[-1] in _FAMILY and len(words) == 2)
