"""Global and local recoding side by side: what each loses, what it risks, and the same rows in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ....errors import DalguError
from ....language import Message, say
from ....verbs.projects import finer
from ..elements.parts import Part, still, words
from ..visit import Visit
from .lattice import percent
from .protection import RECODINGS

if TYPE_CHECKING:
    from ....verbs.projects.finer import Finer, Way
    from ....verbs.projects.previews import SampleRow


class Comparison:
    """The place of a comparison. `chosen` is told which recoding somebody takes."""

    def __init__(self, visit: Visit, chosen: Callable[[str], None]) -> None:
        self.visit, self.chosen = visit, chosen
        self._wish = 0
        self._shown: tuple[Finer, str] | None = None

    def build(self, pressed: Callable[[], Any]) -> None:
        visit = self.visit
        words(visit, "h3", say("One level for all, or finer: side by side"))
        words(visit, "p", say("Local recoding makes each class as fine as it may be. It takes some seconds, so it is worked out when you ask."), "dalgu-hint")  # fmt: skip
        with Part("div", classes="dalgu-buttons"):
            words(visit, "button", say("Compare global and local recoding"), "dalgu-quiet", type="button").on("click", pressed)  # fmt: skip
        self.place = Part("div", aria_live="polite")

    def stale(self) -> None:
        """Something has changed: what was compared, or is being, was of other settings."""
        self._wish += 1
        self._shown = None
        if not self.place.is_deleted and self.place.default_slot.children:
            self.place.clear()
            with self.place:
                words(self.visit, "p", say("Something was changed: compare anew."), "dalgu-hint")

    def chose(self, recoding: str) -> None:
        """Another way is chosen now: the same comparison says so."""
        if self._shown is not None:
            self.place.clear()
            with self.place:
                self._show(self._shown[0], recoding)

    async def compare(self, token: str, plain: Mapping[str, Any]) -> DalguError | None:
        """Work it out and show it; what is wrong, if something is."""
        visit = self.visit
        self._wish += 1
        wish = self._wish
        self.place.clear()
        with self.place:
            words(visit, "p", say("The three ways are being worked out..."), "dalgu-hint", role="status")
        found, error = await visit.attempt(
            lambda who: finer.compare(visit.house, who, token, plain, lambda: wish != self._wish)
        )
        if wish != self._wish or self.place.is_deleted:
            return None
        self.place.clear()
        with self.place:
            if error is not None:
                words(visit, "p", say("{what} {next}", what=error.detail, next=error.next_step), "dalgu-field-error")  # fmt: skip
            elif found is not None:
                self._show(found, str(plain["search"]["recoding"]))
        return error

    def _show(self, found: Finer, recoding: str) -> None:
        visit, self._shown = self.visit, (found, recoding)
        if found.sampled:
            words(visit, "p", say("On a sample: {rows} of {all} rows, because all would take too long here. With fewer persons every class is coarser: on all rows each way loses less.", rows=f"{found.rows:,}", all=f"{found.of_rows:,}"), "dalgu-note")  # fmt: skip
        else:
            words(visit, "p", say("Worked out on all {rows} rows of the look.", rows=f"{found.rows:,}"), "dalgu-faint")  # fmt: skip
        whole = found.ways[0]
        headers = (say("way"), say("loss"), say("mean risk"), say("classes"), say("smallest class"), say("rows left out"), say("choose"))  # fmt: skip
        with Part("table", classes="dalgu-list dalgu-ways"):
            with Part("thead"), Part("tr"):
                for header in headers:
                    words(visit, "th", header, scope="col")
            with Part("tbody"):
                for way in found.ways:
                    self._row(way, whole, recoding, headers)
        words(visit, "h4", say("The same rows, each way"))
        words(visit, "p", say("Only you see these: nothing of them is kept. What says who somebody is stays hidden."), "dalgu-hint")  # fmt: skip
        with still(), Part("div", classes="dalgu-three dalgu-sample"):
            for way in found.ways:
                side(visit, RECODINGS[way.recoding], found.columns, [r.after for r in found.samples[way.recoding]], [r.before for r in found.samples[way.recoding]])  # fmt: skip

    def _row(self, way: Way, whole: Way, recoding: str, headers: tuple[Message, ...]) -> None:
        visit = self.visit
        less = say("{loss}, {drop} less", loss=percent(way.loss), drop=percent(1 - way.loss / whole.loss)) if way is not whole and whole.loss else percent(way.loss)  # fmt: skip
        cells = (less, percent(way.mean), f"{way.classes:,}", f"{way.smallest:,}", percent(way.suppressed_share))  # fmt: skip
        with Part("tr"):
            words(visit, "th", RECODINGS[way.recoding], scope="row")
            for header, cell in zip(headers[1:], cells, strict=False):
                words(visit, "td", cell, data_name=visit.text(header))
            with Part("td"):
                if way.recoding == recoding:
                    words(visit, "span", say("chosen"), "dalgu-strong")
                    return
                button = words(
                    visit, "button", say("Choose"), "dalgu-link", type="button",
                    aria_label=visit.text(say("Choose: {way}", way=RECODINGS[way.recoding])),
                )  # fmt: skip
                button.on("click", lambda: self.chosen(way.recoding))


def side(visit: Visit, name: Message, columns: tuple[str, ...], rows: list[Any], others: list[Any] | None = None) -> None:  # fmt: skip
    """A few rows; what differs from `others` is marked."""
    with Part("div"):
        words(visit, "h4", name)
        with Part("div", classes="dalgu-sheet", tabindex=0, role="region", aria_label=visit.text(name)), Part("table"):  # fmt: skip
            with Part("thead"), Part("tr"):
                words(visit, "th", say("row"), scope="col")
                for column in columns:
                    Part("th", column, scope="col")
            with Part("tbody"):
                for number, row in enumerate(rows, start=1):
                    with Part("tr"):
                        Part("th", str(number), scope="row")
                        if row is None:
                            words(visit, "td", say("left out"), "dalgu-no", colspan=len(columns))
                            continue
                        for i, cell in enumerate(row):
                            changed = others is not None and cell != others[number - 1][i]
                            Part("td", "●●●" if cell is None else cell, "dalgu-strong" if changed else "")


def before_and_after(visit: Visit, columns: tuple[str, ...], rows: tuple[SampleRow, ...]) -> None:
    words(visit, "h3", say("Some rows, before and after"))
    words(visit, "p", say("Only you see these: nothing of them is kept. What says who somebody is stays hidden."), "dalgu-hint")  # fmt: skip
    with still(), Part("div", classes="dalgu-two dalgu-sample"):
        side(visit, say("before"), columns, [row.before for row in rows])
        side(visit, say("after"), columns, [row.after for row in rows], [row.before for row in rows])
