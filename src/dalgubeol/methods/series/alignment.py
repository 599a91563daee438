"""Batches of different length, brought to a common shape.

A batch is cut into segments by its progress: the n-th tenth of a slow batch is compared with the n-th
tenth of a fast one. Where the plant records a recipe step (a *phase*) each phase is cut on its own, so
events that begin a phase line up, and how long each phase took is kept as a measurement of its own:
alignment must not hide that a batch was slow. This is linear time scaling within phases (Wold et al. 2009,
Batch Process Modeling and MSPC, Comprehensive Chemometrics 2.10).

Dynamic time warping is left out on purpose: it moves samples until a faulty batch looks normal, needs
complete data, and costs seconds where this costs milliseconds.

Samples are taken as evenly spaced and in order. Missing values are NaN; an infinite value counts as missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import Invalid
from ...language import say

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WHOLE = "batch"  # the one phase of batches without phases
SAMPLES_PER_SEGMENT = 3  # fewer cannot show how rough a trajectory is


@dataclass(frozen=True, slots=True, eq=False)
class Batches:
    """Batches of one plant: `values[i]` is (samples, tags) of one; `phases[i]` each sample's phase in it."""

    tags: tuple[str, ...]
    names: tuple[str, ...]
    values: tuple[FloatArray, ...]
    phases: tuple[tuple[str, ...], ...] | None = None

    def __len__(self) -> int:
        return len(self.names)

    def only(self, names: Iterable[str]) -> Batches:
        """These batches alone, in the order they have here; unknown names are ignored."""
        wanted = set(names)
        return self._at([i for i, name in enumerate(self.names) if name in wanted])

    def without(self, names: Iterable[str]) -> Batches:
        unwanted = set(names)
        return self._at([i for i, name in enumerate(self.names) if name not in unwanted])

    def _at(self, places: Sequence[int]) -> Batches:
        phases = None if self.phases is None else tuple(self.phases[i] for i in places)
        return Batches(
            self.tags,
            tuple(self.names[i] for i in places),
            tuple(self.values[i] for i in places),
            phases,
        )


@dataclass(frozen=True, slots=True)
class Segmentation:
    """How every batch is cut: `counts[k]` segments in the phase called `phases[k]`."""

    phases: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    def phase_of(self, segment: int) -> str:
        return self.phases[int(np.searchsorted(np.cumsum(self.counts), segment, side="right"))]


def batches_from_rows(
    values: NDArray[np.floating],
    batch: Sequence[object] | NDArray[np.generic],
    tags: Sequence[str],
    phase: Sequence[object] | NDArray[np.generic] | None = None,
) -> Batches:
    """Batches from one long table: `values` (samples, tags), and for each sample its batch (and phase).

    Batches come in the order in which they first appear; the samples of each stay in the order of the rows.
    Raises Invalid if the lengths differ or a row names no batch.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise Invalid.field(
            "values", expected="a table of samples by tags", got=say("{count} dimensions", count=table.ndim)
        )
    labels = _labels("batch", batch, len(table))
    steps = None if phase is None else _labels("phase", phase, len(table))
    rows: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        rows.setdefault(label, []).append(row)
    phases = None if steps is None else [[steps[row] for row in places] for places in rows.values()]
    return batches_from_arrays([table[places] for places in rows.values()], tuple(rows), tags, phases)


def batches_from_arrays(
    arrays: Sequence[NDArray[np.floating]],
    names: Sequence[object],
    tags: Sequence[str],
    phases: Sequence[Sequence[object]] | None = None,
) -> Batches:
    """Batches from one array (samples, tags) each. Raises Invalid on shapes or names that do not fit."""
    tags = tuple(str(tag) for tag in tags)
    if not tags or len(set(tags)) != len(tags):
        raise Invalid.field(
            "tags", expected="at least one name, each once", got=say("{count} names", count=len(tags))
        )
    labels = tuple(_label(name) for name in names)
    if len(labels) != len(arrays) or len(set(labels)) != len(labels):
        raise Invalid.field(
            "names",
            expected="one name for each batch, each once",
            got=say("{count} names", count=len(set(labels))),
        )
    values = tuple(_clean(array, len(tags)) for array in arrays)
    if phases is None:
        return Batches(tags, labels, values)
    if len(phases) != len(values):
        raise Invalid.field(
            "phases", expected="one list for each batch", got=say("{count} lists", count=len(phases))
        )
    steps = tuple(
        tuple(_labels("phase", step, len(array))) for step, array in zip(phases, values, strict=True)
    )
    return Batches(tags, labels, values, steps)


def plan_segments(batches: Batches, segments: int) -> Segmentation:
    """Cut like this: about `segments` in all, shared among the phases by their median length.

    A phase gets at least one segment and none shorter than `SAMPLES_PER_SEGMENT`. The order of the phases
    is that of the first batch that has most of them.
    """
    if not 2 <= segments <= 200:
        raise Invalid.field("segments", expected="between 2 and 200", got=segments)
    if batches.phases is None:
        median = float(np.median([len(v) for v in batches.values]))
        return Segmentation((WHOLE,), (max(1, min(segments, int(median // SAMPLES_PER_SEGMENT))),))
    order = max((tuple(dict.fromkeys(steps)) for steps in batches.phases), key=len)
    unknown = {step for steps in batches.phases for step in steps} - set(order)
    order += tuple(sorted(unknown))
    lengths = np.array([[steps.count(name) for name in order] for steps in batches.phases], dtype=np.float64)
    median_lengths = np.median(lengths, axis=0)
    share = segments * median_lengths / max(median_lengths.sum(), 1.0)
    counts = np.clip(np.round(share), 1, np.maximum(median_lengths // SAMPLES_PER_SEGMENT, 1))
    return Segmentation(order, tuple(int(count) for count in counts))


def place_samples(length: int, steps: Sequence[str] | None, plan: Segmentation) -> IntArray:
    """The segment of each sample of one batch. Raises Invalid if a phase is not in the plan."""
    if steps is None:
        if plan.phases != (WHOLE,):
            raise Invalid(
                "invalid.phases",
                say("This monitor was adapted to batches with phases, but these batches have none."),
                say("Give the phase of each sample, as when the monitor was adapted."),
            )
        steps = (WHOLE,) * length
    unknown = sorted(set(steps) - set(plan.phases))
    if unknown:
        raise Invalid(
            "invalid.phases",
            say("Phases not in the reference: {phases}.", phases=", ".join(unknown)),
            say("Adapt the monitor anew with batches that have these phases, or correct the phase column."),
        )
    named = np.array(steps)
    placed = np.zeros(length, dtype=np.int64)
    first = 0
    for name, count in zip(plan.phases, plan.counts, strict=True):
        at = np.flatnonzero(named == name)
        placed[at] = first + np.arange(len(at)) * count // max(len(at), 1)
        first += count
    return placed


def phase_lengths(length: int, steps: Sequence[str] | None, plan: Segmentation) -> FloatArray:
    """Samples in each phase of the plan."""
    if steps is None:
        return np.array([length], dtype=np.float64)
    return np.array([list(steps).count(name) for name in plan.phases], dtype=np.float64)


def phases_from_event(values: Sequence[float] | FloatArray, event: Sequence[bool]) -> tuple[str, ...]:
    """Two phases, "before" and "after", parted where `event` is first true: for plants without a step tag.

    `event` is a condition per sample, such as `jacket_temperature < 50`.
    """
    happened = (
        np.maximum.accumulate(np.asarray(event, dtype=bool)) if len(values) else np.zeros(0, dtype=bool)
    )
    return tuple(np.where(happened, "after", "before").tolist())


def _clean(array: NDArray[np.floating], tag_count: int) -> FloatArray:
    values = np.array(array, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != tag_count:
        raise Invalid.field(
            "values",
            expected=say("samples by {count} tags", count=tag_count),
            got=say("shape {shape}", shape=str(values.shape)),
        )
    values[~np.isfinite(values)] = np.nan
    return values


def _labels(name: str, given: Sequence[object] | NDArray[np.generic], expected: int) -> list[str]:
    labels = [_label(value) for value in (given.tolist() if isinstance(given, np.ndarray) else given)]
    if len(labels) != expected:
        raise Invalid.field(
            name, expected=say("one for each of {count} samples", count=expected), got=len(labels)
        )
    if any(label in ("", "nan", "None") for label in labels):
        raise Invalid.field(name, expected="a label on every sample", got="some empty")
    return labels


def _label(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
