from __future__ import annotations

import pytest
from sqlalchemy import Connection

from dalgubeol.errors import Refused
from dalgubeol.nouns.permit import Role
from dalgubeol.world.identity import invitations, schema
from dalgubeol.world.identity.invitations import Invitation

NOON, LATER, TOO_LATE = (f"2026-03-01T{hour}:00:00.000+00:00" for hour in (12, 20, 21))
KEY, OTHER_KEY = bytes(32), bytes(31) + b"x"
KIM = Invitation("kim", "김", "firm", frozenset({Role.REVIEWER}), "person-op", LATER)


def code_of(connection: Connection, wished: Invitation = KIM) -> str:
    return invitations.invite(connection, KEY, wished)


def test_a_code_says_what_was_promised_and_works_once(connection: Connection) -> None:
    code = code_of(connection)
    promised = invitations.invited(connection, KEY, code, NOON)
    assert (promised.login, promised.roles, promised.invited_by) == ("kim", {Role.REVIEWER}, "person-op")
    invitations.redeem(connection, promised, NOON)
    with pytest.raises(Refused):
        invitations.invited(connection, KEY, code, NOON)
    with pytest.raises(Refused):  # two at once: both had looked before one redeemed it
        invitations.redeem(connection, promised, NOON)


@pytest.mark.parametrize("at", [LATER, TOO_LATE])
def test_an_old_or_wrong_code_is_refused_without_repeating_it(connection: Connection, at: str) -> None:
    code = code_of(connection)
    for wrong, when in ((code, at), (code[:-1] + "!", NOON), ("", NOON), ("\udcff", NOON)):
        with pytest.raises(Refused) as refused:
            invitations.invited(connection, KEY, wrong, when)
        assert not wrong or wrong not in str(refused.value)


def test_each_code_opens_its_own_invitation(connection: Connection) -> None:
    lee = Invitation("lee", "이", "lab", frozenset({Role.ANALYST}), "person-op", LATER)
    codes = [code_of(connection, each) for each in (KIM, lee)]
    assert [invitations.invited(connection, KEY, code, NOON).login for code in codes] == ["kim", "lee"]


@pytest.mark.parametrize(
    "change",
    [
        {"roles": "operator"},
        {"login": "operator2"},
        {"organisation": "the regional centre"},
        {"expires_at": TOO_LATE},
        {"invited_by": "person-other"},
    ],
)
def test_an_invitation_that_was_changed_in_the_database_opens_no_more(
    connection: Connection, change: dict[str, str]
) -> None:
    code = code_of(connection)
    connection.execute(schema.invitations.update().values(**change))
    with pytest.raises(Refused):
        invitations.invited(connection, KEY, code, NOON)


def test_nobody_makes_an_invitation_without_the_sites_key(connection: Connection) -> None:
    code = invitations.invite(connection, OTHER_KEY, KIM)
    with pytest.raises(Refused):
        invitations.invited(connection, KEY, code, NOON)


def test_the_code_itself_is_not_in_the_database(connection: Connection) -> None:
    code = code_of(connection)
    assert code not in repr(connection.execute(schema.invitations.select()).all())


def test_invitations_are_listed_and_taken_back(connection: Connection) -> None:
    code = code_of(connection)
    assert [each.login for each in invitations.open_invitations(connection, NOON)] == ["kim"]
    assert invitations.open_invitations(connection, LATER) == ()
    assert invitations.take_back(connection, "lee", NOON) == 0
    assert invitations.take_back(connection, "kim", NOON) == 1
    with pytest.raises(Refused):
        invitations.invited(connection, KEY, code, NOON)
