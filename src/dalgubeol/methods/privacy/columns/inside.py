"""What stands in the cells of a text column: one identifier as the whole cell, or identifiers in running text.

The name of the column is read as the word before each value (면허번호: ...), so a column is judged by the same
rules as a text. At most `WHOLE_SAMPLE` and `TEXT_SAMPLE` evenly spaced distinct texts are looked at, because each
takes some 0.1 to 0.3 ms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....language import Message, say
from ..text import TYPES, find
from ..text.spans import ADDRESS, BIRTH, NAME, POSTAL, WORDS
from . import hints

WHOLE_SAMPLE = 400
TEXT_SAMPLE, SHORT_SAMPLE = 2_000, 400
QUASI = frozenset({ADDRESS, BIRTH, POSTAL})
"""These single out together with others; every other type is a direct identifier."""

_WHOLE = 0.8
_LONG = 200
_SURE = 0.8
_HOLDS, _HOLDS_NAMES = 0.005, 0.02
"""Shares of the texts from which a column of texts holds identifiers: names are judged, numbers are recognised."""


def whole_type(column: str, texts: Sequence[str]) -> tuple[str, float] | None:
    """The type that most cells are as a whole, and the share that is; None where no type is met once.

    A column's name that says nothing (코드, 비고) must not speak against what nearly all cells are.
    """
    seen = _spaced([text for text in texts if len(text) <= _LONG], WHOLE_SAMPLE)
    named = _most(f"{column}: ", seen)
    if (named is not None and named[1] >= 0.5) or hints.ORDER.fits(column):
        return named
    alone = _most("", seen)
    return alone if alone is not None and alone[1] >= _WHOLE else named


def _most(front: str, seen: Sequence[str]) -> tuple[str, float] | None:
    counts: Counter[str] = Counter()
    for text in seen:
        long_enough = _WHOLE * len(text)
        for span in find(front + text):
            if min(span.end, len(front) + len(text)) - max(span.start, len(front)) >= long_enough:
                counts[span.type] += 1
    if not counts:
        return None
    type_, count = max(counts.items(), key=lambda item: (item[1], -TYPES.index(item[0])))
    return type_, count / len(seen)


@dataclass(frozen=True, slots=True)
class Inside:
    """Of `looked_at` distinct texts, how many hold each type."""

    looked_at: int
    holding: Mapping[str, int]

    @property
    def identifies(self) -> bool:
        """Whether direct identifiers stand in the texts, beyond what a wrong guess at a name may be."""
        return any(
            count / self.looked_at >= (_HOLDS_NAMES if type_ == NAME else _HOLDS)
            for type_, count in self.holding.items()
            if type_ not in QUASI
        )

    @property
    def types(self) -> tuple[str, ...]:
        """The most frequent first."""
        return tuple(sorted(self.holding, key=lambda type_: (-self.holding[type_], TYPES.index(type_))))

    @property
    def evidence(self) -> tuple[Message, ...]:
        """One for each type; counts only."""
        return tuple(
            say(
                "{share} of its texts hold {type} ({count} of {looked_at} looked at).",
                share=_percent(self.holding[type_] / self.looked_at), type=WORDS[type_],
                count=self.holding[type_], looked_at=self.looked_at,
            )
            for type_ in self.types
        )  # fmt: skip


def look_inside(texts: Sequence[str], *, free: bool = True) -> Inside:
    """What the texts hold. Cells that are not `free` text are short: of them fewer are looked at, and a name must
    be sure (a title, a word before it), for a list of goods has words that read as one."""
    seen = _spaced(texts, TEXT_SAMPLE if free else SHORT_SAMPLE)
    holding: Counter[str] = Counter()
    for text in seen:
        holding.update({span.type for span in find(text, at_least=0.5 if free else _SURE)})
    return Inside(len(seen), dict(holding))


def _spaced(texts: Sequence[str], most: int) -> Sequence[str]:
    if len(texts) <= most:
        return texts
    return [texts[place * len(texts) // most] for place in range(most)]


def _percent(share: float) -> str:
    """One digit below one percent: a rare identifier is still one."""
    return f"{100 * share:.0f}%" if share >= 0.01 else f"{100 * share:.1f}%"
