"""Datasets: what there is, and one of them."""

from __future__ import annotations

from ...language import say
from ...verbs import register
from .frame import chip_text, heading, table, when
from .visit import Visit, page


def add() -> None:
    @page("/datasets", say("Datasets"))
    async def listed(visit: Visit) -> None:
        heading(visit, say("Datasets"), say("What is this, may I use it, and where did it come from?"))
        found = await visit.read(lambda: register.listed(visit.house, visit.signed_in.actor))
        rows = [
            {
                "id": d.id, "name": d.name, "link_name": f"/datasets/{d.id}", "form": visit.word(d.form),
                "care": chip_text(visit, d.sensitivity), "chip_care": d.sensitivity.value, "state": visit.word(d.state),
                "rows": f"{d.rows or 0:,}", "at": when(d.created_at),
            }
            for d in found
        ]  # fmt: skip
        columns = (("name", say("name")), ("form", say("form")), ("care", say("sensitivity")), ("state", say("state")), ("rows", say("rows")), ("at", say("since")))  # fmt: skip
        table(visit, say("Datasets"), columns, rows)
