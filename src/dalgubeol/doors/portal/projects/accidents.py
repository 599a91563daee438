"""Accidental identification: one report stops the use at once; what follows is decided, confirmed and closed."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from ....language import Message, say
from ....nouns.accident import Accident, AccidentState, Answer
from ....verbs.projects import accident_steps, accidents
from ....verbs.projects.accident_steps import Steps
from ....verbs.projects.accidents import AccidentShown
from ..elements import fields
from ..elements.frame import confirm, facts, heading, note, subheading, when
from ..elements.listing import listing
from ..elements.parts import Part, anchor, words
from ..elements.sheet import Blank
from ..visit import Visit, page


def add() -> None:
    @page("/accidents", say("Accidental identification"))
    async def listed(visit: Visit) -> None:
        with Part("div", classes="dalgu-top"):
            with Part("div"):
                heading(visit, say("Accidental identification"), say("What was reported, what stands still because of it, and what is left to do?"))  # fmt: skip
            anchor(visit, "/accidents/report", say("Report one"), "dalgu-button")
        found = await visit.read(lambda: accidents.listed(visit.house, visit.signed_in))
        names = await visit.read(lambda: accident_steps.names_of(visit.house, found))
        columns = (("dataset", say("Dataset")), ("state", say("state")), ("at", say("reported on")))
        rows = [
            {"id": a.id, "dataset": names[a.dataset], "link_dataset": f"/accidents/{a.id}", "state": visit.word(a.state), "at": when(a.filed_at)}
            for a in found
        ]  # fmt: skip
        listing(visit, say("Accidents"), columns, rows, empty=say("Nothing was reported that concerns you."))

    @page("/accidents/report", say("Report an accidental identification"))
    async def report(visit: Visit, dataset: str = "") -> None:
        heading(visit, say("Report an accidental identification"), say("If you could tell who somebody is in pseudonymised information: its use stops at once, and copies are asked back (PIPA art. 28-5)."))  # fmt: skip
        sheet = Blank(visit, {"dataset": dataset, "text": ""})
        with Part("div", classes="dalgu-form"):
            fields.text(sheet, "dataset", say("In which Dataset?"), needed=True, maxlength=200)
            fields.text(sheet, "text", say("How did it come about?"), needed=True, rows=5, maxlength=20_000, hint=say("Do not say who it is. What you write is sealed and read only by who decides."))  # fmt: skip

            async def send() -> None:
                made = await visit.do(lambda who: accidents.report(visit.house, who, str(sheet.values["dataset"]).strip(), sheet.values["text"]))  # fmt: skip
                if made is not None:
                    note(visit, say("It is reported; the use has stopped."))
                    ui.navigate.to(f"/accidents/{made.id}")

            ui.button(visit.text(say("Report it and stop the use")), on_click=send, color="negative").props("no-caps unelevated")  # fmt: skip

    @page("/accidents/{accident}", say("Accidental identification"))
    async def one(visit: Visit, accident: str) -> None:
        shown = await visit.read(lambda: accidents.show(visit.house, visit.signed_in, accident))
        heading(visit, say("Accidental identification"), say("What stands still, what was asked back, and what is left to do."))  # fmt: skip
        steps = await visit.read(lambda: accident_steps.steps(visit.house, visit.signed_in, shown))
        subheading(visit, say("What is left to do"))
        with Part("ul"):
            for each in steps.told:
                words(visit, "li", each)
        if steps.decides:
            _read(visit, shown.accident)
            _decide(visit, shown)
        subheading(visit, say("The accident"))
        _facts(visit, shown, steps)
        _copies(visit, shown, steps)
        with Part("p", classes="dalgu-paragraph"):
            anchor(visit, f"/papers/accident-report/{shown.accident.id}", say("The report as a paper"))


def _read(visit: Visit, about: Accident) -> None:
    """What was reported, once somebody who decides asks for it."""
    with Part("details"):
        words(visit, "summary", say("What was reported"))
        words(visit, "p", say("It is sealed. Each reading is a Record of the history, with your name."), "dalgu-hint")  # fmt: skip
        box = Part("div", aria_live="polite")

        async def open_() -> None:
            told = await visit.do(lambda who: accidents.read(visit.house, who, about.id))
            if told is not None:
                box.clear()
                with box:
                    Part("p", told, "dalgu-paragraph dalgu-text")

        with box:
            words(visit, "button", say("Read it"), "dalgu-quiet", type="button").on("click", open_)


def _facts(visit: Visit, shown: AccidentShown, steps: Steps) -> None:
    about = shown.accident
    rows: list[tuple[Message, object]] = [
        (say("state"), visit.word(about.state)),
        (say("Dataset"), lambda: anchor(visit, f"/datasets/{about.dataset}", steps.names[about.dataset])),
        (say("reported by"), steps.names[about.filed_by]),
        (say("reported on"), when(about.filed_at)),
        (say("decided on"), when(about.decided_at)),
        (say("closed on"), when(about.closed_at)),
        (say("Datasets that nobody uses meanwhile"), ", ".join(steps.names[each] for each in shown.stopped)),
        (say("number in the history"), lambda: anchor(visit, f"/ledger?about={about.id}", about.id)),
    ]  # fmt: skip
    facts(visit, rows)


def _copies(visit: Visit, shown: AccidentShown, steps: Steps) -> None:
    if not shown.copies:
        return
    subheading(visit, say("Copies that had left"))
    with Part("ul", classes="dalgu-cards"):
        for copy in shown.copies:
            with Part("li"):
                Part("span", steps.names[copy.dataset], "dalgu-card-name")
                words(visit, "p", say("taken out by {name} on {day}", name=steps.names[copy.person], day=when(copy.left_at)), "dalgu-faint")  # fmt: skip
                if copy.answer is not None:
                    Part("p", visit.word(copy.answer))
                elif copy.person == visit.signed_in.actor.id:
                    with Part("div", classes="dalgu-buttons"):
                        for answer in Answer:
                            _act(visit, visit.word(answer), lambda who, answer=answer, copy=copy: accidents.answer(visit.house, who, copy.id, answer))  # fmt: skip
                elif steps.decides:
                    words(visit, "p", say("not answered yet"), "dalgu-faint")
                if copy.answer is not None and copy.confirmed_by is None and steps.decides and copy.person != visit.signed_in.actor.id:  # fmt: skip
                    _act(visit, say("It is accounted for"), lambda who, copy=copy: accidents.confirm_copy(visit.house, who, copy.id))  # fmt: skip


def _decide(visit: Visit, shown: AccidentShown) -> None:
    about = shown.accident
    with Part("div", classes="dalgu-buttons"):
        if about.state is AccidentState.STOPPED:
            _act(visit, say("Destroy the data"), lambda who: accidents.decide(visit.house, who, about.id, destroy=True), say("Destroy this data and everything that was made from it? This cannot be undone."))  # fmt: skip
            if about.filed_by != visit.signed_in.actor.id:
                _act(visit, say("Nobody was identified"), lambda who: accidents.decide(visit.house, who, about.id, destroy=False), say("Say that nobody was identified? The data may be used again."))  # fmt: skip
        if about.state is AccidentState.DESTROYING:
            _act(visit, say("Close it"), lambda who: accidents.close(visit.house, who, about.id))


def _act(visit: Visit, name: Message | str, work: Any, question: Message | None = None) -> None:
    async def act() -> None:
        if await visit.do(work) is not None:
            ui.navigate.reload()

    button = Part("button", name if isinstance(name, str) else visit.text(name), "dalgu-quiet", type="button")
    if question is None or isinstance(name, str):
        button.on("click", act)
    else:
        button.on("click", lambda: confirm(visit, question, act, yes=name))
