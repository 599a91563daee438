"""A hierarchy from a file in ARX's form, opened beside its column: what is wrong with it is said there and then.

Its lines are kept in the values of the form, as the policy holds them. Values that it lacks are named to the clerk
alone, who may read the table; no error, log or Record has them.
"""

from __future__ import annotations

from collections.abc import Callable

from ....errors import DalguError
from ....language import Message, say
from ....verbs.projects import policies
from ..elements.own_files import Opened, opener, too_large
from ..elements.parts import Part, words
from ..elements.sheet import Field, Inside


class HierarchyFile:
    """The file of one column. `changed` is told that another one was opened. Where the column `has_steps`, the file
    knows the values that these make, and the look says what it lacks."""

    def __init__(self, inside: Inside, column: str, dataset: str, changed: Callable[[], None], has_steps: Callable[[], bool] = lambda: False) -> None:  # fmt: skip
        self.inside, self.visit, self.has_steps = inside, inside.visit, has_steps
        self.column, self.dataset, self.changed = column, dataset, changed

    def build(self) -> Field:
        hint = say("A line for each value: the value, its labels from fine to coarse, * at the end; ; or , between them. UTF-8 or CP949.")  # fmt: skip
        self.field = Field(self.inside, "hierarchy", say("The hierarchy"), hint=hint, group=True)
        with self.field.slot:
            self.told = Part("p", self._stands(), "dalgu-faint", role="status", aria_live="polite")
            self.lacking = Part("div")
            opener(self.visit, say("Open a hierarchy file"), self._opened, accept=".csv,.txt,text/csv,text/plain")  # fmt: skip
        return self.field

    def _stands(self) -> str:
        csv = self.inside.values.get("csv")
        if not csv:
            return self.visit.text(say("No file was opened yet: the column is kept or hidden."))
        lines = str(csv).rstrip("\n").split("\n")
        file = self.inside.values.get("file") or self.inside.values.get("named") or self.column
        return self.visit.text(say("{file}: {count} values.", file=file, count=f"{len(lines):,}"))

    async def _opened(self, found: list[Opened]) -> None:
        self.lacking.clear()
        if not found:
            self._not_taken(too_large())
            return
        file = found[0]
        house, column = self.visit.house, self.column
        tree, error = await self.visit.attempt(
            lambda who: policies.tree(house, who, self.dataset, column, file.name, file.content)
        )
        if tree is None:
            self._not_taken(error)
            return
        self.field.not_taken(None)
        self.field.wrong(None)
        values = self.inside.values
        values |= {"csv": tree.csv, "delimiter": tree.delimiter, "file": file.name}
        values.pop("named", None)
        self.inside.touched()
        self.told.set_text(self._stands())
        if tree.missing_values and not self.has_steps():
            self.field.wrong(_whole(policies.lacks(column, tree)))
            with self.lacking:
                more: Message | str = say("and others") if tree.missing_values > len(tree.missing) else ""
                words(self.visit, "p", say("It lacks: {values} {more}", values=", ".join(tree.missing), more=more), "dalgu-hint")  # fmt: skip
        self.changed()

    def _not_taken(self, error: DalguError | None) -> None:
        self.field.not_taken(None if error is None else _whole(error))


def _whole(error: DalguError) -> Message:
    return say("{what} {next}", what=error.detail, next=error.next_step)
