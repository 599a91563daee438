"""What a model gives away by its build, before anybody attacks it.

After F. Ritchie et al., "Machine learning models in trusted research environments" (2023) and the structural attack of
SACRO-ML, with ACRO's thresholds: fewer than `least` persons in a leaf, or in a class (k-anonymity); a leaf whose
persons all have the same truth and whose value says so (class disclosure); fewer than 10 residual degrees of freedom.
Counted on the training records as they pass through the form that leaves, not as the library counted.

Parameters of a forest are those of its average tree: averaging adds none (L. Mentch, S. Zhou, JMLR 21, 2020). Persons
are counted by `groups`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ....language import say
from ..finding import Finding
from ..regression import RESIDUAL_DEGREES_OF_FREEDOM, too_few_degrees_of_freedom
from . import models_form, models_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Structure:
    """`numbers` fitted; of trees the `leaves`, those with too few persons and those that tell."""

    numbers: int
    leaves: int
    small: int
    telling: int
    smallest: bool
    """Whether any class has too few persons."""
    residual: float
    listed: int = 0
    """Categories of a pipeline, and its most frequent values, that too few persons have."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The training records: rows, truth (of classes their places), persons; the weight of each class in the fit."""

    rows: Floats
    truth: Floats
    groups: Places
    classes: int
    weights: Floats
    bound: float


def structure(form: Mapping[str, Any], trained: Trained, least: int) -> Structure:
    persons = len(np.unique(trained.groups))
    listed = models_steps.small(form.get("before", ()), trained.rows, trained.groups, least)
    trained = replace(trained, rows=models_form.inside(form, trained.rows))
    numbers = models_form.numbers(dict(form))
    trees = form.get("trees", ())
    counted = [_leaves(tree, trained, least, _tells(form, place)) for place, tree in enumerate(trees)]
    telling = sum(each[2] for each in counted) + (_equal_groups(trained) if form["form"] == "bayes" else 0)
    spent = numbers / len(trees) if form["form"] == "trees" else numbers
    few = trained.classes > 0 and any(len(np.unique(trained.groups[trained.truth == c])) < least for c in range(trained.classes))  # fmt: skip
    return Structure(numbers, sum(each[0] for each in counted), sum(each[1] for each in counted), telling, bool(few), persons - spent, listed)  # fmt: skip


def findings(
    found: Structure, least: int, least_residual: float = RESIDUAL_DEGREES_OF_FREEDOM
) -> tuple[Finding, ...]:
    every = list(too_few_degrees_of_freedom(found.residual, least_residual))
    if found.small:
        every.append(Finding("model_leaf", None, None, say("{count} of the {leaves} leaves of the model have fewer than {threshold} training records.", count=found.small, leaves=found.leaves, threshold=least)))  # fmt: skip
    if found.telling:
        every.append(Finding("model_equal", None, None, say("{count} groups of the model (leaves, or classes in a column) have records that are all equal, and the model says so.", count=found.telling)))  # fmt: skip
    if found.listed:
        every.append(Finding("model_category", None, None, say("{count} categories or values that the model's pipeline lists are those of fewer than {threshold} training records.", count=found.listed, threshold=least)))  # fmt: skip
    if found.smallest:
        every.append(Finding("model_class", None, None, say("A class of the model has fewer than {threshold} training records.", threshold=least)))  # fmt: skip
    return tuple(every)


def _tells(form: Mapping[str, Any], place: int) -> bool:
    """Whether the values of this tree's leaves are read off as they are: of boosting in its first round only."""
    if form["form"] == "voted":
        return not form["classes"]  # of classes a leaf has one vote, however many agree
    return form["form"] == "trees" or place < len(form["start"])


def _leaves(tree: Mapping[str, Any], trained: Trained, least: int, tells: bool) -> tuple[int, int, int]:
    """Leaves, those with too few persons, those that tell that all are equal."""
    ends = [node for node, feature in enumerate(tree["feature"]) if feature < 0]
    at = models_form.leaves(tree, trained.rows)
    order = np.argsort(at, kind="stable")
    bounds = np.searchsorted(at[order], ends), np.searchsorted(at[order], ends, side="right")
    small = telling = 0
    for first, last in zip(*bounds, strict=True):
        inside = order[first:last]
        small += len(np.unique(trained.groups[inside])) < least
        telling += tells and len(inside) > 0 and len(ends) > 1 and _is_told(trained, trained.truth[inside])
    return len(ends), small, telling


def _is_told(trained: Trained, truth: Floats) -> bool:
    """All are equal, and one record of another class would have given another value."""
    if (truth != truth[0]).any():
        return False
    if not trained.classes:
        return True
    own = int(truth[0])
    rest = [c for c in range(trained.classes) if c != own]
    one_other = [
        trained.weights[c] / (trained.weights[c] + (len(truth) - 1) * trained.weights[own]) for c in rest
    ]
    return min(one_other, default=1.0) > trained.bound + 1e-9


def _equal_groups(trained: Trained) -> int:
    """Columns in which a class has one value only: its mean is that value."""
    each = [trained.rows[trained.truth == c] for c in range(trained.classes)]
    return int(sum((np.ptp(rows, axis=0) == 0).sum() for rows in each if len(rows)))
