"""The second factor: codes that change every 30 seconds (TOTP, RFC 6238, over HMAC-SHA-1 as the phones have it).

The shared secret is stored under a key of the site's keyring that belongs to this one person: a row moved to
somebody else does not open. A code works once, and one step early or late (RFC 6238, 5.2). Ten recovery codes
stand in for a lost phone; of each only a keyed hash is stored, and it works once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, RowMapping, select

from ...errors import Conflict, Missing, Tampered
from ...language import say
from .schema import factors

STEP_S = 30
SKEW_STEPS = 1
RECOVERY_CODES = 10
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u to misread


@dataclass(frozen=True, slots=True)
class Factor:
    """What may be known of somebody's second factor."""

    confirmed_at: str
    recovery_left: int


def begin_factor(connection: Connection, person: str, key: bytes) -> str:
    """A new secret (base32) that counts for nothing yet. Raises Conflict where a factor is in use."""
    import pyotp

    check_none(connection, person)
    secret = pyotp.random_base32()
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, secret.encode(), person.encode())
    connection.execute(factors.delete().where(factors.c.person == person))
    row = {"person": person, "sealed": sealed, "last_step": 0, "recovery": "[]"}
    connection.execute(factors.insert(), row)
    return secret


def confirm_factor(
    connection: Connection, person: str, key: bytes, code: str, at_s: float, now: str
) -> tuple[str, ...]:
    """From now on it is asked for. Returns the recovery codes, readable this once; empty where the code is wrong.

    Raises Missing where none was begun, Conflict where it is in use already.
    """
    row = _row(connection, person)
    if row is None:
        raise Missing("factor.missing", say("No second factor was begun."), say("Begin one first."))
    if row["confirmed_at"] is not None:
        raise Conflict("factor.exists", say("Your second factor is in use already."), say("Nothing needs to be done."))  # fmt: skip
    if not _code_is_right(connection, row, key, code, at_s):
        return ()
    codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    hashes = json.dumps([_recovery_hash(key, each) for each in codes])
    connection.execute(
        factors.update().where(factors.c.person == person).values(confirmed_at=now, recovery=hashes)
    )
    return codes


def find_factor(connection: Connection, person: str) -> Factor | None:
    """None where this person has none that is in use."""
    row = _row(connection, person)
    if row is None or row["confirmed_at"] is None:
        return None
    return Factor(row["confirmed_at"], len(json.loads(row["recovery"])))


def check_none(connection: Connection, person: str) -> None:
    """Raises Conflict where a factor is in use."""
    if find_factor(connection, person) is not None:
        raise Conflict(
            "factor.exists",
            say("You have a second factor already."),
            say("End it first, with your password and a code, if you have a new phone."),
        )


def take_code(connection: Connection, person: str, key: bytes, code: str, at_s: float) -> bool:
    """Whether `code` is right: the phone's, or one of the recovery codes. It does not work a second time."""
    row = _row(connection, person)
    if row is None or row["confirmed_at"] is None:
        return False
    plain = _letters_of(code)
    if plain.isdigit() and len(plain) <= 8:
        return _code_is_right(connection, row, key, plain, at_s)
    return _recovery_is_right(connection, row, key, plain)


def end_factor(connection: Connection, person: str) -> bool:
    """False where there was none in use (one that was only begun goes too)."""
    had = find_factor(connection, person) is not None
    connection.execute(factors.delete().where(factors.c.person == person))
    return had


def _row(connection: Connection, person: str) -> RowMapping | None:
    return connection.execute(select(factors).where(factors.c.person == person)).mappings().first()


def _code_is_right(connection: Connection, row: RowMapping, key: bytes, code: str, at_s: float) -> bool:
    import pyotp

    made, step = pyotp.TOTP(_secret(row, key)), int(at_s) // STEP_S
    steps = range(step - SKEW_STEPS, step + SKEW_STEPS + 1)
    given = _letters_of(code).encode()
    right = [each for each in steps if hmac.compare_digest(made.generate_otp(each).encode(), given)]
    fresh = [each for each in right if each > row["last_step"]]
    if not fresh:
        return False
    unused = (factors.c.person == row["person"]) & (factors.c.last_step < fresh[0])
    return connection.execute(factors.update().where(unused).values(last_step=fresh[0])).rowcount == 1


def _recovery_is_right(connection: Connection, row: RowMapping, key: bytes, code: str) -> bool:
    hashes, given = json.loads(row["recovery"]), _recovery_hash(key, code)
    left = [each for each in hashes if not hmac.compare_digest(each, given)]
    if len(left) == len(hashes):
        return False
    unused = (factors.c.person == row["person"]) & (factors.c.recovery == row["recovery"])
    return connection.execute(factors.update().where(unused).values(recovery=json.dumps(left))).rowcount == 1


def _secret(row: RowMapping, key: bytes) -> str:
    try:
        return AESGCM(key).decrypt(row["sealed"][:12], row["sealed"][12:], row["person"].encode()).decode()
    except (InvalidTag, ValueError):
        raise Tampered(
            "factor.changed",
            say("The second factor that is stored for this person is not theirs."),
            say("Nobody was let in. Tell the operator: the site's database was changed from outside."),
        ) from None


def _recovery_code() -> str:
    """80 bits, in four groups."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def _recovery_hash(key: bytes, code: str) -> str:
    return hmac.new(key, b"dalgubeol/recovery/v1\0" + _letters_of(code).encode(), hashlib.sha256).hexdigest()


def _letters_of(code: str) -> str:
    """A code as it was meant, however it was typed: spaces and dashes do not count, nor capitals."""
    typed = "".join(c for c in code[:100].lower() if c not in " -\u00a0\t\n")
    return typed if typed.isascii() else ""
