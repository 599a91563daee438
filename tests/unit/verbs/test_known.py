from __future__ import annotations

import pytest
from sqlalchemy import text

from dalgubeol.nouns.permit import Scope
from dalgubeol.verbs.people import entry, known
from dalgubeol.verbs.people.known import Known

from .conftest import Town


def made(town: Town, *scopes: Scope) -> str:
    return entry.make_token(town.house, town.who("provider"), "robot", scopes or [Scope.READ], 1)[1]


def remembered(town: Town, token: str) -> Known:
    memory = Known(town.house)
    entry.entered_by_token(town.house, token)  # its use is noted now
    stood = memory.stands(token)
    memory.proven(token, entry.entered_by_token(town.house, token), stood)
    return memory


def test_a_token_is_known_after_it_was_proven_and_not_before(town: Town) -> None:
    token = made(town)
    assert Known(town.house).who(token) is None
    found = remembered(town, token).who(token)
    assert found is not None
    assert (found.person.login, found.scopes) == ("provider", {Scope.READ})


def test_one_that_is_ended_is_known_no_more_at_once(town: Town) -> None:
    token = made(town)
    memory = remembered(town, token)
    who = memory.who(token)
    assert who is not None
    entry.end_token(town.house, town.who("provider"), who.session)
    assert memory.who(token) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE people SET roles = 'operator' WHERE login = 'provider'",
        "UPDATE people SET organisation = 'another' WHERE login = 'provider'",
        "UPDATE people SET public_key = 'another' WHERE login = 'provider'",
        "UPDATE people SET ended_at = '2020-01-01' WHERE login = 'provider'",
        "UPDATE tokens SET scopes = 'operate,read'",
        "UPDATE tokens SET expires_at = '2020-01-01'",
        "DELETE FROM tokens",
    ],
)
def test_whatever_it_rests_on_changes_it_is_proven_anew(town: Town, change: str) -> None:
    token = made(town)
    memory = remembered(town, token)
    town.house.write(lambda connection: connection.execute(text(change)))
    assert memory.who(token) is None


def test_it_is_proven_anew_after_a_minute_and_when_its_use_is_to_be_noted(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = made(town)
    memory = remembered(town, token)
    with monkeypatch.context() as patched:
        patched.setattr(known, "SEEN_EVERY_S", -60)
        assert memory.who(token) is None
    assert memory.who(token) is not None
    with monkeypatch.context() as patched:
        patched.setattr(known.time, "monotonic", lambda: float("inf"))
        assert memory.who(token) is None


def test_the_memory_is_bounded_and_holds_no_text_of_a_token(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "MOST", 2)
    tokens = [made(town) for _ in range(3)]
    memory = Known(town.house)
    for token in tokens:
        entry.entered_by_token(town.house, token)
        memory.proven(token, entry.entered_by_token(town.house, token), memory.stands(token))
    assert [memory.who(token) is not None for token in tokens] == [False, True, True]
    assert not any(token.encode() in key or token in repr(key) for key in memory._tokens for token in tokens)


@pytest.mark.parametrize("text", ["", "dgb", "dgb_", "dgb_x_y", "\ud800", "x" * 10_000])
def test_what_is_no_token_is_nobody(town: Town, text: str) -> None:
    memory = Known(town.house)
    assert (memory.who(text), memory.stands(text)) == (None, None)
