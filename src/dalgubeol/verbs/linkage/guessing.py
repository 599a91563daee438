"""The guess-attack risk of the encodings that terms ask for, measured on made-up people before anybody signs."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache

from ...nouns.linkage import Item, LinkMode, Terms, Tolerance

PERSONS, KNOWN = 2000, (100, 400)
_SEED, _PUBLIC = 23, 37
_PLACES = {"name": "name", "date": "born", "phone": "phone", "address": "address"}
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Guessed:
    """What one attacker finds, as shares of the persons; `known`: whose encodings it knew, None: it only guesses
    blindly."""

    known: int | None
    names: float
    surnames: float


def guessed(terms: Terms) -> tuple[Guessed, ...]:
    """Nothing where the mode makes no encodings, or no item is a name. The same terms give the same figures, so they
    are measured once (some seconds) and remembered for whoever looks next."""
    items = tuple(item for item in terms.items if item.normalise in _PLACES)
    if terms.mode is not LinkMode.TOLERANT or all(item.normalise != "name" for item in items):
        return ()
    with _one_at_a_time:  # who comes while it is measured waits for it and does not measure beside it
        return _measured(items, terms.tolerance)


@lru_cache(maxsize=64)
def _measured(chosen: tuple[Item, ...], asked: Tolerance) -> tuple[Guessed, ...]:
    import pyarrow as pa

    from ...methods.privacy.linkage import attack, clk, keys
    from ...methods.privacy.linkage.people import name_shares, people

    items = tuple((item.name, item.normalise) for item in chosen)
    every = people(PERSONS, _SEED)
    table = pa.table({name: [getattr(p, _PLACES[which]) for p in every] for name, which in items})
    setting = clk.Setting(asked.bits, asked.hashes, asked.q, asked.fold, asked.flip)
    normalised = keys.normalised_items(table, items, {})
    bits, _ = clk.encodings(
        normalised, tuple(which for _, which in items), bytes(32), "risk", setting, bytes(32)
    )
    names, shares = [p.name for p in every], name_shares(_PUBLIC)
    nobody = attack.frequency_attack(bits, names, shares, setting.q)
    made = [
        Guessed(None, nobody.names_blind, nobody.surnames_blind),
        Guessed(0, nobody.names, nobody.surnames),
    ]
    for known in KNOWN:
        risk = attack.known_attack(bits, names, shares, setting.q, known)
        made.append(Guessed(known, risk.names, risk.surnames))
    return tuple(made)
