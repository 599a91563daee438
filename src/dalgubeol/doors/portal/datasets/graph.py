"""Where a Dataset came from and what was made from it, drawn from left to right, and the same as a list.

The drawing is for eyes and mice; the list beneath says all of it, with links, for keyboards and screen readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....language import Message, say
from ....nouns.dataset import DatasetState
from ....verbs.papers.papers import Kin
from ..elements.names import kind_title
from ..elements.parts import Part, anchor, words
from ..visit import Visit

_WIDTH, _HEIGHT, _GAP, _ROW = 196, 50, 56, 64
_LONGEST = 18


def lineage(visit: Visit, kin: Sequence[Kin], edges: Sequence[tuple[str, str]]) -> None:
    places = _places(kin)
    width = max(x for x, _ in places.values()) + _WIDTH + 4
    height = max(y for _, y in places.values()) + _HEIGHT + 4
    with Part("div", classes="dalgu-scroll dalgu-graph", aria_hidden="true"):  # noqa: SIM117 - the drawing, then what it is of
        with Part("svg", viewBox=f"0 0 {width} {height}", width=width, height=height):
            for source, made in edges:
                if source in places and made in places:
                    Part("path", classes="dalgu-edge", d=_curve(places[source], places[made]), fill="none")
            for one in kin:
                _box(visit, one, *places[one.id])
    _as_list(visit, kin)


def _places(kin: Sequence[Kin]) -> dict[str, tuple[int, int]]:
    steps = sorted({one.step for one in kin})
    rows: dict[int, int] = {}
    most = max(sum(1 for one in kin if one.step == step) for step in steps)
    places = {}
    for one in kin:
        count = sum(1 for each in kin if each.step == one.step)
        row = rows.get(one.step, 0)
        rows[one.step] = row + 1
        top = (most - count) * _ROW // 2
        places[one.id] = (2 + steps.index(one.step) * (_WIDTH + _GAP), 2 + top + row * _ROW)
    return places


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1, x2, y2 = start[0] + _WIDTH, start[1] + _HEIGHT // 2, end[0], end[1] + _HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"


def _box(visit: Visit, one: Kin, x: int, y: int) -> None:
    here = one.step == 0
    attributes: dict[str, Any] = (
        {} if here or not one.name else {"href": f"/datasets/{one.id}", "tabindex": "-1"}
    )
    with Part(
        "a" if attributes else "g", classes="dalgu-node" + (" dalgu-node-here" if here else ""), **attributes
    ):
        Part("rect", x=x, y=y, width=_WIDTH, height=_HEIGHT, rx=7)
        Part("text", _short(_name(visit, one)), "dalgu-node-name", x=x + 10, y=y + 20)
        Part("text", _short(_what(visit, one), 28), "dalgu-node-what", x=x + 10, y=y + 38)


def _name(visit: Visit, one: Kin) -> str:
    return one.name or visit.text(say("not open to everybody"))


def _what(visit: Visit, one: Kin) -> str:
    if one.state is DatasetState.DESTROYED:
        return visit.text(say("destroyed"))
    made = visit.text(kind_title(one.kind) if one.kind else say("brought in"))
    return f"{'●' * (one.sensitivity.rank + 1)} {made}"


def _short(text: str, longest: int = _LONGEST) -> str:
    """Korean syllables are twice as wide as Latin letters."""
    width, kept = 0.0, ""
    for sign in text:
        width += 1.75 if sign > "\u1100" else 1
        if width > longest:
            return kept + "…"
        kept += sign
    return kept


def _as_list(visit: Visit, kin: Sequence[Kin]) -> None:
    up = [one for one in kin if one.step < 0]
    down = [one for one in kin if one.step > 0]
    with Part("div", classes="dalgu-two"):
        _half(
            visit,
            say("It was made from"),
            sorted(up, key=lambda k: -k.step),
            say("Nothing: it was brought in."),
        )
        _half(visit, say("From it were made"), down, say("Nothing yet."))


def _half(visit: Visit, name: Message, kin: Sequence[Kin], nothing: Message) -> None:
    with Part("div"):
        words(visit, "h3", name)
        if not kin:
            words(visit, "p", nothing, "dalgu-faint")
            return
        with Part("ul", classes="dalgu-plain-list"):
            for one in kin:
                with Part("li"):
                    if one.name:
                        anchor(visit, f"/datasets/{one.id}", one.name)
                    else:
                        Part("span", _name(visit, one))
                    words(visit, "span", _said(one), "dalgu-faint")


def _said(one: Kin) -> Message:
    by = say("by {kind}", kind=kind_title(one.kind)) if one.kind else say("brought in")
    if abs(one.step) == 1:
        return say("{by}, {sensitivity}", by=by, sensitivity=one.sensitivity)
    return say(
        "{by}, {sensitivity}, over {steps} steps", by=by, sensitivity=one.sensitivity, steps=abs(one.step)
    )
