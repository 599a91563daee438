"""Groups that a person makes of the values of a column, and groups of those groups, level by level, in tables.

The values come from the Dataset, for who may pseudonymise it; the form keeps them as it keeps all that is typed, and
they are part of the policy. In the sheet: `groups` takes each value to the name of its group, and `above` is a list of
the same for each further level. Empty is a group of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from ....language import Message, say
from ....methods.privacy.policy.groups import names_astray
from ....verbs.projects import previews
from ..elements.parts import Part, focus, named, words
from ..elements.sheet import Field, Inside
from . import policy_form

MOST_LEVELS = 8
"""So many are made by hand; a policy that was opened may have more."""


class Groups:
    """The groups of one column. `changed` is told that something in them is another."""

    def __init__(self, inside: Inside, column: str, dataset: str, changed: Callable[[], None]) -> None:
        self.inside, self.visit, self.values = inside, inside.visit, inside.values
        self.column, self.dataset, self.changed = column, dataset, changed
        if not isinstance(self.values.get("above"), list):
            self.values["above"] = []
        self._counts: dict[str, int] = {}

    def build(self) -> Field:
        self.field = Field(self.inside, "groups", say("Groups of values"), group=True)
        with self.field.slot:
            words(self.visit, "p", say("Give each value the name of its group; values of one name become one. Empty: it stays a group of its own."), "dalgu-hint")  # fmt: skip
            words(self.visit, "button", say("Show the values"), "dalgu-quiet", type="button").on("click", self._show)  # fmt: skip
            self.table = Part("div")
        if self.values.get("groups"):
            self._tables()
        return self.field

    @property
    def no_tree(self) -> Message | None:
        """What is wrong with the names, in words that name them: for the clerk alone."""
        found = next(names_astray(policy_form.levels(self.values)), None)
        if found is None:
            return None
        level, name = found
        return say("{name} at level {level} stands for other values than {name} below it: that is no tree. Give one of the two another name.", name=name, level=level)  # fmt: skip

    async def _show(self) -> None:
        visit, column = self.visit, self.column
        found, error = await visit.attempt(lambda who: previews.values(visit.house, who, self.dataset, column))  # fmt: skip
        self.field.not_taken(error.detail if error is not None else None)
        if found is None:
            return
        if len(found) > previews.MOST_VALUES:
            self.field.not_taken(say("It has more than {most} values: too many to group by hand. Take another way.", most=previews.MOST_VALUES))  # fmt: skip
            return
        self._counts = dict(found)
        held = self.values.get("groups") or {}
        self.inside.set("groups", {**{value: "" for value, _ in found}, **held})
        self.changed()
        self._tables()

    def _tables(self) -> None:
        self.table.clear()
        self.names: dict[int, Part] = {}
        self.bodies: dict[int, Part] = {}
        with self.table:
            self.bodies[1] = Part("div")
            self.above = Part("div")
            with Part("div", classes="dalgu-card-buttons"):
                self.adder = words(self.visit, "button", say("Add a level of larger groups"), "dalgu-quiet", type="button")  # fmt: skip
                self.adder.on("click", self._add)
        self._fill(1)
        self._levels()

    def _levels(self) -> None:
        """Each further level stands under a heading that folds: the Tab key leads from a level to what stays there,
        though the names in it are others."""
        self.above.clear()
        top = len(self.values["above"]) + 1
        with self.above:
            for level in range(2, top + 1):
                with Part("details", open=True):
                    words(self.visit, "summary", say("Level {level}: groups of the groups of level {below}", level=level, below=level - 1))  # fmt: skip
                    self.bodies[level] = Part("div")
                    if level == top:
                        words(self.visit, "button", say("Take level {level} away", level=level), "dalgu-link", type="button").on("click", self._away)  # fmt: skip
                self._fill(level)
        self.field.not_taken(self.no_tree)

    def _rows(self, level: int) -> list[str]:
        """What is put into groups at a level: values, or the groups of the level below."""
        if level == 1:
            return list(self.values["groups"])
        return list(dict.fromkeys(policy_form.levels(self.values)[level - 2].values()))

    def _held(self, level: int) -> dict[str, str]:
        held: dict[str, str] = self.values["groups"] if level == 1 else self.values["above"][level - 2]
        return held

    def _fill(self, level: int) -> None:
        """The table of one level."""
        visit, body = self.visit, self.bodies[level]
        body.clear()
        with body:
            self.names[level] = names = Part("datalist")
            named(names, id=names.html_id)
            with Part("table", classes="dalgu-small-table dalgu-groups"):
                with Part("thead"), Part("tr"):
                    words(visit, "th", say("value") if level == 1 else say("group"), scope="col")
                    words(visit, "th", say("group") if level == 1 else say("larger group"), scope="col")
                with Part("tbody"):
                    for name in self._rows(level):
                        with Part("tr"):
                            self._row(level, name)
        self._offer(level)

    def _row(self, level: int, name: str) -> None:
        visit = self.visit
        with Part("th", scope="row"):
            Part("span", name)
            if level == 1 and name in self._counts:
                words(visit, "span", say("{count} rows", count=f"{self._counts[name]:,}"), "dalgu-faint")
        label = say("Group of {value}", value=name) if level == 1 else say("Group of {value} at level {level}", value=name, level=level)  # fmt: skip
        with Part("td"):
            control = Part(
                "input", type="text", value=self._held(level).get(name, ""), autocomplete="off", maxlength=100,
                aria_label=visit.text(label), list=self.names[level].html_id,
            )  # fmt: skip
        control.on("change", lambda event: self._typed(level, name, str(event.args)), js_handler="(event) => emit(event.target.value)")  # fmt: skip

    def _typed(self, level: int, name: str, group: str) -> None:
        self._held(level)[name] = group
        self._told()
        self._offer(level)
        for higher in range(level + 1, len(self.values["above"]) + 2):
            self._fill(higher)
        self.field.not_taken(self.no_tree)

    def _offer(self, level: int) -> None:
        """The names that a level has can be chosen again."""
        self.names[level].clear()
        with self.names[level]:
            for group in self._rows(level + 1):
                Part("option", value=group)

    def _add(self) -> None:
        above: list[dict[str, str]] = self.values["above"]
        top = len(above) + 1
        if top >= MOST_LEVELS:
            self.field.not_taken(say("{most} levels are made by hand at most: for more, open a hierarchy from a file.", most=MOST_LEVELS))  # fmt: skip
        elif len(self._rows(top + 1)) < 2:
            self.field.not_taken(say("All values are in one group at level {level}: nothing is left to put together.", level=top))  # fmt: skip
        else:
            above.append({})
            self._told()
            self._levels()
            focus(self.bodies[top + 1], "input")

    def _away(self) -> None:
        self.values["above"].pop()
        self._told()
        self._levels()
        focus(self.adder)

    def _told(self) -> None:
        self.inside.touched()
        self.changed()
