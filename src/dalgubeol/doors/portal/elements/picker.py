"""Choosing Datasets out of many: search, add, remove. What was found and chosen is told to screen readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from ....language import Message, say
from ....nouns.dataset import Dataset
from ....verbs.datasets import choices
from .frame import chip
from .parts import Part, named, words
from .sheet import Field, Sheet

_NOTHING = ""
"""Stands among what is offered for the line that says that nothing was found."""


class Picker:
    """The chosen Datasets are in `sheet.values[name]`, as ids."""

    def __init__(
        self, sheet: Sheet, name: str, label: Message, known: Sequence[Dataset], changed: Callable[[], None], hint: Message | None = None
    ) -> None:  # fmt: skip
        self.sheet, self.name, self.changed, self.visit = sheet, name, changed, sheet.visit
        self.known = {d.id: d for d in known}
        self.offered: dict[str, Part] = {}
        self.searches = 0
        sheet.values[name] = [id_ for id_ in sheet.values.get(name) or () if id_ in self.known]
        visit = sheet.visit
        self.field = Field(sheet, name, label, needed=True, hint=hint)
        with self.field.slot:
            self.box = Part("ul", classes="dalgu-chosen")
            self.input = control = Part(
                "input",
                type="search",
                autocomplete="off",
                placeholder=visit.text(say("Words in name, organisation or description")),
            )
            self.told = Part("p", "", "dalgu-only-read", role="status", aria_live="polite")
            self.found = Part("ul", classes="dalgu-found")
        self.field.holds(control)
        control.on("input", self._search, js_handler="(event) => emit(event.target.value)", throttle=0.3)
        control.on("focus", self._search, js_handler="(event) => emit(event.target.value)")
        self._show()

    @property
    def chosen(self) -> list[Dataset]:
        return [self.known[id_] for id_ in self.sheet.values[self.name]]

    def _show(self) -> None:
        self.box.clear()
        with self.box:
            for dataset in self.chosen:
                with Part("li"):
                    Part("span", dataset.name, "dalgu-strong")
                    chip(self.visit, dataset.sensitivity)
                    Part("span", dataset.organisation, "dalgu-faint")
                    button = words(self.visit, "button", say("Remove"), "dalgu-link", type="button")
                    named(button, aria_label=self.visit.text(say("Remove {name}", name=dataset.name)))
                    button.on(
                        "click",
                        lambda dataset=dataset: self._set(
                            [d for d in self.sheet.values[self.name] if d != dataset.id]
                        ),
                    )

    async def _search(self, event: object) -> None:
        typed = str(getattr(event, "args", "") or "")[:200]
        self.searches += 1
        mine = self.searches
        found, error = await self.visit.attempt(lambda _: choices.datasets_like(self.visit.house, typed, 8))
        if mine != self.searches:
            return  # more was typed meanwhile, or one was chosen
        if error is not None or found is None:
            self.field.wrong(error.detail if error is not None else None)
            return
        self.known.update({d.id: d for d in found})
        left = [d for d in found if d.id not in self.sheet.values[self.name]]
        self.told.set_text(self.visit.text(say("{count} Datasets found", count=len(left))))
        self._offer(left)

    def _offer(self, found: Sequence[Dataset]) -> None:
        """Show what was found. What stood there already stays: somebody may be on it with the keyboard."""
        wanted = {dataset.id for dataset in found}
        for id_ in [id_ for id_ in self.offered if id_ not in wanted]:
            self.offered.pop(id_).delete()
        for place, dataset in enumerate(found):
            if dataset.id not in self.offered:
                with self.found:
                    self.offered[dataset.id] = self._offered(dataset)
            self.offered[dataset.id].move(target_index=place)
        if not found:
            with self.found:
                self.offered[_NOTHING] = words(
                    self.visit, "li", say("Nothing (more) has these words."), "dalgu-faint"
                )

    def _offered(self, dataset: Dataset) -> Part:
        with Part("li") as line:
            button = Part("button", type="button", classes="dalgu-found-one")
            with button:
                Part("span", dataset.name, "dalgu-strong")
                chip(self.visit, dataset.sensitivity)
                Part("span", dataset.organisation, "dalgu-faint")
            button.on("click", lambda: self._set([*self.sheet.values[self.name], dataset.id]))
        return line

    def _set(self, ids: list[str]) -> None:
        self.sheet.set(self.name, list(dict.fromkeys(ids)))
        self._show()
        self.searches += 1
        self.found.clear()
        self.offered.clear()
        ui.run_javascript(f'document.getElementById("{self.input.html_id}").value = ""')
        self.field.wrong(None)
        self.changed()
