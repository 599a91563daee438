"""Home, without sign-in: what is here, what it is used for, who may use it."""

from __future__ import annotations

from nicegui import ui

from ...language import say
from ...verbs import register
from .frame import chip_text, heading, subheading, table
from .visit import Visit, page


def add() -> None:
    @page("/", say("Home"), public=True)
    async def home(visit: Visit) -> None:
        heading(
            visit, say("Data of a region of manufacturers"),
            say("What is here, what it is used for, and who may use it. Anybody can check the history."),
        )  # fmt: skip
        found = await visit.read(lambda: register.listed(visit.house, None))
        subheading(visit, say("Open Datasets"))
        rows = [
            {"id": d.id, "name": d.name, "link_name": f"/datasets/{d.id}", "care": chip_text(visit, d.sensitivity), "chip_care": d.sensitivity.value, "rows": d.rows}
            for d in found
        ]  # fmt: skip
        table(
            visit,
            say("Open Datasets"),
            (("name", say("name")), ("care", say("sensitivity")), ("rows", say("rows"))),
            rows,
        )
        ui.space()
