"""Can one still learn from it: how well a column is predicted from the others, before and after.

Two simple learners, so that it does not hang on one: **naive Bayes** over categories (Laplace's one added) and
**multinomial logistic regression** on indicators (ridge penalty 1, L-BFGS). Five-fold cross-validation; the folds and
the sample are drawn with the seed. The baseline says the most frequent class always: what is above it was learnt.

Each table is learnt and tried on itself, as an analyst would who has only that one. Numbers with more than ten
values become tenths of the original's distribution, before and after alike; other labels are categories, and those
of fewer than ten rows are one. The target must be kept as it is, or the two tasks would not be the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ....errors import Invalid
from ....language import say
from ..values import Codes
from .labels import Matched

Floats = npt.NDArray[np.float64]

FOLDS = 5
MOST_ROWS = 20_000
MOST_CLASSES = 30
_BINS = 10
_RARE = 10


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of rows predicted rightly, mean over the folds."""

    rows: int
    baseline: float
    naive_bayes: float
    logistic: float

    @property
    def best(self) -> float:
        return max(self.naive_bayes, self.logistic)


@dataclass(frozen=True, slots=True)
class Prediction:
    """Of `target` from `predictors`, before and after."""

    target: str
    predictors: tuple[str, ...]
    classes: int
    before: Accuracy
    after: Accuracy

    @property
    def kept(self) -> float | None:
        """How much of what could be learnt above the baseline still can be; None where nothing could."""
        learnt = self.before.best - self.before.baseline
        return (self.after.best - self.after.baseline) / learnt if learnt > 0.005 else None


def prediction(columns: Sequence[Matched], target: str, *, seed: int) -> Prediction:
    """Predict `target` from the other columns that can be read. Raises `Invalid` for a target that is not there,
    was changed, is the same throughout or has over `MOST_CLASSES` values."""
    aim = next((c for c in columns if c.name == target), None)
    others = [c for c in columns if c.name != target and not c.unreadable]
    if aim is None or not others:
        raise Invalid.field("target", expected=say("a column beside others"), got=target)
    _check(aim)
    of_label = np.array([-1 if c is None or len(c) > 1 else int(c[0]) for c in aim.covers], np.int64)
    first, second = (_some(len(rows), seed) for rows in (aim.value_of_row, aim.label_of_row))
    before = _learnt([_before(c, first) for c in others], aim.value_of_row[first])
    after = _learnt([_after(c, second) for c in others], of_label[aim.label_of_row[second]])
    return Prediction(target, tuple(c.name for c in others), int((aim.before > 0).sum()), before, after)


def _check(aim: Matched) -> None:
    classes = int((aim.before > 0).sum())
    if not 2 <= classes <= MOST_CLASSES:
        raise Invalid.field(
            "target", expected=say("a column of 2 to {most} values", most=MOST_CLASSES), got=classes
        )
    if any(cover is None or len(cover) > 1 for cover in aim.covers):
        raise Invalid.field("target", expected=say("a column that was kept as it is"), got=aim.name)
    if min(len(aim.value_of_row), len(aim.label_of_row)) < 2 * FOLDS:
        raise Invalid.field(
            "target", expected=say("at least {rows} rows", rows=2 * FOLDS), got=len(aim.label_of_row)
        )


def _some(rows: int, seed: int) -> Codes:
    """The rows that are learnt from, in a random order."""
    return np.random.default_rng(seed).permutation(rows)[:MOST_ROWS]


def _before(column: Matched, rows: Codes) -> Codes:
    of_row = column.value_of_row[rows]
    return _binned(column, column.numbers[of_row]) if _has_bins(column) else of_row


def _after(column: Matched, rows: Codes) -> Codes:
    """Labels as categories; of a column in tenths, those labels that are one number fall into their tenth."""
    of_row = column.label_of_row[rows]
    if not _has_bins(column):
        return of_row
    single = np.where(column.single >= 0, column.numbers[column.single], np.nan)
    tenth = _binned(column, single)
    own = np.where(np.isnan(single), _BINS + 1 + np.arange(len(single)), tenth)
    codes: Codes = own[of_row]
    return codes


def _has_bins(column: Matched) -> bool:
    return column.numeric and int((column.before > 0).sum()) > _BINS


def _binned(column: Matched, numbers: Floats) -> Codes:
    original = np.repeat(column.numbers, column.before)
    edges = np.unique(np.quantile(original[~np.isnan(original)], np.arange(1, _BINS) / _BINS))
    tenth: Codes = np.where(np.isnan(numbers), _BINS, np.searchsorted(edges, numbers, "right"))
    return tenth


def _learnt(features: Sequence[Codes], target: Codes) -> Accuracy:
    x = np.column_stack([_common(codes) for codes in features])
    y = np.unique(target, return_inverse=True)[1].astype(np.int64)
    fold = np.arange(len(y)) % FOLDS  # the rows are in random order already
    scores = [_scores(x, y, fold == number) for number in range(FOLDS)]
    baseline, bayes, logistic = (float(np.mean(each)) for each in zip(*scores, strict=True))
    return Accuracy(len(y), baseline, bayes, logistic)


def _common(codes: Codes) -> Codes:
    """Categories of few rows made one, numbered from 0."""
    _, number, counts = np.unique(codes, return_inverse=True, return_counts=True)
    merged = np.where(counts[number] < _RARE, -1, number)
    return np.unique(merged, return_inverse=True)[1].astype(np.int64)


def _scores(x: Codes, y: Codes, held: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    from scipy.sparse import csr_array

    widths = x.max(axis=0) + 1
    columns = x + np.concatenate([[0], np.cumsum(widths)[:-1]])
    starts = np.arange(0, x.size + 1, x.shape[1])
    indicators = csr_array((np.ones(x.size), columns.reshape(-1), starts), shape=(len(x), int(widths.sum())))
    learn, tried, classes = indicators[~held], indicators[held], int(y.max()) + 1
    known, right = y[~held], y[held]
    often = np.bincount(known, minlength=classes)
    bayes = tried @ _bayes(learn, known, widths, often) + np.log(often + 1)
    weights, offsets = _logistic(learn, known, classes)
    guesses = (
        np.full(len(right), often.argmax()),
        bayes.argmax(axis=1),
        (tried @ weights + offsets).argmax(axis=1),
    )
    baseline, naive, linear = (float((guess == right).mean()) for guess in guesses)
    return baseline, naive, linear


def _bayes(indicators: Any, y: Codes, widths: Codes, often: Codes) -> Floats:
    """log P(category | class), a row per category."""
    of_class = np.zeros((len(y), len(often)))
    of_class[np.arange(len(y)), y] = 1
    counts = indicators.T @ of_class
    likely: Floats = np.log(counts + 1) - np.log(often[None, :] + np.repeat(widths, widths)[:, None])
    return likely


def _logistic(indicators: Any, y: Codes, classes: int) -> tuple[Floats, Floats]:
    from scipy.optimize import minimize

    rows, width = indicators.shape
    turned, place = indicators.T.tocsr(), np.arange(rows)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights, offsets = flat[:-classes].reshape(width, classes), flat[-classes:]
        scores = np.ascontiguousarray((indicators @ weights).T) + offsets[:, None]  # a row per class
        scores -= scores.max(axis=0)
        raised = np.exp(scores)
        sums = raised.sum(axis=0)
        misses = float(np.log(sums).sum() - scores[y, place].sum())
        off = raised / sums
        off[y, place] -= 1
        slope = np.concatenate([(turned @ off.T + weights).reshape(-1), off.sum(axis=1)])
        return (misses + float((weights**2).sum()) / 2) / rows, slope / rows

    found = minimize(
        loss,
        np.zeros((width + 1) * classes),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 100, "ftol": 1e-6},
    )
    return found.x[:-classes].reshape(width, classes), found.x[-classes:]
