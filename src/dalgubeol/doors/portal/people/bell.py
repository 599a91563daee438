"""How many notices wait, in the header of every page, as it changes."""

from __future__ import annotations

from ....language import say
from ..elements.parts import Part, anchor, named
from ..visit import Visit, shared


def bell(visit: Visit) -> None:
    """The link to the notices. The number is read out by screen readers when it changes."""
    with anchor(visit, "/notices", say("Notices"), "dalgu-bell"):
        pass
    count = Part("span", classes="dalgu-count", role="status")

    last = -1

    def show(number: int) -> None:
        nonlocal last
        if number == last:
            return
        last = number
        count.set_text(f"{number:,}" if number < 1000 else "999+")
        count.set_visibility(number > 0)
        named(count, aria_label=visit.text(say("{count} unread notices", count=number)))

    async def again() -> None:
        show((await shared().look()).unread.get(visit.signed_in.person.id, 0))

    show(visit.unread)
    visit.live(again, most_often_s=2)
