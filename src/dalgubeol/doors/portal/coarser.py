"""How one column becomes coarser: by intervals, dates, codes cut short, regions, a hierarchy from a file, or groups
that a person makes.

A hierarchy is a file in ARX's form, opened here; that it is a tree and knows every value is looked at when it comes.

Groups are made in a table: every value of the column, and the name of the group that it goes into; then the same
for the groups. The values come from the Dataset, for who may pseudonymise it; the form keeps them as it keeps all
that is typed, and they are part of the policy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...language import Message, say
from ...verbs import previews
from ...verbs.proposals import Proposal
from . import fields
from .hierarchy_file import HierarchyFile
from .parts import Part, named, words
from .sheet import Field, Inside, Sheet

_WAYS: dict[str, Message] = {
    "hide": say("not at all: keep it or hide it"),
    "widths": say("intervals of numbers"),
    "groups": say("groups that I make"),
    "dates": say("month, year and the like"),
    "prefixes": say("the beginning of a code"),
    "address": say("regions of an address"),
    "code": say("regions of a legal district code"),
    "hierarchy": say("a hierarchy from a file (ARX's form)"),
}
_USUAL = {"age": {"how": "widths", "widths": "5, 10, 20"}, "date-of-birth": {"how": "dates", "dates": "month, year, decade"}, "address": {"how": "address"}}  # fmt: skip


def begun(proposal: Proposal) -> dict[str, Any]:
    """How a column is made coarser before anybody has said it."""
    usual = _USUAL.get(proposal.what, {"how": "widths"} if proposal.number else {"how": "hide"})
    return dict(usual)


class Coarser:
    """The fields of one column. `changed` is told that something in them is another."""

    def __init__(self, sheet: Sheet, proposal: Proposal, dataset: str, changed: Callable[[], None]) -> None:
        self.sheet, self.visit = sheet, sheet.visit
        self.proposal, self.dataset, self.changed = proposal, dataset, changed
        self.values: dict[str, Any] = sheet.values["coarse"].setdefault(proposal.column, begun(proposal))
        if self.values.get("how") not in _WAYS:
            self.values["how"] = "widths" if self.values.get("widths") else "hide"
        self.inside = Inside(sheet, self.values)
        self.field: Field | None = None
        self._known: tuple[tuple[str, int], ...] = ()

    def build(self) -> None:
        visit, column = self.visit, self.proposal.column
        ways = [w for w in _WAYS if w != "widths" or self.proposal.number]
        fields.select(
            None, [(way, visit.text(_WAYS[way])) for way in ways], self.values["how"], self._chosen,
            aria_label=visit.text(say("How {column} becomes coarser", column=column)),
        )  # fmt: skip
        self.place = Part("div")
        self._fields()

    def _chosen(self, way: Any) -> None:
        self.inside.set("how", way or "hide")
        self.changed()
        self._fields()

    def _fields(self) -> None:
        self.place.clear()
        self.field = None
        way = self.values["how"]
        after = lambda _: self.changed()  # noqa: E731
        with self.place:
            if way == "widths":
                self.field = fields.text(
                    self.inside, "widths", say("Widths of intervals, each a multiple of the one before"), inputmode="decimal",
                    hint=say("Such as 5, 10, 20. Empty: it is hidden where it must be."), after=after,
                )  # fmt: skip
                with Part("details"):
                    words(self.visit, "summary", say("The ends as one group each"))
                    fields.text(self.inside, "bottom", say("All below this are one group"), inputmode="decimal", after=after)  # fmt: skip
                    fields.text(self.inside, "top", say("All from this on are one group"), inputmode="decimal", after=after)  # fmt: skip
            elif way == "dates":
                self.field = fields.text(self.inside, "dates", say("Units, each coarser than the one before"), hint=say("Such as month, year, decade; quarter too."), after=after)  # fmt: skip
            elif way == "prefixes":
                self.field = fields.text(self.inside, "prefixes", say("How many leading characters stay, fewer and fewer"), hint=say("Such as 3, 1."), inputmode="numeric", after=after)  # fmt: skip
            elif way == "groups":
                self._groups()
            elif way == "hierarchy":
                has_steps = lambda: bool((self.sheet.values.get("steps") or {}).get(self.proposal.column))  # noqa: E731
                self.field = HierarchyFile(self.inside, self.proposal.column, self.dataset, self.changed, has_steps).build()  # fmt: skip

    def _groups(self) -> None:
        self.field = Field(self.inside, "groups", say("Groups of values"), group=True)
        with self.field.slot:
            words(self.visit, "p", say("Give each value the name of its group; values of one name become one. Empty: it stays a group of its own."), "dalgu-hint")  # fmt: skip
            words(self.visit, "button", say("Show the values"), "dalgu-quiet", type="button").on("click", self._show)  # fmt: skip
            self.table = Part("div")
            if self.values.get("groups"):
                with self.table:
                    self._tables()

    async def _show(self) -> None:
        visit, column = self.visit, self.proposal.column
        found, error = await visit.attempt(lambda who: previews.values(visit.house, who, self.dataset, column))  # fmt: skip
        assert self.field is not None
        self.field.not_taken(error.detail if error is not None else None)
        if found is None:
            return
        if len(found) > previews.MOST_VALUES:
            self.field.not_taken(say("It has more than {most} values: too many to group by hand. Take another way.", most=previews.MOST_VALUES))  # fmt: skip
            return
        self._known = found
        held = self.values.get("groups") or {}
        self.inside.set("groups", {**{value: "" for value, _ in found}, **held})
        self.changed()
        self.table.clear()
        with self.table:
            self._tables()

    def _tables(self) -> None:
        visit, counts = self.visit, dict(self._known)
        names = named(Part("datalist"))
        named(names, id=names.html_id)
        self.names = names
        self._list("groups", list(self.values["groups"]), say("value"), say("group"), counts)
        with Part("details", open=bool(self.values.get("larger"))):
            words(visit, "summary", say("Larger groups of these groups"))
            self.larger = Part("div")
        self._again()

    def _again(self) -> None:
        """The groups have other names: what can be chosen, and what can be grouped further, are these."""
        groups = list(dict.fromkeys(g for g in self._named().values()))
        self.names.clear()
        with self.names:
            for group in groups:
                Part("option", value=group)
        self.larger.clear()
        larger: dict[str, str] = self.values.get("larger") or {}
        self.values["larger"] = {group: larger.get(group, "") for group in groups}
        with self.larger:
            self._list("larger", groups, say("group"), say("larger group"), {})

    def _named(self) -> dict[str, str]:
        held: dict[str, str] = self.values["groups"]
        return {value: group.strip() or value for value, group in held.items()}

    def _list(self, into: str, rows: list[str], first: Message, second: Message, counts: dict[str, int]) -> None:  # fmt: skip
        visit = self.visit
        with Part("table", classes="dalgu-small-table dalgu-groups"):
            with Part("thead"), Part("tr"):
                words(visit, "th", first, scope="col")
                words(visit, "th", second, scope="col")
            with Part("tbody"):
                for value in rows:
                    with Part("tr"):
                        with Part("th", scope="row"):
                            Part("span", value)
                            if value in counts:
                                words(visit, "span", say("{count} rows", count=f"{counts[value]:,}"), "dalgu-faint")  # fmt: skip
                        with Part("td"):
                            self._cell(into, value)

    def _cell(self, into: str, value: str) -> None:
        label = self.visit.text(say("Group of {value}", value=value) if into == "groups" else say("Larger group of {value}", value=value))  # fmt: skip
        control = Part(
            "input", type="text", value=(self.values.get(into) or {}).get(value, ""), autocomplete="off", maxlength=100, aria_label=label,
            list=self.names.html_id if into == "groups" else None,
        )  # fmt: skip

        def changed(event: Any) -> None:
            self.inside.set(into, {**(self.values.get(into) or {}), value: str(event.args)})
            self.changed()
            if into == "groups":
                self._again()

        control.on("change", changed, js_handler="(event) => emit(event.target.value)")
