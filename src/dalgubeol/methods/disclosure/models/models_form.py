"""Fitted models as plain numbers, and their predictions from these: what leaves, and what the attacks are tried on.

A form is JSON: lists, numbers, words of this file. Numbers have SIGNIFICANT digits, so that a threshold that lies
between two records' values does not tell them, and nothing hides in the last digits. Forms:

| form | fields | score of a row x |
|---|---|---|
| trees | trees: feature, threshold, left, right, value | mean of the leaves' values; left where x[feature] <= threshold |
| boosted | start, rate, trees (rounds x outputs), link | link(start + rate * sum of the leaves) |
| voted | trees, weights, classes | of classes: softmax of the weighted votes of the trees; of values: their weighted median |
| linear | weights, intercept, link (binarise) | link(weights x + intercept) |
| bayes | prior, mean, variance | softmax of log prior + log normal density |
| network | weights, intercepts, activation, link | link of the last layer |

With `before`, rows pass through the steps of a pipeline first (`models_steps`).
Links: none, logistic (two classes), softmax, exp; margin: logistic or softmax of how far on which side a row lies, which
is no probability. Scores are probabilities (rows x classes) or values (rows x 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dalgu_zone import shortened
from . import models_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SIGNIFICANT = 4
MOST_NUMBERS = 200_000

Form = dict[str, Any]


def plain(model: Any, form: str, bound: float) -> Form:
    """A fitted estimator of scikit-learn as a form. `bound`: no probability of a leaf is nearer to 0 or 1."""
    before = models_steps.plain(model) if hasattr(model, "steps") else []
    made: Form = _MAKERS[form](model.steps[-1][1] if hasattr(model, "steps") else model, bound)
    return {"form": form, **made, **({"before": before} if before else {})}


def inside(form: Mapping[str, Any], rows: Floats) -> Floats:
    """Rows as the model itself is given them."""
    return models_steps.applied(form.get("before", ()), rows)


def scores(form: Form, rows: Floats) -> Floats:
    """The scores of rows, from the form alone."""
    return _SCORERS[form["form"]](form, inside(form, rows))


def leaves(tree: Mapping[str, Any], rows: Floats) -> NDArray[np.int64]:
    """In which leaf each row ends."""
    feature, threshold = np.asarray(tree["feature"]), np.asarray(tree["threshold"], dtype=float)
    left, right = np.asarray(tree["left"]), np.asarray(tree["right"])
    at = np.zeros(len(rows), dtype=np.int64)
    going = np.flatnonzero(feature[at] >= 0)
    while len(going):
        here = at[going]
        low = rows[going, feature[here]] <= threshold[here]
        at[going] = np.where(low, left[here], right[here])
        going = going[feature[at[going]] >= 0]
    return at


def numbers(form: Form) -> int:
    """How many fitted numbers a form holds: two for a split, one for each free value of a leaf."""
    return models_steps.numbers(form.get("before", ())) + _of_model(form)


def _of_model(form: Form) -> int:
    if form["form"] in ("trees", "boosted", "voted"):
        return sum(_of_tree(tree) for tree in form["trees"]) + len(form.get("weights", ()))
    if form["form"] == "bayes":
        return int(np.size(form["mean"]) + np.size(form["variance"]) + len(form["prior"]) - 1)
    if form["form"] == "network":
        return int(sum(np.size(w) for w in form["weights"]) + sum(np.size(b) for b in form["intercepts"]))
    return int(np.size(form["weights"]) + np.size(form["intercept"]))


def _of_tree(tree: Mapping[str, Any]) -> int:
    splits = sum(1 for each in tree["feature"] if each >= 0)
    return 2 * splits + (splits + 1) * max(1, len(tree["value"][0]) - 1)


# --- from estimators ----------------------------------------------------------------------------------


def _short(values: Any) -> Any:
    return shortened(values, SIGNIFICANT).tolist()


def _tree(fitted: Any, bound: float | None) -> Form:
    """A tree of scikit-learn (`tree_`); `bound` is None where leaves hold values instead of probabilities."""
    inner = fitted.tree_
    value = inner.value[:, 0, :]
    if bound is not None:
        value = value / value.sum(axis=1, keepdims=True)
        value = np.clip(value, bound, 1 - bound)
        value = value / value.sum(axis=1, keepdims=True)
    is_leaf = inner.children_left < 0
    return {
        "feature": np.where(is_leaf, -1, inner.feature).tolist(),
        "threshold": np.where(is_leaf, 0.0, shortened(inner.threshold, SIGNIFICANT)).tolist(),
        "left": inner.children_left.tolist(), "right": inner.children_right.tolist(),
        "value": np.where(is_leaf[:, None], shortened(value, SIGNIFICANT), 0.0).tolist(),
    }  # fmt: skip


def _trees(model: Any, bound: float) -> Form:
    members = getattr(model, "estimators_", [model])
    return {"trees": [_tree(each, bound if hasattr(model, "classes_") else None) for each in members]}


def _boosted(model: Any, bound: float) -> Form:
    if hasattr(model, "_predictors"):
        return _histogram(model)
    trees = [_tree(each, None) for each in model.estimators_.ravel()]
    if not hasattr(model, "classes_"):
        start, link = np.ravel(model.init_.constant_), "none"
    else:
        prior = model.init_.class_prior_
        start, link = (np.log(prior[1:] / prior[:1]), "logistic") if len(prior) == 2 else (np.log(prior), "softmax")  # fmt: skip
    return {"start": _short(start), "rate": float(model.learning_rate), "trees": trees, "link": link}


def _histogram(model: Any) -> Form:
    """Histogram boosting: its trees are tables of nodes, its leaves are multiplied with the rate already."""
    trees = [_table_of_nodes(each.nodes) for round_ in model._predictors for each in round_]
    two = hasattr(model, "classes_") and len(model.classes_) == 2
    link = "none" if not hasattr(model, "classes_") else "logistic" if two else "softmax"
    return {"start": _short(np.ravel(model._baseline_prediction)), "rate": 1.0, "trees": trees, "link": link}


def _table_of_nodes(nodes: Any) -> Form:
    is_leaf = nodes["is_leaf"].astype(bool)
    return {
        "feature": np.where(is_leaf, -1, nodes["feature_idx"]).tolist(),
        "threshold": np.where(is_leaf, 0.0, shortened(np.where(is_leaf, 0.0, nodes["num_threshold"]), SIGNIFICANT)).tolist(),
        "left": nodes["left"].astype(int).tolist(), "right": nodes["right"].astype(int).tolist(),
        "value": np.where(is_leaf, shortened(nodes["value"], SIGNIFICANT), 0.0)[:, None].tolist(),
    }  # fmt: skip


def _voted(model: Any, bound: float) -> Form:
    """AdaBoost: of classes each tree has one vote in each leaf, which says nothing of how sure it is."""
    classes = len(model.classes_) if hasattr(model, "classes_") else 0
    trees = [_tree(each, 0.0 if classes else None) for each in model.estimators_]
    if classes:
        for tree, fitted in zip(trees, model.estimators_, strict=True):
            votes = np.eye(classes)[fitted.classes_.astype(int)][np.argmax(np.asarray(tree["value"]), axis=1)]
            tree["value"] = (votes * (np.asarray(tree["feature"]) < 0)[:, None]).tolist()
    return {"trees": trees, "weights": _short(model.estimator_weights_[: len(trees)]), "classes": classes}


def _linear(model: Any, bound: float) -> Form:
    if hasattr(model, "feature_log_prob_"):
        return _bernoulli(model)
    weights, intercept = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    if hasattr(model, "classes_"):
        link = "margin" if not hasattr(model, "predict_proba") else "logistic" if len(model.classes_) == 2 else "softmax"  # fmt: skip
    else:
        link = "exp" if type(model).__name__ == "PoissonRegressor" else "none"
    return {"weights": _short(weights), "intercept": _short(intercept), "link": link, "binarise": False}


def _bernoulli(model: Any) -> Form:
    """Naive Bayes of truth values is linear in them (its log odds)."""
    no = np.log1p(-np.exp(model.feature_log_prob_))
    intercept = model.class_log_prior_ + no.sum(axis=1)
    return {"weights": _short(model.feature_log_prob_ - no), "intercept": _short(intercept), "link": "softmax", "binarise": True}  # fmt: skip


def _bayes(model: Any, bound: float) -> Form:
    return {"prior": _short(model.class_prior_), "mean": _short(model.theta_), "variance": _short(model.var_)}


def _network(model: Any, bound: float) -> Form:
    link = {"identity": "none", "logistic": "logistic", "softmax": "softmax"}[model.out_activation_]
    return {
        "weights": [_short(each) for each in model.coefs_], "intercepts": [_short(each) for each in model.intercepts_],
        "activation": model.activation, "link": link,
    }  # fmt: skip


_MAKERS = {
    "trees": _trees,
    "boosted": _boosted,
    "voted": _voted,
    "linear": _linear,
    "bayes": _bayes,
    "network": _network,
}


# --- from forms ---------------------------------------------------------------------------------------


def _linked(raw: Floats, link: str) -> Floats:
    if link == "margin":
        link = "logistic" if raw.shape[1] == 1 else "softmax"
    if link == "logistic":
        yes = 1 / (1 + np.exp(-np.clip(raw[:, 0], -700, 700)))
        return np.column_stack([1 - yes, yes])
    if link == "softmax":
        lifted = np.exp(raw - raw.max(axis=1, keepdims=True))
        return np.asarray(lifted / lifted.sum(axis=1, keepdims=True))
    return np.exp(np.clip(raw, -700, 700)) if link == "exp" else raw


def _of_trees(form: Form, rows: Floats) -> Floats:
    total = sum(np.asarray(tree["value"])[leaves(tree, rows)] for tree in form["trees"])
    return np.asarray(total / len(form["trees"]))


def _of_boosted(form: Form, rows: Floats) -> Floats:
    raw = np.tile(np.asarray(form["start"], dtype=float), (len(rows), 1))
    for number, tree in enumerate(form["trees"]):
        raw[:, number % raw.shape[1]] += form["rate"] * np.asarray(tree["value"])[leaves(tree, rows), 0]
    return _linked(raw, form["link"])


def _of_voted(form: Form, rows: Floats) -> Floats:
    weights = np.asarray(form["weights"], dtype=float)
    told = np.array([np.asarray(tree["value"])[leaves(tree, rows)] for tree in form["trees"]])
    if form["classes"]:
        share = np.tensordot(weights, told, axes=1) / weights.sum()
        others = max(form["classes"] - 1, 1)
        decision = share - (1 - share) / others  # a vote for another class counts against
        return _linked(decision / others if others > 1 else decision, "softmax")
    order = np.argsort(told[:, :, 0], axis=0)
    heavy = np.cumsum(weights[order], axis=0)
    middle = (heavy >= 0.5 * heavy[-1]).argmax(axis=0)
    places = np.arange(len(rows))
    return np.asarray(told[order[middle, places], places, 0][:, None])


def _of_linear(form: Form, rows: Floats) -> Floats:
    rows = (rows > 0).astype(float) if form["binarise"] else rows
    return _linked(rows @ np.asarray(form["weights"]).T + np.asarray(form["intercept"]), form["link"])


def _of_bayes(form: Form, rows: Floats) -> Floats:
    mean, variance = np.asarray(form["mean"]), np.asarray(form["variance"])
    dense = [-0.5 * (np.log(2 * np.pi * v) + (rows - m) ** 2 / v).sum(axis=1) for m, v in zip(mean, variance, strict=True)]  # fmt: skip
    return _linked(np.column_stack(dense) + np.log(form["prior"]), "softmax")


_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "logistic": lambda x: 1 / (1 + np.exp(-np.clip(x, -700, 700))),
    "identity": lambda x: x,
}


def _of_network(form: Form, rows: Floats) -> Floats:
    raw, last = rows, len(form["weights"]) - 1
    for place, (weights, intercepts) in enumerate(zip(form["weights"], form["intercepts"], strict=True)):
        raw = raw @ np.asarray(weights) + np.asarray(intercepts)
        if place < last:
            raw = _ACTIVATIONS[form["activation"]](raw)
    return _linked(raw, form["link"])


_SCORERS = {"trees": _of_trees, "boosted": _of_boosted, "voted": _of_voted, "linear": _of_linear, "bayes": _of_bayes, "network": _of_network}  # fmt: skip
