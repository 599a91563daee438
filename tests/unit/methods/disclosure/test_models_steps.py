"""Pipelines, histogram boosting, AdaBoost and linear SVMs by description: the same pipeline is fitted, attacked and let out
as numbers; what a step would give away holds it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dalgubeol.methods.disclosure import dalgu_zone
from dalgubeol.methods.disclosure.models import models_steps, models_use

ensemble = pytest.importorskip("sklearn.ensemble")
from sklearn import linear_model, svm, tree  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler  # noqa: E402

from . import test_models  # noqa: E402
from .test_models import Given, codes, people  # noqa: E402

given_ = test_models.given_


def coded(count: int = 1200, gaps: bool = True) -> pa.Table:
    """The industry as a number too, of which one has four records; every ninth cost is missing."""
    table = people(count)
    codes_of = {"A": 10, "B": 20, "C": 31, "D": 47}
    place = [codes_of[each] for each in table["industry"].to_pylist()]
    place[:4] = [99] * 4
    cost = [None if gaps and at % 9 == 0 else each for at, each in enumerate(table["cost"].to_pylist())]
    table = table.set_column(table.column_names.index("cost"), "cost", pa.array(cost, type=pa.float64()))
    return table.append_column("place", pa.array(place))


def prepared(encoder: Any) -> Any:
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return ColumnTransformer([("numbers", numbers, [0, 1]), ("places", encoder, [2])])


NUMBERS = ["age", "cost", "place"]
KEPT = {"features": NUMBERS, "keep_missing": True}


def test_a_whole_pipeline_leaves_and_predicts_outside_as_inside(given_: Given) -> None:
    table = coded()
    model = make_pipeline(prepared(OneHotEncoder(min_frequency=10, handle_unknown="ignore")), linear_model.LogisticRegression(C=0.1))  # fmt: skip
    found = given_(model, table, **KEPT)
    assert codes(found) == set(), [each.text() for each in found.holds]
    assert found.released is not None
    assert "99" not in json.dumps(json.loads(found.released)["model"]["before"]), "a rare code is not listed"
    outside = models_use.predictions(found.released, table)["probability of 1.0"].to_numpy()
    matrix = np.column_stack([dalgu_zone.value_of(name, table) for name in NUMBERS])
    inside = model.predict_proba(matrix)[:, 1]
    assert np.isfinite(outside).all(), "missing costs are filled in"
    assert np.abs(inside - outside).max() < 0.005


def test_a_category_of_few_persons_holds_the_pipeline_that_lists_it(given_: Given) -> None:
    found = given_(make_pipeline(prepared(OneHotEncoder(handle_unknown="ignore")), linear_model.LogisticRegression(C=0.1)), coded(), **KEPT)  # fmt: skip
    assert codes(found) == {"model_category"}


def test_what_nobody_fills_in_holds_the_model(given_: Given) -> None:
    boosted = ensemble.HistGradientBoostingClassifier(max_iter=5, random_state=0)
    assert codes(given_(boosted, coded(), **KEPT)) == {"model_missing"}


def test_smallest_and_largest_values_never_leave_as_a_scale(given_: Given) -> None:
    found = given_(make_pipeline(MinMaxScaler(), linear_model.LogisticRegression()), people())
    assert codes(found) == {"model_steps"}


@pytest.mark.parametrize("said", [
    [{"step": "StandardScaler", "parameters": {"with_mean": 3}}], [{"step": "FunctionTransformer", "parameters": {}}],
    [{"step": "StandardScaler", "parameters": {}, "more": 1}], [{"step": "SimpleImputer", "parameters": {"strategy": "constant", "fill_value": 0.90010114}}],
    [{"step": "ColumnTransformer", "parts": [{"columns": [0, 0], "steps": []}]}], [{"step": "ColumnTransformer", "parts": [{"columns": [901114], "steps": []}]}],
    [{"step": "ColumnTransformer", "parts": [{"columns": [0], "steps": [{"step": "ColumnTransformer", "parts": []}]}]}], "steps", [[]],
])  # fmt: skip
def test_nothing_else_is_said_in_a_step(said: Any) -> None:
    with pytest.raises(ValueError, match="steps"):
        models_steps.checked(said)


LEAKS = [
    (ensemble.HistGradientBoostingRegressor(max_iter=25, min_samples_leaf=1, max_leaf_nodes=60, learning_rate=0.5, random_state=0), "weeks"),
    (ensemble.AdaBoostClassifier(tree.DecisionTreeClassifier(), n_estimators=5, random_state=0), "absent"),
    (make_pipeline(StandardScaler(), tree.DecisionTreeRegressor(random_state=0)), "weeks"),
]  # fmt: skip
CAREFUL = [
    (ensemble.HistGradientBoostingRegressor(max_iter=20, min_samples_leaf=60, max_leaf_nodes=4, random_state=0), "weeks"),
    (ensemble.AdaBoostClassifier(n_estimators=10, learning_rate=0.5, random_state=0), "absent"),
    (make_pipeline(StandardScaler(), svm.LinearSVC(C=0.1, random_state=0)), "absent"),
    (make_pipeline(StandardScaler(), svm.SVC(kernel="linear", C=0.1)), "absent"),
    (make_pipeline(StandardScaler(), svm.LinearSVR(C=0.1, random_state=0)), "weeks"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("model", "target"), LEAKS, ids=lambda each: type(each).__name__)
def test_what_remembers_its_records_is_held(given_: Given, model: Any, target: str) -> None:
    assert "model_membership" in codes(given_(model, people(), target=target))


@pytest.mark.slow
@pytest.mark.parametrize(("model", "target"), CAREFUL, ids=lambda each: type(each).__name__)
def test_what_is_careful_passes_with_its_auc(given_: Given, model: Any, target: str) -> None:
    found = given_(model, people(), target=target)
    assert codes(found) <= {"model_leaf"}, [each.text() for each in found.holds]
    assert found.report is not None
    assert found.report["likelihood"][2] < 0.65


def test_an_svm_whose_kernel_is_not_linear_keeps_records_and_stays_in(given_: Given) -> None:
    assert codes(given_(svm.SVC(), people(300))) == {"model_records"}


def test_an_svm_of_three_classes_is_told_to_be_another(given_: Given) -> None:
    assert codes(given_(svm.SVC(kernel="linear"), people(300), target="grade")) == {"model_form"}
