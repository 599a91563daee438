"""Small charts: a title that says what to see, a drawing, the same in words for who cannot see it, and the table.

Drawn as SVG that stretches with the page; every word beside it is HTML, so that it stays readable on a phone.
Nothing is loaded for it. Values are counts or numbers that everybody may read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ....language import Message, say
from ..visit import Visit
from .parts import Part, still, words


@dataclass(frozen=True, slots=True)
class Point:
    """One bar, or one place on a line."""

    name: str
    value: float
    shown: str = ""
    """The value as people read it, with its unit; the number with separators where nothing is said."""
    chip: str = ""
    """A sensitivity whose chip the name is shown as."""
    bad: bool = False
    """Drawn in the colour of what needs a look."""

    @property
    def text(self) -> str:
        return self.shown or f"{self.value:,.10g}"


def bars(
    visit: Visit, title: Message, points: Sequence[Point], headers: tuple[Message, Message], mark: float | None = None
) -> None:  # fmt: skip
    """Horizontal bars from zero, in the order given; `mark` is a limit, drawn across all of them."""
    with _figure(visit, title, points, headers):
        most = max([*(point.value for point in points), mark or 0]) or 1
        with Part("div", classes="dalgu-bars", aria_hidden="true"):
            for point in points:
                Part(
                    "span",
                    point.name,
                    f"dalgu-chip dalgu-chip-{point.chip}" if point.chip else "dalgu-bar-name",
                )
                with Part("svg", classes="dalgu-bar-line", viewBox="0 0 100 10", preserveAspectRatio="none"):
                    Part("rect", classes="dalgu-bar-back", x=0, y=0, width=100, height=10)
                    fill = "dalgu-bar-fill dalgu-bar-bad" if point.bad else "dalgu-bar-fill"
                    Part(
                        "rect",
                        classes=fill,
                        x=0,
                        y=0,
                        height=10,
                        width=round(100 * max(point.value, 0) / most, 2),
                    )
                    if mark is not None:
                        at = round(100 * mark / most, 2)
                        Part("line", classes="dalgu-bar-mark", x1=at, x2=at, y1=0, y2=10)
                Part("span", point.text, "dalgu-bar-value")


def line(visit: Visit, title: Message, points: Sequence[Point], headers: tuple[Message, Message]) -> None:
    """A line from zero through all points, from left to right."""
    with _figure(visit, title, points, headers):
        most = max((point.value for point in points), default=0) or 1
        with Part("div", classes="dalgu-line", aria_hidden="true"):
            with Part("div", classes="dalgu-line-up"):
                Part("span", f"{most:,.10g}")
                Part("span", "0")
            with Part("svg", viewBox="0 0 100 40", preserveAspectRatio="none"):
                for height in (0.5, 20, 39.5):
                    Part("line", classes="dalgu-line-grid", x1=0, x2=100, y1=height, y2=height)
                Part("path", classes="dalgu-line-area", d=f"M0 39.5 L{_path(points, most)} L100 39.5 Z")
                Part("path", classes="dalgu-line-path", d=f"M{_path(points, most)}", fill="none")
            with Part("div", classes="dalgu-line-along"):
                for place in sorted({0, len(points) // 2, len(points) - 1} if points else set()):
                    Part("span", points[place].name)


def _path(points: Sequence[Point], most: float) -> str:
    step = 100 / max(len(points) - 1, 1)
    return " L".join(
        f"{step * place:.2f} {39.5 - 39 * max(p.value, 0) / most:.2f}" for place, p in enumerate(points)
    )


@contextmanager
def _figure(
    visit: Visit, title: Message, points: Sequence[Point], headers: tuple[Message, Message]
) -> Iterator[None]:
    with still(), Part("figure", classes="dalgu-figure"):
        words(visit, "figcaption", title)
        yield
        words(visit, "p", alternative(points), "dalgu-only-read")
        with Part("details"):
            words(visit, "summary", say("The numbers as a table"))
            with Part("table", classes="dalgu-small-table"):
                with Part("thead"), Part("tr"):
                    for header in headers:
                        words(visit, "th", header, scope="col")
                with Part("tbody"):
                    for point in points:
                        with Part("tr"):
                            Part("th", point.name, scope="row")
                            Part("td", point.text)


def alternative(points: Sequence[Point]) -> Message:
    """What the drawing shows, in words."""
    if not points:
        return say("There is nothing to draw yet.")
    most, least = max(points, key=lambda p: p.value), min(points, key=lambda p: p.value)
    return say(
        "{count} values; the largest is {most} ({most_value}), the smallest {least} ({least_value}).",
        count=len(points), most=most.name, most_value=most.text, least=least.name, least_value=least.text,
    )  # fmt: skip
