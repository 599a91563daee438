"""Records of the input in a file, however they are written: other order, rounded, transposed, in text, encoded.

A record is recognised by values that come together. For a group of values (a line, a stretch of a long line, of a
column or of the whole text) each value's chance is the share of records that have it; the chance that some record
has them all by accident is about `size` times the product. Below CHANCE for all groups of the file together the
values are no accident. The product is taken over values and over columns and the weaker counts, so that neither
one value that many columns know nor many values that one column knows is taken for a record. A combination that
`threshold` records or more share is a group's name, not a record.

One long value that a single record has (6 letters, 7 digits) is enough by itself. Numbers are compared without sign.
Linear in the input (indexed once) and in the file, of which at most MOST_PIECES values are read; more is held.
Not found: values changed by more than rounding (added noise, a cipher: see `encoded`, which holds what cannot be
read), records spread wider than one line or a stretch of three records' length, fewer values than tell a record apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ...language import say
from .cells import SMALLEST_CELL
from .encoded import decoded, runs, unpacked_text
from .finding import Finding
from .source_index import PIECE, Index, plain

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

CHANCE = 0.02
MOST_PIECES = 200_000
LONG_TEXT, LONG_NUMBER = 6, 7
_WORDS_JOINED = 4

Hits = tuple[tuple[int, "NDArray[np.int64]"], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Values that may be one record's; `line` from 1."""

    line: int
    pieces: tuple[str, ...]


def near_records(
    content: bytes, source: pa.Table | Index, threshold: int = SMALLEST_CELL, header: bool = False
) -> tuple[Finding, ...]:
    """One finding for each line that holds a record's values. With `header`, `row` counts from the line below it."""
    index = source if isinstance(source, Index) else Index.of(source)
    text = content.decode("utf-8", "replace")
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1)]
    found = _Search(index, threshold)
    unread = [(number, run) for number, line in lines for run in runs(line)]
    hidden = [(number, line) for number, run in unread for said in decoded(run) for line in said.splitlines()]
    if not content.isascii() and (inside := unpacked_text(content)) is not None:
        hidden += [(1, line) for line in inside.splitlines()]
    records = found.lines([*lines, *hidden])
    rows = dict.fromkeys(records, "near_row") | {number: "encoded" for number, _ in unread if number not in records}  # fmt: skip
    findings = tuple(_finding(rule, line, header) for line, rule in sorted(rows.items()))
    message = say("The file is too long to be compared with the input.")
    return (*findings, Finding("too_long", None, None, message)) if found.full else findings


@dataclass(slots=True)
class _Search:
    """Looks values up, each once. `full` when not everything was read."""

    index: Index
    threshold: int
    full: bool = False
    known: dict[str, Hits] = field(default_factory=dict)

    def lines(self, lines: Sequence[tuple[int, str]]) -> set[int]:
        """Numbers of the lines with records."""
        pieces = [(number, PIECE.findall(line)) for number, line in lines]
        flat = [(number, piece) for number, each in pieces for piece in each]
        self.full = len(flat) > MOST_PIECES
        groups = list(dict.fromkeys(self._groups(pieces, flat[:MOST_PIECES])))
        alone = {number for number, each in pieces if self._identifies(each)}
        limit = CHANCE / max(1, len(groups))
        return alone | {group.line for group in groups if self._is_record(group.pieces, limit)}

    def _groups(self, pieces: Sequence[tuple[int, list[str]]], flat: Sequence[tuple[int, str]]) -> Iterator[Group]:  # fmt: skip
        """Lines, stretches of long lines, columns of equally long lines, stretches of the whole."""
        width = max(6, 3 * len(self.index.columns))
        for number, each in pieces:
            yield from _stretches([(number, piece) for piece in each], width)
        if sum(len(each) for _, each in pieces) <= MOST_PIECES:
            lengths = {len(each) for _, each in pieces if each}
            for at in range(min(lengths, default=0)):
                yield from _stretches([(number, each[at]) for number, each in pieces if each], width)
        yield from _stretches(flat, width)

    def _hits(self, piece: str) -> Hits:
        if piece not in self.known:
            self.known[piece] = (*(self.index.with_number(piece) if piece[0].isdigit() else ()), *self.index.with_text(plain(piece)))  # fmt: skip
        return self.known[piece]

    def _joined(self, pieces: Sequence[str]) -> Iterator[str]:
        for many in range(2, _WORDS_JOINED + 1):
            for at in range(len(pieces) - many + 1):
                yield "".join(pieces[at : at + many])

    def _identifies(self, pieces: Sequence[str]) -> bool:
        """Whether one long value here is a single record's."""
        if self.index.size < self.threshold:
            return False
        for piece in pieces:
            digits = piece.replace(".", "").strip("0")
            if len(digits) >= LONG_NUMBER and any(len(rows) == 1 for _, rows in self._exact(piece)):
                return True
        words = (plain(each) for each in (*pieces, *self._joined(pieces)) if len(each) >= LONG_TEXT)
        return any(len(rows) == 1 for word in words for _, rows in self.index.with_text(word))

    def _exact(self, piece: str) -> Hits:
        hits = self.index.with_number(piece) if piece[0].isdigit() else ()
        value = float(piece) if piece[0].isdigit() else math.nan
        return tuple((at, rows) for at, rows in hits if self._equals(at, value))

    def _equals(self, at: int, value: float) -> bool:
        values = self.index.columns[at].values
        place = np.searchsorted(values, value)
        return bool(place < len(values) and values[place] == value)

    def _is_record(self, pieces: Sequence[str], limit: float) -> bool:
        hits = [self._hits(piece) for piece in dict.fromkeys(pieces)]
        hits += [
            each
            for word in dict.fromkeys(self._joined(pieces))
            if (each := self.index.with_text(plain(word)))
        ]
        hits = [each for each in hits if each]
        if len(hits) < 2:
            return False
        needed = math.log(self.index.size / limit)
        columns: dict[int, list[NDArray[np.int64]]] = {}
        for each in hits:
            for at, rows in each:
                columns.setdefault(at, []).append(rows)
        # What is known together is known at least as widely as its widest part, so nothing surprises more than that.
        for parts in ([[rows for _, rows in each] for each in hits], list(columns.values())):
            if (
                len(parts) < 2
                or sum(-math.log(max(map(len, part)) / self.index.size) for part in parts) < needed
            ):
                return False
        by_value = [np.unique(np.concatenate([rows for _, rows in each])) for each in hits]
        by_column = [np.unique(np.concatenate(rows)) for rows in columns.values()]
        first, second = self._surprise(by_value), self._surprise(by_column)
        rows = np.intersect1d(first[0][first[1] >= needed], second[0][second[1] >= needed])
        return 0 < len(rows) < self.threshold

    def _surprise(self, postings: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:  # fmt: skip
        """Rows, and minus the logarithm of the chance that a row has all that it has here."""
        weights = np.concatenate([np.full(len(rows), -math.log(len(rows) / self.index.size)) for rows in postings])  # fmt: skip
        rows, place = np.unique(np.concatenate(postings), return_inverse=True)
        return rows, np.bincount(place, weights).astype(np.float64)


def _stretches(pieces: Sequence[tuple[int, str]], width: int) -> Iterator[Group]:
    """Overlapping stretches of `width`, so that any record of a third of it lies in one; its line is the middle's."""
    step = max(1, width // 3)
    for start in range(0, max(1, len(pieces) - width + step), step):
        part = pieces[start : start + width]
        if len(part) >= 2:
            yield Group(part[len(part) // 2][0], tuple(piece for _, piece in part))


def _finding(rule: str, line: int, header: bool) -> Finding:
    row = line - 1 if header else line
    if header and row == 0:
        return Finding(rule, None, None, say("The names of the columns hold values of a single record of the input, or an encoded text."))  # fmt: skip
    message = (
        say("Row {row} holds values of a single record of the input, in another order or form.", row=row)
        if rule == "near_row"
        else say("Row {row} holds an encoded text that nobody can read.", row=row)
    )
    return Finding(rule, row, None, message)
