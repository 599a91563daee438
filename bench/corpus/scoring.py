"""Precision and recall of spans against gold, one rule for every detector.

A gold span is found if spans of its type cover at least 80% of its characters: a number with one end cut off is
not masked. A span is right if at least half of it lies in gold of its type: a few characters too many do no harm.
`covered` counts gold that spans of any type cover wholly, which is what masking needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .making import Text

Found = Iterable[tuple[int, int, str]]
FOUND, RIGHT = 0.8, 0.5


@dataclass(frozen=True, slots=True)
class Score:
    gold: int
    found: int
    covered: int
    said: int
    right: int

    @property
    def recall(self) -> float:
        return self.found / self.gold if self.gold else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 1.0

    def as_json(self) -> dict[str, object]:
        return {
            "gold": self.gold, "said": self.said, "recall": round(self.recall, 4), "precision": round(self.precision, 4),
            "covered": round(self.covered / self.gold, 4) if self.gold else 1.0,
        }  # fmt: skip


@dataclass(slots=True)
class Scoring:
    """Counts over many texts; `missed` and `wrong` are kept for tuning, `keep` examples of each type."""

    keep: int = 0
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {w: Counter() for w in ("gold", "found", "covered", "said", "right")}
    )
    missed: list[tuple[str, str, str]] = field(default_factory=list)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, text: Text, found: Found) -> None:
        spans = list(found)
        for gold in text.gold:
            same = _within(gold.start, gold.end, [s for s in spans if s[2] == gold.type])
            self.counts["gold"][gold.type] += 1
            self.counts["covered"][gold.type] += _within(gold.start, gold.end, spans) == 1
            if same >= FOUND:
                self.counts["found"][gold.type] += 1
            elif self.keep:
                self.missed.append((gold.type, text.text[gold.start : gold.end], text.text))
        for start, end, type_ in spans:
            self.counts["said"][type_] += 1
            inside = _within(start, end, [(g.start, g.end, g.type) for g in text.gold if g.type == type_])
            if inside >= RIGHT:
                self.counts["right"][type_] += 1
            elif self.keep:
                self.wrong.append((type_, text.text[start:end], text.text))

    def scores(self) -> Mapping[str, Score]:
        types = sorted(self.counts["gold"].keys() | self.counts["said"].keys())
        return {
            t: Score(*(self.counts[w][t] for w in ("gold", "found", "covered", "said", "right")))
            for t in types
        }


def _within(start: int, end: int, spans: Iterable[tuple[int, int, str]]) -> float:
    """The share of start:end that `spans` cover."""
    inside = {place for s, e, _ in spans for place in range(max(s, start), min(e, end))}
    return len(inside) / (end - start)


def score(texts: Iterable[Text], detect: Callable[[str], Found], keep: int = 0) -> Scoring:
    made = Scoring(keep)
    for text in texts:
        made.add(text, detect(text.text))
    return made
