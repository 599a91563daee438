"""Pseudonymising, as a clerk does it: a wizard of steps from the columns to the Run, with risk and utility in sight.

Every step can be gone to and left at any time; the draft of the page holds them all, and which one it was. What is
sent is a policy: the clerk reads and keeps what the Run was told, and opens it again the next time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ....errors import DalguError, Invalid
from ....kinds.pseudonymise import Pseudonymise, policy_of
from ....language import Message, say
from ....nouns.dataset import Dataset
from ....nouns.project import Project, ProjectPart, ProjectState
from ....verbs.projects import projects
from ..elements import fields
from ..elements.frame import paragraph
from ..elements.parts import Part, named, words
from ..elements.sheet import Field, Sheet
from ..elements.stepper import Stepper
from ..elements.upload_box import needs_script
from ..projects.projects import needs_project
from . import policy_form, policy_typed
from .columns_form import Direct, Values
from .look import Look
from .policy_file import PolicyFile
from .population_file import PopulationFile
from .protection import Protection
from .risk_strip import Strip
from .roles import Roles

_STEPS = (
    ("columns", say("Columns")),
    ("direct", say("Direct identifiers")),
    ("values", say("Quasi-identifiers and values")),
    ("protection", say("Protection")),
    ("preview", say("Preview and choose")),
    ("send", say("Check and start")),
)
_CODES = {"k": "models.k", "population": "models.k_map", "recoding": "search.recoding", "suppression_limit": "search.suppression_limit"}  # fmt: skip
"""What the search says of a policy's models, by the place in the policy."""


class Wizard:
    """Guides through the parameters of `pseudonymise`, which it hands over as one policy."""

    names = frozenset({"project", "person", "quasi", "keep", "generalise", "k", "suppression_limit"})
    instead = "policy"
    mended_at = "values"

    def __init__(self, sheet: Sheet, brought: Callable[[str, Dataset], Awaitable[None]]) -> None:
        self.sheet, self.visit, self.brought = sheet, sheet.visit, brought
        self.fields: dict[str, Field] = {}
        self.look: Look | None = None
        self.roles: Roles | None = None
        self.values: Values | None = None
        self.protection: Protection | None = None
        self.population: PopulationFile | None = None

    def frame(self) -> None:
        """The steps and the strip, once; what is in them is built anew with each Dataset."""
        needs_script()
        self.stepper = Stepper(self.sheet, _STEPS)
        with Part("div", classes="dalgu-wizard"):
            self.stepper.build()
            self.strip = Strip(self.visit)
            self.strip.build()
        self.stepper.on_arrival(self._arrived)
        with self.stepper.panel("columns"):
            self.begin = Part("div")
            self.of_columns = Part("div")
        with self.stepper.panel("protection"):
            self.of_models = Part("div")
            self.crowd = Part("div", hidden=True, classes="dalgu-card")
            with self.crowd:
                self.of_crowd = Part("div")
            self.folded = Part("div")
        with self.stepper.panel("send"):
            self.of_policy = Part("div")
            self.last = Part("div")

    def place(self, slot: str) -> Part:
        """Where the Dataset of a slot is chosen."""
        return self.begin if slot == "data" else self.crowd

    def input_changed(self, slot: str) -> None:
        """Another population was chosen."""
        if self.look is not None:
            self.look.anew()

    async def build(self, dataset: Dataset | None) -> None:
        visit = self.visit
        if self.look is not None:
            self.look.end()
        self.look = self.roles = self.values = self.protection = None
        self.fields.clear()
        places = [self.of_columns, self.of_models, self.folded, self.of_policy, *(self.stepper.panel(name) for name in ("direct", "values", "preview"))]  # fmt: skip
        for place in places:
            place.clear()
        named(self.crowd, hidden=True)
        if self.population is None:
            self.population = PopulationFile(self.sheet, self._quasi, self._brought)
            with self.of_crowd:
                await self.population.build()
        if dataset is None:
            for place in (self.of_columns, *places[4:], self.of_models):
                with place:
                    words(visit, "p", say("Choose a Dataset first: its columns are then looked at, and a proposal is made for each."), "dalgu-hint")  # fmt: skip
            return
        self.dataset = dataset
        for name, value in policy_form.BEGUN.items():
            self.sheet.values.setdefault(name, value)
        found = await visit.read(lambda: projects.listed(visit.house, visit.signed_in))
        self.file = PolicyFile(self.sheet, self._text, self._opened)
        with self.of_columns:
            self._as_file()
            self._project([p for p in found if _may_take(p, dataset, visit.signed_in.actor.id)])
            self.before = Part("details")
            with self.before:
                words(visit, "summary", say("Begin with a policy of before"))
                self.file.opening(dataset.column_names)
            self.roles = Roles(self.sheet, self._columns_changed)
            self.roles.build(dataset)
            self.fields["columns"] = self.roles.field
        with self.stepper.panel("preview"):
            self.look = Look(self.sheet, self.strip, self.plain, self._wrong, lambda: self.stepper.at == "preview")  # fmt: skip
            self.look.build(dataset.id)
        with self.of_policy:
            self.file.build()

    def _as_file(self) -> None:
        """Where a policy says more than the form: it is run as it stands."""
        if not self.sheet.values.get("policy"):
            return
        with Part("div", classes="dalgu-note"):
            paragraph(self.visit, say("A policy was opened that says more than this form: it is shown and run as it stands, instead of what is chosen here."))  # fmt: skip
            words(self.visit, "button", say("Use the form instead"), "dalgu-link", type="button").on("click", self._by_form)  # fmt: skip

    async def _by_form(self) -> None:
        self.sheet.set("policy", "")
        await self.build(self.dataset)

    async def _opened(self, told: Message) -> None:
        """Another policy stands in the sheet."""
        await self.build(self.dataset)
        named(self.before, open=True)
        self.file.tell(told)

    def _project(self, found: list[Project]) -> None:
        visit = self.visit
        if not found:
            needs_project(visit)
        self.fields["project"] = fields.choice(
            self.sheet, "project", say("The project: its pseudonyms cannot be linked with another's"), [(p.name, p.name) for p in found],
            needed=True, empty=say("Choose a project"), hint=say("Projects of the provider in which you pseudonymise."),
        )  # fmt: skip

    def _columns_changed(self) -> None:
        """Roles are others now: so are the steps that follow from them."""
        if self.roles is None or not self.roles.found:
            return
        for name in ("direct", "values"):
            self.stepper.panel(name).clear()
        self.values = Values(self.sheet, self.roles, self._changed)
        with self.stepper.panel("direct"):
            Direct(self.sheet, self.roles, self._changed).build()
        with self.stepper.panel("values"):
            self.values.build()
        self.of_models.clear()
        self.folded.clear()
        self.protection = Protection(self.sheet, self.roles, self.dataset_id, self._changed)
        with self.of_models:
            self.protection.build()
        with self.folded:
            self.protection.folded()
        self._changed()

    @property
    def dataset_id(self) -> str:
        return str(self.sheet.values.get("roles of") or "")

    def _changed(self) -> None:
        """Something of the policy is another."""
        needed = self.protection is not None and self.protection.needs_population
        named(self.crowd, hidden=not needed)
        if self.look is not None and self.roles is not None and self.roles.found:
            self.look.changed()

    def _quasi(self) -> list[str]:
        return [p.column for p in self.roles.with_role("quasi")] if self.roles is not None else []

    async def _brought(self, population: Dataset) -> None:
        await self.brought("population", population)

    def _arrived(self, name: str) -> None:
        if name == "preview" and self.look is not None and self.roles is not None and self.roles.found:
            self.look.arrived()
        if name == "protection" and self.protection is not None:
            self.protection.again()

    def plain(self, *, fixed: bool = True) -> dict[str, Any]:
        """The policy of the form as it stands, its project too where none is chosen yet; without `fixed` as if no
        levels were. One that was opened and says more than the form is that."""
        from ....methods.privacy.policy import policy_text

        values = self.sheet.values
        if text := values.get("policy"):
            try:
                return policy_text.parsed(str(text)).model_dump()
            except DalguError:
                pass  # what is wrong with it is said where it stands; the form is shown
        kinds = self.roles.kinds() if self.roles is not None else {}
        made = policy_form.plain(values if fixed else {**values, "fix": False}, kinds)
        return {**made, "project": made["project"] or "preview"}

    def given(self) -> dict[str, Any]:
        """The parameters, as the kind reads them. Raises Invalid for what makes no policy."""
        from ....methods.privacy.policy import policy_text

        if not self.sheet.values.get("project"):
            raise Invalid("invalid.policy.project", say("Choose a project."), say("Open one where there is none."))  # fmt: skip
        return {"policy": policy_text.to_toml(policy_text.built(self.plain()), self._notes())}

    def _text(self) -> str | None:
        if text := self.sheet.values.get("policy"):
            return str(text)
        try:
            made: str = self.given()["policy"]
        except DalguError as error:
            if not self.wrong(error):
                self.visit.show(error)
            return None
        self._wrong(None)
        return made

    def _notes(self) -> dict[str, list[str]]:
        if self.roles is None:
            return {}
        language = self.visit.reader.language
        return {p.column: [e.text(language) for e in p.evidence] for p in self.roles.found}

    def wrong(self, error: DalguError) -> bool:
        """Show an error at its field and go there; whether there is one."""
        there = self._wrong(error)
        step, at = self._at(_place(error.code))
        if there and at is not None:
            self.stepper.show(step, focus=False)
            at.focus()
        return there

    def _wrong(self, error: DalguError | None) -> bool:
        for name, _ in _STEPS:
            self.stepper.amiss(name, False)
        for field in self._every():
            field.wrong(None)
        if error is None:
            return False
        step, at = self._at(_place(error.code))
        if at is None:
            return False
        self.stepper.amiss(step, True)
        at.wrong(policy_form.plainly(error).detail)
        return True

    def _every(self) -> list[Field]:
        every = [*self.fields.values()]
        if self.values is not None:
            every += self.values.fields()
        if self.protection is not None:
            every += self.protection.fields.values()
        return [field for field in every if not field.box.is_deleted]

    def _at(self, place: str) -> tuple[str, Field | None]:
        """The step and the field that an error of the policy speaks of."""
        if self.values is not None and (of_column := self.values.at(place)) is not None:
            return "values", of_column
        if self.protection is not None and (of_models := self.protection.at(place)) is not None:
            return "protection", of_models
        field = next((field for name, field in self.fields.items() if place.startswith(name)), None)
        return "columns", field

    def at(self, name: str) -> Field | None:
        place = "project" if name == "project" else "columns"
        return self.fields.get(place) if name in self.names else None

    @staticmethod
    def begun_like(parameters: Mapping[str, Any], dataset: str) -> dict[str, Any]:
        """What stands in the sheet for the parameters of an earlier Run."""
        given = {name: value for name, value in parameters.items() if value is not None}
        policy = policy_of(Pseudonymise.Parameters.model_validate(given))
        values, whole = policy_typed.typed(policy)
        as_it_was = "" if whole else parameters.get("policy") or ""
        return {"roles of": dataset, **values, "policy": as_it_was}


def _place(code: str) -> str:
    place = code.removeprefix("invalid.policy.").removeprefix("invalid.")
    return _CODES.get(place, place)


def _may_take(project: Project, dataset: Dataset, person: str) -> bool:
    pseudonymises = person in project.named(ProjectPart.PSEUDONYMISER)
    return project.state is ProjectState.OPEN and project.organisation == dataset.organisation and pseudonymises  # fmt: skip
