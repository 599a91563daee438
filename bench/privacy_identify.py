"""Identifiers found in Korean texts and columns: precision and recall per type, beside presidio-analyzer.

Two corpora. `bench/corpus` has the detector's author for its author; its `trial` split is measured. `bench/trial` is
by another hand, written before the detector was read: `tune`, `tune2` and `tune3` were looked at while the detector was mended,
each trial was run once, on the detector as it was then (`trial.once`), and is measured again here on the detector as
it is now, which has met its classes of error since. What is found in texts in which nothing is to be found is counted
in this project's own Korean manual and messages.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from bench.corpus import Text, columns, texts
from bench.corpus.scoring import Score, score
from bench.measuring import Bar, Result, Scenario
from bench.trial import Text as FreshText
from bench.trial import once
from bench.trial import texts as fresh_texts
from bench.trial.columns import WITH_COLUMNS, Column
from bench.trial.columns import columns as fresh_columns
from bench.trial.scoring import score as fresh_score
from bench.trial.scoring import score_columns

TEXTS, ROWS = 16_000, 300
FORMED = (
    "resident-registration-number", "foreigner-registration-number", "business-registration-number",
    "corporate-registration-number", "driver-licence-number", "passport-number", "phone", "account-number",
    "card-number", "email", "vehicle-plate", "postal-code", "address", "date-of-birth", "ip-address", "mac-address", "imei",
)  # fmt: skip
NAME = "person-name"
FRESH = (
    ("tune", 101),
    ("trial2", 2026),
    ("trial3", 2027),
    ("trial4", 2028),
    ("trial5", 2029),
    ("trial6", 2030),
    ("trial7", 2031),
)
"""Splits by another hand and the seeds with which they were run."""


def identify() -> Result:
    from dalgubeol.methods.privacy.text import find

    corpus = list(texts("trial", TEXTS))
    begun = time.process_time()
    ours = score(corpus, lambda text: [(s.start, s.end, s.type) for s in find(text)]).scores()
    taken = time.process_time() - begun
    precise, recalled = _columns()
    fresh, fresh_peers, fresh_bars = _fresh()
    characters = sum(len(text.text) for text in corpus)
    figures: dict[str, object] = {
        "texts": len(corpus), "characters": characters, "us_per_text": round(1e6 * taken / len(corpus), 1),
        "types": {type_: made.as_json() for type_, made in ours.items()},
        "columns": {"recall": recalled, "precision": precise},
        "by_another_hand": {"once": once.RUNS, "now": fresh}, "nothing_to_find": _plain(),
    }  # fmt: skip
    bars = [bar for type_ in FORMED for bar in _bars(type_, ours[type_], 0.98, 0.95)]
    bars += _bars(NAME, ours[NAME], 0.85, 0.85)
    peers, skipped = _peer(corpus)
    return Result(figures, (*bars, *fresh_bars), {**peers, **fresh_peers}, skipped)


def _fresh() -> tuple[dict[str, object], dict[str, object], list[Bar]]:
    """The splits by another hand: figures per split, the peer on the last trial, bars on the last trial."""
    from bench import presidio
    from bench.trial.scoring import score as fresh_score
    from dalgubeol.methods.privacy.text import find

    made: dict[str, object] = {}
    bars: list[Bar] = []
    peers: dict[str, object] = {}
    for split, seed in FRESH:
        corpus = fresh_texts(split, TEXTS if split != "tune" else 4_000, seed)
        begun = time.process_time()
        counts = fresh_score(corpus, lambda text: [(s.start, s.end, s.type) for s in find(text)])
        taken = time.process_time() - begun
        types = counts.as_json()
        held = score_columns(fresh_columns(split, 1_000, seed), _proposed) if split in WITH_COLUMNS else None
        made[split] = {
            "texts": len(corpus), "us_per_text": round(1e6 * taken / len(corpus), 1), "types": types,
            "names": counts.kinds_as_json(("full", "given", "foreign", "roman")),
            "columns": held.as_json(sorted(held.labels)) if held else None,
        }  # fmt: skip
        if split == FRESH[-1][0]:
            for type_, figures in types.items():
                recall, precision = (0.85, 0.85) if type_ == NAME else (0.98, 0.95)
                bars.append(
                    Bar(
                        f"{split}, its errors seen since: {type_} recall",
                        figures["recall"],
                        recall,
                        at_most=False,
                    )
                )
                bars.append(
                    Bar(
                        f"{split}, its errors seen since: {type_} precision",
                        figures["precision"],
                        precision,
                        at_most=False,
                    )
                )
            if presidio.installed():
                peers[f"presidio-analyzer, {split}"] = _peer_on(
                    corpus[:4_000], [t for t in presidio.TYPES.values() if t in types]
                )
    return made, peers, bars


def _peer_on(corpus: list[FreshText], types: list[str]) -> dict[str, object]:
    from bench import presidio

    peer, least = presidio.Peer(), 0.4
    counts = fresh_score(
        corpus, lambda text: [(s, e, t) for s, e, t, sure in peer.found(text) if sure >= least]
    )
    return {"threshold": least, "texts": len(corpus), "types": counts.as_json(types)}


def _proposed(column: Column) -> str | None:
    """The type proposed for a column; a region is what `propose_roles` calls a column of postal codes by its name."""
    import pyarrow as pa

    from dalgubeol.methods.privacy.columns.identify import propose_roles

    values = pa.array([value or None for value in column.values], pa.string())
    return propose_roles(pa.table({column.header: values}))[0].type


def _plain() -> dict[str, object]:
    """Reports per 10,000 words of the Korean manual and messages of this project, where nobody is named."""
    from babel.messages.pofile import read_po

    from dalgubeol.methods.privacy.text import find

    root = Path(__file__).parent.parent
    paragraphs = [
        part
        for path in sorted((root / "docs" / "ko").rglob("*.md"))
        for part in path.read_text("utf-8").split("\n\n")
    ]
    for path in sorted((root / "src").rglob("ko/LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            paragraphs += [message.string for message in read_po(file) if isinstance(message.string, str)]
    words = sum(len(paragraph.split()) for paragraph in paragraphs)
    counts = Counter(span.type for paragraph in paragraphs for span in find(paragraph))
    return {
        "words": words,
        "reports_per_10000_words": {t: round(1e4 * n / words, 2) for t, n in sorted(counts.items())},
    }


def _bars(type_: str, made: Score, recall: float, precision: float) -> tuple[Bar, Bar]:
    return (
        Bar(f"{type_} recall", round(made.recall, 4), recall, at_most=False),
        Bar(f"{type_} precision", round(made.precision, 4), precision, at_most=False),
    )


def _columns() -> tuple[float, float]:
    """(precision, recall) of the type proposed for a column; a column of nothing has no type."""
    import pyarrow as pa

    from dalgubeol.methods.privacy.columns.identify import propose_roles

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
