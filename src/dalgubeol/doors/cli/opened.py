"""Opening the site and the signed-in person for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...settings import Settings

if TYPE_CHECKING:
    from ...verbs.house.house import House
    from ...world.identity import SignedIn


@contextmanager
def opened() -> Iterator[House]:
    from ...verbs.house.house import open_house

    house = open_house(Settings.from_environment())
    try:
        yield house
    finally:
        house.close()


@contextmanager
def signed_in(*, to_set_up_factor: bool = False) -> Iterator[tuple[House, SignedIn]]:
    from ...verbs.people import people

    with opened() as house:
        yield house, people.signed_in(house, to_set_up_factor=to_set_up_factor)
