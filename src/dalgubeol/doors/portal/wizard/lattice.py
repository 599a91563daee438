"""Nodes of a lattice drawn: as places between risk and utility, and as the lattice itself.

A node's state is told by colour and by shape: here (a diamond), the best (a square), allowed (a disc), not allowed
(a cross). Both drawings have their words beside them and one table behind them. A node of the lattice is pressed,
or reached with the arrow keys and taken with Enter; the drawing is one component, listened to as a whole.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ....language import Message, say
from ..elements.parts import Part, named, still, words
from ..visit import Visit

if TYPE_CHECKING:
    from ....methods.privacy.lattice_view import Node
    from ....verbs.projects.previews import Picture

Levels = tuple[int, ...]
_NAMES = {
    "here": say("where you are"),
    "best": say("the best"),
    "allowed": say("is allowed"),
    "refused": say("not allowed"),
}
_WIDE, _HIGH = 320, 170
_APART, _ROW, _LEFT = 34, 46, 34

_TAKE = """(event) => { const node = event.target.closest('[data-node]'); if (node) emit(node.dataset.node, false); }"""
_KEYS = """(event) => {
const node = event.target.closest('[data-node]'); if (!node) return;
if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); emit(node.dataset.node, true); return; }
const all = [...node.closest('svg').querySelectorAll('[data-node]')], at = (n) => [+n.dataset.row, +n.dataset.x];
const [row, x] = at(node), up = { ArrowUp: 1, ArrowDown: -1 }[event.key], along = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
if (!up && !along) return; event.preventDefault();
const rows = up ? all.map((n) => at(n)[0]).filter((r) => (r - row) * up > 0) : [row];
const next = up ? Math.min(...rows.map((r) => Math.abs(r - row))) * up + row : row;
const there = all.filter((n) => n !== node && at(n)[0] === next && (up || (at(n)[1] - x) * along > 0));
there.sort((a, b) => Math.abs(at(a)[1] - x) - Math.abs(at(b)[1] - x));
if (there[0]) { node.tabIndex = -1; there[0].tabIndex = 0; there[0].focus(); } }"""


def state(node: Node, here: Levels, best: Levels | None) -> str:
    if node.levels == here:
        return "here"
    return "best" if node.levels == best else "allowed" if node.allowed else "refused"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def plot(visit: Visit, picture: Picture, here: Levels, best: Levels | None, raw: Node) -> None:
    """Each node by its loss (to the right) and the mean risk of a person (upward)."""
    nodes = sorted(picture.nodes, key=lambda n: ("refused", "allowed", "best", "here").index(state(n, here, best)))  # fmt: skip
    now = next(n for n in nodes if n.levels == here)
    across, up = _span([n.look.loss for n in nodes]), _span([_mean(n) for n in nodes])
    with still(), Part("figure", classes="dalgu-figure dalgu-plot"):
        words(visit, "figcaption", say("Risk against utility: here the mean risk is {risk}, and {loss} is lost", risk=percent(_mean(now)), loss=percent(now.look.loss)))  # fmt: skip
        words(visit, "p", say("Upward: mean risk of a person, {least} to {most}. As it is, it is {raw}.", least=percent(up[0]), most=percent(up[1]), raw=percent(_mean(raw))), "dalgu-faint")  # fmt: skip
        with Part("svg", viewBox=f"-10 -10 {_WIDE + 20} {_HIGH + 20}", aria_hidden="true"):
            for share in (0, 0.5, 1):
                Part("line", classes="dalgu-line-grid", x1=0, x2=_WIDE, y1=_HIGH * share, y2=_HIGH * share)
                Part("line", classes="dalgu-line-grid", y1=0, y2=_HIGH, x1=_WIDE * share, x2=_WIDE * share)
            for node in nodes:
                x = _WIDE * (node.look.loss - across[0]) / (across[1] - across[0])
                y = _HIGH * (1 - (_mean(node) - up[0]) / (up[1] - up[0]))
                with Part("g", classes=f"dalgu-mark-{state(node, here, best)}"):
                    _mark(state(node, here, best), round(x, 1), round(y, 1), 4)
        words(visit, "p", say("To the right: loss, {least} to {most}.", least=percent(across[0]), most=percent(across[1])), "dalgu-faint dalgu-plot-along")  # fmt: skip
        _legend(visit)


def _mean(node: Node) -> float:
    return node.look.risk.prosecutor_mean_of_persons


def _span(shares: Sequence[float]) -> tuple[float, float]:
    """From where to where an axis goes: whole hundredths around what is drawn, and never nothing."""
    least, most = math.floor(100 * min(shares)) / 100, math.ceil(100 * max(shares)) / 100
    return (least, most) if most > least else (least, least + 0.01)


def lattice(visit: Visit, picture: Picture, here: Levels, best: Levels | None, columns: Sequence[str], take: Callable[[Levels, bool], Any]) -> None:  # fmt: skip
    """The lattice, fine below and coarse above. `take` is told the levels of a node and whether a key took it."""
    nodes = picture.nodes

    def taken(event: Any) -> Any:
        place, by_key = event.args
        return take(nodes[int(place)].levels, bool(by_key)) if 0 <= int(place) < len(nodes) else None

    title = say("The lattice: every way to make these columns coarser") if picture.all else say("The lattice around where you are and the best: {count} of its nodes", count=len(nodes))  # fmt: skip
    with Part("figure", classes="dalgu-figure"):
        words(visit, "figcaption", title)
        words(visit, "p", say("Each mark is one choice of levels; a line is one step in one column. Press a mark to take its levels, or go there with the arrow keys and press Enter."), "dalgu-hint")  # fmt: skip
        with Part("div", classes="dalgu-scroll dalgu-lattice") as drawing, still():
            _draw(visit, picture, here, best, columns)
        drawing.on("click", taken, js_handler=_TAKE)
        drawing.on("keydown", taken, js_handler=_KEYS)
        with still():
            _legend(visit)
            words(visit, "p", _told(nodes, here, best), "dalgu-only-read")
            _table(visit, nodes, here, best, columns)


def _draw(visit: Visit, picture: Picture, here: Levels, best: Levels | None, columns: Sequence[str]) -> None:  # fmt: skip
    rows: dict[int, list[int]] = defaultdict(list)
    for i, node in enumerate(picture.nodes):
        rows[sum(node.levels)].append(i)
    sums = sorted(rows)
    wide = _LEFT + _APART * max(len(row) for row in rows.values())
    high = _ROW * len(sums)
    place: dict[int, tuple[float, float]] = {}
    for step, total in enumerate(sums):
        row = rows[total]
        begins = _LEFT + (wide - _LEFT - _APART * len(row)) / 2
        for j, i in enumerate(row):
            place[i] = (begins + _APART * (j + 0.5), high - _ROW * (step + 0.5))
    label = visit.text(say("Nodes of the lattice"))
    with Part("svg", viewBox=f"0 0 {wide} {high}", width=max(wide, 160), height=high, role="radiogroup", aria_label=label):  # fmt: skip
        for a, b in picture.lines:
            (x1, y1), (x2, y2) = place[a], place[b]
            Part("line", classes="dalgu-lattice-edge", x1=x1, y1=y1, x2=x2, y2=y2)
        for step, total in enumerate(sums):
            Part("text", str(total), "dalgu-lattice-sum", x=4, y=high - _ROW * (step + 0.5) + 4, aria_hidden="true")  # fmt: skip
        for total in sums:
            for i in rows[total]:
                node, (x, y) = picture.nodes[i], place[i]
                kind = state(node, here, best)
                name = _named(visit, node, columns, kind)
                with Part(
                    "g", classes=f"dalgu-mark dalgu-mark-{kind}", role="radio", aria_checked=str(kind == "here").lower(),
                    tabindex=0 if kind == "here" else -1, aria_label=name, data_node=i, data_row=total, data_x=round(x),
                ):  # fmt: skip
                    Part("title", name)
                    Part("circle", classes="dalgu-mark-room", cx=x, cy=y, r=15)
                    _mark(kind, x, y, 8)


def _mark(kind: str, x: float, y: float, size: float) -> None:
    if kind == "here":
        size *= 1.35
        Part("path", d=f"M{x} {y - size} L{x + size} {y} L{x} {y + size} L{x - size} {y} Z")
    elif kind == "best":
        Part("rect", x=x - size, y=y - size, width=2 * size, height=2 * size)
    elif kind == "allowed":
        Part("circle", cx=x, cy=y, r=size * 0.8)
    else:
        size *= 0.6
        Part("path", d=f"M{x - size} {y - size} L{x + size} {y + size} M{x - size} {y + size} L{x + size} {y - size}")  # fmt: skip


def _legend(visit: Visit) -> None:
    with Part("ul", classes="dalgu-legend"):
        for kind, name in _NAMES.items():
            with Part("li"):
                with Part("svg", viewBox="0 0 24 24", width=20, height=20, aria_hidden="true", classes=f"dalgu-mark-{kind}"):  # fmt: skip
                    _mark(kind, 12, 12, 7)
                words(visit, "span", name)


def _named(visit: Visit, node: Node, columns: Sequence[str], kind: str) -> str:
    levels = ", ".join(f"{c} {level}" for c, level in zip(columns, node.levels, strict=True))
    return visit.text(
        say("{state}: {levels}. Loss {loss}, mean risk {risk}, rows left out {out}", state=visit.text(_NAMES[kind]), levels=levels, loss=percent(node.look.loss), risk=percent(node.look.risk.prosecutor_mean_of_persons), out=percent(node.suppressed_share))
    )  # fmt: skip


def _told(nodes: Sequence[Node], here: Levels, best: Levels | None) -> Message:
    allowed = sum(node.allowed for node in nodes)
    return say("{count} nodes are drawn, {allowed} of them are allowed.", count=len(nodes), allowed=allowed)


def _table(visit: Visit, nodes: Sequence[Node], here: Levels, best: Levels | None, columns: Sequence[str]) -> None:  # fmt: skip
    headers = [*columns, *(visit.text(m) for m in (say("state"), say("loss"), say("mean risk of a person"), say("rows left out")))]  # fmt: skip
    with Part("details"):
        words(visit, "summary", say("The nodes as a table"))
        with Part("div", classes="dalgu-sheet", tabindex=0, role="region", aria_label=visit.text(say("The nodes as a table"))), Part("table"):  # fmt: skip
            with Part("thead"), Part("tr"):
                for header in headers:
                    Part("th", header, scope="col")
            with Part("tbody"):
                for node in nodes:
                    risk = node.look.risk.prosecutor_mean_of_persons
                    with Part("tr"):
                        for level in node.levels:
                            Part("td", str(level))
                        words(visit, "td", _NAMES[state(node, here, best)])
                        for share in (node.look.loss, risk, node.suppressed_share):
                            Part("td", percent(share))


def focus_here(place: Part) -> str:
    """The script that takes the keyboard back to the node that was taken."""
    named(place, id=place.html_id)
    return f"""document.getElementById("{place.html_id}")?.querySelector('[aria-checked="true"]')?.focus()"""
