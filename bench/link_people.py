"""Two applicants' tables with the same people spelt in two ways: what goes wrong in real registers, drawn apart from
the linker. Every fault is drawn by itself; a person may have several or none.

| fault | what happens |
|---|---|
| slip | one letter (jamo) of the name is another, doubled or left out |
| renamed | another given name (개명) |
| phone | another number, or two digits changed places |
| moved | another address, or the house number changed |
| date | day and month changed places, or one digit is another |
| blank | one item is missing |
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, replace

from dalgubeol.methods.privacy.linkage.people import FIRST, SECOND, Person, people

RATES = {"slip": 0.08, "renamed": 0.02, "phone": 0.15, "moved": 0.20, "date": 0.03, "blank": 0.03}
_JAMO = [chr(code) for code in (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3))]


@dataclass(frozen=True)
class Pair:
    """`left[i]` and `right[j]` are one person exactly if (i, j) is in `same`."""

    left: list[Person]
    right: list[Person]
    same: frozenset[tuple[int, int]]
    faulty: int


def pair(size: int, common: float, seed: int) -> Pair:
    """Two tables of `size`, of which the share `common` are the same people; families (same address, surname)
    are among them, so that not everybody is unlike everybody else."""
    chance = random.Random(seed)
    shared = int(size * common)
    every = people(2 * size - shared, seed)
    every = [_in_family(every, i, chance) for i in range(len(every))]
    left, others = every[:size], every[size - shared :]
    spelt = [_spelt(person, chance) if i < shared else person for i, person in enumerate(others)]
    order = list(range(size))
    chance.shuffle(order)
    place = {was: now for now, was in enumerate(order)}
    same = frozenset((size - shared + i, place[i]) for i in range(shared))
    faulty = sum(spelt[i] != others[i] for i in range(shared))
    return Pair(left, [spelt[i] for i in order], same, faulty)


def _in_family(every: list[Person], place: int, chance: random.Random) -> Person:
    person = every[place]
    if place and chance.random() < 0.25:
        kin = every[place - 1]
        return replace(person, name=kin.name[0] + person.name[1:], address=kin.address)
    return person


def _spelt(person: Person, chance: random.Random) -> Person:
    def happens(fault: str) -> bool:
        return chance.random() < RATES[fault]

    name, born, phone, address = person.name, person.born, person.phone, person.address
    if happens("slip"):
        name = _slip(name, chance)
    if happens("renamed"):
        name = name[0] + chance.choice(FIRST) + chance.choice(SECOND)
    if happens("phone"):
        phone = (
            f"010{chance.randint(10_000_000, 99_999_999)}"
            if chance.random() < 0.7
            else _swapped(phone, chance)
        )
    if happens("moved"):
        moved = people(1, chance.randrange(1 << 30))[0].address
        address = moved if chance.random() < 0.7 else f"{address.rpartition(' ')[0]} {chance.randint(1, 400)}"
    if happens("date"):
        born = _other_date(born, chance)
    if happens("blank"):
        which = chance.choice(("phone", "address", "born"))
        return replace(Person(name, born, phone, address), **{which: ""})
    return Person(name, born, phone, address)


def _slip(name: str, chance: random.Random) -> str:
    letters = list(unicodedata.normalize("NFD", name))
    at = chance.randrange(len(letters))
    kin = [j for j in _JAMO if 0 < abs(ord(j) - ord(letters[at])) < 12 and _kind(j) == _kind(letters[at])]
    letters[at] = chance.choice(kin)
    return unicodedata.normalize("NFC", "".join(letters))


def _kind(jamo: str) -> int:
    return 0 if jamo < "\u1161" else 1 if jamo < "\u11a8" else 2


def _swapped(phone: str, chance: random.Random) -> str:
    at = chance.randrange(3, len(phone) - 1)
    return phone[:at] + phone[at + 1] + phone[at] + phone[at + 2 :]


def _other_date(born: str, chance: random.Random) -> str:
    year, month, day = born.split("-")
    if int(day) <= 12 and chance.random() < 0.5:
        return f"{year}-{day}-{month}"
    return f"{year[:3]}{chance.randint(0, 9)}-{month}-{day}"
