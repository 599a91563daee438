"""What column names suggest."""

import pytest

from dalgubeol.methods.privacy.columns import hints


def test_names_are_cut_at_punctuation_and_camel_case():
    assert hints.words_of("personNo") == ("person", "no")
    assert hints.words_of("Job-title 2") == ("job", "title", "2")


@pytest.mark.parametrize(
    "name", ["person_no", "customerId", "회원번호", "사번", "emp_no", "PATIENT_ID", "userid"]
)
def test_numbers_of_persons_are_known_by_name(name):
    assert hints.numbers_a_person(name)


@pytest.mark.parametrize("name", ["number_of_members", "worker_humidity", "설비번호", "machine_id", "person"])
def test_other_numbers_are_not(name):
    assert not hints.numbers_a_person(name)


def test_a_short_word_must_stand_alone():
    age = dict(hints.QUASI)["age"]
    assert age.fits("age_at_injury")
    assert not age.fits("wage")
    assert not age.fits("average")
