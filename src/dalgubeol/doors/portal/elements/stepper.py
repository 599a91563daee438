"""A long form in steps: one is shown at a time, all are a press away, and the draft remembers where one was.

Every step is a section with a heading, which takes the keyboard when one comes to it; the row of steps is a list of
buttons of which one is the current step, as the ARIA practices have it. Nothing is locked: what a step lacks is said
where it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from ....language import Message, say
from .parts import Part, named, words
from .sheet import Sheet


class Stepper:
    """Steps by name, in order. `panel(name)` is where the content of one goes."""

    def __init__(self, sheet: Sheet, steps: Sequence[tuple[str, Message]]) -> None:
        self.sheet, self.visit = sheet, sheet.visit
        self.names = [name for name, _ in steps]
        self.titles = dict(steps)
        self._buttons: dict[str, Part] = {}
        self._sections: dict[str, Part] = {}
        self._headings: dict[str, Part] = {}
        self._panels: dict[str, Part] = {}
        self._told: list[Callable[[str], None]] = []

    @property
    def at(self) -> str:
        held = str(self.sheet.values.get("step") or "")
        return held if held in self.names else self.names[0]

    def panel(self, name: str) -> Part:
        return self._panels[name]

    def on_arrival(self, told: Callable[[str], None]) -> None:
        """Told the name of a step whenever somebody comes to it."""
        self._told.append(told)

    def build(self) -> None:
        visit = self.visit
        with Part("nav", classes="dalgu-stepper", aria_label=visit.text(say("Steps"))), Part("ol"):
            for number, name in enumerate(self.names, start=1):
                with Part("li"):
                    self._buttons[name] = button = Part("button", type="button", classes="dalgu-step")
                    with button:
                        Part("span", str(number), "dalgu-step-number")
                        words(visit, "span", self.titles[name])
                button.on("click", lambda name=name: self.show(name))
        for place, name in enumerate(self.names):
            self._section(place, name)
        self._mark()

    def _section(self, place: int, name: str) -> None:
        visit = self.visit
        with Part("section", classes="dalgu-panel") as section:
            title = say("{number}. {title}", number=place + 1, title=self.titles[name])
            heading = words(visit, "h2", title, tabindex=-1)
            self._panels[name] = Part("div")
            with Part("div", classes="dalgu-buttons dalgu-step-buttons"):
                if place:
                    self._way(self.names[place - 1], say("Back: {step}", step=self.titles[self.names[place - 1]]), "dalgu-quiet")  # fmt: skip
                if place + 1 < len(self.names):
                    self._way(self.names[place + 1], say("On: {step}", step=self.titles[self.names[place + 1]]), "dalgu-button dalgu-small")  # fmt: skip
        named(heading, id=heading.html_id)
        named(section, aria_labelledby=heading.html_id)
        self._sections[name], self._headings[name] = section, heading

    def _way(self, to: str, shown: Message, classes: str) -> None:
        words(self.visit, "button", shown, classes, type="button").on("click", lambda: self.show(to))

    def show(self, name: str, *, focus: bool = True) -> None:
        """Go to a step; its heading is read out."""
        if name not in self.names:
            return
        self.sheet.set("step", name)
        self._mark()
        for told in self._told:
            told(name)
        if focus:
            heading = self._headings[name].html_id
            ui.run_javascript(f'setTimeout(() => {{ const h = document.getElementById("{heading}"); if (h) {{ h.focus({{preventScroll: true}}); h.scrollIntoView({{block: "start"}}); }} }}, 60)')  # fmt: skip

    def amiss(self, name: str, on: bool) -> None:
        """Mark a step in which something is wrong."""
        button = self._buttons[name]
        button.classes("dalgu-step-amiss") if on else button.classes(remove="dalgu-step-amiss")
        named(button, title=self.visit.text(say("something is wrong here")) if on else None)

    def _mark(self) -> None:
        for name in self.names:
            here = name == self.at
            named(self._buttons[name], aria_current="step" if here else None)
            named(self._sections[name], hidden=not here)
