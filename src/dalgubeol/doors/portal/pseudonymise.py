"""Pseudonymising, as a clerk does it: column by column, with a proposal and why, and how coarse it may become."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nicegui import ui

from ...errors import DalguError
from ...language import Message, say
from ...nouns.dataset import Dataset
from ...verbs import proposals
from ...verbs.proposals import Danger, Proposal
from . import charts, fields
from .asked import read_json
from .dataset import type_name
from .frame import paragraph
from .parts import Part, words
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
_USUAL_WIDTHS = {"age": "5, 10, 20"}


class Roles:
    """What each column becomes is in the sheet under `roles`, how it may become coarser under `coarse`."""

    names = frozenset({"person", "quasi", "keep", "generalise"})
    instead = "policy"

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.visit = sheet, sheet.visit
        self.found: tuple[Proposal, ...] = ()
        self.field: Field | None = None
        self.coarse: dict[str, Field] = {}

    async def build(self, dataset: Dataset | None) -> None:
        visit = self.visit
        self.field = Field(self.sheet, "roles", say("What becomes of each column"), needed=True, group=True)
        self.field.box.classes("dalgu-field-wide")
        with self.field.slot:
            if dataset is None:
                words(visit, "p", say("Choose a Dataset first: its columns are then looked at, and a proposal is made for each."), "dalgu-hint")  # fmt: skip
                return
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
        visit, given, dataset = self.visit, self.given(), str(self.sheet.values["roles of"])
        self.measured.clear()
        with self.measured:
            words(visit, "p", say("The risk is being measured..."), "dalgu-hint")
        found, error = await visit.attempt(
            lambda who: proposals.danger(visit.house, who, dataset, given["quasi"], given["person"])
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
            values["coarse"] = {
                p.column: {"widths": _USUAL_WIDTHS.get(p.what, ""), "groups": ""} for p in self.found
            }

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
                more = Part("div")
                with more:
                    fields.select(
                        None, options, self.sheet.values["roles"].get(column, "out"), lambda role: self._changed(column, str(role), coarse),
                        aria_label=visit.text(say("What becomes of {column}", column=column)),
                    )  # fmt: skip
                coarse = Part("div")
                self._coarse(proposal, coarse)

    def _changed(self, column: str, role: str, coarse: Part) -> None:
        roles = dict(self.sheet.values["roles"])
        if role == "person":  # one column says it
            roles = {name: "out" if was == "person" else was for name, was in roles.items()}
        self.sheet.set("roles", {**roles, column: role})
        proposal = next(p for p in self.found if p.column == column)
        self._coarse(proposal, coarse)

    def _coarse(self, proposal: Proposal, place: Part) -> None:
        place.clear()
        self.coarse.pop(proposal.column, None)
        if self.sheet.values["roles"].get(proposal.column) != "quasi":
            return
        values = self.sheet.values["coarse"].setdefault(proposal.column, {"widths": "", "groups": ""})
        inside = Inside(self.sheet, values)
        with place:
            if proposal.number:
                self.coarse[proposal.column] = fields.text(
                    inside, "widths", say("Widths of intervals, each a multiple of the one before"), inputmode="decimal",
                    hint=say("Such as 5, 10, 20. Empty: it is hidden where it must be."),
                )  # fmt: skip
            with Part("details"):
                words(self.visit, "summary", say("Groups of values (JSON)"))
                fields.text(inside, "groups", say("Value to group, then group to larger group"), rows=3)

    def given(self) -> dict[str, Any]:
        """The parameters, as the kind reads them."""
        roles: dict[str, str] = self.sheet.values.get("roles") or {}
        roles = {p.column: roles.get(p.column, "out") for p in self.found if not p.by_law_deleted}
        named = {role: [column for column, has in roles.items() if has == role] for role in _ROLES}
        generalise = {column: self._how(column) for column in named["quasi"]}
        return {
            "person": named["person"][0] if named["person"] else None,
            "quasi": named["quasi"],
            "keep": named["keep"],
            "generalise": {column: how for column, how in generalise.items() if how},
        }

    def _how(self, column: str) -> dict[str, Any]:
        typed = self.sheet.values.get("coarse", {}).get(column, {})
        widths = [part.strip() for part in str(typed.get("widths", "")).split(",") if part.strip()]
        groups = read_json(str(typed.get("groups", "")).strip() or "[]")
        how: dict[str, Any] = {"widths": widths} if widths else {}
        if groups:
            how["groups"] = groups if isinstance(groups, list) else [groups]
        return how

    def at(self, name: str) -> Field | None:
        return self.field if name in self.names else None

    @staticmethod
    def begun_like(parameters: Mapping[str, Any], dataset: str) -> dict[str, Any]:
        """What stands in the sheet for the parameters of an earlier Run."""
        roles = {column: role for role in ("quasi", "keep") for column in parameters.get(role) or ()}
        if parameters.get("person"):
            roles[parameters["person"]] = "person"
        coarse = {
            column: {
                "widths": ", ".join(f"{width:g}" for width in how.get("widths") or ()),
                "groups": json.dumps(how["groups"], ensure_ascii=False) if how.get("groups") else "",
            }
            for column, how in (parameters.get("generalise") or {}).items()
        }
        return {"roles of": dataset, "roles": roles, "coarse": coarse}


def _proposed(found: tuple[Proposal, ...]) -> dict[str, str]:
    """Roles to begin with. The best sign of one person is a number of persons; names and the like go."""
    roles, person = {}, False
    for p in found:
        if p.role == "direct identifier":
            is_person = p.what == "person-number" and not person
            roles[p.column] = "person" if is_person else "out"
            person = person or is_person
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
