"""Recognisers of Korean identifiers. All numbers here are made up."""

import pytest

from dalgubeol.methods.privacy.columns import korean


def resident(first_twelve: str, foreigner: bool = False) -> str:
    total = sum(w * int(d) for w, d in zip((2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), first_twelve, strict=True))
    return first_twelve + str(((13 if foreigner else 11) - total % 11) % 10)


def test_the_check_digit_of_a_resident_number_is_evidence_and_never_rejects():
    right = resident("900101112345")
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    assert korean.resident_number(right).checksum is True
    assert korean.resident_number(wrong).checksum is False


def test_foreigners_have_digits_5_to_8_and_a_check_of_their_own():
    found = korean.resident_number(resident("900101512345", foreigner=True))
    assert found.foreigner
    assert found.checksum is True


@pytest.mark.parametrize(
    "text", ["901301-1234567", "900230-1234567", "510101-3234567", "010101-9234567", "1234567"]
)
def test_an_impossible_birth_is_no_resident_number(text):
    assert korean.resident_number(text) is None


def test_masked_and_hyphenated_forms_are_recognised():
    assert korean.resident_number("900101-1******").checksum is None
    assert korean.resident_number("900101 - 1234567").hyphenated


def test_a_few_resident_numbers_among_others_are_enough():
    others = [f"2024-{i:06d}" for i in range(95)]
    assert korean.look_like_resident_numbers([*others, "900101-1234567"])
    assert not korean.look_like_resident_numbers(others)
    assert not korean.look_like_resident_numbers([])


def test_integers_get_back_the_zeros_they_lost():
    assert not korean.look_like_resident_numbers(["50101" + "3234567"])
    assert korean.look_like_resident_numbers(["50101" + "3234567"], integers=True)


@pytest.mark.parametrize(
    "text",
    ["010-1234-5678", "01012345678", "+82 10-1234-5678", "02-123-4567", "(053) 123-4567", "070-1234-5678"],
)
def test_usual_phone_numbers_are_recognised(text):
    assert korean.is_phone(text)


@pytest.mark.parametrize("text", ["1234567", "2024-01-02", "012-1234-5678", "900101-1234567"])
def test_other_numbers_are_no_phone_numbers(text):
    assert not korean.is_phone(text)


def test_a_business_number_needs_its_check_digit():
    last = [d for d in range(10) if korean.is_business_number(f"123-45-6789{d}"[:12])]
    valid = [f"123-45-678{d:02d}" for d in range(100) if korean.is_business_number(f"123-45-678{d:02d}")]
    assert len(valid) == 10
    assert len(last) <= 1


def test_names_begin_with_a_surname():
    assert korean.is_person_name("김철수")
    assert korean.is_person_name("남궁민수")
    assert not korean.is_person_name("Kim")
    assert not korean.is_person_name("뷁철수")


def test_corporate_numbers_need_their_check_digit():
    body = "170111123456"
    check = -sum(int(d) * (1 + i % 2) for i, d in enumerate(body)) % 10
    assert korean.is_corporate_number(f"{body[:6]}-{body[6:]}{check}")
    assert not korean.is_corporate_number(f"{body[:6]}-{body[6:]}{(check + 1) % 10}")
    assert not korean.is_corporate_number("170111-12345")


@pytest.mark.parametrize("text", ["4111-1111-1111-1111", "4111111111111111", "3782-822463-10005"])
def test_cards_have_a_network_groups_and_a_luhn_digit(text):
    assert korean.is_card_number(text)
    assert not korean.is_card_number(text[:-1] + str((int(text[-1]) + 1) % 10))


def test_a_number_of_another_network_in_odd_groups_or_of_zeros_is_no_card():
    assert not korean.is_card_number("1111-1111-1111-1117")
    assert not korean.is_card_number("41-11111111-111111")
    assert not korean.passes_luhn("0000000000000000")
