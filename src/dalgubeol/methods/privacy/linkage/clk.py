"""Encodings that stay similar where the items are: cryptographic long-term keys (CLK).

One Bloom filter holds the q-grams of all key items of a person (Schnell, Bachteler and Reiher 2011), so two
spellings that share most q-grams share most bits, and Dice's coefficient of the bits estimates that of the
q-grams. Here:

- Hangul is taken apart into its letters (jamo, NFD) first: a slip of one letter changes two or three q-grams,
  not a syllable and its neighbours. Dates, phones and other digits are letters with their place.
- Positions come from HMAC-SHA-512 per item (random hashing), not from double hashing, whose patterns were broken
  (Niedermeyer et al. 2014; Kroll and Steinmetzer 2015).
- Every item sets about as many bits (`hashes` times ten) however long it is, so that an address does not
  outvote a name.
- Hardening: `fold` lays the halves over each other (XOR; Schnell and Borgs 2016); `flip` replaces each bit by
  a coin's toss with that chance (BLIP; Alaggan, Gambs and Kermarrec 2012), drawn from the applicant's own seed.

None of this is as safe as a salted hash or as the oblivious mode: equal q-grams leave equal marks, and marks
that are frequent can be guessed. `attack` measures how far.
"""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .keys import Items

Bits = npt.NDArray[np.uint8]
"""Encodings, one a row, eight bits a byte."""

TYPICAL = {"name": 9, "date": 8, "phone": 8, "address": 28, "digits": 8, "sex": 1, "text": 10}
"""How many q-grams an item of this normaliser usually has."""
_PLACED = frozenset({"date", "phone", "digits", "sex"})
_LABEL = b"dalgubeol/link-clk/v1\0"


@dataclass(frozen=True, slots=True)
class Setting:
    """See `nouns.linkage.Tolerance`, which says the same to people."""

    bits: int = 1024
    hashes: int = 20
    q: int = 2
    fold: bool = False
    flip: float = 0.0

    @property
    def length(self) -> int:
        """Bits of an encoding as it is sent."""
        return self.bits // 2 if self.fold else self.bits


def grams(value: str, normaliser: str, q: int) -> frozenset[str]:
    """The q-grams of a normalised value."""
    if normaliser in _PLACED:
        plain = value.replace("-", "")
        plain = plain[-8:] if normaliser == "phone" else plain  # 010 says nothing
        return frozenset(f"{place}:{sign}" for place, sign in enumerate(plain))
    padded = "\x02" * (q - 1) + unicodedata.normalize("NFD", value) + "\x03" * (q - 1)
    return frozenset(padded[at : at + q] for at in range(len(padded) - q + 1))


def encodings(
    items: Items, normalisers: tuple[str, ...], salt: bytes, agreement: str, setting: Setting, seed: bytes
) -> tuple[Bits, npt.NDArray[np.bool_]]:
    """(rows, length / 8) packed bits, and which rows have one: those with at least half of their items."""
    key = hmac.digest(salt, _LABEL + agreement.encode(), "sha256")
    found = np.zeros((items.rows, setting.bits), np.bool_)
    present = np.zeros(items.rows, np.int64)
    for name, which, values, codes in zip(items.names, normalisers, items.values, items.codes, strict=True):
        of_values = _of_values(values, name, which, key, setting)
        found |= of_values[codes]
        present += np.array([value is not None for value in values])[codes]
    if setting.fold:
        half = setting.bits // 2
        found = found[:, :half] ^ found[:, half:]
    if setting.flip:
        chance = np.random.default_rng(np.frombuffer(hmac.digest(seed, _LABEL, "sha256"), np.uint64))
        tossed = chance.random(found.shape) < setting.flip
        found = np.where(tossed, chance.random(found.shape) < 0.5, found)
    return np.packbits(found, axis=1), 2 * present >= len(items.names)


def positions(gram: str, item: str, count: int, key: bytes, bits: int) -> tuple[int, ...]:
    """Where a q-gram of an item sets its bits."""
    return _positions(gram, item, count, key, bits)


@lru_cache(maxsize=200_000)
def _positions(gram: str, item: str, count: int, key: bytes, bits: int) -> tuple[int, ...]:
    drawn: list[int] = []
    block = 0
    while len(drawn) < count:
        message = f"{len(item)}:{item}{block}:{gram}".encode()
        raw = np.frombuffer(hmac.digest(key, message, "sha512"), ">u4")
        drawn.extend(int(word) % bits for word in raw)
        block += 1
    return tuple(drawn[:count])


def hashes_of(normaliser: str, setting: Setting) -> int:
    """How many bits one q-gram of such an item sets."""
    return max(1, round(10 * setting.hashes / TYPICAL.get(normaliser, 10)))


def _of_values(
    values: list[str | None], item: str, normaliser: str, key: bytes, setting: Setting
) -> npt.NDArray[np.bool_]:
    count = hashes_of(normaliser, setting)
    made = np.zeros((len(values), setting.bits), np.bool_)
    for row, value in enumerate(values):
        for gram in grams(value, normaliser, setting.q) if value is not None else ():
            made[row, list(_positions(gram, item, count, key, setting.bits))] = True
    return made
