"""Watching a continuous plant, sample by sample: what the recent past does not explain.

1. A vector autoregression with ridge penalty predicts each sample from the `lags` before it; what remains is
   judged by Hotelling's T2 under the shrunk covariance of *cross-fitted* residuals, smoothed by an EWMA
   (Lucas & Saccucci 1990).
2. The normal series is cut into blocks. Each block is scored by a model of all the others, so the scores
   behind the limit are of data their model never saw; the limit is the quantile of a gamma fitted to them
   (by moments). Blocks must be long against the plant's slowest swing, or the limit is too low.
3. A missing value is held at the last known one (the mean, before any) and adds nothing of its own to T2.

The rate is per sample; smoothed scores are dependent, so alarms come in runs. On a plant that drifts, adapt
anew: nothing here follows slow change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ...errors import Invalid
from ...language import say
from .alignment import FloatArray

FEWEST_SAMPLES = 200
SMOOTHING = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class SeriesMonitor:
    """Frozen result: scaling (tags,), `weights` (lags * tags + 1, tags), `precision` (tags, tags), limit."""

    tags: tuple[str, ...]
    mean: FloatArray
    sd: FloatArray
    weights: FloatArray
    precision: FloatArray
    lags: int
    limit: float
    false_alarm_rate: float
    held_out_alarm_rate: float


@dataclass(frozen=True, slots=True, eq=False)
class SeriesVerdict:
    """Per sample: `score` (n,), `alarm` (n,), and `contributions` (n, tags) that sum to the unsmoothed T2.

    The first `lags` samples have no past to be judged by: score 0, no alarm.
    """

    score: FloatArray
    alarm: np.ndarray
    contributions: FloatArray


def adapt_series(
    values: FloatArray,
    tags: tuple[str, ...],
    *,
    false_alarm_rate: float = 0.01,
    lags: int = 2,
    penalty: float = 100.0,
    blocks: int = 10,
) -> SeriesMonitor:
    """A monitor of `values` (samples, tags), a stretch of normal operation.

    Raises Invalid for too few samples, a tag that is constant or always missing, or a rate outside (0, 0.5).
    """
    _check(values, tags, false_alarm_rate, blocks)
    mean, sd = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    scaled, known = _hold((values - mean) / sd)
    past, target = _past(scaled, lags), scaled[lags:]
    block = np.arange(len(target)) * blocks // len(target)
    residual = np.empty_like(target)
    for left_out in range(blocks):
        weights = _ridge(past[block != left_out], target[block != left_out], penalty)
        residual[block == left_out] = (target - past @ weights)[block == left_out]
    residual = np.where(known[lags:], residual, 0.0)
    held_out = np.concatenate(
        [_smooth(_t2(residual[block == b], _shrunk_precision(residual[block != b]))) for b in range(blocks)]
    )
    limit = _gamma_quantile(held_out, 1 - false_alarm_rate)
    return SeriesMonitor(
        tuple(tags),
        mean,
        sd,
        _ridge(past, target, penalty),
        _shrunk_precision(residual),
        lags,
        limit,
        false_alarm_rate,
        float(np.mean(held_out > limit)),
    )


def detect_in_series(monitor: SeriesMonitor, values: FloatArray) -> SeriesVerdict:
    """Judge a stretch (samples, tags), tags in the monitor's order."""
    if values.ndim != 2 or values.shape[1] != len(monitor.tags) or len(values) <= monitor.lags:
        expected = say("more than {lags} samples by {count} tags", lags=monitor.lags, count=len(monitor.tags))
        raise Invalid.field("values", expected=expected, got=say("shape {shape}", shape=str(values.shape)))
    scaled, known = _hold((values - monitor.mean) / monitor.sd)
    residual = scaled[monitor.lags :] - _past(scaled, monitor.lags) @ monitor.weights
    residual = np.where(known[monitor.lags :], residual, 0.0)
    start = np.zeros(monitor.lags)
    score = np.concatenate([start, _smooth(_t2(residual, monitor.precision))])
    shares = np.zeros(values.shape)
    shares[monitor.lags :] = residual * (residual @ monitor.precision)
    return SeriesVerdict(score, score > monitor.limit, shares)


def _check(values: FloatArray, tags: tuple[str, ...], rate: float, blocks: int) -> None:
    if values.ndim != 2 or values.shape[1] != len(tags):
        raise Invalid.field(
            "values",
            expected=say("samples by {count} tags", count=len(tags)),
            got=say("shape {shape}", shape=str(values.shape)),
        )
    if len(values) < FEWEST_SAMPLES or not 4 <= blocks <= len(values) // 20:
        expected = say("at least {count} samples in 4 or more blocks of 20 or more", count=FEWEST_SAMPLES)
        raise Invalid.field(
            "values",
            expected=expected,
            got=say("{count} samples, {blocks} blocks", count=len(values), blocks=blocks),
        )
    if not 0 < rate < 0.5:
        raise Invalid.field("false_alarm_rate", expected="between 0 and 0.5", got=rate)
    there = ~np.isnan(values)
    low = np.where(there, values, np.inf).min(axis=0)
    high = np.where(there, values, -np.inf).max(axis=0)
    still = [tag for tag, a, b in zip(tags, low, high, strict=True) if not b > a]
    if still:
        raise Invalid(
            "invalid.tags",
            say("Tags that never move or are never there: {tags}.", tags=", ".join(still)),
            say("Leave them out of the tags to be watched."),
        )


def _hold(scaled: FloatArray) -> tuple[FloatArray, np.ndarray]:
    known = np.isfinite(scaled)
    last = np.maximum.accumulate(np.where(known, np.arange(len(scaled))[:, None], -1), axis=0)
    held = np.take_along_axis(np.where(known, scaled, 0.0), np.maximum(last, 0), axis=0)
    return np.where(last >= 0, held, 0.0), known


def _past(scaled: FloatArray, lags: int) -> FloatArray:
    rows = len(scaled) - lags
    columns = [scaled[lags - lag : lags - lag + rows] for lag in range(1, lags + 1)]
    return np.concatenate([*columns, np.ones((rows, 1))], axis=1)


def _ridge(past: FloatArray, target: FloatArray, penalty: float) -> FloatArray:
    cost = penalty * np.eye(past.shape[1])
    cost[-1, -1] = 0.0
    return np.asarray(np.linalg.solve(past.T @ past + cost, past.T @ target))


def _shrunk_precision(residual: FloatArray) -> FloatArray:
    """Inverse Ledoit-Wolf covariance (2004, J. Multivariate Analysis 88), about zero."""
    count, tags = residual.shape
    covariance = residual.T @ residual / count
    target = np.trace(covariance) / tags * np.eye(tags)
    distance = np.sum((covariance - target) ** 2)
    squares = residual**2
    noise = (np.sum(squares.T @ squares) / count - np.sum(covariance**2)) / count
    shrink = float(np.clip(noise / max(distance, 1e-300), 0.0, 1.0))
    return np.asarray(np.linalg.inv((1 - shrink) * covariance + shrink * target))


def _t2(residual: FloatArray, precision: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("ni,ij,nj->n", residual, precision, residual))


def _smooth(scores: FloatArray) -> FloatArray:
    """EWMA that starts at the mean of the first few scores, so that no block starts from nothing."""
    smoothed = np.empty_like(scores)
    level = float(scores[:5].mean()) if len(scores) else 0.0
    for i, score in enumerate(scores):
        level += SMOOTHING * (float(score) - level)
        smoothed[i] = level
    return smoothed


def _gamma_quantile(scores: FloatArray, share: float) -> float:
    mean, variance = float(scores.mean()), max(float(scores.var()), 1e-12)
    return float(stats.gamma.ppf(share, mean**2 / variance, scale=variance / mean))
