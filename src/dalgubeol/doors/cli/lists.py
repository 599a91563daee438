"""Lists on a terminal: how much of them is shown, and that there is more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ...language import say
from .shown import complain, told

if TYPE_CHECKING:
    from ...world.store.paging import Page

_Item = TypeVar("_Item")
Limit = Annotated[int, typer.Option(min=1, max=100_000, help=told(say("At most so many")))]
After = Annotated[str, typer.Option(help=told(say("Go on where a list ended: what it said there")))]


def taken(page: Callable[[str, int], Page[_Item]], after: str, limit: int) -> list[_Item]:
    """The first `limit` items behind `after`; where there are more, it is said on standard error."""
    from ...world.store.paging import LARGEST_PAGE

    found: list[_Item] = []
    while True:
        got = page(after, min(limit - len(found), LARGEST_PAGE))
        found.extend(got.items)
        if got.next is None:
            return found
        after = got.next
        if len(found) >= limit:
            complain(told(say("There are more: `--after {cursor}` goes on here.", cursor=after)))
            return found
