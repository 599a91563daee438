"""Dates, codes and Korean regions become coarser as their own text says."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.hierarchy import Hierarchy
from dalgubeol.methods.privacy.hierarchy_forms import dates, of_address, prefixes, regions, year_and_month


def labels(hierarchy: Hierarchy, value: str) -> list[str | None]:
    code = hierarchy.labels[0].index(value)
    return [level[code] for level in hierarchy.labels[1:]]


def test_days_become_months_quarters_years_and_decades() -> None:
    made = dates("d", pa.array(["2024-05-03", "20191231", None]), ["month", "quarter", "year", "decade"])
    assert labels(made, "2024-05-03") == ["2024-05", "2024-Q2", "2024", "[2020, 2030)", "*"]
    assert labels(made, "20191231") == ["2019-12", "2019-Q4", "2019", "[2010, 2020)", "*"]
    assert made.labels[0][-1] is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2024-05-03", (2024, 5)), ("2024. 5. 3.", (2024, 5)), ("2024.05.03", (2024, 5)), ("2024/5/3", (2024, 5)),
        ("2024-05", (2024, 5)), ("2024-05-03 12:00:00", (2024, 5)), ("2024-05-03T12:00", (2024, 5)),
        ("2024-13-01", None), ("2024-05-32", None), ("202405", None), ("", None), ("May 3", None),
    ],
)  # fmt: skip
def test_days_are_read_in_the_usual_forms(text: str, read: tuple[int, int] | None) -> None:
    assert year_and_month(text) == read


def test_a_column_of_dates_is_read_whatever_its_type() -> None:
    from datetime import date, datetime

    assert labels(dates("d", pa.array([date(2024, 5, 3)]), ["year"]), "2024-05-03") == ["2024", "*"]
    made = dates("d", pa.array([datetime(2024, 5, 3, 4, 5)]), ["year"])  # noqa: DTZ001
    assert made.labels[1] == ("2024",)


def test_what_is_no_date_is_counted_and_not_shown() -> None:
    with pytest.raises(Invalid) as raised:
        dates("d", pa.array(["2024-05-03", "canary-7", "canary-8"]), ["year"])
    assert "2 distinct values" in str(raised.value)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("units", [[], ["year", "month"], ["year", "year"]])
def test_units_must_grow(units: list[str]) -> None:
    with pytest.raises(Invalid, match="grow coarser"):
        dates("d", pa.array(["2024-05-03"]), units)


def test_codes_are_cut_short() -> None:
    made = prefixes("c", pa.array(["J41123", "J412", "J4"]), [4, 2])
    assert labels(made, "J41123") == ["J411*", "J4*", "*"]
    assert labels(made, "J412") == ["J412", "J4*", "*"]
    assert labels(made, "J4") == ["J4", "J4", "*"]


@given(st.lists(st.text("ab", max_size=6), min_size=1, unique=True), st.sets(st.integers(1, 6), min_size=1))
def test_prefixes_of_any_texts_are_a_tree(texts: list[str], lengths: set[int]) -> None:
    made = prefixes("c", pa.array(texts), sorted(lengths, reverse=True))
    assert made.height == len(lengths) + 1


@pytest.mark.parametrize("lengths", [[], [2, 4], [3, 3], [2, 0]])
def test_prefixes_must_get_shorter(lengths: list[int]) -> None:
    with pytest.raises(Invalid, match="shorter than the one before"):
        prefixes("c", pa.array(["x"]), lengths)


def test_codes_of_legal_districts_are_cut_at_their_levels() -> None:
    made = regions("r", pa.array([2726010100, 2726010200, 2720010100, 12]), "code")
    assert labels(made, "2726010100") == ["2726010100", "2726000000", "2700000000", "*"]
    assert labels(made, "2720010100") == ["2720010100", "2720000000", "2700000000", "*"]
    assert made.width(2) == 3


@pytest.mark.parametrize(
    ("address", "levels"),
    [
        ("대구광역시 수성구 범어동 123-4", ("대구광역시 수성구 범어동", "대구광역시 수성구", "대구광역시")),
        ("대구 수성구 달구벌대로 2450, 3층", ("대구광역시 수성구 달구벌대로", "대구광역시 수성구", "대구광역시")),
        ("대구시 군위군 군위읍 동부리 12", ("대구광역시 군위군 군위읍", "대구광역시 군위군", "대구광역시")),
        ("경기도 성남시 분당구 정자동", ("경기도 성남시 분당구 정자동", "경기도 성남시 분당구", "경기도")),
        ("경북 경산시 대학로 280", ("경상북도 경산시 대학로", "경상북도 경산시", "경상북도")),
        ("세종특별자치시 한누리대로 2130", ("세종특별자치시 한누리대로", "세종특별자치시", "세종특별자치시")),
        ("강원도 춘천시 퇴계로145번길 3", ("강원특별자치도 춘천시 퇴계로145번길", "강원특별자치도 춘천시", "강원특별자치도")),
        ("전라북도 전주시 완산구", ("전북특별자치도 전주시 완산구",) * 2 + ("전북특별자치도",)),
        ("somewhere else", ("(?)", "(?)", "(?)")),
        ("", ("(?)", "(?)", "(?)")),
    ],
)  # fmt: skip
def test_addresses_are_read_from_their_left(address: str, levels: tuple[str, str, str]) -> None:
    assert of_address(address) == levels


def test_addresses_written_in_two_ways_meet_in_one_region() -> None:
    made = regions("r", pa.array(["대구 중구 동인동 1", "대구광역시 중구 동인동 2", None]), "address")
    assert made.width(1) == 2  # and the missing one
    assert made.height == 4
