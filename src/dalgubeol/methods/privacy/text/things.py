"""What is numbered besides people: samples, papers, parcels and machines, and numbers that are nobody's.

Their numbers take any form, also that of an identifier. The noun that stands directly before a number says whose it
is; a word further off does not (`검체 채취 후 900101-...` is a person's). A number that shows how one is written
(형식: 000000-0000000) is nobody's: its digits are all one, or where a word for an example stands beside it, a row.
"""

from __future__ import annotations

import re

from .names import reads_as_name
from .spans import (
    ACCOUNT,
    BUSINESS,
    CARD,
    CORPORATE,
    FOREIGNER,
    LICENCE,
    PASSPORT,
    PHONE,
    RESIDENT,
    Span,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PAPERS = _words("""
    문서 공문 공문서 서류 성적서 증명서 보고서 계약서 신청서 지시서 의뢰서 견적서 주문서 청구서 고지서 통지서 통보서 안내서 설명서 명세서
    사양서 시방서 품의서 확인서 요청서 결정서 판정서 감정서 평가서 내역서 납품서 출고서 인수서 계산서 명세표 검사서 점검표 기록지 기록부
    점검부 관리대장 전표 번호표 접수증 보관증 확인증 영수증 교환증 인수증 인계증 반출증 반입증 출입증 방문증 회원증 대출증 수험표 이용권
    상품권 입장권 승차권 탑승권 관람권 회원권 식권 바우처 티켓 수표 어음 증권 채권 보증서 인보이스 송장 운송장 등기우편
    수하물 컨테이너 팔레트 파레트 파렛트 박스 상자 바코드 태그 공고 의안 안건 도면 판례 특허 명령 발령 훈령 예규 고시
    지침 의결 결의
    """)
_SAMPLES = _words("""
    검체 시료 표본 견본 샘플 시편 시험편 시험체 공시체 시제품 완제품 반제품 표준품 표준물질 대조품 불량품 반품 증거물 압수물 습득물 유실물
    분실물 혈액팩 혈액백 슬라이드 균주 로트 롯트 배치 제조분 생산분 입고분 출고분 투입분 재고 제품 상품 물품 품목 품번 품명 규격 형번 도번
    약제 농약 비료 종자 백신 시약 원료 원단 사료 도료 페인트 세제 접착제 윤활유 방청유 절삭유 약품 의약품 주사제 수액 앰플 용기 봄베 자재
    부품 부속 부속품 소모품 예비품 자산 비품 기판 모듈 모델 시리얼 이력 개체 귀표
    lot batch sample item part model serial order invoice ref doc po sn
    """)
_ACTS = _words("주문 발주 수주 견적 품의 오더 처방 판독 의뢰 접수 청구 신고 예약 대출")
_NUMBERED_IN = _words(
    "제조 관리 고유 이력 인증 승인 접수 시험 검사 사고 보증 공사 수표 증서 일련 문서 등재 교정 검정 허가 심의 의결 결재 작업 지시 납품 공문 회람 소송 사건 민원 고지 공탁 수료"
)
"""Behind these a word for a number makes it one of a thing (제조번호)."""
_MEMBERS = (
    "조합원",
    "회원",
    "수험",
    "응시",
    "고객",
    "환자",
    "학생",
    "직원",
    "사원",
    "차트",
    "병록",
    "수강",
    "좌석",
)
"""Numbers by which somebody keeps people apart."""
_MACHINES = _words("""
    기기 장비 설비 기계 계기 보일러 냉장고 에어컨 밥솥 노트북 컴퓨터 모니터 프린터 카메라 단말기 단말 태블릿 서버 라우터 공유기 모뎀 셋톱박스
    엘리베이터 저울 현미경 모터 펌프 밸브 센서 필터 인버터 컨트롤러 배터리 소화전 미터 메터 로봇 금형 공구 체온계 드론 키오스크 자판기 도어락
    """)
_KINDS = (
    dict.fromkeys(_MACHINES, "machine")
    | dict.fromkeys(_ACTS, "act")
    | dict.fromkeys(_PAPERS | _SAMPLES, "thing")
)
_DIGIT_BEFORE = re.compile(r"[0-9] ?\Z")
_MACHINE = re.compile(
    r"[가-힣]{1,4}(?:[신험량정탁수소조축전압석단습풍합쇄화지보강착작별열냉온광출속력류색점검표파판리]기|[압온도량력속습류전]계|[화방착감]제|장치)"
)
"""How names of machines and agents end: 수신기, 혈압계, 방청제, 제동장치."""
_NO_MACHINE = _words(
    "경기 전기 단기 장기 정기 초기 조기 수기 소기 보기 표기 분기 지기 사정기 관계 설계 통계 단계 회계"
)
_PERSONS_OWN = ("현금영수증", "주민등록증", "등록증", "계약자", "신고자")
"""Papers that are made out on the number of a person."""
_BEFORE = re.compile(
    r"(?P<word>[가-힣A-Za-z]{1,12}?)(?P<number> ?(?:번호|코드|넘버|(?i:id|no)\.?))?(?P<particle>은|는|이|가|을|를|의|도)?[ :=#(\[-]{0,3}\Z"
)


def thing_before(text: str, start: int, *, strictly: bool = False) -> str:
    """What the noun directly before the number at `start` is: "thing" (a sample, a paper, goods), "machine", "act"
    (an order, a claim: its number, or the telephone on which one is made), or "".

    `strictly` is for numbers that firms have: many a firm is called by its goods (금강비료 120122-...), so only a word for
    a number between counts, or a whole word for a sample or a machine that belongs to no number before it.
    """
    found = _BEFORE.search(text, max(0, start - 20), start)
    if found is None:
        return ""
    word, numbered = found["word"], found["number"] is not None
    if numbered and word[-2:] in _NUMBERED_IN:
        return "thing"
    if numbered and word.endswith(_MEMBERS):
        return "act"
    if strictly and not numbered:
        whole = word in _SAMPLES or word in _MACHINES
        return _KINDS[word] if whole and not _DIGIT_BEFORE.search(text, 0, found.start()) else ""
    return _kind(word) or (_kind(word + found["particle"]) if found["particle"] else "")


def _kind(word: str) -> str:
    word = word.lower()
    if word.endswith(_PERSONS_OWN) or (word not in _KINDS and reads_as_name(word)):
        return ""
    longest = min(len(word), 6)
    for length in range(2, longest + 1):
        if word[-length:] in _KINDS:
            return _KINDS[word[-length:]]
    return "machine" if word not in _NO_MACHINE and _MACHINE.fullmatch(word[-longest:]) else ""


_EXAMPLE_BEFORE = re.compile(
    r"(?:예시|예를|(?<![가-힣])예 ?[):]|보기|샘플|견본|형식|형태|양식|서식|포맷|테스트|더미|가짜|임의|format|sample|example|e\.g\.|dummy|test)[^\n\d]{0,14}$",
    re.IGNORECASE,
)
_EXAMPLE_BEHIND = re.compile(
    r"[^\n\d가-힣]{0,3}(?:형식|형태|양식|처럼|같이|같은|(?:와|과|이런) ?같은|식으로|꼴|예시|샘플|견본|더미)|[^\n\d]{0,6}\(?(?:예시|샘플|견본)\)?"
)
_FREE_FROM = {RESIDENT: 6, FOREIGNER: 6, CORPORATE: 6, PHONE: 3, LICENCE: 2}
"""Digits before this one follow rules (a date, a region), those from it on are given out."""
_NUMBERED = frozenset({*_FREE_FROM, BUSINESS, ACCOUNT, CARD, PASSPORT})
_UP = "01234567890123456789"


def is_nobodys(text: str, span: Span) -> bool:
    """Whether its digits are all one; or, beside a word for an example or a form, are one or a row from some place on."""
    if span.type not in _NUMBERED:
        return False
    digits = "".join(c for c in text[span.start : span.end] if c.isdecimal())
    if len(set(digits)) == 1:
        return True
    free = digits[_FREE_FROM.get(span.type, 0) :]
    if len(set(free)) > 1 and free not in _UP and free[::-1] not in _UP:
        return False
    before = text[max(0, span.start - 24) : span.start]
    return _EXAMPLE_BEFORE.search(before) is not None or _EXAMPLE_BEHIND.match(text, span.end) is not None
