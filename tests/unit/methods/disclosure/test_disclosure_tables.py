"""What may leave in a table: hand-made tables, and properties against plain linear programming."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dalgubeol.errors import Invalid
from dalgubeol.methods.disclosure.cells import cells_below
from dalgubeol.methods.disclosure.dominance import dominated_cells, estimable_cells
from dalgubeol.methods.disclosure.raw import identifier_columns, raw_rows
from dalgubeol.methods.disclosure.reading import count_columns
from dalgubeol.methods.disclosure.regression import too_few_degrees_of_freedom
from dalgubeol.methods.disclosure.safe import safe_version
from dalgubeol.methods.disclosure.tables import file_type, formulas, too_many_rows

REGIONS = pa.table(
    {"region": ["동구", "서구", "남구", "계"], "n": [120, 4, 60, 184], "mean": [1.5, 2.5, 3.5, 2.0]}
)


def places(findings: tuple[object, ...]) -> list[tuple[int | None, str | None]]:
    return [(each.row, each.column) for each in findings]  # type: ignore[attr-defined]


def test_a_cell_below_ten_is_named_by_row_and_column_and_never_by_value() -> None:
    findings = cells_below(REGIONS)
    assert places(findings) == [(2, "n")]
    assert findings[0].text() == "Row 2, column n: fewer than 10."
    assert "4" not in findings[0].text()


@pytest.mark.parametrize(("value", "held"), [(0, True), (1, True), (9, True), (10, False), (11, False)])
def test_the_smallest_cell_that_may_leave_is_ten(value: int, held: bool) -> None:
    assert bool(cells_below(pa.table({"n": [value]}))) is held


def test_zeros_are_disclosive_unless_said_otherwise_and_empty_cells_never() -> None:
    table = pa.table({"n": [0, None, 20]})
    assert places(cells_below(table)) == [(1, "n")]
    assert cells_below(table, zeros_disclosive=False) == ()


@pytest.mark.parametrize(
    ("values", "counted"),
    [
        ([1, 2], True),
        ([1.0, 2.0, None], True),
        ([1.5, 2.0], False),
        ([-1, 5], True),  # -1 stands for what is missing
        ([-3, 5], False),
        (["1,234", "5"], True),
        (["12명", "3 건"], True),
        (["a", "b"], False),
        (["5", "<5"], True),  # one is masked, one is not
        (["5", "80+"], False),
        ([True, False], False),
        ([None, None], False),
    ],
)
def test_undeclared_whole_numbers_are_counts(values: list[object], counted: bool) -> None:
    assert bool(count_columns(pa.table({"x": values}))) is counted


@pytest.mark.parametrize(
    "name", ["n", "인원수", "환자 수", "건", "count", "sick_count", "Frequency", "합계(명)"]
)
def test_text_named_as_a_count_is_one_when_any_value_is_a_number(name: str) -> None:
    table = pa.table({name: ["5", "<5", "많음"]})
    assert places(cells_below(table)) == [(1, name)]


def test_keys_are_not_counts_and_declared_counts_always_are() -> None:
    table = pa.table({"month": [1, 2], "rate": [0.5, 0.25], "n": [50, 60]})
    assert count_columns(table) == ("month", "n")
    assert count_columns(table, counts=["rate"], keys=["month"]) == ("rate", "n")


def test_an_unknown_column_is_invalid() -> None:
    for declared in ({"counts": ["x"]}, {"keys": ["x"]}):
        with pytest.raises(Invalid):
            cells_below(REGIONS, **declared)


@pytest.mark.parametrize(
    ("amounts", "dominated"),
    [([50, 41, 9], True), ([50, 40, 10], True), ([50, 39, 11], False), ([100], True), ([10] * 10, False), ([-50, 41, 9], True), ([0, 0], False), ([], False)],
)  # fmt: skip
def test_two_contributors_with_nine_tenths_or_more_dominate(amounts: list[float], dominated: bool) -> None:
    assert bool(dominated_cells({(1, "sales"): amounts})) is dominated


@pytest.mark.parametrize(
    ("amounts", "estimable"),
    [
        ([100, 50, 9], True),
        ([100, 50, 10], False),
        ([100, 50], True),
        ([100, 50, 5, 5], False),
        ([0.0, 0.0], True),
        ([], False),
    ],
)
def test_the_second_contributor_may_not_come_within_a_tenth_of_the_first(
    amounts: list[float], estimable: bool
) -> None:
    findings = estimable_cells({(3, "sales"): amounts})
    assert places(findings) == ([(3, "sales")] if estimable else [])
    assert all("100" not in each.text() for each in findings)


def test_a_contribution_that_is_no_number_is_invalid() -> None:
    with pytest.raises(Invalid):
        dominated_cells({(1, "x"): [float("nan"), 1]})


def test_rows_of_single_records_are_found_however_their_numbers_are_written() -> None:
    source = pa.table({"age": [31, 31, 42, 55], "town": ["a", "a", "b", "c"], "cost": [1, 2, 3, 4]})
    released = pa.table({"town": ["a", "b", "z"], "age": ["31", "42", "55"]})
    assert places(raw_rows(released, source)) == [(2, None)]
    assert raw_rows(released, source, allowed=1) == ()
    assert raw_rows(pa.table({"age": [42.0]}), source) == ()
    assert len(raw_rows(source, source)) == 4


def test_many_rows_identifiers_file_types_and_thin_models_are_held() -> None:
    assert too_many_rows(REGIONS, most=4) == ()
    assert [each.rule for each in too_many_rows(REGIONS, most=3)] == ["too_many_rows"]
    assert places(identifier_columns(REGIONS, lambda name, values: name == "region")) == [(None, "region")]
    assert file_type("a.csv") == file_type("결과.PARQUET") == ()
    assert [len(file_type(each)) for each in ("a.svg", "a", "a.csv.exe", "csv")] == [1, 1, 1, 1]
    assert too_few_degrees_of_freedom(10) == ()
    assert len(too_few_degrees_of_freedom(9.5)) == 1


def test_suppression_takes_the_numbers_of_the_small_row_and_of_the_next_smallest() -> None:
    safe = safe_version(REGIONS)
    assert safe.schema == REGIONS.schema
    assert safe.to_pydict() == {
        "region": ["동구", "서구", "남구", "계"], "n": [120, None, None, 184], "mean": [1.5, None, None, 2.0],
    }  # fmt: skip


def test_suppression_goes_on_until_what_is_gone_is_not_small_itself() -> None:
    table = pa.table({"g": list("abcde"), "n": [1, 2, 30, 40, 73]})
    assert safe_version(table).column("n").to_pylist() == [None, None, None, 40, 73]


def test_suppression_stays_within_its_block() -> None:
    table = pa.table({"city": list("aaabbb"), "n": [3, 20, 23, 11, 12, 23]})
    assert safe_version(table, block="city").column("n").to_pylist() == [None, None, 23, 11, 12, 23]


def test_keys_stay_and_texts_with_numbers_go() -> None:
    table = pa.table({"month": [1, 2, 3], "수": ["3명", "20명", "30명"], "rate": ["0.5", "0.2", "0.1"]})
    safe = safe_version(table, keys=["month"])
    assert safe.to_pydict() == {"month": [1, 2, 3], "수": [None, None, "30명"], "rate": [None, None, "0.1"]}


def test_rounding_takes_small_cells_and_rounds_the_rest_to_five() -> None:
    table = pa.table({"g": list("abcd"), "n": [9, 12, 13, 118], "mean": [1.0, 2.5, 3.5, 4.5]})
    safe = safe_version(table, "round")
    assert safe.column("n").to_pylist() == [None, 10, 15, 120]
    assert safe.column("mean").to_pylist() == [None, 2.5, 3.5, 4.5]


def test_a_safe_table_is_left_as_it_is() -> None:
    table = pa.table({"g": ["a", "b"], "n": [10, 20]})
    assert safe_version(table) == table


def test_an_unknown_method_or_base_is_invalid() -> None:
    for wrong in ({"method": "hide"}, {"base": 0}, {"block": "x"}):
        with pytest.raises(Invalid):
            safe_version(REGIONS, **wrong)


CELLS = st.lists(st.lists(st.integers(0, 60), min_size=2, max_size=3), min_size=2, max_size=5).filter(
    lambda rows: len({len(row) for row in rows}) == 1
)


def with_totals(rows: list[list[int]]) -> np.ndarray:
    cells = np.array(rows)
    cells = np.hstack([cells, cells.sum(axis=1, keepdims=True)])
    return np.vstack([cells, cells.sum(axis=0, keepdims=True)])


def as_table(cells: np.ndarray) -> pa.Table:
    columns = {f"c{at}": cells[:, at].tolist() for at in range(cells.shape[1])}
    return pa.table({"group": [f"g{at}" for at in range(len(cells))], **columns})


@given(CELLS)
def test_no_small_cell_is_left(rows: list[list[int]]) -> None:
    for method in ("suppress", "round"):
        assert cells_below(safe_version(as_table(with_totals(rows)), method)) == ()  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(CELLS)
def test_no_total_gives_a_suppressed_cell_back(rows: list[list[int]]) -> None:
    """Everything an outsider can derive: each gone cell's range, given all totals, is at least 10 wide."""
    cells = with_totals(rows)
    safe = safe_version(as_table(cells))
    known = np.array([safe.column(f"c{at}").to_pylist() for at in range(cells.shape[1])], dtype=float).T
    height, width = cells.shape
    equations, index = [], np.arange(height * width).reshape(height, width)
    for row in range(height):
        equations.append({**dict.fromkeys(index[row, :-1], 1), index[row, -1]: -1})
    for column in range(width):
        equations.append({**dict.fromkeys(index[:-1, column], 1), index[-1, column]: -1})
    matrix = np.zeros((len(equations), height * width))
    for at, equation in enumerate(equations):
        for cell, factor in equation.items():
            matrix[at, cell] = factor
    bounds = [(0, None) if np.isnan(value) else (value, value) for value in known.ravel()]
    for gone in np.flatnonzero(np.isnan(known.ravel())):
        aim = np.zeros(height * width)
        aim[gone] = 1
        least = linprog(aim, A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=bounds)
        most = linprog(-aim, A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=bounds)
        assert most.status == 3 or -most.fun - least.fun >= 10 - 1e-6  # 3: unbounded


def test_a_cell_that_a_spreadsheet_would_run_is_found_and_a_negative_number_is_not() -> None:
    found = formulas(pa.table({"name": ["fine", "=1+1"], "change": [-3, 4], "plain": ["a-b", "c@d"]}))
    assert [(each.rule, each.column) for each in found] == [("formula", "name")]
