"""Rows that stand out, by rules a clerk can be told."""

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.measure.outliers import Finding, outlier_rows


def test_a_number_far_outside_the_quartiles_stands_out():
    table = pa.table({"cost": [*range(100, 200), 320, 10_000]})
    found = outlier_rows(table, ["cost"])
    assert found.findings == (Finding("far", ("cost",), 1, 1),)
    assert found.which.tolist().index(True) == 101


def test_a_column_that_is_mostly_one_number_is_left_to_the_rule_of_rare_values():
    table = pa.table({"claims": [0] * 98 + [7, 8]})
    assert outlier_rows(table, ["claims"]).findings == (Finding("rare", ("claims",), 2, 2),)


def test_a_rare_value_stands_out_but_not_where_nearly_all_are_rare():
    table = pa.table({"illness": ["flu"] * 96 + ["rare"] * 4, "visited": [f"day {i}" for i in range(100)]})
    assert outlier_rows(table, ["illness", "visited"]).findings == (Finding("rare", ("illness",), 4, 4),)
    assert outlier_rows(table, ["illness"], rare=4).findings == ()


def test_two_common_values_stand_out_together_where_hardly_anybody_combines_them():
    sex, job = ["m"] * 50 + ["f"] * 50, ["miner"] * 50 + ["nurse"] * 48 + ["miner"] * 2
    table = pa.table({"sex": sex, "job": job})
    assert outlier_rows(table, ["sex", "job"]).findings == (Finding("pair", ("sex", "job"), 2, 2),)


def test_thinly_populated_combinations_of_long_lists_do_not_stand_out():
    table = pa.table(
        {"town": [i % 20 for i in range(400)], "job": [(i * 7 + i // 20) % 20 for i in range(400)]}
    )
    assert outlier_rows(table, ["town", "job"]).findings == ()


def test_persons_are_counted_and_not_rows():
    table = pa.table({"illness": ["flu"] * 60 + ["rare"] * 6, "person": [*range(60), 60, 60, 60, 61, 61, 62]})
    found = outlier_rows(table, ["illness"], person="person")
    assert found.findings == (Finding("rare", ("illness",), 3, 6),)
    assert (found.persons, found.rows, found.of_persons) == (3, 6, 63)


def test_missing_values_do_not_stand_out():
    table = pa.table({"illness": ["flu"] * 60 + [None, None], "cost": [1.0, 2.0] * 30 + [float("nan"), None]})
    assert outlier_rows(table, ["illness", "cost"]).findings == ()


def test_of_an_empty_table_nothing_stands_out_and_one_person_is_never_few():
    assert outlier_rows(pa.table({"a": pa.array([], pa.int64())}), ["a"]).persons == 0
    with pytest.raises(Invalid):
        outlier_rows(pa.table({"a": [1]}), ["a"], rare=1)


def test_numbers_beyond_what_a_float_holds_are_looked_at_and_none_is_named():
    numbers = [2**53 + 1 + 2 * i for i in range(40)] + [9 * 10**18]
    seen = outlier_rows(pa.table({"account": numbers}), ["account"])
    assert seen.findings == (Finding("far", ("account",), 1, 1),)
