"""Generalisation hierarchies: for every value of a column, a label at each level, ever coarser.

The rules of this file:

- Level 0 is the value itself, the top level is one label for all: publishing it tells nothing.
- A hierarchy is a tree: values that share a label at one level share it at all higher ones. Roll-up of
  classes and the bounds of the search rest on this, so it is checked for every hierarchy that is made.
- Missing is a value of its own, `None`; it stays missing below the top and takes the top's label there.
- Values are compared by `values.text_of`, so 34, 34.0 and "34" are one value.
- The size of a hierarchy is the number of its values, those absent from the data included: that is what the
  loss measure divides by (as ARX does).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from ...errors import Invalid
from ...language import Message, say
from .reading import read_number
from .values import Codes, coded_texts, distinct_texts, text_of

ANY = "*"
_MOST_DIGITS = 309
"""A float is never larger; a text such as 1e999999 is no number of anybody."""
Label = str | None


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """`labels[level][code]` is the label of value `code` at `level`; `labels[0]` are the values themselves.

    Making one that is not a tree with one root raises `Invalid`, which names the level.
    """

    name: str
    labels: tuple[tuple[Label, ...], ...]

    def __post_init__(self) -> None:
        if not self.labels or not self.labels[0] or len({len(level) for level in self.labels}) > 1:
            raise _broken(self.name, say("Its levels must all hold one label for each of its values."))
        if len(set(self.labels[0])) < self.size:
            repeated = self.size - len(set(self.labels[0]))
            raise _broken(self.name, say("{count} of its values occur more than once.", count=repeated))
        for level in range(1, self.height + 1):
            if len(set(zip(self.labels[level - 1], self.labels[level], strict=True))) > self.width(level - 1):
                raise _broken(
                    self.name,
                    say(
                        "Level {level} separates values that level {below} joins.",
                        level=level,
                        below=level - 1,
                    ),
                )
        if self.width(self.height) > 1:
            raise _broken(self.name, say("Its top level {level} has more than one label.", level=self.height))

    @property
    def size(self) -> int:
        """How many values it knows."""
        return len(self.labels[0])

    @property
    def height(self) -> int:
        """The number of its top level."""
        return len(self.labels) - 1

    def width(self, level: int) -> int:
        """How many labels `level` has."""
        return len(set(self.labels[level]))

    def codes(self, level: int) -> Codes:
        """Per value, the number of its label at `level`, counted from 0: shape (size,)."""
        labels = self.labels[level]
        numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
        return np.fromiter(map(numbers.__getitem__, labels), np.int64, len(labels))

    def leaves(self, level: int) -> Codes:
        """Per value, how many values share its label at `level`: shape (size,)."""
        codes = self.codes(level)
        return np.bincount(codes)[codes].astype(np.int64)

    def with_missing(self) -> Hierarchy:
        """The same with the missing value added, if it is not there yet."""
        if None in self.labels[0]:
            return self
        if self.height == 0:
            return Hierarchy(self.name, ((*self.labels[0], None), (ANY,) * (self.size + 1)))
        below = tuple((*level, None) for level in self.labels[:-1])
        return Hierarchy(self.name, (*below, (*self.labels[-1], self.labels[-1][0])))

    def encode(self, column: pa.Array | pa.ChunkedArray) -> Codes:
        """Per row, the code of its value. `Invalid` says how many values the hierarchy does not know."""
        return self.encode_texts(*coded_texts(column, self.name))

    def known(self, texts: Sequence[str | None]) -> Codes:
        """The code of each text, -1 where it is none of the values."""
        codes = {value: code for code, value in enumerate(self.labels[0])}
        return np.array([codes.get(text, -1) for text in texts], np.int64)

    def encode_texts(self, texts: Sequence[str | None], rows: Codes) -> Codes:
        """As `encode`, for a column that `values.coded_texts` has read."""
        codes = self.known(texts)[rows]
        if codes.min(initial=0) < 0:
            raise unknown_values(self.name, len(np.unique(rows[codes < 0])), int((codes < 0).sum()))
        return codes


def suppress_only(name: str, values: pa.Array | pa.ChunkedArray) -> Hierarchy:
    """Two levels: the value, and `*`."""
    texts = present_texts(values, name)
    return with_column(Hierarchy(name, (texts, (ANY,) * len(texts))), values)


def intervals(
    name: str,
    values: pa.Array | pa.ChunkedArray,
    widths: Sequence[float],
    *,
    bottom: float | None = None,
    top: float | None = None,
    origin: float = 0,
) -> Hierarchy:
    """Bands of growing width over the distinct `values`, such as "[40, 50)", then `*`.

    Each width must be a multiple of the one before. From level 1 on, values under `bottom` are "< bottom" and
    values from `top` on ">= top" (bottom and top coding), and the bands next to them are cut there.
    Arithmetic is decimal, so a width of 0.1 means exactly that.
    """
    steps = _widths(name, widths)
    ends = tuple(None if end is None else Decimal(str(end)) for end in (bottom, top))
    texts = present_texts(values, name)
    numbers = _numbers(name, texts)
    bands = [tuple(_band(n, step, Decimal(str(origin)), *ends) for n in numbers) for step in steps]
    return with_column(Hierarchy(name, (texts, *bands, (ANY,) * len(texts))), values)


def from_groups(name: str, *levels: Mapping[Any, str]) -> Hierarchy:
    """The first mapping takes every value to its group, each further one groups to their groups; then `*`."""
    if not levels or not levels[0]:
        raise _broken(name, say("It names no values."))
    labels = [tuple(text_of(value) for value in levels[0]), tuple(levels[0].values())]
    for number, level in enumerate(levels[1:], start=2):
        lost = len({label for label in labels[-1] if label not in level})
        if lost:
            raise _broken(
                name, say("{count} groups have no group at level {level}.", count=lost, level=number)
            )
        labels.append(tuple(level[label] for label in labels[-1]))
    return Hierarchy(name, (*labels, (ANY,) * len(labels[0])))


def from_csv(name: str, lines: Iterable[str], delimiter: str = ";") -> Hierarchy:
    """ARX's form: a line per value, `value;label at level 1;...;*`. `lines` may be an open text file."""
    reader = csv.reader(lines, delimiter=delimiter)
    rows, seen = [], dict[str, int]()
    for row in reader:
        if not row:
            continue
        rows.append(row)
        if (first := seen.setdefault(row[0], reader.line_num)) != reader.line_num:
            raise _broken(name, say("The value of its line {line} stands on line {first} already.", line=reader.line_num, first=first))  # fmt: skip
    if not rows or len({len(row) for row in rows}) > 1:
        raise _broken(name, say("Its lines must all have the same number of labels, and there must be one."))
    return Hierarchy(name, tuple(zip(*rows, strict=True)))


def present_texts(values: pa.Array | pa.ChunkedArray, name: str) -> tuple[str, ...]:
    texts = tuple(dict.fromkeys(text for text in distinct_texts(values, name)[0] if text is not None))
    if not texts:
        raise _broken(name, say("Its column has no values."))
    return texts


def with_column(hierarchy: Hierarchy, values: pa.Array | pa.ChunkedArray) -> Hierarchy:
    texts, rows = distinct_texts(values, hierarchy.name)
    return hierarchy.with_missing() if (rows == len(texts) - 1).any() else hierarchy


def _widths(name: str, widths: Sequence[float]) -> list[Decimal]:
    steps = [Decimal(str(width)) for width in widths]
    if not steps or min(steps) <= 0 or not _grow(steps):
        raise Invalid.field(
            f"{name}.widths", expected="positive, each a larger multiple of the one before", got=list(widths)
        )
    return steps


def _grow(steps: Sequence[Decimal]) -> bool:
    try:
        return all(b > a and b % a == 0 for a, b in pairwise(steps))
    except ArithmeticError:  # one is so much larger that it cannot be told
        return False


def _numbers(name: str, texts: Sequence[str]) -> list[Decimal]:
    read = [read_number(text) for text in texts]
    numbers = [number for number in read if number is not None]
    if len(numbers) < len(read):
        raise no_numbers(name, len(read) - len(numbers))
    if not all(number.is_finite() and number.adjusted() < _MOST_DIGITS for number in numbers):
        raise Invalid.field(name, expected="finite numbers", got="infinite ones among them")
    return numbers


def no_numbers(name: str, count: int) -> Invalid:
    """What is wrong with a column of numbers that holds other texts; how many, and not which."""
    return Invalid(
        f"invalid.{name}",
        say("{count} distinct values of column {column} are no numbers.", count=count, column=name),
        say("Write them as numbers or leave their cells empty, or make column {column} coarser in another way, by groups or a hierarchy.", column=name),
    )  # fmt: skip


def _band(
    number: Decimal, width: Decimal, origin: Decimal, bottom: Decimal | None, top: Decimal | None
) -> str:
    if bottom is not None and number < bottom:
        return f"< {_shown(bottom)}"
    if top is not None and number >= top:
        return f">= {_shown(top)}"
    steps = ((number - origin) / width).to_integral_value("ROUND_FLOOR")
    low, high = origin + steps * width, origin + (steps + 1) * width
    low = low if bottom is None else max(low, bottom)
    high = high if top is None else min(high, top)
    return f"[{_shown(low)}, {_shown(high)})"


def _shown(number: Decimal) -> str:
    return str(text_of(float(number)))


def _broken(name: str, detail: Message) -> Invalid:
    return Invalid(
        "invalid.hierarchy",
        say("The hierarchy of {column} cannot be used. {detail}", column=name, detail=detail),
        say("Correct the hierarchy: a tree with one label, such as *, at its top."),
    )


def unknown_values(name: str, values: int, rows: int, *, of_recipe: bool = False) -> Invalid:
    """What is wrong with a hierarchy that lacks so many values of its column; it names none of them. One `of_recipe`
    stands since the first delivery."""
    anew = say("Correct them in the table, or run it with unknown = suppress: these rows stay back. Where they are to go out, search anew under another project, with a hierarchy that has them.")  # fmt: skip
    added = say("Add the missing values to the hierarchy of {column}. The portal names them where its file is opened beside the column.", column=name)  # fmt: skip
    return Invalid(
        f"invalid.policy.columns.{name}.hierarchy",
        say("{values} values of column {column} ({rows} rows) are not in its hierarchy.", values=values, column=name, rows=rows),
        anew if of_recipe else added,
    )  # fmt: skip
