"""State diagrams as SVG, drawn from the transition tables that the code itself obeys.

A small layered drawing: states in columns by their longest way from the beginning, one line per move, its
name on it. A move that leads back or to itself is drawn as an arc and does not count for the columns. No
script and no foreign host is needed to see it, colours follow the page (`currentColor`), and the table of
moves that stands below each drawing in the reference says the same in words.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

_WIDTH, _HEIGHT, _GAP, _ROW, _MARGIN = 132, 36, 96, 64, 30
_CELL = 7.1  # pixels of one letter of a label

Point = tuple[float, float]


@dataclass
class _Drawing:
    """States in columns; a move over several columns has a point of its own in each column it crosses."""

    columns: list[list[str]]
    ways: list[tuple[str, list[str]]]
    """Each move forward, with the states and points it goes through."""
    back: list[tuple[str, str, str]]
    places: dict[str, Point] = field(default_factory=dict)


def drawn(moves: Mapping[tuple[StrEnum, str], StrEnum], title: str) -> str:
    """The diagram of one table as one line of SVG. `title` is read out by a screen reader."""
    drawing = _laid_out([(start.value, move, end.value) for (start, move), end in moves.items()])
    _place(drawing)
    states = [name for column in drawing.columns for name in column if not name.startswith("|")]
    inside = [*map(_line_of(drawing), drawing.ways), *(_arc(drawing, *each) for each in drawing.back)]
    inside += [_box(name, drawing.places[name]) for name in states]
    wide = max(x for x, _ in drawing.places.values()) + _WIDTH / 2 + _MARGIN
    high = max(y for _, y in drawing.places.values()) + _HEIGHT / 2 + _MARGIN
    return (
        f'<svg class="states" role="img" aria-label="{html.escape(title)}" viewBox="0 0 {wide:.0f} {high:.0f}"'
        f' style="max-width:{wide:.0f}px">{_ARROW}{"".join(inside)}</svg>'
    )


_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>'
)


def _laid_out(moves: list[tuple[str, str, str]]) -> _Drawing:
    forward, back = _split(moves)
    ranks = _ranks({name for start, _, end in moves for name in (start, end)}, forward)
    columns: list[list[str]] = [[] for _ in range(max(ranks.values()) + 1)]
    for name in dict.fromkeys(name for start, _, end in moves for name in (start, end)):
        columns[ranks[name]].append(name)
    ways = []
    for start, move, end in forward:
        crossed = [f"|{start}|{end}|{rank}" for rank in range(ranks[start] + 1, ranks[end])]
        for point in crossed:
            columns[int(point.rpartition("|")[2])].append(point)
        ways.append((move, [start, *crossed, end]))
    drawing = _Drawing(columns, ways, back)
    _order(drawing)
    return drawing


def _split(
    moves: list[tuple[str, str, str]],
) -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]:
    """Moves that lead on, and those that lead back to where one has been."""
    forward: list[tuple[str, str, str]] = []
    back: list[tuple[str, str, str]] = []
    for start, move, end in moves:
        circle = start == end or start in _reached(end, forward)
        (back if circle else forward).append((start, move, end))
    return forward, back


def _reached(name: str, moves: list[tuple[str, str, str]]) -> set[str]:
    seen = {name}
    while more := {end for start, _, end in moves if start in seen} - seen:
        seen |= more
    return seen


def _ranks(names: Iterable[str], forward: list[tuple[str, str, str]]) -> dict[str, int]:
    """The length of the longest way to each state."""
    ranks = dict.fromkeys(names, 0)
    for _ in ranks:
        for start, _, end in forward:
            ranks[end] = max(ranks[end], ranks[start] + 1)
    return ranks


def _order(drawing: _Drawing) -> None:
    """Put each column in the order of what leads to it, so that few lines cross."""
    before: dict[str, list[str]] = {}
    for _, way in drawing.ways:
        for left, right in pairwise(way):
            before.setdefault(right, []).append(left)
    for left_column, column in pairwise(drawing.columns):
        rows = {name: row for row, name in enumerate(left_column)}

        def middle(name: str, rows: dict[str, int] = rows) -> float:
            found = [rows[left] for left in before.get(name, []) if left in rows]
            return sum(found) / len(found) if found else 0.0

        column.sort(key=middle)


def _place(drawing: _Drawing) -> None:
    tallest = max(map(len, drawing.columns))
    for number, column in enumerate(drawing.columns):
        x = _MARGIN + _WIDTH / 2 + number * (_WIDTH + _GAP)
        top = _MARGIN + _HEIGHT / 2 + (tallest - len(column)) * _ROW / 2
        for row, name in enumerate(column):
            drawing.places[name] = (x, top + row * _ROW)


def _line_of(drawing: _Drawing):  # type: ignore[no-untyped-def]
    ports = _ports(drawing)

    def line(way: tuple[str, list[str]]) -> str:
        move, stops = way
        ends = ports[move, stops[0], stops[-1]]
        x, y = drawing.places[stops[0]]
        path, at = f"M{x + _WIDTH / 2:.0f} {y + ends[0]:.0f}", (x + _WIDTH / 2, y + ends[0])
        label: Point | None = None
        for stop in stops[1:]:
            x, y = drawing.places[stop]
            last = stop is stops[-1]
            to = (x - _WIDTH / 2, y + (ends[1] if last else 0))
            half = (to[0] - at[0]) / 2
            path += f"C{at[0] + half:.0f} {at[1]:.0f} {to[0] - half:.0f} {to[1]:.0f} {to[0]:.0f} {to[1]:.0f}"
            label = label or ((at[0] + to[0]) / 2, (at[1] + to[1]) / 2)
            at = to
            if not last:
                at = (x + _WIDTH / 2, to[1])
                path += f"L{at[0]:.0f} {at[1]:.0f}"
        return _path(path) + _label(move, label or at)

    return line


def _ports(drawing: _Drawing) -> dict[tuple[str, str, str], tuple[float, float]]:
    """How far above or below the middle of its two boxes each line begins and ends, so that none overlap."""
    found: dict[tuple[str, str, str], list[float]] = {}
    keys = [((move, way[0], way[-1]), way) for move, way in drawing.ways]
    for side in (0, 1):
        groups: dict[str, list[tuple[float, tuple[str, str, str]]]] = {}
        for key, way in keys:
            here, there = (way[0], way[1]) if side == 0 else (way[-1], way[-2])
            groups.setdefault(here, []).append((drawing.places[there][1], key))
        for group in groups.values():
            group.sort()
            step = min(10.0, (_HEIGHT - 12) / max(1, len(group) - 1))
            for number, (_, key) in enumerate(group):
                found.setdefault(key, []).append((number - (len(group) - 1) / 2) * step)
    return {key: (ends[0], ends[1]) for key, ends in found.items()}


def _arc(drawing: _Drawing, start: str, move: str, end: str) -> str:
    (x1, y1), (x2, y2) = drawing.places[start], drawing.places[end]
    if start == end:
        top = y1 - _HEIGHT / 2
        path = f"M{x1 + 22:.0f} {top:.0f}C{x1 + 22:.0f} {top - 24:.0f} {x1 - 22:.0f} {top - 24:.0f} {x1 - 22:.0f} {top:.0f}"
        return _path(path) + _label(move, (x1, top - 18))
    low = max(y for x, y in drawing.places.values() if min(x1, x2) <= x <= max(x1, x2)) + _HEIGHT / 2
    deep = low + 28 if low > max(y1, y2) + _HEIGHT / 2 else low + 18
    y1, y2 = y1 + _HEIGHT / 2, y2 + _HEIGHT / 2
    path = f"M{x1:.0f} {y1:.0f}C{x1 - 10:.0f} {deep:.0f} {x2 + 10:.0f} {deep:.0f} {x2:.0f} {y2:.0f}"
    middle = ((x1 + x2) / 2, (y1 + y2) / 8 + deep * 0.75)
    return _path(path) + _label(move, middle)


def _box(name: str, place: Point) -> str:
    x, y = place
    return (
        f'<rect x="{x - _WIDTH / 2:.0f}" y="{y - _HEIGHT / 2:.0f}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>'
        f'<text class="state" x="{x:.0f}" y="{y + 5:.0f}">{html.escape(name)}</text>'
    )


def _path(path: str) -> str:
    return f'<path class="move" d="{path}" marker-end="url(#arrow)"/>'


def _label(text: str, place: Point) -> str:
    x, y = place
    wide = len(text) * _CELL + 6
    back = (
        f'<rect class="behind" x="{x - wide / 2:.0f}" y="{y - 9:.0f}" width="{wide:.0f}" height="17" rx="3"/>'
    )
    return f'{back}<text class="name" x="{x:.0f}" y="{y + 4:.0f}">{html.escape(text)}</text>'
