"""What is said of each file in the airlock: by its author why it is to leave, by reviewers whether it may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from ....language import say
from ....rules.airlock import ReviewState
from ....rules.reviewing import FileVerdict, FileVote
from ....rules.submissions import FileChange
from ....verbs.airlock import review
from ....verbs.airlock.airlock import Submission
from ....world.store.reviews import Context, Review
from ...plain import harmless
from ..elements.frame import note, paragraph, subheading
from ..elements.parts import Part, anchor, words
from ..visit import Visit

_ASKED = (
    ("why", say("Why it is to leave")),
    ("shows", say("What it shows")),
    ("made", say("How it was made")),
)
_ASKED_IN = (
    ("why", say("Why it is needed")),
    ("shows", say("What the file is")),
    ("made", say("Where it is from")),
)


def show_contexts(visit: Visit, found: Review) -> None:
    """What is said of each file, besides what is said of all of them."""
    contexts = {n: said for n, said in found.contexts.items() if said.shows != found.context}
    if not contexts:
        return
    with Part("ul", classes="dalgu-plain-list"):
        for number, context in sorted(contexts.items()):
            with Part("li"):
                words(visit, "strong", say("File {file}", file=number))
                with Part("dl", classes="dalgu-facts"):
                    for name, asked in _ASKED_IN if found.comes_in else _ASKED:
                        if said := getattr(context, name):
                            words(visit, "dt", asked)
                            Part("dd", said)


def explaining(visit: Visit, found: Submission, again: Callable[[], Awaitable[None]]) -> None:
    """The author's form for the files that nothing is said of yet."""
    missing = [n for n in range(1, len(found.sizes) + 1) if n not in found.review.contexts]
    if found.review.state is not ReviewState.DRAFT or not missing:
        return
    subheading(visit, say("A word on each file"))
    paragraph(visit, say("The reviewers are asked once each file has its word. Files are numbered in the order of their names."))  # fmt: skip
    fields: dict[int, list[ui.textarea]] = {}
    for number in missing:
        words(visit, "h3", say("File {file}", file=number))
        fields[number] = [
            ui.textarea(visit.text(asked)).props("outlined autogrow maxlength=1000").classes("dalgu-wide")
            for _, asked in (_ASKED_IN if found.review.comes_in else _ASKED)
        ]

    async def submit() -> None:
        said = {n: Context(*(str(field.value or "") for field in three)) for n, three in fields.items()}
        if await visit.do(lambda who: review.explain(visit.house, who, found.review.run, said)) is not None:
            note(visit, say("The reviewers are asked."))
        await again()

    ui.button(visit.text(say("Submit to the reviewers")), on_click=submit).props("no-caps unelevated")


class FileWords:
    """Of several files, those of which a reviewer says something else than of all."""

    def __init__(self, visit: Visit, count: int) -> None:
        self._fields: dict[int, tuple[ui.select, ui.input]] = {}
        if count < 2:
            return
        paragraph(visit, say("Of single files you may say something else than of all:"))
        options = {"": visit.text(say("as of all"))}
        options |= {each.value: visit.word(each) for each in FileVerdict}
        for number in range(1, count + 1):
            with Part("div", classes="dalgu-buttons"):
                chosen = ui.select(options, value="", label=visit.text(say("File {file}", file=number))).props("outlined dense")  # fmt: skip
                reason = ui.input(visit.text(say("A word on file {file}", file=number))).props("outlined dense maxlength=2000")  # fmt: skip
                self._fields[number] = (chosen, reason)

    def said(self) -> dict[int, FileVote]:
        return {
            number: FileVote(FileVerdict(chosen.value), str(reason.value or ""))
            for number, (chosen, reason) in self._fields.items()
            if chosen.value
        }


def show_file_votes(visit: Visit, votes: Sequence[FileVote]) -> None:
    with Part("ul", classes="dalgu-plain-list"):
        for number, each in enumerate(votes, 1):
            with Part("li"):
                words(visit, "span", say("File {file}", file=number))
                Part("span", f": {visit.word(each.verdict)}" + (f" · {each.comment}" if each.comment else ""))


def show_changes(visit: Visit, found: tuple[Review, Sequence[FileChange]] | None) -> None:
    """What changed since the author's last submission; nothing where there is none."""
    if found is None:
        return
    before, changed = found
    subheading(visit, say("Compared with the last submission"))
    with Part("p", classes="dalgu-paragraph"):
        anchor(visit, f"/airlock/{before.run}", say("Run {run}", run=before.run))
    with Part("ul", classes="dalgu-plain-list"):
        for each in changed:
            with Part("li"):
                Part("strong", visit.word(each.change))
                Part("span", f" {harmless(each.name)}")
                if each.lines:
                    Part("pre", harmless("\n".join(each.lines)), "dalgu-text", tabindex=0)
