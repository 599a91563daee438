"""`zone-models`: models of two data sets that come with scikit-learn, as the zone judges them: which are held, what the
likelihood-ratio attack finds, and how long it takes (CPU time of one core: the machine may be shared).

A grown tree must be held and a pruned one pass on both; the rest is printed.
"""

from __future__ import annotations

import json
import time
import warnings
from typing import TYPE_CHECKING, Any

from bench.measuring import Bar, Result, Scenario

if TYPE_CHECKING:
    import pyarrow as pa

BOUND_S = 300.0
GROWN: dict[str, Any] = {"random_state": 0}
SCALED: list[dict[str, Any]] = [{"step": "StandardScaler", "parameters": {}}]
FILLED: list[dict[str, Any]] = [{"step": "SimpleImputer", "parameters": {}}, *SCALED]
CASES: tuple[tuple[str, str, str, dict[str, Any], bool], ...] = (
    ("cancer", "grown", "DecisionTreeClassifier", GROWN, False),
    ("cancer", "pruned", "DecisionTreeClassifier", {"max_depth": 3, "min_samples_leaf": 25, **GROWN}, False),
    ("cancer", "logistic", "LogisticRegression", {"C": 0.1, "max_iter": 1000}, True),
    ("cancer", "bayes", "GaussianNB", {}, False),
    ("cancer", "forest", "RandomForestClassifier", {"n_estimators": 50, **GROWN}, False),
    ("diabetes", "grown", "DecisionTreeRegressor", GROWN, False),
    (
        "diabetes",
        "pruned",
        "DecisionTreeRegressor",
        {"max_leaf_nodes": 4, "min_samples_leaf": 50, **GROWN},
        False,
    ),
    ("diabetes", "ridge", "Ridge", {"alpha": 1.0}, False),
    (
        "diabetes",
        "boosted",
        "GradientBoostingRegressor",
        {"n_estimators": 30, "max_depth": 2, "min_samples_leaf": 30, **GROWN},
        False,
    ),
    (
        "cancer",
        "histogram",
        "HistGradientBoostingClassifier",
        {"max_iter": 30, "max_leaf_nodes": 4, "min_samples_leaf": 40, **GROWN},
        False,
    ),
    ("cancer", "adaptive", "AdaBoostClassifier", {"n_estimators": 10, **GROWN}, False),
    (
        "diabetes",
        "histogram grown",
        "HistGradientBoostingRegressor",
        {"max_iter": 200, "min_samples_leaf": 1, "learning_rate": 0.5, **GROWN},
        False,
    ),
    (
        "diabetes",
        "histogram",
        "HistGradientBoostingRegressor",
        {"max_iter": 20, "max_leaf_nodes": 3, "min_samples_leaf": 60, **GROWN},
        False,
    ),
    (
        "diabetes",
        "adaptive grown",
        "AdaBoostRegressor",
        {"estimator": {"estimator": "DecisionTreeRegressor", "parameters": {}}, "n_estimators": 10, **GROWN},
        False,
    ),
)
PIPED: tuple[tuple[str, str, str, dict[str, Any], list[dict[str, Any]]], ...] = (
    ("cancer", "scaled logistic", "LogisticRegression", {"C": 0.1, "max_iter": 1000}, FILLED),
    ("cancer", "scaled LinearSVC", "LinearSVC", {"C": 0.01, **GROWN}, SCALED),
    ("cancer", "scaled SVC, linear", "SVC", {"kernel": "linear", "C": 0.01}, SCALED),
    ("diabetes", "scaled grown tree", "DecisionTreeRegressor", GROWN, SCALED),
    ("diabetes", "scaled Ridge", "Ridge", {"alpha": 1.0}, FILLED),
)
"""Models at the end of a pipeline."""


def table(name: str) -> pa.Table:
    import pyarrow as pa
    from sklearn import datasets

    found = datasets.load_breast_cancer() if name == "cancer" else datasets.load_diabetes()
    columns = {f"x{place}": found.data[:, place] for place in range(found.data.shape[1])}
    return pa.table({**columns, "y": found.target.astype(float)})


def measure() -> Result:
    from dalgubeol.methods.disclosure.models import models

    figures: dict[str, object] = {}
    held: dict[str, bool] = {}
    slowest = 0.0
    every = (*((*case, []) for case in CASES), *((*case[:4], False, case[4]) for case in PIPED))
    for data, name, estimator, parameters, standardise, steps in every:
        rows = table(data)
        said = {
            "dalgu_model": 1, "estimator": estimator, "parameters": parameters, "predictions": [], "steps": steps,
            "data": {
                "features": rows.column_names[:-1], "target": "y", "where": None, "person": None, "share": 0.7,
                "split": 0, "standardise": standardise, "bound": 0.05, "least": 10,
            },
        }  # fmt: skip
        began = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = models.check(json.dumps(said).encode(), rows, 10)
        spent = time.process_time() - began
        slowest, held[f"{data} {name}"] = max(slowest, spent), bool(found.holds)
        figures[f"{data} {name}"] = {
            "held for": sorted({each.rule for each in found.holds}), "cpu_s": round(spent, 1),
            "auc": (found.report or {}).get("likelihood"),
        }  # fmt: skip
    right = sum(held[f"{data} grown"] and not held[f"{data} pruned"] for data in ("cancer", "diabetes"))
    leaking = sum(
        held[f"diabetes {name}"] for name in ("histogram grown", "adaptive grown", "scaled grown tree")
    )
    careful = sum(not held[name] for name in ("cancer scaled LinearSVC", "diabetes scaled Ridge"))
    bars = (
        Bar("grown_held_and_pruned_passes", float(right), 2.0, at_most=False),
        Bar("boosted_and_piped_that_leak_held", float(leaking), 3.0, at_most=False),
        Bar("careful_pipelines_that_pass", float(careful), 2.0, at_most=False),
        Bar("slowest_cpu_s", slowest, BOUND_S),
    )
    return Result(figures, bars)


SCENARIOS = (
    Scenario(
        "zone-models",
        "Which models of real data sets are held, what attacks find, how long it takes",
        measure,
    ),
)
