"""Models in the airlock: what the attacks found, in words, and the curve of the likelihood-ratio attack."""

from __future__ import annotations

from collections.abc import Sequence

from ....language import Message, say
from ....verbs.airlock.model_reports import Report, sentences
from ..elements.frame import subheading
from ..elements.parts import Part, still, words
from ..visit import Visit


def show_models(visit: Visit, reports: Sequence[Report]) -> None:
    """One section for each model; nothing where there is none."""
    for report in reports:
        subheading(visit, say("The model in file {file}, attacked", file=report["file"]))
        with Part("ul", classes="dalgu-plain-list"):
            for line in sentences(report):
                words(visit, "li", line)
        if "curve" in report:
            _curve(visit, report)


def _curve(visit: Visit, report: Report) -> None:
    """The ROC curve beside the diagonal of pure guessing; the same in words and as a table."""
    points = [(float(x), float(y)) for x, y in report["curve"]]
    with still(), Part("figure", classes="dalgu-figure"):
        words(
            visit, "figcaption", say("The nearer to the dashed line, the less the model tells who trained it")
        )
        with Part("div", classes="dalgu-roc", aria_hidden="true"), Part("svg", viewBox="-2 -2 104 104"):
            for at in (0, 50, 100):
                Part("line", classes="dalgu-line-grid", x1=0, x2=100, y1=at, y2=at)
                Part("line", classes="dalgu-line-grid", y1=0, y2=100, x1=at, x2=at)
            Part("path", classes="dalgu-roc-guess", d="M0 100 L100 0", fill="none")
            Part("path", classes="dalgu-line-path", d="M" + " L".join(f"{100 * x:.1f} {100 - 100 * y:.1f}" for x, y in points), fill="none")  # fmt: skip
        words(visit, "p", say("Across: the share of others taken for training records, 0 to 1. Up: the share of training records found, 0 to 1."), "dalgu-faint")  # fmt: skip
        words(visit, "p", _in_words(points), "dalgu-only-read")
        _table(visit, points)


def _in_words(points: Sequence[tuple[float, float]]) -> Message:
    at_ten, at_half = (next(y for x, y in points if x >= wanted) for wanted in (0.1, 0.5))
    return say("At 10 % false alarms {ten} of the training records are found, at 50 % {half}.", ten=f"{at_ten:.2f}", half=f"{at_half:.2f}")  # fmt: skip


def _table(visit: Visit, points: Sequence[tuple[float, float]]) -> None:
    with Part("details"):
        words(visit, "summary", say("The numbers as a table"))
        with Part("table", classes="dalgu-small-table"):
            with Part("thead"), Part("tr"):
                words(visit, "th", say("others taken for training records"), scope="col")
                words(visit, "th", say("training records found"), scope="col")
            with Part("tbody"):
                for x, y in points:
                    with Part("tr"):
                        Part("th", f"{x:g}", scope="row")
                        Part("td", f"{y:.2f}")
