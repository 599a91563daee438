"""Rounding until nothing of one person is left to see: grids for ranges, ladders for counts, shares in steps.

A range is rounded outward to a grid of 1, 2 or 5 times a power of ten (numbers) or of the calendar (days and
instants) that cuts it into few pieces, so that one person more or less moves it only by crossing a line.
"""

from __future__ import annotations

# ruff: noqa: DTZ001 - instants of a column tell the time by its own clock
import math
from datetime import datetime, timedelta

_STEPS = (1, 2, 5)
_PIECES = 4
_SECONDS = (1, 60, 3600, 86_400)
_MONTH, _YEAR = 30 * 86_400, 365 * 86_400
SAMPLING_S = (
    0.001, 0.01, 0.1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    7 * 86_400,
)  # fmt: skip
"""Intervals between two samples, in seconds."""


def number_range(low: float, high: float, whole: bool) -> tuple[float, float]:
    """
    >>> number_range(17, 94, whole=True), number_range(3.2, 3.2, whole=False)
    ((0, 100), (3, 4))
    """
    span = high - low
    step = _step(span / _PIECES if span > 0 else abs(low) / _PIECES)
    if whole:
        step = max(step, 1.0)
    if step == 0:
        return (low, high)
    bounds = math.floor(low / step), math.ceil(high / step)
    exact = [_times(n, step) for n in bounds]
    return (exact[0], exact[1])


def _step(most: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above `most`."""
    if most <= 0 or not math.isfinite(most):
        return 0.0
    power = math.floor(math.log10(most))
    return max(s * 10.0**p for p in (power - 1, power) for s in _STEPS if s * 10.0**p <= most * (1 + 1e-12))


def _times(count: int, step: float) -> float:
    """`count * step` without the noise of binary fractions."""
    if step >= 1:
        return count * int(step)
    places = -math.floor(math.log10(step))
    rounded = round(count * step, places)
    return int(rounded) if rounded == int(rounded) else rounded


def instant_range(low: datetime, high: datetime) -> tuple[datetime, datetime]:
    """
    >>> [t.isoformat() for t in instant_range(datetime(2024, 3, 9, 7), datetime(2024, 8, 2, 11))]
    ['2024-03-01T00:00:00', '2024-09-01T00:00:00']
    """
    span = (high - low).total_seconds()
    if span >= 2 * _MONTH:
        return _calendar_floor(low, span), _calendar_ceil(high, span)
    unit = max(seconds for seconds in _SECONDS if span >= 2 * seconds or seconds == 1)
    if span < 2:  # one and the same: its day
        unit = 86_400
    start = datetime(low.year, low.month, low.day)
    down = start + timedelta(seconds=(low - start).total_seconds() // unit * unit)
    up = start + timedelta(seconds=math.ceil((high - start).total_seconds() / unit) * unit)
    return down, up


def _calendar_floor(at: datetime, span: float) -> datetime:
    years = _years(span)
    return datetime(at.year, at.month, 1) if years is None else datetime(max(1, at.year // years * years), 1, 1)  # fmt: skip


def _calendar_ceil(at: datetime, span: float) -> datetime:
    years = _years(span)
    down = _calendar_floor(at, span)
    if at == down:
        return at
    if years is None:
        return datetime(at.year + at.month // 12, at.month % 12 + 1, 1)
    return datetime(min(9999, down.year // years * years + years), 1, 1)


def _years(span: float) -> int | None:
    return next((n for n in (100, 10, 1) if span >= 2 * n * _YEAR), None)


def count(exact: float) -> int:
    """To one significant digit.

    >>> count(38_123), count(7.4), count(0.2)
    (40000, 7, 1)
    """
    if exact < 1:
        return 1
    power: float = 10.0 ** math.floor(math.log10(exact))
    return round(power * int(exact / power + 0.5))


def per_person(exact: float) -> int:
    """Rows a person: the nearest of 1, 2, 5, 10, 20, 50 ... by ratio."""
    ladder: list[int] = [s * 10**p for p in range(7) for s in _STEPS]
    return min(ladder, key=lambda n: abs(math.log(n / max(exact, 1))))


def missing_percent(missing: int, rows: int, step: int) -> int:
    """What is missing at times is missing in at least one step, and what is there at times never wholly missing."""
    rounded = int(100 * missing / rows / step + 0.5) * step
    return min(max(rounded, step), 100 - step)


def sampling_s(exact: float) -> float:
    return min(SAMPLING_S, key=lambda s: abs(math.log(s / exact)))
