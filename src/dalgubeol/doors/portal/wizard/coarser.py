"""How one column becomes coarser: by intervals, dates, codes cut short, regions, a hierarchy from a file, or groups
that a person makes.

A hierarchy is a file in ARX's form, opened here; that it is a tree and knows every value is looked at when it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....language import Message, say
from ....verbs.projects.proposals import Proposal
from ..elements import fields
from ..elements.parts import Part, words
from ..elements.sheet import Field, Inside, Sheet
from .groups_form import Groups
from .hierarchy_file import HierarchyFile
from .policy_form import texts

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
_UNITS = {
    "month": say("the month"),
    "quarter": say("the quarter"),
    "year": say("the year"),
    "decade": say("the decade"),
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
        self.groups: Groups | None = None

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
        self.field = self.groups = None
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
                self.values["dates"] = texts(self.values.get("dates"))
                options = [(unit, self.visit.text(name)) for unit, name in _UNITS.items()]
                self.field = fields.many(self.inside, "dates", say("The units of its steps"), options, hint=say("From fine to coarse; the day itself is the first."), after=after)  # fmt: skip
            elif way == "prefixes":
                self.field = fields.text(self.inside, "prefixes", say("How many leading characters stay, fewer and fewer"), hint=say("Such as 3, 1."), inputmode="numeric", after=after)  # fmt: skip
            elif way == "groups":
                self.groups = Groups(self.inside, self.proposal.column, self.dataset, self.changed)
                self.field = self.groups.build()
            elif way == "hierarchy":
                has_steps = lambda: bool((self.sheet.values.get("steps") or {}).get(self.proposal.column))  # noqa: E731
                self.field = HierarchyFile(self.inside, self.proposal.column, self.dataset, self.changed, has_steps).build()  # fmt: skip
