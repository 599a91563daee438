"""Limits that hold on data not seen: prediction limits on held-out scores.

The quantile of a model's own training scores is too low, always: the model has already bent to them. Here
the scores are held-out ones (each batch scored by a model that never saw it), and the limit is a
*prediction* limit, wide enough for not knowing the mean and spread exactly:

    limit = exp(mean + t(1 - rate, n - 1) * sd * sqrt(1 + 1/n))    over the logs of n held-out scores,

exact when held-out scores are log-normal (the normal-theory prediction interval, Hahn & Meeker 1991,
Statistical Intervals, ch. 4). By counting alone n batches resolve no rate below 1/(n + 1): asking 30
batches for 1 % is an extrapolation along this tail, and `Limit.extrapolated` says so. Where the data
suffice (five or more scores expected beyond), the limit is counted instead: the smallest held-out score
with at most (n + 1) * rate - 1 above it, which holds for any distribution of exchangeable scores (Vovk et
al. 2005, Algorithmic Learning in a Random World).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, log, sqrt

import numpy as np
from scipy import stats

from ...errors import Invalid
from .alignment import FloatArray

COUNTABLE = 5.0  # scores expected beyond the limit before counting beats the tail
SMALLEST_SCORE = 1e-9
LEAST_LOG_SPREAD = 0.45  # log scores of simulated Gaussian batches spread by 0.45 to 0.5


@dataclass(frozen=True, slots=True)
class Limit:
    """Alarm above `value`. `resolution` is the smallest false-alarm rate that counting could have shown."""

    value: float
    false_alarm_rate: float
    log_mean: float
    log_sd: float
    count: int
    counted: bool

    @property
    def resolution(self) -> float:
        return 1.0 / (self.count + 1)

    @property
    def extrapolated(self) -> bool:
        """Whether the rate asked for lies beyond what the number of batches can show by counting."""
        return self.false_alarm_rate < self.resolution

    def chance(self, score: float) -> float:
        """How often a normal batch would score this or more, by the log-normal tail."""
        return float(stats.t.sf(self._standardised(score), self.count - 1))

    def _standardised(self, score: float) -> float:
        return (log(max(score, SMALLEST_SCORE)) - self.log_mean) / (self.log_sd * sqrt(1 + 1 / self.count))


def limit_from_held_out(scores: FloatArray, false_alarm_rate: float) -> Limit:
    """The limit that a new normal score exceeds with `false_alarm_rate`; `scores` (n,) must be held-out.

    Raises Invalid for fewer than four scores or a rate outside (0, 0.5).
    """
    if not 0 < false_alarm_rate < 0.5:
        raise Invalid.field("false_alarm_rate", expected="between 0 and 0.5", got=false_alarm_rate)
    count = len(scores)
    if count < 4:
        raise Invalid.field("scores", expected="at least four held-out scores", got=count)
    logs = np.log(np.maximum(scores, SMALLEST_SCORE))
    mean, sd = float(logs.mean()), max(float(logs.std(ddof=1)), 1e-6)
    counted = count * false_alarm_rate >= COUNTABLE
    if counted:
        rank = ceil((count + 1) * (1 - false_alarm_rate))
        value = float(np.sort(scores)[min(rank, count) - 1])
    else:
        reach = float(stats.t.isf(false_alarm_rate, count - 1)) * sqrt(1 + 1 / count)
        value = exp(mean + reach * sd)
    return Limit(value, false_alarm_rate, mean, sd, count, counted)


def limit_to_belong(scores: FloatArray, chance: float) -> float:
    """The prediction limit for one more score to belong to these: median + t * spread of the log scores.

    The spread is 1.4826 MAD, but not below `LEAST_LOG_SPREAD`: the MAD of a dozen scores, or of the batches
    that look most alike, is too small half of the time.
    """
    logs = np.log(np.maximum(scores, SMALLEST_SCORE))
    median = float(np.median(logs))
    spread = max(1.4826 * float(np.median(np.abs(logs - median))), LEAST_LOG_SPREAD)
    reach = float(stats.t.isf(chance, len(logs) - 1)) * sqrt(1 + 1 / len(logs))
    return exp(median + reach * spread)
