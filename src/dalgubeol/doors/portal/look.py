"""The live preview: levels are moved, and risk, utility, the lattice and a few rows follow.

The numbers come first, within a moment; the best, the pictures and the rows when the hand rests. What is shown
stands on the beginning of the table, and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nicegui import background_tasks, ui

from ...errors import DalguError
from ...language import Message, say
from ...verbs import previews
from ...world.identity import SignedIn
from . import lattice
from .frame import paragraph
from .lattice import percent
from .parts import Part, named, still, words
from .sheet import Sheet

if TYPE_CHECKING:
    from ...methods.privacy.lattice_view import Node
    from ...verbs.previews import Ready

Levels = tuple[int, ...]
_REST_S = 0.25
"""How long a hand rests before what takes longer is looked for."""
_TILES = {
    "mean": say("mean risk of a person"),
    "highest": say("highest risk of anybody"),
    "out": say("rows above the threshold 1/k: left out"),
    "loss": say("loss (0 %: nothing is lost)"),
    "smallest": say("persons in the smallest class"),
}


class Look:
    """One preview on a page. `plain` gives the policy of the form as it stands; `wrong` is told what is amiss in it."""

    def __init__(
        self,
        sheet: Sheet,
        plain: Callable[[], Mapping[str, Any]],
        wrong: Callable[[DalguError | None], object],
    ) -> None:
        self.sheet, self.visit = sheet, sheet.visit
        self.plain, self.wrong = plain, wrong
        self.ready: Ready | None = None
        self.levels: Levels = ()
        self.best: Levels | None = None
        self.best_for: Any = None
        self._wish, self._by_key = 0, False
        self._running: asyncio.Task[None] | None = None
        self._sliders: dict[str, tuple[Part, Part]] = {}

    def build(self, dataset: str) -> None:
        visit = self.visit
        self.dataset = dataset
        paragraph(visit, say("Move a level, k or the limit, and see what it costs. The levels begin at the best that was found."))  # fmt: skip
        with Part("div", classes="dalgu-buttons"):
            words(visit, "button", say("Show risk and utility"), "dalgu-quiet", type="button").on(
                "click", self.begin
            )
        self.place = Part("div")
        visit.client.on_delete(self.end)

    def end(self) -> None:
        """What is ready is no longer held."""
        if self.ready is not None:
            previews.kept(self.visit.house).drop(self.ready.token)
            self.ready = None

    def columns_changed(self) -> None:
        """Roles or steps are others now: what was shown is of another policy."""
        if self.ready is None:
            return
        self.end()
        self.place.clear()
        with self.place:
            words(self.visit, "p", say("The columns were changed: show it anew."), "dalgu-hint")

    async def begin(self) -> None:
        visit = self.visit
        self.end()
        self.best = None
        self.best_for = None
        self.place.clear()
        with self.place:
            words(visit, "p", say("The beginning of the table is being read..."), "dalgu-hint", role="status")
        plain = self.plain()
        found, error = await visit.attempt(lambda who: previews.begin(visit.house, who, self.dataset, plain))
        self.place.clear()
        self.wrong(error)
        with self.place:
            if found is None:
                self._say(error)
                return
            self.ready = found
            held: Mapping[str, Any] = self.sheet.values.get("levels") or {}
            self.levels = tuple(min(int(held.get(q.column, 0)), q.height) for q in found.quasi)
            self._draw(found)
        if self.sheet.values.get("fix"):
            self.changed()
        else:
            await self._take_best()

    def _draw(self, found: Ready) -> None:
        visit = self.visit
        part = say("These are all {rows} rows.", rows=f"{found.rows:,}") if found.whole else say("These are the first {rows} rows; the Run counts all.", rows=f"{found.rows:,}")  # fmt: skip
        words(visit, "p", part, "dalgu-faint")
        with Part("div", classes="dalgu-look"):
            with Part("div", classes="dalgu-levels"):
                words(visit, "h3", say("How coarse each column becomes"))
                for place, quasi in enumerate(found.quasi):
                    self._slider(place, quasi)
                self._buttons()
            with Part("div"):
                self._tiles(found)
                self.verdict = Part("p", "", "dalgu-state", role="status", aria_live="polite")
                self.plot = Part("div")
        self.picture = Part("div")
        self.rows = Part("div")

    def _slider(self, place: int, quasi: previews.Quasi) -> None:
        with Part("div", classes="dalgu-level"):
            label = Part("label", quasi.column)
            told = Part("output", self._level(place))
            control = Part("input", type="range", min=0, max=quasi.height, step=1, value=self.levels[place])
        named(control, id=control.html_id, aria_valuetext=self._level(place))
        named(label, for_=control.html_id)
        self._sliders[quasi.column] = (control, told)
        control.on("input", lambda event: self._moved(place, event.args), js_handler="(event) => emit(Number(event.target.value))", throttle=0.1)  # fmt: skip

    def _level(self, place: int) -> str:
        assert self.ready is not None
        quasi, level = self.ready.quasi[place], self.levels[place]
        if level == quasi.height:
            return self.visit.text(say("{level} of {height}: hidden", level=level, height=quasi.height))
        return self.visit.text(say("{level} of {height}: {count} different values", level=level, height=quasi.height, count=quasi.widths[level]))  # fmt: skip

    def _buttons(self) -> None:
        visit = self.visit
        with Part("div", classes="dalgu-buttons"):
            words(visit, "button", say("Take the best levels"), "dalgu-quiet", type="button").on("click", self._take_best)  # fmt: skip
        with Part("label", classes="dalgu-tick-label"):
            self.fix = Part("input", type="checkbox", checked=bool(self.sheet.values.get("fix")))
            words(visit, "span", say("Run with exactly these levels"))
        self.fix.on("change", lambda event: self._fix(bool(event.args)), js_handler="(event) => emit(event.target.checked)")  # fmt: skip
        named(self.fix, id=self.fix.html_id)
        words(visit, "p", say("Without this, the Run looks for the best levels on all rows."), "dalgu-hint")

    def _tiles(self, found: Ready) -> None:
        visit, risk = self.visit, found.raw.look.risk
        before = {
            "mean": percent(risk.prosecutor_mean_of_persons), "highest": percent(risk.prosecutor_max), "smallest": f"{risk.smallest_class:,}",
        }  # fmt: skip
        self.told: dict[str, Part] = {}
        with Part("dl", classes="dalgu-tiles"):
            for name, shown in _TILES.items():
                with Part("div"):
                    with Part("dt"):
                        words(visit, "span", shown)
                        if name in before:
                            words(visit, "span", say("(before: {value})", value=before[name]), "dalgu-before")
                    self.told[name] = Part("dd", "…", data_tile=name)

    def _moved(self, place: int, level: Any) -> None:
        if self.ready is None or not isinstance(level, int) or not 0 <= level <= self.ready.quasi[place].height:  # fmt: skip
            return
        self._set((*self.levels[:place], level, *self.levels[place + 1 :]))

    def _take(self, levels: Levels, by_key: bool) -> None:
        self._by_key = by_key
        self._set(levels)
        self._show_levels()

    def _set(self, levels: Levels) -> None:
        """Somebody has chosen these levels, not the search: the Run takes them."""
        self.levels = levels
        self._told_levels()
        self._fix(levels != self.best)
        self.changed()

    def _fix(self, on: bool) -> None:
        assert self.ready is not None
        self.sheet.set("fix", on)
        self.sheet.set("levels", dict(zip([q.column for q in self.ready.quasi], self.levels, strict=True)))
        self._script(f'for (const box of [document.getElementById("{self.fix.html_id}")]) if (box) box.checked = {str(on).lower()};')  # fmt: skip

    async def _take_best(self) -> None:
        await self._find_best(self.plain())
        if self.best is not None:
            self._take(self.best, False)
        else:
            self.changed()

    def _told_levels(self) -> None:
        assert self.ready is not None
        for place, quasi in enumerate(self.ready.quasi):
            control, told = self._sliders[quasi.column]
            told.set_text(self._level(place))
            named(control, aria_valuetext=self._level(place))

    def _show_levels(self) -> None:
        assert self.ready is not None
        script = "".join(
            f'document.getElementById("{self._sliders[q.column][0].html_id}").value = {level};'
            for q, level in zip(self.ready.quasi, self.levels, strict=True)
        )
        self._script(script)

    def _script(self, code: str) -> None:
        with self.visit.client:
            ui.run_javascript(code)

    def changed(self) -> None:
        """A level, k, a limit or a model is another: look again soon."""
        if self.ready is None:
            return
        self._wish += 1
        if self._running is None or self._running.done():
            self._running = background_tasks.create(self._follow(), name="preview")

    async def _follow(self) -> None:
        seen = -1
        while seen != self._wish and self.ready is not None:
            seen, plain, levels = self._wish, self.plain(), self.levels
            if not await self._numbers(plain, levels):
                continue
            await asyncio.sleep(_REST_S)
            if seen == self._wish:
                await self._find_best(plain)
                await self._pictures(plain, levels, lambda seen=seen: seen == self._wish)  # type: ignore[misc]

    async def _attempt(self, work: Callable[[SignedIn, str], Any]) -> Any:
        """What came of it; None where it did not succeed, and why is said."""
        if self.ready is None:
            return None
        token = self.ready.token
        found, error = await self.visit.attempt(lambda who: work(who, token))
        if self.ready is None or self.place.is_deleted:
            return None
        self.wrong(error)
        if error is not None:
            self.verdict.set_text(self.visit.text(error.detail))
            self.verdict.classes("dalgu-state-held", remove="dalgu-state-released")
            if error.code == "preview.missing":
                self.end()
        return found

    async def _numbers(self, plain: Mapping[str, Any], levels: Levels) -> bool:
        house = self.visit.house
        node = await self._attempt(lambda who, token: previews.at(house, who, token, plain, levels))
        if node is None:
            return False
        risk = node.look.risk
        shown = {
            "mean": percent(risk.prosecutor_mean_of_persons), "highest": percent(risk.prosecutor_max), "out": percent(node.suppressed_share),
            "loss": percent(node.look.loss), "smallest": f"{risk.smallest_class:,}",
        }  # fmt: skip
        for name, text in shown.items():
            self.told[name].set_text(text)
        self.verdict.set_text(self.visit.text(_verdict(node, plain)))
        self.verdict.classes(
            "dalgu-state-released" if node.allowed else "dalgu-state-held",
            remove="dalgu-state-held" if node.allowed else "dalgu-state-released",
        )
        return True

    async def _find_best(self, plain: Mapping[str, Any]) -> None:
        asked = (plain["models"], plain["search"])
        if self.best_for == asked:
            return
        house = self.visit.house
        self.best = await self._attempt(lambda who, token: previews.best(house, who, token, plain))
        self.best_for = asked

    async def _pictures(self, plain: Mapping[str, Any], levels: Levels, still_so: Callable[[], bool]) -> None:
        house, best = self.visit.house, self.best
        picture = await self._attempt(lambda who, token: previews.picture(house, who, token, plain, levels, best))  # fmt: skip
        sample = await self._attempt(lambda who, token: previews.sample(house, who, token, plain, levels))
        if picture is None or sample is None or self.ready is None or not still_so():
            return
        columns = [q.column for q in self.ready.quasi]
        for place in (self.plot, self.picture, self.rows):
            place.clear()
        with self.plot:
            lattice.plot(self.visit, picture, levels, best, self.ready.raw)
        with self.picture:
            lattice.lattice(self.visit, picture, levels, best, columns, self._take)
        with self.rows:
            self._sample(*sample)
        if self._by_key:
            self._script(lattice.focus_here(self.picture))
            self._by_key = False

    def _sample(self, columns: tuple[str, ...], rows: tuple[previews.SampleRow, ...]) -> None:
        visit = self.visit
        words(visit, "h3", say("Some rows, before and after"))
        words(visit, "p", say("Only you see these: nothing of them is kept. What says who somebody is stays hidden."), "dalgu-hint")  # fmt: skip
        with still(), Part("div", classes="dalgu-two dalgu-sample"):
            self._side(say("before"), columns, [row.before for row in rows])
            self._side(say("after"), columns, [row.after for row in rows], [row.before for row in rows])

    def _side(self, name: Message, columns: tuple[str, ...], rows: list[Any], others: list[Any] | None = None) -> None:  # fmt: skip
        visit = self.visit
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

    def _say(self, error: DalguError | None) -> None:
        words(self.visit, "p", error.detail if error else say("It could not be shown."), "dalgu-field-error")
        if error is not None:
            words(self.visit, "p", error.next_step, "dalgu-hint")


def _verdict(node: Node, plain: Mapping[str, Any]) -> Message:
    limit = percent(float(plain["search"]["suppression_limit"]))
    if node.allowed:
        return say("Allowed: {out} of the rows are left out, the limit is {limit}.", out=percent(node.suppressed_share), limit=limit)  # fmt: skip
    return say("Not allowed: {out} of the rows would have to be left out, the limit is {limit}. Make a column coarser, or raise the limit.", out=percent(node.suppressed_share), limit=limit)  # fmt: skip
