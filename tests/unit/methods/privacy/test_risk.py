"""Re-identification risk counted in persons."""

import math
from dataclasses import asdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.measure.risk import Change, compare, reidentification_risk, risk_of_classes

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


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab"), st.integers(0, 5)), min_size=1, max_size=30)
)
def test_classes_with_counts_give_what_the_table_gives(rows):
    table = pa.table({"x": [r[0] for r in rows], "y": [r[1] for r in rows], "p": [r[2] for r in rows]})
    classes = {}
    for x, y, p in rows:
        classes.setdefault((x, y), []).append(p)
    counts = [len(each) for each in classes.values()]
    assert risk_of_classes(counts, sampling_fraction=0.1) == near(
        reidentification_risk(table, ["x", "y"], sampling_fraction=0.1)
    )
    persons = [len(set(each)) for each in classes.values()]
    highest = {p: max(1 / len(set(c)) for c in classes.values() if p in c) for p in {r[2] for r in rows}}
    found = risk_of_classes(persons, counts, risk_of_person=np.array(list(highest.values())))
    assert found == near(reidentification_risk(table, ["x", "y"], person="p"))


def near(risk):
    """Equal but for the order of summation."""

    class Near:
        def __eq__(self, other):
            pairs = zip(asdict(risk).values(), asdict(other).values(), strict=True)
            return all(
                a == b if a is None or b is None else math.isclose(a, b, rel_tol=1e-9) for a, b in pairs
            )

        __hash__ = None

    return Near()


def test_a_known_population_gives_the_journalist_risk_exactly():
    risk = risk_of_classes([1, 2], population=[4, 2])
    assert (risk.journalist_max, risk.prosecutor_max) == (0.5, 1)
    assert risk.journalist_mean_of_records == pytest.approx((1 / 4 + 2 / 2) / 3)
    with pytest.raises(Invalid):
        risk_of_classes([1, 2], population=[4, 1])


def test_a_strict_average_forgives_nobody_in_a_class_of_two():
    many_and_two, many_and_three = risk_of_classes([50, 2]), risk_of_classes([50, 3])
    assert many_and_two.average < 0.05
    assert not many_and_two.within_strict_average(0.09)
    assert many_and_three.within_strict_average(0.09)
    assert not many_and_three.within_strict_average(0.01)


@pytest.mark.parametrize("counts", [([0, 1], None), ([2], [1]), ([1, 1], [1])])
def test_counts_that_cannot_be_are_invalid(counts):
    with pytest.raises(Invalid):
        risk_of_classes(*counts)
