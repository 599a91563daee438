"""Attempts to come in as somebody else, or as more than one is: from outside, and by who writes into the database.

What such a writer can still do is here too, as tests that say so: SECURITY.md tells the same.
"""

from __future__ import annotations

import base64
import json
import logging
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt as RealScrypt

from dalgubeol.errors import DalguError, Missing, Refused, Tampered
from dalgubeol.nouns.permit import Role, Scope
from dalgubeol.rules.access import FREE_TRIES
from dalgubeol.settings import Settings
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.people import account, entry, people, tries
from dalgubeol.world import identity
from dalgubeol.world.identity import accounts, signing

PASSWORD = "a password for tests"
PEOPLE = {"kim": "analyst", "lee": "reviewer"}


@dataclass(frozen=True)
class Site:
    house: House
    held: dict[str, bytes]

    def who(self, login: str) -> identity.SignedIn:
        return entry.entered(self.house, self.held[login])

    def write(self, statement: str, *values: object) -> None:
        """Somebody who has the database writes into it."""
        with sqlite3.connect(self.house.folder / "state.db") as connection:
            assert connection.execute(statement, values).rowcount > 0
        connection.close()


def founded(folder: Path) -> Iterator[Site]:
    settings = Settings(site=folder / "site", keys=folder / "keys", session=folder / "session")
    with houses.found(
        settings, login="operator", name="O", organisation="centre", password=PASSWORD
    ) as house:
        held = {"operator": entry.enter(house, "operator", PASSWORD, door="test")[1]}
        operator = entry.entered(house, held["operator"])
        for login, role in PEOPLE.items():
            code = people.invite(
                house, operator, login=login, name=login, organisation=f"{login} org", roles=[role]
            )
            people.join(house, code, PASSWORD)
            held[login] = entry.enter(house, login, PASSWORD, door="test")[1]
        yield Site(house, held)


@pytest.fixture(scope="module")
def cheap() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(signing, "Scrypt", lambda salt, length, n, r, p: RealScrypt(salt, length, 2**4, r, p))
        yield


@pytest.fixture(scope="module")
def template(cheap: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("identity")
    for site in founded(folder):
        held = dict(site.held)
    return folder, held


@pytest.fixture
def site(template: tuple[Path, dict[str, bytes]], tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "copy"
    shutil.copytree(template[0], folder)
    settings = Settings(site=folder / "site", keys=folder / "keys", session=folder / "session")
    with houses.open_house(settings) as house:
        yield Site(house, dict(template[1]))


def refused(act: Callable[[], object]) -> str:
    with pytest.raises((Refused, Tampered, Missing)) as error:
        act()
    return error.value.code


# From outside


def test_a_session_that_was_planted_before_is_not_the_one_that_begins(site: Site) -> None:
    """Fixation: whoever plants what they hold gets nothing of what their victim then is."""
    planted = site.held["kim"]
    fresh = entry.enter(site.house, "operator", PASSWORD, door="portal")[1]
    assert fresh != planted
    assert json.loads(fresh)["session"] != json.loads(planted)["session"]
    assert site.who("kim").person.login == "kim"


def test_a_planted_session_does_not_take_the_victims_key(site: Site) -> None:
    """A session of the attacker, without a key, in the victim's browser: the victim's password opens another
    account's key, and so nothing."""
    account.change_password(site.house, site.who("kim"), PASSWORD, "the password of kim")
    kim = site.who("kim").person
    planted = site.house.write(
        lambda connection: identity.begin_session(
            connection, kim, None, entry.now(), entry.later(600), "portal"
        )
    )
    assert refused(lambda: entry.unlock_session(site.house, planted, PASSWORD)) == "login.wrong"
    assert not entry.entered(site.house, planted).can_sign


def test_what_is_held_for_one_site_is_nothing_to_another(site: Site, tmp_path: Path) -> None:
    for other in founded(tmp_path / "other"):
        token = entry.make_token(other.house, other.who("kim"), "robot", [Scope.READ], 1)[1]
        for login in ("operator", "kim"):
            assert (
                refused(lambda login=login, other=other: entry.entered(site.house, other.held[login]))
                == "login.needed"
            )  # type: ignore[misc]
        assert refused(lambda token=token: entry.entered_by_token(site.house, token)) == "token.wrong"  # type: ignore[misc]


def test_after_signing_out_a_copy_is_dead_everywhere(site: Site) -> None:
    copy = bytes(site.held["kim"])
    entry.leave(site.house, site.held["kim"])
    assert refused(lambda: entry.entered(site.house, copy)) == "login.needed"
    with houses.open_house(site.house.settings) as another:
        assert refused(lambda: entry.entered(another, copy)) == "login.needed"


def test_halves_that_are_cut_or_lengthened_are_refused(site: Site) -> None:
    true = json.loads(site.held["kim"])
    for name in ("half", "key"):
        value = true[name]
        for wrong in (
            value[:-2],
            value + "00",
            value[2:],
            "00" + value,
            value[: len(value) // 2],
            "",
            value[:-1] + "g",
        ):
            held = json.dumps({**true, name: wrong}).encode()
            assert refused(lambda held=held: entry.entered(site.house, held)) == "login.needed"  # type: ignore[misc]
    assert refused(lambda: entry.entered(site.house, site.held["kim"][:-3])) == "login.needed"


def test_tokens_that_are_cut_lengthened_or_mixed_are_refused(site: Site) -> None:
    one, other = (entry.make_token(site.house, site.who("kim"), n, [Scope.READ], 1)[1] for n in "ab")
    mark, id_, secret = one.split("_", 2)
    other_secret = other.split("_", 2)[2]
    for wrong in (
        one[:-1],
        one + "A",
        f"{mark}_{id_}_{other_secret}",
        f"{mark}_{id_}_",
        f"{mark}__{secret}",
        f"{mark}_{id_}",
        one.upper(),
        " ",
        "_" * 500,
        "가" * 50,
    ):
        assert refused(lambda wrong=wrong: entry.entered_by_token(site.house, wrong)) == "token.wrong"  # type: ignore[misc]
    assert entry.entered_by_token(site.house, one).person.login == "kim"


def test_every_refusal_at_the_door_costs_the_same_work(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known, unknown, closed or locked: one check of a password each, so that time tells nobody which."""
    people.close(site.house, site.who("operator"), "lee")
    for _ in range(FREE_TRIES):
        refused(lambda: entry.enter(site.house, "locked", "wrong password", door="portal"))
    work: list[str] = []
    real = accounts._password_hash()

    class Counting:
        def hash(self, password: bytes) -> str:
            work.append("hash")
            return real.hash(password)

        def verify(self, password: bytes, stored: str) -> bool:
            work.append("verify")
            return real.verify(password, stored)

    monkeypatch.setattr(accounts, "_password_hash", Counting)
    for login in ("kim", "nobody", "lee", "locked"):
        work.clear()
        refused(
            lambda login=login: entry.enter(
                site.house, login, PASSWORD if login == "lee" else "wrong password", door="portal"
            )
        )  # type: ignore[misc]
        assert work == ["verify"], login


@pytest.mark.slow
def test_known_and_unknown_logins_are_refused_in_the_same_time(site: Site) -> None:
    """Medians of interleaved tries differ by less than the tries of one login do among themselves."""
    took: dict[str, list[float]] = {"kim": [], "nobody": []}
    for _ in range(40):
        for login in took:
            site.house.write(lambda connection: connection.execute(identity.schema.failures.delete()))
            begun = time.perf_counter()
            refused(lambda login=login: entry.enter(site.house, login, "wrong password", door="portal"))  # type: ignore[misc]
            took[login].append(time.perf_counter() - begun)
    spread = max(
        statistics.quantiles(times, n=4)[2] - statistics.quantiles(times, n=4)[0] for times in took.values()
    )
    assert abs(statistics.median(took["kim"]) - statistics.median(took["nobody"])) < max(spread, 0.005)


def test_no_secret_of_anybody_is_in_errors_logs_or_the_database(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = entry.make_token(site.house, site.who("kim"), "robot", list(Scope), 1)[1]
    phone = account.begin_factor(site.house, site.who("kim"), PASSWORD)
    codes = account.confirm_factor(
        site.house, site.who("kim"), pyotp.TOTP(phone.secret).at(tries.instant_s())
    )
    held = json.loads(site.held["kim"])
    secrets = [token.split("_", 2)[2], phone.secret, *codes, PASSWORD, held["half"]]
    said = []
    for act in (
        lambda: entry.entered_by_token(site.house, token[:-4] + "AAAA"),
        lambda: entry.entered_by_token(site.house, token + "x"),
        lambda: entry.enter(site.house, "kim", PASSWORD, door="portal", code=codes[0] + "x"),
        lambda: entry.enter(site.house, "kim", PASSWORD + "x", door="portal"),
        lambda: entry.entered(site.house, json.dumps({**held, "key": held["key"][:-2]}).encode()),
    ):
        with pytest.raises(DalguError) as error:
            act()
        said += [repr(error.value), str(error.value), json.dumps(error.value.as_json("ko"))]
    said += [caplog.text, repr(site.who("kim")), repr(phone), repr(site.house)]
    stored = b"".join((site.house.folder / name).read_bytes() for name in ("state.db", "state.db-wal"))
    for secret in secrets:
        assert not any(secret in text for text in said)
        assert secret.encode() not in stored
        assert secret.replace("-", "").encode() not in stored


# Who writes into the database


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tokens SET person = (SELECT id FROM people WHERE login = 'operator')",
        "UPDATE tokens SET scopes = 'operate,read,sign'",
        "UPDATE tokens SET expires_at = '2099-01-01T00:00:00.000+00:00'",
        "UPDATE tokens SET half = (SELECT half FROM sessions LIMIT 1)",
        "UPDATE tokens SET sealed = (SELECT sealed_key FROM people WHERE login = 'operator')",
    ],
)
def test_a_token_that_was_changed_opens_no_more(site: Site, statement: str) -> None:
    token = entry.make_token(site.house, site.who("kim"), "robot", [Scope.READ], 1)[1]
    site.write(statement)
    assert refused(lambda: entry.entered_by_token(site.house, token)) == "token.wrong"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sessions SET person = (SELECT id FROM people WHERE login = 'operator')",
        "UPDATE sessions SET expires_at = '2099-01-01T00:00:00.000+00:00'",
        "UPDATE people SET roles = 'operator' WHERE login = 'kim'",
        "UPDATE people SET organisation = 'centre' WHERE login = 'kim'",
        "UPDATE people SET public_key = (SELECT public_key FROM people WHERE login = 'operator') WHERE login = 'kim'",
        "UPDATE people SET id = 'person-x' WHERE login = 'operator'",
    ],
)
def test_a_session_that_was_bent_to_somebody_else_is_noticed(site: Site, statement: str) -> None:
    kim = site.who("kim").person
    keyless = site.house.write(
        lambda connection: identity.begin_session(
            connection, kim, None, entry.now(), entry.later(600), "portal"
        )
    )
    if "person-x" in statement:
        site.write(statement)
        site.write("UPDATE people SET id = ? WHERE login = 'kim'", "person-y")
        site.write("UPDATE sessions SET person = 'person-x'")
    else:
        site.write(statement)
    with houses.open_house(site.house.settings) as fresh:
        for held in (site.held["kim"], keyless):
            with pytest.raises((Tampered, Refused, Missing)):
                entry.entered(fresh, held)


def test_a_password_or_key_that_was_exchanged_between_people_opens_nothing(site: Site) -> None:
    """The attacker gives the operator their own password's hash, and then their own sealed key as well."""
    account.change_password(site.house, site.who("kim"), PASSWORD, "what the attacker knows")
    mine = "(SELECT {0} FROM people WHERE login = 'kim')"
    site.write(f"UPDATE people SET password_hash = {mine.format('password_hash')} WHERE login = 'operator'")
    assert (
        refused(lambda: entry.enter(site.house, "operator", "what the attacker knows", door="portal"))
        == "person.key"
    )
    site.write(f"UPDATE people SET sealed_key = {mine.format('sealed_key')} WHERE login = 'operator'")
    assert (
        refused(lambda: entry.enter(site.house, "operator", "what the attacker knows", door="portal"))
        == "person.key"
    )


def test_a_whole_person_under_anothers_login_is_only_themselves(site: Site) -> None:
    """Logins are exchanged: whoever comes in as `operator` is still kim, with kim's roles."""
    site.write("UPDATE people SET login = 'was' WHERE login = 'operator'")
    site.write("UPDATE people SET login = 'operator' WHERE login = 'kim'")
    held = entry.enter(site.house, "operator", PASSWORD, door="portal")[1]
    assert entry.entered(site.house, held).actor.roles == {Role.ANALYST}


def test_a_second_factor_that_was_moved_or_removed_is_noticed(site: Site) -> None:
    for login in ("kim", "lee"):
        begun = account.begin_factor(site.house, site.who(login), PASSWORD)
        phone = pyotp.TOTP(begun.secret)
        account.confirm_factor(site.house, site.who(login), phone.at(tries.instant_s() - 30))
    lees = phone.at(tries.instant_s())
    site.write(
        "UPDATE factors SET sealed = (SELECT sealed FROM factors WHERE person = (SELECT id FROM people WHERE login = 'lee')), last_step = 0"
    )
    assert (
        refused(lambda: entry.enter(site.house, "kim", PASSWORD, door="portal", code=lees))
        == "factor.changed"
    )
    site.write("DELETE FROM factors")
    assert refused(lambda: entry.enter(site.house, "kim", PASSWORD, door="portal")) == "factor.gone"


def test_an_invitation_that_was_changed_or_made_up_is_worth_nothing(site: Site) -> None:
    code = people.invite(
        site.house, site.who("operator"), login="new", name="n", organisation="o", roles=["citizen"]
    )
    site.write("UPDATE invitations SET roles = 'operator' WHERE login = 'new'")
    assert refused(lambda: people.join(site.house, code, PASSWORD)) == "invitation.invalid"
    import hashlib

    own = "i" + base64.urlsafe_b64encode(b"made up by the attacker").decode()
    site.write(
        "INSERT INTO invitations (code_hash, login, name, organisation, roles, invited_by, expires_at) VALUES (?, 'evil', 'e', 'o', 'operator', ?, '2099-01-01T00:00:00.000+00:00')",
        hashlib.sha256(own.encode()).hexdigest(), site.who("operator").person.id,
    )  # fmt: skip
    assert refused(lambda: people.join(site.house, own, PASSWORD)) == "invitation.invalid"


def test_a_person_who_was_written_in_is_nobody(site: Site) -> None:
    """All columns of kim under a new id and login, as an operator: there is no enrolment of such a person."""
    site.write(
        "INSERT INTO people (id, login, name, organisation, roles, password_hash, public_key, sealed_key, joined_at)"
        " SELECT 'person-evil', 'evil', 'e', organisation, 'operator', password_hash, public_key, sealed_key, joined_at FROM people WHERE login = 'kim'"
    )
    assert refused(lambda: entry.enter(site.house, "evil", PASSWORD, door="portal")) == "person.key"
    site.write(
        "UPDATE sessions SET person = 'person-evil' WHERE person = (SELECT id FROM people WHERE login = 'kim')"
    )
    assert refused(lambda: entry.entered(site.house, site.held["kim"])) == "login.needed"


# What whoever writes into the database can do, and SECURITY.md says


def test_who_deletes_failures_has_free_tries_again(site: Site) -> None:
    for _ in range(FREE_TRIES):
        refused(lambda: entry.enter(site.house, "kim", "wrong password", door="portal"))
    site.write("DELETE FROM failures")
    assert refused(lambda: entry.enter(site.house, "kim", "wrong password", door="portal")) == "login.wrong"


def test_who_removes_a_factor_and_its_trace_is_noticed_by_nobody_at_the_door(site: Site) -> None:
    begun = account.begin_factor(site.house, site.who("kim"), PASSWORD)
    account.confirm_factor(site.house, site.who("kim"), pyotp.TOTP(begun.secret).at(tries.instant_s()))
    site.write("DELETE FROM factors")
    site.write("DELETE FROM outbox WHERE key LIKE 'factor/%'")
    assert entry.enter(site.house, "kim", PASSWORD, door="portal")
