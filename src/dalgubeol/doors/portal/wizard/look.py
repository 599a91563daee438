"""The live preview: levels, k or the limit are moved, and risk, utility, the lattice and a few rows follow.

Numbers come first, within a moment, in the strip that every step shows; pictures and rows follow in the step of the
preview. A wish that a newer one has overtaken is stopped, and nothing of it is shown. While nobody has fixed the
levels they are the best there are, as the Run would choose them.

What is shown stands on the beginning of the table, and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nicegui import background_tasks, ui

from ....errors import DalguError
from ....kinds.pseudonymise_masked import NOT_MEASURED
from ....language import say
from ....verbs.projects import looks, previews
from ....world.identity import SignedIn
from ..elements.frame import paragraph
from ..elements.parts import Part, named, words
from ..elements.sheet import Sheet
from . import lattice
from .finer_view import Comparison, before_and_after
from .risk_strip import Strip

if TYPE_CHECKING:
    from ....methods.privacy.lattice_view import Node
    from ....verbs.projects.previews import Ready

Levels = tuple[int, ...]
Plain = Callable[..., Mapping[str, Any]]
"""The policy of the form as it stands; with `fixed=False` as if no levels were fixed."""
_GATHER_S = 0.06
"""How long events are gathered that come together."""
_REST_S = 0.12
"""How long a hand rests before the pictures are drawn."""


def _masks_only(plain: Mapping[str, Any]) -> bool:
    """Whether it is a policy, and one without quasi-identifiers."""
    from ....methods.privacy.policy import policy_text

    try:
        return not policy_text.built(plain).quasi
    except DalguError:
        return False


class Look:
    """One preview on a page. `wrong` is told what is amiss in the policy, `shown` says whether the step is looked at."""

    def __init__(self, sheet: Sheet, strip: Strip, plain: Plain, wrong: Callable[[DalguError | None], object], shown: Callable[[], bool]) -> None:  # fmt: skip
        self.sheet, self.visit, self.strip = sheet, sheet.visit, strip
        self.plain, self.wrong, self.shown = plain, wrong, shown
        self.ready: Ready | None = None
        self.levels: Levels = ()
        self.best: Levels | None = None
        self.dataset = ""
        self._unreached: DalguError | None = None
        self._of: Any = None
        self._drawn: Any = None
        self._wish, self._by_key, self._ended = 0, False, False
        self._running: asyncio.Task[None] | None = None
        self._sliders: dict[str, tuple[Part, Part]] = {}

    def build(self, dataset: str) -> None:
        self.dataset = dataset
        paragraph(self.visit, say("Move k, the limit or a level, and see what it costs. While you fix no levels, they are the best that were found."))  # fmt: skip
        self.place = Part("div")
        with self.place:
            words(self.visit, "p", say("The beginning of the table is being read..."), "dalgu-hint")
        self.comparison = Comparison(self.visit, self._take_recoding)
        self.compared = Part("div", hidden=True)
        with self.compared:
            self.comparison.build(self._compare)
        self.visit.client.on_delete(self.end)

    def end(self) -> None:
        """What is ready is no longer held."""
        self._ended = True
        self._forget()

    def _forget(self) -> None:
        if self.ready is not None:
            looks.kept(self.visit.house).drop(self.ready.token)
            self.ready = None

    def anew(self) -> None:
        """Another population: it is read with the table."""
        self._forget()
        self.changed()

    def changed(self) -> None:
        """A level, k, a limit, a model, a role or a step is another: look again soon."""
        if self._ended:
            return
        self._wish += 1
        self.comparison.stale()
        if self._running is None or self._running.done():
            self._running = background_tasks.create(self._follow(), name="preview")

    def arrived(self) -> None:
        """Somebody has come to the step: what follows late is drawn now."""
        self._drawn = None
        self.changed()

    async def _follow(self) -> None:
        seen = -1
        while seen != self._wish and not self._ended:
            seen = self._wish
            await asyncio.sleep(_GATHER_S)
            if seen == self._wish:
                self.strip.busy()
                await self._once(lambda seen=seen: seen != self._wish or self._ended)  # type: ignore[misc]
        if not self.strip.box.is_deleted:
            self.strip.rests()

    async def _once(self, stop: Callable[[], bool]) -> None:
        plain = self.plain(fixed=False)
        if _masks_only(plain):
            self._nothing_measured()
            return
        if not await self._prepared(plain) or stop():
            return
        fixed = bool(self.sheet.values.get("fix"))
        if fixed and not await self._numbers(plain, stop):
            return
        if not await self._find_best(plain, stop) or stop():
            return
        if not fixed:
            if self.best is not None:
                self._set_levels(self.best)
            if not await self._numbers(plain, stop):
                return
        await asyncio.sleep(_REST_S)
        if not stop() and self.shown():
            await self._pictures(plain, self.levels, stop)

    def _nothing_measured(self) -> None:
        """Masked text alone: there are no levels to move and no risk to show."""
        self._forget()
        self._of = self._drawn = None
        self._sliders.clear()
        self._amiss(None)
        self.place.clear()
        with self.place:
            words(self.visit, "p", NOT_MEASURED, "dalgu-note")
        named(self.compared, hidden=True)
        self.strip.waits(NOT_MEASURED)

    async def _prepared(self, plain: Mapping[str, Any]) -> bool:
        """The table read, and counted for these columns. Whether it could be."""
        of = (plain["columns"], plain["person"], plain["groups"], plain["microaggregate"], _trees(plain))
        if self.ready is not None and of == self._of:
            return True
        house, token = self.visit.house, self.ready.token if self.ready else ""
        crowd = str(self.sheet.values.get("slot population") or "")
        found = None
        if token:
            found, error = await self.visit.attempt(lambda who: previews.renewed(house, who, token, plain))
        if not token or (error is not None and error.code == "preview.missing"):
            self._forget()
            found, error = await self.visit.attempt(
                lambda who: previews.begin(house, who, self.dataset, plain, crowd)
            )
        if self._ended or self.place.is_deleted:
            return False
        self._amiss(error)
        if found is None:
            if error is not None:
                self.strip.fails(error)
            self._of = None
            return False
        self.ready, self._of, self.best, self._drawn = found, of, None, None
        self.strip.raw(found.raw)
        held: Mapping[str, Any] = self.sheet.values.get("levels") or {}
        self.levels = tuple(max(q.least, min(int(held.get(q.column, 0)), q.highest)) for q in found.quasi)
        self._draw(found)
        return True

    def _draw(self, found: Ready) -> None:
        visit = self.visit
        self._sliders.clear()
        self.place.clear()
        part = say("These are all {rows} rows.", rows=f"{found.rows:,}") if found.whole else say("These are the first {rows} rows; the Run counts all.", rows=f"{found.rows:,}")  # fmt: skip
        with self.place:
            words(visit, "p", part, "dalgu-faint")
            if found.population is not None and found.population_is_cut:
                read, every = (f"{rows:,}" for rows in found.population)
                words(visit, "p", say("Of the population only the first {read} of {all} rows are counted here: k-map and delta-presence show other numbers than the Run, which counts all.", read=read, all=every), "dalgu-note")  # fmt: skip
            with Part("div", classes="dalgu-look"):
                with Part("div", classes="dalgu-levels"):
                    words(visit, "h3", say("How strongly persons are protected"))
                    self._wide("k", say("k: persons in a class"), 2, max(50, int(_whole(self.sheet.values.get("k")))), 1)  # fmt: skip
                    self._wide("limit", say("rows that may be left out, in %"), 0, 100, 0.5)
                    words(visit, "h3", say("How coarse each column becomes"))
                    for place, quasi in enumerate(found.quasi):
                        self._slider(place, quasi)
                    self._buttons()
                with Part("div"):
                    self.plot = Part("div")
            self.picture = Part("div")
            self.rows = Part("div")
        named(self.compared, hidden=None)

    def _wide(self, name: str, label: Any, least: float, most: float, step: float) -> None:
        """A number of the step before, moved here too; its field there shows the same."""
        value = self.sheet.values.get(name)
        with Part("div", classes="dalgu-level"):
            shown = words(self.visit, "label", label)
            told = Part("output", str(value))
            control = Part("input", type="range", min=least, max=most, step=step, value=value)
        named(control, id=control.html_id)
        named(shown, for_=control.html_id)

        def moved(event: Any) -> None:
            self.sheet.set(name, f"{float(event.args):g}")
            told.set_text(f"{float(event.args):g}")
            self.changed()

        control.on("input", moved, js_handler="(event) => emit(Number(event.target.value))", throttle=0.1)
        control.classes(f"dalgu-moves-{name}")

    def _slider(self, place: int, quasi: previews.Quasi) -> None:
        with Part("div", classes="dalgu-level"):
            label = Part("label", quasi.column)
            told = Part("output", self._level(place))
            control = Part("input", type="range", min=quasi.least, max=quasi.highest, step=1, value=self.levels[place])  # fmt: skip
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
        with Part("label", classes="dalgu-tick-label"):
            self.fix = Part("input", type="checkbox", checked=bool(self.sheet.values.get("fix")))
            words(visit, "span", say("Run with exactly these levels"))
        self.fix.on("change", lambda event: self._ticked(bool(event.args)), js_handler="(event) => emit(event.target.checked)")  # fmt: skip
        named(self.fix, id=self.fix.html_id)
        words(visit, "p", say("Without this, the Run looks for the best levels on all rows."), "dalgu-hint")
        with Part("div", classes="dalgu-buttons"):
            words(visit, "button", say("Take the best levels"), "dalgu-quiet", type="button").on("click", self._take_best)  # fmt: skip

    def _ticked(self, on: bool) -> None:
        self._keep(on)
        self.changed()

    def _moved(self, place: int, level: Any) -> None:
        if self.ready is None or not isinstance(level, int) or not self.ready.quasi[place].least <= level <= self.ready.quasi[place].highest:  # fmt: skip
            return
        self._take((*self.levels[:place], level, *self.levels[place + 1 :]), False)

    def _take(self, levels: Levels, by_key: bool) -> None:
        """Somebody has chosen these levels, not the search: the Run takes them."""
        self._by_key = by_key
        self._set_levels(levels)
        self._keep(levels != self.best)
        self.changed()

    def _take_best(self) -> None:
        if self.ready is not None:
            self._keep(False)
            self.changed()

    def _keep(self, fix: bool) -> None:
        assert self.ready is not None
        self.sheet.set("fix", fix)
        self.sheet.set("levels", dict(zip([q.column for q in self.ready.quasi], self.levels, strict=True)))
        self._script(f'for (const box of [document.getElementById("{self.fix.html_id}")]) if (box) box.checked = {str(fix).lower()};')  # fmt: skip

    def _set_levels(self, levels: Levels) -> None:
        assert self.ready is not None
        if levels == self.levels:
            return
        self.levels = levels
        script = ""
        for place, quasi in enumerate(self.ready.quasi):
            control, told = self._sliders[quasi.column]
            told.set_text(self._level(place))
            named(control, aria_valuetext=self._level(place))
            script += f'document.getElementById("{control.html_id}").value = {levels[place]};'
        self._script(script)

    def _amiss(self, error: DalguError | None) -> None:
        """A task of its own knows no page until it is told."""
        with self.visit.client:
            self.wrong(error)

    def _script(self, code: str) -> None:
        with self.visit.client:
            ui.run_javascript(code)

    async def _attempt(self, work: Callable[[SignedIn, str], Any]) -> tuple[Any, DalguError | None]:
        if self.ready is None:
            return None, None
        token = self.ready.token
        found, error = await self.visit.attempt(lambda who: work(who, token))
        if self.ready is None or self.place.is_deleted:
            return None, None
        if error is not None and error.code == "preview.missing":
            self.anew()
            return None, None
        return found, error

    async def _numbers(self, plain: Mapping[str, Any], stop: Callable[[], bool]) -> bool:
        house, levels = self.visit.house, self.levels
        node: Node | None
        node, error = await self._attempt(lambda who, token: previews.at(house, who, token, plain, levels))
        if stop():
            return False
        if node is None:
            if error is not None:
                self._amiss(error)
                self.strip.fails(error)
            return False
        self.strip.tells(node, plain, None if self.sheet.values.get("fix") else self._unreached)
        return True

    async def _find_best(self, plain: Mapping[str, Any], stop: Callable[[], bool]) -> bool:
        """Whether the policy can be looked at; that no levels are allowed is found out too."""
        house = self.visit.house
        found, error = await self._attempt(lambda who, token: previews.best(house, who, token, plain, stop))
        if stop():
            return False
        self.best, self._unreached = found, error
        reached = error is None or error.code in _NO_LEVELS
        if not reached:
            assert error is not None
            self._amiss(error)
            self.strip.fails(error)
        else:
            self._amiss(None)
        return reached and self.ready is not None

    async def _pictures(self, plain: Mapping[str, Any], levels: Levels, stop: Callable[[], bool]) -> None:
        house, best = self.visit.house, self.best
        drawn = (plain, levels, best)
        if drawn == self._drawn:
            return
        picture, _ = await self._attempt(lambda who, token: previews.picture(house, who, token, plain, levels, best, stop))  # fmt: skip
        if picture is None or stop():
            return
        sample, _ = await self._attempt(lambda who, token: previews.sample(house, who, token, plain, levels))
        if sample is None or self.ready is None or stop():
            return
        columns = [q.column for q in self.ready.quasi]
        for place in (self.plot, self.picture, self.rows):
            place.clear()
        with self.plot:
            lattice.plot(self.visit, picture, levels, best, self.ready.raw)
        with self.picture:
            lattice.lattice(self.visit, picture, levels, best, columns, self._take)
        with self.rows:
            before_and_after(self.visit, *sample)
        self._drawn = drawn
        if self._by_key:
            self._script(lattice.focus_here(self.picture))
            self._by_key = False

    async def _compare(self) -> None:
        if self.ready is not None:
            self._amiss(await self.comparison.compare(self.ready.token, self.plain()))

    def _take_recoding(self, recoding: str) -> None:
        self.sheet.set("recoding", recoding)
        self.comparison.chose(recoding)


_NO_LEVELS = ("invalid.suppression_limit", "invalid.nothing_left")
"""What the search says where the policy is in order, but nothing satisfies it."""


def _trees(plain: Mapping[str, Any]) -> Any:
    """The hierarchies that columns name: one of a model alone makes no column another."""
    named = {step.get("hierarchy") for column in plain["columns"].values() for step in column["steps"]}
    return {name: tree for name, tree in plain["hierarchies"].items() if name in named}


def _whole(typed: Any) -> float:
    try:
        return min(float(typed), 1000)
    except (TypeError, ValueError):
        return 0
