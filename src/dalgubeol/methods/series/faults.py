"""Faults put into a batch on purpose, to show what a monitor finds and what it misses.

Pure: the given array is not touched, the same fault and seed give the same result, and what was injected
comes back as a value. Kinds and the unit of `size`

| kind | what happens to the tag from `start` to `end` | size |
|---|---|---|
| bias | is shifted | normal spreads of the tag |
| drift | moves away in a straight line and stays away until the batch ends | spreads reached at `end` |
| stuck | keeps the value it had at `start` | none (0) |
| noise | gets independent normal noise | standard deviation in normal spreads |
| delay | shows what it showed `size` samples before | samples |
| lost | gives no value (NaN) | none (0) |

`start` and `end` are shares of the batch's samples. A tag's *normal spread* is how much its level differs
between normal batches at the same progress (`normal_spreads`), not how much it moves within a batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ...errors import Invalid
from ...language import say
from .alignment import Batches, FloatArray, plan_segments
from .describing import describe_batches

FaultKind = Literal["bias", "drift", "stuck", "noise", "delay", "lost"]
HELD_SHARE = 0.01
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: which batch and tag, what, how large (unit by kind), and between which shares of it."""

    batch: str
    tag: str
    kind: FaultKind
    size: float = 0.0
    start: float = 0.3
    end: float = 0.7


def normal_spreads(batches: Batches, segments: int = 20) -> dict[str, float]:
    """Of each tag, the standard deviation of its level between batches: the median over segments.

    Segments in which the tag is held (spread below 1 % of its largest) do not count, so a set-point that is
    zero for half of the recipe keeps the spread of the other half. `batches` should be normal ones.
    """
    level = describe_batches(batches, plan_segments(batches, segments)).level
    there = ~np.isnan(level)
    counts = there.sum(axis=0)
    mean = np.where(there, level, 0).sum(axis=0) / np.maximum(counts, 1)
    squares = np.where(there, (level - mean) ** 2, 0).sum(axis=0)
    spread = np.sqrt(squares / np.maximum(counts - 1, 1))
    moving = spread >= HELD_SHARE * spread.max(axis=0)
    return {tag: float(np.median(spread[moving[:, j], j])) for j, tag in enumerate(batches.tags)}


def inject(values: FloatArray, place: int, fault: Fault, spread: float, seed: int = 0) -> FloatArray:
    """A copy of one batch (samples, tags) with `fault` in column `place`, whose normal spread is `spread`."""
    _check(fault)
    faulty = np.array(values, dtype=np.float64)
    first, last = round(fault.start * len(faulty)), max(round(fault.end * len(faulty)), 1)
    column = faulty[:, place]
    if fault.kind == "bias":
        column[first:last] += fault.size * spread
    elif fault.kind == "drift":
        rise = (np.arange(len(column)) - first) / max(last - first, 1)
        column += fault.size * spread * np.clip(rise, 0, 1)
    elif fault.kind == "stuck":
        column[first:last] = column[min(first, len(column) - 1)]
    elif fault.kind == "noise":
        noise = np.random.default_rng(seed).standard_normal(last - first)
        column[first:last] += fault.size * spread * noise
    elif fault.kind == "delay":
        before = np.maximum(np.arange(first, last) - round(fault.size), 0)
        column[first:last] = values[before, place]
    else:
        column[first:last] = np.nan
    return faulty


def inject_all(
    batches: Batches, faults: tuple[Fault, ...], spreads: dict[str, float], seed: int = 0
) -> Batches:
    """These batches with every fault in its batch and tag. Raises Invalid if a batch or tag is not there."""
    values = dict(zip(batches.names, batches.values, strict=True))
    for number, fault in enumerate(faults):
        for what, known, given in (
            ("fault.batch", batches.names, fault.batch),
            ("fault.tag", batches.tags, fault.tag),
        ):
            if given not in known:
                raise Invalid.field(
                    what, expected=say("one of the {count} that are there", count=len(known)), got="another"
                )
        place = batches.tags.index(fault.tag)
        values[fault.batch] = inject(values[fault.batch], place, fault, spreads[fault.tag], seed + number)
    return Batches(batches.tags, batches.names, tuple(values.values()), batches.phases)


def _check(fault: Fault) -> None:
    if fault.kind not in FAULT_KINDS:
        raise Invalid.field("fault.kind", expected=", ".join(FAULT_KINDS), got="another")
    if not 0 <= fault.start < fault.end <= 1:
        raise Invalid.field(
            "fault.start", expected="0 <= start < end <= 1", got=f"{fault.start:g}, {fault.end:g}"
        )
    if fault.kind == "delay" and fault.size < 0:
        raise Invalid.field("fault.size", expected="samples, 0 or more", got=f"{fault.size:g}")
