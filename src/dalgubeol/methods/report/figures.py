"""Figures as plain SVG: bars (grouped, or small multiples on one scale) and a strip of named marks.

The rules: a figure has a `<title>` that says what to see, a `<desc>` that says it to whoever cannot, and
`role="img"`; it is drawn 360 units wide, so that its text is readable on a phone; colours come from the page
(`STYLE`), in light and dark, and nothing is told by colour alone; numbers are written beside what shows them,
with the unit that the caller puts into the text. The table behind a figure is `pages.figure`'s business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from unicodedata import east_asian_width

from ...errors import Invalid
from .markup import Markup, element, joined

WIDTH = 360
STYLE = """
svg.figure{display:block;width:100%;max-width:30rem;height:auto;font:12px var(--font,sans-serif);color:var(--ink,#1b1f24)}
svg.figure text{fill:var(--ink,#1b1f24)}
svg.figure .head{font-weight:700}
svg.figure .small{fill:var(--faint,#59636e);font-size:11px}
svg.figure .track{fill:var(--track,#e9ecef)}
svg.figure .strong{fill:var(--accent,#0b5c8a)}
svg.figure .weak{fill:var(--weak,#8b96a1)}
svg.figure .limit{stroke:var(--ink,#1b1f24);stroke-width:1.5;stroke-dasharray:4 3}
svg.figure .box{fill:none;stroke:var(--weak,#8b96a1);stroke-width:1.2}
svg.figure .box.aside{stroke-dasharray:3 2}
svg.figure .box.alarm{fill:var(--accent,#0b5c8a);stroke:var(--accent,#0b5c8a)}
svg.figure .axis{stroke:var(--weak,#8b96a1);stroke-width:1}
svg.figure .path{fill:none;stroke:var(--accent,#0b5c8a);stroke-width:2}
svg.figure .spot{fill:var(--accent,#0b5c8a)}
svg.figure .spot.weak{fill:var(--paper,#fff);stroke:var(--weak,#8b96a1);stroke-width:2}
svg.figure .cell{fill:var(--accent,#0b5c8a)}
svg.figure .cell.none{fill:none;stroke:var(--track,#e9ecef)}
svg.figure text.on-alarm{fill:var(--on-accent,#fff);font-weight:700}
"""

_ROW, _BAR, _HEAD, _GAP = 20, 13, 18, 10
_CELL, _CELL_GAP, _PER_ROW = 30, 6, 10

State = Literal["quiet", "alarm", "aside"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `value` in the figure's unit; `text` is what is written beside it, with the unit."""

    label: str
    value: float
    text: str
    strong: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Bars under one heading, such as before and after of one measure."""

    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One named thing of a strip, such as a batch."""

    label: str
    state: State


def bars(
    name: str,
    title: str,
    description: str,
    groups: Sequence[Group],
    *,
    maximum: float,
    limit: float | None = None,
    limit_text: str = "",
) -> Markup:
    """Horizontal bars of all groups on one scale from 0 to `maximum`, with a dashed line at `limit` if given.

    `name` is the id of the SVG and the beginning of its other ids: unique on a page. Raises Invalid without
    a bar, or where a value is not within the scale.
    """
    _check_bars(groups, maximum, limit)
    every = [bar for group in groups for bar in group.bars]
    label_width = max(text_width(bar.label) for bar in every)
    left = min(130.0, label_width + 8) if label_width else 0.0
    room = WIDTH - left - max(text_width(bar.text) for bar in every) - 8
    parts, y = [], 0.0
    for group in groups:
        parts.append(element("text", group.label, x=0, y=y + 13, class_="head"))
        y += _HEAD
        for bar in group.bars:
            parts.append(_bar(bar, left, y, room, maximum))
            y += _ROW
        y += _GAP
    if limit is not None:
        at = round(left + room * limit / maximum, 1)
        parts.append(element("line", x1=at, x2=at, y1=_HEAD - 2, y2=y - 4, class_="limit"))
        anchor = "end" if at > WIDTH / 2 else "start"
        parts.append(element("text", limit_text, x=at, y=y + 10, class_="small", text_anchor=anchor))
        y += 14
    return drawing(name, title, description, y, parts)


def strip(
    name: str, title: str, description: str, marks: Sequence[Mark], legend: Mapping[State, str]
) -> Markup:
    """Named marks in reading order, ten in a row: an alarm is filled, one set aside is dashed.

    `legend` says what each state means, only for the states to be explained. Raises Invalid without a mark.
    """
    if not marks:
        raise Invalid.field("marks", expected="at least one", got="none")
    parts = [_mark(mark, place) for place, mark in enumerate(marks)]
    y = (math.ceil(len(marks) / _PER_ROW)) * (_CELL + _CELL_GAP) + 4
    for state, text in legend.items():
        parts.append(element("rect", x=1, y=y + 1, width=14, height=14, rx=3, class_=f"box {state}"))
        parts.append(element("text", text, x=22, y=y + 12))
        y += 20
    return drawing(name, title, description, y, parts)


def _bar(bar: Bar, left: float, y: float, room: float, maximum: float) -> Markup:
    length = round(room * bar.value / maximum, 1)
    top, tone = y + (_ROW - _BAR) / 2, "strong" if bar.strong else "weak"
    return joined(
        [
            element("text", bar.label, x=0, y=y + 14),
            element("rect", x=left, y=top, width=round(room, 1), height=_BAR, rx=2, class_="track"),
            element("rect", x=left, y=top, width=length, height=_BAR, rx=2, class_=tone),
            element("text", bar.text, x=WIDTH, y=y + 14, text_anchor="end"),
        ]
    )


def _mark(mark: Mark, place: int) -> Markup:
    x = (place % _PER_ROW) * (_CELL + _CELL_GAP) + 1
    y = (place // _PER_ROW) * (_CELL + _CELL_GAP) + 1
    box = element("rect", x=x, y=y, width=_CELL, height=_CELL, rx=4, class_=f"box {mark.state}")
    tone = "on-alarm" if mark.state == "alarm" else None
    middle = x + _CELL / 2
    return joined([box, element("text", mark.label, x=middle, y=y + 19, text_anchor="middle", class_=tone)])


def drawing(name: str, title: str, description: str, height: float, parts: Sequence[Markup]) -> Markup:
    """The SVG around its parts, `height` units high, with its title and description."""
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *parts,
        id=name,
        class_="figure",
        viewBox=f"0 0 {WIDTH} {math.ceil(height)}",
        role="img",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-desc",
    )


def _check_bars(groups: Sequence[Group], maximum: float, limit: float | None) -> None:
    if not any(group.bars for group in groups):
        raise Invalid.field("groups", expected="at least one bar", got="none")
    if not (math.isfinite(maximum) and maximum > 0):
        raise Invalid.field("maximum", expected="a number above 0", got="another")
    values = [bar.value for group in groups for bar in group.bars]
    if not all(0 <= value <= maximum for value in [*values, *([] if limit is None else [limit])]):
        raise Invalid.field("values", expected="numbers from 0 to the maximum", got="others")


def text_width(text: str) -> float:
    """About how wide `text` is at 12 units: Korean letters are twice as wide as Latin ones."""
    return sum(12.0 if east_asian_width(character) in "WF" else 6.9 for character in text)
