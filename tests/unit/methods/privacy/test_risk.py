"""Re-identification risk counted in persons."""

import math

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.risk import Change, compare, reidentification_risk

TABLE = pa.table({"person": [1, 1, 2, 3, 4], "sex": ["m", "f", "f", "f", "f"]})


def test_prosecutor_risk_is_one_over_the_persons_of_a_class():
    risk = reidentification_risk(TABLE, ["sex"], person="person")
    assert (risk.records, risk.persons, risk.classes, risk.smallest_class) == (5, 4, 2, 1)
    assert risk.prosecutor_max == 1
    assert risk.prosecutor_mean_of_records == pytest.approx((1 + 4 * 1 / 4) / 5)
    assert risk.records_above_threshold_share == 1


def test_a_person_counts_with_the_most_exposed_record():
    risk = reidentification_risk(TABLE, ["sex"], person="person", threshold=0.25)
    assert risk.prosecutor_mean_of_persons == pytest.approx((1 + 3 / 4) / 4)
    assert risk.unique_persons_share == 0.25
    assert risk.records_above_threshold_share == 0.2


def test_without_a_person_column_every_row_is_a_person():
    risk = reidentification_risk(TABLE, ["sex"])
    assert risk.persons == 5
    assert risk.prosecutor_mean_of_records == pytest.approx(risk.classes / risk.records)


def test_the_mean_over_records_is_what_one_who_matches_all_expects_to_get_right():
    assert reidentification_risk(TABLE, []).prosecutor_max == pytest.approx(1 / 5)


def test_the_journalist_estimate_is_that_of_benedetti_and_franconi():
    p = 0.1
    one, two = p / (1 - p) * math.log(1 / p), p / (1 - p) ** 2 * (p * math.log(p) + 1 - p)
    table = pa.table({"x": ["a", "b", "b"]})
    risk = reidentification_risk(table, ["x"], sampling_fraction=p)
    assert risk.journalist_max == pytest.approx(one)
    assert risk.journalist_mean_of_records == pytest.approx((one + 2 * two) / 3)


@pytest.mark.parametrize("persons", [1, 2, 10, 11, 40])
def test_a_whole_population_leaves_journalist_and_prosecutor_alike(persons):
    table = pa.table({"x": ["a"] * persons})
    risk = reidentification_risk(table, ["x"], sampling_fraction=1)
    assert risk.journalist_max == pytest.approx(risk.prosecutor_max)


def test_an_empty_table_has_no_risk():
    risk = reidentification_risk(TABLE.slice(0, 0), ["sex"], person="person", sampling_fraction=0.5)
    assert (risk.prosecutor_max, risk.unique_persons_share, risk.journalist_max) == (0, 0, 0)


def test_before_and_after_stand_side_by_side():
    before, after = (reidentification_risk(TABLE, q) for q in (["sex"], []))
    assert Change("smallest_class", 1, 5) in compare(before, after)
    with pytest.raises(Invalid):
        compare(before, reidentification_risk(TABLE, [], threshold=0.5))


@pytest.mark.parametrize("asked", [{"threshold": 0}, {"threshold": 2}, {"sampling_fraction": 0}])
def test_numbers_out_of_range_are_invalid(asked):
    with pytest.raises(Invalid):
        reidentification_risk(TABLE, ["sex"], **asked)
