from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from dalgubeol.errors import Conflict, DalguError, Invalid, Missing, Refused, Tampered
from dalgubeol.nouns.permit import Role, Scope
from dalgubeol.world import identity
from dalgubeol.world.identity import Person, accounts, schema, sessions, signing

NOON, LATER, TOO_LATE = (f"2026-03-01T{hour}:00:00.000+00:00" for hour in (12, 20, 21))
PASSWORD = "correct horse 말"


def _sign_in(connection: Connection, login: str, password: str, expires_at: str) -> tuple[Person, bytes]:
    who = identity.unlock(connection, login, password)
    return who.person, identity.begin_session(connection, who.person, who.key, NOON, expires_at, "terminal")


def enrolled(connection: Connection, login: str = "kim", password: str = PASSWORD) -> Person:
    return identity.enrol(
        connection, login=login, name="김", organisation="firm", roles=frozenset({Role.PROVIDER, Role.ANALYST}),
        credentials=accounts.Credentials.fresh(password), now=NOON,
    )  # fmt: skip


def session(connection: Connection, login: str = "kim") -> bytes:
    return _sign_in(connection, login, PASSWORD, LATER)[1]


def test_a_person_is_found_by_id_and_login(connection: Connection) -> None:
    person = enrolled(connection)
    assert identity.find(connection, person.id) == identity.find(connection, "kim") == person
    assert identity.listed(connection) == (person,)
    assert person.actor.roles == {Role.PROVIDER, Role.ANALYST}
    with pytest.raises(Missing):
        identity.find(connection, "lee")


@pytest.mark.parametrize("number", range(3))
def test_a_login_can_not_pass_for_another_persons_id(
    connection: Connection, tmp_path: Path, number: int
) -> None:
    person = enrolled(connection)
    other = enrolled(connection, login=person.id)
    assert identity.find(connection, person.id) == person
    assert identity.signed_in(connection, session(connection), NOON).person == person
    assert identity.find(connection, other.id) == other


def test_a_login_is_taken_once(connection: Connection) -> None:
    enrolled(connection)
    with pytest.raises(Conflict), connection.begin_nested():
        enrolled(connection)


def test_a_short_password_is_refused_without_repeating_it(connection: Connection) -> None:
    with pytest.raises(Invalid) as refused:
        enrolled(connection, password="geheim말")
    assert "geheim" not in str(refused.value)


def test_signing_in_gives_a_session_that_signs_for_the_person(connection: Connection) -> None:
    person = enrolled(connection)
    who = identity.signed_in(connection, session(connection), NOON)
    assert who.person == person
    signature = who.sign(b"statement")
    assert identity.signature_holds(person.public_key, b"statement", signature)
    assert not identity.signature_holds(person.public_key, b"Statement", signature)
    assert not identity.signature_holds(enrolled(connection, "lee").public_key, b"statement", signature)


@pytest.mark.parametrize(
    ("key", "signature"),
    [("", ""), ("zz", "00"), ("00" * 32, "00" * 64), ("00" * 31, "00"), ("00" * 32, "x")],
)
def test_a_malformed_signature_does_not_hold(key: str, signature: str) -> None:
    assert not identity.signature_holds(key, b"x", signature)


def test_a_key_of_small_order_signs_nothing() -> None:
    """Points of order 8 double to one with y = 0: y^2 = -x^2, so d*y^4 + 2*y^2 = 1."""
    p = signing._FIELD
    d = -121665 * pow(121666, -1, p) % p
    eighth = signing._EIGHTH
    assert (d * eighth**4 + 2 * eighth**2 - 1) % p == 0
    for y in (0, 1, p - 1, eighth, p - eighth, p, p + 1):
        for sign in (0, 1 << 255):
            key = (y | sign).to_bytes(32, "little").hex()
            for r in (bytes(32), (1).to_bytes(32, "little"), bytes.fromhex(key)):
                for number in range(16):
                    assert not identity.signature_holds(key, bytes([number]), (r + bytes(32)).hex())


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(connection: Connection) -> None:
    enrolled(connection)
    answers = []
    for login, password in (
        ("kim", "wrong horse 말"),
        ("lee", PASSWORD),
        ("kim", ""),
        ("kim", "\udcff" * 12),
    ):
        with pytest.raises(Refused) as refused:
            _sign_in(connection, login, password, LATER)
        answers.append(str(refused.value))
        assert password not in answers[-1] or not password
    assert len(set(answers)) == 1


def test_an_unknown_login_costs_one_check_like_a_known_one(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(connection)
    accounts._password_of_nobody()
    work: list[str] = []
    real = accounts._password_hash()

    class Counting:
        def hash(self, password: object) -> str:
            work.append("hash")
            return real.hash(password)  # type: ignore[arg-type]

        def verify(self, password: object, stored: str) -> bool:
            work.append("verify")
            return real.verify(password, stored)  # type: ignore[arg-type]

    monkeypatch.setattr(accounts, "_password_hash", Counting)
    for login in ("kim", "nobody"):
        with pytest.raises(Refused):
            _sign_in(connection, login, "wrong password", LATER)
    assert work == ["verify", "verify"]


def test_hangul_is_the_same_password_however_a_keyboard_composes_it(connection: Connection) -> None:
    import unicodedata

    decomposed, composed = (unicodedata.normalize(form, "달구벌달구벌달구벌달") for form in ("NFD", "NFC"))
    assert decomposed != composed
    kim = enrolled(connection, password=decomposed)
    assert _sign_in(connection, "kim", composed, LATER)[0].id == kim.id
    with pytest.raises(Refused):
        _sign_in(connection, "kim", composed[:-1], LATER)


def test_a_session_ends_by_the_clock(connection: Connection) -> None:
    enrolled(connection)
    held = session(connection)
    for instant in (LATER, TOO_LATE):
        with pytest.raises(Refused, match="ended"):
            identity.signed_in(connection, held, instant)


def test_a_session_ends_in_the_database_whoever_holds_a_copy(connection: Connection) -> None:
    enrolled(connection)
    held = session(connection)
    identity.end_session(connection, held)
    with pytest.raises(Refused, match="ended"):
        identity.signed_in(connection, held, NOON)
    identity.end_session(connection, held)


def test_who_knows_only_the_id_of_a_session_cannot_end_it(connection: Connection) -> None:
    enrolled(connection)
    held = session(connection)
    forged = json.dumps({**json.loads(held), "half": "00" * 32}).encode()
    identity.end_session(connection, forged)
    assert identity.signed_in(connection, held, NOON).person.login == "kim"


def test_a_session_that_lay_idle_ends(connection: Connection) -> None:
    enrolled(connection)
    held = session(connection)
    assert identity.signed_in(connection, held, NOON, idle_since=NOON)
    with pytest.raises(Refused, match="ended"):
        identity.signed_in(connection, held, NOON, idle_since=LATER)
    who = identity.signed_in(connection, held, NOON)
    sessions.seen(connection, who.session, LATER)
    assert identity.signed_in(connection, held, NOON, idle_since=LATER).person == who.person


def test_every_change_to_a_session_file_is_refused(connection: Connection) -> None:
    enrolled(connection)
    held, other = json.loads(session(connection)), json.loads(session(connection))
    broken: list[object] = [
        [],
        None,
        7,
        "x",
        {},
        *({k: v for k, v in held.items() if k != gone} for gone in ("session", "half", "key")),
    ]
    for name in ("session", "half", "key"):
        broken += [{**held, name: value} for value in (other[name], "", "00", "zz", None, 7, [], {"a": 1})]
    for content in broken:
        with pytest.raises(Refused) as refused:
            identity.signed_in(connection, json.dumps(content).encode(), NOON)
        assert held["half"] not in str(refused.value)
    for raw in (b"", b"\xff\xfe", b"{"):
        with pytest.raises(Refused):
            identity.signed_in(connection, raw, NOON)


@pytest.mark.parametrize("changed", ["person", "expires_at"])
def test_a_session_that_was_moved_or_lengthened_in_the_database_opens_no_more(
    connection: Connection, changed: str
) -> None:
    person, victim = enrolled(connection), enrolled(connection, "lee")
    for held in (
        session(connection),
        identity.begin_session(connection, person, None, NOON, LATER, "portal"),
    ):
        connection.execute(
            schema.sessions.update().values(**{changed: victim.id if changed == "person" else TOO_LATE})
        )
        with pytest.raises(Refused):
            identity.signed_in(connection, held, NOON)


def test_a_password_put_into_the_database_does_not_give_the_key(connection: Connection) -> None:
    enrolled(connection)
    mine = enrolled(connection, "evil", "my own password")
    stored = (
        connection.execute(identity.people.select().where(identity.people.c.id == mine.id)).mappings().one()
    )
    kim = identity.people.update().where(identity.people.c.login == "kim")
    connection.execute(kim.values(password_hash=stored["password_hash"]))
    with pytest.raises(Tampered):
        _sign_in(connection, "kim", "my own password", LATER)
    connection.execute(kim.values(sealed_key=stored["sealed_key"]))
    with pytest.raises(Tampered):
        _sign_in(connection, "kim", "my own password", LATER)


def test_neither_the_database_nor_the_file_alone_opens_the_key(connection: Connection) -> None:
    person = enrolled(connection)
    content = session(connection)
    held = json.loads(content)
    row = connection.execute(schema.sessions.select()).mappings().one()
    sealed, half = bytes.fromhex(held["key"]), bytes.fromhex(held["half"])
    bound = sessions._bound_session(held["session"], person.id, LATER).encode()
    for key in (half, row["half"], signing._joined(half, half), signing._joined(row["half"], row["half"])):
        with pytest.raises(Exception, match=r"^$"):  # InvalidTag says nothing
            AESGCM(key).decrypt(sealed[:12], sealed[12:], bound)
    stored = connection.execute(identity.people.select()).mappings().one()
    who = identity.signed_in(connection, content, NOON)
    secret = who._key.private_bytes_raw()
    everything = b"".join(
        v if isinstance(v, bytes) else str(v).encode() for v in [*stored.values(), *row.values()]
    )
    assert secret not in everything
    assert secret.hex().encode() not in everything
    assert PASSWORD.encode() not in everything
    assert held["half"] not in repr(who) + repr(person)
    assert secret.hex() not in repr(who)


def test_no_error_of_the_database_shows_a_key_or_a_hash(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(connection)
    connection.exec_driver_sql("DROP TABLE people")
    with pytest.raises(Exception, match="no such table") as failed:
        enrolled(connection)
    assert "argon2" not in str(failed.value)
    assert not isinstance(failed.value, DalguError)


def token(connection: Connection, *scopes: Scope, expires_at: str = LATER) -> str:
    who = identity.signed_in(connection, session(connection), NOON)
    return sessions.make_token(connection, who, "robot", frozenset(scopes), NOON, expires_at)[1]


def test_a_token_speaks_for_its_maker_within_its_scopes(connection: Connection) -> None:
    person = enrolled(connection)
    reading = sessions.by_token(connection, token(connection, Scope.READ), NOON)
    assert (reading.person, reading.scopes, reading.can_sign) == (person, {Scope.READ}, False)
    with pytest.raises(Refused, match=r"sign\.locked"):
        reading.sign(b"statement")
    signing_ = sessions.by_token(connection, token(connection, Scope.READ, Scope.SIGN), NOON)
    assert identity.signature_holds(person.public_key, b"statement", signing_.sign(b"statement"))


def test_a_token_that_is_wrong_expired_or_ended_is_refused(connection: Connection) -> None:
    person = enrolled(connection)
    text = token(connection, Scope.READ)
    for wrong in (
        "",
        "dgb",
        "dgb__",
        text[:-2],
        text + "A",
        text.replace("dgb", "abc"),
        "dgb_x_\udcff",
        "가_나_다",
    ):
        with pytest.raises(Refused, match=r"token\.wrong"):
            sessions.by_token(connection, wrong, NOON)
    with pytest.raises(Refused, match=r"token\.wrong"):
        sessions.by_token(connection, text, LATER)
    (made,) = sessions.tokens_of(connection, person.id)
    assert sessions.end_token(connection, person.id, made.id, NOON)
    assert not sessions.end_token(connection, person.id, made.id, NOON)
    with pytest.raises(Refused, match=r"token\.wrong"):
        sessions.by_token(connection, text, NOON)


@pytest.mark.parametrize(
    "change", [{"scopes": "operate,read,sign"}, {"expires_at": TOO_LATE}, {"person": "lee"}]
)
def test_a_token_changed_in_the_database_opens_no_more(
    connection: Connection, change: dict[str, str]
) -> None:
    enrolled(connection)
    lee = enrolled(connection, "lee")
    text = token(connection, Scope.READ)
    change = {**change, "person": lee.id} if "person" in change else change
    connection.execute(schema.tokens.update().values(**change))
    with pytest.raises(Refused, match=r"token\.wrong"):
        sessions.by_token(connection, text, NOON)


def test_a_closed_account_comes_in_no_more(connection: Connection) -> None:
    enrolled(connection)
    held, text = session(connection), token(connection, Scope.READ)
    connection.execute(identity.people.update().values(ended_at=NOON))
    with pytest.raises(Refused):
        identity.signed_in(connection, held, NOON)
    with pytest.raises(Refused):
        sessions.by_token(connection, text, NOON)
    with pytest.raises(Refused):
        _sign_in(connection, "kim", PASSWORD, LATER)


def test_a_changed_password_opens_the_same_key(connection: Connection) -> None:
    person = enrolled(connection)
    new = accounts.sealed_anew(identity.unlock(connection, "kim", PASSWORD), "another password")
    accounts.change_password(connection, new)
    with pytest.raises(Refused):
        identity.unlock(connection, "kim", PASSWORD)
    key = identity.unlock(connection, "kim", "another password").key
    assert key.public_key().public_bytes_raw().hex() == person.public_key
