"""Identifiers in running text: what is found, what only looks like one, and that places fit the text given."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.text import TAGS, TYPES, Span, find, mask
from dalgubeol.methods.privacy.text.columns import findings, masked
from dalgubeol.methods.privacy.text.spans import WORDS, without_overlaps


def found(text: str) -> dict[str, str]:
    return {span.type: text[span.start : span.end] for span in find(text)}


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("주민번호는 900101-1234567이라고 함", "resident-registration-number", "900101-1234567"),
        ("주민등록번호 0502283112345 확인", "resident-registration-number", "0502283112345"),
        ("등록외국인 880505-5123456", "foreigner-registration-number", "880505-5123456"),
        ("사업자등록번호 220-81-62517로 발행", "business-registration-number", "220-81-62517"),
        ("법인등록번호 110111-0006249", "corporate-registration-number", "110111-0006249"),
        ("면허 11-05-123456-78을 제시", "driver-licence-number", "11-05-123456-78"),
        ("여권번호 M123A4567로", "passport-number", "M123A4567"),
        ("010-1234-5678로 연락", "phone", "010-1234-5678"),
        ("연락처 +82 10-1234-5678", "phone", "+82 10-1234-5678"),
        ("(053)743-1234에서", "phone", "(053)743-1234"),
        ("대표번호 1588-1234", "phone", "1588-1234"),
        ("국민은행 123456-78-901234로 입금", "account-number", "123456-78-901234"),
        ("카드 4111-1111-1111-1111 결제", "card-number", "4111-1111-1111-1111"),
        ("hong.gd@example.co.kr로 보냄", "email", "hong.gd@example.co.kr"),
        ("차량 12가3456이", "vehicle-plate", "12가3456"),
        ("하역장 2번 25나5193 대기 중", "vehicle-plate", "25나5193"),
        ("순번 1 591우1864 원성호 기사", "vehicle-plate", "591우1864"),
        ("회사 전화, 성진기공 220-81-62517 / 확인", "business-registration-number", "220-81-62517"),
        ("533-58-111168 하나이고 제 앞으로", "account-number", "533-58-111168"),
        ("계좌 바뀜 구 614357-17-522447 신 719-860133-79207", "account-number", "719-860133-79207"),
        ("2208162517 요걸로 계산서 끊어 줘요", "business-registration-number", "2208162517"),
        ("2208162517 별빛공방 이경택", "business-registration-number", "2208162517"),
        ("법인통장 개설 가람수산 2208162517 대리인", "business-registration-number", "2208162517"),
        ("발주자 다온상회(대표 김한별, 2208162517)", "business-registration-number", "2208162517"),
        ("삼정기업 220-81-62517 앞", "business-registration-number", "220-81-62517"),
        ("선입금. 본점은 220-81-62517, 지점은 따로", "business-registration-number", "220-81-62517"),
        ("저희 번호가 2208162517인데 상호는 가온", "business-registration-number", "2208162517"),
        ("두리건재 220-81-62517 150111-8856839", "corporate-registration-number", "150111-8856839"),
        ("입금할 곳: 신한은행 / 202-900-208337 / 박재희", "account-number", "202-900-208337"),
        ("제 계좌번호요? 955-98-082407-4입니다", "account-number", "955-98-082407-4"),
        ("이금옥 명의 8589-6132-6347", "account-number", "8589-6132-6347"),
        ("어제 010-2345-6789가 왔음", "phone", "010-2345-6789"),
        ("입금 전에 01023456789 통화", "phone", "01023456789"),
        ("#010-2345-6789 이걸로", "phone", "010-2345-6789"),
        ("카드 결제는 안 되고 2208162517 확인", "business-registration-number", "2208162517"),
        ("14:20 2208162517 개인", "business-registration-number", "2208162517"),
        ("입금 전에 11-05-123456-78 확인", "driver-licence-number", "11-05-123456-78"),
        ("입금 전에 900101-1234568 확인", "resident-registration-number", "900101-1234568"),
        ("한빛산업 M038P2410 확인", "passport-number", "M038P2410"),
        ("364도6010 대신", "vehicle-plate", "364도6010"),
        ("이수진님 345나9858 원본", "vehicle-plate", "345나9858"),
        ("신한은행 498 235 877040 50,000원", "account-number", "498 235 877040"),
        ("보증금 반환 989242-17-289102 김영수", "account-number", "989242-17-289102"),
        ("수납은행: 우리은행\n5521-247-303894", "account-number", "5521-247-303894"),
        ("수협은행 / 김영수 / 951-522074-82576", "account-number", "951-522074-82576"),
        ("393461250723 카뱅이고 제 앞으로", "account-number", "393461250723"),
        ("965-59-075609-8 MG새마을금고이고 제 앞으로", "account-number", "965-59-075609-8"),
        ("521 5810 2971 05 iM뱅크 이봄이", "account-number", "521 5810 2971 05"),
        ("수협\t8897 1318 5044\t1660000", "account-number", "8897 1318 5044"),
        ("입금처 토스뱅크 1000 2514 5421 211동", "account-number", "1000 2514 5421"),
        ("59가8166 건 과태료 고지서", "vehicle-plate", "59가8166"),
        ("59가8166 대차 요청", "vehicle-plate", "59가8166"),
        ("59가 8166 원상복구 견적", "vehicle-plate", "59가 8166"),
        ("대구31바5925 대차 요청", "vehicle-plate", "대구31바5925"),
        ("세대 56호 637호 3647 010-2306-2233", "vehicle-plate", "637호 3647"),
        ("번호 862호 9643 그랜저", "vehicle-plate", "862호 9643"),
        ("부품 78개, 439거4141 차 좀 빼 주세요", "vehicle-plate", "439거4141"),
        ("2종 자동 13 - 43 - 087879 - 28", "driver-licence-number", "13 - 43 - 087879 - 28"),
        ("22 33 502755-18 갱신 대상", "driver-licence-number", "22 33 502755-18"),
        ("운전 가능자 이연지(250488259538)", "driver-licence-number", "250488259538"),
        ("여권번호로 본인확인 M15042452", "passport-number", "M15042452"),
        ("여권 M 83771441 확인", "passport-number", "M 83771441"),
        ("R75426860 Lee, Min Sung 출국", "passport-number", "R75426860"),
        ("연락 010/0051/3815", "phone", "010/0051/3815"),
        ("휴대폰 010_2635_7020", "phone", "010_2635_7020"),
        ("보호자 010. 6633. 6613", "phone", "010. 6633. 6613"),
        ("이경택님 2111114676877 접수", "resident-registration-number", "2111114676877"),
        ("예금주 노기훈(8701051532753)", "resident-registration-number", "8701051532753"),
        ("5904251285874 민증번호예요", "resident-registration-number", "5904251285874"),
        ("9508266821792 구룽 비제이 결핵 검진", "foreigner-registration-number", "9508266821792"),
        ("James Miller M070E4876 0210178366245", "foreigner-registration-number", "0210178366245"),
        ("(등기 160111-4994508) 대표", "corporate-registration-number", "160111-4994508"),
        ("법인 등기번호는 120111-0654857 입니다", "corporate-registration-number", "120111-0654857"),
        ("경기 화성시 달구벌대로 277 목련상가 (10321)", "postal-code", "10321"),
        ("전주시 덕진구 여서로 246 (화곡동) (273-808)", "postal-code", "273-808"),
        ("배송처 (46078) 조치원읍 주엽동 571-22", "postal-code", "46078"),
        ("회수지 : 여수시 능동 1299-2번지 1층 481호 (정금자)", "address", "여수시 능동 1299-2번지 1층 481호"),
        ("우) 18203 봉담읍 동화길 100-4 (금호동2가) 귀하", "address", "봉담읍 동화길 100-4 (금호동2가)"),
        ("대구광역시 달성군 낙동대로 131 건", "address", "대구광역시 달성군 낙동대로 131"),
        ("가정로 77에 사시는 분", "address", "가정로 77"),
        ("이고 주소는서구 봉명동 273-48", "address", "서구 봉명동 273-48"),
        ("우편번호 41934", "postal-code", "41934"),
        ("대구 수성구 달구벌대로 2450에 산다", "address", "대구 수성구 달구벌대로 2450"),
        ("환자 홍길동은 귀가함", "person-name", "홍길동"),
        ("영어예배 통역 수진 자매", "person-name", "수진"),
        ("새봄 고객님 오시면", "person-name", "새봄"),
        ("예약자 지훈 1순위", "person-name", "지훈"),
        ("저 지훈맘인데요", "person-name", "지훈"),
        ("VISITOR Matthew Collins / 출입", "person-name", "Matthew Collins"),
        ("강사 Rachel Green, 통역 없음", "person-name", "Rachel Green"),
        ("저 지훈인데요 오늘 늦어요", "person-name", "지훈"),
        ("지훈 주무관님께 사진 요청", "person-name", "지훈"),
        ("통근버스 1종 대형 269598299787", "driver-licence-number", "269598299787"),
        ("면허증 찍어 보냄 번호는 16-96-816370-95", "driver-licence-number", "16-96-816370-95"),
        ("1985.03.12생이다", "date-of-birth", "1985.03.12"),
        ("접속 192.168.10.7에서", "ip-address", "192.168.10.7"),
        ("00:1A:2b:3C:4D:5E 장비", "mac-address", "00:1A:2b:3C:4D:5E"),
        ("IMEI 490154203237518", "imei", "490154203237518"),
    ],
)  # fmt: skip
def test_an_identifier_is_found_without_the_particle_behind_it(text: str, type_: str, value: str) -> None:
    assert found(text)[type_] == value


@pytest.mark.parametrize(
    "text",
    [
        "원심펌프 사양서 M76437127 개정판을 첨부",
        "공회전 후 소착, 베어링 R57738867 대체",
        "작업지시 M12345678 발행",
        "품번 S401A8285 12EA 출고",
        "250112-4526625 로트 투입분 재도금",
        "주문번호 20240115-0032가 취소됨",
        "제02-2024-0012호 공문",
        "대법원 98다1234 판결",
        "주문번호 2208162517 확인",
        "송장 220-81-62517 조회",
        "예산 2208162517원을 편성",
        "운송장 2208162517 도착",
        "대구은행으로 1,250,000원 보내 주세요",
        "바랍니다 157동 909호",
        "인원 15조 1234개 팀",
        "번호는 이름 순서입니다",
        "제12호 2024년 개정",
        "공사비 지급 12500000000원",
        "해외송금 한도문의",
        "법무사 사무소 전화",
        "임신 32주 1500g",
        "제010-2024-0012호 공문",
        "1712345678 GET /index 200",
        "압력 3.1415926535 확인",
        "고객님 이상한 정보가 접수됨",
        "예산 15조1234억을 편성",
        "버전 10.2.13.4로 갱신",
        "LOT 930512-1234567A 입고",
        "임진왜란 1592-1598 자료",
        "신청인 연락처 확인, 담당자 부재중",
    ],
)
def test_what_only_looks_like_an_identifier_is_left(text: str) -> None:
    assert find(text) == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("대구 달서구 월배로 12 (우편번호 42746) 으로 변경", "42746"),
        ("대구 달서구 월배로 12 (우: 42746)", "42746"),
        ("대구 달서구 월배로 12 (ZIP 42746)", "42746"),
        ("대구 달서구 월성동 123-4 우편번호 704-912", "704-912"),
        ("해운대로 276-26 ( 49530 ) 건축주", "49530"),
        ("대구 달서구 월배로 12 월성빌딩 3층 42746", "42746"),
        ("대구 달서구 월배로 12\n42746\n", "42746"),
        ("홍길동 | 42746 | 대구 달서구 월배로 12", "42746"),
        ("42746\n대구 달서구 월배로 12", "42746"),
        ("제출처 (42746) 장터3길 185-13", "42746"),
        ("등기 (704-912) 막숲로60번길 281", "704-912"),
        ("우) 65224 서울특별시 강서구 공항대로 12", "65224"),
        ("우편번호\n42746", "42746"),
        ("우번호 42746", "42746"),
        ("대구 달서구 월배로 12; 42746", "42746"),
    ],
)
def test_a_postal_code_stands_beside_its_address_or_its_word_and_no_address_swallows_it(
    text: str, code: str
) -> None:
    seen = found(text)
    assert seen["postal-code"] == code
    assert code not in seen.get("address", "")


@pytest.mark.parametrize(
    "text", ["대구 달서구 월배로 12 15000원", "금액 42746원", "사번 12045", "수량 42746개"]
)
def test_five_digits_alone_are_no_postal_code(text: str) -> None:
    assert "postal-code" not in found(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("서울 금천구 가산디지털1로 168 앞", "서울 금천구 가산디지털1로 168"),
        ("근로자는 3공단1로 398 소재 사업장에서", "3공단1로 398"),
        ("회수 장터3길 71, 7층", "장터3길 71, 7층"),
        ("임대 목적물은 송정동 377 지상 창고", "송정동 377"),
        ("담당 귀하\n비슬로 381\n적재", "비슬로 381"),
        ("문경민 대소로 85 29535", "대소로 85"),
        ("홍길동 010-1234-5678 상인로 128", "상인로 128"),
        ("테헤란로 152번지", "테헤란로 152번지"),
        ("재방문 요구 수성구 논공로21길 256-8", "수성구 논공로21길 256-8"),
        ("사업장 청도군 논공읍 북리 854-43번지 (공급자)", "청도군 논공읍 북리 854-43번지"),
        ("강원특별자치도 춘천시 중앙로 1에 산다", "강원특별자치도 춘천시 중앙로 1"),
        ("전북특별자치도 전주시 완산구 효자로 225로", "전북특별자치도 전주시 완산구 효자로 225"),
        ("대구 달서구 월배로 12 (월성동 123-4)", "대구 달서구 월배로 12 (월성동 123-4)"),
        ("대구 달서구 월배로 12 월성푸르지오 101-1203", "대구 달서구 월배로 12 월성푸르지오 101-1203"),
        ("이사 전서구 옥포동 1588-48", "서구 옥포동 1588-48"),
    ],
)
def test_an_address_begins_and_ends_where_it_does(text: str, address: str) -> None:
    assert found(text)["address"].removesuffix(")") == address.removesuffix(")")


@pytest.mark.parametrize(
    "text",
    ["버전2로 10회 시험", "고객요청으로 4:10에", "오작동 3 회", "자동 1112 수동 20", "라인3로 45개 투입"],
)
def test_a_word_and_a_number_are_no_address(text: str) -> None:
    assert "address" not in found(text)


@pytest.mark.parametrize(
    "text",
    ["김민수 M12345678", "Nguyen Van Tuan M12345678", "외국인 M12345678 접수", "투숙객 M12345678", "M12345678 응우옌 반 투안",
     "여권번호\nM12345678", "김민수 010-1234-5678 M12345678", "M12345678 (국적 베트남)", "M12345678", "M12345678(변경)"],
)  # fmt: skip
def test_a_passport_takes_its_word_or_a_person(text: str) -> None:
    assert found(text)["passport-number"] == "M12345678"


def test_a_person_in_brackets_behind_an_address_is_a_name_and_no_part_of_it() -> None:
    seen = found("회수지 : 경기 화성시 동탄대로 142-54 (이정훈)")
    assert (seen["address"], seen["person-name"]) == ("경기 화성시 동탄대로 142-54", "이정훈")


@pytest.mark.parametrize(
    ("text", "type_", "values"),
    [
        ("우편번호 51458 아니면 45118 둘 중 어느 쪽인가요", "postal-code", ["51458", "45118"]),
        ("우편번호는 27130인지 54576인지 확인 바람", "postal-code", ["27130", "54576"]),
        ("우편번호 06236(구), 06164(신)", "postal-code", ["06236", "06164"]),
        ("우편번호 01897에서 47006으로 바뀜", "postal-code", ["01897", "47006"]),
        ("06236이 우편번호 맞죠?", "postal-code", ["06236"]),
        ("금액 12345 우편번호 06236", "postal-code", ["06236"]),
        ("수량 51458 아니면 45118 둘 중 하나", "postal-code", []),
        ("우편번호 06236, 금액 123456", "postal-code", ["06236"]),
        ("계좌번호 955-98-082407, 또는 943-54-248439", "account-number", ["955-98-082407", "943-54-248439"]),
        ("주문번호 850607-1434269, 850608-1434268", "resident-registration-number", []),
    ],
)
def test_a_word_before_a_list_of_like_numbers_is_for_all_of_them(
    text: str, type_: str, values: list[str]
) -> None:
    assert [text[span.start : span.end] for span in find(text) if span.type == type_] == values


@pytest.mark.parametrize(
    "text",
    [
        "보관 시료 850607-1434269 냉장",
        "시편(850607-1434269) 파단",
        "반출증 850607-1434269 회수 안 됨",
        "수신기 850607-1434269 불량",
        "제조번호: 850607-1434269",
        "인사 명령 250607-3434269",
        "850607-1434269 3포대 입고",
        "850607-1434269 로트 투입분",
        "자동 소화장치 01023456789 점검",
        "성적서번호 010-2345-6789",
        "표본 27나4275 수령",
        "대출번호 220-81-62517, 금리 4%",
        "검체 4111-1111-1111-1111 재채취",
    ],
)
def test_a_number_right_behind_the_noun_for_a_thing_is_nobodys(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("시료 채취 후 850607-1434269", "resident-registration-number"),
        ("검체 주민번호 850607-1434269", "resident-registration-number"),
        ("신청서 850607-1434260", "resident-registration-number"),  # its check digit holds
        ("현금영수증 010-2345-6789", "phone"),
        ("주문 010-2345-6789", "phone"),
        ("법인 금강비료 150111-8856839", "corporate-registration-number"),
        ("금강비료 220-81-62517", "business-registration-number"),
        ("대원식자재 앞 계산서 (2208162517) 발행", "business-registration-number"),
        ("지게차 02가1234 입고", "vehicle-plate"),
        ("라벨 4111-1111-1111-1111 일시불", "card-number"),
    ],
)
def test_a_noun_for_a_thing_does_not_hide_what_is_a_persons_or_a_firms(text: str, type_: str) -> None:
    assert type_ in found(text)


def test_a_date_on_which_hardly_anybody_was_born_who_lives_takes_a_person_or_a_word() -> None:
    """251006-2 is the sixth of October 1925, and its check digit does not hold."""
    type_ = "resident-registration-number"
    assert type_ not in found("냉장고 왼쪽 칸에서 꺼낸 것 251006-2074101 확인")
    assert type_ in found("정재환(251006-2074101) 확인")
    assert type_ in found("주민번호 251006-2074101 확인")
    assert type_ in found("냉장고 왼쪽 칸에서 꺼낸 것 551006-2074101 확인")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("주민번호는 예) 900101-1234567 형식으로 적음", False),
        ("주민번호 000000-0000000", False),
        ("전화번호 형식: 010-1234-5678", False),
        ("010-0000-0000처럼 적음", False),
        ("주민번호 900101-1234567", True),
        ("주민번호 예시로 900101-1434269", True),
        ("연락처 010-1234-5678", True),
    ],
)
def test_digits_in_a_row_beside_a_word_for_a_form_are_nobodys(text: str, is_one: bool) -> None:
    assert bool(found(text)) == is_one


def test_a_resident_number_with_a_failing_check_digit_is_still_one() -> None:
    assert "resident-registration-number" in found("인적사항 201103-3999999 확인")


def test_full_width_digits_and_odd_dashes_are_read_and_places_are_those_of_the_text() -> None:
    assert found("연락처 ０１０–１２３４–５６７８")["phone"] == "０１０–１２３４–５６７８"


def test_syllables_taken_apart_are_read_and_masked_whole() -> None:
    text = unicodedata.normalize("NFD", "환자 홍길동은 010-1234-5678로 연락")
    done = unicodedata.normalize("NFC", mask(text, find(text)))
    assert done == "환자 [성명]은 [전화번호]로 연락"


def test_a_name_found_once_is_found_again() -> None:
    text = "성명: 석가람. 이후 석가람만 남음"
    assert [text[s.start : s.end] for s in find(text, {"person-name"})] == ["석가람", "석가람"]


def test_of_two_readings_the_surer_and_then_the_longer_stays() -> None:
    sure, weak, longer = (
        Span(2, 6, "phone", 0.9),
        Span(0, 9, "account-number", 0.5),
        Span(10, 14, "email", 0.9),
    )
    assert without_overlaps([weak, longer, sure, Span(11, 13, "phone", 0.9)]) == (sure, longer)


def test_masking_follows_the_policy_of_each_type() -> None:
    text = "홍길동 씨와 이영희 씨, 홍길동 씨는 010-1234-5678"
    spans = find(text)
    assert mask(text, spans, {"person-name": "numbered", "phone": "stars"}) == (
        "[성명1] 씨와 [성명2] 씨, [성명1] 씨는 *************"
    )
    assert mask(text, spans, "delete") == " 씨와  씨,  씨는 "
    assert mask(text, spans, "keep") == text
    with pytest.raises(Invalid):
        mask(text, spans, "blur")


def test_a_column_is_masked_and_counted_and_missing_stays_missing() -> None:
    column = pa.chunked_array([["환자 홍길동은 귀가", None], ["환자 홍길동은 귀가", "이상 없음"]])
    made, seen = masked(column)
    assert made.to_pylist() == ["환자 [성명]은 귀가", None, "환자 [성명]은 귀가", "이상 없음"]
    assert (seen.texts, dict(seen.holding)) == (3, {"person-name": 2})
    assert findings(column).share("person-name") == pytest.approx(2 / 3)
    with pytest.raises(Invalid):
        masked(pa.array([1]))


def test_every_type_has_a_tag_and_a_word() -> None:
    assert set(TAGS) == set(TYPES) == set(WORDS)


@given(st.text(alphabet="가홍길동김씨은는 -.()0123456789@abM\n서울구로", max_size=60))
def test_any_text_gives_spans_in_order_that_lie_in_it(text: str) -> None:
    spans = find(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_no_evidence_holds_a_part_of_the_text() -> None:
    text = "환자 홍길동은 010-1234-5678, 900101-1234567, hong@example.com"
    for span in find(text):
        assert not any(text[span.start : span.end] in message.text("ko") for message in span.evidence)


def called(text: str) -> list[str]:
    return [text[s.start : s.end] for s in find(text) if s.type == "person-name"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("김 과장이 확인함", ["김"]),
        ("박 부장께 보고", ["박"]),
        ("이 대리님 지시로", ["이"]),
        ("엄원장님께 보고", ["엄"]),
        ("이 팀장이 왔다", ["이"]),
        ("강 씨는 부인했다", ["강"]),
    ],
)
def test_a_surname_before_a_title_is_a_name(text: str, found: list[str]) -> None:
    assert called(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "이 과장 광고는 거짓", "전 과장 때의 약속", "현 팀장님과 상의", "한 부장 판사가 맡았다", "이 대리점 말고",
        "이사장 직무대행", "(주)김기사 세금계산서", "여 선생님이 오셨다", "정교수 회의", "이 소장은 법원에 냈다",
    ],
)  # fmt: skip
def test_a_word_before_a_title_is_none(text: str) -> None:
    assert called(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("민수야, 어디니", ["민수"]),
        ("지훈아! 이리 와", ["지훈"]),
        ("민준이가 아프대요", ["민준"]),
        ("아들 민수가 다쳤다", ["민수"]),
        ("우리 창수가 내일 못 간대요", ["창수"]),
        ("막내 지은이한테 전하세요", ["지은"]),
    ],
)
def test_a_given_name_alone_is_found_where_somebody_is_called_or_named_as_ones_own(
    text: str, found: list[str]
) -> None:
    # With 이 or 아 behind it, it may be taken for a whole name of three syllables: that masks it too.
    assert [each[:2] for each in called(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "이게 뭐야, 내 실수야, 큰 문제야", "민수가 늘었다", "우리 회사가 낫다", "동생 명의로 가입", "1종 대형 보유",
        "지수가 오르고 유가가 내렸다", "그건 우리 사이야.",
    ],
)  # fmt: skip
def test_a_word_that_reads_as_a_given_name_takes_more_than_its_form(text: str) -> None:
    assert called(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("홍길동(010-1234-5678)", "[성명]([전화번호])"),
        ("담당자 김철수(010-1234-5678)에게", "담당자 [성명]([전화번호])에게"),
        ("홍길동(+82-10-1234-5678)", "[성명]([전화번호])"),
        ("홍길동( 02-2345-5678 )", "[성명]( [전화번호] )"),
        ("홍길동((02)2345-5678)", "[성명]([전화번호])"),
        ("전화 (031)555-1234", "전화 [전화번호]"),
    ],
)
def test_a_bracket_around_a_phone_stays_whole_or_goes_whole(text: str, expected: str) -> None:
    assert mask(text, find(text)) == expected
