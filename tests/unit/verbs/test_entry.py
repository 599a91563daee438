from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pyotp
import pytest

from dalgubeol.errors import Conflict, Invalid, Missing, Refused
from dalgubeol.nouns.permit import Scope
from dalgubeol.rules.access import FREE_TRIES
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house.house import open_house
from dalgubeol.verbs.people import account, entry, tries
from dalgubeol.world import identity
from dalgubeol.world.identity import accounts
from dalgubeol.world.identity import sessions as stored

from .conftest import PASSWORD, Town

WRONG = "a wrong password"


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as error:
        act()
    return error.value.code


def enter(town: Town, login: str, password: str = PASSWORD, code: str = "", door: str = "portal") -> bytes:
    return entry.enter(town.house, login, password, door=door, code=code)[1]


def fail(town: Town, login: str, times: int, door: str = "portal") -> list[str]:
    return [refused(lambda: enter(town, login, WRONG, door=door)) for _ in range(times)]


def turn_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    then = datetime.fromisoformat(entry.now()) + timedelta(seconds=seconds)
    text = then.isoformat(timespec="milliseconds")
    for module in (entry, tries, account):
        monkeypatch.setattr(module, "now", lambda: text)


@pytest.fixture
def phone(town: Town) -> pyotp.TOTP:
    """The analyst has a second factor; the code of this moment is still unused."""
    who = town.who("analyst")
    made = pyotp.TOTP(account.begin_factor(town.house, who, PASSWORD).secret)
    account.confirm_factor(town.house, who, made.at(tries.instant_s() - 30))
    return made


def code_of(phone: pyotp.TOTP, later_s: float = 0) -> str:
    return phone.at(tries.instant_s() + later_s)


def test_the_sixth_wrong_try_waits_and_the_right_password_does_too(town: Town) -> None:
    assert fail(town, "analyst", FREE_TRIES + 1) == ["login.wrong"] * FREE_TRIES + ["login.locked"]
    with pytest.raises(Refused, match=r"Wait until .*\d\d:\d\d") as error:
        enter(town, "analyst")
    assert error.value.code == "login.locked"
    assert PASSWORD not in str(error.value)


def test_a_lock_outlives_the_process(town: Town) -> None:
    fail(town, "analyst", FREE_TRIES)
    with open_house(town.house.settings) as house:
        assert refused(lambda: entry.enter(house, "analyst", PASSWORD, door="portal")) == "login.locked"


def test_after_the_wait_the_right_password_comes_in_and_begins_anew(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(town, "analyst", FREE_TRIES)
    turn_clock(monkeypatch, 31)
    enter(town, "analyst")
    assert fail(town, "analyst", FREE_TRIES) == ["login.wrong"] * FREE_TRIES


def test_a_login_that_nobody_has_is_locked_like_one_that_somebody_has(town: Town) -> None:
    answers = []
    for login in ("analyst", "nobody"):
        said = []
        for _ in range(FREE_TRIES + 2):
            with pytest.raises(Refused) as error:
                enter(town, login, WRONG)
            said.append((error.value.code, str(error.value.detail)))
        answers.append(said)
    assert answers[0] == answers[1]


def test_the_table_of_failures_is_no_list_of_logins(town: Town) -> None:
    fail(town, "analyst", 1)
    content = (town.house.folder / "state.db").read_bytes() + (
        town.house.folder / "state.db-wal"
    ).read_bytes()
    with town.house.database.reading() as connection:
        rows = connection.execute(identity.schema.failures.select()).all()
    assert len(rows) == 1
    assert "analyst" not in repr(rows)
    assert WRONG.encode() not in content


def test_strangers_on_the_web_do_not_shut_out_who_sits_at_the_machine(town: Town) -> None:
    fail(town, "operator", FREE_TRIES)
    assert refused(lambda: enter(town, "operator")) == "login.locked"
    assert refused(lambda: enter(town, "operator", door="api")) == "login.locked"
    enter(town, "operator", door="terminal")


def test_many_tries_at_once_get_no_more_than_one_after_another(town: Town) -> None:
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.extend(fail(town, "analyst", 1))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["login.locked"] * (12 - FREE_TRIES) + ["login.wrong"] * FREE_TRIES


def test_a_locked_login_costs_the_same_work_and_looks_at_no_password(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(town, "analyst", FREE_TRIES)
    looked_at: list[bytes] = []
    real = accounts._password_hash()

    class Counting:
        def verify(self, password: bytes, hashed: str) -> bool:
            looked_at.append(password)
            return real.verify(password, hashed)

    monkeypatch.setattr(accounts, "_password_hash", Counting)
    for login in ("analyst", "provider"):
        refused(lambda login=login: enter(town, login, WRONG))  # type: ignore[misc]
    assert looked_at == [b"", WRONG.encode()]


def test_who_has_a_second_factor_is_asked_for_it_after_the_password(town: Town, phone: pyotp.TOTP) -> None:
    assert refused(lambda: enter(town, "analyst")) == "login.code_needed"
    assert refused(lambda: enter(town, "analyst", WRONG)) == "login.wrong"
    assert refused(lambda: enter(town, "analyst", WRONG, code_of(phone))) == "login.wrong"
    held = enter(town, "analyst", code=code_of(phone))
    assert entry.entered(town.house, held).can_sign


def test_being_asked_for_a_code_is_no_failure(town: Town, phone: pyotp.TOTP) -> None:
    asked = [refused(lambda: enter(town, "analyst")) for _ in range(FREE_TRIES + 3)]
    assert set(asked) == {"login.code_needed"}


def test_wrong_codes_lock_as_wrong_passwords_do(town: Town, phone: pyotp.TOTP) -> None:
    wrong = str((int(code_of(phone)) + 1) % 10**6).zfill(6)
    answers = [refused(lambda: enter(town, "analyst", code=wrong)) for _ in range(FREE_TRIES)]
    assert answers == ["login.code_wrong"] * FREE_TRIES
    assert refused(lambda: enter(town, "analyst", code=code_of(phone))) == "login.locked"


def test_a_code_that_came_in_does_not_come_in_again(town: Town, phone: pyotp.TOTP) -> None:
    code = code_of(phone)
    enter(town, "analyst", code=code)
    assert refused(lambda: enter(town, "analyst", code=code)) == "login.code_wrong"


def test_a_code_at_once_twice_comes_in_once(town: Town, phone: pyotp.TOTP) -> None:
    code, came_in = code_of(phone), []

    def try_it() -> None:
        with contextlib.suppress(Refused):
            came_in.append(enter(town, "analyst", code=code))

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(came_in) == 1


def test_a_recovery_code_stands_in_for_the_phone_once(town: Town) -> None:
    who = town.who("provider")
    phone = pyotp.TOTP(account.begin_factor(town.house, who, PASSWORD).secret)
    codes = account.confirm_factor(town.house, who, code_of(phone))
    enter(town, "provider", code=codes[0])
    assert refused(lambda: enter(town, "provider", code=codes[0])) == "login.code_wrong"
    left = account.factor(town.house, who)
    assert left is not None
    assert left.recovery_left == 9


def test_what_a_phone_scans_is_shown_and_not_printed_by_accident(town: Town) -> None:
    begun = account.begin_factor(town.house, town.who("analyst"), PASSWORD)
    assert begun.url.startswith("otpauth://totp/Dalgubeol:analyst%40site?secret=" + begun.secret)
    assert begun.qr_svg.startswith("<svg ")
    assert begun.secret not in repr(begun)


def test_a_factor_is_begun_with_the_password_and_ended_with_a_code_too(town: Town, phone: pyotp.TOTP) -> None:
    house, provider, who = town.house, town.who("provider"), town.who("analyst")
    assert refused(lambda: account.begin_factor(house, provider, WRONG)) == "login.wrong"
    with pytest.raises(Conflict):
        account.begin_factor(house, who, PASSWORD)
    assert refused(lambda: account.end_factor(house, who, WRONG, code_of(phone))) == "login.wrong"
    assert refused(lambda: account.end_factor(house, who, PASSWORD, "")) == "login.code_needed"
    account.end_factor(house, who, PASSWORD, code_of(phone))
    enter(town, "analyst")
    with pytest.raises(Missing):
        account.end_factor(house, who, PASSWORD, "")


def test_an_operator_takes_off_the_factor_of_a_lost_phone_and_it_is_recorded(
    town: Town, phone: pyotp.TOTP
) -> None:
    house, operator = town.house, town.who("operator")
    assert (
        refused(lambda: account.take_off_factor(house, town.who("provider"), "analyst")) == "factor.refused"
    )
    assert refused(lambda: account.take_off_factor(house, operator, "operator")) == "factor.refused"
    account.take_off_factor(house, operator, "analyst")
    assert refused(lambda: town.who("analyst")) == "login.needed"  # their sessions have ended
    held = enter(town, "analyst")
    who = entry.entered(house, held)
    told = [(r["event"], r["actor"]) for r in prove.records(house, who.person.id)]
    assert ("factor-set", who.person.id) in told
    assert ("factor-ended", operator.person.id) in told
    with pytest.raises(Missing):
        account.take_off_factor(house, operator, "analyst")


def test_where_a_role_needs_a_factor_one_can_do_nothing_but_set_it_up(town: Town) -> None:
    (town.house.folder / "settings.toml").write_text('[serve]\nrequire_factor = ["analyst", "operator"]\n')
    house = open_house(town.house.settings)
    held = town.held["analyst"]
    token = entry.make_token(town.house, town.who("analyst"), "robot", [Scope.READ], 1)[1]
    assert refused(lambda: entry.entered(house, held)) == "login.factor_needed"
    assert refused(lambda: entry.entered_by_token(house, token)) == "login.factor_needed"
    assert entry.entered(house, town.held["provider"])
    who = entry.entered(house, held, to_set_up_factor=True)
    phone = pyotp.TOTP(account.begin_factor(house, who, PASSWORD).secret)
    account.confirm_factor(house, who, code_of(phone))
    assert entry.entered(house, held).person.login == "analyst"
    house.close()


def test_a_setting_that_names_no_role_is_refused(town: Town) -> None:
    (town.house.folder / "settings.toml").write_text('[serve]\nrequire_factor = ["boss"]\n')
    with pytest.raises(Invalid, match="require_factor"):
        open_house(town.house.settings)


def test_a_session_without_the_key_reads_and_is_unlocked_with_the_password(town: Town) -> None:
    house, person = town.house, town.who("analyst").person
    held = house.write(
        lambda connection: identity.begin_session(
            connection, person, None, entry.now(), entry.later(600), "portal"
        )
    )
    assert not entry.entered(house, held).can_sign
    assert refused(lambda: entry.entered(house, held).sign(b"statement")) == "sign.locked"
    assert refused(lambda: entry.unlock_session(house, held, WRONG)) == "login.wrong"
    unlocked = entry.unlock_session(house, held, PASSWORD)
    signature = entry.entered(house, unlocked).sign(b"statement")
    assert identity.signature_holds(person.public_key, b"statement", signature)
    assert not entry.entered(house, held).can_sign
    entry.leave(house, unlocked)
    assert refused(lambda: entry.entered(house, held)) == "login.needed"
    assert refused(lambda: entry.unlock_session(house, held, PASSWORD)) == "login.needed"


def test_a_session_is_not_unlocked_with_another_persons_key(town: Town) -> None:
    with town.house.database.reading() as connection:
        other = identity.unlock(connection, "provider", PASSWORD)
    assert (
        refused(
            lambda: town.house.write(
                lambda connection: stored.unlocked_session(connection, town.held["analyst"], other)
            )
        )
        == "login.needed"
    )


def test_a_changed_password_ends_other_sessions_and_the_tokens_that_sign(town: Town) -> None:
    house, who = town.house, town.who("analyst")
    elsewhere = enter(town, "analyst")
    reading = entry.make_token(house, who, "reads", [Scope.READ], 1)[1]
    signing = entry.make_token(house, who, "signs", [Scope.SIGN], 1)[1]
    new = "another password"
    assert refused(lambda: account.change_password(house, who, WRONG, new)) == "login.wrong"
    with pytest.raises(Invalid):
        account.change_password(house, who, PASSWORD, "short")
    assert account.change_password(house, who, PASSWORD, new) == 2
    assert town.who("analyst").can_sign
    assert refused(lambda: entry.entered(house, elsewhere)) == "login.needed"
    assert refused(lambda: entry.entered_by_token(house, signing)) == "token.wrong"
    assert entry.entered_by_token(house, reading).person == who.person
    assert refused(lambda: enter(town, "analyst")) == "login.wrong"
    enter(town, "analyst", new)


def test_a_token_changes_nothing_of_the_account(town: Town) -> None:
    house = town.house
    text = entry.make_token(house, town.who("analyst"), "robot", list(Scope), 1)[1]
    token = entry.entered_by_token(house, text)
    for act in (
        lambda: account.begin_factor(house, token, PASSWORD),
        lambda: account.confirm_factor(house, token, "000000"),
        lambda: account.end_factor(house, token, PASSWORD, ""),
        lambda: account.change_password(house, token, PASSWORD, "another password"),
    ):
        assert refused(act) == "account.token"
    assert refused(lambda: entry.make_token(house, token, "more", [Scope.READ], 1)) == "token.token"
