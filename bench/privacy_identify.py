"""Identifiers found in Korean texts and columns: precision and recall per type, beside presidio-analyzer.

The corpus (`bench/corpus`) is written apart from the detector. Only the `trial` split is measured here.
"""

from __future__ import annotations

import time
from collections import Counter

from bench.corpus import Text, columns, texts
from bench.corpus.scoring import Score, score
from bench.measuring import Bar, Result, Scenario

TEXTS, ROWS = 16_000, 300
FORMED = (
    "resident-registration-number", "foreigner-registration-number", "business-registration-number",
    "corporate-registration-number", "driver-licence-number", "passport-number", "phone", "account-number",
    "card-number", "email", "vehicle-plate", "postal-code", "address", "date-of-birth", "ip-address", "mac-address", "imei",
)  # fmt: skip
NAME = "person-name"


def identify() -> Result:
    from dalgubeol.methods.privacy.text import find

    corpus = list(texts("trial", TEXTS))
    begun = time.process_time()
    ours = score(corpus, lambda text: [(s.start, s.end, s.type) for s in find(text)]).scores()
    taken = time.process_time() - begun
    precise, recalled = _columns()
    characters = sum(len(text.text) for text in corpus)
    figures: dict[str, object] = {
        "texts": len(corpus), "characters": characters, "us_per_text": round(1e6 * taken / len(corpus), 1),
        "types": {type_: made.as_json() for type_, made in ours.items()},
        "columns": {"recall": recalled, "precision": precise},
    }  # fmt: skip
    bars = [bar for type_ in FORMED for bar in _bars(type_, ours[type_], 0.98, 0.95)]
    bars += _bars(NAME, ours[NAME], 0.85, 0.85)
    return Result(figures, tuple(bars), *_peer(corpus))


def _bars(type_: str, made: Score, recall: float, precision: float) -> tuple[Bar, Bar]:
    return (
        Bar(f"{type_} recall", round(made.recall, 4), recall, at_most=False),
        Bar(f"{type_} precision", round(made.precision, 4), precision, at_most=False),
    )


def _columns() -> tuple[float, float]:
    """(precision, recall) of the type proposed for a column; a column of nothing has no type."""
    import pyarrow as pa

    from dalgubeol.methods.privacy.identify import propose_roles

    counts: Counter[str] = Counter()
    for column in columns("trial", ROWS):
        table = pa.table({column.name: [value or None for value in column.values]})
        found: str | None = propose_roles(table)[0].type
        if found == "region" and column.type == "postal-code":
            found = "postal-code"  # as its name says it
        found = found if found in FORMED or found == NAME else None
        counts["gold"] += column.type is not None
        counts["said"] += found is not None
        counts["right"] += found is not None and found == _merged(column.type)
    return round(counts["right"] / counts["said"], 4), round(counts["right"] / counts["gold"], 4)


def _merged(type_: str | None) -> str | None:
    return "resident-registration-number" if type_ == "foreigner-registration-number" else type_


def _peer(corpus: list[Text]) -> tuple[dict[str, object], str | None]:
    from bench import presidio

    if not presidio.installed():
        return {}, "presidio-analyzer is not installed (pip install dalgubeol[peers]): no peer's figures"
    peer = presidio.Peer()
    begun = time.process_time()
    found = {text.text: peer.found(text.text) for text in corpus}
    taken = time.process_time() - begun
    best: dict[str, tuple[float, dict[str, object]]] = {}
    for least in presidio.THRESHOLDS:
        kept = {
            text: [(s, e, t) for s, e, t, sure in spans if sure >= least] for text, spans in found.items()
        }
        for type_, made in score(corpus, kept.__getitem__).scores().items():
            if type_ in presidio.TYPES.values():
                f1 = 2 * made.precision * made.recall / max(1e-9, made.precision + made.recall)
                if type_ not in best or f1 > best[type_][0]:
                    best[type_] = (f1, {**made.as_json(), "threshold": least})
    figures: dict[str, object] = {
        "us_per_text": round(1e6 * taken / len(corpus), 1),
        "types": {type_: made for type_, (_, made) in sorted(best.items())},
        "not_covered": sorted({*FORMED, NAME} - best.keys()),
        "note": "recognisers as shipped, no language model: names are not covered",
    }
    return {"presidio-analyzer": figures}, None


SCENARIOS = (
    Scenario(
        "privacy-identify",
        "Identifiers in Korean texts and columns: precision and recall per type, beside presidio-analyzer.",
        identify,
    ),
)
