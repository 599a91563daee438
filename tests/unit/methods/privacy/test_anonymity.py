"""k-anonymity counted in persons: the optimum, its application, and the recount."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.anonymity import equivalence_classes, generalise, optimum, persons_below_k
from dalgubeol.methods.privacy.hierarchy import from_csv, from_groups, intervals, suppress_only


def people(rows=400, seed=1):
    """A table of claims in which a quarter of the persons claim more than once."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "person": rng.integers(0, rows * 3 // 4, rows),
            "age": np.where(rng.random(rows) < 0.05, np.nan, rng.integers(18, 70, rows)),
            "sex": rng.choice(["m", "f"], rows),
            "cost": rng.integers(0, 100, rows),
        }
    )


def trees(table):
    return [intervals("age", table["age"], [5, 10, 20]), suppress_only("sex", table["sex"])]


def test_every_published_class_has_k_persons():
    table = people()
    best = optimum(table, trees(table), k=5, suppression_limit=0.1, person="person")
    made = generalise(table, trees(table), best, person="person")
    assert equivalence_classes(made, ["age", "sex"], "person").smallest == best.smallest_class >= 5
    assert made.num_rows == table.num_rows - best.suppressed_rows
    assert best.suppressed_rows <= 40
    assert made["cost"].to_pylist() == np.array(table["cost"])[~best.suppressed].tolist()


def test_rows_of_one_person_hide_nobody():
    table = pa.table({"person": [1, 1, 1, 2, 3, 4], "sex": ["m", "m", "m", "f", "f", "f"]})
    tree = [suppress_only("sex", table["sex"])]
    assert optimum(table, tree, k=3).levels == (0,)
    assert optimum(table, tree, k=3, person="person").levels == (1,)
    assert sorted(equivalence_classes(table, ["sex"], "person").persons.tolist()) == [1, 3]


def test_who_would_share_a_token_is_one_person():
    table = pa.table({"person": ["A1", "A1 ", "\u00e9", "e\u0301"], "sex": ["m", "m", "f", "f"]})
    assert equivalence_classes(table, ["sex"], "person").persons.tolist() == [1, 1]
    with pytest.raises(Invalid, match="1 rows have no person"):
        equivalence_classes(pa.table({"person": ["A1", " "], "sex": ["m", "m"]}), ["sex"], "person")


def test_missing_stays_missing_below_the_top():
    table = pa.table({"sex": ["m", "m", None, None], "job": ["a", "b", "a", "b"]})
    trees = [suppress_only("sex", table["sex"]), from_groups("job", {"a": "ab", "b": "ab"})]
    made = generalise(table, trees, optimum(table, trees, k=2))
    assert made["sex"].to_pylist() == ["m", "m", None, None]
    assert made["job"].to_pylist() == ["ab"] * 4


def test_a_hierarchy_file_without_a_missing_value_still_takes_missing_cells():
    table = pa.table({"sex": ["m", "m", None, None]})
    tree = [from_csv("sex", ["m;*", "f;*"])]
    assert generalise(table, tree, optimum(table, tree, k=2))["sex"].to_pylist() == ["m", "m", None, None]


def test_a_column_left_at_level_0_keeps_its_type_and_equal_zeros_become_one():
    table = pa.table({"x": [0.0, -0.0, 1.0, 1.0]})
    tree = [suppress_only("x", table["x"])]
    made = generalise(table, tree, optimum(table, tree, k=2))
    assert made["x"].type == pa.float64()
    assert equivalence_classes(made, ["x"]).rows.tolist() == [2, 2]


def test_bounds_on_levels_are_kept():
    table = people()
    free = optimum(table, trees(table), k=5, suppression_limit=0.05)
    bound = optimum(table, trees(table), k=5, suppression_limit=0.05, at_least={"sex": 1}, at_most={"age": 3})
    assert bound.levels[1] == 1
    assert bound.score >= free.score


def test_what_cannot_be_reached_says_the_best_that_can():
    table = people()
    with pytest.raises(Invalid, match=r"the table has \d+\. Ask for a k of at most"):
        optimum(table, trees(table), k=500, person="person")
    with pytest.raises(
        Invalid, match=r"at least \d+ of 400 rows \(\d+\.\d\d%\) must be suppressed; the limit is 1%"
    ):
        optimum(table, trees(table), k=20, suppression_limit=0.01, at_most={"age": 0})


@pytest.mark.parametrize(
    "asked",
    [
        {"k": 1},
        {"k": 2, "suppression_limit": 1.5},
        {"k": 2, "at_most": {"age": 9}},
        {"k": 2, "at_least": {"nobody": 0}},
        {"k": 2, "person": "nobody"},
    ],
)
def test_senseless_requests_are_invalid(asked):
    table = people(50)
    with pytest.raises(Invalid):
        optimum(table, trees(table), **asked)


def test_a_row_without_a_person_is_invalid():
    table = pa.table({"person": [1, None], "sex": ["m", "m"]})
    with pytest.raises(Invalid, match="1 rows have no person"):
        optimum(table, [suppress_only("sex", table["sex"])], k=2, person="person")


def test_an_optimum_fits_only_the_table_it_was_found_on():
    table = people()
    best = optimum(table, trees(table), k=2, suppression_limit=0.5)
    with pytest.raises(Invalid):
        generalise(table.slice(1), trees(table), best)


def test_a_table_that_would_leave_with_small_classes_does_not_leave():
    table = people()
    best = optimum(table, trees(table), k=5, suppression_limit=0.5)
    shuffled = table.set_column(
        1, "age", pa.array(np.random.default_rng(0).permutation(table["age"].to_numpy()))
    )
    with pytest.raises(RuntimeError, match="fewer than k persons"):
        generalise(shuffled.set_column(2, "sex", pa.array(["m", "f"] + ["m"] * 398)), trees(table), best)


def test_a_token_that_links_rows_can_make_a_person_unique_although_every_class_is_large():
    table = pa.table({"person": [1, 2, 3, 4, 1], "sex": ["m", "m", "f", "f", "f"]})
    assert equivalence_classes(table, ["sex"], "person").smallest == 2
    assert persons_below_k(table, ["sex"], "person", 2) == 2
    assert persons_below_k(table.slice(0, 4), ["sex"], "person", 2) == 0


@pytest.mark.filterwarnings("ignore")
def test_the_smallest_class_agrees_with_pycanon():
    from pycanon import anonymity as oracle

    table = people().drop_columns(["person"])
    made = generalise(table, trees(table), optimum(table, trees(table), k=7, suppression_limit=0.05))
    frame = made.to_pandas().fillna("missing")
    assert (
        oracle.k_anonymity(frame, ["age", "sex"]) == equivalence_classes(made, ["age", "sex"]).smallest >= 7
    )


ADULT = [
    "sex",
    "age",
    "race",
    "marital-status",
    "education",
    "native-country",
    "workclass",
    "occupation",
    "salary-class",
]


@pytest.mark.skipif("DALGU_DATA" not in os.environ, reason="DALGU_DATA does not name the folder of test data")
@pytest.mark.parametrize(
    ("limit", "levels", "score", "suppressed"),
    [
        (0.0, (0, 4, 1, 1, 3, 2, 2, 1, 0), 0.573151, 0),
        (0.02, (0, 3, 0, 2, 2, 1, 1, 2, 0), 0.313713, 506),
        (0.05, (0, 3, 0, 0, 2, 1, 1, 2, 0), 0.241932, 1346),
    ],
)
def test_the_optima_of_arx_on_the_adult_table_are_reproduced(limit, levels, score, suppressed):
    from pyarrow import csv

    folder = Path(os.environ["DALGU_DATA"]) / "privacy" / "adult"
    table = csv.read_csv(folder / "adult.csv", parse_options=csv.ParseOptions(delimiter=";"))
    files = [(name, folder / "hierarchies" / f"adult_hierarchy_{name}.csv") for name in ADULT]
    trees = [from_csv(name, path.read_text().splitlines()) for name, path in files]
    best = optimum(table, trees, k=5, suppression_limit=limit)
    assert best.levels == levels
    assert best.score == pytest.approx(score, abs=1e-6)
    assert best.suppressed_rows == suppressed
    assert equivalence_classes(generalise(table, trees, best), ADULT).smallest == best.smallest_class
