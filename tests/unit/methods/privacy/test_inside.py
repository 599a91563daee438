"""What stands in the cells of a text column, and what a role is proposed from it."""

from __future__ import annotations

import pyarrow as pa

from dalgubeol.methods.privacy.columns.identify import ColumnProposal, propose_roles
from dalgubeol.methods.privacy.columns.inside import look_inside, whole_type
from dalgubeol.methods.privacy.text.columns import masked

PLAIN = [f"{n}호 설비 점검 결과 이상 없음, 다음 점검은 정해진 날에 하고 결과를 적어 둠" for n in range(90)]
TELLING = [
    f"환자 홍길동은 010-{1000 + n}-5678로 연락해 달라고 하며 귀가하였음, 이후 통화함" for n in range(10)
]


def proposed(name: str, values: list[str | None]) -> ColumnProposal:
    return propose_roles(pa.table({name: values}))[0]


def test_texts_that_hold_identifiers_are_a_direct_identifier_with_the_share_of_each_type() -> None:
    found = proposed("메모", [*PLAIN, *TELLING])
    assert (found.role, found.type) == ("direct identifier", "free-text")
    said = [message.text("en") for message in found.evidence]
    assert "10% of its texts hold a phone number (10 of 100 looked at)." in said
    assert "10% of its texts hold a personal name (10 of 100 looked at)." in said
    assert not any("홍길동" in text or "5678" in text for text in said)


def test_texts_that_hold_none_stay_sensitive() -> None:
    assert proposed("메모", [*PLAIN]).role == "sensitive"


def test_a_masked_column_holds_none_any_more() -> None:
    cleaned, _ = masked(pa.array([*PLAIN, *TELLING]))
    assert proposed("메모", cleaned.to_pylist()).role == "sensitive"


def test_a_column_called_a_diagnosis_is_looked_into_as_well() -> None:
    found = proposed("진단내용", [*PLAIN, *TELLING])
    assert (found.role, found.type) == ("direct identifier", "free-text")


def test_the_name_of_a_column_is_the_word_before_its_cells() -> None:
    numbers = [f"11-05-{100000 + n}-78" for n in range(30)]
    assert whole_type("면허번호", numbers) == ("driver-licence-number", 1.0)
    accounts = [f"123456-78-{900000 + n}" for n in range(30)]
    assert whole_type("급여계좌", accounts) == ("account-number", 1.0)
    assert whole_type("주문번호", accounts) is None


def test_addresses_are_told_by_their_values_and_are_quasi_identifiers() -> None:
    found = proposed("c5", [f"대구광역시 수성구 달구벌대로 {n}" for n in range(1, 60)])
    assert (found.role, found.type) == ("quasi-identifier", "address")


def test_words_that_begin_like_surnames_are_no_names() -> None:
    words = [
        "주차장",
        "신호등",
        "하수구",
        "고무판",
        "안전모",
        "배수로",
        "선반공",
        "나사못",
        "조명등",
        "기압계",
        "유압유",
        "변속기",
        "진공관",
        "성분표",
        "송풍기",
        "지하수",
        "구동축",
        "마감재",
        "현미경",
        "전용선",
        "이음새",
        "방청유",
    ]
    assert proposed("c1", [*words]).type != "person-name"


def test_corporate_numbers_are_not_taken_for_resident_numbers() -> None:
    def number(serial: int) -> str:
        body = f"170111{serial:06d}"
        return f"{body[:6]}-{body[6:]}{-sum(int(d) * (1 + i % 2) for i, d in enumerate(body)) % 10}"

    found = proposed("c7", [number(100_000 + 7919 * n) for n in range(60)])
    assert found.type == "corporate-registration-number"


def test_a_rare_identifier_in_many_texts_shows_its_share() -> None:
    seen = look_inside([*(f"{n} 이상 없음" for n in range(399)), "hong@example.com"])
    assert seen.identifies is False
    assert [m.text("en") for m in seen.evidence] == [
        "0.2% of its texts hold an e-mail address (1 of 400 looked at)."
    ]
