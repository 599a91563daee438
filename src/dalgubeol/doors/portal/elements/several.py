"""A list in a sheet: entries are added, changed and taken away, and what is shown follows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from ....language import Message, say
from .frame import paragraph
from .parts import Part, words
from .sheet import Field, Sheet


class Several(ABC):
    """The list that stands in `values[name]`, values of `sheet`. `changed` is told that something in it is another."""

    def __init__(self, sheet: Sheet, values: dict[str, Any], name: str, changed: Callable[[], None]) -> None:
        self.sheet, self.visit, self.changed = sheet, sheet.visit, changed
        held = values.get(name)
        self.entries: list[dict[str, Any]] = held if isinstance(held, list) else []
        values[name] = self.entries
        self.field: Field | None = None
        """Where an error is said."""
        self.place: Part

    @abstractmethod
    def entry(self, number: int, entry: dict[str, Any]) -> None:
        """One of them, with its fields."""

    def folded(self, summary: Message, why: Message, more: Message, begun: Callable[[], dict[str, Any]]) -> None:  # fmt: skip
        """For what few need: folded away while nothing is in it, with a button that adds one."""
        with Part("details", open=bool(self.entries)):
            words(self.visit, "summary", summary)
            paragraph(self.visit, why)
            self.place = Part("div")
            words(self.visit, "button", more, "dalgu-quiet", type="button").on("click", lambda: self.add(begun()))  # fmt: skip
        self.show()

    def show(self) -> None:
        self.place.clear()
        with self.place:
            for number, entry in enumerate(self.entries):
                self.entry(number, entry)

    def add(self, entry: dict[str, Any]) -> None:
        self.entries.append(entry)
        self.again()

    def again(self) -> None:
        """They are others now."""
        self.sheet.touched()
        self.changed()
        self.show()

    def after(self, _: Any) -> None:
        """Something was typed in one of them."""
        self.changed()

    def link(self, name: Message, pressed: Callable[[], None], **attributes: object) -> None:
        words(self.visit, "button", name, "dalgu-link", type="button", **attributes).on("click", pressed)

    def away(self, number: int, of: Message | str) -> None:
        """The button that takes one away; `of` is what a screen reader calls it."""

        def pressed() -> None:
            del self.entries[number]
            self.again()

        self.link(say("Take away"), pressed, aria_label=self.visit.text(say("{step}: take away", step=of)))
