"""Groups in which everybody is alike, statistics of single records, and what regressions print."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest

from dalgubeol.methods.disclosure.cells import uniform_cells, uniform_rows
from dalgubeol.methods.disclosure.extremes import single_values, tail_share
from dalgubeol.methods.disclosure.finding import Finding
from dalgubeol.methods.disclosure.regression import (
    residual_degrees_of_freedom,
    small_dummies,
    thin_models,
)


def places(findings: tuple[Finding, ...]) -> list[tuple[int | None, str | None]]:
    return [(each.row, each.column) for each in findings]


def test_a_row_with_everybody_in_one_category_is_attribute_disclosure() -> None:
    table = pa.table({"town": ["a", "b"], "sick": [40, 20], "well": [0, 30], "total": [40, 50]})
    assert places(uniform_rows(table)) == [(1, "sick")]
    assert "40" not in uniform_rows(table)[0].text()


def test_two_categories_with_people_or_an_unknown_one_are_no_such_row() -> None:
    assert uniform_rows(pa.table({"town": ["a", "b"], "sick": [40, 20], "well": [10, None]})) == ()


@pytest.mark.parametrize(
    ("name", "values", "rows"),
    [
        ("pct", [0.0, 12.5, 100.0], [1, 3]),
        ("share", [0.0, 0.5, 1.0], [1, 3]),
        ("유병률", ["0%", "1%", "100%"], [1, 3]),
        ("sd", [0.0, 1.0, 100.0], [1]),
        ("weight", [0.5, 0.0, 100.0], []),
    ],
)
def test_a_share_of_nobody_or_of_all_and_a_spread_of_nothing(
    name: str, values: list[object], rows: list[int]
) -> None:
    assert places(uniform_rows(pa.table({"g": list("abc"), name: values}))) == [(row, name) for row in rows]


def test_the_total_of_shares_that_were_divided_is_no_group_of_equals() -> None:
    divided = pa.table({"town": ["a", "b", "계"], "비율(%)": ["40%", "60%", "100%"]})
    assert uniform_rows(divided) == ()
    within = {"town": list("aabbab"), "sex": ["m", "f", "m", "f", "total", "total"]}
    assert uniform_rows(pa.table({**within, "share": [0.4, 0.6, 0.3, 0.7, 1.0, 1.0]})) == ()


def test_a_total_of_a_rate_that_everybody_has_is_found_and_so_are_its_parts() -> None:
    rate = pa.table({"town": ["a", "b", "total"], "pct": [100, 100, 100]})
    assert places(uniform_rows(rate)) == [(1, "pct"), (2, "pct"), (3, "pct")]
    other = {"town": ["a", "a", "b", "b"], "sex": ["m", "total", "m", "total"]}
    found = uniform_rows(pa.table({**other, "share": [1.0, 1.0, 0.5, 1.0]}))
    assert places(found) == [(1, "share"), (2, "share")], "in a all are ill; in b the rest is not listed"
    unnamed = pa.table({"town": ["a", None, ""], "pct": [50, 100, 100]})
    assert places(uniform_rows(unnamed)) == [(2, "pct"), (3, "pct")], "a town that is not known is no total"
    spread = pa.table({"town": ["a", "total"], "std": [0.0, 0.0]})
    assert places(uniform_rows(spread)) == [(1, "std"), (2, "std")]


def test_a_total_is_no_category_of_a_long_table() -> None:
    keys = {"town": ["a", "a", "b", "b", "계"], "sex": ["m", "f", "m", "f", "계"]}
    assert uniform_rows(pa.table({**keys, "n": [50, 60, 70, 80, 260]})) == ()
    alone = {"town": ["a", "a", "b", "b", "b"], "sex": ["m", "계", "m", "f", "계"]}
    assert places(uniform_rows(pa.table({**alone, "n": [50, 50, 70, 80, 150]}))) == [(1, "n"), (4, "n")]


def test_a_group_of_which_one_category_alone_is_listed_is_found_in_a_long_table_too() -> None:
    table = pa.table({"town": ["a", "b", "b", "c", "c"], "sick": ["y", "y", "n", "y", "n"], "n": [50, 20, 30, 15, 40]})  # fmt: skip
    assert places(uniform_rows(table)) == [(1, "n")]
    listed_as_zero = pa.table({"town": list("aabb"), "sick": list("ynyn"), "n": [50, 0, 20, 30]})
    assert places(uniform_rows(listed_as_zero)) == [(1, "n"), (4, "n")], "and all who are well live in b"


def test_a_city_of_one_district_is_no_group_of_equals() -> None:
    table = pa.table({"city": ["A", "B", "B"], "district": ["x", "y", "z"], "n": [50, 20, 30]})
    assert uniform_rows(table) == ()


def test_contributors_who_all_have_one_value_are_found() -> None:
    found = uniform_cells({(1, "mean"): [3, 3, 3], (2, "mean"): [3, 4], (3, "mean"): []})
    assert places(found) == [(1, "mean")]


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("min", 0), ("cost_max", 0), ("최댓값", 0), ("비용 최소", 0), ("median", 0.5), ("중앙값", 0.5), ("p5", 0.05),
        ("P95", 0.05), ("25%", 0.25), ("percentile_90", 0.1), ("q1", 0.25), ("Q3", 0.25), ("제1사분위수", 0.25), ("d9", 0.1),
        ("mean", None), ("n", None), ("minutes", None), ("maximal_dose", None), ("period", None), ("q7", None), ("15", None),
    ],
)  # fmt: skip
def test_statistics_of_position_are_known_by_name(name: str, share: float | None) -> None:
    assert tail_share(name) == (None if share is None else pytest.approx(share))


def test_ends_are_always_held_and_percentiles_by_their_shorter_tail() -> None:
    table = pa.table({"g": ["a", "b"], "n": [100, 30], "max": [9.5, 8.5], "median": [1.5, 2.5], "p25": [0.5, 0.7], "mean": [2.5, 2.5]})  # fmt: skip
    assert places(single_values(table)) == [(1, "max"), (2, "max"), (2, "p25")]


def test_a_percentile_without_a_count_is_held() -> None:
    assert places(single_values(pa.table({"g": ["a"], "median": [2.5]}))) == [(1, "median")]


def test_a_described_table_is_read_by_its_rows() -> None:
    table = pa.table(
        {"": ["count", "mean", "min", "25%", "50%", "max"], "cost": [30.0, 2.5, 0.5, 1.5, 2.5, 9.5]}
    )
    assert places(single_values(table)) == [(3, "cost"), (4, "cost"), (6, "cost")]


STATSMODELS = """
Dep. Variable:                   cost   R-squared:                       0.312
No. Observations:                  12   AIC:                             80.1
Df Residuals:                       8   BIC:                             82.0
Df Model:                           3
C(area)[T.2]     1.2000      0.300      4.000      0.003       0.5      1.9
C(area)[T.3]     0.7000      0.300      2.333      0.048       0.1      1.3
"""
STORED = """Dep. Variable:,cost,R-squared:,0.982
No. Observations:,10,AIC:,291.1
Df Residuals:,6,BIC:,292.3
Df Model:,3,,
"""
R_LM = """
            Estimate Std. Error t value Pr(>|t|)
factor(area)3  0.7       0.3    2.333   0.048 *
area2          1.2       0.3    4.000   0.003 **
Residual standard error: 15.38 on 48 degrees of freedom
F-statistic: 89.57 on 1 and 48 DF,  p-value: 1.49e-12
"""
R_GLM = "    Null deviance: 43.86  on 31  degrees of freedom\nResidual deviance: 25.41  on 9  degrees of freedom\n"


@pytest.mark.parametrize(
    ("text", "residual"),
    [
        (STATSMODELS, (8,)), (STORED, (6,)), ("Df Residuals:    ,     6    ,  BIC:   , 292.3", (6,)),
        ('"Df Residuals:","-1.0"', (-1,)), ("Df Residuals | 9", (9,)), (R_LM, (48, 48)), (R_GLM, (31, 9)),
        ("Residuals 6 120.5 20.1\n", (6,)), ("no model", ()),
    ],
    ids=["statsmodels", "stored", "as_csv", "quoted", "bars", "lm", "glm", "anova", "none"],
)  # fmt: skip
def test_residual_degrees_of_freedom_are_read_as_they_are_printed(
    text: str, residual: tuple[float, ...]
) -> None:
    assert residual_degrees_of_freedom(text) == residual
    assert bool(thin_models(text)) is (min(residual, default=10) < 10)


SOURCE = pa.table({"area": [1] * 30 + [2] * 20 + [3] * 4, "cost": list(range(54))})


def test_a_coefficient_of_four_persons_is_found_by_line_however_it_is_written() -> None:
    assert places(small_dummies(STATSMODELS, SOURCE)) == [(7, None)]
    assert places(small_dummies(R_LM, SOURCE)) == [(3, None)]
    assert places(small_dummies("term,coef\narea_3,0.7\narea_2,1.2\n", SOURCE)) == [(2, None)]
    assert small_dummies("Intercept 3.0\narea 3\ncost 0.7", SOURCE) == ()


@pytest.mark.parametrize(
    "text",
    [
        "A" * 200_000, "a." * 100_000, "F-statistic:" * 20_000, "Df Residuals" + " " * 200_000, "C(a" * 60_000,
        "Df Residuals:," * 15_000, "Df Residual" + "-" * 200_000,
    ],
    ids=["letters", "dots", "statistics", "spaces", "brackets", "commas", "dashes"],
)  # fmt: skip
def test_a_long_unbroken_text_is_read_about_as_fast_as_it_is_long(text: str) -> None:
    source = pa.table({"area": ["a", "b"]})
    began = time.process_time()
    thin_models(text)
    small_dummies(text, source)
    assert time.process_time() - began < 5
