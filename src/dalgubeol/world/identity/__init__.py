"""People: accounts, their signing keys, and who is signed in.

A person's Ed25519 key is made when they join and stored encrypted under their password (argon2id for the
check; scrypt, RFC 7914, for the key that encrypts). Nobody who owns the folder can sign for them. How they
come in: `sessions`; what is asked besides the password: `factors`.
"""

from .accounts import (
    SHORTEST_PASSWORD,
    Credentials,
    NewPassword,
    Person,
    Unlocked,
    as_long_as_a_check,
    change_password,
    check_password,
    enrol,
    find,
    listed,
    nobody,
    sealed_anew,
    unlock,
)
from .schema import IDENTITY, people
from .sessions import SignedIn, begin_session, end_session, signed_in
from .signing import signature_holds

__all__ = [
    "IDENTITY",
    "SHORTEST_PASSWORD",
    "Credentials",
    "NewPassword",
    "Person",
    "SignedIn",
    "Unlocked",
    "as_long_as_a_check",
    "begin_session",
    "change_password",
    "check_password",
    "end_session",
    "enrol",
    "find",
    "listed",
    "nobody",
    "people",
    "sealed_anew",
    "signature_holds",
    "signed_in",
    "unlock",
]  # fmt: skip
