"""Attacks on a model before it leaves: who was among its records?

Likelihood-ratio attack (LiRA): N. Carlini et al., "Membership Inference Attacks From First Principles", IEEE S&P 2022.
Shadow models are fitted by the same recipe to random subsets of all records, of the size that trained the model. For
each record, the model's confidence in the truth (its logit) is compared with that of shadows that had the record and
of shadows that had not: two normal distributions with means of the record and, as the paper advises for few shadows,
one variance for all. *Online* is the ratio of both; *offline*, where there are fewer than ONLINE_FROM shadows, asks
only how unusual the confidence is for shadows without the record. Besides: the confidence alone (S. Yeom et al.,
"Privacy Risk in Machine Learning", CSF 2018), and the *worst case* (S. Rezaei, X. Liu, CVPR 2021; J. Smith et al.,
SACRO-ML): a classifier that is shown half of the members and learns to tell them by the model's outputs.

How well an attack tells members from others is its AUC, with the interval of E. R. DeLong et al., Biometrics 44 (1988),
by the ranks of X. Sun, W. Xu, IEEE Signal Processing Letters 21 (2014). Records count as independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Truths = NDArray[np.bool_]

ONLINE_FROM = 32
CLIP = 1e-4
"""Confidences of 0 and 1 are taken for these: a logit is finite."""
_NORMAL_95 = 1.959963984540054
_BOOTSTRAPS = 400
_WORST_CASE_ROWS = 4000


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Shadows:
    """Confidences (shadows x records) and who trained which shadow."""

    confidence: Floats
    had: Truths


def confidence(scores: Floats, truth: NDArray[np.float64], classifies: bool, spread: float = 1.0) -> Floats:
    """How sure a model is of the truth. Of classes (`truth` are places): the logit of the probability of the right
    one; of values: the negative log of the error, in units of `spread`."""
    if not classifies:
        return np.asarray(-np.log(np.abs(scores[:, 0] - truth) / (spread or 1.0) + 1e-3))
    right = np.clip(scores[np.arange(len(scores)), truth.astype(int)], CLIP, 1 - CLIP)
    return np.asarray(np.log(right) - np.log1p(-right))


def shadow_confidences(
    fit: Callable[[Truths, int], Floats], groups: NDArray[np.int64], share: float, count: int, seed: int,
    goes_on: Callable[[], bool] = lambda: True,
) -> Shadows:  # fmt: skip
    """`fit(members, number)` trains on a subset of the records and gives its confidence in all; persons (`groups`)
    are drawn whole. Stops early where `goes_on` says no."""
    persons = np.unique(groups)
    chance = np.random.default_rng(seed)
    told, had = [], []
    for number in range(count):
        if not goes_on():
            break
        drawn = chance.permutation(persons)[: max(1, round(share * len(persons)))]
        members = np.isin(groups, drawn)
        told.append(fit(members, number))
        had.append(members)
    return Shadows(np.array(told).reshape(len(told), len(groups)), np.array(had, dtype=bool).reshape(len(told), len(groups)))  # fmt: skip


def likelihood_ratios(target: Floats, shadows: Shadows, online: bool) -> Floats:
    """How much likelier each record's confidence is for a member; the larger the surer."""
    inside, outside = _means(shadows, shadows.had), _means(shadows, ~shadows.had)
    deviation_in, deviation_out = _deviation(shadows, shadows.had, inside), _deviation(shadows, ~shadows.had, outside)  # fmt: skip
    if not online:
        return np.asarray((target - outside) / deviation_out)
    near_in = -0.5 * ((target - inside) / deviation_in) ** 2 - np.log(deviation_in)
    near_out = -0.5 * ((target - outside) / deviation_out) ** 2 - np.log(deviation_out)
    return np.asarray(near_in - near_out)


def _means(shadows: Shadows, which: Truths) -> Floats:
    """Of each record; of one that no shadow stands for, the mean of all."""
    counts = which.sum(axis=0)
    sums = np.where(which, shadows.confidence, 0.0).sum(axis=0)
    overall = float(shadows.confidence[which].mean()) if which.any() else 0.0
    return np.where(counts > 0, sums / np.maximum(counts, 1), overall)


def _deviation(shadows: Shadows, which: Truths, means: Floats) -> float:
    """One for all records, unbiased: each record's mean takes a degree of freedom."""
    free = float(which.sum() - (which.sum(axis=0) > 0).sum())
    squares = float(np.where(which, (shadows.confidence - means) ** 2, 0.0).sum())
    return max(float(np.sqrt(squares / max(free, 1.0))), 1e-6)


def auc(members: Floats, others: Floats) -> Measured:
    """Area under the curve of scores, with DeLong's 95 % interval."""
    m, n = len(members), len(others)
    ranks = _midranks(np.concatenate([members, others]))
    of_members, of_others = _midranks(members), _midranks(others)
    value = float((ranks[:m].sum() - m * (m + 1) / 2) / (m * n))
    placed_m = (ranks[:m] - of_members) / n
    placed_n = 1 - (ranks[m:] - of_others) / m
    variance = float(placed_m.var(ddof=1) / m + placed_n.var(ddof=1) / n)
    half = _NORMAL_95 * float(np.sqrt(variance))
    return Measured(value, max(0.0, value - half), min(1.0, value + half))


def _midranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], dtype=float)


def curve(members: Floats, others: Floats, at: Floats) -> Floats:
    """The share of members found where a share `at` of the others is taken for members (between points: a line)."""
    values = np.unique(np.concatenate([members, others]))[::-1]
    ordered_m, ordered_o = np.sort(members), np.sort(others)
    true = 1 - np.searchsorted(ordered_m, values, side="left") / len(members)
    false = 1 - np.searchsorted(ordered_o, values, side="left") / len(others)
    false, true = np.concatenate([[0.0], false, [1.0]]), np.concatenate([[0.0], true, [1.0]])
    return np.asarray(np.interp(at, false, true))


def found_at(members: Floats, others: Floats, false_positives: float, seed: int) -> Measured:
    """The share of members found at a share of false positives, with a percentile bootstrap of both."""
    at = np.array([false_positives])
    chance = np.random.default_rng(seed)
    drawn = [
        float(curve(chance.choice(members, len(members)), chance.choice(others, len(others)), at)[0])
        for _ in range(_BOOTSTRAPS)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Measured(float(curve(members, others, at)[0]), float(low), float(high))


def worst_case(scores: Floats, told: Floats, members: Truths, seed: int) -> Measured:
    """AUC of a forest that was shown which half of the records are members, on the other half, both ways round."""
    from sklearn.ensemble import RandomForestClassifier

    chance = np.random.default_rng(seed)
    shown = chance.permutation(len(members))[:_WORST_CASE_ROWS]
    features = np.column_stack([np.sort(scores, axis=1), told])[shown]
    truth = members[shown]
    fold = np.zeros(len(shown), dtype=int)
    for side in (True, False):
        of_side = np.flatnonzero(truth == side)
        fold[of_side[: len(of_side) // 2]] = 1
    guessed = np.zeros(len(shown))
    measured = []
    for test in (0, 1):
        forest = RandomForestClassifier(100, min_samples_leaf=10, class_weight="balanced", random_state=seed)
        forest.fit(features[fold != test], truth[fold != test])
        guessed[fold == test] = forest.predict_proba(features[fold == test])[:, 1]
        here = guessed[fold == test]
        measured.append(auc(here[truth[fold == test]], here[~truth[fold == test]]))
    # Two forests' scores have no common scale: the halves are measured apart and joined by their means.
    half = [(each.high - each.low) / 2 for each in measured]
    value, wide = float(np.mean([m.value for m in measured])), math.hypot(*half) / 2
    return Measured(value, max(0.0, value - wide), min(1.0, value + wide))
