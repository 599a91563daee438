"""Attribute inference: who knows all of a person but one attribute, and has the model, guesses it how much better for
persons whose records trained the model?

M. Fredrikson et al., CCS 2015; S. Yeom et al., CSF 2018 (section 5): every value of the attribute is tried, the one with
which the model is surest of the truth, weighed with how common the value is, is the guess. What the model teaches
about everybody helps with members and with others alike, and is what models are for; the difference is what it
remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from .models_attack import Measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOST_VALUES = 20
BINS = 4


@dataclass(frozen=True, slots=True)
class Guessed:
    """Shares of right guesses, and their difference with its interval (R. G. Newcombe, Statistics in Medicine 17, 1998,
    method 10)."""

    feature: int
    members: float
    others: float
    advantage: Measured


def guessed(
    matrix: Floats, columns: Sequence[int], members: NDArray[np.bool_], sure: Callable[[Floats], Floats], feature: int,
    beside: int = 1,
) -> Guessed | None:  # fmt: skip
    """Try to guess the feature that stands in `columns` of `matrix`. `sure` gives the logit (or log) confidence of the
    model in the truth for rows in the order of `matrix`. None where all records have the same value. The
    intervals of `beside` features hold together in 95 % (Bonferroni): one of many differs by chance."""
    values, which = _values(matrix, columns)
    if len(values) < 2:
        return None
    common = np.bincount(which, minlength=len(values)) / len(which)
    told = np.empty((len(matrix), len(values)))
    for place, value in enumerate(values):
        tried = matrix.copy()
        tried[:, columns] = value
        told[:, place] = -np.logaddexp(0, -sure(tried)) + np.log(common[place])
    right = told.argmax(axis=1) == which
    return Guessed(feature, float(right[members].mean()), float(right[~members].mean()), difference(right[members], right[~members], beside))  # fmt: skip


def _values(matrix: Floats, columns: Sequence[int]) -> tuple[Floats, NDArray[np.int64]]:
    """The values that are tried, and which of them each record has; of many numbers the middles of four bins."""
    held = matrix[:, list(columns)]
    missing = np.isnan(held).any(axis=1)
    if missing.any():  # that it is missing is a value like another
        values, known = _values(matrix[~missing], columns)
        which = np.full(len(held), len(values), dtype=np.int64)
        which[~missing] = known
        return np.vstack([values, np.full((1, held.shape[1]), np.nan)]), which
    values, which = np.unique(held, axis=0, return_inverse=True)
    which = which.reshape(-1)
    if len(values) <= MOST_VALUES or len(columns) > 1:
        return values, which
    cuts = np.unique(np.quantile(held[:, 0], np.linspace(0, 1, BINS + 1)[1:-1]))
    which = np.searchsorted(cuts, held[:, 0])
    _, which = np.unique(which, return_inverse=True)
    middles = np.array([[np.median(held[which == each, 0])] for each in range(which.max() + 1)])
    return middles, which


def difference(one: NDArray[np.bool_], other: NDArray[np.bool_], beside: int = 1) -> Measured:
    """Share of `one` less share of `other`."""
    z = NormalDist().inv_cdf(1 - 0.025 / beside)
    (p, low_p, high_p), (q, low_q, high_q) = _wilson(one, z), _wilson(other, z)
    value = p - q
    return Measured(
        value, value - float(np.hypot(p - low_p, high_q - q)), value + float(np.hypot(high_p - p, q - low_q))
    )


def _wilson(right: NDArray[np.bool_], z: float) -> tuple[float, float, float]:
    n, p = len(right), float(right.mean())
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    return p, centre - half, centre + half
