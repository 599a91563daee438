"""PRAM in the form: one chance of staying, or the whole matrix as a table of percentages whose rows are added up.

The categories come from the Dataset, for who may pseudonymise it; one that its first rows lack is added by hand. Rows
that do not sum to 100 are named at once, and the policy refuses them too.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from nicegui import ui

from ....language import Message, say
from ....verbs.projects import previews
from ..elements import fields
from ..elements.parts import Part, focus, named, words
from ..elements.sheet import Blank, Field, Inside
from .policy_form import MOST_CATEGORIES, share

_WAYS = {
    "one": say("one chance of staying, the rest spread evenly"),
    "each": say("each chance, in a table"),
}
_TYPED = "(event) => emit(event.target.value)"


class Chances:
    """One step of PRAM: `stay` or `matrix` in its values. `changed` is told that something is another."""

    def __init__(self, inside: Inside, column: str, dataset: str, changed: Callable[[], None]) -> None:
        self.inside, self.visit, self.values = inside, inside.visit, inside.values
        self.column, self.dataset, self.changed = column, dataset, changed
        self.rows: dict[str, list[Part]] = {}
        self.sums: dict[str, Part] = {}

    def build(self) -> None:
        visit = self.visit
        way = Field(self.inside, "way", say("How the chances are said"))
        with way.slot:
            options = [(name, visit.text(shown)) for name, shown in _WAYS.items()]
            way.holds(fields.select(None, options, "each" if "matrix" in self.values else "one", self._way))
        self.place = Part("div")
        self._build()

    def _build(self) -> None:
        self.place.clear()
        with self.place:
            if "matrix" in self.values:
                self._matrix()
            else:
                fields.text(self.inside, "stay", say("Chance that a category stays, in %"), inputmode="decimal", after=self._after)  # fmt: skip
            hint = say("The chances that are used are then worked out from those above, in two stages: they are not the ones above.")  # fmt: skip
            field = fields.yes(self.inside, "invariant", say("Keep the counts of the categories as they are, on average"), hint=hint)  # fmt: skip
            if field.control is not None:
                field.control.on("change", lambda: self.changed())

    def _after(self, _: Any) -> None:
        self.changed()

    def _way(self, way: Any) -> None:
        self.values.pop("stay", None)
        self.values.pop("matrix", None)
        if way == "each":
            self.values |= {"matrix": {}, "invariant": False}
        self._told()
        self._build()

    def _told(self) -> None:
        self.inside.touched()
        self.changed()

    # -- the table ----------------------------------------------------------------------------------------

    def _matrix(self) -> None:
        visit = self.visit
        hint = say("A row for each category as it is, a column for each that it may become: its chance in %. Empty is 0; a row sums to 100.")  # fmt: skip
        self.field = Field(self.inside, "matrix", say("The chances"), hint=hint, group=True)
        with self.field.slot:
            self.shows = words(visit, "button", say("Show the categories"), "dalgu-quiet", type="button")
            self.shows.on("click", self._show)
            self.table = Part("div", classes="dalgu-scroll")
            self.amiss = Part("p", "", "dalgu-hint", role="status", aria_live="polite")
            with Part("div", classes="dalgu-row"):
                self.another = Blank(visit, {"category": ""})
                self.typed = fields.text(self.another, "category", say("A category that the first rows lack"), maxlength=200)  # fmt: skip
            with Part("div", classes="dalgu-card-buttons"):
                words(visit, "button", say("Add this category"), "dalgu-link", type="button").on("click", self._one_more)  # fmt: skip
                words(visit, "button", say("The rest stays: fill the diagonal up to 100"), "dalgu-link", type="button").on("click", self._rest_stays)  # fmt: skip
        self._list()

    @property
    def _chances(self) -> dict[str, dict[str, str]]:
        chances: dict[str, dict[str, str]] = self.values["matrix"]
        return chances

    async def _show(self) -> None:
        visit, column = self.visit, self.column
        found, error = await visit.attempt(lambda who: previews.values(visit.house, who, self.dataset, column))  # fmt: skip
        self.field.not_taken(error.detail if error is not None else None)
        if found is not None:
            self._with(sorted(category for category, _ in found))

    def _one_more(self) -> None:
        category = str(self.another.values["category"]).strip()
        if category and self.typed.control is not None:
            self._with([category])
            self.another.values["category"] = ""
            ui.run_javascript(f'document.getElementById("{self.typed.control.html_id}").value = ""')

    def _with(self, categories: list[str]) -> None:
        """More categories: each stays as it is until somebody says otherwise."""
        new = [category for category in categories if category not in self._chances]
        if len(self._chances) + len(new) > MOST_CATEGORIES:
            self.field.not_taken(say("It has more than {most} categories: too many for a table. Give one chance of staying, or write the matrix in policy.toml.", most=MOST_CATEGORIES))  # fmt: skip
            return
        self.field.not_taken(None)
        self._chances.update({category: {category: "100"} for category in new})
        self._told()
        self._list()

    def _list(self) -> None:
        visit, chances = self.visit, self._chances
        self.table.clear()
        self.rows.clear()
        self.sums.clear()
        if not chances:
            self.amiss.set_text("")
            return
        with (
            self.table,
            Part(
                "table", classes="dalgu-small-table dalgu-chances", aria_label=visit.text(say("The chances"))
            ),
        ):
            with Part("thead"), Part("tr"):
                words(visit, "th", say("from, to"), scope="col")
                for category in chances:
                    Part("th", category, scope="col")
                words(visit, "th", say("sum"), scope="col")
                with Part("td"):
                    pass
            with Part("tbody"):
                for category in chances:
                    with Part("tr"):
                        self._row(category)
        self._add_up()

    def _row(self, category: str) -> None:
        Part("th", category, scope="row")
        self.rows[category] = []
        for other in self._chances:
            label = say("Chance in % that {value} becomes {other}", value=category, other=other) if other != category else say("Chance in % that {value} stays", value=category)  # fmt: skip
            with Part("td"):
                control = Part(
                    "input", type="text", value=self._chances[category].get(other, ""), inputmode="decimal", autocomplete="off",
                    maxlength=24, aria_label=self.visit.text(label),
                )  # fmt: skip
            control.on("change", lambda event, other=other: self._said(category, other, str(event.args)), js_handler=_TYPED)  # fmt: skip
            self.rows[category].append(control)
        self.sums[category] = Part("td", "")
        with Part("td"):
            away = self.visit.text(say("{step}: take away", step=category))
            words(self.visit, "button", say("Take away"), "dalgu-link", type="button", aria_label=away).on("click", lambda: self._away(category))  # fmt: skip

    def _said(self, category: str, other: str, chance: str) -> None:
        self._chances[category][other] = chance.strip()
        self._told()
        self._add_up()

    def _away(self, category: str) -> None:
        del self._chances[category]
        for row in self._chances.values():
            row.pop(category, None)
        self._told()
        self._list()
        focus(self.shows)

    def _rest_stays(self) -> None:
        for category, row in self._chances.items():
            left = _sum({other: chance for other, chance in row.items() if other != category})
            if left is not None and left <= 100:
                row[category] = f"{(100 - left).normalize():f}"
        self._told()
        self._list()

    def _add_up(self) -> None:
        """What each row sums to, and which of them are no whole."""
        amiss = []
        for category, row in self._chances.items():
            found = _sum(row)
            self.sums[category].set_text("?" if found is None else f"{found.normalize():f} %")
            if found != 100:
                amiss.append(category)
            for control in self.rows[category]:
                named(control, aria_invalid="true" if found != 100 else None)
        told: Message | str = say("These rows do not sum to 100: {categories}.", categories=", ".join(amiss)) if amiss else say("Each row sums to 100.")  # fmt: skip
        self.amiss.set_text(self.visit.text(told))


def _sum(row: dict[str, str]) -> Decimal | None:
    """In percent; None where something in it is no chance."""
    said = [chance for chance in row.values() if chance.strip()]
    shares = [share(chance) for chance in said]
    if not all(isinstance(each, float) and 0 <= each <= 1 for each in shares):
        return None
    return sum((Decimal(chance.strip()) for chance in said), Decimal(0))
