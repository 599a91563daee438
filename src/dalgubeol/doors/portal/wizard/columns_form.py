"""The wizard's second and third step: direct identifiers, and what happens to the values of the other columns."""

from __future__ import annotations

from collections.abc import Callable

from ....language import say
from ....verbs.projects.proposals import Proposal
from ..elements import fields
from ..elements.frame import paragraph
from ..elements.parts import Part, words
from ..elements.sheet import Field, Inside, Sheet
from .changes import Changes, Together
from .coarser import Coarser
from .policy_form import STEPS
from .roles import WHAT, Roles

_TOKENS = {
    "": say("one token for all rows of a person, so that they can be put together"),
    "row": say("a token of its own for each row, so that a person's rows cannot be put together"),
    "none": say("no token: it says whose rows are whose while this runs, and goes"),
}
_OF_STEPS = {name for fields_ in STEPS.values() for name in fields_}
"""How an error of the policy ends where it is about a step before the search."""


class Direct:
    """What says who somebody is: what becomes of each, and what the tokens are the same for."""

    def __init__(self, sheet: Sheet, roles: Roles, changed: Callable[[], None]) -> None:
        self.sheet, self.visit, self.roles, self.changed = sheet, sheet.visit, roles, changed

    def build(self) -> None:
        visit, roles = self.visit, self.roles
        paragraph(visit, say("What says who somebody is goes, or becomes a token under a key of the project: the same person has another token in another project. Resident registration numbers are deleted, never hashed."))  # fmt: skip
        tokens, gone = roles.with_role("person", "token"), [p for p in roles.with_role("out") if p.role == "direct identifier"]  # fmt: skip
        law = [p for p in roles.found if p.by_law_deleted]
        if not roles.with_role("person"):
            words(visit, "p", say("No person was named: every row counts as a person of its own. Is that so?"), "dalgu-note")  # fmt: skip
        for proposal in tokens:
            self._token(proposal)
        if gone or law:
            with Part("ul", classes="dalgu-cards"):
                for proposal in (*gone, *law):
                    with Part("li"):
                        Part("span", proposal.column, "dalgu-card-name")
                        shown = say("is deleted by law (PIPA art. 24-2)") if proposal.by_law_deleted else say("is left out")  # fmt: skip
                        words(visit, "span", shown, "dalgu-no")
                        for evidence in proposal.evidence[:1]:
                            words(visit, "p", evidence, "dalgu-faint")
        if not (tokens or gone or law):
            words(visit, "p", say("No column of this table says who somebody is."), "dalgu-empty")
        words(visit, "p", say("What a column is, is said in the first step."), "dalgu-hint")

    def _token(self, proposal: Proposal) -> None:
        column = proposal.column
        person = self.roles.role(column) == "person"
        options = [(key, self.visit.text(name)) for key, name in _TOKENS.items() if person or key != "none"]
        held = Inside(self.sheet, self.sheet.values["token"])
        with Part("fieldset", classes="dalgu-card"):
            Part("legend", column)
            words(self.visit, "p", say("Says which rows are one person: k counts persons.") if person else WHAT[proposal.role], "dalgu-hint")  # fmt: skip
            fields.choice(held, column, say("What takes its place"), options, after=lambda _: self.changed())


class Values:
    """How quasi-identifiers become coarser, and what is done to the values of columns."""

    def __init__(self, sheet: Sheet, roles: Roles, changed: Callable[[], None]) -> None:
        self.sheet, self.visit, self.roles, self.changed = sheet, sheet.visit, roles, changed
        self.coarse: dict[str, Coarser] = {}
        self.changes: dict[str, Changes] = {}
        self.weights: dict[str, Field] = {}
        self.together: Together | None = None

    def build(self) -> None:
        visit, roles = self.visit, self.roles
        dataset = str(self.sheet.values["roles of"])
        quasi, kept = roles.with_role("quasi"), roles.with_role("sensitive", "keep")
        words(visit, "h3", say("Columns that together could single somebody out"))
        if not quasi:
            words(visit, "p", say("No column has this role yet: without any, nothing is measured, and nothing but masked text may go out. Choose one in the first step where anything else is to go out."), "dalgu-note")  # fmt: skip
        for proposal in quasi:
            with Part("fieldset", classes="dalgu-card dalgu-column"):
                Part("legend", proposal.column)
                self.coarse[proposal.column] = made = Coarser(self.sheet, proposal, dataset, self.changed)
                made.build()
                self._more(proposal)
        if kept:
            words(visit, "h3", say("Columns that are kept"))
            paragraph(visit, say("Their values go out. Where an exact value can be looked up elsewhere, change it: a step is made before anything is counted."))  # fmt: skip
        for proposal in kept:
            with Part("fieldset", classes="dalgu-card dalgu-column"):
                Part("legend", proposal.column)
                self._changes(proposal)
        numbers = [p.column for p in (*quasi, *kept) if p.number]
        if len(numbers) > 1:
            self.together = Together(self.sheet, numbers, self.changed)
            self.together.build()

    def _changes(self, proposal: Proposal) -> None:
        number = proposal.number
        self.changes[proposal.column] = made = Changes(self.sheet, proposal.column, number, self.changed)
        made.build()

    def _more(self, proposal: Proposal) -> None:
        column, visit = proposal.column, self.visit
        coarse, held = Inside(self.sheet, self.sheet.values["coarse"][column]), self.sheet.values
        weights = Inside(self.sheet, held["search"].setdefault("weights", {}))
        after = lambda _: self.changed()  # noqa: E731
        said = [held["steps"].get(column), weights.values.get(column), *(coarse.values.get(e) for e in ("at_least", "at_most"))]  # fmt: skip
        with Part("details", open=any(said)):
            words(visit, "summary", say("More: weight, bounds and steps before"))
            with Part("div", classes="dalgu-row"):
                self.weights[column] = fields.text(weights, column, say("Weight: how much its loss counts"), inputmode="decimal", placeholder="1", after=after)  # fmt: skip
                fields.text(coarse, "at_least", say("At least so many steps coarser"), type_="number", min=0, after=after)  # fmt: skip
                fields.text(coarse, "at_most", say("At most so many steps coarser"), type_="number", min=0, after=after)  # fmt: skip
            self._changes(proposal)

    def at(self, place: str) -> Field | None:
        """The field of a column's own, by the place of an error: `columns.age.steps` or `age.widths`."""
        if place.startswith("search.weights."):
            return self.weights.get(place.removeprefix("search.weights."))
        if place.startswith("microaggregate") and self.together is not None:
            return self.together.field
        if place.startswith("groups"):
            return self._of_groups()
        if place.startswith("pram"):
            return next((c.field for c in self.changes.values() if any("matrix" in step for step in c.entries)), None)  # fmt: skip
        columns: list[str] = sorted({*self.coarse, *self.changes}, key=len, reverse=True)
        column = next((c for c in columns if place.startswith((f"columns.{c}.", f"{c}."))), None)
        if column is None:
            return None
        coarse, changes = self.coarse.get(column), self.changes.get(column)
        own = coarse.field if coarse is not None else None
        of_step = place.rsplit(".", 1)[-1] in _OF_STEPS
        return own if changes is None or (own is not None and not of_step) else changes.field

    def _of_groups(self) -> Field | None:
        """Where groups are made by hand; of several columns, of the one whose names are no tree."""
        made = [coarse.groups for coarse in self.coarse.values() if coarse.groups is not None]
        made.sort(key=lambda groups: groups.no_tree is None)
        return made[0].field if made else None

    def fields(self) -> list[Field]:
        every = [coarse.field for coarse in self.coarse.values()]
        every += [changes.field for changes in self.changes.values()]
        return [field for field in (*every, *self.weights.values()) if field is not None]
