"""What a label of a pseudonymised column stands for: the values of the original column that it may hide.

A pseudonymised table says "[40, 50)" where the original said 43. To compare the two fairly, each label is read as
the set of original values under it:

- a value that the original has is itself; `*`, or a missing value where the original had none, is all of them;
- "[40, 50)", "< 20" and ">= 65" are the numbers within; "{a, b}" are the values listed;
- any other label is looked up in the column's hierarchy, where one is given;
- a number that the original does not have (rounded, noisy, averaged) is a value of its own.

A label that nobody can read makes its column incomparable, which is said and never guessed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..hierarchy import ANY, Hierarchy
from ..values import Codes, distinct_texts

Floats = npt.NDArray[np.float64]

_NUMBER = r"([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
_BAND = re.compile(rf"^([\[(]){_NUMBER}, ?{_NUMBER}([\])\[])$")
_HALF = re.compile(rf"^(<=|>=|<|>) ?{_NUMBER}$")


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """One column before and after, on common ground.

    `values` are the original's (and the hierarchy's, and numbers that are new), numeric ones in order; `before`
    counts rows per value. `labels` are the distinct ones after, `after` counts rows per label, and `covers[l]` are
    the numbers of the values under label l, None where it cannot be read. `value_of_row` and `label_of_row` say
    which each row has. `domain` is how many of the values a label could hide: all but new numbers.
    """

    name: str
    numeric: bool
    values: tuple[str | None, ...]
    before: Codes
    labels: tuple[str | None, ...]
    after: Codes
    covers: tuple[Codes | None, ...]
    value_of_row: Codes
    label_of_row: Codes
    domain: int

    @property
    def unreadable(self) -> int:
        """How many labels nobody can read."""
        return sum(cover is None for cover in self.covers)

    @property
    def numbers(self) -> Floats:
        """The values as numbers; NaN for the missing value."""
        return np.array([math.nan if v is None else float(v) for v in self.values])

    @property
    def single(self) -> Codes:
        """Per label the one value that it stands for, -1 where it stands for several or cannot be read: a long column
        that was kept has millions of such labels, which need no look each."""
        return np.array([-1 if c is None or len(c) != 1 else c[0] for c in self.covers], np.int64)

    @property
    def hiding(self) -> tuple[tuple[int, Codes], ...]:
        """The labels that stand for several values, each with its rows."""
        return tuple((int(n), c) for n, c in zip(self.after, self.covers, strict=True) if c is not None and len(c) != 1)  # fmt: skip

    def spread(self) -> Floats:
        """The rows after per value, each label spread evenly over the values under it. Needs readable labels."""
        single = self.single
        one = single >= 0
        rows = np.bincount(single[one], self.after[one], len(self.values)).astype(np.float64)
        for count, cover in self.hiding:
            rows[cover] += count / len(cover)
        return rows


def matched(
    name: str, before: pa.ChunkedArray, after: pa.ChunkedArray, hierarchy: Hierarchy | None = None
) -> Matched:
    """Put a column before and after on common ground. Raises `Invalid` for nested columns."""
    values, value_of_row = _distinct(before, name)
    labels, label_of_row = _distinct(after, name)
    if hierarchy is not None:
        seen = set(values)
        values = [*values, *(v for v in hierarchy.labels[0] if v not in seen)]
    numeric = all(v is None or _is_number(v) for v in values) and any(v is not None for v in values)
    domain = len(values)
    if numeric:
        known = set(values)
        values = [*values, *(label for label in labels if label is not None and label not in known and _is_number(label))]  # fmt: skip
    order = (
        sorted(range(len(values)), key=lambda i: _place(values[i])) if numeric else list(range(len(values)))
    )
    place = np.empty(len(values), np.int64)
    place[order] = np.arange(len(values))
    reader = _Reader(tuple(values[i] for i in order), np.sort(place[:domain]), numeric, hierarchy)
    value_rows, label_rows = place.astype(np.min_scalar_type(len(values)))[value_of_row], label_of_row
    return Matched(
        name, numeric, reader.values, np.bincount(value_rows, minlength=len(values)),
        tuple(labels), np.bincount(label_rows, minlength=len(labels)), tuple(reader.cover(label) for label in labels),
        value_rows, label_rows, domain,
    )  # fmt: skip


class _Reader:
    def __init__(
        self, values: tuple[str | None, ...], domain: Codes, numeric: bool, hierarchy: Hierarchy | None
    ) -> None:
        self.values, self.domain = values, domain
        self.number = {value: i for i, value in enumerate(values)}
        self.numbers = np.array([math.nan if v is None else float(v) for v in values]) if numeric else None
        self.groups = {} if hierarchy is None else _groups(hierarchy, self.number)

    def cover(self, label: str | None) -> Codes | None:
        if label in self.number:
            return np.array([self.number[label]], np.int64)
        if label is None or label == ANY:
            return self.domain
        if label in self.groups:
            return self.groups[label]
        found = self._within(label) if self.numbers is not None else self._listed(label)
        return found if found is not None and len(found) else None

    def _within(self, label: str) -> Codes | None:
        numbers = self.numbers[self.domain] if self.numbers is not None else np.empty(0)
        if band := _BAND.match(label):
            low, high = float(band[2]), float(band[3])
            inside = (numbers >= low if band[1] == "[" else numbers > low) & (
                numbers <= high if band[4] == "]" else numbers < high
            )
        elif half := _HALF.match(label):
            inside = _COMPARED[half[1]](numbers, float(half[2]))
        else:
            return self._listed(label)
        return self.domain[inside]

    def _listed(self, label: str) -> Codes | None:
        if not (label.startswith("{") and label.endswith("}")):
            return None
        members = [self.number.get(part.strip()) for part in label[1:-1].split(",")]
        return None if None in members else np.array(members, np.int64)


_COMPARED = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}


def _groups(hierarchy: Hierarchy, number: dict[str | None, int]) -> dict[str | None, Codes]:
    """The values under each label; where one text is a label at several levels, the largest of its groups."""
    groups: dict[str | None, list[int]] = {}
    for level in hierarchy.labels[1:]:
        members: dict[str | None, list[int]] = {}
        for value, label in zip(hierarchy.labels[0], level, strict=True):
            members.setdefault(label, []).append(number[value])
        groups.update({k: v for k, v in members.items() if len(v) >= len(groups.get(k, ()))})
    return {label: np.array(members, np.int64) for label, members in groups.items()}


def _distinct(column: pa.ChunkedArray, name: str) -> tuple[list[str | None], Codes]:
    """Distinct texts that occur, and which of them each row has."""
    texts, rows = distinct_texts(column, name)
    first: dict[str | None, int] = {}
    same = np.array([first.setdefault(text, i) for i, text in enumerate(texts)], np.int64)
    used = np.bincount(same, np.bincount(rows, minlength=len(same))) > 0
    rank = (np.cumsum(used) - 1)[same].astype(np.min_scalar_type(len(same)))
    return [texts[i] for i in np.flatnonzero(used)], rank[rows]


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _place(value: str | None) -> float:
    return math.inf if value is None else float(value)
