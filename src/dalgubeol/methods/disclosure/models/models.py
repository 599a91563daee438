"""A model that wants to leave: fitted anew by the site from its description, looked into, attacked, and written as
plain numbers.

What leaves is never what the script wrote: the site reads the description (`models_recipe`), prepares the same table
(`dalgu_zone.made`), fits the same estimator with the library of its own, and compares its predictions with the
script's, so that the author gets the model she had. Structure (`models_structure`), likelihood-ratio membership
inference with shadow models (`models_attack`) and attribute inference (`models_attribute`) are tried on the form that
leaves (`models_form`). Thresholds, all taken from elsewhere:

| held where | from |
|---|---|
| a membership attack's AUC may be 0.65 or more (upper end of its 95 % interval) | SACRO-ML: mean AUC of 0.65 |
| of 1 % false positives the attack surely finds more than 10 % (lower end) | likelihood ratio of 10: "large, often conclusive" (R. Jaeschke et al., JAMA 271, 1994) |
| an attribute is guessed 10 points better for members, and surely better | ACRO's p of 10 % |
| leaves, classes, degrees of freedom | `models_structure` |

How many shadows there are follows from the size of the task alone (`_shadows`), so that the same model has the same
answer on any machine; a task that is too large, or takes longer than BOX_S after all, is held as not tested.
"""

from __future__ import annotations

import importlib
import itertools
import json
import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ....language import Message, say
from .. import dalgu_zone
from ..finding import Finding
from ..regression import RESIDUAL_DEGREES_OF_FREEDOM
from . import models_attack, models_attribute, models_form, models_recipe, models_steps, models_structure
from .models_attack import Measured
from .models_recipe import Recipe, Unfit

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIX = dalgu_zone.SUFFIX
AUC_HOLDS, FOUND_HOLDS, FALSE_POSITIVES, ATTRIBUTE_HOLDS = 0.65, 0.10, 0.01, 0.10
LEAST_PERSONS = 50
"""Of members and of others: with fewer an attack's interval is wider than what it is to tell."""
BOX_S = 300.0
MOST_CLASSES = 20
_SHADOW_STEPS = ((64, 60.0), (32, 90.0), (16, 150.0))
"""Shadows, and how many seconds all of them may be expected to take."""
_SEED = 20_221
_TOLERANCE = 0.02
_ATTRIBUTES = 30
_POINTS = (0.0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Checked:
    """`holds` keep it in, `notes` are for people to read, `released` is what would leave, `report` plain JSON."""

    holds: tuple[Finding, ...]
    notes: tuple[Finding, ...] = ()
    released: bytes | None = None
    report: dict[str, Any] | None = None


def check(
    content: bytes, source: pa.Table, smallest_cell: int, script: str | None = None, *,
    least_residual: int = RESIDUAL_DEGREES_OF_FREEDOM, clock: Callable[[], float] = time.monotonic, box_s: float = BOX_S,
) -> Checked:  # fmt: skip
    """Everything about one description. Needs scikit-learn; without it a model is held."""
    ends_at = clock() + box_s
    try:
        from threadpoolctl import threadpool_limits

        recipe = models_recipe.read(content, script)
        task = _task(recipe, source, smallest_cell)
        with threadpool_limits(limits=1):  # many small fits: threads would only wait for each other
            return _checked(task, smallest_cell, least_residual, lambda: clock() < ends_at)
    except Unfit as unfit:
        return Checked((Finding(unfit.code, None, None, unfit.message),))
    except ImportError:
        return Checked((_finding("model_untested", say("scikit-learn is not installed here, so no model can be checked: the operator installs `dalgubeol[zone]`.")),))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Task:
    """The records in one matrix, members and others; `truth` of classes are their places in `classes`."""

    recipe: Recipe
    data: dalgu_zone.Prepared
    rows: Any
    truth: Any
    groups: Any
    members: Any
    classes: tuple[Any, ...]
    spread: float


def _task(recipe: Recipe, source: pa.Table, smallest_cell: int) -> _Task:
    """Raises Unfit."""
    if recipe.data["least"] < smallest_cell:
        raise Unfit("model_class", say("Say `least={threshold}` or more: so many records the Permit wants in a group.", threshold=smallest_cell))  # fmt: skip
    try:
        data = dalgu_zone.made(source, dict(recipe.data))
    except (ValueError, KeyError):
        raise Unfit("model_form", say("The table cannot be prepared as the description of the model says.")) from None  # fmt: skip
    truth = np.concatenate([data.y, data.rest_y])
    classes: tuple[Any, ...] = ()
    spread = 1.0
    if recipe.spec.classifies:
        known, truth = np.unique(truth.astype(str) if truth.dtype == object else truth, return_inverse=True)
        classes, truth = tuple(known.tolist()), truth.astype(float)
        if recipe.estimator == "SVC" and len(classes) > 2:
            raise Unfit("model_form", say("An SVC of more than two classes has a line for every two of them: use LinearSVC."))  # fmt: skip
        if not 2 <= len(classes) <= MOST_CLASSES:
            raise Unfit(
                "model_form", say("A model of classes has from 2 to {most} of them.", most=MOST_CLASSES)
            )
    elif truth.dtype == object:
        raise Unfit("model_form", say("The table cannot be prepared as the description of the model says."))
    else:
        spread = float(truth.std()) or 1.0
    members = np.arange(len(truth)) < len(data.y)
    groups = np.concatenate([data.groups, data.rest_groups])
    return _Task(recipe, data, np.vstack([data.X, data.rest_X]), truth, groups, members, classes, spread)


def _checked(task: _Task, smallest_cell: int, least_residual: int, goes_on: Callable[[], bool]) -> Checked:
    count = _shadows(task)
    if count == 0:
        raise Unfit("model_untested", say("The model is too large to be attacked in {seconds} s: nobody can say what it remembers.", seconds=int(BOX_S)))  # fmt: skip
    estimator = _fitted(task, task.members)
    if not _is_the_same(task, estimator):
        raise Unfit("model_differs", say("The site's own fit by this description predicts otherwise than the script's model."))  # fmt: skip
    form = models_form.plain(estimator, task.recipe.spec.form, task.recipe.data["bound"])
    if not np.isfinite(models_form.inside(form, task.rows)).all():
        raise Unfit("model_missing", say("Values are missing where the model itself stands: the pipeline must fill all of them in."))  # fmt: skip
    if models_form.numbers(form) > models_form.MOST_NUMBERS:
        raise Unfit("model_large", say("The model has more than {most} numbers.", most=f"{models_form.MOST_NUMBERS:,}"))  # fmt: skip
    if not all(np.isfinite(np.asarray(v, dtype=float)).all() for v in _numbers(form)):
        raise Unfit("model_form", say("The model has numbers that are not finite."))
    found = models_structure.structure(form, _trained(task), smallest_cell)
    holds = (
        *models_structure.findings(found, smallest_cell, least_residual),
        *_left_out(task, smallest_cell),
    )
    report = {"kind": task.recipe.estimator, "members": int(task.members.sum()), "others": int((~task.members).sum()),
              "features": len(task.recipe.data["features"]), "numbers": found.numbers, "leaves": found.leaves}  # fmt: skip
    tried = _attacked(task, estimator, form, count, goes_on)
    holds, notes = (*holds, *tried.holds), tried.notes
    return Checked(holds, notes, _released(task, estimator, form), {**report, **(tried.report or {})})


def _left_out(task: _Task, least: int) -> tuple[Finding, ...]:
    """The difference to a model of all records would tell of a few."""
    if not 0 < task.data.left_out < least:
        return ()
    return (_finding("model_where", say("Fewer than {threshold} records are left out by a condition or an expression: beside a model of all it tells of them.", threshold=least)),)  # fmt: skip


def _trained(task: _Task) -> models_structure.Trained:
    truth = task.truth[task.members]
    counts = np.bincount(truth.astype(int), minlength=len(task.classes)) if task.classes else np.zeros(0)
    balanced = task.recipe.parameters.get("class_weight") == "balanced"
    weights = 1 / np.maximum(counts, 1) if balanced else np.ones(len(task.classes))
    return models_structure.Trained(
        task.rows[task.members], truth, task.groups[task.members], len(task.classes), weights,
        task.recipe.data["bound"] if task.recipe.spec.form == "trees" else 0.0,
    )  # fmt: skip


# --- the site's own fit -------------------------------------------------------------------------------


def _fitted(task: _Task, members: Any, number: int | None = None) -> Any:
    """The estimator of the recipe on these records. Shadows have seeds of their own, as another fit would have."""
    spec = task.recipe.spec
    given = {n: tuple(v) if isinstance(v, list) else v for n, v in task.recipe.parameters.items()}
    if "random_state" in spec.parameters:
        given["random_state"] = given.get("random_state", 0) if number is None else 1000 + number
    made = models_steps.built(task.recipe.steps, _made(spec, {**given, **spec.fixed}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a fit did not converge is the author's business
        try:
            return made.fit(task.rows[members], task.truth[members])
        except (ValueError, FloatingPointError, np.linalg.LinAlgError):
            raise Unfit("model_form", say("The model cannot be fitted as its description says.")) from None


def _made(spec: models_recipe.Estimator, given: dict[str, Any]) -> Any:
    """An estimator of scikit-learn; a tree inside it is made by its own description."""
    inner = given.get("estimator")
    if isinstance(inner, dict):
        given["estimator"] = _made(models_recipe.ESTIMATORS[inner["estimator"]], dict(inner["parameters"]))
    return getattr(importlib.import_module(f"sklearn.{spec.place}"), spec.named)(**given)


def _is_the_same(task: _Task, estimator: Any) -> bool:
    """Whether the script's predictions of the first training rows are those of our fit."""
    said = np.array(task.recipe.predictions)
    rows = task.rows[: len(said)]
    if not len(said):
        return True
    ours = dalgu_zone.answers(estimator, rows)
    ours = ours[:, None] if ours.ndim == 1 else ours
    if said.shape[1] == 1 and ours.shape[1] == 2:
        ours = ours[:, 1:]
    if said.shape != ours.shape:
        return False
    probable = hasattr(estimator, "predict_proba")
    wide = 1.0 if probable else float(ours.std()) if task.recipe.spec.classifies else task.spread
    return bool((np.abs(said - ours).max(axis=1) <= _TOLERANCE * wide).mean() >= 0.98)


def _scores(task: _Task, estimator: Any, form: models_form.Form, rows: Any) -> Any:
    """From the form that would leave; a class that this fit never saw has no probability."""
    told = models_form.scores(form, rows)
    if not task.classes or told.shape[1] == len(task.classes):
        return told
    whole = np.zeros((len(rows), len(task.classes)))
    whole[:, estimator.classes_.astype(int)] = told
    return whole


# --- the attacks --------------------------------------------------------------------------------------


def _attacked(
    task: _Task, estimator: Any, form: models_form.Form, count: int, goes_on: Callable[[], bool]
) -> Checked:  # fmt: skip
    persons = [len(np.unique(task.groups[side])) for side in (task.members, ~task.members)]
    if min(persons) < LEAST_PERSONS:
        return Checked((_finding("model_untested", say("Attacks need {least} records that trained the model and as many that did not.", least=LEAST_PERSONS)),))  # fmt: skip

    def sure(fitted: Any, shape: models_form.Form, rows: Any) -> Any:
        told = _scores(task, fitted, shape, rows)
        return models_attack.confidence(told, task.truth, bool(task.classes), task.spread)

    def fit(members: Any, number: int) -> Any:
        fitted = _fitted(task, members, number)
        return sure(fitted, models_form.plain(fitted, task.recipe.spec.form, task.recipe.data["bound"]), task.rows)  # fmt: skip

    share = persons[0] / sum(persons)
    shadows = models_attack.shadow_confidences(fit, task.groups, share, count, _SEED, goes_on)
    if len(shadows.had) < count:
        return Checked((_finding("model_untested", say("The model is too large to be attacked in {seconds} s: nobody can say what it remembers.", seconds=int(BOX_S))),))  # fmt: skip
    target = sure(estimator, form, task.rows)
    online = count >= models_attack.ONLINE_FROM
    ratios = models_attack.likelihood_ratios(target, shadows, online)
    inside, outside = ratios[task.members], ratios[~task.members]
    told = _scores(task, estimator, form, task.rows)
    attacks = {
        "likelihood": models_attack.auc(inside, outside),
        "confidence": models_attack.auc(target[task.members], target[~task.members]),
        "worst": models_attack.worst_case(told, target, task.members, _SEED),
    }
    found = models_attack.found_at(inside, outside, FALSE_POSITIVES, _SEED)
    guesses = _guesses(task, lambda rows: sure(estimator, form, rows))
    report = {
        "shadows": count, "online": online, **{name: _three(each) for name, each in attacks.items()},
        "found": _three(found),
        "curve": [[x, round(float(y), 3)] for x, y in zip(_POINTS, models_attack.curve(inside, outside, np.array(_POINTS)), strict=True)],
        "attributes": [[g.feature + 1, round(g.members, 3), round(g.others, 3), *_three(g.advantage)] for g in guesses],
        "right": [round(float(_right(task, told, side)), 3) for side in (task.members, ~task.members)],
    }  # fmt: skip
    return _judged(attacks, found, guesses, report)


def _guesses(task: _Task, sure: Callable[[Any], Any]) -> list[models_attribute.Guessed]:
    guesses = []
    count = min(len(task.recipe.data["features"]), _ATTRIBUTES)
    for feature in range(count):
        columns = [place for place, of in enumerate(task.data.feature_of) if of == feature]
        made = (
            models_attribute.guessed(task.rows, columns, task.members, sure, feature, count)
            if columns
            else None
        )
        guesses += [made] if made is not None else []
    return guesses


def _right(task: _Task, told: Any, side: Any) -> float:
    """Of classes the share of right answers; of values the share of variance explained."""
    truth = task.truth[side]
    if task.classes:
        return float((told[side].argmax(axis=1) == truth).mean())
    return 1 - float(((told[side][:, 0] - truth) ** 2).mean()) / (float(truth.var()) or 1.0)


def _judged(
    attacks: dict[str, Measured], found: Measured, guesses: Sequence[models_attribute.Guessed], report: dict[str, Any]
) -> Checked:  # fmt: skip
    worst = max(attacks.values(), key=lambda each: each.high)
    holds: list[Finding] = []
    if worst.high >= AUC_HOLDS:
        leaks = worst.value >= AUC_HOLDS or worst.low > 0.5
        message = (
            say("The model tells who was among its records: AUC {value} ({low} to {high}); 0.5 tells nothing, {most} is held.", **_numbers_of(worst), most=AUC_HOLDS)
            if leaks
            else say("There are too few records to rule out that the model tells who was among them: AUC {value} ({low} to {high}); the upper end must be below {most}.", **_numbers_of(worst), most=AUC_HOLDS)
        )  # fmt: skip
        holds.append(_finding("model_membership", message))
    if found.low > FOUND_HOLDS:
        holds.append(_finding("model_membership", say("Some records are given away: at 1 % false alarms an attack finds {value} of the members ({low} to {high}).", **_numbers_of(found))))  # fmt: skip
    for each in guesses:
        if each.advantage.value >= ATTRIBUTE_HOLDS and each.advantage.low > 0:
            holds.append(_finding("model_attribute", say("Feature {feature} is guessed better for persons whose records trained the model: by {value} ({low} to {high}).", feature=each.feature + 1, **_numbers_of(each.advantage))))  # fmt: skip
    note = say("Attacked with {shadows} shadow models: AUC {value} (95 % interval {low} to {high}).", shadows=report["shadows"], **_numbers_of(attacks["likelihood"]))  # fmt: skip
    return Checked(tuple(holds), (_finding("model_attacked", note),), None, report)


# --- how large the task is ----------------------------------------------------------------------------


def _shadows(task: _Task) -> int:
    """How many shadows; 0 where even the fewest would take too long. Seconds are those of one core of 2024."""
    one = _seconds(task)
    return next((count for count, most in _SHADOW_STEPS if one * count <= most), 0)


def _seconds(task: _Task) -> float:
    """About how long one fit with its scores takes; measured per form, on the careful side."""
    said, form = task.recipe.parameters, task.recipe.spec.form
    rows, columns = (int(n) for n in task.rows.shape)
    if task.recipe.estimator in ("SVC", "SVR"):
        return 0.01 + 2e-8 * rows * rows * columns * max(1.0, float(said.get("C", 1.0)))
    if form in ("trees", "boosted", "voted"):
        usual = 1 if "DecisionTree" in task.recipe.estimator else 50 if form == "voted" else 100
        trees = int(said.get("n_estimators", said.get("max_iter", usual)))
        trees *= len(task.classes) if form == "boosted" and len(task.classes) > 2 else 1
        grown = int(said.get("max_leaf_nodes", 31) or rows) if "Hist" in task.recipe.estimator else 0
        tried = columns if form == "boosted" else max(columns, 4)
        return trees * (2e-3 + 5e-5 * grown + 1.2e-7 * rows * math.log2(max(rows, 2)) * tried)
    if form == "network":
        layers = [columns, *said.get("hidden_layer_sizes", [100]), max(1, len(task.classes))]
        weights = sum(a * b for a, b in itertools.pairwise(layers))
        return float(0.05 + int(said.get("max_iter", 200)) * rows * (weights * 1.5e-9 + 2e-7))
    return 0.01 + 3e-8 * rows * columns * columns + 1e-6 * rows * columns


# --- what leaves --------------------------------------------------------------------------------------


def _released(task: _Task, estimator: Any, form: models_form.Form) -> bytes:
    data = task.data
    classes = [task.classes[int(c)] for c in estimator.classes_] if task.classes else []
    said = {
        "dalgu_model": dalgu_zone.VERSION, "estimator": task.recipe.estimator, "parameters": dict(task.recipe.parameters),
        "data": dict(task.recipe.data), "steps": task.recipe.steps, "columns": list(data.names), "classes": classes,
        "centre": None if data.centre is None else [float(v) for v in data.centre],
        "scale": None if data.scale is None else [float(v) for v in data.scale],
        "model": form,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()


def _numbers(form: models_form.Form) -> list[Any]:
    told = [tree[name] for tree in form.get("trees", ()) for name in ("threshold", "value")]
    for name in ("start", "prior", "mean", "variance", "intercept"):
        told += [form[name]] if name in form else []
    if form["form"] in ("linear", "voted"):
        told.append(form["weights"])
    told += models_steps.told(form.get("before", ()))
    return [*told, *(form["weights"] if form["form"] == "network" else ()), *form.get("intercepts", ())]


def _three(each: Measured) -> list[float]:
    return [round(each.value, 3), round(each.low, 3), round(each.high, 3)]


def _numbers_of(each: Measured) -> dict[str, str]:
    """Rounded from what the report keeps, so that finding and report say the same number."""
    return dict(zip(("value", "low", "high"), (f"{number:.2f}" for number in _three(each)), strict=True))


def _finding(code: str, message: Message) -> Finding:
    return Finding(code, None, None, message)
