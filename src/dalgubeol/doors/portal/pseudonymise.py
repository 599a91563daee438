"""Pseudonymising, as a clerk does it: the project, each column, how strongly, what that costs, and the policy.

The steps stand below each other on one page, so that going back is looking up, and the draft of the page holds
them all. What is sent is a policy: the clerk reads and keeps what the Run was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from ...errors import DalguError, Invalid
from ...kinds.pseudonymise import Pseudonymise, policy_of
from ...language import say
from ...nouns.dataset import Dataset
from ...nouns.project import Project, ProjectPart, ProjectState
from ...verbs import projects
from . import fields, policy_form
from .frame import paragraph
from .look import Look
from .parts import Part, words
from .projects import needs_project
from .roles import Roles
from .sheet import Field, Inside, Sheet

_RECODINGS = {
    "global": say("one level for a whole column"),
    "local": say("finer where a class allows it"),
    "local-partial": say("finer still: parts of a class too"),
}
_DIVERSITIES = {"distinct": say("counted"), "entropy": say("by entropy")}


class Wizard:
    """Guides through the parameters of `pseudonymise`, which it hands over as one policy."""

    names = frozenset({"project", "person", "quasi", "keep", "generalise", "k", "suppression_limit"})
    instead = "policy"

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.visit = sheet, sheet.visit
        self.fields: dict[str, Field] = {}
        self.look: Look | None = None
        self.roles: Roles | None = None

    async def build(self, dataset: Dataset | None) -> None:
        visit = self.visit
        if dataset is None:
            words(visit, "p", say("Choose a Dataset first: its columns are then looked at, and a proposal is made for each."), "dalgu-hint")  # fmt: skip
            return
        for name, value in policy_form.BEGUN.items():
            self.sheet.values.setdefault(name, value)
        found = await visit.read(lambda: projects.listed(visit.house, visit.signed_in))
        self._project([p for p in found if _may_take(p, dataset, visit.signed_in.actor.id)])
        if self.sheet.values.get("policy"):
            paragraph(
                visit,
                say(
                    "A policy was given as a file, below: it is run as it stands, instead of what is chosen here."
                ),
            )
        words(visit, "h2", say("Which columns are dangerous, and what becomes of them"))
        self.roles = Roles(self.sheet, self._columns_changed)
        self.roles.build(dataset)
        self.fields["columns"] = self.roles.field
        words(visit, "h2", say("How strongly persons are protected"))
        self._protection()
        words(visit, "h2", say("What it costs: risk against utility"))
        self.look = Look(self.sheet, self.plain, self._wrong)
        self.look.build(dataset.id)
        words(visit, "h2", say("The policy"))
        self._policy()

    def _project(self, found: list[Project]) -> None:
        visit = self.visit
        words(visit, "h2", say("For which project"))
        if not found:
            needs_project(visit)
        self.fields["project"] = fields.choice(
            self.sheet, "project", say("The project: its pseudonyms cannot be linked with another's"), [(p.name, p.name) for p in found],
            needed=True, empty=say("Choose a project"), hint=say("Projects of the provider in which you pseudonymise."),
        )  # fmt: skip

    def _protection(self) -> None:
        again = lambda _: self._models_changed()  # noqa: E731
        with Part("div", classes="dalgu-row"):
            self.fields["models.k"] = fields.text(
                self.sheet, "k", say("The least number of persons in an equivalence class"), needed=True, type_="number", min=2, max=1000,
                step=1, after=again, hint=say("Nobody can be told from k - 1 others."),
            )  # fmt: skip
            self.fields["search.suppression_limit"] = fields.text(
                self.sheet, "limit", say("The largest share of rows that may be left out, in %"), needed=True, type_="number", min=0,
                max=100, step="0.5", after=again, hint=say("Rare rows are left out before everything is made coarser."),
            )  # fmt: skip
        self.fields["search.recoding"] = fields.choice(
            self.sheet, "recoding", say("One level for all, or finer where it may be"), [(r, self.visit.text(n)) for r, n in _RECODINGS.items()],
            needed=True, hint=say("The preview shows one level for all: finer loses less."), after=again,
        )  # fmt: skip
        self.diverse = Part("div")
        self._diverse()

    def _diverse(self) -> None:
        """What is asked of columns that are kept: of them an attacker could learn something."""
        self.diverse.clear()
        for name in [n for n in self.fields if n.startswith("models.") and n != "models.k"]:
            del self.fields[name]
        kept = [c for c, role in (self.sheet.values.get("roles") or {}).items() if role == "keep"]
        if not kept or self.roles is None:
            return
        visit, held = self.visit, self.sheet.values.setdefault("diverse", {})
        again = lambda _: self._models_changed()  # noqa: E731
        with self.diverse, Part("details", open=any(held.get(c) for c in kept)):
            words(visit, "summary", say("Sensitive columns: what a class may tell of them"))
            paragraph(visit, say("Where everybody in a class has the same illness, k persons hide nothing. Ask for several values in each class, or for a distribution near that of the table."))  # fmt: skip
            for column in kept:
                inside = Inside(self.sheet, held.setdefault(column, {}))
                with Part("fieldset", classes="dalgu-field dalgu-inside"):
                    Part("legend", column)
                    with Part("div", classes="dalgu-row"):
                        several = fields.text(inside, "l", say("At least l different values in each class"), type_="number", min=2, step="any", after=again)  # fmt: skip
                        fields.choice(inside, "kind", say("How they are counted"), [(k, visit.text(n)) for k, n in _DIVERSITIES.items()], after=again)  # fmt: skip
                        near = fields.text(inside, "t", say("At most t away from the table's distribution (0 to 1)"), type_="number", min=0, max=1, step="0.05", after=again)  # fmt: skip
                self.fields.setdefault("models.diversity", several)
                self.fields.setdefault("models.closeness", near)

    def _policy(self) -> None:
        visit = self.visit
        paragraph(visit, say("All that was chosen above, as the Run reads it and as it stays in its papers."))
        with Part("div", classes="dalgu-buttons"):
            words(visit, "button", say("Show the policy"), "dalgu-quiet", type="button").on("click", self._show)  # fmt: skip
            words(visit, "button", say("Download policy.toml"), "dalgu-quiet", type="button").on("click", self._download)  # fmt: skip
        self.shown = Part("div", aria_live="polite")

    def _show(self) -> None:
        text = self._text()
        self.shown.clear()
        if text is not None:
            with self.shown:
                Part("pre", text, "dalgu-pre", tabindex=0)

    def _download(self) -> None:
        text = self._text()
        if text is not None:
            ui.download.content(text, "policy.toml", "application/toml; charset=utf-8")

    def _text(self) -> str | None:
        try:
            text: str = self.given()["policy"]
        except DalguError as error:
            self._wrong(error)
            self.visit.show(error)
            return None
        self._wrong(None)
        return text

    def _columns_changed(self) -> None:
        if self.look is not None:
            self.look.columns_changed()
        self._diverse()

    def _models_changed(self) -> None:
        if self.look is not None:
            self.look.changed()

    def plain(self) -> dict[str, Any]:
        """The policy of the form as it stands, its project too where none is chosen yet."""
        kinds = self.roles.kinds() if self.roles is not None else {}
        made = policy_form.plain(self.sheet.values, kinds)
        return {**made, "project": made["project"] or "preview"}

    def given(self) -> dict[str, Any]:
        """The parameters, as the kind reads them. Raises Invalid for what makes no policy."""
        from ...methods.privacy import policy_text

        if not self.sheet.values.get("project"):
            raise Invalid("invalid.policy.project", say("Choose a project."), say("Open one where there is none."))  # fmt: skip
        return {"policy": policy_text.to_toml(policy_text.built(self.plain()), self._notes())}

    def _notes(self) -> dict[str, list[str]]:
        if self.roles is None:
            return {}
        language = self.visit.reader.language
        return {p.column: [e.text(language) for e in p.evidence] for p in self.roles.found}

    def wrong(self, error: DalguError) -> bool:
        """Show an error at its field and go there; whether there is one."""
        there = self._wrong(error)
        at = self._at(error.code)
        if at is not None:
            at.focus()
        return there

    def _wrong(self, error: DalguError | None) -> bool:
        for field in self.fields.values():
            field.wrong(None)
        at = self._at(error.code) if error is not None else None
        if error is None or at is None:
            return False
        at.wrong(error.detail)
        return True

    def _at(self, code: str) -> Field | None:
        place = code.removeprefix("invalid.policy.").removeprefix("invalid.")
        if self.roles is not None and (of_column := self.roles.at(place)) is not None:
            return of_column
        return next((field for name, field in self.fields.items() if place.startswith(name)), None)

    def at(self, name: str) -> Field | None:
        place = "project" if name == "project" else "columns"
        return self.fields.get(place) if name in self.names else None

    @staticmethod
    def begun_like(parameters: Mapping[str, Any], dataset: str) -> dict[str, Any]:
        """What stands in the sheet for the parameters of an earlier Run."""
        named = {name: value for name, value in parameters.items() if value is not None}
        policy = policy_of(Pseudonymise.Parameters.model_validate(named))
        values, whole = policy_form.typed(policy)
        as_it_was = "" if whole else parameters.get("policy") or ""
        return {"roles of": dataset, **values, "policy": as_it_was}


def _may_take(project: Project, dataset: Dataset, person: str) -> bool:
    named = person in project.named(ProjectPart.PSEUDONYMISER)
    return project.state is ProjectState.OPEN and project.organisation == dataset.organisation and named
