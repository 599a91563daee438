"""Asking a panel for a review: of which project and Dataset, who sits on it, and what a risk review asks besides."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from ....errors import Missing
from ....language import say
from ....nouns.dataset import Dataset
from ....nouns.panel import Panel, PanelKind
from ....nouns.permit import Role
from ....rules.panels import SEATS
from ....verbs.datasets import choices
from ....verbs.projects import panels, projects, risk_answers
from ..elements import fields, persons
from ..elements.frame import chip_text
from ..elements.parts import Part, words
from ..elements.sheet import Blank
from ..visit import Visit

_SEARCHED = 30
"""Of so many to choose from, and more, one can look for a part of the name."""


class _Choice:
    """The Dataset under review, of those that the project has for this kind of review; where they are many they are
    found by a part of the name. What is chosen stays so as long as it is among them."""

    def __init__(self, visit: Visit, sheet: Blank) -> None:
        self.visit, self.sheet = visit, sheet
        self.box = Part("div")

    async def draw(self) -> None:
        """Anew, for another kind of review or another project."""
        self.sheet.values["words"] = ""
        found = await self._found()
        self.box.clear()
        with self.box:
            if len(found) >= _SEARCHED:
                fields.text(self.sheet, "words", say("Look for a part of its name"), type_="search", maxlength=100, after=self._narrow)  # fmt: skip
            self.told = Part("p", "", "dalgu-only-read", role="status", aria_live="polite")
            self.place = Part("div")
        self._offer(found)

    async def _narrow(self, typed: Any) -> None:
        found = await self._found()
        if typed == self.sheet.values["words"]:  # nothing was typed meanwhile
            self._offer(found)
            self.told.set_text(self.visit.text(say("{count} Datasets found", count=len(found))))

    async def _found(self) -> tuple[Dataset, ...]:
        visit, values = self.visit, self.sheet.values
        if not values["project"]:
            return ()
        kind, project, text = PanelKind(values["kind"]), values["project"], str(values["words"] or "")
        return await visit.read(lambda: choices.reviewable(visit.house, visit.signed_in, kind, project, text))

    def _offer(self, found: tuple[Dataset, ...]) -> None:
        visit = self.visit
        options = [(d.id, f"{d.name} ({chip_text(visit, d.sensitivity)})") for d in found]
        before = self.sheet.values["kind"] == PanelKind.RISK.value
        hint = say("The table as it is before it is pseudonymised.") if before else say("A result of this project.")  # fmt: skip
        empty = say("Choose a Dataset") if found else say("There is none.")
        self.place.clear()
        with self.place:
            self.field = fields.choice(self.sheet, "dataset", say("Which Dataset?"), options, needed=True, hint=hint, empty=empty)  # fmt: skip


async def review_form(visit: Visit, project: str, dataset: str) -> None:
    """`project` and `dataset`: what the address asks for, by name or id."""
    every = await visit.read(lambda: projects.listed(visit.house, visit.signed_in))
    of = next((each.id for each in every if project in (each.id, each.name)), every[0].id if every else "")
    kind, wished = await visit.read(lambda: _wished(visit, of, dataset))
    may = await persons.offered(visit, [Role.REVIEWER])
    sheet = Blank(visit, {
        "kind": kind.value, "project": of, "dataset": wished, "words": "", "members": [], "environment": "", "left": "",
    })  # fmt: skip
    with Part("div", classes="dalgu-form dalgu-wide"):
        fields.choice(sheet, "kind", say("Which review?"), [(k.value, visit.word(k)) for k in PanelKind], needed=True, after=lambda _: chosen.draw())  # fmt: skip
        fields.choice(sheet, "project", say("Of which project?"), [(p.id, f"{p.name} ({p.organisation})") for p in every], needed=True, after=lambda _: chosen.draw())  # fmt: skip
        chosen = _Choice(visit, sheet)
        await chosen.draw()
        fields.many(sheet, "members", say("Who sits on the panel?"), may, needed=True, hint=say("{least} at least for adequacy. Nobody who pseudonymises, keeps or uses this data.", least=SEATS[PanelKind.ADEQUACY][0]))  # fmt: skip
        fields.text(sheet, "environment", say("Where and how is the result used?"), rows=2, maxlength=2000, hint=say("Empty: as the project says."))  # fmt: skip
        fields.text(
            sheet, "left", say("What risk is left, as you see it?"), rows=3, hint=say("One per line.")
        )

        _ask_of_risk(visit, sheet)

        async def send() -> None:
            if not sheet.values["dataset"]:
                chosen.field.wrong(say("Choose a Dataset"))
                chosen.field.focus()
                return
            made = await visit.do(lambda who: _asked(visit, who, sheet.values))
            if made is None:
                chosen.field.focus()
            else:
                ui.navigate.to(f"/reviews/{made.id}")

        ui.button(visit.text(say("Ask the panel")), on_click=send).props("no-caps unelevated")


def _wished(visit: Visit, project: str, dataset: str) -> tuple[PanelKind, str]:
    """Which review the Dataset of the address is for in this project, and its id; none where it is for neither."""
    for found in _named(visit, dataset) if project and dataset else ():
        for kind in (PanelKind.ADEQUACY, PanelKind.RISK):
            may = choices.reviewable(visit.house, visit.signed_in, kind, project, found.name)
            if any(each.id == found.id for each in may):
                return kind, found.id
    return PanelKind.ADEQUACY, ""


def _named(visit: Visit, dataset: str) -> tuple[Dataset, ...]:
    try:
        return choices.datasets_named(visit.house, [dataset])
    except Missing:
        return ()


def _ask_of_risk(visit: Visit, sheet: Blank) -> None:
    """What the form of a risk review asks besides; what is lacking is named when it is sent."""
    language = visit.reader.language
    with Part("details"):
        words(visit, "summary", say("For a risk review: the plan, the data and where it is used"))
        sheet.values["risk policy"] = ""
        fields.text(sheet, "risk policy", say("The policy that is planned"), rows=6, maxlength=200_000, hint=say("As in policy.toml: it says what is to become of each column. Roles and reasons come from the table."))  # fmt: skip
        for field in risk_answers.form_fields():
            if field.kind == "checklist":
                Part("h3", field.label.said(language))
            for item in field.options if field.kind == "checklist" else ():
                options = [(a.name, a.label.said(language)) for a in field.answers]
                sheet.values[f"risk {field.name} {item.name}"] = ""
                fields.choice(sheet, f"risk {field.name} {item.name}", item.label.said(language), options, empty=say("not chosen"))  # fmt: skip
            if field.kind == "choice":
                options = [(o.name, o.label.said(language)) for o in field.options]
                sheet.values[f"risk {field.name}"] = ""
                fields.choice(sheet, f"risk {field.name}", field.label.said(language), options, empty=say("not chosen"))  # fmt: skip


def _of_risk(typed: dict[str, Any]) -> dict[str, object]:
    answers: dict[str, Any] = {}
    for name, value in typed.items():
        if name.startswith("risk ") and value:
            _, field, *item = name.split(" ")
            if item:
                answers.setdefault(field, {})[item[0]] = [value, ""]
            else:
                answers[field] = value
    return answers


def _asked(visit: Visit, who: Any, typed: dict[str, Any]) -> Panel:
    kind = PanelKind(typed["kind"])
    answers: dict[str, object] = _of_risk(typed) if kind is PanelKind.RISK else {}
    if kind is PanelKind.ADEQUACY:
        left = [line.strip() for line in str(typed["left"]).splitlines() if line.strip()]
        answers = {"left": left} if left else {}
        if typed["environment"].strip():
            answers["environment"] = typed["environment"].strip()
    return panels.open_(
        visit.house, who, kind, project=typed["project"], dataset=typed["dataset"] or "",
        members=typed["members"], answers=answers,
    )  # fmt: skip
