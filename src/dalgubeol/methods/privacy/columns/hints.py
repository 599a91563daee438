"""What the name of a column suggests, in English and Korean.

A name is cut into words at punctuation and at camelCase. `words` must be met by a whole word ("age" does not
fit "wage"); `parts` may occur anywhere in the name, which suits long stems and Korean, written together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BREAK = re.compile(r"[^0-9a-z가-힣]+")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a column name, in lower case.

    >>> words_of("personNo"), words_of("job_title")
    (('person', 'no'), ('job', 'title'))
    """
    return tuple(word for word in _BREAK.split(_CAMEL.sub("_", name).lower()) if word)


@dataclass(frozen=True, slots=True)
class Hint:
    """Words and parts of names that speak for something, and words that speak against it."""

    words: frozenset[str]
    parts: tuple[str, ...] = ()
    against: tuple[str, ...] = ()

    def fits(self, name: str) -> bool:
        found = words_of(name)
        joined = "".join(found)
        if any(part in joined for part in self.against):
            return False
        return not self.words.isdisjoint(found) or any(part in joined for part in self.parts)


def _hint(words: str = "", parts: str = "", against: str = "") -> Hint:
    return Hint(frozenset(words.split()), tuple(parts.split()), tuple(against.split()))


_THINGS = (
    "company firm product item file tag plant site column host machine sensor model material vendor "
    "회사 업체 기업 제품 품목 파일 설비 공장 모델 자재 기관 상품 지역 도시 과목"
)

RESIDENT = _hint("rrn ssn jumin", "resident 주민 외국인등록")
EMAIL = _hint("email mail", "이메일 메일")
PHONE = _hint("phone ph tel telno mobile cell hp fax contact", "telephone 전화 휴대폰 핸드폰 연락처 팩스")
LICENCE = _hint("licence license", "면허")
PASSPORT = _hint("passport", "여권")
POSTAL = _hint(
    "zip zip5 zipcode zonecode post postcode postno postalcode",
    "우편번호 우편 postal postcode zipcode",
    "우편물 이메일 mail",
)
BUSINESS = _hint("brn bizno", "사업자")
CORPORATE = _hint("crn", "corpno corporateno corporatereg 법인", "법인카드")
PERSON_NAME = _hint(
    "name fullname firstname lastname surname",
    "성명 이름 성함 환자명 고객명 직원명 사원명 근로자명 작업자명 신청인 보호자명 대표자명 담당자명",
    _THINGS,
)
PERSON_ROLE = _hint(
    "nm manager owner writer author receiver sender applicant patient customer guardian contact_person",
    "담당 예금주 작성자 신청자 수취인 수령인 수신인 발송인 받는분 보내는분 보호자 대표자 확인자 승인자 검토자 책임자 접수자 기사 주치의 "
    "환자 고객 직원 사원 근로자 작업자 회원 신고자 계약자 대리인 명의 소유자 차주 세대주 운전자 상담원 강사 교수 학생 면접자 지원자",
    _THINGS + " 번호 코드 전화 연락 부서 주소 메일 이메일 등급 유형 수 id no code 차량 나이 생년",
)
"""Somebody who has a part in what a row tells: the column holds names if its values read as names."""
_SOMEBODY = re.compile(r"[가-힣](?:자|인|원|생|주|장)(?:명|성명|이름)?$")


def names_somebody(name: str) -> bool:
    """Whether a column is called by a part that somebody has, a known one or one made as such words are (소득자, 관계인)."""
    joined = "".join(words_of(name))
    return PERSON_ROLE.fits(name) or (
        _SOMEBODY.search(joined) is not None and not any(part in joined for part in PERSON_ROLE.against)
    )


ORDER = _hint(
    "order orderid po lot batch serial sn barcode isbn tracking invoice",
    "주문 발주 로트 시리얼 제조번호 일련번호 송장 운송장 접수번호 품의 관리번호 자산 기기번호 배치 바코드 계약번호 문서번호 전표 견적 이력 품번 모델 order serial tracking",
)
"""A number of a thing or a paper, whatever it looks like."""
BIRTH = _hint("birth dob birthday birthdate yob", "birth 생년 생일 출생")
NUMBER = _hint("id no nr number key code uid uuid guid serial", "번호 아이디 식별 일련")
_PERSON = _hint(
    "emp cust user",
    "person patient customer employee member worker claimant insured staff student client "
    "개인 사원 직원 회원 고객 환자 근로자 작업자 가입자 수급자 사용자 학생 피보험자",
)
_NUMBER_END = re.compile(r"(id|no|num|number|key|code|번호|아이디|코드)$")
_COUNT_START = re.compile(r"^(numberof|numof|noof|count)")
_WHOLE = _hint(
    "ssn empid empno custid custno userid userno pid mrn chartno",
    "사번 학번 군번 계좌번호 카드번호 증번호 차트번호 수진자번호 수진번호 병록번호",
)
_RECEIVED = _hint(
    "",
    "등록번호 접수번호",
    "사업자 법인 차량 자동차 특허 상표 면허 자산 기기 장비 문서 주문 외국인 주민 " + _THINGS,
)
"""A number that one who comes is given, a patient for instance, where nothing says that it is a thing's."""


def numbers_a_person(name: str) -> bool:
    """Whether a column of this name holds a number given to a person (person_no, 회원번호, 사번)."""
    joined = "".join(words_of(name))
    if _COUNT_START.match(joined):
        return False
    return (
        _WHOLE.fits(name)
        or _RECEIVED.fits(name)
        or (_PERSON.fits(name) and (_NUMBER_END.search(joined) is not None or NUMBER.fits(name)))
    )


SENSITIVE: tuple[tuple[str, Hint], ...] = (
    (
        "health",
        _hint(
            "icd disabled",
            "diagnos diseas injur injtype injdes illness symptom disab medica 질병 상병 진단 "
            "병명 장애 부상 상해 건강 투약 처방 증상",
        ),
    ),
    ("belief", _hint("faith", "religio political ideolog 종교 사상 신념 정당 정치")),
    ("union-membership", _hint("union", "laborunion 노동조합 노조")),
    ("sexual-life", _hint("", "sexuality orientation 성생활 성적지향")),
    ("criminal-record", _hint("", "crimin convict 범죄 전과")),
    ("biometric", _hint("dna iris", "biometr fingerprint genom genetic 유전 지문 홍채 생체")),
)

QUASI: tuple[tuple[str, Hint], ...] = (
    ("age", _hint("age ages agegroup", "연령 나이")),
    ("sex", _hint("sex male female", "gender 성별")),
    ("marital-status", _hint("married", "marital marriage 혼인 결혼")),
    ("industry", _hint("industry indust sector", "industr 업종 산업")),
    ("occupation", _hint("job occupation", "occup profession 직업 직종 직무 직급 직위")),
    (
        "region",
        _hint(
            "region city district sido zip zip5 zipcode postcode post",
            "province postal postcode zipcode 지역 거주 시도 시군구 우편",
        ),
    ),
    ("address", _hint("address addr", "주소")),
    ("income", _hint("wage income salary pay", "wage salary earning 임금 급여 소득 연봉 월급 보수월액")),
    ("education", _hint("education educ school", "학력 교육수준")),
    ("nationality", _hint("nationality country race ethnicity", "국적 인종 출신")),
    ("employer", _hint("employer department dept", "부서 소속 직장 사업장")),
    ("tenure", _hint("tenure", "근속 경력")),
    ("household", _hint("household children kids", "가구 자녀 세대")),
)

SEX_WORDS = frozenset(
    {"남", "여", "남자", "여자", "남성", "여성", "m", "f", "male", "female", "man", "woman"}
)
