"""Every count less the counts of one other table that lie within it.

A table is taken apart into **layers**: rows that show the same keys (not their total) and whose labels do not
overlap, so that the counts of a layer can be added. For a count B and a layer T, the rows of T within B make up a
part of B; the remainder is the count of the rest of B. Cost is linear in the rows of both for each pair of layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .labels import Scale, is_total
from .releases import Released

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Layer:
    """Rows of one release that do not overlap: `sets[key]` are the labels' categories, `codes[:, at]` index them."""

    number: int
    keys: tuple[str, ...]
    sets: Mapping[str, tuple[frozenset[int], ...]]
    codes: NDArray[np.int64]
    rows: NDArray[np.int64]
    counts: NDArray[np.float64]
    slack: NDArray[np.float64]


def comparable(table: Released, other: Released) -> bool:
    """Whether a layer of one can have all keys of a layer of the other."""
    return _least_keys(table) <= set(other.keys) or _least_keys(other) <= set(table.keys)


def _least_keys(table: Released) -> set[str]:
    """Keys of which no row shows the total."""
    totals = {
        label
        for at in range(len(table.keys))
        for label in {each[at] for each in table.labels}
        if is_total(label)
    }
    return (
        {key for at, key in enumerate(table.keys) if not any(each[at] in totals for each in table.labels)}
        if totals
        else set(table.keys)
    )


def layers(table: Released, scales: Mapping[str, Scale]) -> list[Layer]:
    """The table's layers; rows without a count are in none."""
    colours = {key: _colours({labels[at] for labels in table.labels}, scales[key]) for at, key in enumerate(table.keys)}  # fmt: skip
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, labels in enumerate(table.labels):
        if table.counts[row] is not None:
            pattern = tuple(colours[key][label] for key, label in zip(table.keys, labels, strict=True))
            groups.setdefault(pattern, []).append(row)
    return [_layer(table, scales, pattern, rows) for pattern, rows in groups.items()]


def _colours(labels: set[str], scale: Scale) -> dict[str, int]:
    """0 for the total; labels that overlap get different numbers."""
    found: dict[str, int] = {}
    taken: list[set[int]] = []
    for label in sorted(labels, key=lambda each: (len(scale.of(each)), each)):
        if is_total(label):
            found[label] = 0
            continue
        part = scale.of(label)
        colour = next((at for at, used in enumerate(taken) if not used & part), len(taken))
        if colour == len(taken):
            taken.append(set())
        taken[colour] |= part
        found[label] = colour + 1
    return found


def _layer(table: Released, scales: Mapping[str, Scale], pattern: tuple[int, ...], rows: Sequence[int]) -> Layer:  # fmt: skip
    shown = [at for at, colour in enumerate(pattern) if colour]
    sets: dict[str, tuple[frozenset[int], ...]] = {}
    codes = np.empty((len(rows), len(shown)), dtype=np.int64)
    for place, at in enumerate(shown):
        key = table.keys[at]
        named = sorted({table.labels[row][at] for row in rows})
        code = {label: number for number, label in enumerate(named)}
        sets[key] = tuple(scales[key].of(label) for label in named)
        codes[:, place] = [code[table.labels[row][at]] for row in rows]
    counts = np.array([table.counts[row] for row in rows], dtype=float)
    slack = np.full(len(rows), 0.0 if table.base <= 1 else table.base / 2)
    return Layer(table.number, tuple(table.keys[at] for at in shown), sets, codes, np.array(rows), counts, slack)  # fmt: skip


def small_remainders(
    own: Sequence[Layer], others: Sequence[Layer], threshold: int
) -> Iterator[tuple[int, int, bool]]:
    """(row of the table, number of the other release, whether the remainder is small); not small: they contradict.

    Only what is new is looked at: one side of each pair is the table itself.
    """
    for mine in own:
        for other in own:
            if mine is not other:
                yield from ((row, 0, small) for row, _, small in _pair(mine, other, threshold))
        for other in others:
            yield from ((row, other.number, small) for row, _, small in _pair(mine, other, threshold))
            for _, rows, small in _pair(other, mine, threshold):
                yield from ((int(row), other.number, small) for row in rows)


def _pair(whole: Layer, parts: Layer, threshold: int) -> Iterator[tuple[int, NDArray[np.int64], bool]]:
    """Rows of `whole` whose remainder beside `parts` is small or contradicts, with the rows of `parts` used."""
    if not set(whole.keys) <= set(parts.keys):
        return  # a part that knows nothing of a key lies in no label of it
    (part_rows, whole_rows), complete = _places(whole, parts)
    if not len(part_rows):
        return
    size = len(whole.rows)
    sums = np.bincount(whole_rows, parts.counts[part_rows], size)
    slack = whole.slack + np.bincount(whole_rows, parts.slack[part_rows], size)
    touched = np.bincount(whole_rows, minlength=size) > 0
    rest = whole.counts - sums
    # A rest within what rounding explains may be nobody at all.
    small = touched & (np.abs(rest) > slack) & (np.abs(rest) + slack < threshold) & (slack < threshold / 2)
    contradicts = touched & (rest < -slack)
    if complete:  # the parts make up the whole: any other sum is another population
        contradicts |= touched & (np.abs(rest) > slack)
    for at in np.flatnonzero(small | contradicts):
        used = parts.rows[part_rows[whole_rows == at]]
        if small[at]:
            yield int(whole.rows[at]), used, True
        if contradicts[at]:
            yield int(whole.rows[at]), used, False


def _places(whole: Layer, parts: Layer) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], bool]:
    """Pairs (part, whole) by position where the part lies within the whole; whether they are the same cells."""
    part_rows, keys_of = np.arange(len(parts.rows)), np.zeros(len(parts.rows), dtype=np.int64)
    whole_keys = np.zeros(len(whole.rows), dtype=np.int64)
    same = whole.keys == parts.keys or set(whole.keys) == set(parts.keys)
    for at, key in enumerate(whole.keys):
        sets = whole.sets[key]
        owner = np.array([_owner(part, sets) for part in parts.sets[key]], dtype=np.int64)
        same = same and set(sets) >= set(parts.sets[key])
        code = owner[parts.codes[part_rows, parts.keys.index(key)]]
        kept = code >= 0
        part_rows, keys_of = part_rows[kept], keys_of[kept] * len(sets) + code[kept]
        whole_keys = whole_keys * len(sets) + whole.codes[:, at]
    order = np.argsort(whole_keys, kind="stable")
    at_place = np.searchsorted(whole_keys[order], keys_of)
    found = at_place < len(order)
    found[found] = whole_keys[order][at_place[found]] == keys_of[found]
    return (part_rows[found], order[at_place[found]]), bool(same)


def _owner(part: frozenset[int], wholes: Sequence[frozenset[int]]) -> int:
    """Which of these (they do not overlap) holds the part; -1 for none."""
    return next((at for at, each in enumerate(wholes) if part <= each), -1)
