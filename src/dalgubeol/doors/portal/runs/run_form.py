"""The page of a kind: a form made from its slots and parameters. A new kind has its page at once.

Where a kind has a `guide` (pseudonymise), that asks for some of the parameters in a way that fits the work; the
rest, and every kind without one, are the fields that the schema makes.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from nicegui import ui

from .... import kinds
from ....errors import DalguError, Missing
from ....kinds.contract import Kind, Slot
from ....language import phrase, say
from ....nouns.dataset import Column, Dataset
from ....nouns.panel import Panel
from ....nouns.run import Run
from ....verbs.datasets import choices
from ....verbs.projects import sent_back
from ....verbs.runs import submit
from ....verbs.runs.parameters import parameter_faults
from ....world.identity import SignedIn
from ..elements import fields
from ..elements.frame import heading, paragraph
from ..elements.names import kind_title
from ..elements.parts import Part, anchor, focus, words
from ..elements.sheet import Field, Sheet
from ..visit import Visit, page
from ..wizard import pseudonymise
from .asked import Ask, asks, given_all, typed, typed_all
from .editor import Editor

_SLOT = "slot "
"""Before the name of a slot among the values of a draft: a parameter has no space in its name."""
_LIKE = "like run"
"""The earlier Run that a draft began with."""


class Guide(Protocol):
    """A way to ask for some parameters that fits a kind's work."""

    names: frozenset[str]
    instead: str
    """The parameter that stands instead of all that the guide asks for."""

    last: Part
    """Where the rest of the form goes."""

    mended_at: str
    """The step to begin with where a review found inadequate what was made."""

    def __init__(self, sheet: Sheet, brought: Callable[[str, Dataset], Awaitable[None]]) -> None:
        """`brought` is to be told of a Dataset that was brought in for a slot meanwhile."""

    def frame(self) -> None: ...

    def place(self, slot: str) -> Part: ...

    def input_changed(self, slot: str) -> None: ...

    async def build(self, dataset: Dataset | None) -> None: ...

    def given(self) -> dict[str, Any]: ...

    def at(self, name: str) -> Field | None: ...

    def wrong(self, error: DalguError) -> bool: ...

    @staticmethod
    def begun_like(parameters: Mapping[str, Any], dataset: str) -> dict[str, Any]: ...


_GUIDES: Mapping[str, type[Guide]] = {"pseudonymise": pseudonymise.Wizard}


def add() -> None:
    @page("/run", say("Kinds"))
    async def every(visit: Visit) -> None:
        heading(visit, say("What can be run here"), say("Each kind does one thing to Datasets. Permission, isolation and history are done around it."))  # fmt: skip
        with Part("ul", classes="dalgu-cards"):
            for name in choices.runnable_kinds():
                with Part("li"):
                    anchor(visit, f"/run/{quote(name)}", kind_title(name), "dalgu-card-name")
                    Part("span", name, "dalgu-code")
                    words(visit, "p", kinds.kind(name).summary)

    @page("/run/{kind}", say("Run"))
    async def form(visit: Visit, kind: str, dataset: str = "", like: str = "") -> None:
        if kind not in choices.runnable_kinds():
            raise Missing("kind.missing", say("There is no kind '{name}'.", name=kind), say("Kinds here: {names}.", names=", ".join(choices.runnable_kinds())))  # fmt: skip
        found = kinds.kind(kind)
        heading(visit, kind_title(kind), found.summary)
        await RunForm(visit, found).build(dataset, like)


class RunForm:
    """One form while it is filled in."""

    def __init__(self, visit: Visit, kind: Kind) -> None:
        self.visit, self.kind = visit, kind
        self.asks = asks(kind.Parameters.model_json_schema())
        self.usable: dict[str, dict[str, Dataset]] = {}
        self.slots: dict[str, Field] = {}
        self.places: dict[str, Part] = {}
        self.guide: Guide | None = None

    async def build(self, dataset: str, like: str) -> None:
        visit, kind = self.visit, self.kind
        await self._look_around()
        self.sheet = await Sheet.opened(visit, f"run/{kind.name}", {})
        if like and self.sheet.values.get(_LIKE) != like:
            await self._begin_like(like)
        self._choose_wished(dataset)
        await self._sent_back()
        self.editor = Editor(visit, self._columns)
        guide = _GUIDES.get(kind.name)
        self.guide = guide(self.sheet, self._brought) if guide is not None else None
        with Part("div", classes="dalgu-form dalgu-wide") as form:
            if self.guide is not None:
                self.guide.frame()
            for slot in kind.slots:
                with form if self.guide is None else self.guide.place(slot.name):
                    self.places[slot.name] = Part("div")
                with self.places[slot.name]:
                    self._slot(slot)
            with form if self.guide is None else self.guide.place(kind.slots[0].name):
                if not all(self.usable[slot.name] for slot in kind.slots if not slot.optional):
                    self._ask_for_permit(dataset)
            with form if self.guide is None else self.guide.last:
                self.parameters = Part("div")
                self._end()
            await self._parameters()
            self.sheet.status()

    async def _look_around(self) -> None:
        """What there is to choose from now."""
        visit, name = self.visit, self.kind.name
        found = await visit.read(lambda: choices.usable(visit.house, visit.signed_in.actor, name))
        self.usable = {slot: {d.id: d for d in few} for slot, few in found.items()}

    async def _brought(self, slot: str, dataset: Dataset) -> None:
        """A Dataset has come in for a slot: it is chosen there."""
        await self._look_around()
        self.sheet.set(_SLOT + slot, dataset.id)
        self.places[slot].clear()
        with self.places[slot]:
            self._slot(next(each for each in self.kind.slots if each.name == slot))
        focus(self.places[slot], "select")
        await self._another(slot)

    def _end(self) -> None:
        self._next()
        with Part("div", classes="dalgu-buttons"):
            button = words(
                self.visit, "button", say("Start the Run"), "dalgu-button dalgu-small", type="button"
            )
            button.on("click", self._start)
        self.left = Part("div", role="alert")

    async def _begin_like(self, run_id: str) -> None:
        """As an earlier Run of one's own was; a draft that was begun so already is gone on with."""
        run = await self.visit.read(lambda: submit.show(self.visit.house, self.visit.signed_in.actor, run_id))
        if run.kind != self.kind.name or not run.parameters:
            return
        inputs = {_SLOT + slot: id_ for slot, id_ in run.inputs.items()}
        guide = _GUIDES.get(self.kind.name)
        guided = guide.begun_like(run.parameters, next(iter(run.inputs.values()), "")) if guide else {}
        self.sheet.values = {
            **typed_all(self.asks, {**run.parameters, "name": None}),
            **inputs,
            **guided,
            _LIKE: run_id,
        }
        objections = await self.visit.read(lambda: _objections(self.visit, run_id))
        if guide is not None and objections:
            self.sheet.values["step"] = guide.mended_at

    async def _sent_back(self) -> None:
        """Where a review found inadequate what the earlier Run made, its reasons stand above the form."""
        visit, id_ = self.visit, str(self.sheet.values.get(_LIKE) or "")
        if not id_:
            return
        for found, against in await visit.read(lambda: _objections(visit, id_)):
            with Part("div", classes="dalgu-note", role="note"):
                paragraph(
                    visit, say("A review found what was made so inadequate. Change what its reasons name:")
                )
                with Part("ul"):
                    for each in against:
                        Part("li", each)
                anchor(visit, f"/reviews/{quote(found.id)}", say("The review"))

    def _choose_wished(self, dataset: str) -> None:
        """The Dataset that the address names goes into the first slot that takes it. An id goes before a name, as
        everywhere."""
        every = {id_: d for few in self.usable.values() for id_, d in few.items()}
        wished = (
            dataset if dataset in every else next((id_ for id_, d in every.items() if d.name == dataset), "")
        )
        for slot in self.kind.slots:
            if wished in self.usable[slot.name]:
                self.sheet.values[_SLOT + slot.name] = wished
                return

    def _slot(self, slot: Slot) -> None:
        name, summary = slot.name, slot.summary
        options = [(id_, f"{d.name} · {d.organisation} · {self.visit.word(d.sensitivity)}") for id_, d in self.usable[name].items()]  # fmt: skip
        label = (
            say("Dataset: {what}", what=phrase(summary)) if summary else say("Dataset for {slot}", slot=name)
        )
        self.slots[name] = fields.choice(
            self.sheet, _SLOT + name, label, options, needed=not slot.optional,
            empty=say("(none)") if slot.optional else say("Choose a Dataset"),
            hint=say("Those that you may use for this, the newest first."), after=lambda _: self._another(name),
        )  # fmt: skip

    async def _another(self, slot: str) -> None:
        """Another Dataset is in a slot."""
        if self.guide is not None and slot != self.kind.slots[0].name:
            self.guide.input_changed(slot)
        else:
            await self._parameters()

    def _ask_for_permit(self, dataset: str) -> None:
        with Part("div", classes="dalgu-note"):
            paragraph(self.visit, say("There is no Dataset here that you may use for '{kind}'. It must be yours, or a Permit must allow it.", kind=self.kind.name))  # fmt: skip
            anchor(
                self.visit,
                f"/permits/ask?kind={quote(self.kind.name)}&dataset={quote(dataset)}",
                say("Ask for a Permit"),
            )

    def _chosen(self, slot: str) -> Dataset | None:
        return self.usable.get(slot, {}).get(str(self.sheet.values.get(_SLOT + slot)))

    def _columns(self, slot: str) -> Sequence[Column]:
        dataset = self._chosen(slot)
        return dataset.columns if dataset is not None else ()

    async def _parameters(self) -> None:
        """Built anew when another Dataset is chosen: its columns are other ones. What was typed stays."""
        self.editor = Editor(self.visit, self._columns)
        self.parameters.clear()
        if self.guide is not None:
            await self.guide.build(self._chosen(self.kind.slots[0].name))
        with self.parameters:
            self.editor.build(self.sheet, [ask for ask in self._asked() if ask.needed or ask.name == "name"])
            instead = self.guide.instead if self.guide is not None else ""
            more = [ask for ask in self._asked() if not ask.needed and ask.name not in ("name", instead)]
            if more and len(self._asked()) > 5:
                with Part("details", open=not self.kind.slots):
                    words(self.visit, "summary", say("More settings"))
                    self.editor.build(self.sheet, more)
            else:
                self.editor.build(self.sheet, more)
            if written := [ask for ask in self._asked() if ask.name == instead]:
                with Part("details"):
                    words(self.visit, "summary", say("Write it as a file instead"))
                    self.editor.build(self.sheet, written)

    def _asked(self) -> list[Ask]:
        guided = self.guide.names if self.guide is not None else frozenset[str]()
        return [ask for ask in self.asks if ask.name not in guided]

    def _example(self) -> None:
        """How somebody else has filled it in: the kind's own example."""
        example = next(iter(self.kind.examples()), None)
        if example is None:
            return
        with Part("details"):
            words(self.visit, "summary", say("An example"))
            paragraph(self.visit, phrase(example.summary))
            for ask in self.asks:
                if ask.name in example.parameters:
                    shown = typed(ask, example.parameters[ask.name])
                    text = (
                        shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, indent=1)
                    )
                    words(self.visit, "p", phrase(ask.label), "dalgu-faint")
                    Part("pre", text, "dalgu-pre", tabindex=0)

    def _next(self) -> None:
        visit = self.visit
        with Part("section", classes="dalgu-what-next"):
            words(visit, "h2", say("What happens next"))
            with Part("ol"):
                words(
                    visit,
                    "li",
                    say(
                        "The Run is queued and starts by itself; you see how far it is, and may close the browser."
                    ),
                )
                words(visit, "li", say("What it makes becomes a Dataset with papers of its own; files of a script wait in the airlock for two reviewers."))  # fmt: skip
                words(
                    visit,
                    "li",
                    say("That it ran, on what and under which Permit, is recorded in the history."),
                )

    def _given(self) -> dict[str, Any]:
        given = given_all(tuple(self._asked()), self.sheet.values)
        if self.guide is None or given.get(self.guide.instead):
            return given
        return {**given, **self.guide.given()}

    async def _start(self) -> None:
        visit, kind = self.visit, self.kind
        self.left.clear()
        named = {slot: str(self.sheet.values.get(_SLOT + slot.name) or "") for slot in kind.slots}
        inputs = {slot.name: id_ for slot, id_ in named.items() if id_ or not slot.optional}
        try:
            parameters = self._given()
        except DalguError as unfit:
            self._wrong(unfit)
            return
        if not self._complete(inputs, parameters):
            return
        run, error = await visit.attempt(lambda who: _submitted(visit, who, kind.name, inputs, parameters))
        if run is not None:
            await self.sheet.sent()
            ui.navigate.to(f"/runs/{run.id}")
        elif error is not None:
            self._wrong(error)

    def _complete(self, inputs: dict[str, str], parameters: dict[str, Any]) -> bool:
        lacking = [self.slots[name] for name, id_ in inputs.items() if not id_]
        for field in self.slots.values():
            field.wrong(say("Choose a Dataset.") if field in lacking else None)
        faults = parameter_faults(self.kind, parameters)
        for place, message in faults:
            guided_field = self.guide.at(str(place[0])) if self.guide is not None else None
            if guided_field is not None:
                guided_field.wrong(message)
                guided_field.focus()
        guided = self.guide.names if self.guide is not None else frozenset[str]()
        left = self.editor.tell([fault for fault in faults if str(fault[0][0]) not in guided])
        with self.left:
            for message in left:
                paragraph(self.visit, message)
        if lacking:
            lacking[0].focus()
        return not lacking and not faults

    def _wrong(self, error: DalguError) -> None:
        if self.guide is not None and self.guide.wrong(error):
            return
        name = error.code.removeprefix("invalid.").split(".")[0]
        field = self.slots.get(name) or self.editor.shown.get((name,))
        if error.code == "dataset.name":
            field = self.editor.shown.get(("name",))
        if field is None:
            self.visit.show(error)
            return
        field.wrong(error.detail)
        field.focus()


def _submitted(
    visit: Visit, who: SignedIn, kind: str, inputs: dict[str, str], parameters: dict[str, Any]
) -> Run:
    return submit.submit(visit.house, who.actor, kind, inputs, parameters)


def _objections(visit: Visit, run_id: str) -> list[tuple[Panel, tuple[str, ...]]]:
    """The reviews that found inadequate what a Run made, each with what its members hold against it."""
    house, who = visit.house, visit.signed_in
    try:
        found = sent_back.of_run(house, who, submit.show(house, who.actor, run_id))
    except Missing:  # a draft may name a Run that is there no more
        return []
    return [(each, sent_back.objections(house, each, visit.reader.language)) for each in found]
