"""Roles proposed for columns. All persons here are made up."""

import numpy as np
import pyarrow as pa
import pytest

from dalgubeol.methods.privacy.columns.identify import SAMPLE_ROWS, propose_roles

N = 300
RNG = np.random.default_rng(7)


def drawn(choices):
    return RNG.choice(choices, N).tolist()


def only(name, values):
    (proposal,) = propose_roles(pa.table({name: values}))
    return proposal


RESIDENT = [
    f"{70 + i % 30}{1 + i % 12:02d}{1 + i % 28:02d}-{1 + i % 2}{i * 7919 % 10**6:06d}" for i in range(N)
]
NAMES = [s + a + b for s in "김이박최정강조윤장임" for a in "민서지현수" for b in "준호우영진희"]
PHONES = [f"010-{1000 + i}-{2000 + 7 * i}" for i in range(N)]


@pytest.mark.parametrize(
    ("name", "values", "role", "kind"),
    [
        ("x", RESIDENT, "direct identifier", "resident-registration-number"),
        (
            "x",
            [int(r.replace("-", "")) for r in RESIDENT],
            "direct identifier",
            "resident-registration-number",
        ),
        (
            "주민번호",
            [r[:8] + "******" for r in RESIDENT],
            "direct identifier",
            "resident-registration-number",
        ),
        ("x", PHONES, "direct identifier", "phone"),
        ("phone", [int(p.replace("-", "")) for p in PHONES], "direct identifier", "phone"),
        ("x", [f"u{i}@example.org" for i in range(N)], "direct identifier", "email"),
        ("x", [f"u{i}@회사.한국" for i in range(N)], "direct identifier", "email"),
        ("x", [f"u{i}@example.xn--3e0b707e" for i in range(N)], "direct identifier", "email"),
        ("성명", drawn(NAMES), "direct identifier", "person-name"),
        ("x", NAMES, "direct identifier", "person-name"),
        ("customer_name", ["Ann Lee", "Bo Kim"] * 9, "direct identifier", "person-name"),
        ("person_no", drawn(range(10_000)), "direct identifier", "person-number"),
        ("workerId", drawn(range(40)), "direct identifier", "person-number"),
        ("사번", drawn(range(40)), "direct identifier", "person-number"),
        ("id", list(range(N)), "direct identifier", "record-number"),
        ("x", [f"AB{i:05d}" for i in range(N)], "direct identifier", "record-number"),
        ("생년월일", [r[:6] for r in RESIDENT], "quasi-identifier", "date-of-birth"),
        ("age", drawn(range(18, 70)), "quasi-identifier", "age"),
        ("나이", drawn(range(18, 70)), "quasi-identifier", "age"),
        ("x", drawn(["남", "여"]), "quasi-identifier", "sex"),
        ("male", drawn([0, 1]), "quasi-identifier", "sex"),
        ("job_title", drawn(["a", "b", "c"]), "quasi-identifier", "occupation"),
        ("거주지역", drawn(["a", "b", "c"]), "quasi-identifier", "region"),
        ("prewage", RNG.normal(size=N), "quasi-identifier", "income"),
        ("진단명", drawn(["a", "b", "c"]), "sensitive", "health"),
        ("memo", ["a long remark about something that happened there"] * N, "sensitive", "free-text"),
        ("temperature", RNG.normal(size=N), "plain", "other"),
        ("average", RNG.normal(size=N), "plain", "other"),
        ("number_of_members", drawn(range(6)), "plain", "other"),
        ("product_name", drawn(["볼트", "너트", "기어"]), "plain", "other"),
        ("지역명", drawn(["서울", "대구", "경기"]), "quasi-identifier", "region"),
        ("empty", pa.nulls(N, pa.string()), "plain", "other"),
        ("nested", [[1]] * N, "plain", "other"),
    ],
)
def test_a_column_gets_its_role(name, values, role, kind):
    proposal = only(name, values)
    assert (proposal.role, proposal.type) == (role, kind)
    assert 0 < proposal.confidence <= 1
    assert proposal.evidence


def test_evidence_holds_no_value():
    for values in (RESIDENT, PHONES, NAMES, [f"u{i}@example.org" for i in range(N)]):
        told = " ".join(
            message.text(language) for message in only("x", values).evidence for language in ("en", "ko")
        )
        assert not any(value in told for value in values)


def test_random_check_digits_do_not_hide_a_resident_number_and_foreigners_are_told():
    evidence = " ".join(map(str, only("x", [r[:7] + "5" + r[8:] for r in RESIDENT]).evidence))
    assert "100% of them are foreigner" in evidence


def test_a_column_that_repeats_a_quasi_identifier_is_one_too():
    age = RNG.integers(18, 60, N)
    table = pa.table(
        {"age": age, "lage": np.log(age), "noise": RNG.normal(size=N), "flag": (age > 58).astype(int)}
    )
    roles = {proposal.column: (proposal.role, proposal.type) for proposal in propose_roles(table)}
    assert roles["lage"] == ("quasi-identifier", "derived")
    assert roles["noise"] == ("plain", "other")
    assert roles["flag"] == ("plain", "other")


def test_columns_keep_their_order_and_only_a_sample_is_read():
    rows = 3 * SAMPLE_ROWS
    table = pa.table({"b": np.arange(rows), "a": pa.array(["x"] * rows).dictionary_encode()})
    proposals = propose_roles(table)
    assert [proposal.column for proposal in proposals] == ["b", "a"]
    assert proposals[0].evidence[0].values["present"] == SAMPLE_ROWS


def test_a_table_without_rows_is_all_plain():
    assert {p.role for p in propose_roles(pa.table({"age": pa.array([], pa.int64())}))} == {"plain"}


@pytest.mark.parametrize("name", ["관리번호", "문서번호", "자산번호", "일련번호", "번호"])
@pytest.mark.parametrize(("dash", "genders"), [("", "5678"), ("-", "1234")])
def test_no_name_and_no_check_digit_lets_a_resident_number_pass_for_a_number_of_orders(name, dash, genders):
    """Foreigners who came since October 2020 have random digits at any age, and a dash is a resident number's own."""
    rng = np.random.default_rng(5)
    values = [
        f"{rng.integers(70, 99):02}{rng.integers(1, 13):02}{rng.integers(1, 29):02}{dash}{genders[rng.integers(2)]}{rng.integers(0, 10**6):06}"
        for _ in range(400)
    ]
    found = propose_roles(pa.table({name: values}))[0]
    assert (found.role, found.type) == ("direct identifier", "resident-registration-number")


def test_order_numbers_that_begin_with_a_day_and_hold_no_check_digit_are_no_resident_numbers():
    rng = np.random.default_rng(6)
    values = [f"{rng.integers(10, 19):02}{rng.integers(1, 13):02}{rng.integers(1, 29):02}1{rng.integers(0, 10**6):06}" for _ in range(400)]  # fmt: skip
    assert propose_roles(pa.table({"주문번호": values}))[0].type != "resident-registration-number"


def mixed(numbers: list[str], others: list[str]) -> pa.Table:
    return pa.table({"비고": numbers + others})


@pytest.mark.parametrize("gender", "24")
def test_a_few_dates_of_today_among_other_numbers_are_no_resident_numbers(gender):
    """250607-2 would be of 1925, 250607-4 a newborn child; of people of all ages some are others."""
    rng = np.random.default_rng(7)
    others = [f"L25{rng.integers(10**4):04}-{rng.integers(100):02}" for _ in range(60)]
    lots = [f"2506{rng.integers(1, 29):02}-{gender}{rng.integers(0, 10**6):06}" for _ in range(8)]
    assert propose_roles(mixed(lots, others))[0].type != "resident-registration-number"
    people = [f"8506{rng.integers(1, 29):02}-{gender[0].replace('4', '1')}{rng.integers(0, 10**6):06}" for _ in range(2)]  # fmt: skip
    assert propose_roles(mixed(people, others))[0].type == "resident-registration-number"


def test_dates_by_chance_among_six_and_seven_digits_that_begin_with_none_are_no_resident_numbers():
    rng = np.random.default_rng(8)
    policies = [f"{rng.integers(13, 99)}{rng.integers(40, 99)}{rng.integers(100):02}-7{rng.integers(10**6):06}" for _ in range(60)]  # fmt: skip
    assert propose_roles(mixed(["140613-7096941"], policies))[0].type != "resident-registration-number"
    assert (
        propose_roles(mixed(["140613-7096941"], ["없던 일"] * 40))[0].type == "resident-registration-number"
    )


def test_a_part_that_somebody_has_names_a_column_of_names():
    names = ["김민수", "이서연", "박지훈", "최은주", "정현우", "강수빈"]
    assert propose_roles(pa.table({"소득자": names}))[0].type == "person-name"
    assert (
        propose_roles(pa.table({"원자재": ["구리", "주철", "석영", "고무", "황동", "백금"]}))[0].type
        != "person-name"
    )
