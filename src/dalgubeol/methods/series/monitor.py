"""The frozen result of adapting: everything that scoring a new batch needs, and nothing of the batches.

A `Monitor` goes to plain arrays and back (`as_arrays`, `monitor_from_arrays`): numbers and text only, fit
for `numpy.savez` read with `allow_pickle=False`. It holds means, spreads and relations of the reference,
no trajectory of any batch; batch names and held-out scores are kept, because a limit without the scores
behind it cannot be checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import Invalid
from ...language import say
from .alignment import FloatArray, Segmentation
from .limits import Limit
from .scoring import Normal

FORMAT = "dalgubeol/batch-monitor/1"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A tag that is not watched, or a batch that is not part of the reference, and why.

    Reasons for tags: "constant", "missing". For batches: "too short", "stands out" (with its score).
    """

    name: str
    reason: str
    score: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Monitor:
    """What `adapt` found. `tags` are those expected of new data; `watched` those that are scored."""

    tags: tuple[str, ...]
    watched: tuple[str, ...]
    plan: Segmentation
    normal: Normal
    statistic_mean: FloatArray
    statistic_sd: FloatArray
    most_gaps: FloatArray  # of each watched tag, the largest missing share in a reference batch
    limit: Limit
    reference: tuple[str, ...]
    held_out_scores: FloatArray  # of the reference batches, each by a model that never saw it
    tags_set_aside: tuple[SetAside, ...]
    batches_set_aside: tuple[SetAside, ...]

    @property
    def held_out_alarm_rate(self) -> float:
        """Share of reference batches beyond the limit when held out: what the limit gives on this data."""
        return float(np.mean(self.held_out_scores > self.limit.value))

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """Named arrays of numbers and text, none of objects."""
        arrays: dict[str, NDArray[Any]] = {
            "format": np.array(FORMAT),
            "tags": _text(self.tags),
            "watched": _text(self.watched),
            "plan_phases": _text(self.plan.phases),
            "plan_counts": np.array(self.plan.counts, dtype=np.int64),
            "statistic_mean": self.statistic_mean,
            "statistic_sd": self.statistic_sd,
            "most_gaps": self.most_gaps,
            "reference": _text(self.reference),
            "held_out_scores": self.held_out_scores,
        }
        for part in ("normal", "limit"):
            value = getattr(self, part)
            arrays |= {f"{part}_{f.name}": np.asarray(getattr(value, f.name)) for f in fields(value)}
        for kind, aside in (("tags", self.tags_set_aside), ("batches", self.batches_set_aside)):
            arrays[f"{kind}_aside_name"] = _text([one.name for one in aside])
            arrays[f"{kind}_aside_reason"] = _text([one.reason for one in aside])
            scores = [np.nan if one.score is None else one.score for one in aside]
            arrays[f"{kind}_aside_score"] = np.array(scores, dtype=np.float64)
        return arrays


def monitor_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Monitor:
    """The monitor that `as_arrays` gave. Raises Invalid if the arrays are not one of this format."""
    try:
        found = str(np.asarray(arrays["format"]).item())
        if found != FORMAT:
            raise KeyError(found)
        return _read(arrays)
    except (KeyError, ValueError, TypeError) as error:
        raise Invalid(
            "invalid.monitor",
            say("These arrays are not a batch monitor of format {expected}.", expected=FORMAT),
            say("Adapt the monitor anew, or give the arrays exactly as they were kept."),
        ) from error


def _read(arrays: Mapping[str, NDArray[Any]]) -> Monitor:
    def words(name: str) -> tuple[str, ...]:
        return tuple(str(word) for word in arrays[name].tolist())

    def numbers(name: str) -> FloatArray:
        return np.array(arrays[name], dtype=np.float64)

    def aside(kind: str) -> tuple[SetAside, ...]:
        rows = zip(
            words(f"{kind}_aside_name"),
            words(f"{kind}_aside_reason"),
            numbers(f"{kind}_aside_score").tolist(),
            strict=True,
        )
        return tuple(
            SetAside(name, reason, None if np.isnan(score) else score) for name, reason, score in rows
        )

    normal = {f.name: numbers(f"normal_{f.name}") for f in fields(Normal) if f.name != "count"}
    return Monitor(
        words("tags"),
        words("watched"),
        Segmentation(words("plan_phases"), tuple(int(c) for c in arrays["plan_counts"].tolist())),
        Normal(**normal, count=int(arrays["normal_count"])),
        numbers("statistic_mean"),
        numbers("statistic_sd"),
        numbers("most_gaps"),
        Limit(**{f.name: arrays[f"limit_{f.name}"].item() for f in fields(Limit)}),
        words("reference"),
        numbers("held_out_scores"),
        aside("tags"),
        aside("batches"),
    )


def _text(words: tuple[str, ...] | list[str]) -> NDArray[np.str_]:
    return np.array(words, dtype=np.str_) if words else np.array([], dtype="<U1")
