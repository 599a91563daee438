"""Adapting a monitor to a plant: from batches of normal operation to a limit that holds on new ones.

The rules
1. Tags that never move, or that are missing in more than half of the batches, are set aside and named.
2. Batches of fewer than three samples are set aside.
3. Batches that do not look like the rest are set aside with their scores (`reference`, a forward search).
   If more than a third would go, the reference is refused: what is left would not be "normal operation", only
   what is left.
4. The limit is a prediction limit over the held-out scores (`limits`), never a quantile of training scores.

Missing values: levels are means of what is there; relations are learnt with missing levels at their mean
and applied with missing levels at what the other tags let expect. See `describing` and `scoring`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...errors import Invalid
from ...language import say
from .alignment import Batches, FloatArray, plan_segments
from .describing import Description, describe_batches
from .limits import limit_from_held_out
from .monitor import Monitor, SetAside
from .reference import split_reference
from .scoring import (
    batch_scores,
    cube_root_moments,
    fit_normal,
    held_out_log_chances,
    held_out_statistics,
)

FEWEST_BATCHES = 8
FEWEST_SAMPLES = 3
MOST_SET_ASIDE = 1 / 3


def adapt(
    batches: Batches,
    *,
    false_alarm_rate: float = 0.01,
    segments: int = 20,
    set_odd_batches_aside: bool = True,
) -> Monitor:
    """A monitor of `batches`, taken as normal operation, alarming on `false_alarm_rate` of normal batches.

    Give the recipe-step column as `phases` and leave it out of the tags. With few batches the rate is met
    along a parametric tail; `monitor.limit.extrapolated` and `.resolution` say when.

    Raises Invalid for fewer than eight usable batches, no tag that moves, more than a third odd batches, or a
    rate outside (0, 0.5).
    """
    usable, too_short = _long_enough(batches)
    watched, tags_aside = _tags_to_watch(usable)
    plan = plan_segments(usable, segments)
    described = describe_batches(_only_tags(usable, watched), plan)
    kept, odd = _without_odd(usable.names, described, set_odd_batches_aside)
    reference = described.at(kept)
    statistics = held_out_statistics(reference)
    scores = batch_scores(held_out_log_chances(statistics, len(watched)))
    mean, sd = cube_root_moments(statistics, len(watched))
    return Monitor(
        usable.tags,
        watched,
        plan,
        fit_normal(reference),
        mean,
        sd,
        reference.gaps.max(axis=0),
        limit_from_held_out(scores, false_alarm_rate),
        tuple(np.array(usable.names)[kept].tolist()),
        scores,
        tags_aside,
        (*too_short, *odd),
    )


def _long_enough(batches: Batches) -> tuple[Batches, tuple[SetAside, ...]]:
    short = [
        name
        for name, values in zip(batches.names, batches.values, strict=True)
        if len(values) < FEWEST_SAMPLES or np.isnan(values).all()
    ]
    usable = batches.without(short)
    if len(usable) < FEWEST_BATCHES:
        raise _too_few(len(usable))
    return usable, tuple(SetAside(name, "too short") for name in short)


def _too_few(count: int) -> Invalid:
    return Invalid(
        "invalid.batches",
        say(
            "A limit needs at least {least} normal batches, but there are {count}.",
            least=FEWEST_BATCHES,
            count=count,
        ),
        say("Add batches of normal operation, or watch with fixed limits until there are enough."),
    )


def _tags_to_watch(batches: Batches) -> tuple[tuple[str, ...], tuple[SetAside, ...]]:
    seen = np.stack([~np.isnan(values).all(axis=0) for values in batches.values])
    low = _over_batches(batches, np.inf, np.fmin)
    high = _over_batches(batches, -np.inf, np.fmax)
    aside = []
    for place, tag in enumerate(batches.tags):
        if seen[:, place].mean() <= 0.5:
            aside.append(SetAside(tag, "missing"))
        elif high[place] - low[place] <= 1e-12 * max(abs(high[place]), abs(low[place])):
            aside.append(SetAside(tag, "constant"))
    gone = {one.name for one in aside}
    watched = tuple(tag for tag in batches.tags if tag not in gone)
    if not watched:
        raise Invalid(
            "invalid.tags",
            say("None of the {count} tags moves in the reference batches.", count=len(batches.tags)),
            say("Give tags that are measured in at least half of the batches and that vary."),
        )
    return watched, tuple(aside)


def _over_batches(batches: Batches, start: float, join: np.ufunc) -> FloatArray:
    joined = np.full(len(batches.tags), start)
    for values in batches.values:
        joined = join(joined, join.reduce(values, axis=0))
    return joined


def _only_tags(batches: Batches, tags: Iterable[str]) -> Batches:
    places = [batches.tags.index(tag) for tag in tags]
    values = tuple(array[:, places] for array in batches.values)
    return Batches(tuple(tags), batches.names, values, batches.phases)


def _without_odd(
    names: tuple[str, ...], described: Description, wanted: bool
) -> tuple[np.ndarray, tuple[SetAside, ...]]:
    if not wanted:
        return np.arange(len(names)), ()
    kept, odd, scores = split_reference(described, FEWEST_BATCHES)
    if len(odd) > MOST_SET_ASIDE * len(names):
        raise Invalid(
            "invalid.reference",
            say("{odd} of {all} batches do not look like the rest.", odd=len(odd), all=len(names)),
            say("Choose batches of one product and recipe in normal operation as the reference."),
        )
    aside = (SetAside(names[i], "stands out", float(s)) for i, s in zip(odd, scores, strict=True))
    return kept, tuple(aside)
