"""Generalisation hierarchies."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.hierarchy import Hierarchy, from_csv, from_groups, intervals, suppress_only


def labels_of(hierarchy: Hierarchy, value: str | None) -> list[str | None]:
    code = hierarchy.labels[0].index(value)
    return [level[code] for level in hierarchy.labels]


def test_intervals_grow_and_end_in_a_star():
    ages = intervals("age", pa.array([42.0, 7.0]), [5, 10, 20])
    assert labels_of(ages, "42") == ["42", "[40, 45)", "[40, 50)", "[40, 60)", "*"]


def test_bottom_and_top_coding_are_open_ended_and_cut_the_bands_beside_them():
    wages = intervals("wage", pa.array([10, 160, 290, 300, 900]), [100, 200], bottom=150, top=300)
    assert labels_of(wages, "10") == ["10", "< 150", "< 150", "*"]
    assert labels_of(wages, "160") == ["160", "[150, 200)", "[150, 200)", "*"]
    assert labels_of(wages, "290") == ["290", "[200, 300)", "[200, 300)", "*"]
    assert labels_of(wages, "300")[1] == labels_of(wages, "900")[2] == ">= 300"


def test_decimal_widths_are_exact_and_negative_numbers_go_down():
    fine = intervals("x", pa.array([0.3, -0.05]), [0.1])
    assert labels_of(fine, "0.3")[1] == "[0.3, 0.4)"
    assert labels_of(fine, "-0.05")[1] == "[-0.1, 0)"


@pytest.mark.parametrize("widths", [[], [0], [10, 5], [10, 15], [10, 10]])
def test_widths_must_be_growing_multiples(widths):
    with pytest.raises(Invalid):
        intervals("x", pa.array([1]), widths)


@given(
    st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=20),
    st.one_of(st.none(), st.integers(-100, 0)),
    st.one_of(st.none(), st.integers(1, 100)),
)
def test_intervals_are_always_a_tree(values, bottom, top):
    made = intervals("x", pa.array(values), [1, 5, 50], bottom=bottom, top=top, origin=3)
    assert made.height == 4


def test_texts_have_no_intervals():
    with pytest.raises(Invalid):
        intervals("x", pa.array(["a"]), [1])


def test_groups_of_groups():
    jobs = from_groups("job", {1: "a", 2: "a", 3: "b"}, {"a": "x", "b": "x"})
    assert labels_of(jobs, "2") == ["2", "a", "x", "*"]
    with pytest.raises(Invalid, match="1 groups have no group at level 2"):
        from_groups("job", {1: "a", 2: "b"}, {"a": "x"})


def test_arx_lines_are_read():
    read = from_csv("c", ["1;low;*\n", "2;low;*\n", "3;high;*\n"])
    assert labels_of(read, "3") == ["3", "high", "*"]
    assert read.leaves(1).tolist() == [2, 2, 1]
    assert read.codes(1).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["1;a;x;*", "2;a;y;*"], "Level 2 separates values that level 1 joins"),
        (["1;a", "2;b"], "top level 1 has more than one label"),
        (["1;*", "1;*"], "line 2 stands on line 1 already"),
        (["1;*", "2;a;*"], "same number of labels"),
        ([], "same number of labels"),
    ],
)
def test_what_is_not_a_tree_is_invalid_and_says_where(lines, complaint):
    with pytest.raises(Invalid, match=complaint):
        from_csv("c", lines)


def test_missing_is_a_value_of_its_own_up_to_the_star():
    sex = suppress_only("sex", pa.array(["m", None, "f"]))
    assert labels_of(sex, None) == [None, "*"]
    assert sex.size == 3
    ages = intervals("age", pa.array([42.0, float("nan")]), [10])
    assert labels_of(ages, None) == [None, None, "*"]
    assert ages.with_missing() is ages
    assert suppress_only("sex", pa.array(["m"])).size == 1


def test_unknown_values_are_counted_and_not_shown():
    known = from_csv("job", ["a;*"])
    with pytest.raises(Invalid) as error:
        known.encode(pa.array(["a", "secret", "secret", "hidden"]))
    assert "2 values of column job (3 rows)" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_hierarchy_read_from_a_file_fits_numbers():
    assert from_csv("age", ["1;*", "2;*"]).encode(pa.array([2, 1, 2])).tolist() == [1, 0, 1]


def test_numbers_that_decimal_arithmetic_cannot_bear_are_told_and_not_stumbled_over() -> None:
    with pytest.raises(Invalid):
        intervals("a", pa.array(["1", "1e999999"]), [0.1])
    with pytest.raises(Invalid):
        intervals("a", pa.array([1, 2]), [1, 1e300])
