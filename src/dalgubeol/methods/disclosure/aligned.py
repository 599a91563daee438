"""The names of an earlier release as the table that wants to leave has them, so that other names hide no difference.

- Keys and labels are one where they differ in case, width, blanks or underscores only.
- A **key by another name** (`area`, `district`) is one of the table's where their labels are mostly the same, unless
  both are columns of the input: those are what they are called.
- A **count by another name** (`n`, `claims`) counts the same where most of the cells that both have are nearly equal:
  within 5 % and fewer than the smallest cell apart. Only then can their difference be a small group of the same people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from .labels import is_total
from .releases import Released

_NEAR = 0.05
_JOINTS = re.compile(r"[\s_\-.]+")


def aligned(
    table: Released, earlier: Sequence[Released], threshold: int, known: Collection[str] | None = None
) -> tuple[Released, tuple[Released, ...]]:
    """The table, and the earlier releases (`plainly` already: once for all columns of a table) with its names. `known`:
    columns of the input; None where they are not at hand, and then no key is taken for another."""
    own = plainly(table)
    columns = None if known is None else frozenset(map(_key, known))
    labels = _labels(own)
    found = []
    for each in earlier:
        if columns is not None and set(each.keys) != set(own.keys):
            each = _renamed(own.keys, labels, each, columns)
        if each.measure != own.measure and _counts_the_same(own, each, threshold):
            each = replace(each, measure=own.measure)
        found.append(each)
    return own, tuple(found)


def plainly(table: Released) -> Released:
    """The same with its keys and labels as everybody writes them."""
    keys = tuple(map(_key, table.keys))
    if len(set(keys)) < len(keys):
        keys = table.keys
    return replace(table, keys=keys, labels=tuple(tuple(map(_label, each)) for each in table.labels))


@lru_cache(10_000)
def _key(name: str) -> str:
    plain = _JOINTS.sub("", unicodedata.normalize("NFKC", name).casefold())
    return plain or name


@lru_cache(100_000)
def _label(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _labels(table: Released) -> dict[str, set[str]]:
    return {key: {row[at] for row in table.labels if not is_total(row[at])} for at, key in enumerate(table.keys)}  # fmt: skip


def _renamed(
    keys: Sequence[str], labels: dict[str, set[str]], other: Released, columns: frozenset[str]
) -> Released:
    theirs = {key: each for key, each in _labels(other).items() if key not in keys}
    alike = sorted(
        (-len(labels[mine] & each), mine, key)
        for mine in keys
        if mine not in other.keys
        for key, each in theirs.items()
        if _mostly_the_same(labels[mine], each) and not (mine in columns and key in columns)
    )
    names: dict[str, str] = {}
    for _, mine, key in alike:
        if key not in names and mine not in names.values():
            names[key] = mine
    return replace(other, keys=tuple(names.get(key, key) for key in other.keys)) if names else other


def _mostly_the_same(one: set[str], other: set[str]) -> bool:
    both = len(one & other)
    return both >= 2 and 2 * both >= min(len(one), len(other))


def _counts_the_same(table: Released, other: Released, threshold: int) -> bool:
    if set(table.keys) != set(other.keys):
        return False
    order = [other.keys.index(key) for key in table.keys]
    theirs = {tuple(row[at] for at in order): count for row, count in zip(other.labels, other.counts, strict=True)}  # fmt: skip
    pairs = [(count, theirs.get(row)) for row, count in zip(table.labels, table.counts, strict=True)]
    both = [(one, two) for one, two in pairs if one is not None and two is not None and max(one, two) > 0]
    near = sum(abs(one - two) < min(threshold, _NEAR * max(one, two) + 1e-9) for one, two in both)
    return bool(both) and 2 * near > len(both)
