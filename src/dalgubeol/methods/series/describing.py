"""What is measured of a batch before anything is compared: levels, roughness, durations, gaps.

Per segment and tag
* **level**: the mean of the samples that are there;
* **roughness**: the mean square of the second differences. It rises with noise and falls to nothing when a
  sensor is stuck, which no level shows (two-sided, after Hinkley-type variance charts).
Per batch
* **duration**: the natural log of the samples in each phase, half a sample added so that a skipped phase
  stays finite;
* **gaps**: the share of missing samples of each tag.

A segment in which a tag has no sample has level NaN: the comparison treats it as unknown, never as normal
evidence and never as zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .alignment import Batches, FloatArray, Segmentation, phase_lengths, place_samples


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """Of n batches: `level` and `roughness` (n, segments, tags), `duration` (n, phases), `gaps` (n, tags)."""

    level: FloatArray
    roughness: FloatArray
    duration: FloatArray
    gaps: FloatArray

    def __len__(self) -> int:
        return len(self.level)

    def at(self, places: object) -> Description:
        """The description of some of the batches (any numpy index that keeps the first axis)."""
        return Description(*(getattr(self, name)[places] for name in self.__slots__))


def describe_batches(batches: Batches, plan: Segmentation) -> Description:
    """Measure every batch under one plan. Raises Invalid if a batch has a phase that the plan lacks."""
    steps = batches.phases or (None,) * len(batches)
    parts = [_describe(values, step, plan) for values, step in zip(batches.values, steps, strict=True)]
    level, roughness, duration, gaps = (np.stack(part) for part in zip(*parts, strict=True))
    return Description(level, roughness, duration, gaps)


def _describe(
    values: FloatArray, steps: tuple[str, ...] | None, plan: Segmentation
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    placed = place_samples(len(values), steps, plan)
    bend = np.full(values.shape, np.nan)
    if len(values) > 2:
        bend[1:-1] = values[2:] - 2 * values[1:-1] + values[:-2]
    duration = np.log(phase_lengths(len(values), steps, plan) + 0.5)
    return (
        _segment_means(values, placed, plan.total),
        _segment_means(bend**2, placed, plan.total),
        duration,
        np.isnan(values).mean(axis=0),
    )


def _segment_means(values: FloatArray, placed: np.ndarray, total: int) -> FloatArray:
    """Means of the values that are there, (segments, tags); NaN where there is none."""
    there = ~np.isnan(values)
    sums, counts = np.zeros((total, values.shape[1])), np.zeros((total, values.shape[1]))
    np.add.at(sums, placed, np.where(there, values, 0.0))
    np.add.at(counts, placed, there)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
