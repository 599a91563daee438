"""Which serial numbers belong together where keys are equal, and how much of each applicant's persons that is.

Rows of the result are groups: per applicant a serial number, or None. The matcher sees keys and serial numbers
and nothing else. Rates are, for each applicant, linked persons by all its persons (결합률: what can be linked
by what the organisation holds).
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ....errors import Invalid
from ....language import say

Serials = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Keyed:
    """What one applicant sent: a key for each of some serial numbers, and how many persons it has in all."""

    serials: Sequence[str]
    keys: Sequence[bytes]
    persons: int
    unkeyed: Sequence[str] = ()
    """Serial numbers of persons who have no key, because an item is missing: sent where a join keeps them."""


@dataclass(frozen=True, slots=True)
class Matched:
    """`linked` are groups of at least two applicants' persons; `alone` those that nothing was linked to."""

    applicants: tuple[str, ...]
    linked: tuple[Serials, ...]
    alone: tuple[Serials, ...]
    rates: Mapping[str, float]
    dropped: Mapping[str, int]
    """Persons left out because another of the same applicant has the same key."""
    persons: Mapping[str, int]
    """How many each applicant has in all."""


def equal_keys(given: Mapping[str, Keyed], *, drop_duplicates: bool = False) -> Matched:
    """Raises Invalid where an applicant has a key twice and `drop_duplicates` is not set: it says how many."""
    names = tuple(given)
    repeated = {name: _repeated(keyed.keys) for name, keyed in given.items()}
    counts = {name: sum(found.values()) for name, found in repeated.items()}
    if any(counts.values()) and not drop_duplicates:
        raise duplicate_keys({name: count for name, count in counts.items() if count})
    groups: dict[bytes, list[str | None]] = {}
    for place, (name, keyed) in enumerate(given.items()):
        for serial, key in zip(keyed.serials, keyed.keys, strict=True):
            if key not in repeated[name]:
                groups.setdefault(key, [None] * len(names))[place] = serial
    together = [tuple(group) for group in groups.values() if sum(s is not None for s in group) > 1]
    alone = [tuple(group) for group in groups.values() if sum(s is not None for s in group) == 1]
    for place, (name, keyed) in enumerate(given.items()):
        left_out = [s for s, k in zip(keyed.serials, keyed.keys, strict=True) if k in repeated[name]]
        alone.extend(_only(serial, place, len(names)) for serial in (*keyed.unkeyed, *left_out))
    return matched(names, together, alone, {name: k.persons for name, k in given.items()}, counts)


def paired(given: Mapping[str, Keyed], pairs: Sequence[tuple[int, int]]) -> Matched:
    """What `equal_keys` makes, out of pairs of places that were found otherwise; of two applicants."""
    (first, left), (second, right) = given.items()
    together = [(left.serials[a], right.serials[b]) for a, b in pairs]
    taken = ({a for a, _ in pairs}, {b for _, b in pairs})
    alone: list[Serials] = []
    for place, keyed in enumerate((left, right)):
        free = [serial for at, serial in enumerate(keyed.serials) if at not in taken[place]]
        alone.extend(_only(serial, place, 2) for serial in (*free, *keyed.unkeyed))
    return matched((first, second), together, alone, {first: left.persons, second: right.persons}, {})


def matched(
    names: Sequence[str],
    linked: Sequence[Serials],
    alone: Sequence[Serials],
    persons: Mapping[str, int],
    dropped: Mapping[str, int],
) -> Matched:
    """With the rates counted; both lists sorted, so that their order tells nothing."""
    rates = {
        name: sum(group[place] is not None for group in linked) / persons[name] if persons[name] else 0.0
        for place, name in enumerate(names)
    }
    return Matched(
        tuple(names),
        tuple(sorted(linked, key=_order)),
        tuple(sorted(alone, key=_order)),
        rates,
        dict(dropped),
        dict(persons),
    )


def kept(found: Matched, linked: Callable[[Serials], bool], alone: Callable[[Serials], bool]) -> Matched:
    """Only the groups that a join keeps, with the rates of these: of three applicants' persons not everybody who
    is known to two of them is joined."""
    groups = ([g for g in found.linked if linked(g)], [g for g in found.alone if alone(g)])
    return matched(found.applicants, *groups, found.persons, found.dropped)


def sampled(groups: Sequence[Serials], share: float, secret: bytes) -> tuple[Serials, ...]:
    """About `share` of the groups, chosen by chance: the same under the same secret."""
    if share >= 1:
        return tuple(groups)
    limit = int(share * 2**64)
    return tuple(g for g in groups if int.from_bytes(_drawn(g, secret)) < limit)


def duplicate_keys(counts: Mapping[str, int]) -> Invalid:
    found = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return Invalid(
        "link.duplicates",
        say("Persons of one applicant have the same key: {found}.", found=found),
        say("That applicant makes its table one row a person, or all agree anew with more key items or with `duplicates = \"drop\"`."),
    )  # fmt: skip


def _repeated(keys: Sequence[bytes]) -> dict[bytes, int]:
    return {key: count for key, count in Counter(keys).items() if count > 1}


def _only(serial: str, place: int, width: int) -> Serials:
    return tuple(serial if at == place else None for at in range(width))


def _order(group: Serials) -> tuple[str, ...]:
    return tuple(serial or "" for serial in group)


def _drawn(group: Serials, secret: bytes) -> bytes:
    return hmac.digest(secret, "|".join(_order(group)).encode(), "sha256")[:8]
