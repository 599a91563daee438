"""What is done to the values of a column, step by step in an order, before the search; and columns that belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ....language import Message, say
from ....methods.privacy.policy.step_names import step_name
from ....methods.privacy.text.spans import TYPES, WORDS
from ..elements import fields
from ..elements.parts import Part, words
from ..elements.several import Several
from ..elements.sheet import Field, Inside, Sheet
from .chances_form import Chances
from .policy_form import STEPS, texts

_WHY: Mapping[str, Message] = {
    "top": say("Who has a rare, large value is seen by it: values above a limit count as the limit."),
    "bottom": say("The same for rare, small values: those below a limit count as the limit."),
    "round": say("An exact amount can be looked up elsewhere: values become multiples of a base."),
    "noise": say("An exact value can be matched: a random amount is added. It is no differential privacy."),
    "microaggregate": say("An exact value can be matched: groups of near values become their mean."),
    "pram": say("Nobody can be sure of a category: some become others, by a stated chance."),
    "age": say("A date of birth singles nearly everybody out: only whole years stay."),
    "mask": say("Free text names people: what identifies somebody is taken out of it."),
}  # fmt: skip
_NUMBERS = ("top", "bottom", "round", "noise", "microaggregate")
_LABELS: Mapping[tuple[str, str], Message] = {
    ("top", "value"): say("The limit"), ("top", "percentile"): say("Or the limit as a percentile of the column"),
    ("bottom", "value"): say("The limit"), ("bottom", "percentile"): say("Or the limit as a percentile of the column"),
    ("round", "base"): say("Multiples of"), ("round", "random"): say("Up or down at random, so that sums stay right on average"),
    ("noise", "sd"): say("Standard deviation, in the column's unit"), ("noise", "shape"): say("Shape"),
    ("noise", "multiplied"): say("Multiplied: the deviation is a share of the value"),
    ("microaggregate", "k"): say("The least number of persons in a group"),
    ("age", "on"): say("The day on which the age is counted"),
    ("mask", "how"): say("What stands in its place"), ("mask", "types"): say("Only these kinds of identifiers; all if none is named"),
}  # fmt: skip
_CHOICES: Mapping[tuple[str, str], Mapping[str, Message]] = {
    ("noise", "shape"): {"gaussian": say("Gaussian"), "laplace": say("Laplace")},
    ("mask", "how"): {"tag": say("its kind, a Korean word in brackets"), "numbered": say("its kind and a number"), "stars": say("stars"), "delete": say("nothing")},
}  # fmt: skip


class Changes(Several):
    """The steps of one column. `changed` is told that something in them is another."""

    def __init__(self, sheet: Sheet, column: str, number: bool, changed: Callable[[], None]) -> None:
        super().__init__(sheet, sheet.values["steps"], column, changed)
        self.column = column
        self.ways = [do for do in _WHY if number or do not in _NUMBERS]

    def build(self) -> None:
        self.field = Field(self.sheet, "steps", say("What is done to its values, in this order"), group=True)
        with self.field.slot:
            self.place = Part("ol", classes="dalgu-changes")
            self.adder = Part("div")
            self._adder()
        self.show()

    def _adder(self) -> None:
        """Built anew after each choice, so that it stands at nothing again."""
        options = [(do, self.visit.text(step_name(do))) for do in self.ways]
        label = self.visit.text(say("Add a step to {column}", column=self.column))
        self.adder.clear()

        def chosen(do: Any) -> None:
            if do in STEPS:
                self.add({"do": do, **({"invariant": True} if do == "pram" else {})})
                self._adder()

        with self.adder:
            fields.select(self.visit.text(say("Add a step...")), options, None, chosen, aria_label=label)

    def entry(self, number: int, entry: dict[str, Any]) -> None:
        visit, do = self.visit, str(entry.get("do"))
        name, why = step_name(do), _WHY[do]
        inside = Inside(self.sheet, entry)
        with Part("li", classes="dalgu-card"):
            words(visit, "span", name, "dalgu-strong")
            words(visit, "p", why, "dalgu-hint")
            if do == "pram":
                Chances(inside, self.column, str(self.sheet.values["roles of"]), self.changed).build()
            else:
                with Part("div", classes="dalgu-row"):
                    for field in STEPS[do]:
                        self._field(inside, do, field)
            with Part("div", classes="dalgu-card-buttons"):
                if number:
                    self.link(say("Earlier"), lambda: self._earlier(number), aria_label=visit.text(say("{step}: earlier", step=name)))  # fmt: skip
                self.away(number, name)

    def _field(self, inside: Inside, do: str, name: str) -> None:
        kind, label = STEPS[do][name], _LABELS[do, name]
        if kind == "flag":
            field = fields.yes(inside, name, label)
            if field.control is not None:
                field.control.on("change", lambda: self.changed())
        elif (do, name) in _CHOICES:
            options = [(value, self.visit.text(shown)) for value, shown in _CHOICES[do, name].items()]
            fields.choice(inside, name, label, options, after=self.after)
        elif kind == "texts":
            self._kinds(inside, name, label)
        elif name == "on":
            fields.text(inside, name, label, type_="date", needed=True, after=self.after)
        else:
            fields.text(inside, name, label, inputmode="decimal", after=self.after)  # fmt: skip

    def _kinds(self, inside: Inside, name: str, label: Message) -> None:
        """Which kinds of identifiers, in the reader's own words; seldom needed, and so folded."""
        inside.values[name] = texts(inside.values.get(name))
        with Part("details", open=bool(inside.values[name])):
            words(self.visit, "summary", say("Only some kinds"))
            fields.many(inside, name, label, [(kind, self.visit.text(WORDS[kind])) for kind in TYPES], after=self.after)  # fmt: skip

    def _earlier(self, number: int) -> None:
        self.entries.insert(number - 1, self.entries.pop(number))
        self.again()


class Together(Several):
    """Columns of numbers whose values are grouped over all of them at once."""

    def __init__(self, sheet: Sheet, columns: list[str], changed: Callable[[], None]) -> None:
        super().__init__(sheet, sheet.values, "together", changed)
        self.columns = columns

    def build(self) -> None:
        self.folded(
            say("Columns that are grouped together"),
            say("Several numbers together can be matched though each alone cannot: persons that are near in all of them get the same means (MDAV)."),
            say("Add a set of columns"), lambda: {"columns": [], "k": "5"},
        )  # fmt: skip

    def entry(self, number: int, entry: dict[str, Any]) -> None:
        inside = Inside(self.sheet, entry)
        with Part("div", classes="dalgu-card"):
            self.field = fields.many(inside, "columns", say("Columns of numbers"), [(c, c) for c in self.columns], after=self.after)  # fmt: skip
            fields.text(inside, "k", say("The least number of persons in a group"), inputmode="numeric", after=self.after)  # fmt: skip
            self.away(number, say("Set {number} of columns", number=number + 1))
