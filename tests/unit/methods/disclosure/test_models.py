"""Models by description: the form that leaves predicts as the library does, attacks find what is there and nothing
where nothing is, leaking models are held and careful ones pass."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.methods.disclosure import dalgu_zone
from dalgubeol.methods.disclosure.models import (
    models,
    models_attack,
    models_attribute,
    models_form,
    models_steps,
    models_use,
)
from dalgubeol.methods.disclosure.models.models import Checked
from dalgubeol.methods.disclosure.models.models_attack import Shadows

tree, ensemble = pytest.importorskip("sklearn.tree"), pytest.importorskip("sklearn.ensemble")
from sklearn import linear_model, naive_bayes, neural_network, svm  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402

FEATURES = ["age", "cost", "industry"]
Given = Callable[..., Checked]


def people(count: int = 1200, seed: int = 1) -> pa.Table:
    """Absence follows age and one industry; cost has nothing to do with it, and is another for everybody."""
    chance = np.random.default_rng(seed)
    age, industry = chance.integers(18, 80, count), chance.choice(list("ABCD"), count)
    odds = (age - 45) / 12 + (industry == "A")
    return pa.table({
        "age": age, "cost": chance.lognormal(3, 1, count), "industry": industry,
        "absent": chance.random(count) < 1 / (1 + np.exp(-odds)), "weeks": age / 10 + chance.normal(0, 2, count),
        "grade": np.where(age < 35, "low", np.where(age < 60, "middle", "high")),
    })  # fmt: skip


def recipe(target: str = "absent", **said: Any) -> dict[str, Any]:
    usual = {
        "features": FEATURES, "target": target, "where": None, "person": None, "share": 0.7, "split": 0,
        "standardise": False, "bound": 0.05, "least": 10,
    }  # fmt: skip
    return {**usual, **said}


@pytest.fixture
def given_(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Given:
    monkeypatch.chdir(tmp_path)

    def give(model: Any, table: pa.Table, **said: Any) -> Checked:
        data = dalgu_zone.made(table, recipe(**said))
        name = dalgu_zone.give_model(model.fit(data.X, data.y), data)
        return models.check((tmp_path / name).read_bytes(), table, 10)

    return give


def codes(found: Checked) -> set[str]:
    return {each.rule for each in found.holds}


def test_a_grown_tree_is_held_and_a_pruned_one_passes_with_its_auc_and_interval(given_: Given) -> None:
    grown = given_(tree.DecisionTreeClassifier(random_state=0), people())
    assert {"model_leaf", "model_equal", "model_membership"} <= codes(grown)
    pruned = given_(tree.DecisionTreeClassifier(max_depth=3, min_samples_leaf=40, random_state=0), people())
    assert codes(pruned) == set()
    assert pruned.report is not None
    assert grown.report is not None
    value, low, high = pruned.report["likelihood"]
    assert low < value < high < 0.65 < grown.report["likelihood"][1]
    assert "AUC" in pruned.notes[0].text()
    assert f"{low:.2f}" in pruned.notes[0].text()


def test_what_remembers_every_record_gives_them_all_away(given_: Given) -> None:
    grown = given_(tree.DecisionTreeRegressor(random_state=0), people(), target="weeks")
    assert grown.report is not None
    assert grown.report["likelihood"][0] > 0.98
    assert {"degrees_of_freedom", "model_membership", "model_attribute"} <= codes(grown)


def test_labels_that_mean_nothing_are_remembered_by_who_can_and_by_nobody_else(given_: Given) -> None:
    table = people()
    noise = np.random.default_rng(5).random(table.num_rows)
    table = table.set_column(table.column_names.index("weeks"), "weeks", pa.array(noise))
    grown = given_(tree.DecisionTreeRegressor(random_state=0), table, target="weeks")
    line = given_(linear_model.LinearRegression(), table, target="weeks")
    assert grown.report is not None
    assert line.report is not None
    assert grown.report["likelihood"][0] > 0.95
    assert line.report["likelihood"][1] < 0.5 < line.report["likelihood"][2]
    assert codes(line) == set()


@pytest.mark.slow
def test_of_models_that_never_saw_the_records_nineteen_intervals_in_twenty_hold_one_half() -> None:
    """Members by lot, a model of other records: AUC is 0.5. Of 60 intervals fewer than 52 hold it once in 400."""
    chance, held = np.random.default_rng(3), 0
    for _ in range(60):
        rows, truth = chance.normal(size=(800, 3)), chance.integers(0, 2, 800).astype(float)

        def sure(seed: int, rows: Any = rows, truth: Any = truth) -> Any:
            other = np.random.default_rng(seed)
            strange = other.normal(size=(400, 3)), other.integers(0, 2, 400)
            fitted = tree.DecisionTreeClassifier(max_depth=6, random_state=0).fit(*strange)
            return models_attack.confidence(fitted.predict_proba(rows), truth, True)

        members = chance.random(800) < 0.5
        shadows = Shadows(np.array([sure(int(s)) for s in chance.integers(0, 10**6, 16)]), chance.random((16, 800)) < 0.5)  # fmt: skip
        ratios = models_attack.likelihood_ratios(sure(7), shadows, online=True)
        found = models_attack.auc(ratios[members], ratios[~members])
        held += found.low <= 0.5 <= found.high
    assert held >= 52


def test_the_likelihood_ratio_finds_as_much_as_theory_says_can_be_found_in_a_mean() -> None:
    """The mean of n records of d independent normal values: the best test of one record tells it at d' = sqrt(d / n)
    (S. Sankararaman et al., Nature Genetics 41, 2009). Whoever knows the 2n records of which n were drawn (as shadows
    do) has half the variance left to doubt (sampling without replacement): the AUC is Phi(sqrt(2 d / n) / sqrt(2))."""
    chance, found = np.random.default_rng(11), []
    n, d = 150, 100
    for _ in range(6):
        rows = chance.normal(size=(2 * n, d))

        def sure(members: Any, number: int, rows: Any = rows) -> Any:
            return -0.5 * ((rows - rows[members].mean(axis=0)) ** 2).sum(axis=1)

        members = np.isin(np.arange(2 * n), chance.permutation(2 * n)[:n])
        shadows = models_attack.shadow_confidences(sure, np.arange(2 * n), 0.5, 64, 1)
        ratios = models_attack.likelihood_ratios(sure(members, 0), shadows, online=True)
        alone = sure(members, 0)
        found.append((models_attack.auc(ratios[members], ratios[~members]).value, models_attack.auc(alone[members], alone[~members]).value))  # fmt: skip
    likelihood, confidence = np.mean(found, axis=0)
    best = 0.5 * (1 + math.erf(math.sqrt(d / n) / math.sqrt(2)))
    assert best - 0.04 < likelihood < best + 0.02
    assert confidence < likelihood


FITTED = [
    (tree.DecisionTreeClassifier(max_depth=5, random_state=0), "absent"),
    (ensemble.RandomForestClassifier(10, max_depth=4, random_state=0), "absent"),
    (ensemble.ExtraTreesRegressor(10, max_depth=4, random_state=0), "weeks"),
    (ensemble.GradientBoostingClassifier(n_estimators=10, random_state=0), "absent"),
    (ensemble.GradientBoostingClassifier(n_estimators=5, random_state=0), "grade"),
    (ensemble.GradientBoostingRegressor(n_estimators=10, random_state=0), "weeks"),
    (linear_model.LogisticRegression(max_iter=2000), "absent"),
    (linear_model.LogisticRegression(max_iter=5000), "grade"),
    (linear_model.Ridge(), "weeks"),
    (linear_model.PoissonRegressor(max_iter=1000), "absent"),
    (naive_bayes.GaussianNB(), "absent"),
    (naive_bayes.BernoulliNB(), "grade"),
    (neural_network.MLPClassifier((4,), max_iter=1500, random_state=0), "absent"),
    (neural_network.MLPClassifier((4, 3), "tanh", max_iter=1500, random_state=0), "grade"),
    (neural_network.MLPRegressor(hidden_layer_sizes=(4,), max_iter=1500, random_state=0), "weeks"),
    (ensemble.HistGradientBoostingClassifier(max_iter=10, max_leaf_nodes=6, random_state=0), "absent"),
    (ensemble.HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=6, random_state=0), "grade"),
    (ensemble.HistGradientBoostingRegressor(max_iter=10, max_leaf_nodes=6, random_state=0), "weeks"),
    (ensemble.AdaBoostClassifier(n_estimators=10, random_state=0), "absent"),
    (
        ensemble.AdaBoostClassifier(
            tree.DecisionTreeClassifier(max_depth=2), n_estimators=10, random_state=0
        ),
        "grade",
    ),
    (ensemble.AdaBoostRegressor(n_estimators=10, random_state=0), "weeks"),
    (svm.LinearSVC(random_state=0), "absent"),
    (svm.LinearSVC(random_state=0, max_iter=5000), "grade"),
    (svm.LinearSVR(random_state=0, max_iter=5000), "weeks"),
    (svm.SVC(kernel="linear"), "absent"),
    (svm.SVR(kernel="linear", C=0.1), "weeks"),
    (make_pipeline(StandardScaler(), linear_model.LogisticRegression(max_iter=2000)), "absent"),
    (
        make_pipeline(
            ColumnTransformer(
                [("a", StandardScaler(), [0, 1]), ("b", OneHotEncoder(min_frequency=30), [2])],
                remainder="passthrough",
            ),
            tree.DecisionTreeRegressor(max_depth=4, random_state=0),
        ),
        "weeks",
    ),
    (
        make_pipeline(
            SimpleImputer(),
            ensemble.HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=6, random_state=0),
        ),
        "grade",
    ),
]


def told_by(fitted: Any, rows: Any) -> Any:
    """What the library says of rows: probabilities, or its margins in the link of ours, or values."""
    if hasattr(fitted, "predict_proba") or not hasattr(fitted, "decision_function"):
        told = dalgu_zone.answers(fitted, rows)
        return told if told.ndim == 2 else told[:, None]
    margin = fitted.decision_function(rows)
    if margin.ndim == 1:
        yes = 1 / (1 + np.exp(-margin))
        return np.column_stack([1 - yes, yes])
    lifted = np.exp(margin)
    return lifted / lifted.sum(axis=1, keepdims=True)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("model", "target"), FITTED, ids=lambda each: type(each).__name__)
def test_the_form_that_leaves_predicts_as_the_library_does(model: Any, target: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    data = dalgu_zone.made(people(), recipe(target, standardise=True, bound=0.0))
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    form_name = models.models_recipe.ESTIMATORS[type(last).__name__].form
    truth = np.unique(data.y.astype(str), return_inverse=True)[1] if data.y.dtype == object else data.y
    fitted = model.fit(data.X, truth)
    theirs = told_by(fitted, data.X)

    def away() -> Any:
        form = json.loads(json.dumps(models_form.plain(fitted, form_name, 0.0)))
        return np.abs(models_form.scores(form, data.X) - theirs).max(axis=1)

    assert np.quantile(away(), 0.95) < 0.01, "a rounded threshold moves a few rows to the other side"
    monkeypatch.setattr(models_form, "SIGNIFICANT", 12)
    monkeypatch.setattr(models_steps, "SIGNIFICANT", 12)
    assert np.quantile(away(), 0.99) < 1e-6


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=25), st.lists(st.integers(0, 6), min_size=2, max_size=25)
)
def test_the_area_and_its_interval_are_those_of_the_definition(members: list[int], others: list[int]) -> None:
    """DeLong et al. 1988, every pair compared."""
    m, o = np.array(members, dtype=float), np.array(others, dtype=float)
    pairs = (m[:, None] > o[None, :]) + 0.5 * (m[:, None] == o[None, :])
    variance = pairs.mean(axis=1).var(ddof=1) / len(m) + pairs.mean(axis=0).var(ddof=1) / len(o)
    found = models_attack.auc(m, o)
    assert found.value == pytest.approx(pairs.mean())
    assert found.high == pytest.approx(min(1, pairs.mean() + 1.95996 * math.sqrt(variance)), abs=1e-4)


def test_the_curve_passes_through_the_corners_and_above_the_diagonal_where_members_are_surer() -> None:
    chance = np.random.default_rng(0)
    at = np.linspace(0, 1, 11)
    drawn = models_attack.curve(chance.normal(1, 1, 500), chance.normal(0, 1, 500), at)
    assert drawn[-1] == 1
    assert (np.diff(drawn) >= 0).all()
    assert (drawn[1:-1] > at[1:-1]).all()


def test_an_attribute_that_the_model_remembers_is_guessed_better_for_members() -> None:
    chance = np.random.default_rng(2)
    rows = np.column_stack([chance.normal(size=800), chance.integers(0, 2, 800)]).astype(float)
    truth, members = chance.normal(size=800), np.arange(800) < 400
    remembers = tree.DecisionTreeRegressor(random_state=0).fit(rows[members], truth[members])

    def sure(tried: Any) -> Any:
        return models_attack.confidence(remembers.predict(tried)[:, None], truth, False)

    found = models_attribute.guessed(rows, [1], members, sure, 1)
    assert found is not None
    assert found.advantage.low > 0.1
    learnt = linear_model.LinearRegression().fit(rows[members], truth[members])
    fair = models_attribute.guessed(rows, [1], members, lambda tried: models_attack.confidence(learnt.predict(tried)[:, None], truth, False), 1)  # fmt: skip
    assert fair is not None
    assert fair.advantage.low < 0 < fair.advantage.high


def test_whoever_takes_a_model_out_predicts_with_it_as_it_predicted_inside(given_: Given) -> None:
    table = people()
    model = tree.DecisionTreeClassifier(max_depth=3, min_samples_leaf=40, random_state=0)
    left = given_(model, table).released
    assert left is not None
    found = models_use.predictions(left, table)
    data = dalgu_zone.made(table, recipe())
    inside = model.predict_proba(np.vstack([data.X, data.rest_X]))[:, 1]
    outside = np.sort(found["probability of 1.0"].to_numpy())
    assert np.abs(np.sort(np.clip(inside, 0.05, 0.95)) - outside).max() < 0.001
    gap = models_use.predictions(
        left, pa.table({"age": [30, None], "cost": [9.0, 9.0], "industry": ["A", "A"]})
    )
    assert gap["prediction"].is_valid().to_pylist() == [True, False]
    for wrong in (b"{}", b"[1]", b"no", left.replace(b'"trees"', b'"roots"')):
        with pytest.raises(ValueError, match=r"."):
            models_use.predictions(wrong, table)


def test_leaves_are_counted_in_persons_not_in_rows(given_: Given) -> None:
    table = people(600)
    rows = pa.concat_tables([table] * 4).append_column("person", pa.array([str(i % 600) for i in range(2400)]))  # fmt: skip
    model = tree.DecisionTreeClassifier(max_leaf_nodes=12, min_samples_leaf=30, random_state=0)
    assert "model_leaf" in codes(given_(model, rows, person="person"))


def test_results_of_statsmodels_leave_as_scikit_learn_fits_them(given_: Given, tmp_path: Any) -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    table = people()
    for kind, target in (("OLS", "weeks"), ("Logit", "absent"), ("Poisson", "absent")):
        data = dalgu_zone.made(table, recipe(target, standardise=True))
        model = getattr(statsmodels, kind)(data.y, statsmodels.add_constant(data.X))
        result = model.fit() if kind == "OLS" else model.fit(disp=0)
        found = models.check((tmp_path / dalgu_zone.give_model(result, data)).read_bytes(), table, 10)
        assert codes(found) == set(), [each.text() for each in found.holds]
        assert found.released is not None
        form = json.loads(found.released)["model"]
        assert np.allclose(form["weights"][0], result.params[1:], rtol=0.02, atol=0.003)


def test_the_same_description_has_the_same_answer(given_: Given) -> None:
    model = ensemble.RandomForestClassifier(5, min_samples_leaf=30, random_state=3)
    assert given_(model, people()) == given_(model, people())


def test_a_task_that_is_too_large_or_too_slow_is_held_as_not_tested(given_: Given, tmp_path: Any) -> None:
    table = people(300)
    data = dalgu_zone.made(table, recipe())
    name = dalgu_zone.give_model(tree.DecisionTreeClassifier(max_depth=2, random_state=0).fit(data.X, data.y), data)  # fmt: skip
    ticks = iter(range(0, 10_000, 100))
    slow = models.check((tmp_path / name).read_bytes(), table, 10, clock=lambda: float(next(ticks)))
    assert "model_untested" in codes(slow)
    assert slow.notes == ()
    few = given_(tree.DecisionTreeClassifier(max_depth=2, random_state=0), people(120))
    assert "model_untested" in codes(few)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("cost + 1", lambda t: t["cost"] + 1), ("log(cost)", lambda t: np.log(t["cost"])), ("age > 40", lambda t: t["age"] > 40),
        ("not (age > 40 and industry == 'A')", lambda t: ~((t["age"] > 40) & (t["industry"] == "A"))),
        ("-age ** 2 / 3", lambda t: -(t["age"] ** 2) / 3),
    ],
)  # fmt: skip
def test_expressions_are_worked_out_row_by_row(text: str, value: Callable[[Any], Any]) -> None:
    table = people(100)
    data = dalgu_zone.made(table, recipe(features=[text], share=0.9))
    columns = {name: np.array(table[name].to_pylist()) for name in table.column_names}
    assert sorted([*data.X[:, 0], *data.rest_X[:, 0]]) == pytest.approx(sorted(value(columns).astype(float)))


@pytest.mark.parametrize("text", ["__import__('os')", "age.real", "[age]", "industry + 1", "nothing", "1", "age if 1 else 2", "(" * 90, "lambda: 1"])  # fmt: skip
def test_whatever_else_stands_in_an_expression_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        dalgu_zone.made(people(100), recipe(features=[text]))


@pytest.mark.parametrize("value", [0.51494, 0.51506, 0.64496, 0.5])
def test_a_finding_and_the_report_below_it_say_the_same_number(value: float) -> None:
    from dalgubeol.verbs.airlock import model_reports

    each = models_attack.Measured(value, value - 0.03, value + 0.03)
    assert models._numbers_of(each) == model_reports._interval(models._three(each))
