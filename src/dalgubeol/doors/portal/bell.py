"""How many notices wait, in the header of every page, as it changes."""

from __future__ import annotations

from ...language import say
from ...verbs import notify
from .parts import Part, anchor, named
from .visit import Visit


def bell(visit: Visit) -> None:
    """The link to the notices. The number is read out by screen readers when it changes."""
    with anchor(visit, "/notices", say("Notices"), "dalgu-bell"):
        pass
    count = Part("span", classes="dalgu-count", role="status")

    def show(number: int) -> None:
        count.set_text(f"{number:,}" if number < 1000 else "999+")
        count.set_visibility(number > 0)
        named(count, aria_label=visit.text(say("{count} unread notices", count=number)))

    async def again() -> None:
        show(await visit.read(lambda: notify.unread(visit.house, visit.signed_in)))

    show(visit.unread)
    visit.live(again, most_often_s=2)
