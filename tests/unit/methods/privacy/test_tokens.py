"""Keyed pseudonyms."""

import hashlib
import hmac
import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid, Refused
from dalgubeol.methods.privacy.tokens import KeyedHash, pseudonyms

KEY = bytes(range(32))

# RFC 4231, test cases 1-4, 6 and 7: key, data, HMAC-SHA-256.
RFC_4231 = [
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (
        bytes(range(1, 26)),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
    (
        b"\xaa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        b"\xaa" * 131,
        b"This is a test using a larger than block-size key and a larger than block-size data. "
        b"The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]


@pytest.mark.parametrize(("key", "data", "expected"), RFC_4231)
def test_the_keyed_hash_gives_the_vectors_of_rfc_4231(key, data, expected):
    assert KeyedHash(key).digest(data).hex() == expected


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_the_keyed_hash_agrees_with_the_standard_library(key, data):
    assert KeyedHash(key).digest(data) == hmac.digest(key, data, hashlib.sha256)


def test_equal_values_share_a_token_of_160_bits_and_missing_stays_missing():
    tokens = pseudonyms(pa.array(["a", None, "b", "a", " "]), KEY, "p", "person").to_pylist()
    assert tokens[0] == tokens[3] != tokens[2]
    assert tokens[1] is None
    assert tokens[4] is None
    assert re.fullmatch(r"[a-z2-7]{32}", tokens[0])


def test_a_person_has_unlike_tokens_in_other_projects_columns_and_under_other_keys():
    worlds = [
        (KEY, "p", "person"),
        (KEY, "q", "person"),
        (KEY, "p", "other"),
        (KEY, "pp", "erson"),
        (bytes(32), "p", "person"),
    ]
    assert len({pseudonyms(pa.array(["a"]), *world)[0].as_py() for world in worlds}) == len(worlds)


def test_values_are_normalised_first():
    forms = ["각", unicodedata.normalize("NFD", "각"), " 각\t"]
    assert len(set(pseudonyms(pa.array(forms), KEY, "p", "c").to_pylist())) == 1


def test_a_number_has_one_token_however_its_column_is_typed():
    columns = [pa.array([7]), pa.array([7.0]), pa.array(["7"]), pa.chunked_array([["7"]])]
    assert len({pseudonyms(column, KEY, "p", "c")[0].as_py() for column in columns}) == 1


def test_short_keys_and_empty_names_are_invalid():
    for key, project, column in [(b"x" * 31, "p", "c"), (KEY, " ", "c"), (KEY, "p", "")]:
        with pytest.raises(Invalid):
            pseudonyms(pa.array(["a"]), key, project, column)


def test_a_column_detected_as_resident_numbers_is_refused():
    with pytest.raises(Refused) as refusal:
        pseudonyms(pa.array(["a"]), KEY, "p", "c", detected_type="resident-registration-number")
    assert [reason.code for reason in refusal.value.reasons] == ["pipa.24-2"]


@pytest.mark.parametrize(
    "column", [pa.array(["900101-1234567", "A1"]), pa.array([9001011234567, 50101_3234567])]
)
def test_resident_numbers_are_refused_whatever_the_caller_says_and_never_shown(column):
    with pytest.raises(Refused) as refusal:
        pseudonyms(column, KEY, "p", "c", detected_type="person-number")
    assert "1234567" not in str(refusal.value)
