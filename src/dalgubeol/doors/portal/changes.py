"""What is done to the values of a column, step by step in an order, before the search; and columns that belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...language import Message, say
from . import fields
from .frame import paragraph
from .parts import Part, words
from .policy_form import STEPS
from .sheet import Field, Inside, Sheet

_DO: Mapping[str, tuple[Message, Message]] = {
    "top": (say("top coding"), say("Who has a rare, large value is seen by it: values above a limit count as the limit.")),
    "bottom": (say("bottom coding"), say("The same for rare, small values: those below a limit count as the limit.")),
    "round": (say("rounding"), say("An exact amount can be looked up elsewhere: values become multiples of a base.")),
    "noise": (say("adding noise"), say("An exact value can be matched: a random amount is added. It is no differential privacy.")),
    "microaggregate": (say("micro-aggregation"), say("An exact value can be matched: groups of near values become their mean.")),
    "pram": (say("PRAM: categories changed at random"), say("Nobody can be sure of a category: some become others, by a stated chance.")),
    "age": (say("age from a date of birth"), say("A date of birth singles nearly everybody out: only whole years stay.")),
    "mask": (say("identifiers in texts masked"), say("Free text names people: what identifies somebody is taken out of it.")),
}  # fmt: skip
_NUMBERS = ("top", "bottom", "round", "noise", "microaggregate")
_LABELS: Mapping[tuple[str, str], Message] = {
    ("top", "value"): say("The limit"), ("top", "percentile"): say("Or the limit as a percentile of the column"),
    ("bottom", "value"): say("The limit"), ("bottom", "percentile"): say("Or the limit as a percentile of the column"),
    ("round", "base"): say("Multiples of"), ("round", "random"): say("Up or down at random, so that sums stay right on average"),
    ("noise", "sd"): say("Standard deviation, in the column's unit"), ("noise", "shape"): say("Shape"),
    ("noise", "multiplied"): say("Multiplied: the deviation is a share of the value"),
    ("microaggregate", "k"): say("The least number of persons in a group"),
    ("pram", "stay"): say("Chance that a category stays, in %"), ("pram", "invariant"): say("Keep the counts of the categories as they are, on average"),
    ("age", "on"): say("The day on which the age is counted"),
    ("mask", "how"): say("What stands in its place"), ("mask", "types"): say("Only these kinds of identifiers; all if none is named"),
}  # fmt: skip
_CHOICES: Mapping[tuple[str, str], Mapping[str, Message]] = {
    ("noise", "shape"): {"gaussian": say("Gaussian"), "laplace": say("Laplace")},
    ("mask", "how"): {"tag": say("its kind, such as [phone]"), "numbered": say("its kind and a number"), "stars": say("stars"), "delete": say("nothing")},
}  # fmt: skip


class Changes:
    """The steps of one column. `changed` is told that something in them is another."""

    def __init__(self, sheet: Sheet, column: str, number: bool, changed: Callable[[], None]) -> None:
        self.sheet, self.visit, self.column, self.changed = sheet, sheet.visit, column, changed
        held = sheet.values["steps"].get(column)
        self.steps: list[dict[str, Any]] = held if isinstance(held, list) else []
        sheet.values["steps"][column] = self.steps
        self.ways = [do for do in _DO if number or do not in _NUMBERS]
        self.field: Field | None = None

    def build(self) -> None:
        self.field = Field(self.sheet, "steps", say("What is done to its values, in this order"), group=True)
        with self.field.slot:
            self.place = Part("ol", classes="dalgu-changes")
            options = [(do, self.visit.text(_DO[do][0])) for do in self.ways]
            label = self.visit.text(say("Add a step to {column}", column=self.column))
            self.adder = Part("div")
            self._adder(options, label)
        self._list()

    def _adder(self, options: list[tuple[str, str]], label: str) -> None:
        """Built anew after each choice, so that it stands at nothing again."""
        self.adder.clear()

        def chosen(do: Any) -> None:
            if do in STEPS:
                begun = {"invariant": True} if do == "pram" else {}
                self.steps.append({"do": do, **begun})
                self._touched()
                self._list()
                self._adder(options, label)

        with self.adder:
            fields.select(self.visit.text(say("Add a step...")), options, None, chosen, aria_label=label)

    def _touched(self) -> None:
        self.sheet.touched()
        self.changed()

    def _list(self) -> None:
        self.place.clear()
        with self.place:
            for number, step in enumerate(self.steps):
                self._step(number, step)

    def _step(self, number: int, step: dict[str, Any]) -> None:
        visit, do = self.visit, str(step.get("do"))
        name, why = _DO[do]
        inside = Inside(self.sheet, step)
        with Part("li", classes="dalgu-card"):
            words(visit, "span", name, "dalgu-strong")
            words(visit, "p", why, "dalgu-hint")
            with Part("div", classes="dalgu-row"):
                for field in STEPS[do]:
                    self._field(inside, do, field)
            with Part("div", classes="dalgu-card-buttons"):
                if number:
                    words(visit, "button", say("Earlier"), "dalgu-link", type="button", aria_label=visit.text(say("{step}: earlier", step=name))).on("click", lambda: self._earlier(number))  # fmt: skip
                words(visit, "button", say("Take away"), "dalgu-link", type="button", aria_label=visit.text(say("{step}: take away", step=name))).on("click", lambda: self._away(number))  # fmt: skip

    def _field(self, inside: Inside, do: str, name: str) -> None:
        kind, label = STEPS[do][name], _LABELS[do, name]
        after = lambda _: self.changed()  # noqa: E731
        if kind == "flag":
            field = fields.yes(inside, name, label)
            if field.control is not None:
                field.control.on("change", lambda: self.changed())
        elif (do, name) in _CHOICES:
            options = [(value, self.visit.text(shown)) for value, shown in _CHOICES[do, name].items()]
            fields.choice(inside, name, label, options, after=after)
        elif name == "on":
            fields.text(inside, name, label, type_="date", needed=True, after=after)
        else:
            fields.text(inside, name, label, inputmode="text" if kind == "texts" else "decimal", after=after)

    def _earlier(self, number: int) -> None:
        self.steps.insert(number - 1, self.steps.pop(number))
        self._touched()
        self._list()

    def _away(self, number: int) -> None:
        del self.steps[number]
        self._touched()
        self._list()


class Together:
    """Columns of numbers whose values are grouped over all of them at once."""

    def __init__(self, sheet: Sheet, columns: list[str], changed: Callable[[], None]) -> None:
        self.sheet, self.visit, self.columns, self.changed = sheet, sheet.visit, columns, changed
        held = sheet.values.get("together")
        self.sets: list[dict[str, Any]] = held if isinstance(held, list) else []
        sheet.values["together"] = self.sets
        self.field: Field | None = None

    def build(self) -> None:
        with Part("details", open=bool(self.sets)):
            words(self.visit, "summary", say("Columns that are grouped together"))
            paragraph(self.visit, say("Several numbers together can be matched though each alone cannot: persons that are near in all of them get the same means (MDAV)."))  # fmt: skip
            self.place = Part("div")
            words(self.visit, "button", say("Add a set of columns"), "dalgu-quiet", type="button").on("click", self._add)  # fmt: skip
        self._list()

    def _add(self) -> None:
        self.sets.append({"columns": [], "k": "5"})
        self._changed()

    def _changed(self) -> None:
        self.sheet.touched()
        self.changed()
        self._list()

    def _list(self) -> None:
        self.place.clear()
        after = lambda _: self.changed()  # noqa: E731
        with self.place:
            for number, each in enumerate(self.sets):
                inside = Inside(self.sheet, each)
                with Part("div", classes="dalgu-card"):
                    self.field = fields.many(inside, "columns", say("Columns of numbers"), [(c, c) for c in self.columns], after=after)  # fmt: skip
                    fields.text(inside, "k", say("The least number of persons in a group"), inputmode="numeric", after=after)  # fmt: skip
                    words(self.visit, "button", say("Take away"), "dalgu-link", type="button").on("click", lambda number=number: self._away(number))  # fmt: skip

    def _away(self, number: int) -> None:
        del self.sets[number]
        self._changed()
