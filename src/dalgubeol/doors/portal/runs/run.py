"""One Run, live: what it is doing, how long it may still take, what came out, why it failed and what next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from .... import kinds
from ....errors import DalguError
from ....language import Message, phrase, restored, say
from ....nouns.dataset import Dataset
from ....nouns.run import Run, RunState
from ....verbs.airlock import airlock
from ....verbs.datasets import choices
from ....verbs.projects import undeclared
from ....verbs.runs import submit
from ....world.store.reviews import Review
from ... import standing
from ..airlock.script_log import ScriptLog, offered
from ..elements.frame import chip, confirm, facts, heading, paragraph, subheading, when
from ..elements.names import kind_title
from ..elements.parts import Part, anchor, named, words
from ..visit import Visit, page

_WHAT_NEXT = {
    RunState.QUEUED: say("It waits for its turn and starts by itself. You may close the browser."),
    RunState.RUNNING: say("It is being done. You may close the browser and come back."),
    RunState.HELD: say("Its files are in the airlock: nothing passes before two reviewers have agreed."),
    RunState.DONE: say("It is done."),
    RunState.FAILED: say("It failed, and nothing of it was kept. What is wrong is yours to mend:"),
    RunState.BROKEN: say("It broke, and nothing of it was kept. The fault is not yours:"),
    RunState.CANCELLED: say("It was cancelled, and nothing of it was kept."),
    RunState.DECLINED: say("Its files did not pass the airlock."),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A Run with the papers of what went in and came out."""

    run: Run
    inputs: Mapping[str, Dataset]
    outputs: Mapping[str, Dataset]
    submitted: Review | None
    """What stands of it in the airlock, for who may know."""
    log: bool
    """Whether this person may follow what its script prints."""
    strange: Mapping[str, Message]
    """By id of what came out: its columns that the project does not declare."""


def add() -> None:
    @page("/runs/{run}", say("Run"))
    async def shown(visit: Visit, run: str) -> None:
        await RunPage(visit, await visit.read(lambda: _seen(visit, run))).build()


class RunPage:
    """What moves while a Run goes on is changed in place; the rest is built anew when its state changes."""

    def __init__(self, visit: Visit, seen: Seen) -> None:
        self.visit, self.seen = visit, seen

    async def build(self) -> None:
        visit, run = self.visit, self.seen.run
        heading(visit, say("Run: {what}", what=kind_title(run.kind)))
        self.state = Part("p", classes="dalgu-paragraph", role="status", aria_live="polite")
        self.bar = Part("progress", classes="dalgu-progress", max=1, aria_label=visit.text(say("how far")))
        self.stage = Part("p", classes="dalgu-faint")
        self.rest = Part("div")
        if self.seen.log:
            ScriptLog(visit, run.id)
        self._show_progress()
        self._show_rest()
        if not run.state.ended or run.state is RunState.HELD:
            visit.live(self._again)

    async def _again(self) -> None:
        seen = await self.visit.read(lambda: _seen(self.visit, self.seen.run.id))
        if seen == self.seen:
            return
        changed = (seen.run.state, _standing(seen)) != (self.seen.run.state, _standing(self.seen))
        self.seen = seen
        self._show_progress()
        if changed:
            self._show_rest()

    def _show_progress(self) -> None:
        visit, run = self.visit, self.seen.run
        submitted, next_ = self.seen.submitted, _WHAT_NEXT[run.state]
        if submitted is not None and run.state in (RunState.HELD, RunState.DECLINED):
            next_ = standing.standing(submitted.state, submitted.direction)
        told = f"{visit.text(standing.beside(run.state, submitted))}. {visit.text(next_)}"
        if self.state.text != told:  # said aloud once, not at every step
            self.state.set_text(told)
        moving = run.state in (RunState.QUEUED, RunState.RUNNING)
        named(
            self.bar,
            hidden=not moving,
            value=f"{run.progress:.3f}" if run.state is RunState.RUNNING else None,
        )
        parts = [visit.text(stored_message(run.stage))] if run.stage else []
        if run.state is RunState.RUNNING:
            parts.insert(0, f"{100 * run.progress:.0f} %")
            left = remaining_s(run)
            if left is not None:
                parts.append(visit.text(_about(left)))
        self.stage.set_text(" · ".join(parts) if moving else "")

    def _show_rest(self) -> None:
        self.rest.clear()
        with self.rest:
            self._fault()
            self._out()
            self._buttons()
            self._facts()

    def _fault(self) -> None:
        fault = self.seen.run.fault
        if fault is None:
            return
        with Part("div", classes="dalgu-error"):
            paragraph(self.visit, stored_message(fault.message))
            if fault.line is not None:
                paragraph(self.visit, say("Line {line} of your script.", line=fault.line))
            paragraph(self.visit, stored_message(fault.next_step)).classes("dalgu-next")
            Part("span", fault.code, "dalgu-code")

    def _out(self) -> None:
        visit = self.visit
        if not self.seen.outputs:
            return
        subheading(visit, say("What came out"))
        with Part("ul", classes="dalgu-cards"):
            for dataset in self.seen.outputs.values():
                with Part("li"):
                    anchor(visit, f"/datasets/{dataset.id}", dataset.name, "dalgu-card-name")
                    chip(visit, dataset.sensitivity)
                    rows = (
                        ""
                        if dataset.rows is None
                        else visit.text(say("{rows} rows", rows=f"{dataset.rows:,}")) + " · "
                    )
                    Part(
                        "p",
                        f"{rows}{visit.word(dataset.form)} · {visit.text(standing.beside(dataset.state, self.seen.submitted))}",
                        "dalgu-faint",
                    )
                    if dataset.id in self.seen.strange:
                        words(visit, "p", self.seen.strange[dataset.id])
                    for stored in dataset.about.get("said", ())[:12]:  # type: ignore[index]
                        words(visit, "p", restored(stored))

    def _buttons(self) -> None:
        visit, run = self.visit, self.seen.run
        mine = visit.who is not None and run.submitted_by == visit.who.actor.id
        with Part("div", classes="dalgu-buttons"):
            if run.state in (RunState.HELD, RunState.DECLINED):
                anchor(visit, f"/airlock/{run.id}", say("See it in the airlock"), "dalgu-button")
            if run.state in (RunState.QUEUED, RunState.RUNNING) and (mine or "operator" in visit.roles):
                words(visit, "button", say("Cancel the Run"), "dalgu-quiet dalgu-danger", type="button").on(
                    "click", self._cancel
                )
            if run.state.ended and mine and run.kind in choices.runnable_kinds():
                first = next(iter(run.inputs.values()), "")
                anchor(
                    visit,
                    f"/run/{quote(run.kind)}?dataset={quote(first)}&like={quote(run.id)}",
                    say("Run it again, with changes"),
                    "dalgu-quiet",
                )

    def _cancel(self) -> None:
        async def stop() -> None:
            if (
                await self.visit.do(lambda who: submit.cancel(self.visit.house, who.actor, self.seen.run.id))
                is not None
            ):
                await self._again()

        confirm(self.visit, say("Cancel this Run? Nothing of it is kept."), stop, yes=say("Cancel the Run"))

    def _facts(self) -> None:
        visit, run = self.visit, self.seen.run
        slots = (
            {slot.name: slot.summary for slot in kinds.kind(run.kind).slots}
            if run.kind in kinds.names()
            else {}
        )

        def datasets() -> None:
            with Part("ul", classes="dalgu-plain-list"):
                for slot, dataset in self.seen.inputs.items():
                    with Part("li"):
                        anchor(visit, f"/datasets/{dataset.id}", dataset.name)
                        if slot in slots:
                            words(visit, "span", phrase(slots[slot]), "dalgu-faint")

        def permits() -> None:
            for permit in run.permits:
                anchor(visit, f"/permits/{permit}", permit)
                Part("span", " ")
            if not run.permits:
                words(visit, "span", say("none needed: its owner's own"))

        rows: list[tuple[Message, object]] = [
            (say("on"), datasets), (say("under Permit"), permits), (say("asked on"), when(run.submitted_at)),
            (say("started"), when(run.started_at)), (say("ended"), when(run.ended_at)), (say("attempt"), run.attempt),
            (say("id"), run.id),
        ]  # fmt: skip
        subheading(visit, say("The Run"))
        facts(visit, rows)
        if run.parameters:
            with Part("details"):
                words(visit, "summary", say("Its parameters"))
                Part(
                    "pre",
                    json.dumps(dict(run.parameters), ensure_ascii=False, indent=1),
                    "dalgu-pre",
                    tabindex=0,
                )


def _standing(seen: Seen) -> object:
    return seen.submitted and seen.submitted.state


def _seen(visit: Visit, run_id: str) -> Seen:
    house = visit.house
    run = submit.show(house, visit.signed_in.actor, run_id)
    log = offered(visit, run)
    outputs = _datasets(visit, run.outputs)
    submitted = airlock.submissions(house, visit.signed_in.actor, [run.id]).get(run.id)
    return Seen(
        run,
        _datasets(visit, run.inputs),
        outputs,
        submitted,
        log,
        undeclared.told_of(house, outputs.values()),
    )


def _datasets(visit: Visit, named_ids: Mapping[str, str]) -> dict[str, Dataset]:
    found = {}
    for name, id_ in named_ids.items():
        try:
            (found[name],) = choices.datasets_named(visit.house, [id_])
        except DalguError:
            continue
    return found


def remaining_s(run: Run) -> float | None:
    """How long it may still take, if it goes on as it did; None while that cannot be said."""
    if run.started_at is None or run.progress < 0.05:
        return None
    passed = (datetime.now(UTC) - datetime.fromisoformat(run.started_at)).total_seconds()
    return passed * (1 - run.progress) / run.progress if passed >= 2 else None


def _about(seconds: float) -> Message:
    if seconds < 90:
        return say("about {count} s more, if it goes on like this", count=max(1, round(seconds)))
    return say("about {count} min more, if it goes on like this", count=round(seconds / 60))


def stored_message(text: str) -> Message:
    """A message as the database has it: JSON of template and values; plain text as itself."""
    try:
        return restored(json.loads(text))
    except (ValueError, TypeError):
        return Message("{text}", {"text": text})
