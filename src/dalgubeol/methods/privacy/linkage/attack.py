"""What somebody with the encodings, the public frequencies of names and no salt can find out: measured.

The attacker knows everything but the salt (Kerckhoffs): the items, the q-grams, how many bits each sets, and
how often every name occurs. It mines patterns (Christen, Ranbaduge, Vatsalan and Schnell 2018; the idea goes
back to Kuzu et al. 2011): bits that one frequent q-gram sets are set together more often than chance has it.

1. Bits are correlated with each other over all encodings; bits that are strongly correlated with a common core
   are a pattern, and the share of the encodings that have all of it is its frequency.
2. Patterns, the strongest first, are given to the q-gram (or the run of q-grams that occur together, such as those
   of a frequent surname) of the nearest frequency.
3. A person's name is guessed as the most frequent one that has the q-grams of the patterns in the encoding, and
   does not have those of the patterns that are missing from it.

Stronger is whoever also knows, of some persons, which encoding is theirs (relatives, customers, a leak):
`known_attack` learns from those what each q-gram sets, and names the others by naive Bayes.

All is measured against guessing without any encoding: always the most frequent name. Whoever has the salt
simply encodes a list of names (`with_the_salt`); that is why no agency is given it. A better attacker may find
more than these: the figures are a floor of the risk, not a ceiling.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .clk import Bits, grams

MOST_PATTERNS = 60
_CORE = 6
"""Bits that a pattern begins with."""
_LEAST_BITS = 8
DICTIONARY = 8_000
"""Names that are tried, the most frequent first."""
_CAUTION = 2.0
"""So many persons' worth of doubt before a bit is believed to belong to a q-gram."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Shares in 0..1 of all encodings."""

    names: float
    """Whose full name was guessed."""
    surnames: float
    """Whose surname was guessed."""
    names_blind: float
    """The same, always guessing the most frequent."""
    surnames_blind: float
    known: int
    """Persons whose encodings the attacker knew."""
    encodings: int


def frequency_attack(encodings: Bits, names: Sequence[str], shares: Mapping[str, float], q: int) -> Risk:
    """Attack `encodings`, whose true `names` serve for counting the hits and nothing else; `shares` is public."""
    bits = np.unpackbits(encodings, axis=1)
    patterns = _patterns(bits)
    known = list(shares)
    public = np.array([shares[name] for name in known])
    runs = _runs(known, public, q)
    claims = _claims(patterns, runs)
    guesses = _guesses(bits, claims, known, public)
    return _measured(names, guesses, shares, 0)


def known_attack(
    encodings: Bits, names: Sequence[str], shares: Mapping[str, float], q: int, known: int
) -> Risk:
    """The same by who knows whose the first `known` encodings are; measured on the others."""
    bits = np.unpackbits(encodings, axis=1).astype(np.float32)
    dictionary = sorted(shares, key=lambda name: (-shares[name], name))[:DICTIONARY]
    number: dict[str, int] = {}
    of_names = [[number.setdefault(g, len(number)) for g in grams(n, "name", q)] for n in dictionary]
    has = np.zeros((known, len(number)), np.float32)
    for row, name in enumerate(names[:known]):
        has[row, [number[g] for g in grams(name, "name", q) if g in number]] = 1
    base = np.clip(bits.mean(axis=0), 0.01, 0.99)
    seen = has.sum(axis=0)
    set_ = np.clip((has.T @ bits[:known] + _CAUTION * base) / (seen[:, None] + _CAUTION), 0.005, 0.995)
    unset_evidence = np.log((1 - set_) / (1 - base))
    weights = np.where((seen >= 2)[:, None], np.log(set_ / base) - unset_evidence, 0)
    evidence = bits[known:] @ weights.T + np.where(seen >= 2, unset_evidence.sum(axis=1), 0)
    prior = np.log([shares[name] for name in dictionary])
    fit = np.stack([evidence[:, own].sum(axis=1) for own in of_names], axis=1) + prior
    guesses = [dictionary[place] for place in fit.argmax(axis=1).tolist()]
    return _measured(names[known:], guesses, shares, known)


def _measured(names: Sequence[str], guesses: Sequence[str], shares: Mapping[str, float], known: int) -> Risk:
    by_surname: dict[str, float] = defaultdict(float)
    for name, share in shares.items():
        by_surname[name[0]] += share
    most, commonest = max(shares, key=lambda n: shares[n]), max(by_surname, key=lambda n: by_surname[n])

    def of_all(hits: Iterable[bool]) -> float:
        return sum(hits) / len(names)

    return Risk(
        of_all(guess == name for guess, name in zip(guesses, names, strict=True)),
        of_all(guess[0] == name[0] for guess, name in zip(guesses, names, strict=True)),
        of_all(name == most for name in names),
        of_all(name[0] == commonest for name in names),
        known,
        len(names),
    )


def with_the_salt(encodings: Bits, own: Bits, names: Sequence[str], dictionary: Sequence[str]) -> float:
    """The share of names guessed by who has the salt: `own` are the names of `dictionary`, encoded alone. The name
    whose bits are all in an encoding, the one of most bits where there are several, is the guess."""
    counts = np.bitwise_count(own).sum(axis=1)
    order = np.argsort(-counts.astype(np.int64), kind="stable")
    hits = 0
    for row, name in zip(encodings, names, strict=True):
        inside = ((own[order] & ~row) == 0).all(axis=1)
        place = int(inside.argmax())
        hits += bool(inside[place]) and dictionary[order[place]] == name
    return hits / len(names) if len(names) else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Pattern:
    bits: npt.NDArray[np.int64]
    frequency: float
    has: npt.NDArray[np.bool_]


def _patterns(bits: npt.NDArray[np.uint8]) -> list[_Pattern]:
    """Groups of bits set together, the strongest first; a bit belongs to one group."""
    plain = bits.astype(np.float32)
    plain -= plain.mean(axis=0)
    spread = plain.std(axis=0)
    plain /= np.where(spread > 0, spread, 1)
    together = (plain.T @ plain) / len(plain)
    np.fill_diagonal(together, 0)
    together[:, spread == 0] = together[spread == 0, :] = 0
    noise = 4 / np.sqrt(len(bits))
    free = np.ones(together.shape[0], np.bool_)
    found: list[_Pattern] = []
    while len(found) < MOST_PATTERNS:
        open_part = np.where(free[:, None] & free[None, :], together, 0)
        a, b = np.unravel_index(int(open_part.argmax()), open_part.shape)
        if open_part[a, b] < noise:
            break
        core = [int(a), int(b)]
        while len(core) < _CORE:
            fits = np.where(free, open_part[core].min(axis=0), -1)
            fits[core] = -1
            nearest = int(fits.argmax())
            if fits[nearest] < noise:
                break
            core.append(nearest)
        mean = np.where(free, together[core].mean(axis=0), -1)
        level = np.mean([together[i, j] for i in core for j in core if i != j])
        members = np.flatnonzero(mean > max(noise, 0.6 * level))
        members = np.union1d(members, core)
        free[members] = False
        if len(members) >= _LEAST_BITS:
            found.append(_split(bits, members))
    return found


def _split(bits: npt.NDArray[np.uint8], members: npt.NDArray[np.int64]) -> _Pattern:
    """Who has a pattern: those with (nearly) all of its bits. A pattern that mixes q-grams has few such."""
    counts = bits[:, members].sum(axis=1)
    has = counts >= np.ceil(0.95 * len(members))
    return _Pattern(members, float(has.mean()), has)


def _runs(known: Sequence[str], public: npt.NDArray[np.float64], q: int) -> list[tuple[npt.NDArray[np.bool_], float]]:  # fmt: skip
    """What a pattern may be: which names have a q-gram, once for all q-grams that the same names have."""
    where: dict[str, set[int]] = defaultdict(set)
    for place, name in enumerate(known):
        for gram in grams(name, "name", q):
            where[gram].add(place)
    made = []
    for places in {frozenset(each) for each in where.values()}:
        has = np.zeros(len(known), np.bool_)
        has[list(places)] = True
        share = float(public[has].sum())
        if share < 0.95:  # what everybody has tells nobody apart
            made.append((has, share))
    return sorted(made, key=lambda each: -each[1])


def _claims(
    patterns: Sequence[_Pattern], runs: Sequence[tuple[npt.NDArray[np.bool_], float]]
) -> list[tuple[_Pattern, npt.NDArray[np.bool_]]]:
    left = list(runs)
    made = []
    for pattern in patterns:
        if not left:
            break
        near = [abs(np.log((share + 1e-4) / (pattern.frequency + 1e-4))) for _, share in left]
        best = int(np.argmin(near))
        if near[best] < 0.15:
            made.append((pattern, left.pop(best)[0]))
    return made


def _guesses(
    bits: npt.NDArray[np.uint8], claims: Sequence[tuple[_Pattern, npt.NDArray[np.bool_]]], known: Sequence[str],
    public: npt.NDArray[np.float64],
) -> list[str]:  # fmt: skip
    """Naive Bayes over the claims: a name that lacks what its encoding shows is unlikely, not impossible."""
    fit = np.tile(np.log(public + 1e-9)[None, :], (len(bits), 1)).astype(np.float32)
    for pattern, has in claims:
        agrees = pattern.has[:, None] == has[None, :]
        fit += np.where(agrees, 0.0, np.float32(np.log(0.05)))
    return [known[place] for place in fit.argmax(axis=1).tolist()]
