"""Safe versions of what the checks hold, offered to the author; taking one is one click."""

from __future__ import annotations

from nicegui import ui

from ....kinds.safe_files import Method
from ....language import say
from ....rules.airlock import ReviewState
from ....verbs.airlock import safe_versions
from ....verbs.airlock.airlock import Submission
from ..elements.frame import note, paragraph, subheading
from ..elements.parts import Part, words
from ..visit import Visit

_TAKE = {
    Method.ROUNDED: say("Submit the rounded version"),
    Method.SUPPRESSED: say("Submit the version with cells left empty"),
}


def offer_safe_versions(visit: Visit, found: Submission) -> None:
    """What was proposed, for whoever sees the submission; the author takes one of those that pass."""
    if found.review.state is not ReviewState.HELD or not found.proposals:
        return
    subheading(visit, say("Safe versions that were proposed"))
    with Part("ul", classes="dalgu-plain-list"):
        for proposal in found.proposals:
            words(visit, "li", safe_versions.told(proposal))
    passing = [each.method for each in found.proposals if each.passes]
    if found.review.author != visit.signed_in.actor.id or not passing:
        return
    paragraph(visit, say("The safe version is made of the files that wait: no script runs again, and none of your Permit's Runs is used. It goes to the reviewers instead of these files. You see it when it has left."))  # fmt: skip
    with Part("div", classes="dalgu-buttons"):
        for method in passing:
            _button(visit, found.review.run, method)


def _button(visit: Visit, run: str, method: Method) -> None:
    async def take() -> None:
        made = await visit.do(lambda who: safe_versions.take(visit.house, who, run, method))
        if made is not None:
            note(visit, say("The Run that submits the safe version is under way."))
            ui.navigate.to(f"/runs/{made.id}")

    ui.button(visit.text(_TAKE[method]), on_click=take).props("no-caps unelevated")
