"""Rows that stand out: values by which somebody who knows one odd thing of a person may find them.

k-anonymity looks at the quasi-identifiers only; a salary, an illness or a rare pair of values that stays in the
table can give its owner away all the same. The clerk is shown how many persons stand out by which rule, never
the values. Three rules, each of which can be said in a sentence:

- **far**: a number more than `FAR` = 3 interquartile ranges outside the quartiles (Tukey 1977, "Exploratory Data
  Analysis": far out). Where the quartiles are equal the rule is silent: the column is mostly one value, and
  the next rule sees the others.
- **rare**: a value that fewer than `rare` persons have. Asked only of columns most of whose persons share their
  value with `rare` or more; elsewhere (amounts, dates to the second) nearly every value is rare and none stands out.
- **pair**: two values, neither of them rare, that fewer than `rare` persons combine, although three times `rare`
  or more would if the two columns had nothing to do with each other (with `rare` = 5, chance alone does that once
  in a thousand). That many combinations of two long lists are thinly populated is no exception, and is not counted.

Missing values do not stand out. Persons, not rows: a person counts once however many of their rows stand out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import Invalid
from ..grouping import group_anyhow
from ..values import Codes, column_of, distinct_codes, flat

Mask = npt.NDArray[np.bool_]
Rule = Literal["far", "rare", "pair"]

FAR = 3.0
EXPECTED = 3
"""A pair stands out where `EXPECTED * rare` persons or more would combine it by chance."""
MOST_PAIRS = 200
"""Pairs of columns that are looked at, in the order of the columns."""


@dataclass(frozen=True, slots=True)
class Finding:
    """So many persons stand out in `columns` by `rule`."""

    rule: Rule
    columns: tuple[str, ...]
    persons: int
    rows: int


@dataclass(frozen=True, slots=True)
class Outliers:
    """What stands out; `persons` and `rows` in all, each once. `which` masks the rows."""

    findings: tuple[Finding, ...]
    persons: int
    rows: int
    of_persons: int
    which: Mask = field(repr=False, compare=False)


def outlier_rows(
    table: pa.Table, columns: Sequence[str], *, person: str | None = None, rare: int = 5
) -> Outliers:
    """Look at `columns` and at every pair of them. Raises `Invalid` for `rare` under 2 or an unknown column."""
    if rare < 2:
        raise Invalid.field("rare", expected="2 or more persons", got=rare)
    people = np.arange(table.num_rows, dtype=np.int32) if person is None else _coded(table, person).codes
    which = np.zeros(table.num_rows, np.bool_)
    findings: list[Finding] = []

    def found(rule: Rule, names: tuple[str, ...], mask: Mask) -> None:
        np.logical_or(which, mask, out=which)
        if mask.any():
            findings.append(Finding(rule, names, _count(people[mask]), int(mask.sum())))

    shared = []
    for name in columns:
        found("far", (name,), _far(table, name))
        column = _coded(table, name)
        if _is_shared(column, people, rare):
            shared.append(column)
    for column in shared:
        found("rare", (column.name,), _rare(column, people, rare))
    for a, b in list(combinations(shared, 2))[:MOST_PAIRS]:
        found("pair", (a.name, b.name), _odd_pairs(a, b, people, rare))
    return Outliers(tuple(findings), _count(people[which]), int(which.sum()), _count(people), which)


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """`codes` per row; the last code, `missing`, is the missing value."""

    name: str
    codes: Codes
    missing: int


def _coded(table: pa.Table, name: str) -> _Column:
    codes, missing = distinct_codes(column_of(table, name), name)
    return _Column(name, codes.astype(np.min_scalar_type(missing)), missing)


def _persons_of(codes: Codes, people: Codes) -> Codes:
    """Distinct persons per code."""
    width = int(codes.max(initial=0)) + 1
    distinct, _ = group_anyhow([codes, people], [width, int(people.max(initial=0)) + 1])
    return np.bincount(codes[distinct], minlength=width)


def _is_shared(column: _Column, people: Codes, rare: int) -> bool:
    present = column.codes != column.missing
    persons = _persons_of(column.codes, people)
    return bool(present.any()) and float((persons[column.codes[present]] >= rare).mean()) > 0.5


def _far(table: pa.Table, name: str) -> Mask:
    column = flat(column_of(table, name), name)
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return np.zeros(len(column), np.bool_)
    # Numbers of accounts and cards are beyond 2**53: near enough for quartiles, and arrow would name one otherwise.
    numbers = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        present = numbers[np.isfinite(numbers)]
        if not len(present):
            return np.zeros(len(column), np.bool_)
        low, high = np.quantile(present, [0.25, 0.75])
        reach = FAR * (high - low)
        far: Mask = (numbers < low - reach) | (numbers > high + reach)
        return far if reach > 0 else np.zeros(len(column), np.bool_)


def _rare(column: _Column, people: Codes, rare: int) -> Mask:
    few: Mask = (_persons_of(column.codes, people) < rare)[column.codes] & (column.codes != column.missing)
    return few


def _odd_pairs(a: _Column, b: _Column, people: Codes, rare: int) -> Mask:
    member, number = group_anyhow([a.codes, b.codes], [a.missing + 1, b.missing + 1])
    in_a, in_b = a.codes[member], b.codes[member]
    of_a, of_b = _persons_of(a.codes, people)[in_a], _persons_of(b.codes, people)[in_b]
    expected = of_a * of_b / max(1, _count(people))
    odd = (expected >= EXPECTED * rare) & (of_a >= rare) & (of_b >= rare) & (in_a != a.missing) & (in_b != b.missing)  # fmt: skip
    if not odd.any():
        return np.zeros(len(number), np.bool_)
    odd &= _persons_of(number, people) < rare
    chosen: Mask = odd[number]
    return chosen


def _count(people: Codes) -> int:
    return int(np.count_nonzero(np.bincount(people))) if len(people) else 0
