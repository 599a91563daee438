"""Datasets: what there is, to search and to page through."""

from __future__ import annotations

from ....language import say
from ....nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from ....nouns.permit import Role
from ....verbs.airlock import airlock
from ....verbs.datasets import register
from ....world.store.datasets import Wanted
from ....world.store.paging import Page
from ....world.store.reviews import Review
from ... import standing
from ..elements.frame import chip_text, heading, when
from ..elements.listing import Filter, chosen, filters, listing, pages
from ..elements.parts import Part, anchor
from ..visit import Visit, page

PAGE = 50
_BRINGING = frozenset({Role.PROVIDER, Role.ENGINEER, Role.OPERATOR})


def add() -> None:
    @page("/datasets", say("Datasets"))
    async def listed(
        visit: Visit, q: str = "", form: str = "", sensitivity: str = "", state: str = "", mine: str = "", after: str = ""
    ) -> None:  # fmt: skip
        with Part("div", classes="dalgu-top"):
            with Part("div"):
                heading(
                    visit, say("Datasets"), say("What is this, may I use it, and where did it come from?")
                )
            if visit.roles & _BRINGING:
                anchor(visit, "/datasets/bring", say("Bring a Dataset in"), "dalgu-button")
        asked = {
            "q": q,
            "form": form,
            "sensitivity": sensitivity,
            "state": state,
            "mine": mine,
            "after": after,
        }
        filters(visit, "/datasets", [
            Filter("q", say("A part of the name"), q),
            Filter("form", say("form"), form, [(f.value, visit.word(f)) for f in Form]),
            Filter("sensitivity", say("sensitivity"), sensitivity, [(s.value, chip_text(visit, s)) for s in Sensitivity]),
            Filter("state", say("state"), state, [(s.value, visit.word(s)) for s in DatasetState]),
            Filter("mine", say("who answers for it"), mine, [("1", visit.text(say("I do")))]),
        ])  # fmt: skip
        found, of = await visit.read(lambda: _found(visit, asked))
        columns = (
            ("name", say("name")), ("care", say("sensitivity")), ("form", say("form")), ("state", say("state")),
            ("rows", say("rows")), ("organisation", say("organisation")), ("at", say("registered")),
        )  # fmt: skip
        nothing = say("No Dataset is like that.") if any(asked.values()) else say("There is no Dataset yet.")
        listing(
            visit,
            say("Datasets"),
            columns,
            [_row(visit, d, of.get(d.made_by or "")) for d in found.items],
            numbers=("rows",),
            empty=nothing,
        )
        pages(visit, "/datasets", asked, found.next)


def _found(visit: Visit, asked: dict[str, str]) -> tuple[Page[Dataset], dict[str, Review]]:
    """With what stands in the airlock, by the Run that made it."""
    care = chosen(Sensitivity, asked["sensitivity"])
    actor = visit.signed_in.actor
    wanted = Wanted(
        chosen(Form, asked["form"]), None if care is None else (care,), chosen(DatasetState, asked["state"]),
        actor.id if asked["mine"] else None, asked["q"].strip() or None,
    )  # fmt: skip
    found = register.page(visit.house, actor, wanted, asked["after"], PAGE)
    held = [d.made_by for d in found.items if d.made_by and d.state is DatasetState.HELD]
    return found, airlock.submissions(visit.house, actor, held)


def _row(visit: Visit, d: Dataset, of: Review | None) -> dict[str, object]:
    return {
        "id": d.id, "name": d.name, "link_name": f"/datasets/{d.id}", "form": visit.word(d.form),
        "care": chip_text(visit, d.sensitivity), "chip_care": d.sensitivity.value, "state": visit.text(standing.beside(d.state, of)),
        "rows": "" if d.rows is None else f"{d.rows:,}", "organisation": d.organisation, "at": when(d.created_at),
    }  # fmt: skip
