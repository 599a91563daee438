"""Runs: what is under way, what was done."""

from __future__ import annotations

from ....language import say
from ....nouns.run import Run, RunState
from ....verbs.airlock import airlock
from ....verbs.datasets import choices
from ....verbs.runs import submit
from ....world.store.paging import Page
from ....world.store.reviews import Review
from ....world.store.runs import Wanted
from ... import standing
from ..elements.frame import heading, when
from ..elements.listing import Filter, chosen, filters, listing, pages
from ..elements.names import kind_title
from ..elements.parts import Part, anchor
from ..visit import Visit, page

PAGE = 50
_COLUMNS = (
    ("kind", say("kind")), ("state", say("state")), ("far", say("how far")), ("at", say("asked on")),
    ("ended", say("ended")),
)  # fmt: skip


def add() -> None:
    @page("/runs", say("Runs"))
    async def listed(visit: Visit, whose: str = "", state: str = "", kind: str = "", after: str = "") -> None:
        with Part("div", classes="dalgu-top"):
            with Part("div"):
                heading(
                    visit, say("Runs"), say("What is it doing, what came out, why did it fail and what next?")
                )
            anchor(visit, "/run", say("Run something"), "dalgu-button")
        asked = {"whose": whose, "state": state, "kind": kind, "after": after}
        filters(visit, "/runs", [
            Filter("whose", say("which"), whose, [("mine", visit.text(say("mine")))]),
            Filter("state", say("state"), state, [(s.value, visit.word(s)) for s in RunState]),
            Filter("kind", say("kind"), kind, [(name, visit.text(kind_title(name))) for name in (*choices.runnable_kinds(), "release")]),
        ])  # fmt: skip
        box = Part("div")
        shown: list[dict[str, object]] | None = None

        async def fill() -> None:
            nonlocal shown
            found, of = await visit.read(lambda: _found(visit, asked))
            rows = [_row(visit, run, of.get(run.id)) for run in found.items]
            if rows == shown:  # what changed on the site is not in this list
                return
            shown = rows
            box.clear()
            with box:
                listing(visit, say("Runs"), _COLUMNS, rows, empty=say("No Run is like that."))
                pages(visit, "/runs", asked, found.next)

        await fill()
        visit.live(fill, most_often_s=3.0)


def _found(visit: Visit, asked: dict[str, str]) -> tuple[Page[Run], dict[str, Review]]:
    """With their submissions in the airlock, by Run."""
    actor = visit.signed_in.actor
    mine = actor.id if asked["whose"] == "mine" else None
    wanted = Wanted(chosen(RunState, asked["state"]), asked["kind"] or None, mine)
    found = submit.page(visit.house, actor, wanted, asked["after"], PAGE)
    return found, airlock.submissions(visit.house, actor, [run.id for run in found.items])


def _row(visit: Visit, run: Run, of: Review | None) -> dict[str, object]:
    far = f"{100 * run.progress:.0f} %" if run.state is RunState.RUNNING else ""
    return {
        "id": run.id, "kind": visit.text(kind_title(run.kind)), "link_kind": f"/runs/{run.id}", "state": visit.text(standing.beside(run.state, of)), "far": far,
        "at": when(run.submitted_at), "ended": when(run.ended_at),
    }  # fmt: skip
