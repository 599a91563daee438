"""PRAM, the post-randomisation method: a category becomes another with a stated chance.

Sources: Gouweleeuw, Kooiman, Willenborg and de Wolf 1998, Post randomisation for statistical disclosure control
(Journal of Official Statistics 14); the invariant form is its two-stage construction: with t the counts of the
categories and P any transition matrix, R = P Q with Q[k, l] = P[l, k] t[l] / sum_j P[j, k] t[j] leaves t as it
is in expectation, t R = t. P comes from one chance of staying, spread evenly over the others, or is given.

A missing value stays missing. The draw comes from the project's key, the person and the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ....errors import Invalid
from ....language import say
from ..values import Codes, distinct_texts
from .rows import Floats, Rows, uniforms, words_of

MOST_CATEGORIES = 2_000


@dataclass(frozen=True, slots=True)
class Pram:
    """`stay` is the chance of staying, 0..1; or `matrix` gives every chance, rows summing to 1."""

    column: str
    stay: float | None = None
    matrix: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    invariant: bool = True
    key: bytes = field(default=b"", repr=False)

    @property
    def looks(self) -> bool:
        return self.invariant or not self.matrix

    def fitted(self, values: pa.Array | None, people: Codes | None) -> Exchanged:
        if values is None:
            return Exchanged(self.column, tuple(self.matrix), self._given(tuple(self.matrix)), self.key)
        texts, rows = distinct_texts(values, self.column)
        counted: dict[str, int] = {}
        for text, count in zip(texts, np.bincount(rows, minlength=len(texts)), strict=True):
            if text is not None:
                counted[text] = counted.get(text, 0) + int(count)
        if self.matrix:
            strange = len(counted.keys() - self.matrix.keys())
            if strange:
                raise _strange(self.column, strange)
        categories = tuple(self.matrix) if self.matrix else tuple(sorted(counted))
        if not 2 <= len(categories) <= MOST_CATEGORIES:
            raise Invalid.field(self.column, expected=say("2 to {most} categories", most=MOST_CATEGORIES), got=len(categories))  # fmt: skip
        chances = self._given(categories) if self.matrix else evenly(len(categories), self.stay or 0.0)
        if self.invariant:
            chances = invariant(chances, np.array([counted.get(c, 0) for c in categories], float))
        return Exchanged(self.column, categories, chances, self.key)

    def _given(self, categories: tuple[str, ...]) -> Floats:
        return np.array([[self.matrix[a].get(b, 0.0) for b in categories] for a in categories])


@dataclass(frozen=True, slots=True, eq=False)
class Exchanged:
    """Ready: `chances[i, j]` is the chance that category i becomes category j."""

    column: str
    categories: tuple[str, ...]
    chances: Floats
    key: bytes = field(repr=False)

    def applied(self, values: pa.Array, rows: Rows) -> pa.Array:
        texts, of_row = distinct_texts(values, self.column)
        known = {text: number for number, text in enumerate(self.categories)}
        unknown = sum(1 for text in texts if text is not None and text not in known)
        if unknown:
            raise _strange(self.column, unknown)
        numbers = np.array([-1 if text is None else known[text] for text in texts])[of_row]
        chance = uniforms(self.key, rows, words_of(values, self.column))[0]
        drawn = numbers.copy()
        for category in np.unique(numbers[numbers >= 0]):
            here = numbers == category
            upto = np.cumsum(self.chances[category])
            drawn[here] = np.searchsorted(upto / upto[-1], chance[here], side="right")
        made = pa.array([*self.categories, None], pa.string()).take(pa.array(drawn % (len(self.categories) + 1)))  # fmt: skip
        kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
        return made.cast(kind) if pa.types.is_integer(kind) else made


def evenly(count: int, stay: float) -> Floats:
    """`stay` on the diagonal, the rest spread evenly."""
    other = (1 - stay) / (count - 1)
    return np.full((count, count), other) + np.eye(count) * (stay - other)


def invariant(chances: Floats, counts: Floats) -> Floats:
    """R = P Q: the two-stage matrix that leaves `counts` as they are in expectation."""
    reached = counts @ chances
    back = (chances * counts[:, None]).T / np.where(reached > 0, reached, 1)[:, None]
    back[reached == 0] = np.eye(len(counts))[reached == 0]
    made: Floats = chances @ back
    return made


def _strange(column: str, count: int) -> Invalid:
    return Invalid(
        "invalid.pram.category",
        say("{count} categories of column {column} have no row in the matrix.", count=count, column=column),
        say("Add them to the matrix of {column}, or give one chance of staying instead.", column=column),
    )
