from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import Connection

from dalgubeol.errors import Conflict, Missing, Tampered
from dalgubeol.world.identity import factors, schema

NOON = "2026-03-01T12:00:00.000+00:00"
AT_S = 1_772_366_400.0  # NOON
KEY = bytes(range(32))


def confirmed(connection: Connection, person: str = "kim") -> tuple[pyotp.TOTP, tuple[str, ...]]:
    """A phone that knows the secret, and the recovery codes; the code of one step ago is used up."""
    phone = pyotp.TOTP(factors.begin_factor(connection, person, KEY))
    codes = factors.confirm_factor(connection, person, KEY, phone.at(AT_S - 30), AT_S, NOON)
    return phone, codes


def taken(connection: Connection, code: str, at_s: float = AT_S, person: str = "kim") -> bool:
    return factors.take_code(connection, person, KEY, code, at_s)


def test_a_factor_counts_only_when_it_was_confirmed(connection: Connection) -> None:
    phone = pyotp.TOTP(factors.begin_factor(connection, "kim", KEY))
    assert factors.find_factor(connection, "kim") is None
    assert not taken(connection, phone.at(AT_S))
    assert factors.confirm_factor(connection, "kim", KEY, "000000", AT_S, NOON) == ()
    assert len(factors.confirm_factor(connection, "kim", KEY, phone.at(AT_S), AT_S, NOON)) == 10
    assert factors.find_factor(connection, "kim") == factors.Factor(NOON, 10)
    with pytest.raises(Conflict):
        factors.confirm_factor(connection, "kim", KEY, phone.at(AT_S + 30), AT_S, NOON)
    with pytest.raises(Conflict):
        factors.begin_factor(connection, "kim", KEY)


def test_nothing_is_confirmed_that_was_not_begun(connection: Connection) -> None:
    with pytest.raises(Missing):
        factors.confirm_factor(connection, "kim", KEY, "000000", AT_S, NOON)
    assert not taken(connection, "000000")


def test_a_second_beginning_ends_the_first(connection: Connection) -> None:
    first = pyotp.TOTP(factors.begin_factor(connection, "kim", KEY))
    factors.begin_factor(connection, "kim", KEY)
    assert factors.confirm_factor(connection, "kim", KEY, first.at(AT_S), AT_S, NOON) == ()


def test_a_code_works_once_and_so_does_none_before_it(connection: Connection) -> None:
    phone, _ = confirmed(connection)
    assert taken(connection, phone.at(AT_S))
    assert not taken(connection, phone.at(AT_S))
    assert not taken(connection, phone.at(AT_S - 30))
    assert taken(connection, phone.at(AT_S + 30))


@pytest.mark.parametrize(("late_s", "right"), [(-60, False), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_one_step_off(connection: Connection, late_s: int, right: bool) -> None:
    phone, _ = confirmed(connection)
    assert taken(connection, phone.at(AT_S + late_s)) is right


@pytest.mark.parametrize(
    "code", ["", "0", "12345", "1234567", "abc", "-" * 6, "٠١٢٣٤٥", "१२३४५६", "0" * 5000]
)
def test_what_is_no_code_lets_nobody_in(connection: Connection, code: str) -> None:
    confirmed(connection)
    assert not taken(connection, code)


def test_spaces_in_a_code_do_not_count(connection: Connection) -> None:
    phone, _ = confirmed(connection)
    code = phone.at(AT_S)
    assert taken(connection, f" {code[:3]} {code[3:]}\n")


def test_a_recovery_code_works_once_however_it_is_typed(connection: Connection) -> None:
    _, codes = confirmed(connection)
    assert len(set(codes)) == 10
    assert taken(connection, codes[3])
    assert not taken(connection, codes[3])
    assert taken(connection, codes[4].upper().replace("-", " "))
    found = factors.find_factor(connection, "kim")
    assert found is not None
    assert found.recovery_left == 8


def test_no_secret_and_no_recovery_code_is_in_the_database(connection: Connection) -> None:
    phone, codes = confirmed(connection)
    stored = repr(connection.execute(schema.factors.select()).all())
    assert phone.secret not in stored
    for code in codes:
        assert code not in stored
        assert code.replace("-", "") not in stored


def test_a_factor_moved_to_somebody_else_opens_nothing(connection: Connection) -> None:
    """The evil one puts their own factor into the row of kim."""
    confirmed(connection)
    other = bytes(reversed(KEY))
    evil = pyotp.TOTP(factors.begin_factor(connection, "evil", other))
    codes = factors.confirm_factor(connection, "evil", other, evil.at(AT_S), AT_S, NOON)
    row = (
        connection.execute(schema.factors.select().where(schema.factors.c.person == "evil")).mappings().one()
    )
    moved = {name: row[name] for name in ("sealed", "recovery")}
    connection.execute(schema.factors.update().where(schema.factors.c.person == "kim").values(**moved))
    with pytest.raises(Tampered):
        taken(connection, evil.at(AT_S + 30))
    assert not taken(connection, codes[0])


def test_an_ended_factor_lets_nobody_in(connection: Connection) -> None:
    phone, codes = confirmed(connection)
    assert factors.end_factor(connection, "kim")
    assert not factors.end_factor(connection, "kim")
    assert not taken(connection, phone.at(AT_S))
    assert not taken(connection, codes[0])
