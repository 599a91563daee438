"""A look at any levels and any k is what making the table and measuring it would give."""

import os
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.anonymity import equivalence_classes
from dalgubeol.methods.privacy.hierarchy import Hierarchy, from_csv
from dalgubeol.methods.privacy.measure.assessment import persons_by_class_size
from dalgubeol.methods.privacy.measure.risk import reidentification_risk
from dalgubeol.methods.privacy.measure.utility import class_utility, matched_columns, utility
from dalgubeol.methods.privacy.preview import Preview

A = Hierarchy("a", (("1", "2", "3", "4"), ("low", "low", "high", "high"), ("*",) * 4))
B = Hierarchy("b", (("x", "y"), ("*", "*")))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("1234"), st.sampled_from("xy"), st.integers(0, 4)), min_size=1, max_size=25
    ),
    st.tuples(st.integers(0, 2), st.integers(0, 1)),
    st.integers(1, 4),
    st.booleans(),
)
def test_a_look_is_what_the_made_table_measures(rows, levels, k, with_persons):
    table = pa.table({"a": [r[0] for r in rows], "b": [r[1] for r in rows], "p": [r[2] for r in rows]})
    person = "p" if with_persons else None
    look = Preview.of_table(table, [A, B], person).at(levels, k)

    a, b = (
        dict(zip(h.labels[0], h.labels[level], strict=True)) for h, level in zip((A, B), levels, strict=True)
    )
    coarse = table.set_column(0, "a", pa.array([a[v] for v in table["a"].to_pylist()]))
    coarse = coarse.set_column(1, "b", pa.array([b[v] for v in table["b"].to_pylist()]))
    classes = equivalence_classes(coarse, ["a", "b"], person)
    made = coarse.filter(pa.array(classes.persons[classes.class_of_row] >= k))
    risk = reidentification_risk(made, ["a", "b"], person=person, threshold=1 / k)
    for name in ("records", "persons", "classes", "smallest_class", "prosecutor_max", "prosecutor_mean_of_records", "prosecutor_mean_of_persons", "unique_persons_share", "records_above_threshold_share"):  # fmt: skip
        assert getattr(look.risk, name) == pytest.approx(getattr(risk, name)), name
    kept = equivalence_classes(made, ["a", "b"], person)
    assert look.bands == persons_by_class_size(kept)
    assert look.suppressed_rows == table.num_rows - made.num_rows
    whole = table.num_rows if person is None else len(set(table["p"].to_pylist()))
    assert look.suppressed_persons == whole - risk.persons
    columns = matched_columns(table, made, ["a", "b"], {"a": A, "b": B})
    assert look.loss == pytest.approx(utility(columns, ["a", "b"]).loss)
    assert look.classes == class_utility(kept.rows, look.suppressed_rows, k)


def test_combinations_with_counts_are_looked_at_without_a_table():
    codes, rows = np.array([[0, 0], [1, 0], [3, 1]]), np.array([1_000_000, 2, 5])
    look = Preview([A, B], codes, rows).at((0, 0), 5)
    assert (look.suppressed_rows, look.risk.records, look.risk.smallest_class) == (2, 1_000_005, 5)


def test_what_is_missing_is_a_value_of_its_own_whether_null_or_nan():
    tree = Hierarchy("n", (("1", "2"), ("*", "*")))
    for missing in (None, float("nan")):
        look = Preview.of_table(pa.table({"n": [1.0, 1.0, missing]}), [tree]).at((0,), 1)
        assert (look.risk.classes, look.risk.smallest_class) == (2, 1)


def test_a_curve_leaves_out_more_as_k_grows():
    looks = Preview([A, B], np.array([[0, 0], [1, 0], [3, 1]]), np.array([9, 2, 5])).curve(
        (0, 0), (2, 3, 6, 10)
    )
    assert [look.suppressed_rows for look in looks] == [0, 2, 7, 16]
    assert [look.risk.prosecutor_max for look in looks] == [1 / 2, 1 / 5, 1 / 9, 0]


def test_many_columns_do_not_run_over():
    trees = [Hierarchy(f"c{i}", (tuple(map(str, range(50))), ("*",) * 50)) for i in range(14)]
    rng = np.random.default_rng(0)
    table = pa.table({tree.name: rng.integers(0, 50, 40).astype(str) for tree in trees})
    look = Preview.of_table(table, trees).at((0,) * 14, 1)
    assert look.risk.classes == 40


@pytest.mark.parametrize(("levels", "k"), [((0,), 2), ((3, 0), 2), ((0, -1), 2), ((0, 0), 0)])
def test_levels_that_are_not_there_are_invalid(levels, k):
    with pytest.raises(Invalid):
        Preview([A, B], np.array([[0, 0]]), np.array([1])).at(levels, k)


@pytest.mark.skipif("DALGU_DATA" not in os.environ, reason="DALGU_DATA does not name the folder of test data")
def test_a_look_at_adult_is_arxs_optimum_and_takes_under_a_fifth_of_a_second():
    folder = Path(os.environ["DALGU_DATA"]) / "privacy/adult"
    table = pyarrow.csv.read_csv(folder / "adult.csv", parse_options=pyarrow.csv.ParseOptions(delimiter=";"))
    trees = [from_csv(c, (folder / f"hierarchies/adult_hierarchy_{c}.csv").read_text().splitlines()) for c in table.column_names]  # fmt: skip
    ready = Preview.of_table(table, trees)
    ready.at((0,) * 9, 5)
    began = time.process_time()
    look = ready.at((0, 3, 0, 2, 2, 1, 1, 2, 0), 5)
    assert time.process_time() - began < 0.2
    assert look.loss == pytest.approx(0.313713, abs=1e-6)
    assert look.suppressed_rows == 506
