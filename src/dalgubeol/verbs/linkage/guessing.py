"""The guess-attack risk of the encodings that terms ask for, measured on made-up people before anybody signs."""

from __future__ import annotations

from dataclasses import dataclass

from ...nouns.linkage import LinkMode, Terms

PERSONS, KNOWN = 2000, (100, 400)
_SEED, _PUBLIC = 23, 37


@dataclass(frozen=True, slots=True)
class Guessed:
    """What one attacker finds, as shares of the persons; `known`: whose encodings it knew, None: it only guesses
    blindly."""

    known: int | None
    names: float
    surnames: float


def guessed(terms: Terms) -> tuple[Guessed, ...]:
    """Nothing where the mode makes no encodings, or no item is a name. The same terms give the same figures."""
    import pyarrow as pa

    from ...methods.privacy.linkage import attack, clk, keys
    from ...methods.privacy.linkage.people import name_shares, people

    places = {"name": "name", "date": "born", "phone": "phone", "address": "address"}
    items = tuple((i.name, i.normalise) for i in terms.items if i.normalise in places)
    if terms.mode is not LinkMode.TOLERANT or all(which != "name" for _, which in items):
        return ()
    every = people(PERSONS, _SEED)
    table = pa.table({name: [getattr(p, places[which]) for p in every] for name, which in items})
    asked = terms.tolerance
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
