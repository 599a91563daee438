"""The airlock: what wants to leave, what the checks say of it, and the votes.

The queue hides nothing from a reviewer. One submission shows the files only when somebody asks for them: each
look is a Record. Another's vote is not in what the browser gets before one's own: the verbs do not hand it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from nicegui import ui

from ....language import Message, say
from ....nouns.permit import Role
from ....nouns.record import Event
from ....rules.airlock import ReviewState
from ....rules.reviewing import VOTES_NEEDED, FileVote
from ....verbs.airlock import airlock, review
from ....verbs.airlock.airlock import Line, Queue, Step, Submission
from ...standing import standing, state_of
from ..elements.frame import confirm, facts, heading, link, note, paragraph, subheading, table, when
from ..elements.parts import Part, anchor, words
from ..visit import Visit, page
from .airlock_files import findings_by_file, show_files
from .airlock_models import show_models
from .airlock_safe import offer_safe_versions
from .airlock_words import FileWords, explaining, show_changes, show_contexts, show_file_votes

_COLUMNS = (
    ("what", say("what")), ("direction", say("direction")), ("organisation", say("organisation")), ("state", say("state")), ("age", say("waits")),
    ("files", say("files")), ("findings", say("findings")),
)  # fmt: skip


def add() -> None:
    @page("/airlock", say("Airlock"))
    async def queue(visit: Visit, after: str = "") -> None:
        heading(visit, say("Airlock"), say("What may leave the safe zone, and what may come in? Two reviewers of other organisations look at it, each without knowing the other's vote."))  # fmt: skip
        if Role.ANALYST in visit.roles:
            with Part("p", classes="dalgu-paragraph"):
                anchor(visit, "/bring-in", say("Bring files into the zone"), "dalgu-strong")
        shown = Part("div")
        last: list[Queue] = []

        async def again() -> None:
            found = await visit.read(lambda: airlock.queue(visit.house, visit.signed_in, after))
            if [found] != last:
                last[:] = [found]
                shown.clear()
                with shown:
                    _queue(visit, found)

        await again()
        visit.live(again, most_often_s=2)

    @page("/airlock/{run}", say("Airlock"))
    async def one(visit: Visit, run: str) -> None:
        found = await visit.read(lambda: airlock.submission(visit.house, visit.signed_in, run))
        await _Desk(visit, run, found).build()


def _queue(visit: Visit, found: Queue) -> None:
    whose = (
        say("All of the site")
        if visit.roles & {Role.REVIEWER, Role.OPERATOR}
        else say("Your own submissions")
    )
    told = ", ".join(f"{_counted(visit, state)} {count}" for state, count in found.counts.items())
    paragraph(visit, say("{whose}, by state: {counts}. Nothing is filtered away.", whose=whose, counts=told))
    if Role.REVIEWER in visit.roles:
        name = say("Waits for your vote ({count})", count=len(found.mine))
        _lines(visit, name, found.mine, say("Nothing waits for your vote."))
    _lines(
        visit,
        say("Waits for others ({count})", count=len(found.others)),
        found.others,
        say("Nothing else waits."),
    )
    _lines(visit, say("Settled, the newest first"), found.settled, say("Nothing is settled yet."))
    if found.older is not None:
        anchor(visit, f"/airlock?after={found.older}", say("Older ones"), rel="next")


def _counted(visit: Visit, state: ReviewState) -> str:
    """Both ways are counted together."""
    both = say("released or brought in")
    return visit.text(both) if state is ReviewState.RELEASED else visit.word(state)


def _lines(visit: Visit, name: Message, lines: Sequence[Line], empty: Message) -> None:
    subheading(visit, name)
    table(visit, name, _COLUMNS, [_row(visit, line) for line in lines], search=len(lines) > 10, empty=empty)


def _row(visit: Visit, line: Line) -> dict[str, object]:
    seen = line.review
    return {
        "id": seen.run, "what": seen.context, "link_what": f"/airlock/{seen.run}", "organisation": seen.organisation,
        "direction": visit.word(seen.direction), "state": visit.word(state_of(seen)), "age": visit.text(age(seen.opened_at)) if seen.state.waits else when(seen.opened_at),
        "files": f"{line.files} ({size(line.size_bytes)})", "findings": len(seen.findings),
    }  # fmt: skip


class _Desk:
    """One submission on one person's desk. Only what changed is drawn anew, so that a comment that is being
    written stays."""

    def __init__(self, visit: Visit, run: str, found: Submission) -> None:
        self.visit, self.run, self.found = visit, run, found
        self.names: Sequence[str] | None = None

    async def build(self) -> None:
        visit, found = self.visit, self.found
        if found.review.comes_in:
            heading(visit, say("What wants to come in"), say("Would you let these files into the zone? Nothing comes in before two reviewers have agreed. Names and digests then stand in the public register."))  # fmt: skip
        else:
            heading(visit, say("What wants to leave"), say("Would you let these files out? Nothing leaves before two reviewers have agreed."))  # fmt: skip
        self.standing = Part("div", role="status", aria_live="polite")
        subheading(visit, say("What the author says"))
        Part("blockquote", found.review.context, "dalgu-quote")
        self.contexts = Part("div")
        _facts(visit, found)
        self.findings = Part("div")
        self.files = Part("div")
        self.votes = Part("div")
        self.voting = Part("div")
        subheading(visit, say("What happened"))
        self.story = Part("ol", classes="dalgu-steps")
        with self.files:
            self._offer_files()
        self._draw(None)
        visit.live(self.again)

    async def again(self) -> None:
        visit = self.visit
        found = await visit.read(lambda: airlock.submission(visit.house, visit.signed_in, self.run))
        if found != self.found:
            before, self.found = self.found, found
            self._draw(before)

    def _draw(self, before: Submission | None) -> None:
        for place, part, draw in (
            (self.standing, _standing_part, self._standing),
            (self.contexts, _contexts_part, self._contexts),
            (self.findings, _findings_part, self._findings),
            (self.votes, _votes_part, self._votes),
            (self.voting, _voting_part, self._voting),
            (self.story, _story_part, self._story),
        ):
            if before is None or part(before) != part(self.found):
                place.clear()
                with place:
                    draw()

    def _standing(self) -> None:
        visit, state = self.visit, self.found.review.state
        told = standing(state, self.found.review.direction)
        with Part("p", classes=f"dalgu-state dalgu-state-{state.value}"):
            Part("strong", visit.word(state_of(self.found.review)))
            Part("span", " " + visit.text(told))
        if self.found.release is not None:
            for dataset in self.found.release.outputs.values():
                with Part("p", classes="dalgu-paragraph"):
                    anchor(visit, f"/datasets/{dataset}", say("To the released Dataset"), "dalgu-strong")
            anchor(visit, f"/runs/{self.found.release.id}", say("The Run that lets it out: {state}", state=self.found.release.state))  # fmt: skip

    def _contexts(self) -> None:
        show_contexts(self.visit, self.found.review)
        if self.found.review.author == self.visit.signed_in.actor.id:
            explaining(self.visit, self.found, self.again)

    def _findings(self) -> None:
        visit, seen = self.visit, self.found.review
        subheading(visit, say("What the checks found"))
        if not seen.findings and seen.comes_in:
            paragraph(visit, say("Nothing. The scan knows dangerous forms and words; what the code does is for people to read."))  # fmt: skip
            return
        if not seen.findings:
            paragraph(visit, say("Nothing. The checks know tables and small cells; whether the files say more than they should is for people to see."))  # fmt: skip
            return
        findings_by_file(visit, seen.findings, self.names, seen.comes_in)
        show_models(visit, self.found.models)
        if not seen.comes_in:
            offer_safe_versions(visit, self.found)

    def _offer_files(self) -> None:
        visit, found = self.visit, self.found
        subheading(visit, say("The files"))
        if any(reason.code != "review.again" for reason in found.reasons):
            sizes = ", ".join(f"{number}: {size(size_)}" for number, size_ in enumerate(found.sizes, 1))
            paragraph(visit, say("Only a reviewer who may vote opens the files. Sizes by number: {sizes}", sizes=sizes))  # fmt: skip
            return
        paragraph(visit, say("{count} files, {size} in all. That you open them is recorded.", count=len(found.sizes), size=size(sum(found.sizes))))  # fmt: skip
        ui.button(visit.text(say("Open the files")), on_click=self._open).props("no-caps unelevated")

    async def _open(self) -> None:
        visit = self.visit
        content = await visit.do(lambda who: review.files(visit.house, who, self.run))
        if content is None:
            return
        self.names = sorted(content)
        self.files.clear()
        with self.files:
            subheading(visit, say("The files"))
            show_files(visit, content, self.found.review.findings, self.found.review.comes_in)
            show_changes(
                visit, await visit.do(lambda who: review.difference(visit.house, who, self.run, content))
            )
        self.findings.clear()
        with self.findings:
            self._findings()
        await self.again()

    def _votes(self) -> None:
        visit, found = self.visit, self.found
        subheading(visit, say("Votes"))
        hidden = found.voted - len(found.review.votes)
        if hidden:
            paragraph(visit, say("{count} of {needed} have voted. You see how when both have voted.", count=found.voted, needed=VOTES_NEEDED))  # fmt: skip
        elif not found.voted:
            paragraph(visit, say("Nobody has voted yet."))
        people = {person: (name, organisation) for person, name, organisation in found.names}
        with Part("ul", classes="dalgu-plain-list"):
            for vote in found.review.votes:
                name, organisation = people.get(vote.person, (vote.person, ""))
                with Part("li"):
                    Part("strong", visit.text(say("approved") if vote.approve else say("declined")))
                    Part("span", f" {name} ({organisation}), {when(vote.voted_at)}")
                    if vote.comment:
                        Part("blockquote", vote.comment, "dalgu-quote")
                    if len(vote.files) > 1 or any(each.comment for each in vote.files):
                        show_file_votes(visit, vote.files)

    def _voting(self) -> None:
        visit, found = self.visit, self.found
        if found.review.author == visit.signed_in.actor.id:
            self._withdrawing()
            return
        if Role.REVIEWER not in visit.roles or not found.review.state.to_vote_on:
            return
        subheading(visit, say("Your vote"))
        if found.reasons:
            with Part("ul", classes="dalgu-plain-list"):
                for reason in found.reasons:
                    words(visit, "li", reason.message)
            return
        if not found.looked:
            paragraph(visit, say("Open the files first: your vote is for exactly these bytes."))
            return
        comment = ui.textarea(visit.text(say("A word to the author (shown when the votes are opened)"))).props("outlined autogrow maxlength=2000").classes("dalgu-wide")  # fmt: skip
        if found.holds:
            paragraph(visit, say("The checks hold these files: nobody can approve them as they are. Send them back with a word on what to change."))  # fmt: skip
        else:
            paragraph(visit, say("Both votes together decide, file by file. Where they differ a third reviewer votes; nothing comes in unless every file may.") if found.review.comes_in else say("Both votes together decide, file by file. Where they differ a third reviewer votes; nothing leaves unless every file may."))  # fmt: skip
        of_files = FileWords(visit, len(found.sizes))
        with Part("div", classes="dalgu-buttons"):
            approve = ui.button(visit.text(say("Approve: it may come in") if found.review.comes_in else say("Approve: it may leave")), on_click=lambda: self._ask(True, str(comment.value or ""), of_files.said())).props("no-caps unelevated")  # fmt: skip
            approve.set_enabled(not found.holds)
            ui.button(visit.text(say("Decline: it stays out") if found.review.comes_in else say("Decline: it stays")), on_click=lambda: self._ask(False, str(comment.value or ""), of_files.said())).props("no-caps outline")  # fmt: skip

    def _withdrawing(self) -> None:
        visit = self.visit
        if not self.found.review.state.waits:
            return
        subheading(visit, say("Take it back"))
        if self.found.review.comes_in:
            paragraph(visit, say("You can withdraw these files as long as nobody has let them in. They then stay out, and you offer them again when you have mended them."))  # fmt: skip
            question = say("Withdraw these files? To have them reviewed you offer them again.")
        else:
            paragraph(visit, say("You can withdraw these files as long as nobody has let them out. They then stay in, and you run your script again when you have mended it."))  # fmt: skip
            question = say("Withdraw these files? To have them reviewed you run the analysis again.")
        ui.button(visit.text(say("Withdraw")), on_click=lambda: confirm(visit, question, self._withdraw, yes=say("Withdraw"))).props("no-caps outline")  # fmt: skip

    async def _withdraw(self) -> None:
        visit = self.visit
        if await visit.do(lambda who: review.withdraw(visit.house, who, self.run)) is not None:
            note(visit, say("Withdrawn."))
            await self.again()

    def _ask(self, approve: bool, comment: str, files: Mapping[int, FileVote]) -> None:
        question = (
            say("Approve these files? Your vote bears your signature and cannot be taken back.") if approve
            else say("Decline these files? Your vote bears your signature and cannot be taken back.")
        )  # fmt: skip

        async def cast() -> None:
            visit = self.visit
            if (
                await visit.do(lambda who: review.vote(visit.house, who, self.run, approve, comment, files))
                is not None
            ):
                note(visit, say("Your vote is recorded."))
            await self.again()

        confirm(self.visit, question, cast, yes=say("Approve") if approve else say("Decline"))

    def _story(self) -> None:
        for step in self.found.steps:
            _step(self.visit, step)


def _standing_part(found: Submission) -> object:
    return found.review.state, found.release and found.release.state


def _findings_part(found: Submission) -> object:
    return found.review.findings, found.review.state is ReviewState.HELD


def _contexts_part(found: Submission) -> object:
    return dict(found.review.contexts), found.review.state is ReviewState.DRAFT


def _votes_part(found: Submission) -> object:
    return found.voted, found.review.votes


def _voting_part(found: Submission) -> object:
    return found.reasons, found.review.state.waits, found.looked, found.holds


def _story_part(found: Submission) -> object:
    return found.steps


def _facts(visit: Visit, found: Submission) -> None:
    seen = found.review
    rows: list[tuple[Message, object]] = [
        (say("author"), f"{found.author} ({seen.organisation})"),
        (say("to be used with") if seen.comes_in else say("made from"), ", ".join(found.inputs)),
        (say("purpose"), ", ".join(visit.word(purpose) for purpose in found.purposes)),
        *(
            [
                (
                    say("Permit"),
                    lambda: link(
                        visit, f"/permits/{seen.permit}", say("Permit {permit}", permit=seen.permit)
                    ),
                )
            ]
            if seen.comes_in
            else [(say("to be called"), found.release_as)]
        ),
        (say("waits since"), f"{when(seen.opened_at)} ({visit.text(age(seen.opened_at))})")
        if seen.state.waits
        else (say("submitted"), when(seen.opened_at)),
        (say("made by"), lambda: link(visit, f"/runs/{seen.run}", say("Run {run}", run=seen.run))),
        (say("digest of the files"), lambda: Part("code", seen.manifest)),
    ]
    facts(visit, rows)


def _step(visit: Visit, step: Step) -> None:
    with Part("li"):
        Part("span", when(step.at), "dalgu-faint")
        event = say("the Run left its files here") if step.event is Event.RAN else None
        Part("strong", f" {visit.text(event) if event else visit.word(step.event)} ")
        if step.approve is not None:
            Part("span", f"({visit.text(say('approved') if step.approve else say('declined'))}) ")
        Part("span", f"{step.name} {f'({step.organisation})' if step.organisation else ''}")


def age(instant: str) -> Message:
    """For how long something has waited, in the largest unit that fits."""
    seconds = max(0, (datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds())
    units: tuple[tuple[int, Callable[[int], Message]], ...] = (
        (86400, lambda n: say("{count} days", count=n)),
        (3600, lambda n: say("{count} hours", count=n)),
        (60, lambda n: say("{count} minutes", count=n)),
    )
    for unit, told in units:
        if seconds >= unit:
            return told(int(seconds // unit))
    return say("under a minute")


def size(count: int) -> str:
    """Bytes as people read them."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} B"
