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

import hashlib
import unicodedata

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import Invalid, Reason, Refused
from ...language import say
from .columns.korean import RESIDENT_NUMBER, look_like_resident_numbers
from .values import distinct_texts, text_of

Digests = npt.NDArray[np.uint8]

KEY_BYTES = 32
TOKEN_BITS = 160
TOKEN_BYTES = TOKEN_BITS // 8
_BLOCK_BYTES = 64
_SAMPLE = 20_000
_AT_ONCE = 65_536
_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", np.uint8)
_ASCII_SPACE = " \t\n\r\v\f\x1c\x1d\x1e\x1f"
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
    texts, codes = distinct_texts(values, column)
    distinct = pa.array([normalised(text) for text in texts], pa.string())
    integers = pa.types.is_integer(values.type)
    digests = token_digests(distinct, key, project, column, detected_type=detected_type, integers=integers)
    tokens = token_texts(digests)
    missing = distinct.is_null().to_numpy(zero_copy_only=False)
    return pc.if_else(pa.array(missing), None, tokens).take(pa.array(codes))


def normalised_values(values: pa.Array) -> pa.Array:
    """`normalised` of `text_of` for every one of `values`, as a string array."""
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_temporal(kind):
        return values.cast(pa.string())
    if pa.types.is_string(kind) and pc.all(pc.string_is_ascii(values)).as_py():
        trimmed = pc.ascii_trim(values, characters=_ASCII_SPACE)  # NFC leaves ASCII as it is
        return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    return pa.array([normalised(text_of(value)) for value in values.to_pylist()], pa.string())


def token_digests(
    texts: pa.Array,
    key: bytes,
    project: str,
    column: str,
    *,
    detected_type: str | None = None,
    integers: bool = False,
) -> Digests:
    """The 20 bytes of each token, shape (texts, 20), of texts that are normalised; zeros for a missing one.

    `integers` says that the texts were whole numbers, which lose the zeros they begin with. Raises as
    `pseudonyms` does.
    """
    _check(key, project, column)
    sample = [text for text in texts.take(_spread(len(texts))).to_pylist() if text is not None]
    if detected_type == RESIDENT_NUMBER or look_like_resident_numbers(sample, integers=integers):
        raise _resident_numbers_refused(column)
    digest = _domain(key, project, column).digest
    digests = np.empty((len(texts), TOKEN_BYTES), np.uint8)
    none = bytes(TOKEN_BYTES)
    for begun in range(0, len(texts), _AT_ONCE):
        some = texts.slice(begun, _AT_ONCE).cast(pa.binary()).to_pylist()
        made = b"".join([none if text is None else digest(text)[:TOKEN_BYTES] for text in some])
        digests[begun : begun + len(some)] = np.frombuffer(made, np.uint8).reshape(-1, TOKEN_BYTES)
    return digests


def token_symbols(digests: Digests) -> Digests:
    """The digests as base32 symbols (RFC 4648, section 6), numbers from 0 to 31: shape (digests, 32)."""
    five = digests.reshape(-1, TOKEN_BYTES // 5, 5).astype(np.uint64)
    packed = (five << np.arange(32, -8, -8, dtype=np.uint64)).sum(axis=2, dtype=np.uint64)
    symbols = packed[:, :, None] >> np.arange(35, -5, -5, dtype=np.uint64) & np.uint64(31)
    made: Digests = symbols.reshape(len(digests), -1).astype(np.uint8)
    return made


def token_texts(digests: Digests) -> pa.Array:
    """The tokens themselves, a string array."""
    width = TOKEN_BITS // 5
    letters = np.empty((len(digests), width), np.uint8)
    for begun in range(0, len(digests), _AT_ONCE):
        letters[begun : begun + _AT_ONCE] = _ALPHABET[token_symbols(digests[begun : begun + _AT_ONCE])]
    ends = np.arange(0, (len(letters) + 1) * width, width, dtype=np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(letters)]
    return pa.Array.from_buffers(pa.string(), len(letters), buffers)


def token_ranks(digests: Digests) -> npt.NDArray[np.uint32]:
    """The place of each token among all, in the order of their texts; equal tokens have places in a row."""
    words = np.empty((3, len(digests)), np.uint64)
    for begun in range(0, len(digests), _AT_ONCE):
        # In ASCII the digits 2 to 7 come before the letters: symbols 26 to 31 are the first six.
        symbols = (token_symbols(digests[begun : begun + _AT_ONCE]) + 6) % 32
        padded = np.pad(symbols, ((0, 0), (0, 36 - symbols.shape[1]))).reshape(-1, 3, 12).astype(np.uint64)
        packed = (padded << np.arange(55, -5, -5, dtype=np.uint64)).sum(axis=2, dtype=np.uint64)
        words[:, begun : begun + _AT_ONCE] = packed.T
    order = np.argsort(words[0])
    if (np.diff(words[0][order]) == 0).any():
        order = np.lexsort(words[::-1])
    ranks = np.empty(len(digests), np.uint32)
    ranks[order] = np.arange(len(digests), dtype=np.uint32)
    return ranks


def _spread(count: int) -> npt.NDArray[np.int64]:
    return np.arange(0, count, 1 + count // _SAMPLE)


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
