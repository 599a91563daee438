"""What is left to use: labels read as what they hide, losses, distances, associations, predictions."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy import hierarchy
from dalgubeol.methods.privacy.anonymity import equivalence_classes, generalise, optimum
from dalgubeol.methods.privacy.measure.association import associations
from dalgubeol.methods.privacy.measure.labels import matched
from dalgubeol.methods.privacy.measure.predicting import prediction
from dalgubeol.methods.privacy.measure.utility import class_utility, matched_columns, utility


def column(values):
    return pa.chunked_array([pa.array(values)])


def read(before, after, tree=None):
    """{label: the values it hides} of one column."""
    found = matched("x", column(before), column(after), tree)
    return {
        label: None if cover is None else {found.values[i] for i in cover}
        for label, cover in zip(found.labels, found.covers, strict=True)
    }


def test_labels_are_read_as_the_values_they_hide():
    labels = ["43", "[40, 50)", "< 40", ">= 50", "*", None, "{43, 47}", "old"]
    everything = {"12", "40", "43", "47", "50"}
    assert read([43, 47, 12, 50, 40], labels) == {
        "43": {"43"}, "[40, 50)": {"40", "43", "47"}, "< 40": {"12"}, ">= 50": {"50"},
        "*": everything, None: everything, "{43, 47}": {"43", "47"}, "old": None,
    }  # fmt: skip


def test_a_missing_value_that_was_there_before_is_itself():
    assert read(["a", None], [None, "*"]) == {None: {None}, "*": {"a", None}}


def test_a_number_that_is_new_is_a_value_of_its_own_and_hidden_by_no_label():
    assert read([1.0, 2.0], ["1.5", "*"]) == {"1.5": {"1.5"}, "*": {"1", "2"}}


def test_other_labels_are_looked_up_in_the_hierarchy_with_values_the_table_has_not():
    tree = hierarchy.from_groups("x", {"Daegu": "south", "Busan": "south", "Seoul": "north"})
    assert read(["Daegu", "Seoul"], ["south", "Seoul"], tree) == {
        "south": {"Daegu", "Busan"},
        "Seoul": {"Seoul"},
    }


def measured(before, after, **trees):
    columns = matched_columns(before, after, before.column_names, trees)
    return utility(columns, before.column_names)


def test_an_unchanged_table_has_lost_nothing_and_one_of_stars_everything():
    table = pa.table({"age": [20, 30, 30, 40], "job": ["a", "b", "b", "c"]})
    same = measured(table, table)
    assert same.loss == 0
    assert [(c.loss, c.entropy, c.tv) for c in same.columns] == [(0, 0, 0)] * 2
    assert [c.ks for c in same.columns] == [0, None]
    stars = measured(table, pa.table({"age": ["*"] * 4, "job": ["*"] * 4}))
    assert stars.loss == pytest.approx(1)
    assert [(c.loss, c.entropy) for c in stars.columns] == [(1, pytest.approx(1))] * 2
    # the original has half its rows at 30, the stars a third everywhere
    assert stars.columns[0].tv == pytest.approx(1 / 2 - 1 / 3)
    assert stars.columns[0].ks == pytest.approx(1 / 3 - 1 / 4)


def test_a_row_left_out_costs_what_a_star_costs():
    before = pa.table({"x": ["a", "b", "c", "c"]})
    left_out = measured(before, pa.table({"x": ["a", "b", "c"]}))
    starred = measured(before, pa.table({"x": ["a", "b", "c", "*"]}))
    assert left_out.loss == starred.loss == pytest.approx(1 / 4)
    assert left_out.suppressed_share == 1 / 4
    assert left_out.columns[0].entropy == pytest.approx(1 / 4)


def test_a_label_that_cannot_be_read_is_said_and_not_guessed():
    found = measured(pa.table({"x": ["a", "b"]}), pa.table({"x": ["vowel", "b"]}))
    assert found.loss is None
    assert (found.columns[0].tv, found.columns[0].unreadable_labels) == (None, 1)


def test_more_rows_after_than_before_are_invalid():
    with pytest.raises(Invalid):
        measured(pa.table({"x": [1]}), pa.table({"x": [1, 1]}))


def test_discernibility_and_class_sizes_by_hand():
    found = class_utility(np.array([5, 7]), 3, k=5)
    assert found.discernibility == 25 + 49 + 15 * 3
    assert found.relative_discernibility == pytest.approx((119 - 15) / (225 - 15))
    assert (found.average_class_size, found.c_avg) == (6, pytest.approx(1.2))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 11), min_size=1, max_size=25),
    st.lists(st.booleans(), min_size=25, max_size=25),
    st.sampled_from([1, 2, 6]),
)
def test_distances_are_those_of_rows_spread_one_by_one(values, starred, width):
    """The plain reference: every row after is shared out over the values under its label, row by row."""
    after = [
        "*" if star else f"[{v // width * width}, {(v // width + 1) * width})" for v, star in zip(values, starred, strict=False)
    ]  # fmt: skip
    found = measured(pa.table({"x": values}), pa.table({"x": after})).columns[0]
    domain = sorted(set(values))
    p, q, hidden = dict.fromkeys(domain, 0.0), dict.fromkeys(domain, 0.0), 0
    for v, star in zip(values, starred, strict=False):
        under = [w for w in domain if star or w // width == v // width]
        p[v] += 1 / len(values)
        hidden += len(under) - 1
        for w in under:
            q[w] += 1 / len(under) / len(values)
    steps = np.cumsum([p[w] - q[w] for w in domain])
    assert found.tv == pytest.approx(max(sum(max(0, p[w] - q[w]) for w in domain), 0), abs=1e-12)
    assert found.ks == pytest.approx(np.abs(steps).max(), abs=1e-12)
    assert found.loss == pytest.approx(hidden / (len(values) * (len(domain) - 1)) if len(domain) > 1 else 0)


def of(table, after=None):
    return associations(matched_columns(table, table if after is None else after, table.column_names))


def test_associations_are_pearsons_cramers_and_kelleys():
    rng = np.random.default_rng(1)
    x = rng.normal(size=400)
    y = -2 * x + rng.normal(size=400)
    half = np.where(x > 0, "high", "low")
    table = pa.table({"x": x, "y": y, "half": half, "same": half, "coin": rng.choice(["h", "t"], 400)})
    matrix = of(table).before
    assert matrix[0, 1] == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert matrix[2, 3] == pytest.approx(1)
    assert matrix[2, 4] < 0.15
    groups = [x[half == "high"], x[half == "low"]]
    between = sum(len(g) * (g.mean() - x.mean()) ** 2 for g in groups)
    total = ((x - x.mean()) ** 2).sum()
    assert matrix[0, 2] == pytest.approx(np.sqrt((between - (total - between) / 398) / total))
    assert np.allclose(matrix, matrix.T)


def test_chance_among_many_categories_is_no_association():
    rng = np.random.default_rng(2)
    table = pa.table({"a": rng.integers(0, 30, 500).astype(str), "b": rng.integers(0, 30, 500).astype(str), "n": rng.normal(size=500)})  # fmt: skip
    letters = pa.table({n: pa.array([f"c{v}" for v in table[n].to_pylist()]) if n != "n" else table[n] for n in table.column_names})  # fmt: skip
    assert of(letters).before[np.triu_indices(3, 1)].max() < 0.2


def test_what_is_hidden_goes_together_with_nothing_and_the_change_says_so():
    table = pa.table({"x": [1, 2, 3, 4], "y": [2, 4, 6, 8]})
    found = of(table, pa.table({"x": ["*"] * 4, "y": [2, 4, 6, 8]}))
    assert (found.before[0, 1], found.after[0, 1]) == (pytest.approx(1), 0)
    assert found.mean_change == pytest.approx(1)
    coarse = of(table, pa.table({"x": ["[1, 3)", "[1, 3)", "[3, 5)", "[3, 5)"], "y": [2, 4, 6, 8]}))
    assert coarse.after[0, 1] == pytest.approx(np.corrcoef([1.5, 1.5, 3.5, 3.5], [2, 4, 6, 8])[0, 1])


def plays(rows=600):
    rng = np.random.default_rng(3)
    age, sex = rng.integers(20, 60, rows), rng.choice(["m", "f"], rows)
    plays_ = np.where((age < 40) ^ (rng.random(rows) < 0.1), "yes", "no")
    return pa.table({"age": age, "sex": sex, "plays": plays_})


def test_what_can_be_learnt_is_measured_above_the_baseline():
    table = plays()
    hidden = table.set_column(0, "age", pa.array(["*"] * table.num_rows))
    coarse = table.set_column(0, "age", pa.array([f"[{a // 10 * 10}, {a // 10 * 10 + 10})" for a in table["age"].to_pylist()]))  # fmt: skip
    found = {
        name: prediction(matched_columns(table, after, table.column_names), "plays", seed=1)
        for name, after in (("same", table), ("coarse", coarse), ("hidden", hidden))
    }
    same = found["same"]
    assert same.before.naive_bayes == pytest.approx(0.9, abs=0.03)
    assert same.before.logistic == pytest.approx(0.9, abs=0.03)
    assert same.kept == 1
    assert found["coarse"].kept > 0.9
    assert found["hidden"].kept < 0.15
    assert 0.45 < same.before.baseline < 0.6


def test_the_same_seed_gives_the_same_accuracy():
    columns = matched_columns(plays(200), plays(200), ["age", "sex", "plays"])
    assert prediction(columns, "plays", seed=5) == prediction(columns, "plays", seed=5)


@pytest.mark.parametrize("target", ["age", "nothing", "changed", "constant"])
def test_a_target_that_cannot_be_predicted_is_invalid(target):
    before = plays(100).append_column("changed", pa.array(["a", "b"] * 50)).append_column("constant", pa.array(["c"] * 100))  # fmt: skip
    after = before.set_column(3, "changed", pa.array(["*"] * 100))
    with pytest.raises(Invalid):
        prediction(matched_columns(before, after, before.column_names), target, seed=1)


DATA = os.environ.get("DALGU_DATA")


@pytest.mark.skipif(DATA is None, reason="needs DALGU_DATA, the folder of test data")
def test_the_loss_read_off_the_published_table_is_that_of_the_search_which_is_arxs():
    folder = Path(DATA) / "privacy/adult"
    table = pyarrow.csv.read_csv(folder / "adult.csv", parse_options=pyarrow.csv.ParseOptions(delimiter=";"))
    names = table.column_names
    trees = [hierarchy.from_csv(c, (folder / f"hierarchies/adult_hierarchy_{c}.csv").read_text().splitlines()) for c in names]  # fmt: skip
    best = optimum(table, trees, k=5, suppression_limit=0.02)
    made = generalise(table, trees, best)
    columns = matched_columns(table, made, names, dict(zip(names, trees, strict=True)))
    assert utility(columns, names).loss == pytest.approx(0.313713, abs=1e-6)
    kept = equivalence_classes(made, names).rows
    assert class_utility(kept, best.suppressed_rows, 5).average_class_size == pytest.approx(29656 / len(kept))
