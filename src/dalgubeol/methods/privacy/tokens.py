"""Keyed pseudonyms: a token per distinct value, the same within one project and column, unlinkable beyond.

The rules of this file:

- A token is HMAC-SHA256 (RFC 2104, FIPS 198-1) cut to 160 bits, in lower-case base32: 32 characters, no
  padding. Cutting to at least half of the digest is allowed by RFC 2104, section 5.
- Domain separation: every (project, column) pair has a key of its own, the HMAC of its length-prefixed names
  under the project-independent key. The same person has unlike tokens in two projects. To join two tables
  *inside* one project, name the same `column` for both.
- Values are normalised before hashing: the text of `values.text_of`, Unicode NFC, outer white space
  stripped. Missing stays missing, and a blank text identifies nobody and becomes missing too.
- Resident registration numbers are refused, by what the caller detected and by what the values look like:
  the Personal Information Protection Act, art. 24-2, lets them be processed only where a statute names them.
  They are deleted, never hashed and never used as a key.
- The key is *additional information* (art. 28-4): whoever holds it can undo the tokens by trying values. It
  is kept apart by the caller; nothing here stores, prints or logs it.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata

import pyarrow as pa

from ...errors import Invalid, Reason, Refused
from ...language import say
from .korean import RESIDENT_NUMBER, look_like_resident_numbers
from .values import distinct_texts

KEY_BYTES = 32
TOKEN_BITS = 160
_BLOCK_BYTES = 64
_SAMPLE = 20_000
_LABEL = b"dalgubeol/pseudonym/v1\0"


class KeyedHash:
    """HMAC-SHA256 whose two padded key blocks are hashed once and copied per message."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = (hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(b ^ 0x36 for b in block))
        self._outer = hashlib.sha256(bytes(b ^ 0x5C for b in block))

    def digest(self, message: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def normalised(text: str | None) -> str | None:
    """NFC, outer white space stripped; blank is missing."""
    return None if text is None else unicodedata.normalize("NFC", text).strip() or None


def pseudonyms(
    values: pa.Array | pa.ChunkedArray,
    key: bytes,
    project: str,
    column: str,
    *,
    detected_type: str | None = None,
) -> pa.Array:
    """One token per row, as a string array as long as `values`; missing stays null.

    `detected_type` is the type that `identify.propose_roles` found for the column. Raises `Invalid` for a key
    under 32 bytes or an empty project or column name, `Refused` for resident registration numbers.
    """
    _check(key, project, column)
    texts, codes = distinct_texts(values, column)
    texts = [normalised(text) for text in texts]
    sample = [text for text in texts[:: 1 + len(texts) // _SAMPLE] if text is not None]
    if detected_type == RESIDENT_NUMBER or look_like_resident_numbers(
        sample, integers=pa.types.is_integer(values.type)
    ):
        raise _resident_numbers_refused(column)
    keyed = _domain(key, project, column)
    tokens = pa.array([None if text is None else _token(keyed, text) for text in texts], pa.string())
    return tokens.take(pa.array(codes))


def _resident_numbers_refused(column: str) -> Refused:
    return Refused(
        "refused.resident-registration-number",
        say(
            "Column {column} holds resident registration numbers, which cannot be pseudonymised.",
            column=column,
        ),
        say("Delete column {column}; use another number of the person as the key.", column=column),
        [
            Reason(
                "pipa.24-2",
                say(
                    "PIPA art. 24-2 allows processing resident registration numbers only where a statute "
                    "names them: they are deleted, never hashed, and never a key."
                ),
            )
        ],
    )


def _check(key: bytes, project: str, column: str) -> None:
    if len(key) < KEY_BYTES:
        raise Invalid.field(
            "key",
            expected=say("at least {count} random bytes", count=KEY_BYTES),
            got=say("{count} bytes", count=len(key)),
        )
    for name, value in (("project", project), ("column", column)):
        if not value.strip():
            raise Invalid.field(name, expected="a name", got="empty")


def _domain(key: bytes, project: str, column: str) -> KeyedHash:
    names = [unicodedata.normalize("NFC", name).encode() for name in (project, column)]
    return KeyedHash(KeyedHash(key).digest(_LABEL + b"".join(len(n).to_bytes(4) + n for n in names)))


def _token(keyed: KeyedHash, text: str) -> str:
    return base64.b32encode(keyed.digest(text.encode())[: TOKEN_BITS // 8]).decode().lower()
