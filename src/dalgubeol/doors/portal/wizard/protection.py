"""The wizard's fourth step: how strongly persons are protected. Models are added from a list, each with one sentence
of what it protects against; what few need is folded away."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from ....language import Message, say
from ..elements import fields
from ..elements.frame import paragraph
from ..elements.parts import Part, words
from ..elements.sheet import Field, Inside, Sheet
from .counts_form import Counts
from .hierarchy_file import HierarchyFile
from .roles import Roles

RECODINGS = {
    "global": say("one level for a whole column"),
    "local": say("finer where a class allows it"),
    "local-partial": say("finer still: parts of a class too"),
}
_DIVERSITIES = {
    "distinct": say("counted"),
    "entropy": say("by entropy"),
    "recursive": say("recursive (c, l)"),
}
_DISTANCES = {"equal": say("every two values as far apart"), "ordered": say("by the order of the values"), "hierarchical": say("by a hierarchy of the values")}  # fmt: skip
_AGGREGATES = {"geometric": say("geometric mean"), "arithmetic": say("arithmetic mean"), "maximum": say("the largest"), "sum": say("sum"), "rank": say("rank by rank")}  # fmt: skip
_MODELS: Mapping[str, tuple[Message, Message]] = {
    "diversity": (say("l-diversity: several values in each class"), say("Where everybody in a class has the same illness, k persons hide nothing: each class must hold different values.")),
    "closeness": (say("t-closeness: a class like the whole table"), say("Whoever finds somebody's class learns what is frequent in it: its distribution must be near that of the table.")),
    "strict_risk": (say("a limit for everybody's risk"), say("Nobody may be recognised with a higher chance than this by who knows that they are in the table.")),
    "average_risk": (say("a limit for the average risk"), say("Over all rows, the chance of recognising a person is at most this on average; single persons may have more.")),
    "k_map": (say("k-map: hidden in the population"), say("Who looks somebody up in a register of everybody finds at least so many persons for each class.")),
    "presence": (say("delta-presence: whether somebody is in the table"), say("That somebody is in the table can itself be delicate: of a class's persons of the population, the share that is in it stays between two limits.")),
}  # fmt: skip
_OF_COLUMNS = ("diversity", "closeness")
_FIRST = {"diversity": "l", "closeness": "t", "strict_risk": "strict_risk", "average_risk": "average_risk", "k_map": "k_map", "presence": "highest"}  # fmt: skip
_FIELDS = {"diversity": ("l", "kind", "c"), "closeness": ("t", "distance", "named", "csv", "delimiter", "file"), "presence": ("lowest", "highest")}  # fmt: skip
_BEGUN = {"diversity": {"l": "2", "kind": "distinct"}, "closeness": {"t": "0.3", "distance": "equal"}, "strict_risk": {"strict_risk": "10"}, "average_risk": {"average_risk": "5"}, "k_map": {"k_map": "20"}, "presence": {"highest": "50"}}  # fmt: skip


class Protection:
    """The models and the search, in the sheet under `k`, `limit`, `recoding`, `diverse`, `more` and `search`."""

    def __init__(self, sheet: Sheet, roles: Roles, dataset: str, changed: Callable[[], None]) -> None:
        self.sheet, self.visit, self.roles, self.dataset = sheet, sheet.visit, roles, dataset
        self.changed = changed
        self.fields: dict[str, Field] = {}
        """By the place that an error of the policy names."""
        self.after = lambda _: self._changed()

    def _changed(self) -> None:
        self.changed()

    def build(self) -> None:
        after = self.after
        with Part("div", classes="dalgu-row"):
            self.fields["models.k"] = fields.text(
                self.sheet, "k", say("The least number of persons in an equivalence class"), needed=True, type_="number", min=2, max=100000,
                step=1, after=after, hint=say("Nobody can be told from k - 1 others."),
            )  # fmt: skip
            self.fields["search.suppression_limit"] = fields.text(
                self.sheet, "limit", say("The largest share of rows that may be left out, in %"), needed=True, type_="number", min=0,
                max=100, step="0.5", after=after, hint=say("Rare rows are left out before everything is made coarser."),
            )  # fmt: skip
        self.fields["search.recoding"] = fields.choice(
            self.sheet, "recoding", say("One level for all, or finer where it may be"), [(r, self.visit.text(n)) for r, n in RECODINGS.items()],
            needed=True, hint=say("Finer loses less, but a column holds labels of several levels. The next step shows them side by side."), after=after,
        )  # fmt: skip
        words(self.visit, "h3", say("More that must hold"))
        self.place = Part("div")
        self.adder = Part("div")
        self.models()

    def folded(self) -> None:
        """What few need: how the search weighs, and private counts beside the table."""
        self._search()
        self.counts = Counts(self.sheet, [p.column for p in self.roles.found if not p.by_law_deleted], self.changed)  # fmt: skip
        self.counts.build()

    def again(self) -> None:
        """k and the limit as they are now: they are moved in the step of the preview, too."""
        script = ""
        for place, name in (("models.k", "k"), ("search.suppression_limit", "limit")):
            control = self.fields[place].control
            assert control is not None
            script += f"document.getElementById({json.dumps(control.html_id)}).value = {json.dumps(str(self.sheet.values.get(name)))};"  # fmt: skip
        ui.run_javascript(script)

    def at(self, place: str) -> Field | None:
        """The field that an error of the policy speaks of, by its place there."""
        if place.startswith("counts"):
            return self.counts.field
        fitting = [name for name in self.fields if place.startswith(name)]
        return self.fields[max(fitting, key=len)] if fitting else None

    def models(self) -> None:
        """The models that are asked for, and the list of those that could be."""
        self.place.clear()
        self.fields = {place: field for place, field in self.fields.items() if place.startswith("search.") or place == "models.k"}  # fmt: skip
        chosen = self._chosen()
        with self.place:
            if not chosen:
                words(self.visit, "p", say("Nothing beside k yet. Sensitive columns deserve l-diversity or t-closeness."), "dalgu-hint")  # fmt: skip
            for model, column in chosen:
                self._card(model, column)
        self._adder(chosen)

    def _kept(self) -> list[str]:
        return [p.column for p in (*self.roles.with_role("sensitive"), *self.roles.with_role("keep"))]

    def _held(self, model: str, column: str) -> dict[str, Any]:
        values = self.sheet.values
        held: dict[str, Any] = values["diverse"].setdefault(column, {}) if column else values["more"]
        return held

    def _chosen(self) -> list[tuple[str, str]]:
        """(model, column) of those that say something; without a column it is the table's."""
        diverse = self.sheet.values["diverse"]
        found = [(model, c) for c in self._kept() for model in _OF_COLUMNS if _FIRST[model] in diverse.get(c, {})]  # fmt: skip
        return found + [(m, "") for m in _MODELS if m not in _OF_COLUMNS and _FIRST[m] in self.sheet.values["more"]]  # fmt: skip

    @property
    def needs_population(self) -> bool:
        return any(model in ("k_map", "presence") for model, _ in self._chosen())

    def _adder(self, chosen: list[tuple[str, str]]) -> None:
        visit = self.visit
        options = [(f"{m}:{c}", f"{visit.text(_MODELS[m][0])} · {c}") for c in self._kept() for m in _OF_COLUMNS if (m, c) not in chosen]  # fmt: skip
        options += [(f"{m}:", visit.text(name)) for m, (name, _) in _MODELS.items() if m not in _OF_COLUMNS and (m, "") not in chosen]  # fmt: skip

        def add(key: Any) -> None:
            model, _, column = str(key or "").partition(":")
            if model in _MODELS:
                self._held(model, column).update(_BEGUN[model])
                self._another()

        self.adder.clear()
        with self.adder:
            fields.select(visit.text(say("Add a model...")), options, None, add, aria_label=visit.text(say("Add a model of protection")))  # fmt: skip

    def _another(self) -> None:
        self.sheet.touched()
        self.changed()
        self.models()

    def _card(self, model: str, column: str) -> None:
        visit, (name, why) = self.visit, _MODELS[model]
        inside = Inside(self.sheet, self._held(model, column))
        with Part("fieldset", classes="dalgu-card"):
            Part("legend", f"{visit.text(name)} · {column}" if column else visit.text(name))
            words(visit, "p", why, "dalgu-hint")
            with Part("div", classes="dalgu-row"):
                _BUILDERS[model](self, inside, column)

            def away() -> None:
                for field in _FIELDS.get(model, (_FIRST[model],)):
                    inside.values.pop(field, None)
                self._another()

            label = visit.text(say("{model}: take away", model=name))
            words(visit, "button", say("Take away"), "dalgu-link", type="button", aria_label=label).on("click", away)  # fmt: skip

    def _diversity(self, inside: Inside, column: str) -> None:
        self._number(inside, "l", say("At least l different values in each class"), "models.diversity")
        options = [(kind, self.visit.text(name)) for kind, name in _DIVERSITIES.items()]
        fields.choice(inside, "kind", say("How they are counted"), options, after=lambda _: self._another())
        if inside.values.get("kind") == "recursive":
            self._number(inside, "c", say("c: how far the most frequent may outweigh the others"), "models.diversity.c")  # fmt: skip
        else:
            inside.values.pop("c", None)

    def _closeness(self, inside: Inside, column: str) -> None:
        self._number(inside, "t", say("At most t away from the table's distribution (0 to 1)"), "models.closeness")  # fmt: skip
        options = [(distance, self.visit.text(name)) for distance, name in _DISTANCES.items()]
        fields.choice(inside, "distance", say("How far two values are apart"), options, after=lambda _: self._another())  # fmt: skip
        if inside.values.get("distance") == "hierarchical":
            self.fields["models.closeness.hierarchy"] = HierarchyFile(inside, column, self.dataset, self._changed).build()  # fmt: skip

    def _presence(self, inside: Inside, column: str) -> None:
        self._number(inside, "lowest", say("At least, in %"), "models.presence.lowest", placeholder="0")
        self._number(inside, "highest", say("At most, in %"), "models.presence.highest")

    def _k_map(self, inside: Inside, column: str) -> None:
        self._number(inside, "k_map", say("The least number of persons of the population"), "models.k_map")
        self._number(inside, "population_count", say("Its column that says for how many persons a row stands"), "models.population_count", hint=say("Empty: a row is a person."), number=False)  # fmt: skip

    def _strict(self, inside: Inside, column: str) -> None:
        self._number(inside, "strict_risk", say("At most, in %"), "models.strict_risk")

    def _average(self, inside: Inside, column: str) -> None:
        self._number(inside, "average_risk", say("At most, in %"), "models.average_risk")

    def _number(self, inside: Inside, name: str, label: Message, place: str, *, number: bool = True, **more: Any) -> None:  # fmt: skip
        mode = "decimal" if number else None
        self.fields[place] = fields.text(inside, name, label, after=self.after, inputmode=mode, **more)

    def _search(self) -> None:
        inside = Inside(self.sheet, self.sheet.values["search"])
        with Part("details", open=any(inside.values.get(name) for name in ("gs_factor", "seconds"))):
            words(self.visit, "summary", say("How the search weighs"))
            paragraph(self.visit, say("How much is lost is measured as ARX does. The weight of a column is said beside it, in the step before."))  # fmt: skip
            with Part("div", classes="dalgu-row"):
                self.fields["search.gs_factor"] = fields.text(inside, "gs_factor", say("Suppression against coarseness (gsFactor)"), inputmode="decimal", placeholder="0.5", after=self.after, hint=say("Over 0.5 coarse labels cost less, under it rows left out do. Between 0 and 1."))  # fmt: skip
                inside.values.setdefault("aggregate", "geometric")
                options = [(each, self.visit.text(name)) for each, name in _AGGREGATES.items()]
                fields.choice(inside, "aggregate", say("How the columns are put together"), options, after=self.after)  # fmt: skip
                self.fields["search.seconds"] = fields.text(inside, "seconds", say("Stop the search after so many seconds"), inputmode="decimal", after=self.after, hint=say("With the best so far. Empty: until it is proven."))  # fmt: skip


_BUILDERS: Mapping[str, Callable[[Protection, Inside, str], None]] = {
    "diversity": Protection._diversity, "closeness": Protection._closeness, "strict_risk": Protection._strict,
    "average_risk": Protection._average, "k_map": Protection._k_map, "presence": Protection._presence,
}  # fmt: skip
