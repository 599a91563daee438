"""What becomes of each column: a table of columns with what was found in them, why, and what is to be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from ...errors import DalguError
from ...language import Message, say
from ...nouns.dataset import Dataset
from ...verbs import proposals
from ...verbs.proposals import SERIAL_NUMBER, Danger, Proposal
from . import charts, fields
from .coarser import Coarser, begun
from .dataset import type_name
from .frame import paragraph
from .parts import Part, words
from .policy_form import SIZES
from .sheet import Field, Inside, Sheet
from .visit import Visit

_ROLES = {
    "person": say("which rows are one person"),
    "quasi": say("could single somebody out: make it coarse"),
    "keep": say("keep as it is"),
    "out": say("leave it out"),
}
_WHAT = {
    "direct identifier": say("says who somebody is"),
    "quasi-identifier": say("could single somebody out"),
    "sensitive": say("says something delicate"),
    "plain": say("says nothing of who"),
}
_CHANGES = {
    "": say("as it is"), "round": say("rounded to multiples of"), "top": say("values above count as"),
    "bottom": say("values below count as"), "noise": say("noise of this standard deviation"),
    "microaggregate": say("the mean of so many near ones"), "mask": say("identifiers in its texts masked"),
}  # fmt: skip


class Roles:
    """What each column becomes is in the sheet under `roles`, how it may become coarser under `coarse`, what else
    is done to it under `change`. `changed` is told that something is another."""

    field: Field

    def __init__(self, sheet: Sheet, changed: Callable[[], None]) -> None:
        self.sheet, self.visit, self.changed = sheet, sheet.visit, changed
        self.found: tuple[Proposal, ...] = ()
        self.coarse: dict[str, Coarser] = {}

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
        self.place.clear()
        with self.place:
            if error is not None or found is None:
                _refused(self, error)
                return
            self.found = found
            self._begin(dataset)
            self._table()
        self.changed()

    def _table(self) -> None:
        visit = self.visit
        paragraph(visit, say("This is a proposal: you decide. What is named nowhere is left out, because a forgotten column is a leak."))  # fmt: skip
        with Part("table", classes="dalgu-list dalgu-roles"):
            with Part("thead"), Part("tr"):
                for header in (say("column"), say("what was found"), say("what becomes of it")):
                    words(visit, "th", header, scope="col")
            with Part("tbody"):
                for proposal in self.found:
                    self._row(proposal)
        words(visit, "button", say("How risky are they as they are?"), "dalgu-quiet", type="button").on(
            "click", self._measure
        )
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
                _refused(self, error)
            else:
                _dangerous(visit, found)

    def _begin(self, dataset: str) -> None:
        """The proposals, where nothing was chosen for this Dataset yet."""
        values = self.sheet.values
        if values.get("roles of") != dataset or not isinstance(values.get("roles"), dict):
            values["roles of"] = dataset
            values["roles"] = _proposed(self.found)
            values["coarse"] = {p.column: begun(p) for p in self.found}
            values["change"] = {p.column: {"do": "mask"} for p in self.found if p.what == "free-text"}
            values["levels"], values["fix"] = {}, False
        for name in ("coarse", "change"):
            values.setdefault(name, {})

    def _row(self, proposal: Proposal) -> None:
        visit, column = self.visit, proposal.column
        with Part("tr"):
            with Part("th", scope="row"):
                Part("span", column)
                words(visit, "p", type_name(proposal.type), "dalgu-faint")
            with Part("td", data_name=visit.text(say("what was found"))):
                dangerous = (
                    "dalgu-no"
                    if proposal.role == "direct identifier"
                    else "dalgu-strong"
                    if proposal.role != "plain"
                    else ""
                )
                words(visit, "span", _WHAT[proposal.role], dangerous)
                for evidence in proposal.evidence:
                    words(visit, "p", evidence, "dalgu-faint")
            with Part("td", data_name=visit.text(say("what becomes of it"))):
                if proposal.by_law_deleted:
                    words(visit, "span", say("is deleted by law (PIPA art. 24-2)"), "dalgu-strong")
                    return
                options = [
                    (role, visit.text(name)) for role, name in _ROLES.items() if role in _allowed(proposal)
                ]
                with Part("div"):
                    fields.select(
                        None, options, self.sheet.values["roles"].get(column, "out"), lambda role: self._changed(column, str(role), more),
                        aria_label=visit.text(say("What becomes of {column}", column=column)),
                    )  # fmt: skip
                more = Part("div", classes="dalgu-more")
                self._more(proposal, more)

    def _changed(self, column: str, role: str, more: Part) -> None:
        roles = dict(self.sheet.values["roles"])
        if role == "person":  # one column says it
            roles = {name: "out" if was == "person" else was for name, was in roles.items()}
        self.sheet.set("roles", {**roles, column: role})
        proposal = next(p for p in self.found if p.column == column)
        self._more(proposal, more)
        self.changed()

    def _more(self, proposal: Proposal, place: Part) -> None:
        """How it becomes coarser, or what is done to it where it is kept."""
        place.clear()
        self.coarse.pop(proposal.column, None)
        role = self.sheet.values["roles"].get(proposal.column)
        with place:
            if role == "quasi":
                dataset = str(self.sheet.values["roles of"])
                self.coarse[proposal.column] = made = Coarser(self.sheet, proposal, dataset, self.changed)
                made.build()
            elif role == "keep":
                self._change(proposal)

    def _change(self, proposal: Proposal) -> None:
        visit, column = self.visit, proposal.column
        values = self.sheet.values["change"].setdefault(column, {})
        inside = Inside(self.sheet, values)
        fitting = [do for do in _CHANGES if do not in SIZES or proposal.number]

        def size() -> None:
            sized.clear()
            if values.get("do") in SIZES:
                with sized:
                    fields.text(inside, "size", say("Number"), needed=True, inputmode="decimal", after=lambda _: self.changed())  # fmt: skip

        def chosen(do: Any) -> None:
            inside.set("do", do or "")
            size()
            self.changed()

        options = [(do, visit.text(_CHANGES[do])) for do in fitting]
        label = visit.text(say("What is done to {column}", column=column))
        fields.select(None, options, values.get("do") or "", chosen, aria_label=label)
        sized = Part("div")
        size()

    def kinds(self) -> dict[str, str]:
        """What each column is, in the order of the table, without those that the law deletes."""
        return {p.column: p.role for p in self.found if not p.by_law_deleted}

    def at(self, place: str) -> Field | None:
        """The field of a column's own, by the place of an error: `columns.age.steps` or `age.widths`."""
        columns = sorted(self.coarse, key=len, reverse=True)
        found = next((c for c in columns if place.startswith((f"columns.{c}.", f"{c}."))), None)
        return self.coarse[found].field if found is not None else None


def _proposed(found: tuple[Proposal, ...]) -> dict[str, str]:
    """Roles to begin with. The best sign of one person is a number of persons; names and the like go."""
    roles, person = {}, False
    for p in found:
        if p.role == "direct identifier":
            is_person = p.what == "person-number" and not person
            roles[p.column] = "person" if is_person else "out"
            person = person or is_person
        elif p.what == SERIAL_NUMBER:
            roles[p.column] = "keep"
        else:
            roles[p.column] = {"quasi-identifier": "quasi", "sensitive": "keep"}.get(p.role, "out")
    return roles


def _allowed(proposal: Proposal) -> tuple[str, ...]:
    return ("person", "out") if proposal.role == "direct identifier" else tuple(_ROLES)


def _refused(guide: Roles, error: DalguError | None) -> None:
    message: Message = error.detail if error is not None else say("The columns could not be looked at.")
    words(guide.visit, "p", message, "dalgu-field-error")


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
