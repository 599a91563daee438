"""Private counts beside the table: which groups of which columns are counted with noise, and how much that tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...language import say
from . import fields
from .frame import paragraph
from .parts import Part, words
from .sheet import Field, Inside, Sheet


class Counts:
    """A list in the sheet under `counts`. `changed` is told that something is another."""

    def __init__(self, sheet: Sheet, columns: list[str], changed: Callable[[], None]) -> None:
        self.sheet, self.visit, self.columns, self.changed = sheet, sheet.visit, columns, changed
        held = sheet.values.get("counts")
        self.tables: list[dict[str, Any]] = held if isinstance(held, list) else []
        sheet.values["counts"] = self.tables
        self.field: Field | None = None

    def build(self) -> None:
        with Part("details", open=bool(self.tables)):
            words(self.visit, "summary", say("Private counts beside the table"))
            paragraph(self.visit, say("Differentially private: from such a count nobody can tell whether a person is in the table, whatever else they know. You name the groups; they are never taken from the data."))  # fmt: skip
            self.place = Part("div")
            words(self.visit, "button", say("Add a table of counts"), "dalgu-quiet", type="button").on("click", self._add)  # fmt: skip
        self._list()

    def _add(self) -> None:
        name = f"counts {len(self.tables) + 1}"
        self.tables.append({"name": name, "epsilon": "0.5", "groups": [{"column": None, "values": ""}]})
        self._changed()

    def _changed(self) -> None:
        self.sheet.touched()
        self.changed()
        self._list()

    def _list(self) -> None:
        self.place.clear()
        with self.place:
            for number, table in enumerate(self.tables):
                self._table(number, table)

    def _table(self, number: int, table: dict[str, Any]) -> None:
        visit, inside = self.visit, Inside(self.sheet, table)
        after = lambda _: self.changed()  # noqa: E731
        columns = [(c, c) for c in self.columns]
        with Part("fieldset", classes="dalgu-card"):
            Part("legend", str(table.get("name") or number + 1))
            with Part("div", classes="dalgu-row"):
                self.field = fields.text(
                    inside, "name", say("Name of these counts"), needed=True, after=after
                )
                fields.text(inside, "epsilon", say("Epsilon: how much it may tell"), needed=True, inputmode="decimal", hint=say("Smaller tells less; those of all counts are added up. Below 1 is usual."), after=after)  # fmt: skip
            for group in table.setdefault("groups", []):
                self._group(Inside(inside, group), columns)
            self._button(say("Count by one column more"), lambda: self._group_more(table))
            with Part("details", open=bool(table.get("total"))):
                words(visit, "summary", say("Sums, and persons with several rows"))
                with Part("div", classes="dalgu-row"):
                    fields.text(inside, "rows_per_person", say("With how many rows a person counts at most"), inputmode="numeric", placeholder="1", after=after)  # fmt: skip
                    fields.choice(inside, "total", say("A column to sum, too"), columns, empty=say("(none)"), after=after)  # fmt: skip
                    fields.text(inside, "lowest", say("Less than this counts as this"), inputmode="decimal", after=after)  # fmt: skip
                    fields.text(inside, "highest", say("More than this counts as this"), inputmode="decimal", after=after)  # fmt: skip
                    fields.text(inside, "unit", say("Sums are whole multiples of this"), inputmode="decimal", placeholder="1", after=after)  # fmt: skip
                    fields.text(inside, "delta", say("Delta: the chance that it tells more"), inputmode="decimal", placeholder="0", after=after)  # fmt: skip
            self._button(say("Take away"), lambda: self._away(number))

    def _group(self, inside: Inside, columns: list[tuple[str, str]]) -> None:
        after = lambda _: self.changed()  # noqa: E731
        with Part("div", classes="dalgu-row"):
            fields.choice(inside, "column", say("Column"), columns, empty=say("Choose a column"), after=after)
            fields.text(inside, "values", say("The values that are counted, one a line"), rows=3, after=after)

    def _button(self, name: Any, pressed: Callable[[], None]) -> None:
        words(self.visit, "button", name, "dalgu-link", type="button").on("click", pressed)

    def _group_more(self, table: dict[str, Any]) -> None:
        table["groups"].append({"column": None, "values": ""})
        self._changed()

    def _away(self, number: int) -> None:
        del self.tables[number]
        self._changed()
