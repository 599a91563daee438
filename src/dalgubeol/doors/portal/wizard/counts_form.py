"""Private counts beside the table: which groups of which columns are counted with noise, and how much that tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....language import say
from ..elements import fields
from ..elements.parts import Part, words
from ..elements.several import Several
from ..elements.sheet import Inside, Sheet


class Counts(Several):
    """A list in the sheet under `counts`. `changed` is told that something is another."""

    def __init__(self, sheet: Sheet, columns: list[str], changed: Callable[[], None]) -> None:
        super().__init__(sheet, sheet.values, "counts", changed)
        self.columns = columns

    def build(self) -> None:
        self.folded(
            say("Private counts beside the table"),
            say("Differentially private: from such a count nobody can tell whether a person is in the table, whatever else they know. You name the groups; they are never taken from the data."),
            say("Add a table of counts"), self._begun,
        )  # fmt: skip

    def _begun(self) -> dict[str, Any]:
        return {"name": f"counts {len(self.entries) + 1}", "epsilon": "0.5", "groups": [_one_column()]}

    def entry(self, number: int, entry: dict[str, Any]) -> None:
        inside, columns, after = Inside(self.sheet, entry), [(c, c) for c in self.columns], self.after
        name = str(entry.get("name") or number + 1)
        with Part("fieldset", classes="dalgu-card"):
            Part("legend", name)
            with Part("div", classes="dalgu-row"):
                self.field = fields.text(
                    inside, "name", say("Name of these counts"), needed=True, after=after
                )
                fields.text(inside, "epsilon", say("Epsilon: how much it may tell"), needed=True, inputmode="decimal", hint=say("Smaller tells less; those of all counts are added up. Below 1 is usual."), after=after)  # fmt: skip
            for group in entry.setdefault("groups", []):
                self._group(Inside(inside, group), columns)
            self.link(say("Count by one column more"), lambda: self._group_more(entry))
            with Part("details", open=bool(entry.get("total"))):
                words(self.visit, "summary", say("Sums, and persons with several rows"))
                with Part("div", classes="dalgu-row"):
                    fields.text(inside, "rows_per_person", say("With how many rows a person counts at most"), inputmode="numeric", placeholder="1", after=after)  # fmt: skip
                    fields.choice(inside, "total", say("A column to sum, too"), columns, empty=say("(none)"), after=after)  # fmt: skip
                    fields.text(inside, "lowest", say("Less than this counts as this"), inputmode="decimal", after=after)  # fmt: skip
                    fields.text(inside, "highest", say("More than this counts as this"), inputmode="decimal", after=after)  # fmt: skip
                    fields.text(inside, "unit", say("Sums are whole multiples of this"), inputmode="decimal", placeholder="1", after=after)  # fmt: skip
                    fields.text(inside, "delta", say("Delta: the chance that it tells more"), inputmode="decimal", placeholder="0", after=after)  # fmt: skip
            self.away(number, name)

    def _group(self, inside: Inside, columns: list[tuple[str, str]]) -> None:
        with Part("div", classes="dalgu-row"):
            fields.choice(inside, "column", say("Column"), columns, empty=say("Choose a column"), after=self.after)  # fmt: skip
            fields.text(inside, "values", say("The values that are counted, one a line"), rows=3, after=self.after)  # fmt: skip

    def _group_more(self, entry: dict[str, Any]) -> None:
        entry["groups"].append(_one_column())
        self.again()


def _one_column() -> dict[str, Any]:
    return {"column": None, "values": ""}
