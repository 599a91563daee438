"""Telling people what concerns them: notices, made in the transaction of the change that they tell of.

A notice says that something happened and where to look; it holds no data value, no name of a Dataset and no
word of anybody's, for it may leave the site by e-mail. It is a Message, read in its reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from ...language import Message, say
from ...nouns.permit import Permit, PermitState, Role
from ...nouns.run import Run, RunState
from ...rules.granting import reasons_not_to_decide
from ...world import identity
from ...world.identity import Person, SignedIn
from ...world.identity.preferences import Preferences, keep_preferences, preferences_of
from ...world.store import datasets, notices, permits
from ...world.store.notices import Notice
from .clock import earlier, later, now
from .house import House

ENDING_DAYS = 7
KEPT_DAYS = 365


def tell(connection: Connection, people: Iterable[str], message: Message, link: str) -> None:
    """Tell these people, each by the channels that they chose."""
    for person in dict.fromkeys(people):
        notices.add(connection, person, now(), message, link, preferences_of(connection, person).channels)


def listed(house: House, who: SignedIn, before: str = "", limit: int = 50) -> tuple[Notice, ...]:
    """What this person was told, the newest first."""
    with house.database.reading() as connection:
        return notices.listed(connection, who.person.id, before, limit)


def unread(house: House, who: SignedIn) -> int:
    with house.database.reading() as connection:
        return notices.unread(connection, who.person.id)


def unread_of_all(house: House) -> dict[str, int]:
    """Person to how many wait for them; who has none is not in it. For who shows it to each of them."""
    with house.database.reading() as connection:
        return notices.unread_of_all(connection)


def read(house: House, who: SignedIn, ids: Iterable[str] | None = None) -> int:
    """Note that this person has read these notices, or all; how many were unread."""
    chosen = None if ids is None else tuple(ids)
    return house.write(lambda connection: notices.read(connection, who.person.id, now(), chosen))


def preferences(house: House, who: SignedIn) -> Preferences:
    with house.database.reading() as connection:
        return preferences_of(connection, who.person.id)


def prefer(house: House, who: SignedIn, wished: Preferences) -> None:
    """Raises Invalid (address, language)."""
    house.write(lambda connection: keep_preferences(connection, who.person.id, wished))


def permit_requested(connection: Connection, permit: Permit) -> None:
    """To everybody who may decide on it."""
    owners = frozenset(datasets.find(connection, d).organisation for d in permit.datasets)
    may = [p.id for p in _people(connection) if not reasons_not_to_decide(p.actor, permit, owners)]
    message = say(
        "{organisation} asks for a Permit. Your decision is asked for.", organisation=permit.organisation
    )
    tell(connection, may, message, f"/permits/{permit.id}")


def permit_decided(connection: Connection, permit: Permit) -> None:
    """To its holder, after a decision, and to those it names: what it is now."""
    told = {
        PermitState.GRANTED: say("Your Permit {permit} is granted.", permit=permit.id),
        PermitState.REFUSED: say("Your request {permit} was refused.", permit=permit.id),
        PermitState.REVOKED: say("Your Permit {permit} was revoked. Nothing runs under it any more.", permit=permit.id),
        PermitState.REQUESTED: say("One person granted your request {permit}; one more decides.", permit=permit.id),
    }.get(permit.state)  # fmt: skip
    if told is not None:
        settled = permit.state is not PermitState.REQUESTED
        tell(connection, permit.users if settled else [permit.holder], told, f"/permits/{permit.id}")


def permits_ending(house: House) -> int:
    """Tell the holders of Permits that end within a week, once each; how many were told."""

    def tell_all(connection: Connection) -> int:
        count = 0
        for permit in permits.ending(connection, now(), later(ENDING_DAYS * 86400)):
            message = say(
                "Your Permit {permit} ends on {day}.", permit=permit.id, day=permit.valid_until[:10]
            )
            if not notices.told(connection, permit.holder, message):
                tell(connection, [permit.holder], message, f"/permits/{permit.id}")
                count += 1
        return count

    return house.write(tell_all)


def forget_old(house: House) -> int:
    """Notices older than a year go; how many."""
    return house.write(lambda connection: notices.forget(connection, earlier(KEPT_DAYS * 86400)))


def run_ended(connection: Connection, run: Run, state: RunState) -> None:
    """To whoever asked for it."""
    told = {
        RunState.DONE: say("Your Run {run} ({kind}) is done.", run=run.id, kind=run.kind),
        RunState.FAILED: say("Your Run {run} ({kind}) failed: its page says why, and what to mend.", run=run.id, kind=run.kind),
        RunState.BROKEN: say("Your Run {run} ({kind}) broke. That is not your fault; its page says what next.", run=run.id, kind=run.kind),
        RunState.HELD: say("Your Run {run} ({kind}) is done, and its files wait in the airlock.", run=run.id, kind=run.kind),
    }.get(state)  # fmt: skip
    if told is not None:
        tell(connection, [run.submitted_by], told, f"/runs/{run.id}")


def review_opened(
    connection: Connection, run: str, organisation: str, reviewers: Iterable[str], comes_in: bool = False
) -> None:  # fmt: skip
    message = (
        say("{organisation} wants to bring files into the zone. Your vote is asked for.", organisation=organisation) if comes_in
        else say("Files of {organisation} wait in the airlock. Your vote is asked for.", organisation=organisation)
    )  # fmt: skip
    tell(connection, reviewers, message, f"/airlock/{run}")


def review_advanced(connection: Connection, run: str, author: str, what: str, comes_in: bool = False) -> None:
    """To the author. `what`: draft, voted, released, returned, rejected, expired, held, failed, not-permitted."""
    told = {
        "voted": say("A reviewer has voted on your files of Run {run}.", run=run),
        "released": say("Your files of Run {run} have left the airlock.", run=run),
        "returned": say("Your files of Run {run} stay in: the reviewers' words say why.", run=run),
        "draft": say("Your files of Run {run} wait for a word on each: why it is to leave, what it shows and how it was made.", run=run),
        "rejected": say("Your files of Run {run} may not leave: the reviewers' words say why.", run=run),
        "expired": say("Your files of Run {run} stay in: nobody decided in time, or the Permit has ended.", run=run),
        "held": say("Your files of Run {run} are held: together with what was released meanwhile they give a small group.", run=run),
        "draft-in": say("What you want to bring in (Run {run}) waits for a word on each file: why it is needed, what it is and where it is from.", run=run),
        "released-in": say("Your files of Run {run} have come into the zone: the Runs under their Permit find them at /brought.", run=run),
        "returned-in": say("Your files of Run {run} do not come in as they are: the reviewers' words say why.", run=run),
        "rejected-in": say("Your files of Run {run} may not come in: the reviewers' words say why.", run=run),
        "expired-in": say("Your files of Run {run} do not come in: nobody decided in time, or the Permit has ended.", run=run),
        "not-permitted": say("Your files of Run {run} may leave, but your Permit does not let them (any more). They wait: ask for a new Permit that follows it.", run=run),
        "failed": say("Your files of Run {run} could not be let out. The reviewers are asked to vote again.", run=run),
    }  # fmt: skip
    message = told.get(f"{what}-in", told[what]) if comes_in else told[what]
    tell(connection, [author], message, f"/airlock/{run}")


def came_in(connection: Connection, person: str, elsewhere: int) -> None:
    """To somebody who signed in while other sessions of theirs (`elsewhere`) are alive."""
    if elsewhere:
        tell(connection, [person], say("Somebody signed in with your account while it was in use elsewhere. If that was not you, end all sessions and change your password."), "/account")  # fmt: skip


def account_changed(connection: Connection, person: str, what: str, by_other: bool = False) -> None:
    """`what`: token, roles, password, linked, factor-set, factor-ended."""
    told = {
        "token": say("A token for programs was made for your account."),
        "roles": say("An operator changed your roles."),
        "linked": say("Signing in elsewhere was linked to your account."),
        "password": say("The password of your account was changed."),
        "factor-set": say("A second factor was set up for your account."),
        "factor-ended": say("An operator took the second factor off your account.") if by_other else say("The second factor of your account was ended."),
    }[what]  # fmt: skip
    tell(connection, [person], told, "/account")


def reviewers(connection: Connection) -> tuple[Person, ...]:
    return tuple(person for person in _people(connection) if Role.REVIEWER in person.roles)


def _people(connection: Connection) -> tuple[Person, ...]:
    return tuple(person for person in identity.listed(connection) if person.ended_at is None)
