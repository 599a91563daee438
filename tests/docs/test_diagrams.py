"""State diagrams are whole: every state once, every move a line that begins and ends at its boxes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree

import pytest

from dalgubeol.rules import lifecycle
from docs import diagrams

TABLES = {name: table for name, table in vars(lifecycle).items() if name.endswith("_MOVES")}


@pytest.mark.parametrize("name", TABLES)
def test_every_state_and_move_is_drawn_once(name: str) -> None:
    moves: Mapping[Any, StrEnum] = TABLES[name]
    svg = ElementTree.fromstring(diagrams.drawn(moves, "A title"))
    texts = [(e.get("class"), e.text) for e in svg.iter("text")]
    states = {state.value for state, _ in moves} | {state.value for state in moves.values()}
    assert sorted(text or "" for kind, text in texts if kind == "state") == sorted(states)
    assert sorted(text or "" for kind, text in texts if kind == "name") == sorted(move for _, move in moves)
    assert svg.get("aria-label") == "A title"


@pytest.mark.parametrize("name", TABLES)
def test_boxes_and_names_are_inside_and_boxes_do_not_meet(name: str) -> None:
    svg = ElementTree.fromstring(diagrams.drawn(TABLES[name], "A title"))
    wide, high = map(float, str(svg.get("viewBox")).split()[2:])
    boxes = []
    for rect in svg.iter("rect"):
        x, y, w, h = (float(str(rect.get(k))) for k in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= wide
        assert 0 <= y <= y + h <= high
        if rect.get("class") != "behind":
            boxes.append((x, y, w, h))
    for number, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[:number]:
            assert x + w < x2 or x2 + w2 < x or y + h < y2 or y2 + h2 < y


def test_a_move_ends_at_the_box_it_leads_to() -> None:
    class State(StrEnum):
        A = "a"
        B = "b"

    svg = ElementTree.fromstring(diagrams.drawn({(State.A, "go"): State.B}, "t"))
    first, second = (r for r in svg.iter("rect") if r.get("class") is None)
    (path,) = (str(p.get("d")) for p in svg.iter("path") if p.get("class") == "move")
    numbers = [float(n) for n in re.findall(r"-?\d+", path)]
    assert numbers[0] == float(str(first.get("x"))) + float(str(first.get("width")))
    assert numbers[-2] == float(str(second.get("x")))
