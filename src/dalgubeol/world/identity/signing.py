"""Ed25519 keys of people: what holds, and how a key is kept under a password or a secret in two halves."""

from __future__ import annotations

import os
import unicodedata

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ...errors import Tampered
from ...language import say

_FIELD = 2**255 - 19
_EIGHTH = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL_ORDER = frozenset({0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH})
"""The y of the points of edwards25519 whose order divides 8 (RFC 7748, 4.1; RFC 8032, 5.1)."""


def signature_holds(public_key: str, statement: bytes, signature: str) -> bool:
    """False also for a public key of small order, under which one signature holds for many statements."""
    try:
        key = bytes.fromhex(public_key)
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(signature), statement)
    except (InvalidSignature, ValueError):
        return False
    return (int.from_bytes(key, "little") & (1 << 255) - 1) % _FIELD not in _SMALL_ORDER


def normal(password: str) -> bytes:
    """The same bytes however a keyboard composes Hangul (RFC 8265: NFC); any text has some, so no error
    quotes it."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")


def sealed_under_password(key: Ed25519PrivateKey, password: str, person: str) -> bytes:
    salt, nonce = os.urandom(16), os.urandom(12)
    cipher = AESGCM(_password_key(password, salt))
    return salt + nonce + cipher.encrypt(nonce, key.private_bytes_raw(), person.encode())


def unsealed_with_password(sealed: bytes, password: str, person: str) -> Ed25519PrivateKey:
    """Raises Tampered: the password is known to be right, so it is the stored key that is wrong."""
    cipher = AESGCM(_password_key(password, sealed[:16]))
    try:
        plain = cipher.decrypt(sealed[16:28], sealed[28:], person.encode())
    except (InvalidTag, ValueError):
        raise changed() from None
    return Ed25519PrivateKey.from_private_bytes(plain)


def sealed_in_halves(plain: bytes, ours: bytes, theirs: bytes, context: str) -> bytes:
    """`plain` under a secret of which each side has one half: neither alone can open it."""
    nonce = os.urandom(12)
    return nonce + AESGCM(_joined(ours, theirs)).encrypt(nonce, plain, context.encode())


def opened_in_halves(sealed: bytes, ours: bytes, theirs: bytes, context: str) -> bytes | None:
    """None where a half, the context or a byte is wrong."""
    try:
        return AESGCM(_joined(ours, theirs)).decrypt(sealed[:12], sealed[12:], context.encode())
    except (InvalidTag, ValueError):
        return None


def changed() -> Tampered:
    return Tampered(
        "person.key",
        say("The key that is stored for this person is not theirs."),
        say("Restore the database from backup; tell the operator."),
    )


def _joined(ours: bytes, theirs: bytes) -> bytes:
    return HKDF(SHA256(), 32, theirs, b"dalgubeol/session/v1").derive(ours)


def _password_key(password: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(normal(password))
