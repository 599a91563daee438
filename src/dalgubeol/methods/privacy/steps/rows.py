"""Which rows a batch holds, and random numbers that only who has the project's key can make again.

Noise must be the same when a Run is made again, and must not be guessed. A stream of random numbers that is
counted by rows would give both, but whoever learns the noise of row 7 of one delivery would know it of row 7 of
the next. So the numbers of a row are a pseudorandom function of *whose* row it is and *what* it holds: AES-256
(FIPS 197) of the block (8 bytes of the person's keyed number, or of the row's number where nobody is named; 8
bytes of the value). The same person with the same value gets the same noise in every delivery, so that asking
again and averaging tells nothing; any other value gets noise that has nothing to do with it.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..tokens import KeyedHash, normalised
from ..values import distinct_texts, flat

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
_UNIT = 2.0**-53


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a batch: the number of its first in the table, how many, and whose they are."""

    first: int
    count: int
    persons: Words | None = None
    """A keyed number per row of its person; None where every row is a person of its own."""

    @property
    def owners(self) -> Words:
        if self.persons is not None:
            return self.persons
        return np.arange(self.first, self.first + self.count, dtype=np.uint64)


def derived_key(key: bytes, *names: str) -> bytes:
    """A key for one purpose: HMAC of its length-prefixed names."""
    parts = [name.encode() for name in names]
    return hmac.digest(key, b"dalgubeol/step/v1\0" + b"".join(len(p).to_bytes(4) + p for p in parts), "sha256")  # fmt: skip


def keyed_numbers(values: pa.Array | pa.ChunkedArray, key: bytes, column: str) -> Words:
    """A number per row for its text under `key`: equal texts have equal numbers."""
    texts, codes = distinct_texts(values, column)
    hashed = KeyedHash(key)
    numbers = [hashed.digest((normalised(t) or "").encode())[:8] for t in texts]
    found: Words = np.frombuffer(b"".join(numbers), "<u8")[codes]
    return found


def words_of(values: pa.Array, column: str) -> Words:
    """Eight bytes for what each cell holds: the bits of a number, a hash of a text; missing is 0.

    A whole number beyond 2**53 counts as the nearest that a float holds: arrow would refuse it, and name it."""
    values = flat(values, column)
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):  # fmt: skip
        floats = values.cast(pa.float64(), safe=False).fill_null(0).to_numpy(zero_copy_only=False)
        return np.ascontiguousarray(floats + 0.0).view(np.uint64)
    texts, codes = distinct_texts(values, column)
    hashes = b"".join(hashlib.sha256((text or "").encode()).digest()[:8] for text in texts)
    found: Words = np.frombuffer(hashes, "<u8")[codes]
    return found


def uniforms(key: bytes, rows: Rows, what: Words) -> tuple[Floats, Floats]:
    """Two independent numbers per row, each in the open interval (0, 1), for what the row holds."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    blocks = np.ascontiguousarray(np.column_stack([rows.owners, what]).astype("<u8"))
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - a function of one block
    words = np.frombuffer(cipher.update(blocks.tobytes()), "<u8").reshape(-1, 2)
    first, second = ((words >> np.uint64(11)).astype(np.float64) + 0.5).T * _UNIT
    return first, second
