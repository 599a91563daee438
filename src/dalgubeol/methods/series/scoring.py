"""How unlike the normal batches is this one, and in which tag: closed form, nothing trained by descent.

Three views of every tag in every segment, each a Student t against the normal batches:
* **level**: the segment mean against the mean of normal batches;
* **relation**: the level given all other tags of the segment. With the precision matrix P of the scaled
  levels this is (P z)_j / sqrt(P_jj), the residual of regressing tag j on the others (Whittaker 1990,
  Graphical Models, 5.7); the covariance is shrunk towards the plant's mean segment and towards independence;
* **roughness**: the log mean square second difference, both ways: noise raises it, a stuck sensor ends it.
Each t becomes a normal score, and each (tag, view) gives two statistics: mean square and largest square over
the segments. How long each phase took gives one more. Every statistic is then standardised against *itself
over held-out normal batches* (cube root, then Student t: Wilson & Hilferty 1931), giving a p-value.

The score of a batch joins all p-values by their power mean with exponent -1/2, which stays useful under any
dependence and lies between "the worst one" and "all together" (Vovk & Wang 2020, Biometrika 107):
    score = 2 log mean(p ** -1/2).
A tag's weight is the mean of -log p over its own statistics (Fisher): tested to name the right tag more
often than its worst p-value alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from .alignment import FloatArray
from .describing import Description

View = Literal["level", "relation", "roughness"]
VIEWS: tuple[View, ...] = ("level", "relation", "roughness")
PER_TAG = 2 * len(VIEWS)  # mean and largest square of each view
SHRINK_TO_INDEPENDENCE = 0.1
LEAST_MOVE = 0.003  # of a tag's own travel: a set-point that moves by one count is no event
LEAST_ROUGHNESS_SD = 0.2  # of the log mean square
CLIP = 2.5  # of scaled levels, for relations that odd batches cannot bend
LEAST_LOG_CHANCE = -700.0
LEAST_ROOT_MEAN, LEAST_ROOT_SD_OF_ONE = 0.80, 0.43  # of the cube root of one squared normal score
LEAST_ROOT_SD = 0.15  # of the mean or the largest of many
MOST_FITS = 100  # held-out fits: one batch each up to here, larger folds beyond


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    """What normal batches look like. (segments, tags) unless said otherwise; an infinite sd means unknown."""

    level_mean: FloatArray
    level_sd: FloatArray
    precision: FloatArray  # (segments, tags, tags)
    roughness_mean: FloatArray
    roughness_sd: FloatArray
    roughness_floor: FloatArray
    duration_mean: FloatArray  # (phases,)
    duration_sd: FloatArray
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Normal scores of n batches: level, relation, roughness (n, segments, tags); duration (n, phases)."""

    level: FloatArray
    relation: FloatArray
    roughness: FloatArray
    duration: FloatArray


def fit_normal(described: Description, robust: bool = False) -> Normal:
    """Means, spreads and relations over the batches of `described` (n >= 4).

    `robust` takes medians, MADs and clipped relations instead: less exact, but a few odd batches in the
    reference cannot hide behind each other. It serves to find those, not to score.
    """
    count = len(described)
    plant_spread = np.nanstd(described.level, axis=(0, 1))
    moments = _median_mad if robust else _mean_sd
    mean, sd = moments(described.level, 0.01 * plant_spread + 1e-12)
    scaled = np.nan_to_num((described.level - mean) / sd)
    if robust:
        scaled = np.clip(scaled, -CLIP, CLIP)
    floor = 0.05 * _median(described.roughness) + (LEAST_MOVE * plant_spread) ** 2 + 1e-24
    rough_mean, rough_sd = moments(
        np.log(described.roughness + floor), np.full(floor.shape, LEAST_ROUGHNESS_SD)
    )
    half_a_sample = 0.5 / np.exp(np.median(described.duration, axis=0))
    duration_mean, duration_sd = moments(described.duration, half_a_sample)
    return Normal(
        mean,
        sd,
        _precision(scaled),
        rough_mean,
        rough_sd,
        floor,
        duration_mean,
        duration_sd,
        count,
    )


def view(normal: Normal, described: Description) -> Views:
    """The three views and the durations as normal scores; NaN where a tag gave no sample."""
    level = (described.level - normal.level_mean) / normal.level_sd
    rough = (
        np.log(described.roughness + normal.roughness_floor) - normal.roughness_mean
    ) / normal.roughness_sd
    duration = (described.duration - normal.duration_mean) / normal.duration_sd
    return Views(
        *(_normal_score(t, normal.count) for t in (level, _relation(normal, level), rough, duration))
    )


def statistics_of(seen: Views) -> FloatArray:
    """(n, tags * PER_TAG + phases): each tag's mean and largest square per view, then each duration's."""
    squares = [np.square(one) for one in (seen.level, seen.relation, seen.roughness)]
    pairs = [pair for square in squares for pair in (_mean_known(square), _largest_known(square))]
    per_tag = np.stack(pairs, axis=2)
    return np.concatenate([per_tag.reshape(len(per_tag), -1), np.square(seen.duration)], axis=1)


def log_chances(statistics: FloatArray, mean: FloatArray, sd: FloatArray, count: int) -> FloatArray:
    """log p of each statistic, given mean and sd of its cube root over `count` held-out normal batches."""
    standardised = (np.cbrt(statistics) - mean) / (sd * np.sqrt(1 + 1 / count))
    chances = stats.t.logsf(np.nan_to_num(standardised), count - 1)
    return np.asarray(np.clip(chances, LEAST_LOG_CHANCE, 0.0))


def cube_root_moments(
    statistics: FloatArray, tag_count: int, robust: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Mean and sd of the cube roots, neither below what normal scores would give at the least.

    A statistic that hardly ever moved among the reference (a phase that always took nine samples, a
    set-point) would otherwise turn its first small move into a certainty.
    """
    is_duration = np.arange(statistics.shape[1]) >= tag_count * PER_TAG
    least_sd = np.where(is_duration, LEAST_ROOT_SD_OF_ONE, LEAST_ROOT_SD)
    mean, sd = (_median_mad if robust else _mean_sd)(np.cbrt(statistics), least_sd)
    return np.maximum(mean, LEAST_ROOT_MEAN), sd


def batch_scores(chances: FloatArray) -> FloatArray:
    """One score per row of log p-values: 2 log mean(p ** -1/2), at least 0."""
    return np.asarray(2 * (np.logaddexp.reduce(-0.5 * chances, axis=1) - np.log(chances.shape[1])))


def tag_weights(chances: FloatArray, tag_count: int) -> FloatArray:
    """(n, tags + phases): the mean of -log p over each tag's statistics, then of each phase's duration."""
    of_tags = -chances[:, : tag_count * PER_TAG].reshape(len(chances), tag_count, PER_TAG).mean(axis=2)
    return np.concatenate([of_tags, -chances[:, tag_count * PER_TAG :]], axis=1)


def held_out_statistics(described: Description, robust: bool = False) -> FloatArray:
    """The statistics of each batch under a model of others only, (n, statistics).

    One batch is left out at a time, up to `MOST_FITS` batches; beyond that, every `MOST_FITS`-th together.
    """
    fold = np.arange(len(described)) % MOST_FITS
    rows: list[FloatArray] = [np.empty(0)] * len(described)
    for left_out in range(min(len(described), MOST_FITS)):
        normal = fit_normal(described.at(fold != left_out), robust)
        places = np.flatnonzero(fold == left_out)
        for place, row in zip(places, statistics_of(view(normal, described.at(places))), strict=True):
            rows[place] = row
    return np.stack(rows)


def held_out_log_chances(statistics: FloatArray, tag_count: int, robust: bool = False) -> FloatArray:
    """log p of each batch's held-out statistics, standardised by those of the other batches only."""
    rows = []
    for left_out in range(len(statistics)):
        others = np.delete(statistics, left_out, axis=0)
        rows.append(
            log_chances(statistics[[left_out]], *cube_root_moments(others, tag_count), len(others))[0]
        )
    return np.stack(rows)


def _mean_sd(values: FloatArray, least_sd: FloatArray) -> tuple[FloatArray, FloatArray]:
    there = ~np.isnan(values)
    counts = there.sum(axis=0)
    mean = np.where(there, values, 0.0).sum(axis=0) / np.maximum(counts, 1)
    squares = np.where(there, (values - mean) ** 2, 0.0).sum(axis=0)
    sd = np.maximum(np.sqrt(squares / np.maximum(counts - 1, 1)), least_sd)
    return mean, np.where(counts >= 4, sd, np.inf)


def _median_mad(values: FloatArray, least_sd: FloatArray) -> tuple[FloatArray, FloatArray]:
    known = (~np.isnan(values)).sum(axis=0)
    middle = _median(values)
    sd = np.maximum(1.4826 * _median(np.abs(values - middle)), least_sd)
    return middle, np.where(known >= 4, sd, np.inf)


def _median(values: FloatArray) -> FloatArray:
    """Median over the first axis of what is there; 0 where nothing is."""
    filled = np.where(np.isnan(values).all(axis=0), 0.0, values)
    return np.asarray(np.nanmedian(filled, axis=0))


def _precision(scaled: FloatArray) -> FloatArray:
    """Inverse correlation per segment, shrunk to the mean of all segments (more with few batches)."""
    count, _, tags = scaled.shape
    covariance = np.einsum("nsp,nsq->spq", scaled, scaled) / (count - 1)
    to_plant = tags / (tags + count)
    covariance = (1 - to_plant) * covariance + to_plant * covariance.mean(axis=0)
    covariance *= 1 - SHRINK_TO_INDEPENDENCE
    covariance += SHRINK_TO_INDEPENDENCE * np.eye(tags)
    return np.asarray(np.linalg.inv(covariance))


def _relation(normal: Normal, level: FloatArray) -> FloatArray:
    """(P z)_j / sqrt(P_jj); what is missing is first set to what the other tags let expect."""
    known = np.where(np.isnan(level), 0.0, level)
    for batch, segment in np.argwhere(np.isnan(level).any(axis=2)):
        gone = np.isnan(level[batch, segment])
        p = normal.precision[segment]
        known[batch, segment, gone] = -np.linalg.solve(
            p[np.ix_(gone, gone)], p[np.ix_(gone, ~gone)] @ known[batch, segment, ~gone]
        )
    diagonal = np.sqrt(np.einsum("spp->sp", normal.precision))
    relation = np.einsum("spq,nsq->nsp", normal.precision, known) / diagonal
    return np.where(np.isnan(level), np.nan, relation)


def _normal_score(t: FloatArray, count: int) -> FloatArray:
    """Student t on count - 1 degrees, for a batch outside the count, as a signed standard normal score."""
    tail = stats.t.logsf(np.abs(t) / np.sqrt(1 + 1 / count), count - 1)
    return np.asarray(np.sign(t) * stats.norm.isf(np.exp(np.clip(tail, LEAST_LOG_CHANCE, np.log(0.5)))))


def _mean_known(squares: FloatArray) -> FloatArray:
    """Mean over the segments that are known; 1, the value expected of a normal score, where none is."""
    there = ~np.isnan(squares)
    counts = there.sum(axis=1)
    return np.where(counts > 0, np.where(there, squares, 0.0).sum(axis=1) / np.maximum(counts, 1), 1.0)


def _largest_known(squares: FloatArray) -> FloatArray:
    known = np.where(np.isnan(squares), -np.inf, squares).max(axis=1)
    return np.where(np.isfinite(known), known, np.nan)
