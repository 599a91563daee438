"""Digests, commitments, canonical bytes and ids: the one place where values become hashes.

Canonical JSON here is UTF-8, keys sorted, no white space, no NaN: the same value always gives the same
bytes. A commitment is SHA-256 over a domain label, a 32-byte random salt and the canonical bytes: it binds
to a value without letting anybody guess it, and says nothing once the salt is destroyed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from typing import Any, BinaryIO

CHUNK = 1 << 20
SALT_BYTES = 32
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u to misread
_COMMITMENT_LABEL = b"dalgubeol/commitment/v1\0"


def canonical(value: Any) -> bytes:
    """Canonical JSON bytes of `value` (plain JSON types only)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def stream_digest(stream: BinaryIO) -> str:
    """SHA-256, hex, of all bytes that are left in `stream`; one chunk in memory at a time."""
    state = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        state.update(chunk)
    return state.hexdigest()


def fresh_salt() -> bytes:
    return os.urandom(SALT_BYTES)


def commitment(value: Any, salt: bytes) -> str:
    """Hex commitment to `value` under `salt`. Raises ValueError unless that is `SALT_BYTES` long: of a salt
    of any length, a part could be taken for the value's beginning."""
    return commitment_to_bytes(canonical(value), salt)


def commitment_to_bytes(canonical_value: bytes, salt: bytes) -> str:
    """The same for a value that is canonical bytes already."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return hashlib.sha256(_COMMITMENT_LABEL + salt + canonical_value).hexdigest()


def opens(claimed: str, value: Any, salt: bytes) -> bool:
    """Whether `value` and `salt` are what `claimed` commits to."""
    if len(salt) != SALT_BYTES:
        return False
    return hmac.compare_digest(claimed.encode(errors="replace"), commitment(value, salt).encode())


def fresh_id(prefix: str) -> str:
    """A new id such as `run-01hf3k...`: 48 bits of time, so that ids sort by age, and 40 of chance."""
    number = (time.time_ns() // 1_000_000) << 40 | int.from_bytes(os.urandom(5))
    return f"{prefix}-{_base32(number, 18)}"


def derived_id(prefix: str, *parts: str) -> str:
    """The id that belongs to `parts`: the same parts always give the same id."""
    number = int.from_bytes(hashlib.sha256(canonical(parts)).digest()[:11])
    return f"{prefix}-{_base32(number, 18)}"


def _base32(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
