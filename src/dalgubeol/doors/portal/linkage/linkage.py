"""One linkage: the steps in a row, what is done, whose turn it is, and the one thing to do next."""

from __future__ import annotations

from typing import Any

from ....language import Message, say
from ....nouns.linkage import LinkMode
from ....rules.linkage_course import Act, Step
from ....verbs.linkage import agreeing, ending, story
from ....verbs.linkage.agreeing import marked
from ....verbs.linkage.story import Story
from ..elements.frame import confirm, heading, note, paragraph, subheading, when
from ..elements.listing import listing
from ..elements.parts import Part, still, words
from ..elements.upload_box import needs_script
from ..visit import Visit, page
from . import linkage_acts, linkage_committee
from .linkage_shown import measured, parties, rates, risk, terms_shown

CONTENTS = {
    "agreement": say("the agreement"), "box": say("the receiving key"), "secret": say("this site's own secret"),
    "salt": say("the salt"), "serials": say("the seed of the serial numbers"), "blinded": say("blinded items"),
    "keys": say("keys with serial numbers"), "numbered": say("the numbered table"), "told": say("what the applicants are told"),
    "pairs": say("pairs of serial numbers"), "payload": say("a pseudonymised payload"), "joined": say("all joined rows; they stay"),
    "result": say("the joined rows that may leave"), "received": say("the result"),
}  # fmt: skip


def add() -> None:
    @page("/linkages/{linkage}", say("Linkage"))
    async def one(visit: Visit, linkage: str) -> None:
        needs_script()
        await OneLinkage(
            visit, await visit.read(lambda: story.look(visit.house, visit.signed_in, linkage))
        ).build()


class OneLinkage:
    """What moves is built anew where it has changed; a form that somebody is in stays while its step is due."""

    def __init__(self, visit: Visit, found: Story) -> None:
        self.visit, self.found = visit, found
        self.linkage = found.taken.agreement.terms.linkage
        self.acts = agreeing.answers(visit.signed_in)

    async def build(self) -> None:
        visit, found = self.visit, self.found
        agreed = found.taken.agreement
        heading(visit, say("Linkage {name}", name=agreed.terms.linkage))
        with Part("p", classes="dalgu-paragraph"):
            Part("span", visit.text(say("This site is {role} ({name}).", role=found.me.role, name=found.me.name)))  # fmt: skip
        self.row = Part("div")
        self.next = Part("section", classes="dalgu-what-next", aria_live="polite")
        self.told = Part("div", aria_live="polite")
        """What was sealed last: it stays when the next step comes."""
        self.rest = Part("div")
        self._show_row()
        await self._show_next()
        await self._show_rest()
        subheading(visit, say("The parties"))
        parties(visit, agreed, None, found.me.name)
        terms_shown(visit, agreed.terms)
        if agreed.terms.mode is LinkMode.TOLERANT:
            risk(visit, await measured(agreed.terms))
        with Part("p", classes="dalgu-paragraph"):
            words(visit, "span", say("Digest of the agreement: {digest}", digest=agreed.digest), "dalgu-code")
        self.more = Part("div")
        self._show_more()
        visit.live(self.again)

    async def again(self) -> None:
        """Look again, and build anew what has changed."""
        now: Story = await self.visit.read(lambda: story.look(self.visit.house, self.visit.signed_in, self.found.taken.dataset.id))  # fmt: skip
        before, self.found = self.found, now
        if now.steps != before.steps:
            self._show_row()
        if _due(now) != _due(before):
            await self._show_next()
            self._show_more()
        if now.here != before.here or now.minutes != before.minutes:
            await self._show_rest()

    def _show_row(self) -> None:
        visit, found = self.visit, self.found
        due = found.next
        self.row.clear()
        with self.row, still(), Part("ol", classes="dalgu-course", aria_label=visit.text(say("Steps"))):
            for step in found.steps:
                state, classes = _state(found, step)
                with Part("li", classes=classes, aria_current="step" if step is due else None):
                    title = say("{step} (mock linkage)", step=step.title) if step.mock else step.title
                    words(visit, "span", title, "dalgu-course-name")
                    words(visit, "span", state, "dalgu-course-state")

    async def _show_next(self) -> None:
        visit, due = self.visit, self.found.next
        self.next.clear()
        with self.next:
            if due is None:
                words(visit, "h2", say("This linkage has ended here"))
                paragraph(visit, say("What was only needed for it is destroyed; the Records say so. The agreement stays, and a received result."))  # fmt: skip
                return
            words(visit, "h2", say("Next: {step}", step=due.title))
            if due.act is Act.REVIEW:
                await linkage_committee.review(self, due)
            elif not self.acts:
                paragraph(visit, say("An operator or a provider of this site does this."))
            else:
                await linkage_acts.show(self, due)

    async def _show_rest(self) -> None:
        visit, found = self.visit, self.found
        self.rest.clear()
        with self.rest:
            rates(visit, found.said())
            due = found.next
            await linkage_committee.minutes(self, due.dataset if due and due.act is Act.REVIEW else "")
            subheading(visit, say("What is here of it"))
            rows = [
                {
                    "id": d.id, "name": d.name, "link_name": f"/datasets/{d.id}", "what": visit.text(_content(str(marked(d).get("content", "payload")))),
                    "sensitivity": visit.word(d.sensitivity), "chip_sensitivity": d.sensitivity.value,
                    "rows": f"{d.rows:,}" if d.rows is not None else "", "at": when(d.created_at),
                }
                for d in found.here
            ]  # fmt: skip
            columns = (("name", say("name")), ("what", say("what")), ("sensitivity", say("sensitivity")), ("rows", say("rows")), ("at", say("here since")))  # fmt: skip
            listing(visit, say("What is here of it"), columns, rows, numbers=("rows",), export=False)

    def _show_more(self) -> None:
        self.more.clear()
        if self.acts and not self.found.ended:
            with self.more:
                self._more()

    def _more(self) -> None:
        """What is seldom needed: an envelope once more, another one in, the end before the end."""
        visit, found = self.visit, self.found
        subheading(visit, say("Seldom needed"))
        again = [s for s in found.steps if s.act is Act.SEND and s.dataset and len(s.to) < len(s.everybody)]
        if again:
            with Part("details"):
                words(visit, "summary", say("Make an envelope once more"))
                for step in again:
                    linkage_acts.send_buttons(self, step, [p for p in step.everybody if p not in step.to])
        with Part("details"):
            words(visit, "summary", say("Open an envelope out of turn"))
            linkage_acts.any_envelope(self)
        if found.next is None or found.next.act is not Act.FINISH:
            with Part("details"):
                words(visit, "summary", say("End this linkage early"))
                self.finish_button()

    def finish_button(self) -> None:
        visit = self.visit
        doomed = [d.name for d in self.found.here if marked(d).get("content") not in ("agreement", "received")]  # fmt: skip
        paragraph(visit, say("Destroyed for good, backups included: {names}. The receiving key is one of them: envelopes that lie about open nowhere any more. The agreement stays, and a received result.", names=", ".join(doomed) or "-"))  # fmt: skip

        async def end() -> None:
            if await visit.do(lambda who: ending.finish(visit.house, who, self.linkage)) is not None:
                note(visit, say("The linkage has ended here."))
                await self.again()

        button = words(visit, "button", say("Destroy and end"), "dalgu-quiet dalgu-danger", type="button")
        question = say("End {name} here, and destroy what was only for it?", name=self.linkage)
        button.on("click", lambda: confirm(visit, question, end, yes=say("Destroy and end")))


def _due(found: Story) -> tuple[Any, ...]:
    """What the form of the next step depends on."""
    return found.next, found.run and (found.run.id, found.run.state), found.held_back, found.minutes


def _state(found: Story, step: Step) -> tuple[Message, str]:
    if step.done:
        return say("done"), "dalgu-course-done"
    if step is not found.next:
        return say("later"), ""
    if found.me.name in step.turn:
        return say("your turn"), "dalgu-course-now"
    return say("waiting for {parties}", parties=", ".join(step.turn)), "dalgu-course-now"


def _content(content: str) -> Message:
    return CONTENTS.get(content) or Message("{content}", {"content": content})
