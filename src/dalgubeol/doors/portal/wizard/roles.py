"""The columns of a table with what was found in each, why, and what is to become of it."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from ....errors import DalguError
from ....language import Message, say
from ....nouns.dataset import Dataset
from ....verbs.projects import proposals
from ....verbs.projects.proposals import DOCUMENT_NUMBER, FREE_TEXT, SERIAL_NUMBER, Danger, Proposal
from ..datasets.dataset import type_name
from ..elements import charts, fields
from ..elements.frame import paragraph
from ..elements.parts import Part, words
from ..elements.sheet import Field, Sheet
from ..visit import Visit
from .coarser import begun

_ROLES = {
    "person": say("which rows are one person"),
    "token": say("make it a pseudonym"),
    "quasi": say("could single somebody out: make it coarse"),
    "sensitive": say("keep: it says something delicate"),
    "keep": say("keep as it is"),
    "out": say("leave it out"),
}
WHAT = {
    "direct identifier": say("says who somebody is"),
    "quasi-identifier": say("could single somebody out"),
    "sensitive": say("says something delicate"),
    "plain": say("says nothing of who"),
}


class Roles:
    """What each column becomes is in the sheet under `roles`. `changed` is told that something is another."""

    field: Field

    def __init__(self, sheet: Sheet, changed: Callable[[], None]) -> None:
        self.sheet, self.visit, self.changed = sheet, sheet.visit, changed
        self.found: tuple[Proposal, ...] = ()

    def build(self, dataset: Dataset) -> None:
        visit = self.visit
        self.field = Field(self.sheet, "roles", say("What becomes of each column"), needed=True, group=True)
        self.field.box.classes("dalgu-field-wide")
        with self.field.slot:
            self.place = Part("div", aria_live="polite")
            with self.place:
                words(visit, "p", say("The columns are being looked at..."), "dalgu-hint")
                ui.timer(0.05, lambda: self._look(dataset.id), once=True)  # the page comes first

    async def _look(self, dataset: str) -> None:
        visit = self.visit
        found, error = await visit.attempt(lambda who: proposals.proposals(visit.house, who, dataset))
        if self.place.is_deleted:
            return
        self.place.clear()
        with self.place:
            if error is not None or found is None:
                _refused(visit, error)
                return
            self.found = found
            self._begin(dataset)
            self.show()
        self.changed()

    def show(self) -> None:
        """The table of the columns, as the sheet has them now."""
        visit = self.visit
        self.place.clear()
        with self.place:
            paragraph(visit, say("This is a proposal: you decide. What is named nowhere is left out, because a forgotten column is a leak."))  # fmt: skip
            with Part("table", classes="dalgu-list dalgu-roles"):
                with Part("thead"), Part("tr"):
                    for header in (say("column"), say("what was found"), say("what becomes of it")):
                        words(visit, "th", header, scope="col")
                with Part("tbody"):
                    for proposal in self.found:
                        self._row(proposal)
            words(visit, "button", say("How risky are they as they are?"), "dalgu-quiet", type="button").on("click", self._measure)  # fmt: skip
            self.measured = Part("div", aria_live="polite")

    async def _measure(self) -> None:
        """What is made coarse or hidden first: the columns that single people out."""
        visit, dataset, roles = self.visit, str(self.sheet.values["roles of"]), self.sheet.values["roles"]
        named = {role: [c for c in self.kinds() if roles.get(c) == role] for role in ("quasi", "person")}
        self.measured.clear()
        with self.measured:
            words(visit, "p", say("The risk is being measured..."), "dalgu-hint")
        found, error = await visit.attempt(
            lambda who: proposals.danger(
                visit.house, who, dataset, named["quasi"], next(iter(named["person"]), None)
            )
        )
        self.measured.clear()
        with self.measured:
            if found is None:
                _refused(visit, error)
            else:
                _dangerous(visit, found)

    def _begin(self, dataset: str) -> None:
        """The proposals, where nothing was chosen for this Dataset yet."""
        values = self.sheet.values
        if values.get("roles of") != dataset or not isinstance(values.get("roles"), dict):
            values["roles of"] = dataset
            values["roles"] = _proposed(self.found)
            values["coarse"] = {p.column: begun(p) for p in self.found}
            values["steps"] = {p.column: [{"do": "mask"}] for p in self.found if p.what == FREE_TEXT}
            values["levels"], values["fix"] = {}, False
            for name in ("diverse", "token"):
                values[name] = {}
            values["together"], values["counts"] = [], []
        for name in ("coarse", "steps", "diverse", "token", "more", "search"):
            if not isinstance(values.get(name), dict):
                values[name] = {}

    def _row(self, proposal: Proposal) -> None:
        visit, column = self.visit, proposal.column
        with Part("tr"):
            with Part("th", scope="row"):
                Part("span", column)
                words(visit, "p", type_name(proposal.type), "dalgu-faint")
            with Part("td", data_name=visit.text(say("what was found"))):
                words(visit, "span", WHAT[proposal.role], _weight(proposal))
                for evidence in proposal.evidence:
                    words(visit, "p", evidence, "dalgu-faint")
            with Part("td", data_name=visit.text(say("what becomes of it"))):
                if proposal.by_law_deleted:
                    words(visit, "span", say("is deleted by law (PIPA art. 24-2)"), "dalgu-strong")
                    return
                options = [(role, visit.text(name)) for role, name in _ROLES.items() if role in allowed(proposal)]  # fmt: skip
                fields.select(
                    None, options, self.role(column), lambda role: self.set(column, str(role)),
                    aria_label=visit.text(say("What becomes of {column}", column=column)),
                )  # fmt: skip

    def role(self, column: str) -> str:
        return str(self.sheet.values["roles"].get(column, "out"))

    def set(self, column: str, role: str) -> None:
        if role == self.role(column):
            return
        roles = dict(self.sheet.values["roles"])
        another = role == "person" and any(was == "person" for name, was in roles.items() if name != column)
        if role == "person":  # one column says it
            roles = {name: "out" if was == "person" else was for name, was in roles.items()}
        self.sheet.set("roles", {**roles, column: role})
        if another:
            self.show()
        self.changed()

    def with_role(self, *roles: str) -> list[Proposal]:
        """The columns of these roles, in the order of the table."""
        return [p for p in self.found if not p.by_law_deleted and self.role(p.column) in roles]

    def kinds(self) -> dict[str, str]:
        """What each column is, in the order of the table, without those that the law deletes."""
        return {p.column: p.role for p in self.found if not p.by_law_deleted}


def _weight(proposal: Proposal) -> str:
    if proposal.role == "direct identifier":
        return "dalgu-no"
    return "dalgu-strong" if proposal.role != "plain" else ""


def _proposed(found: tuple[Proposal, ...]) -> dict[str, str]:
    """Roles to begin with. The best sign of one person is a number of persons; names and the like go."""
    roles, person = {}, False
    measured = any(p.role == "quasi-identifier" for p in found)  # without any, no pseudonym goes out either
    measured = measured or not any(p.what == FREE_TEXT for p in found)
    for p in found:
        if p.role == "direct identifier":
            is_person = p.what == "person-number" and not person and measured
            roles[p.column] = "person" if is_person else "out"
            person = person or is_person
        elif p.what in (SERIAL_NUMBER, DOCUMENT_NUMBER):
            roles[p.column] = "keep"
        else:
            roles[p.column] = {"quasi-identifier": "quasi", "sensitive": "sensitive"}.get(p.role, "out")
    return roles


def allowed(proposal: Proposal) -> tuple[str, ...]:
    """What may become of a column."""
    return ("person", "token", "out") if proposal.role == "direct identifier" else tuple(_ROLES)


def _refused(visit: Visit, error: DalguError | None) -> None:
    message: Message = error.detail if error is not None else say("The columns could not be looked at.")
    words(visit, "p", message, "dalgu-field-error")


def _dangerous(visit: Visit, found: Danger) -> None:
    paragraph(
        visit, say("As they are, the mean risk of a person is {mean} %, and {alone} % of the persons are alone in their class (looked at: {rows} rows).", mean=_percent(found.mean), alone=_percent(found.alone), rows=f"{found.rows:,}"),
    )  # fmt: skip
    most, left = min(found.without, key=lambda each: each[1])
    charts.bars(
        visit, say("Hiding {column} helps most: {left} % of mean risk would be left", column=most, left=_percent(left)),
        [
            charts.Point(visit.text(say("as they are")), found.mean, f"{_percent(found.mean)} %", bad=True),
            *(charts.Point(visit.text(say("without {column}", column=column)), risk, f"{_percent(risk)} %") for column, risk in found.without),
        ],
        (say("columns"), say("mean risk of a person")),
    )  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
