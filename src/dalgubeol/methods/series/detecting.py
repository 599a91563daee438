"""Judging new batches: normal or alarm, how sure, which tags, and where in the batch.

A batch alarms if its score is beyond the monitor's limit, or if a tag is missing for a fifth of the batch
more than in any reference batch (a lost sensor needs no statistics). A batch with fewer than three samples
is "not judged": it gets no score rather than a made-up one.

Batches that the monitor was adapted to score too low here, as training scores do; for those read
`Monitor.held_out_scores`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...errors import Invalid
from ...language import say
from .adapting import FEWEST_SAMPLES
from .alignment import Batches, FloatArray
from .describing import Description, describe_batches
from .monitor import Monitor
from .scoring import (
    LEAST_LOG_CHANCE,
    PER_TAG,
    VIEWS,
    View,
    Views,
    batch_scores,
    log_chances,
    statistics_of,
    tag_weights,
)
from .scoring import view as view_batches

LOST_SHARE = 0.2

Kind = Literal["level", "relation", "roughness", "duration", "lost"]
Status = Literal["normal", "alarm", "not judged"]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one tag adds to the score. For kind "duration" `tag` is the phase that took long or short.

    `weight`: mean -log p of the tag's statistics, about 1 for a normal tag. `direction`: 1 above, -1 below
    (rougher, smoother; longer, shorter), 0 for lost. `start`, `end`: where, as shares of the aligned batch.
    """

    tag: str
    kind: Kind
    weight: float
    direction: int
    phase: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """One batch. `chance`: how often a normal batch would score this high. None if it was not judged."""

    name: str
    status: Status
    score: float | None
    limit: float
    chance: float | None
    contributions: tuple[Contribution, ...]

    @property
    def alarm(self) -> bool:
        return self.status == "alarm"

    def tags(self, most: int = 3) -> tuple[str, ...]:
        """Of an alarm, the tags to look at first: at most `most`, with at least half of the first's weight."""
        return tuple(c.tag for c in self._leading() if c.kind != "duration")[:most]

    def phases(self) -> tuple[str, ...]:
        """Of an alarm, the phases that took long or short, with at least half of the first's weight."""
        return tuple(c.tag for c in self._leading() if c.kind == "duration")

    def _leading(self) -> tuple[Contribution, ...]:
        if not self.alarm:
            return ()
        return tuple(c for c in self.contributions if c.weight >= 0.5 * self.contributions[0].weight)


def detect(monitor: Monitor, batches: Batches) -> tuple[Verdict, ...]:
    """A verdict for each batch, in their order. Tags may come in any order but must be the monitor's.

    Raises Invalid if tags are missing or new, or a phase is not in the reference.
    """
    ordered = _as_watched(monitor, batches)
    judged = [len(v) >= FEWEST_SAMPLES and not np.isnan(v).all() for v in ordered.values]
    names = [name for name, good in zip(ordered.names, judged, strict=True) if good]
    verdicts = {verdict.name: verdict for verdict in _judge(monitor, ordered.only(names))}
    return tuple(verdicts.get(name) or _not_judged(name, monitor) for name in ordered.names)


def _not_judged(name: str, monitor: Monitor) -> Verdict:
    return Verdict(name, "not judged", None, monitor.limit.value, None, ())


def _as_watched(monitor: Monitor, batches: Batches) -> Batches:
    missing = [tag for tag in monitor.tags if tag not in batches.tags]
    unexpected = [tag for tag in batches.tags if tag not in monitor.tags]
    if missing or unexpected:
        raise Invalid(
            "invalid.tags",
            say(
                "Not the tags the monitor was adapted to: missing {missing}; unexpected {unexpected}.",
                missing=", ".join(missing) or "none",
                unexpected=", ".join(unexpected) or "none",
            ),
            say("Give the same tags (a lost sensor as an empty column), or adapt the monitor anew."),
        )
    places = [batches.tags.index(tag) for tag in monitor.watched]
    return Batches(
        monitor.watched, batches.names, tuple(v[:, places] for v in batches.values), batches.phases
    )


def _judge(monitor: Monitor, batches: Batches) -> list[Verdict]:
    if not len(batches):
        return []
    described = describe_batches(batches, monitor.plan)
    seen = view_batches(monitor.normal, described)
    chances = log_chances(
        statistics_of(seen), monitor.statistic_mean, monitor.statistic_sd, len(monitor.reference)
    )
    scores = batch_scores(chances)
    weights = tag_weights(chances, len(monitor.watched))
    lost = described.gaps > monitor.most_gaps + LOST_SHARE
    verdicts = []
    for i, name in enumerate(batches.names):
        score = float(scores[i])
        status: Status = "alarm" if score > monitor.limit.value or lost[i].any() else "normal"
        shown = _contributions(monitor, _one(seen, i), chances[i], weights[i], described.at([i]), lost[i])
        verdicts.append(Verdict(name, status, score, monitor.limit.value, monitor.limit.chance(score), shown))
    return verdicts


def _one(seen: Views, batch: int) -> Views:
    return Views(seen.level[batch], seen.relation[batch], seen.roughness[batch], seen.duration[batch])


def _contributions(
    monitor: Monitor,
    seen: Views,
    chances: FloatArray,
    weights: FloatArray,
    described: Description,
    lost: np.ndarray,
) -> tuple[Contribution, ...]:
    found = []
    for place, tag in enumerate(monitor.watched):
        if lost[place]:
            weight = -LEAST_LOG_CHANCE * float(described.gaps[0, place])
            found.append(Contribution(tag, "lost", weight, 0, "", 0.0, 1.0))
            continue
        kind = VIEWS[int(chances[place * PER_TAG : (place + 1) * PER_TAG].argmin()) // 2]
        found.append(_of_tag(monitor, tag, kind, float(weights[place]), getattr(seen, kind)[:, place]))
    first = 0
    for k, (phase, count) in enumerate(zip(monitor.plan.phases, monitor.plan.counts, strict=True)):
        weight, sign = float(weights[len(monitor.watched) + k]), int(np.sign(seen.duration[k]))
        span = (first / monitor.plan.total, (first + count) / monitor.plan.total)
        found.append(Contribution(phase, "duration", weight, sign, phase, *span))
        first += count
    return tuple(sorted(found, key=lambda one: -one.weight))


def _of_tag(
    monitor: Monitor,
    tag: str,
    kind: View,
    weight: float,
    scores: FloatArray,
) -> Contribution:
    known = np.nan_to_num(scores)
    segment = int(np.abs(known).argmax())
    total = monitor.plan.total
    return Contribution(
        tag,
        kind,
        weight,
        int(np.sign(known[segment])),
        monitor.plan.phase_of(segment),
        segment / total,
        (segment + 1) / total,
    )
