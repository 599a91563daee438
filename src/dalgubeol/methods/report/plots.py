"""Two more figures, under the rules of `figures`: a matrix of shades, and a plane on which things have a place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import Invalid
from .figures import WIDTH, drawing, text_width
from .markup import Markup, element, joined

_SHADE = 0.5
"""The darkest shade: letters on it stay readable in light and dark (WCAG 2.2, 1.4.3)."""
_ROW = 22
_PLANE = 210
_LEFT = 44


@dataclass(frozen=True, slots=True)
class Spot:
    """Something with a place on the plane. `text` is written beside it, with what it stands for."""

    label: str
    x: float
    y: float
    text: str
    strong: bool = True


def shades(
    name: str,
    title: str,
    description: str,
    labels: Sequence[str],
    values: Sequence[Sequence[float]],
    *,
    maximum: float,
) -> Markup:
    """The lower half of a symmetric matrix: the darker a cell, the nearer to `maximum`; the number is in it.

    Rows are named; a column has the number of the row that names it. Raises Invalid for fewer than two labels, or
    a value outside 0..maximum.
    """
    if len(labels) < 2:
        raise Invalid.field("labels", expected="at least two", got=len(labels))
    if not all(0 <= values[i][j] <= maximum for i in range(len(labels)) for j in range(i)):
        raise Invalid.field("values", expected="numbers from 0 to the maximum", got="others")
    named = [f"{place} {label}" for place, label in enumerate(labels, start=1)]
    left = min(130.0, max(text_width(label) for label in named) + 6)
    side = min(34.0, (WIDTH - left) / (len(labels) - 1))
    parts = []
    for i, label in enumerate(named):
        y = i * _ROW
        parts.append(element("text", _cut(label, left), x=0, y=y + 15))
        parts += [_cell(left + j * side, y, side, values[i][j], maximum) for j in range(i)]
        if i < len(labels) - 1:
            parts.append(element("text", i + 1, x=round(left + (i + 0.5) * side, 1), y=y + 15, text_anchor="middle", class_="small"))  # fmt: skip
    return drawing(name, title, description, len(labels) * _ROW + 4, parts)


def plane(
    name: str,
    title: str,
    description: str,
    spots: Sequence[Spot],
    *,
    x_label: str,
    y_label: str,
    x_maximum: float = 1,
    y_maximum: float = 1,
    y_limit: float | None = None,
    y_limit_text: str = "",
) -> Markup:
    """Spots joined in their order by a line, from (0, 0) at the bottom left. `y_limit` is a dashed line that one
    wants to be under. Raises Invalid without a spot, or for one outside."""
    within = all(0 <= s.x <= x_maximum and 0 <= s.y <= y_maximum for s in spots)
    sized = math.isfinite(x_maximum) and math.isfinite(y_maximum) and min(x_maximum, y_maximum) > 0
    if not spots or not within or not sized or not 0 <= (y_limit or 0) <= y_maximum:
        raise Invalid.field("spots", expected="places from 0 to the maximum", got="others")
    room, top = WIDTH - _LEFT - 16, 26

    def at(x: float, y: float) -> tuple[float, float]:
        return round(_LEFT + room * x / x_maximum, 1), round(top + _PLANE * (1 - y / y_maximum), 1)

    bottom = top + _PLANE
    parts = [
        element("text", y_label, x=0, y=12, class_="small"),
        element("line", x1=_LEFT, x2=WIDTH - 16, y1=bottom, y2=bottom, class_="axis"),
        element("line", x1=_LEFT, x2=_LEFT, y1=top, y2=bottom, class_="axis"),
        *_ticks(at, x_maximum, y_maximum),
        element("text", x_label, x=WIDTH - 16, y=bottom + 34, text_anchor="end", class_="small"),
    ]
    if y_limit is not None:
        _, y = at(0, y_limit)
        parts.append(element("line", x1=_LEFT, x2=WIDTH - 16, y1=y, y2=y, class_="limit"))
        parts.append(element("text", y_limit_text, x=WIDTH - 18, y=y - 4, text_anchor="end", class_="small"))
    path = " ".join(f"{x},{y}" for x, y in (at(s.x, s.y) for s in spots))
    parts.append(element("polyline", points=path, class_="path"))
    parts += [_spot(spot, *at(spot.x, spot.y)) for spot in spots]
    return drawing(name, title, description, bottom + 40, parts)


def _cell(x: float, y: float, side: float, value: float, maximum: float) -> Markup:
    shade = round(_SHADE * value / maximum, 3)
    box = {"x": round(x + 1, 1), "y": y + 1, "width": round(side - 2, 1), "height": _ROW - 2, "rx": 2}
    number = f"{value:.2f}".removeprefix("0")
    parts = [
        element("rect", class_="cell none", **box),
        element("rect", class_="cell", fill_opacity=shade, **box),
    ]
    if side >= text_width(number) and round(value, 2) > 0:
        parts.append(element("text", number, x=round(x + side / 2, 1), y=y + 15, text_anchor="middle"))
    return joined(parts)


def _spot(spot: Spot, x: float, y: float) -> Markup:
    right = x + text_width(spot.label + spot.text) + 14 < WIDTH
    above = y > 50
    place = {
        "x": x + 9 if right else x - 9,
        "y": y - 8 if above else y + 18,
        "text_anchor": "start" if right else "end",
    }
    tone = "spot" if spot.strong else "spot weak"
    return joined(
        [
            element("circle", cx=x, cy=y, r=5.5, class_=tone),
            element("text", f"{spot.label} {spot.text}", **place),
        ]
    )


def _ticks(at: Any, x_maximum: float, y_maximum: float) -> list[Markup]:
    parts = []
    for share in (0, 0.5, 1):
        x, y = at(share * x_maximum, 0)
        parts.append(
            element("text", f"{share * x_maximum:.2g}", x=x, y=y + 16, text_anchor="middle", class_="small")
        )
        x, y = at(0, share * y_maximum)
        parts.append(
            element("text", f"{share * y_maximum:.2g}", x=x - 6, y=y + 4, text_anchor="end", class_="small")
        )
    return parts


def _cut(label: str, room: float) -> str:
    while text_width(label) > room and len(label) > 2:
        label = label[:-2] + "…"
    return label
