"""Who is told of what, in the same transaction, and in whose language."""

from __future__ import annotations

from pathlib import Path

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.permit import Permit, Purpose, Scope, Verdict
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.house import notify
from dalgubeol.verbs.people import entry
from dalgubeol.verbs.permits import grant
from dalgubeol.world.identity.preferences import Preferences

from .conftest import PASSWORD, Town


def told(town: Town, login: str, language: str = "en") -> list[str]:
    return [n.message.text(language) for n in notify.listed(town.house, town.who(login))]


@pytest.fixture
def asked(town: Town, tmp_path: Path) -> Permit:
    """A Permit that the analyst has asked for, on the provider's Dataset."""
    file = tmp_path / "t.csv"
    file.write_text("a,b\n1,2\n3,4\n")
    made = register.add(
        town.house, town.who("provider"), file, name="t", sensitivity=Sensitivity.PSEUDONYMISED
    )
    return grant.request(
        town.house, town.who("analyst"), kinds=["analyse"], names=[made.id], purpose=Purpose.STATISTICS,
        reason="counting the secret rows", until="2099-12-31",
    )  # fmt: skip


def test_whoever_may_decide_is_asked_and_nobody_else(town: Town, asked: Permit) -> None:
    for login in ("operator", "deputy", "provider"):
        assert told(town, login) == ["lab asks for a Permit. Your decision is asked for."]
    assert told(town, "provider", "ko") == ["lab에서 이용승인을 신청했습니다. 결정해 주십시오."]
    assert told(town, "analyst") == told(town, "reviewer") == []
    assert notify.unread(town.house, town.who("provider")) == 1


def test_the_holder_hears_of_each_step_and_can_read_it_away(town: Town, asked: Permit) -> None:
    grant.decide(town.house, town.who("operator"), asked.id, Verdict.GRANT)
    grant.decide(town.house, town.who("provider"), asked.id, Verdict.GRANT)
    grant.revoke(town.house, town.who("operator"), asked.id)
    words = ["revoked", "is granted", "one more decides"]
    assert [word in text for word, text in zip(words, told(town, "analyst"), strict=True)] == [True] * 3
    first = notify.listed(town.house, town.who("analyst"))[0]
    assert notify.read(town.house, town.who("reviewer"), [first.id]) == 0, "another's stays unread"
    assert notify.read(town.house, town.who("analyst"), [first.id]) == 1
    assert notify.unread(town.house, town.who("analyst")) == 2
    assert notify.read(town.house, town.who("analyst")) == 2


def test_no_notice_holds_anybodys_words(town: Town, asked: Permit) -> None:
    grant.decide(town.house, town.who("operator"), asked.id, Verdict.REFUSE, "because of secret Hong")
    shown = " ".join(text for login in town.held for text in told(town, login))
    assert "secret" not in shown
    assert "asks for a Permit" in shown


def test_a_permit_that_ends_is_told_once(town: Town, asked: Permit) -> None:
    for login in ("operator", "provider"):
        grant.decide(town.house, town.who(login), asked.id, Verdict.GRANT)
    assert notify.permits_ending(town.house) == 0
    from dalgubeol.verbs.house.clock import later
    from dalgubeol.world.store.schema import permits

    soon = permits.update().where(permits.c.id == asked.id).values(valid_until=later(3 * 86400))
    town.house.write(lambda connection: connection.execute(soon))
    assert [notify.permits_ending(town.house) for _ in range(2)] == [1, 0]
    assert "ends on" in told(town, "analyst")[0]


def test_a_second_place_and_a_token_are_told_to_who_it_concerns(town: Town) -> None:
    entry.enter(town.house, "analyst", PASSWORD, door="portal")
    entry.make_token(town.house, town.who("analyst"), "for a script", [Scope.READ], 7)
    assert ["token" in told(town, "analyst")[0], "in use elsewhere" in told(town, "analyst")[1]] == [
        True,
        True,
    ]
    assert told(town, "operator") == []


def test_what_is_undone_is_not_told(town: Town, asked: Permit) -> None:
    def half(connection: object) -> None:
        notify.permit_decided(connection, asked)  # type: ignore[arg-type]
        raise RuntimeError("the change fails")

    with pytest.raises(RuntimeError):
        town.house.write(half)
    assert told(town, "analyst") == []


@pytest.mark.parametrize(
    "email", ["no address", "a@b\nBcc: c@d", "<a@b>", "a@b c", "가@b.kr", "@b", "a@", "x" * 300 + "@b.kr"]
)
def test_what_is_no_address_is_not_kept(town: Town, email: str) -> None:
    with pytest.raises(Invalid):
        notify.prefer(town.house, town.who("analyst"), Preferences(email=email))
    notify.prefer(town.house, town.who("analyst"), Preferences("en", "dark", "a.b+c@lab.example", True))
    assert notify.preferences(town.house, town.who("analyst")).channels == ("email",)
