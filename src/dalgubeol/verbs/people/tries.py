"""A password and a code, tried: counted first, looked at then, and forgiven only when everything was right.

So two tries at once are two tries, a restart forgets none, and somebody who knows the password cannot try
codes without end. A locked login gets its answer after the same work as a wrong password, and no password is
looked at.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Refused, Tampered
from ...language import say
from ...nouns.record import Event
from ...world import identity
from ...world.identity import Person, Unlocked, factors, failures
from ...world.store import outbox
from ..house.clock import local, now
from ..house.house import House

_Result = TypeVar("_Result")
Place = Literal["terminal", "web", "again"]
"""Where it is tried. Each has its own count: strangers on the web do not shut out who sits at the machine, nor
whoever is signed in already and gives their password `again`."""


@dataclass(frozen=True, slots=True, repr=False)
class Tried:
    """A password that was right; `settled` decides whether that is enough."""

    who: Unlocked
    count: str


def unlocked(house: House, login: str, password: str, place: Place) -> Tried:
    """Raises Refused: `login.wrong`, `login.locked` until when."""
    count = _counted(house, login, place)
    with house.database.reading() as connection:
        return Tried(identity.unlock(connection, login, password), count)


def forgive(connection: Connection, tried: Tried) -> None:
    """Everything that was asked for was right: the count begins anew."""
    failures.forgive(connection, tried.count)


def settled(house: House, tried: Tried, code: str, work: Callable[[Connection], _Result]) -> _Result:
    """Take the code of the second factor, where there is one, and do `work`, in one transaction.

    Raises Refused: `login.code_needed` (nothing is counted), `login.code_wrong`.
    """
    person = tried.who.person.id

    def settle(connection: Connection) -> tuple[_Result] | None:
        if has_factor(house, connection, person):
            if not code:
                failures.take_back(connection, tried.count)
                return None
            _take_code(house, connection, person, code)
        forgive(connection, tried)
        return (work(connection),)

    done = house.write(settle)
    if done is None:
        raise Refused(
            "login.code_needed",
            say("Your second factor is asked for."),
            say("Give the code that your phone shows, or one of your recovery codes."),
        )
    return done[0]


def with_code(house: House, person: Person, code: str, work: Callable[[Connection], _Result]) -> _Result:
    """The same for somebody who showed in another way than by a password who they are."""
    count = _counted(house, person.login, "web")

    def settle(connection: Connection) -> _Result:
        _take_code(house, connection, person.id, code)
        failures.forgive(connection, count)
        return work(connection)

    return house.write(settle)


def _take_code(house: House, connection: Connection, person: str, code: str) -> None:
    if not factors.take_code(connection, person, factor_key(house, person), code, instant_s()):
        raise Refused(
            "login.code_wrong",
            say("The code is wrong, or was used already."),
            say("Wait for the next code; or use one of your recovery codes."),
        )


def has_factor(house: House, connection: Connection, person: str) -> bool:
    """Whether a code is asked for. Raises Tampered where the history knows of a factor that the table does not."""
    if factors.find_factor(connection, person) is not None:
        return True
    _, number = outbox.last_of(connection, f"factor/{person}/")
    if number is not None and json.loads(house.log.entry(connection, number).leaf)["event"] == Event.FACTOR_SET:  # fmt: skip
        raise Tampered(
            "factor.gone",
            say("This person set up a second factor, and it is not there any more."),
            say("Nobody was let in. Tell the operator: the site's database was changed from outside."),
        )
    return False


def factor_record_key(person: str) -> str:
    """The keys of the Records of somebody's factor, in their order."""
    return f"factor/{person}/{fresh_id('f')}"


def factor_key(house: House, person: str) -> bytes:
    """What this person's second factor is sealed with."""
    return house.keyring.working_key(f"factor/{person}")


def instant_s() -> float:
    """The clock that codes go by, in seconds since 1970."""
    return datetime.fromisoformat(now()).timestamp()


def _counted(house: House, login: str, place: Place) -> str:
    """Count a try that is about to be made; returns under which name. Raises Refused where none may be made."""
    count = _count_of(house, login, place)
    until = house.write(lambda connection: failures.count_try(connection, count, now()))
    if until is not None:
        identity.as_long_as_a_check()
        raise Refused(
            "login.locked",
            say("There were too many wrong tries for this login."),
            say("Wait until {time}, then try again.", time=local(until, rounded_up=True)),
        )
    return count


def _count_of(house: House, login: str, place: Place) -> str:
    named = f"{place}\0{login}".encode(errors="surrogatepass")
    return hmac.new(house.keyring.working_key("failures"), named, hashlib.sha256).hexdigest()
