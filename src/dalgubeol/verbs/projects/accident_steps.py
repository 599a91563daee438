"""What is left to do about an accident, for whoever looks at it: the next step of this person first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ...language import Message, say
from ...nouns.accident import Accident, AccidentState
from ...rules.accidents import reasons_not_to_decide_accident
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import datasets
from ..house.clock import day
from ..house.house import House
from .accidents import AccidentShown, left_to_do


@dataclass(frozen=True, slots=True)
class Steps:
    """`told` is in the order in which it is done; `names` are those of the Datasets and people it concerns, by id."""

    decides: bool
    """Whether this person decides on it, reads the report and closes it."""
    told: tuple[Message, ...]
    names: Mapping[str, str]


def steps(house: House, who: SignedIn, shown: AccidentShown) -> Steps:
    """For what `accidents.show` has shown this person."""
    about = shown.accident
    with house.database.reading() as connection:
        decides = not reasons_not_to_decide_accident(who.actor, datasets.find(connection, about.dataset))
        ids = {about.dataset, *shown.stopped, *(copy.dataset for copy in shown.copies)}
        people = {about.filed_by, *(copy.person for copy in shown.copies)}
        names = datasets.names(connection, sorted(ids)) | {
            each: identity.find(connection, each).name for each in people
        }
        told = tuple(_told(connection, who, shown, decides, names))
    return Steps(decides, told or (say("Nothing is left to do for you."),), names)


def names_of(house: House, found: Iterable[Accident]) -> dict[str, str]:
    """What the Datasets of these are called, by id."""
    with house.database.reading() as connection:
        return datasets.names(connection, sorted({each.dataset for each in found}))


def _told(
    connection: Connection, who: SignedIn, shown: AccidentShown, decides: bool, names: Mapping[str, str]
) -> Iterator[Message]:
    state = shown.accident.state
    if state in (AccidentState.UNFOUNDED, AccidentState.CLOSED):
        return
    for copy in shown.copies:
        if copy.person == who.actor.id and copy.answer is None:
            yield say("You took {name} out on {day}: hand your copy back or destroy it, and say which.", name=names[copy.dataset], day=day(copy.left_at))  # fmt: skip
    if not decides:
        if state is AccidentState.STOPPED:
            yield say("The provider of the data or an operator decides; nobody uses the data meanwhile.")
        return
    if state is AccidentState.STOPPED:
        yield say("Read what was reported. Then decide: destroy the data, or say that nobody was identified, which is for another than who reported it.")  # fmt: skip
        return
    left = left_to_do(connection, shown.accident)
    yield from (reason.message for reason in left)
    if any(reason.code == "accident.unconfirmed" for reason in left):
        yield say("Another person than who decided confirms the entries, in the project's register of destruction.")  # fmt: skip
    if not left:
        yield say("Everything is destroyed, confirmed and accounted for: close it.")
