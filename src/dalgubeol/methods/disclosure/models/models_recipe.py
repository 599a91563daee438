"""Models by description: which estimators the site fits anew, and which of their parameters a description may set.

A description is written by a script that has seen the data, so it is read as an enemy's: a closed table of estimators
and parameters, whole numbers within bounds, other numbers of two significant digits, words of a list; an unknown field
refuses the whole. What remains for hiding data in is some ten bits a number, in front of the reviewers' eyes. Names
and expressions must stand in the script, which was written before it saw the data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ....language import Message, say
from .. import dalgu_zone
from . import models_steps

LONGEST_BYTES = 256 << 10
MOST_SEED = 999
MOST_ROUNDS = 1_000_000
"""Of a support vector machine with a kernel, which may go on without end."""
INSTANCE_BASED = frozenset({
    "KNeighborsClassifier", "KNeighborsRegressor", "RadiusNeighborsClassifier", "RadiusNeighborsRegressor",
    "NearestNeighbors", "NearestCentroid", "NuSVC", "NuSVR", "OneClassSVM", "GaussianProcessClassifier",
    "GaussianProcessRegressor", "KernelRidge", "LocalOutlierFactor", "KernelDensity", "LabelPropagation",
    "LabelSpreading", "KernelReg", "KDEUnivariate", "KDEMultivariate",
})  # fmt: skip
"""They keep training records as they are (Smith et al., SACRO-ML: "instance based models")."""

Check = Callable[[Any], bool]


def _whole(least: int, most: int) -> Check:
    return lambda v: type(v) is int and least <= v <= most


def _number(least: float, most: float) -> Check:
    return lambda v: type(v) in (int, float) and least <= v <= most and float(f"{float(v):.2g}") == v


def _word(*words: str | None) -> Check:
    return lambda v: v is None or (isinstance(v, str) and v in words) if None in words else isinstance(v, str) and v in words  # fmt: skip


def _flag(value: Any) -> bool:
    return type(value) is bool


def _any(*checks: Check) -> Check:
    return lambda v: any(check(v) for check in checks)


def _none(value: Any) -> bool:
    return value is None


def _layers(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 1 <= len(value) <= 3
        and all(type(v) is int and 1 <= v <= 64 for v in value)
    )


_SEED = {"random_state": _whole(0, MOST_SEED)}
_TREE: dict[str, Check] = {
    "max_depth": _any(_none, _whole(1, 30)),
    "min_samples_leaf": _any(_whole(1, 100_000), _number(0.0001, 0.5)),
    "min_samples_split": _any(_whole(2, 100_000), _number(0.0001, 1)),
    "max_features": _any(_word("sqrt", "log2", None), _whole(1, 1000), _number(0.01, 1)),
    "max_leaf_nodes": _any(_none, _whole(2, 2000)),
    "ccp_alpha": _number(0, 1e6),
    "min_impurity_decrease": _number(0, 1e6),
    **_SEED,
}
_OF_CLASSES: dict[str, Check] = {"criterion": _word("gini", "entropy", "log_loss"), "class_weight": _word("balanced", None)}  # fmt: skip
_OF_VALUES: dict[str, Check] = {"criterion": _word("squared_error", "friedman_mse")}
_FOREST: dict[str, Check] = {**_TREE, "n_estimators": _whole(1, 300), "bootstrap": _flag, "max_samples": _any(_none, _number(0.01, 1))}  # fmt: skip
_BOOSTING: dict[str, Check] = {
    **_TREE, "n_estimators": _whole(1, 300), "learning_rate": _number(0.001, 1), "subsample": _number(0.1, 1),
    "criterion": _word("squared_error", "friedman_mse"),
}  # fmt: skip
_SOLVED: dict[str, Check] = {"fit_intercept": _flag, "max_iter": _any(_none, _whole(10, 10_000)), "tol": _number(1e-9, 1), **_SEED}  # fmt: skip
_HISTOGRAM: dict[str, Check] = {
    "learning_rate": _number(0.001, 1), "max_iter": _whole(1, 300), "max_leaf_nodes": _any(_none, _whole(2, 2000)),
    "max_depth": _any(_none, _whole(1, 30)), "min_samples_leaf": _whole(1, 100_000), "l2_regularization": _number(0, 1e6),
    "max_bins": _whole(2, 255), "max_features": _number(0.01, 1), "early_stopping": _any(_word("auto"), _flag),
    "n_iter_no_change": _whole(1, 100), "validation_fraction": _number(0.01, 0.9), "tol": _number(1e-9, 1), **_SEED,
}  # fmt: skip
_MARGIN: dict[str, Check] = {"C": _number(1e-6, 1e6), "tol": _number(1e-9, 1)}
_LINES: dict[str, Check] = {**_MARGIN, "dual": _any(_word("auto"), _flag), "fit_intercept": _flag, "intercept_scaling": _number(0.01, 1000), "max_iter": _whole(10, 100_000), **_SEED}  # fmt: skip
_KERNEL: dict[str, Check] = {
    **_MARGIN,
    "kernel": _word("linear"),
    "shrinking": _flag,
    "cache_size": _whole(1, 10_000),
}


def _inner(*kinds: str) -> Check:
    """A tree inside an estimator that is made of many, with its own parameters."""

    def check(value: Any) -> bool:
        if (
            not isinstance(value, dict)
            or value.keys() != {"estimator", "parameters"}
            or value["estimator"] not in kinds
        ):
            return False
        known = {**_TREE, **(_OF_CLASSES if "Classifier" in kinds[0] else _OF_VALUES)}
        said = value["parameters"]
        return isinstance(said, dict) and all(n in known and known[n](v) for n, v in said.items())

    return check


def _adaptive(tree: str) -> dict[str, Check]:
    return {"estimator": _any(_none, _inner(tree)), "n_estimators": _whole(1, 300), "learning_rate": _number(0.001, 10), **_SEED}  # fmt: skip


_NETWORK: dict[str, Check] = {
    "hidden_layer_sizes": _layers, "activation": _word("relu", "tanh", "logistic", "identity"),
    "solver": _word("adam", "lbfgs", "sgd"), "alpha": _number(0, 1000), "learning_rate_init": _number(1e-5, 1),
    "max_iter": _whole(10, 2000), "early_stopping": _flag, "batch_size": _any(_word("auto"), _whole(1, 10_000)),
    "tol": _number(1e-9, 1), **_SEED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimator:
    """What the site fits: `place` is the module of scikit-learn, `form` that of `models_form`, `fixed` what is set
    whatever is said. `named` differs for results of statsmodels, which are fitted by the same maximum likelihood."""

    place: str
    named: str
    classifies: bool
    form: str
    parameters: Mapping[str, Check]
    fixed: Mapping[str, Any]


def _estimator(place: str, named: str, form: str, parameters: Mapping[str, Check], **fixed: Any) -> Estimator:
    return Estimator(place, named, "Classifier" in named or named in ("LogisticRegression", "GaussianNB", "BernoulliNB", "LinearSVC", "SVC"), form, parameters, fixed)  # fmt: skip


ESTIMATORS: Mapping[str, Estimator] = {
    "DecisionTreeClassifier": _estimator("tree", "DecisionTreeClassifier", "trees", {**_TREE, **_OF_CLASSES}),
    "DecisionTreeRegressor": _estimator("tree", "DecisionTreeRegressor", "trees", {**_TREE, **_OF_VALUES}),
    "RandomForestClassifier": _estimator("ensemble", "RandomForestClassifier", "trees", {**_FOREST, **_OF_CLASSES}),
    "RandomForestRegressor": _estimator("ensemble", "RandomForestRegressor", "trees", {**_FOREST, **_OF_VALUES}),
    "ExtraTreesClassifier": _estimator("ensemble", "ExtraTreesClassifier", "trees", {**_FOREST, **_OF_CLASSES}),
    "ExtraTreesRegressor": _estimator("ensemble", "ExtraTreesRegressor", "trees", {**_FOREST, **_OF_VALUES}),
    "GradientBoostingClassifier": _estimator("ensemble", "GradientBoostingClassifier", "boosted", _BOOSTING),
    "GradientBoostingRegressor": _estimator("ensemble", "GradientBoostingRegressor", "boosted", _BOOSTING),
    "HistGradientBoostingClassifier": _estimator("ensemble", "HistGradientBoostingClassifier", "boosted", {**_HISTOGRAM, "class_weight": _word("balanced", None)}, categorical_features=None),
    "HistGradientBoostingRegressor": _estimator("ensemble", "HistGradientBoostingRegressor", "boosted", _HISTOGRAM, categorical_features=None),
    "AdaBoostClassifier": _estimator("ensemble", "AdaBoostClassifier", "voted", _adaptive("DecisionTreeClassifier")),
    "AdaBoostRegressor": _estimator("ensemble", "AdaBoostRegressor", "voted", {**_adaptive("DecisionTreeRegressor"), "loss": _word("linear", "square", "exponential")}),
    "LinearSVC": _estimator("svm", "LinearSVC", "linear", {**_LINES, "loss": _word("hinge", "squared_hinge"), "penalty": _word("l1", "l2"), "class_weight": _word("balanced", None)}),
    "LinearSVR": _estimator("svm", "LinearSVR", "linear", {**_LINES, "epsilon": _number(0, 1e6), "loss": _word("epsilon_insensitive", "squared_epsilon_insensitive")}),
    "SVC": _estimator("svm", "SVC", "linear", {**_KERNEL, "class_weight": _word("balanced", None), **_SEED}, max_iter=MOST_ROUNDS),
    "SVR": _estimator("svm", "SVR", "linear", {**_KERNEL, "epsilon": _number(0, 1e6)}, max_iter=MOST_ROUNDS),
    "LinearRegression": _estimator("linear_model", "LinearRegression", "linear", {"fit_intercept": _flag}),
    "Ridge": _estimator("linear_model", "Ridge", "linear", {**_SOLVED, "alpha": _number(0, 1e6)}),
    "Lasso": _estimator("linear_model", "Lasso", "linear", {**_SOLVED, "alpha": _number(0, 1e6)}),
    "ElasticNet": _estimator("linear_model", "ElasticNet", "linear", {**_SOLVED, "alpha": _number(0, 1e6), "l1_ratio": _number(0, 1)}),
    "LogisticRegression": _estimator("linear_model", "LogisticRegression", "linear", {**_SOLVED, "C": _number(1e-6, 1e6), "l1_ratio": _number(0, 1), "class_weight": _word("balanced", None), "solver": _word("lbfgs", "liblinear", "newton-cg", "saga")}),
    "PoissonRegressor": _estimator("linear_model", "PoissonRegressor", "linear", {"alpha": _number(0, 1e6), "fit_intercept": _flag, "max_iter": _whole(10, 10_000)}),
    "GaussianNB": _estimator("naive_bayes", "GaussianNB", "bayes", {"var_smoothing": _number(1e-12, 1)}),
    "BernoulliNB": _estimator("naive_bayes", "BernoulliNB", "linear", {"alpha": _number(0.01, 1000)}),
    "MLPClassifier": _estimator("neural_network", "MLPClassifier", "network", _NETWORK),
    "MLPRegressor": _estimator("neural_network", "MLPRegressor", "network", _NETWORK),
    "OLS": _estimator("linear_model", "LinearRegression", "linear", {}),
    "Logit": _estimator("linear_model", "LogisticRegression", "linear", {}, C=float("inf"), max_iter=1000, tol=1e-8),
    "Poisson": _estimator("linear_model", "PoissonRegressor", "linear", {}, alpha=0.0, max_iter=1000, tol=1e-8),
}  # fmt: skip
_IGNORED = ("n_jobs", "verbose", "copy_X", "warm_start")
"""They change no number; a description may name them, and nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A description that was read: how to fit the model, and what the script's own predicts (never released)."""

    estimator: str
    parameters: Mapping[str, Any]
    data: Mapping[str, Any]
    predictions: list[list[float]]
    steps: models_steps.Said = field(default_factory=list)
    """What its pipeline does before it."""

    @property
    def spec(self) -> Estimator:
        return ESTIMATORS[self.estimator]

    @property
    def seed_is_said(self) -> bool:
        return "random_state" not in self.spec.parameters or "random_state" in self.parameters


class Unfit(Exception):
    """Why a description is not taken: the rule's code and a sentence."""

    def __init__(self, code: str, message: Message) -> None:
        super().__init__(code)
        self.code, self.message = code, message


def read(content: bytes, script: str | None = None) -> Recipe:
    """Raises Unfit. With `script`, names and expressions that do not stand in it are refused."""
    if len(content) > LONGEST_BYTES:
        raise Unfit("model_form", say("The description of the model is longer than {most} kB.", most=LONGEST_BYTES >> 10))  # fmt: skip
    try:
        said = json.loads(content, object_pairs_hook=_once, parse_constant=_refused)
    except (ValueError, RecursionError, UnicodeDecodeError):
        raise Unfit("model_form", say("The description of the model is no JSON that can be read.")) from None
    kind = said.get("estimator") if isinstance(said, dict) else None
    if isinstance(kind, str) and kind in INSTANCE_BASED:
        raise Unfit("model_records", say("Models of this type keep records as they are (k-NN, SVM with kernels, Gaussian processes): none may leave."))  # fmt: skip
    if not isinstance(said, dict) or said.keys() - {"steps"} != {"dalgu_model", "estimator", "parameters", "data", "predictions"} or said["dalgu_model"] != dalgu_zone.VERSION:  # fmt: skip
        raise _odd("")
    if not isinstance(kind, str) or kind not in ESTIMATORS:
        raise Unfit("model_unknown", say("Models of this type cannot be checked here yet."))
    if kind in ("SVC", "SVR") and isinstance(said["parameters"], dict) and said["parameters"].get("kernel") != "linear":  # fmt: skip
        raise Unfit("model_records", say("An SVM keeps records as they are (its support vectors), unless its kernel is linear: use kernel='linear', or LinearSVC and LinearSVR."))  # fmt: skip
    recipe = Recipe(kind, _parameters(said["parameters"], ESTIMATORS[kind]), _data(said["data"]), _predictions(said["predictions"]), _steps(said.get("steps", [])))  # fmt: skip
    if script is not None:
        _check_words(recipe.data, script)
    return recipe


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a field stands twice")
    return dict(pairs)


def _refused(name: str) -> Any:
    raise ValueError(name)


def _odd(field: str) -> Unfit:
    """`field` is a word of this file, never the script's."""
    if not field:
        return Unfit(
            "model_form", say("The description of the model has fields that are not known, or lacks some.")
        )
    return Unfit("model_form", say("The description of the model says of `{field}` what may not be said, or not so exactly.", field=field))  # fmt: skip


def _parameters(said: Any, spec: Estimator) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise _odd("parameters")
    kept = {name: value for name, value in said.items() if name not in _IGNORED}
    if kept.keys() - spec.parameters.keys():
        raise _odd("parameters")
    for name, value in kept.items():
        if not spec.parameters[name](value):
            raise _odd(name)
    return kept


def _steps(said: Any) -> models_steps.Said:
    try:
        return models_steps.checked(said)
    except (ValueError, TypeError, RecursionError):
        raise Unfit("model_steps", say("The pipeline has a step that cannot be checked here, or not as it is set.")) from None  # fmt: skip


_DATA: Mapping[str, Check] = {
    "features": lambda v: isinstance(v, list) and 1 <= len(v) <= dalgu_zone.MOST_FEATURES and all(map(_text, v)) and len(set(v)) == len(v),
    "target": lambda v: _text(v),
    "where": lambda v: v is None or _text(v),
    "person": lambda v: v is None or _text(v),
    "share": lambda v: _number(0.3, 0.9)(v),
    "split": _whole(0, MOST_SEED),
    "standardise": _flag,
    "bound": lambda v: _number(0, 0.4)(v),
    "least": _whole(2, 10_000),
    "keep_missing": _flag,
}  # fmt: skip
_MAY_LACK = {"keep_missing"}


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= dalgu_zone.LONGEST_EXPRESSION


def _data(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict) or said.keys() | _MAY_LACK != _DATA.keys():
        raise _odd("data")
    for name, check in _DATA.items():
        if name in said and not check(said[name]):
            raise _odd(name)
    return dict(said)


def _predictions(said: Any) -> list[list[float]]:
    rows = said if isinstance(said, list) and len(said) <= dalgu_zone.COMPARED else None
    plain = rows is not None and all(isinstance(r, list) and 1 <= len(r) <= 50 and all(type(v) in (int, float) and abs(v) < 1e300 for v in r) for r in rows)  # fmt: skip
    if rows is None or not plain or len({len(r) for r in rows}) > 1:
        raise _odd("predictions")
    return [[float(v) for v in r] for r in rows]


def _check_words(data: Mapping[str, Any], script: str) -> None:
    words = [
        *data["features"],
        data["target"],
        *(data[n] for n in ("where", "person") if data[n] is not None),
    ]
    if any(word not in script for word in words):
        raise Unfit("model_words", say("The description of the model names columns or expressions that do not stand in the script."))  # fmt: skip
