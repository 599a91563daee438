"""k-anonymity counted in persons: the optimum, its application, and the recount."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.anonymity import equivalence_classes, generalise, optimum, persons_below_k
from dalgubeol.methods.privacy.hierarchy import from_csv, from_groups, intervals, suppress_only
from dalgubeol.methods.privacy.models import (
    AverageRisk,
    Closeness,
    DistinctDiversity,
    EntropyDiversity,
    KAnonymity,
    KMap,
    Population,
)


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


def sick(rows=400, seed=2):
    """People with an illness, of which one is common and one is rare."""
    table = people(rows, seed)
    ill = np.random.default_rng(seed).choice(["flu", "cold", "rare"], rows, p=[0.6, 0.38, 0.02])
    return table.append_column("ill", pa.array(ill))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"models": [DistinctDiversity("ill", 4)]}, "No class can have 4 values of ill: the table has 3"),
        ({"models": [DistinctDiversity("nothing", 2)]}, "The sensitive column nothing is not there"),
        ({"models": [DistinctDiversity("sex", 2)]}, "no quasi-identifier"),
        ({"models": []}, "at least one privacy model"),
        ({"k": 2, "weights": {"nobody": 1}}, "columns with a hierarchy"),
        ({"k": 2, "weights": {"age": -1}}, "none under 0"),
        ({"k": 2, "gs_factor": 2}, "between 0 and 1"),
        ({"k": 2, "aggregate": "median"}, "geometric"),
        ({"k": 300, "suppression_limit": 1, "at_most": {"age": 0}}, "all rows would be suppressed"),
        (
            {"models": [EntropyDiversity("ill", 2.5)], "suppression_limit": 0.01},
            r"No levels keep within the suppression limit of 1%: the best suppress \d+ of 400 rows",
        ),
    ],
)
def test_what_cannot_be_is_said_with_what_could(asked, says):
    table = sick()
    with pytest.raises(Invalid, match=says):
        optimum(table, trees(table), **asked)


def test_a_population_makes_small_classes_safe_and_must_know_the_columns():
    table = sick(40)
    crowd = pa.table({"age": table["age"].to_pylist() * 5, "sex": table["sex"].to_pylist() * 5})
    alone = optimum(table, trees(table), k=5, suppression_limit=0.1)
    mapped = optimum(table, trees(table), models=[KMap(5, Population(crowd))], suppression_limit=0.1)
    counted = Population(
        table.select(["age", "sex"]).append_column("persons", pa.array([5] * 40)), count="persons"
    )
    assert mapped.score < alone.score
    assert optimum(table, trees(table), models=[KMap(5, counted)]).levels == (0, 0)
    with pytest.raises(Invalid, match="0 columns called sex"):
        optimum(table, trees(table), models=[KMap(5, Population(crowd.select(["age"])))])


def test_models_are_kept_together_with_persons_and_a_dictionary_column_is_the_same_column():
    table = sick()
    asked = {
        "models": [KAnonymity(4), DistinctDiversity("ill", 2), Closeness("ill", 0.3)],
        "suppression_limit": 0.1,
        "person": "person",
    }
    best = optimum(table, trees(table), **asked)
    made = generalise(table, trees(table), best, person="person")
    classes = equivalence_classes(made, ["age", "sex"], "person")
    ill = np.array(made["ill"])
    assert best.proven
    assert classes.smallest >= 4
    assert all(len(set(ill[classes.class_of_row == c])) >= 2 for c in range(len(classes.rows)))
    coded = table.set_column(2, "sex", table["sex"].dictionary_encode())
    assert optimum(coded, trees(table), **asked) == best


CREDIT = ["LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE", "PAY_0", "PAY_2"]


@pytest.mark.skipif("DALGU_DATA" not in os.environ, reason="DALGU_DATA does not name the folder of test data")
@pytest.mark.parametrize(
    ("name", "limit", "levels", "score", "suppressed"),
    [
        ("credit", 0.0, (3, 0, 2, 2, 4, 1, 1), 0.555788, 0),
        ("credit", 0.02, (2, 0, 1, 1, 3, 1, 1), 0.152541, 537),
        ("credit", 0.05, (2, 0, 1, 1, 3, 0, 0), 0.124535, 1249),
        ("diverse", 0.0, (0, 4, 1, 2, 3, 2, 0, 0), 0.542211, 0),
        ("diverse", 0.02, (0, 3, 0, 2, 2, 1, 1, 0), 0.246912, 522),
        ("diverse", 0.05, (0, 3, 0, 0, 2, 1, 1, 0), 0.171702, 1400),
        ("arithmetic", 0.0, (0, 4, 1, 1, 3, 2, 2, 1, 0), 0.635544, 0),
        ("rank", 0.02, (0, 4, 0, 2, 2, 1, 1, 1, 0), 1.0, 454),
    ],
)
def test_further_optima_of_arx_are_reproduced(name, limit, levels, score, suppressed):
    from pyarrow import csv

    data, stem, names = (
        ("creditcard", "creditcard_int", CREDIT) if name == "credit" else ("adult", "adult", ADULT)
    )
    folder = Path(os.environ["DALGU_DATA"]) / "privacy" / data
    table = csv.read_csv(folder / f"{stem}.csv", parse_options=csv.ParseOptions(delimiter=";"))
    names = [n for n in names if name != "diverse" or n != "occupation"]
    files = [(n, folder / "hierarchies" / f"{stem}_hierarchy_{n}.csv") for n in names]
    asked = {
        "diverse": {"models": [DistinctDiversity("occupation", 3)]},
        "arithmetic": {"aggregate": "arithmetic"},
    }
    asked["rank"] = {"aggregate": "rank"}
    best = optimum(
        table,
        [from_csv(n, path.read_text().splitlines()) for n, path in files],
        k=5,
        suppression_limit=limit,
        **asked.get(name, {}),
    )
    assert (best.levels, best.suppressed_rows) == (levels, suppressed)
    assert best.score == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize(
    "model",
    [DistinctDiversity("ill", 3), Closeness("ill", 0.25), AverageRisk(0.05)],
    ids=lambda m: type(m).__name__,
)
def test_a_table_that_would_break_another_model_does_not_leave(model):
    table = sick()
    best = optimum(table, trees(table), models=[model], suppression_limit=0.4)
    generalise(table, trees(table), best)
    as_it_was = replace(best, levels=(0, 0), suppressed=np.zeros(table.num_rows, bool), suppressed_rows=0)
    with pytest.raises(RuntimeError, match="fails a privacy model"):
        generalise(table, trees(table), as_it_was)
