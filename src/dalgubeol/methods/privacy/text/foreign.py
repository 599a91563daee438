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


def _any(words: str) -> str:
    return "|".join(sorted(words.split(), key=len, reverse=True))


_KOREAN_FAMILY = _any(
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
_FAMILY = _any(
    "Nguyen Tran Le Pham Huynh Hoang Phan Vu Vo Dang Bui Do Ho Ngo Duong Ly Dinh Trinh Truong Luong "
    "Wang Li Zhang Liu Chen Zhao Huang Zhou Wu Xu Sun Zhu Lin Guo Gao Luo Zheng Liang Xie Tang Deng Feng Jiang Cao "
    "Santos Reyes Cruz Bautista Garcia Mendoza Torres Flores Gonzales Ramos Rivera Fernandez Castillo Villanueva Aquino "
    "Thapa Gurung Rai Magar Tamang Sherpa Shrestha Lama Karki Limbu Adhikari Tanaka Sato Suzuki Takahashi Watanabe Ito Yamamoto Nakamura "
    "Kobayashi Kato Yoshida Yamada Rahman Hossain Islam Ahmed Hussain Khan Akter Uddin Karim Singh Kumar Sharma Patel "
    "Karimov Ivanov Ivanova Petrov Petrova Smirnov Kuznetsov Kim Smith Johnson Williams Brown Jones Miller Davis Wilson "
    "Taylor Anderson Thomas Moore Martin Jackson White Harris Clark Lewis Walker Hall Young King Wright Green Baker Adams Watson"
)
_GIVEN = _any(
    "John James Robert Michael William David Richard Joseph Thomas Charles Daniel Matthew Anthony Mark Paul Steven Andrew Kevin Brian "
    "George Peter Eric Stephen Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Emily Emma Anna "
    "Laura Julia Grace Alice Sophia Olivia Maria Jose Juan Carlos Luis Mario Antonio Angel Rowel Jasmine Mohammad Mohammed "
    "Muhammad Md Ahmed Ahmad Abdul Ali Hasan Amir Omar Ravi Rajesh Ramesh Suresh Deepak Anil Sunil Bishnu Krishna Sanjay Olga Anna Elena "
    "Natalia Ivan Sergey Dmitry Alexander Hiroshi Kenji Takashi Yuki Yumi Haruto Aya Somchai Somsak Malee Alisher Sardor Bat "
    "Ganbold Batbayar Wei Fang Na Min Xiaoming Lei Jing Yan"
)
_CAPITAL = r"(?:[A-Z][a-z]{1,14}(?:-[A-Za-z][a-z]{1,10})?|[A-Z]{2,14}(?:-[A-Z]{2,10})?)"
_ROMAN = rf"(?:(?=[A-Z]){_SYLLABLE}{{1,2}}(?:-{_SYLLABLE})?)(?![A-Za-z])"
_KNOWN = re.compile(
    rf"(?<![A-Za-z0-9@./-])(?:"
    rf"(?i:{_KOREAN_FAMILY})(?![A-Za-z]),? (?-i:{_ROMAN})(?: {_ROMAN})?"
    rf"|(?-i:{_ROMAN})(?: {_ROMAN})? (?i:{_KOREAN_FAMILY})(?![A-Za-z])"
    rf"|(?i:{_FAMILY})(?![A-Za-z]),?(?: {_CAPITAL}){{1,3}}(?![A-Za-z])"
    rf"|(?i:{_GIVEN})(?![A-Za-z])(?: [A-Z]\.)?(?: {_CAPITAL}){{1,3}}(?![A-Za-z])"
    rf")(?![A-Za-z@])"
)
_AFTER_A_WORD = re.compile(
    rf"(?:Dear|Hi|Hello|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Regards,?|Thanks,?|Sincerely,?|"
    rf"성명|이름|성함|영문명|환자명?|근로자|외국인|담당자?|고객명?|작업자|수하인|수취인?|예금주|대표|본인|(?i:name)) ?[(:=,]?[ \n]?"
    rf"(?P<name>{_CAPITAL}(?: {_CAPITAL}){{1,3}})(?![A-Za-z@])"
)
_BEFORE_A_WORD = re.compile(
    rf"(?<![A-Za-z0-9])(?P<name>{_CAPITAL}(?: {_CAPITAL}){{1,3}})(?= ?\(? ?(?:여권|외국인|국적|근로자|씨|님|귀하))"
)
_NOT_A_NAME = frozenset(
    """Smart Factory Data Center System Service Team Lab Group Korea Seoul Daegu Busan Windows Office Excel Google Microsoft Apple
    Samsung Server Cloud Error Total Test Report Version Model Serial Order Invoice Company Corp Inc Ltd Co The And For With From New
    Re Fwd Cpk Lot No""".split()
)

_PARTS = _any(
    "응우옌 응웬 쩐 레 팜 부이 호앙 후인 판 보 도 당 응오 즈엉 리 딘 반 티 득 민 꾸옥 바오 남 란 흐엉 마이 꽝 쑤언 응옥 탄 투안 뚜언 하이 롱 "
    "마리아 안나 엘레나 나탈리아 올가 이반 세르게이 드미트리 알렉산드르 이바노프 이바노바 페트로프 페트로바 존 제임스 마이클 데이비드 로버트 윌리엄 "
    "리처드 토마스 다니엘 매튜 앤드류 피터 메리 제니퍼 엘리자베스 사라 에밀리 엠마 그레이스 줄리아 스미스 존슨 윌리엄스 브라운 존스 밀러 데이비스 윌슨 "
    "테일러 앤더슨 토머스 무어 마틴 잭슨 화이트 해리스 클라크 왓슨 산토스 크루즈 레예스 바우티스타 가르시아 멘도사 토레스 라모스 산체스 카를로스 후안 "
    "호세 로웰 안토니오 다나카 사토 스즈키 다카하시 와타나베 이토 야마모토 나카무라 고바야시 가토 요시다 야마다 히로시 켄지 유미 아야 다케시 "
    "타파 구릉 구룽 라이 마가르 타망 셰르파 슈레스타 라마 카르키 림부 라메쉬 수레쉬 디팍 비슈누 크리슈나 산제이 라주 아흐메드 아흐마드 카림 라힘 라흐만 호세인 "
    "후세인 모하마드 무함마드 모함메드 압둘 알리 하산 아미르 칸 싱 쿠마르 샤르마 솜차이 솜삭 분미 쏨차이 바트바야르 간볼드 바야르 볼드 "
    "알리셰르 카리모프 사르도르 왕 장 류 리우 천 자오 황 우 쉬 쑨 린 궈 웨이 샤오밍 레이 팡 징"
)
_OF_PARTS = re.compile(rf"(?<![가-힣])(?:{_PARTS})(?: (?:{_PARTS})){{1,3}}(?=[^가-힣]|님|씨|에게|께서|[은는이가을를의와과로]|으로|$)")
_ONE_WORD = re.compile(
    rf"(?<![가-힣])(?P<name>(?:{_PARTS}){{1,4}})(?=(?:님|씨|에게|께서|[은는이가을를의])?(?![가-힣]))"
)
_TITLED = re.compile(r"(?<![가-힣])(?P<name>[가-힣]{3,6}(?: [가-힣]{2,6})?)(?=(?P<space> ?)(?:님|씨)(?![가-힣])|(?:님|씨)(?:[은는이가의께을를]|께서|에게)(?![가-힣]))")
_FIELD = re.compile(
    r"(?<![가-힣])(?:성명|이름|성함|외국인 ?(?:고객|환자|근로자)?|환자|근로자|작업자|수하인|본인|임차인|고객)(?P<mark> ?[:=] ?| )?"
    rf"(?P<name>(?:{_PARTS})(?:(?: |)(?:{_PARTS})){{0,3}})(?=[^가-힣]|님|씨|$)"
)
_NEVER = lex.NO_NAME | frozenset(lex.LABELS) | frozenset(lex.TITLES)
_ENDS_AS_NO_NAME = tuple({*lex.TITLES, *(label for label in lex.LABELS if len(label) > 1)} - {"군", "양", "옹"}) + (
    "자", "사", "인", "원", "장", "분", "생", "여러", "처", "마음", "아가", "부모", "따", "아드", "스승", "손", "하느", "형", "누",
)  # fmt: skip


def foreign_names(text: str) -> Iterator[Span]:
    """Every one in `text`, as `context.plain` made it."""
    if _LATIN.search(text):
        yield from _in_latin(text)
    for match in _OF_PARTS.finditer(text):
        if len(match[0]) >= 4:
            yield Span(match.start(), match.end(), s.NAME, 0.9, (s.NAMED,))
    for match in _FIELD.finditer(text):
        if len(match["name"]) >= 3:
            yield Span(*match.span("name"), s.NAME, 0.88, (s.LABEL,))
    for match in _ONE_WORD.finditer(text):
        if len(match["name"]) >= 4 and match["name"] not in _NEVER:
            yield Span(*match.span("name"), s.NAME, 0.7, (s.NAMED,))
    for match in _TITLED.finditer(text):
        name = match["name"]
        if name[0] not in lex.COMMON_SURNAMES and not name.endswith(_ENDS_AS_NO_NAME) and name not in _NEVER and " " not in name:
            yield Span(*match.span("name"), s.NAME, 0.65, (s.AFTER,))


_LATIN = re.compile(r"[A-Z][A-Za-z]+,? [A-Z]")


def _in_latin(text: str) -> Iterator[Span]:
    for match in _KNOWN.finditer(text):
        if _NOT_A_NAME.isdisjoint(re.split(r"[ ,.]+", match[0])):
            yield Span(match.start(), match.end(), s.NAME, 0.85, (s.NAMED,))
    for pattern, sure, evidence in ((_AFTER_A_WORD, 0.84, s.LABEL), (_BEFORE_A_WORD, 0.8, s.AFTER)):
        for match in pattern.finditer(text):
            if _NOT_A_NAME.isdisjoint(match["name"].split()):
                yield Span(*match.span("name"), s.NAME, sure, (evidence,))
