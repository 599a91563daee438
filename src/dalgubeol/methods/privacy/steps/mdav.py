"""Micro-aggregation of several columns together: MDAV, groups of near persons become their means.

Maximum distance to average vector (Domingo-Ferrer and Torra 2005, Data Mining and Knowledge Discovery 11,
algorithm 5.1), on columns scaled to variance 1: the person farthest from the mean of all that are left, and the
one farthest from that person, each take their k - 1 nearest; until fewer than 3k are left, of which the farthest
takes k - 1 and the rest, if it is k or more, is a group. Groups hold k to 2k - 1 persons. Its time grows with the
square of the persons, so there is a limit.

A person with several rows is their mean, and all rows of a group get the mean of its rows. A row that lacks one
of the columns lacks all of them afterwards: what is left would stand alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ....errors import Invalid
from ....language import say
from ..values import Codes
from . import numbers
from .microaggregation import too_few
from .numbers import Floats
from .rows import Rows, Words

MOST_PERSONS = 100_000


@dataclass(frozen=True, slots=True)
class Mdav:
    """`columns` together, in groups of at least `k` persons."""

    columns: tuple[str, ...]
    k: int

    def fitted(self, values: Sequence[pa.Array], rows: Rows) -> Together:
        """Of whole columns. Raises `Invalid` for too few or too many persons."""
        read = [numbers.read(each, column) for each, column in zip(values, self.columns, strict=True)]
        whole = ~np.any([missing for _, missing in read], axis=0)
        table = np.column_stack([found for found, _ in read])[whole]
        owners, person = np.unique(rows.owners[whole], return_inverse=True)
        name = ", ".join(self.columns)
        if len(owners) < self.k:
            raise too_few(name, self.k, len(owners))
        if len(owners) > MOST_PERSONS:
            raise Invalid(
                "invalid.microaggregate.persons",
                say("{columns} together: {persons} persons are too many for groups over several columns; the limit is {most}.", columns=name, persons=len(owners), most=MOST_PERSONS),
                say("Give each column a step of its own (microaggregate), which has no such limit."),
            )  # fmt: skip
        sizes = np.bincount(person)
        averages = np.column_stack([np.bincount(person, column) / sizes for column in table.T])
        groups = mdav(averages, self.k)
        of_row = groups[person]
        rows_in = np.bincount(of_row)
        means = np.column_stack([np.bincount(of_row, column) / rows_in for column in table.T])
        return Together(self.columns, owners, means[groups])


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Ready: the means for each owner of a row, shape (owners, columns)."""

    columns: tuple[str, ...]
    owners: Words = field(repr=False)
    means: Floats = field(repr=False)

    def applied(self, values: Sequence[pa.Array], rows: Rows) -> list[pa.Array]:
        read = [numbers.read(each, column) for each, column in zip(values, self.columns, strict=True)]
        missing = np.any([gone for _, gone in read], axis=0)
        at = np.minimum(np.searchsorted(self.owners, rows.owners), len(self.owners) - 1)
        if (~missing & (self.owners[at] != rows.owners)).any():
            raise RuntimeError("a person who was not there when the step was fitted")
        return [pa.array(self.means[at, i], pa.float64(), mask=missing) for i in range(len(self.columns))]


def mdav(points: Floats, k: int) -> Codes:
    """The number of each point's group. `points`: shape (n, d), n >= k; scaled here."""
    spread = points.std(axis=0)
    points = points / np.where(spread > 0, spread, 1)
    group = np.zeros(len(points), np.int64)
    left, number = np.arange(len(points)), 0
    while len(left) >= 3 * k:
        far = left[_farthest(points[left], points[left].mean(axis=0))]
        near, left = _nearest(points, left, points[far], k)
        group[near], number = number, number + 1
        other = left[_farthest(points[left], points[far])]
        near, left = _nearest(points, left, points[other], k)
        group[near], number = number, number + 1
    if len(left) >= 2 * k:
        far = left[_farthest(points[left], points[left].mean(axis=0))]
        near, left = _nearest(points, left, points[far], k)
        group[near], number = number, number + 1
    group[left] = number
    return group


def _farthest(points: Floats, centre: Floats) -> int:
    return int(((points - centre) ** 2).sum(axis=1).argmax())


def _nearest(points: Floats, left: Codes, centre: Floats, k: int) -> tuple[Codes, Codes]:
    distance = ((points[left] - centre) ** 2).sum(axis=1)
    order = np.argpartition(distance, k - 1) if k < len(left) else np.arange(len(left))
    return left[order[:k]], np.sort(left[order[k:]])
